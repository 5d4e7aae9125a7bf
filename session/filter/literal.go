package filter

import (
	"encoding/hex"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
)

// literal is a value as it is written in an expression.
type literal struct {
	text   string // unquoted
	quoted bool
	offset int
	length int
	names  *protocol.Names
}

// span is a range of numbers, both ends included: 4.xx is one of codes.
type span struct{ low, high uint64 }

// spans reads a literal as numbers of the field's kind; the error says what is expected.
func (f *Field) spans(l literal) ([]span, string) {
	single := func(n uint64, ok bool, want string) ([]span, string) {
		if !ok {
			return nil, fmt.Sprintf("“%s” is no %s", l.text, want)
		}
		return []span{{n, n}}, ""
	}
	switch f.Kind {
	case Duration:
		d, ok := parseDuration(l.text)
		return single(signed(d), ok, "time; write 20ms, 1.5s or a number of seconds")
	case Code:
		if s, ok := parseCode(l.text, l.names); ok {
			return []span{s}, ""
		}
		return nil, fmt.Sprintf("“%s” is no code; write 2.05, GET or 4.xx", l.text)
	case Choice:
		for i, word := range f.Choices {
			if strings.EqualFold(word, l.text) {
				return single(uint64(i), true, "")
			}
		}
		n, ok := parseNumber(l.text)
		return single(n, ok, "value of "+f.Name+"; write one of "+strings.Join(f.Choices, ", "))
	case Format:
		return formats(l)
	}
	n, ok := parseNumber(l.text)
	if !ok && f.style == hexStyle && len(l.text) == 4 { // as it is shown
		v, err := strconv.ParseUint(l.text, 16, 16)
		n, ok = v, err == nil
	}
	return single(n, ok, "number; write it in decimal, or in hexadecimal behind 0x")
}

func parseNumber(s string) (uint64, bool) {
	base := 10
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s, base = s[2:], 16
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

func parseDuration(s string) (time.Duration, bool) {
	if d, err := time.ParseDuration(s); err == nil {
		return d, true
	}
	v, err := strconv.ParseFloat(s, 64)
	v *= float64(time.Second)
	if err != nil || math.IsNaN(v) || math.Abs(v) > math.MaxInt64/2 {
		return 0, false
	}
	return time.Duration(math.Round(v)), true
}

// parseCode reads c.dd, c.xx, a name of the registry, or the number of a code.
func parseCode(s string, names *protocol.Names) (span, bool) {
	if class, detail, ok := strings.Cut(s, "."); ok {
		c, err := strconv.ParseUint(class, 10, 8)
		if err != nil || c > 7 {
			return span{}, false
		}
		if strings.EqualFold(detail, "xx") {
			return span{c << 5, c<<5 | 31}, true
		}
		d, err := strconv.ParseUint(detail, 10, 8)
		if err != nil || d > 31 || len(detail) != 2 {
			return span{}, false
		}
		return span{c<<5 | d, c<<5 | d}, true
	}
	if c, ok := names.CodeNamed(s); ok {
		return span{uint64(c), uint64(c)}, true
	}
	n, ok := parseNumber(s)
	return span{n, n}, ok && n <= 0xff
}

// formats reads a content format: a number, or a media type with or without its parameters, or its last part.
func formats(l literal) ([]span, string) {
	if n, ok := parseNumber(l.text); ok {
		return []span{{n, n}}, ""
	}
	if f, ok := l.names.ContentFormatNamed(l.text); ok {
		return []span{{uint64(f), uint64(f)}}, ""
	}
	var found []span
	want := strings.ToLower(l.text)
	for _, row := range protocol.ContentFormats() {
		media, _, _ := strings.Cut(strings.ToLower(row.MediaType), ";")
		_, short, _ := strings.Cut(media, "/")
		if want == strings.ToLower(row.MediaType) || want == media || want == short {
			found = append(found, span{uint64(row.Number), uint64(row.Number)})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Sprintf("“%s” is no content format of the registry; write its number, or a media type such as application/cbor", l.text)
	}
	return found, ""
}

// parseBytes reads hexadecimal digits, with or without colons between bytes; text in quotes stands for its bytes,
// and so does a bare word that is not hexadecimal.
func parseBytes(l literal) ([]byte, string) {
	if l.quoted {
		return []byte(l.text), ""
	}
	digits := strings.TrimPrefix(l.text, "0x")
	if digits == l.text {
		digits = strings.ReplaceAll(digits, ":", "")
	}
	if b, err := hex.DecodeString(digits); err == nil && len(b) > 0 {
		return b, ""
	}
	if strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return []byte(l.text), ""
	}
	return nil, fmt.Sprintf("“%s” has half a byte: write two hexadecimal digits for each byte, or text in quotes", l.text)
}

// endpointTest makes what tells whether an endpoint is the one of the literal: an address, an address with port, a
// prefix, or a name.
func endpointTest(l literal) predicate {
	if a, err := netip.ParseAddrPort(l.text); err == nil {
		a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
		return func(p *Packet) bool {
			e := p.value.endpoint
			return e.Port() == a.Port() && sameAddr(e.Addr(), a.Addr())
		}
	}
	if a, err := netip.ParseAddr(strings.Trim(l.text, "[]")); err == nil {
		a = a.Unmap()
		return func(p *Packet) bool { return sameAddr(p.value.endpoint.Addr(), a) }
	}
	if prefix, err := netip.ParsePrefix(l.text); err == nil {
		return func(p *Packet) bool { return prefix.Contains(p.value.endpoint.Addr().Unmap().WithZone("")) }
	}
	return func(p *Packet) bool {
		return p.Source != nil && strings.EqualFold(p.Source.DeviceName(p.value.endpoint), l.text)
	}
}

// sameAddr compares addresses; one without a zone is the same in any.
func sameAddr(a, want netip.Addr) bool {
	a = a.Unmap()
	return a == want || want.Zone() == "" && a.WithZone("") == want
}

package dissect

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// Texts of long values end after this many bytes.
const (
	maxHexBytes   = 64
	maxLabelRunes = 80
	maxTextBytes  = 1034 // the longest text of a registered option

	maxRoom = 160 // bytes of a text that is made without taking memory more than once
)

// number writes n in decimal digits.
func number(n uint64) string { return strconv.FormatUint(n, 10) }

func appendNumber(b []byte, n uint64) []byte { return strconv.AppendUint(b, n, 10) }

func numberOf(n int) string { return strconv.Itoa(n) }

// count writes n with the name of what is counted.
func count(n int, what string) string { return string(appendCount(nil, n, what)) }

func appendCount(b []byte, n int, what string) []byte {
	b = append(append(strconv.AppendInt(b, int64(n), 10), ' '), what...)
	if n != 1 {
		b = append(b, 's')
	}
	return b
}

// hexByte writes two hexadecimal digits.
func hexByte(b byte) string { return hex.EncodeToString([]byte{b}) }

// hexText writes the bytes in hexadecimal, with sep between them, and not more of them than can be read.
func hexText(b []byte, sep string) string {
	var room [maxRoom]byte
	return string(appendHex(room[:0], b, sep))
}

func appendHex(text, b []byte, sep string) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b[:min(len(b), maxHexBytes)] {
		if i > 0 {
			text = append(text, sep...)
		}
		text = append(text, digits[c>>4], digits[c&15])
	}
	if len(b) > maxHexBytes {
		text = append(appendCount(append(text, "… ("...), len(b), "byte"), ')')
	}
	return text
}

// shorten ends a text where a cell of the bit grid certainly does.
func shorten(s string) string {
	n := 0
	for i := range s {
		if n == maxLabelRunes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// stringText writes text as it is; in quotes where it would not be clear what it is.
func stringText(b []byte) string { return string(appendString(nil, b)) }

func appendString(text, b []byte) []byte {
	switch {
	case !utf8.Valid(b):
		return appendHex(text, b, "")
	case len(b) > maxTextBytes:
		s := strings.ToValidUTF8(string(b[:maxTextBytes]), "")
		return append(appendCount(append(appendString(text, []byte(s)), "… ("...), len(b), "byte"), ')')
	case needsQuotes(b):
		return strconv.AppendQuote(text, string(b))
	}
	return append(text, b...)
}

func needsQuotes(s []byte) bool {
	if len(s) == 0 || s[0] == ' ' || s[len(s)-1] == ' ' || s[0] == '"' {
		return true
	}
	return bytes.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) })
}

// guessText writes a value of which only the bytes are known: in hexadecimal, and what it would be as text.
func guessText(b []byte) string {
	if len(b) == 0 {
		return "no value"
	}
	s := hexText(b, "")
	if len(b) > 1 && len(b) <= maxHexBytes && utf8.Valid(b) && strings.IndexFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		s += " " + strconv.Quote(string(b))
	}
	return s
}

// uintText writes a value of uint format in decimal digits.
func uintText(b []byte) string { return string(appendUint(nil, b)) }

func appendUint(text, b []byte) []byte {
	if v, ok := protocol.DecodeUint(b); ok {
		return appendNumber(text, v)
	}
	return appendHex(append(text, "0x"...), b, "")
}

// flagLetters gives C, U and N for critical, unsafe and no cache key, in the order of RFC 7252's tables.
func flagLetters(n protocol.OptionNumber) string {
	s := ""
	if n.Critical() {
		s = "C"
	}
	if n.Unsafe() {
		s += "U"
	} else if n.NoCacheKey() {
		s += "N"
	}
	return s
}

// flagWords gives what the option's number says, in words (RFC 7252 §5.4.6).
func flagWords(n protocol.OptionNumber) string {
	s := "elective"
	if n.Critical() {
		s = "critical"
	}
	switch {
	case n.Unsafe():
		return s + ", unsafe"
	case n.NoCacheKey():
		return s + ", safe to forward, not in the cache key"
	}
	return s + ", safe to forward"
}

// formatNames are short names of content formats, for cells too narrow for a media type.
var formatNames = map[protocol.ContentFormat]string{
	protocol.TextPlain: "text", protocol.LinkFormat: "link-format", protocol.XML: "XML", protocol.OctetStream: "octets",
	protocol.JSON: "JSON", protocol.CBOR: "CBOR", protocol.MultipartCore: "multipart", protocol.CBORSequence: "CBOR sequence",
	protocol.SenMLJSON: "SenML JSON", protocol.SenMLCBOR: "SenML CBOR", protocol.ConciseProblemDetails: "problem details",
}

// formatName gives the short name of a content format.
func (t *Tree) formatName(f protocol.ContentFormat) string {
	if s, ok := formatNames[f]; ok {
		return s
	}
	return strings.TrimPrefix(t.Names.ContentFormatString(f), "application/")
}

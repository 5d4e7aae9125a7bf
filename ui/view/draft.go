package view

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// PayloadForm is how the user writes a payload.
type PayloadForm uint8

const (
	AsText       PayloadForm = iota // UTF-8, as it stands
	AsDiagnostic                    // CBOR in diagnostic notation (RFC 8949 §8)
	AsHex
	AsFile // the name of a file
)

// PayloadForms are the names of the forms, in their order.
var PayloadForms = []string{"Text", "CBOR", "Hex", "File"}

// Draft is a request as it is being written. Any part may be missing or wrong; [Draft.Message]
// says what.
type Draft struct {
	Method  protocol.Code
	Address string // as typed: a URI, or less
	Type    protocol.Type
	Options []DraftOption // besides those that the address makes
	Payload string
	Form    PayloadForm

	BlockSize int // wished for, 16 to 1024; 0 leaves it to the peer
}

// DraftOption is an option with its value as the user writes it.
type DraftOption struct {
	Number protocol.OptionNumber
	Text   string
}

// Problem is what keeps a draft from being sent: where, and what to do.
type Problem struct {
	Where  string // "address", "payload", or the option's name
	Option int    // index in Draft.Options, -1 where it is not about one
	Text   string
}

// ParseAddress reads what a user types into the address bar. Besides a URI that may be a path, which
// goes to the host of base, or a host with or without port and path; then the scheme is coap.
func ParseAddress(text string, base protocol.URI) (protocol.URI, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return protocol.URI{}, fmt.Errorf("type an address, such as coap://192.0.2.1/sensors, or a host, or a path")
	case strings.Contains(text, "://"):
		return protocol.ParseURI(text)
	case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "?"):
		if base.Host == "" {
			return protocol.URI{}, fmt.Errorf("%s is a path, but of which device? Write its host before it", text)
		}
		root := base
		root.Path, root.Query = nil, nil
		return protocol.ParseURI(strings.TrimSuffix(root.String(), "/") + text)
	}
	host, rest := text, ""
	if i := strings.IndexAny(text, "/?"); i >= 0 {
		host, rest = text[:i], text[i:]
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	return protocol.ParseURI("coap://" + host + rest)
}

// Message builds the request without its payload being split into blocks, and without one that is
// in a file; see [Draft.ReadFile]. Token and message ID are left to the engine. It also gives the
// problems; with one, the request must not be sent.
func (d *Draft) Message(base protocol.URI) (protocol.URI, protocol.Message, []Problem) {
	var problems []Problem
	uri, err := ParseAddress(d.Address, base)
	if err != nil {
		problems = append(problems, Problem{"address", -1, err.Error()})
	} else if uri.Scheme != protocol.CoAP {
		problems = append(problems, Problem{"address", -1, string(uri.Scheme) + " is not supported yet; coap is"})
	} else if addr, ok := uri.Addr(); ok && addr.IsMulticast() {
		problems = append(problems, Problem{"address", -1, uri.Host + " is a group; Discover asks it, a request goes to one device (RFC 7252 §8.1)"})
	}
	m := protocol.Message{Type: d.Type, Code: d.Method}
	if err == nil {
		m.Options = uri.Options()
	}
	for i, o := range d.Options {
		value, err := EncodeOption(o.Number, o.Text)
		if err != nil {
			problems = append(problems, Problem{o.Number.String(), i, err.Error()})
			continue
		}
		m.Options = m.Options.Add(o.Number, value)
	}
	if m.Payload, err = d.payload(); err != nil {
		problems = append(problems, Problem{"payload", -1, err.Error()})
	}
	return uri, m, problems
}

func (d *Draft) payload() ([]byte, error) {
	switch {
	case d.Form == AsFile && strings.TrimSpace(d.Payload) == "":
		return nil, fmt.Errorf("name a file, or choose another form for the payload")
	case d.Form == AsFile:
		return nil, nil
	case d.Form == AsText:
		return []byte(d.Payload), nil
	case strings.TrimSpace(d.Payload) == "":
		return nil, nil
	case d.Form == AsDiagnostic:
		return payload.EncodeDiagnostic(d.Payload)
	}
	return payload.ParseHex(d.Payload)
}

// maxFile bounds what is read of a file into memory for a request.
const maxFile = 64 << 20

// ReadFile reads the payload of a draft that has it in a file; nothing for any other. It waits for the
// disk, so it is not for the window's goroutine.
func (d *Draft) ReadFile() ([]byte, error) {
	if d.Form != AsFile {
		return nil, nil
	}
	name := strings.TrimSpace(d.Payload)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file that can be read to its end", name)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %s; %s is the most that can be sent", name, Bytes(int(info.Size())), Bytes(maxFile))
	}
	return os.ReadFile(name)
}

// EncodeOption reads an option's value as a user writes it: a number, for content formats also the
// media type; text; bytes in hexadecimal as 0x…, or else as text; nothing for an option without value.
func EncodeOption(n protocol.OptionNumber, text string) ([]byte, error) {
	info := n.Lookup(protocol.GET)
	format := protocol.FormatOpaque
	if info != nil {
		format = info.Format
	}
	switch format {
	case protocol.FormatEmpty:
		if strings.TrimSpace(text) != "" {
			return nil, fmt.Errorf("%s has no value: leave it empty", n)
		}
		return nil, nil
	case protocol.FormatString:
		return checkLength(info, []byte(text))
	case protocol.FormatUint:
		v, err := parseUint(n, strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		return checkLength(info, protocol.EncodeUint(v))
	}
	value := []byte(text)
	if digits, ok := strings.CutPrefix(strings.TrimSpace(text), "0x"); ok {
		var err error
		if value, err = payload.ParseHex(digits); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	return checkLength(info, value)
}

func checkLength(info *protocol.OptionInfo, value []byte) ([]byte, error) {
	if info == nil || len(value) >= info.MinLen && len(value) <= info.MaxLen {
		return value, nil
	}
	return nil, fmt.Errorf("%s has %d to %d bytes, this has %d (%s)", info.Name, info.MinLen, info.MaxLen, len(value), info.Reference)
}

func parseUint(n protocol.OptionNumber, text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	switch n {
	case protocol.Accept, protocol.ContentFormatOption:
		// "60", "60 application/cbor" as it is shown, or "application/cbor".
		number, _, _ := strings.Cut(text, " ")
		if v, err := strconv.ParseUint(number, 10, 16); err == nil {
			return v, nil
		}
		for _, row := range protocol.ContentFormats() {
			if strings.EqualFold(row.MediaType, text) {
				return uint64(row.Number), nil
			}
		}
		return 0, fmt.Errorf("%q is neither a content-format number nor a registered media type", text)
	case protocol.Block1, protocol.Block2:
		// NUM/M/size, as blocks are shown.
		if parts := strings.Split(text, "/"); len(parts) == 3 {
			num, err1 := strconv.ParseUint(parts[0], 10, 20)
			size, err2 := strconv.Atoi(parts[2])
			if err1 != nil || err2 != nil || size < 16 || size > 1024 || size&(size-1) != 0 || parts[1] != "0" && parts[1] != "1" {
				return 0, fmt.Errorf("a block is number/more/size, such as 0/0/256 (RFC 7959 §2.2)")
			}
			return uint64(protocol.Block{Num: uint32(num), More: parts[1] == "1", SZX: protocol.SZXFor(size)}.Uint()), nil
		}
	}
	v, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is a number from 0 to %d, not %q", n, uint32(1<<32-1), text)
	}
	return v, nil
}

// OptionText gives an option's value as a user would write it; [EncodeOption] reads it.
func OptionText(o protocol.Option) string {
	info := o.Number.Lookup(protocol.GET)
	if info == nil {
		return opaqueText(o.Value)
	}
	switch info.Format {
	case protocol.FormatEmpty:
		return ""
	case protocol.FormatUint:
		v, ok := o.Uint()
		if !ok {
			return opaqueText(o.Value)
		}
		if b, ok := protocol.DecodeBlock(o.Value); ok && (o.Number == protocol.Block1 || o.Number == protocol.Block2) {
			return b.String()
		}
		return strconv.FormatUint(v, 10)
	case protocol.FormatString:
		if utf8.Valid(o.Value) {
			return string(o.Value)
		}
	}
	return opaqueText(o.Value)
}

func opaqueText(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return "0x" + hex.EncodeToString(b)
}

// Remove takes all options of that number out of the draft.
func (d *Draft) Remove(n protocol.OptionNumber) {
	d.Options = slices.DeleteFunc(d.Options, func(o DraftOption) bool { return o.Number == n })
}

// OwnedByEngine tells whether an option is set by the engine, so that a user must not write it: the
// blocks of a transfer and its size, and the registration of an observation.
func OwnedByEngine(n protocol.OptionNumber) bool {
	switch n {
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2, protocol.Observe, protocol.OSCORE, protocol.EDHOC:
		return true
	}
	return false
}

package dissect

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"coapscope/protocol"
)

// EditText gives the text that an editor of field i starts with, and false for a field that cannot be edited as
// a whole. [Tree.SetField] takes it back to the same bytes.
//
// Numbers are decimal as they are on the wire; message ID, token and opaque values are in hexadecimal; a type is
// CON, NON, ACK or RST, a code is "2.05", a Block value is NUM/M/size such as "3/1/256", an Option is its number.
// Values that a number or a text cannot express are 0x and hexadecimal digits: those with leading zeros, or that
// are not printable text.
func (t *Tree) EditText(i int) (text string, ok bool) {
	if !t.valid(i) {
		return "", false
	}
	f := &t.Fields[i]
	switch f.Kind {
	case Header, OptionsGroup, OptionsUndrawn:
		return "", false
	case PayloadGroup, Payload:
		return textOrHex(t.Payload), true
	case Option:
		if f.Number == NumberUnknown {
			return "", false
		}
	case OptionValue:
		if !f.Cut {
			return t.OptionText(int(f.Option)), true
		}
	case MessageType:
		return t.Type.String(), true
	case Code:
		return t.Code.Dotted(), true
	}
	if f.Cut || inHex(f.Kind) {
		return hex.EncodeToString(t.Raw(i)), true
	}
	return number(f.Number), true
}

// inHex tells whether fields of the kind are edited as hexadecimal digits.
func inHex(k Kind) bool {
	switch k {
	case Undecodable, MessageID, Token, PayloadMarker, OSCOREPartialIV, OSCOREKidContext, OSCOREKid:
		return true
	}
	return false
}

// OptionText gives the text that an editor of the value of t.Options[k] starts with, also of a value without
// bytes, which has no field.
func (t *Tree) OptionText(k int) string {
	if k < 0 || k >= len(t.Options) {
		return ""
	}
	o := &t.Options[k]
	if o.Broken {
		return hex.EncodeToString(o.Value)
	}
	return valueText(o.Info, o.Value)
}

// SetField gives the message with field i as the text says. The tree and its bytes stay as they are.
//
// What has a length keeps it right: the length of an option and of a token, the length of a message on a stream
// unless it was wrong before, and the payload marker, which an empty payload has not. A changed number of an
// option moves the option to where it belongs and leaves the numbers of the others as they are. All other parts,
// such as version, token length, and delta and length of an option, are changed as they are and nothing else is
// repaired, so that malformed messages can be made. The error says what would be accepted.
func (t *Tree) SetField(i int, text string) ([]byte, error) {
	if _, ok := t.EditText(i); !ok {
		return nil, errors.New("this part cannot be edited as a whole: edit a part of it")
	}
	f := &t.Fields[i]
	switch kind := f.Kind; {
	case kind == Token && !f.Cut:
		token, err := parseHex(text)
		if err != nil {
			return nil, fmt.Errorf("token: %w", err)
		}
		return t.SetToken(token)
	case kind == PayloadGroup, kind == Payload:
		payload, err := parseTextOrHex(text)
		if err != nil {
			return nil, fmt.Errorf("payload: %w", err)
		}
		return t.SetPayload(payload)
	case kind == Option:
		o, most := &t.Options[f.Option], uint64(0xffff)
		if o.Broken {
			most = uint64(o.Previous) + protocol.MaxOptionLength // what a delta can add up to
		}
		n, err := parseNumber(text, most)
		if err != nil {
			return nil, fmt.Errorf("option number: %w", err)
		}
		return t.setOptionNumber(int(f.Option), int(n))
	case kind == OptionValue && !f.Cut:
		return t.SetOptionText(int(f.Option), text)
	case !f.Cut && !inHex(kind):
		return t.setNumber(i, text)
	}
	raw, err := parseHex(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", f.Kind, err)
	case f.Kind == MessageID && !f.Cut && len(raw) != 2:
		return nil, errors.New("message ID: four hexadecimal digits are accepted, such as 7d34")
	case f.Kind == PayloadMarker && len(raw) != 1:
		return nil, errors.New("payload marker: two hexadecimal digits are accepted; ff is the marker")
	}
	if k := int(f.Option); k >= 0 && !t.Options[k].Broken {
		return t.setValuePart(k, f, raw)
	}
	return t.splice(f.FirstByte(), f.EndByte(), raw), nil
}

// setNumber changes a field that is a number of as many bits as it has.
func (t *Tree) setNumber(i int, text string) ([]byte, error) {
	f := &t.Fields[i]
	var v uint64
	var err error
	switch f.Kind {
	case MessageType:
		v, err = parseType(text)
	case Code:
		v, err = t.parseCode(text)
	case BlockNum:
		if v, err = parseNumber(text, protocol.MaxBlockNum); err == nil && v >= 1<<f.Bits {
			b, _ := protocol.DecodeBlock(t.Options[f.Option].Value)
			b.Num = uint32(v)
			return t.SetOption(int(f.Option), b.Value())
		}
	default:
		v, err = parseNumber(text, 1<<f.Bits-1)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Kind, err)
	}
	b := bytes.Clone(t.Bytes)
	for n := range f.Bits {
		setBit(b, f.End()-1-n, v>>n&1 != 0)
	}
	return b, nil
}

// setValuePart changes a part of an option's value, and what in the value says how long the part is.
func (t *Tree) setValuePart(k int, f *Field, part []byte) ([]byte, error) {
	o := &t.Options[k]
	start := t.Fields[o.ValueAt].FirstByte()
	at, end := f.FirstByte()-start, f.EndByte()-start
	value := append(append(bytes.Clone(o.Value[:at]), part...), o.Value[end:]...)
	switch {
	case f.Cut: // what says how long it is, is wrong already
	case f.Kind == OSCOREPartialIV:
		if len(part) > 7 {
			return nil, errors.New("a Partial IV of at most 7 bytes fits its length, and at most 5 are allowed (RFC 8613 §6.1)")
		}
		value[0] = value[0]&^7 | byte(len(part))
	case f.Kind == OSCOREKidContext:
		if len(part) > 0xff {
			return nil, errors.New("kid context: at most 255 bytes are accepted (RFC 8613 §6.1)")
		}
		value[at-1] = byte(len(part))
	}
	return t.SetOption(k, value)
}

// SetBit gives the bytes with a bit on or off, and nothing else changed. Bit 0 is the first of byte 0.
func (t *Tree) SetBit(bit int, on bool) []byte {
	b := bytes.Clone(t.Bytes)
	if bit >= 0 && bit < len(b)*8 {
		setBit(b, bit, on)
	}
	return b
}

// SetByte gives the bytes with byte i as v, and nothing else changed.
func (t *Tree) SetByte(i int, v byte) []byte {
	b := bytes.Clone(t.Bytes)
	if i >= 0 && i < len(b) {
		b[i] = v
	}
	return b
}

func setBit(b []byte, bit int, on bool) {
	mask := byte(0x80) >> (bit % 8)
	if on {
		b[bit/8] |= mask
	} else {
		b[bit/8] &^= mask
	}
}

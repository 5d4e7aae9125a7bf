package filter

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
)

// maxQuoted is how many bytes of a value an expression of [Of] has: beyond, it asks for these bytes at the
// beginning of a longer value with "contains".
const maxQuoted = 32

// Of gives the expression that asks for messages with the value that field i of the tree has: "observe == 7",
// "mid == 0x7d34", "option.3332 == 0a0b". The parts of an option's head ask for the option. It is false for
// fields that no expression can ask for, such as what ends within a message that is cut off.
func Of(t *dissect.Tree, i int) (expr string, ok bool) {
	name, value, ok := question(t, i)
	if !ok {
		return "", false
	}
	expr = name + value
	if !t.WellFormed() { // what is drawn of it is not all to be relied on
		f, err := Compile(expr, nil)
		if err != nil || !f.Match(packetOf(t)) {
			return "", false
		}
	}
	return expr, true
}

// ColumnOf gives the name of the field, of this package, that field i of the tree is; false for none.
func ColumnOf(t *dissect.Tree, i int) (name string, ok bool) {
	name, _, ok = question(t, i)
	return name, ok
}

// packetOf gives the message of a tree as a packet.
func packetOf(t *dissect.Tree) *Packet {
	f := &trace.Frame{Data: t.Bytes}
	switch t.Framing {
	case protocol.StreamFraming:
		f.Transport = trace.TCP
	case protocol.WebSocketFraming:
		f.Transport = trace.WebSocket
	}
	return &Packet{Frame: f}
}

// question gives name, and operator with value, of the expression for a field.
func question(t *dissect.Tree, i int) (name, value string, ok bool) {
	if i < 0 || i >= len(t.Fields) || t.Fields[i].Cut {
		return "", "", false
	}
	f := &t.Fields[i]
	if f.Option >= 0 {
		return optionQuestion(t, f)
	}
	number := func(name string, n uint64) (string, string, bool) {
		return name, " == " + strconv.FormatUint(n, 10), true
	}
	switch f.Kind {
	case dissect.Version:
		return number("version", f.Number)
	case dissect.MessageType:
		return "type", " == " + protocol.Type(f.Number).String(), true
	case dissect.TokenLength:
		return number("tkl", f.Number)
	case dissect.TokenLengthExtension:
		return number("token.len", uint64(len(t.Token)))
	case dissect.Code:
		return "code", " == " + codeText(protocol.Code(f.Number)), true
	case dissect.CodeClass:
		return number("code.class", f.Number)
	case dissect.CodeDetail:
		return number("code.detail", f.Number)
	case dissect.MessageID:
		return "mid", " == 0x" + protocol.MessageID(f.Number).String(), true
	case dissect.Token:
		return "token", equalBytes(t.Raw(i)), true
	case dissect.PayloadGroup, dissect.PayloadMarker:
		return number("payload.len", uint64(len(t.Payload)))
	case dissect.Payload:
		return "payload", equalBytes(t.Raw(i)), true
	case dissect.Undecodable:
		return "malformed", "", !t.WellFormed()
	}
	return "", "", false
}

// codeText gives the name of a method, and c.dd for all others.
func codeText(c protocol.Code) string {
	if _, ok := c.Info(); ok && c.IsRequest() {
		return c.Short()
	}
	return c.Dotted()
}

func optionQuestion(t *dissect.Tree, f *dissect.Field) (name, value string, ok bool) {
	o := &t.Options[f.Option]
	if o.Broken {
		return "", "", false
	}
	row := o.Number.Lookup(t.Code)
	if row == nil {
		return optionName(o.Number), equalBytes(o.Value), true
	}
	name = strings.ToLower(row.Name)
	if b, good := protocol.DecodeBlock(o.Value); good && isBlock(row) {
		switch f.Kind {
		case dissect.BlockNum:
			return name + ".num", " == " + strconv.FormatUint(uint64(b.Num), 10), true
		case dissect.BlockMore:
			return name + ".more", " == " + strconv.FormatUint(f.Number, 10), true
		case dissect.BlockSZX:
			return name + ".size", " == " + strconv.Itoa(b.Size()), true
		}
		return name, " == " + b.String(), true
	}
	switch row.Format {
	case protocol.FormatEmpty:
		if len(o.Value) == 0 {
			return name, "", true
		}
	case protocol.FormatUint:
		if v, good := protocol.DecodeUint(o.Value); good && !isBlock(row) {
			return name, " == " + strconv.FormatUint(v, 10), true
		}
	case protocol.FormatString:
		if len(o.Value) > maxQuoted*4 {
			return name, " contains " + quote(o.Value[:maxQuoted*4]), true
		}
		return name, " == " + quote(o.Value), true
	case protocol.FormatOpaque:
		return name, equalBytes(o.Value), true
	}
	return optionName(o.Number), equalBytes(o.Value), true
}

// optionName gives the name of an option by its number, whatever it is.
func optionName(n protocol.OptionNumber) string { return optionPrefix + strconv.Itoa(int(n)) }

const optionPrefix = "option."

// isBlock tells whether the option has the value of a block (RFC 7959 §2.2, RFC 9177 §4.2).
func isBlock(row *protocol.OptionInfo) bool {
	if row.Code != protocol.Empty {
		return false
	}
	switch row.Number {
	case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
		return true
	}
	return false
}

func equalBytes(b []byte) string {
	switch {
	case len(b) == 0:
		return ` == ""`
	case len(b) > maxQuoted:
		return " contains " + hex.EncodeToString(b[:maxQuoted])
	}
	return " == " + hex.EncodeToString(b)
}

// quote writes text so that the language reads it back byte for byte.
func quote(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == '"' || r == '\\':
			s.WriteByte('\\')
			s.WriteByte(byte(r))
		case r == utf8.RuneError && n == 1, !strconv.IsPrint(r):
			for _, c := range b[:n] {
				s.WriteString(`\x` + hex.EncodeToString([]byte{c}))
			}
		default:
			s.Write(b[:n])
		}
		b = b[n:]
	}
	s.WriteByte('"')
	return s.String()
}

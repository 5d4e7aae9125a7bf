package protocol_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// drawMessage makes a message that has an encoding, with lengths around the boundaries.
func drawMessage(t *rapid.T) protocol.Message {
	code := protocol.Code(rapid.Byte().Draw(t, "code"))
	m := protocol.Message{
		Type:      protocol.Type(rapid.IntRange(0, 3).Draw(t, "type")),
		Code:      code,
		MessageID: protocol.MessageID(rapid.Uint16().Draw(t, "id")),
	}
	if code == protocol.Empty {
		return m
	}
	length := rapid.OneOf(rapid.IntRange(0, 14), rapid.IntRange(265, 272), rapid.Just(1034))
	tokenLength := rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(13, 15), rapid.IntRange(267, 271))
	m.Token = protocol.TokenOf(drawBytes(t, tokenLength, "token"))
	number := rapid.OneOf(rapid.Uint16Range(0, 70), rapid.Uint16Range(250, 300), rapid.Uint16())
	for range rapid.IntRange(0, 8).Draw(t, "options") {
		m.Options = append(m.Options, protocol.Option{
			Number: protocol.OptionNumber(number.Draw(t, "number")), Value: drawBytes(t, length, "value"),
		})
	}
	m.Payload = drawBytes(t, length, "payload")
	return m
}

func drawBytes(t *rapid.T, length *rapid.Generator[int], label string) []byte {
	b := make([]byte, length.Draw(t, label))
	seed := rapid.Byte().Draw(t, label)
	for i := range b {
		b[i] = seed + byte(i)*7
	}
	return b
}

// Parse gives back the message that Append encoded, its options sorted.
func TestParseOfAppend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := protocol.Parse(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		slices.SortStableFunc(m.Options, func(x, y protocol.Option) int { return int(x.Number) - int(y.Number) })
		if !sameMessage(got, m) {
			t.Fatalf("%+v became %+v", m, got)
		}
	})
}

// Append gives back the bytes that Parse read, of any bytes that Parse accepts. Bytes that are
// almost a message come from changing an encoded one.
func TestAppendOfParse(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t)
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				b[at] = rapid.Byte().Draw(t, "byte")
			case 1:
				b = b[:max(at, 1)]
			case 2:
				b = slices.Insert(b, at, rapid.Byte().Draw(t, "byte"))
			}
		}
		if checkParse(t, b) {
			accepted++
		}
	})
	if accepted == 0 {
		t.Error("no changed message was accepted: the property was not tested")
	}
}

// checkParse holds what is true of Parse for all bytes, and tells whether it accepts them.
func checkParse(t interface{ Fatalf(string, ...any) }, b []byte) bool {
	ok := false
	for _, extended := range []bool{false, true} {
		var m protocol.Message
		parse := m.Parse
		if extended {
			parse = m.ParseExtended
		}
		original := bytes.Clone(b)
		err := parse(b)
		if !bytes.Equal(b, original) {
			t.Fatalf("%x was changed to %x", original, b)
		}
		if err != nil {
			e, isParseError := err.(*protocol.ParseError)
			if !isParseError {
				t.Fatalf("%x: %T", b, err)
			}
			if e.Offset < 0 || e.Offset > len(b) || e.Section == "" || e.Reason == "" {
				t.Fatalf("%x: %+v", b, e)
			}
			if _, _, header := protocol.Header(b); header == e.Ignored {
				t.Fatalf("%x: header %t, ignored %t", b, header, e.Ignored)
			}
			continue
		}
		ok = true
		again, err := m.Append(nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is given back as %x (%v)", b, again, err)
		}
		if !slices.IsSortedFunc(m.Options, func(x, y protocol.Option) int { return int(x.Number) - int(y.Number) }) {
			t.Fatalf("%x: options are not in order", b)
		}
	}
	return ok
}

package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"coapscope/protocol"
)

func TestAppendSortsStably(t *testing.T) {
	options := protocol.Options{
		{protocol.URIQuery, []byte("q1")},
		{protocol.URIPath, []byte("b")},
		{protocol.URIPath, []byte("a")},
		{protocol.URIQuery, []byte("q0")},
		{protocol.URIHost, []byte("h")},
		{protocol.URIPath, nil},
	}
	m := protocol.Message{Code: protocol.GET, MessageID: 0x0102, Options: options}
	got, err := m.Append([]byte{0xee})
	want := unhex(t, "ee 4001 0102 31 68 81 62 01 61 00 42 7131 02 7130")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x (%v), want %x", got, err, want)
	}
	if options[0].Number != protocol.URIQuery || options[4].Number != protocol.URIHost {
		t.Error("Append sorted the options of its receiver")
	}
}

// Deltas, lengths and tokens at both sides of each boundary of RFC 7252 §3.1 and RFC 8974 §2.1.
func TestExtendedLengths(t *testing.T) {
	fill := func(n int) []byte { return bytes.Repeat([]byte{0xa5}, n) }
	for _, test := range []struct {
		value int
		head  string // the 4-bit field and what extends it
	}{
		{0, "0"},
		{12, "c"},
		{13, "d 00"},
		{268, "d ff"},
		{269, "e 0000"},
		{270, "e 0001"},
		{65535, "e fef2"},
		{65804, "e ffff"},
	} {
		field, extension := test.head[:1], unhex(t, test.head[1:])

		m := protocol.Message{Code: protocol.GET, Options: protocol.Options{{1, fill(test.value)}}}
		want := append(append(unhex(t, "4001 0000 1"+field), extension...), fill(test.value)...)
		roundTrip(t, m, want)

		m = protocol.Message{Code: protocol.GET, Token: protocol.TokenOf(fill(test.value)), Payload: []byte{1}}
		want = append(append(append(unhex(t, "4"+field+"01 0000"), extension...), fill(test.value)...), 0xff, 1)
		if test.value > 8 && test.value < 13 {
			var extended protocol.Message
			if err := extended.ParseExtended(want); err != nil || extended.Token != m.Token {
				t.Errorf("token of %d: %v", test.value, err)
			}
			if got, err := m.Append(nil); err != nil || !bytes.Equal(got, want) {
				t.Errorf("token of %d: %x, %v", test.value, got, err)
			}
		} else {
			roundTrip(t, m, want)
		}

		if test.value <= 65535 {
			m = protocol.Message{Code: protocol.GET, Options: protocol.Options{{protocol.OptionNumber(test.value), []byte{1, 2}}}}
			want = append(append(unhex(t, "4001 0000 "+field+"2"), extension...), 1, 2)
			roundTrip(t, m, want)
		}
	}
	// Delta and length both extended: the delta comes first (RFC 7252 §3.1, figure 8).
	roundTrip(t, protocol.Message{Code: protocol.GET, Options: protocol.Options{{292, fill(14)}}},
		append(unhex(t, "4001 0000 ed 0017 01"), fill(14)...))
	// The last number, reached in two steps.
	roundTrip(t, protocol.Message{Code: protocol.GET, Options: protocol.Options{{65534, nil}, {65535, nil}, {65535, nil}}},
		unhex(t, "4001 0000 e0 fef1 10 00"))
}

func roundTrip(t *testing.T, m protocol.Message, want []byte) {
	t.Helper()
	got, err := m.Append(nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("encoded as %.40x (%d bytes, %v), want %.40x (%d bytes)", got, len(got), err, want, len(want))
		return
	}
	parsed, err := protocol.Parse(got)
	if err != nil {
		t.Error(err)
		return
	}
	if !sameMessage(parsed, m) {
		t.Errorf("parsed as %.200v", parsed)
	}
}

// sameMessage compares messages, taking nil and empty values as equal.
func sameMessage(x, y protocol.Message) bool {
	normal := func(m protocol.Message) protocol.Message {
		options := make(protocol.Options, len(m.Options))
		for i, o := range m.Options {
			options[i] = protocol.Option{Number: o.Number, Value: append([]byte{}, o.Value...)}
		}
		m.Options, m.Payload = options, append([]byte{}, m.Payload...)
		return m
	}
	return reflect.DeepEqual(normal(x), normal(y))
}

func TestEncodeErrors(t *testing.T) {
	for name, test := range map[string]struct {
		message protocol.Message
		part    protocol.Part
		section string
	}{
		"type":               {protocol.Message{Type: 4, Code: protocol.GET}, protocol.PartHeader, "RFC 7252 §3"},
		"Empty with token":   {protocol.Message{Token: protocol.TokenOf([]byte{1})}, protocol.PartHeader, "RFC 7252 §4.1"},
		"Empty with option":  {protocol.Message{Options: protocol.Options{{1, nil}}}, protocol.PartHeader, "RFC 7252 §4.1"},
		"Empty with payload": {protocol.Message{Payload: []byte{1}}, protocol.PartHeader, "RFC 7252 §4.1"},
		"long token": {
			protocol.Message{Code: 1, Token: protocol.TokenOf(make([]byte, protocol.MaxTokenLength+1))}, protocol.PartToken, "RFC 8974 §2.1",
		},
		"long value": {
			protocol.Message{Code: 1, Options: protocol.Options{{1, nil}, {2, make([]byte, protocol.MaxOptionLength+1)}}},
			protocol.PartOptions, "RFC 7252 §3.1",
		},
	} {
		before := []byte{1, 2, 3}
		after, err := test.message.Append(before)
		var e *protocol.EncodeError
		if !errors.As(err, &e) || e.Part != test.part || e.Section != test.section || e.Reason == "" || e.Error() == "" {
			t.Errorf("%s: error %v", name, err)
		}
		if !bytes.Equal(after, before) {
			t.Errorf("%s: the buffer became %x", name, after)
		}
	}
}

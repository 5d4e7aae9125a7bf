package protocol_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// What is written in a framing is read again, and the length in the header is that of the message.
func TestFramingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := protocol.Framing(rapid.IntRange(1, 2).Draw(t, "framing"))
		size := rapid.SampledFrom([]int{0, 1, 11, 12, 13, 267, 268, 269, 65803, 65804, 65805}).Draw(t, "payload")
		m := protocol.Message{
			Code:    protocol.Content,
			Token:   protocol.TokenOf(make([]byte, rapid.SampledFrom([]int{0, 1, 8, 13, 300}).Draw(t, "token"))),
			Options: protocol.Options{{Number: protocol.ETag, Value: []byte{1, 2}}},
			Payload: bytes.Repeat([]byte{0xff}, size),
		}
		b, err := m.AppendFraming(f, []byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		b = b[len("before"):]
		if n, ok, err := protocol.StreamLength(append(b[:len(b):len(b)], "next"...)); f == protocol.StreamFraming && (n != uint64(len(b)) || !ok || err != nil) {
			t.Fatalf("StreamLength %d %v %v, want %d", n, ok, err, len(b))
		}
		var got protocol.Message
		if err := got.ParseFraming(f, b); err != nil {
			t.Fatal(err)
		}
		if got.Code != m.Code || got.Token != m.Token || len(got.Options) != 1 || !bytes.Equal(got.Payload, m.Payload) {
			t.Fatalf("%v became %v", m, got)
		}
		for n := range min(len(b), 400) {
			if err := got.ParseFraming(protocol.StreamFraming, b[:n]); f == protocol.StreamFraming && err == nil {
				t.Fatalf("the first %d of %d bytes are taken for a message", n, len(b))
			}
		}
	})
}

func TestParseFramingErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		framing protocol.Framing
		bytes   []byte
		offset  int
	}{
		{"nothing", protocol.StreamFraming, nil, 0},
		{"no code", protocol.StreamFraming, []byte{0x00}, 1},
		{"extended length cut", protocol.StreamFraming, []byte{0xe0, 1}, 2},
		{"token cut", protocol.StreamFraming, []byte{0x02, 0x45, 1}, 3},
		{"token length 15", protocol.StreamFraming, []byte{0x0f, 0x45}, 0},
		{"token length 9", protocol.StreamFraming, []byte{0x09, 0x45}, 0},
		{"shorter than its length", protocol.StreamFraming, []byte{0x20, 0x45, 0xff}, 3},
		{"longer than its length", protocol.StreamFraming, []byte{0x00, 0x45, 0xff, 1}, 2},
		{"length on a WebSocket", protocol.WebSocketFraming, []byte{0x20, 0x45, 0xff, 1}, 0},
		{"marker alone", protocol.WebSocketFraming, []byte{0x00, 0x45, 0xff}, 2},
	} {
		var m protocol.Message
		err := m.ParseFraming(c.framing, c.bytes)
		var parse *protocol.ParseError
		if !errors.As(err, &parse) || parse.Offset != c.offset {
			t.Errorf("%s: got %v, want an error at byte %d", c.name, err, c.offset)
		}
	}
	if _, ok, err := protocol.StreamLength([]byte{0x0f, 0x45}); ok || err == nil {
		t.Errorf("token length 15 in a stream: %v %v", ok, err)
	}
}

package dissect

import (
	"bytes"
	"testing"

	"coapscope/protocol"
)

// The 32-bit extension of the length, which is too long for the corpus.
func TestLengthOf32Bits(t *testing.T) {
	m := protocol.Message{Code: protocol.Content, Token: protocol.TokenOf([]byte{1}), Payload: bytes.Repeat([]byte{'a'}, 70000)}
	b, err := m.AppendFraming(protocol.StreamFraming, nil)
	if err != nil {
		t.Fatal(err)
	}
	var tree Tree
	checkTree(t, &tree, protocol.StreamFraming, b)
	i := tree.Find(LengthExtension)
	if i < 0 || len(tree.Findings) > 0 {
		t.Fatalf("extension at %d, findings %v", i, tree.Findings)
	}
	if got, want := tree.Value(i), "4196 (+ 65805 = 70001)"; got != want {
		t.Errorf("the extension is %q, want %q", got, want)
	}
	if got, want := tree.Explain(i), "65805 + 4196 = length 70001"; got != want {
		t.Errorf("it is explained as %q, want %q", got, want)
	}
	if tree.Fields[i].Span != bytesSpan(1, 5) || len(tree.Payload) != 70000 {
		t.Errorf("it spans %v, %d bytes of payload", tree.Fields[i].Span, len(tree.Payload))
	}
}

// Type and message ID mean something on UDP only, and only behind a whole header.
func TestHasType(t *testing.T) {
	for _, c := range []struct {
		framing         protocol.Framing
		bytes           []byte
		header, hasType bool
	}{
		{protocol.DatagramFraming, []byte{0x40, 1, 0, 1}, true, true},
		{protocol.DatagramFraming, []byte{0x80, 1, 0, 1}, false, false},
		{protocol.DatagramFraming, []byte{0x40, 1, 0}, false, false},
		{protocol.StreamFraming, []byte{0, 1}, true, false},
		{protocol.StreamFraming, []byte{0xd0, 1}, false, false},
		{protocol.WebSocketFraming, []byte{0, 1}, true, false},
		{protocol.WebSocketFraming, nil, false, false},
	} {
		tree := DissectFraming(c.framing, c.bytes)
		if tree.HasHeader() != c.header || tree.HasType() != c.hasType {
			t.Errorf("%v % x: header %v, type %v", c.framing, c.bytes, tree.HasHeader(), tree.HasType())
		}
	}
}

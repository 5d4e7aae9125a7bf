package view_test

import (
	"bytes"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

func TestWireShowsWhatWillBeSent(t *testing.T) {
	var w view.Wire
	d := draft.Draft{Method: protocol.PUT, Address: "192.0.2.1/x", Payload: strings.Repeat("y", 100)}
	b := d.Build(protocol.URI{}, nil)
	if len(b.Problems) > 0 {
		t.Fatal(b.Problems)
	}
	show := func() { w.Show(&b, view.FilePeek{}) }
	show()
	m := &b.Request.Message
	if w.Problem != "" || w.Blocks != 1 || w.Body != 100 || !bytes.HasSuffix(w.Bytes, m.Payload) {
		t.Errorf("got %+v", w)
	}
	for i, want := range []struct {
		concept view.Concept
		later   bool
	}{2: {view.MessageID, true}, 3: {view.MessageID, true}, 4: {view.Token, true}} {
		if i < 2 {
			continue
		}
		if concept, later := w.Concept(i); concept != want.concept || later != want.later {
			t.Errorf("byte %d: %v, later %v", i, concept, later)
		}
	}
	b.Request.BlockSize = 64
	show()
	sent, err := protocol.Parse(w.Bytes)
	if err != nil || w.Blocks != 2 || len(sent.Payload) != 64 || w.Body != 100 {
		t.Errorf("in blocks of 64: %d blocks, %v, %v", w.Blocks, sent, err)
	}
	if !strings.Contains(w.Title(), "first of 2 blocks") {
		t.Errorf("title %q", w.Title())
	}
	// A block size is asked for in the first request, where that has no body (RFC 7959 §2.4).
	m.Code, m.Payload = protocol.GET, nil
	b.Request.BlockSize = 64
	show()
	sent, err = protocol.Parse(w.Bytes)
	if b, ok := sent.Options.Block(protocol.Block2); err != nil || !ok || b.Size() != 64 {
		t.Errorf("a GET in blocks of 64 is %v, %v", sent, err)
	}
	// A block that is chosen by hand is one message (RFC 7959 §2.3).
	m.Code, m.Payload = protocol.PUT, make([]byte, 64)
	m.Options = m.Options.Add(protocol.Block1, protocol.Block{Num: 3, More: true, SZX: 1}.Value())
	b.Request.BlockSize = 64
	show()
	sent, err = protocol.Parse(w.Bytes)
	if b, ok := sent.Options.Block(protocol.Block1); err != nil || w.Problem != "" || w.Blocks != 1 || !ok || b.Num != 3 || len(sent.Payload) != 64 {
		t.Errorf("block 3 by hand: %d messages, %q, %v, %v", w.Blocks, w.Problem, sent, err)
	}
}

package view

import (
	"fmt"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session"
	"coapscope/session/blockwise"
)

// Wire is the datagram that a draft would become, byte by byte, as it is typed.
type Wire struct {
	Bytes   []byte
	Problem string // why there is none
	Body    int    // bytes of the whole payload; more than is in Bytes where it goes in blocks
	Blocks  int    // how many messages it takes

	inspector Inspector
	buffer    []byte
}

// previewToken stands for the token in the preview; the engine chooses another when it is sent.
var previewToken = protocol.TokenOf([]byte{0, 0, 0, 0})

// Show takes another message.
func (w *Wire) Show(m protocol.Message, blockSize int) {
	w.Bytes, w.Problem, w.Body, w.Blocks = nil, "", len(m.Payload), 1
	r := session.Request{Message: m, BlockSize: blockSize}
	first := m
	switch s := r.Transfer().Start().(type) {
	case blockwise.Send:
		first = s.Message
	case blockwise.Failed:
		w.Problem = s.Err.Error()
		return
	}
	first.Type, first.Token = m.Type, previewToken
	if b, ok := first.Options.Block(protocol.Block1); ok && !m.Options.Has(protocol.Block1) {
		w.Blocks = (len(m.Payload) + b.Size() - 1) / b.Size()
	}
	var err error
	if w.buffer, err = first.Append(w.buffer[:0]); err != nil {
		w.Problem = err.Error()
		return
	}
	w.Bytes = w.buffer
	w.inspector.Tree.Dissect(w.Bytes)
}

// Concept gives the colour of a byte, and whether the engine chooses it only when it is sent: message
// ID and token.
func (w *Wire) Concept(i int) (c Concept, later bool) {
	leaf := w.inspector.Tree.LeafAt(i * 8)
	if leaf < 0 {
		return Dim, false
	}
	kind := w.inspector.Tree.Fields[leaf].Kind
	return w.inspector.Concept(leaf), kind == dissect.MessageID || kind == dissect.Token
}

// Title says how large it is.
func (w *Wire) Title() string {
	s := fmt.Sprintf("On the wire · %s", count(len(w.Bytes), "byte", "bytes"))
	if w.Blocks > 1 {
		s += fmt.Sprintf(" · first of %d blocks", w.Blocks)
	}
	return s
}

// Findings says in one line what is wrong with it; empty for nothing.
func (w *Wire) Findings() (string, Concept) {
	f := w.inspector.Tree.Findings
	if len(w.Bytes) == 0 || len(f) == 0 {
		return "", Dim
	}
	i := 0
	for j := range f {
		if f[j].Severity > f[i].Severity {
			i = j
		}
	}
	text := SeveritySign(f[i].Severity) + " " + f[i].Title + " (" + f[i].Reference + ")"
	if len(f) > 1 {
		text += fmt.Sprintf(" and %d more", len(f)-1)
	}
	return text, SeverityConcept(f[i].Severity)
}

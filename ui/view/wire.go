package view

import (
	"bytes"
	"fmt"
	"slices"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/ui/draft"
)

// Wire is the datagram that a draft would become, byte by byte, as it is typed.
type Wire struct {
	Bytes   []byte
	Problem string // why there is none
	Body    int64  // bytes of the whole payload; more than is in Bytes where it goes in blocks
	Blocks  int64  // how many messages it takes

	inspector *Inspector
	buffer    []byte
	fixedID   bool
	fixed     bool // the token is known before it is sent
}

// Show takes what a draft becomes. file is what is known of the file that has the payload.
func (w *Wire) Show(b *draft.Built, file FilePeek) {
	if w.inspector == nil {
		w.inspector = NewInspector()
	}
	w.Bytes, w.Problem, w.Blocks = nil, "", 1
	w.fixedID, w.fixed = b.Request.FixedMessageID, b.Request.FixedToken
	if b.Raw != nil {
		w.fixedID, w.fixed = true, true
		w.Body = 0
		w.take(b.Raw)
		return
	}
	r := b.Request
	m := r.Message
	w.Body = int64(len(m.Payload))
	if b.File != "" {
		r.Body, r.BodySize = bytes.NewReader(file.Head), file.Size
		w.Body = file.Size
	}
	first := m
	if !b.Ping() {
		switch s := r.Transfer().Start().(type) {
		case blockwise.Send:
			first = s.Message
		case blockwise.Failed:
			w.Problem = s.Err.Error()
			return
		}
	}
	first.Type, first.MessageID, first.Token = m.Type, m.MessageID, previewToken(&r.Message, r.FixedToken, r.Identifiers)
	if b.Ping() {
		first = protocol.Message{Type: protocol.Confirmable}
		w.fixed = true
	}
	if block, ok := first.Options.Block(protocol.Block1); ok && !m.Options.Has(protocol.Block1) {
		w.Blocks = (w.Body + int64(block.Size()) - 1) / int64(block.Size())
	}
	var err error
	if w.buffer, err = first.Append(w.buffer[:0]); err != nil {
		w.Problem = err.Error()
		return
	}
	w.take(w.buffer)
}

func (w *Wire) take(data []byte) {
	w.Bytes = data
	w.inspector.Tree.Dissect(w.Bytes)
}

// SetNames has the datagram read with what the user has named.
func (w *Wire) SetNames(names *protocol.Names) {
	if w.inspector == nil {
		w.inspector = NewInspector()
	}
	w.inspector.Tree.Names = names
}

// previewToken stands for the token in the preview, where the engine chooses another when it is sent.
func previewToken(m *protocol.Message, fixed bool, i *exchange.Identifiers) protocol.Token {
	if fixed || m.Token.Len() > 0 {
		return m.Token
	}
	length := 4
	if i != nil && i.TokenLength > 0 {
		length = i.TokenLength
	}
	return protocol.TokenOf(make([]byte, length))
}

// Concept gives the colour of a byte, and whether the engine chooses it only when it is sent: message
// ID and token.
func (w *Wire) Concept(i int) (c Concept, later bool) {
	leaf := w.inspector.Tree.LeafAt(i * 8)
	if leaf < 0 {
		return Dim, false
	}
	kind := w.inspector.Tree.Fields[leaf].Kind
	return w.inspector.Concept(leaf), kind == dissect.MessageID && !w.fixedID || kind == dissect.Token && !w.fixed
}

// Spot is what a byte of the datagram is, as far as a user writes it.
type Spot struct {
	Field draft.Field
	Place int // of an option in the message; -1 otherwise
}

// TypeField and MethodField are the fields of a [Spot] that no text stands for.
const (
	TypeField   draft.Field = "type"
	MethodField draft.Field = "method"
)

// Spot tells what a byte is. The first one has version, type and token length.
func (w *Wire) Spot(i int) (Spot, bool) {
	if i < 0 || i >= len(w.Bytes) {
		return Spot{}, false
	}
	leaf := w.inspector.Tree.LeafAt(i * 8)
	if leaf < 0 {
		return Spot{}, false
	}
	f := &w.inspector.Tree.Fields[leaf]
	if f.Option >= 0 {
		return Spot{draft.OptionField, int(f.Option)}, true
	}
	field := map[dissect.Kind]draft.Field{
		dissect.Version: TypeField, dissect.MessageType: TypeField, dissect.TokenLength: draft.TokenField, dissect.CodeClass: MethodField,
		dissect.CodeDetail: MethodField, dissect.MessageID: draft.MessageIDField, dissect.Token: draft.TokenField, dissect.TokenLengthExtension: draft.TokenField,
		dissect.PayloadMarker: draft.PayloadField, dissect.Payload: draft.PayloadField,
	}[f.Kind]
	return Spot{field, -1}, field != ""
}

// Explain says in a line what a byte is: the name of its field and its value.
func (w *Wire) Explain(i int) string {
	leaf := -1
	if i >= 0 && i < len(w.Bytes) {
		leaf = w.inspector.Tree.LeafAt(i * 8)
	}
	if leaf < 0 {
		return ""
	}
	_, later := w.Concept(i)
	text := w.inspector.Tree.Title(leaf) + ": " + w.inspector.Tree.Value(leaf)
	if later {
		text = w.inspector.Tree.Title(leaf) + ": chosen when it is sent"
	}
	return text
}

// Title says how large it is.
func (w *Wire) Title() string {
	s := fmt.Sprintf("On the wire · %s", count(len(w.Bytes), "byte", "bytes"))
	if w.Blocks > 1 {
		s += fmt.Sprintf(" · first of %s blocks", Grouped(int(w.Blocks)))
	}
	return s
}

// WireFinding is something that is wrong with the datagram.
type WireFinding struct {
	Text    string
	Tip     string
	Concept Concept
	Spot    Spot
	Known   bool // where its editor is
}

// Findings gives what is wrong with it, the worst first.
func (w *Wire) Findings() (all []WireFinding) {
	if len(w.Bytes) == 0 {
		return nil
	}
	order := make([]int, len(w.inspector.Tree.Findings))
	for i := range order {
		order[i] = i
	}
	found := w.inspector.Tree.Findings
	slices.SortStableFunc(order, func(a, b int) int { return int(found[b].Severity) - int(found[a].Severity) })
	for _, i := range order {
		f := &found[i]
		one := WireFinding{
			Text: SeveritySign(f.Severity) + " " + f.Title + " (" + f.Reference + ")", Tip: f.String(), Concept: SeverityConcept(f.Severity),
		}
		if f.Suggestion != "" {
			one.Tip += "\n" + f.Suggestion
		}
		one.Spot, one.Known = w.Spot(min(f.Span.FirstByte(), len(w.Bytes)-1))
		all = append(all, one)
	}
	return all
}

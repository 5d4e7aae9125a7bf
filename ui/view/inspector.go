package view

import (
	"fmt"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
)

// Inspector is the message that is looked at, bit by bit. Bit grid, field tree and bytes are three
// drawings of its one Tree, and what is selected in one is selected in all.
type Inspector struct {
	Tree  dissect.Tree // of the frame, or of what it was edited to
	Frame *trace.Frame // nil while there is nothing to look at

	// Related says what other frames the message belongs to, such as "answers #1".
	Related string
	// History is what is wrong with the message because of the frames before it. It is not said of an
	// edited message, which is another one.
	History []dissect.Finding
	// Aside says more about an option of the message than the message tells, such as how fresh a
	// notification is; nil for nothing.
	Aside func(f *trace.Frame, t *dissect.Tree, option protocol.OptionNumber) string

	past func(s trace.Seq, t *dissect.Tree) []dissect.Finding // gives History; nil where there is none

	// Columns is how many bits a row of the grid has, 8, 16 or 32; 0 lets the room decide.
	Columns int

	selection
	folded   map[foldKey]bool
	unfolded map[int]int // how many more bits of a long field the grid shows
	order    []int32     // fields that are rows of the tree; nil when that is to be found out
	cells    []GridCell
	columns  int // bits a row that cells was made for
	marks    []mark

	edits map[*trace.Frame]*Edit
	edit  *Edit // what is shown instead of the frame; nil for the frame itself
}

// foldKey names a fold across messages: what one unfolds in one message is unfolded in the next.
type foldKey struct {
	kind   dissect.Kind
	option protocol.OptionNumber
}

// NewInspector gives an inspector that shows nothing.
func NewInspector() *Inspector {
	return &Inspector{selection: nothing, folded: make(map[foldKey]bool), edits: make(map[*trace.Frame]*Edit)}
}

// Show takes another frame to look at; nil for none. The selection moves to the same field of the new
// message where it has one. Of a frame that is being edited, the edited message is shown.
func (v *Inspector) Show(f *trace.Frame, related string) {
	var was foldKey
	keep := v.selected >= 0
	if keep {
		was = v.key(v.selected)
	}
	v.Frame, v.Related, v.History, v.edit = f, related, nil, nil
	v.unfolded = nil
	if e := v.edits[f]; e != nil && e.open {
		v.edit = e
	}
	v.dissect()
	v.selection = nothing
	if !keep {
		return
	}
	for i := range v.Tree.Fields {
		if v.key(i) == was {
			v.Select(i)
			return
		}
	}
}

// dissect takes the bytes apart anew that are to be shown.
func (v *Inspector) dissect() {
	v.columns, v.order, v.hovered, v.hoveredBit = 0, nil, -1, -1
	switch {
	case v.Frame == nil:
		v.Tree = dissect.Tree{Names: v.Tree.Names}
	case v.edit != nil:
		v.Tree.DissectFraming(v.Frame.Transport.Framing(), v.edit.Bytes())
	default:
		v.Tree.DissectFraming(v.Frame.Transport.Framing(), v.Frame.Data)
		if v.past != nil {
			v.History = v.past(v.Frame.Seq, &v.Tree)
		}
	}
	v.mark()
}

// SetHistory says what is wrong with the message because of the frames before it.
func (v *Inspector) SetHistory(findings []dissect.Finding) {
	v.History = findings
	v.mark()
}

// SetNames has the message read with what the user has named.
func (v *Inspector) SetNames(names *protocol.Names) {
	history := v.History
	v.Tree.Names = names
	v.Show(v.Frame, v.Related)
	v.SetHistory(history)
}

func (v *Inspector) key(i int) foldKey {
	f := v.Tree.Fields[i]
	k := foldKey{kind: f.Kind}
	if f.Option >= 0 {
		k.option = v.Tree.Options[f.Option].Number
	}
	return k
}

// Title gives the head of the inspector in two parts: "Message 3" and "ACK · 2.05 Content · 64 bytes". Of
// reliable transports, whose messages have no type, the transport is named instead.
func (v *Inspector) Title() (string, string) {
	if v.Frame == nil {
		return "Message", ""
	}
	head := fmt.Sprintf("Message %d", v.Frame.Seq)
	if v.Frame.Seq == 0 {
		head = "The request as written"
	}
	if v.Frame.Seq == 0 && len(v.Tree.Bytes) == 0 {
		return head, "nothing that can be sent yet"
	}
	size := count(len(v.Tree.Bytes), "byte", "bytes")
	if v.edit != nil {
		head = "Editing " + strings.ToLower(head[:1]) + head[1:]
		if n := v.edit.Changes(); n > 0 {
			head = "Edited from" + strings.TrimPrefix(head, "Editing") + " · " + count(n, "change", "changes")
		}
	}
	var parts []string
	if framing := v.Frame.Transport.Framing(); framing.Reliable() || v.Frame.Transport != trace.UDP {
		parts = append(parts, v.Frame.Transport.String())
	}
	switch {
	case !v.Tree.HasHeader():
		parts = append(parts, "not CoAP")
	case v.Tree.HasType():
		parts = append(parts, v.Tree.Type.String(), v.Tree.Code.String())
	default:
		parts = append(parts, v.Tree.Code.String())
	}
	return head, strings.Join(append(parts, size), " · ")
}

// Concept gives the colour of a field.
func (v *Inspector) Concept(field int) Concept { return FieldConcept(&v.Tree, field) }

// FieldConcept gives the colour of a field of a message.
func FieldConcept(t *dissect.Tree, field int) Concept {
	if field < 0 {
		return Dim
	}
	f := t.Fields[field]
	if f.Option >= 0 {
		return OptionConcept(int(f.Option))
	}
	switch f.Kind {
	case dissect.Version, dissect.Length, dissect.LengthExtension:
		return Version
	case dissect.MessageType:
		return Type
	case dissect.TokenLength, dissect.TokenLengthExtension:
		return TokenLength
	case dissect.Code, dissect.CodeClass, dissect.CodeDetail:
		return CodeConcept(t.Code)
	case dissect.MessageID:
		return MessageID
	case dissect.Token:
		return Token
	case dissect.Undecodable:
		return Error
	case dissect.PayloadMarker, dissect.Payload, dissect.PayloadGroup:
		return Payload
	}
	return Dim
}

// CodeConcept gives the colour of a code: that of codes, and of errors for 4.xx and 5.xx.
func CodeConcept(c protocol.Code) Concept {
	switch {
	case c.Class() == 4 || c.Class() == 5:
		return Error
	case c.IsRequest():
		return Type
	case c == protocol.Empty:
		return Dim
	}
	return Code
}

// FieldRow is a row of the field tree.
type FieldRow struct {
	Field    int
	Depth    int
	Foldable bool
	Open     bool
	Name     string
	Value    string
	Concept  Concept
	Lit      bool
	Selected bool
	Mark     dissect.Severity // of the worst finding about it
	Marked   bool             // there is such a finding
	Changed  bool             // by an edit
}

// openByDefault tells which fields show their parts until the user folds them.
func openByDefault(k dissect.Kind) bool {
	return k == dissect.Header || k == dissect.OptionsGroup || k == dissect.PayloadGroup
}

// IsOpen tells whether the field shows its parts.
func (v *Inspector) IsOpen(field int) bool {
	return openByDefault(v.Tree.Fields[field].Kind) != v.folded[v.key(field)]
}

// SetOpen folds or unfolds a field.
func (v *Inspector) SetOpen(field int, open bool) {
	if field = v.valid(field); field >= 0 && !v.Tree.IsLeaf(field) {
		v.folded[v.key(field)] = open != openByDefault(v.Tree.Fields[field].Kind)
		v.order = nil
	}
}

// Reveal unfolds what a field lies in.
func (v *Inspector) Reveal(field int) {
	for i := int(v.Tree.Fields[field].Parent); i >= 0; i = int(v.Tree.Fields[i].Parent) {
		v.SetOpen(i, true)
	}
}

// rows gives the fields that are not folded away.
func (v *Inspector) rows() []int32 {
	if v.order != nil {
		return v.order
	}
	v.order = make([]int32, 0, len(v.Tree.Fields))
	for i := 0; i < len(v.Tree.Fields); {
		v.order = append(v.order, int32(i))
		if v.Tree.IsLeaf(i) || v.IsOpen(i) {
			i++
		} else {
			i = int(v.Tree.Fields[i].Next)
		}
	}
	return v.order
}

// RowCount is the number of rows of the field tree.
func (v *Inspector) RowCount() int { return len(v.rows()) }

// RowField gives the field of a row.
func (v *Inspector) RowField(row int) int { return int(v.rows()[row]) }

// RowOf gives the row of a field, or of the one that holds it folded away; -1 for none.
func (v *Inspector) RowOf(field int) int {
	if v.valid(field) < 0 {
		return -1
	}
	row, found := slices.BinarySearch(v.rows(), int32(field))
	if !found {
		row--
	}
	return row
}

// Row makes a row. It is made when it is drawn.
func (v *Inspector) Row(row int) FieldRow {
	i := v.RowField(row)
	f := v.Tree.Fields[i]
	leaf := v.Tree.IsLeaf(i)
	r := FieldRow{
		Field: i, Depth: int(f.Depth), Foldable: !leaf, Open: !leaf && v.IsOpen(i),
		Name: v.Tree.Name(i), Value: v.Tree.Value(i), Concept: v.Concept(i),
		Lit: v.rowLit(i), Selected: i == v.selected, Changed: v.FieldChanged(i),
	}
	r.Mark, r.Marked = v.MarkOfField(i, r.Foldable && !r.Open)
	if f.Kind == dissect.MessageID && v.Related != "" && v.edit == nil {
		r.Value += "  " + v.Related
	}
	return r
}

// Rows gives all rows of the field tree that are not folded away.
func (v *Inspector) Rows(rows []FieldRow) []FieldRow {
	rows = rows[:0]
	for i := range v.RowCount() {
		rows = append(rows, v.Row(i))
	}
	return rows
}

// rowLit tells whether the row of a field is lit: it is active, or holds the active one folded away.
func (v *Inspector) rowLit(i int) bool {
	a := v.Active()
	if a < 0 {
		return false
	}
	return i == a || a > i && a < int(v.Tree.Fields[i].Next) && !v.Tree.IsLeaf(i) && !v.IsOpen(i)
}

package view

import (
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
)

// Inspector is the message that is looked at, bit by bit. Bit grid, field tree and bytes are three
// drawings of its one Tree, and what is selected in one is selected in all.
type Inspector struct {
	Tree  dissect.Tree
	Frame *trace.Frame // nil while there is nothing to look at

	// Related says what other frames the message belongs to, such as "answers #1".
	Related string

	selected int // field, -1 for none
	hovered  int // field under the pointer, -1 for none
	folded   map[foldKey]bool
	cells    []GridCell
	columns  int // bits a row that cells was made for
}

// foldKey names a fold across messages: what one unfolds in one message is unfolded in the next.
type foldKey struct {
	kind   dissect.Kind
	option protocol.OptionNumber
}

// NewInspector gives an inspector that shows nothing.
func NewInspector() *Inspector {
	return &Inspector{selected: -1, hovered: -1, folded: make(map[foldKey]bool)}
}

// Show takes another frame to look at; nil for none. The selection moves to the same field of the new
// message where it has one.
func (v *Inspector) Show(f *trace.Frame, related string) {
	var was foldKey
	keep := v.selected >= 0
	if keep {
		was = v.key(v.selected)
	}
	v.Frame, v.Related = f, related
	v.selected, v.hovered, v.columns = -1, -1, 0
	if f == nil {
		v.Tree = dissect.Tree{}
		return
	}
	v.Tree.Dissect(f.Data)
	for i := range v.Tree.Fields {
		if keep && v.key(i) == was {
			v.selected = i
			return
		}
	}
}

func (v *Inspector) key(i int) foldKey {
	f := v.Tree.Fields[i]
	k := foldKey{kind: f.Kind}
	if f.Option >= 0 {
		k.option = v.Tree.Options[f.Option].Number
	}
	return k
}

// Title gives the head of the inspector in two parts: "Message 3" and "ACK · 2.05 Content · 64 bytes".
func (v *Inspector) Title() (string, string) {
	if v.Frame == nil {
		return "Message", ""
	}
	head := fmt.Sprintf("Message %d", v.Frame.Seq)
	size := fmt.Sprintf("%d bytes", len(v.Frame.Data))
	if !v.Tree.HasHeader() {
		return head, "not CoAP · " + size
	}
	return head, fmt.Sprintf("%s · %s · %s", v.Tree.Type, v.Tree.Code, size)
}

// unit gives the field that stands for the leaf when it is pointed at in the grid or the bytes: the
// whole option, the whole code, otherwise the leaf.
func (v *Inspector) unit(leaf int) int {
	for i := leaf; i >= 0; i = int(v.Tree.Fields[i].Parent) {
		if k := v.Tree.Fields[i].Kind; k == dissect.Option || k == dissect.Code {
			return i
		}
	}
	return leaf
}

// UnitAt gives the field that stands for a bit, -1 for none.
func (v *Inspector) UnitAt(bit int) int { return v.unit(v.Tree.LeafAt(bit)) }

// Select selects a field; -1 for none.
func (v *Inspector) Select(field int) { v.selected = v.valid(field) }

// Hover notes what field the pointer is on; -1 for none. It tells whether that is a change.
func (v *Inspector) Hover(field int) bool {
	field = v.valid(field)
	changed := field != v.hovered
	v.hovered = field
	return changed
}

func (v *Inspector) valid(field int) int {
	if field < 0 || field >= len(v.Tree.Fields) {
		return -1
	}
	return field
}

// Selected gives the selected field, -1 for none.
func (v *Inspector) Selected() int { return v.selected }

// Active gives the field to explain and to light up: what the pointer is on, or else the selected one.
func (v *Inspector) Active() int {
	if v.hovered >= 0 {
		return v.hovered
	}
	return v.selected
}

// Lit tells whether the field is lit: the active one and its parts.
func (v *Inspector) Lit(field int) bool {
	a := v.Active()
	return a >= 0 && field >= a && field < int(v.Tree.Fields[a].Next)
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
	case dissect.Version:
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

// Explanation is what the card under the bit grid says of the active field.
type Explanation struct {
	Concept   Concept
	Title     string
	Text      string
	Reference string
}

// Explain gives the explanation of the active field, or false while there is none.
func (v *Inspector) Explain() (Explanation, bool) {
	i := v.Active()
	if i < 0 {
		return Explanation{}, false
	}
	e := Explanation{v.Concept(i), v.Tree.Name(i), v.Tree.Explain(i), v.Tree.Reference(i)}
	if f := v.Tree.Fields[i]; f.Kind == dissect.Option {
		e.Title = "Option " + e.Title
		if words := flagWords(v.Tree.Options[f.Option].Number); words != "" {
			e.Title += "   (" + words + ")"
		}
	}
	return e, true
}

func flagWords(n protocol.OptionNumber) string {
	words := []string{"elective", "safe to forward"}
	if n.Critical() {
		words[0] = "critical"
	}
	if n.Unsafe() {
		words[1] = "unsafe"
	} else if n.NoCacheKey() {
		words = append(words, "not part of the cache key")
	}
	return strings.Join(words, ", ")
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
	}
}

// Rows gives the rows of the field tree that are not folded away.
func (v *Inspector) Rows(rows []FieldRow) []FieldRow {
	rows = rows[:0]
	for i := 0; i < len(v.Tree.Fields); {
		f := v.Tree.Fields[i]
		leaf := v.Tree.IsLeaf(i)
		row := FieldRow{
			Field: i, Depth: int(f.Depth), Foldable: !leaf, Open: !leaf && v.IsOpen(i),
			Name: v.Tree.Name(i), Value: v.Tree.Value(i), Concept: v.Concept(i),
			Lit: v.rowLit(i), Selected: i == v.selected,
		}
		if f.Kind == dissect.MessageID && v.Related != "" {
			row.Value += "  " + v.Related
		}
		rows = append(rows, row)
		if row.Foldable && !row.Open {
			i = int(f.Next)
		} else {
			i++
		}
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

package view

import "coapscope/protocol/dissect"

// SelectionKind tells what of a message is selected.
type SelectionKind uint8

const (
	FieldSelected SelectionKind = iota // a field as a whole, or nothing
	BitSelected
	BytesSelected
)

// selection is what is selected of a message, and what the pointer is on.
type selection struct {
	selected int // field, -1 for none
	kind     SelectionKind
	cursor   int // the bit from which keys go on, -1 for none
	anchor   int // the byte at which the selection of bytes began
	from, to int // the selected bytes, to behind the last one

	hovered    int // field under the pointer, -1 for none
	hoveredBit int // bit under the pointer, -1 for none
}

var nothing = selection{selected: -1, cursor: -1, hovered: -1, hoveredBit: -1}

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
func (v *Inspector) Select(field int) {
	v.selected, v.kind, v.cursor = v.valid(field), FieldSelected, -1
	if v.selected >= 0 && v.bits() > 0 {
		v.cursor = min(v.Tree.Fields[field].Bit, v.bits()-1)
	}
}

// SelectBit selects a bit, and with it the field that it stands for.
func (v *Inspector) SelectBit(bit int) {
	if v.bits() == 0 {
		return
	}
	v.cursor = max(0, min(bit, v.bits()-1))
	v.selected, v.kind = v.UnitAt(v.cursor), BitSelected
}

// SelectByte selects a byte, from which the selection can be extended.
func (v *Inspector) SelectByte(i int) {
	if v.bits() == 0 {
		return
	}
	v.kind, v.anchor = BytesSelected, max(0, min(i, len(v.Tree.Bytes)-1))
	v.ExtendTo(i)
}

// ExtendTo selects the bytes from the one that was selected first to another one. Where they are of one
// field, that field is selected.
func (v *Inspector) ExtendTo(i int) {
	if v.bits() == 0 {
		return
	}
	if v.kind != BytesSelected && v.cursor >= 0 {
		v.anchor = v.cursor / 8
	}
	i = max(0, min(i, len(v.Tree.Bytes)-1))
	v.kind, v.cursor = BytesSelected, i*8
	v.from, v.to = min(v.anchor, i), max(v.anchor, i)+1
	v.selected = v.UnitAt(v.from * 8)
	if v.to-v.from > 1 && !v.holds(v.selected, v.to*8-1) {
		v.selected = -1
	}
}

// SelectAll selects all bytes.
func (v *Inspector) SelectAll() {
	v.SelectByte(0)
	v.ExtendTo(len(v.Tree.Bytes) - 1)
}

func (v *Inspector) holds(field, bit int) bool {
	return field >= 0 && v.Tree.Fields[field].Contains(bit)
}

func (v *Inspector) bits() int { return len(v.Tree.Bytes) * 8 }

// Selected gives the selected field, -1 for none.
func (v *Inspector) Selected() int { return v.selected }

// SelectedBit gives the selected bit; false where no single bit is selected.
func (v *Inspector) SelectedBit() (int, bool) {
	return v.cursor, v.kind == BitSelected && v.cursor >= 0
}

// SelectedBytes gives the range of bytes that is selected, also where that is by a field or a bit; false
// for none.
func (v *Inspector) SelectedBytes() (from, to int, ok bool) {
	switch {
	case v.kind == BytesSelected:
		return v.from, v.to, v.from < v.to
	case v.kind == BitSelected && v.cursor >= 0:
		return v.cursor / 8, v.cursor/8 + 1, true
	case v.selected >= 0 && v.Tree.Fields[v.selected].Bits > 0:
		f := &v.Tree.Fields[v.selected]
		return f.FirstByte(), f.EndByte(), true
	}
	return 0, 0, false
}

// InRange tells whether a byte is one of those that were selected as bytes.
func (v *Inspector) InRange(i int) bool {
	return v.kind == BytesSelected && v.from <= i && i < v.to
}

// Cursor gives the bit from which keys go on, -1 for none.
func (v *Inspector) Cursor() int { return v.cursor }

// Hover notes what field the pointer is on; -1 for none. It tells whether that is a change.
func (v *Inspector) Hover(field int) bool {
	field = v.valid(field)
	changed := field != v.hovered || v.hoveredBit >= 0
	v.hovered, v.hoveredBit = field, -1
	return changed
}

// HoverBit notes what bit the pointer is on; -1 for none. It tells whether that changes what is shown,
// which it does from field to field.
func (v *Inspector) HoverBit(bit int) bool {
	was := v.part()
	field := v.UnitAt(bit)
	changed := field != v.hovered
	v.hovered, v.hoveredBit = field, bit
	return changed || v.part() != was
}

// part gives the innermost field that is pointed at or selected by a bit, -1 for none.
func (v *Inspector) part() int {
	switch {
	case v.hoveredBit >= 0:
		return v.Tree.LeafAt(v.hoveredBit)
	case v.hovered < 0 && v.kind != FieldSelected && v.cursor >= 0 && v.selected >= 0:
		return v.Tree.LeafAt(v.cursor)
	}
	return -1
}

func (v *Inspector) valid(field int) int {
	if field < 0 || field >= len(v.Tree.Fields) {
		return -1
	}
	return field
}

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

package view

import "coapscope/protocol/dissect"

// GridCell is a part of a field in one row of the bit grid.
type GridCell struct {
	Field    int
	Row, Col int // Col is the first bit's place in the row
	Bit      int // of the message
	Bits     int
	Label    string // in one cell of each field
	Cut      bool   // the field has more bits than are drawn
}

// maxValueRows bounds how many rows of the grid one field fills. What is longer is text or a body, and
// is read in the bytes.
const maxValueRows = 4

// Grid lays out the message as the RFCs draw it, with that many bits a row (8, 16 or 32).
func (v *Inspector) Grid(columns int) []GridCell {
	if columns == v.columns {
		return v.cells
	}
	v.columns, v.cells = columns, v.cells[:0]
	place := 0 // in the grid; it lags behind the bits where long fields are cut
	for leaf := range v.Tree.Leaves() {
		f := v.Tree.Fields[leaf]
		limit := maxValueRows*columns - place%columns
		if f.Kind == dissect.Payload || f.Kind == dissect.Undecodable {
			limit = columns - place%columns
			if limit < columns/2 {
				limit += columns
			}
		}
		bits := f.Bits
		if bits > limit {
			bits = limit
		}
		first, widest := len(v.cells), 0
		for done := 0; done < bits; {
			n := min(bits-done, columns-place%columns)
			v.cells = append(v.cells, GridCell{
				Field: leaf, Row: place / columns, Col: place % columns,
				Bit: f.Bit + done, Bits: n, Cut: done+n == bits && bits < f.Bits,
			})
			if n > widest {
				widest = n
			}
			done, place = done+n, place+n
		}
		for i := first; i < len(v.cells); i++ {
			if v.cells[i].Bits == widest {
				v.cells[i].Label = v.Tree.Label(leaf)
				break
			}
		}
	}
	return v.cells
}

// Set tells whether a bit of the message is 1.
func (v *Inspector) Set(bit int) bool { return v.Tree.Bytes[bit/8]&(0x80>>(bit%8)) != 0 }

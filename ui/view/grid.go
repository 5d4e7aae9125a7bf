package view

import (
	"sort"

	"coapscope/protocol/dissect"
)

// GridCell is a part of a field in one row of the bit grid.
type GridCell struct {
	Field    int
	Row, Col int // Col is the first bit's place in the row
	Bit      int // of the message
	Bits     int
	Labelled bool // the first cell of the field that has room for its label
	Hidden   int  // bits of the field behind this cell that are not drawn
	Unfolded bool // the last cell of a field that the user has unfolded
}

// A field of more bits is cut, until the user unfolds it: what is long is text or a body, and is easier
// read in the bytes. A large one unfolds in steps, so that no grid becomes higher than can be drawn.
const (
	maxValueBits   = 128
	maxPayloadBits = 64
	unfoldBits     = 16 << 10 * 8
)

// limit gives how many bits of a field the grid shows that begins at that column.
func (v *Inspector) limit(leaf, col, columns int) int {
	f := &v.Tree.Fields[leaf]
	if more := v.unfolded[leaf]; more > 0 {
		return more
	}
	limit := max(maxValueBits, columns)
	if f.Kind == dissect.Payload || f.Kind == dissect.Undecodable {
		limit = max(maxPayloadBits, columns)
	}
	limit -= col % columns
	if f.Bits-limit <= limit/2 { // not worth to be left out
		limit = f.Bits
	}
	return limit
}

// Grid lays out the message as the RFCs draw it, with that many bits a row (8, 16 or 32).
func (v *Inspector) Grid(columns int) []GridCell {
	if columns == v.columns {
		return v.cells
	}
	v.columns, v.cells = columns, v.cells[:0]
	place := 0 // in the grid; it lags behind the bits where long fields are cut
	for leaf := range v.Tree.Leaves() {
		f := v.Tree.Fields[leaf]
		bits := min(f.Bits, v.limit(leaf, place%columns, columns))
		first, widest := len(v.cells), 0
		for done := 0; done < bits; {
			n := min(bits-done, columns-place%columns)
			v.cells = append(v.cells, GridCell{
				Field: leaf, Row: place / columns, Col: place % columns, Bit: f.Bit + done, Bits: n,
			})
			widest = max(widest, n)
			done, place = done+n, place+n
		}
		for i := first; i < len(v.cells); i++ {
			if v.cells[i].Bits >= min(widest, 3*columns/4) {
				v.cells[i].Labelled = true
				break
			}
		}
		if last := len(v.cells) - 1; last >= first {
			v.cells[last].Hidden = f.Bits - bits
			v.cells[last].Unfolded = v.unfolded[leaf] > 0
		}
	}
	return v.cells
}

// GridRows gives the cells of the rows from first up to, not including, end. The grid has to be laid out.
func (v *Inspector) GridRows(first, end int) []GridCell {
	from := sort.Search(len(v.cells), func(i int) bool { return v.cells[i].Row >= first })
	to := sort.Search(len(v.cells), func(i int) bool { return v.cells[i].Row >= end })
	return v.cells[from:max(from, to)]
}

// GridHeight is the number of rows of the grid.
func (v *Inspector) GridHeight() int {
	if len(v.cells) == 0 {
		return 0
	}
	return v.cells[len(v.cells)-1].Row + 1
}

// cellAt gives the cell that a bit is drawn in, -1 for a bit that is not drawn.
func (v *Inspector) cellAt(bit int) int {
	i := sort.Search(len(v.cells), func(i int) bool { return v.cells[i].Bit > bit }) - 1
	if i < 0 || bit >= v.cells[i].Bit+v.cells[i].Bits {
		return -1
	}
	return i
}

// GridRowOf gives the row that a bit is drawn in, -1 for one that is not drawn.
func (v *Inspector) GridRowOf(bit int) int {
	i := v.cellAt(bit)
	if i < 0 {
		return -1
	}
	return v.cells[i].Row
}

// Unfold shows all bits of a field that is cut, or as many more as can be drawn.
func (v *Inspector) Unfold(leaf int) {
	if leaf = v.valid(leaf); leaf < 0 {
		return
	}
	if v.unfolded == nil {
		v.unfolded = make(map[int]int)
	}
	v.unfolded[leaf] += unfoldBits
	v.columns = 0
}

// FoldBits cuts a field again that was unfolded.
func (v *Inspector) FoldBits(leaf int) {
	delete(v.unfolded, leaf)
	v.columns = 0
}

// MoveBits moves the selection by bits. What is not drawn there is unfolded.
func (v *Inspector) MoveBits(by int) {
	if v.cursor < 0 {
		v.SelectBit(0)
		return
	}
	columns := v.columns
	v.SelectBit(v.cursor + by)
	v.Grid(columns)
	for v.cellAt(v.cursor) < 0 {
		leaf := v.Tree.LeafAt(v.cursor)
		if v.unfolded[leaf] >= v.Tree.Fields[leaf].Bits {
			return
		}
		v.Unfold(leaf)
		v.Grid(columns)
	}
}

// MoveRows moves the selection by rows of the grid, to the bit in the same column.
func (v *Inspector) MoveRows(by int) {
	at := v.cellAt(v.cursor)
	if at < 0 {
		v.MoveBits(0)
		return
	}
	cell := &v.cells[at]
	row := max(0, min(cell.Row+by, v.GridHeight()-1))
	v.selectPlace(row, cell.Col+v.cursor-cell.Bit)
}

// MoveToEdge moves the selection to the first or last bit of its row of the grid.
func (v *Inspector) MoveToEdge(last bool) {
	at := v.cellAt(v.cursor)
	if at < 0 {
		v.MoveBits(0)
		return
	}
	col := 0
	if last {
		col = v.columns - 1
	}
	v.selectPlace(v.cells[at].Row, col)
}

func (v *Inspector) selectPlace(row, col int) {
	for _, c := range v.GridRows(row, row+1) {
		if col < c.Col+c.Bits {
			v.SelectBit(c.Bit + max(0, col-c.Col))
			return
		}
	}
	if cells := v.GridRows(row, row+1); len(cells) > 0 {
		last := cells[len(cells)-1]
		v.SelectBit(last.Bit + last.Bits - 1)
	}
}

// Set tells whether a bit of the message is 1.
func (v *Inspector) Set(bit int) bool { return v.Tree.Bytes[bit/8]&(0x80>>(bit%8)) != 0 }

package payload

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxCellWidth bounds the width of a column of text; longer cells go beyond it.
const maxCellWidth = 48

// table lays out rows of cells below a line of titles, with lines between them that go over the whole width.
type table struct {
	columns []Column
	rows    []tableRow
	full    bool // the bound on rows was reached
}

// tableRow is a row of cells, or a line over the whole width.
type tableRow struct {
	cells []Line
	whole Line
}

func newTable(columns ...Column) *table {
	t := &table{columns: columns}
	titles := make([]Line, len(columns))
	for i, c := range columns {
		titles[i] = Line{{Text: c.Title, Kind: KindComment}}
	}
	t.row(titles...)
	return t
}

// row adds a row. Cells that are missing at its end are empty.
func (t *table) row(cells ...Line) {
	if !t.room() {
		return
	}
	for i, c := range cells {
		t.columns[i].Width = max(t.columns[i].Width, min(c.width(), maxCellWidth))
	}
	for len(cells) < len(t.columns) {
		cells = append(cells, nil)
	}
	t.rows = append(t.rows, tableRow{cells: cells})
}

// over adds a line over the whole width.
func (t *table) over(spans ...Span) {
	if t.room() {
		t.rows = append(t.rows, tableRow{whole: spans})
	}
}

func (t *table) room() bool {
	t.full = t.full || len(t.rows) >= maxRows
	return !t.full
}

// keep leaves out the columns that are not used.
func (t *table) keep(used []bool) {
	var columns []Column
	for i, c := range t.columns {
		if used[i] {
			columns = append(columns, c)
		}
	}
	for i := range t.rows {
		if t.rows[i].cells == nil {
			continue
		}
		kept := make([]Line, 0, len(columns))
		for j, cell := range t.rows[i].cells {
			if used[j] {
				kept = append(kept, cell)
			}
		}
		t.rows[i].cells = kept
	}
	t.columns = columns
}

func (t *table) layout(note string, truncated bool) *layout {
	return &layout{
		count: len(t.rows), line: t.line, columns: t.columns, note: note, truncated: truncated,
		cells: func(i int) []Line { return t.rows[i].cells },
	}
}

// line gives a row with its cells padded to the width of their columns, two blanks between them.
func (t *table) line(i int) Line {
	r := t.rows[i]
	if r.cells == nil {
		return r.whole
	}
	var line Line
	gap := 0 // blanks that are due before the next cell
	for i, cell := range r.cells {
		pad := max(0, t.columns[i].Width-cell.width())
		if t.columns[i].Right {
			gap += pad
			pad = 0
		}
		if len(cell) > 0 {
			if gap > 0 {
				line = append(line, Span{Text: strings.Repeat(" ", gap)})
				gap = 0
			}
			line = append(line, cell...)
		}
		gap += pad + 2
	}
	return slices.Clip(line)
}

// width gives the number of characters.
func (l Line) width() int {
	n := 0
	for _, s := range l {
		n += utf8.RuneCountInString(s.Text)
	}
	return n
}

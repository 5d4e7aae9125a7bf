package widget

import "slices"

// Line is what a row of a tree is, known without making the row.
type Line struct {
	Kind  RowKind
	Depth int
}

// Source gives the rows of a part of a tree, each when it is looked at.
type Source interface {
	// Layout changes whenever Len or a Line does. It is asked for before anything else.
	Layout() uint64
	Len() int
	Line(i int) Line
	Row(i int) Row
	// Index gives the place of a row; -1 for one that is not there.
	Index(id string) int
}

// Rows are a source of rows that were made before. The zero value is empty.
type Rows struct {
	rows   []Row
	layout uint64
}

// Set shows other rows. The slice is kept and must not be changed.
func (s *Rows) Set(rows []Row) {
	s.rows = rows
	s.layout++
}

// Layout implements Source.
func (s *Rows) Layout() uint64 { return s.layout }

// Len implements Source.
func (s *Rows) Len() int { return len(s.rows) }

// Line implements Source.
func (s *Rows) Line(i int) Line { return Line{s.rows[i].Kind, s.rows[i].Depth} }

// Row implements Source.
func (s *Rows) Row(i int) Row { return s.rows[i] }

// Index implements Source.
func (s *Rows) Index(id string) int {
	return slices.IndexFunc(s.rows, func(r Row) bool { return r.ID == id })
}

// part is the rows of a source, with their places.
type part struct {
	source Source
	layout uint64
	first  int       // number of its first row
	top    float64   // of that
	tops   []float64 // of each row below top, and the height of all
}

func (s *part) len() int { return len(s.tops) - 1 }

// SetRows shows other rows. Selection and place stay; the slice is kept and must not be changed.
func (t *Tree) SetRows(rows []Row) {
	if t.fixed == nil {
		t.fixed = new(Rows)
	}
	t.fixed.Set(rows)
	t.SetSources(t.fixed)
}

// SetSources shows the rows of these sources, one after the other, as they are now. Of a source whose layout has not
// changed no row is looked at until it is drawn. Selection and place stay.
func (t *Tree) SetSources(sources ...Source) {
	before := t.parts
	t.parts = make([]part, len(sources))
	first, top, changed := 0, float64(treePad), len(before) != len(sources)
	for i, source := range sources {
		s := part{source: source, layout: source.Layout(), first: first, top: top}
		if i < len(before) && before[i].source == source && before[i].layout == s.layout && (before[i].first == 0) == (first == 0) {
			s.tops = before[i].tops
			changed = changed || before[i].first != first
		} else {
			if i < len(before) && before[i].source == source {
				s.tops = before[i].tops[:0]
			}
			s.tops = t.places(s.tops, source, first == 0)
			changed = true
		}
		t.parts[i] = s
		first += s.len()
		top += s.tops[s.len()]
	}
	if !changed {
		t.Refresh()
		return
	}
	t.hover = -1
	if pos, inside := t.Pointer(); inside {
		t.hover = t.rowAt(pos)
	}
	t.place(t.offset)
}

// places appends where each row of a source begins, and their height.
func (t *Tree) places(tops []float64, source Source, first bool) []float64 {
	y := 0.0
	for i := range source.Len() {
		tops = append(tops, y)
		y += t.lineHeight(source.Line(i), first && i == 0)
	}
	return append(tops, y)
}

// Len is how many rows there are.
func (t *Tree) Len() int {
	if len(t.parts) == 0 {
		return 0
	}
	last := &t.parts[len(t.parts)-1]
	return last.first + last.len()
}

// at gives the part that has a row.
func (t *Tree) at(i int) *part {
	k := len(t.parts) - 1
	for k > 0 && t.parts[k].first > i {
		k--
	}
	return &t.parts[k]
}

func (t *Tree) line(i int) Line {
	s := t.at(i)
	return s.source.Line(i - s.first)
}

func (t *Tree) row(i int) Row {
	s := t.at(i)
	return s.source.Row(i - s.first)
}

// top gives where a row begins, and where it ends.
func (t *Tree) top(i int) (top, bottom float64) {
	s := t.at(i)
	return s.top + s.tops[i-s.first], s.top + s.tops[i-s.first+1]
}

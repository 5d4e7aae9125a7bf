package widget

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// RowKind says how a row of a tree is drawn.
type RowKind uint8

// The kinds of rows.
const (
	ItemRow     RowKind = iota // can be selected
	HeadingRow                 // the title of a section, with room above it
	SubtitleRow                // a small line that belongs to the row before it
)

// Mark is a sign with or without a text, right of the text of a row.
type Mark struct {
	Sign    Sign
	Text    string
	Concept view.Concept
}

// Ring is how much is left of the time that a value is good for.
type Ring struct {
	Shown bool
	Left  float32 // 1 for all of it; 0 is an empty ring
}

// Row is one line of a tree, ready to be drawn. Rows are flat: whoever makes them leaves out what is folded away.
type Row struct {
	ID       string // names the row; selection and folds go by it
	Kind     RowKind
	Depth    int // how far it is indented; -1 is flush with the headings
	Foldable bool
	Open     bool
	Text     string
	Concept  view.Concept
	Bold     bool
	Marks    []Mark
	Note     string    // behind the marks, small and dim, where there is room
	Spark    []float32 // numbers from 0 to 1 as a small line before Right, where there is room; fewer than two are none
	Ring     Ring      // at the right edge, behind Right

	// Right stands at the right edge, or in the value column. On a heading it can be clicked: OnAction.
	Right        string
	RightConcept view.Concept
	// Choice stands before Right on a heading, and can be clicked: OnChoice.
	Choice string
	// Tint colours the selection and highlight of this row; Plain is Accent.
	Tint view.Concept
}

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

// Tree shows rows that fold.
type Tree struct {
	Sheet
	// RowHeight is that of an item: 22 for devices, 20 for fields.
	RowHeight float32
	// TextSize is that of an item: 13, or 12 for fields.
	TextSize float32
	// ValueX is where values start, in logical units; 0 sets them flush right.
	ValueX float32
	// Inset is the margin of selection at both sides.
	Inset float32
	// Empty is said while there are no rows.
	Empty string
	// Highlighted says which rows light up, as linked selection does; nil is none.
	Highlighted func(id string) bool

	OnSelect   func(id string)
	OnClick    func(id string)            // a click on a row, after it was selected
	OnActivate func(id string)            // Enter, or a double click on what does not fold
	OnFold     func(id string, open bool) // the user wants the row open or folded: set rows again
	OnAction   func(id string)            // the right text of a heading was clicked
	OnChoice   func(id string, t Tap)     // the choice of a heading was clicked
	OnMenu     func(id string, t Tap)
	OnHoverRow func(id string) // "" is none

	parts    []part // of which the rows are, in order
	fixed    *Rows  // those of SetRows
	offset   float64
	bar      scrollBar
	selected string
	hover    int
	reveal   string // the id of a row to show once there is room, or ""
}

// NewTree returns an empty tree.
func NewTree() *Tree {
	t := &Tree{RowHeight: 22, TextSize: 13, Inset: 6, hover: -1}
	t.Init(t)
	t.On = OnPanel
	t.Draw = t.draw
	t.OnPress, t.OnTap, t.OnKey = t.onPress, t.onTap, t.onKey
	t.OnHover, t.OnDrag, t.OnDrop, t.OnWheel = t.onHover, t.onDrag, t.onDrop, t.onWheel
	t.OnCopy = func() string { return t.RowText(t.selected) }
	t.Min = fyne.NewSize(60, 60)
	return t
}

const (
	subtitleHeight = 16
	headingHeight  = 24
	headingGap     = 10
	treePad        = 6
	treeText       = 28 // where the text of depth 0 starts
	treeFlush      = 14 // where headings start
	treeIndent     = 16
)

// lineHeight is that of a line; the first row of a tree needs no gap above it.
func (t *Tree) lineHeight(l Line, first bool) float64 {
	switch l.Kind {
	case HeadingRow:
		if first {
			return headingHeight
		}
		return headingHeight + headingGap
	case SubtitleRow:
		return subtitleHeight
	default:
		return float64(t.RowHeight)
	}
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

// Row returns the row of that id, if it is there and not folded away.
func (t *Tree) Row(id string) (Row, bool) {
	if i := t.index(id); i >= 0 {
		return t.row(i), true
	}
	return Row{}, false
}

// Selected returns the id of the selected row, or "". The row may be folded away.
func (t *Tree) Selected() string { return t.selected }

// Select selects a row and brings it into sight, without calling OnSelect; "" selects none.
func (t *Tree) Select(id string) {
	t.selected = id
	t.ScrollTo(id)
}

// ScrollTo brings a row into sight.
func (t *Tree) ScrollTo(id string) {
	if i := t.index(id); i >= 0 {
		t.show(i)
	}
	t.Refresh()
}

// RowText returns the texts of a row, separated by tabs.
func (t *Tree) RowText(id string) string {
	r, ok := t.Row(id)
	switch {
	case !ok:
		return ""
	case r.Right == "":
		return r.Text
	}
	return strings.Join([]string{r.Text, r.Right}, "\t")
}

func (t *Tree) index(id string) int {
	if id == "" {
		return -1
	}
	for k := range t.parts {
		if i := t.parts[k].source.Index(id); i >= 0 && i < t.parts[k].len() {
			return t.parts[k].first + i
		}
	}
	return -1
}

func (t *Tree) total() float64 {
	if len(t.parts) == 0 {
		return treePad
	}
	last := &t.parts[len(t.parts)-1]
	return last.top + last.tops[last.len()] + treePad
}

func (t *Tree) viewHeight() float64 { return float64(t.LogicalSize().Height) }

func (t *Tree) place(offset float64) {
	t.offset = max(0, offset)
	if view := t.viewHeight(); view > 0 {
		t.offset = max(0, min(offset, t.total()-view))
	}
	t.Refresh()
}

func (t *Tree) show(i int) {
	top, bottom := t.top(i)
	view := t.viewHeight()
	switch {
	case view < float64(t.RowHeight):
		t.reveal = t.row(i).ID // there is no room yet: when there is
	case top < t.offset:
		t.place(top - treePad)
	case bottom > t.offset+view:
		t.place(bottom - view + treePad)
	}
}

// rowAt returns the row at a place, or -1.
func (t *Tree) rowAt(pos fyne.Position) int {
	if t.bar.holds(pos) || pos.Y < 0 {
		return -1
	}
	return t.rowOver(float64(pos.Y) + t.offset)
}

// rowOver returns the row that has a height, or -1.
func (t *Tree) rowOver(y float64) int {
	for k := range t.parts {
		s := &t.parts[k]
		if y < s.top || y >= s.top+s.tops[s.len()] {
			continue
		}
		i, exact := slices.BinarySearch(s.tops[:s.len()], y-s.top)
		if !exact {
			i--
		}
		return s.first + i
	}
	return -1
}

func textX(depth int) float32 {
	if depth < 0 {
		return treeFlush
	}
	return treeText + treeIndent*float32(depth)
}

func (t *Tree) draw(p *Painter) {
	t.bar.layout(p.W, 0, p.H, t.total())
	t.offset = max(0, min(t.offset, t.total()-float64(p.H)))
	if t.reveal != "" && t.viewHeight() >= float64(t.RowHeight) {
		id := t.reveal
		t.reveal = ""
		if i := t.index(id); i >= 0 {
			t.show(i)
		}
	}
	n := t.Len()
	for i := max(t.rowOver(t.offset), 0); i < n; i++ {
		top, bottom := t.top(i)
		if top >= t.offset+float64(p.H) {
			break
		}
		r := t.row(i)
		t.drawRow(p.Sub(0, float32(top-t.offset), p.W, float32(bottom-top)), &r, i == t.hover)
	}
	t.bar.draw(p, t.offset)
	if n == 0 && t.Empty != "" {
		y := float32(30)
		for _, line := range strings.Split(t.Empty, "\n") {
			p.TextEllipsis(treeFlush, y, p.W-2*treeFlush, line, Sans(12, view.Dim))
			y += 18
		}
	}
}

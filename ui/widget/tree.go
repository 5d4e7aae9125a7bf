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

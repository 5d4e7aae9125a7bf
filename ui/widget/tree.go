package widget

import (
	"image/color"
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

	// Right stands at the right edge, or in the value column. On a heading it can be clicked: OnAction.
	Right        string
	RightConcept view.Concept
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
	OnMenu     func(id string, t Tap)
	OnHoverRow func(id string) // "" is none

	rows     []Row
	tops     []float64 // top of each row, and the height of all
	offset   float64
	bar      scrollBar
	selected string
	hover    int
	reveal   string // the id of a row to show once there is room, or ""
}

// NewTree returns an empty tree.
func NewTree() *Tree {
	t := &Tree{RowHeight: 22, TextSize: 13, Inset: 6, hover: -1, tops: []float64{0}}
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

func (t *Tree) height(i int) float64 {
	switch t.rows[i].Kind {
	case HeadingRow:
		if i == 0 {
			return headingHeight
		}
		return headingHeight + headingGap
	case SubtitleRow:
		return subtitleHeight
	default:
		return float64(t.RowHeight)
	}
}

// SetRows shows other rows. Selection and place stay; the slice is kept and must not be changed.
func (t *Tree) SetRows(rows []Row) {
	t.rows = rows
	t.tops = t.tops[:0]
	y := float64(treePad)
	for i := range rows {
		t.tops = append(t.tops, y)
		y += t.height(i)
	}
	t.tops = append(t.tops, y+treePad)
	t.hover = -1
	if pos, inside := t.Pointer(); inside {
		t.hover = t.rowAt(pos)
	}
	t.place(t.offset)
}

// Rows returns the rows shown.
func (t *Tree) Rows() []Row { return t.rows }

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
	i := t.index(id)
	if i < 0 {
		return ""
	}
	if t.rows[i].Right == "" {
		return t.rows[i].Text
	}
	return strings.Join([]string{t.rows[i].Text, t.rows[i].Right}, "\t")
}

func (t *Tree) index(id string) int {
	if id == "" {
		return -1
	}
	return slices.IndexFunc(t.rows, func(r Row) bool { return r.ID == id })
}

func (t *Tree) total() float64 { return t.tops[len(t.tops)-1] }

func (t *Tree) viewHeight() float64 { return float64(t.LogicalSize().Height) }

func (t *Tree) place(offset float64) {
	t.offset = max(0, offset)
	if view := t.viewHeight(); view > 0 {
		t.offset = max(0, min(offset, t.total()-view))
	}
	t.Refresh()
}

func (t *Tree) show(i int) {
	top, bottom := t.tops[i], t.tops[i]+t.height(i)
	view := t.viewHeight()
	switch {
	case view < float64(t.RowHeight):
		t.reveal = t.rows[i].ID // there is no room yet: when there is
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
	y := float64(pos.Y) + t.offset
	i, exact := slices.BinarySearch(t.tops[:len(t.rows)], y)
	if !exact {
		i--
	}
	if i < 0 || i >= len(t.rows) || y >= t.tops[i]+t.height(i) {
		return -1
	}
	return i
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
	first, exact := slices.BinarySearch(t.tops[:len(t.rows)], t.offset)
	if !exact {
		first--
	}
	for i := max(first, 0); i < len(t.rows) && t.tops[i] < t.offset+float64(p.H); i++ {
		t.drawRow(p.Sub(0, float32(t.tops[i]-t.offset), p.W, float32(t.height(i))), i)
	}
	t.bar.draw(p, t.offset)
	if len(t.rows) == 0 && t.Empty != "" {
		y := float32(30)
		for _, line := range strings.Split(t.Empty, "\n") {
			p.TextEllipsis(treeFlush, y, p.W-2*treeFlush, line, Sans(12, view.Dim))
			y += 18
		}
	}
}

func (t *Tree) drawRow(p *Painter, i int) {
	r := &t.rows[i]
	right := p.W - 12
	switch r.Kind {
	case HeadingRow:
		base := p.H - 8
		w := p.Text(treeFlush, base, r.Text, SansBold(11, view.Dim))
		for _, m := range r.Marks {
			w += p.Text(treeFlush+w+6, base, m.Text, SansBold(11, m.Concept)) + 6
		}
		if r.Right != "" {
			st := Sans(11, r.RightConcept)
			w := p.Measure(r.Right, st)
			p.Text(right-w, base, r.Right, st)
			p.Hit(right-w-6, p.H-headingHeight, w+12, headingHeight, actionID(r.ID))
		}
		return
	case SubtitleRow:
		x := textX(r.Depth)
		p.TextEllipsis(x, 11, right-x, r.Text, Mono(10, r.Concept))
		return
	}
	tint := r.Tint
	if tint == view.Plain {
		tint = view.Accent
	}
	box := p.Sub(t.Inset, 0, p.W-2*t.Inset, p.H)
	switch {
	case r.ID != "" && r.ID == t.selected:
		box.selection(tint, t.Focused())
	case t.Highlighted != nil && t.Highlighted(r.ID):
		box.RoundRect(0, 0, box.W, box.H, 4, p.chosen(tint), 0, color.NRGBA{})
	case i == t.hover:
		box.RoundRect(0, 0, box.W, box.H, 4, p.Pal.Hover, 0, color.NRGBA{})
	}
	x, mid := textX(r.Depth), p.H/2
	if r.Foldable {
		sign := SignClosed
		if r.Open {
			sign = SignOpen
		}
		p.Sign(x-14, mid, sign, p.Pal.Text(view.Dim))
	}
	base := mid + 5
	if t.TextSize < 13 {
		base = mid + 4
	}
	size := float32(11)
	if t.ValueX > 0 {
		size = 12
	}
	value := Mono(size, r.RightConcept)
	room := right - x
	if r.Right != "" {
		if t.ValueX > 0 {
			p.TextEllipsis(t.ValueX, mid+4, right-t.ValueX, r.Right, value)
			room = t.ValueX - 8 - x
		} else {
			// The value gets at most half of the row, the name the rest.
			w := min(p.Measure(r.Right, value), (right-treeFlush)/2)
			p.TextEllipsis(right-w, mid+4, w+0.5, r.Right, value)
			room = right - w - 8 - x
		}
	}
	t.drawName(p, x, base, room, r)
}

// drawName draws the text and the marks of an item.
func (t *Tree) drawName(p *Painter, x, base, room float32, r *Row) {
	var marks float32
	for _, m := range r.Marks {
		marks += 8
		if m.Sign != NoSign {
			marks += SignSize + 3
		}
		marks += p.Measure(m.Text, Sans(11, m.Concept))
	}
	if marks > room/2 {
		marks = 0 // the name matters more
	}
	w := p.TextEllipsis(x, base, room-marks, r.Text, Style{Size: t.TextSize, Bold: r.Bold, Concept: r.Concept})
	if marks == 0 {
		return
	}
	for _, m := range r.Marks {
		w += 8
		if m.Sign != NoSign {
			p.Sign(x+w, p.H/2, m.Sign, p.Pal.Text(m.Concept))
			w += SignSize + 3
		}
		w += p.Text(x+w, base, m.Text, Sans(11, m.Concept))
	}
}

// actionID is the region of the right text of a heading.
type actionID string

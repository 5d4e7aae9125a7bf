package widget

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// Cell is one text of a list.
type Cell struct {
	Text    string
	Concept view.Concept
	Bold    bool
	Sans    bool // proportional instead of monospace

	// Bar shows Share, from 0 to 1, as a thin bar instead of the text.
	Bar   bool
	Share float32
}

// Column is one column of a list.
type Column struct {
	Title string
	// Width is in logical units and includes the gap to the next column. An elastic column is at least that wide.
	Width float32
	// Right aligns the texts to the right.
	Right bool
	// Elastic has the column take the room that is left. One column at most is elastic.
	Elastic bool
	// Priority says which columns go first where there is little room: the highest. 0 always stays.
	Priority int
}

// ListModel is what a list shows. Both are called while the list is painted, for the rows in sight only, and must
// answer from memory.
type ListModel interface {
	Len() int
	Cell(row, column int) Cell
}

// RowPainter is a ListModel that draws its rows by itself. The painter has the size of the row.
type RowPainter interface {
	PaintRow(p *Painter, row int, selected bool)
}

// RowMarker is a ListModel that tints some rows, such as those of the selected exchange.
type RowMarker interface {
	MarkOf(row int) (c view.Concept, marked bool)
}

// RowFolder is a ListModel whose rows unfold to further ones, which are deep.
type RowFolder interface {
	FoldOf(row int) (foldable, open, deep bool)
}

// List shows rows, ten million as quickly as ten: it asks for and draws only those in sight.
type List struct {
	Sheet
	Model   ListModel
	Columns []Column
	// Header shows the titles of the columns.
	Header bool
	// RowHeight is in logical units.
	RowHeight float32
	// Inset is the margin at the left and right of the rows.
	Inset float32
	// Empty is said in the middle while there are no rows.
	Empty string

	OnSelect   func(row int)            // the user selected another row
	OnActivate func(row int)            // Enter, or a double click
	OnClick    func(row int)            // a click, after the row was selected
	OnMenu     func(row int, t Tap)     // the secondary button, after the row was selected
	OnHeader   func(column int, t Tap)  // a click on the title of a column, any button; -1 is beside them
	OnHoverRow func(row int)            // the pointer is on that row, or on none: -1
	OnRowKey   func(name fyne.KeyName)  // a key that the list has no use for
	OnFold     func(row int, open bool) // the user unfolds a row of a RowFolder, or folds it

	scroll   scroller
	bar      scrollBar
	selected int
	hover    int
	reveal   int // a row to show once there is room, or -1
	widths   []float32
	follows  bool // FollowTail was asked for
	newSince int  // the length when the tail was left, to say that there is more
}

// NewList returns a list of the rows of a model.
func NewList(model ListModel, columns ...Column) *List {
	l := &List{Model: model, Columns: columns, Header: len(columns) > 0, RowHeight: 22, Inset: 6, selected: -1, hover: -1, reveal: -1}
	l.Init(l)
	l.Draw = l.draw
	l.OnPress, l.OnTap = l.onPress, l.onTap
	l.OnHover, l.OnDrag, l.OnDrop, l.OnWheel = l.onHover, l.onDrag, l.onDrop, l.onWheel
	l.OnKey = l.onKey
	l.OnCopy = func() string { return l.RowText(l.selected) }
	l.Min = fyne.NewSize(60, 60)
	return l
}

const headerHeight = 28

// FollowTail has the list stay at its end as rows are added, whenever the user is at the end. Scrolling away or
// selecting a row ends it; going to the end takes it up again.
func (l *List) FollowTail(on bool) {
	l.scroll.tail = on
	l.follows = on
	l.Refresh()
}

// Following reports whether the list moves along as rows are added.
func (l *List) Following() bool { return l.scroll.tail }

// Selected returns the selected row, or -1.
func (l *List) Selected() int { return l.selected }

// Select selects a row and brings it into sight, without calling OnSelect; -1 selects none.
func (l *List) Select(row int) {
	l.sync()
	if row < 0 || row >= l.scroll.n {
		row = -1
	}
	l.selected = row
	l.ScrollTo(row)
}

// SetSelected selects a row and stays where the list is, for a selection that moved because rows did.
func (l *List) SetSelected(row int) {
	l.selected = row
	l.Refresh()
}

// ScrollTo brings a row into sight.
func (l *List) ScrollTo(row int) {
	l.sync()
	if row >= 0 {
		l.leaveTail()
		if l.scroll.view < l.scroll.row {
			l.reveal = row // there is no room yet: when there is
		} else {
			l.scroll.show(row)
		}
	}
	l.Refresh()
}

// ScrollToEnd goes to the end, and takes up following where FollowTail asked for it.
func (l *List) ScrollToEnd() {
	l.sync()
	l.scroll.toEnd()
	l.scroll.tail = l.follows
	l.Refresh()
}

// VisibleRows returns the first row in sight and the one after the last.
func (l *List) VisibleRows() (from, to int) {
	l.sync()
	return l.scroll.top, l.scroll.last()
}

// RowText returns the texts of a row, separated by tabs, or "" where there is no such row.
func (l *List) RowText(row int) string {
	if l.Model == nil || row < 0 || row >= l.Model.Len() {
		return ""
	}
	texts := make([]string, len(l.Columns))
	for c := range l.Columns {
		texts[c] = l.Model.Cell(row, c).Text
	}
	return strings.Join(texts, "\t")
}

func (l *List) headerHeight() float32 {
	if l.Header {
		return headerHeight
	}
	return 0
}

// sync takes over how many rows there are and how much room.
func (l *List) sync() {
	n := 0
	if l.Model != nil {
		n = l.Model.Len()
	}
	l.scroll.set(n, float64(l.RowHeight), float64(max(0, l.LogicalSize().Height-l.headerHeight())))
	if l.selected >= n {
		l.selected = -1
	}
	if l.reveal >= 0 && l.scroll.view >= l.scroll.row {
		l.scroll.show(l.reveal)
		l.reveal = -1
	}
}

func (l *List) leaveTail() {
	if l.scroll.tail {
		l.scroll.tail = false
		l.newSince = l.scroll.n
	}
}

// columnWidths returns the width of each column in an area, 0 for those that found no room.
func columnWidths(dst []float32, columns []Column, area float32) []float32 {
	dst = dst[:0]
	var sum float32
	for _, c := range columns {
		dst = append(dst, c.Width)
		sum += c.Width
	}
	for sum > area {
		drop := -1
		for i, c := range columns {
			if dst[i] > 0 && c.Priority > 0 && (drop < 0 || c.Priority >= columns[drop].Priority) {
				drop = i
			}
		}
		if drop < 0 {
			break
		}
		sum -= dst[drop]
		dst[drop] = 0
	}
	for i, c := range columns {
		if c.Elastic && dst[i] > 0 {
			dst[i] = max(dst[i]+area-sum, min(dst[i], 24))
			break
		}
	}
	return dst
}

const columnGap = 10

func (l *List) draw(p *Painter) {
	l.sync()
	s := &l.scroll
	head := l.headerHeight()
	l.bar.layout(p.W, head, p.H-head, float64(s.n)*s.row)
	l.widths = columnWidths(l.widths, l.Columns, p.W-2*l.Inset-columnGap-scrollBarWidth)
	if l.Header {
		x := l.Inset + columnGap
		for i, c := range l.Columns {
			w := l.widths[i]
			if w == 0 {
				continue
			}
			st := SansBold(11, view.Dim)
			if c.Right {
				p.TextRight(x+w-columnGap, 18, c.Title, st)
			} else {
				p.TextEllipsis(x, 18, w-columnGap+6, c.Title, st)
			}
			x += w
		}
		p.HLine(l.Inset, head-3, p.W-2*l.Inset, p.Pal.Line)
	}
	body := p.Sub(0, head, p.W, p.H-head)
	painter, _ := l.Model.(RowPainter)
	marker, _ := l.Model.(RowMarker)
	for i := s.top; i < s.last(); i++ {
		y := float32(s.y(i))
		row := body.Sub(l.Inset, y, p.W-2*l.Inset, l.RowHeight)
		selected := i == l.selected
		if marker != nil && !selected {
			if c, marked := marker.MarkOf(i); marked {
				row.RoundRect(0, 0, row.W, row.H, 4, withAlpha(p.Pal.Text(c), percent(8)), 0, color.NRGBA{})
				row.FillRect(0, 3, 2, row.H-6, p.Pal.Border(c, false))
			}
		}
		if selected {
			row.selection(view.Accent, l.Focused())
		} else if i == l.hover {
			row.RoundRect(0, 0, row.W, row.H, 4, p.Pal.Hover, 0, color.NRGBA{})
		}
		if painter != nil {
			painter.PaintRow(row, i, selected)
			continue
		}
		l.drawCells(row, i)
	}
	l.bar.draw(p, s.offset())
	if s.n == 0 && l.Empty != "" {
		p.TextCenter(p.W/2, head+min(60, (p.H-head)/2), l.Empty, Sans(12, view.Dim))
	}
	l.drawMore(p)
}

// selection draws the ground of a selected row over the whole painter: a tint, and a bar at the left.
func (p *Painter) selection(c view.Concept, focused bool) {
	stroke := color.NRGBA{}
	if focused {
		stroke = withAlpha(p.Pal.Text(c), percent(35))
	}
	p.RoundRect(0, 0, p.W, p.H, 4, p.chosen(c), 1, stroke)
	p.RoundRect(0, 2, 2.5, p.H-4, 1, p.Pal.Text(c), 0, color.NRGBA{})
}

// chosen is the colour laid over a row that is selected or lit.
func (p *Painter) chosen(c view.Concept) color.NRGBA {
	if c == view.Accent {
		return p.Pal.Selection
	}
	return p.Pal.Tint(c, true)
}

// foldWidth is the room for the triangle of a row that unfolds.
const foldWidth = 14

func (l *List) drawCells(row *Painter, i int) {
	x := float32(columnGap)
	base := row.H/2 + 4
	fold := float32(0)
	if folder, ok := l.Model.(RowFolder); ok {
		fold = foldWidth
		switch foldable, open, deep := folder.FoldOf(i); {
		case open:
			row.Sign(x-4, row.H/2, SignOpen, row.Pal.Text(view.Dim))
		case foldable:
			row.Sign(x-4, row.H/2, SignClosed, row.Pal.Text(view.Dim))
		case deep:
			row.VLine(x, 0, row.H, row.Pal.Line)
		}
	}
	for c := range l.Columns {
		w := l.widths[c]
		if w == 0 {
			continue
		}
		at, room := x+fold, w-fold-columnGap
		fold = 0
		cell := l.Model.Cell(i, c)
		st := Style{Size: 12, Mono: !cell.Sans, Bold: cell.Bold, Concept: cell.Concept}
		switch {
		case cell.Bar:
			row.Bar(at, row.H/2-3, room, cell.Share, cell.Concept)
		case cell.Text == "":
		case l.Columns[c].Right && row.Measure(cell.Text, st) <= room:
			row.TextRight(at+room, base, cell.Text, st)
		default:
			row.TextEllipsis(at, base, room, cell.Text, st)
		}
		x += w
	}
}

// moreID is the region that leads back to the end of the list.
type moreID struct{}

// drawMore says that rows were added below while the user reads.
func (l *List) drawMore(p *Painter) {
	l.newSince = max(l.newSince, l.scroll.last()) // what was in sight is new no more
	if !l.follows || l.scroll.tail || l.scroll.atEnd() || l.scroll.n <= l.newSince {
		return
	}
	text := "↓ " + view.Grouped(l.scroll.n-l.newSince) + " new"
	st := Sans(11, view.Accent)
	w := p.Measure(text, st) + 20
	x, y := p.W-w-scrollBarWidth-8, p.H-30
	p.RoundRect(x, y, w, 22, 11, p.Pal.Raised, 1, p.Pal.Border(view.Accent, false))
	p.Text(x+10, y+15, text, st)
	p.Hit(x, y, w, 22, moreID{})
}

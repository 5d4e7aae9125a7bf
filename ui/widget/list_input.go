package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

func (l *List) rowAt(pos fyne.Position) int {
	l.sync()
	if pos.X < 0 || l.bar.holds(pos) {
		return -1
	}
	return l.scroll.rowAt(float64(pos.Y - l.headerHeight()))
}

// columnAt gives the column that a place is in; -1 for none.
func (l *List) columnAt(x float32) int {
	at := l.Inset + columnGap
	for i, w := range l.widths {
		if x >= at && x < at+w {
			return i
		}
		at += w
	}
	return -1
}

// RowPlace gives the place on the canvas below a row, for a menu that a key opens.
func (l *List) RowPlace(row int) fyne.Position {
	l.sync()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l.self)
	y := min(max(float32(l.scroll.y(row))+l.headerHeight()+l.RowHeight, 0), l.LogicalSize().Height)
	return at.AddXY((l.Inset+columnGap)*zoom(), y*zoom())
}

func (l *List) onPress(t Tap) {
	if l.bar.holds(t.Pos) {
		if page := l.bar.press(t.Pos, l.scroll.offset()); page != 0 {
			l.scrollBy(float64(page) * (l.scroll.view - l.scroll.row))
		}
		l.Refresh()
		return
	}
	if _, more := t.Hit.(moreID); more {
		l.ScrollToEnd()
		return
	}
	l.choose(l.rowAt(t.Pos))
}

func (l *List) onTap(t Tap) {
	l.bar.grabbed = false
	if l.bar.holds(t.Pos) {
		return
	}
	if _, more := t.Hit.(moreID); more {
		return
	}
	if t.Pos.Y < l.headerHeight() {
		if l.OnHeader != nil {
			l.OnHeader(l.columnAt(t.Pos.X), t)
		}
		return
	}
	row := l.rowAt(t.Pos)
	if row < 0 {
		return
	}
	l.choose(row)
	if foldable, open, _ := l.foldOf(row); foldable && t.Button == desktop.MouseButtonPrimary && t.Pos.X < l.Inset+columnGap+foldWidth {
		l.fold(row, !open)
		return
	}
	if t.Button == desktop.MouseButtonPrimary && l.OnClick != nil {
		l.OnClick(row)
	}
	switch {
	case t.Button == desktop.MouseButtonSecondary && l.OnMenu != nil:
		l.OnMenu(row, t)
	case t.Double && l.OnActivate != nil:
		l.OnActivate(row)
	}
}

func (l *List) foldOf(row int) (foldable, open, deep bool) {
	if folder, ok := l.Model.(RowFolder); ok && row >= 0 {
		return folder.FoldOf(row)
	}
	return false, false, false
}

func (l *List) fold(row int, open bool) {
	if l.OnFold != nil {
		l.OnFold(row, open)
		l.sync()
		l.newSince = l.scroll.n // none of them is new
		l.Refresh()
	}
}

// foldKey acts on a key that unfolds, folds, or goes to what is unfolded or to what it is a part of.
func (l *List) foldKey(name fyne.KeyName) bool {
	foldable, open, deep := l.foldOf(l.selected)
	switch {
	case !foldable && !deep:
		return false
	case name == fyne.KeySpace && foldable:
		l.fold(l.selected, !open)
	case name == fyne.KeyRight && open:
		l.choose(min(l.selected+1, l.scroll.n-1))
	case name == fyne.KeyRight && foldable:
		l.fold(l.selected, true)
	case name == fyne.KeyLeft && open:
		l.fold(l.selected, false)
	case name == fyne.KeyLeft && deep:
		for row := l.selected - 1; row >= 0; row-- {
			if _, _, deep := l.foldOf(row); !deep {
				l.choose(row)
				break
			}
		}
	default:
		return false
	}
	return true
}

// choose selects a row for the user.
func (l *List) choose(row int) {
	if row < 0 {
		return
	}
	l.leaveTail()
	changed := row != l.selected
	l.selected = row
	l.scroll.show(row)
	l.Refresh()
	if changed && l.OnSelect != nil {
		l.OnSelect(row)
	}
}

func (l *List) onHover(pos fyne.Position, inside bool) {
	row, bar := -1, false
	if inside {
		row, bar = l.rowAt(pos), l.bar.holds(pos)
	}
	if row == l.hover && bar == l.bar.hover {
		return
	}
	moved := row != l.hover
	l.hover, l.bar.hover = row, bar
	l.Refresh()
	if moved && l.OnHoverRow != nil {
		l.OnHoverRow(row)
	}
}

func (l *List) onDrag(d Drag) bool {
	if !l.bar.grabbed {
		if !l.bar.holds(d.Start) || l.bar.press(d.Start, l.scroll.offset()) != 0 {
			return false
		}
	}
	l.scrollTo(l.bar.drag(d.Pos))
	return true
}

func (l *List) onDrop() {
	if l.bar.grabbed {
		l.bar.grabbed = false
		l.Refresh()
	}
}

// Scrolled implements fyne.Scrollable.
func (l *List) Scrolled(ev *fyne.ScrollEvent) { l.Wheel(ev) }

func (l *List) onWheel(_, dy float32, _ fyne.Position) { l.scrollBy(-float64(dy) * wheelFactor) }

// wheelFactor makes a notch of the wheel about three rows.
const wheelFactor = 2.6

func (l *List) scrollBy(dy float64) {
	l.sync()
	l.scrollTo(l.scroll.offset() + dy)
}

// scrollTo goes somewhere for the user: at the end the tail is followed, elsewhere it is not.
func (l *List) scrollTo(offset float64) {
	l.sync()
	l.leaveTail()
	l.scroll.place(offset)
	if l.scroll.atEnd() {
		l.scroll.tail = l.follows
	}
	if pos, inside := l.Pointer(); inside {
		l.hover = l.rowAt(pos)
	}
	l.Refresh()
}

func (l *List) onKey(name fyne.KeyName, _ fyne.KeyModifier) {
	l.sync()
	n := l.scroll.n
	from := l.selected
	to := from
	switch name {
	case fyne.KeyUp:
		to = from - 1
		if from < 0 {
			to = n - 1
		}
	case fyne.KeyDown:
		to = from + 1
	case fyne.KeyPageUp:
		to = from - l.scroll.pageRows()
	case fyne.KeyPageDown:
		to = from + l.scroll.pageRows()
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = n - 1
	case fyne.KeyReturn, fyne.KeyEnter:
		if from >= 0 && l.OnActivate != nil {
			l.OnActivate(from)
		}
		return
	default:
		if !l.foldKey(name) && l.OnRowKey != nil {
			l.OnRowKey(name)
		}
		return
	}
	if n == 0 {
		return
	}
	l.choose(max(0, min(to, n-1)))
	if name == fyne.KeyEnd {
		l.ScrollToEnd()
	}
}

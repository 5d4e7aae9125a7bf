package widget

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"coapscope/ui/view"
)

// numbers is a list of that many rows, and counts what is asked for.
type numbers struct {
	n     int
	asked int
}

func (m *numbers) Len() int { return m.n }

func (m *numbers) Cell(row, col int) Cell {
	m.asked++
	if col == 0 {
		return Cell{Text: fmt.Sprint(row), Concept: view.Dim}
	}
	return Cell{Text: "row " + fmt.Sprint(row)}
}

func numberList(n int) (*List, *numbers) {
	m := &numbers{n: n}
	return NewList(m, Column{Title: "#", Width: 90, Right: true}, Column{Title: "Text", Width: 100, Elastic: true}), m
}

func TestScrollerKeepsTenMillionRowsSharp(t *testing.T) {
	var s scroller
	s.set(10_000_000, 22, 440)
	s.show(9_000_000)
	if s.last()-1 != 9_000_000 || s.frac != 0 {
		t.Fatalf("row 9 000 000 shown: rows %d to %d, fraction %v", s.top, s.last(), s.frac)
	}
	// A hundred steps of 0.1 move by exactly 10 units, here as at the top.
	before := s.offset()
	for range 100 {
		s.by(0.1)
	}
	if got := s.offset() - before; math.Abs(got-10) > 1e-5 {
		t.Errorf("moved by %v, want 10", got)
	}
	s.toEnd()
	if s.last() != 10_000_000 || s.y(9_999_999)+22 != 440 {
		t.Errorf("at the end: last %d, its lower edge at %v, want 440", s.last(), s.y(9_999_999)+22)
	}
	if got := s.rowAt(439.9); got != 9_999_999 {
		t.Errorf("row at the lower edge is %d", got)
	}
}

func TestScrollerDoesNotJump(t *testing.T) {
	var s scroller
	s.set(1000, 22, 440)
	s.place(5000.5)
	for n := 1000; n < 3000; n += 7 {
		s.set(n, 22, 440)
	}
	if s.offset() != 5000.5 {
		t.Errorf("rows were added: offset %v, want 5000.5", s.offset())
	}
	s.tail = true
	s.set(3000, 22, 440)
	if s.last() != 3000 {
		t.Errorf("the tail is not followed: last %d", s.last())
	}
	s.tail = false
	s.set(10, 22, 440)
	if s.offset() != 0 {
		t.Errorf("fewer rows than room: offset %v", s.offset())
	}
	s.set(0, 22, 440)
	if s.rowAt(5) != -1 || s.last() != 0 {
		t.Error("an empty list has rows")
	}
}

func TestThumb(t *testing.T) {
	y, h := thumb(22e7, 440, 22e7-440)
	if h != minThumb || math.Abs(y+h-440) > 1e-6 {
		t.Errorf("at the end the thumb is at %v, %v high", y, h)
	}
	for _, offset := range []float64{0, 1e6, 22e7 - 440} {
		y, _ := thumb(22e7, 440, offset)
		if got := thumbOffset(22e7, 440, y); math.Abs(got-offset) > 1 {
			t.Errorf("offset %v comes back as %v", offset, got)
		}
	}
	if _, h := thumb(100, 440, 0); h != 0 {
		t.Error("a thumb where nothing scrolls")
	}
}

func TestListDrawsOnlyWhatIsSeen(t *testing.T) {
	l, m := numberList(10_000_000)
	show(t, NewTheme(Dark, 1), l, 400, 468)
	l.Select(7_654_321)
	m.asked = 0
	lines := l.Snapshot().Lines()
	if m.asked > 2*22 {
		t.Errorf("%d cells were asked for", m.asked)
	}
	if lines[0] != "# | Text" {
		t.Errorf("header %q", lines[0])
	}
	if got := lines[len(lines)-1]; got != "7654321 | row 7654321" {
		t.Errorf("last line %q", got)
	}
}

func TestListKeys(t *testing.T) {
	l, _ := numberList(1000)
	show(t, NewTheme(Dark, 1), l, 400, 28+220)
	var got []int
	l.OnSelect = func(row int) { got = append(got, row) }
	activated := -1
	l.OnActivate = func(row int) { activated = row }
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyPageDown, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyUp} {
		l.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := "[0 1 0 9 999 990 0]"; fmt.Sprint(got) != want {
		t.Errorf("selected %v, want %v", got, want)
	}
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if activated != 0 {
		t.Errorf("Enter activated %d", activated)
	}
}

func TestListPointer(t *testing.T) {
	l, _ := numberList(1000)
	w := show(t, NewTheme(Dark, 1), l, 400, 28+220)
	var selected, menu, active []int
	l.OnSelect = func(row int) { selected = append(selected, row) }
	l.OnMenu = func(row int, _ Tap) { menu = append(menu, row) }
	l.OnActivate = func(row int) { active = append(active, row) }
	at := func(row int) *fyne.PointEvent {
		return &fyne.PointEvent{Position: fyne.NewPos(50, 28+float32(row)*22+11)}
	}
	l.Tapped(at(3))
	if l.Selected() != 3 || !l.Focused() {
		t.Errorf("a click selected %d, focused %v", l.Selected(), l.Focused())
	}
	l.Tapped(at(3))
	l.TappedSecondary(at(5))
	if fmt.Sprint(selected, menu, active) != "[3 5] [5] [3]" {
		t.Errorf("selected %v, menu %v, active %v", selected, menu, active)
	}
	test.Scroll(w.Canvas(), fyne.NewPos(50, 100), 0, -25)
	if from, _ := l.VisibleRows(); from != 2 {
		t.Errorf("a notch of the wheel shows row %d first, want 2", from)
	}
	// The thumb dragged to the lower end shows the last row.
	l.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(396, 32)}, Button: desktop.MouseButtonPrimary})
	l.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(396, 600)}})
	l.DragEnd()
	if _, to := l.VisibleRows(); to != 1000 {
		t.Errorf("dragged to the end: rows up to %d", to)
	}
	if l.Selected() != 5 {
		t.Errorf("dragging the thumb selected %d", l.Selected())
	}
	// A click above the thumb goes one page up.
	l.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(396, 60)}, Button: desktop.MouseButtonPrimary})
	if _, to := l.VisibleRows(); to != 991 {
		t.Errorf("one page up: rows up to %d, want 991", to)
	}
}

func TestListFollowsItsTailOnlyAtTheEnd(t *testing.T) {
	l, m := numberList(100)
	show(t, NewTheme(Dark, 1), l, 400, 28+220)
	l.FollowTail(true)
	last := func() int { _, to := l.VisibleRows(); return to }
	m.n = 200
	if last() != 200 {
		t.Errorf("following: rows up to %d, want 200", last())
	}
	l.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 50)})
	was := last()
	m.n = 300
	if last() != was || l.Following() {
		t.Errorf("scrolled away: rows up to %d, want %d; following %v", last(), was, l.Following())
	}
	l.Refresh()
	if text := l.Snapshot().String(); !strings.Contains(text, "↓ 100 new") {
		t.Errorf("the new rows are not announced:\n%s", text)
	}
	pos, size, ok := l.HitBox(moreID{})
	if !ok {
		t.Fatal("the announcement cannot be clicked")
	}
	l.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: pos.AddXY(size.Width/2, size.Height/2)}, Button: desktop.MouseButtonPrimary})
	m.n = 400
	if last() != 400 {
		t.Errorf("after the click: rows up to %d, want 400", last())
	}
	l.Tapped(&fyne.PointEvent{Position: fyne.NewPos(50, 60)})
	m.n = 500
	if last() != 400 {
		t.Errorf("a row was selected: rows up to %d, want 400", last())
	}
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	m.n = 600
	if last() != 600 || !l.Following() {
		t.Errorf("after End: rows up to %d, want 600", last())
	}
}

func TestListSelectBeforeItHasRoom(t *testing.T) {
	l, _ := numberList(1000)
	l.Select(3)
	show(t, NewTheme(Dark, 1), l, 400, 28+220)
	if from, _ := l.VisibleRows(); from != 0 {
		t.Errorf("row %d is first, want 0: row 3 is in sight there", from)
	}
	l.Refresh()
	l.Select(500)
	if from, to := l.VisibleRows(); from > 500 || to <= 500 {
		t.Errorf("row 500 is not among %d to %d", from, to)
	}
}

func TestColumnWidths(t *testing.T) {
	columns := []Column{{Width: 40}, {Width: 60, Priority: 2}, {Width: 50, Priority: 1}, {Width: 100, Elastic: true}}
	for _, c := range []struct {
		area float32
		want string
	}{
		{400, "[40 60 50 250]"},
		{250, "[40 60 50 100]"},
		{240, "[40 0 50 150]"},
		{150, "[40 0 0 110]"},
		{100, "[40 0 0 60]"},
		{30, "[40 0 0 24]"},
	} {
		if got := fmt.Sprint(columnWidths(nil, columns, c.area)); got != c.want {
			t.Errorf("in %v: %v, want %v", c.area, got, c.want)
		}
	}
}

func TestListCopies(t *testing.T) {
	l, _ := numberList(10)
	show(t, NewTheme(Dark, 1), l, 400, 248)
	l.Select(4)
	clip := test.NewClipboard()
	l.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
	if got := clip.Content(); got != "4\trow 4" {
		t.Errorf("copied %q", got)
	}
}

func TestListAtZoom(t *testing.T) {
	l, _ := numberList(1000)
	show(t, NewTheme(Dark, 2), l, 800, 2*(28+220))
	l.Tapped(&fyne.PointEvent{Position: fyne.NewPos(100, 2*(28+3*22+11))})
	if l.Selected() != 3 {
		t.Errorf("at zoom 2 the click selected %d, want 3", l.Selected())
	}
	if from, to := l.VisibleRows(); from != 0 || to != 10 {
		t.Errorf("at zoom 2 rows %d to %d are seen, want 0 to 10", from, to)
	}
}

func BenchmarkList40x9(b *testing.B) {
	columns := make([]Column, 9)
	for i := range columns {
		columns[i] = Column{Title: "Title", Width: 100}
	}
	columns[8].Elastic = true
	l := NewList(fixedModel{}, columns...)
	l.Resize(fyne.NewSize(1200, 28+40*22))
	l.Select(5)
	b.ReportAllocs()
	for b.Loop() {
		l.paint(1200, 28+40*22, 1)
	}
}

// fixedModel answers from memory, as models do.
type fixedModel struct{}

var fixedCells = [9]Cell{
	{Text: "1204318", Concept: view.Dim},
	{Text: "2.437", Concept: view.Dim},
	{Text: "→", Concept: view.Dim},
	{Text: "livingroom"},
	{Text: "ACK", Concept: view.Good},
	{Text: "2.05", Concept: view.Code},
	{Text: "7d34", Concept: view.MessageID},
	{Text: "a1f3", Concept: view.Token},
	{Text: "CBOR 51 B  obs=6  stale, ignored because it is older than the last"},
}

func (fixedModel) Len() int             { return 10_000_000 }
func (fixedModel) Cell(_, col int) Cell { return fixedCells[col] }

// pairs are rows that unfold to one more each.
type pairs struct{ open map[int]bool }

func (m *pairs) Len() int { return 10 + len(m.open) }
func (m *pairs) at(row int) (n int, deep bool) {
	for n < 10 {
		if row == 0 {
			return n, false
		}
		row--
		if m.open[n] {
			if row == 0 {
				return n, true
			}
			row--
		}
		n++
	}
	return -1, false
}

func (m *pairs) Cell(row, _ int) Cell {
	n, deep := m.at(row)
	if deep {
		return Cell{Text: fmt.Sprintf("part of %d", n)}
	}
	return Cell{Text: fmt.Sprintf("number %d", n)}
}

func (m *pairs) FoldOf(row int) (foldable, open, deep bool) {
	n, deep := m.at(row)
	return !deep, !deep && m.open[n], deep
}

func TestListUnfoldsRows(t *testing.T) {
	m := &pairs{open: map[int]bool{}}
	l := NewList(m, Column{Title: "Text", Width: 100, Elastic: true})
	l.OnFold = func(row int, open bool) {
		if n, _ := m.at(row); open {
			m.open[n] = true
		} else {
			delete(m.open, n)
		}
	}
	w := test.NewTempWindow(t, l)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(300, 400))
	key := func(names ...fyne.KeyName) {
		for _, name := range names {
			l.TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	l.Select(3)
	key(fyne.KeyRight)
	if !m.open[3] || l.Selected() != 3 || l.RowText(4) != "part of 3" {
		t.Errorf("%v is open, row %d is selected, row 4 is %q", m.open, l.Selected(), l.RowText(4))
	}
	if key(fyne.KeyRight); l.Selected() != 4 {
		t.Errorf("row %d is selected, want the part", l.Selected())
	}
	if key(fyne.KeyLeft); l.Selected() != 3 {
		t.Errorf("row %d is selected, want what it is a part of", l.Selected())
	}
	if key(fyne.KeyLeft); len(m.open) != 0 {
		t.Errorf("%v is open", m.open)
	}
	if key(fyne.KeySpace, fyne.KeySpace, fyne.KeySpace); !m.open[3] {
		t.Error("the space bar does not unfold")
	}
	// The triangle, and beside it.
	at := func(x, y float32) Tap { return Tap{Pos: fyne.NewPos(x, y), Button: desktop.MouseButtonPrimary} }
	top := l.headerHeight() + l.RowHeight/2
	if l.onTap(at(14, top)); !m.open[0] || l.Selected() != 0 {
		t.Errorf("%v is open, row %d is selected", m.open, l.Selected())
	}
	if l.onTap(at(80, top)); !m.open[0] {
		t.Error("a click on the text folds")
	}
	if l.onTap(at(14, top)); m.open[0] {
		t.Error("the triangle does not fold")
	}
}

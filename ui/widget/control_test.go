package widget

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// clickText clicks the middle of a text of the window, as an end-to-end test does.
func clickText(t *testing.T, c fyne.Canvas, text string) {
	t.Helper()
	s, ok := Spans(c).Find(text)
	if !ok {
		t.Fatalf("the window does not say %q:\n%s", text, Spans(c))
	}
	x, y := s.Center()
	test.TapCanvas(c, fyne.NewPos(x, y))
}

func TestChip(t *testing.T) {
	taps := 0
	chip := NewFilledChip("Send ⏎", view.Good, func() { taps++ })
	w := show(t, NewTheme(Dark, 1), container.NewWithoutLayout(chip), 300, 100)
	chip.Resize(chip.MinSize())
	chip.Move(fyne.NewPos(40, 20))
	clickText(t, w.Canvas(), "Send ⏎")
	chip.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	chip.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if taps != 3 {
		t.Errorf("%d taps, want 3", taps)
	}
	chip.Disable()
	clickText(t, w.Canvas(), "Send ⏎")
	if taps != 3 {
		t.Error("a disabled chip was tapped")
	}
	if got := chip.MinSize().Height; got != 30 {
		t.Errorf("height %v, want 30", got)
	}
}

func TestChipMenu(t *testing.T) {
	chosen := ""
	chip := NewMenuChip("GET ▾", view.Good, func() *fyne.Menu {
		return fyne.NewMenu("", fyne.NewMenuItem("GET", func() { chosen = "GET" }), fyne.NewMenuItem("POST", func() { chosen = "POST" }))
	})
	w := show(t, NewTheme(Dark, 1), container.NewVBox(chip), 300, 300)
	clickText(t, w.Canvas(), "GET ▾")
	clickText(t, w.Canvas(), "POST")
	if chosen != "POST" {
		t.Errorf("chosen %q", chosen)
	}
}

func TestTabs(t *testing.T) {
	tabs := NewBoxedTabs(Tab{ID: "1", Title: "GET a", Closable: true}, Tab{ID: "2", Title: "PUT b", Closable: true, Count: "3"})
	w := show(t, NewTheme(Dark, 1), tabs, 500, 34)
	var got []string
	tabs.OnSelect = func(id string) { got = append(got, "select "+id) }
	tabs.OnClose = func(id string) { got = append(got, "close "+id) }
	tabs.OnAdd = func() { got = append(got, "add") }
	clickText(t, w.Canvas(), "PUT b")
	clickText(t, w.Canvas(), "+")
	pos, size, ok := tabs.HitBox(tabPart{"1", tabCross})
	if !ok {
		t.Fatal("no cross")
	}
	test.TapCanvas(w.Canvas(), pos.AddXY(size.Width/2, size.Height/2))
	tabs.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if want := "[select 2 add close 1 select 1]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	tabs.SetTabs(Tab{ID: "3", Title: "new"})
	if tabs.Selected() != "3" {
		t.Errorf("the selected tab went: %q is selected", tabs.Selected())
	}
}

func TestTabsInLittleRoomKeepTheSelectedInSight(t *testing.T) {
	var all []Tab
	for i := range 20 {
		all = append(all, Tab{ID: fmt.Sprint(i), Title: fmt.Sprint("request ", i)})
	}
	tabs := NewBoxedTabs(all...)
	show(t, NewTheme(Dark, 1), tabs, 400, 34)
	for _, id := range []string{"19", "0", "7"} {
		tabs.Select(id)
		if _, ok := tabs.Snapshot().Find("request " + id); !ok {
			t.Errorf("tab %s is not in sight: %v", id, tabs.Snapshot().Lines())
		}
	}
}

func TestEntryFocusAll(t *testing.T) {
	e := NewEntry("address")
	w := show(t, NewTheme(Dark, 1), e, 300, 60)
	e.SetText("coap://192.0.2.1/old")
	e.FocusAll()
	test.Type(w.Canvas().Focused(), "new")
	if e.Text() != "new" {
		t.Errorf("%q after typing over it", e.Text())
	}
}

// What is done when the focus goes may draw the entry anew; its frame has to say all the same that the focus is elsewhere.
func TestEntryWithoutFocus(t *testing.T) {
	e, other := NewEntry("filter"), NewEntry("address")
	e.OnFocus = func(on bool) { e.SetNote(map[bool]string{true: "Esc clears", false: ""}[on]) }
	w := show(t, NewTheme(Dark, 1), container.NewVBox(e, other), 300, 100)
	w.Canvas().Focus(e.field)
	if e.frame.StrokeColor != CurrentPalette().Text(view.Accent) {
		t.Error("no ring with the focus")
	}
	w.Canvas().Focus(other.field)
	if e.frame.StrokeColor != CurrentPalette().Line {
		t.Error("a ring without the focus")
	}
}

func TestEntry(t *testing.T) {
	e := NewMonoEntry("filter")
	w := show(t, NewTheme(Dark, 1), container.NewVBox(e), 400, 100)
	if _, ok := Spans(w.Canvas()).Find("filter"); !ok {
		t.Error("the placeholder is not said")
	}
	var changed string
	var focus []bool
	e.OnChanged = func(s string) { changed = s }
	e.OnFocus = func(on bool) { focus = append(focus, on) }
	e.Focus()
	test.Type(e.Field(), "code == 2.05")
	if e.Text() != "code == 2.05" || changed != e.Text() {
		t.Errorf("text %q, changed %q", e.Text(), changed)
	}
	if !e.Focused() || e.frame.StrokeColor != dark.Text(view.Accent) {
		t.Errorf("focused %v, frame %v", e.Focused(), e.frame.StrokeColor)
	}
	e.SetState(InvalidEntry)
	if e.frame.StrokeColor != dark.Text(view.Error) {
		t.Errorf("invalid: frame %v", e.frame.StrokeColor)
	}
	e.SetNote("41 of 1 204 318")
	if got := Spans(w.Canvas()).Lines(); fmt.Sprint(got) != "[code == 2.05 | 41 of 1 204 318]" {
		t.Errorf("the window says %q", got)
	}
	kept := false
	e.OnKey = func(name fyne.KeyName) bool { kept = name == fyne.KeyBackspace; return kept }
	e.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if !kept || e.Text() != "code == 2.05" {
		t.Errorf("a key that was kept reached the entry: %q", e.Text())
	}
	w.Canvas().Unfocus()
	if fmt.Sprint(focus) != "[true false]" {
		t.Errorf("focus %v", focus)
	}
}

func TestSplitKeepsTheSide(t *testing.T) {
	side, main := NewSheet(nil), NewSheet(nil)
	s := NewSplit(LeftEdge, side, main, 250)
	w := show(t, NewTheme(Dark, 1), s, 1000, 500)
	widths := func() string { return fmt.Sprint(side.Size().Width, main.Position().X, main.Size().Width) }
	if got := widths(); got != "250 251 749" {
		t.Errorf("at 1000: %s", got)
	}
	w.Resize(fyne.NewSize(1400, 500))
	if got := widths(); got != "250 251 1149" {
		t.Errorf("at 1400: %s", got)
	}
	changed := ""
	s.OnChanged = func(size float32, folded bool) { changed = fmt.Sprint(size, folded) }
	test.Drag(w.Canvas(), fyne.NewPos(250, 100), 60, 0)
	if got := widths(); got != "310 311 1089" || changed != "310 false" {
		t.Errorf("dragged: %s, told %s", got, changed)
	}
	s.Fold(true)
	if side.Visible() || main.Size().Width != 1400 {
		t.Errorf("folded: side visible %v, main %v", side.Visible(), main.Size())
	}
	s.Fold(false)
	if got := widths(); got != "310 311 1089" {
		t.Errorf("unfolded: %s", got)
	}
	test.Drag(w.Canvas(), fyne.NewPos(310, 100), -280, 0)
	if !s.Folded() {
		t.Error("dragged to the edge and not folded")
	}
	s.Fold(false)
	w.Resize(fyne.NewSize(310, 500))
	if got := side.Size().Width; got < 100 || got > 160 {
		t.Errorf("in a narrow window the side is %v", got)
	}
}

func TestSplitAtTheOtherEdges(t *testing.T) {
	side, main := NewSheet(nil), NewSheet(nil)
	s := NewSplit(BottomEdge, side, main, 150)
	w := show(t, NewTheme(Dark, 1), s, 400, 600)
	if side.Position().Y != 450 || side.Size().Height != 150 || main.Size().Height != 449 {
		t.Errorf("side at %v, %v high, main %v", side.Position().Y, side.Size().Height, main.Size().Height)
	}
	test.Drag(w.Canvas(), fyne.NewPos(100, 449), 0, -50)
	if side.Size().Height != 200 {
		t.Errorf("dragged up: side %v high, want 200", side.Size().Height)
	}
}

func TestTooltip(t *testing.T) {
	said := "Message ID\nRFC 7252 §3"
	s := NewSheet(func(*Painter) {})
	s.Tip = func(pos fyne.Position) string {
		if pos.X < 100 {
			return said
		}
		return ""
	}
	host := NewTipHost(s)
	var pending func()
	host.after = func(_ time.Duration, f func()) *time.Timer {
		pending = f
		return time.NewTimer(time.Hour)
	}
	w := show(t, NewTheme(Dark, 1), host, 300, 200)
	move := func(x, y float32) {
		s.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y), AbsolutePosition: fyne.NewPos(x, y)}})
	}
	move(90, 190)
	if host.Tip() != "" {
		t.Error("the tip does not wait")
	}
	pending()
	if host.Tip() != "Message ID\nRFC 7252 §3" {
		t.Errorf("tip %q", host.Tip())
	}
	if got := Spans(w.Canvas()).Lines(); fmt.Sprint(got) != "[Message ID RFC 7252 §3]" {
		t.Errorf("the window says %q", got)
	}
	if b := host.box; b.Position().Y+b.Size().Height > 200 || b.Position().X+b.Size().Width > 300 {
		t.Errorf("the tip leaves the window: %v %v", b.Position(), b.Size())
	}
	move(150, 50)
	if host.Tip() != "" || len(Spans(w.Canvas())) != 0 {
		t.Error("the tip stays")
	}
	host.Again()
	if host.Tip() != "" {
		t.Error("a tip shows where there is none")
	}
	move(50, 50)
	was := pending
	move(150, 50)
	was()
	if host.Tip() != "" {
		t.Error("a tip shows after the pointer has left")
	}

	// What is under a resting pointer changes, before the tip shows and after.
	move(50, 50)
	said = "Token"
	host.Again()
	pending()
	if host.Tip() != "Token" {
		t.Errorf("tip %q", host.Tip())
	}
	said = "Code"
	host.Again()
	if got := Spans(w.Canvas()).Lines(); fmt.Sprint(got) != "[Code]" {
		t.Errorf("the window says %q", got)
	}
	said = ""
	host.Again()
	if host.Tip() != "" || len(Spans(w.Canvas())) != 0 {
		t.Error("the tip stays when there is nothing to say")
	}
}

func TestSpansOfStockWidgets(t *testing.T) {
	inner := widget.NewLabel("far below")
	tall := container.NewVBox(widget.NewLabel("label"))
	for range 30 {
		tall.Add(widget.NewLabel(""))
	}
	tall.Add(inner)
	scroll := container.NewVScroll(tall)
	hidden := widget.NewLabel("hidden")
	hidden.Hide()
	sheet := NewSheet(func(p *Painter) { p.Text(10, 20, "sheet", Mono(12, view.Good)) })
	sheet.Min = fyne.NewSize(50, 30)
	w := show(t, NewTheme(Dark, 1), container.NewBorder(container.NewVBox(widget.NewButton("button", nil), hidden, sheet), nil, nil, nil, scroll), 300, 200)
	if got := Spans(w.Canvas()).Lines(); fmt.Sprint(got) != "[button sheet label]" {
		t.Errorf("the window says %q", got)
	}
	s, _ := Spans(w.Canvas()).Find("sheet")
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(sheet)
	if s.X != at.X+10 || s.Y < at.Y || s.Y > at.Y+20 {
		t.Errorf("sheet's text at %v,%v, the sheet at %v", s.X, s.Y, at)
	}
}

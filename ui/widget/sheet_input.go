package widget

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

const (
	doubleTapTime = 400 * time.Millisecond
	tapSlop       = 5 // logical units that the pointer may move in a click
)

var (
	_ fyne.Widget            = (*Sheet)(nil)
	_ fyne.Tappable          = (*Sheet)(nil)
	_ fyne.SecondaryTappable = (*Sheet)(nil)
	_ fyne.Draggable         = (*Sheet)(nil)
	_ fyne.Focusable         = (*Sheet)(nil)
	_ fyne.Disableable       = (*Sheet)(nil)
	_ fyne.Shortcutable      = (*Sheet)(nil)
	_ fyne.Tabbable          = (*Sheet)(nil)
	_ desktop.Hoverable      = (*Sheet)(nil)
	_ desktop.Mouseable      = (*Sheet)(nil)
	_ desktop.Cursorable     = (*Sheet)(nil)
)

// logical returns a position of the toolkit in logical units.
func logical(pos fyne.Position) fyne.Position {
	z := zoom()
	return fyne.NewPos(pos.X/z, pos.Y/z)
}

// MouseIn implements desktop.Hoverable.
func (s *Sheet) MouseIn(ev *desktop.MouseEvent) { s.MouseMoved(ev) }

// MouseMoved implements desktop.Hoverable.
func (s *Sheet) MouseMoved(ev *desktop.MouseEvent) {
	s.pos, s.inside = logical(ev.Position), true
	if s.OnHover != nil {
		s.OnHover(s.pos, true)
	}
	pointTip(s.self, s.tip, ev.AbsolutePosition)
}

// tip returns what is said at the pointer: what Tip says, or else the whole of a text that is cut short there.
func (s *Sheet) tip() string {
	if s.Tip != nil {
		if text := s.Tip(s.pos); text != "" {
			return text
		}
	}
	s.current()
	for _, span := range s.surface.spans {
		if span.Cut && s.pos.X >= span.X && s.pos.X < span.X+span.W && s.pos.Y >= span.Y && s.pos.Y < span.Y+span.H {
			return folded(span.Text)
		}
	}
	return ""
}

// A tooltip of a long text has so many lines of so many characters.
const (
	tipColumns = 90
	tipLines   = 8
)

// folded breaks a text into lines for a tooltip.
func folded(text string) string {
	var b strings.Builder
	column, lines := 0, 1
	for _, r := range text {
		if column == tipColumns {
			if lines == tipLines {
				b.WriteString(" …")
				break
			}
			b.WriteByte('\n')
			column, lines = 0, lines+1
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}

// MouseOut implements desktop.Hoverable.
func (s *Sheet) MouseOut() {
	s.inside = false
	if s.OnHover != nil {
		s.OnHover(s.pos, false)
	}
	pointTip(s.self, nil, fyne.Position{})
}

// MouseDown implements desktop.Mouseable.
func (s *Sheet) MouseDown(ev *desktop.MouseEvent) {
	s.press = Tap{Pos: logical(ev.Position), Absolute: ev.AbsolutePosition, Button: ev.Button, Modifier: ev.Modifier}
	s.pressed, s.dragged, s.consumed = true, false, false
	pointTip(s.self, nil, fyne.Position{})
	s.RequestFocus()
	if s.OnPress != nil {
		s.press.Hit = s.HitAt(s.press.Pos)
		s.OnPress(s.press)
	}
}

// MouseUp implements desktop.Mouseable.
func (s *Sheet) MouseUp(*desktop.MouseEvent) {}

// Tapped implements fyne.Tappable.
func (s *Sheet) Tapped(ev *fyne.PointEvent) { s.tap(ev, desktop.MouseButtonPrimary) }

// TappedSecondary implements fyne.SecondaryTappable.
func (s *Sheet) TappedSecondary(ev *fyne.PointEvent) { s.tap(ev, desktop.MouseButtonSecondary) }

func (s *Sheet) tap(ev *fyne.PointEvent, button desktop.MouseButton) {
	t := Tap{Pos: logical(ev.Position), Absolute: ev.AbsolutePosition, Button: button}
	if s.pressed {
		t.Modifier = s.press.Modifier
	} else {
		s.RequestFocus() // a touch, or a test: nothing was pressed before
	}
	s.pressed = false
	now := s.now()
	t.Double = s.lastIs == button && now.Sub(s.lastTap) < doubleTapTime && near(t.Pos, s.lastPos)
	s.lastTap, s.lastPos, s.lastIs = now, t.Pos, button
	if t.Double {
		s.lastIs = 0 // a third click starts anew
	}
	if s.OnTap != nil {
		t.Hit = s.HitAt(t.Pos)
		s.OnTap(t)
	}
}

func near(a, b fyne.Position) bool {
	d := a.Subtract(b)
	return d.X < tapSlop && d.X > -tapSlop && d.Y < tapSlop && d.Y > -tapSlop
}

// Dragged implements fyne.Draggable.
func (s *Sheet) Dragged(ev *fyne.DragEvent) {
	z := zoom()
	pos := logical(ev.Position)
	if !s.pressed {
		s.press = Tap{Pos: pos.SubtractXY(ev.Dragged.DX/z, ev.Dragged.DY/z), Button: desktop.MouseButtonPrimary}
		s.pressed = true
	}
	s.pos = pos
	if !near(pos, s.press.Pos) {
		s.dragged = true
	}
	if s.OnDrag != nil && s.OnDrag(Drag{Start: s.press.Pos, Pos: pos, DX: ev.Dragged.DX / z, DY: ev.Dragged.DY / z}) {
		s.consumed = true
	}
}

// DragEnd implements fyne.Draggable. The toolkit takes a click during which the mouse moved by two pixels for a drag;
// where nobody wanted that drag it is a click after all.
func (s *Sheet) DragEnd() {
	if s.OnDrop != nil {
		s.OnDrop()
	}
	if s.pressed && !s.dragged && !s.consumed {
		z := zoom()
		pos := s.press.Pos
		s.tap(&fyne.PointEvent{Position: fyne.NewPos(pos.X*z, pos.Y*z), AbsolutePosition: s.press.Absolute}, s.press.Button)
	}
	s.pressed = false
}

// Wheel passes a turn of the wheel on to OnWheel. Sheets in general do not take the wheel, so that it reaches what they
// lie in; a widget that does has a method Scrolled that calls Wheel.
func (s *Sheet) Wheel(ev *fyne.ScrollEvent) {
	if s.OnWheel != nil {
		z := zoom()
		s.OnWheel(ev.Scrolled.DX/z, ev.Scrolled.DY/z, logical(ev.Position))
	}
}

// FocusGained implements fyne.Focusable.
func (s *Sheet) FocusGained() { s.focus(true) }

// FocusLost implements fyne.Focusable.
func (s *Sheet) FocusLost() { s.focus(false) }

func (s *Sheet) focus(on bool) {
	s.focused = on
	if s.OnFocus != nil {
		s.OnFocus(on)
	}
	s.Refresh()
}

// TypedRune implements fyne.Focusable.
func (s *Sheet) TypedRune(r rune) {
	if s.OnRune != nil {
		s.OnRune(r)
	}
}

// TypedKey implements fyne.Focusable.
func (s *Sheet) TypedKey(ev *fyne.KeyEvent) {
	if ev.Name == fyne.KeyTab && s.OnTab != nil {
		s.tab(s.modifiers()&fyne.KeyModifierShift != 0)
		return
	}
	if !takenByWindow(ev.Name) && s.OnKey != nil && !s.disabled {
		s.OnKey(ev.Name, s.modifiers())
	}
}

// AcceptsTab implements fyne.Tabbable.
func (s *Sheet) AcceptsTab() bool { return s.OnTab != nil }

// tab goes to the next part of the sheet, and from the last one to the next widget.
func (s *Sheet) tab(back bool) {
	if s.OnTab(back) {
		return
	}
	app := fyne.CurrentApp()
	if app == nil {
		return
	}
	if c := app.Driver().CanvasForObject(s.self); c != nil {
		if back {
			c.FocusPrevious()
		} else {
			c.FocusNext()
		}
	}
}

func (s *Sheet) modifiers() fyne.KeyModifier {
	if app := fyne.CurrentApp(); app != nil {
		if d, ok := app.Driver().(desktop.Driver); ok {
			return d.CurrentKeyModifiers()
		}
	}
	return 0
}

// TypedShortcut implements fyne.Shortcutable: Copy copies what OnCopy returns, the others go to OnShortcut, and to the
// window where there is none.
func (s *Sheet) TypedShortcut(sc fyne.Shortcut) {
	switch c, isCopy := sc.(*fyne.ShortcutCopy); {
	case isCopy && s.OnCopy != nil:
		if text := s.OnCopy(); text != "" && c.Clipboard != nil {
			c.Clipboard.SetContent(text)
		}
	case isCopy || shortcutTaken(sc):
	case s.OnShortcut != nil:
		s.OnShortcut(sc)
	case windowShortcut != nil:
		windowShortcut(sc)
	}
}

// Enable implements fyne.Disableable.
func (s *Sheet) Enable() { s.setDisabled(false) }

// Disable implements fyne.Disableable.
func (s *Sheet) Disable() { s.setDisabled(true) }

func (s *Sheet) setDisabled(off bool) {
	if s.disabled != off {
		s.disabled = off
		s.Refresh()
	}
}

// Disabled implements fyne.Disableable. A sheet that takes no keys counts as disabled, so that Tab passes it over.
func (s *Sheet) Disabled() bool { return s.disabled || (s.OnKey == nil && s.OnRune == nil) }

// Cursor implements desktop.Cursorable.
func (s *Sheet) Cursor() desktop.Cursor {
	if s.PointerAs != nil {
		if c := s.PointerAs(s.pos); c != nil {
			return c
		}
	}
	return desktop.DefaultCursor
}

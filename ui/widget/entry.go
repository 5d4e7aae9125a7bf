package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// EntryState says what is thought of the text in an entry.
type EntryState uint8

// The states.
const (
	NeutralEntry EntryState = iota
	ValidEntry              // a filter that can be used
	InvalidEntry            // a filter or address that cannot
)

// Entry is a line of text to edit, in a frame that says what is thought of it.
type Entry struct {
	widget.BaseWidget

	OnChanged   func(text string)
	OnSubmitted func(text string)
	OnFocus     func(focused bool)
	// OnKey is asked before the entry acts on a key; true keeps the key from it. For completion and Escape.
	OnKey func(name fyne.KeyName) bool
	// TakesTab tells whether the Tab key goes to OnKey just now, instead of to the next widget.
	TakesTab func() bool
	// Flat has no frame while nothing is to be said by it: for an entry that is a part of a row on the raised ground.
	Flat bool
	// OnScrolled gets the turns of the wheel over the entry, for what it lies in; nil has the text scroll sideways.
	OnScrolled func(ev *fyne.ScrollEvent)

	state EntryState
	right string // said at the right end
	has   bool   // the focus, as last told to OnFocus
	frame *canvas.Rectangle
	note  *canvas.Text
	field *field
	plain *container.ThemeOverride
}

// field is the stock entry, without a frame of its own.
type field struct {
	widget.Entry
	outer *Entry
}

// NewEntry returns a proportional entry.
func NewEntry(placeholder string) *Entry { return newEntry(placeholder, false) }

// NewMonoEntry returns a monospace entry, for addresses, filters and bytes.
func NewMonoEntry(placeholder string) *Entry { return newEntry(placeholder, true) }

func newEntry(placeholder string, mono bool) *Entry {
	e := &Entry{frame: canvas.NewRectangle(color.Transparent), note: canvas.NewText("", color.Transparent)}
	e.note.TextStyle.Monospace = true
	e.field = &field{outer: e}
	e.field.PlaceHolder = placeholder
	e.field.TextStyle.Monospace = mono
	e.field.ExtendBaseWidget(e.field)
	e.field.OnChanged = func(s string) {
		if e.OnChanged != nil {
			e.OnChanged(s)
		}
	}
	e.field.OnSubmitted = func(s string) {
		if e.OnSubmitted != nil {
			e.OnSubmitted(s)
		}
	}
	e.plain = container.NewThemeOverride(e.field, bareTheme{})
	e.ExtendBaseWidget(e)
	return e
}

// Text returns the text.
func (e *Entry) Text() string { return e.field.Text }

// SetText replaces the text; OnChanged is called where it differs.
func (e *Entry) SetText(text string) { e.field.SetText(text) }

// SetPlaceHolder replaces what is said while there is no text.
func (e *Entry) SetPlaceHolder(text string) { e.field.SetPlaceHolder(text) }

// CursorToEnd puts the cursor behind the text.
func (e *Entry) CursorToEnd() {
	e.field.CursorColumn = len([]rune(e.field.Text))
	e.field.Refresh()
}

// SelectAll selects the text, so that typing replaces it.
func (e *Entry) SelectAll() { e.field.TypedShortcut(&fyne.ShortcutSelectAll{}) }

// Cursor is the place of the cursor in the text, in bytes.
func (e *Entry) Cursor() int {
	n := 0
	for i := range e.field.Text {
		if n == e.field.CursorColumn {
			return i
		}
		n++
	}
	return len(e.field.Text)
}

// SetCursor puts the cursor at a place in the text, in bytes.
func (e *Entry) SetCursor(at int) {
	e.field.CursorColumn = len([]rune(e.field.Text[:max(0, min(at, len(e.field.Text)))]))
	e.field.Refresh()
}

// SetState says what is thought of the text.
func (e *Entry) SetState(s EntryState) {
	if e.state != s {
		e.state = s
		e.Refresh()
	}
}

// State returns what is thought of the text.
func (e *Entry) State() EntryState { return e.state }

// SetNote shows a short text at the right end, such as "41 of 1 204 318".
func (e *Entry) SetNote(text string) {
	if e.right != text {
		e.right = text
		e.Refresh()
	}
}

// Focus has what is typed go into the entry.
func (e *Entry) Focus() {
	if app := fyne.CurrentApp(); app != nil {
		if c := app.Driver().CanvasForObject(e); c != nil {
			c.Focus(e.field)
		}
	}
}

// Focused reports whether what is typed goes into the entry.
func (e *Entry) Focused() bool { return e.field.focused() }

// Field returns the stock entry inside, for what has to name it, as a test that types does.
func (e *Entry) Field() fyne.Focusable { return e.field }

// Enable lets the text be edited.
func (e *Entry) Enable() { e.field.Enable() }

// Disable keeps the text from being edited.
func (e *Entry) Disable() { e.field.Disable() }

// SpanChildren lets [Spans] look inside.
func (e *Entry) SpanChildren() []fyne.CanvasObject {
	return []fyne.CanvasObject{e.plain, e.note}
}

// SpanEntry lets [Spans] read the text.
func (f *field) SpanEntry() *widget.Entry { return &f.Entry }

func (f *field) focused() bool {
	app := fyne.CurrentApp()
	if app == nil {
		return false
	}
	c := app.Driver().CanvasForObject(f)
	return c != nil && c.Focused() == fyne.Focusable(f)
}

// FocusGained implements fyne.Focusable.
func (f *field) FocusGained() {
	f.Entry.FocusGained()
	f.outer.ring(true)
}

// FocusLost implements fyne.Focusable.
func (f *field) FocusLost() {
	f.Entry.FocusLost()
	f.outer.ring(false)
}

// AcceptsTab implements fyne.Tabbable.
func (f *field) AcceptsTab() bool {
	return f.outer.TakesTab != nil && f.outer.TakesTab() || f.Entry.AcceptsTab()
}

// TypedKey implements fyne.Focusable.
func (f *field) TypedKey(ev *fyne.KeyEvent) {
	if f.outer.OnKey != nil && f.outer.OnKey(ev.Name) || takenByWindow(ev.Name) {
		return
	}
	f.Entry.TypedKey(ev)
}

// TypedShortcut implements fyne.Shortcutable.
func (f *field) TypedShortcut(s fyne.Shortcut) {
	if !shortcutTaken(s) {
		f.Entry.TypedShortcut(s)
	}
}

func (e *Entry) ring(on bool) {
	e.style(on)
	e.frame.Refresh()
	changed := e.has != on
	e.has = on
	if changed && e.OnFocus != nil {
		e.OnFocus(on)
	}
}

// style gives the frame and the note their colours.
func (e *Entry) style(focused bool) {
	p, z := CurrentPalette(), zoom()
	e.frame.FillColor, e.frame.CornerRadius, e.frame.StrokeWidth = p.Ground, 6*z, 1
	switch {
	case e.state == InvalidEntry:
		e.frame.StrokeColor = p.Border(view.Error, focused)
	case e.state == ValidEntry:
		e.frame.StrokeColor = p.Border(view.Good, focused)
	case focused:
		e.frame.StrokeColor = p.Text(view.Accent)
	case e.Flat:
		e.frame.StrokeColor = color.Transparent
	default:
		e.frame.StrokeColor = p.Line
	}
	if e.Flat && !focused {
		e.frame.FillColor = color.Transparent
	}
	e.note.Text, e.note.TextSize, e.note.Color = e.right, 11*z, p.Text(view.Dim)
}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	e.style(false)
	return &entryRenderer{e, newWheelCatcher(e)}
}

// wheelCatcher lies over the stock entry, which keeps the wheel to itself. It has no other interest in the pointer.
type wheelCatcher struct {
	widget.BaseWidget
	e *Entry
}

func newWheelCatcher(e *Entry) *wheelCatcher {
	w := &wheelCatcher{e: e}
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer implements fyne.Widget.
func (w *wheelCatcher) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

// Scrolled implements fyne.Scrollable.
func (w *wheelCatcher) Scrolled(ev *fyne.ScrollEvent) { w.e.OnScrolled(ev) }

type entryRenderer struct {
	e     *Entry
	wheel *wheelCatcher
}

func (r *entryRenderer) Destroy() {}

func (r *entryRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.e.frame, r.e.plain, r.e.note}
	if r.e.OnScrolled != nil {
		objects = append(objects, r.wheel)
	}
	return objects
}

func (r *entryRenderer) MinSize() fyne.Size {
	z := zoom()
	if r.e.Flat {
		return fyne.NewSize(80*z, 26*z)
	}
	return fyne.NewSize(80*z, 30*z)
}

func (r *entryRenderer) Layout(size fyne.Size) {
	e, z := r.e, zoom()
	e.frame.Resize(size)
	r.wheel.Resize(size)
	right := 7 * z
	if e.note.Text != "" {
		n := e.note.MinSize()
		e.note.Resize(n)
		e.note.Move(fyne.NewPos(size.Width-n.Width-10*z, (size.Height-n.Height)/2))
		right += n.Width + 10*z
	}
	h := e.plain.MinSize().Height
	e.plain.Move(fyne.NewPos(7*z, (size.Height-h)/2))
	e.plain.Resize(fyne.NewSize(max(0, size.Width-7*z-right), h))
}

func (r *entryRenderer) Refresh() {
	r.e.style(r.e.field.focused())
	r.e.frame.Refresh()
	r.e.note.Refresh()
	r.Layout(r.e.Size())
	r.e.plain.Refresh()
}

// bareTheme is the current theme without what the stock entry draws around its text.
type bareTheme struct{}

func (bareTheme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch name {
	case theme.ColorNameInputBackground, theme.ColorNameInputBorder, theme.ColorNameShadow, theme.ColorNameHover,
		theme.ColorNameFocus:
		return color.Transparent
	}
	return CurrentTheme().Color(name, v)
}

func (bareTheme) Font(s fyne.TextStyle) fyne.Resource { return CurrentTheme().Font(s) }

func (bareTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return CurrentTheme().Icon(n) }

func (bareTheme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameInputBorder, theme.SizeNameScrollBar, theme.SizeNameScrollBarSmall:
		return 0
	case theme.SizeNameInnerPadding:
		return 4 * zoom()
	}
	return CurrentTheme().Size(name)
}

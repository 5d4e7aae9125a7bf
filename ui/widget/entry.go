package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
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

	ground color.NRGBA // below it, if it is flat

	state EntryState
	right string // said at the right end
	has   bool   // the focus, as the canvas told last
	frame *canvas.Rectangle
	inner *pane             // with the field and the cover
	cover *canvas.Rectangle // of the shadow of the stock entry, which looks like dirt on a text
	note  *canvas.Text
	field *field
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
	e := &Entry{frame: canvas.NewRectangle(color.Transparent), cover: canvas.NewRectangle(color.Transparent), note: canvas.NewText("", color.Transparent)}
	e.note.TextStyle.Monospace = true
	e.field = &field{outer: e}
	e.field.PlaceHolder = placeholder
	e.field.TextStyle.Monospace = mono
	e.field.ExtendBaseWidget(e.field)
	e.inner = newPane(e.field, e.cover)
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

// SetGround says what a flat entry lies on.
func (e *Entry) SetGround(c color.NRGBA) {
	if e.ground != c {
		e.ground = c
		e.Refresh()
	}
}

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

// FocusAll does [Entry.Focus] and selects the text, so that what is typed takes its place.
func (e *Entry) FocusAll() {
	e.Focus()
	if e.Text() != "" {
		e.SelectAll()
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
	return []fyne.CanvasObject{e.inner, e.note}
}

// CreateRenderer implements fyne.Widget. The stock entry under a theme without frames would do as well, but the toolkit reads and
// keeps all fonts once more for each object with a theme of its own.
func (f *field) CreateRenderer() fyne.WidgetRenderer { return unframed{f.Entry.CreateRenderer()} }

// unframed is the stock entry without what it draws around its text.
type unframed struct{ fyne.WidgetRenderer }

// Objects implements fyne.WidgetRenderer.
func (r unframed) Objects() []fyne.CanvasObject {
	objects := r.WidgetRenderer.Objects()
	for len(objects) > 0 {
		if _, frame := objects[0].(*canvas.Rectangle); !frame {
			break
		}
		objects = objects[1:]
	}
	return objects
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

// ring draws the frame with the focus or without it. What OnFocus does may draw the entry once more, while the canvas still has
// it as the focused one.
func (e *Entry) ring(on bool) {
	changed := e.has != on
	e.has = on
	e.style()
	e.frame.Refresh()
	e.cover.Refresh()
	if changed && e.OnFocus != nil {
		e.OnFocus(on)
	}
}

// style gives the frame and the note their colours.
func (e *Entry) style() {
	p, z, focused := CurrentPalette(), zoom(), e.has
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
	e.cover.FillColor = p.Ground
	if e.Flat && !focused {
		e.frame.FillColor, e.cover.FillColor = color.Transparent, e.ground
	}
	e.note.Text, e.note.TextSize, e.note.Color = e.right, 11*z, p.Text(view.Dim)
}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	e.style()
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

const (
	fieldInset = 5 // of the stock entry from the frame; its text has an inset too
	// fieldBelow is how much higher than its line the stock entry is, so that its scroll bar lies below the frame, where it is
	// not seen.
	fieldBelow  = 12
	within      = 2 // the frame, in units of the toolkit
	fieldShadow = 8 // that it casts on text that goes on at its right end, likewise
)

type entryRenderer struct {
	e     *Entry
	wheel *wheelCatcher
}

func (r *entryRenderer) Destroy() {}

func (r *entryRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.e.frame, r.e.inner, r.e.note}
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
	right := fieldInset * z
	if e.note.Text != "" {
		n := e.note.MinSize()
		e.note.Resize(n)
		e.note.Move(fyne.NewPos(size.Width-n.Width-10*z, (size.Height-n.Height)/2))
		right += n.Width + 10*z
	}
	end := max(0, size.Width-right)
	h := e.field.MinSize().Height
	e.inner.Move(fyne.NewPos(within, within))
	e.inner.Resize(size.SubtractWidthHeight(2*within, 2*within))
	e.field.Move(fyne.NewPos(fieldInset*z-within, (size.Height-h)/2-within))
	e.field.Resize(fyne.NewSize(max(0, end-fieldInset*z), h+fieldBelow*z))
	e.cover.Move(fyne.NewPos(end-fieldShadow-within, 0))
	e.cover.Resize(fyne.NewSize(fieldShadow, size.Height-2*within))
}

func (r *entryRenderer) Refresh() {
	r.e.style()
	r.e.frame.Refresh()
	r.e.note.Refresh()
	r.Layout(r.e.Size())
	r.e.inner.Refresh()
}

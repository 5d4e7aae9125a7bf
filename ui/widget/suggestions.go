package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// Suggestion is something that the text of an entry can become.
type Suggestion struct {
	Text  string
	Marks []int  // letters of Text to underline, as runes
	About string // said at the right
}

// Suggestions is a list below an entry of what its text can become. Up and Down choose, Tab takes what is chosen or else the first,
// Enter takes what is chosen, Escape closes the list, a click takes. The entry keeps the focus.
//
// The window's content has to be a [TipHost], in whose layer the list is shown.
type Suggestions struct {
	// Find gives the suggestions for a text with the cursor at a place in bytes.
	Find func(text string, cursor int) []Suggestion
	// Take gives the text, and the place of the cursor in bytes, that a suggestion makes of a text.
	Take func(i int, text string) (string, int)
	// Rest gets the keys that the list has no use for, before the entry does; nil for none.
	Rest func(name fyne.KeyName) bool
	// Under is what the list is shown below; nil is the entry.
	Under fyne.CanvasObject
	// MinWidth is the least width of the list, in logical units; it is as wide as the entry where that is more.
	MinWidth float32

	entry  *Entry
	drop   *drop
	found  []Suggestion
	chosen int // -1 for none
	taking bool
}

// suggestionRows is how many suggestions are in sight at once.
const suggestionRows = 10

// NewSuggestions gives an entry suggestions. It takes the entry's hooks OnKey, TakesTab, OnFocus and, in addition to what it
// does already, OnChanged.
func NewSuggestions(entry *Entry) *Suggestions {
	s := &Suggestions{entry: entry, chosen: -1}
	s.drop = newDrop(s)
	changed := entry.OnChanged
	entry.OnChanged = func(text string) {
		if changed != nil {
			changed(text)
		}
		if !s.taking {
			s.Refresh()
		}
	}
	focus := entry.OnFocus
	entry.OnFocus = func(on bool) {
		if focus != nil {
			focus(on)
		}
		if !on {
			s.Close()
		}
	}
	entry.OnKey = s.key
	entry.TakesTab = func() bool { return len(s.found) > 0 }
	return s
}

// Open tells whether the list is shown.
func (s *Suggestions) Open() bool { return len(s.found) > 0 }

// Refresh looks for suggestions anew. Without the focus there are none.
func (s *Suggestions) Refresh() {
	s.chosen = -1
	s.found = nil
	if s.entry.Focused() && !s.entry.field.Disabled() {
		s.found = s.Find(s.entry.Text(), s.entry.Cursor())
	}
	s.show()
}

// Place puts the list where the entry is now.
func (s *Suggestions) Place() {
	if s.Open() {
		s.show()
	}
}

// Close takes the list away.
func (s *Suggestions) Close() {
	s.found, s.chosen = nil, -1
	s.show()
}

func (s *Suggestions) show() {
	app := fyne.CurrentApp()
	if app == nil {
		return
	}
	c := app.Driver().CanvasForObject(s.entry)
	if c == nil {
		return
	}
	host, ok := c.Content().(*TipHost)
	if !ok {
		return
	}
	if len(s.found) == 0 {
		host.Drop(nil, fyne.Position{}, fyne.Size{}, s.drop)
		return
	}
	z := zoom()
	at, under := app.Driver().AbsolutePositionForObject(s.entry), fyne.CanvasObject(s.entry)
	if s.Under != nil && s.Under.Visible() {
		under = s.Under
	}
	at.Y = app.Driver().AbsolutePositionForObject(under).Y + under.Size().Height
	at = at.Subtract(app.Driver().AbsolutePositionForObject(host))
	size := fyne.NewSize(
		max(s.entry.Size().Width, s.MinWidth*z),
		(float32(min(len(s.found), suggestionRows))*s.drop.list.RowHeight+2*dropMargin)*z)
	s.drop.list.Select(s.chosen)
	if s.chosen < 0 {
		s.drop.list.scrollTo(0)
	}
	host.Drop(s.drop, at.AddXY(0, 2*z), size, nil)
	s.drop.Refresh()
}

func (s *Suggestions) key(name fyne.KeyName) bool {
	n := len(s.found)
	switch {
	case n == 0 && name == fyne.KeyDown && s.Find != nil && s.Rest == nil:
		s.Refresh()
		return s.Open()
	case n == 0:
		return s.Rest != nil && s.Rest(name)
	}
	switch name {
	case fyne.KeyDown:
		s.choose(min(s.chosen+1, n-1))
	case fyne.KeyUp:
		s.choose(max(s.chosen-1, -1))
	case fyne.KeyPageDown:
		s.choose(min(s.chosen+suggestionRows, n-1))
	case fyne.KeyPageUp:
		s.choose(max(s.chosen-suggestionRows, 0))
	case fyne.KeyTab:
		s.take(max(s.chosen, 0))
	case fyne.KeyReturn, fyne.KeyEnter:
		if s.chosen < 0 {
			s.Close()
			return false
		}
		s.take(s.chosen)
	case fyne.KeyEscape:
		s.Close()
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd: // it was found for where the cursor was
		s.Close()
		return false
	default:
		return s.Rest != nil && s.Rest(name)
	}
	return true
}

func (s *Suggestions) choose(i int) {
	s.chosen = i
	s.show()
}

// take puts a suggestion into the text.
func (s *Suggestions) take(i int) {
	if i < 0 || i >= len(s.found) {
		return
	}
	text, cursor := s.Take(i, s.entry.Text())
	s.taking = true
	s.entry.SetText(text)
	s.entry.SetCursor(cursor)
	s.taking = false
	s.Close()
}

// drop is the list in its frame.
type drop struct {
	widget.BaseWidget
	of    *Suggestions
	frame *canvas.Rectangle
	list  *List
}

const dropMargin = 4

func newDrop(s *Suggestions) *drop {
	d := &drop{of: s, frame: canvas.NewRectangle(color.Transparent)}
	d.list = NewList(dropModel{s}, Column{Elastic: true, Width: 60})
	d.list.Header, d.list.On, d.list.RowHeight, d.list.Inset = false, OnRaised, 23, 4
	d.list.OnKey = nil // the entry has the keys
	// The toolkit takes the focus from the entry after a press on something else: the suggestion is taken before, and the entry
	// has the focus again after.
	pressed := d.list.OnPress
	d.list.OnPress = func(t Tap) {
		pressed(t)
		s.take(d.list.rowAt(t.Pos))
		fyne.Do(s.entry.Focus)
	}
	d.ExtendBaseWidget(d)
	return d
}

// SpanChildren lets [Spans] look inside.
func (d *drop) SpanChildren() []fyne.CanvasObject { return []fyne.CanvasObject{d.list} }

// CreateRenderer implements fyne.Widget.
func (d *drop) CreateRenderer() fyne.WidgetRenderer { return &dropRenderer{d} }

type dropRenderer struct{ d *drop }

func (r *dropRenderer) Destroy()           {}
func (r *dropRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *dropRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.d.frame, r.d.list}
}

func (r *dropRenderer) Layout(size fyne.Size) {
	m := dropMargin * zoom()
	r.d.frame.Resize(size)
	r.d.list.Move(fyne.NewPos(1, m))
	r.d.list.Resize(size.SubtractWidthHeight(2, 2*m))
}

func (r *dropRenderer) Refresh() {
	p := CurrentPalette()
	r.d.frame.FillColor, r.d.frame.StrokeColor, r.d.frame.StrokeWidth, r.d.frame.CornerRadius = p.Raised, p.Line, 1, 6*zoom()
	r.Layout(r.d.Size())
	r.d.frame.Refresh()
	r.d.list.Refresh()
}

// dropModel is the list's view of the suggestions.
type dropModel struct{ s *Suggestions }

// Len implements ListModel.
func (m dropModel) Len() int { return len(m.s.found) }

// Cell implements ListModel.
func (m dropModel) Cell(row, _ int) Cell { return Cell{Text: m.s.found[row].Text} }

// PaintRow implements RowPainter.
func (m dropModel) PaintRow(p *Painter, row int, _ bool) {
	s, base := &m.s.found[row], p.H/2+4
	about, style := float32(0), Sans(11, view.Dim)
	if s.About != "" {
		about = min(p.Measure(s.About, style), p.W*0.45)
		p.TextEllipsis(p.W-14-about, base, about, s.About, style)
	}
	p.TextMarked(8, base, p.W-14-about-24, s.Text, s.Marks, Mono(12, view.Plain))
}

// TextMarked draws s as [Painter.TextEllipsis] does, with a line under the marked letters, which are runes.
func (p *Painter) TextMarked(x, baseline, width float32, s string, marks []int, st Style) float32 {
	drawn := p.TextEllipsis(x, baseline, width, s, st)
	ranges := view.MarkRanges(s, marks)
	for i := 0; i+1 < len(ranges); i += 2 {
		from, to := p.Measure(s[:ranges[i]], st), p.Measure(s[:ranges[i+1]], st)
		if to > drawn+0.5 {
			break
		}
		p.RoundRect(x+from, baseline+2.5, to-from, 1.5, 0, p.Pal.Text(view.Accent), 0, color.NRGBA{})
	}
	return drawn
}

package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Palette finds commands, and what there is to go to, by a few letters.
type Palette struct {
	Object fyne.CanvasObject

	// OnDone is called when the user has chosen something, before it is done.
	OnDone func()

	model *view.Palette
	entry *widget.Entry
	list  *widget.List
	done  bool
}

// PaletteSize is how large the palette would like to be.
var PaletteSize = fyne.NewSize(620, 470)

// NewPalette makes the palette.
func NewPalette(model *view.Palette) *Palette {
	p := &Palette{model: model}
	p.entry = widget.NewEntry("A command, a resource, a tab, or a filter for packets")
	p.entry.OnChanged = func(string) { p.find() }
	p.entry.OnSubmitted = func(string) { p.do(p.list.Selected()) }
	p.entry.OnKey = p.key
	p.list = widget.NewList(paletteModel{p})
	p.list.On, p.list.RowHeight, p.list.Inset = widget.OnPanel, 26, 8
	p.list.Columns, p.list.Header = []widget.Column{{Elastic: true, Width: 60}}, false
	p.list.OnKey = nil // the entry has the keys
	p.list.OnClick = p.do
	tapped := p.list.OnTap
	p.list.OnTap = func(t widget.Tap) {
		tapped(t)
		if !p.done {
			fyne.Do(p.entry.Focus) // which the toolkit takes away with a press on something else
		}
	}
	foot := widget.NewSheet(func(g *widget.Painter) {
		g.HLine(0, 0, g.W, g.Pal.Line)
		text, concept := "↑ ↓ choose · ⏎ does it · Esc closes", view.Faint
		if row := p.list.Selected(); row >= 0 && row < len(model.Rows()) && model.Rows()[row].Why != "" {
			text, concept = "Not now: "+model.Rows()[row].Why, view.Warning
		}
		g.TextEllipsis(14, g.H/2+5, g.W-28, text, widget.Sans(11, concept))
	})
	foot.On, foot.Min = widget.OnPanel, fyne.NewSize(60, 26)
	p.list.OnHoverRow = func(int) { foot.Refresh() }
	p.Object = Stacked(1, padded(p.entry, 10, 10, 10, 8), p.list, foot)
	return p
}

// Begin looks for nothing yet, and gives what has to get what is typed.
func (p *Palette) Begin() fyne.Focusable {
	p.entry.SetText("")
	p.find()
	return p.entry.Field()
}

func (p *Palette) find() {
	p.model.SetText(p.entry.Text())
	p.list.Select(0)
	p.refresh()
}

func (p *Palette) refresh() { p.Object.Refresh() }

func (p *Palette) key(name fyne.KeyName) bool {
	row, n := p.list.Selected(), len(p.model.Rows())
	page := 10
	switch name {
	case fyne.KeyDown:
		row++
	case fyne.KeyUp:
		row--
	case fyne.KeyPageDown:
		row = min(row+page, n-1)
	case fyne.KeyPageUp:
		row = max(row-page, 0)
	case fyne.KeyEnter: // which the stock entry does not take for Return
		p.do(row)
		return true
	default:
		return false
	}
	if n > 0 {
		p.list.Select((row + n) % n)
		p.refresh()
	}
	return true
}

// do closes the palette and does a row. What cannot be done just now says why, and the palette stays.
func (p *Palette) do(row int) {
	rows := p.model.Rows()
	if row < 0 || row >= len(rows) {
		return
	}
	if rows[row].Why != "" {
		p.list.Select(row)
		p.refresh()
		return
	}
	p.done = true
	p.OnDone()
	p.model.Do(row)
}

// paletteModel is the list's view of what was found.
type paletteModel struct{ p *Palette }

// Len implements widget.ListModel.
func (m paletteModel) Len() int { return len(m.p.model.Rows()) }

// Cell implements widget.ListModel.
func (m paletteModel) Cell(row, _ int) widget.Cell {
	return widget.Cell{Text: m.p.model.Rows()[row].Title, Sans: true}
}

// PaintRow implements widget.RowPainter.
func (m paletteModel) PaintRow(g *widget.Painter, row int, _ bool) {
	r := &m.p.model.Rows()[row]
	const keys = 132 // room for any
	base, right := g.H/2+5, g.W-12
	if r.Command {
		right = g.W - keys
	}
	g.TextRight(g.W-12, base-1, r.Key, widget.Mono(11, view.Dim))
	where, style := r.Where, widget.Sans(11, view.Faint)
	title := widget.Sans(13, view.Plain)
	if r.Why != "" {
		where, title = r.Why, widget.Sans(13, view.Faint)
	}
	w := min(g.Measure(where, style), g.W*0.33)
	g.TextEllipsis(right-w, base-1, w, where, style)
	g.TextMarked(12, base, right-w-12-16, r.Title, r.Marks, title)
}

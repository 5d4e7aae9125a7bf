package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Rendering shows a payload in one of the ways it can be read. Of a body of a megabyte only the lines
// in sight are drawn.
type Rendering struct {
	Object fyne.CanvasObject

	model view.Rendering
	tabs  *widget.TabStrip
	list  *widget.List
	note  *widget.Sheet

	left  float32 // how far lines are scrolled to the left
	width float32 // of the longest line drawn
}

// NewRendering makes an empty rendering on that surface.
func NewRendering(on widget.Surface) *Rendering {
	p := &Rendering{}
	p.tabs = widget.NewTabStrip()
	p.tabs.On = on
	p.tabs.OnSelect = func(id string) {
		p.model.Choose(id)
		p.left, p.width = 0, 0
		p.list.SetSelected(-1)
		p.list.ScrollTo(0)
		p.refresh()
	}
	p.list = widget.NewList(p)
	p.list.On = on
	p.list.RowHeight = 18
	p.list.Inset = 10
	p.list.Empty = "No payload"
	scroll := p.list.OnWheel
	p.list.OnWheel = func(dx, dy float32, pos fyne.Position) {
		if dx != 0 {
			p.shift(-dx)
		}
		scroll(0, dy, pos)
	}
	p.list.OnRowKey = func(name fyne.KeyName) {
		switch name {
		case fyne.KeyRight:
			p.shift(sideStep)
		case fyne.KeyLeft:
			p.shift(-sideStep)
		}
	}
	p.list.OnCopy = func() string {
		if row := p.list.Selected(); row >= 0 {
			return p.model.View().Line(row).String()
		}
		return p.model.View().String()
	}
	p.note = widget.NewSheet(func(g *widget.Painter) {
		g.TextEllipsis(16, 14, g.W-24, p.model.View().Note(), widget.Sans(11, view.Warning))
	})
	p.note.On = on
	p.note.Min = fyne.NewSize(20, 20)
	p.Object = Stacked(1, p.tabs, p.list, p.note)
	return p
}

// Show shows another payload; format is the content format, -1 for none.
func (p *Rendering) Show(format int, data []byte) {
	if p.model.Show(format, data) {
		p.left, p.width = 0, 0
	}
	var tabs []widget.Tab
	for _, v := range p.model.Views {
		tabs = append(tabs, widget.Tab{ID: v.Name, Title: v.Name})
	}
	p.tabs.SetTabs(tabs...)
	if !p.model.Empty() {
		p.tabs.Select(p.model.View().Name)
	}
	p.refresh()
}

// sideStep is how far a key scrolls long lines.
const sideStep = 60

// shift scrolls lines that are longer than the room.
func (p *Rendering) shift(by float32) {
	p.left = max(0, min(p.left+by, p.width-p.list.LogicalSize().Width+2*sideStep))
	p.list.Refresh()
}

func (p *Rendering) refresh() {
	if p.model.View().Note() == "" {
		p.note.Hide()
	} else {
		p.note.Show()
	}
	p.note.Refresh()
	p.list.Refresh()
}

// Len implements widget.ListModel.
func (p *Rendering) Len() int {
	if p.model.Empty() {
		return 0
	}
	return p.model.View().Len()
}

// Cell implements widget.ListModel.
func (p *Rendering) Cell(row, _ int) widget.Cell {
	return widget.Cell{Text: p.model.View().Line(row).String()}
}

// monoCell is the width of a monospace character at size 12.
const monoCell = 7.22

// PaintRow implements widget.RowPainter.
func (p *Rendering) PaintRow(g *widget.Painter, row int, _ bool) {
	x := 6 - p.left
	for _, s := range p.model.View().Line(row) {
		style := widget.Mono(12, view.SpanConcept(s.Kind))
		if x > g.W {
			x += float32(len(s.Text)) * monoCell // only to know how long the line is
			continue
		}
		x += g.Text(x, 13, s.Text, style)
	}
	p.width = max(p.width, x+p.left)
}

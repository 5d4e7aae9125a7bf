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
}

// NewRendering makes an empty rendering on that surface.
func NewRendering(on widget.Surface) *Rendering {
	p := &Rendering{}
	p.tabs = widget.NewTabStrip()
	p.tabs.On = on
	p.tabs.OnSelect = func(id string) {
		p.model.Choose(id)
		p.list.SetSelected(-1)
		p.list.ScrollTo(0)
		p.refresh()
	}
	p.list = widget.NewList(p)
	p.list.On = on
	p.list.RowHeight = 18
	p.list.Inset = 10
	p.list.Empty = "No payload"
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
	p.model.Show(format, data)
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

// Copy gives the whole payload as it is shown.
func (p *Rendering) Copy() string { return p.model.View().String() }

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

// PaintRow implements widget.RowPainter.
func (p *Rendering) PaintRow(g *widget.Painter, row int, _ bool) {
	x := float32(6)
	for _, s := range p.model.View().Line(row) {
		if x > g.W {
			break
		}
		x += g.Text(x, 13, s.Text, widget.Mono(12, view.SpanConcept(s.Kind)))
	}
}

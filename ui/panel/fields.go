package panel

import (
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const fieldRow = 20

// valueColumn is where values begin in the field tree.
func valueColumn(width float32) float32 { return max(150, width*0.42) }

func (p *Inspector) drawFields(g *widget.Painter) {
	y := p.fieldsAt()
	p.rowsAt = y
	p.heading(g, y-10, "Fields", inFields)
	value := valueColumn(g.W)
	top, bottom := g.Shown()
	first, end := max(0, int((top-y)/fieldRow)), min(p.model.RowCount(), int((bottom-y)/fieldRow)+1)
	for i := first; i < end; i++ {
		p.drawField(g, p.model.Row(i), y+float32(i)*fieldRow, value)
	}
}

func (p *Inspector) drawField(g *widget.Painter, r view.FieldRow, top, value float32) {
	lit := r.Lit || r.Selected
	if lit {
		g.RoundRect(10, top, g.W-20, fieldRow, 3, g.Pal.Tint(r.Concept, true), 0, g.Pal.Line)
		g.FillRect(10, top+2, 2, fieldRow-4, g.Pal.Text(r.Concept))
	}
	g.Hit(10, top, g.W-20, fieldRow, fieldID(r.Field))
	x := float32(inspectorMargin + 14 + 16*min(r.Depth, 6))
	if r.Foldable {
		sign := widget.SignClosed
		if r.Open {
			sign = widget.SignOpen
		}
		g.Sign(x-14, top+fieldRow/2, sign, g.Pal.Text(view.Dim))
		g.Hit(x-18, top, 18, fieldRow, foldID(r.Field))
	}
	room := value - x - 6
	if r.Marked {
		room -= 14
	}
	if r.Changed {
		room -= 12
	}
	x += g.TextEllipsis(x, top+14, room, r.Name, widget.Sans(12, view.Plain))
	if r.Marked {
		severityMark(g, x+5, top+14, r.Mark)
	}
	if r.Changed {
		g.Text(value-12, top+14, "≠", widget.Mono(11, view.Warning))
	}
	concept := r.Concept
	if r.Foldable && !r.Lit && concept == view.Payload {
		concept = view.Dim
	}
	style := widget.Mono(12, concept)
	if lit {
		style = style.In(g.Pal.OnTint(r.Concept, true))
	}
	g.TextEllipsis(value, top+14, g.W-value-16, r.Value, style)
}

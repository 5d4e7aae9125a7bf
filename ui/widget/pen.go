package widget

import (
	"image/color"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// pen draws ladders with a painter. Its origin is that of the whole, wherever the painter is clipped to.
type pen struct {
	p      *Painter
	dx, dy float32
}

// Pen gives a pen that draws with the painter.
func (p *Painter) Pen() view.Pen { return pen{p: p} }

// Line implements view.Pen.
func (d pen) Line(x0, y0, x1, y1, width float32, dash view.Dash, c view.Concept) {
	ink := d.p.Pal.Text(c)
	if c == view.Faint {
		ink.A = view.FaintLine
	}
	x0, y0, x1, y1 = x0-d.dx, y0-d.dy, x1-d.dx, y1-d.dy
	switch {
	case dash == view.Dashed:
		d.p.DashedLine(x0, y0, x1, y1, width, 6, 4, ink)
	case dash == view.Dotted:
		d.p.DashedLine(x0, y0, x1, y1, width, 1.5, 3.5, ink)
	case x0 == x1 && width == 1:
		d.p.VLine(x0, y0, y1-y0, ink)
	case y0 == y1 && width == 1:
		d.p.HLine(x0, y0, x1-x0, ink)
	default:
		d.p.Line(x0, y0, x1, y1, width, ink)
	}
}

// Shape implements view.Pen.
func (d pen) Shape(c view.Concept, xy ...float32) {
	points := make([]fyne.Position, 0, 16)
	for i := 0; i+1 < len(xy); i += 2 {
		points = append(points, fyne.NewPos(xy[i]-d.dx, xy[i+1]-d.dy))
	}
	d.p.Polygon(d.p.Pal.Text(c), points...)
}

// Box implements view.Pen.
func (d pen) Box(x, y, w, h float32, b view.BoxKind, c view.Concept) {
	x, y = x-d.dx, y-d.dy
	switch b {
	case view.BoxSolid:
		d.p.FillRect(x, y, w, h, d.p.Pal.Text(c))
	case view.BoxTinted:
		d.p.Tinted(x, y, w, h, min(4, w/2, h/2), c, false)
	case view.BoxSelected:
		d.p.RoundRect(x, y, w, h, 4, d.p.Pal.Selection, 0, color.NRGBA{})
	case view.BoxGround:
		d.p.FillRect(x, y, w, h, d.p.Pal.Ground)
	}
}

// Text implements view.Pen.
func (d pen) Text(t view.PenText) {
	st := Style{Size: t.Size, Mono: !t.Sans, Bold: t.Bold, Concept: t.Concept}
	x, y := t.X-d.dx, t.Y-d.dy
	width := d.p.Measure(t.Text, st)
	if t.Width > 0 {
		width = min(width, t.Width)
	}
	switch t.Align {
	case view.AlignMiddle:
		x -= width / 2
	case view.AlignRight:
		x -= width
	}
	if t.Clear {
		d.p.FillRect(x-2, y-t.Size+1, width+4, t.Size, d.p.Pal.Ground)
	}
	d.p.TextEllipsis(x, y, width+0.01, t.Text, st)
}

// Hit implements view.Pen.
func (d pen) Hit(x, y, w, h float32, id any) { d.p.Hit(x-d.dx, y-d.dy, w, h, id) }

// Clip implements view.Pen.
func (d pen) Clip(x, y, w, h float32) view.Pen {
	return pen{d.p.Sub(x-d.dx, y-d.dy, w, h), x, y}
}

package widget

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// Sign is a small drawn mark. Signs are drawn, not written, because few fonts have them.
type Sign uint8

// The signs.
const (
	NoSign         Sign = iota
	SignLock            // secured: DTLS, OSCORE
	SignObservable      // the resource can be observed (RFC 7641)
	SignBlock           // the representation comes in blocks (RFC 7959)
	SignDot             // a state
	SignOpen            // a triangle that points down: unfolded
	SignClosed          // a triangle that points right: folded
	SignClose           // a cross
	SignMet             // met, not listed: a dotted ring
)

// SignSize is the width and height of a sign at size 1, in logical units.
const SignSize = 10

// Sign draws a sign in a box of SignSize whose left edge is x and whose middle is at cy.
func (p *Painter) Sign(x, cy float32, sign Sign, c color.NRGBA) {
	cx := x + SignSize/2
	none := color.NRGBA{}
	switch sign {
	case SignLock:
		// The body, and the shackle above it as the upper half of a ring.
		p.RoundRect(x+0.5, cy-1, 9, 6.5, 1.5, c, 0, none)
		shackle := p.Sub(x+1, cy-6, 8, 5)
		shackle.RoundRect(1, 0.5, 6, 10, 3, none, 1.4, c)
	case SignObservable:
		p.Circle(cx, cy, 4, none, 1, c)
		p.Dot(cx, cy, 2, c)
	case SignBlock:
		p.RoundRect(x+1, cy-4, 8, 8, 1, none, 1, c)
		for i := range 3 {
			p.FillRect(x+2.5, cy-2+float32(i)*2-0.5, 5, 1, c)
		}
	case SignDot:
		p.Dot(cx, cy, 3.5, c)
	case SignOpen:
		p.Polygon(c, fyne.NewPos(cx-4, cy-2.2), fyne.NewPos(cx+4, cy-2.2), fyne.NewPos(cx, cy+2.6))
	case SignClosed:
		p.Polygon(c, fyne.NewPos(cx-2.2, cy-4), fyne.NewPos(cx-2.2, cy+4), fyne.NewPos(cx+2.6, cy))
	case SignMet:
		for i := range 8 {
			sin, cos := math.Sincos(float64(i) * math.Pi / 4)
			p.Dot(cx+4*float32(sin), cy+4*float32(cos), 0.9, c)
		}
	case SignClose:
		p.Line(cx-2.6, cy-2.6, cx+2.6, cy+2.6, 1.2, c)
		p.Line(cx-2.6, cy+2.6, cx+2.6, cy-2.6, 1.2, c)
	}
}

// Bar draws a thin bar, 6 units high, that is filled up to fraction (0 to 1): how fresh a value is, how far a
// transfer has come.
func (p *Painter) Bar(x, y, w float32, fraction float32, c view.Concept) {
	none := color.NRGBA{}
	p.RoundRect(x, y, w, 6, 3, withAlpha(p.Pal.Line, percent(70)), 0, none)
	fraction = max(0, min(1, fraction))
	if fraction > 0 {
		p.RoundRect(x, y, max(w*fraction, 6), 6, 3, p.Pal.Text(c), 0, none)
	}
}

// Pill draws a text in a rounded tinted field, 20 units high with its top at y, such as "2.05 Content", and returns
// how wide it is.
func (p *Painter) Pill(x, y float32, s string, c view.Concept) float32 {
	st := Mono(12, c).In(p.Pal.OnTint(c, false))
	w := p.Measure(s, st) + 16
	p.RoundRect(x, y, w, 20, 10, p.Pal.Tint(c, false), 0, color.NRGBA{})
	p.Text(x+8, y+14, s, st)
	return w
}

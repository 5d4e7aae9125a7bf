package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
)

// scrollBarWidth is the strip at the right edge in which the bar can be taken.
const scrollBarWidth = 10

// scrollBar is the vertical scroll bar that lists draw for themselves.
type scrollBar struct {
	x, y, view float64 // the track: left edge, top, height
	total      float64
	grabbed    bool
	grabAt     float64 // distance of the pointer from the top of the thumb
	hover      bool
}

// layout places the track at the right edge of an area.
func (b *scrollBar) layout(w, y, view float32, total float64) {
	b.x, b.y, b.view, b.total = float64(w)-scrollBarWidth, float64(y), float64(view), total
}

func (b *scrollBar) needed() bool { return b.total > b.view && b.view > 0 }

// holds reports whether the pointer is on the track.
func (b *scrollBar) holds(pos fyne.Position) bool {
	return b.needed() && float64(pos.X) >= b.x && float64(pos.Y) >= b.y && float64(pos.Y) < b.y+b.view
}

// press takes the thumb, or asks for a page when the click is beside it: -1 up, +1 down, 0 none.
func (b *scrollBar) press(pos fyne.Position, offset float64) (page int) {
	ty, th := thumb(b.total, b.view, offset)
	at := float64(pos.Y) - b.y
	switch {
	case at < ty:
		return -1
	case at > ty+th:
		return 1
	}
	b.grabbed, b.grabAt = true, at-ty
	return 0
}

// drag returns the offset that the pointer has dragged the thumb to.
func (b *scrollBar) drag(pos fyne.Position) float64 {
	return thumbOffset(b.total, b.view, float64(pos.Y)-b.y-b.grabAt)
}

func (b *scrollBar) draw(p *Painter, offset float64) {
	if !b.needed() {
		return
	}
	ty, th := thumb(b.total, b.view, offset)
	w := float32(4)
	if b.hover || b.grabbed {
		w = 7
	}
	p.RoundRect(float32(b.x)+scrollBarWidth-w-2, float32(b.y+ty)+1, w, float32(th)-2, w/2, p.Pal.Scroll, 0, color.NRGBA{})
}

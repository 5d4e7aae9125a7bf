package widget

import "math"

// scroller is where a list of equally high rows stands. The place is a row and a fraction of it in float64, never a
// length of the whole in float32, so that row ten million is as sharp as row one.
type scroller struct {
	n    int     // rows
	row  float64 // height of one
	view float64 // height of the window onto them
	top  int     // the first row to be seen
	frac float64 // how much of it is above the window: 0 ≤ frac < row
	tail bool    // the window stays at the end as rows are added
}

// set takes new measures and keeps the place: the tail if it is followed, else the row that was on top.
func (s *scroller) set(n int, row, view float64) {
	if row != s.row && s.row > 0 {
		s.frac *= row / s.row
	}
	s.n, s.row, s.view = n, row, view
	if s.tail {
		s.toEnd()
		return
	}
	s.place(s.offset())
}

func (s *scroller) offset() float64 { return float64(s.top)*s.row + s.frac }

func (s *scroller) limit() float64 { return math.Max(0, float64(s.n)*s.row-s.view) }

// place stands at that distance from the top, as near as there is content.
func (s *scroller) place(offset float64) {
	offset = math.Max(0, math.Min(offset, s.limit()))
	if s.row <= 0 {
		s.top, s.frac = 0, 0
		return
	}
	s.top = int(offset / s.row)
	s.frac = offset - float64(s.top)*s.row
	if s.frac < 0 || s.frac >= s.row { // rounding at the edge of a row
		s.frac = 0
	}
}

func (s *scroller) by(dy float64)   { s.place(s.offset() + dy) }
func (s *scroller) toEnd()          { s.place(s.limit()) }
func (s *scroller) atEnd() bool     { return s.offset() >= s.limit()-0.5 }
func (s *scroller) pageRows() int   { return max(1, int(s.view/s.row)-1) }
func (s *scroller) y(i int) float64 { return float64(i-s.top)*s.row - s.frac }

// show moves as little as needed for row i to be seen whole.
func (s *scroller) show(i int) {
	if i < 0 || i >= s.n {
		return
	}
	y := s.y(i)
	switch {
	case y < 0:
		s.by(y)
	case y+s.row > s.view:
		s.by(y + s.row - s.view)
	}
}

// rowAt returns the row at a height of the window, or -1.
func (s *scroller) rowAt(y float64) int {
	if y < 0 || y >= s.view || s.row <= 0 {
		return -1
	}
	i := s.top + int((y+s.frac)/s.row)
	if i >= s.n {
		return -1
	}
	return i
}

// last returns the row after the last one to be seen.
func (s *scroller) last() int {
	if s.row <= 0 {
		return 0
	}
	return min(s.n, s.top+int(math.Ceil((s.view+s.frac)/s.row)))
}

// minThumb is how short the thumb of a scroll bar gets.
const minThumb = 28

// thumb returns where on a track of the height of view the thumb of a scroll bar lies, given content of height total
// that stands at offset.
func thumb(total, view, offset float64) (y, h float64) {
	if total <= view || view <= 0 {
		return 0, 0
	}
	h = math.Min(view, math.Max(minThumb, view*view/total))
	return (view - h) * offset / (total - view), h
}

// thumbOffset returns the offset at which the thumb lies at y: the reverse of thumb.
func thumbOffset(total, view, y float64) float64 {
	_, h := thumb(total, view, 0)
	if h == 0 || view <= h {
		return 0
	}
	return math.Max(0, math.Min(1, y/(view-h))) * (total - view)
}

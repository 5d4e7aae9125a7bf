package view

import "math"

// Pen draws a ladder: on the screen, or into a file. Lengths are in logical units.
type Pen interface {
	// Line draws a line.
	Line(x0, y0, x1, y1, width float32, d Dash, c Concept)
	// Shape fills the area inside the points, given as x and y by turns.
	Shape(c Concept, xy ...float32)
	// Box draws a rectangle.
	Box(x, y, w, h float32, b BoxKind, c Concept)
	// Text draws a text.
	Text(t PenText)
	// Hit makes an area stand for id.
	Hit(x, y, w, h float32, id any)
	// Clip gives a pen that draws only inside a rectangle, with the same origin.
	Clip(x, y, w, h float32) Pen
}

// Dash is how a line is broken.
type Dash uint8

// The ways to break a line.
const (
	Solid Dash = iota
	Dashed
	Dotted
)

// BoxKind is how a rectangle looks.
type BoxKind uint8

// The kinds of rectangles.
const (
	BoxSolid    BoxKind = iota // filled
	BoxTinted                  // a field of the concept, with an edge
	BoxSelected                // the ground of what is selected
	BoxGround                  // covers what is behind
)

// PenAlign tells what of a text is at its place.
type PenAlign uint8

// The alignments.
const (
	AlignLeft PenAlign = iota
	AlignMiddle
	AlignRight
)

// PenText is a text to draw: monospace, unless it is Sans.
type PenText struct {
	X, Y    float32 // of the baseline
	Width   float32 // at most; 0 for any
	Align   PenAlign
	Size    float32
	Bold    bool
	Sans    bool
	Clear   bool // covers what is behind
	Text    string
	Concept Concept
}

// head is the end of an arrow.
type head uint8

const (
	headFilled  head = iota
	headOpen         // two strokes
	headBarred       // filled, with a bar behind: the ACK that brings the response
	headDoubled      // two open ones
	headCrossed      // a cross
	headNone
)

// stroke is how arrows of a kind are drawn, so that they are told apart without colours.
type stroke struct {
	dash  Dash
	width float32
	head  head
	wavy  bool
	ring  bool // at the beginning
}

var strokes = [...]stroke{
	ArrowOther:           {Dotted, 1.2, headOpen, false, false},
	ArrowRequest:         {Solid, 1.4, headFilled, false, false},
	ArrowRetransmission:  {Dashed, 1.4, headFilled, false, false},
	ArrowAcknowledgement: {Solid, 1, headOpen, false, false},
	ArrowPiggybacked:     {Solid, 1.4, headBarred, false, false},
	ArrowSeparate:        {Solid, 1.4, headOpen, false, false},
	ArrowNotification:    {Solid, 1.4, headFilled, false, true},
	ArrowDuplicate:       {Dashed, 1.2, headDoubled, false, false},
	ArrowReset:           {Solid, 1.4, headCrossed, false, false},
	ArrowMalformed:       {Solid, 1.2, headCrossed, true, false},
	ArrowDropped:         {Dotted, 1, headNone, false, false},
}

// Draw draws the arrow between two places. One that is lost ends in the middle.
func (a *Arrow) Draw(pen Pen, x0, y0, x1, y1 float32) {
	st := strokes[a.Kind]
	if a.Late {
		st.dash = Dotted
	}
	if a.Lost {
		x1, y1 = (x0+x1)/2, (y0+y1)/2
		st.head = headNone
	}
	dx, dy := x1-x0, y1-y0
	length := float32(math.Hypot(float64(dx), float64(dy)))
	if length == 0 {
		return
	}
	ux, uy := dx/length, dy/length
	if st.wavy {
		wave(pen, x0, y0, ux, uy, length, st.width, a.Concept)
	} else {
		end := length
		if st.head == headFilled || st.head == headBarred {
			end -= 5 // so that the tip is sharp
		}
		pen.Line(x0, y0, x0+ux*end, y0+uy*end, st.width, st.dash, a.Concept)
	}
	if st.ring {
		ring(pen, x0+ux*5, y0+uy*5, a.Concept)
	}
	if a.Lost {
		cross(pen, x1, y1, 4.5, 1.8, Error)
		return
	}
	st.head.draw(pen, x1, y1, ux, uy, st.width, a.Concept)
}

// draw draws the head with its tip at a place; the line comes along (ux, uy).
func (h head) draw(pen Pen, x, y, ux, uy, width float32, c Concept) {
	const size, half = 8, 4
	at := func(back, across float32) (float32, float32) { return x - ux*back - uy*across, y - uy*back + ux*across }
	chevron := func(back float32) {
		tx, ty := at(back, 0)
		for _, side := range [...]float32{-half, half} {
			bx, by := at(back+size-1, side)
			pen.Line(bx, by, tx, ty, max(width, 1.2), Solid, c)
		}
	}
	switch h {
	case headFilled, headBarred:
		lx, ly := at(size, half-0.5)
		rx, ry := at(size, -half+0.5)
		pen.Shape(c, x, y, lx, ly, rx, ry)
		if h == headBarred {
			lx, ly := at(size+3, half+0.5)
			rx, ry := at(size+3, -half-0.5)
			pen.Line(lx, ly, rx, ry, 1.6, Solid, c)
		}
	case headOpen:
		chevron(0)
	case headDoubled:
		chevron(0)
		chevron(5)
	case headCrossed:
		cx, cy := at(5, 0)
		cross(pen, cx, cy, 4, 1.6, c)
	}
}

func cross(pen Pen, x, y, half, width float32, c Concept) {
	pen.Line(x-half, y-half, x+half, y+half, width, Solid, c)
	pen.Line(x-half, y+half, x+half, y-half, width, Solid, c)
}

func ring(pen Pen, x, y float32, c Concept) {
	const corners, radius = 10, 3.4
	var xy [2 * corners]float32
	for i := range corners {
		angle := 2 * math.Pi * float64(i) / corners
		xy[2*i], xy[2*i+1] = x+radius*float32(math.Cos(angle)), y+radius*float32(math.Sin(angle))
	}
	pen.Shape(c, xy[:]...)
}

// wave draws a line that shakes.
func wave(pen Pen, x, y, ux, uy, length, width float32, c Concept) {
	const step, reach = 5, 2.2
	px, py, side := x, y, float32(1)
	for at := float32(step); at < length; at += step {
		nx, ny := x+ux*at-uy*reach*side, y+uy*at+ux*reach*side
		pen.Line(px, py, nx, ny, width, Solid, c)
		px, py, side = nx, ny, -side
	}
	pen.Line(px, py, x+ux*length, y+uy*length, width, Solid, c)
}

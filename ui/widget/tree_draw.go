package widget

import (
	"image/color"
	"strings"

	"coapscope/ui/view"
)

// Sizes of what stands in a row besides text.
const (
	ringSize    = 9
	sparkWidth  = 36
	sparkHeight = 12
	leastNote   = 28  // of a note that is cut short
	shortNote   = 44  // of one beside marks
	longestPath = 256 // bytes of a path that is cut at its beginning
)

func (t *Tree) drawRow(p *Painter, r *Row, hover bool) {
	right := p.W - 12
	switch r.Kind {
	case HeadingRow:
		t.drawHeading(p, r)
		return
	case SubtitleRow:
		x := textX(r.Depth)
		p.TextEllipsis(x, 11, right-x, r.Text, Mono(10, r.Concept))
		return
	}
	tint := r.Tint
	if tint == view.Plain {
		tint = view.Accent
	}
	box := p.Sub(t.Inset, 0, p.W-2*t.Inset, p.H)
	switch {
	case r.ID != "" && r.ID == t.selected:
		box.selection(tint, t.Focused())
	case t.Highlighted != nil && t.Highlighted(r.ID):
		box.RoundRect(0, 0, box.W, box.H, 4, p.chosen(tint), 0, color.NRGBA{})
	case hover:
		box.RoundRect(0, 0, box.W, box.H, 4, p.Pal.Hover, 0, color.NRGBA{})
	}
	x, mid := textX(r.Depth), p.H/2
	if r.Foldable {
		sign := SignClosed
		if r.Open {
			sign = SignOpen
		}
		p.Sign(x-14, mid, sign, p.Pal.Text(view.Dim))
	}
	base := mid + 5
	if t.TextSize < 13 {
		base = mid + 4
	}
	if r.Ring.Shown {
		p.ring(right-ringSize/2, mid, r.Ring.Left, r.RightConcept)
		right -= ringSize + 6
	}
	size := float32(11)
	if t.ValueX > 0 {
		size = 12
	}
	value := Mono(size, r.RightConcept)
	room := right - x
	if r.Right != "" {
		if t.ValueX > 0 {
			p.TextEllipsis(t.ValueX, mid+4, right-t.ValueX, r.Right, value)
			room = t.ValueX - 8 - x
		} else {
			// The value gets at most half of the row, the name the rest.
			w := min(p.Measure(r.Right, value), (right-treeFlush)/2)
			p.TextEllipsis(right-w, mid+4, w+0.5, r.Right, value)
			room = right - w - 8 - x
		}
	}
	t.drawName(p, x, base, room, r)
}

// drawHeading draws the title of a section, with what can be clicked at its right.
func (t *Tree) drawHeading(p *Painter, r *Row) {
	right, base := p.W-12, p.H-8
	click := func(text string, st Style, id any) {
		if text == "" {
			return
		}
		w := p.Measure(text, st)
		p.Text(right-w, base, text, st)
		p.Hit(right-w-6, p.H-headingHeight, w+12, headingHeight, id)
		right -= w + 14
	}
	click(r.Right, Sans(11, r.RightConcept), actionID(r.ID))
	click(r.Choice, Sans(11, view.Accent), choiceID(r.ID))
	w := p.TextEllipsis(treeFlush, base, right-treeFlush, r.Text, SansBold(11, view.Dim))
	for _, m := range r.Marks {
		w += p.Text(treeFlush+w+6, base, m.Text, SansBold(11, m.Concept)) + 6
	}
}

// drawName draws what stands at the left of an item: the text, the marks and the note, and at the right end of the room
// the numbers of the value behind it.
func (t *Tree) drawName(p *Painter, x, base, room float32, r *Row) {
	var marks float32
	for _, m := range r.Marks {
		marks += 8
		if m.Sign != NoSign {
			marks += SignSize + 3
		}
		marks += p.Measure(m.Text, Sans(11, m.Concept))
	}
	if marks > room/2 {
		marks = 0 // the name matters more
	}
	note := Sans(11, view.Dim)
	name := Style{Size: t.TextSize, Bold: r.Bold, Concept: r.Concept}
	text, wide, most := r.Text, p.Measure(r.Note, note), room
	if r.Note != "" {
		// The note gets two fifths if it needs them, and less where the name and the marks need more; then the first segments of
		// a path go, and the marks last.
		all := p.Measure(text, name)
		if most = room - 8 - min(wide, room*2/5); all+marks > most {
			if all+marks <= room-8-min(wide, shortNote) {
				most = all + marks
			}
			text = p.lastSegments(text, most-marks, name)
		}
		if p.Measure(text, name)+marks > most {
			marks, text = 0, p.lastSegments(r.Text, most, name)
		}
	}
	w := p.TextEllipsis(x, base, most-marks+0.5, text, name)
	if marks > 0 {
		for _, m := range r.Marks {
			w += 8
			if m.Sign != NoSign {
				p.Sign(x+w, p.H/2, m.Sign, p.Pal.Text(m.Concept))
				w += SignSize + 3
			}
			w += p.Text(x+w, base, m.Text, Sans(11, m.Concept))
		}
	}
	if r.Note != "" {
		if left := room - w - 8; left >= min(wide, leastNote) {
			w += 8 + p.TextEllipsis(x+w+8, base, min(left, wide+0.5), r.Note, note)
		}
	}
	if len(r.Spark) > 1 && room-w >= sparkWidth+8 {
		p.spark(x+room-sparkWidth, p.H/2-sparkHeight/2, r.Spark)
	}
}

// lastSegments gives as many of the last segments of a path as there is room for, or the text as it is.
func (p *Painter) lastSegments(path string, room float32, st Style) string {
	text := path
	if len(path) > longestPath {
		return path
	}
	for rest := path; len(rest) > 1 && p.Measure(text, st) > room; text = "…" + rest {
		i := strings.IndexByte(rest[1:], '/')
		if i < 0 {
			break
		}
		rest = rest[1+i:]
	}
	return text
}

// ring draws how much is left of something as an arc that begins at the top and goes round to the right; nothing left is
// an empty ring.
func (p *Painter) ring(cx, cy, left float32, c view.Concept) {
	const radius = ringSize / 2.0
	rim := p.Pal.Text(view.Faint)
	if left > 0 {
		rim = withAlpha(rim, percent(45))
	}
	p.Circle(cx, cy, radius, color.NRGBA{}, 1, rim)
	if left > 0 {
		p.Arc(cx, cy, radius, 2, min(left, 1), p.Pal.Text(c))
	}
}

// spark draws numbers from 0 to 1 as a line of sparkWidth × sparkHeight, with a dot at the newest.
func (p *Painter) spark(x, y float32, numbers []float32) {
	const pad = 1.5
	c := p.Pal.Text(view.Dim)
	at := func(i int) (float32, float32) {
		return x + pad + (sparkWidth-2*pad)*float32(i)/float32(len(numbers)-1), y + pad + (sparkHeight-2*pad)*(1-numbers[i])
	}
	for i := 1; i < len(numbers); i++ {
		x0, y0 := at(i - 1)
		x1, y1 := at(i)
		p.Line(x0, y0, x1, y1, 1, c)
	}
	x1, y1 := at(len(numbers) - 1)
	p.Dot(x1, y1, 1.6, p.Pal.Text(view.Accent))
}

// actionID and choiceID are the regions of the right texts of a heading.
type (
	actionID string
	choiceID string
)

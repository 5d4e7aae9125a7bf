package view

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"coapscope/protocol"
)

// groupRound is what came of an earlier round of the same request, for the plot.
type groupRound []groupPoint

type groupPoint struct {
	key   string // of the member
	after time.Duration
	class uint8
}

// Bounds of what is kept of earlier rounds.
const (
	maxRounds      = 8
	maxRoundPoints = 2000
)

// round gives the points of a run, to be dim ones of the next.
func (g *GroupRun) round() (points groupRound) {
	for _, m := range g.members {
		if m.State == MemberAnswered && len(points) < maxRoundPoints {
			points = append(points, groupPoint{m.key(), m.Answer.RTT, m.Answer.Message.Code.Class()})
		}
	}
	return points
}

// key is the same for the same member in another round.
func (m *GroupMember) key() string {
	if m.To.IsValid() {
		return m.To.String()
	}
	return m.Text
}

// groupPlot is where the points were drawn, to tell what is at a place.
type groupPlot struct {
	points []plotted
}

type plotted struct {
	x, y   float32
	member *GroupMember
	copied int // which duplicate it is; 0 for the answer itself, or that there is none
}

// The plot's margins, and how large a point is.
const (
	plotLeft, plotRight = 16, 16
	plotTop, plotBottom = 26, 20
	plotSilent          = 22 // the room at the right for those who are silent
	pointRadius         = 3.6
	pointReach          = 8
	plotQuantile        = 0.9
	leastPlot           = time.Millisecond
	plotSlack           = 1.04
	minForQuantile      = 3
	earlierRadius       = 2.2
	narrowPlot          = 300 // below which words are short
	leastLane           = 9   // from which on lanes have a line each
)

// MemberAt gives the member whose point is at a place of the picture, and what it says; nil for none.
func (w *Workbench) MemberAt(g *GroupRun, x, y float32) (*GroupMember, string) {
	best, distance := -1, float32(pointReach*pointReach)
	for i, p := range g.plot.points {
		if d := (p.x-x)*(p.x-x) + (p.y-y)*(p.y-y); d < distance {
			best, distance = i, d
		}
	}
	if best < 0 {
		return nil, ""
	}
	p := &g.plot.points[best]
	m := p.member
	name := w.memberName(m)
	switch {
	case p.copied > 0:
		return m, fmt.Sprintf("%s\nduplicate %d after %s", name, p.copied, Duration(m.Copies[p.copied-1]))
	case m.State != MemberAnswered:
		_, _, words := m.silence(g)
		return m, name + "\n" + words
	}
	what := fmt.Sprintf("%s\n%s after %s", name, m.Answer.Message.Code, Duration(m.Answer.RTT))
	if flags := m.flags(g); len(flags) > 0 {
		what += "\n" + strings.Join(flags, ", ")
	}
	return m, what
}

// Draw draws when the members answered: a lane each, the leisure as a field behind, and lines where half and nine
// tenths of them had (RFC 7252 §8.2). What earlier rounds brought is dim.
func (g *GroupRun) Draw(pen Pen, width, height float32) {
	g.plot.points = g.plot.points[:0]
	left, right := float32(plotLeft), width-plotRight-plotSilent
	top, bottom := float32(plotTop), height-plotBottom
	if right-left < 60 || bottom-top < 16 {
		return
	}
	times := g.times()
	until := g.span(times)
	place := func(d time.Duration) float32 { return left + float32(float64(d)/float64(until))*(right-left) }
	g.drawGround(pen, place, until, left, right, top, bottom, width)
	lanes := max(1, len(g.members))
	above := float32(4)
	if len(times) >= minForQuantile {
		above = 14 // for what the lines there are
	}
	pitch := (bottom - top - above - 4) / float32(lanes)
	lane := func(i int) float32 { return top + above + (float32(i)+0.5)*pitch }
	if pitch >= leastLane {
		for i := range lanes {
			pen.Line(left, lane(i), right, lane(i), 1, Solid, Faint)
		}
	}
	g.drawQuantiles(pen, times, place, top, bottom, right)
	g.drawEarlier(pen, place, lane, until)
	for _, m := range g.members {
		y := lane(m.lane)
		switch m.State {
		case MemberAnswered:
			for i, after := range m.Copies {
				if after <= until {
					x := place(after)
					hollow(pen, x, y, pointRadius+1.8, Warning)
					g.plot.points = append(g.plot.points, plotted{x, y, m, i + 1})
				}
			}
			a := m.Answer
			x := place(a.RTT)
			if m == g.Selected {
				hollow(pen, x, y, pointRadius+3, Accent)
			}
			point(pen, x, y, pointRadius, a.Message.Code.Class(), codeConcept(a.Message.Code))
			g.plot.points = append(g.plot.points, plotted{x, y, m, 0})
		case MemberSilent, MemberFailed, MemberRejected:
			x := right + plotSilent/2
			cross(pen, x, y, 3, 1.4, Error)
			g.plot.points = append(g.plot.points, plotted{x, y, m, 0})
		}
	}
}

// times gives when the first answers of all came, sorted.
func (g *GroupRun) times() (times []time.Duration) {
	for _, m := range g.members {
		if m.State == MemberAnswered && m.Nth == 1 {
			times = append(times, m.Answer.RTT)
		}
	}
	slices.Sort(times)
	return times
}

// span is how much time the plot shows.
func (g *GroupRun) span(times []time.Duration) time.Duration {
	until := leastPlot
	if len(times) > 0 {
		until = max(until, times[len(times)-1])
	}
	for _, m := range g.members {
		if m.State == MemberAnswered {
			until = max(until, m.Answer.RTT)
			for _, c := range m.Copies {
				until = max(until, c)
			}
		}
	}
	for _, round := range g.earlier {
		for _, p := range round {
			until = max(until, p.after)
		}
	}
	if g.Multicast && !g.Close {
		until = max(until, g.Leisure())
	}
	return time.Duration(float64(until) * plotSlack)
}

// drawGround draws the leisure, the axis and what the shapes mean.
func (g *GroupRun) drawGround(pen Pen, place func(time.Duration) float32, until time.Duration, left, right, top, bottom, width float32) {
	caption := "answer times of " + count(len(g.members), "member", "members")
	if g.Multicast {
		pen.Box(left, top, place(min(g.Leisure(), until))-left, bottom-top, BoxSelected, Accent)
		caption = "leisure " + Seconds(g.Leisure())
		if g.Leisure() > until {
			caption += " →"
		}
		if lb, ok := g.LowerBound(); ok {
			if x := place(lb); lb <= until {
				pen.Line(x, top, x, bottom, 1, Dashed, Accent)
			}
			caption += ", S·G/R " + Seconds(lb)
		}
	}
	x := width - plotRight
	for _, l := range g.legend(width) {
		pen.Text(PenText{X: x, Y: 16, Size: 11, Sans: true, Align: AlignRight, Text: l.text, Concept: Dim})
		x -= float32(len(l.text))*6 + 8
		if l.class == 0 {
			hollow(pen, x, 12, 3, l.c)
		} else {
			point(pen, x, 12, 3, l.class, l.c)
		}
		x -= 10
	}
	pen.Text(PenText{X: left, Y: 16, Width: x - left - 4, Size: 11, Sans: true, Text: caption, Concept: Dim})
	pen.Line(left, bottom, right, bottom, 1, Solid, Faint)
	unit, name := float64(time.Second), "s"
	if until < 2*time.Second {
		unit, name = float64(time.Millisecond), "ms"
	}
	span := float64(until) / unit
	step := niceStep(span, max(2, int((right-left)/70)))
	missing := g.Sum()
	none := missing.Silent+missing.Failed > 0
	for v := 0.0; v <= span; v += step {
		x := place(time.Duration(v * unit))
		pen.Line(x, bottom, x, bottom+3, 1, Solid, Faint)
		if none && v > 0 && x > right-18 {
			break // there stands "none"
		}
		align := AlignMiddle
		if v == 0 {
			align = AlignLeft
		}
		pen.Text(PenText{X: x, Y: bottom + 14, Align: align, Size: 10, Text: tickText(v, step) + " " + name, Concept: Dim})
	}
	if none {
		pen.Text(PenText{X: right + plotSilent/2, Y: bottom + 14, Align: AlignMiddle, Size: 10, Text: "none", Concept: Error})
	}
}

// drawQuantiles draws where half of the answers had come, and nine tenths.
func (g *GroupRun) drawQuantiles(pen Pen, times []time.Duration, place func(time.Duration) float32, top, bottom, right float32) {
	if len(times) < minForQuantile {
		return
	}
	half, most := place(quantile(times, 0.5)), place(quantile(times, plotQuantile))
	pen.Line(half, top, half, bottom, 1, Dashed, Dim)
	pen.Line(most, top, most, bottom, 1, Dashed, Dim)
	label := func(x float32, text string) {
		t := PenText{X: x + 3, Y: top + 10, Size: 10, Text: text, Concept: Dim}
		if x+3+float32(len(text))*6.1 > right+plotSilent/2 {
			t.X, t.Align = x-3, AlignRight
		}
		pen.Text(t)
	}
	if most-half > 32 {
		label(half, "50 %")
		label(most, "90 %")
	} else if most-half > 0 && right-most < 58 {
		label(half, "50, 90 %")
	} else {
		label(most, "50, 90 %")
	}
}

// legendItem says what a shape means.
type legendItem struct {
	text  string
	class uint8 // of the code; 0 for a duplicate
	c     Concept
}

// legend gives those shapes that there are, from right to left.
func (g *GroupRun) legend(width float32) (items []legendItem) {
	s := g.Sum()
	if s.Copies > 0 {
		text := "duplicate"
		if width < narrowPlot {
			text = "dup"
		}
		items = append(items, legendItem{text, 0, Warning})
	}
	for _, class := range []uint8{5, 4, 2} {
		if slices.ContainsFunc(s.Codes, func(c CodeCount) bool { return c.Code.Class() == class }) {
			items = append(items, legendItem{fmt.Sprintf("%d.xx", class), class, codeConcept(protocol.Code(class << 5))})
		}
	}
	return items
}

func (g *GroupRun) drawEarlier(pen Pen, place func(time.Duration) float32, lane func(int) float32, until time.Duration) {
	if len(g.earlier) == 0 {
		return
	}
	lanes := make(map[string]int, len(g.members))
	for _, m := range g.members {
		if _, there := lanes[m.key()]; !there {
			lanes[m.key()] = m.lane
		}
	}
	for _, round := range g.earlier {
		for _, p := range round {
			if i, there := lanes[p.key]; there && p.after <= until {
				point(pen, place(p.after), lane(i), earlierRadius, p.class, Faint)
			}
		}
	}
}

// corners is how many a disc is drawn with; circle are those of one whose radius is 1.
const corners = 12

var circle = func() (c [corners][2]float32) {
	for i := range c {
		angle := 2 * math.Pi * float64(i) / corners
		c[i] = [2]float32{float32(math.Cos(angle)), float32(math.Sin(angle))}
	}
	return c
}()

// point draws an answer: a disc, a triangle for 4.xx, a square for 5.xx.
func point(pen Pen, x, y, r float32, class uint8, c Concept) {
	switch class {
	case 4:
		pen.Shape(c, x, y-r-0.6, x+r+0.6, y+r, x-r-0.6, y+r)
	case 5:
		pen.Shape(c, x-r, y-r, x+r, y-r, x+r, y+r, x-r, y+r)
	default:
		var xy [2 * corners]float32
		for i, at := range circle {
			xy[2*i], xy[2*i+1] = x+r*at[0], y+r*at[1]
		}
		pen.Shape(c, xy[:]...)
	}
}

// hollow draws a ring.
func hollow(pen Pen, x, y, r float32, c Concept) {
	last := circle[corners-1]
	px, py := x+r*last[0], y+r*last[1]
	for _, at := range circle {
		nx, ny := x+r*at[0], y+r*at[1]
		pen.Line(px, py, nx, ny, 1.2, Solid, c)
		px, py = nx, ny
	}
}

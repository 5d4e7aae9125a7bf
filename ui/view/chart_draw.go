package view

import (
	"math"
	"time"
)

// Geometry of a chart.
const (
	axisWidth   = 56 // for the values at the left
	axisHeight  = 20 // for the times at the bottom
	laneGap     = 10
	laneTitle   = 15
	bandHeight  = 24
	legendRow   = 17
	legendHead  = 13
	chartInset  = 8
	monoAdvance = 0.602 // of a font size
	maxLegend   = 8
)

func monoWidth(s string, size float32) float32 { return float32(len([]rune(s))) * size * monoAdvance }

// Draw draws the lines into an area.
func (c *Chart) Draw(pen Pen, w, h float32, lines []ChartLine, now time.Time) {
	from, to := c.Window(now)
	legend := min(len(lines), maxLegend, max(0, int((h-40-70*float32(min(len(lines), 3)))/legendRow))) // lanes come first
	if legend < min(3, len(lines)) {
		legend = 0 // the list beside it has the values too
	}
	legendHeight := float32(legend) * legendRow
	if legend > 0 {
		legendHeight += legendHead
	}
	c.sight = chartSight{plotX: axisWidth, plotW: w - axisWidth - chartInset, from: from, to: to}
	s := &c.sight
	if s.plotW < 20 || h < 60 {
		return
	}
	bottom := h - legendHeight - 6
	s.lanes = c.layLanes(lines, bottom-axisHeight)
	zone := c.zone
	if zone == nil {
		zone = time.Local
	}
	ticks, format := timeTicks(from, to, max(1, int(s.plotW/90)), zone)
	axis := bottom - axisHeight
	for _, t := range ticks {
		x := c.placeOf(t)
		for i := range s.lanes {
			pen.Line(x, s.lanes[i].y, x, s.lanes[i].y+s.lanes[i].h, 1, Solid, Faint)
		}
		text := t.In(zone).Format(format)
		half := monoWidth(text, 10) / 2
		pen.Text(PenText{X: min(max(x, s.plotX+half-20), w-half-2), Y: axis + 14, Align: AlignMiddle, Size: 10, Text: text, Concept: Faint})
	}
	for i := range s.lanes {
		l := &s.lanes[i]
		if l.text {
			c.drawBand(pen, l, now)
		} else {
			c.drawLane(pen, l, now)
		}
	}
	if c.pointed && c.pointerX >= s.plotX && c.pointerX <= s.plotX+s.plotW && c.pointerY < axis {
		c.drawPointer(pen, w, axis, zone)
	}
	c.drawLegend(pen, w, bottom+4, lines[:legend], len(lines)-legend)
}

// drawTitle writes the unit of a lane above its axis, or from the left edge on the name that tells what is in it.
func (c *Chart) drawTitle(pen Pen, l *lane, text string, name bool) {
	title := PenText{X: c.sight.plotX - 6, Y: l.y - 5, Align: AlignRight, Size: 11, Bold: true, Sans: true, Text: text, Width: axisWidth - 10, Concept: Dim}
	if name {
		title.X, title.Align, title.Width = 8, AlignLeft, c.sight.plotW
	}
	pen.Text(title)
}

func (c *Chart) drawLane(pen Pen, l *lane, now time.Time) {
	s := &c.sight
	c.drawTitle(pen, l, l.unit, l.named)
	ticks, step := valueTicks(l.low, l.high, l.h)
	for _, v := range ticks {
		y := l.place(v)
		pen.Line(s.plotX, y, s.plotX+s.plotW, y, 1, Solid, Faint)
		pen.Text(PenText{X: s.plotX - 6, Y: max(y+3.5, l.y+6), Align: AlignRight, Size: 10, Text: tickText(v, step), Concept: Dim})
	}
	inside := pen.Clip(s.plotX, l.y-1, s.plotW, l.h+2)
	for _, line := range l.lines {
		line.of.mu.Lock()
		c.drawLine(inside, l, line, now)
		line.of.mu.Unlock()
	}
	c.drawMarks(pen, l)
}

// Lengths of dashes along x.
var dashes = [...]struct{ on, off float32 }{Solid: {1, 0}, Dashed: {9, 4}, Dotted: {2, 3}}

// dashedLine draws a piece of a course. Where it is says what of it is drawn, so that a course of many short pieces is broken like
// one of few long ones, and no piece looks like a gap.
func dashedLine(pen Pen, x0, y0, x1, y1 float32, dash Dash, c Concept) {
	d := dashes[dash]
	if dash == Solid || x1-x0 < 0.01 {
		pen.Line(x0, y0, x1, y1, 1.5, Solid, c)
		return
	}
	at := func(x float32) float32 { return y0 + (y1-y0)*(x-x0)/(x1-x0) }
	for x := float32(math.Floor(float64(x0/(d.on+d.off)))) * (d.on + d.off); x < x1; x += d.on + d.off {
		if from, to := max(x, x0), min(x+d.on, x1); to > from {
			pen.Line(from, at(from), to, at(to), 1.5, Solid, c)
		}
	}
}

func (c *Chart) drawLine(pen Pen, l *lane, line ChartLine, now time.Time) {
	s := &c.sight
	strokes := line.of.seriesOf(line.path).Strokes(nil, s.from, s.to, int(s.plotW))
	if len(strokes) == 0 {
		return
	}
	st := line.Style
	x := func(k *Stroke) float32 { return s.plotX + float32(k.Column) + 0.5 }
	seg := func(x0, y0, x1, y1 float32) {
		dashedLine(pen, x0, y0, x1, y1, st.Dash, st.Concept)
	}
	sparse := s.plotW/float32(len(strokes)) >= 12
	nextMarker := float32(-1)
	for i := range strokes {
		k := &strokes[i]
		if i > 0 && !k.Broken {
			p := &strokes[i-1]
			y0, y1 := l.place(p.Last), l.place(k.First)
			if c.Step {
				seg(x(p), y0, x(k), y0)
				if y0 != y1 {
					pen.Line(x(k), y0, x(k), y1, 1.5, Solid, st.Concept)
				}
			} else {
				seg(x(p), y0, x(k), y1)
			}
		}
		if k.N > 1 && k.Low < k.High {
			pen.Line(x(k), l.place(k.Low), x(k), l.place(k.High), 1, Solid, st.Concept)
		}
		if sparse || x(k) >= nextMarker || k.Broken {
			DrawMarker(pen, x(k), l.place(k.Last), st)
			nextMarker = x(k) + 80
		}
	}
	// The newest value counts until its Max-Age is over.
	if last := &strokes[len(strokes)-1]; c.Step && line.of.state == WatchObserving && last.Column < int(s.plotW) {
		until := line.of.expires
		if until.After(now) {
			until = now
		}
		if end := min(c.placeOf(until), s.plotX+s.plotW); end > x(last) {
			pen.Line(x(last), l.place(last.Last), end, l.place(last.Last), 1.5, Dotted, st.Concept)
		}
	}
}

// DrawMarker draws the sign of a series: a disc, a square, a triangle or a diamond.
func DrawMarker(pen Pen, x, y float32, st ChartStyle) {
	const r = 3
	switch st.Marker {
	case 0:
		var xy [16]float32
		for i := range 8 {
			a := math.Pi * (float64(i) + 0.5) / 4
			xy[2*i], xy[2*i+1] = x+r*float32(math.Cos(a)), y+r*float32(math.Sin(a))
		}
		pen.Shape(st.Concept, xy[:]...)
	case 1:
		pen.Shape(st.Concept, x-r+0.5, y-r+0.5, x+r-0.5, y-r+0.5, x+r-0.5, y+r-0.5, x-r+0.5, y+r-0.5)
	case 2:
		pen.Shape(st.Concept, x, y-r-0.5, x+r+0.5, y+r-0.5, x-r-0.5, y+r-0.5)
	default:
		pen.Shape(st.Concept, x, y-r-1, x+r+1, y, x, y+r+1, x-r-1, y)
	}
}

func ringAt(pen Pen, x, y, r float32, c Concept) {
	for i := range 10 {
		a, b := 2*math.Pi*float64(i)/10, 2*math.Pi*float64(i+1)/10
		pen.Line(x+r*float32(math.Cos(a)), y+r*float32(math.Sin(a)), x+r*float32(math.Cos(b)), y+r*float32(math.Sin(b)), 1.3, Solid, c)
	}
}

// drawBand draws texts as a band: a field as long as one lasts.
func (c *Chart) drawBand(pen Pen, l *lane, now time.Time) {
	s := &c.sight
	line := l.lines[0]
	c.drawTitle(pen, l, line.Name, true)
	pen.Line(s.plotX, l.y+l.h, s.plotX+s.plotW, l.y+l.h, 1, Solid, Faint)
	inside := pen.Clip(s.plotX, l.y-1, s.plotW, l.h+2)
	c.drawRuns(inside, l, line, now)
	c.drawMarks(pen, l)
}

func (c *Chart) drawRuns(inside Pen, l *lane, line ChartLine, now time.Time) {
	s := &c.sight
	line.of.mu.Lock()
	defer line.of.mu.Unlock()
	runs := line.of.states.Runs()
	slots := make(map[string]int)
	drawn := s.plotX - 1
	for i := range runs {
		r := &runs[i]
		if _, known := slots[r.Text]; !known {
			slots[r.Text] = len(slots)
		}
		end := r.To
		switch {
		case i+1 < len(runs) && !runs[i+1].Break:
			end = runs[i+1].From
		case i+1 == len(runs) && line.of.state == WatchObserving:
			if end = line.of.expires; end.After(now) {
				end = now
			}
		}
		if end.Before(s.from) || r.From.After(s.to) {
			continue
		}
		x0, x1 := max(c.placeOf(r.From), s.plotX-4), min(c.placeOf(end), s.plotX+s.plotW+4)
		if x1 < drawn+1 {
			continue
		}
		x0 = max(x0, drawn)
		x1 = max(x1, x0+2)
		inside.Box(x0, l.y, x1-x0, l.h, BoxTinted, chartConcepts[slots[r.Text]%len(chartConcepts)])
		if left := max(x0, s.plotX); x1-left > 24 {
			inside.Text(PenText{X: left + 5, Y: l.y + l.h/2 + 4, Width: x1 - left - 9, Size: 11, Text: r.Text, Concept: Plain})
		}
		drawn = x1
	}
}

// drawPointer draws the line under the pointer and the time there.
func (c *Chart) drawPointer(pen Pen, w, axis float32, zone *time.Location) {
	s := &c.sight
	x := c.pointerX
	at := c.timeAt(x)
	for i := range s.lanes {
		l := &s.lanes[i]
		pen.Line(x, l.y, x, l.y+l.h, 1, Dashed, Plain)
		if l.text {
			continue
		}
		for _, line := range l.lines {
			line.of.mu.Lock()
			a, ok := line.of.seriesOf(line.path).Near(at)
			line.of.mu.Unlock()
			if px := c.placeOf(a.At); ok && px >= s.plotX && px <= s.plotX+s.plotW {
				ringAt(pen, px, l.place(a.Value), 4.5, line.Style.Concept)
			}
		}
	}
	text := at.In(zone).Format("15:04:05.000")
	half := monoWidth(text, 10)/2 + 4
	left := min(max(x-half, s.plotX), w-2*half)
	pen.Box(left, axis+3, 2*half, 15, BoxGround, Plain)
	pen.Box(left, axis+3, 2*half, 15, BoxTinted, Accent)
	pen.Text(PenText{X: left + half, Y: axis + 14, Align: AlignMiddle, Size: 10, Text: text, Concept: Plain})
}

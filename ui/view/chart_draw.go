package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
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
	if legend < min(2, len(lines)) {
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

func (c *Chart) drawLane(pen Pen, l *lane, now time.Time) {
	s := &c.sight
	title := PenText{X: s.plotX - 6, Y: l.y - 4, Align: AlignRight, Size: 11, Bold: true, Sans: true, Text: l.unit, Width: axisWidth - 10, Concept: Dim}
	if l.named {
		title.X, title.Align, title.Width = 8, AlignLeft, s.plotW
	}
	pen.Text(title)
	step := niceStep(l.high-l.low, max(1, min(8, int(l.h/18))))
	for v, n := math.Ceil(l.low/step)*step, 0; v <= l.high && n < 50; v, n = v+step, n+1 {
		y := l.place(v)
		pen.Line(s.plotX, y, s.plotX+s.plotW, y, 1, Solid, Faint)
		pen.Text(PenText{X: s.plotX - 6, Y: y + 3.5, Align: AlignRight, Size: 10, Text: tickText(v, step), Concept: Dim})
	}
	inside := pen.Clip(s.plotX, l.y-1, s.plotW, l.h+2)
	for _, line := range l.lines {
		line.of.mu.Lock()
		c.drawLine(inside, l, line, now)
		line.of.mu.Unlock()
	}
	for _, line := range l.lines {
		line.of.mu.Lock()
		c.drawMarks(pen, l, line)
		line.of.mu.Unlock()
	}
}

// Lengths of dashes along x.
var dashes = [...]struct{ on, off float32 }{Solid: {1, 0}, Dashed: {9, 4}, Dotted: {2, 3}}

func (c *Chart) drawLine(pen Pen, l *lane, line ChartLine, now time.Time) {
	s := &c.sight
	strokes := line.of.seriesOf(line.path).Strokes(nil, s.from, s.to, int(s.plotW))
	if len(strokes) == 0 {
		return
	}
	st := line.Style
	x := func(k *Stroke) float32 { return s.plotX + float32(k.Column) + 0.5 }
	seg := func(x0, y0, x1, y1 float32) {
		d := dashes[st.Dash]
		switch {
		case st.Dash == Solid:
			pen.Line(x0, y0, x1, y1, 1.5, Solid, st.Concept)
		case x1-x0 > 14:
			pen.Line(x0, y0, x1, y1, 1.5, st.Dash, st.Concept)
		default: // pieces shorter than a dash: where they are says whether they are drawn
			if float32(math.Mod(float64(x0), float64(d.on+d.off))) < d.on {
				pen.Line(x0, y0, x1, y1, 1.5, Solid, st.Concept)
			}
		}
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

// sign gives how a mark is drawn, and what it is called there.
func (k MarkKind) sign() (glyph, word string, c Concept) {
	switch k {
	case MarkStale:
		return "✕", "stale", Warning
	case MarkAge:
		return "⧗", "128 s", Dim
	case MarkStalled:
		return "⚠", "stalled", Error
	case MarkRegistered:
		return "↻", "", Good
	case MarkReboot:
		return "⚡", "restarted", Warning
	case MarkMissed:
		return "∅", "", Warning
	case MarkUnanswered:
		return "?", "", Warning
	case MarkSlept:
		return "☾", "slept", Dim
	}
	return "■", "", Dim
}

func (c *Chart) drawMarks(pen Pen, l *lane, line ChartLine) {
	s := &c.sight
	first := len(line.of.series) == 0 || line.of.series[0].Path == line.path
	var taken [MarkEnded + 1]float32 // to where signs of a kind reach
	for i := range line.of.marks {
		m := &line.of.marks[i]
		if m.At.Before(s.from) || m.At.After(s.to) || int(m.Kind) >= len(taken) {
			continue
		}
		glyph, word, concept := m.Kind.sign()
		x, y := c.placeOf(m.At), l.y+9
		if m.Kind == MarkStale && m.Valid && first {
			y = l.place(m.Value)
			ringAt(pen, x, y, 5, concept)
			cross(pen, x, y, 2.6, 1.4, concept)
			if x > taken[m.Kind] && x+44 < s.plotX+s.plotW {
				pen.Text(PenText{X: x, Y: max(y-8, l.y+8), Align: AlignMiddle, Size: 10, Sans: true, Text: word, Concept: concept})
				taken[m.Kind] = x + 60
			}
			continue
		}
		if x < taken[m.Kind] {
			continue
		}
		if m.Kind != MarkStale {
			pen.Line(x, l.y, x, l.y+l.h, 1, Dotted, concept)
		}
		pen.Text(PenText{X: x - 4, Y: y, Size: 11, Clear: true, Text: glyph, Concept: concept})
		taken[m.Kind] = x + 14
		if word != "" && x+60 < s.plotX+s.plotW {
			pen.Text(PenText{X: x + 6, Y: y, Size: 10, Sans: true, Clear: true, Text: word, Concept: concept})
			taken[m.Kind] = x + 60
		}
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
	pen.Text(PenText{X: s.plotX - 6, Y: l.y - 4, Align: AlignRight, Size: 11, Bold: true, Sans: true, Text: "text", Concept: Dim})
	pen.Line(s.plotX, l.y+l.h, s.plotX+s.plotW, l.y+l.h, 1, Solid, Faint)
	inside := pen.Clip(s.plotX, l.y-1, s.plotW, l.h+2)
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
	c.drawMarks(pen, l, line)
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

// drawLegend names the lines, with their value under the pointer or the newest, and what can be said of all that is shown.
func (c *Chart) drawLegend(pen Pen, w, y float32, lines []ChartLine, more int) {
	s := &c.sight
	at, pointed := s.to, false
	if c.pointed && c.pointerX >= s.plotX && c.pointerX <= s.plotX+s.plotW {
		at, pointed = c.timeAt(c.pointerX), true
	}
	if len(lines) == 0 {
		return
	}
	columns := legendColumns
	if w < 400 { // interval and jitter have no room
		columns = columns[:3]
	}
	right := w - chartInset
	left := right
	for _, c := range columns {
		left -= c.width
	}
	for i, x := 0, left; i < len(columns); i++ {
		x += columns[i].width
		pen.Text(PenText{X: x, Y: y + 8, Align: AlignRight, Size: 10, Sans: true, Text: columns[i].title, Concept: Faint})
	}
	for i, line := range lines {
		base := y + legendHead + float32(i)*legendRow + 11
		pen.Line(8, base-4, 32, base-4, 1.5, line.Style.Dash, line.Style.Concept)
		if !line.text {
			DrawMarker(pen, 20, base-4, line.Style)
		}
		name := line.Name
		if more > 0 && i == len(lines)-1 {
			name = fmt.Sprintf("and %d more, ", more) + name
		}
		value, stats := line.sums(at, s.from, s.to, pointed)
		valueWidth := min(monoWidth(value, 12), max(60, (left-40)/2))
		pen.Text(PenText{X: 38, Y: base, Size: 12, Sans: true, Width: max(30, left-valueWidth-38-10), Text: name, Concept: Plain})
		pen.Text(PenText{X: left, Y: base, Align: AlignRight, Size: 12, Width: valueWidth, Text: value, Concept: line.Style.Concept})
		x := left
		for k, c := range columns {
			x += c.width
			if k < len(stats) {
				pen.Text(PenText{X: x, Y: base, Align: AlignRight, Size: 11, Text: stats[k], Width: c.width - 4, Concept: Dim})
			}
		}
	}
}

// legendColumns are what is said of a line besides its value.
var legendColumns = []struct {
	title string
	width float32
}{{"min", 48}, {"mean", 48}, {"max", 48}, {"every", 58}, {"jitter", 56}}

// sums gives the value of a line at a time, and min, mean, max, interval and jitter of what is shown.
func (line *ChartLine) sums(at, from, to time.Time, pointed bool) (value string, stats []string) {
	o := line.of
	o.mu.Lock()
	defer o.mu.Unlock()
	if line.text {
		if run, ok := o.states.At(at); ok {
			value = run.Text
		}
		return value, nil
	}
	series := o.seriesOf(line.path)
	a, ok := series.Last()
	if pointed {
		a, ok = series.Near(at)
	}
	if ok {
		value = strings.TrimSpace(FormatNumber(a.Value) + " " + series.Unit)
	}
	st := series.Stats(from, to)
	if st.N == 0 {
		return value, nil
	}
	stats = []string{short(st.Low), short(st.Mean), short(st.High)}
	if st.Interval > 0 {
		stats = append(stats, Duration(st.Interval), Duration(st.Jitter))
	}
	return value, stats
}

func short(v float64) string {
	if a := math.Abs(v); a >= 1e4 && a < 1e6 {
		return strconv.FormatFloat(v, 'f', 0, 64) // no longer than with an exponent
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

package view

import "math"

// lane is a part of a chart with an axis of its own: the series of one unit, or of one name where they have none, or the
// texts of one observation.
type lane struct {
	unit      string // or the name
	named     bool   // it is one
	lines     []ChartLine
	text      bool
	y, h      float32
	low, high float64
}

func (l *lane) place(v float64) float32 {
	return l.y + l.h - float32((v-l.low)/(l.high-l.low))*l.h
}

// laneHeight is what a lane takes at least, where there is a choice.
const laneHeight = 36 + laneTitle + laneGap

// layLanes has lanes one below the other. Numbers without a unit may be anything: they share one only by their name, or for
// want of room.
func (c *Chart) layLanes(lines []ChartLine, h float32) []lane {
	lanes, texts := sortLanes(lines, true)
	if float32(len(lanes)-texts)*laneHeight > h-float32(texts)*(bandHeight+laneTitle+laneGap) {
		lanes, texts = sortLanes(lines, false)
	}
	band := float32(bandHeight)
	numbers := len(lanes) - texts
	if room := h / float32(max(1, len(lanes))); numbers == 0 && room < band+laneTitle+laneGap {
		band = max(4, room-laneTitle-laneGap)
	}
	each := (h - float32(texts)*(band+laneTitle+laneGap)) / float32(max(1, numbers))
	y := float32(2)
	for i := range lanes {
		l := &lanes[i]
		l.y, l.h = y+laneTitle, band
		if !l.text {
			l.h = max(8, each-laneTitle-laneGap)
			c.scale(l)
		}
		y = l.y + l.h + laneGap
	}
	return lanes
}

// sortLanes gives the lanes of lines, and how many of them are of texts.
func sortLanes(lines []ChartLine, byName bool) (lanes []lane, texts int) {
	for _, line := range lines {
		unit := ""
		if !line.text {
			line.of.mu.Lock()
			unit = line.of.seriesOf(line.path).Unit
			line.of.mu.Unlock()
		}
		named := unit == "" && byName
		if named {
			unit = line.what
		}
		at := -1
		for i := range lanes {
			if !line.text && !lanes[i].text && lanes[i].unit == unit {
				at = i
			}
		}
		if at < 0 {
			at = len(lanes)
			lanes = append(lanes, lane{unit: unit, named: named, text: line.text})
			if line.text {
				texts++
			}
		}
		lanes[at].lines = append(lanes[at].lines, line)
	}
	return lanes, texts
}

// scale gives a lane the bounds of its values in the time that is shown.
func (c *Chart) scale(l *lane) {
	l.low, l.high = math.Inf(1), math.Inf(-1)
	for _, line := range l.lines {
		o := line.of
		o.mu.Lock()
		series := o.seriesOf(line.path)
		for _, k := range series.Strokes(nil, c.sight.from, c.sight.to, int(c.sight.plotW)) {
			l.low, l.high = min(l.low, k.Low), max(l.high, k.High)
		}
		if len(o.series) > 0 && o.series[0] == series {
			for _, m := range o.marks {
				if m.Valid && !m.At.Before(c.sight.from) && !m.At.After(c.sight.to) {
					l.low, l.high = min(l.low, m.Value), max(l.high, m.Value)
				}
			}
		}
		o.mu.Unlock()
	}
	if l.low > l.high {
		l.low, l.high = 0, 1
	}
	pad := (l.high - l.low) * 0.08
	if pad == 0 {
		pad = max(0.5, math.Abs(l.high)*0.02)
	}
	l.low, l.high = l.low-pad, l.high+pad
	if math.IsInf(l.high-l.low, 0) { // values at both ends of what a number can be
		l.low, l.high = -math.MaxFloat64/4, math.MaxFloat64/4
	}
}

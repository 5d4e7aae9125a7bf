package view

import (
	"strings"
	"time"

	"coapscope/session/trace"
)

// Chart is what of observations is drawn over time, and how. The zero value follows the newest minute.
type Chart struct {
	Step bool // values stay until the next one, instead of being joined by lines

	span   time.Duration // that is shown; 0 for a minute
	end    time.Time     // of it; zero while it follows
	paused bool

	pointerX, pointerY float32
	pointed            bool

	zone  *time.Location // nil for that of the system
	sight chartSight
}

// chartSight is what was drawn last, to tell what is at a place.
type chartSight struct {
	plotX, plotW float32
	from, to     time.Time
	lanes        []lane
}

// The shortest and the longest time that is shown.
const (
	firstSpan   = time.Minute
	minSpan     = 100 * time.Millisecond
	maxSpan     = 5 * 365 * 24 * time.Hour
	followSlack = 20 // part of the time that is left free at the right while following
)

// ChartStyle is how a series looks: no two of twelve are alike, and none by colour alone.
type ChartStyle struct {
	Concept Concept
	Dash    Dash
	Marker  uint8 // of four
}

var chartConcepts = [...]Concept{Version, Type, Code, Token, MessageID, TokenLength}

func chartStyle(slot int) ChartStyle {
	return ChartStyle{chartConcepts[slot%len(chartConcepts)], Dash(slot % 3), uint8(slot % 4)}
}

// Style gives how the observation looks in the chart.
func (o *Watched) Style() ChartStyle { return chartStyle(o.slot) }

// Every tells whether all its numbers are in the chart.
func (o *Watched) Every() bool { return o.every }

// ShowEvery has all numbers of an observation in the chart, or the chosen one.
func (w *Workbench) ShowEvery(o *Watched, every bool) {
	o.every = every
	w.Changed(PartWatch)
}

// ChartLine is a course in a chart.
type ChartLine struct {
	Name  string
	Style ChartStyle
	of    *Watched
	what  string // it is called, without the device
	short string // the last segment of the path, and the device
	path  string
	text  bool // the texts of the observation instead of a number
}

// Lines gives what is in the chart.
func (v *Watch) Lines() (lines []ChartLine) {
	for _, o := range v.items {
		if !o.Shown {
			continue
		}
		o.mu.Lock()
		path := o.path()
		n := 0
		for i, s := range o.series {
			if s.Path != path && !o.every {
				continue
			}
			name, device := o.titleInChart()
			if s.Path != "" && len(o.series) > 1 {
				name += " " + s.Path
			}
			what := lastPart(name)
			name, short := name+" · "+device, lastNamed(name)+" · "+device
			style := chartStyle(o.slot)
			if o.every && i > 0 {
				style = chartStyle(o.slot + i)
			}
			lines = append(lines, ChartLine{name, style, o, what, short, s.Path, false})
			n++
		}
		if o.states.Len() > 0 || n == 0 {
			name, device := o.titleInChart()
			short := lastNamed(name) + " · " + device
			lines = append(lines, ChartLine{name + " · " + device, chartStyle(o.slot), o, name, short, "", true})
		}
		o.mu.Unlock()
	}
	return lines
}

// titleInChart is that of a list, with what else is asked for beside the device: the same of one name share an axis.
func (o *Watched) titleInChart() (path, rest string) {
	path, rest = o.Title()
	if o.Variant != "" {
		rest = o.Variant + " · " + rest
	}
	return path, rest
}

// lastPart gives the last segment of a path, or all of it where that is empty.
func lastPart(path string) string {
	if last := path[strings.LastIndexByte(path, '/')+1:]; last != "" {
		return last
	}
	return path
}

// lastNamed gives the last segment of a path, with the one before where it is a number only, as in relay/1.
func lastNamed(path string) string {
	last := lastPart(path)
	if before := strings.TrimSuffix(path, "/"+last); before != path && strings.Trim(last, "0123456789") == "" {
		return lastPart(before) + "/" + last
	}
	return last
}

// Span is how much time is shown.
func (c *Chart) Span() time.Duration {
	if c.span == 0 {
		return firstSpan
	}
	return c.span
}

// SetSpan shows so much time, up to the same moment.
func (c *Chart) SetSpan(d time.Duration) { c.span = max(minSpan, min(maxSpan, d)) }

// Window gives the time that is shown.
func (c *Chart) Window(now time.Time) (from, to time.Time) {
	to = c.end
	if to.IsZero() {
		to = now.Add(c.Span() / followSlack)
	}
	return to.Add(-c.Span()), to
}

// Following tells whether it moves along with time.
func (c *Chart) Following() bool { return c.end.IsZero() }

// Paused tells whether the user has stopped it. What comes is still taken.
func (c *Chart) Paused() bool { return c.paused }

// Pause stops the chart, or has it follow again.
func (c *Chart) Pause(now time.Time) {
	if c.Following() {
		_, c.end = c.Window(now)
		c.paused = true
		return
	}
	c.Follow()
}

// Follow has the chart move along with time.
func (c *Chart) Follow() { c.end, c.paused = time.Time{}, false }

// Pan moves what is shown by a part of its width: to earlier times by positive ones.
func (c *Chart) Pan(part float64, now time.Time) {
	_, to := c.Window(now)
	c.end = to.Add(-time.Duration(part * float64(c.Span())))
	if !c.end.Before(now.Add(c.Span()/followSlack)) && !c.paused {
		c.end = time.Time{} // back at the newest
	}
}

// Zoom shows less time by factors above 1. What is at that part of the width stays there, unless the chart follows.
func (c *Chart) Zoom(factor, at float64, now time.Time) {
	before := c.Span()
	span := float64(before) / factor
	c.span = time.Duration(max(float64(minSpan), min(float64(maxSpan), span)))
	if !c.Following() {
		c.end = c.end.Add(-time.Duration((1 - at) * float64(before-c.span)))
	}
}

// Whole shows all that these observations have.
func (c *Chart) Whole(items []*Watched) {
	var from, to time.Time
	for _, o := range items {
		if !o.Shown {
			continue
		}
		o.mu.Lock()
		for _, s := range o.series {
			if a, b, ok := s.Extent(); ok {
				from, to = widen(from, to, a, b)
			}
		}
		if runs := o.states.Runs(); len(runs) > 0 {
			from, to = widen(from, to, runs[0].From, runs[len(runs)-1].To)
		}
		o.mu.Unlock()
	}
	if from.IsZero() {
		return
	}
	c.span = max(minSpan, min(maxSpan, to.Sub(from)*21/20))
	c.end = to.Add(c.span / 40)
}

func widen(from, to, a, b time.Time) (time.Time, time.Time) {
	if from.IsZero() || a.Before(from) {
		from = a
	}
	if to.IsZero() || b.After(to) {
		to = b
	}
	return from, to
}

// Point tells where the pointer is.
func (c *Chart) Point(x, y float32, inside bool) { c.pointerX, c.pointerY, c.pointed = x, y, inside }

// PlotPart gives the part of the shown time at a place.
func (c *Chart) PlotPart(x float32) float64 {
	if c.sight.plotW <= 0 {
		return 1
	}
	return float64(min(1, max(0, (x-c.sight.plotX)/c.sight.plotW)))
}

// FrameAt gives the observation that is drawn nearest to a place, and the frame that brought its value there.
func (c *Chart) FrameAt(x, y float32) (*Watched, trace.Seq) {
	s := &c.sight
	if s.plotW <= 0 || x < s.plotX || x > s.plotX+s.plotW {
		return nil, 0
	}
	at := c.timeAt(x)
	var best *Watched
	var frame trace.Seq
	distance := float32(1e9)
	for i := range s.lanes {
		l := &s.lanes[i]
		if y < l.y || y > l.y+l.h {
			continue
		}
		for _, line := range l.lines {
			o := line.of
			o.mu.Lock()
			if line.text {
				if run, ok := o.states.At(at); ok {
					best, frame, distance = o, run.Frame, 0
				}
			} else {
				if a, ok := o.seriesOf(line.path).Near(at); ok {
					if d := abs32(l.place(a.Value) - y); d < distance {
						best, frame, distance = o, a.Frame, d
					}
				}
				for _, m := range o.marks {
					mx := c.placeOf(m.At)
					if m.Frame != 0 && m.Valid && abs32(mx-x) < 7 && abs32(l.place(m.Value)-y) < min(9, distance) {
						best, frame, distance = o, m.Frame, abs32(l.place(m.Value)-y)
					}
				}
			}
			o.mu.Unlock()
		}
	}
	return best, frame
}

func abs32(v float32) float32 {
	if v < 0 {
		return -v
	}
	return v
}

func (c *Chart) timeAt(x float32) time.Time {
	s := &c.sight
	return s.from.Add(time.Duration(float64((x-s.plotX)/s.plotW) * float64(s.to.Sub(s.from))))
}

func (c *Chart) placeOf(t time.Time) float32 {
	s := &c.sight
	return s.plotX + float32(float64(t.Sub(s.from))/float64(s.to.Sub(s.from))*float64(s.plotW))
}

// PlotWidth is how wide the shown time is drawn.
func (c *Chart) PlotWidth() float32 { return c.sight.plotW }

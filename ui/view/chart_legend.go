package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

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
	if more > 0 { // the last row tells of them
		lines = lines[:len(lines)-1]
	}
	type sum struct {
		value string
		stats []string
	}
	sums := make([]sum, len(lines))
	var widest float32
	for i := range lines {
		sums[i].value, sums[i].stats = lines[i].sums(at, s.from, s.to, pointed)
		widest = max(widest, min(monoWidth(sums[i].value, 12), (w-40)/3))
	}
	const nameX, nameGap = 38, 10
	columns, left := legendFor(w-chartInset, nameX+nameGap+widest)
	room := left - widest - nameX - nameGap
	for x, i := left, 0; i < len(columns); i++ {
		x += legendColumns[columns[i]].width
		pen.Text(PenText{X: x, Y: y + 8, Align: AlignRight, Size: 10, Sans: true, Text: legendColumns[columns[i]].title, Concept: Faint})
	}
	base := y + legendHead + 11
	for i, line := range lines {
		pen.Line(8, base-4, 32, base-4, 1.5, line.Style.Dash, line.Style.Concept)
		if !line.text {
			DrawMarker(pen, 20, base-4, line.Style)
		}
		name := line.Name
		if float32(len([]rune(name)))*legendLetter > room { // its first segments give way
			name = line.short
		}
		pen.Text(PenText{X: nameX, Y: base, Size: 12, Sans: true, Width: room, Text: name, Concept: Plain})
		pen.Text(PenText{X: left, Y: base, Align: AlignRight, Size: 12, Width: widest, Text: sums[i].value, Concept: line.Style.Concept})
		x := left
		for _, k := range columns {
			x += legendColumns[k].width
			if k < len(sums[i].stats) {
				pen.Text(PenText{X: x, Y: base, Align: AlignRight, Size: 11, Text: sums[i].stats[k], Width: legendColumns[k].width - 4, Concept: Dim})
			}
		}
		base += legendRow
	}
	if more > 0 {
		pen.Text(PenText{X: nameX, Y: base, Size: 11, Sans: true, Text: fmt.Sprintf("and %d more, with their values in the list", more+1), Width: w - nameX - chartInset, Concept: Dim})
	}
}

// legendColumns are what is said of a line besides its value.
var legendColumns = []struct {
	title string
	width float32
}{{"min", 48}, {"mean", 48}, {"max", 48}, {"every", 58}, {"jitter", 56}}

// legendLetter is about what a letter of a name takes, and leastName what the columns leave for a name.
const (
	legendLetter = 6.5
	leastName    = 60
)

// legendFor gives the columns that a legend has room for beside what else it needs, and where they begin: interval and jitter go
// first, then the mean.
func legendFor(right, besides float32) (columns []int, left float32) {
	for _, columns = range [...][]int{{0, 1, 2, 3, 4}, {0, 1, 2}, {0, 2}, nil} {
		left = right
		for _, k := range columns {
			left -= legendColumns[k].width
		}
		if left-besides >= leastName {
			break
		}
	}
	return columns, left
}

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

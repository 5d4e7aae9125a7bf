package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// notePen notes what is drawn, besides shapes and boxes.
type notePen struct {
	noPen
	texts []PenText
	lines [][4]float32
}

func (n *notePen) Line(x0, y0, x1, y1, _ float32, _ Dash, _ Concept) {
	n.lines = append(n.lines, [4]float32{x0, y0, x1, y1})
}
func (n *notePen) Text(t PenText)              { n.texts = append(n.texts, t) }
func (n *notePen) Clip(_, _, _, _ float32) Pen { return n }
func (n *notePen) says(about func(PenText) bool) string {
	var all []string
	for _, t := range n.texts {
		if about(t) {
			all = append(all, t.Text)
		}
	}
	return strings.Join(all, ", ")
}

// An axis names a value or two, however low it is, and never so many that they touch.
func TestValueTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e6, 1e6).Draw(t, "low")
		span := rapid.Float64Range(1e-3, 1e6).Draw(t, "span")
		h := rapid.Float32Range(24, 500).Draw(t, "height")
		ticks, step := valueTicks(low, low+span, h)
		if len(ticks) == 0 {
			t.Fatal("none")
		}
		for i, v := range ticks {
			if v < low || v > low+span {
				t.Fatalf("%v is outside", v)
			}
			if i > 0 && (v-ticks[i-1])/span*float64(h) < 12-1e-3 {
				t.Fatalf("%v and %v touch: %v of %v px", ticks[i-1], v, v-ticks[i-1], step)
			}
		}
	})
	ticks, step := valueTicks(-0.08, 1.08, 32) // switches that are off and on
	if len(ticks) != 2 || tickText(ticks[0], step) != "0" || tickText(ticks[1], step) != "1" {
		t.Errorf("%v of 0 and 1", ticks)
	}
}

// A course is broken alike, whether it is of many short pieces or of one.
func TestDashedLine(t *testing.T) {
	for _, dash := range []Dash{Dashed, Dotted} {
		drawn := func(piece float32) (sum, widest float32) {
			var n notePen
			for x := float32(0); x < 260; x += piece {
				dashedLine(&n, x, 0, x+piece, 0, dash, Plain)
			}
			end := float32(0)
			for _, l := range n.lines {
				sum, widest, end = sum+l[2]-l[0], max(widest, l[0]-end), l[2]
			}
			return sum, widest
		}
		whole, gap := drawn(260)
		if gap != dashes[dash].off {
			t.Errorf("a gap of %v", gap)
		}
		for _, piece := range []float32{1, 6.5, 13, 26} {
			if sum, widest := drawn(piece); abs32(sum-whole) > 0.1 || widest > gap+0.1 {
				t.Errorf("by pieces of %v: %v is drawn of %v, a gap of %v", piece, sum, whole, widest)
			}
		}
	}
}

// What befell several observations of one lane is said without a word over another.
func TestChartMarksLeaveEachOtherAlone(t *testing.T) {
	w, _, _ := asks(t)
	var now time.Time
	for i, path := range []string{"/a", "/b", "/c"} {
		p := newPlay(t)
		p.Path, p.key = path, path
		p.gets(time.Duration(i)*300*time.Millisecond, protocol.Acknowledgement, 1, 5, "1 lx")
		p.passes(14 * time.Second)
		now = p.now
		w.watch.add(p.Watched)
	}
	var n notePen
	w.watch.Chart.Draw(&n, 470, 200, w.watch.Lines(), now)
	if got := n.says(func(t PenText) bool { return t.Text == "stalled" }); got != "stalled" {
		t.Errorf("three that stalled at nearly the same time: %q", got)
	}
	if got := n.says(func(t PenText) bool { return t.Text == "⚠" }); got != "⚠" {
		t.Errorf("their signs: %q", got)
	}
}

// The legend gives up columns before it gives up what a line is called, and counts those that it has no row for.
func TestChartLegend(t *testing.T) {
	w, _, _ := asks(t)
	var now time.Time
	for i := range 12 {
		p := newPlay(t)
		p.Path = fmt.Sprintf("/sensors/temp%d", i)
		p.key = p.Path
		p.gets(0, protocol.Acknowledgement, 1, 60, "20.5 °C")
		w.watch.add(p.Watched)
		p.Shown = true
		now = p.now
	}
	titles := func(t PenText) bool {
		return t.Size == 10 && t.Sans && strings.Contains("min mean max every jitter", t.Text)
	}
	for _, c := range []struct {
		w     float32
		lines int
		want  string
		name  string
	}{
		{700, 1, "min, mean, max, every, jitter", "sensors/temp0 · node"},
		{470, 1, "min, mean, max, every, jitter", "temp0 · node"},
		{340, 1, "min, mean, max", "temp0 · node"},
		{270, 1, "min, max", "temp0 · node"},
		{170, 1, "", "temp0 · node"},
		{700, 12, "min, mean, max, every, jitter", "and 5 more, with their values in the list"},
	} {
		var n notePen
		w.watch.Chart.Draw(&n, c.w, 400, w.watch.Lines()[:c.lines], now)
		if got := n.says(titles); got != c.want {
			t.Errorf("%v wide: %q, want %q", c.w, got, c.want)
		}
		if got := n.says(func(t PenText) bool { return t.Text == c.name }); got != c.name {
			t.Errorf("%v wide: %q is not there: %s", c.w, c.name, n.says(func(PenText) bool { return true }))
		}
	}
}

func TestLastOfAPath(t *testing.T) {
	for path, want := range map[string]string{"sensors/temp": "temp", "actuators/relay/1": "relay/1", "3303/0/5700": "0/5700", "7": "7", "/": "/", "sensors/t T": "t T"} {
		if got := lastNamed(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// A band is titled by what it is of, not by "text".
func TestChartBandTitle(t *testing.T) {
	w, _, _ := asks(t)
	p := newPlay(t)
	p.Path, p.key = "/actuators/led", "/actuators/led"
	p.gets(0, protocol.Acknowledgement, 1, 60, "off")
	w.watch.add(p.Watched)
	var n notePen
	w.watch.Chart.Draw(&n, 300, 100, w.watch.Lines(), p.now)
	if got := n.says(func(t PenText) bool { return t.Bold }); got != "actuators/led · node" {
		t.Errorf("%q", got)
	}
}

package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Probed is what the window says and what its model holds, for a test that looks at it from outside.
type Probed struct {
	Width, Height float32      // of the window's content, in device pixels
	Spans         []ProbedSpan // in the order of drawing; what lies over the rest comes last
	Lines         []string     // the spans as one reads them

	Devices     int
	Tabs        []string // titles of the request tabs
	Tab         int      // index of the current one
	State       string   // of the current tab: idle, asking, observing, cancelling
	Code        string   // of its answer, c.dd; empty for none
	Failure     string   // why it has no answer; empty for none
	PayloadSize int      // of its answer, in bytes
	Notified    int      // notifications of its observation, with the first response
	Read        int64    // bytes that are there of a body in blocks that is under way
	Packets     int
	Selected    int      // packet in the inspector; 0 for none
	Fields      []string // of it, as "name: value"
	Chosen      string   // of it: the selected field, as "name: value"
	From, To    int      // bytes that are selected: [From, To)
	Bit         int      // that is selected; -1 for none
	Findings    int      // about it
	Changes     int      // that were made to it and not undone
	Clipboard   string   // text that was copied
	Message     string   // the word to the user in the status line
	Frames      Frames   // since the probe looked last
}

// Frames tells how fluent the window was for a while: refreshes, how long they took, and how long they waited for the
// window's goroutine, which paints and does what gestures ask for.
type Frames struct {
	Count                int
	Work, Wait           time.Duration // of all
	WorstWork, WorstWait time.Duration
}

// Add gives the numbers of two whiles as one.
func (f Frames) Add(o Frames) Frames {
	return Frames{f.Count + o.Count, f.Work + o.Work, f.Wait + o.Wait, max(f.WorstWork, o.WorstWork), max(f.WorstWait, o.WorstWait)}
}

// String gives the numbers of a frame.
func (f Frames) String() string {
	if f.Count == 0 {
		return "no frame"
	}
	n := time.Duration(f.Count)
	return fmt.Sprintf("%d refreshes: %s each, %s at worst; they waited %s each, %s at worst", f.Count, Duration(f.Work/n), Duration(f.WorstWork), Duration(f.Wait/n), Duration(f.WorstWait))
}

// ProbedSpan is a text of the window, its box in device pixels, and the panel that it is in.
type ProbedSpan struct {
	Text       string
	X, Y, W, H float32
	Panel      string // bar, devices, tabs, request, answer, packets, inspector, status; empty for tooltips, menus and dialogs
}

// Find gives the first span in reading order of a panel, of any panel for "", whose text is exactly
// this, or else the first that contains it.
func (p Probed) Find(panel, text string) (ProbedSpan, bool) {
	exact, ok := p.first(panel, func(s string) bool { return s == text })
	if ok {
		return exact, true
	}
	return p.first(panel, func(s string) bool { return strings.Contains(s, text) })
}

// Says tells whether a panel, any for "", has a span that contains the text.
func (p Probed) Says(panel, text string) bool {
	_, ok := p.Find(panel, text)
	return ok
}

func (p Probed) first(panel string, is func(string) bool) (first ProbedSpan, found bool) {
	for _, s := range p.Spans {
		if panel != "" && s.Panel != panel || !is(s.Text) {
			continue
		}
		if !found || s.Y < first.Y || s.Y == first.Y && s.X < first.X {
			first, found = s, true
		}
	}
	return first, found
}

// Text gives what a panel says, line by line: spans that touch as one text, others a space apart.
func (p Probed) Text(panel string) string {
	var spans []ProbedSpan
	for _, s := range p.Spans {
		if s.Panel == panel {
			spans = append(spans, s)
		}
	}
	slices.SortStableFunc(spans, func(a, b ProbedSpan) int { return cmp.Compare(a.middle(), b.middle()) })
	var text strings.Builder
	for len(spans) > 0 {
		n := 1
		for n < len(spans) && spans[n].middle()-spans[0].middle() < 5 {
			n++
		}
		line := spans[:n]
		slices.SortStableFunc(line, func(a, b ProbedSpan) int { return cmp.Compare(a.X, b.X) })
		for i, s := range line {
			if i > 0 && s.X-(line[i-1].X+line[i-1].W) > 2 {
				text.WriteByte(' ')
			}
			text.WriteString(s.Text)
		}
		text.WriteByte('\n')
		spans = spans[n:]
	}
	return text.String()
}

func (s ProbedSpan) middle() float32 { return s.Y + s.H/2 }

package widget

import (
	"image/color"
	"slices"
	"strings"

	"coapscope/ui/view"
)

// Span is one text on the screen and the box that shows it. In the snapshot of a sheet the box is in logical units
// from the sheet's corner; from [Spans] it is in the units of the canvas.
type Span struct {
	X, Y, W, H float32 // the visible part, so that its centre can be clicked
	Baseline   float32
	Text       string // the whole text, also where it is cut short by an ellipsis or an edge
	Cut        bool   // whether less than Text is to be seen
	Color      color.NRGBA
	Concept    view.Concept
}

// Center returns the middle of the box.
func (s Span) Center() (x, y float32) { return s.X + s.W/2, s.Y + s.H/2 }

// Snapshot is what a sheet says, in the order of drawing until Sort is called.
type Snapshot []Span

// Sort orders the spans as one reads: by baseline, then from left to right.
func (s Snapshot) Sort() {
	slices.SortStableFunc(s, func(a, b Span) int {
		switch {
		case a.Baseline < b.Baseline:
			return -1
		case a.Baseline > b.Baseline:
			return 1
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
}

// Lines returns the texts as one reads them. Texts whose baselines are less than 3 units apart form a line and are
// separated by " | ".
func (s Snapshot) Lines() []string {
	sorted := slices.Clone(s)
	sorted.Sort()
	var lines []string
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j].Baseline-sorted[i].Baseline < 3 {
			j++
		}
		row := sorted[i:j]
		slices.SortStableFunc(row, func(a, b Span) int {
			if a.X < b.X {
				return -1
			}
			if a.X > b.X {
				return 1
			}
			return 0
		})
		parts := make([]string, len(row))
		for k, span := range row {
			parts[k] = span.Text
		}
		lines = append(lines, strings.Join(parts, " | "))
		i = j
	}
	return lines
}

// String returns the lines, each ended by a newline.
func (s Snapshot) String() string {
	var b strings.Builder
	for _, line := range s.Lines() {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// Find returns the first span, in reading order, whose text is exactly text, or else the first that contains it.
func (s Snapshot) Find(text string) (Span, bool) {
	sorted := slices.Clone(s)
	sorted.Sort()
	for _, span := range sorted {
		if span.Text == text {
			return span, true
		}
	}
	for _, span := range sorted {
		if strings.Contains(span.Text, text) {
			return span, true
		}
	}
	return Span{}, false
}

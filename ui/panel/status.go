package panel

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Status is the line at the bottom.
type Status struct {
	Object *widget.Sheet
}

// NewStatus makes the line.
func NewStatus(bench *view.Workbench) *Status {
	s := widget.NewSheet(func(g *widget.Painter) {
		base := g.H/2 + 4
		g.HLine(0, 0, g.W, g.Pal.Line)
		right := g.W - 14
		if item, ok := bench.RecordingStatus(); ok {
			style := widget.Sans(11, item.Concept)
			right -= g.Measure(item.Text, style)
			g.Text(right, base, item.Text, style)
			g.Dot(right-10, g.H/2, 3, g.Pal.Text(item.Concept))
			right -= 14 + 28
		}
		message := g.Measure(bench.Message, widget.Sans(11, bench.MessageConcept))
		x := float32(14)
		for _, item := range statusFor(g, bench.Status(time.Now()), right-message-x) {
			style := widget.Sans(11, item.Concept)
			if item.Dot {
				g.Dot(x+4, g.H/2, 3, g.Pal.Text(item.Concept))
				x += statusDot
			}
			x += g.Text(x, base, item.Text, style) + statusGap
		}
		if room := right - x; room > 60 && bench.Message != "" {
			style := widget.Sans(11, bench.MessageConcept)
			if w := g.Measure(bench.Message, style); w <= room {
				g.TextRight(right, base, bench.Message, style)
			} else {
				g.TextEllipsis(x, base, room, bench.Message, style)
			}
		}
	})
	s.On = widget.OnPanel
	s.Min = fyne.NewSize(60, 26)
	s.OnCopy = func() string { return bench.Message }
	s.Tip = func(fyne.Position) string { return bench.Message }
	return &Status{s}
}

// Room before a text with a dot, and behind each.
const (
	statusDot = 14
	statusGap = 28
)

// statusFor gives the items that leave the room for what is to be said: figures that only tell how much there is go, the last
// first.
func statusFor(g *widget.Painter, items []view.StatusItem, room float32) []view.StatusItem {
	for i := range items {
		if room -= g.Measure(items[i].Text, widget.Sans(11, items[i].Concept)) + statusGap; items[i].Dot {
			room -= statusDot
		}
	}
	for i := len(items) - 1; i >= 0 && room < 0; i-- {
		if items[i].Concept == view.Dim {
			room += g.Measure(items[i].Text, widget.Sans(11, view.Dim)) + statusGap
			items = slices.Delete(items, i, i+1)
		}
	}
	return items
}

// Refresh draws it anew.
func (p *Status) Refresh() { p.Object.Refresh() }

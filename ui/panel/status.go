package panel

import (
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
		x := float32(14)
		for _, item := range bench.Status(time.Now()) {
			style := widget.Sans(11, item.Concept)
			if item.Dot {
				g.Dot(x+4, g.H/2, 3, g.Pal.Text(item.Concept))
				x += 14
			}
			x += g.Text(x, base, item.Text, style) + 28
		}
		right := g.W - 14
		if item, ok := bench.RecordingStatus(); ok {
			style := widget.Sans(11, item.Concept)
			right -= g.Measure(item.Text, style)
			g.Text(right, base, item.Text, style)
			g.Dot(right-10, g.H/2, 3, g.Pal.Text(item.Concept))
			right -= 14 + 28
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

// Refresh draws it anew.
func (p *Status) Refresh() { p.Object.Refresh() }

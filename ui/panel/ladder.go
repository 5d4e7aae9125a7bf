package panel

import (
	"fmt"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// drawLadder draws the exchange of the selected packet.
func (p *Packets) drawLadder(g *widget.Painter) {
	const pitch, top = 20, 34
	limit := max(1, int((g.H-top)/pitch))
	title, steps := p.bench.Traffic.Steps(p.bench.SelectedFrame(), limit)
	if title == "" {
		g.Text(16, 22, "Exchange", widget.SansBold(12, view.Dim))
		hint := "Select a packet to see what belongs to it"
		if p.bench.SelectedFrame() != 0 {
			hint = "This packet belongs to no exchange that was seen"
		}
		g.TextEllipsis(90, 22, g.W-100, hint, widget.Sans(12, view.Faint))
		return
	}
	g.TextEllipsis(16, 20, g.W-32, title, widget.SansBold(11, view.Dim))
	left, right := float32(60), g.W-60
	bottom := top + float32(len(steps))*pitch
	g.VLine(left, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	g.VLine(right, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	for i, s := range steps {
		y := top + float32(i)*pitch + 8
		from, to := left+1, right
		if s.FromPeer {
			from, to = right, left+1
		}
		c := g.Pal.Text(s.Concept)
		if s.Dashed {
			g.DashedLine(from, y, to, y+4, 1.2, 4, 3, c)
		} else {
			g.Line(from, y, to, y+4, 1.2, c)
		}
		g.Arrow(from, y, to, y+4, 6, 1.2, c)
		g.TextCenter((left+right)/2, y-2, s.Label, widget.Mono(10, s.Concept))
		style := widget.Mono(10, view.Dim)
		if s.Seq == p.bench.SelectedFrame() {
			style = widget.Mono(10, view.Accent)
			style.Bold = true
		}
		g.TextRight(left-8, y+5, fmt.Sprintf("#%d", s.Seq), style)
		g.Text(right+8, y+5, view.Duration(s.At), widget.Mono(10, view.Dim))
		g.Hit(0, y-8, g.W, pitch, s.Seq)
	}
}

package panel

import (
	"fmt"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// drawExchange draws the exchange of the selected packet, below the list.
func (p *Packets) drawExchange(g *widget.Painter) {
	const pitch, top = 20, 34
	limit := max(1, int((g.H-top)/pitch))
	title, arrows := p.bench.Traffic.ExchangeArrows(p.bench.SelectedFrame(), limit)
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
	x, _ := p.bench.Traffic.ExchangeOf(p.bench.SelectedFrame())
	left, right := float32(60), g.W-60
	bottom := top + float32(len(arrows))*pitch
	g.VLine(left, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	g.VLine(right, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	pen := g.Pen()
	for i := range arrows {
		a := &arrows[i]
		y := top + float32(i)*pitch + 8
		from, to := left+1, right
		if f := p.bench.Traffic.Frame(a.Seq); f != nil && f.Source != x.Client {
			from, to = right, left+1
		}
		a.Draw(pen, from, y, to, y+4)
		g.TextCenter((left+right)/2, y-2, a.Label, widget.Mono(10, a.Concept))
		style := widget.Mono(10, view.Dim)
		if a.Seq == p.bench.SelectedFrame() {
			style = widget.Mono(10, view.Accent)
			style.Bold = true
		}
		g.TextRight(left-8, y+5, fmt.Sprintf("#%d", a.Seq), style)
		g.Text(right+8, y+5, view.Duration(a.At-p.bench.Traffic.Since(x.First)), widget.Mono(10, view.Dim))
		g.Hit(0, y-8, g.W, pitch, a.Seq)
	}
}

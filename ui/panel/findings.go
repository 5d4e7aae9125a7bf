package panel

import (
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

func (p *Inspector) drawFindings(g *widget.Painter) float32 {
	findings := p.model.Tree.Findings
	if len(findings) == 0 {
		text := "Nothing is wrong with this message"
		if p.model.Frame == nil {
			text = "Select a packet to see what is wrong with it"
		}
		g.TextCenter(g.W/2, 60, text, widget.Sans(13, view.Faint))
		return 80
	}
	y := float32(10)
	for i := range findings {
		y = p.drawFinding(g, y, i) + 10
	}
	return y
}

func (p *Inspector) drawFinding(g *widget.Painter, y float32, i int) float32 {
	row := p.model.Finding(i)
	x, w := float32(inspectorMargin), g.W-2*inspectorMargin
	type line struct{ label, text string }
	var lines []line
	for _, l := range []line{{"expected", row.Expected}, {"actual", row.Actual}, {"next", row.Suggestion}} {
		if l.text == "" {
			continue
		}
		for j, part := range wrap(g, l.text, w-96, widget.Sans(12, view.Plain)) {
			if j > 0 {
				l.label = ""
			}
			lines = append(lines, line{l.label, part})
		}
	}
	title := wrap(g, row.Title, w-24, widget.SansBold(12, row.Concept))
	h := float32(32 + 17*(len(title)+len(lines)))
	g.RoundRect(x, y, w, h, 6, g.Pal.Tint(row.Concept, false), 1, g.Pal.Border(row.Concept, false))
	g.Hit(x, y, w, h, fieldID(row.Field))
	at := y + 21
	for _, t := range title {
		g.Text(x+12, at, t, widget.SansBold(12, row.Concept))
		at += 17
	}
	for _, l := range lines {
		g.Text(x+12, at, l.label, widget.Sans(11, view.Dim))
		g.Text(x+76, at, l.text, widget.Sans(12, view.Plain))
		at += 17
	}
	g.Text(x+12, at, row.Severity, widget.Sans(11, row.Concept))
	g.TextRight(x+w-12, at, row.Reference, widget.Sans(11, view.Accent))
	return y + h
}

// tapFinding leads from a finding to the bits that it is about.
func (p *Inspector) tapFinding(t widget.Tap) {
	if id, ok := p.findings.HitAt(t.Pos).(fieldID); ok && id >= 0 {
		p.model.Select(int(id))
		p.tabs.Select("bits")
		p.choose()
		p.bits.ScrollTo(0)
	}
}

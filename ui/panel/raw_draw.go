package panel

import (
	"fmt"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const (
	rawMargin = 16
	rawLine   = 17
)

// draw draws what stands above the bits: the bytes, what is asked of who gets them, and what came of it.
func (p *Raw) draw(g *widget.Painter) float32 {
	y := p.bits.drawBytes(g) - 8
	if len(p.model.Bytes()) == 0 {
		g.TextEllipsis(rawMargin, y, g.W-2*rawMargin, "No byte. Type an address above, or digits here.", widget.Sans(12, view.Faint))
		y += rawLine
	}
	if p.model.Problem != "" {
		y = p.lines(g, y+12, "✖ "+p.model.Problem, widget.Sans(12, view.Error))
	}
	y = p.drawExpected(g, y+8)
	p.resultAt = y
	y = p.drawResult(g, y)
	p.resultTo = y
	g.HLine(0, y+8, g.W, g.Pal.Line)
	return y + 14
}

// lines draws a text in as many lines as it takes, and gives where the next line would be.
func (p *Raw) lines(g *widget.Painter, baseline float32, text string, style widget.Style) float32 {
	for _, line := range wrapAll(g, text, g.W-2*rawMargin, style) {
		g.TextEllipsis(rawMargin, baseline, g.W-2*rawMargin, line, style)
		baseline += rawLine
	}
	return baseline
}

// drawHeading draws the name of a part, with a clause at the right.
func (p *Raw) drawHeading(g *widget.Painter, baseline float32, text, clause string, concept view.Concept) {
	style := widget.Sans(11, view.Accent)
	w := g.Measure(clause, style)
	g.TextRight(g.W-rawMargin, baseline, clause, style)
	g.TextEllipsis(rawMargin, baseline, g.W-2*rawMargin-w-8, text, widget.SansBold(12, concept))
}

// drawExpected draws what the RFCs ask of the recipient, and why.
func (p *Raw) drawExpected(g *widget.Painter, y float32) float32 {
	e := p.model.Expectation()
	p.drawHeading(g, y+13, "Asked of the peer", e.Clause, view.Plain)
	y = p.lines(g, y+32, e.Finding, widget.Sans(12, view.Dim))
	x := float32(rawMargin)
	for i := range e.Right {
		text, style := e.Right[i].String(), widget.Sans(12, view.Plain)
		if i == 0 {
			style = widget.SansBold(12, view.Good)
		} else {
			text = "or " + text
		}
		w := g.Measure(text, style)
		if x > rawMargin && x+w > g.W-rawMargin {
			x, y = rawMargin, y+rawLine
		}
		g.TextEllipsis(x, y, g.W-rawMargin-x, text, style)
		x += w + 6
	}
	return y + 12
}

// drawResult draws what came of what was sent last.
func (p *Raw) drawResult(g *widget.Painter, y float32) float32 {
	res, ok := p.model.Result()
	if !ok {
		g.TextEllipsis(rawMargin, y+12, g.W-2*rawMargin, "Nothing was sent yet", widget.Sans(12, view.Faint))
		return y + 20
	}
	g.HLine(rawMargin, y, g.W-2*rawMargin, g.Pal.Line)
	x := float32(rawMargin)
	if res.Sent != 0 {
		x += g.Text(x, y+19, fmt.Sprintf("#%d", res.Sent), widget.Mono(12, view.Accent)) + 8
		g.Hit(rawMargin, y+6, g.W-2*rawMargin, 18, res.Sent)
	}
	g.TextEllipsis(x, y+19, g.W-rawMargin-x, res.Title, widget.Sans(11, view.Dim))
	y += 26
	for _, r := range res.Came {
		p.drawReaction(g, r, y)
		y += 20
	}
	if res.Left > 0 && res.Wait > 0 {
		const h = 4
		w := g.W - 2*rawMargin
		g.RoundRect(rawMargin, y+2, w, h, 2, g.Pal.Raised, 0, g.Pal.Line)
		g.RoundRect(rawMargin, y+2, w*float32(res.Left)/float32(res.Wait), h, 2, g.Pal.Text(view.Accent), 0, g.Pal.Line)
		y += h + 6
	}
	p.drawHeading(g, y+13, res.Verdict, res.Clause, res.Concept)
	y = p.lines(g, y+31, res.Text, widget.Sans(12, view.Plain))
	if res.Changed && res.Sent != 0 {
		y = p.lines(g, y, "The bytes were changed since.", widget.Sans(12, view.Faint))
	}
	return y - 6
}

func (p *Raw) drawReaction(g *widget.Painter, r view.RawReaction, y float32) {
	style := widget.Sans(11, view.Dim)
	right := g.W - rawMargin
	if r.After != "" {
		right -= g.TextRight(right, y+14, "after "+r.After, style) + 8
	}
	x := float32(rawMargin)
	if r.Seq != 0 {
		x += g.Text(x, y+14, fmt.Sprintf("#%d", r.Seq), widget.Mono(12, view.Accent)) + 8
		g.Hit(rawMargin, y, g.W-2*rawMargin, 20, r.Seq)
	}
	g.TextEllipsis(x, y+14, right-x, r.Text, widget.Mono(12, r.Concept))
}

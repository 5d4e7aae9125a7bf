package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/session/trace"
	"coapscope/session/track"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Why shows why a request has no answer: what is known, what is likely and what is ruled out, each with the packet
// that shows it, the clause and what to do.
type Why struct {
	Object fyne.CanvasObject

	// OnFrame is called when a packet was gone to, and OnRemedy when something was done; nil for nothing.
	OnFrame, OnRemedy func()

	bench    *view.Workbench
	sheet    *widget.ScrollSheet
	exchange track.Index // of the packets that are shown; 0 for the current tab's request
	why      view.Why
	links    []whyLink
	cursor   int // of links, for keys
}

// whyLink is what a click does: it goes to a packet or, where frame is 0, carries an action out.
type whyLink struct {
	frame  trace.Seq
	action view.Remedy
}

// whyID is the place of a link in Why.links.
type whyID int

// NewWhy makes the panel on a surface. It shows the request of the current tab.
func NewWhy(bench *view.Workbench, on widget.Surface) *Why {
	p := &Why{bench: bench}
	p.sheet = widget.NewScrollSheet(p.draw)
	p.sheet.On = on
	p.sheet.Min = fyne.NewSize(60, 60)
	p.sheet.OnTap = func(t widget.Tap) {
		p.sheet.RequestFocus()
		if id, ok := t.Hit.(whyID); ok {
			p.cursor = int(id)
			p.follow()
		}
	}
	p.sheet.OnKey = p.key
	p.sheet.OnCopy = func() string { return p.why.Text() }
	p.sheet.OnFocus = func(bool) { p.sheet.Refresh() }
	p.sheet.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.sheet.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.Object = p.sheet
	return p
}

// ShowTab shows why the last request of the current tab has no answer; nothing where it has one.
func (p *Why) ShowTab() {
	p.exchange = 0
	p.Refresh()
}

// ShowExchange shows that of an exchange of the packets that are shown.
func (p *Why) ShowExchange(i track.Index) {
	p.exchange = i
	p.Refresh()
}

// Focus has keys go to the panel.
func (p *Why) Focus() { p.sheet.RequestFocus() }

// Refresh looks at it anew, as more may be known.
func (p *Why) Refresh() {
	headline := p.why.Headline
	if p.exchange != 0 {
		p.why, _ = p.bench.WhyExchange(p.exchange)
	} else {
		p.why, _ = p.bench.Why(p.bench.Tab())
	}
	p.links = p.links[:0]
	for i := range p.why.Clues {
		p.links = append(p.links, p.linksOf(&p.why.Clues[i])...)
	}
	p.cursor = max(0, min(p.cursor, len(p.links)-1))
	if headline == "" {
		p.sheet.ScrollTo(0)
	}
	p.sheet.Refresh()
}

// linksOf gives what can be gone to and done of a clue.
func (p *Why) linksOf(c *view.Clue) (links []whyLink) {
	if c.Frame != 0 {
		links = append(links, whyLink{frame: c.Frame})
	}
	for _, a := range c.Actions {
		if p.exchange == 0 && p.bench.CanDo(p.bench.Tab(), a) {
			links = append(links, whyLink{action: a})
		}
	}
	return links
}

// follow does what the link that is chosen is for.
func (p *Why) follow() {
	if p.cursor >= len(p.links) {
		return
	}
	l := p.links[p.cursor]
	if l.frame == 0 {
		p.bench.Do(l.action)
		if p.OnRemedy != nil {
			p.OnRemedy()
		}
		return
	}
	if p.exchange == 0 {
		p.bench.ShowLive()
	}
	p.bench.SelectFrame(l.frame)
	if p.OnFrame != nil {
		p.OnFrame()
	}
}

func (p *Why) key(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.follow()
	default:
		walk(p.sheet, &p.cursor, len(p.links), name, func(i int) any { return whyID(i) })
	}
}

// Where the parts of a clue are.
const (
	whyMargin = 16
	whyText   = 34 // of what stands behind the sign
	whyLine   = 17
)

func (p *Why) draw(g *widget.Painter) float32 {
	y := float32(2)
	for _, line := range wrap(g, p.why.Headline, g.W-2*whyMargin, widget.Sans(12, view.Dim)) {
		g.TextEllipsis(whyMargin, y+12, g.W-2*whyMargin, line, widget.Sans(12, view.Dim))
		y += whyLine
	}
	link := 0
	for i := range p.why.Clues {
		c := &p.why.Clues[i]
		if i == 0 || c.Certainty != p.why.Clues[i-1].Certainty {
			heading := c.Certainty.String()
			if p.why.Open && c.Certainty == view.RuledOut {
				heading += " so far"
			}
			g.Text(whyMargin, y+22, heading, widget.SansBold(11, view.Dim))
			y += 32
		}
		n := len(p.linksOf(c))
		if c.Certainty == view.RuledOut {
			y = p.drawRuledOut(g, y, c, link)
		} else {
			y = p.drawClue(g, y, c, link, n)
		}
		link += n
	}
	return y + 10
}

// drawClue draws a clue whose links begin at one, n of them, and gives where it ends.
func (p *Why) drawClue(g *widget.Painter, y float32, c *view.Clue, link, n int) float32 {
	bold, clause := widget.SansBold(12, c.Certainty.Concept()), widget.Sans(11, view.Dim)
	g.Text(whyMargin, y+13, c.Certainty.Sign(), widget.Mono(12, c.Certainty.Concept()))
	w := g.W - whyText - whyMargin
	beside := w - g.Measure(c.Clause, clause) - 10
	title := wrapAll(g, c.Title, beside, bold)
	below := len(title) > 2 // there is no room for the clause beside it
	if below {
		title = wrapAll(g, c.Title, w, bold)
	} else {
		g.TextRight(g.W-whyMargin, y+13, c.Clause, clause)
	}
	for _, line := range title {
		g.TextEllipsis(whyText, y+13, w, line, bold)
		y += whyLine
	}
	if below && c.Clause != "" {
		g.TextEllipsis(whyText, y+13, w, c.Clause, clause)
		y += whyLine
	}
	plain := widget.Sans(12, view.Plain)
	y = p.drawLines(g, y+1, c.Text, w, plain)
	if c.Next != "" {
		g.Text(whyText, y+15, "→", widget.Sans(12, view.Accent))
		for i, line := range wrapAll(g, c.Next, w-18, plain) {
			g.TextEllipsis(whyText+18, y+15+whyLine*float32(i), w-18, line, plain)
		}
		y += 2 + whyLine*float32(len(wrapAll(g, c.Next, w-18, plain)))
	}
	return p.drawLinks(g, y+4, link, n) + 6
}

// drawLines draws a text and gives where it ends.
func (p *Why) drawLines(g *widget.Painter, y float32, text string, w float32, style widget.Style) float32 {
	for _, line := range wrapAll(g, text, w, style) {
		g.TextEllipsis(whyText, y+13, w, line, style)
		y += whyLine
	}
	return y
}

// drawLinks draws n links from one on as buttons, in as many rows as they take, and gives where they end.
func (p *Why) drawLinks(g *widget.Painter, y float32, first, n int) float32 {
	const height, gap = 22, 6
	style := widget.Sans(12, view.Accent)
	x := float32(whyText)
	for i := first; i < first+n && i < len(p.links); i++ {
		text := p.links[i].label()
		w := g.Measure(text, style) + 16
		if x > whyText && x+w > g.W-whyMargin {
			x, y = whyText, y+height+gap
		}
		border := g.Pal.Line
		if i == p.cursor && p.sheet.Focused() {
			border = g.Pal.Text(view.Accent)
		}
		g.RoundRect(x, y, w, height, 5, g.Pal.Raised, 1, border)
		g.Text(x+8, y+15, text, style)
		g.Hit(x, y-2, w, height+4, whyID(i))
		x += w + gap
	}
	if n > 0 {
		y += height + 4
	}
	return y
}

func (l whyLink) label() string {
	if l.frame != 0 {
		return fmt.Sprintf("Show #%d", l.frame)
	}
	return l.action.Label()
}

// drawRuledOut draws what is not the reason, in few lines.
func (p *Why) drawRuledOut(g *widget.Painter, y float32, c *view.Clue, link int) float32 {
	dim := widget.Sans(12, view.Dim)
	g.Text(whyMargin, y+13, c.Certainty.Sign(), widget.Mono(12, view.Dim))
	w := g.W - whyText - whyMargin
	if c.Frame != 0 {
		style := widget.Sans(11, view.Accent)
		text := fmt.Sprintf("#%d", c.Frame)
		width := g.TextRight(g.W-whyMargin, y+13, text, style)
		if link == p.cursor && p.sheet.Focused() {
			g.HLine(g.W-whyMargin-width, y+16, width, g.Pal.Text(view.Accent))
		}
		g.Hit(g.W-whyMargin-width-6, y-1, width+12, 20, whyID(link))
		w -= width + 10
	}
	y = p.drawLines(g, y, c.Title, w, dim)
	return p.drawLines(g, y, c.Text, g.W-whyText-whyMargin, widget.Sans(11, view.Dim)) + 3
}

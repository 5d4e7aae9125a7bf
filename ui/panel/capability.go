package panel

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Capability shows what a device can do. Before it is probed it shows every request that would be sent.
type Capability struct {
	Object fyne.CanvasObject

	// Close is called when the user is done with it, or has gone to a packet.
	Close func()
	// OnFrame is called when the user has gone to a packet; nil for nothing.
	OnFrame func(trace.Seq)

	card   *view.CapabilityCard
	copied func(text string)
	head   *widget.Sheet
	sheet  *widget.ScrollSheet
	fields fyne.CanvasObject // what to probe, while that is asked

	resource, observable, unsafe      *widget.Entry
	probe, back, copy, closing, again *widget.Chip
	buttons                           *fyne.Container

	planning bool // the plan is shown, and waits for the user's word
	rows     []view.CapabilityRow
	links    []capLink
	cursor   int // of links, for keys
}

// capLink is a packet that shows a finding.
type capLink struct {
	row   int
	frame trace.Seq
}

// capID is the place of a link in Capability.links.
type capID int

// CapabilitySize is that of the card, where the window has the room.
var CapabilitySize = fyne.NewSize(1060, 690)

// NewCapability makes the panel for a card. copied puts a text into the clipboard.
func NewCapability(card *view.CapabilityCard, copied func(string)) *Capability {
	p := &Capability{card: card, copied: copied}
	p.head = widget.NewSheet(p.drawHead)
	p.head.On, p.head.Min = widget.OnPanel, fyne.NewSize(60, 62)
	p.sheet = widget.NewScrollSheet(p.draw)
	p.sheet.On, p.sheet.Min = widget.OnPanel, fyne.NewSize(60, 60)
	p.sheet.OnTap = func(t widget.Tap) {
		p.sheet.RequestFocus()
		if id, ok := t.Hit.(capID); ok {
			p.cursor = int(id)
			p.follow()
		}
	}
	p.sheet.OnKey = p.key
	p.sheet.OnCopy = card.Text
	p.sheet.OnFocus = func(bool) { p.sheet.Refresh() }
	p.sheet.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.sheet.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.buildFields()
	p.probe = widget.NewFilledChip("Probe …", view.Good, p.goOn)
	p.back = widget.NewChip("Cancel", view.Plain, func() {
		p.planning = false
		p.Refresh()
	})
	p.again = widget.NewChip("Stop", view.Warning, card.Cancel)
	p.copy = widget.NewChip("Copy as text", view.Plain, func() { p.copied(card.Text()) })
	p.closing = widget.NewChip("Close", view.Plain, func() { p.Close() })
	p.buttons = container.New(bar{elastic: 0, gap: 8, height: 46}, layout.NewSpacer(), p.again, p.copy, p.closing, p.back, p.probe)
	p.Object = Stacked(2, p.head, p.fields, p.sheet, padded(p.buttons, 0, 0, 8, 4))
	p.Refresh()
	return p
}

// buildFields makes what asks for what is probed.
func (p *Capability) buildFields() {
	field := func(placeholder string, text *string) *widget.Entry {
		e := widget.NewMonoEntry(placeholder)
		e.SetText(*text)
		e.OnChanged = func(s string) {
			*text = s
			p.Refresh()
		}
		e.OnSubmitted = func(string) { p.sheet.RequestFocus() }
		e.OnKey = func(name fyne.KeyName) bool {
			if name == fyne.KeyEscape {
				p.back.Activate()
				return true
			}
			return false
		}
		return e
	}
	p.resource = field("/.well-known/core", &p.card.Resource)
	p.observable = field("the same", &p.card.Observable)
	p.unsafe = field("none; as in PUT /lamp, DELETE /rules/1", &p.card.Unsafe)
	choice := func(e *widget.Entry, observable bool) *widget.Chip {
		c := widget.NewMenuChip("▾", view.Dim, func() *fyne.Menu {
			var items []*fyne.MenuItem
			for _, path := range p.card.Resources(observable, 20) {
				items = append(items, fyne.NewMenuItem(path, func() { e.SetText(path) }))
			}
			if len(items) == 0 {
				items = append(items, fyne.NewMenuItem("No resource is known", nil))
			}
			return fyne.NewMenu("", items...)
		})
		c.Hint = "Resources that the device has told of"
		return c
	}
	p.fields = padded(Stacked(-1,
		container.New(bar{elastic: 1, gap: 6, height: 36}, label("GET goes to", 148), p.resource, choice(p.resource, false)),
		container.New(bar{elastic: 1, gap: 6, height: 36}, label("Observed once", 148), p.observable, choice(p.observable, true)),
		container.New(bar{elastic: 1, gap: 6, height: 36}, label("Not safe, but agreed to", 148), p.unsafe)), 10, 0, 10, 4)
}

// label is a text in front of a field.
func label(text string, width float32) fyne.CanvasObject {
	s := widget.NewSheet(func(g *widget.Painter) { g.TextEllipsis(0, g.H/2+5, g.W, text, widget.Sans(12, view.Dim)) })
	s.On, s.Min = widget.OnPanel, fyne.NewSize(width, 24)
	return s
}

// Focus has keys go to the findings.
func (p *Capability) Focus() fyne.Focusable { return p.sheet }

// goOn shows the plan or, where that is shown, sends what it says.
func (p *Capability) goOn() {
	if !p.planning {
		p.planning = true
		p.sheet.ScrollTo(0)
	} else if _, _, err := p.card.Plan(); err == nil {
		p.planning = false
		p.sheet.ScrollTo(0)
		p.card.Probe()
	}
	p.Refresh()
}

// Refresh draws the model anew.
func (p *Capability) Refresh() {
	p.rows = p.card.Rows()
	p.links = p.links[:0]
	for i, r := range p.rows {
		for _, f := range r.Frames {
			p.links = append(p.links, capLink{i, f})
		}
	}
	p.cursor = max(0, min(p.cursor, len(p.links)-1))
	running, _, _ := p.card.Running()
	show := func(o fyne.CanvasObject, on bool) {
		if on {
			o.Show()
		} else {
			o.Hide()
		}
	}
	show(p.fields, p.planning)
	show(p.back, p.planning)
	show(p.copy, !p.planning)
	show(p.closing, !p.planning)
	show(p.again, running)
	show(p.probe, !running)
	p.probe.Enable()
	text := "Probe …"
	if p.planning {
		_, n, err := p.card.Plan()
		text = fmt.Sprintf("Send these %d requests", n)
		p.probe.Concept = view.Good
		if all, _ := view.ParseUnsafe(p.card.Unsafe); len(all) > 0 {
			text = fmt.Sprintf("Send these %d requests, %d of them not safe", n, len(all))
			p.probe.Concept = view.Warning
		}
		if err != nil {
			text = "Send"
			p.probe.Disable()
		}
	} else if !p.card.Probed().IsZero() {
		text = "Probe again …"
	}
	p.probe.SetText(text)
	p.probe.Refresh()
	p.buttons.Refresh()
	p.head.Refresh()
	p.sheet.Refresh()
	p.Object.Refresh()
}

const capMargin = 16

func (p *Capability) drawHead(g *widget.Painter) {
	title := "Capabilities of " + p.card.Name()
	at := capMargin + g.TextEllipsis(capMargin, 28, g.W-2*capMargin-150, title, widget.SansBold(14, view.Plain)) + 12
	g.TextEllipsis(at, 28, g.W-at-capMargin, "coap://"+p.card.Address(), widget.Mono(11, view.Dim))
	text, concept := "From what was exchanged in this run. Nothing is sent before you have seen it and said so.", view.Dim
	running, done, of := p.card.Running()
	switch {
	case p.planning:
		text = "This is sent, one after the other, each again if there is no answer. GET, FETCH and a ping change nothing (RFC 7252 §5.1)."
	case running:
		text, concept = fmt.Sprintf("Probing: %d of %d steps", done, of), view.Accent
		g.Bar(g.W-capMargin-160, 46, 160, float32(done)/float32(max(of, 1)), view.Accent)
	case p.card.Problem() != "":
		text, concept = "✖ "+p.card.Problem(), view.Error
	case !p.card.Probed().IsZero():
		text = "Probed " + p.card.Probed().Format(time.TimeOnly) + " with GET " + strings.TrimSpace(p.card.Resource) + ". A number is a packet that shows it."
	}
	g.TextEllipsis(capMargin, 50, g.W-2*capMargin, text, widget.Sans(12, concept))
}

func (p *Capability) draw(g *widget.Painter) float32 {
	if p.planning {
		return p.drawPlan(g)
	}
	return p.drawFindings(g)
}

// drawPlan lists every request.
func (p *Capability) drawPlan(g *widget.Painter) float32 {
	steps, _, err := p.card.Plan()
	y := float32(6)
	if err != nil {
		for _, line := range wrapAll(g, "✖ "+err.Error(), g.W-2*capMargin, widget.Sans(12, view.Error)) {
			g.Text(capMargin, y+14, line, widget.Sans(12, view.Error))
			y += 18
		}
		return y
	}
	n := 0
	for _, s := range steps {
		concept := view.Dim
		if s.Unsafe {
			concept = view.Warning
		}
		title := s.Title
		if s.Unsafe {
			title += " ⚠ not safe: a device that does not keep to RFC 7252 §5.10.8.1 does it"
		}
		g.TextEllipsis(capMargin, y+14, g.W-2*capMargin, title, widget.SansBold(11, concept))
		y += 20
		for _, r := range s.Requests {
			n++
			g.TextRight(capMargin+22, y+13, fmt.Sprint(n), widget.Mono(11, view.Faint))
			g.TextEllipsis(capMargin+32, y+13, g.W-2*capMargin-32, r, widget.Mono(12, view.Plain))
			y += 19
		}
		y += 5
	}
	return y + 8
}

// Where the parts of a finding are.
const (
	capName   = 36  // of its name
	capWord   = 246 // of the verdict
	capText   = 350
	capClause = 130 // width
	capFrames = 92  // width
	capLine   = 17
)

func (p *Capability) drawFindings(g *widget.Painter) float32 {
	y, link := float32(2), 0
	head := widget.SansBold(11, view.Dim)
	right := g.W - capMargin - 6
	g.Text(capName, y+14, "Feature", head)
	g.Text(capWord, y+14, "Verdict", head)
	g.Text(capText, y+14, "Seen", head)
	g.TextRight(right, y+14, "Clause", head)
	g.TextRight(right-capClause, y+14, "Packets", head)
	y += 22
	g.HLine(capMargin, y-2, g.W-2*capMargin, g.Pal.Line)
	for i := range p.rows {
		r := &p.rows[i]
		plain := widget.Sans(12, view.Plain)
		if r.Concept == view.Dim {
			plain = widget.Sans(12, view.Dim)
		}
		lines := wrapAll(g, r.Text, right-capClause-capFrames-capText-8, widget.Sans(12, view.Plain))
		g.Text(capMargin, y+16, r.Sign, widget.Mono(12, r.Concept))
		g.TextEllipsis(capName, y+16, capWord-capName-8, r.Name, widget.SansBold(12, plainOr(r.Concept)))
		g.TextEllipsis(capWord, y+16, capText-capWord-8, r.Word, widget.Sans(12, r.Concept))
		for j, line := range lines {
			g.Text(capText, y+16+capLine*float32(j), line, plain)
		}
		g.TextRight(right, y+16, r.Clause, widget.Sans(11, view.Dim))
		x := right - capClause
		for j := len(r.Frames) - 1; j >= 0; j-- {
			text := fmt.Sprintf("#%d", r.Frames[j])
			style := widget.Mono(11, view.Accent)
			w := g.Measure(text, style)
			g.TextRight(x, y+16, text, style)
			if link+j == p.cursor && p.sheet.Focused() {
				g.HLine(x-w, y+19, w, g.Pal.Text(view.Accent))
			}
			g.Hit(x-w-3, y+2, w+6, 20, capID(link+j))
			x -= w + 8
		}
		link += len(r.Frames)
		y += capLine*float32(max(len(lines), 1)) + 8
	}
	return y + 6
}

// plainOr is the concept of a name: dim where nothing is known.
func plainOr(c view.Concept) view.Concept {
	if c == view.Dim {
		return view.Dim
	}
	return view.Plain
}

// follow goes to the packet that is chosen.
func (p *Capability) follow() {
	if p.cursor < len(p.links) && !p.planning {
		frame := p.links[p.cursor].frame
		p.card.ShowEvidence(frame)
		p.Close()
		if p.OnFrame != nil {
			p.OnFrame(frame)
		}
	}
}

func (p *Capability) key(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyEscape:
		if p.planning {
			p.back.Activate()
		} else {
			p.Close()
		}
		return
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.follow()
		return
	case fyne.KeyRight:
		name = fyne.KeyDown
	case fyne.KeyLeft:
		name = fyne.KeyUp
	}
	walk(p.sheet, &p.cursor, len(p.links), name, func(i int) any { return capID(i) })
}

package panel

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/session/blockwise"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Answer shows what came of the request of the current tab: code, times, the payload rendered, and the
// options in words.
type Answer struct {
	Object fyne.CanvasObject

	bench   *view.Workbench
	head    *widget.Sheet
	why     *Why
	idle    *widget.Sheet // where there is nothing to show
	body    *Rendering
	options *widget.Sheet
	want    float32 // the height of all options
	repeat  *repeat
	actions *actions
	group   *groupAnswer
	back    *backStrip // above the answer of a member of a group
	asks    *questionStrip
	one     *fyne.Container // an answer, or why there is none
	diff    *diff
	stack   *fyne.Container
	asked   *view.Tab // whose request the user asks of why it has no answer; nil for none
}

// whyLinkID is the place in the head that leads to why there is no answer, and back.
type whyLinkID struct{}

// NewAnswer makes the panel.
func NewAnswer(bench *view.Workbench) *Answer {
	p := &Answer{bench: bench}
	p.head = widget.NewSheet(p.drawHead)
	p.head.Min = fyne.NewSize(60, 46)
	p.head.OnTap = func(t widget.Tap) {
		if t.Hit == any(whyLinkID{}) {
			p.toggleWhy()
		}
	}
	p.why = NewWhy(bench, widget.OnGround)
	p.idle = widget.NewSheet(p.drawIdle)
	p.idle.Min = fyne.NewSize(60, 60)
	p.body = NewRendering(widget.OnGround)
	p.options = widget.NewSheet(p.drawOptions)
	p.options.Min = fyne.NewSize(60, 10)
	p.stack = container.NewStack(p.body.Object, p.why.Object, p.idle)
	p.repeat, p.actions, p.diff = newRepeat(bench), newActions(bench), newDiff()
	p.follow()
	p.group, p.back, p.asks = newGroupAnswer(bench), newBackStrip(bench), newQuestionStrip(bench, func() { p.Object.Refresh() })
	p.one = container.New(answerRows{column{3}, p}, p.back, p.repeat, p.head, p.stack, p.options, p.actions, NewCopyAs(bench))
	p.Object = Stacked(1, p.asks.object, container.NewStack(p.one, p.group.object))
	p.Refresh()
	return p
}

// Refresh shows the current tab anew.
func (p *Answer) Refresh() {
	if p.refreshGroup() {
		return
	}
	a := p.bench.Tab().Shown()
	if p.asked != nil && !p.whyOffered() {
		p.asked = nil
	}
	why := p.asked != nil || a != nil && a.Err != nil
	answer := a != nil && !why
	rows := 0
	moved := p.lead(a)
	if answer {
		format := -1
		if f, ok := a.Message.ContentFormat(); ok {
			format = int(f)
		}
		p.body.Show(format, a.Message.Payload)
		rows = len(a.Message.Options)
		if a.Note != "" {
			rows++
		}
	}
	show(p.body.Object, answer)
	show(p.why.Object, why)
	show(p.idle, !answer && !why)
	if want := float32(rows*optionRowHeight + optionsMargin); p.want != want || moved {
		p.want = want
		p.one.Refresh()
	}
	p.Tick()
}

func show(o fyne.CanvasObject, visible bool) {
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
}

// whyOffered tells whether the user may ask why there is no answer, or has.
func (p *Answer) whyOffered() bool {
	t := p.bench.Tab()
	return (p.asked == nil || p.asked == t) && p.bench.WhyOffered(t)
}

func (p *Answer) toggleWhy() {
	if p.asked != nil {
		p.asked = nil
	} else {
		p.asked = p.bench.Tab()
	}
	p.Refresh()
}

// Tick draws what changes with time.
func (p *Answer) Tick() {
	if p.group.object.Visible() {
		p.group.tick()
		return
	}
	p.head.Refresh()
	if p.why.Object.Visible() {
		p.why.ShowTab()
	}
	p.idle.Refresh()
	p.options.Refresh()
}

func (p *Answer) drawHead(g *widget.Painter) {
	t := p.bench.Tab()
	if p.whyOffered() {
		text := "Why no answer?"
		if g.W < 300 {
			text = "Why?"
		}
		if p.asked != nil {
			text = "× " + text
		}
		w := g.TextRight(g.W-16, 27, text, widget.Sans(12, view.Accent))
		g.Hit(g.W-w-22, 10, w+16, 28, whyLinkID{})
		g = g.Sub(0, 0, g.W-w-18, g.H)
	}
	if t.State == view.TabAsking && (t.Progress != nil || t.Shown() == nil || t.Last != nil || t.Waits != "") {
		p.drawAsking(g, t)
		return
	}
	a := t.Shown()
	if a == nil {
		g.Text(16, 27, "Answer", widget.SansBold(12, view.Dim))
		return
	}
	code, concept := a.Code()
	x := 16 + g.Pill(16, 14, code, concept) + 12
	summary := a.Summary()
	if t.State == view.TabObserving {
		summary = "◉ " + summary
	}
	g.TextEllipsis(x, 28, g.W-x-8, summary, widget.Sans(12, view.Dim))
}

func (p *Answer) drawAsking(g *widget.Painter, t *view.Tab) {
	if pr := t.Progress; pr != nil {
		word := "Reading"
		if pr.Direction == blockwise.Upload {
			word = "Writing"
		}
		text := fmt.Sprintf("%s block %d · %s", word, pr.Blocks, view.Bytes(int(pr.Bytes)))
		if pr.Total > 0 {
			text += " of " + view.Bytes(int(pr.Total))
			g.Bar(16, 32, g.W-32, float32(pr.Bytes)/float32(pr.Total), view.Accent)
		}
		if t.Waits != "" {
			text += " · " + t.Waits
		}
		g.TextEllipsis(16, 22, g.W-32, text, widget.Sans(12, view.Plain))
		return
	}
	text := "Sending …"
	switch {
	case t.Waits != "":
		text = t.Waits
	case t.Last != nil && !t.Last.Next.IsZero():
		next := "retransmission"
		if t.Last.Attempt == t.Last.Of {
			next = "giving up"
		}
		text = fmt.Sprintf("Try %d of %d · %s in %s", t.Last.Attempt, t.Last.Of, next, view.Seconds(time.Until(t.Last.Next)))
	case t.Last != nil:
		text = "Sent · waiting for the answer"
	}
	g.TextEllipsis(16, 27, g.W-32, text, widget.Sans(12, view.Warning))
}

func (p *Answer) drawIdle(g *widget.Painter) {
	if t := p.bench.Tab(); t.Shown() == nil && t.State == view.TabIdle {
		g.TextCenter(g.W/2, 60, "Nothing asked yet", widget.Sans(13, view.Faint))
		g.TextCenter(g.W/2, 82, p.bench.Commands.KeyText(view.CmdSend)+" sends the request", widget.Sans(12, view.Faint))
	}
}

const (
	optionRowHeight = 20
	optionsMargin   = 14 // above and below all of them
	leastBody       = 96 // of the payload: its tabs, two lines, and what is said of one
)

// answerRows lays out the answer. Where it is not high enough, options give way to the payload: the inspector has them too.
type answerRows struct {
	column
	p *Answer
}

// Layout implements fyne.Layout.
func (l answerRows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	room := size.Height
	for _, o := range objects {
		if o.Visible() && o != l.p.stack && o != l.p.options {
			room -= o.MinSize().Height
		}
	}
	room = room/widget.CurrentTheme().Zoom() - leastBody
	height := l.p.want
	if height > room {
		height = 0
		if rows := int((room - optionsMargin) / optionRowHeight); rows > 0 {
			height = float32(rows*optionRowHeight + optionsMargin)
		}
	}
	l.p.options.Min.Height = height
	l.column.Layout(objects, size)
}

func (p *Answer) drawOptions(g *widget.Painter) {
	a := p.bench.Tab().Shown()
	if a == nil || a.Err != nil || p.why.Object.Visible() {
		return
	}
	now := time.Now()
	y := float32(4)
	if a.Note != "" {
		g.TextEllipsis(16, y+14, g.W-32, a.Note, widget.Sans(12, a.NoteConcept))
		y += optionRowHeight
	}
	const values = 126
	options := a.Options(now)
	for i, o := range options {
		if rest := len(options) - i; rest > 1 && y+2*optionRowHeight > g.H {
			g.TextEllipsis(16, y+14, g.W-32, fmt.Sprintf("%d more, at the right", rest), widget.Sans(12, view.Faint))
			return
		}
		g.TextEllipsis(16, y+14, values-22, o.Name, widget.Sans(12, o.Concept))
		style := widget.Mono(12, view.Plain)
		if uri, ok := a.Follow(o.Number); ok {
			style = linkStyle
			g.HLine(values, y+17, min(g.Measure(o.Text, style), g.W-values-10), g.Pal.Border(view.Accent, false))
			g.Hit(values, y, g.W-values-10, optionRowHeight, linkID(uri))
		}
		g.TextEllipsis(values, y+14, g.W-values-10, o.Text, style)
		if left, ok := a.Fresh(now); ok && o.Name == "Max-Age" && g.W > 360 {
			g.Bar(g.W-110, y+7, 94, float32(left)/float32(max(a.MaxAge(), 1)), view.Good)
		}
		y += optionRowHeight
	}
}

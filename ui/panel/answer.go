package panel

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/session/blockwise"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Answer shows what came of the request of the current tab: code, times, the payload rendered, and the
// options in words.
type Answer struct {
	Object fyne.CanvasObject

	bench   *view.Workbench
	head    *widget.Sheet
	failure *widget.Sheet
	body    *Rendering
	options *widget.Sheet
	repeat  *repeat
	actions *actions
	diff    *diff
	stack   *fyne.Container
}

// NewAnswer makes the panel.
func NewAnswer(bench *view.Workbench) *Answer {
	p := &Answer{bench: bench}
	p.head = widget.NewSheet(p.drawHead)
	p.head.Min = fyne.NewSize(60, 46)
	p.failure = widget.NewSheet(p.drawFailure)
	p.failure.Min = fyne.NewSize(60, 60)
	p.failure.OnTap = func(t widget.Tap) {
		if frame, ok := t.Hit.(trace.Seq); ok {
			bench.ShowLive()
			bench.SelectFrame(frame)
		}
	}
	p.body = NewRendering(widget.OnGround)
	p.options = widget.NewSheet(p.drawOptions)
	p.options.Min = fyne.NewSize(60, 10)
	p.stack = container.NewStack(p.body.Object, p.failure)
	p.repeat, p.actions, p.diff = newRepeat(bench), newActions(bench), newDiff()
	p.follow()
	p.Object = Stacked(2, p.repeat, p.head, p.stack, p.options, p.actions, NewCopyAs(bench))
	p.Refresh()
	return p
}

// Refresh shows the current tab anew.
func (p *Answer) Refresh() {
	a := p.bench.Tab().Shown()
	rows := 0
	moved := p.lead(a)
	if a == nil || a.Err != nil {
		p.body.Object.Hide()
		p.failure.Show()
	} else {
		format := -1
		if f, ok := a.Message.ContentFormat(); ok {
			format = int(f)
		}
		p.body.Show(format, a.Message.Payload)
		p.failure.Hide()
		p.body.Object.Show()
		rows = len(a.Message.Options)
		if a.Note != "" {
			rows++
		}
	}
	if height := float32(rows*optionRowHeight + 14); p.options.Min.Height != height || moved {
		p.options.Min.Height = height
		p.Object.Refresh()
	}
	p.Tick()
}

// Tick draws what changes with time.
func (p *Answer) Tick() {
	p.head.Refresh()
	p.failure.Refresh()
	p.options.Refresh()
}

func (p *Answer) drawHead(g *widget.Painter) {
	t := p.bench.Tab()
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

func (p *Answer) drawFailure(g *widget.Painter) {
	a := p.bench.Tab().Shown()
	if a == nil {
		if p.bench.Tab().State == view.TabIdle {
			g.TextCenter(g.W/2, 60, "Nothing asked yet", widget.Sans(13, view.Faint))
			g.TextCenter(g.W/2, 82, "Ctrl+Enter sends the request", widget.Sans(12, view.Faint))
		}
		p.drawUnreadable(g, 20)
		return
	}
	what, next := a.Failure()
	y := float32(20)
	for _, line := range wrap(g, what, g.W-32, widget.Sans(13, view.Error)) {
		g.Text(16, y, line, widget.Sans(13, view.Error))
		y += 19
	}
	y += 6
	if p.drawUnreadable(g, y) {
		return // which is the reason, and the next step
	}
	for _, line := range wrap(g, next, g.W-32, widget.Sans(12, view.Plain)) {
		g.Text(16, y, line, widget.Sans(12, view.Plain))
		y += 18
	}
}

// drawUnreadable says that replies came which are no messages, and tells whether there are any. A click
// leads to the first.
func (p *Answer) drawUnreadable(g *widget.Painter, y float32) bool {
	text, first := p.bench.Unreadable()
	for _, line := range wrap(g, text, g.W-32, widget.Sans(12, view.Error)) {
		g.Text(16, y, line, widget.Sans(12, view.Error))
		g.Hit(16, y-14, g.W-32, 18, first)
		y += 18
	}
	return first != 0
}

const optionRowHeight = 20

func (p *Answer) drawOptions(g *widget.Painter) {
	a := p.bench.Tab().Shown()
	if a == nil || a.Err != nil {
		return
	}
	now := time.Now()
	y := float32(4)
	if a.Note != "" {
		g.TextEllipsis(16, y+14, g.W-32, a.Note, widget.Sans(12, a.NoteConcept))
		y += optionRowHeight
	}
	const values = 126
	for _, o := range a.Options(now) {
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

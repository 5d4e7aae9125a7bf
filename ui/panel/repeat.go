package panel

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// repeat is the strip above the answer that shows how a request fares which is sent many times.
type repeat struct {
	widget.Sheet

	bench *view.Workbench
}

// forgetID is the hit region that stops the repetition, or takes the strip away.
type forgetID struct{}

const repeatHeight = 70

func newRepeat(bench *view.Workbench) *repeat {
	p := &repeat{bench: bench}
	p.Init(p)
	p.Draw = p.draw
	p.On = widget.OnPanel
	p.Min = fyne.NewSize(60, repeatHeight)
	p.OnTap = func(t widget.Tap) {
		if _, ok := t.Hit.(forgetID); ok {
			bench.ForgetRepeat()
		}
	}
	p.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.OnCopy = func() string {
		r := bench.Tab().Repeat
		if r == nil {
			return ""
		}
		text := r.Plan.String() + ": " + r.Progress()
		for _, o := range r.Outcomes() {
			text += ", " + o.Text
		}
		return text + "\n" + r.Times() + "\n" + r.CodesText()
	}
	return p
}

// Update shows what came since, and tells whether the strip came or went.
func (p *repeat) Update() (moved bool) {
	visible := p.Visible()
	if p.bench.Tab().Repeat == nil {
		p.Hide()
	} else {
		p.Show()
	}
	p.Sheet.Refresh()
	return visible != p.Visible()
}

func (p *repeat) draw(g *widget.Painter) {
	r := p.bench.Tab().Repeat
	if r == nil {
		return
	}
	const x = 16
	g.HLine(0, g.H-1, g.W, g.Pal.Line)
	word := "✕"
	if r.Running {
		word = "Stop  Esc"
	}
	w := g.TextRight(g.W-x, 20, word, widget.Sans(12, view.Accent))
	g.Hit(g.W-x-w-8, 4, w+16, 24, forgetID{})
	head := g.TextEllipsis(x, 20, g.W-2*x-w-12, r.Progress(), widget.SansBold(12, view.Plain))
	g.TextEllipsis(x+head+12, 20, g.W-2*x-w-head-30, r.PlanText(), widget.Sans(11, view.Faint))
	at := float32(x)
	for _, o := range r.Outcomes() {
		at += g.TextEllipsis(at, 39, g.W-x-at, o.Text, widget.Sans(12, o.Concept)) + 14
	}
	if room := g.W - x - at; room > 40 {
		at += g.TextEllipsis(at, 39, room, r.CodesText(), widget.Mono(11, view.Dim)) + 14
	}
	concept, text := view.Dim, r.Times()
	if r.Answered() == 0 && r.Err != nil {
		concept, text = view.Error, r.Err.Error()
	}
	at = max(at, x+g.TextEllipsis(x, 57, g.W-2*x, text, widget.Sans(11, concept))+14)
	if room := g.W - x - at; room > 40 {
		p.drawTimes(g.Sub(at, 30, room, 32), r.Recent, r.Outlying())
	}
}

// drawTimes draws a bar for each answer that came last, as high as it took long, and a cross for each that did not come.
// An outlier, which would make the others flat, is as high as there is room, and its bar is broken.
func (p *repeat) drawTimes(g *widget.Painter, recent []time.Duration, outlying time.Duration) {
	const pitch = 5
	recent = recent[max(0, len(recent)-int(g.W/pitch)):] // the last ones, at the left while there are few
	longest := time.Duration(1)
	for _, d := range recent {
		longest = max(longest, min(d, outlying))
	}
	g.HLine(0, g.H-1, g.W, g.Pal.Line)
	for i, d := range recent {
		x := float32(i) * pitch
		if d < 0 {
			c := g.Pal.Text(view.Error)
			g.Line(x, g.H-8, x+4, g.H-4, 1.2, c)
			g.Line(x, g.H-4, x+4, g.H-8, 1.2, c)
			continue
		}
		if d > longest {
			g.FillRect(x, 0, pitch-1, 4, g.Pal.Text(view.Warning))
			g.FillRect(x, 6, pitch-1, g.H-7, g.Pal.Text(view.Warning))
			continue
		}
		h := max(2, (g.H-8)*float32(d)/float32(longest))
		g.FillRect(x, g.H-1-h, pitch-1, h, g.Pal.Text(view.Good))
	}
}

// RepeatMenu offers to send the current request many times; custom asks how often and when.
func RepeatMenu(bench *view.Workbench, custom func()) *fyne.Menu {
	plan := func(title string, p view.RepeatPlan) *fyne.MenuItem {
		return fyne.NewMenuItem(title, func() { bench.Repeat(p) })
	}
	return fyne.NewMenu("Send many times",
		plan("Send 10 times", view.RepeatPlan{Times: 10}),
		plan("Send 100 times", view.RepeatPlan{Times: 100}),
		plan("Every second until stopped", view.RepeatPlan{Every: time.Second}),
		plan("Every 100 ms until stopped", view.RepeatPlan{Every: 100 * time.Millisecond}),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("As often and when …", custom),
	)
}

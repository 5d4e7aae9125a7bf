package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// backStrip stands above an answer of a member that is shown in full: it leads back to the table, and to the next one.
type backStrip struct {
	widget.Sheet
	bench *view.Workbench
}

// What can be clicked there.
type (
	backID struct{}
	stepID int
)

func newBackStrip(bench *view.Workbench) *backStrip {
	p := &backStrip{bench: bench}
	p.Init(p)
	p.On, p.Min, p.Draw = widget.OnPanel, fyne.NewSize(60, 30), p.draw
	p.OnTap = func(t widget.Tap) {
		g := bench.Tab().Group
		if g == nil || t.Button != desktop.MouseButtonPrimary {
			return
		}
		switch id := t.Hit.(type) {
		case backID:
			bench.OpenMember(g, nil)
		case stepID:
			bench.StepMember(g, int(id))
		}
	}
	p.OnKey = func(name fyne.KeyName, _ fyne.KeyModifier) {
		g := bench.Tab().Group
		switch {
		case g == nil:
		case name == fyne.KeyUp:
			bench.StepMember(g, -1)
		case name == fyne.KeyDown:
			bench.StepMember(g, 1)
		case name == fyne.KeyLeft || name == fyne.KeyReturn || name == fyne.KeyEnter || name == fyne.KeySpace:
			bench.OpenMember(g, nil)
		}
	}
	p.FocusRing = true
	p.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.Tip = func(pos fyne.Position) string {
		switch id := p.HitAt(pos).(type) {
		case backID:
			return "Show the answers of all members"
		case stepID:
			if id < 0 {
				return "The answer before"
			}
			return "The next answer"
		}
		return ""
	}
	return p
}

func (p *backStrip) draw(g *widget.Painter) {
	run := p.bench.Tab().Group
	if run == nil || run.Opened == nil {
		return
	}
	link := widget.Sans(12, view.Accent)
	x := 16 + g.Text(16, 20, "‹ All answers", link)
	g.Hit(8, 0, x, g.H, backID{})
	right := g.W - 16
	for _, step := range []struct {
		text string
		id   stepID
	}{{"▼", 1}, {"▲", -1}} {
		w := g.TextRight(right, 20, step.text, widget.Mono(12, view.Accent))
		g.Hit(right-w-6, 0, w+12, g.H, step.id)
		right -= w + 16
	}
	g.TextEllipsis(x+16, 20, right-x-24, p.bench.OpenedText(run), widget.Sans(12, view.Plain))
	g.HLine(0, g.H-1, g.W, g.Pal.Line)
}

// questionStrip asks the user what a tab has to know before it goes on.
type questionStrip struct {
	object fyne.CanvasObject

	bench   *view.Workbench
	text    *widget.Sheet
	yes, no *widget.Chip
	resized func() // lays out what the strip is in
}

func newQuestionStrip(bench *view.Workbench, resized func()) *questionStrip {
	p := &questionStrip{bench: bench, resized: resized}
	p.text = widget.NewSheet(func(g *widget.Painter) {
		if q := bench.Tab().Asks; q != nil {
			lines := wrapAll(g, q.Text, g.W-32, widget.Sans(12, view.Warning))
			for i, line := range lines {
				g.Text(16, 22+17*float32(i), line, widget.Sans(12, view.Warning))
			}
			if height := float32(16 + 17*len(lines)); height != p.text.Min.Height {
				p.text.Min.Height = height
				fyne.Do(p.resized)
			}
		}
	})
	p.text.On, p.text.Min = widget.OnPanel, fyne.NewSize(60, 84)
	p.text.OnCopy = func() string {
		if q := bench.Tab().Asks; q != nil {
			return q.Text
		}
		return ""
	}
	p.yes = widget.NewChip("", view.Warning, func() { bench.Decide(true) })
	p.no = widget.NewChip("", view.Accent, func() { bench.Decide(false) })
	row := container.New(bar{elastic: -1, gap: 8, height: 44}, p.yes, p.no)
	p.object = onPanel(Stacked(-1, p.text, padded(row, 8, 0, 8, 4)))
	p.object.Hide()
	return p
}

// refresh shows what the current tab asks, and tells whether it came or went.
func (p *questionStrip) refresh() (moved bool) {
	visible := p.object.Visible()
	q := p.bench.Tab().Asks
	show(p.object, q != nil)
	if q != nil {
		p.yes.SetText(q.Yes)
		p.no.SetText(q.No)
		p.text.Refresh()
	}
	return visible != p.object.Visible()
}

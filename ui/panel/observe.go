package panel

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// observeTab shows all observations: their values at the left, their course at the right.
type observeTab struct {
	object fyne.CanvasObject

	p     *Packets
	bench *view.Workbench
	list  *widget.List
	chart *widget.Chart
	split *widget.Split

	pause, step, span, record *widget.Chip

	drawn time.Time // when the chart was drawn because of time alone
}

func newObserveTab(p *Packets) *observeTab {
	t := &observeTab{p: p, bench: p.bench}
	watch := t.bench.Watch()
	t.list = widget.NewList(watchModel{t})
	t.list.RowHeight, t.list.Inset = 42, 4
	t.list.Empty = "Nothing is observed"
	t.list.OnSelect = func(row int) { watch.Select(watch.Item(row)) }
	t.list.OnActivate = func(row int) { watch.ShowOnly(watch.Item(row), false) }
	t.list.OnMenu = func(row int, tap widget.Tap) { showMenu(p.Object, t.menu(watch.Item(row), 0), tap.Absolute) }
	t.list.OnRowKey = func(name fyne.KeyName) {
		switch name {
		case fyne.KeySpace:
			watch.ShowOnly(watch.Item(t.list.Selected()), true)
		case fyne.KeyDelete:
			t.bench.StopWatch(watch.Item(t.list.Selected()))
		default:
			p.menuKey(t.list, name, func(row int) *fyne.Menu { return t.menu(watch.Item(row), 0) })
		}
	}
	choose := t.list.OnTap
	t.list.OnTap = func(tap widget.Tap) {
		if row, ok := tap.Hit.(swatchID); ok && tap.Button != 0 {
			watch.ShowOnly(watch.Item(int(row)), true)
			return
		}
		choose(tap)
	}
	t.list.Tip = func(pos fyne.Position) string {
		switch id := t.list.HitAt(pos).(type) {
		case swatchID:
			return "In the chart, or not (Space)"
		case watchID:
			if o := watch.Item(int(id)); o != nil {
				return o.Tip(time.Now())
			}
		}
		return ""
	}
	t.chart = widget.NewChart(&watch.Chart, watch.Lines)
	t.chart.Empty = "Observe a resource: ◉ in the bar,\nits menu in the tree, or all that a device has\nwith " + t.bench.Commands.KeyText(view.CmdObserveAll)
	t.chart.OnChange = t.label
	t.chart.OnFrame = func(o *view.Watched, frame trace.Seq) {
		watch.Select(o)
		t.bench.ShowFrame(frame)
	}
	t.chart.OnMenu = func(o *view.Watched, frame trace.Seq, tap widget.Tap) {
		showMenu(p.Object, t.menu(o, frame), tap.Absolute)
	}
	t.split = widget.NewSplit(widget.LeftEdge, t.list, Stacked(1, t.chips(), t.chart), 236)
	t.split.MinSide, t.split.MinMain = 150, 260
	t.object = t.split
	return t
}

func (t *observeTab) chips() fyne.CanvasObject {
	chart := &t.bench.Watch().Chart
	t.pause = widget.NewLink("", func() {
		chart.Pause(time.Now())
		t.refresh()
	})
	t.pause.Hint = "Stop the picture, or have it follow what comes (Space). What comes is taken all the same"
	t.step = widget.NewLink("", func() {
		chart.Step = !chart.Step
		t.refresh()
	})
	t.step.Hint = "Values are joined by lines, or stay until the next one comes"
	t.span, t.record = widget.NewLink("", nil), widget.NewLink("", nil)
	t.span.Menu, t.record.Menu = t.spanMenu, t.recordMenu
	t.record.Hint = "What comes is recorded as it comes; recordings can be opened again"
	t.span.Hint = "How much time is shown; the wheel zooms, a drag moves"
	export := widget.NewLink("Export ▾", nil)
	export.Menu = t.exportMenu
	chips := []*widget.Chip{t.pause, t.step, t.span, t.record, export}
	objects := make([]fyne.CanvasObject, 0, len(chips)+1)
	for _, c := range chips {
		c.On = widget.OnGround
		objects = append(objects, c)
	}
	objects = append(objects[:3], append([]fyne.CanvasObject{widget.NewSheet(nil)}, objects[3:]...)...)
	return container.New(bar{elastic: 3, gap: 4, height: 26}, objects...)
}

// label writes on the chips what is set.
func (t *observeTab) label() {
	chart := &t.bench.Watch().Chart
	pause, step := "❚❚ Pause", "Line"
	if !chart.Following() {
		pause = "▶ Follow"
	}
	if chart.Step {
		step = "Step"
	}
	t.pause.SetText(pause)
	t.step.SetText(step)
	t.span.SetText(spanText(chart.Span()) + " ▾")
	record := "○ Rec ▾"
	t.record.Concept = view.Accent
	if r := t.bench.Watch().Recording(); r != nil {
		record = "● Rec ▾"
		if _, lost, err := r.State(); err != nil || lost > 0 {
			record, t.record.Concept = "✖ Rec ▾", view.Error
		}
	}
	t.record.SetText(record)
}

func spanText(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.3g min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.3g h", d.Hours())
	}
	return fmt.Sprintf("%.3g days", d.Hours()/24)
}

// count says at the tab how many there are, and whether any is stalled.
func (t *observeTab) count() {
	live, stalled := t.bench.Watch().Counts()
	switch {
	case stalled > 0:
		t.p.tabs.SetCount("observe", "⚠ "+view.Grouped(stalled)+" stalled", view.Error)
	case live > 0:
		t.p.tabs.SetCount("observe", "◉ "+view.Grouped(live), view.Good)
	default:
		t.p.tabs.SetCount("observe", countText(t.bench.Watch().Len()), view.Dim)
	}
}

// refresh draws the model anew.
func (t *observeTab) refresh() {
	t.count()
	shown := t.p.tabs.Selected() == "observe"
	t.bench.Watch().Show(shown)
	if !shown {
		return
	}
	watch := t.bench.Watch()
	row := -1
	for i, o := range watch.Items() {
		if o == watch.Selected() {
			row = i
		}
	}
	if row != t.list.Selected() {
		t.list.SetSelected(row)
		if row >= 0 {
			t.list.ScrollTo(row)
		}
	}
	t.label()
	t.list.Refresh()
	t.chart.Refresh()
	t.drawn = time.Now()
}

// tick draws what changes with time alone: no more often than a pixel is passed.
func (t *observeTab) tick() {
	if t.p.tabs.Selected() != "observe" {
		return
	}
	pause := 200 * time.Millisecond
	if w := t.bench.Watch().Chart.PlotWidth(); w > 0 {
		pause = max(pause, min(time.Second, t.bench.Watch().Chart.Span()/time.Duration(w)))
	}
	if time.Since(t.drawn) >= pause {
		t.refresh()
	}
}

// ShowObservations shows what is observed, and has keys go there.
func (p *Packets) ShowObservations() {
	p.tabs.Select("observe")
	p.choose()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Object); c != nil {
		c.Focus(p.observe.list)
	}
}

// RefreshWatch draws what is observed anew.
func (p *Packets) RefreshWatch() { p.observe.refresh() }

// swatchID and watchID are the hit regions of rows: how it looks in the chart, and the row.
type (
	swatchID int
	watchID  int
)

// watchModel is the list's view of the observations.
type watchModel struct{ t *observeTab }

// Len implements widget.ListModel.
func (m watchModel) Len() int { return m.t.bench.Watch().Len() }

// Cell implements widget.ListModel, for what copies a row.
func (m watchModel) Cell(row, _ int) widget.Cell {
	return widget.Cell{Text: m.t.bench.Watch().Item(row).Tip(time.Now())}
}

// PaintRow implements widget.RowPainter.
func (m watchModel) PaintRow(p *widget.Painter, row int, _ bool) {
	o := m.t.bench.Watch().Item(row)
	if o == nil {
		return
	}
	r := o.Row(time.Now())
	p.Hit(0, 0, p.W, p.H, watchID(row))
	style := o.Style()
	const left = 34
	if o.Shown {
		pen := p.Pen()
		pen.Line(8, 13, 28, 13, 1.5, style.Dash, style.Concept)
		view.DrawMarker(pen, 18, 13, style)
	} else {
		p.RoundRect(10, 9, 16, 8, 4, p.Pal.Ground, 1, p.Pal.Line)
	}
	p.Hit(2, 0, left-4, 26, swatchID(row))
	value := widget.Mono(12, view.Plain)
	value.Bold = true
	width := min(p.Measure(r.Value, value), p.W*0.45)
	p.TextEllipsis(p.W-8-width, 18, width+1, r.Value, value)
	path, device := o.Title()
	room := p.W - left - width - 18
	used := p.TextEllipsis(left, 18, room, path, widget.Sans(12, view.Plain))
	if room -= used + 8; room > 30 {
		p.TextEllipsis(left+used+8, 18, room, device, widget.Sans(11, view.Dim))
	}

	p.Text(14, 35, r.Glyph, widget.Mono(12, r.Concept))
	text := r.Rate
	switch {
	case r.Reregisters != "" && r.State != view.WatchObserving.String():
		text = "asks again in " + r.Reregisters
	case r.AgeText == "" || r.State != view.WatchObserving.String():
		text = r.State
	}
	delta := ""
	if r.Delta != "" && r.State == view.WatchObserving.String() {
		delta = "  Δ " + r.Delta
	}
	if o.Variant != "" {
		text = strings.TrimSuffix(o.Variant+" · "+text, " · ")
	}
	st := widget.Sans(11, view.Dim)
	if r.State != view.WatchObserving.String() {
		st.Concept = r.Concept
	}
	x := float32(left)
	if r.AgeText != "" {
		p.Bar(x, 28, 44, 1-r.Age, r.Concept)
		x += 52
	}
	counts := p.Measure(r.Counts, widget.Sans(11, view.Dim))
	if room := p.W - 8 - counts - x - 8; room > 40 {
		if p.Measure(text+delta, st) <= room { // half of it would say nothing, and take from the rest
			text += delta
		}
		p.TextEllipsis(x, 35, room, text, st)
		p.TextRight(p.W-8, 35, r.Counts, widget.Sans(11, view.Dim))
		return
	}
	p.TextEllipsis(x, 35, p.W-8-x, text+delta, st)
}

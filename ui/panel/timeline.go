package panel

import (
	"fmt"
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// drawDetail draws what is below the table: the blocks and the timeline of the selected exchange.
func (e *Exchanges) drawDetail(g *widget.Painter) float32 {
	if e.showsIdentifiers() {
		return e.drawIdentifiers(g)
	}
	y := float32(0)
	if m := e.bench.BlockMap(); m != nil {
		y = e.drawBlocks(g, m)
	}
	l, why := e.bench.Timeline(time.Now())
	if l == nil {
		if y == 0 {
			g.Text(16, 20, "Timeline", widget.SansBold(11, view.Dim))
			g.TextEllipsis(16, 40, g.W-32, why, widget.Sans(12, view.Faint))
			y = 50
		}
		return y
	}
	if y == 0 && g.H < shortDetail {
		y = 22 - windowTop // the row above says what it is about
	} else {
		if y == 0 {
			y = 6
		}
		g.TextEllipsis(16, y+timelineTitle, g.W-32, l.Title, widget.SansBold(11, view.Dim))
	}
	return y + e.drawTimeline(g.Sub(0, y, g.W, 4096), l)
}

func (e *Exchanges) tapDetail(t widget.Tap) {
	switch hit := t.Hit.(type) {
	case trace.Seq:
		e.bench.SelectFrame(hit)
	case blockID:
		if s := hit.part.Cell(hit.from, hit.to).Frame; s != 0 {
			e.bench.SelectFrame(s)
		}
	}
}

func (e *Exchanges) tipOfDetail(pos fyne.Position) string {
	switch hit := e.detail.HitAt(pos).(type) {
	case blockID:
		return hit.part.Words(hit.from, hit.to)
	case windowID:
		return string(hit)
	}
	return ""
}

// windowID is the region of a window, with what it says.
type windowID string

// Heights of the timeline, from its top.
const (
	timelineTitle = 14
	windowTop     = 36
	windowHeight  = 20
	axisAt        = 62
	ticksAt       = 76
	marksAt       = 92
	wordsAt       = 114
	wordPitch     = 16

	shortDetail = 110 // a room so low has no place for the title
)

func (e *Exchanges) drawTimeline(g *widget.Painter, l *view.Timeline) float32 {
	none := color.NRGBA{}
	left, right := float32(24), g.W-24
	at := func(d time.Duration) float32 { return left + (right-left)*float32(l.Place(d)) }
	g.HLine(left, axisAt, right-left, g.Pal.Line)
	for _, a := range l.Attempts {
		if a.Window.IsZero() {
			continue
		}
		x0, x1 := at(a.Window.From), at(a.Window.To)
		w := max(x1-x0, 3)
		label, c := fmt.Sprintf("↻ %d", a.Number-1), view.Type
		if a.GivesUp {
			label, c = "end", view.Error
		}
		style := widget.Mono(10, c)
		if a.Moot && a.Frame == 0 {
			g.RoundRect(x0, windowTop, w, windowHeight, 3, none, 1, g.Pal.Line)
			style.Concept = view.Faint
		} else {
			g.Tinted(x0, windowTop, w, windowHeight, 3, c, false)
			style = style.In(g.Pal.OnTint(c, false))
		}
		if g.Measure(label, style)+4 <= w {
			g.TextCenter(x0+w/2, windowTop+14, label, style)
		}
		words := windowWords(&a)
		tick := words
		if g.Measure(tick, widget.Mono(9, view.Faint)) < w+34 {
			g.TextCenter(x0+w/2, ticksAt, tick, widget.Mono(9, view.Faint))
		}
		g.Hit(x0, windowTop, w, windowHeight, windowID(label+" · "+words+" after the first transmission (RFC 7252 §4.2)"))
		if !a.Narrow.IsZero() && !(a.Moot && a.Frame == 0) {
			x := at((a.Narrow.From + a.Narrow.To) / 2)
			for _, part := range [][2]float32{{windowTop - 3, 6}, {windowTop + windowHeight - 3, axisAt - windowTop - windowHeight + 3}} { // beside the label
				g.FillRect(x-0.75, part[0], 1.5, part[1], g.Pal.Text(view.Plain))
			}
		}
	}
	for _, a := range l.Attempts {
		if a.Frame == 0 {
			continue
		}
		x, c := at(a.At), view.Type
		if a.Off {
			c = view.Warning
			g.TextCenter(x, windowTop-4, "⚠", widget.Mono(10, c))
		}
		ink := g.Pal.Text(c)
		g.FillRect(x-1, windowTop-1, 2, axisAt-windowTop+1, ink)
		g.Dot(x, axisAt, 3.5, ink)
		if a.Frame == e.bench.SelectedFrame() {
			g.Circle(x, axisAt, 6, none, 1.2, g.Pal.Text(view.Accent))
		}
		g.Hit(x-6, windowTop, 12, axisAt-windowTop+6, a.Frame)
	}
	e.drawMarks(g, l, at)
	if l.Open {
		x := at(l.Now)
		g.FillRect(x, windowTop-8, 1.5, axisAt-windowTop+16, g.Pal.Text(view.Accent))
		text := "now " + view.Seconds(l.Now)
		half := g.Measure(text, widget.Mono(10, view.Accent)) / 2
		g.TextCenter(min(max(x, left+half), right-half), windowTop-10, text, widget.Mono(10, view.Accent))
	}
	y := float32(wordsAt)
	if len(l.Marks) == 0 {
		y -= marksAt - ticksAt
	}
	for _, w := range l.Words {
		g.TextEllipsis(16, y, g.W-32, w.Text, widget.Sans(11, w.Concept))
		if w.Frame != 0 {
			g.Hit(0, y-12, g.W, wordPitch, w.Frame)
		}
		y += wordPitch
	}
	return y
}

// drawMarks draws what came back, below the axis, as far as texts do not lie on each other.
func (e *Exchanges) drawMarks(g *widget.Painter, l *view.Timeline, at func(time.Duration) float32) {
	free := float32(0)
	for _, m := range l.Marks {
		x, ink := at(m.At), g.Pal.Text(m.Concept)
		g.FillRect(x-1, axisAt, 2, marksAt-axisAt-12, ink)
		g.Polygon(ink, fyne.NewPos(x-4, axisAt+7), fyne.NewPos(x+4, axisAt+7), fyne.NewPos(x, axisAt+1))
		style := widget.Mono(10, m.Concept)
		text := m.Label + "  " + view.Duration(m.At)
		w := g.Measure(text, style)
		from := min(max(x-4, 16), g.W-16-w)
		if from >= free {
			g.Text(from, marksAt, text, style)
			free = from + w + 12
		}
		g.Hit(x-6, axisAt, 12, marksAt-axisAt-8, m.Frame)
	}
}

// windowWords gives the ends of a window: "2–3 s".
func windowWords(a *view.Attempt) string {
	short := func(d time.Duration) string { return view.FormatNumber(d.Seconds()) }
	if a.Window.From == a.Window.To {
		return short(a.Window.From) + " s"
	}
	return strings.Join([]string{short(a.Window.From), short(a.Window.To)}, "–") + " s"
}

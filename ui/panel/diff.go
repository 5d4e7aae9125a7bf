package panel

import (
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// diff shows what differs between an answer and the one before it, line by line with signs. It is compared beside the
// window, as payloads may be large.
type diff struct {
	Object fyne.CanvasObject

	list   *widget.List
	note   *widget.Sheet
	of     *view.Answer
	as     string // the view of the payload
	result *view.AnswerDiff
}

func newDiff() *diff {
	p := &diff{}
	p.list = widget.NewList(p)
	p.list.On = widget.OnGround
	p.list.RowHeight, p.list.Inset = 18, 10
	p.list.OnCopy = func() string {
		if row := p.list.Selected(); row >= 0 {
			return p.Cell(row, 0).Text
		}
		var lines []string
		for i := range p.Len() {
			lines = append(lines, p.Cell(i, 0).Text)
		}
		return strings.Join(lines, "\n")
	}
	p.note = widget.NewSheet(func(g *widget.Painter) {
		if p.result != nil {
			g.TextEllipsis(16, 14, g.W-24, p.result.Summary(p.of), widget.Sans(11, view.Dim))
		}
	})
	p.note.Min = fyne.NewSize(20, 20)
	p.Object = Stacked(0, p.list, p.note)
	return p
}

// Show compares another answer with the one before it.
func (p *diff) Show(a *view.Answer, as string) {
	if p.of == a && p.as == as {
		return
	}
	p.of, p.as = a, as
	p.list.Empty = "Nothing before to compare with"
	if !a.Before() {
		p.take(nil)
		return
	}
	if len(a.Message.Payload) < layAside {
		p.take(a.Diff(as))
		return
	}
	p.list.Empty = "Comparing …"
	p.take(nil)
	go func() {
		result := a.Diff(as)
		fyne.Do(func() {
			if p.of == a && p.as == as {
				p.take(result)
			}
		})
	}()
}

func (p *diff) take(result *view.AnswerDiff) {
	p.result = result
	p.list.SetSelected(-1)
	p.list.Refresh()
	p.note.Refresh()
}

// Len implements widget.ListModel.
func (p *diff) Len() int {
	if p.result == nil {
		return 0
	}
	return len(p.result.Rows)
}

// Cell implements widget.ListModel.
func (p *diff) Cell(row, _ int) widget.Cell {
	r := p.result.Rows[row]
	return widget.Cell{Text: strings.TrimSpace(r.State.Sign() + " " + r.Text)}
}

// PaintRow implements widget.RowPainter.
func (p *diff) PaintRow(g *widget.Painter, row int, _ bool) {
	r := p.result.Rows[row]
	if r.Title {
		g.TextEllipsis(6, 13, g.W-12, r.Text, widget.SansBold(11, view.Dim))
		return
	}
	style := widget.Mono(12, view.Dim)
	if r.State != view.CompareSame {
		c := r.State.Concept()
		g.RoundRect(0, 0, g.W, g.H, 3, g.Pal.Tint(c, false), 0, g.Pal.Line)
		g.Text(6, 13, r.State.Sign(), bold(widget.Mono(12, c).In(g.Pal.OnTint(c, false))))
		style = widget.Mono(12, view.Plain)
	}
	g.TextEllipsis(6+foldRoom, 13, g.W-6-foldRoom, r.Text, style)
}

package panel

import (
	"image/color"
	"slices"
	"strings"

	"coapscope/discovery"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Measures of the plan.
const (
	planMargin = 18
	planRow    = 21
)

// planColumn is a column of the plan. One without a width takes what is left.
type planColumn struct {
	title string
	width float32
	of    func(view.PlanRow) string
	right bool // its text ends at its end
}

var planColumns = []planColumn{
	{"By", 84, func(r view.PlanRow) string { return r.From }, false},
	{"To", 0, func(r view.PlanRow) string { return r.To }, false},
	{"Hops", 44, func(r view.PlanRow) string { return r.HopLimit }, true},
	{"For", 76, func(r view.PlanRow) string { return r.For }, false},
	{"Scope", 124, func(r view.PlanRow) string { return r.Scope }, false},
	{"Times", 46, func(r view.PlanRow) string { return r.Times }, true},
	{"Bytes", 50, func(r view.PlanRow) string { return r.Bytes }, true},
}

// leastTo is how wide the column is at least that says where a datagram goes: an IPv6 group and its port have room.
const leastTo = 130

// fitting gives the columns for which there is room, and how wide that is which takes what is left.
func fitting(width float32) (columns []planColumn, to float32) {
	columns = planColumns
	for _, drop := range []string{"", "For", "Hops", "Scope"} {
		columns = slices.DeleteFunc(slices.Clone(columns), func(c planColumn) bool { return c.title == drop })
		to = width
		for _, c := range columns {
			to -= c.width
		}
		if to >= leastTo {
			break
		}
	}
	return columns, to
}

// draw draws the plan, what is asked about it, and how the search goes.
func (p *Search) draw(g *widget.Painter) float32 {
	width := g.W - 2*planMargin - 8
	y := float32(8)
	if asking := p.bench.Scan.Asking; asking != nil {
		y = p.drawQuestion(g, y, width, asking.Question())
	}
	if lines := p.bench.ScanLines(p.now()); len(lines) > 0 && p.bench.Scan.Running {
		y = p.drawLines(g, y, width, "THE SEARCH", lines)
	}
	y = p.drawPlan(g, y, width)
	if lines := p.bench.ScanLines(p.now()); len(lines) > 0 && !p.bench.Scan.Running {
		y = p.drawLines(g, y, width, "WHAT CAME OF IT", lines)
	}
	return y + planMargin
}

func (p *Search) drawQuestion(g *widget.Painter, y, width float32, question string) float32 {
	style := widget.Sans(12, view.Plain)
	lines := wrapAll(g, question, width-40, style)
	height := float32(len(lines))*17 + 20
	g.Tinted(planMargin, y+6, width, height, 6, view.Warning, false)
	g.Text(planMargin+12, y+26, "▲", widget.Mono(12, view.Warning))
	for i, line := range lines {
		g.Text(planMargin+30, y+26+17*float32(i), line, style.In(g.Pal.OnTint(view.Warning, false)))
	}
	return y + height + 16
}

func (p *Search) drawPlan(g *widget.Painter, y, width float32) float32 {
	title := "WHAT IS SENT"
	if asking := p.bench.Scan.Asking; p.bench.Scan.Running || asking != nil && len(asking.Targets) > 0 {
		title = "WHAT THE NEXT SEARCH SENDS"
	}
	g.Text(planMargin, y+18, title, widget.SansBold(11, view.Dim))
	plan, err := p.form.Plan()
	if err != nil {
		y += 28
		for _, line := range wrapAll(g, "✖ Nothing: "+err.Error(), width, widget.Sans(12, view.Error)) {
			g.Text(planMargin, y+14, line, widget.Sans(12, view.Error))
			y += 18
		}
		return y + 10
	}
	summary := view.PlanSummary(plan)
	if g.Measure(summary, widget.Sans(12, view.Accent))+g.Measure(title, widget.SansBold(11, view.Dim)) > width-12 {
		y += 20 // it goes below
		g.Text(planMargin, y+18, summary, widget.Sans(12, view.Accent))
	} else {
		g.TextRight(planMargin+width, y+18, summary, widget.Sans(12, view.Accent))
	}
	y += 30
	columns, to := fitting(width)
	cell := func(y float32, style func(i int) widget.Style, text func(c planColumn) string) {
		x := float32(planMargin)
		for i, c := range columns {
			w := c.width
			if w == 0 {
				w = to
			}
			gap := float32(10)
			if i == len(columns)-1 {
				gap = 0
			}
			if s := text(c); c.right {
				g.TextRight(x+w-gap, y+14, s, style(i))
			} else {
				g.TextEllipsis(x, y+14, w-gap, s, style(i))
			}
			x += w
		}
	}
	cell(y, func(int) widget.Style { return widget.SansBold(11, view.Dim) }, func(c planColumn) string { return c.title })
	y += planRow
	g.HLine(planMargin, y-2, width, g.Pal.Line)
	for _, r := range view.PlanRows(plan) {
		if g.Visible(0, y, g.W, planRow) {
			if r.Wide {
				g.RoundRect(planMargin-6, y, width+12, planRow, 3, g.Pal.Tint(view.Warning, false), 0, color.NRGBA{})
			}
			cell(y, func(i int) widget.Style {
				switch columns[i].title {
				case "To":
					return widget.Mono(12, view.Plain)
				case "By":
					return widget.Mono(12, view.Dim)
				case "Scope":
					if r.Wide {
						return widget.Sans(12, view.Warning)
					}
				}
				return widget.Sans(12, view.Dim)
			}, func(c planColumn) string {
				if c.title == "Scope" && r.Wide {
					return "▲ " + c.of(r)
				}
				return c.of(r)
			})
		}
		y += planRow
	}
	y += 6
	if warning := view.PlanWarning(plan); warning != "" && p.bench.Scan.Asking == nil {
		y = paragraph(g, y, width, "▲ "+warning, view.Warning)
	}
	for _, words := range view.PlanWords(plan) {
		y = paragraph(g, y, width, words, view.Dim)
	}
	return y + 6
}

// paragraph draws a text of some lines.
func paragraph(g *widget.Painter, y, width float32, text string, concept view.Concept) float32 {
	for _, line := range wrapAll(g, text, width, widget.Sans(12, concept)) {
		g.Text(planMargin, y+14, line, widget.Sans(12, concept))
		y += 17
	}
	return y + 5
}

func (p *Search) drawLines(g *widget.Painter, y, width float32, title string, lines []view.ScanLine) float32 {
	g.Text(planMargin, y+18, title, widget.SansBold(11, view.Dim))
	y += 26
	if s := &p.bench.Scan; s.Running {
		whole := s.Plan.Time().Seconds()
		g.Bar(planMargin, y+2, width, float32(1-s.Until.Sub(p.now()).Seconds()/max(whole, 0.001)), view.Accent)
		y += 14
	}
	for _, l := range lines {
		y = paragraph(g, y, width, l.Text, l.Concept) - 2
	}
	return y + 8
}

// text is the plan as one can copy it.
func (p *Search) text() string {
	plan, err := p.form.Plan()
	if err != nil {
		return err.Error()
	}
	return planText(plan)
}

func planText(plan discovery.Plan) string {
	var b strings.Builder
	for i, c := range planColumns {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(c.title)
	}
	for _, r := range view.PlanRows(plan) {
		b.WriteByte('\n')
		for i, c := range planColumns {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(c.of(r))
		}
	}
	return b.String() + "\n" + view.PlanSummary(plan) + "\n" + strings.Join(view.PlanWords(plan), "\n")
}

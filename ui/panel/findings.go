package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

func (p *Inspector) buildFindings() {
	p.findings = widget.NewScrollSheet(p.drawFindings)
	p.findings.On = widget.OnPanel
	p.findings.Min = fyne.NewSize(60, 60)
	p.findings.OnTap = p.tapFinding
	p.findings.OnKey = p.findingKey
	p.findings.OnCopy = func() string { return p.model.CopyFinding(p.finding) }
	p.findings.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.findings.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
}

func (p *Inspector) drawFindings(g *widget.Painter) float32 {
	n := p.model.FindingCount()
	if p.model.Frame == nil {
		g.TextCenter(g.W/2, 60, "Select a packet to see what is wrong with it", widget.Sans(13, view.Faint))
		return 80
	}
	y := p.drawReportButton(g)
	if n == 0 {
		g.TextCenter(g.W/2, y+40, "Nothing is wrong with this message", widget.Sans(13, view.Faint))
		return y + 60
	}
	for i := range n {
		y = p.drawFinding(g, y, i) + 10
	}
	if s := p.model.Tree.Suppressed; s > 0 {
		g.Text(inspectorMargin, y+12, view.Grouped(s)+" more are left out", widget.Sans(12, view.Dim))
		y += 24
	}
	return y
}

// drawReportButton draws the button that copies a bug report and gives where the findings begin.
func (p *Inspector) drawReportButton(g *widget.Painter) float32 {
	style := widget.Sans(12, view.Accent)
	const text = "Copy as bug report"
	w := g.Measure(text, style) + 20
	x := g.W - inspectorMargin - w
	g.RoundRect(x, 10, w, 24, 6, g.Pal.Raised, 1, g.Pal.Line)
	g.Text(x+10, 26, text, style)
	g.Hit(x, 8, w, 28, reportID{})
	return 44
}

func (p *Inspector) drawFinding(g *widget.Painter, y float32, i int) float32 {
	row := p.model.Finding(i)
	x, w := float32(inspectorMargin), g.W-2*inspectorMargin
	type line struct{ label, text string }
	var lines []line
	for _, l := range []line{{"expected", row.Expected}, {"actual", row.Actual}, {"next", row.Suggestion}} {
		if l.text == "" {
			continue
		}
		for j, part := range wrap(g, l.text, w-96, widget.Sans(12, view.Plain)) {
			if j > 0 {
				l.label = ""
			}
			lines = append(lines, line{l.label, part})
		}
	}
	title := wrap(g, row.Title, w-24, widget.SansBold(12, row.Concept))
	h := float32(32 + 17*(len(title)+len(lines)))
	if !g.Visible(0, y, g.W, h) {
		return y + h
	}
	selected := i == p.finding
	stroke := float32(1)
	if selected {
		stroke = 2
	}
	g.RoundRect(x, y, w, h, 6, g.Pal.Tint(row.Concept, false), stroke, g.Pal.Border(row.Concept, selected))
	g.Hit(x, y, w, h, findID(i))
	at := y + 21
	for _, t := range title {
		g.Text(x+12, at, t, widget.SansBold(12, row.Concept))
		at += 17
	}
	for _, l := range lines {
		g.Text(x+12, at, l.label, widget.Sans(11, view.Dim))
		g.TextEllipsis(x+76, at, w-88, l.text, widget.Sans(12, view.Plain))
		at += 17
	}
	note := row.Severity
	if where := p.model.Where(i); where != "" {
		note += " · " + where
	}
	if row.Traffic {
		note += " · among the packets before it"
	}
	reference := g.Measure(row.Reference, widget.Sans(11, view.Accent))
	g.TextEllipsis(x+12, at, w-36-reference, note, widget.Sans(11, row.Concept))
	g.TextRight(x+w-12, at, row.Reference, widget.Sans(11, view.Accent))
	return y + h
}

// tapFinding leads from a finding to the bits that it is about.
func (p *Inspector) tapFinding(t widget.Tap) {
	p.findings.RequestFocus()
	switch id := t.Hit.(type) {
	case reportID:
		p.CopyReport()
	case findID:
		p.finding = int(id)
		if t.Button == desktop.MouseButtonSecondary {
			showMenu(p.Object, p.findingMenu(), t.Absolute)
		} else {
			p.showFinding()
		}
	}
	p.findings.Refresh()
}

func (p *Inspector) findingMenu() *fyne.Menu {
	return fyne.NewMenu("",
		fyne.NewMenuItem("Show the bits", p.showFinding),
		p.copying("Copy the finding", func() string { return p.model.CopyFinding(p.finding) }),
		fyne.NewMenuItem("Copy as bug report", p.CopyReport),
	)
}

// showFinding goes to the bits that the selected finding is about.
func (p *Inspector) showFinding() {
	if p.finding < 0 || p.finding >= p.model.FindingCount() {
		return
	}
	p.model.SelectFinding(p.finding)
	p.section = inGrid
	p.show("bits")
	p.revealCursor()
	p.bits.RequestFocus()
	p.bits.Refresh()
}

func (p *Inspector) findingKey(name fyne.KeyName, mod fyne.KeyModifier) {
	n := p.model.FindingCount()
	switch {
	case n == 0:
		return
	case name == fyne.KeyDown:
		p.finding = min(p.finding+1, n-1)
	case name == fyne.KeyUp:
		p.finding = max(p.finding-1, 0)
	case name == fyne.KeyReturn || name == fyne.KeyEnter:
		p.showFinding()
		return
	case name == desktop.KeyMenu, name == fyne.KeyF10 && mod&fyne.KeyModifierShift != 0:
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.findings)
		showMenu(p.Object, p.findingMenu(), at.AddXY(60, 60))
		return
	}
	p.findings.Refresh()
	if pos, size, ok := p.findings.HitBox(findID(p.finding)); ok {
		p.findings.Reveal(pos.Y+p.findings.Offset(), size.Height)
	}
}

// CopyReport copies the message with what is wrong with it as a bug report in Markdown.
func (p *Inspector) CopyReport() { p.copy(p.model.Report()) }

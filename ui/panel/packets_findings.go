package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// newFindingList makes the list of all that is wrong with the packets.
func newFindingList(p *Packets) *widget.List {
	l := widget.NewList(findingModel{p},
		widget.Column{Width: 20},
		widget.Column{Title: "#", Width: 52},
		widget.Column{Title: "Time", Width: 68, Priority: 3},
		widget.Column{Title: "Peer", Width: 124, Priority: 4},
		widget.Column{Title: "Finding", Width: 290},
		widget.Column{Title: "Actual", Width: 90, Elastic: true},
		widget.Column{Title: "Clause", Width: 130, Priority: 2},
	)
	l.OnSelect = func(row int) {
		p.bench.SelectFinding(row)
		if p.OnFinding != nil {
			p.OnFinding()
		}
	}
	l.OnMenu = func(row int, t widget.Tap) { showMenu(p.Object, p.findingMenu(row), t.Absolute) }
	l.OnRowKey = func(name fyne.KeyName) { p.menuKey(l, name, p.findingMenu) }
	l.OnActivate = func(row int) { showMenu(p.Object, p.findingMenu(row), l.RowPlace(row)) }
	l.OnCopy = func() string { return p.bench.Traffic.CopyFinding(l.Selected()) }
	return l
}

func (p *Packets) refreshFindings() {
	t := p.bench.Traffic
	count := ""
	if n := t.FindingsLen(); n > 0 {
		count = view.Grouped(n)
	}
	if t.FindingsLeftOut() > 0 {
		count += "+"
	}
	if t.Unjudged() > 0 {
		count += " …"
	}
	p.tabs.SetCount("findings", count, t.FindingsConcept())
	switch {
	case t.Total() == 0:
		p.findings.Empty = "No packets yet"
	case t.Unjudged() > 0:
		p.findings.Empty = "Looking at the packets: " + view.Grouped(t.Unjudged()) + " to go"
	case t.Filtered() && t.FindingsTotal() > 0:
		p.findings.Empty = "Nothing is wrong with the packets that pass the filter"
	default:
		p.findings.Empty = "Nothing is wrong with these packets"
	}
	if s := p.findings.Selected(); s >= 0 && t.FindingFrame(s) != p.bench.SelectedFrame() {
		p.findings.SetSelected(-1)
	}
	p.findings.Columns[1].Width = p.list.Columns[0].Width
	p.findings.Refresh()
}

// findingModel is the list's view of the findings.
type findingModel struct{ p *Packets }

// Len implements widget.ListModel.
func (m findingModel) Len() int { return m.p.bench.Traffic.FindingsLen() }

// Cell implements widget.ListModel.
func (m findingModel) Cell(row, column int) widget.Cell {
	p := m.p
	if p.finding != row {
		p.finding, p.madeFinding = row, p.bench.Traffic.Finding(row)
	}
	r := &p.madeFinding
	switch column {
	case 0:
		return widget.Cell{Text: r.Sign, Concept: r.Concept}
	case 1:
		return widget.Cell{Text: r.Number, Concept: view.Dim}
	case 2:
		return widget.Cell{Text: r.Time, Concept: view.Dim}
	case 3:
		return widget.Cell{Text: r.Peer}
	case 4:
		return widget.Cell{Text: r.Title, Concept: r.Concept, Sans: true}
	case 5:
		return widget.Cell{Text: r.Actual, Sans: true}
	}
	return widget.Cell{Text: r.Reference, Concept: view.Accent, Sans: true}
}

// MarkOf implements widget.RowMarker: what else is wrong with the selected packet lights up.
func (m findingModel) MarkOf(row int) (view.Concept, bool) {
	s := m.p.bench.SelectedFrame()
	return view.Accent, s != 0 && m.p.bench.Traffic.FindingFrame(row) == s
}

package panel

import (
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// newIdentifierList makes the list of what is in use with each endpoint.
func newIdentifierList(e *Exchanges) *widget.List {
	l := widget.NewList(identifierModel{e},
		widget.Column{Title: "Endpoint", Width: 120, Elastic: true},
		widget.Column{Title: "Message IDs in use", Width: 124},
		widget.Column{Width: 64, Priority: 4},
		widget.Column{Title: "First free in", Width: 80},
		widget.Column{Title: "All in", Width: 54, Priority: 3},
		widget.Column{Title: "Next", Width: 46, Priority: 2},
		widget.Column{Title: "Tokens", Width: 54},
		widget.Column{Title: "Open", Width: 60, Priority: 1},
		widget.Column{Title: "NSTART", Width: 56, Priority: 5},
	)
	l.OnSelect = func(int) { e.detail.Refresh() }
	return l
}

func (e *Exchanges) refreshIdentifiers() {
	e.identifiers = e.bench.Identifiers()
	e.inUse.Empty = "No message ID or token is in use: what was sent is so long ago that nothing late can be taken for something new"
	e.inUse.Refresh()
}

// identifierModel is the list's view of identifiers.
type identifierModel struct{ e *Exchanges }

// Len implements widget.ListModel.
func (m identifierModel) Len() int {
	if m.e.identifiers == nil {
		return 0
	}
	return m.e.identifiers.Len()
}

// Cell implements widget.ListModel.
func (m identifierModel) Cell(row, column int) widget.Cell {
	e := m.e
	if e.used != row {
		e.used, e.madeUsed = row, e.identifiers.Row(row, e.now)
	}
	r := &e.madeUsed
	switch column {
	case 0:
		return widget.Cell{Text: r.Peer}
	case 1:
		c := widget.Cell{Text: r.MessageIDs, Concept: view.MessageID}
		if r.Full {
			c.Text, c.Concept = "✖ all of 65 536", view.Error
		}
		return c
	case 2:
		c := view.MessageID
		if r.Full {
			c = view.Error
		}
		return widget.Cell{Bar: true, Share: r.Share, Concept: c}
	case 3:
		return widget.Cell{Text: r.FirstFree}
	case 4:
		return widget.Cell{Text: r.AllFree, Concept: view.Dim}
	case 5:
		return widget.Cell{Text: r.Next, Concept: view.MessageID}
	case 6:
		return widget.Cell{Text: r.Tokens, Concept: view.Token}
	case 7:
		return widget.Cell{Text: r.Open}
	}
	c := widget.Cell{Text: r.NStart}
	if r.Outstanding {
		c.Concept = view.Warning
	}
	return c
}

// drawIdentifiers says which message IDs are in use with the selected endpoint.
func (e *Exchanges) drawIdentifiers(g *widget.Painter) float32 {
	row := e.inUse.Selected()
	if e.identifiers == nil || row < 0 || row >= e.identifiers.Len() {
		g.Text(16, 20, "Message IDs in use", widget.SansBold(11, view.Dim))
		g.TextEllipsis(16, 40, g.W-32, "Select an endpoint to see which, and when they are free. An ID is not used again within EXCHANGE_LIFETIME, 247 s, of a NON within NON_LIFETIME, 145 s (RFC 7252 §4.4, §4.8.2).", widget.Sans(12, view.Faint))
		return 50
	}
	lines := e.bench.MessageIDsInUse(e.identifiers, row, e.now)
	g.TextEllipsis(16, 20, g.W-32, "Message IDs in use with "+e.identifiers.Row(row, e.now).Peer+", those first that are free first", widget.SansBold(11, view.Dim))
	const pitch, wide = 17, 310
	columns := max(1, int((g.W-32)/wide))
	perColumn := (len(lines) + columns - 1) / columns
	for i, line := range lines {
		x := 16 + float32(i/perColumn)*(g.W-32)/float32(columns)
		g.TextEllipsis(x, 42+float32(i%perColumn)*pitch, (g.W-32)/float32(columns)-12, line, widget.Mono(11, view.Plain))
	}
	return 42 + float32(perColumn)*pitch
}

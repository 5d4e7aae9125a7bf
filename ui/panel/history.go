package panel

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// History shows every request that was sent, with a search.
type History struct {
	Object fyne.CanvasObject

	// Close is called when the user is done with it.
	Close func()

	bench *view.Workbench
	entry *widget.Entry
	list  *widget.List
	foot  *widget.Sheet
	now   time.Time // of the drawing that is made

	row  int // the row that was made last, since a list asks for its cells one by one
	made view.HistoryRow
}

// NewHistory makes the panel.
func NewHistory(bench *view.Workbench) *History {
	p := &History{bench: bench, row: -1}
	head := widget.NewSheet(func(g *widget.Painter) { g.Text(16, 26, "History", widget.SansBold(14, view.Plain)) })
	head.On, head.Min = widget.OnPanel, fyne.NewSize(60, 38)
	p.entry = widget.NewEntry("Search method, address, code and payload")
	p.entry.OnChanged = func(text string) {
		bench.History.SetSearch(text)
		p.list.SetSelected(-1)
		p.list.ScrollTo(0)
		p.Refresh()
	}
	p.entry.OnSubmitted = func(string) { p.open(max(p.list.Selected(), 0)) }
	p.entry.OnKey = func(name fyne.KeyName) bool {
		switch name {
		case fyne.KeyEscape:
			p.Close()
		case fyne.KeyDown:
			p.list.RequestFocus()
			p.list.Select(max(p.list.Selected(), 0))
		default:
			return false
		}
		return true
	}
	p.list = widget.NewList(historyModel{p},
		widget.Column{Title: "When", Width: 128, Priority: 2},
		widget.Column{Title: "Method", Width: 64},
		widget.Column{Title: "Address", Width: 160, Elastic: true},
		widget.Column{Title: "Code", Width: 52, Right: true},
		widget.Column{Title: "Time", Width: 72, Right: true, Priority: 1},
		widget.Column{Title: "Size", Width: 76, Right: true, Priority: 3},
	)
	p.list.On = widget.OnPanel
	p.list.OnActivate = p.open
	p.list.OnMenu = func(row int, t widget.Tap) { p.menu(row, t.Absolute) }
	p.list.OnRowKey = func(name fyne.KeyName) {
		switch name {
		case fyne.KeyEscape:
			p.Close()
		case fyne.KeyDelete:
			if id := bench.History.ID(p.list.Selected()); id != 0 {
				bench.History.Delete(id)
			}
		case desktop.KeyMenu:
			p.menu(p.list.Selected(), p.list.RowPlace(p.list.Selected()))
		}
	}
	p.foot = widget.NewSheet(func(g *widget.Painter) {
		g.Text(16, 20, "⏎ or a double click opens a request with its answer · Delete takes it out · Esc closes", widget.Sans(11, view.Faint))
	})
	p.foot.On, p.foot.Min = widget.OnPanel, fyne.NewSize(60, 32)
	p.Object = Stacked(2, head, padded(p.entry, 12, 0, 12, 8), p.list, p.foot)
	p.Refresh()
	return p
}

// Field is where the search is typed.
func (p *History) Field() fyne.Focusable { return p.entry.Field() }

// Refresh draws the model anew.
func (p *History) Refresh() {
	h := p.bench.History
	p.now, p.row = time.Now(), -1
	p.list.Empty = "Nothing was asked yet"
	switch {
	case !h.Ready():
		p.list.Empty = "Reading …"
	case h.Searching():
		p.list.Empty = "Searching …"
	case h.Search() != "":
		p.list.Empty = "No request has all of these words"
	}
	p.entry.SetNote(h.Summary())
	p.list.Refresh()
}

func (p *History) open(row int) {
	if id := p.bench.History.ID(row); id != 0 {
		p.Close()
		p.bench.OpenEntry(id)
	}
}

func (p *History) menu(row int, at fyne.Position) {
	r := p.bench.History.Row(row, p.now)
	if r.ID == 0 {
		return
	}
	items := historyItems(p.bench, r)
	items[0].Action = func() { p.open(row) }
	showMenu(p.list, fyne.NewMenu("", items...), at)
}

// historyModel is the list's view of the history.
type historyModel struct{ p *History }

// Len implements widget.ListModel.
func (m historyModel) Len() int { return m.p.bench.History.Len() }

// Cell implements widget.ListModel.
func (m historyModel) Cell(row, column int) widget.Cell {
	p := m.p
	if p.row != row {
		p.row, p.made = row, p.bench.History.Row(row, p.now)
	}
	r := &p.made
	switch column {
	case 0:
		return widget.Cell{Text: r.Time, Concept: view.Dim}
	case 1:
		return widget.Cell{Text: r.Method, Concept: view.Code}
	case 2:
		return widget.Cell{Text: r.URI}
	case 3:
		return widget.Cell{Text: r.Code, Concept: r.CodeConcept}
	case 4:
		return widget.Cell{Text: r.RTT, Concept: view.Dim}
	}
	return widget.Cell{Text: r.Size, Concept: view.Dim}
}

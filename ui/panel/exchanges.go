package panel

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Exchanges shows the exchanges, open and ended, and below them when the messages of the selected one were sent and the
// blocks of its transfer; or what of message IDs and tokens is in use.
type Exchanges struct {
	Object fyne.CanvasObject

	// OnWhy is called when the user asks why there is no answer to a request, whose frame is selected then.
	OnWhy func()

	bench  *view.Workbench
	packet *Packets
	tabs   *widget.TabStrip
	list   *widget.List
	inUse  *widget.List
	stack  *fyne.Container
	detail *widget.ScrollSheet
	split  *widget.Split

	now time.Time // that all rows of a drawing go by

	row  int // the row that was made last
	made view.ExchangeRow

	identifiers *view.Identifiers
	used        int // likewise, of identifiers
	madeUsed    view.IdentifierRow
}

// identifiersTab is the tab with message IDs and tokens, behind the choices of exchanges.
const identifiersTab = "identifiers"

// exchangeChoices are the tabs of the table.
var exchangeChoices = []struct {
	id     string
	title  string
	choice view.ExchangeChoice
	empty  string // what is said if there are none
}{
	{"all", "All", view.AllExchanges, "No exchanges yet"},
	{"open", "Open", view.OpenExchanges, "Nothing is open"},
	{"failed", "Failed", view.FailedExchanges, "None has failed"},
	{"observations", "Observations", view.ObservingExchanges, "Nothing was observed"},
}

// exchangeColumn is a column of the table.
type exchangeColumn struct {
	widget.Column
	cell func(r *view.ExchangeRow) widget.Cell
	by   view.ExchangeOrder // what a click on its title sorts by
}

var exchangeColumns = []exchangeColumn{
	{widget.Column{Title: "Peer", Width: 112}, func(r *view.ExchangeRow) widget.Cell { return widget.Cell{Text: r.Peer} }, view.ByPeer},
	{widget.Column{Title: "Request", Width: 134, Elastic: true}, func(r *view.ExchangeRow) widget.Cell {
		return widget.Cell{Text: r.What, Concept: r.WhatConcept}
	}, view.ByRequest},
	{widget.Column{Title: "Token", Width: 70, Priority: 5}, func(r *view.ExchangeRow) widget.Cell { return widget.Cell{Text: r.Token, Concept: view.Token} }, view.ByBeginning},
	{widget.Column{Title: "MID", Width: 82, Priority: 6}, func(r *view.ExchangeRow) widget.Cell {
		return widget.Cell{Text: r.MessageID, Concept: view.MessageID}
	}, view.ByBeginning},
	{widget.Column{Title: "State", Width: 92}, func(r *view.ExchangeRow) widget.Cell {
		return widget.Cell{Text: r.State, Concept: r.StateConcept, Sans: true}
	}, view.ByState},
	{widget.Column{Title: "Tries", Width: 56, Priority: 4}, func(r *view.ExchangeRow) widget.Cell { return widget.Cell{Text: r.Tries} }, view.ByTries},
	{widget.Column{Title: "Next in", Width: 54, Priority: 2}, func(r *view.ExchangeRow) widget.Cell {
		return widget.Cell{Text: r.Next, Concept: view.Warning}
	}, view.ByBeginning},
	{widget.Column{Title: "RTT", Width: 62, Priority: 3}, func(r *view.ExchangeRow) widget.Cell { return widget.Cell{Text: r.RTT} }, view.ByRTT},
	{widget.Column{Title: "Moved", Width: 84, Priority: 1}, func(r *view.ExchangeRow) widget.Cell {
		return widget.Cell{Text: r.Moved, Concept: r.MovedConcept, Sans: true}
	}, view.ByMoved},
	{widget.Column{Title: "Age", Width: 58, Priority: 7}, func(r *view.ExchangeRow) widget.Cell { return widget.Cell{Text: r.Age, Concept: view.Dim} }, view.ByBeginning},
}

func newExchanges(p *Packets) *Exchanges {
	e := &Exchanges{bench: p.bench, packet: p, row: -1, used: -1}
	var tabs []widget.Tab
	for _, c := range exchangeChoices {
		tabs = append(tabs, widget.Tab{ID: c.id, Title: c.title})
	}
	e.tabs = widget.NewTabStrip(append(tabs, widget.Tab{ID: identifiersTab, Title: "Identifiers"})...)
	e.tabs.On = widget.OnGround
	e.tabs.Min.Height = 26
	e.tabs.OnSelect = func(string) { e.choose() }

	e.list = widget.NewList(exchangeModel{e})
	for i := range exchangeColumns {
		e.list.Columns = append(e.list.Columns, exchangeColumns[i].Column)
	}
	e.list.Header = true
	e.list.FollowTail(true)
	e.list.OnSelect = func(row int) { e.bench.SelectExchange(row) }
	e.list.OnFold = func(row int, open bool) {
		e.bench.Traffic.Exchanges().Fold(row, open)
		e.bench.Changed(view.PartPackets)
	}
	e.list.OnMenu = func(row int, t widget.Tap) { showMenu(p.Object, e.menu(row), t.Absolute) }
	e.list.OnRowKey = func(name fyne.KeyName) { p.menuKey(e.list, name, e.menu) }
	e.list.OnActivate = func(row int) {
		if foldable, open, _ := e.bench.Traffic.Exchanges().FoldOf(row); foldable {
			e.list.OnFold(row, !open)
		}
	}
	e.list.OnHeader = func(column int, _ widget.Tap) {
		if column >= 0 && column < len(exchangeColumns) {
			e.bench.SortExchanges(exchangeColumns[column].by)
		}
	}
	e.inUse = newIdentifierList(e)
	e.stack = container.NewStack(e.list, e.inUse)
	e.detail = widget.NewScrollSheet(e.drawDetail)
	e.detail.Min = fyne.NewSize(60, 40)
	e.detail.OnTap = e.tapDetail
	e.detail.Tip = e.tipOfDetail
	e.split = widget.NewSplit(widget.BottomEdge, e.detail, Stacked(1, e.tabs, e.stack), 176)
	e.split.MinSide, e.split.MinMain = 60, 110
	e.Object = e.split
	e.choose()
	return e
}

func (e *Exchanges) showsIdentifiers() bool { return e.tabs.Selected() == identifiersTab }

// choose shows what the selected tab is for.
func (e *Exchanges) choose() {
	if e.showsIdentifiers() {
		e.list.Hide()
		e.inUse.Show()
	} else {
		e.inUse.Hide()
		e.list.Show()
		for _, c := range exchangeChoices {
			if c.id == e.tabs.Selected() {
				e.bench.ChooseExchanges(c.choice)
			}
		}
	}
	e.stack.Refresh()
	e.refresh()
}

// focus gives the list that keys go to.
func (e *Exchanges) focus() *widget.List {
	if e.showsIdentifiers() {
		return e.inUse
	}
	return e.list
}

// focusList has keys go to the list, which may have been shown only now. Where nothing is selected that is the newest
// exchange.
func (e *Exchanges) focusList() {
	l := e.focus()
	if c := fyne.CurrentApp().Driver().CanvasForObject(e.packet.Object); c != nil {
		c.Focus(l)
	}
	if last := l.Model.Len() - 1; l.Selected() < 0 && last >= 0 {
		l.Select(last)
		l.OnSelect(last)
	}
}

// refresh draws the model anew.
func (e *Exchanges) refresh() {
	x := e.bench.Traffic.Exchanges()
	e.now, e.row, e.used = time.Now(), -1, -1
	waiting, observing := x.Open()
	switch {
	case waiting > 0:
		e.packet.tabs.SetCount("exchanges", view.Grouped(waiting)+" open", view.Warning)
	case observing > 0:
		e.packet.tabs.SetCount("exchanges", "◉ "+view.Grouped(observing), view.Good)
	default:
		e.packet.tabs.SetCount("exchanges", "", view.Plain)
	}
	if e.packet.tabs.Selected() != "exchanges" {
		return
	}
	e.tabs.SetCount("open", countText(waiting+observing), view.Warning)
	if e.showsIdentifiers() {
		e.refreshIdentifiers()
		e.detail.Refresh()
		return
	}
	e.list.Empty = ""
	for _, c := range exchangeChoices {
		if c.choice == x.Choice() {
			e.list.Empty = c.empty
			e.tabs.Select(c.id)
		}
	}
	if e.bench.Traffic.Filtered() && x.Total() > 0 {
		e.list.Empty = "No packet of these exchanges passes the filter"
	}
	by, down := x.Order()
	for i, c := range exchangeColumns {
		e.list.Columns[i].Title = c.Title
		if by == c.by && by != view.ByBeginning {
			e.list.Columns[i].Title += map[bool]string{false: " ▲", true: " ▼"}[down]
		}
	}
	if e.bench.Traffic.Seen() {
		e.list.Columns[len(exchangeColumns)-1].Title = "Time"
	}
	if row := e.bench.SelectedExchange(); row != e.list.Selected() {
		e.list.SetSelected(row)
		if row >= 0 && !e.list.Following() {
			e.list.ScrollTo(row)
		}
	}
	e.list.Refresh()
	e.detail.Refresh()
}

// tick draws what changes with time alone.
func (e *Exchanges) tick() {
	if e.packet.tabs.Selected() == "exchanges" {
		e.refresh()
	}
}

func countText(n int) string {
	if n == 0 {
		return ""
	}
	return view.Grouped(n)
}

// exchangeModel is the list's view of the exchanges.
type exchangeModel struct{ e *Exchanges }

// Len implements widget.ListModel.
func (m exchangeModel) Len() int { return m.e.bench.Traffic.Exchanges().Len() }

// Cell implements widget.ListModel.
func (m exchangeModel) Cell(row, column int) widget.Cell {
	e := m.e
	if e.row != row {
		e.row, e.made = row, e.bench.Traffic.Exchanges().Row(row, e.now)
	}
	return exchangeColumns[column].cell(&e.made)
}

// FoldOf implements widget.RowFolder.
func (m exchangeModel) FoldOf(row int) (foldable, open, deep bool) {
	return m.e.bench.Traffic.Exchanges().FoldOf(row)
}

// MarkOf implements widget.RowMarker: the frames of the selected exchange light up with it.
func (m exchangeModel) MarkOf(row int) (view.Concept, bool) {
	t := m.e.bench.Traffic
	_, _, deep := t.Exchanges().FoldOf(row)
	return view.Accent, deep && t.SameExchange(t.Exchanges().Seq(row), m.e.bench.SelectedFrame())
}

// menu gives what can be done with an exchange.
func (e *Exchanges) menu(row int) *fyne.Menu {
	x := e.bench.Traffic.Exchanges()
	s := x.Seq(row)
	if s == 0 {
		return nil
	}
	var items []*fyne.MenuItem
	if e.bench.CanCancelExchange(row) {
		items = append(items, fyne.NewMenuItem("Cancel", func() { e.bench.CancelExchange(row) }), fyne.NewMenuItemSeparator())
	}
	if e.bench.Unanswered(s) != 0 {
		items = append(items, fyne.NewMenuItem("Why no answer?", func() {
			e.bench.SelectFrame(s)
			e.OnWhy()
		}), fyne.NewMenuItemSeparator())
	}
	if foldable, open, _ := x.FoldOf(row); foldable {
		title := "Show its packets here"
		if open {
			title = "Fold its packets"
		}
		items = append(items, fyne.NewMenuItem(title, func() { e.list.OnFold(row, !open) }))
	}
	items = append(items,
		fyne.NewMenuItem("Show its first packet in the list", func() { e.packet.ShowPacket(s) }),
		e.packet.filtering("Only packets of this exchange", x.Filter(row)),
	)
	if filter := x.TokenFilter(row); filter != "" {
		items = append(items, e.packet.filtering("Only packets with its token", filter))
	}
	if e.bench.Traffic.Filtered() {
		items = append(items, e.packet.filtering("Show all packets", ""))
	}
	return fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(),
		e.packet.copying("Copy row", func() string { return e.list.RowText(row) }))...)
}

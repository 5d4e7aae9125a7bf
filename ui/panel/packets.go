package panel

import (
	"io"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Packets shows what happened: every frame, with a filter, what is wrong with them, and the exchange of
// the selected one as a picture.
type Packets struct {
	Object fyne.CanvasObject

	// MenuItems gives what else can be done with the selected packet; nil for nothing.
	MenuItems func() []*fyne.MenuItem
	// OnExport is called with a picture of the ladder to save.
	OnExport func(Exported)
	// OnSaveWatched is called with values of observations, or their chart, to save, and OnOpenRecording for a file of them.
	OnSaveWatched   func(name string, write func(io.Writer) error)
	OnOpenRecording func()
	// OnFinding is called when the user has selected a finding.
	OnFinding func()
	// Exchanges is the tab with the exchanges.
	Exchanges *Exchanges

	bench     *view.Workbench
	tabs      *widget.TabStrip
	filter    *packetFilter
	filterBox fyne.CanvasObject
	list      *widget.List
	findings  *widget.List
	stack     *fyne.Container
	ladder    *ladderTab
	observe   *observeTab
	exchange  *widget.Sheet
	split     *widget.Split

	columns []packetColumn // of list

	row  int // the row that was made last, since a list asks for its cells one by one
	made view.PacketRow

	finding     int // likewise, of findings
	madeFinding view.TrafficFinding
}

// NewPackets makes the panel.
func NewPackets(bench *view.Workbench) *Packets {
	p := &Packets{bench: bench, row: -1, finding: -1}
	p.tabs = widget.NewTabStrip(
		widget.Tab{ID: "packets", Title: "Packets"}, widget.Tab{ID: "ladder", Title: "Ladder"},
		widget.Tab{ID: "observe", Title: "Observe"}, widget.Tab{ID: "exchanges", Title: "Exchanges"}, widget.Tab{ID: "findings", Title: "Findings"},
	)
	p.tabs.On = widget.OnGround
	p.tabs.OnSelect = func(string) { p.choose() }
	p.filter = newPacketFilter(bench)
	p.list = widget.NewList(packetModel{p})
	p.list.Header = true
	p.list.FollowTail(true)
	p.list.OnSelect = func(row int) { bench.SelectFrame(bench.Traffic.Seq(row)) }
	p.list.OnMenu = func(row int, t widget.Tap) { showMenu(p.Object, p.rowMenu(row), t.Absolute) }
	p.list.OnHeader = func(column int, t widget.Tap) { showMenu(p.Object, p.headerMenu(column), t.Absolute) }
	p.list.OnRowKey = func(name fyne.KeyName) { p.menuKey(p.list, name, p.rowMenu) }
	p.list.OnActivate = func(row int) { showMenu(p.Object, p.rowMenu(row), p.list.RowPlace(row)) }
	p.findings = newFindingList(p)
	p.ladder = newLadderTab(p)
	p.observe = newObserveTab(p)
	p.exchange = widget.NewSheet(p.drawExchange)
	p.exchange.Min = fyne.NewSize(60, 40)
	p.exchange.OnTap = func(t widget.Tap) {
		if s, ok := t.Hit.(trace.Seq); ok {
			bench.SelectFrame(s)
		}
	}
	p.filter.done = func() {
		switch p.tabs.Selected() {
		case "findings":
			p.findings.RequestFocus()
		case "exchanges":
			p.Exchanges.focus().RequestFocus()
		case "ladder":
			p.ladder.ladder.RequestFocus()
		case "observe":
			p.observe.list.RequestFocus()
		default:
			p.list.RequestFocus()
		}
	}
	p.Exchanges = newExchanges(p)
	p.stack = container.NewStack(p.list, p.ladder.object, p.observe.object, p.Exchanges.Object, p.findings)
	p.filterBox = padded(p.filter.entry, 10, 8, 10, 4)
	list := Stacked(3, p.tabs, p.filterBox, p.filter.hint, p.stack)
	p.filter.around = list
	p.split = widget.NewSplit(widget.BottomEdge, p.exchange, list, 104)
	p.split.MinSide, p.split.MinMain = 60, 200
	p.Object = p.split
	p.makeColumns()
	p.choose()
	return p
}

// FocusFilter puts the cursor into the filter, with all of it selected.
func (p *Packets) FocusFilter() {
	if p.tabs.Selected() == "observe" { // which it does not filter
		p.ShowPackets()
	}
	p.filter.entry.FocusAll()
}

// ShowPackets shows the packets, and has keys go to them.
func (p *Packets) ShowPackets() { p.show("packets", p.list) }

// ShowExchanges shows the exchanges, and has keys go to them.
func (p *Packets) ShowExchanges() {
	p.tabs.Select("exchanges")
	p.choose()
	p.Exchanges.focusList()
}

// ShowPacket shows a packet in the list.
func (p *Packets) ShowPacket(s trace.Seq) {
	p.ShowPackets() // which selects a packet where none is
	p.bench.SelectFrame(s)
	p.list.ScrollTo(p.bench.Traffic.RowOf(s))
}

// Tick draws what changes with time alone.
func (p *Packets) Tick() {
	p.Exchanges.tick()
	p.observe.tick()
}

// ShowFindings shows what is wrong with all packets, and has keys go there.
func (p *Packets) ShowFindings() { p.show("findings", p.findings) }

func (p *Packets) show(tab string, list *widget.List) {
	p.tabs.Select(tab)
	p.choose()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Object); c != nil {
		c.Focus(list) // which may have been shown only now
	}
	if list.Selected() < 0 {
		list.Select(0)
		if list.Selected() == 0 && list.OnSelect != nil {
			list.OnSelect(0)
		}
	}
}

// ShowLadder shows the packets as a ladder, and has keys go there.
func (p *Packets) ShowLadder() {
	p.tabs.Select("ladder")
	p.choose()
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Object); c != nil {
		c.Focus(p.ladder.ladder)
	}
}

// choose shows what the selected tab is about.
func (p *Packets) choose() {
	tab := p.tabs.Selected()
	for name, o := range map[string]fyne.CanvasObject{"packets": p.list, "ladder": p.ladder.object, "observe": p.observe.object, "exchanges": p.Exchanges.Object, "findings": p.findings} {
		if name == tab {
			o.Show()
		} else {
			o.Hide()
		}
	}
	if tab == "observe" {
		p.filterBox.Hide()
	} else {
		p.filterBox.Show()
	}
	p.split.Fold(tab == "exchanges" || tab == "ladder" || tab == "observe") // which have pictures of their own
	if tab == "ladder" {
		p.ladder.refresh()
		p.bench.RefreshLadder() // which may have to be made
	}
	p.Exchanges.refresh()
	p.observe.refresh()
	p.note()
	p.stack.Refresh()
}

// Refresh draws the model anew.
func (p *Packets) Refresh() {
	t := p.bench.Traffic
	p.row, p.finding = -1, -1
	p.filter.refresh()
	p.makeColumns()
	p.note()
	p.list.Empty = "No packets yet"
	if t.Filtered() && t.Total() > 0 {
		p.list.Empty = "None of these packets passes the filter"
	}
	if row := t.RowOf(p.bench.SelectedFrame()); row != p.list.Selected() {
		p.list.SetSelected(row)
		if row >= 0 && !p.list.Following() {
			p.list.ScrollTo(row) // selected elsewhere: by the ladder, or as the answer to a request
		}
	}
	p.refreshFindings()
	p.Exchanges.refresh()
	p.observe.tick()
	p.list.Refresh()
	p.exchange.Refresh()
	if p.tabs.Selected() == "ladder" {
		p.ladder.refresh()
	}
}

// note says how much passes the filter.
func (p *Packets) note() {
	t := p.bench.Traffic
	shown, total := t.Len(), t.Total()
	if p.tabs.Selected() == "findings" {
		shown, total = t.FindingsLen(), t.FindingsTotal()
	}
	text := ""
	if t.Filtered() {
		text = view.Grouped(shown) + " of " + view.Grouped(total)
	}
	p.filter.entry.SetNote(text)
}

// packetColumn is a column of the list of packets.
type packetColumn struct {
	widget.Column
	cell  func(p *Packets, r *view.PacketRow) widget.Cell
	field string // of a column that the user added
	place int    // likewise, among those
}

// packetColumns are those that are always there. The last one is behind those that the user added.
var packetColumns = []packetColumn{
	{widget.Column{Title: "#", Width: 48, Priority: 1}, func(_ *Packets, r *view.PacketRow) widget.Cell { return widget.Cell{Text: r.Number, Concept: view.Dim} }, "", 0},
	{widget.Column{Title: "Time", Width: 68, Priority: 3}, func(_ *Packets, r *view.PacketRow) widget.Cell { return widget.Cell{Text: r.Time, Concept: view.Dim} }, "", 0},
	{widget.Column{Width: 20}, func(_ *Packets, r *view.PacketRow) widget.Cell { return widget.Cell{Text: r.Arrow, Concept: view.Dim} }, "", 0},
	{widget.Column{Title: "Peer", Width: 124}, func(_ *Packets, r *view.PacketRow) widget.Cell { return widget.Cell{Text: r.Peer} }, "", 0},
	{widget.Column{Title: "Type", Width: 44}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.Type, Concept: typeConcept(r.Type)}
	}, "", 0},
	{widget.Column{Title: "Code", Width: 52}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.Code, Concept: r.CodeConcept}
	}, "", 0},
	{widget.Column{Title: "MID", Width: 48, Priority: 4}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.MessageID, Concept: view.MessageID}
	}, "", 0},
	{widget.Column{Title: "Token", Width: 78, Priority: 5}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.Token, Concept: view.Token}
	}, "", 0},
	{widget.Column{Width: 20}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.Sign, Concept: r.SignConcept}
	}, "", 0},
	{widget.Column{Title: "Summary", Width: 140, Elastic: true}, func(_ *Packets, r *view.PacketRow) widget.Cell {
		return widget.Cell{Text: r.Summary, Concept: r.Concept}
	}, "", 0},
}

// makeColumns puts the columns of the list together.
func (p *Packets) makeColumns() {
	last := len(packetColumns) - 2
	p.columns = append(p.columns[:0], packetColumns[:last]...)
	for i, c := range p.bench.Traffic.Columns() {
		width := max(72, float32(len(c.Name))*6.6+20)
		p.columns = append(p.columns, packetColumn{
			Column: widget.Column{Title: c.Name, Width: min(width, 170), Priority: 2}, field: c.Name, place: i,
		})
	}
	p.columns = append(p.columns, packetColumns[last:]...)
	p.columns[0].Width = max(48, float32(len(strconv.Itoa(p.bench.Traffic.Total())))*monoCell+16)
	p.list.Columns = p.list.Columns[:0]
	for i := range p.columns {
		p.list.Columns = append(p.list.Columns, p.columns[i].Column)
	}
}

// packetModel is the list's view of the traffic.
type packetModel struct{ p *Packets }

// Len implements widget.ListModel.
func (m packetModel) Len() int { return m.p.bench.Traffic.Len() }

// Cell implements widget.ListModel.
func (m packetModel) Cell(row, column int) widget.Cell {
	p := m.p
	if p.row != row {
		p.row, p.made = row, p.bench.Traffic.Row(row)
	}
	c := &p.columns[column]
	if c.field != "" {
		return widget.Cell{Text: p.bench.Traffic.ColumnText(row, c.place), Concept: view.Plain}
	}
	return c.cell(p, &p.made)
}

// typeConcept tells the types of messages apart by colour, besides their names.
func typeConcept(t string) view.Concept {
	switch t {
	case "ACK":
		return view.Good
	case "NON":
		return view.MessageID
	case "RST":
		return view.Error
	}
	return view.Type
}

// MarkOf implements widget.RowMarker: the exchange of the selected frame lights up.
func (m packetModel) MarkOf(row int) (view.Concept, bool) {
	t := m.p.bench.Traffic
	return view.Accent, t.SameExchange(t.Seq(row), m.p.bench.SelectedFrame())
}

package panel

import (
	"fmt"
	"strconv"

	"fyne.io/fyne/v2"

	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Packets shows what happened: every frame, with a filter, and the exchange of the selected one as a
// picture.
type Packets struct {
	Object fyne.CanvasObject

	bench  *view.Workbench
	filter *widget.Entry
	list   *widget.List
	ladder *widget.Sheet
	split  *widget.Split

	row  int // the row that was made last, since a list asks for its cells one by one
	made view.PacketRow
}

// NewPackets makes the panel.
func NewPackets(bench *view.Workbench) *Packets {
	p := &Packets{bench: bench, row: -1}
	p.filter = widget.NewMonoEntry("Filter packets by any words: a device, a method, a code, a path …")
	p.filter.OnChanged = func(text string) {
		bench.Traffic.SetFilter(text)
		bench.Changed(view.PartPackets)
	}
	p.list = widget.NewList(packetModel{p},
		widget.Column{Title: "#", Width: 48, Priority: 1},
		widget.Column{Title: "Time", Width: 68, Priority: 3},
		widget.Column{Width: 20},
		widget.Column{Title: "Peer", Width: 124},
		widget.Column{Title: "Type", Width: 44},
		widget.Column{Title: "Code", Width: 52},
		widget.Column{Title: "MID", Width: 48, Priority: 4},
		widget.Column{Title: "Token", Width: 78, Priority: 5},
		widget.Column{Title: "Summary", Width: 140, Elastic: true},
	)
	p.list.Empty = "No packets yet"
	p.list.FollowTail(true)
	p.list.OnSelect = func(row int) { bench.SelectFrame(bench.Traffic.Seq(row)) }
	p.ladder = widget.NewSheet(p.drawLadder)
	p.ladder.Min = fyne.NewSize(60, 40)
	p.ladder.OnTap = func(t widget.Tap) {
		if s, ok := t.Hit.(trace.Seq); ok {
			bench.SelectFrame(s)
		}
	}
	list := Stacked(1, padded(p.filter, 10, 8, 10, 4), p.list)
	p.split = widget.NewSplit(widget.BottomEdge, p.ladder, list, 104)
	p.split.MinSide, p.split.MinMain = 60, 180
	p.Object = p.split
	return p
}

// FocusFilter puts the cursor into the filter.
func (p *Packets) FocusFilter() { p.filter.Focus() }

// Refresh draws the model anew.
func (p *Packets) Refresh() {
	p.row = -1
	p.list.Columns[0].Width = max(48, float32(len(strconv.Itoa(p.bench.Traffic.Total())))*monoCell+16)
	if p.bench.Traffic.Filtered() {
		p.filter.SetState(widget.ValidEntry)
		p.filter.SetNote(view.Grouped(p.bench.Traffic.Len()) + " of " + view.Grouped(p.bench.Traffic.Total()))
	} else {
		p.filter.SetState(widget.NeutralEntry)
		p.filter.SetNote("")
	}
	if row := p.bench.Traffic.RowOf(p.bench.SelectedFrame()); row != p.list.Selected() {
		p.list.SetSelected(row)
		if row >= 0 && !p.list.Following() {
			p.list.ScrollTo(row) // selected elsewhere: by the ladder, or as the answer to a request
		}
	}
	p.list.Refresh()
	p.ladder.Refresh()
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
	r := &p.made
	switch column {
	case 0:
		return widget.Cell{Text: r.Number, Concept: view.Dim}
	case 1:
		return widget.Cell{Text: r.Time, Concept: view.Dim}
	case 2:
		return widget.Cell{Text: r.Arrow, Concept: view.Dim}
	case 3:
		return widget.Cell{Text: r.Peer}
	case 4:
		return widget.Cell{Text: r.Type, Concept: typeConcept(r.Type)}
	case 5:
		return widget.Cell{Text: r.Code, Concept: r.CodeConcept}
	case 6:
		return widget.Cell{Text: r.MessageID, Concept: view.MessageID}
	case 7:
		return widget.Cell{Text: r.Token, Concept: view.Token}
	}
	return widget.Cell{Text: r.Summary, Concept: r.Concept}
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

func (p *Packets) drawLadder(g *widget.Painter) {
	const pitch, top = 20, 34
	limit := max(1, int((g.H-top)/pitch))
	title, steps := p.bench.Traffic.Steps(p.bench.SelectedFrame(), limit)
	if title == "" {
		g.Text(16, 22, "Exchange", widget.SansBold(12, view.Dim))
		hint := "Select a packet to see what belongs to it"
		if p.bench.SelectedFrame() != 0 {
			hint = "This packet belongs to no exchange that was seen"
		}
		g.TextEllipsis(90, 22, g.W-100, hint, widget.Sans(12, view.Faint))
		return
	}
	g.TextEllipsis(16, 20, g.W-32, title, widget.SansBold(11, view.Dim))
	left, right := float32(60), g.W-60
	bottom := top + float32(len(steps))*pitch
	g.VLine(left, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	g.VLine(right, top-4, bottom-top+2, g.Pal.Text(view.Dim))
	for i, s := range steps {
		y := top + float32(i)*pitch + 8
		from, to := left+1, right
		if s.FromPeer {
			from, to = right, left+1
		}
		c := g.Pal.Text(s.Concept)
		if s.Dashed {
			g.DashedLine(from, y, to, y+4, 1.2, 4, 3, c)
		} else {
			g.Line(from, y, to, y+4, 1.2, c)
		}
		g.Arrow(from, y, to, y+4, 6, 1.2, c)
		g.TextCenter((left+right)/2, y-2, s.Label, widget.Mono(10, s.Concept))
		style := widget.Mono(10, view.Dim)
		if s.Seq == p.bench.SelectedFrame() {
			style = widget.Mono(10, view.Accent)
			style.Bold = true
		}
		g.TextRight(left-8, y+5, fmt.Sprintf("#%d", s.Seq), style)
		g.Text(right+8, y+5, view.Duration(s.At), widget.Mono(10, view.Dim))
		g.Hit(0, y-8, g.W, pitch, s.Seq)
	}
}

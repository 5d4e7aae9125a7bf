package panel

import (
	"io"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// groupAnswer shows what the members of a group answered: what came of all, when they did, and a row for each.
type groupAnswer struct {
	object *fyne.Container

	// save asks for a file for the table; nil for nothing.
	save func(name string, write func(io.Writer) error)

	bench *view.Workbench
	head  *widget.Sheet
	plot  *widget.Sheet
	list  *widget.List
	foot  *widget.Sheet

	hovered int // row under the pointer; -1 for none
	row     int // that was made last, as a list asks for its cells one by one; -1 for none
	made    view.GroupAnswerRow
}

// groupColumns are the columns of the table, and the order that a click on each brings.
var groupColumns = []struct {
	widget.Column
	by   view.GroupColumn
	cell func(r *view.GroupAnswerRow) widget.Cell
}{
	{widget.Column{Title: "Member", Width: 84}, view.ByMember, func(r *view.GroupAnswerRow) widget.Cell {
		c := widget.Cell{Text: r.Member, Sans: true}
		if r.Other {
			c.Concept = view.Warning
		}
		return c
	}},
	{widget.Column{Title: "After", Width: 62, Right: true, Priority: 1}, view.ByTime, func(r *view.GroupAnswerRow) widget.Cell {
		return widget.Cell{Text: r.Time, Concept: view.Dim}
	}},
	{widget.Column{Title: "Code", Width: 46, Right: true}, view.ByCode, func(r *view.GroupAnswerRow) widget.Cell {
		return widget.Cell{Text: r.Code, Concept: r.Concept}
	}},
	{widget.Column{Title: "Value", Width: 78, Elastic: true}, view.ByValue, func(r *view.GroupAnswerRow) widget.Cell {
		c := widget.Cell{Text: r.Value}
		if r.Time == "" {
			c.Sans, c.Concept = true, r.Concept
		}
		return c
	}},
	{widget.Column{Title: "Size", Width: 58, Right: true, Priority: 3}, view.BySize, func(r *view.GroupAnswerRow) widget.Cell {
		return widget.Cell{Text: r.Size, Concept: view.Dim}
	}},
	{widget.Column{Title: "", Width: 104, Priority: 2}, view.ByTime, func(r *view.GroupAnswerRow) widget.Cell {
		return widget.Cell{Text: r.Flags, Concept: r.Flagged, Sans: true}
	}},
}

// What can be clicked at the foot.
type (
	copyTableID struct{}
	saveTableID struct{}
	openTableID struct{}
	copyAsID    struct{}
)

func newGroupAnswer(bench *view.Workbench) *groupAnswer {
	p := &groupAnswer{bench: bench, row: -1, hovered: -1}
	p.head = widget.NewSheet(p.drawHead)
	p.head.Min = fyne.NewSize(60, groupHeadHeight)
	p.head.OnCopy = func() string {
		if g := p.run(); g != nil {
			return bench.GroupText(g)
		}
		return ""
	}
	p.plot = widget.NewSheet(func(g *widget.Painter) {
		if run := p.run(); run != nil {
			run.Draw(g.Pen(), g.W, g.H)
		}
	})
	p.plot.Min = fyne.NewSize(60, 10)
	p.plot.OnTap = func(t widget.Tap) {
		if run := p.run(); run != nil {
			if m, _ := bench.MemberAt(run, t.Pos.X, t.Pos.Y); m != nil {
				p.selectRow(bench.GroupRowOf(run, m))
				return
			}
			run.Close = run.Multicast && !run.Close
			p.plot.Refresh()
		}
	}
	p.plot.Tip = func(pos fyne.Position) string {
		if run := p.run(); run != nil {
			_, what := bench.MemberAt(run, pos.X, pos.Y)
			switch {
			case what != "" || !run.Multicast:
			case run.Close:
				what = "A click shows the whole leisure"
			default:
				what = "The time that members may let pass before they answer (RFC 7252 §8.2)\nA click shows only that in which they did"
			}
			return what
		}
		return ""
	}
	p.newList()
	p.foot = widget.NewSheet(p.drawFoot)
	p.foot.Min = fyne.NewSize(60, 30)
	p.foot.OnTap = func(t widget.Tap) {
		if t.Hit == any(copyAsID{}) {
			showMenu(p.foot, copyAsMenu(bench), t.Absolute)
			return
		}
		p.tapped(t.Hit)
	}
	p.foot.OnHover = func(fyne.Position, bool) { p.foot.Refresh() }
	p.foot.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.foot.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.object = container.New(groupRows{}, p.head, p.plot, p.list, p.foot)
	return p
}

func (p *groupAnswer) newList() {
	p.list = widget.NewList(groupModel{p})
	for i := range groupColumns {
		p.list.Columns = append(p.list.Columns, groupColumns[i].Column)
	}
	p.list.Header = true
	p.list.OnSelect = p.selectRow
	p.list.OnActivate = func(row int) {
		if g := p.run(); g != nil {
			p.bench.OpenMember(g, p.bench.GroupMember(g, row))
		}
	}
	p.list.OnHeader = func(column int, _ widget.Tap) {
		if g := p.run(); g != nil && column >= 0 && column < len(groupColumns) {
			p.bench.SortGroup(g, groupColumns[column].by)
		}
	}
	p.list.OnMenu = func(row int, t widget.Tap) { showMenu(p.list, p.menu(row), t.Absolute) }
	p.list.OnRowKey = func(name fyne.KeyName) {
		if name == desktop.KeyMenu {
			showMenu(p.list, p.menu(p.list.Selected()), p.list.RowPlace(p.list.Selected()))
		}
	}
	p.list.OnHoverRow = func(row int) { p.hovered = row }
	p.list.Tip = func(fyne.Position) string {
		if g := p.run(); g != nil && p.hovered >= 0 {
			return p.bench.GroupTip(g, p.hovered)
		}
		return ""
	}
}

func (p *groupAnswer) run() *view.GroupRun { return p.bench.Tab().Group }

func (p *groupAnswer) selectRow(row int) {
	if g := p.run(); g != nil {
		p.bench.SelectMember(g, row)
	}
}

// refresh shows the model anew.
func (p *groupAnswer) refresh() {
	g := p.run()
	p.row = -1
	if g == nil {
		return
	}
	p.list.Columns[0].Width = min(max(p.list.LogicalSize().Width*0.31, groupColumns[0].Width), widestMember)
	by, down := g.Order()
	for i, c := range groupColumns {
		p.list.Columns[i].Title = c.Title
		if c.Title != "" && c.by == by && (by != view.ByTime || down) {
			p.list.Columns[i].Title += map[bool]string{false: " ▲", true: " ▼"}[down]
		}
	}
	p.list.Empty = "Waiting for answers …"
	if !g.Running {
		p.list.Empty = "Nobody answered"
	}
	if row := p.bench.GroupRowOf(g, g.Selected); row != p.list.Selected() {
		p.list.SetSelected(row)
	}
	height := float32(groupHeadHeight)
	if p.bench.MissingText(g) != "" {
		height += groupHeadLine
	}
	if p.head.Min.Height != height {
		p.head.Min.Height = height
		p.object.Refresh()
	}
	p.list.Refresh()
	p.plot.Refresh()
	p.foot.Refresh()
	p.tick()
}

// tick draws what changes with time.
func (p *groupAnswer) tick() { p.head.Refresh() }

const (
	groupHeadHeight = 62
	groupHeadLine   = 19
)

func (p *groupAnswer) drawHead(g *widget.Painter) {
	run := p.run()
	if run == nil {
		return
	}
	text, concept := run.Headline()
	x := 16 + g.Pill(16, 14, text, concept) + 12
	about := run.Name
	if about == "" || run.Multicast {
		about = strings.TrimSpace(about + "  " + run.To)
	}
	switch left := time.Until(run.Until); {
	case run.Running && run.Multicast && left > 0:
		about += "  ·  " + view.Seconds(left) + " left, Esc ends it"
	case run.Running && run.Multicast:
		about += "  ·  fetching the rest of long answers"
	case run.Running:
		about += "  ·  Esc ends it"
	case run.Stopped:
		about += "  ·  ended by you"
	}
	g.TextEllipsis(x, 28, g.W-x-8, about, widget.Sans(12, view.Dim))
	at := float32(16)
	for i, o := range run.Outcomes() {
		if i > 0 {
			at += g.TextEllipsis(at, 53, g.W-16-at, "  ·  ", widget.Sans(12, view.Faint))
		}
		if room := g.W - 16 - at; room > 20 {
			at += g.TextEllipsis(at, 53, room, o.Text, widget.Sans(12, o.Concept))
		}
	}
	if missing := p.bench.MissingText(run); missing != "" {
		g.TextEllipsis(16, 53+groupHeadLine, g.W-32, "✖ "+missing, widget.Sans(12, view.Error))
	}
}

func (p *groupAnswer) drawFoot(g *widget.Painter) {
	run := p.run()
	if run == nil {
		return
	}
	x := float32(16)
	pointer, over := p.foot.Pointer()
	put := func(text string, id any) {
		style := widget.Sans(12, view.Accent)
		w := g.Measure(text, style)
		if x+w > g.W-16 {
			return
		}
		if over && pointer.X >= x-5 && pointer.X < x+w+5 {
			g.HLine(x, 22, w, g.Pal.Text(view.Accent))
		}
		g.Text(x, 19, text, style)
		g.Hit(x-5, 0, w+10, g.H, id)
		x += w + 18
	}
	if m := run.Selected; m != nil && m.Answer != nil {
		put("In full", openTableID{})
	}
	put("Copy table", copyTableID{})
	put("Save CSV …", saveTableID{})
	put("Request as ▾", copyAsID{})
}

func (p *groupAnswer) tapped(hit any) {
	g := p.run()
	if g == nil {
		return
	}
	switch hit.(type) {
	case openTableID:
		p.bench.OpenMember(g, g.Selected)
	case copyTableID:
		fyne.CurrentApp().Clipboard().SetContent(p.bench.GroupText(g))
		p.bench.Say(view.Good, "The table is copied")
	case saveTableID:
		p.saveTable(g)
	}
}

func (p *groupAnswer) saveTable(g *view.GroupRun) {
	if p.save != nil {
		name := g.Name
		if name == "" {
			name = "group"
		}
		p.save(name+".csv", p.bench.GroupCSV(g))
	}
}

// menu gives what can be done with a row.
func (p *groupAnswer) menu(row int) *fyne.Menu {
	g := p.run()
	if g == nil {
		return nil
	}
	m := p.bench.GroupMember(g, row)
	if m == nil {
		return nil
	}
	var items []*fyne.MenuItem
	if m.Answer != nil {
		title := "Show the answer in full"
		if m.Answer.Err != nil {
			title = "Why no answer?"
		}
		items = append(items, fyne.NewMenuItem(title, func() { p.bench.OpenMember(g, m) }))
	}
	if m.To.IsValid() {
		items = append(items, fyne.NewMenuItem("Ask it alone, in a new tab", func() { p.bench.AskMember(m) }))
		if m.Text == "" {
			items = append(items, p.addItem(g, m))
		}
	}
	return fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Copy row", func() { fyne.CurrentApp().Clipboard().SetContent(p.list.RowText(row)) }),
		fyne.NewMenuItem("Copy table", func() { p.tapped(copyTableID{}) }),
		fyne.NewMenuItem("Save table as CSV …", func() { p.saveTable(g) }))...)
}

// addItem offers to make one who answered a member.
func (p *groupAnswer) addItem(g *view.GroupRun, m *view.GroupMember) *fyne.MenuItem {
	if g.Name != "" {
		return fyne.NewMenuItem("Make it a member of "+g.Name, func() { p.bench.AddToGroup(g.Name, m.To) })
	}
	return groupsItem(p.bench, "Add to group", nil, m.To)
}

// widestMember is how wide the column of names is at most.
const widestMember = 170

// flagsWidth is how wide the table has to be for flags to have a column; else they stand before the value.
const flagsWidth = 460

// groupModel is the list's view of the answers.
type groupModel struct{ p *groupAnswer }

// Len implements widget.ListModel.
func (m groupModel) Len() int {
	if g := m.p.run(); g != nil {
		return g.Len()
	}
	return 0
}

// Cell implements widget.ListModel.
func (m groupModel) Cell(row, column int) widget.Cell {
	p := m.p
	g := p.run()
	if g == nil {
		return widget.Cell{}
	}
	if p.row != row {
		p.row, p.made = row, p.bench.GroupAnswerRow(g, row)
		if p.made.Short != "" && p.list.LogicalSize().Width < flagsWidth {
			p.made.Value = p.made.Short + " · " + p.made.Value
		}
	}
	return groupColumns[column].cell(&p.made)
}

// groupRows lays out head, plot, list and foot. The plot gives way to the list where there is little room.
type groupRows struct{}

const leastGroupPlot, mostGroupPlot = 66, 150

// MinSize implements fyne.Layout.
func (groupRows) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(0, objects[2].MinSize().Height+objects[3].MinSize().Height)
}

// Layout implements fyne.Layout.
func (groupRows) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	z := widget.CurrentTheme().Zoom()
	head, foot := objects[0].MinSize().Height, objects[3].MinSize().Height
	room := size.Height - head - foot
	plot := min(room*0.42, mostGroupPlot*z)
	if plot < leastGroupPlot*z {
		plot = 0
	}
	y := float32(0)
	for i, height := range []float32{head, plot, max(0, room-plot), foot} {
		height = float32(int(height))
		objects[i].Move(fyne.NewPos(0, y))
		objects[i].Resize(fyne.NewSize(size.Width, height))
		show(objects[i], height > 0)
		y += height
	}
}

// refreshGroup shows what the current tab asks, and the answers of its group, where it has one and none of them is shown in
// full: then it is true, and there is nothing else to be seen.
func (p *Answer) refreshGroup() bool {
	g := p.bench.Tab().Group
	table := g != nil && g.Opened == nil
	moved := p.asks.refresh()
	opened := g != nil && g.Opened != nil
	if p.back.Visible() != opened {
		show(p.back, opened)
		p.one.Refresh()
	}
	p.back.Refresh()
	show(p.group.object, table)
	show(p.one, !table)
	if moved {
		p.Object.Refresh()
	}
	if table {
		p.group.refresh()
	}
	return table
}

// OnSaveGroup has save ask for the file of a table of answers.
func (p *Answer) OnSaveGroup(save func(name string, write func(io.Writer) error)) {
	p.group.save = save
}

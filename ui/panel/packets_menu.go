package panel

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// menuKey opens the menu of the selected row on the key that is for that.
func (p *Packets) menuKey(l *widget.List, name fyne.KeyName, menu func(row int) *fyne.Menu) {
	if name == desktop.KeyMenu && l.Selected() >= 0 {
		showMenu(p.Object, menu(l.Selected()), l.RowPlace(l.Selected()))
	}
}

// copying gives an item that copies a text, made when it is chosen.
func (p *Packets) copying(title string, text func() string) *fyne.MenuItem {
	return fyne.NewMenuItem(title, func() {
		s := text()
		if s == "" {
			p.bench.Say(view.Warning, "There is nothing to copy")
			return
		}
		fyne.CurrentApp().Clipboard().SetContent(s)
		p.bench.Say(view.Dim, "Copied %s", view.Bytes(len(s)))
	})
}

// filtering gives an item that filters.
func (p *Packets) filtering(title, expr string) *fyne.MenuItem {
	return fyne.NewMenuItem(title, func() { p.bench.SetFilter(expr) })
}

// rowMenu gives what can be done with a packet.
func (p *Packets) rowMenu(row int) *fyne.Menu {
	t := p.bench.Traffic
	if t.Seq(row) == 0 {
		return nil
	}
	items := []*fyne.MenuItem{
		p.copying("Copy row", func() string { return p.list.RowText(row) }),
		p.copying("Copy bytes as hex", func() string { return t.FrameHex(row) }),
		fyne.NewMenuItemSeparator(),
	}
	for _, ask := range t.RowFilters(row) {
		items = append(items, p.filtering("Only "+ask.What, ask.Expr))
	}
	if t.Filtered() {
		items = append(items, p.filtering("Show all packets", ""))
	}
	if p.MenuItems != nil {
		if more := p.MenuItems(); len(more) > 0 {
			items = append(append(items, fyne.NewMenuItemSeparator()), more...)
		}
	}
	columns := fyne.NewMenuItem("Columns", nil)
	columns.ChildMenu = fyne.NewMenu("", p.columnItems()...)
	return fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(), columns)...)
}

// findingMenu gives what can be done with a finding.
func (p *Packets) findingMenu(row int) *fyne.Menu {
	t := p.bench.Traffic
	r := t.Finding(row)
	if r.Seq == 0 {
		return nil
	}
	items := []*fyne.MenuItem{
		p.copying("Copy finding", func() string { return t.CopyFinding(row) }),
		fyne.NewMenuItem("Show the packet in the list", func() { p.ShowPacket(r.Seq) }),
		fyne.NewMenuItemSeparator(),
		p.filtering("Only packets with this finding", "finding == "+r.Rule),
	}
	for _, ask := range t.RowFilters(t.RowOf(r.Seq)) {
		items = append(items, p.filtering("Only "+ask.What, ask.Expr))
	}
	if t.Filtered() {
		items = append(items, p.filtering("Show all packets", ""))
	}
	return fyne.NewMenu("", items...)
}

// commonColumns are offered to be added.
var commonColumns = []string{
	"uri", "rtt", "len", "payload.len", "observe", "content-format", "max-age", "etag", "block1", "block2", "role", "transport", "src", "dst", "finding",
}

// headerMenu gives what can be done with the columns.
func (p *Packets) headerMenu(column int) *fyne.Menu {
	if column >= 0 && column < len(p.columns) {
		if name := p.columns[column].field; name != "" {
			return fyne.NewMenu("", append([]*fyne.MenuItem{
				fyne.NewMenuItem("Remove column "+name, func() { p.bench.RemoveColumn(name) }),
				fyne.NewMenuItem("Only packets with "+name, func() { p.bench.SetFilter(name) }),
				fyne.NewMenuItemSeparator(),
			}, p.columnItems()...)...)
		}
	}
	return fyne.NewMenu("", p.columnItems()...)
}

// columnItems are the columns that can be added besides those that are always there, and removed again.
func (p *Packets) columnItems() (items []*fyne.MenuItem) {
	added := p.bench.Traffic.ColumnNames()
	for _, name := range added {
		items = append(items, fyne.NewMenuItem("Remove column "+name, func() { p.bench.RemoveColumn(name) }))
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	for _, name := range commonColumns {
		if !slices.Contains(added, name) {
			items = append(items, fyne.NewMenuItem("Add column "+name, func() { p.bench.AddColumn(name) }))
		}
	}
	return items
}

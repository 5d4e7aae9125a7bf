package panel

import (
	"net/netip"

	"fyne.io/fyne/v2"

	"coapscope/discovery"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// The groups have their section between the devices and the collections. IDs of its rows; what is behind the prefix is the
// name of a group.
const (
	groupsID    = "kept:groups"
	noGroupID   = "kept:no-group"
	groupPrefix = "kept:group "
)

// appendGroups adds the rows of the section.
func (k *kept) appendGroups(rows []widget.Row) []widget.Row {
	groups := k.bench.Groups.Rows()
	rows = append(rows, widget.Row{ID: groupsID, Kind: widget.HeadingRow, Text: "GROUPS", Right: "+ new", RightConcept: view.Accent})
	k.groups = make(map[string]view.GroupRow, len(groups))
	for _, g := range groups {
		row := widget.Row{ID: groupPrefix + g.Name, Depth: -1, Text: g.Text, Right: g.Right, RightConcept: view.Dim}
		k.groups[row.ID] = g
		rows = append(rows, row)
	}
	if len(groups) == 0 {
		rows = append(rows, widget.Row{ID: noGroupID, Depth: -1, Text: "Ask many at once", Concept: view.Dim})
	}
	return rows
}

// ShowGroup selects a group and brings it into sight: below many devices a new one would not be seen.
func (p *Devices) ShowGroup(name string) {
	p.Refresh()
	p.tree.Select(groupPrefix + name)
}

// openGroup does what a click on a row of the section does, and tells whether it is one.
func (k *kept) openGroup(id string) bool {
	if g, ok := k.groups[id]; ok {
		k.bench.OpenGroup(g.Name)
		return true
	}
	if id == noGroupID {
		k.do.EditGroup("", "")
		return true
	}
	return id == groupsID
}

// groupMenu gives what can be done with a group; nil for another row.
func (k *kept) groupMenu(id string) *fyne.Menu {
	g, ok := k.groups[id]
	if !ok {
		return nil
	}
	b := k.bench
	return fyne.NewMenu("",
		fyne.NewMenuItem("A request to it", func() { b.OpenGroup(g.Name) }),
		fyne.NewMenuItem("Send this request to it", func() { b.ChooseGroup(g.Name) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Edit …", func() { k.do.EditGroup(g.Name, "") }),
		fyne.NewMenuItem("Copy address", func() { fyne.CurrentApp().Clipboard().SetContent(g.Right) }),
		fyne.NewMenuItem("Delete", func() { b.DeleteGroup(g.Name) }))
}

// groupsMenu is that of the heading: a new group, those that all devices are in, and the one that was deleted.
func (k *kept) groupsMenu() *fyne.Menu {
	b := k.bench
	items := []*fyne.MenuItem{fyne.NewMenuItem("A new group …", func() { k.do.EditGroup("", "") })}
	presets := b.Groups.GroupPresets()
	if len(presets) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	for _, g := range presets {
		items = append(items, fyne.NewMenuItem(g.Name+"   "+g.Multicast.Addr().String(), func() {
			if err := b.SaveGroup(g, ""); err != nil {
				b.Say(view.Error, "%v", err)
			}
		}))
	}
	if name := b.Groups.Deleted(); name != "" {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Put "+name+" back", b.RestoreGroup))
	}
	return fyne.NewMenu("Groups", items...)
}

// groupsItem offers to make a device a member of a group. edit opens the form of a new group, with that as its member; nil
// offers none.
func groupsItem(bench *view.Workbench, title string, edit func(name, member string), member netip.AddrPort) *fyne.MenuItem {
	item := fyne.NewMenuItem(title, nil)
	var items []*fyne.MenuItem
	for _, g := range bench.Groups.All {
		items = append(items, fyne.NewMenuItem(g.Name, func() { bench.AddToGroup(g.Name, member) }))
	}
	if edit != nil {
		if len(items) > 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		items = append(items, fyne.NewMenuItem("A new group …", func() {
			edit("", discovery.EndpointText(member))
		}))
	}
	if len(items) == 0 {
		item.Disabled = true
		return item
	}
	item.ChildMenu = fyne.NewMenu("", items...)
	return item
}

// GroupEntries are the lines of the menu of a device or a resource that make the device a member of a group.
func (p *Devices) GroupEntries(endpoint netip.AddrPort, _ string) []*fyne.MenuItem {
	return []*fyne.MenuItem{groupsItem(p.bench, "Add to group", p.Kept.EditGroup, endpoint)}
}

// GroupMenu gives the choice of where a request goes: a group, or a device.
func GroupMenu(bench *view.Workbench, edit func(name, member string)) *fyne.Menu {
	current := bench.Tab().Draft.Group
	device := fyne.NewMenuItem("To a device", func() { bench.ChooseGroup("") })
	device.Checked = current == ""
	items := []*fyne.MenuItem{device}
	if len(bench.Groups.All) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	for _, r := range bench.Groups.Rows() {
		item := fyne.NewMenuItem(r.Text+"   "+r.Right, func() { bench.ChooseGroup(r.Name) })
		item.Checked = r.Name == current
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator())
	if current != "" {
		items = append(items, fyne.NewMenuItem("Edit "+current+" …", func() { edit(current, "") }))
	}
	return fyne.NewMenu("To", append(items, fyne.NewMenuItem("A new group …", func() { edit("", "") }))...)
}

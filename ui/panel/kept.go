package panel

import (
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// KeptActions are what the window does for collections and history, besides what the model does.
type KeptActions struct {
	SaveAs    func()              // asks for a name
	Rename    func(path string)   // likewise
	NewFolder func(parent string) // likewise
	Import    func()
	Open      func() // a folder elsewhere
	Export    func(folder string)
	History   func() // shows all of it
	// EditGroup opens the form of a group; without a name that of a new one, which may have a member.
	EditGroup func(name, member string)
}

// kept are the collections and the latest history, in the tree below the devices.
type kept struct {
	bench *view.Workbench
	do    *KeptActions
	tree  *widget.Tree
	rows  map[string]view.CollectionRow // in the tree, by ID
	past  map[string]view.HistoryRow

	groups map[string]view.GroupRow
}

// latest is how many requests of the history the tree has.
const latest = 10

// IDs of rows. What is behind the prefixes is a path, and the number of an entry.
const (
	collectionsID = "kept:collections"
	historyID     = "kept:history"
	allHistoryID  = "kept:all"
	saveHintID    = "kept:save"
	filePrefix    = "kept:file "
	entryPrefix   = "kept:entry "
)

func isKept(id string) bool { return strings.HasPrefix(id, "kept:") }

// append adds the rows of both sections.
func (k *kept) append(rows []widget.Row) []widget.Row {
	k.rows, k.past = map[string]view.CollectionRow{}, map[string]view.HistoryRow{}
	rows = k.appendGroups(rows)
	rows = append(rows, widget.Row{ID: collectionsID, Kind: widget.HeadingRow, Text: "COLLECTIONS", Right: "more ▾", RightConcept: view.Accent})
	files := k.bench.Collections.Rows()
	for _, r := range files {
		row := widget.Row{ID: filePrefix + r.Path, Depth: r.Depth, Foldable: r.Folder, Open: r.Open, Text: r.Text}
		if !r.Folder {
			row.Concept = view.Dim
		}
		if r.Problem != "" {
			row.Right, row.RightConcept = "✖", view.Error
		}
		k.rows[row.ID] = r
		rows = append(rows, row)
	}
	if len(files) == 0 {
		rows = append(rows, widget.Row{ID: saveHintID, Depth: -1, Text: "Save this request", Concept: view.Accent})
	}
	h := k.bench.History
	heading := widget.Row{ID: historyID, Kind: widget.HeadingRow, Text: "HISTORY", Right: "search", RightConcept: view.Accent}
	if !h.Ready() {
		heading.Text += "  …"
	}
	rows = append(rows, heading)
	for _, r := range h.Latest(latest, time.Now()) {
		id := entryPrefix + strconv.FormatUint(r.ID, 10)
		k.past[id] = r
		rows = append(rows, widget.Row{
			ID: id, Depth: -1, Text: r.Method + "  " + r.Path, Concept: view.Dim, Right: r.Code, RightConcept: r.CodeConcept,
		})
	}
	switch n := h.Total(); {
	case n > latest:
		rows = append(rows, widget.Row{ID: allHistoryID, Depth: -1, Text: "all " + view.Grouped(n) + " …", Concept: view.Accent})
	case n == 0 && h.Ready():
		rows = append(rows, widget.Row{ID: "kept:none", Depth: -1, Text: "Nothing asked yet", Concept: view.Dim})
	}
	return rows
}

// highlighted tells whether a row is that of the current tab.
func (k *kept) highlighted(id string) bool {
	if group := k.bench.Tab().Draft.Group; group != "" && id == groupPrefix+group {
		return true
	}
	file := k.bench.Tab().File()
	return file != "" && id == filePrefix+file
}

// open does what a click on a row does.
func (k *kept) open(id string) {
	if k.openGroup(id) {
		return
	}
	switch id {
	case allHistoryID:
		k.do.History()
		return
	case saveHintID:
		k.do.SaveAs()
		return
	}
	if r, ok := k.past[id]; ok {
		k.bench.OpenEntry(r.ID)
	} else if r, ok := k.rows[id]; ok && r.Folder {
		k.bench.Collections.Fold(r.Path, !r.Open)
	} else if ok {
		k.bench.Collections.OpenFile(r.Path)
	}
}

func (k *kept) fold(id string, open bool) {
	if r, ok := k.rows[id]; ok {
		k.bench.Collections.Fold(r.Path, open)
	}
}

// action does what the right text of a heading is for.
func (k *kept) action(id string) {
	if id == historyID {
		k.do.History()
		return
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(k.tree)
	pos, _ := k.tree.Pointer()
	z := widget.CurrentTheme().Zoom()
	menu := k.collectionsMenu()
	if id == groupsID {
		menu = k.groupsMenu()
	}
	showMenu(k.tree, menu, at.AddXY(pos.X*z, (pos.Y+8)*z))
}

func (k *kept) tip(id string) string {
	if g, ok := k.groups[id]; ok {
		return g.Tip
	}
	if r, ok := k.rows[id]; ok {
		if r.Problem != "" {
			return r.Path + "\n" + r.Problem
		}
		return r.Path
	}
	if r, ok := k.past[id]; ok {
		return strings.Join([]string{r.Method + " " + r.URI, r.Time, r.RTT}, "\n")
	}
	return ""
}

// menu gives what can be done with a row.
func (k *kept) menu(id string) *fyne.Menu {
	c := k.bench.Collections
	if r, ok := k.past[id]; ok {
		return fyne.NewMenu("", historyItems(k.bench, r)...)
	}
	r, ok := k.rows[id]
	if !ok {
		return k.groupMenu(id)
	}
	var items []*fyne.MenuItem
	if r.Folder {
		items = append(items,
			fyne.NewMenuItem("New folder …", func() { k.do.NewFolder(r.Path) }),
			fyne.NewMenuItem("Export as zip …", func() { k.do.Export(r.Path) }))
	} else {
		items = append(items, fyne.NewMenuItem("Open", func() { c.OpenFile(r.Path) }))
	}
	items = append(items, fyne.NewMenuItem("Copy path", func() { fyne.CurrentApp().Clipboard().SetContent(r.Path) }))
	if r.Root {
		items = append(items, fyne.NewMenuItem("Close this folder", func() { c.CloseFolder(r.Path) }))
	} else {
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("Rename …", func() { k.do.Rename(r.Path) }),
			fyne.NewMenuItem("Delete", func() { c.Delete(r.Path) }))
	}
	return fyne.NewMenu("", k.undelete(items)...)
}

func (k *kept) undelete(items []*fyne.MenuItem) []*fyne.MenuItem {
	if name := k.bench.Collections.Undeletable(); name != "" {
		items = append(items, fyne.NewMenuItem("Put "+name+" back", k.bench.Collections.Undelete))
	}
	return items
}

func (k *kept) collectionsMenu() *fyne.Menu {
	c := k.bench.Collections
	return fyne.NewMenu("Collections", k.undelete([]*fyne.MenuItem{
		fyne.NewMenuItem("Save this request as …", k.do.SaveAs),
		fyne.NewMenuItem("New folder …", func() { k.do.NewFolder(c.Root()) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Open a folder elsewhere …", k.do.Open),
		fyne.NewMenuItem("Import a folder or zip …", k.do.Import),
		fyne.NewMenuItem("Export all as zip …", func() { k.do.Export(c.Root()) }),
		fyne.NewMenuItem("Read again", k.bench.RefreshKept),
	})...)
}

// historyItems are what can be done with an entry of the history.
func historyItems(bench *view.Workbench, r view.HistoryRow) []*fyne.MenuItem {
	all := fyne.NewMenuItem("Delete the whole history", nil)
	all.ChildMenu = fyne.NewMenu("", fyne.NewMenuItem("Delete all "+view.Grouped(bench.History.Total())+" for good", bench.History.Clear))
	return []*fyne.MenuItem{
		fyne.NewMenuItem("Open", func() { bench.OpenEntry(r.ID) }),
		fyne.NewMenuItem("Copy URI", func() { fyne.CurrentApp().Clipboard().SetContent(r.URI) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Delete", func() { bench.History.Delete(r.ID) }),
		all,
	}
}

// EnvironmentMenu gives the choice of the environment whose variables drafts use, and edit for what they are.
func EnvironmentMenu(bench *view.Workbench, edit func()) *fyne.Menu {
	none := fyne.NewMenuItem("No variables", func() { bench.ChooseEnvironment("") })
	none.Checked = bench.Environments.Current == ""
	items := []*fyne.MenuItem{none}
	for _, e := range bench.Environments.All {
		item := fyne.NewMenuItem(e.Name, func() { bench.ChooseEnvironment(e.Name) })
		item.Checked = e.Name == bench.Environments.Current
		items = append(items, item)
	}
	return fyne.NewMenu("Variables", append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Edit …", edit))...)
}

package panel

import (
	"time"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// deviceRows are devices and resources as rows of the tree.
type deviceRows struct{ bench *view.Workbench }

// Layout implements widget.Source.
func (s *deviceRows) Layout() uint64 { return s.bench.Devices.Update() }

// Len implements widget.Source.
func (s *deviceRows) Len() int { return s.bench.Devices.RowCount() }

// Line implements widget.Source.
func (s *deviceRows) Line(i int) widget.Line {
	l := s.bench.Devices.Line(i)
	if l.Kind != view.TreeItem {
		return widget.Line{Kind: widget.SubtitleRow, Depth: l.Depth}
	}
	return widget.Line{Kind: widget.ItemRow, Depth: l.Depth}
}

// Index implements widget.Source.
func (s *deviceRows) Index(id string) int { return s.bench.Devices.Index(id) }

// Row implements widget.Source.
func (s *deviceRows) Row(i int) widget.Row {
	r := s.bench.Devices.Row(i, time.Now())
	switch s.bench.Devices.Line(i).Kind {
	case view.TreeSubtitle:
		return widget.Row{ID: r.ID + "subtitle", Kind: widget.SubtitleRow, Text: r.Subtitle, Concept: view.Dim}
	case view.TreeProblem:
		return widget.Row{ID: r.ID + "problem", Kind: widget.SubtitleRow, Text: r.Problem, Concept: view.Warning}
	}
	row := widget.Row{
		ID: r.ID, Depth: r.Depth, Foldable: r.Foldable, Open: r.Open, Text: r.Text, Bold: r.Device || r.Group, Note: r.Note,
		Right: r.Right, RightConcept: r.Concept, Spark: r.Spark, Ring: widget.Ring{Shown: r.Fresh.Known, Left: r.Fresh.Left},
	}
	if r.Met {
		row.Marks = append(row.Marks, widget.Mark{Sign: widget.SignMet, Concept: view.Warning})
	}
	if r.Observable {
		row.Marks = append(row.Marks, widget.Mark{Sign: widget.SignObservable, Concept: view.Dim})
	}
	if r.Size != "" {
		row.Marks = append(row.Marks, widget.Mark{Sign: widget.SignBlock, Text: r.Size, Concept: view.Dim})
	}
	return row
}

// modeMenu is the choice of how devices and resources are arranged, and what is done with all of them.
func (p *Devices) modeMenu() *fyne.Menu {
	var items []*fyne.MenuItem
	for _, m := range view.TreeModes() {
		item := fyne.NewMenuItem(treeModeTitle(m), func() { p.SetMode(m) })
		item.Checked = m == p.bench.Devices.Mode()
		items = append(items, item)
	}
	return fyne.NewMenu("", append(items, fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Unfold all", func() { p.FoldAll(true) }),
		fyne.NewMenuItem("Fold all", func() { p.FoldAll(false) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Read all values", p.bench.ReadAll))...)
}

// treeModeTitle names a mode in a menu, with the attribute that it goes by.
func treeModeTitle(m view.TreeMode) string {
	return map[view.TreeMode]string{
		view.TreeByPath: "By path", view.TreeByDevice: "By device", view.TreeByType: "By type (rt)", view.TreeByInterface: "By interface (if)",
		view.TreeFlat: "Flat",
	}[m]
}

// SetMode arranges devices and resources in another way.
func (p *Devices) SetMode(m view.TreeMode) {
	p.bench.Devices.SetMode(m)
	p.Refresh()
	p.tree.Select(p.bench.SelectedRow()) // it is elsewhere now
}

// FoldAll folds or unfolds all devices, groups and paths.
func (p *Devices) FoldAll(open bool) {
	p.bench.Devices.FoldAll(open)
	p.Refresh()
}

// ReadAgain reads the values of the selected row anew: of a resource, or of all that a device or a group has; without one,
// all values.
func (p *Devices) ReadAgain() {
	if id := p.bench.SelectedRow(); id != "" {
		p.bench.ReadAgain(id)
		return
	}
	p.bench.ReadAll()
}

// readingItems give what can be done with the values of a row.
func (p *Devices) readingItems(id string) []*fyne.MenuItem {
	endpoint, path, listed := p.bench.Devices.Resource(id)
	again := func(title string) *fyne.MenuItem {
		return fyne.NewMenuItem(title, func() { p.bench.ReadAgain(id) })
	}
	switch {
	case isOwn(id) || id == "":
		return nil
	case path != "" && listed && path[0] == '/':
		return []*fyne.MenuItem{again("Read its value")}
	case path != "":
		return nil
	case endpoint.IsValid():
		return []*fyne.MenuItem{again("Read all its values")}
	}
	return []*fyne.MenuItem{again("Read the values of all of them")}
}

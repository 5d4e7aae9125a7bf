package panel

import (
	"net/netip"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Devices shows what there is: devices and their resources as a tree, with a filter.
type Devices struct {
	Object fyne.CanvasObject

	// Ask is called for a resource that the user wants to see.
	Ask func()
	// Kept are what the window does for collections and history.
	Kept KeptActions
	// Rename asks for the name of a device.
	Rename func(endpoint netip.AddrPort)
	// Environments gives the choice of variables.
	Environments func() *fyne.Menu

	bench  *view.Workbench
	filter *widget.Entry
	tree   *widget.Tree
	add    *widget.Entry
	adding fyne.CanvasObject

	environment *widget.Chip

	// The rows of the tree: what stands above the devices, these, and what stands below.
	above, below widget.Rows
	devices      deviceRows

	entries []MenuEntries // of other parts of the window
	hovered string        // row under the pointer
	kept    kept
}

// IDs of rows that are no device.
const (
	headingID = "devices"
	labID     = "lab"
	hintID    = "hint"
	sendID    = "send"
	refrainID = "refrain"
	readID    = "read"
	leaveID   = "leave"
	stopID    = "stop"
)

// isOwn tells whether a row is none of the model's but one to be clicked.
func isOwn(id string) bool {
	return slices.Contains([]string{headingID, labID, hintID, sendID, refrainID, readID, leaveID, stopID}, id)
}

// NewDevices makes the panel.
func NewDevices(bench *view.Workbench) *Devices {
	p := &Devices{bench: bench}
	p.filter = widget.NewEntry("Filter devices and resources")
	p.filter.OnChanged = func(text string) {
		bench.Devices.SetFilter(text)
		p.Refresh()
	}
	p.filter.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyDown {
			p.tree.RequestFocus()
			return true
		}
		return false
	}
	p.add = widget.NewMonoEntry("host, addresses as 192.0.2.1-40, or coap:// URI")
	p.add.OnSubmitted = func(text string) {
		if text != "" {
			bench.AddHost(text)
			p.add.SetText("")
		}
		p.adding.Hide()
		p.Object.Refresh()
	}
	p.add.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyEscape {
			p.adding.Hide()
			p.Object.Refresh()
			return true
		}
		return false
	}
	p.tree = widget.NewTree()
	p.tree.OnSelect = func(id string) {
		if !isOwn(id) && !isKept(id) {
			bench.SelectRow(id)
		}
	}
	p.tree.OnActivate = func(id string) {
		if !p.action(id) {
			p.ask(id)
		}
	}
	p.tree.OnClick = p.clicked
	p.tree.OnFold = func(id string, open bool) {
		if isKept(id) {
			p.kept.fold(id, open)
			return
		}
		bench.Devices.Fold(id, open)
		p.Refresh()
	}
	p.tree.OnAction = func(id string) {
		if isKept(id) {
			p.kept.action(id)
			return
		}
		p.Add()
	}
	p.tree.OnChoice = func(_ string, t widget.Tap) { showMenu(p.tree, p.modeMenu(), t.Absolute) }
	p.devices = deviceRows{bench}
	p.kept = kept{bench: bench, do: &p.Kept, tree: p.tree}
	p.tree.Highlighted = p.kept.highlighted
	p.tree.OnMenu = func(id string, t widget.Tap) {
		if isKept(id) {
			showMenu(p.tree, p.kept.menu(id), t.Absolute)
			return
		}
		p.showMenu(id, t)
	}
	p.tree.Tip = func(fyne.Position) string {
		if isKept(p.hovered) {
			return p.kept.tip(p.hovered)
		}
		if isOwn(p.hovered) {
			return ""
		}
		return bench.Devices.Tip(p.hovered, time.Now())
	}
	p.tree.OnHoverRow = func(id string) { p.hovered = id }
	p.adding = padded(p.add, 12, 0, 12, 8)
	p.adding.Hide()
	p.environment = widget.NewMenuChip("No variables ▾", view.Dim, func() *fyne.Menu { return p.Environments() })
	p.environment.Kind, p.environment.Bold = widget.FlatChip, false
	p.environment.Hint = "The environment whose {{variables}} requests use"
	row := container.New(bar{elastic: -1, gap: 6, height: 32}, p.environment)
	p.Object = onPanel(Stacked(2, padded(p.filter, 12, 12, 12, 8), p.adding, p.tree, row))
	p.Refresh()
	return p
}

// clicked unfolds a device, and asks for a resource: GET is safe (RFC 7252 §5.1), and a click on a
// resource is the wish to see it.
func (p *Devices) clicked(id string) {
	if p.action(id) {
		return
	}
	if _, _, listed := p.bench.Devices.Resource(id); listed {
		p.ask(id)
		return
	}
	if r, ok := p.tree.Row(id); ok && r.Foldable {
		p.tree.OnFold(id, !r.Open)
	}
}

func (p *Devices) ask(id string) {
	if p.bench.SelectRow(id) && p.Ask != nil {
		p.Ask()
	}
}

// action does what a row that is no device is for.
func (p *Devices) action(id string) bool {
	switch id {
	case labID:
		if err := p.bench.StartLab(); err != nil {
			p.bench.Say(view.Error, "%v", err)
			return true
		}
		p.bench.Discover()
	case sendID:
		p.bench.ConfirmScan()
	case refrainID:
		p.bench.DeclineScan()
	case readID:
		p.bench.ConfirmReading()
	case leaveID:
		p.bench.DeclineReading()
	case stopID:
		p.bench.StopReading()
	case hintID, headingID:
	default:
		if isKept(id) {
			p.kept.open(id)
			return true
		}
		return false
	}
	return true
}

// Add opens the line for the address of a device.
func (p *Devices) Add() {
	p.adding.Show()
	p.Object.Refresh()
	fyne.Do(p.add.Focus) // after the click, which gives the focus to the tree
}

// FocusFilter puts the cursor into the filter, with all of it selected.
func (p *Devices) FocusFilter() { p.filter.FocusAll() }

// Refresh draws the model anew. Of the devices only the rows in sight are made, when they are drawn.
func (p *Devices) Refresh() {
	heading := widget.Row{ID: headingID, Kind: widget.HeadingRow, Text: "DEVICES", Right: "+ add", RightConcept: view.Accent}
	n := p.bench.Devices.Len()
	if n > 0 {
		heading.Text += "  " + view.Grouped(n)
		heading.Choice = p.bench.Devices.Mode().String() + " ▾"
	}
	above := []widget.Row{heading}
	flush := func(id, text string, c view.Concept) widget.Row {
		return widget.Row{ID: id, Depth: -1, Text: text, Concept: c}
	}
	if question, about := p.bench.ScanQuestion(); question != "" {
		above = append(above,
			flush(hintID, "▲ "+question, view.Warning),
			widget.Row{ID: hintID, Kind: widget.SubtitleRow, Text: about},
			flush(sendID, "Send "+view.Datagrams(p.bench.Scan.Asking.Datagrams()), view.Accent),
			flush(refrainID, "Send nothing", view.Accent))
	}
	reading := &p.bench.Reading
	if plan := reading.Asking; plan != nil { // the status line has all of the question
		question, about := plan.Question()
		above = append(above,
			flush(hintID, "▲ "+question, view.Warning),
			widget.Row{ID: hintID, Kind: widget.SubtitleRow, Text: about},
			flush(readID, "Send "+view.Grouped(plan.Requests)+" requests", view.Accent),
			flush(leaveID, "Send nothing", view.Accent))
	}
	if reading.Running {
		row := flush(stopID, "Stop reading values", view.Accent)
		row.Right, row.RightConcept = view.Grouped(reading.Done)+" of "+view.Grouped(reading.Of), view.Dim
		above = append(above, row)
	}
	p.above.Set(above)
	p.bench.Devices.Update()
	var below []widget.Row
	switch {
	case n == 0 && p.bench.Scan.Running:
		below = append(below, flush(hintID, "Waiting for answers …", view.Dim))
	case n == 0:
		below = append(below, flush(hintID, "No devices yet", view.Dim), flush(labID, "Explore the lab", view.Accent))
	case p.bench.Devices.RowCount() == 0 && p.bench.Devices.Filter() == "":
		below = append(below, flush(hintID, "No resources yet", view.Dim))
	case p.bench.Devices.RowCount() == 0:
		below = append(below, flush(hintID, "Nothing matches the filter", view.Dim))
	}
	p.below.Set(p.kept.append(below))
	p.tree.SetSources(&p.above, &p.devices, &p.below)
	if id := p.bench.SelectedRow(); id != p.tree.Selected() && !isKept(p.tree.Selected()) {
		p.tree.Select(id) // and bring it into sight, which must not happen otherwise
	}
	p.tree.Refresh()
	text := "No variables ▾"
	if name := p.bench.Environments.Current; name != "" {
		text = "{{ }} " + name + " ▾"
	}
	if p.environment.Text != text {
		p.environment.SetText(text)
		p.Object.Refresh()
	}
}

// Redraw draws the same rows again, where what they are marked by has changed.
func (p *Devices) Redraw() { p.tree.Refresh() }

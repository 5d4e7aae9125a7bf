package panel

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/protocol"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Bar is the line at the top: what to look for, what to ask, and how.
type Bar struct {
	Object fyne.CanvasObject

	// EditGroup opens the form of a group, or of a new one.
	EditGroup func(name, member string)

	bench      *view.Workbench
	group      *widget.Chip // where the request goes, if that is a group
	discover   *widget.Chip
	via        *widget.Chip
	method     *widget.Chip
	address    *widget.Entry
	kind       *widget.Chip
	send       *widget.Chip
	many       *widget.Chip
	observe    *widget.Chip
	files      *widget.Chip
	completion *widget.Suggestions
	filling    bool // the address is set by the model, not typed
}

// methods are those of the registry, in order of their use.
var methods = []protocol.Code{
	protocol.GET, protocol.POST, protocol.PUT, protocol.DELETE, protocol.FETCH, protocol.PATCH, protocol.IPATCH,
}

// NewBar makes the bar. files gives the menu of capture files.
func NewBar(bench *view.Workbench, files func() *fyne.Menu) *Bar {
	p := &Bar{bench: bench}
	do := bench.Commands
	p.discover = widget.NewFilledChip("◎ Discover", view.Accent, do.Doing(view.CmdDiscover))
	p.discover.Hint = do.Hint(view.CmdDiscover)
	p.via = widget.NewChip("▾", view.Dim, do.Doing(view.CmdSearch))
	p.via.Bold, p.via.Hint = true, do.Hint(view.CmdSearch)
	p.method = widget.NewMenuChip("GET ▾", view.Good, p.methods)
	p.group = widget.NewMenuChip("▾", view.Accent, p.groups)
	p.group.Hide()
	p.address = widget.NewMonoEntry("coap://host/path, a host, or a path")
	p.address.OnChanged = func(text string) {
		if !p.filling {
			bench.SetAddress(text)
		}
	}
	p.address.OnSubmitted = func(string) {
		if !bench.EnterAddress() {
			do.Do(view.CmdSend)
		}
	}
	p.completion = completeAddress(p.address, bench)
	p.kind = widget.NewMenuChip("CON ▾", view.Type, p.kinds)
	p.kind.Hint = kindHint
	p.send = widget.NewFilledChip("Send ⏎", view.Good, func() {
		if bench.Tab().State == view.TabAsking {
			do.Do(view.CmdCancel)
			return
		}
		do.Do(view.CmdSend)
	})
	p.many = widget.NewMenuChip("▾", view.Good, func() *fyne.Menu { return RepeatMenu(bench, do.Doing(view.CmdMany)) })
	p.many.Hint = do.Hint(view.CmdMany)
	p.observe = widget.NewChip("◉ Observe", view.Plain, do.Doing(view.CmdObserve))
	p.observe.Hint = do.Hint(view.CmdObserve)
	p.files = widget.NewMenuChip("Capture ▾", view.Plain, files)
	row := container.New(bar{elastic: 4, gap: 8, height: 52},
		p.discover, p.via, p.method, p.group, p.address, p.kind, p.send, p.many, p.observe, p.files)
	p.Object = onPanel(row)
	p.Refresh()
	return p
}

// FocusAddress puts the cursor into the address, with all of it selected, as browsers do.
func (p *Bar) FocusAddress() { p.address.FocusAll() }

func (p *Bar) methods() *fyne.Menu {
	var items []*fyne.MenuItem
	for _, m := range methods {
		item := fyne.NewMenuItem(m.Short(), func() { p.setMethod(m) })
		item.Checked = m == p.bench.Tab().Draft.Method
		items = append(items, item)
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("0.00  ping", func() { p.setMethod(protocol.Empty) }),
		fyne.NewMenuItem("Another code …", p.bench.Commands.Doing(view.CmdCode)))
	return fyne.NewMenu("Method", items...)
}

func (p *Bar) setMethod(m protocol.Code) {
	p.bench.Tab().Draft.Method = m
	p.bench.Changed(view.PartBar | view.PartTabs | view.PartDraft)
}

// OpenMethods opens the menu of methods.
func (p *Bar) OpenMethods() { p.method.Activate() }

// OpenTypes opens the menu of types.
func (p *Bar) OpenTypes() { p.kind.Activate() }

func (p *Bar) groups() *fyne.Menu { return GroupMenu(p.bench, p.EditGroup) }

// OpenGroups opens the choice of where the request goes.
func (p *Bar) OpenGroups() {
	if p.group.Visible() {
		p.group.Activate()
		return
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(p.address)
	showMenu(p.address, p.groups(), at.AddXY(0, p.address.Size().Height))
}

// refreshGroup shows the group that the request goes to, and the type that it has then.
func (p *Bar) refreshGroup(t *view.Tab) {
	group, multicast := p.bench.ToGroup(t)
	show(p.group, t.Draft.Group != "")
	if name := t.Draft.Group; name != "" {
		text := "to " + name
		if g := p.bench.Groups.Find(name); g != nil && len(g.Members) > 0 {
			text += " (" + view.Grouped(len(g.Members)) + ")"
		}
		p.group.SetText(text + " ▾")
		p.group.Hint = "The group that the request goes to"
		if g := p.bench.Groups.Find(name); g != nil {
			p.group.Hint += "\n" + view.GroupWords(g)
		}
	}
	p.kind.Hint = kindHint
	text := t.Draft.Type.String() + " ▾"
	if group && multicast {
		text = protocol.NonConfirmable.String() + " ▾"
		p.kind.Hint = "To a multicast address a request is always Non-confirmable: nobody acknowledges it (RFC 7252 §8.1)"
	}
	p.kind.SetText(text)
}

const kindHint = "Confirmable: retransmitted until it is acknowledged. Non-confirmable: sent once (RFC 7252 §4)"

func (p *Bar) kinds() *fyne.Menu {
	if _, multicast := p.bench.ToGroup(p.bench.Tab()); multicast {
		only := fyne.NewMenuItem("NON   Non-confirmable, as to any multicast address (RFC 7252 §8.1)", func() {})
		only.Checked = true
		return fyne.NewMenu("Type", only)
	}
	item := func(t protocol.Type) *fyne.MenuItem {
		i := fyne.NewMenuItem(t.String()+"   "+t.Name(), func() {
			p.bench.Tab().Draft.Type = t
			p.bench.Changed(view.PartBar | view.PartDraft)
		})
		i.Checked = t == p.bench.Tab().Draft.Type
		return i
	}
	return fyne.NewMenu("Type", item(protocol.Confirmable), item(protocol.NonConfirmable))
}

// Refresh shows the model anew.
func (p *Bar) Refresh() {
	t := p.bench.Tab()
	text := "◎ Discover"
	if p.bench.Scan.Running {
		text = "◎ Stop"
		if left := time.Until(p.bench.Scan.Until); left > 0 { // after that, lists of links are still fetched
			text += "  " + view.Seconds(left)
		}
	}
	p.discover.SetText(text)
	if via, err := p.bench.ScanInterfaceText(); err == nil {
		p.via.SetText(via + " ▾")
	}
	p.method.SetText(view.MethodText(t.Draft.Method) + " ▾")
	p.refreshGroup(t)
	p.filling = true
	if p.address.Text() != t.Draft.Address {
		p.address.SetText(t.Draft.Address)
		p.address.CursorToEnd()
		p.completion.Close()
	}
	p.filling = false
	state := widget.NeutralEntry
	for _, problem := range t.Problems {
		if problem.Where == "address" {
			state = widget.InvalidEntry
		}
	}
	p.address.SetState(state)
	if t.State == view.TabAsking {
		p.send.SetText("Cancel")
		p.send.Hint = p.bench.Commands.Hint(view.CmdCancel)
	} else {
		p.send.SetText("Send ⏎")
		p.send.Hint = p.bench.Commands.Hint(view.CmdSend)
	}
	switch t.State {
	case view.TabObserving:
		p.observe.SetText("◉ Stop")
	case view.TabCancelling:
		p.observe.SetText("◉ Ending")
	default:
		p.observe.SetText("◉ Observe")
	}
	p.refreshFiles()
	p.observe.Lit = t.State == view.TabObserving
	p.observe.Refresh()
	p.Object.Refresh()
	p.completion.Place()
}

// completeAddress suggests how the address can go on.
func completeAddress(address *widget.Entry, bench *view.Workbench) *widget.Suggestions {
	var found []view.Completed
	s := widget.NewSuggestions(address)
	s.Find = func(text string, _ int) []widget.Suggestion {
		found = bench.CompleteAddress(text)
		shown := make([]widget.Suggestion, len(found))
		for i, f := range found {
			shown[i] = widget.Suggestion{Text: f.Address, Marks: f.Marks, About: f.Name}
			if f.Title != "" {
				shown[i].About = f.Title + " · " + f.Name
			}
		}
		return shown
	}
	s.Take = func(i int, _ string) (string, int) { return found[i].Address, len(found[i].Address) }
	return s
}

// refreshFiles shows on the chip of capture files whether live packets are recorded.
func (p *Bar) refreshFiles() {
	p.files.Hint = "Open a capture file, save what was captured, or record what comes"
	text := "Capture ▾"
	p.files.Concept = view.Plain
	if r := p.bench.Recording(); r.On {
		text, p.files.Concept = "● Capture ▾", view.Error
		p.files.Hint = "Live packets are recorded to " + r.Path + " (" + p.bench.Commands.KeyText(view.CmdRecord) + " stops it)"
	}
	p.files.SetText(text)
	p.files.Refresh()
}

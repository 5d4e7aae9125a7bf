package panel

import (
	"fmt"
	"net/netip"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Directory shows a resource directory: its endpoints and resources, and what the user has registered.
type Directory struct {
	Object fyne.CanvasObject

	// Close is called when the user is done with it.
	Close func()
	// Ask is called for a resource that the user wants to see.
	Ask func()

	bench *view.Workbench
	dirs  *view.Directories

	head    *widget.Sheet
	choice  *widget.Chip
	address *widget.Entry
	tabs    *widget.TabStrip
	pages   map[string]fyne.CanvasObject
	body    *fyne.Container
	foot    *widget.Sheet
	now     time.Time

	endpoints, resources lookupPage
	own                  *widget.List
	ownNote              *widget.Sheet
	form                 *registrationForm

	renew, remove, auto *widget.Chip
}

// lookupPage is a filter and the list of what it finds.
type lookupPage struct {
	model  *view.Lookup
	entry  *widget.Entry
	list   *widget.List
	stop   *widget.Chip
	object fyne.CanvasObject
}

// Pages of the panel.
const (
	endpointsTab = "endpoints"
	resourcesTab = "resources"
	ownTab       = "own"
	registerTab  = "register"
)

// DirectorySize is that of the panel, where the window has the room.
var DirectorySize = fyne.NewSize(1080, 700)

// NewDirectory makes the panel.
func NewDirectory(bench *view.Workbench) *Directory {
	p := &Directory{bench: bench, dirs: bench.Directories(), now: time.Now()}
	p.head = widget.NewSheet(p.drawHead)
	p.head.On, p.head.Min = widget.OnPanel, fyne.NewSize(60, 58)
	p.head.Tip = func(fyne.Position) string { return joinLines(p.dirs.Facts()) }
	p.choice = widget.NewMenuChip("No directory ▾", view.Plain, p.directories)
	p.choice.Hint = "The directories that devices have told of"
	p.address = widget.NewMonoEntry("or ask a host for its directory: 192.0.2.1, coap://rd.example")
	p.address.OnSubmitted = func(text string) {
		if text != "" {
			p.dirs.Ask(text)
		}
	}
	p.address.OnKey = p.escapes(nil)
	p.tabs = widget.NewTabStrip(widget.Tab{ID: endpointsTab, Title: "Endpoints"}, widget.Tab{ID: resourcesTab, Title: "Resources"},
		widget.Tab{ID: ownTab, Title: "Your registrations"}, widget.Tab{ID: registerTab, Title: "Register an endpoint"})
	p.tabs.OnSelect = func(string) { p.Refresh() }
	p.buildLookups()
	p.buildOwn()
	p.form = newRegistrationForm(p)
	p.pages = map[string]fyne.CanvasObject{
		endpointsTab: p.endpoints.object, resourcesTab: p.resources.object, registerTab: p.form.object,
		ownTab: Stacked(0, p.own, p.ownNote, container.New(bar{elastic: 3, gap: 8, height: 42}, p.renew, p.auto, p.remove, layout.NewSpacer())),
	}
	p.body = container.NewStack(p.pages[endpointsTab], p.pages[resourcesTab], p.pages[ownTab], p.pages[registerTab])
	p.foot = widget.NewSheet(p.drawFoot)
	p.foot.On, p.foot.Min = widget.OnPanel, fyne.NewSize(60, 30)
	p.Object = Stacked(3, p.head, container.New(bar{elastic: 1, gap: 8, height: 40}, p.choice, p.address),
		padded(p.tabs, 4, 2, 4, 0), p.body, p.foot)
	p.Refresh()
	return p
}

func joinLines(lines []string) (text string) {
	for i, line := range lines {
		if i > 0 {
			text += "\n"
		}
		text += line
	}
	return text
}

// escapes gives what an entry does with keys: Escape closes the panel, Down goes to a list, if there is one.
func (p *Directory) escapes(down *widget.List) func(fyne.KeyName) bool {
	return func(name fyne.KeyName) bool {
		switch {
		case name == fyne.KeyEscape:
			p.Close()
		case name == fyne.KeyDown && down != nil:
			down.RequestFocus()
			down.Select(max(down.Selected(), 0))
		default:
			return false
		}
		return true
	}
}

func (p *Directory) buildLookups() {
	lookup := func(page *lookupPage, model *view.Lookup, placeholder string, list *widget.List) {
		list.On = widget.OnPanel
		list.OnRowKey = func(name fyne.KeyName) {
			switch name {
			case fyne.KeyEscape:
				p.Close()
			case desktop.KeyMenu:
				list.OnMenu(list.Selected(), widget.Tap{Absolute: list.RowPlace(list.Selected())})
			}
		}
		entry := widget.NewMonoEntry(placeholder)
		entry.OnChanged = func(text string) {
			_, err := view.ParseLookup(text)
			entry.SetState(widget.NeutralEntry)
			if err != nil {
				entry.SetState(widget.InvalidEntry)
			}
		}
		entry.OnSubmitted = model.Begin
		entry.OnKey = p.escapes(list)
		stop := widget.NewChip("Stop", view.Warning, model.Cancel)
		*page = lookupPage{model: model, entry: entry, list: list, stop: stop, object: Stacked(1,
			padded(container.New(bar{elastic: 0, gap: 8, height: 40}, entry, stop, widget.NewChip("Look up", view.Accent, func() { model.Begin(entry.Text()) })), 0, 2, 0, 2), list)}
	}
	endpoints := widget.NewList(endpointModel{p},
		widget.Column{Title: "Endpoint", Width: 190, Elastic: true}, widget.Column{Title: "Sector", Width: 100, Priority: 2},
		widget.Column{Title: "Base", Width: 230}, widget.Column{Title: "Type", Width: 120, Priority: 3},
		widget.Column{Title: "Among the devices", Width: 220, Priority: 1}, widget.Column{Title: "Further", Width: 130, Priority: 4})
	lookup(&p.endpoints, &p.dirs.Endpoints, "all endpoints; or ep=node* d=floor-3 et=lamp rt=temperature-c", endpoints)
	endpoints.OnActivate = p.resourcesOf
	endpoints.OnMenu = func(row int, t widget.Tap) {
		e := p.dirs.Endpoints.Endpoint(row)
		if e.Name == "" {
			return
		}
		showMenu(endpoints, fyne.NewMenu("", fyne.NewMenuItem("Its resources", func() { p.resourcesOf(row) }),
			fyne.NewMenuItem("Copy its base", func() { fyne.CurrentApp().Clipboard().SetContent(e.Base) }),
			fyne.NewMenuItem("Copy its link", func() { fyne.CurrentApp().Clipboard().SetContent(p.dirs.Endpoints.Text(row)) })), t.Absolute)
	}
	resources := widget.NewList(resourceModel{p},
		widget.Column{Title: "Resource", Width: 260, Elastic: true}, widget.Column{Title: "Type", Width: 150}, widget.Column{Title: "Interface", Width: 90, Priority: 3},
		widget.Column{Title: "Formats", Width: 130, Priority: 4}, widget.Column{Title: "obs", Width: 34, Priority: 5},
		widget.Column{Title: "Title", Width: 220, Priority: 1}, widget.Column{Title: "Further", Width: 120, Priority: 6})
	lookup(&p.resources, &p.dirs.Resources, "all resources; or rt=temperature* if=sensor ep=node1 href=coap://…", resources)
	resources.OnActivate = func(row int) { p.compose(row, false) }
	resources.OnMenu = func(row int, t widget.Tap) {
		r := p.dirs.Resources.Resource(row)
		if r.URI == "" {
			return
		}
		showMenu(resources, fyne.NewMenu("", fyne.NewMenuItem("Get", func() { p.compose(row, true) }), fyne.NewMenuItem("Open as a request", func() { p.compose(row, false) }),
			fyne.NewMenuItem("Copy its URI", func() { fyne.CurrentApp().Clipboard().SetContent(r.URI) }),
			fyne.NewMenuItem("Copy its link", func() { fyne.CurrentApp().Clipboard().SetContent(p.dirs.Resources.Text(row)) })), t.Absolute)
	}
}

func (p *Directory) buildOwn() {
	p.own = widget.NewList(ownModel{p},
		widget.Column{Title: "State", Width: 118}, widget.Column{Title: "Endpoint", Width: 150, Elastic: true}, widget.Column{Title: "Directory", Width: 120, Priority: 2},
		widget.Column{Title: "Location", Width: 210, Priority: 3}, widget.Column{Title: "Lifetime left", Width: 90}, widget.Column{Width: 196},
		widget.Column{Title: "Renewed", Width: 96, Priority: 1})
	p.own.On = widget.OnPanel
	p.own.OnSelect = func(int) { p.refreshOwn() }
	p.own.Empty = "You have registered nothing: the tab at the right registers an endpoint"
	p.own.OnRowKey = func(name fyne.KeyName) {
		switch name {
		case fyne.KeyEscape:
			p.Close()
		case fyne.KeyDelete:
			p.dirs.Remove(p.row().ID)
		}
	}
	p.ownNote = widget.NewSheet(func(g *widget.Painter) {
		text, concept := "When the program ends nothing is sent: a registration is left to run out. It is listed again in the next run, and renewed only if you say so.", view.Faint
		if note := p.row().Note; note != "" {
			text, concept = "✖ "+note, view.Error
		}
		for i, line := range wrap(g, text, g.W-32, widget.Sans(12, concept)) {
			g.Text(16, 16+17*float32(i), line, widget.Sans(12, concept))
		}
	})
	p.ownNote.On, p.ownNote.Min = widget.OnPanel, fyne.NewSize(60, 44)
	p.renew = widget.NewChip("Renew", view.Good, func() { p.dirs.Renew(p.row().ID) })
	p.renew.Hint = "Start its lifetime anew (RFC 9176 §5.3.1)"
	p.remove = widget.NewChip("Remove", view.Error, func() { p.dirs.Remove(p.row().ID) })
	p.remove.Hint = "Take it out of the directory (RFC 9176 §5.3.2)"
	p.auto = widget.NewChip("Renew by itself", view.Plain, func() { p.dirs.SetAuto(p.row().ID, !p.row().Auto) })
	p.auto.Hint = "Renew it before its lifetime is over, while the program runs"
}

// row is the selected registration, or the first.
func (p *Directory) row() view.OwnRow { return p.dirs.OwnRow(max(p.own.Selected(), 0), p.now) }

func (p *Directory) directories() *fyne.Menu {
	var items []*fyne.MenuItem
	for _, d := range p.dirs.All() {
		item := fyne.NewMenuItem(d.Name, func() { p.dirs.Open(d.Endpoint) })
		item.Checked = d.Current
		items = append(items, item)
	}
	if len(items) == 0 {
		item := fyne.NewMenuItem("No device has told of one: Discover, or write an address", nil)
		item.Disabled = true
		items = append(items, item)
	}
	return fyne.NewMenu("", items...)
}

// Field is where an address is typed.
func (p *Directory) Field() fyne.Focusable {
	if _, ok := p.dirs.Current(); ok {
		return p.endpoints.list
	}
	return p.address.Field()
}

// Open shows the directory of a device; the zero endpoint stands for any.
func (p *Directory) Open(at netip.AddrPort) { p.dirs.Open(at) }

func (p *Directory) resourcesOf(row int) {
	if p.dirs.Endpoints.Endpoint(row).Name == "" {
		return
	}
	p.dirs.ResourcesOf(row)
	p.resources.entry.SetText(p.dirs.Resources.Filter())
	p.tabs.Select(resourcesTab)
	p.Refresh()
	p.resources.list.RequestFocus()
}

// compose puts a resource into a request tab, and sends that if asked for.
func (p *Directory) compose(row int, send bool) {
	if p.dirs.Resources.Resource(row).URI == "" {
		return
	}
	if p.dirs.Compose(row) && send && p.Ask != nil {
		p.Ask()
	}
	p.Close()
}

// Refresh draws the model anew.
func (p *Directory) Refresh() {
	p.now = time.Now()
	p.dirs.Show(p.tabs.Selected() == ownTab)
	for id, page := range p.pages {
		if id == p.tabs.Selected() {
			page.Show()
		} else {
			page.Hide()
		}
	}
	name := p.dirs.CurrentName()
	if name == "" {
		name = "No directory"
	}
	p.choice.SetText(name + " ▾")
	p.address.SetNote("")
	if p.dirs.Asking() {
		p.address.SetNote("asking …")
	}
	if p.tabs.Selected() == resourcesTab && !p.dirs.Resources.Begun() {
		if text, _ := p.dirs.Resources.Summary(); text == "" {
			p.dirs.Resources.Begin(p.resources.entry.Text())
		}
	}
	p.tabs.SetCount(endpointsTab, pagesText(&p.dirs.Endpoints), view.Dim)
	p.tabs.SetCount(resourcesTab, pagesText(&p.dirs.Resources), view.Dim)
	own := ""
	if n := p.dirs.Own(); n > 0 {
		own = fmt.Sprint(n)
	}
	p.tabs.SetCount(ownTab, own, view.Accent)
	for _, page := range []*lookupPage{&p.endpoints, &p.resources} {
		page.refresh(p.dirs)
	}
	p.refreshOwn()
	p.form.refresh()
	p.head.Refresh()
	p.foot.Refresh()
	p.body.Refresh()
}

// Tick draws what has changed with time alone, once a second.
func (p *Directory) Tick() {
	if now := time.Now(); now.Unix() != p.now.Unix() && p.tabs.Selected() == ownTab {
		p.now = now
		p.own.Refresh()
	}
}

func pagesText(l *view.Lookup) string {
	switch {
	case !l.Begun():
		return ""
	case l.HasMore():
		return view.Grouped(l.Len()) + " +"
	}
	return view.Grouped(l.Len())
}

func (l *lookupPage) refresh(dirs *view.Directories) {
	if l.model.Running() {
		l.stop.Show()
	} else {
		l.stop.Hide()
	}
	text, concept := l.model.Summary()
	switch _, ok := dirs.Current(); {
	case concept == view.Error:
		l.list.Empty = text
		l.entry.SetNote("")
	case !ok:
		l.list.Empty = "Choose a directory above"
		l.entry.SetNote("")
	default:
		l.list.Empty = "Nothing is registered that the filter asks for"
		if l.model.Running() {
			l.list.Empty = "Asking …"
		}
		l.entry.SetNote(text)
	}
	l.list.Refresh()
	l.object.Refresh()
}

func (p *Directory) refreshOwn() {
	row := p.row()
	p.auto.Lit = row.Auto
	p.auto.Concept = view.Plain
	if row.Auto {
		p.auto.Concept = view.Accent
	}
	p.remove.SetText("Remove")
	p.renew.SetText("Renew")
	if row.Over {
		p.remove.SetText("Take out of the list")
		p.renew.SetText("Register again")
	}
	for _, c := range []*widget.Chip{p.renew, p.remove, p.auto} {
		if row.ID == 0 || row.Busy {
			c.Disable()
		} else {
			c.Enable()
		}
		c.Refresh()
	}
	p.own.Refresh()
	p.ownNote.Refresh()
}

func (p *Directory) drawHead(g *widget.Painter) {
	at := 16 + g.Text(16, 26, "Resource directory", widget.SansBold(14, view.Plain)) + 12
	g.TextEllipsis(at, 26, g.W-at-16, "RFC 9176", widget.Sans(11, view.Faint))
	text, concept := "Where devices register what they have, so that it is found without asking each of them", view.Dim
	if p.dirs.Problem != "" {
		text, concept = "✖ "+p.dirs.Problem, view.Error
	} else if facts := p.dirs.Facts(); facts != nil {
		text = facts[0] + " · " + facts[1] + " · " + facts[2]
	}
	g.TextEllipsis(16, 47, g.W-32, text, widget.Sans(12, concept))
}

func (p *Directory) drawFoot(g *widget.Painter) {
	text := "⏎ or a double click shows the resources of an endpoint. Endpoints join the devices as “not seen yet”; none of them is asked anything."
	switch p.tabs.Selected() {
	case resourcesTab:
		text = "⏎ or a double click opens a resource as a request, and sends nothing. Further pages are asked for as you scroll."
	case ownTab:
		text = "Delete removes the selected one."
	case registerTab:
		text = "Nobody answers for it here. Simple registration (/.well-known/rd) is not offered: the directory would ask this program for its links, and it answers no requests (RFC 9176 §5.1)."
	}
	g.TextEllipsis(16, 19, g.W-32, text, widget.Sans(11, view.Faint))
}

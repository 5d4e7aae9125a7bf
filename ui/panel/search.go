package panel

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Search is where a search for devices is chosen, with all that it would send, and how it goes.
type Search struct {
	Object fyne.CanvasObject

	// Close is called when the user is done with it.
	Close func()

	bench      *view.Workbench
	form       *view.SearchForm
	interfaces *checks
	groups     *checks
	dnssd      *checks
	fields     []*searchField
	box        *fyne.Container
	plan       *widget.ScrollSheet
	usual      *widget.Chip
	search     *widget.Chip
	decline    *widget.Chip
	buttons    *fyne.Container
}

// searchField is a line of the form that is written, with what is wrong about it below.
type searchField struct {
	field   view.SearchField
	entry   *widget.Entry
	problem *widget.Sheet
	said    string
}

// SearchSize is how large the search would like to be.
var SearchSize = fyne.NewSize(1080, 760)

// Measures of the form.
const (
	searchForm  = 430
	searchLabel = 96
)

// NewSearch makes the panel.
func NewSearch(bench *view.Workbench) *Search {
	p := &Search{bench: bench, form: view.NewSearchForm(bench), Close: func() {}}
	head := widget.NewSheet(func(g *widget.Painter) {
		x := 16 + g.Text(16, 27, "Search for devices", widget.SansBold(15, view.Plain))
		g.TextEllipsis(x+14, 27, g.W-x-30, "Nothing is sent until you say so · Esc closes", widget.Sans(11, view.Faint))
	})
	head.On, head.Min = widget.OnPanel, fyne.NewSize(60, 40)

	p.interfaces, p.groups, p.dnssd = newChecks(132), newChecks(132), newChecks(132)
	p.box = Stacked(-1)
	p.heading("INTERFACES")
	p.box.Add(p.interfaces)
	p.heading("ALL COAP NODES")
	p.box.Add(p.groups)
	p.add(view.SearchOtherGroups, "Other groups", "Further multicast groups, separated by blanks")
	p.heading("SERVICES THAT DEVICES ANNOUNCE")
	p.box.Add(p.dnssd)
	p.heading("REQUEST")
	p.add(view.SearchPorts, "Ports", "UDP ports, separated by blanks")
	p.add(view.SearchFilters, "Filters", "Only links that have all of these, and the devices that have such links: rt, if, href, ct and others, with * at the end for what begins so (RFC 6690 §4.1)")
	p.add(view.SearchHopLimit, "Hop limit", "How many links a request may cross, 1 to 255. With more than 1 the IPv4 group may leave the link")
	p.add(view.SearchRounds, "Rounds", "How often to ask, since nobody acknowledges multicast: what is lost in one round is found in the next")
	p.add(view.SearchLeisure, "Leisure", "Seconds in which devices spread their answers, for which is waited after the last round (RFC 7252 §8.2)")
	scroll := container.NewVScroll(padded(p.box, 12, 0, 12, 12))
	for _, f := range p.fields {
		f.entry.OnScrolled = scroll.Scrolled
	}
	for _, c := range []*checks{p.interfaces, p.groups, p.dnssd} {
		c.OnWheel = func(dx, dy float32, _ fyne.Position) {
			scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(dx, dy)})
		}
	}

	p.plan = widget.NewScrollSheet(p.draw)
	p.plan.On, p.plan.Min = widget.OnGround, fyne.NewSize(200, 60)
	p.plan.OnCopy = func() string { return p.text() }

	p.usual = widget.NewChip("As it was at first", view.Plain, func() {
		p.form.Reset()
		p.fill()
		p.Refresh()
	})
	p.usual.Hint = "The search of one click: all interfaces, the groups of the link, and DNS-SD"
	p.decline = widget.NewChip("Send nothing", view.Plain, bench.DeclineScan)
	p.search = widget.NewFilledChip("◎ Search", view.Accent, p.start)
	p.buttons = container.NewHBox(p.usual, layout.NewSpacer(), widget.NewChip("Close", view.Plain, func() { p.Close() }), p.decline, p.search)
	line := widget.NewSheet(func(g *widget.Painter) { g.HLine(0, 0, g.W, g.Pal.Line) })
	line.On, line.Min = widget.OnPanel, fyne.NewSize(60, 1)
	p.Object = Stacked(1, head, container.New(beside{searchForm}, scroll, p.plan), line, padded(p.buttons, 16, 10, 16, 8))
	p.fill()
	p.Refresh()
	return p
}

// Begin gives what has to get the keys at first.
func (p *Search) Begin() fyne.Focusable { return p.interfaces }

func (p *Search) heading(text string) {
	h := widget.NewSheet(func(g *widget.Painter) { g.Text(4, 22, text, widget.SansBold(11, view.Dim)) })
	h.On, h.Min = widget.OnPanel, fyne.NewSize(60, 30)
	p.box.Add(h)
}

// add adds a line to write.
func (p *Search) add(field view.SearchField, title, tip string) {
	f := &searchField{field: field}
	label := widget.NewSheet(func(g *widget.Painter) {
		g.TextEllipsis(4, g.H/2+4, g.W-8, title, widget.Sans(12, view.Plain))
	})
	label.On, label.Min = widget.OnPanel, fyne.NewSize(searchLabel, 30)
	label.Tip = func(fyne.Position) string { return tip }
	f.entry = widget.NewMonoEntry(view.SearchPlaceholder(field))
	label.OnTap = func(widget.Tap) { f.entry.Focus() }
	f.entry.OnChanged = func(text string) {
		if text != p.form.Text(field) {
			p.form.Set(field, text)
			p.Refresh()
		}
	}
	f.entry.OnSubmitted = func(string) { p.start() }
	f.entry.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyEscape {
			p.Close()
			return true
		}
		return false
	}
	f.problem = widget.NewSheet(func(g *widget.Painter) {
		for i, line := range wrap(g, f.said, g.W-searchLabel-8, widget.Sans(11, view.Error)) {
			g.Text(searchLabel+2, 12+14*float32(i), line, widget.Sans(11, view.Error))
		}
	})
	f.problem.On, f.problem.Min = widget.OnPanel, fyne.NewSize(60, 34)
	f.problem.Hide()
	p.fields = append(p.fields, f)
	p.box.Add(container.New(bar{elastic: 1, gap: 0, height: 34}, label, f.entry))
	p.box.Add(f.problem)
}

// fill writes what is chosen into the lines.
func (p *Search) fill() {
	for _, f := range p.fields {
		f.entry.SetText(p.form.Text(f.field))
	}
}

// start searches, or does what the button says just now.
func (p *Search) start() {
	switch {
	case p.bench.Scan.Asking != nil:
		p.bench.ConfirmScan()
	case p.bench.Scan.Running:
		p.bench.Discover() // which ends it
	default:
		if _, err := p.form.Plan(); err == nil {
			p.bench.Discover()
		}
	}
	p.Refresh()
}

// Refresh shows the model anew.
func (p *Search) Refresh() {
	resized := p.interfaces.set(p.interfaceRows())
	var groups []check
	for _, g := range p.form.Groups() {
		groups = append(groups, check{text: g.Group.String(), note: g.Scope, on: g.On, mark: g.Wide, toggle: func() {
			p.form.ToggleGroup(g.Group)
			p.Refresh()
		}})
	}
	p.groups.set(groups)
	p.dnssd.set([]check{{text: "DNS-SD", note: "_coap._udp and the like, on the link", on: p.form.DNSSD(), toggle: func() {
		p.form.ToggleDNSSD()
		p.Refresh()
	}}})
	for _, f := range p.fields {
		said := p.form.Problem(f.field)
		state := widget.NeutralEntry
		if said != "" {
			state, said = widget.InvalidEntry, "✖ "+said
		}
		f.entry.SetState(state)
		if said != f.said {
			resized = resized || (said == "") != (f.said == "")
			f.said = said
			f.problem.Hidden = said == ""
			f.problem.Refresh()
		}
	}
	if resized {
		p.box.Refresh()
		p.Object.Refresh()
	}
	p.refreshButtons()
	p.plan.Refresh()
}

func (p *Search) interfaceRows() (rows []check) {
	all, err := p.form.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range all {
		note := i.Addresses
		if i.Loopback {
			note = "loopback  " + note
		}
		rows = append(rows, check{text: i.Name, note: note, on: i.On, toggle: func() {
			p.form.ToggleInterface(i.Name)
			p.Refresh()
		}})
	}
	return rows
}

func (p *Search) refreshButtons() {
	s := &p.bench.Scan
	_, err := p.form.Plan()
	text, concept, can := "◎ Search", view.Accent, err == nil
	switch {
	case s.Asking != nil:
		text, concept, can = "Send "+view.Datagrams(s.Asking.Datagrams()), view.Warning, true
	case s.Running:
		text, can = "◎ Stop", true
	}
	p.search.Concept = concept
	p.search.SetText(text)
	enable(p.search, can)
	enable(p.usual, !p.form.Usual())
	if p.decline.Hidden == (s.Asking != nil) {
		p.decline.Hidden = s.Asking == nil
		p.buttons.Refresh()
	}
	p.search.Refresh()
}

func enable(c *widget.Chip, can bool) {
	if can {
		c.Enable()
	} else {
		c.Disable()
	}
}

// now is when the panel is drawn.
func (p *Search) now() time.Time { return time.Now() }

// beside lays out two objects beside each other; the left one has a width of its own, where there is the room.
type beside struct{ left float32 }

func (b beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	l, r := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(l.Width+r.Width, max(l.Height, r.Height))
}

func (b beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := min(b.left*widget.CurrentTheme().Zoom(), size.Width*0.45)
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(left, size.Height))
	objects[1].Move(fyne.NewPos(left, 0))
	objects[1].Resize(fyne.NewSize(size.Width-left, size.Height))
}

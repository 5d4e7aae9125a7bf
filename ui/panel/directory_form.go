package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// registrationForm asks for an endpoint to register.
type registrationForm struct {
	object fyne.CanvasObject

	panel                              *Directory
	form                               view.RegistrationForm
	name, sector, lifetime, base, kind *widget.Entry
	links                              *widget.TextArea
	note                               *widget.Sheet
	notes                              view.RegistrationNotes
	auto, take                         *widget.Chip
	refused                            string // why the last one was not sent
}

func newRegistrationForm(p *Directory) *registrationForm {
	f := &registrationForm{panel: p, form: p.dirs.NewRegistrationForm()}
	field := func(placeholder string, text *string) *widget.Entry {
		e := widget.NewMonoEntry(placeholder)
		e.SetText(*text)
		e.OnChanged = func(s string) {
			*text = s
			f.check()
		}
		e.OnKey = p.escapes(nil)
		e.OnSubmitted = func(string) { f.take.Activate() }
		return e
	}
	f.name, f.sector = field("node1", &f.form.Name), field("none", &f.form.Sector)
	f.base, f.kind = field("coap://192.0.2.7", &f.form.Base), field("none", &f.form.Type)
	f.lifetime = field("25 h", &f.form.Lifetime)
	f.links = widget.NewTextArea()
	f.links.SetText(f.form.Links)
	f.links.OnChanged = func(s string) {
		f.form.Links = s
		f.check()
	}
	f.note = widget.NewSheet(f.drawNote)
	f.note.On, f.note.Min = widget.OnPanel, fyne.NewSize(60, 62)
	f.auto = widget.NewChip("Renew by itself", view.Accent, func() {
		f.form.Auto = !f.form.Auto
		f.refresh()
	})
	f.auto.Hint = "Renew it before its lifetime is over, while the program runs"
	f.take = widget.NewFilledChip("Register", view.Good, f.register)
	const wide = 128
	row := func(objects ...fyne.CanvasObject) fyne.CanvasObject {
		return container.New(bar{elastic: 1, gap: 6, height: 36}, objects...)
	}
	two := func(a, b fyne.CanvasObject) fyne.CanvasObject { return container.NewGridWithColumns(2, a, b) }
	f.object = Stacked(2,
		padded(Stacked(-1,
			two(row(label("Endpoint name (ep)", wide), f.name), row(label("Sector (d)", wide), f.sector)),
			two(row(label("Base URI (base)", wide), f.base), row(label("Endpoint type (et)", wide), f.kind)),
			two(row(label("Lifetime (lt)", wide), f.lifetime), row(label("", wide), container.New(bar{elastic: -1, height: 30}, f.auto)))), 10, 4, 10, 0),
		padded(label("Links, as /.well-known/core has them (RFC 6690); between them there may be line breaks here", 60), 16, 6, 16, 2),
		padded(f.links, 12, 0, 12, 0), f.note,
		container.New(bar{elastic: 0, gap: 8, height: 42}, layout.NewSpacer(), f.take))
	f.check()
	return f
}

func (f *registrationForm) check() {
	_, f.notes = f.form.Read()
	f.refused = ""
	for _, e := range []struct {
		entry *widget.Entry
		note  string
	}{{f.name, f.notes.Name}, {f.sector, f.notes.Sector}, {f.base, f.notes.Base}, {f.lifetime, f.notes.Lifetime}} {
		state := widget.NeutralEntry
		if e.note != "" {
			state = widget.InvalidEntry
		}
		e.entry.SetState(state)
	}
	f.refresh()
}

func (f *registrationForm) refresh() {
	f.auto.Lit, f.auto.Concept = f.form.Auto, view.Plain
	if f.form.Auto {
		f.auto.Concept = view.Accent
	}
	dir, ok := f.panel.dirs.Current()
	if f.take == nil {
		return
	}
	if f.notes.OK && ok && dir.Registration != "" {
		f.take.Enable()
	} else {
		f.take.Disable()
	}
	f.auto.Refresh()
	f.take.Refresh()
	f.note.Refresh()
}

// drawNote says what is wrong, a line for each.
func (f *registrationForm) drawNote(g *widget.Painter) {
	y := float32(18)
	say := func(text string, c view.Concept) {
		for _, line := range wrap(g, text, g.W-32, widget.Sans(12, c)) {
			g.Text(16, y, line, widget.Sans(12, c))
			y += 17
		}
	}
	for _, note := range []string{f.refused, f.notes.Name, f.notes.Sector, f.notes.Base, f.notes.Lifetime} {
		if note != "" {
			say("✖ "+note, view.Error)
		}
	}
	if f.notes.Concept == view.Error && f.notes.LinksNote != "" {
		say("✖ "+f.notes.LinksNote, view.Error)
	} else if f.notes.LinksNote != "" {
		say(f.notes.LinksNote, f.notes.Concept)
	}
	if dir, ok := f.panel.dirs.Current(); !ok {
		say("Choose a directory above", view.Warning)
	} else if dir.Registration == "" {
		say("This directory takes no registrations", view.Warning)
	}
}

func (f *registrationForm) register() {
	if err := f.panel.dirs.Register(f.form); err != nil {
		f.refused = err.Error()
		f.note.Refresh()
		return
	}
	f.panel.tabs.Select(ownTab)
	f.panel.own.SetSelected(f.panel.dirs.Own() - 1)
	f.panel.Refresh()
	f.panel.own.RequestFocus()
}

package panel

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// GroupEdit is the form of a group.
type GroupEdit struct {
	Object fyne.CanvasObject

	bench    *view.Workbench
	form     view.GroupForm
	problems []view.GroupProblem
	words    string // what the group is

	name      *widget.Entry
	kinds     [2]*widget.Chip // multicast, list
	entries   map[view.GroupField]*widget.Entry
	multicast []fyne.CanvasObject // rows that only a multicast address has
	members   *widget.TextArea
	caption   *widget.Sheet
	note      *widget.Sheet
	take      *widget.Chip
	box       *fyne.Container
}

// groupLabel is how wide the names of the fields are.
const groupLabel = 116

// NewGroupEdit makes the form. take is called with a group that is right, and cancel when the user drops it.
func NewGroupEdit(bench *view.Workbench, form view.GroupForm, take func(view.GroupForm), cancel func()) *GroupEdit {
	f := &GroupEdit{bench: bench, form: form, entries: map[view.GroupField]*widget.Entry{}}
	title, button := "A new group", "Make it"
	if form.Was != "" {
		title, button = "The group "+form.Was, "Save"
	}
	end := func() {
		if len(f.problems) == 0 {
			take(f.form)
		}
	}
	name := f.row(view.GroupName, "Name", "All lights", "", &f.form.Name, end, cancel)
	f.name = f.entries[view.GroupName]
	kinds := container.New(bar{elastic: -1, gap: 6, height: 38}, f.label("Kind", ""), f.kind(0, "A multicast address", true), f.kind(1, "A list of members", false))
	f.multicast = []fyne.CanvasObject{
		f.row(view.GroupAddress, "Address", "ff05::fd, 224.0.1.187:5683", "Where the members listen, with the port where it is not 5683 (RFC 7252 §8)", &f.form.Address, end, cancel),
		f.row(view.GroupInterfaces, "Interfaces", "those of Discover", "Names of the interfaces that it is sent by, separated by commas: a request goes out by each", &f.form.Interfaces, end, cancel),
		f.row(view.GroupHopLimit, "Hop limit", "as the scope asks for", "How many links a request may cross: the TTL of IPv4", &f.form.HopLimit, end, cancel),
		f.row(view.GroupRate, "Rate, byte/s", "not known", "R, the bytes a second that the network of the group can take: with it the leisure is S·G/R where that is more than 5 s (RFC 7252 §8.2)", &f.form.Rate, end, cancel),
	}
	f.caption = widget.NewSheet(func(g *widget.Painter) {
		text := "Members, a line each: an address, a host, or the name of a device"
		if f.form.Multicast {
			text = "Members that are expected to answer, a line each; none where that is not known"
		}
		g.TextEllipsis(formMargin, 18, g.W-2*formMargin, text, widget.Sans(12, view.Dim))
	})
	f.caption.On, f.caption.Min = widget.OnRaised, fyne.NewSize(60, 26)
	f.members = widget.NewTextArea()
	f.members.SetPlaceHolder("livingroom-node\n192.0.2.7\n[2001:db8::7]:5683")
	f.members.SetText(form.Members)
	f.members.OnChanged = func(text string) {
		f.form.Members = text
		f.look()
	}
	f.note = widget.NewSheet(f.drawNote)
	f.note.On, f.note.Min = widget.OnRaised, fyne.NewSize(60, 78)
	f.note.OnCopy = func() string { return strings.Join(f.said(), "\n") }
	f.take = widget.NewFilledChip(button, view.Good, end)
	buttons := container.NewHBox(layout.NewSpacer(), widget.NewChip("Cancel", view.Plain, cancel), f.take)
	rows := append([]fyne.CanvasObject{newFormHead(title, ""), name, padded(kinds, formMargin-6, 0, formMargin, 0)}, f.multicast...)
	f.box = Stacked(len(rows)+1, append(rows, f.caption, padded(f.members, formMargin, 0, formMargin, 0), f.note, padded(buttons, formMargin, 4, formMargin, formMargin))...)
	f.Object = f.box
	f.look()
	return f
}

// Begin gives what has the cursor at first.
func (f *GroupEdit) Begin() fyne.Focusable { return f.name.Field() }

func (f *GroupEdit) label(text, tip string) *widget.Sheet {
	label := widget.NewSheet(func(g *widget.Painter) { g.TextEllipsis(0, g.H/2+4, g.W-8, text, widget.Sans(12, view.Plain)) })
	label.On, label.Min = widget.OnRaised, fyne.NewSize(groupLabel, 30)
	label.Tip = func(fyne.Position) string { return tip }
	return label
}

func (f *GroupEdit) row(field view.GroupField, title, placeholder, tip string, text *string, end, cancel func()) fyne.CanvasObject {
	e := widget.NewMonoEntry(placeholder)
	e.SetText(*text)
	e.OnChanged = func(typed string) {
		*text = typed
		f.look()
	}
	e.OnSubmitted = func(string) { end() }
	e.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyEscape {
			cancel()
		}
		return name == fyne.KeyEscape
	}
	f.entries[field] = e
	return padded(container.New(bar{elastic: 1, gap: 6, height: 38}, f.label(title, tip), e), formMargin-6, 0, formMargin-6, 0)
}

func (f *GroupEdit) kind(at int, title string, multicast bool) *widget.Chip {
	f.kinds[at] = widget.NewChip(title, view.Plain, func() {
		f.form.Multicast = multicast
		f.look()
	})
	return f.kinds[at]
}

// look reads the form and marks what is wrong.
func (f *GroupEdit) look() {
	if f.box == nil {
		return
	}
	f.words, f.problems = f.bench.CheckGroup(f.form)
	bad := map[view.GroupField]bool{}
	for _, p := range f.problems {
		bad[p.Field] = true
	}
	for field, e := range f.entries {
		state := widget.NeutralEntry
		if bad[field] && e.Text() != "" { // what is not written yet is not wrong
			state = widget.InvalidEntry
		}
		e.SetState(state)
	}
	for i, chip := range f.kinds {
		chip.Lit, chip.Concept = f.form.Multicast == (i == 0), view.Plain
		if chip.Lit {
			chip.Concept = view.Accent
		}
		chip.Refresh()
	}
	for _, o := range f.multicast {
		show(o, f.form.Multicast)
	}
	if len(f.problems) == 0 {
		f.take.Enable()
	} else {
		f.take.Disable()
	}
	f.take.Refresh()
	f.caption.Refresh()
	f.note.Refresh()
	f.box.Refresh()
}

// said is what is thought of the form, a line each.
func (f *GroupEdit) said() (lines []string) {
	if len(f.problems) == 0 {
		return []string{f.words}
	}
	for _, p := range f.problems {
		if f.unwritten(p) {
			lines = append(lines, "▸ "+p.Text)
		} else {
			lines = append(lines, "✖ "+p.Text)
		}
	}
	return lines
}

// unwritten tells whether a problem is only that a line is empty.
func (f *GroupEdit) unwritten(p view.GroupProblem) bool {
	if p.Field == view.GroupMembers {
		return f.members.Text == ""
	}
	e := f.entries[p.Field]
	return e != nil && e.Text() == ""
}

func (f *GroupEdit) drawNote(g *widget.Painter) {
	y := float32(20)
	for i, text := range f.said() {
		style := widget.Sans(12, view.Dim)
		if i < len(f.problems) && !f.unwritten(f.problems[i]) {
			style.Concept = view.Error
		}
		for _, line := range wrap(g, text, g.W-2*formMargin, style) {
			if y > g.H-4 {
				return
			}
			g.Text(formMargin, y, line, style)
			y += 17
		}
	}
}

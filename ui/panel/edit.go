package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// editBar is what stands above the message while a copy of it is edited: where to send it, and the way
// back.
type editBar struct {
	object *fyne.Container

	p                  *Inspector
	to                 *widget.Entry
	send               *widget.Chip
	undo, redo, revert *widget.Chip
	hint               *widget.Sheet
	of                 *view.Edit // whose address stands in the entry
}

func newEditBar(p *Inspector) *editBar {
	b := &editBar{p: p}
	label := widget.NewSheet(func(g *widget.Painter) { g.Text(8, g.H/2+4, "To", widget.Sans(12, view.Dim)) })
	label.On, label.Min = widget.OnPanel, fyne.NewSize(24, 30)
	b.to = widget.NewMonoEntry("address:port")
	b.to.OnChanged = func(text string) {
		if e := p.model.Edited(); e != nil {
			e.To = text
		}
	}
	b.to.OnSubmitted = func(string) { p.Send() }
	b.send = widget.NewFilledChip("Send as it is", view.Good, p.Send)
	b.undo = widget.NewLink("Undo", p.Undo)
	b.redo = widget.NewLink("Redo", p.Redo)
	b.revert = widget.NewLink("Revert", p.Revert)
	do := p.bench.Commands
	b.undo.Hint, b.redo.Hint, b.revert.Hint = do.Hint(view.CmdUndo), do.Hint(view.CmdRedo), do.Hint(view.CmdRevert)
	b.hint = widget.NewSheet(b.drawHint)
	b.hint.On, b.hint.Min = widget.OnPanel, fyne.NewSize(40, 22)
	b.object = container.NewVBox(
		container.New(bar{elastic: 1, gap: 8, height: 34}, label, b.to, b.send),
		padded(container.New(bar{elastic: 3, gap: 4, height: 24}, b.undo, b.redo, b.revert, b.hint), 8, 0, 0, 0),
	)
	return b
}

// refresh shows the bar while something is edited, and tells whether that has changed.
func (b *editBar) refresh() (changed bool) {
	e := b.p.model.Edited()
	was := b.object.Visible()
	if e == nil {
		b.object.Hide()
		b.of = nil
		return was
	}
	if b.of != e {
		b.of = e
		b.to.SetText(e.To)
	}
	b.send.Hint = b.p.model.CannotSend()
	able(b.send, b.send.Hint == "")
	able(b.undo, e.CanUndo())
	able(b.redo, e.CanRedo())
	b.hint.Refresh()
	b.object.Show()
	return !was
}

func able(c *widget.Chip, on bool) {
	if on {
		c.Enable()
	} else {
		c.Disable()
	}
}

// drawHint says why the message cannot be sent, or else how it is edited.
func (b *editBar) drawHint(g *widget.Painter) {
	text, concept := b.p.model.CannotSend(), view.Warning
	if text == "" {
		text, concept = "Double click flips a bit · digits overwrite bytes · Enter edits a field", view.Dim
	}
	g.TextEllipsis(8, g.H/2+4, g.W-16, text, widget.Sans(11, concept))
}

// fieldEntry is the entry in which a field is edited, over its row of the tree, with what is wrong with
// the text below it.
type fieldEntry struct {
	layer *fyne.Container

	p       *Inspector
	entry   *widget.Entry
	problem *widget.Sheet
	field   int // that is edited, -1 for none
	of      *view.Edit
	text    string // before
	wrong   string
}

func newFieldEntry(p *Inspector) *fieldEntry {
	f := &fieldEntry{p: p, field: -1}
	f.entry = widget.NewMonoEntry("")
	f.entry.OnSubmitted = func(string) {
		if f.commit() {
			p.bits.RequestFocus()
		}
	}
	f.entry.OnChanged = func(string) { f.say("") }
	f.entry.OnFocus = func(on bool) {
		if !on {
			f.commit()
		}
	}
	f.entry.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyEscape {
			f.close()
			p.bits.RequestFocus()
			return true
		}
		return false
	}
	f.problem = widget.NewSheet(f.drawProblem)
	f.problem.On = widget.OnPanel
	f.layer = container.NewWithoutLayout(f.problem, f.entry)
	f.layer.Hide()
	return f
}

// open edits a field, and tells whether it can be.
func (f *fieldEntry) open(field int) bool {
	text, ok := f.p.model.EditText(field)
	if !ok {
		return false
	}
	f.field, f.of, f.text, f.wrong = field, f.p.model.Edited(), text, ""
	f.entry.SetState(widget.NeutralEntry)
	f.entry.SetText(text)
	f.entry.CursorToEnd()
	f.problem.Hide()
	f.layer.Show()
	f.follow()
	// An entry that was not drawn yet does not know its canvas.
	if c := fyne.CurrentApp().Driver().CanvasForObject(f.p.bits); c != nil {
		c.Focus(f.entry.Field())
	}
	return true
}

func (f *fieldEntry) close() {
	f.field = -1
	f.layer.Hide()
}

// commit takes the text, and tells whether it is taken. What is wrong with it is said below it.
func (f *fieldEntry) commit() bool {
	field := f.field
	if field < 0 {
		return true
	}
	if f.entry.Text() == f.text {
		f.close()
		return true
	}
	if err := f.p.model.SetField(field, f.entry.Text()); err != nil {
		f.say(err.Error())
		return false
	}
	f.close()
	f.p.changed()
	return true
}

// say says what is wrong with the text.
func (f *fieldEntry) say(text string) {
	if text == f.wrong {
		return
	}
	f.wrong = text
	state := widget.NeutralEntry
	if text != "" {
		state = widget.InvalidEntry
		f.problem.Show()
	} else {
		f.problem.Hide()
	}
	f.entry.SetState(state)
	f.follow()
	f.problem.Refresh()
}

// follow places the entry over the row of its field, wherever that has been scrolled to.
func (f *fieldEntry) follow() {
	if f.field < 0 {
		return
	}
	m := f.p.model
	row := m.RowOf(f.field)
	if m.Edited() != f.of || row < 0 {
		f.close()
		return
	}
	z, width := widget.CurrentTheme().Zoom(), f.p.bits.LogicalSize().Width
	x := valueColumn(width) - 8
	y := f.p.fieldsAt() + float32(row)*fieldRow - f.p.bits.Offset() - 5
	f.entry.Move(fyne.NewPos(x*z, y*z))
	f.entry.Resize(fyne.NewSize((width-x-12)*z, 30*z))
	f.problem.Move(fyne.NewPos(inspectorMargin*z, (y+32)*z))
	f.problem.Resize(fyne.NewSize((width-2*inspectorMargin)*z, (16+17*float32(f.lines()))*z))
}

func (f *fieldEntry) lines() int {
	perLine := max(20, int((f.p.bits.LogicalSize().Width-60)/6.4))
	return min(4, len(f.wrong)/perLine+1)
}

func (f *fieldEntry) drawProblem(g *widget.Painter) {
	g.RoundRect(0, 0, g.W, g.H, 6, g.Pal.Tint(view.Error, false), 1, g.Pal.Border(view.Error, true))
	for i, line := range wrap(g, "✖ "+f.wrong, g.W-24, widget.Sans(12, view.Plain)) {
		g.Text(12, 19+17*float32(i), line, widget.Sans(12, view.Plain))
	}
}

// canEdit tells whether the field has a text to edit.
func (p *Inspector) canEdit(field int) bool {
	_, ok := p.model.EditText(field)
	return ok
}

// EditField edits the selected field in its row, in a copy of the message.
func (p *Inspector) EditField() {
	field := p.model.Selected()
	if p.model.Frame == nil || field < 0 {
		return
	}
	if !p.model.Editing() {
		p.model.SetEditing(true)
		p.changed()
	}
	if !p.canEdit(field) {
		p.bench.Say(view.Warning, "%s is edited by its parts", p.model.Tree.Name(field))
		return
	}
	p.section = inFields
	p.model.Select(field)
	p.model.Reveal(field)
	p.revealCursor()
	p.entry.open(field)
	p.bits.Refresh()
}

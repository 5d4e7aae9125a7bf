package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// TextForm is a text to write, with what is thought of it said below as one types.
type TextForm struct {
	Object fyne.CanvasObject
	Text   *widget.TextArea

	// Check says what is thought of the text, and whether it can be taken.
	Check func(text string) (note string, concept view.Concept, ok bool)

	note    *widget.Sheet
	said    string
	concept view.Concept
	take    *widget.Chip
}

// formMargin is the room at the left and right of all that a form has.
const formMargin = 16

// NewTextForm makes a form with a title and an explanation above the text, and a button that takes it.
func NewTextForm(title, explanation, button string, check func(string) (string, view.Concept, bool), take, cancel func()) *TextForm {
	f := &TextForm{Check: check}
	above := newFormHead(title, explanation)
	f.Text = widget.NewTextArea()
	f.Text.OnChanged = func(string) { f.check() }
	f.note = widget.NewSheet(func(g *widget.Painter) {
		for i, line := range wrap(g, f.said, g.W-2*formMargin, widget.Sans(12, f.concept)) {
			g.Text(formMargin, 18+17*float32(i), line, widget.Sans(12, f.concept))
		}
	})
	f.note.On = widget.OnRaised
	f.note.Min = fyne.NewSize(60, 62)
	f.note.OnCopy = func() string { return f.said }
	f.take = widget.NewFilledChip(button, view.Good, take)
	buttons := container.NewHBox(layout.NewSpacer(), widget.NewChip("Cancel", view.Plain, cancel), f.take)
	f.Object = Stacked(1, above, padded(f.Text, formMargin, 0, formMargin, 0), f.note, padded(buttons, formMargin, 4, formMargin, formMargin))
	f.check()
	return f
}

// newFormHead makes what stands above all that a form asks for: a title, and an explanation of up to two lines.
func newFormHead(title, explanation string) *widget.Sheet {
	style := widget.Sans(12, view.Dim)
	head := widget.NewSheet(func(g *widget.Painter) {
		g.Text(formMargin, 26, title, widget.SansBold(14, view.Plain))
		for i, line := range wrap(g, explanation, g.W-2*formMargin, style) {
			g.Text(formMargin, 50+17*float32(i), line, style)
		}
	})
	head.On, head.Min = widget.OnRaised, fyne.NewSize(60, 80)
	if explanation == "" {
		head.Min.Height = 40
	}
	return head
}

// SetText replaces the text.
func (f *TextForm) SetText(text string) {
	f.Text.SetText(text)
	f.check()
}

func (f *TextForm) check() {
	note, concept, ok := f.Check(f.Text.Text)
	f.said, f.concept = note, concept
	if ok {
		f.take.Enable()
	} else {
		f.take.Disable()
	}
	f.note.Refresh()
	f.take.Refresh()
}

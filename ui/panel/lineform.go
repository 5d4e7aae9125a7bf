package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// LineForm is a line to write, such as a name, with what is thought of it said below as one types.
type LineForm struct {
	Object fyne.CanvasObject
	Line   *widget.Entry

	check   func(text string) (note string, ok bool)
	note    *widget.Sheet
	said    string
	concept view.Concept
	ok      bool
	take    *widget.Chip
}

// NewLineForm makes a form with a title and an explanation, which may be empty, above the line, and a button that takes it.
func NewLineForm(title, explanation, placeholder, button string, check func(string) (string, bool), take, cancel func()) *LineForm {
	f := &LineForm{check: check}
	above := newFormHead(title, explanation)
	f.Line = widget.NewMonoEntry(placeholder)
	f.Line.OnChanged = func(string) { f.look() }
	f.Line.OnSubmitted = func(string) {
		if f.ok {
			take()
		}
	}
	f.Line.OnKey = func(name fyne.KeyName) bool {
		if name == fyne.KeyEscape {
			cancel()
		}
		return name == fyne.KeyEscape
	}
	f.note = widget.NewSheet(func(g *widget.Painter) {
		for i, line := range wrap(g, f.said, g.W-2*formMargin, widget.Sans(12, f.concept)) {
			g.Text(formMargin, 18+17*float32(i), line, widget.Sans(12, f.concept))
		}
	})
	f.note.On, f.note.Min = widget.OnRaised, fyne.NewSize(60, 46)
	f.note.OnCopy = func() string { return f.said }
	f.take = widget.NewFilledChip(button, view.Good, take)
	buttons := container.NewHBox(layout.NewSpacer(), widget.NewChip("Cancel", view.Plain, cancel), f.take)
	f.Object = Stacked(-1, above, padded(f.Line, formMargin, 0, formMargin, 0), f.note, padded(buttons, formMargin, 4, formMargin, formMargin))
	return f
}

// SetText replaces the text.
func (f *LineForm) SetText(text string) {
	f.Line.SetText(text)
	f.Line.CursorToEnd()
	f.look()
}

func (f *LineForm) look() {
	f.said, f.ok = f.check(f.Line.Text())
	f.concept = view.Dim
	if f.ok {
		f.take.Enable()
	} else {
		f.said, f.concept = "✖ "+f.said, view.Error
		f.take.Disable()
	}
	f.note.Refresh()
	f.take.Refresh()
}

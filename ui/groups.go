package ui

import (
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"coapscope/ui/panel"
	"coapscope/ui/view"
)

// groupSize is that of the form of a group, where the window has the room.
var groupSize = fyne.NewSize(620, 560)

// editGroup opens the form of a group; without a name that of a new one, which may have a member.
func (w *Window) editGroup(name, member string) {
	if w.asking() {
		return
	}
	form := w.bench.NewGroupForm(member)
	if g := w.bench.Groups.Find(name); g != nil {
		form = view.FormOf(g)
	}
	edit := panel.NewGroupEdit(w.bench, form, func(form view.GroupForm) {
		if err := w.bench.TakeGroup(form); err != nil {
			w.bench.Say(view.Error, "%v", err)
			return
		}
		w.endModal()
	}, w.endModal)
	w.modal(edit.Object, groupSize, nil)
	w.window.Canvas().Focus(edit.Begin())
}

// saveGroupTable asks for the file that the answers of a group are written into.
func (w *Window) saveGroupTable(name string, write func(io.Writer) error) {
	if w.asking() {
		return
	}
	d := dialog.NewFileSave(func(file fyne.URIWriteCloser, err error) {
		switch {
		case err != nil:
			w.bench.Say(view.Error, "Save: %v", err)
		case file != nil:
			w.bench.SaveWatched(file.URI().Name(), file, write)
		}
	}, w.window)
	d.SetFileName(name)
	w.show(d)
}

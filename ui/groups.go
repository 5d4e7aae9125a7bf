package ui

import (
	"strings"

	"fyne.io/fyne/v2"

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
		w.devices.ShowGroup(strings.TrimSpace(form.Name))
	}, w.endModal)
	w.modal(edit.Object, groupSize, nil)
	w.window.Canvas().Focus(edit.Begin())
}

package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"

	"coapscope/ui/panel"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// whyNoAnswer shows why the request of the selected packet has no answer.
func (w *Window) whyNoAnswer() {
	if w.asking() {
		return
	}
	i := w.bench.Unanswered(w.bench.SelectedFrame())
	if i == 0 {
		w.bench.Say(view.Warning, "Select a packet of a request that has no answer")
		return
	}
	why := panel.NewWhy(w.bench, widget.OnRaised)
	why.OnFrame = w.endModal
	title := widget.NewSheet(func(g *widget.Painter) {
		g.Text(16, 28, "Why no answer?", widget.SansBold(14, view.Plain))
	})
	title.On, title.Min = widget.OnRaised, fyne.NewSize(60, 40)
	buttons := container.New(layout.NewCustomPaddedLayout(8, 14, 16, 16), container.NewHBox(layout.NewSpacer(), widget.NewChip("Close", view.Plain, w.endModal)))
	w.why = why
	w.modal(panel.Stacked(1, title, why.Object, buttons), fyne.NewSize(620, 480), func() { w.why = nil })
	why.ShowExchange(i)
	why.Focus()
}

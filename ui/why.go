package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynewidget "fyne.io/fyne/v2/widget"

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
	canvas := w.window.Canvas()
	var over *fynewidget.PopUp
	hide := func() {
		w.dialog, w.why = nil, nil
		over.Hide()
	}
	why := panel.NewWhy(w.bench, widget.OnRaised)
	why.OnFrame = hide
	title := widget.NewSheet(func(g *widget.Painter) {
		g.Text(16, 28, "Why no answer?", widget.SansBold(14, view.Plain))
	})
	title.On, title.Min = widget.OnRaised, fyne.NewSize(60, 40)
	buttons := container.New(layout.NewCustomPaddedLayout(8, 14, 16, 16), container.NewHBox(layout.NewSpacer(), widget.NewChip("Close", view.Plain, hide)))
	over = fynewidget.NewModalPopUp(panel.Stacked(1, title, why.Object, buttons), canvas)
	w.dialog, w.why = hiding(hide), why
	over.Resize(fyne.NewSize(min(620, canvas.Size().Width-80), min(480, canvas.Size().Height-80)))
	over.Show()
	why.ShowExchange(i)
	why.Focus()
}

package ui

import (
	"coapscope/ui/panel"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// over shows something over the window until Escape, a click beside it, or the key of its command.
func (w *Window) over(o *widget.Overlay, id view.CommandID) {
	o.OnHide = func() { w.dialog, w.dialogOf = nil, "" }
	w.dialog, w.dialogOf = o, id
	o.ShowOn(w.window.Canvas())
}

// showPalette shows the palette of all commands.
func (w *Window) showPalette() {
	if w.asking() {
		return
	}
	p := panel.NewPalette(view.NewPalette(w.bench))
	o := widget.NewOverlay(p.Object, panel.PaletteSize)
	p.OnDone = o.Hide
	w.over(o, view.CmdPalette)
	w.window.Canvas().Focus(p.Begin())
}

// showKeys shows the keys of all commands.
func (w *Window) showKeys() {
	if w.asking() {
		return
	}
	k := panel.NewKeys(w.bench.Commands.KeyGroups())
	w.over(widget.NewOverlay(k.Object, k.KeysSize()), view.CmdKeys)
	w.window.Canvas().Focus(k.Object)
}

// showSearch shows where a search for devices is chosen.
func (w *Window) showSearch() {
	if w.asking() {
		return
	}
	w.search = panel.NewSearch(w.bench)
	o := widget.NewOverlay(w.search.Object, panel.SearchSize)
	w.search.Close = o.Hide
	w.over(o, view.CmdSearch)
	hidden := o.OnHide
	o.OnHide = func() {
		hidden()
		w.search = nil
		w.app.Preferences().SetString("search", w.bench.ScanChoiceText())
	}
	w.window.Canvas().Focus(w.search.Begin())
}

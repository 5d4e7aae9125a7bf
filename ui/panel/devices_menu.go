package panel

import (
	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"coapscope/ui/widget"
)

// showMenu opens the menu of a resource: to observe it without a request tab.
func (p *Devices) showMenu(id string, t widget.Tap) {
	if _, _, listed := p.bench.Devices.Resource(id); !listed {
		return
	}
	menu := fyne.NewMenu("",
		fyne.NewMenuItem("Get", func() { p.ask(id) }),
		fyne.NewMenuItem("Observe", func() { p.bench.WatchResource(id) }))
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Object); c != nil {
		fynewidget.ShowPopUpMenuAtPosition(menu, c, t.Absolute)
	}
}

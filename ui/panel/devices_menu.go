package panel

import (
	"fyne.io/fyne/v2"

	"coapscope/ui/widget"
)

// showMenu opens the menu of a resource: to observe it without a request tab.
func (p *Devices) showMenu(id string, t widget.Tap) {
	if _, _, listed := p.bench.Devices.Resource(id); !listed {
		return
	}
	showMenu(p.tree, fyne.NewMenu("",
		fyne.NewMenuItem("Get", func() { p.ask(id) }),
		fyne.NewMenuItem("Observe", func() { p.bench.WatchResource(id) })), t.Absolute)
}

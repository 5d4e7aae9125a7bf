package panel

import (
	"net/netip"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/discovery"
	"coapscope/ui/widget"
)

// MenuEntries are lines of the menu of a device, or of a resource of it: what other parts of the window can do with it. The path is
// empty for a device.
type MenuEntries func(endpoint netip.AddrPort, path string) []*fyne.MenuItem

// AddMenu has lines join the menus of devices and resources, behind a separator of their own. None is one that has nothing to say about
// a row.
func (p *Devices) AddMenu(entries MenuEntries) { p.entries = append(p.entries, entries) }

// showMenu opens the menu of a device or a resource.
func (p *Devices) showMenu(id string, t widget.Tap) {
	for _, below := range []string{"subtitle", "problem"} { // which are lines of their own
		if device, ok := strings.CutSuffix(id, " "+below); ok {
			id = device + " "
		}
	}
	endpoint, path, listed := p.bench.Devices.Resource(id)
	var items []*fyne.MenuItem
	switch {
	case !endpoint.IsValid(): // a group, or none of them
	case path == "":
		items = p.deviceMenu(id)
	case listed:
		items = p.resourceMenu(id)
	}
	items = slices.Insert(items, min(2, len(items)), p.readingItems(id)...) // behind what asks for other things
	for _, more := range p.entries {
		if lines := more(endpoint, path); endpoint.IsValid() && len(lines) > 0 {
			items = slices.Concat(items, []*fyne.MenuItem{fyne.NewMenuItemSeparator()}, lines)
		}
	}
	showMenu(p.tree, fyne.NewMenu("", items...), t.Absolute)
}

// resourceMenu is of a resource: to observe it without a request tab.
func (p *Devices) resourceMenu(id string) []*fyne.MenuItem {
	return []*fyne.MenuItem{
		fyne.NewMenuItem("Get", func() { p.ask(id) }),
		fyne.NewMenuItem("Observe", func() { p.bench.WatchResource(id) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Copy as URI", p.copying(p.bench.DeviceURI(id))),
	}
}

// deviceMenu is of a device: what it is called, and whether it is known.
func (p *Devices) deviceMenu(id string) []*fyne.MenuItem {
	d, ok := p.bench.DeviceOf(id)
	if !ok {
		return nil
	}
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Rename …", func() { p.Rename(d.Endpoint) }),
		fyne.NewMenuItem("Ask for /.well-known/core again", func() { p.bench.AskDevice(d.Endpoint) }),
		fyne.NewMenuItem("Observe all that can be", p.bench.WatchSelected),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Copy address", p.copying(discovery.EndpointText(d.Endpoint))),
		fyne.NewMenuItem("Copy as URI", p.copying(p.bench.DeviceURI(id))),
	}
	for _, also := range d.Also {
		items = append(items, fyne.NewMenuItem("Copy "+discovery.EndpointText(also), p.copying(discovery.EndpointText(also))))
	}
	return append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("Forget", func() { p.bench.ForgetDevice(d.Endpoint) }))
}

func (p *Devices) copying(text string) func() {
	return func() { fyne.CurrentApp().Clipboard().SetContent(text) }
}

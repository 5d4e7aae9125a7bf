package ui

import (
	"net/netip"

	"fyne.io/fyne/v2"

	"coapscope/ui/panel"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// registrationsKey is the preference that has the registrations of the user's own.
const registrationsKey = "directory.registrations"

// restoreRegistrations lists the registrations of earlier runs.
func (w *Window) restoreRegistrations() {
	if err := w.bench.Directories().Restore(w.app.Preferences().String(registrationsKey)); err != nil {
		w.bench.Say(view.Error, "%v", err)
	}
}

// refreshDirectory draws what has changed of directories and capabilities, and keeps registrations.
func (w *Window) refreshDirectory(dirty view.Part, ticking bool) {
	if dirty&view.PartDirectory != 0 {
		if kept := w.bench.Directories().Kept(); kept != w.app.Preferences().String(registrationsKey) {
			w.app.Preferences().SetString(registrationsKey, kept)
		}
	}
	switch {
	case w.directory == nil:
	case dirty&(view.PartDirectory|view.PartDevices) != 0:
		w.directory.Refresh()
	case ticking:
		w.directory.Tick()
	}
	if w.capability != nil && dirty&view.PartCapability != 0 {
		w.capability.Refresh()
	}
}

// showDirectory shows a resource directory: that of a device, or any for the zero endpoint.
func (w *Window) showDirectory(at netip.AddrPort) {
	if w.asking() {
		return
	}
	w.directory = panel.NewDirectory(w.bench)
	w.directory.Ask = w.bench.Send
	o := widget.NewOverlay(w.directory.Object, panel.DirectorySize)
	w.directory.Close = o.Hide
	w.over(o, view.CmdDirectory)
	hidden := o.OnHide
	o.OnHide = func() {
		hidden()
		w.directory = nil
		w.bench.Directories().Show(false)
	}
	w.directory.Open(at)
	w.window.Canvas().Focus(w.directory.Field())
}

// showCapability shows what a device can do.
func (w *Window) showCapability(at netip.AddrPort) {
	if w.asking() {
		return
	}
	w.capability = panel.NewCapability(w.bench.Capability(at), w.app.Clipboard().SetContent)
	o := widget.NewOverlay(w.capability.Object, panel.CapabilitySize)
	w.capability.Close, w.capability.OnFrame = o.Hide, w.packets.ShowPacket
	w.over(o, view.CmdCapability)
	hidden := o.OnHide
	o.OnHide = func() {
		hidden()
		w.capability = nil
	}
	w.window.Canvas().Focus(w.capability.Focus())
}

// deviceMenu is what can be done here with a device.
func (w *Window) deviceMenu(endpoint netip.AddrPort, path string) []*fyne.MenuItem {
	if path != "" {
		return nil
	}
	items := []*fyne.MenuItem{fyne.NewMenuItem("Capabilities …", func() { w.showCapability(endpoint) })}
	if d, ok := w.bench.Known().Get(endpoint); ok {
		if _, ok := d.Directory(); ok {
			items = append(items, fyne.NewMenuItem("Resource directory …", func() { w.showDirectory(endpoint) }))
		}
	}
	return items
}

// directoryCommands are those of this file.
func (w *Window) directoryCommands() []view.Command {
	return []view.Command{
		{
			ID: view.CmdDirectory, Menu: "Devices", Title: "Resource directory …", Do: func() { w.showDirectory(netip.AddrPort{}) },
			Help: "Look endpoints and resources up in a resource directory, and register one (RFC 9176)",
		},
		{
			ID: view.CmdCapability, Menu: "Devices", Title: "Capabilities of the device …",
			Help: "Show what the selected device can do, and probe it by requests that change nothing",
			When: func() string {
				if !w.bench.CurrentDevice().IsValid() {
					return "select a device first, or ask one"
				}
				return ""
			},
			Do: func() { w.showCapability(w.bench.CurrentDevice()) },
		},
	}
}

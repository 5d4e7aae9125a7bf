package view

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session/exchange"
)

// Known gives the devices that are known. They live between runs.
func (w *Workbench) Known() *discovery.Devices { return w.known }

// readKnown takes the devices of earlier runs.
func (w *Workbench) readKnown() {
	w.store.ReadDevices(w.known.UnmarshalJSON)
	w.knownKept = w.known.KeptRevision()
}

// keepKnown hands the devices over if they have changed.
func (w *Workbench) keepKnown() {
	if r := w.known.KeptRevision(); r != w.knownKept {
		w.knownKept = r
		w.store.SaveDevices(w.known.MarshalJSON)
	}
}

// followMoves has what is known of a device, and what is observed, go on where devices have moved to, and says so; "" where none has.
func (w *Workbench) followMoves() (said string) {
	for _, m := range w.known.Moves() {
		said = w.Devices.Name(m.To) + " has moved to " + discovery.EndpointText(m.To)
		n := 0
		w.Devices.moved(m.From, m.To)
		w.moveCard(m.From, m.To)
		for _, o := range slices.Clone(w.watch.items) {
			switch state := o.State(); {
			case o.To != m.From || state == WatchRecorded || o.quit && state != WatchEnded:
			case state == WatchEnded && o.retryAt.IsZero():
				w.readdress(o, m.To)
			default:
				w.MoveWatch(o, m.To)
				n++
			}
		}
		if n > 0 {
			said += ", where " + count(n, "observation goes on", "observations go on")
		}
		w.Changed(PartDevices)
	}
	return said
}

// DeviceOf gives the device of a row of the tree. It is false for a row that is none, nor of one.
func (w *Workbench) DeviceOf(row string) (discovery.Device, bool) {
	endpoint, _ := splitRow(row)
	return w.known.Get(endpoint)
}

// RenameDevice gives a device the name; an empty one takes the given name away.
func (w *Workbench) RenameDevice(endpoint netip.AddrPort, name string) {
	before := w.Devices.Name(endpoint)
	if !w.known.Rename(endpoint, name) {
		w.Say(Warning, "%s is not known any more", discovery.EndpointText(endpoint))
		return
	}
	w.Say(Good, "%s is called %s now", before, w.Devices.Name(endpoint))
	w.Changed(PartAll) // its name is all over the window
}

// maxDeviceName is how long a name may be, in bytes.
const maxDeviceName = 100

// CheckDeviceName says what a device would be called by that text, and whether it can be.
func (w *Workbench) CheckDeviceName(endpoint netip.AddrPort, name string) (note string, ok bool) {
	switch name = strings.TrimSpace(name); {
	case len(name) > maxDeviceName:
		return "the name is too long for the window", false
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "a name is one line, without control characters", false
	case name == "":
		return "Without a name of yours it has its own again, or its address", true
	}
	for _, d := range w.known.All() {
		if d.Name == name && d.Endpoint != endpoint {
			return discovery.EndpointText(d.Endpoint) + " has that name too", true
		}
	}
	return "It is kept between runs, also when the device gets another address", true
}

// ForgetDevice takes a device out of the list. It comes back when it is found again.
func (w *Workbench) ForgetDevice(endpoint netip.AddrPort) {
	name := w.Devices.Name(endpoint)
	if w.forgetDevice(endpoint) {
		w.Say(Dim, "%s is forgotten", name)
	}
}

func (w *Workbench) forgetDevice(endpoint netip.AddrPort) bool {
	if !w.known.Remove(endpoint) {
		return false
	}
	w.Devices.forgetAll(endpoint)
	if selected, _ := splitRow(w.Devices.selected); selected == endpoint {
		w.Devices.selected = ""
	}
	w.Changed(PartAll)
	return true
}

// ForgetLost takes the devices out of the list that are lost and have no name of the user's.
func (w *Workbench) ForgetLost() {
	n := 0
	for _, d := range w.known.All() {
		if d.Presence() == discovery.Lost && !d.Given && w.forgetDevice(d.Endpoint) {
			n++
		}
	}
	if n == 0 {
		w.Say(Dim, "No device is lost, but for those that have a name of yours")
		return
	}
	w.Say(Dim, "%s forgotten", count(n, "lost device is", "lost devices are"))
}

// AskDevice asks a device that is known for its resources once more.
func (w *Workbench) AskDevice(endpoint netip.AddrPort) {
	d, ok := w.known.Get(endpoint)
	if unspoken := (*discovery.UnspokenError)(nil); ok && errors.As(d.Problem, &unspoken) {
		w.Say(Warning, "%s: %v. It was found by DNS-SD, and cannot be asked", d.Name, d.Problem)
		return
	}
	w.askHost(w.Devices.Name(endpoint), func(context.Context) (netip.AddrPort, error) { return endpoint, nil })
}

// askHost asks the host that where finds for its resources.
func (w *Workbench) askHost(name string, where func(context.Context) (netip.AddrPort, error)) {
	w.Say(Dim, "Asking %s for /.well-known/core …", name)
	go func() {
		ctx := context.Background()
		to, err := where(ctx)
		var d discovery.Device
		if err == nil {
			d, err = w.finder.Host(ctx, to)
		}
		w.inbox.Put(nil, func() {
			w.Changed(PartDevices)
			if err != nil {
				if silent := (*exchange.TimeoutError)(nil); errors.As(err, &silent) {
					w.known.Missed(to)
				}
				w.Say(Error, "%v", err)
				return
			}
			d = w.known.Add(d)
			w.Devices.Fold(rowID(d.Endpoint, ""), true)
			w.Say(Good, "%s has %s", d.Name, count(d.Tree.Count(), "resource", "resources"))
		})
	}()
}

// DeviceURI gives the address of a row of the tree as a URI.
func (w *Workbench) DeviceURI(row string) string {
	endpoint, path := splitRow(row)
	u := strings.TrimSuffix(protocol.URI{Scheme: protocol.CoAP, Host: endpoint.Addr().String(), Port: endpoint.Port()}.String(), "/")
	switch {
	case path == "":
		return u
	case path[0] != '/':
		return path // it is elsewhere
	}
	return u + path
}

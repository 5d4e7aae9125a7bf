package view

import (
	"net/netip"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
)

// newWatched makes an observation that is about to begin.
func (w *Workbench) newWatched(r session.Request, path string) *Watched {
	o := newWatched(w.Devices.Name(r.To), r, path, time.Now())
	o.Variant, o.recorded = variantOf(&r, w.maskedBytes), w.mask(path)
	o.tell = func() { w.inbox.Put(watchKey{o}, func() { w.observed(o) }) }
	return o
}

// watchKey coalesces the news of an observation: what the window has to know of it is in it.
type watchKey struct{ o *Watched }

// WatchResource begins to observe a resource of the device tree by its row, or selects the observation of it that is
// under way. It tells whether the row is a resource.
func (w *Workbench) WatchResource(row string) bool {
	endpoint, path, listed := w.Devices.Resource(row)
	if !listed || path == "" || path[0] != '/' {
		return false
	}
	d := draft.Draft{Method: protocol.GET, Address: "coap://" + discovery.EndpointText(endpoint) + path}
	b := d.Build(protocol.URI{}, nil)
	if len(b.Problems) > 0 {
		w.Say(Error, "%s cannot be observed: %s", path, b.Problems[0].Text)
		return true
	}
	r := b.Request
	r.To = endpoint
	if o, joined := w.hold(r, b.URI.PathQuery(), nil); joined {
		w.watch.Select(o)
	}
	return true
}

// WatchDevice begins to observe all resources of a device that say that they are observable (RFC 7641 §6), by the row of
// the device or of one of its resources. It gives how many they are.
func (w *Workbench) WatchDevice(row string) int {
	endpoint, _ := splitRow(row)
	d, ok := w.known.Get(endpoint)
	if !ok {
		return 0
	}
	n := 0
	var below func(nodes []*discovery.Node)
	below = func(nodes []*discovery.Node) {
		for _, node := range nodes {
			if node.Observable() && w.WatchResource(rowID(d.Endpoint, node.ID)) {
				n++
			}
			below(node.Children)
		}
	}
	below([]*discovery.Node{d.Tree.Root})
	return n
}

// WatchSelected begins to observe all observable resources of the device that is selected in the tree.
func (w *Workbench) WatchSelected() {
	n := w.WatchDevice(w.Devices.selected)
	if n == 0 {
		w.Say(Warning, "No resource of %s says that it can be observed (RFC 7641 §6)", w.Devices.Name(w.selectedDevice()))
		return
	}
	w.Say(Good, "%s of %s observed", count(n, "resource", "resources"), w.Devices.Name(w.selectedDevice()))
}

// WhyNoDevice says why nothing can be done with the selected device; "" where there is one.
func (w *Workbench) WhyNoDevice() string {
	if !w.selectedDevice().IsValid() {
		return "Select a device, or a resource of it"
	}
	return ""
}

// selectedDevice is that whose row, or a row below it, is selected; not valid for none.
func (w *Workbench) selectedDevice() netip.AddrPort {
	endpoint, _ := splitRow(w.Devices.selected)
	return endpoint
}

// startWatch registers. What happens to the request is told to the tabs that hold the observation then.
func (w *Workbench) startWatch(o *Watched) {
	r := o.request
	heard := 0
	r.On = func(e session.Event) {
		heard++
		for _, h := range o.heldBy() {
			w.heard(h.asked, h.tab, e, heard)
		}
	}
	go func() {
		observation, err := w.Engine.Observe(r, o.take)
		w.inbox.Put(nil, func() { w.watchBegun(o, observation, err) })
	}()
	w.watch.heartbeat()
	w.Changed(PartWatch | PartStatus)
}

// watchBegun takes the observation itself. Its first news may have come before, even its end.
func (w *Workbench) watchBegun(o *Watched, observation *session.Observation, err error) {
	w.Changed(PartWatch)
	if err != nil {
		o.take(session.ObservationEnd{Err: err})
		return
	}
	select {
	case <-observation.Done():
		return
	default:
	}
	if o.quit {
		observation.Cancel(session.Deregister)
	} else {
		o.observation = observation
	}
}

package discovery

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Device is an endpoint that has answered. It is a value; what it refers to is never changed.
type Device struct {
	Endpoint netip.AddrPort
	Also     []netip.AddrPort // other addresses at which it answers, or says that it does
	// Name is what to call it: the name that the user gave it, else the one that it has by DNS-SD, else the title of its
	// resource "/", else the name by which a directory knows it, else the endpoint as text.
	Name      string
	Given     bool          // whether the user gave the name
	Interface string        // by which it was found; empty for the system's choice
	RTT       time.Duration // of the last exchange; 0 where unknown, as after an answer to multicast
	Links     linkformat.Links
	Tree      *Tree // of the links, and of what was met
	// Met are the paths, with their query, at which a request was answered and that the links do not have; see
	// [Devices.Meet].
	Met []string
	// Unread tells that nobody has read its links: it was met by a request only.
	Unread bool
	// Partial tells that it may have more links: a filter selected these, or some could not be read.
	Partial bool
	// Problem is why there are no links, a *[ResponseError] or an *[UnspokenError], or what is wrong with them, a
	// linkformat.ParseErrors; nil for nothing.
	Problem error
	Adverts []Advert  // what it says by DNS-SD that it offers
	Seen    time.Time // when it answered last
	First   time.Time // when it answered first; zero for one that only said that it is there

	// What it is recognized by when its address changes.
	EndpointName string // by which a resource directory knows it (RFC 9176 §5), with the sector behind @
	Hardware     string // the address of its interface, where the system knows it
	Identity     string // the same for the same links; empty where not all are known

	Missed     int  // how often it was silent since it was seen
	Remembered bool // from an earlier run; it was not seen in this one
}

// EndpointText is an endpoint as people write it in a URI: without the default port.
func EndpointText(e netip.AddrPort) string {
	if e.Port() != protocol.Port {
		return e.String()
	}
	if e.Addr().Is6() {
		return "[" + e.Addr().String() + "]"
	}
	return e.Addr().String()
}

// build makes what follows from the links.
func (d *Device) build() {
	d.Tree = NewTree(d.Endpoint, d.Links, d.Met...)
	if slices.ContainsFunc(d.Met, d.lists) {
		d.Met = slices.DeleteFunc(slices.Clone(d.Met), d.lists)
	}
	d.Identity = identityOf(d.Links)
	if d.Partial {
		d.Identity = ""
	}
	if !d.Given {
		d.Name = d.ownName()
	}
}

// maxName is how long a name may be that a device gives itself, in bytes.
const maxName = 100

func (d *Device) ownName() string {
	name := d.calls()
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "…"
}

// calls gives what the device calls itself.
func (d *Device) calls() string {
	if name := strings.TrimSpace(d.instance()); name != "" {
		return name
	}
	if title := strings.TrimSpace(d.Tree.Root.Title()); title != "" {
		return title
	}
	if d.EndpointName != "" {
		return d.EndpointName
	}
	return EndpointText(d.Endpoint)
}

// Devices is what is known of devices. Each is found by any of its endpoints. It may be used by several goroutines; its zero
// value is empty.
type Devices struct {
	mu       sync.Mutex
	devices  map[netip.AddrPort]*Device
	also     map[netip.AddrPort]netip.AddrPort // of other endpoints of a device to its first
	order    []netip.AddrPort
	moves    []Moved // that nobody was told of yet
	revision uint64
	passing  uint64 // of its steps, those for what is not worth keeping at once
}

// Add notes an answer, and gives the device as it is known now. Of a device that is known already,
// the name given by the user stays. New links replace the old ones, except that partial ones are
// added to them, and that an answer without any leaves them.
func (ds *Devices) Add(found Device) Device {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.revision++
	if found.Tree == nil {
		found.build()
	}
	old := ds.find(found.Endpoint)
	if old == nil {
		old = ds.recognize(&found)
	}
	if old == nil {
		if found.First.IsZero() {
			found.First = found.Seen
		}
		ds.insert(&found)
		return found
	}
	at := found.Endpoint
	if old.First.IsZero() && at != old.Endpoint && !old.unspoken() {
		old = ds.first(old, at)
	}
	found.merge(old)
	ds.settle(&found, old, at)
	found.build()
	ds.devices[found.Endpoint] = &found
	return found
}

// find gives the device that has the endpoint, or nil. The devices are locked.
func (ds *Devices) find(endpoint netip.AddrPort) *Device {
	if first, ok := ds.also[endpoint]; ok {
		endpoint = first
	}
	return ds.devices[endpoint]
}

// first has another endpoint of a device be its first: where it was found to answer. The devices are locked.
func (ds *Devices) first(d *Device, at netip.AddrPort) *Device {
	moved := *d
	moved.Endpoint = at
	moved.Also = slices.DeleteFunc(d.endpoints(), func(e netip.AddrPort) bool { return e == at })
	ds.move(d, at)
	delete(ds.also, at)
	ds.devices[at], ds.also[d.Endpoint] = &moved, at
	return &moved
}

// insert takes in a device that is not known. The devices are locked.
func (ds *Devices) insert(d *Device) {
	if ds.devices == nil {
		ds.devices, ds.also = make(map[netip.AddrPort]*Device), make(map[netip.AddrPort]netip.AddrPort)
	}
	ds.order = append(ds.order, d.Endpoint)
	ds.devices[d.Endpoint] = d
	for _, other := range d.Also {
		ds.also[other] = d.Endpoint
	}
}

// merge takes from what was known before what the new answer does not say.
func (d *Device) merge(old *Device) {
	if old.Given && !d.Given {
		d.Name, d.Given = old.Name, true
	}
	if d.Interface == "" {
		d.Interface = old.Interface
	}
	if d.RTT == 0 {
		d.RTT = old.RTT
	}
	if d.EndpointName == "" {
		d.EndpointName = old.EndpointName
	}
	if d.Hardware == "" {
		d.Hardware = old.Hardware
	}
	if d.Seen.IsZero() {
		d.Seen = old.Seen
	}
	if d.First = old.First; d.First.IsZero() {
		d.First = d.Seen
	}
	if d.Adverts == nil {
		d.Adverts = old.Adverts
	}
	for _, path := range old.Met {
		if !slices.Contains(d.Met, path) {
			d.Met = append(slices.Clip(d.Met), path)
		}
	}
	switch {
	case d.Links == nil && d.Problem != nil:
		d.Links, d.Partial = old.Links, old.Partial
	case d.Partial:
		d.Links = union(old.Links, d.Links)
		d.Partial = old.Partial
	}
}

// linkKey tells links apart: by target, anchor and relation.
func linkKey(l linkformat.Link) string {
	return l.Target + "\x00" + l.Anchor() + "\x00" + strings.Join(l.Rel(), " ")
}

// union gives the old links, each as it is in the new ones where it is there, and then the others.
// Links are the same where target, anchor and relation are.
func union(old, new linkformat.Links) linkformat.Links {
	fresh := make(map[string]linkformat.Link, len(new))
	for _, l := range new {
		fresh[linkKey(l)] = l
	}
	all := make(linkformat.Links, 0, len(old)+len(new))
	known := make(map[string]bool, len(old))
	for _, l := range old {
		k := linkKey(l)
		known[k] = true
		if f, ok := fresh[k]; ok {
			l = f
		}
		all = append(all, l)
	}
	for _, l := range new {
		if !known[linkKey(l)] {
			all = append(all, l)
		}
	}
	return all
}

// Rename gives a device a name; an empty one takes the given name away. It is false for a device
// that is not known.
func (ds *Devices) Rename(endpoint netip.AddrPort, name string) bool {
	return ds.change(endpoint, func(d *Device) {
		d.Name, d.Given = strings.TrimSpace(name), true
		if d.Name == "" {
			d.Name, d.Given = d.ownName(), false
		}
	})
}

// Sighted notes that a device answered a request, or sent a notification, whose rtt is 0 and changes nothing.
// It is false for a device that is not known.
func (ds *Devices) Sighted(endpoint netip.AddrPort, at time.Time, rtt time.Duration) bool {
	return ds.change(endpoint, func(d *Device) {
		ds.passing++
		d.Seen, d.Missed, d.Remembered = at, 0, false
		if rtt > 0 {
			d.RTT = rtt
		}
	})
}

// change replaces a device by a changed copy, so that those who have it see no change.
func (ds *Devices) change(endpoint netip.AddrPort, do func(*Device)) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	old := ds.find(endpoint)
	if old == nil {
		return false
	}
	d := *old
	do(&d)
	ds.devices[d.Endpoint] = &d
	ds.revision++
	return true
}

// Remove forgets a device. It is false for one that is not known.
func (ds *Devices) Remove(endpoint netip.AddrPort) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	d := ds.find(endpoint)
	if d == nil {
		return false
	}
	ds.remove(d)
	ds.revision++
	return true
}

// remove takes a device out. The devices are locked.
func (ds *Devices) remove(d *Device) {
	delete(ds.devices, d.Endpoint)
	for _, other := range d.Also {
		delete(ds.also, other)
	}
	ds.order = slices.DeleteFunc(ds.order, func(e netip.AddrPort) bool { return e == d.Endpoint })
}

// Get gives a device as it is known now.
func (ds *Devices) Get(endpoint netip.AddrPort) (Device, bool) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if d := ds.find(endpoint); d != nil {
		return *d, true
	}
	return Device{}, false
}

// All gives all devices in the order in which they were first found.
func (ds *Devices) All() []Device {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	all := make([]Device, len(ds.order))
	for i, e := range ds.order {
		all[i] = *ds.devices[e]
	}
	return all
}

// Len is how many devices there are.
func (ds *Devices) Len() int {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return len(ds.order)
}

// Revision changes whenever anything else does.
func (ds *Devices) Revision() uint64 {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.revision
}

// KeptRevision changes whenever something else does that is kept between runs, but for the time when a device was seen.
func (ds *Devices) KeptRevision() uint64 {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.revision - ds.passing
}

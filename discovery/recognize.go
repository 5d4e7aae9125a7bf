package discovery

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coapscope/protocol/linkformat"
)

// Presence is whether a device is there, as far as anybody has asked.
type Presence uint8

// Of a device that nobody asks nothing is known: time alone makes none late.
const (
	Online     Presence = iota // it answered when it was asked last
	Late                       // it was silent since
	Lost                       // it was silent [lostAfter] times
	Remembered                 // from an earlier run; nobody has asked it since
)

// lostAfter is how often a device is silent before it counts as lost: less may be loss on the way.
const lostAfter = 3

// String names the presence.
func (p Presence) String() string {
	return [...]string{"online", "late", "lost", "not seen yet"}[min(p, Remembered)]
}

// Presence tells whether the device is there.
func (d Device) Presence() Presence {
	switch {
	case d.Missed >= lostAfter:
		return Lost
	case d.Missed > 0:
		return Late
	case d.Remembered:
		return Remembered
	}
	return Online
}

// identityOf gives the same text for the same links, however they are ordered; empty for none. What changes while a device
// is the same, the size of a resource, does not count.
func identityOf(links linkformat.Links) string {
	if len(links) == 0 {
		return ""
	}
	texts := make([]string, len(links))
	for i, l := range links {
		l.Attributes = slices.DeleteFunc(slices.Clone(l.Attributes), func(a linkformat.Attribute) bool { return strings.EqualFold(a.Name, "sz") })
		texts[i] = l.String()
	}
	slices.Sort(texts)
	sum := sha256.Sum256([]byte(strings.Join(texts, ",")))
	return hex.EncodeToString(sum[:8])
}

// recognize finds a device that is known by another address as the one that was found: a name of a directory is of one
// device, and so is an interface that has addresses of several kinds with the same links behind the same port. The devices
// are locked.
func (ds *Devices) recognize(found *Device) *Device {
	if found.EndpointName == "" && (found.Hardware == "" || found.Identity == "") {
		return nil
	}
	for _, e := range ds.order {
		d := ds.devices[e]
		if found.EndpointName != "" && d.EndpointName == found.EndpointName {
			return d
		}
		if found.Hardware != "" && d.Hardware == found.Hardware && d.Identity == found.Identity && found.Identity != "" &&
			d.Endpoint.Port() == found.Endpoint.Port() && !slices.ContainsFunc(d.endpoints(), func(e netip.AddrPort) bool {
			return kindOf(e.Addr()) == kindOf(found.Endpoint.Addr())
		}) {
			return d
		}
	}
	return nil
}

// endpoints gives all that a device has.
func (d *Device) endpoints() []netip.AddrPort { return append([]netip.AddrPort{d.Endpoint}, d.Also...) }

// kindOf tells addresses apart that an interface has one of each: of IPv4, of IPv6, and on the link.
func kindOf(a netip.Addr) string {
	switch {
	case a.Is4():
		return "IPv4"
	case a.IsLinkLocalUnicast():
		return "link " + a.Zone()
	}
	return "IPv6"
}

// settle gives a device that answered at an address its endpoints: its first stays that, unless the device is known by its
// name and was not seen there lately, so that it has moved. The devices are locked.
func (ds *Devices) settle(d, old *Device, at netip.AddrPort) {
	d.Endpoint, d.Also = old.Endpoint, old.Also
	if at == old.Endpoint || slices.Contains(old.Also, at) {
		return
	}
	if kindOf(at.Addr()) == kindOf(old.Endpoint.Addr()) {
		ds.move(old, at)
		d.Endpoint = at
		ds.moves = append(ds.moves, Moved{old.Endpoint, at})
		return
	}
	d.Also = append(slices.Clone(old.Also), at)
	ds.also[at] = d.Endpoint
}

// move gives a device another first endpoint. The devices are locked.
func (ds *Devices) move(d *Device, to netip.AddrPort) {
	delete(ds.devices, d.Endpoint)
	delete(ds.also, to)
	ds.order[slices.Index(ds.order, d.Endpoint)] = to
	for _, other := range d.Also {
		ds.also[other] = to
	}
}

// Missed notes that a device was silent when it was asked. It is false for one that is not known.
func (ds *Devices) Missed(endpoint netip.AddrPort) bool {
	return ds.change(endpoint, func(d *Device) {
		ds.passing++
		d.Missed++
	})
}

// Moved tells that a device was found again at another address.
type Moved struct{ From, To netip.AddrPort }

// Moves gives the moves since it was called last, in order, however they were noticed.
func (ds *Devices) Moves() []Moved {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	moves := ds.moves
	ds.moves = nil
	return moves
}

// Swept notes that a plan was carried out since then: devices that it has asked and that did not answer are missed. Where
// one of them is missed and one that has the same links has answered for the first time, while no other has either, it is
// that device, at another address: it keeps its name.
func (ds *Devices) Swept(p Plan, began time.Time) (moved []Moved) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	missed, fresh := make(map[string][]*Device), make(map[string][]*Device)
	for _, e := range ds.order {
		d := *ds.devices[e]
		switch {
		case d.Seen.Before(began) && p.asks(&d):
			d.Missed++
			ds.devices[e] = &d
			ds.revision, ds.passing = ds.revision+1, ds.passing+1
			missed[d.Identity] = append(missed[d.Identity], &d)
		case !d.First.Before(began):
			fresh[d.Identity] = append(fresh[d.Identity], &d)
		}
	}
	for identity, gone := range missed {
		came := fresh[identity]
		if identity == "" || len(gone) != 1 || len(came) != 1 || came[0].Endpoint.Addr().Is4() != gone[0].Endpoint.Addr().Is4() {
			continue
		}
		from, to := gone[0], *came[0]
		if from.EndpointName != "" && to.EndpointName != "" && from.EndpointName != to.EndpointName {
			continue
		}
		ds.supersede(from, to)
		moved = append(moved, Moved{from.Endpoint, to.Endpoint})
	}
	slices.SortFunc(moved, func(a, b Moved) int { return a.To.Compare(b.To) })
	ds.moves = append(ds.moves, moved...)
	return moved
}

// supersede has what was found at a new address take the place of the device that it is. The devices are locked.
func (ds *Devices) supersede(from *Device, to Device) {
	if from.Given && !to.Given {
		to.Name, to.Given = from.Name, true
	}
	if to.EndpointName == "" {
		to.EndpointName = from.EndpointName
	}
	to.First = from.First
	if to.Unread { // there nobody has asked what it has
		to.Links, to.Partial, to.Problem, to.Unread = from.Links, from.Partial, from.Problem, from.Unread
		to.build()
	}
	if len(from.Met) > 0 {
		to.Met = append(slices.Clip(to.Met), slices.DeleteFunc(slices.Clone(from.Met), func(path string) bool { return slices.Contains(to.Met, path) })...)
		to.build()
	}
	place := slices.Index(ds.order, from.Endpoint)
	ds.remove(from)
	ds.order = slices.DeleteFunc(ds.order, func(e netip.AddrPort) bool { return e == to.Endpoint })
	ds.order = slices.Insert(ds.order, min(place, len(ds.order)), to.Endpoint)
	ds.devices[to.Endpoint] = &to
	ds.revision++
}

// Registered notes by what name a directory knows the device at an endpoint. A device known by that name at another
// address has moved there. It is false where there is neither.
func (ds *Devices) Registered(endpoint netip.AddrPort, name string) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	var named *Device
	for _, e := range ds.order {
		if ds.devices[e].EndpointName == name && name != "" {
			named = ds.devices[e]
		}
	}
	here := ds.find(endpoint)
	switch {
	case here == nil && named == nil:
		return false
	case here == named:
		return true
	case here == nil:
		d := *named
		ds.move(named, endpoint)
		ds.moves = append(ds.moves, Moved{named.Endpoint, endpoint})
		d.Endpoint = endpoint
		d.build()
		ds.devices[endpoint] = &d
	case named == nil:
		d := *here
		d.EndpointName = name
		d.build()
		ds.devices[d.Endpoint] = &d
	default:
		d := *here
		d.EndpointName = name
		ds.moves = append(ds.moves, Moved{named.Endpoint, d.Endpoint})
		ds.supersede(named, d)
	}
	ds.revision++
	return true
}

// Enrol is Registered for an endpoint that may not be known yet: one that a directory tells of and nobody has asked joins
// the devices, [Remembered] until somebody does, with the links that the directory has of it. It is true for such a one.
func (ds *Devices) Enrol(endpoint netip.AddrPort, name string, links linkformat.Links) bool {
	endpoint = unmap(endpoint)
	if ds.Registered(endpoint, name) {
		ds.change(endpoint, func(d *Device) {
			if d.Remembered && d.Partial { // else it has said itself what it has
				d.Links = union(d.Links, links)
				d.build()
			}
		})
		return false
	}
	d := Device{Endpoint: endpoint, EndpointName: name, Links: links, Partial: true, Remembered: true}
	d.build()
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.find(endpoint) != nil { // it was found meanwhile
		return false
	}
	ds.insert(&d)
	ds.revision++
	return true
}

// asks tells whether the device would have answered the plan, if it were there: a filter may leave out what is there.
func (p Plan) asks(d *Device) bool {
	if len(p.Filters) > 0 {
		return false
	}
	for _, a := range d.Adverts {
		if slices.ContainsFunc(p.Browses, func(b Ask) bool { return b.By.Name == a.Interface }) {
			return true
		}
	}
	if d.unspoken() {
		return false
	}
	for _, e := range d.endpoints() {
		for _, a := range p.Asks {
			if d.Interface != "" && a.By != nil && a.By.Name == d.Interface && a.To.Addr().Is4() == e.Addr().Is4() && a.To.Port() == e.Port() {
				return true
			}
		}
		for _, t := range p.Targets {
			if t.Name == "" && t.Port == e.Port() && t.First.BitLen() == e.Addr().BitLen() && !e.Addr().Less(t.First) && !t.Last.Less(e.Addr()) {
				return true
			}
		}
	}
	return false
}

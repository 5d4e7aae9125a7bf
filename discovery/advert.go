package discovery

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"coapscope/discovery/dnssd"
)

// Advert is a service that a device says it offers, by DNS-SD (RFC 6763).
type Advert struct {
	Service   string   `json:"service"` // such as "_coap._udp"
	Name      string   `json:"name"`    // of the instance, free text
	Host      string   `json:"host"`    // such as "lamp.local"
	Port      uint16   `json:"port"`
	Text      []string `json:"text,omitempty"` // key=value, or key
	Interface string   `json:"interface"`      // on whose link it was heard
}

// service is one that is looked for by DNS-SD.
type service struct {
	name   string
	means  string // what is spoken there
	spoken bool   // this program can talk to it
}

// services are those of CoAP (RFC 7252 §12.6, §12.7; RFC 8323 §11.3, §11.4) and of resource directories (RFC 9176 §4.1).
var services = []service{
	{"_coap._udp", "CoAP", true},
	{"_coaps._udp", "CoAP over DTLS", false},
	{"_coap._tcp", "CoAP over TCP", false},
	{"_coaps._tcp", "CoAP over TLS", false},
	{"_core-rd._udp", "CoAP", true},
	{"_core-rd-dtls._udp", "CoAP over DTLS", false},
}

// Services are what a search by DNS-SD looks for.
func Services() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

// Spoken tells whether this program can talk to the service.
func (a Advert) Spoken() bool {
	return slices.ContainsFunc(services, func(s service) bool { return s.name == a.Service && s.spoken })
}

// Means says what is spoken there.
func (a Advert) Means() string {
	for _, s := range services {
		if s.name == a.Service {
			return s.means
		}
	}
	return a.Service
}

// String is the advert in words.
func (a Advert) String() string {
	text := fmt.Sprintf("%s %s at %s port %d", a.Service, a.Name, a.Host, a.Port)
	if len(a.Text) > 0 {
		text += ", " + strings.Join(a.Text, " ")
	}
	return text
}

// UnspokenError is why a device that was found cannot be asked for anything: it offers CoAP only over what this program does
// not speak.
type UnspokenError struct{ Service string }

func (e *UnspokenError) Error() string {
	a := Advert{Service: e.Service}
	return fmt.Sprintf("%s is not spoken here: %s", a.Means(), a.Service)
}

// advertised makes a device of an instance: its first endpoint is the one to be tried first.
func (f *Finder) advertised(i dnssd.Instance, by string) Device {
	a := Advert{i.Service, i.Name, i.Host, i.Port, i.Text, by}
	d := Device{Adverts: []Advert{a}, Seen: f.now()}
	for n, addr := range i.Addresses {
		if e := netip.AddrPortFrom(addr, i.Port); n == 0 {
			d.Endpoint = e
		} else if a.Spoken() {
			d.Also = append(d.Also, e)
		}
	}
	if !a.Spoken() {
		d.Problem = &UnspokenError{a.Service}
	}
	if f.Hardware != nil {
		d.Hardware = f.Hardware(d.Endpoint.Addr())
	}
	d.build()
	return d
}

// unspoken tells whether nothing of the device can be asked.
func (d *Device) unspoken() bool {
	_, is := d.Problem.(*UnspokenError)
	return is
}

// instance is how the device calls itself by DNS-SD; empty for not at all.
func (d *Device) instance() string {
	for _, a := range d.Adverts {
		if a.Spoken() {
			return a.Name
		}
	}
	if len(d.Adverts) > 0 {
		return d.Adverts[0].Name
	}
	return ""
}

// Advertise notes what a device says of itself by DNS-SD: where it is, and what to call it. It gives the device as it is known
// now. Addresses that are of one host are of one device, and so are services of one host and name, behind one port. One that is
// not where it was any more has moved.
func (ds *Devices) Advertise(found Device) Device {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.revision++
	var same []*Device
	for _, e := range ds.order {
		if d := ds.devices[e]; d.shares(&found) || d.offers(&found) {
			same = append(same, d)
		}
	}
	if len(same) == 0 {
		ds.insert(&found)
		return found
	}
	// One that can be asked has the first word.
	if at := slices.IndexFunc(same, func(d *Device) bool { return !d.unspoken() }); at > 0 {
		same[0], same[at] = same[at], same[0]
	}
	old := same[0]
	d := *old
	d.Also, d.Adverts = slices.Clone(old.Also), slices.Clone(old.Adverts)
	switch {
	case found.unspoken():
	case old.unspoken():
		d.Endpoint, d.Problem = found.Endpoint, nil
	default:
		if to, moved := old.leaves(&found); moved {
			if d.Endpoint = to; !old.shares(&found) {
				d.Also = nil
			}
			d.Also = slices.DeleteFunc(d.Also, func(e netip.AddrPort) bool { return e == to })
			ds.moves = append(ds.moves, Moved{old.Endpoint, to})
		}
	}
	for _, other := range same[1:] {
		d.take(other)
		ds.remove(other)
	}
	d.take(&found)
	if ends := found.endpoints(); len(d.Also) > maxAlso { // what it does not say any more
		d.Also = slices.DeleteFunc(d.Also, func(e netip.AddrPort) bool { return !slices.Contains(ends, e) })
	}
	d.Seen, d.Missed, d.Remembered = found.Seen, 0, false
	d.build()
	place := slices.Index(ds.order, old.Endpoint)
	ds.remove(old)
	ds.insert(&d)
	ds.order = slices.Insert(ds.order[:len(ds.order)-1], place, d.Endpoint)
	return d
}

// Bounds of what is kept of a device: it may announce ever new names and addresses.
const (
	maxAdverts = 64
	maxAlso    = 32
)

// shares tells whether both are at the same endpoint. Those of another transport are others.
func (d *Device) shares(o *Device) bool {
	if d.unspoken() || o.unspoken() {
		return d.Endpoint == o.Endpoint
	}
	return slices.ContainsFunc(o.endpoints(), func(e netip.AddrPort) bool { return e == d.Endpoint || slices.Contains(d.Also, e) })
}

// leaves tells whether a device is not at its first endpoint any more by what it says of a service that it has offered before,
// and where it is instead: at an address of the same kind, or at no address where it was.
func (d *Device) leaves(now *Device) (to netip.AddrPort, moved bool) {
	said := slices.ContainsFunc(d.Adverts, func(a Advert) bool {
		return slices.ContainsFunc(now.Adverts, func(b Advert) bool {
			return a.Service == b.Service && a.instance() == b.instance()
		})
	})
	ends := now.endpoints()
	if !said || slices.Contains(ends, d.Endpoint) {
		return to, false
	}
	for _, e := range ends {
		if e.Port() == d.Endpoint.Port() && kindOf(e.Addr()) == kindOf(d.Endpoint.Addr()) {
			return e, true
		}
	}
	return now.Endpoint, !d.shares(now)
}

// offers tells whether both are the same instance on the same host of a link, whatever services it has; but what is behind
// another port has other resources.
func (d *Device) offers(o *Device) bool {
	return slices.ContainsFunc(o.Adverts, func(a Advert) bool {
		return slices.ContainsFunc(d.Adverts, func(b Advert) bool {
			return a.instance() == b.instance() && (a.Service == b.Service || a.Port == b.Port || !a.Spoken() || !b.Spoken())
		})
	})
}

// instance is what is the same in the adverts of all services of an instance.
func (a Advert) instance() [3]string { return [3]string{a.Name, a.Host, a.Interface} }

// take takes over what is known of the same device under another endpoint.
func (d *Device) take(other *Device) {
	if !other.unspoken() {
		for _, e := range other.endpoints() {
			if e != d.Endpoint && !slices.Contains(d.Also, e) {
				d.Also = append(d.Also, e)
			}
		}
	}
	for _, a := range other.Adverts {
		if at := slices.IndexFunc(d.Adverts, func(b Advert) bool { return a.Service == b.Service && a.Name == b.Name }); at >= 0 {
			d.Adverts[at] = a
		} else {
			d.Adverts = append(d.Adverts[max(0, len(d.Adverts)-maxAdverts+1):], a) // the oldest make room
		}
	}
	if other.Given && !d.Given {
		d.Name, d.Given = other.Name, true
	}
	if d.Links == nil && other.Links != nil {
		d.Links, d.Partial, d.First = other.Links, other.Partial, other.First
	}
	for _, pair := range [][2]*string{{&d.EndpointName, &other.EndpointName}, {&d.Hardware, &other.Hardware}, {&d.Interface, &other.Interface}} {
		if *pair[0] == "" {
			*pair[0] = *pair[1]
		}
	}
}

// Withdrawn notes that a device has said that it does not offer a service any more. One that offers nothing else is lost, until
// it answers. It is false for a device that is not known.
func (ds *Devices) Withdrawn(gone Device) bool {
	return ds.change(gone.Endpoint, func(d *Device) {
		rest := slices.DeleteFunc(slices.Clone(d.Adverts), func(b Advert) bool {
			return slices.ContainsFunc(gone.Adverts, func(a Advert) bool { return a.Service == b.Service && a.Name == b.Name })
		})
		if len(rest) == 0 {
			d.Missed = max(d.Missed, lostAfter) // and keeps its name
			return
		}
		d.Adverts = rest
	})
}

package dnssd

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Instance is one that offers a service (RFC 6763 §4.1).
type Instance struct {
	Service   string // such as "_coap._udp"
	Name      string // for people, free text
	Host      string // such as "lamp.local"
	Port      uint16
	Text      []string     // of its TXT record: key=value, or key (RFC 6763 §6)
	Addresses []netip.Addr // of the host; IPv4 first, link-local ones last and with the zone of the link
}

// The limits of what is kept of a link: its devices may be many, and are not always friends.
const (
	maxInstances = 4096
	maxHosts     = 8192
	maxAddresses = 16 // of a host
	maxTries     = 3  // to ask for what is missing of an instance
	askAgain     = time.Second
	patience     = 300 * time.Millisecond // until what is missing may come by itself, in another packet
	// lastWord is how long a record lives on after its owner has taken it back (RFC 6762 §10.1, §10.2).
	lastWord = time.Second
)

// machine is what is known of a link. It has no socket and no clock.
//
//	PTR ──▶ heard of ──SRV, address──▶ found ──anything new──▶ found again
//	            ╰── missing: asked for, three times ──╯  ╰──goodbye, or out of time──▶ gone
type machine struct {
	zone     string
	services []service
	heard    map[string]*heard // by the key of the instance's name
	hosts    map[string]*host  // by the key of the host's name
}

type service struct {
	text string // as it was asked for
	name name
	key  string
}

// heard is an instance, as far as it is known.
type heard struct {
	service string
	name    name
	first   time.Time // when it was heard of first
	until   time.Time // when its PTR ends
	ttl     uint32
	at      time.Time // when that came

	srv, txt record
	srvUntil time.Time
	txtUntil time.Time

	tries   int // to ask for what is missing
	askedAt time.Time
	told    *Instance // as it was told last; nil for not, or when it was gone
}

type host struct {
	name      name
	addresses map[netip.Addr]stamp
	tries     int
	askedAt   time.Time
}

// stamp says of a record when it came and when it ends.
type stamp struct{ at, until time.Time }

func newMachine(zone string, services []string) *machine {
	m := &machine{zone: zone, heard: make(map[string]*heard), hosts: make(map[string]*host)}
	for _, s := range services {
		n := append(parseName(s), "local")
		m.services = append(m.services, service{s, n, n.key()})
	}
	return m
}

// take takes the records of a packet.
func (m *machine) take(now time.Time, records []record) {
	for _, r := range records { // instances first, whatever the order
		if r.kind == kindPTR {
			m.pointer(now, r)
		}
	}
	for _, r := range records {
		switch r.kind {
		case kindSRV, kindTXT:
			m.detail(now, r)
		case kindA, kindAAAA:
			m.address(now, r)
		}
	}
}

// end is when a record ends.
func (r record) end(now time.Time) time.Time {
	if r.ttl == 0 {
		return now.Add(lastWord)
	}
	return now.Add(time.Duration(r.ttl) * time.Second)
}

func (m *machine) pointer(now time.Time, r record) {
	at := slices.IndexFunc(m.services, func(s service) bool { return s.key == r.name.key() })
	if at < 0 || len(r.target) != len(r.name)+1 || r.target[1:].key() != r.name.key() {
		return
	}
	key := r.target.key()
	h := m.heard[key]
	if h == nil {
		if r.ttl == 0 || len(m.heard) >= maxInstances {
			return
		}
		h = &heard{service: m.services[at].text, name: r.target, first: now, askedAt: now.Add(patience - askAgain)}
		m.heard[key] = h
	}
	h.at, h.ttl, h.until = now, r.ttl, r.end(now)
}

func (m *machine) detail(now time.Time, r record) {
	h := m.heard[r.name.key()]
	if h == nil {
		return // of a service that nobody asked for, or asked for anew when its PTR comes
	}
	if r.kind == kindSRV {
		if r.ttl > 0 || r.target.key() == h.srv.target.key() && r.port == h.srv.port {
			h.srv, h.srvUntil = r, r.end(now)
		}
		return
	}
	h.txt, h.txtUntil = r, r.end(now)
}

func (m *machine) address(now time.Time, r record) {
	key := r.name.key()
	h := m.hosts[key]
	if h == nil {
		if r.ttl == 0 || len(m.hosts) >= maxHosts {
			return
		}
		h = &host{name: r.name, addresses: make(map[netip.Addr]stamp)}
		m.hosts[key] = h
	}
	addr := r.addr.Unmap()
	if addr.IsUnspecified() || addr.IsMulticast() || addr.IsLoopback() || addr == broadcast {
		return // nobody on the link is there
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		addr = addr.WithZone(m.zone)
	}
	if r.flush { // the others of the kind are not true any more, unless they came with this one (RFC 6762 §10.2)
		for other, s := range h.addresses {
			if other != addr && other.Is4() == addr.Is4() && now.Sub(s.at) > lastWord {
				h.addresses[other] = stamp{s.at, minTime(s.until, now.Add(lastWord))}
			}
		}
	}
	if _, known := h.addresses[addr]; known || r.ttl > 0 && len(h.addresses) < maxAddresses {
		h.addresses[addr] = stamp{now, r.end(now)}
	}
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// settle gives the instances that are news: found, or with something new, and those that are gone. Each is complete: it has a
// host with an address.
func (m *machine) settle(now time.Time) (found, gone []Instance) {
	for _, h := range m.hosts {
		maps.DeleteFunc(h.addresses, func(_ netip.Addr, s stamp) bool { return !now.Before(s.until) })
	}
	for _, key := range slices.Sorted(maps.Keys(m.heard)) {
		h := m.heard[key]
		i, whole := m.instance(now, h)
		switch {
		case !now.Before(h.until), !whole && h.told != nil && !h.srv.live(now, h.srvUntil):
			if h.told != nil {
				gone = append(gone, *h.told)
			}
			if h.told = nil; !now.Before(h.until) {
				delete(m.heard, key)
			}
		case whole && (h.told == nil || !h.told.equal(i)):
			h.told = &i
			found = append(found, i)
		}
	}
	return found, gone
}

func (r record) live(now, until time.Time) bool { return r.kind != 0 && now.Before(until) }

// instance gives what is known of an instance, and whether that is enough. Without a TXT record it is, once that was asked for.
func (m *machine) instance(now time.Time, h *heard) (i Instance, whole bool) {
	i = Instance{Service: h.service, Name: printable(h.name[0])}
	if !h.srv.live(now, h.srvUntil) || h.srv.port == 0 {
		return i, false
	}
	i.Host, i.Port = h.srv.target.String(), h.srv.port
	if host := m.hosts[h.srv.target.key()]; host != nil {
		i.Addresses = slices.SortedFunc(maps.Keys(host.addresses), inOrder)
	}
	if h.txt.live(now, h.txtUntil) {
		for _, text := range h.txt.text {
			i.Text = append(i.Text, printable(text))
		}
	} else if h.tries < 2 {
		return i, false
	}
	// Addresses of the other family may be in the next packet: a responder need not say both at once.
	both := len(i.Addresses) > 1 && i.Addresses[0].Is4() && i.Addresses[len(i.Addresses)-1].Is6()
	return i, both || len(i.Addresses) > 0 && now.Sub(h.first) >= patience
}

// inOrder puts the addresses first that are easier to use.
func inOrder(a, b netip.Addr) int {
	rank := func(a netip.Addr) int {
		switch {
		case a.IsLinkLocalUnicast():
			return 2
		case a.Is6():
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Compare(b))
}

func (i *Instance) equal(o Instance) bool {
	return i.Service == o.Service && i.Name == o.Name && i.Host == o.Host && i.Port == o.Port &&
		slices.Equal(i.Text, o.Text) && slices.Equal(i.Addresses, o.Addresses)
}

// missing gives the questions for what the answers have left out, and notes that they are asked.
func (m *machine) missing(now time.Time) (ask []question) {
	for _, key := range slices.Sorted(maps.Keys(m.heard)) {
		h := m.heard[key]
		if !now.Before(h.until) {
			continue
		}
		srv, txt := h.srv.live(now, h.srvUntil), h.txt.live(now, h.txtUntil)
		if (!srv || !txt) && h.tries < maxTries && now.Sub(h.askedAt) >= askAgain {
			h.tries, h.askedAt = h.tries+1, now
			if !srv {
				ask = append(ask, question{h.name, kindSRV})
			}
			if !txt {
				ask = append(ask, question{h.name, kindTXT})
			}
		}
		if !srv {
			continue
		}
		at := m.hosts[h.srv.target.key()]
		if at == nil && len(m.hosts) < maxHosts {
			at = &host{name: h.srv.target, addresses: make(map[netip.Addr]stamp)}
			m.hosts[h.srv.target.key()] = at
		}
		if at != nil && len(at.addresses) == 0 && at.tries < maxTries && now.Sub(at.askedAt) >= askAgain {
			at.tries, at.askedAt = at.tries+1, now
			ask = append(ask, question{at.name, kindA}, question{at.name, kindAAAA})
		}
	}
	return ask
}

// browse gives the questions for all instances, and those that need not answer (RFC 6762 §7.1).
func (m *machine) browse(now time.Time) (ask []question, known []record) {
	for _, s := range m.services {
		ask = append(ask, question{s.name, kindPTR})
	}
	for _, key := range slices.Sorted(maps.Keys(m.heard)) {
		h := m.heard[key]
		if left := h.until.Sub(now); left > time.Duration(h.ttl)*time.Second/2 && h.told != nil {
			known = append(known, record{name: h.name[1:], kind: kindPTR, ttl: uint32(left / time.Second), target: h.name})
		}
	}
	return ask, known
}

// validService tells whether a text is the name of a service (RFC 6763 §7).
func validService(text string) bool {
	labels := strings.Split(text, ".")
	return len(labels) == 2 && len(labels[0]) > 1 && len(labels[0]) <= maxLabel && labels[0][0] == '_' &&
		(labels[1] == "_udp" || labels[1] == "_tcp")
}

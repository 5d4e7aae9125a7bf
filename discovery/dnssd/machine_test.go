package dnssd

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var coapUDP = parseName("_coap._udp.local")

// lamp gives the records of an instance, whose name has what names of hosts have not.
func lamp(ttl uint32) (ptr, srv, txt, a, aaaa record) {
	n, host := append(name{"Lamp 2.0, küche"}, coapUDP...), parseName("lamp.local")
	return record{name: coapUDP, kind: kindPTR, ttl: ttl, target: n},
		record{name: n, kind: kindSRV, ttl: ttl, flush: true, target: host, port: 5683},
		record{name: n, kind: kindTXT, ttl: ttl, flush: true, text: []string{"ep=lamp", "d=home"}},
		record{name: host, kind: kindA, ttl: ttl, flush: true, addr: netip.MustParseAddr("192.0.2.1")},
		record{name: host, kind: kindAAAA, ttl: ttl, flush: true, addr: netip.MustParseAddr("fe80::1")}
}

var wantLamp = Instance{
	Service: "_coap._udp", Name: "Lamp 2.0, küche", Host: "lamp.local", Port: 5683, Text: []string{"ep=lamp", "d=home"},
	Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::1%eth0")},
}

// In whatever order and packets the records come, the instance is the same in the end, and told once where it is whole.
func TestRecordsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ptr, srv, txt, a, aaaa := lamp(120)
		m := newMachine("eth0", []string{"_coap._udp", "_coap._tcp"})
		// SRV and TXT are of an instance that was heard of; a responder is asked for them again otherwise.
		order := rapid.Permutation([]record{srv, txt, a, aaaa}).Draw(t, "order")
		now, told := start, []Instance{}
		step := func(records ...record) {
			m.take(now, records)
			found, gone := m.settle(now)
			if len(gone) > 0 {
				t.Fatalf("gone %+v", gone)
			}
			told = append(told, found...)
			now = now.Add(10 * time.Millisecond)
		}
		if rapid.Bool().Draw(t, "in one packet") {
			step(append(order, ptr)...)
		} else {
			step(ptr)
			for _, r := range order {
				step(r)
			}
		}
		if len(told) < 1 || len(told) > 2 || !told[len(told)-1].equal(wantLamp) {
			t.Fatalf("told %+v", told)
		}
		if step(order...); len(told) > 2 || len(m.missing(now.Add(time.Minute))) > 0 {
			t.Fatalf("the same again is told: %+v", told)
		}
	})
}

func TestWhatIsMissingIsAskedFor(t *testing.T) {
	ptr, srv, txt, a, _ := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp"})
	m.take(start, []record{ptr})
	if ask := m.missing(start); len(ask) != 0 {
		t.Errorf("asked at once, while more may be coming: %v", ask)
	}
	ask := m.missing(start.Add(patience))
	if len(ask) != 2 || ask[0].kind != kindSRV || ask[1].kind != kindTXT || ask[0].name.key() != ptr.target.key() {
		t.Fatalf("asked %v", ask)
	}
	if ask := m.missing(start.Add(patience)); len(ask) != 0 {
		t.Errorf("asked again at once: %v", ask)
	}
	now := start.Add(askAgain + patience)
	m.take(now, []record{srv})
	if ask = m.missing(now); len(ask) != 3 || ask[0].kind != kindTXT || ask[1].kind != kindA || ask[2].kind != kindAAAA || ask[1].name.String() != "lamp.local" {
		t.Errorf("asked %v", ask)
	}
	m.take(now, []record{a})
	found, _ := m.settle(now)
	if len(found) != 1 || found[0].Text != nil || len(found[0].Addresses) != 1 {
		t.Fatalf("without a TXT record that was asked for twice: %+v", found)
	}
	m.take(now, []record{txt})
	if found, _ = m.settle(now); len(found) != 1 || len(found[0].Text) != 2 {
		t.Errorf("with it: %+v", found)
	}
	// Nobody answers: three times, and no more.
	m = newMachine("eth0", []string{"_coap._udp"})
	m.take(start, []record{ptr})
	asked := 0
	for i := range 100 {
		asked += len(m.missing(start.Add(time.Duration(i) * time.Second)))
	}
	if asked != 2*maxTries {
		t.Errorf("asked %d times", asked)
	}
}

// Addresses of one family are told when there was time for those of the other.
func TestAddressesOfTheOtherFamily(t *testing.T) {
	ptr, srv, txt, a, aaaa := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp"})
	m.take(start, []record{ptr, srv, txt, aaaa})
	if found, _ := m.settle(start); len(found) != 0 {
		t.Errorf("found at once: %v", found)
	}
	if found, _ := m.settle(start.Add(patience)); len(found) != 1 || len(found[0].Addresses) != 1 {
		t.Errorf("found %v", found)
	}
	m.take(start.Add(patience), []record{a})
	if found, _ := m.settle(start.Add(patience)); len(found) != 1 || !found[0].equal(wantLamp) {
		t.Errorf("found %v", found)
	}
}

func TestGoodbye(t *testing.T) {
	ptr, srv, txt, a, aaaa := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp"})
	m.take(start, []record{ptr, srv, txt, a, aaaa})
	m.settle(start)
	bye, _, _, _, _ := lamp(0)
	m.take(start, []record{bye})
	if _, gone := m.settle(start); len(gone) != 0 {
		t.Error("gone at once; another may correct it within a second (RFC 6762 §10.1)")
	}
	m.take(start.Add(lastWord/2), []record{ptr})
	if _, gone := m.settle(start.Add(lastWord)); len(gone) != 0 {
		t.Error("gone though it was said to be there")
	}
	m.take(start, []record{bye})
	_, gone := m.settle(start.Add(lastWord))
	if len(gone) != 1 || !gone[0].equal(wantLamp) || len(m.heard) != 0 {
		t.Errorf("gone %+v", gone)
	}
	if found, gone := m.settle(start.Add(lastWord)); len(found)+len(gone) != 0 {
		t.Errorf("told again: %v %v", found, gone)
	}
	// It comes back, and its time runs out.
	m.take(start, []record{ptr, srv, txt, a, aaaa})
	if found, _ := m.settle(start); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	if _, gone := m.settle(start.Add(2 * time.Minute)); len(gone) != 1 {
		t.Errorf("gone %v", gone)
	}
	m.take(start, []record{bye})
	if len(m.heard) != 0 {
		t.Error("a goodbye is taken for a device")
	}
}

// A new address with the cache-flush bit replaces those that did not come with it.
func TestAddressChanges(t *testing.T) {
	ptr, srv, txt, a, aaaa := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp"})
	m.take(start, []record{ptr, srv, txt, a, aaaa})
	m.settle(start)
	later := start.Add(10 * time.Second)
	a.addr = netip.MustParseAddr("192.0.2.2")
	other := a
	other.addr = netip.MustParseAddr("192.0.2.3")
	m.take(later, []record{a, other})
	m.settle(later)
	found, _ := m.settle(later.Add(lastWord))
	want := []netip.Addr{a.addr, other.addr, netip.MustParseAddr("fe80::1%eth0")}
	if len(found) != 1 || !slices.Equal(found[0].Addresses, want) {
		t.Errorf("found %+v", found)
	}
}

func TestKnownAnswers(t *testing.T) {
	ptr, srv, txt, a, aaaa := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp", "_coap._tcp"})
	if ask, known := m.browse(start); len(ask) != 2 || len(known) != 0 {
		t.Errorf("%v, %v", ask, known)
	}
	m.take(start, []record{ptr, srv, txt, a, aaaa})
	m.settle(start)
	if _, known := m.browse(start.Add(10 * time.Second)); len(known) != 1 || known[0].ttl != 110 || known[0].target.key() != ptr.target.key() {
		t.Errorf("known %v", known)
	}
	if _, known := m.browse(start.Add(61 * time.Second)); len(known) != 0 {
		t.Errorf("known though half its time is over (RFC 6762 §7.1): %v", known)
	}
}

// Nonsense, and more than there can be, is left alone.
func TestHostileRecords(t *testing.T) {
	m := newMachine("eth0", []string{"_coap._udp"})
	var records []record
	for i := range 3 * maxHosts {
		n := append(name{fmt.Sprint(i)}, coapUDP...)
		records = append(records,
			record{name: coapUDP, kind: kindPTR, ttl: 100, target: n},
			record{name: n, kind: kindSRV, ttl: 100, target: name{fmt.Sprint(i)}, port: 1},
			record{name: name{fmt.Sprint(i)}, kind: kindA, ttl: 100, addr: netip.MustParseAddr("192.0.2.1")})
	}
	for i := range 3 * maxAddresses {
		records = append(records, record{name: name{"0"}, kind: kindA, ttl: 100, addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
	}
	records = append(records, record{name: name{"1"}, kind: kindA, ttl: 100, addr: Group4}, record{name: coapUDP, kind: kindPTR, ttl: 1, target: coapUDP},
		record{name: coapUDP, kind: kindPTR, ttl: 1, target: name{"a", "_http", "_tcp", "local"}})
	m.take(start, records)
	m.settle(start)
	m.missing(start.Add(time.Minute))
	if len(m.heard) != maxInstances || len(m.hosts) != maxHosts || len(m.hosts[name{"0"}.key()].addresses) != maxAddresses {
		t.Errorf("%d instances, %d hosts, %d addresses", len(m.heard), len(m.hosts), len(m.hosts[name{"0"}.key()].addresses))
	}
}

func TestServiceNames(t *testing.T) {
	for text, want := range map[string]bool{
		"_coap._udp": true, "_core-rd-dtls._udp": true, "_coap._tcp": true, "_coap": false, "coap._udp": false, "_._udp": false,
		"_coap._sctp": false, "_a._sub._coap._udp": false, "": false,
	} {
		if validService(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// What is no address of a host on the link is not asked: this host itself, a group, all hosts. One of IPv4 in IPv6 is of IPv4.
func TestAddressesOfNoHost(t *testing.T) {
	ptr, srv, txt, _, aaaa := lamp(120)
	m := newMachine("eth0", []string{"_coap._udp"})
	records := []record{ptr, srv, txt, aaaa}
	for _, text := range []string{"127.0.0.1", "::1", "0.0.0.0", "255.255.255.255", "224.0.1.187", "::ffff:127.0.0.1", "::ffff:224.0.1.187", "::ffff:192.0.2.1"} {
		r := aaaa
		if r.addr = netip.MustParseAddr(text); r.addr.Is4() {
			r.kind = kindA
		}
		records = append(records, r)
	}
	m.take(start, records)
	if found, _ := m.settle(start.Add(patience)); len(found) != 1 || !found[0].equal(wantLamp) {
		t.Errorf("found %+v", found)
	}
}

package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/discovery/dnssd"
	"coapscope/protocol"
)

var eth0 = Interface{
	Net:       net.Interface{Index: 7, Name: "eth0", Flags: net.FlagUp | net.FlagMulticast},
	Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("fe80::9%eth0")},
}

// advert gives an instance of a service.
func advert(service, name, host string, port uint16, addresses ...string) dnssd.Found {
	i := dnssd.Instance{Service: service, Name: name, Host: host, Port: port}
	for _, a := range addresses {
		i.Addresses = append(i.Addresses, netip.MustParseAddr(a))
	}
	return dnssd.Found{Instance: i}
}

// answering answers for some endpoints; all others are silent.
func answering(endpoints ...string) *fake {
	return &fake{ask: func(to netip.AddrPort, _ protocol.Message) (protocol.Message, error) {
		if slices.Contains(endpoints, to.String()) {
			return links(`</t>;rt="a"`), nil
		}
		return protocol.Message{}, errors.New("no answer")
	}}
}

// browsed runs a search by DNS-SD alone that hears of these, and gives what is known then.
func browsed(t *testing.T, known *Devices, asker Asker, events ...dnssd.Event) (told []Event, err error) {
	t.Helper()
	f := &Finder{
		Asker: asker,
		Browse: func(_ context.Context, by net.Interface, groups []netip.Addr, services []string, tell func(dnssd.Event)) error {
			if by.Index != 7 || !slices.Equal(groups, []netip.Addr{dnssd.Group4, dnssd.Group6}) || !slices.Equal(services, Services()) {
				t.Errorf("browse by %v, %v, %v", by, groups, services)
			}
			refused := 0
			for _, e := range events {
				if _, is := e.(dnssd.Refused); is {
					refused++
				}
				tell(e)
			}
			if refused == 2 {
				return errors.New("no group could be asked")
			}
			return nil
		},
	}
	plan, perr := Search{By: []Interface{eth0}, NoGroups: true, Services: Services()}.Plan()
	if perr != nil {
		t.Fatal(perr)
	}
	_, err = f.Run(t.Context(), plan, func(e Event) {
		told = append(told, e)
		switch e := e.(type) {
		case Advertised:
			known.Advertise(e.Device)
		case Withdrawn:
			known.Withdrawn(e.Device)
		case Found:
			known.Add(e.Device)
		}
	})
	return told, err
}

func TestAdvertisedDeviceIsAsked(t *testing.T) {
	var known Devices
	asker := answering("[fe80::1%eth0]:5683")
	_, err := browsed(t, &known, asker,
		advert("_coap._tcp", "Lamp", "lamp.local", 5683, "192.0.2.1", "fe80::1%eth0"), // it cannot be asked
		advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1", "fe80::1%eth0"), // of which only the second answers
		advert("_coaps._udp", "Lamp", "lamp.local", 5684, "192.0.2.1", "fe80::1%eth0"),
		advert("_coaps._udp", "Vault", "vault.local", 5684, "192.0.2.2"))
	if err != nil {
		t.Fatal(err)
	}
	all := known.All()
	if len(all) != 2 {
		t.Fatalf("%d devices: %+v", len(all), all)
	}
	lamp, vault := all[0], all[1]
	if lamp.Name != "Lamp" || lamp.Endpoint.String() != "[fe80::1%eth0]:5683" || len(lamp.Also) != 1 || lamp.Also[0].String() != "192.0.2.1:5683" ||
		len(lamp.Links) != 1 || lamp.Problem != nil || len(lamp.Adverts) != 3 {
		t.Errorf("the lamp is %+v", lamp)
	}
	var unspoken *UnspokenError
	if vault.Name != "Vault" || vault.Endpoint.String() != "192.0.2.2:5684" || !errors.As(vault.Problem, &unspoken) || vault.Problem.Error() != "CoAP over DTLS is not spoken here: _coaps._udp" {
		t.Errorf("the vault is %+v", vault)
	}
	if slices.ContainsFunc(asker.asked, func(a string) bool { return strings.Contains(a, ":5684") }) || len(asker.asked) != 2 {
		t.Errorf("asked %q", asker.asked)
	}

	// Between runs the adverts stay, and with them the names.
	data, err := json.Marshal(&known)
	if err != nil {
		t.Fatal(err)
	}
	var next Devices
	if err := json.Unmarshal(data, &next); err != nil {
		t.Fatal(err)
	}
	again := next.All()
	if len(again) != 2 || again[0].Name != "Lamp" || again[1].Name != "Vault" || !errors.As(again[1].Problem, &unspoken) || again[1].Presence() != Remembered {
		t.Errorf("kept are %+v", again)
	}
}

func TestAdvertisedDeviceIsSilent(t *testing.T) {
	var known Devices
	told, err := browsed(t, &known, answering(), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1", "192.0.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	failed, is := told[len(told)-1].(Failed)
	if !is || failed.Endpoint.String() != "192.0.2.1:5683" || !strings.Contains(failed.Err.Error(), "Lamp says by DNS-SD that it is there") {
		t.Errorf("told %+v", told)
	}
	if d := known.All()[0]; d.Name != "Lamp" || d.Endpoint.String() != "192.0.2.1:5683" || !d.First.IsZero() {
		t.Errorf("it is %+v", d)
	}
}

// A device that multicast has found under two addresses is one, as soon as it says so; and the user's name stays.
func TestAdvertJoins(t *testing.T) {
	var known Devices
	other := netip.MustParseAddrPort("192.0.2.7:5683")
	for _, at := range []string{"192.0.2.1:5683", "192.0.2.7:5683", "[fe80::1%eth0]:5683"} {
		known.Add(Device{Endpoint: netip.MustParseAddrPort(at), Seen: time.Unix(1, 0)})
	}
	known.Rename(netip.MustParseAddrPort("[fe80::1%eth0]:5683"), "mine")
	if _, err := browsed(t, &known, answering(), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1", "fe80::1%eth0")); err != nil {
		t.Fatal(err)
	}
	all := known.All()
	if len(all) != 2 || all[0].Endpoint.String() != "192.0.2.1:5683" || all[0].Name != "mine" || len(all[0].Also) != 1 || all[1].Endpoint != other {
		t.Fatalf("known %+v", all)
	}
	if d, ok := known.Get(netip.MustParseAddrPort("[fe80::1%eth0]:5683")); !ok || d.Name != "mine" {
		t.Errorf("by its other address it is %+v", d)
	}

	// It says that it is at another address: it has moved.
	if _, err := browsed(t, &known, answering(), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.44")); err != nil {
		t.Fatal(err)
	}
	want := []Moved{{From: netip.MustParseAddrPort("192.0.2.1:5683"), To: netip.MustParseAddrPort("192.0.2.44:5683")}}
	if moves := known.Moves(); !slices.Equal(moves, want) || len(known.Moves()) != 0 {
		t.Errorf("moves %v", moves)
	}
	if all = known.All(); len(all) != 2 || all[0].Endpoint != want[0].To || all[0].Name != "mine" || len(all[0].Also) != 0 {
		t.Errorf("after the move %+v", all)
	}
	if _, ok := known.Get(want[0].From); ok {
		t.Error("it is at the old address too")
	}

	// It says goodbye.
	bye := advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.44").Instance
	if _, err := browsed(t, &known, answering(), dnssd.Gone{Instance: bye}); err != nil {
		t.Fatal(err)
	}
	if d := known.All()[0]; d.Presence() != Lost || d.Name != "mine" {
		t.Errorf("after goodbye it is %v, %+v", d.Presence(), d)
	}
}

// What DNS-SD alone knows of is missed by DNS-SD, and not by groups that it need not be in.
func TestAdvertisedDeviceIsMissed(t *testing.T) {
	var known Devices
	if _, err := browsed(t, &known, answering("192.0.2.1:5683"), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort("192.0.2.1:5683")
	groups, err := Search{By: []Interface{eth0}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	known.Swept(groups, later)
	if d, _ := known.Get(at); d.Presence() != Online {
		t.Errorf("missed by a group: %v", d.Presence())
	}
	both, err := Search{By: []Interface{eth0}, Services: Services()}.Plan()
	if err != nil || len(both.Asks) != 2 || len(both.Browses) != 2 || both.Datagrams() != 2*3+2*3 || both.Scope() != ScopeLink || both.Question() != "" {
		t.Fatalf("plan %+v, %v", both, err)
	}
	for _, want := range []Presence{Late, Late, Lost} {
		known.Swept(both, later)
		if d, _ := known.Get(at); d.Presence() != want {
			t.Errorf("missed by DNS-SD: %v, want %v", d.Presence(), want)
		}
	}
	if _, err := browsed(t, &known, answering(), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	if d, _ := known.Get(at); d.Presence() != Online {
		t.Errorf("back, and %v", d.Presence())
	}
}

func TestBrowseIsRefused(t *testing.T) {
	var known Devices
	told, err := browsed(t, &known, answering(),
		dnssd.Refused{Group: dnssd.Group4, Err: errors.New("no route")}, dnssd.Refused{Group: dnssd.Group6, Err: errors.New("no route")})
	if err == nil || !strings.Contains(err.Error(), "no route") || len(told) != 2 {
		t.Fatalf("%v, told %+v", err, told)
	}
	if r := told[0].(Refused); r.Ask.To.String() != "224.0.0.251:5353" || r.Ask.By.Name != "eth0" {
		t.Errorf("told %+v", r)
	}
	for want, s := range map[string]Search{
		"nothing is chosen": {By: []Interface{eth0}, NoGroups: true},
		"none of the interfaces chosen leads to a link": {
			By: []Interface{{Net: net.Interface{Name: "lo"}, Loopback: true, Addresses: eth0.Addresses}}, NoGroups: true, Services: Services(),
		},
	} {
		if _, err := s.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Of a device with addresses of both families one may change alone: what it does not say any more is not where it is.
func TestAdvertMovesOneAddress(t *testing.T) {
	var known Devices
	at := func(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
	first := advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.1", "2001:db8::1", "fe80::1%eth0")
	if _, err := browsed(t, &known, answering("192.0.2.1:5683"), first); err != nil {
		t.Fatal(err)
	}
	// Addresses that join change nothing, nor do those that leave while its first one stays.
	for _, addresses := range [][]string{{"192.0.2.1"}, {"192.0.2.1", "2001:db8::2"}, {"2001:db8::1"}} {
		known.Advertise((&Finder{}).advertised(advert("_coap._udp", "Lamp", "lamp.local", 5683, addresses...).Instance, "eth0"))
		if d := known.All()[0]; d.Endpoint != at("192.0.2.1:5683") || known.Moves() != nil {
			t.Fatalf("announced at %v it is %+v", addresses, d)
		}
	}
	if _, err := browsed(t, &known, answering("192.0.2.50:5683"), advert("_coap._udp", "Lamp", "lamp.local", 5683, "192.0.2.50", "2001:db8::1", "fe80::1%eth0")); err != nil {
		t.Fatal(err)
	}
	all := known.All()
	if len(all) != 1 || all[0].Endpoint != at("192.0.2.50:5683") || slices.Contains(all[0].Also, at("192.0.2.1:5683")) || !slices.Contains(all[0].Also, at("[fe80::1%eth0]:5683")) {
		t.Fatalf("it is %+v", all)
	}
	if moves := known.Moves(); !slices.Equal(moves, []Moved{{at("192.0.2.1:5683"), at("192.0.2.50:5683")}}) {
		t.Errorf("moves %v", moves)
	}
	if _, ok := known.Get(at("192.0.2.1:5683")); ok {
		t.Error("it is at the old address too")
	}
}

// Two services of a host behind two ports are two devices to ask, and no move from one to the other.
func TestAdvertOfAnotherService(t *testing.T) {
	var known Devices
	at := netip.MustParseAddrPort("192.0.2.1:5683")
	for range 2 {
		if _, err := browsed(t, &known, answering("192.0.2.1:5683", "192.0.2.1:5690"),
			advert("_coap._udp", "Hub", "hub.local", 5683, "192.0.2.1"), advert("_core-rd._udp", "Hub", "hub.local", 5690, "192.0.2.1")); err != nil {
			t.Fatal(err)
		}
	}
	rd := netip.AddrPortFrom(at.Addr(), 5690)
	if all, moves := known.All(), known.Moves(); len(all) != 2 || all[0].Endpoint != at || all[1].Endpoint != rd || all[1].Name != "Hub" || len(all[0].Also)+len(all[1].Also)+len(moves) != 0 {
		t.Errorf("moves %v, known %+v", moves, all)
	}
}

// Whoever announces ever new names and addresses does not fill the memory with them.
func TestAdvertsAreBounded(t *testing.T) {
	var known Devices
	f := &Finder{}
	for i := range 500 {
		name, address := fmt.Sprintf("Lamp %d", i), fmt.Sprintf("2001:db8::%x", i+1)
		known.Advertise(f.advertised(advert("_coap._udp", name, "lamp.local", 5683, "192.0.2.1", address).Instance, "eth0"))
	}
	all := known.All()
	if len(all) != 1 || len(all[0].Adverts) > 100 || len(all[0].Also) > 100 {
		t.Fatalf("%d devices, the first with %d adverts and %d addresses", len(all), len(all[0].Adverts), len(all[0].Also))
	}
	d := all[0]
	if newest := netip.MustParseAddrPort("[2001:db8::1f4]:5683"); !slices.Contains(d.Also, newest) || d.Adverts[len(d.Adverts)-1].Name != "Lamp 499" {
		t.Errorf("the newest is not there: %v, %v", d.Also, d.Adverts)
	}
	for i := range 500 { // and by no other address the device is known
		at := netip.MustParseAddrPort(fmt.Sprintf("[2001:db8::%x]:5683", i+1))
		if _, ok := known.Get(at); ok != slices.Contains(d.Also, at) {
			t.Fatalf("%v is known: %t", at, ok)
		}
	}
}

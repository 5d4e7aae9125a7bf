package view

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/discovery/dnssd"
	"coapscope/protocol"
	"coapscope/session"
)

// A device that answered, but could not be read, is not silently left out at the end of a search.
func TestScanTellsWhatFailed(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	w.scanned(discovery.Found{})
	w.scanned(discovery.Failed{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683"), Err: errors.New("the rest of the links of 192.0.2.1: no answer")})
	w.Pull()
	w.scanEnded(discovery.Outcome{}, nil, false)
	if !strings.Contains(w.Message, "1 device answered") || !strings.Contains(w.Message, "192.0.2.1: no answer") || w.MessageConcept != Warning {
		t.Errorf("said is %q", w.Message)
	}
	w.scanEnded(discovery.Outcome{}, nil, true)
	if w.MessageConcept != Good {
		t.Errorf("said of a cancelled search is %q", w.Message)
	}
	// What a later round has made good is not told in the end.
	w.scanned(discovery.Found{Device: discovery.Device{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683")}})
	w.Pull()
	w.scanEnded(discovery.Outcome{}, nil, false)
	if w.MessageConcept != Good {
		t.Errorf("said after a good round is %q", w.Message)
	}
}

// All that a search tells is said, as it goes and in the end.
func TestScanLines(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	eth0 := discovery.Interface{Net: net.Interface{Index: 7, Name: "eth0"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("fe80::9%eth0")}}
	plan, err := discovery.Search{By: []discovery.Interface{eth0}, Services: discovery.Services()}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	w.Scan = Scan{Running: true, Plan: plan, Until: now.Add(4 * time.Second), began: now, ByRound: make([]int, 4)}
	at := netip.MustParseAddrPort("192.0.2.1:5683")
	lamp := discovery.Advert{Service: "_coap._udp", Name: "Lamp", Host: "lamp.local", Port: 5683, Interface: "eth0"}
	for _, e := range []discovery.Event{
		discovery.Round{N: 1, Of: 3},
		discovery.Found{Device: discovery.Device{Endpoint: at, Seen: now}, Round: 1},
		discovery.Advertised{Device: discovery.Device{Endpoint: at, Adverts: []discovery.Advert{lamp}, Seen: now}}, // the same
		discovery.Advertised{Device: discovery.Device{Endpoint: netip.MustParseAddrPort("192.0.2.2:5684"), Adverts: []discovery.Advert{{Service: "_coaps._udp", Name: "Vault"}}}},
		discovery.Round{N: 2, Of: 3},
		discovery.Refused{Ask: plan.Asks[1], Err: errors.New("no route to host")},
	} {
		w.scanned(e)
	}
	w.Pull()
	says := func() string {
		var b strings.Builder
		for _, l := range w.ScanLines(now) {
			fmt.Fprintln(&b, l.Concept, l.Text)
		}
		return b.String()
	}
	want := `accent Searching on eth0, 4.0 s left
plain Round 1 of 3: 1 new device
plain Round 2 of 3: no new device
plain DNS-SD: 1 device more
error ✖ [ff02::fd]:5683 by eth0: no route to host
`
	if got := says(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := w.Scan.progress(); got != "round 2 of 3, 2 found" || w.Devices.Name(at) != "Lamp" {
		t.Errorf("in short %q; it is called %q", got, w.Devices.Name(at))
	}
	if tip := w.Devices.Tip(rowID(at, ""), time.Now()); !strings.Contains(tip, "DNS-SD: _coap._udp Lamp at lamp.local port 5683") {
		t.Errorf("the tip is %q", tip)
	}
	w.scanEnded(discovery.Outcome{Answers: 2, Group: 3, Leisure: 2345 * time.Millisecond, Size: 150}, nil, false)
	if got := says(); !strings.Contains(got, "plain The last search on eth0: 2 devices\n") || !strings.Contains(got, "dim Estimated: 3 devices answer groups, a leisure of 2.35 s, 150 B an answer (RFC 7252 §8.2)") {
		t.Errorf("in the end\n%s", got)
	}

	// One that says goodbye is lost.
	w.scanned(discovery.Withdrawn{Device: discovery.Device{Endpoint: at, Adverts: []discovery.Advert{lamp}}})
	w.Pull()
	if d, _ := w.known.Get(at); d.Presence() != discovery.Lost || w.Message != "Lamp says by DNS-SD that it is not there any more" {
		t.Errorf("it is %v, %q", d.Presence(), w.Message)
	}
}

// An observation that was lost, and waits to be tried again, goes on at once where the device is found.
func TestLostObservationMoves(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	from, to := netip.MustParseAddrPort("127.0.0.77:5683"), netip.MustParseAddrPort("127.0.0.78:5683")
	w.known.Add(discovery.Device{Endpoint: from, EndpointName: "node", Seen: time.Now()})
	var items []*Watched
	for _, path := range []string{"/lost", "/ended"} {
		r := session.Request{To: from, Message: protocol.Message{Code: protocol.GET}}
		r.Message.Options = r.Message.Options.Add(protocol.URIPath, []byte(path[1:]))
		o := w.newWatched(r, path)
		o.take(session.ObservationEnd{Err: errors.New("no answer")})
		w.watch.add(o)
		items = append(items, o)
	}
	items[0].retryAt = time.Now().Add(time.Hour)
	w.known.Add(discovery.Device{Endpoint: to, EndpointName: "node", Seen: time.Now()})
	w.Pull()
	if a, b := w.watch.Item(0), w.watch.Item(1); a.To != to || a.State() == WatchEnded || b != items[1] || !strings.HasSuffix(w.Message, "has moved to 127.0.0.78, where 1 observation goes on") {
		t.Errorf("%v %v, %v; %q", a.To, a.State(), b.To, w.Message)
	}
}

// What searches and reads when the window is closed ends with it.
func TestCloseEndsSearches(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	begun, ended := make(chan struct{}), make(chan struct{})
	w.finder.Browse = func(ctx context.Context, _ net.Interface, _ []netip.Addr, _ []string, _ func(dnssd.Event)) error {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil
	}
	eth0 := discovery.Interface{Net: net.Interface{Index: 7, Name: "eth0"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.9")}}
	w.propose(discovery.Search{By: []discovery.Interface{eth0}, NoGroups: true, Services: discovery.Services()}.Plan())
	<-begun
	reading, cancel := context.WithCancel(t.Context())
	w.Reading = Reading{Running: true, cancel: cancel}
	w.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the search goes on")
	}
	if reading.Err() == nil {
		t.Error("the reading goes on")
	}
}

// Who a device is among all that are known is found out where the search runs: of thousands that takes its time.
func TestScanRecognizesElsewhere(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	at := netip.MustParseAddrPort("192.0.2.1:5683")
	lamp := discovery.Device{Endpoint: at, Adverts: []discovery.Advert{{Service: "_coap._udp", Name: "Lamp", Port: 5683}}}
	known := func(want bool, presence discovery.Presence) {
		t.Helper()
		if d, ok := w.known.Get(at); ok != want || d.Presence() != presence {
			t.Errorf("before the window looks it is %+v", d)
		}
	}
	w.scanned(discovery.Advertised{Device: lamp})
	known(true, discovery.Online)
	w.scanned(discovery.Withdrawn{Device: lamp})
	known(true, discovery.Lost)
	w.scanned(discovery.Found{Device: discovery.Device{Endpoint: at}, Round: 1})
	known(true, discovery.Online)
	if w.Scan.Found != 0 {
		t.Error("it is counted there")
	}
	if w.Pull(); w.Scan.Found != 1 || !strings.Contains(w.Message, "Lamp says by DNS-SD that it is not there any more") {
		t.Errorf("%d found, said is %q", w.Scan.Found, w.Message)
	}
}

// A device that answers a search is there, also where the rest of its links cannot be had.
func TestScanSeesWhoAnswered(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	eth0 := discovery.Interface{Net: net.Interface{Index: 7, Name: "eth0"}, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.9")}}
	plan, err := discovery.Search{By: []discovery.Interface{eth0}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	at, silent := netip.MustParseAddrPort("192.0.2.1:5683"), netip.MustParseAddrPort("192.0.2.2:5683")
	for _, e := range []netip.AddrPort{at, silent} {
		w.known.Add(discovery.Device{Endpoint: e, Interface: "eth0", Seen: time.Unix(1, 0)})
	}
	w.Scan = Scan{Running: true, Plan: plan, began: time.Now()}
	w.scanned(discovery.Answered{Endpoint: at})
	w.scanned(discovery.Failed{Endpoint: at, Err: errors.New("the rest of the links")})
	w.Pull()
	w.scanEnded(discovery.Outcome{}, nil, false)
	for e, want := range map[netip.AddrPort]discovery.Presence{at: discovery.Online, silent: discovery.Late} {
		if d, _ := w.known.Get(e); d.Presence() != want {
			t.Errorf("%v is %v, want %v", e, d.Presence(), want)
		}
	}
}

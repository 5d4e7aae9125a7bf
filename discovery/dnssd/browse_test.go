package dnssd

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

func loopback(t *testing.T) net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i
		}
	}
	t.Skip("there is no loopback")
	return net.Interface{}
}

// A search that is cancelled is over at once, and leaves nothing behind.
func TestBrowseIsCancelled(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- Browse(ctx, loopback(t), []netip.Addr{Group4, Group6}, []string{"_coap._udp"}, func(Event) {})
		}()
		cancel()
		select {
		case <-done: // perhaps that the group cannot be asked by loopback
		case <-time.After(Duration):
			t.Fatal("it goes on")
		}
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, and %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

func TestBrowseWhatCannotBe(t *testing.T) {
	err := Browse(t.Context(), loopback(t), []netip.Addr{Group4}, []string{"coap"}, func(Event) {})
	if err == nil || !strings.Contains(err.Error(), `"coap" is no service`) {
		t.Errorf("got %v", err)
	}
	refused := 0
	err = Browse(t.Context(), net.Interface{Index: 1 << 20, Name: "none"}, []netip.Addr{Group4, Group6}, []string{"_coap._udp"}, func(e Event) {
		if r, is := e.(Refused); is && r.Err != nil {
			refused++
		}
	})
	if err == nil || refused != 2 {
		t.Errorf("by no interface: %v, refused %d times", err, refused)
	}
}

// What comes from elsewhere, or by another interface, does not say what is on the link.
func TestOnlyTheLinkSays(t *testing.T) {
	s := &socket{group: Group4, by: net.Interface{Index: 3}, near: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("fe80::/64")}}
	me := netip.MustParseAddr("192.0.2.9")
	for _, c := range []struct {
		what, from string
		by         int
		to         netip.Addr
		want       bool
	}{
		{"to the group", "198.51.100.1:5353", 3, Group4, true},
		{"by unicast, of the link", "192.0.2.1:5353", 3, me, true},
		{"by unicast, from afar", "198.51.100.1:5353", 3, me, false},
		{"from another port", "192.0.2.1:5354", 3, Group4, false},
		{"by another interface", "192.0.2.1:5353", 4, Group4, false},
		{"from a system that says no more", "192.0.2.1:5353", 0, netip.Addr{}, true},
		{"of the link, with a zone", "[fe80::1%eth0]:5353", 3, me, true},
	} {
		if got := s.local(netip.MustParseAddrPort(c.from), c.by, c.to); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

package transport_test

import (
	"net/netip"
	"testing"

	"coapscope/session/transport"
)

func TestICMPErrorsInWords(t *testing.T) {
	router := netip.MustParseAddr("192.0.2.1")
	for _, c := range []struct {
		e      transport.ICMPError
		want   string
		tooBig bool
	}{
		{transport.ICMPError{Type: 3, Code: 3, From: router}, "port unreachable: ICMP type 3 code 3 from 192.0.2.1", false},
		{transport.ICMPError{Type: 3, Code: 1, From: router}, "host unreachable: ICMP type 3 code 1 from 192.0.2.1", false},
		{transport.ICMPError{Type: 3, Code: 13}, "administratively prohibited: ICMP type 3 code 13", false},
		{transport.ICMPError{Type: 3, Code: 4, MTU: 1280, From: router}, "packet too big for 1280 bytes: ICMP type 3 code 4 from 192.0.2.1", true},
		{transport.ICMPError{Type: 2, MTU: 1280, IPv6: true}, "packet too big for 1280 bytes: ICMPv6 type 2 code 0", true},
		{transport.ICMPError{Type: 1, Code: 4, IPv6: true}, "port unreachable: ICMPv6 type 1 code 4", false},
		{transport.ICMPError{Type: 3, Code: 0, IPv6: true}, "hop limit exceeded in transit: ICMPv6 type 3 code 0", false},
		{transport.ICMPError{Type: 77, Code: 1}, "not delivered: ICMP type 77 code 1", false},
	} {
		if got := c.e.Error(); got != c.want || c.e.TooBig() != c.tooBig {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestICMPErrorsByWhatToDo(t *testing.T) {
	for _, c := range []struct {
		ipv6       bool
		kind, code uint8
		port, wall bool
	}{
		{false, 3, 3, true, false},
		{false, 3, 1, false, false},
		{false, 3, 9, false, true},
		{false, 3, 10, false, true},
		{false, 3, 13, false, true},
		{false, 1, 4, false, false},
		{false, 11, 3, false, false},
		{true, 1, 4, true, false},
		{true, 1, 1, false, true},
		{true, 1, 5, false, true},
		{true, 1, 6, false, true},
		{true, 1, 3, false, false},
		{true, 3, 3, false, false},
	} {
		e := transport.ICMPError{IPv6: c.ipv6, Type: c.kind, Code: c.code}
		if e.PortUnreachable() != c.port || e.Prohibited() != c.wall {
			t.Errorf("%v: port %v, prohibited %v", &e, e.PortUnreachable(), e.Prohibited())
		}
	}
}

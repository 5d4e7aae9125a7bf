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

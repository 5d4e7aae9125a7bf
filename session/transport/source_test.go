package transport

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// The source in the log is where answers go to, so that they are found to belong together.
func TestSourceOfAGroupRequestHasItsScopeAndZone(t *testing.T) {
	var addrs []net.Addr
	for _, s := range []string{"192.0.2.7/24", "2001:db8::7/64", "fe80::7/64", "192.0.2.8/24"} {
		ip, network, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, &net.IPNet{IP: ip, Mask: network.Mask})
	}
	for _, c := range []struct {
		group string
		addrs []net.Addr
		want  string
	}{
		{"224.0.1.187", addrs, "192.0.2.7"},
		{"ff02::fd%eth0", addrs, "fe80::7%eth0"},
		{"ff05::fd", addrs, "2001:db8::7"},
		{"ff05::fd", addrs[2:], "fe80::7%eth0"},
		{"ff02::fd%eth0", addrs[:2], "2001:db8::7"},
		{"ff02::fd%eth0", nil, "::"},
		{"224.0.1.187", nil, "0.0.0.0"},
	} {
		if got := sourceFor(netip.MustParseAddr(c.group), c.addrs, "eth0"); got.String() != c.want {
			t.Errorf("to %s of %v: got %s, want %s", c.group, c.addrs, got, c.want)
		}
	}
}

func TestLinkLocalAddressNeedsItsInterface(t *testing.T) {
	u := &UDP{six: new(socket)}
	_, err := u.socketFor(netip.MustParseAddr("fe80::1"))
	if err == nil || !strings.Contains(err.Error(), "[fe80::1%eth0]") {
		t.Errorf("got %v, want what to write", err)
	}
	if _, err := u.socketFor(netip.MustParseAddr("fe80::1%lo")); err != nil {
		t.Error(err)
	}
}

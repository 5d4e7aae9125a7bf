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

func TestBroadcastAddresses(t *testing.T) {
	for _, c := range []struct {
		prefix, addr string
		want         bool
	}{
		{"192.0.2.7/24", "192.0.2.255", true},
		{"192.0.2.7/24", "192.0.2.254", false},
		{"192.0.2.7/24", "192.0.3.255", false},
		{"10.1.2.3/20", "10.1.15.255", true},
		{"10.1.2.3/20", "10.1.2.255", false},
		{"192.0.2.6/30", "192.0.2.7", true},
		{"192.0.2.6/31", "192.0.2.7", false},
		{"192.0.2.7/32", "192.0.2.7", false},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"2001:db8::1/64", "192.0.2.255", false},
	} {
		if got := isBroadcastOf(netip.MustParsePrefix(c.prefix), netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s in %s: got %v", c.addr, c.prefix, got)
		}
	}
	for addr, want := range map[string]bool{
		"255.255.255.255": true, "::ffff:255.255.255.255": true, "127.0.0.1": false, "ff02::1": false, "224.0.1.187": false,
	} {
		if got := IsBroadcast(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: got %v", addr, got)
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		prefix := netip.MustParsePrefix(a.String())
		if addr := prefix.Addr(); addr.Is4() && prefix.Bits() <= 30 {
			b := addr.As4()
			for bit := prefix.Bits(); bit < 32; bit++ {
				b[bit/8] |= 0x80 >> (bit % 8)
			}
			if !IsBroadcast(netip.AddrFrom4(b)) {
				t.Errorf("%v of %s is not found", b, prefix)
			}
		}
	}
}

package discovery

import (
	"fmt"
	"net"
	"net/netip"
)

// Interface is a network interface by which devices can be looked for.
type Interface struct {
	Net       net.Interface
	Loopback  bool
	Addresses []netip.Addr // its unicast addresses, link-local ones with their zone
}

// Interfaces gives the interfaces that are up, have an address and can send multicast, in the order of the
// system. Loopback is among them though it may not call itself able to: the lab is there.
func Interfaces() ([]Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var usable []Interface
	for _, i := range all {
		loopback := i.Flags&net.FlagLoopback != 0
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagMulticast == 0 && !loopback {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue // it has vanished since
		}
		u := Interface{Net: i, Loopback: loopback}
		for _, a := range addresses {
			if prefix, ok := a.(*net.IPNet); ok {
				if addr, ok := unicast(prefix.IP, i.Name); ok {
					u.Addresses = append(u.Addresses, addr)
				}
			}
		}
		if len(u.Addresses) > 0 {
			usable = append(usable, u)
		}
	}
	return usable, nil
}

func unicast(ip net.IP, zone string) (netip.Addr, bool) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Addr{}, false
	}
	addr = addr.Unmap()
	if addr.IsLinkLocalUnicast() && addr.Is6() {
		addr = addr.WithZone(zone)
	}
	return addr, !addr.IsMulticast() && !addr.IsUnspecified()
}

package discovery

import (
	"fmt"
	"net"
	"net/netip"

	"coapscope/protocol"
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

// Groups gives the groups of All CoAP Nodes that the interface's addresses reach (RFC 7252 §12.8):
// that of IPv4, and the link-local one of IPv6 with the interface as zone.
func (i Interface) Groups(port uint16) []netip.AddrPort {
	var v4, v6 bool
	for _, a := range i.Addresses {
		v4 = v4 || a.Is4()
		v6 = v6 || a.Is6()
	}
	var groups []netip.AddrPort
	if v4 {
		groups = append(groups, netip.AddrPortFrom(protocol.AllNodesIPv4, port))
	}
	if v6 {
		groups = append(groups, netip.AddrPortFrom(protocol.AllNodesIPv6LinkLocal.WithZone(i.Net.Name), port))
	}
	return groups
}

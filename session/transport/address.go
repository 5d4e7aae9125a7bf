package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// local is an address of this system that was looked up. Networks come and go, and it changes with them.
type local struct {
	addr  netip.AddrPort
	until time.Time // when to look again
}

// localLife is how long a look-up is good for.
const localLife = 2 * time.Second

// local gives the address from which datagrams to that endpoint leave the socket. The transport is locked.
func (u *UDP) local(s *socket, to netip.AddrPort, now time.Time) netip.AddrPort {
	if known, ok := u.locals[to.Addr()]; ok && now.Before(known.until) {
		return known.addr
	}
	if len(u.locals) >= 4096 {
		clear(u.locals) // they are only remembered to save the look-up
	}
	addr := netip.IPv4Unspecified()
	if to.Addr().Is6() {
		addr = netip.IPv6Unspecified()
	}
	// Connecting a UDP socket sends nothing; it makes the system choose the source address.
	if probe, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)); err == nil {
		addr = probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		probe.Close()
	}
	from := netip.AddrPortFrom(addr, s.port)
	u.locals[to.Addr()] = local{from, now.Add(localLife)}
	return from
}

// addressOf gives the address of the interface that a datagram by it to the group is sent from.
func addressOf(by *net.Interface, group netip.Addr) netip.Addr {
	addrs, _ := by.Addrs()
	return sourceFor(group, addrs, by.Name)
}

// sourceFor chooses the first address of the group's family; of IPv6 one of the group's scope, if there is
// one (RFC 6724 §5 rule 2). A link-local one has its zone, as in the answers that come to it.
func sourceFor(group netip.Addr, addrs []net.Addr, zone string) netip.Addr {
	four, near := group.Unmap().Is4(), group.IsLinkLocalMulticast()
	source := netip.IPv6Unspecified()
	if four {
		source = netip.IPv4Unspecified()
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().Is4() != four {
			continue
		}
		addr := prefix.Addr()
		if !four && addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(zone)
		}
		if source.IsUnspecified() || !four && source.IsLinkLocalUnicast() != near && addr.IsLinkLocalUnicast() == near {
			source = addr
		}
	}
	return source
}

// interfaceNames has the names of interfaces by index. It is replaced and never changed.
var (
	interfaceNames   atomic.Pointer[map[int]string]
	interfaceNamesMu sync.Mutex // held while replacing it
)

// interfaceName finds an interface's name once, since the system call is slow.
func interfaceName(index int) string {
	if index == 0 {
		return ""
	}
	if known := interfaceNames.Load(); known != nil {
		if name, ok := (*known)[index]; ok {
			return name
		}
	}
	interfaceNamesMu.Lock()
	defer interfaceNamesMu.Unlock()
	grown := map[int]string{}
	if known := interfaceNames.Load(); known != nil {
		for i, name := range *known {
			grown[i] = name
		}
	}
	if ifi, err := net.InterfaceByIndex(index); err == nil {
		grown[index] = ifi.Name
	} else {
		grown[index] = ""
	}
	interfaceNames.Store(&grown)
	return grown[index]
}

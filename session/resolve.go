package session

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"coapscope/protocol"
)

// ResolveAll finds the endpoints that a URI names, by DNS where its host is a name: at least one, in the
// order of preference that the system gives them by RFC 6724.
func ResolveAll(ctx context.Context, u protocol.URI) ([]netip.AddrPort, error) {
	if addr, ok := u.Addr(); ok {
		if index, err := strconv.Atoi(addr.Zone()); err == nil { // datagrams come with the zone's name
			if by, err := net.InterfaceByIndex(index); err == nil {
				addr = addr.WithZone(by.Name)
			}
		}
		return []netip.AddrPort{netip.AddrPortFrom(addr.Unmap(), u.Port)}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Host)
	if err != nil {
		return nil, fmt.Errorf("host %q: %w", u.Host, err)
	}
	endpoints := make([]netip.AddrPort, len(addrs))
	for i, addr := range addrs {
		endpoints[i] = netip.AddrPortFrom(addr.Unmap(), u.Port)
	}
	return endpoints, nil
}

// Resolve gives the first of [ResolveAll].
func Resolve(ctx context.Context, u protocol.URI) (netip.AddrPort, error) {
	endpoints, err := ResolveAll(ctx, u)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return endpoints[0], nil
}

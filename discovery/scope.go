package discovery

import (
	"fmt"
	"net/netip"
	"slices"

	"coapscope/protocol"
)

// Scope is how far a request may come: whose devices it may make answer.
type Scope uint8

// The scopes of IPv6 multicast that are asked by (RFC 4291 §2.7, RFC 7346), between hosts and networks.
const (
	ScopeHost   Scope = iota // one host, or this one
	ScopeLink                // one link: no router passes it on
	ScopeRealm               // one network of a technology, such as a mesh
	ScopeAdmin               // as far as somebody has set up
	ScopeSite                // a site
	ScopeWider               // an organization, or further
	ScopeRouted              // an IPv4 group as far as its hop limit lets it and routers know the group
)

// String names the scope.
func (s Scope) String() string {
	return [...]string{"host", "link", "realm", "admin-local", "site", "organization or further", "beyond the link"}[min(s, ScopeRouted)]
}

// Wide tells whether it may leave the link.
func (s Scope) Wide() bool { return s > ScopeLink }

// ScopeOf gives how far a request with that hop limit may come.
func ScopeOf(to netip.Addr, hopLimit int) Scope {
	to = to.Unmap()
	switch {
	case !to.IsMulticast():
		return ScopeHost
	case to.Is4() && to.IsLinkLocalMulticast(): // 224.0.0.0/24, which no router passes on (RFC 5771 §4)
		return ScopeLink
	case to.Is4() && hopLimit > linkHops:
		return ScopeRouted
	case to.Is4():
		return ScopeLink
	}
	switch scope := to.As16()[1] & 0xf; { // a hop limit of 1 does not narrow it: in a mesh a hop is not the link
	case scope <= 1:
		return ScopeHost
	case scope == 2:
		return ScopeLink
	case scope == 3:
		return ScopeRealm
	case scope == 4:
		return ScopeAdmin
	case scope == 5:
		return ScopeSite
	}
	return ScopeWider
}

// Hop limits, where none is chosen.
const (
	linkHops = 1 // a request stays on the link
	wideHops = 8 // for groups of a wider scope, whose routers bound it
)

// AllCoAPNodes are the groups that every device joins (RFC 7252 §12.8), from the narrowest on.
func AllCoAPNodes() []netip.Addr {
	return []netip.Addr{
		protocol.AllNodesIPv4, protocol.AllNodesIPv6LinkLocal, protocol.AllNodesIPv6Realm, protocol.AllNodesIPv6SiteLocal,
	}
}

// CheckGroup says why something is no group that can be asked; nil for one that can.
func CheckGroup(group netip.Addr) error {
	if !group.IsMulticast() {
		return fmt.Errorf("%s is not a multicast group; ask it as a host (RFC 7252 §8)", group)
	}
	return nil
}

// reaches tells whether the interface has an address of the group's family to ask from.
func (i Interface) reaches(group netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses, func(a netip.Addr) bool { return a.Is4() == group.Unmap().Is4() })
}

package discovery

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// maxMet bounds how many resources of a device are met: queries can be as many as one likes.
const maxMet = 256

// wellKnownCore is what every device may have, and what no device need list (RFC 6690 §4).
const wellKnownCore = "/.well-known/core"

// Meet notes that a request for a path with its query was answered with success, and tells whether that is news: a
// device that is not known is known from then on, and a resource that its links do not have joins its tree, marked. That
// of a query joins only where the path itself is not listed.
func (ds *Devices) Meet(endpoint netip.AddrPort, path string, at time.Time) bool {
	plain, _, _ := strings.Cut(path, "?")
	if !endpoint.IsValid() || endpoint.Addr().IsMulticast() || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || plain == wellKnownCore {
		return false
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	endpoint = unmap(endpoint)
	old := ds.find(endpoint)
	if old == nil {
		d := &Device{Endpoint: endpoint, Unread: true, Seen: at, First: at, Met: []string{path}}
		d.build()
		ds.insert(d)
		ds.revision++
		return true
	}
	if len(old.Met) >= maxMet || slices.Contains(old.Met, path) || old.has(path) || plain != path && old.has(plain) {
		return false
	}
	d := *old
	d.Met = append(slices.Clip(d.Met), path)
	d.build()
	ds.devices[d.Endpoint] = &d
	ds.revision++
	return true
}

// Gone notes that a resource was deleted, and tells whether that is news: one that was only met is not there any more.
// What a device lists stays until it lists it no more.
func (ds *Devices) Gone(endpoint netip.AddrPort, path string) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	old := ds.find(unmap(endpoint))
	if old == nil || !slices.Contains(old.Met, path) {
		return false
	}
	d := *old
	d.Met = slices.DeleteFunc(slices.Clone(d.Met), func(p string) bool { return p == path })
	d.build()
	ds.devices[d.Endpoint] = &d
	ds.revision++
	return true
}

// has tells whether the device is known to have a resource.
func (d *Device) has(path string) bool {
	n := d.Tree.Find(path)
	return n != nil && n.IsResource()
}

// lists tells whether a link leads to a path.
func (d *Device) lists(path string) bool {
	n := d.Tree.Find(path)
	return n != nil && len(n.Links) > 0
}

package discovery

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// maxDepth bounds the depth of a tree; what is deeper stays in one node.
const maxDepth = 64

// Tree is the resources of a device by path. It is not changed after it was made.
type Tree struct {
	// Root is the node of "/". It is always there.
	Root *Node
	// Elsewhere are the targets that are not on the device: of another authority or scheme, or no
	// URI reference at all; in order of their text.
	Elsewhere []*Node

	nodes     map[string]*Node
	resources int
}

// Node is a resource, or a segment of paths that lead to one.
type Node struct {
	// ID is the same for the same resource in every tree of a device: path and query as in a URI, such
	// as "/sensors/temp?unit=C"; for a target elsewhere, the URI.
	ID string
	// Segment is the last segment of the path for people, without percent-encoding; of a node for a
	// query, the query with its "?"; of a target elsewhere, the URI.
	Segment string
	// Links are the links to this resource, in order, those without an anchor first. A node without any
	// is only on the way to others.
	Links []linkformat.Link
	// Relations are the links that have this resource as their context by an anchor (RFC 6690 §2.3).
	Relations []linkformat.Link
	Children  []*Node // in natural order of their segments
	// Met tells of a resource that a request was answered for, and that no link leads to.
	Met bool
}

// Title gives the first title of the links, for people.
func (n *Node) Title() string {
	for _, l := range n.Links {
		if title := l.Title(); title != "" {
			return title
		}
	}
	return ""
}

// ResourceTypes gives all values of rt (RFC 6690 §3.1).
func (n *Node) ResourceTypes() []string { return collect(n, linkformat.Link.ResourceTypes) }

// Interfaces gives all values of if (RFC 6690 §3.2).
func (n *Node) Interfaces() []string { return collect(n, linkformat.Link.Interfaces) }

// ContentFormats gives all values of ct (RFC 7252 §7.2.1).
func (n *Node) ContentFormats() []uint16 { return collect(n, linkformat.Link.ContentFormats) }

// Size gives the first sz of the links, in bytes (RFC 6690 §3.3).
func (n *Node) Size() (bytes int64, ok bool) {
	for _, l := range n.Links {
		if size, ok := l.Size(); ok {
			return size, true
		}
	}
	return 0, false
}

// Observable tells whether a link says that the resource can be observed (RFC 7641 §6).
func (n *Node) Observable() bool {
	return slices.ContainsFunc(n.Links, linkformat.Link.Observable)
}

// IsResource tells whether a link leads to the node, or it was met; otherwise it is only on the way to others.
func (n *Node) IsResource() bool { return len(n.Links) > 0 || n.Met }

// collect gives the values of all links, each once.
func collect[T comparable](n *Node, values func(linkformat.Link) []T) (all []T) {
	for _, l := range n.Links {
		for _, v := range values(l) {
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all
}

// Find gives the node of that ID, or nil.
func (t *Tree) Find(id string) *Node { return t.nodes[id] }

// Count gives the number of resources on the device, those that were met included.
func (t *Tree) Count() int { return t.resources }

// NewTree makes a tree of the links that the device at the endpoint gave, and of the resources that were met there:
// paths, with their query.
func NewTree(endpoint netip.AddrPort, links linkformat.Links, met ...string) *Tree {
	root := &Node{ID: "/", Segment: "/"}
	t := &Tree{Root: root, nodes: make(map[string]*Node, len(links)+1)}
	t.nodes["/"] = root
	at := place{endpoint: endpoint, base: protocol.URI{
		Scheme: protocol.CoAP, Host: endpoint.Addr().WithZone("").String(), Port: endpoint.Port(), Path: []string{".well-known", "core"},
	}.String()}
	if endpoint.Port() == protocol.SecurePort {
		at.base = "coaps" + strings.TrimPrefix(at.base, "coap")
	}
	for _, l := range links {
		if !hasAnchor(l) {
			n := t.node(at, l.Target)
			n.Links = append(n.Links, l)
		}
	}
	for _, l := range links {
		if hasAnchor(l) {
			n, context := t.node(at, l.Target), t.node(at, l.Anchor())
			n.Links = append(n.Links, l)
			context.Relations = append(context.Relations, l)
		}
	}
	for _, path := range met {
		if n := t.node(at, path); !n.IsResource() {
			n.Met = true
		}
	}
	for _, n := range t.nodes {
		slices.SortFunc(n.Children, func(a, b *Node) int { return Natural(a.Segment, b.Segment) })
	}
	slices.SortFunc(t.Elsewhere, func(a, b *Node) int { return Natural(a.ID, b.ID) })
	for _, n := range t.nodes {
		if n.IsResource() {
			t.resources++
		}
	}
	for _, n := range t.Elsewhere {
		if n.IsResource() {
			t.resources--
		}
	}
	return t
}

func hasAnchor(l linkformat.Link) bool {
	_, ok := l.Attribute("anchor")
	return ok
}

// node gives the node that a URI reference leads to, with all nodes on the way.
func (t *Tree) node(at place, reference string) *Node {
	path, query, ok := at.local(reference)
	if !ok {
		id := at.absolute(reference)
		if n := t.nodes[id]; n != nil {
			return n
		}
		n := &Node{ID: id, Segment: id}
		t.nodes[id] = n
		t.Elsewhere = append(t.Elsewhere, n)
		return n
	}
	n := t.Root
	for depth, end := 1, 0; path != "/" && end < len(path); depth++ {
		start := end + 1
		if i := strings.IndexByte(path[start:], '/'); i >= 0 && depth < maxDepth {
			end = start + i
		} else {
			end = len(path)
		}
		n = t.child(n, path[:end], path[start:end])
	}
	if query != "" {
		n = t.child(n, path+query, query)
	}
	return n
}

func (t *Tree) child(parent *Node, id, segment string) *Node {
	if n := t.nodes[id]; n != nil {
		return n
	}
	if strings.Contains(segment, "%") {
		if decoded, err := url.PathUnescape(segment); err == nil {
			segment = decoded
		}
	}
	n := &Node{ID: id, Segment: segment}
	t.nodes[id] = n
	parent.Children = append(parent.Children, n)
	return n
}

// place is where links were read.
type place struct {
	endpoint netip.AddrPort
	base     string // URI of /.well-known/core
}

// local gives path and query of a reference to a resource of the device, in normal form.
func (p place) local(reference string) (path, query string, ok bool) {
	if simple(reference) {
		return reference, "", true
	}
	u, err := protocol.ParseURI(p.absolute(reference))
	if err != nil {
		return "", "", false
	}
	addr, isAddr := u.Addr()
	scheme, _, _ := strings.Cut(p.base, ":")
	// A device does not know the zone by which others reach it.
	if !isAddr || string(u.Scheme) != scheme || u.Port != p.endpoint.Port() || addr.Unmap().WithZone("") != p.endpoint.Addr().Unmap().WithZone("") {
		return "", "", false
	}
	path, query, hasQuery := strings.Cut(u.PathQuery(), "?")
	if hasQuery {
		query = "?" + query
	}
	return path, query, true
}

// absolute resolves a reference; one that cannot be resolved stays as it is.
func (p place) absolute(reference string) string {
	target, _, err := linkformat.Link{Target: reference}.Resolve(p.base)
	if err != nil {
		return reference
	}
	target, _, _ = strings.Cut(target, "#") // a fragment is not part of what is asked for
	return target
}

// simple tells whether a reference is an absolute path in normal form, as nearly all are.
func simple(s string) bool {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return false
	}
	if strings.Contains(s, "/.") && (strings.Contains(s+"/", "/./") || strings.Contains(s+"/", "/../")) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-._~", c) >= 0) {
			return false
		}
	}
	return true
}

// Natural compares texts so that numbers in them count as numbers: s2 comes before s10.
func Natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if isDigit(x[0]) && isDigit(y[0]) {
			m, n := number(x), number(y)
			p, q := strings.TrimLeft(m, "0"), strings.TrimLeft(n, "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if c := strings.Compare(p, q); c != 0 {
				return c
			}
			x, y = x[len(m):], y[len(n):]
			continue
		}
		if x[0] != y[0] {
			return int(x[0]) - int(y[0])
		}
		x, y = x[1:], y[1:]
	}
	if c := len(x) - len(y); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number gives the digits that the text begins with.
func number(s string) string {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[:n]
}

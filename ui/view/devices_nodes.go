package view

import (
	"net/netip"
	"net/url"
	"strings"

	"coapscope/discovery"
)

// deviceNodes is a device with its nodes, the ones below another right behind it, as they are searched and listed.
type deviceNodes struct {
	endpoint                           netip.AddrPort
	text                               string // of the endpoint
	tree                               *discovery.Tree
	name, subtitle, problem, lowercase string
	nodes                              []treeNode
	unread                             bool
	twin                               bool // another device has the same name

	// What the filter leaves. Without one, and where the device itself is what is looked for, that is all.
	all   bool
	shown []shownNode
	any   bool
}

// treeNode is a node of the tree of a device.
type treeNode struct {
	*discovery.Node
	depth             uint8 // by path; 1 is below the device
	resource          bool
	end               int32 // place of the next node that is not below this one
	parent            int32 // -1 for none
	lowercase         string
	types, interfaces []string
}

// shownNode tells whether a node is what is looked for, or leads there.
type shownNode uint8

const (
	isMatch shownNode = 1 << iota
	hasMatch
)

// take takes the devices that there are; what is known of the nodes of one whose tree is the same stays.
func (x *treeIndex) take(devices []discovery.Device) {
	before, was := x.devices, x.at
	x.devices, x.at = make([]*deviceNodes, 0, len(devices)), make(map[netip.AddrPort]int, len(devices))
	named := make(map[string]int, len(devices))
	for i := range devices {
		named[devices[i].Name]++
	}
	for i := range devices {
		d := &devices[i]
		n := &deviceNodes{endpoint: d.Endpoint, text: d.Endpoint.String(), tree: d.Tree, name: d.Name, unread: d.Unread, twin: named[d.Name] > 1}
		n.subtitle = discovery.EndpointText(d.Endpoint)
		if d.Name == n.subtitle {
			n.subtitle = ""
		} else if d.Interface != "" {
			n.subtitle += " · " + d.Interface
		}
		if d.Problem != nil {
			n.problem = d.Problem.Error()
		}
		n.lowercase = strings.ToLower(d.Name + " " + n.text)
		if old, ok := was[d.Endpoint]; ok && before[old].tree == d.Tree {
			n.nodes, n.shown = before[old].nodes, before[old].shown
		} else {
			n.read()
		}
		x.at[d.Endpoint] = len(x.devices)
		x.devices = append(x.devices, n)
	}
}

// read goes through the tree of the device.
func (d *deviceNodes) read() {
	if d.tree == nil {
		return
	}
	d.nodes = make([]treeNode, 0, d.tree.Count()+8)
	if d.tree.Root.IsResource() {
		d.add(d.tree.Root, 1, -1, false)
	}
	for _, n := range d.tree.Root.Children {
		d.add(n, 1, -1, true)
	}
	for _, n := range d.tree.Elsewhere {
		d.add(n, 1, -1, true)
	}
}

// add adds a node, and with below what is below it.
func (d *deviceNodes) add(n *discovery.Node, depth uint8, parent int32, below bool) {
	at := len(d.nodes)
	node := treeNode{Node: n, depth: depth, parent: parent, resource: n.IsResource()}
	var b strings.Builder
	b.WriteString(n.ID)
	if strings.Contains(n.ID, "%") {
		if text, err := url.PathUnescape(n.ID); err == nil {
			b.WriteString(" " + text)
		}
	}
	if node.resource {
		node.types, node.interfaces = n.ResourceTypes(), n.Interfaces()
		if title := n.Title(); title != "" {
			b.WriteString(" " + title)
		}
		for _, names := range [][]string{node.types, node.interfaces} {
			for _, name := range names {
				b.WriteString(" " + name)
			}
		}
	}
	node.lowercase = strings.ToLower(b.String())
	d.nodes = append(d.nodes, node)
	if below {
		for _, c := range n.Children {
			d.add(c, depth+1, int32(at), true)
		}
	}
	d.nodes[at].end = int32(len(d.nodes))
}

// match finds out what the words of a filter leave of a device.
func (d *deviceNodes) match(words []string) {
	var left []string // that the device itself does not have
	for _, w := range words {
		if !strings.Contains(d.lowercase, w) {
			left = append(left, w)
		}
	}
	if d.all = len(left) == 0; d.all {
		d.any = true
		return
	}
	if len(d.shown) != len(d.nodes) {
		d.shown = make([]shownNode, len(d.nodes))
	}
	clear(d.shown)
	d.any = false
nodes:
	for i := len(d.nodes) - 1; i >= 0; i-- {
		n := &d.nodes[i]
		if d.shown[i] != 0 && n.parent >= 0 {
			d.shown[n.parent] |= hasMatch
		}
		for _, w := range left {
			if !strings.Contains(n.lowercase, w) {
				continue nodes
			}
		}
		d.shown[i] |= isMatch
		d.any = true
		if n.parent >= 0 {
			d.shown[n.parent] |= hasMatch
		}
	}
}

// leads tells whether a node is left by the filter, or leads to one that is.
func (d *deviceNodes) leads(i int) bool { return d.all || d.shown[i] != 0 }

// lists tells whether a node is a resource that is left by the filter.
func (d *deviceNodes) lists(i int) bool {
	return d.nodes[i].resource && (d.all || d.shown[i]&isMatch != 0)
}

package view

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"coapscope/discovery"
)

// TreeLineKind says what a line of the tree is.
type TreeLineKind uint8

// The kinds of lines.
const (
	TreeItem     TreeLineKind = iota // a device, a group, a segment of a path or a resource
	TreeSubtitle                     // the second line of the device before it
	TreeProblem                      // what is wrong with the links of the device before it
)

// TreeLine is what a line is, known without making what it says.
type TreeLine struct {
	Kind  TreeLineKind
	Depth int
}

// treeIndex is the lines of the tree in order, and what they are made of.
type treeIndex struct {
	stale     bool   // folds have changed
	filtered  string // the filter that the devices were matched with, and the mode
	mode      TreeMode
	built     bool
	structure uint64 // of the devices, then
	layout    uint64 // how often the lines were made

	devices []*deviceNodes
	at      map[netip.AddrPort]int // place in devices
	groups  []treeGroup
	groupAt map[string]int // place in groups, by ID
	lines   []treeLine
}

// treeLine is a line: a node of a device, a device, or a group. -1 is none.
type treeLine struct {
	device, node, group int32
	depth               uint8
	kind                TreeLineKind
	foldable, open      bool
}

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

// treeGroup is the resources that have something in common.
type treeGroup struct {
	name    string // empty for those that have none
	id      string
	members []groupMember
}

type groupMember struct{ device, node int32 }

// Update brings the rows up to date with what there is, and tells how often they have changed: while that stays, so does
// every [TreeLine]. It costs next to nothing where nothing has changed.
func (t *DeviceTree) Update() (layout uint64) {
	x := &t.index
	structure := t.devices.Structure()
	fresh := x.built && x.structure == structure
	if fresh && !x.stale && x.filtered == t.filter && x.mode == t.mode {
		return x.layout
	}
	if !fresh {
		x.take(t.devices.All())
	}
	if !fresh || x.filtered != t.filter || x.mode != t.mode {
		for _, d := range x.devices {
			d.match(t.words)
		}
		t.group()
	}
	x.built, x.structure, x.filtered, x.mode, x.stale = true, structure, t.filter, t.mode, false
	x.lines = x.lines[:0]
	switch t.mode {
	case TreeByPath:
		t.addByPath()
	case TreeByDevice:
		t.addByDevice()
	case TreeFlat:
		t.addFlat()
	default:
		t.addGroups()
	}
	x.layout++
	return x.layout
}

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

// grouped tells whether resources are in groups.
func (t *DeviceTree) grouped() bool { return t.mode == TreeByType || t.mode == TreeByInterface }

func (t *DeviceTree) groupNames(n *discovery.Node) []string {
	if t.mode == TreeByType {
		return n.ResourceTypes()
	}
	return n.Interfaces()
}

// groupKey names a group in its mode; no two are the same.
func (t *DeviceTree) groupKey(name string) string {
	attribute := "if"
	if t.mode == TreeByType {
		attribute = "rt"
	}
	if name == "" {
		return attribute
	}
	return attribute + "=" + name
}

// group puts what the filter leaves into groups.
func (t *DeviceTree) group() {
	x := &t.index
	x.groups, x.groupAt = nil, nil
	if !t.grouped() {
		return
	}
	at := make(map[string]int)
	into := func(name string, m groupMember) {
		i, ok := at[name]
		if !ok {
			i = len(x.groups)
			at[name] = i
			x.groups = append(x.groups, treeGroup{name: name, id: groupID(t.groupKey(name))})
		}
		x.groups[i].members = append(x.groups[i].members, m)
	}
	for i, d := range x.devices {
		for j := range d.nodes {
			if !d.lists(j) {
				continue
			}
			names, m := d.nodes[j].interfaces, groupMember{int32(i), int32(j)}
			if t.mode == TreeByType {
				names = d.nodes[j].types
			}
			for _, name := range names {
				into(name, m)
			}
			if len(names) == 0 {
				into("", m)
			}
		}
	}
	slices.SortFunc(x.groups, func(a, b treeGroup) int {
		if (a.name == "") != (b.name == "") {
			return len(b.name) - len(a.name) // those without a name are the last
		}
		return discovery.Natural(a.name, b.name)
	})
	x.groupAt = make(map[string]int, len(x.groups))
	for i := range x.groups {
		x.groupAt[x.groups[i].id] = i
	}
}

func (x *treeIndex) add(l treeLine) { x.lines = append(x.lines, l) }

// addDevice adds the lines of a device itself, and tells whether it is open.
func (t *DeviceTree) addDevice(i int) bool {
	d := t.index.devices[i]
	l := treeLine{device: int32(i), node: -1, group: -1, foldable: len(d.nodes) > 0}
	l.open = t.open(false, func() string { return d.text + " " })
	t.index.add(l)
	below := treeLine{device: int32(i), node: -1, group: -1}
	if d.subtitle != "" && l.open { // a folded one is compact
		below.kind = TreeSubtitle
		t.index.add(below)
	}
	if d.problem != "" {
		below.kind = TreeProblem
		t.index.add(below)
	}
	return l.open
}

func (t *DeviceTree) addByPath() {
	for i, d := range t.index.devices {
		if !d.any || !t.addDevice(i) {
			continue
		}
		for j := 0; j < len(d.nodes); {
			n := &d.nodes[j]
			if !d.leads(j) {
				j = int(n.end)
				continue
			}
			l := treeLine{device: int32(i), node: int32(j), group: -1, depth: n.depth, foldable: int(n.end) > j+1}
			if l.foldable {
				l.open = t.open(openAtFirst(n.Node), func() string { return d.text + " " + n.ID })
			}
			t.index.add(l)
			if l.foldable && !l.open {
				j = int(n.end)
			} else {
				j++
			}
		}
	}
}

func (t *DeviceTree) addByDevice() {
	for i, d := range t.index.devices {
		if !d.any || !t.addDevice(i) {
			continue
		}
		t.addResources(i, 1)
	}
}

func (t *DeviceTree) addFlat() {
	for i, d := range t.index.devices {
		if d.any {
			t.addResources(i, 0)
		}
	}
}

// addResources adds the resources of a device.
func (t *DeviceTree) addResources(i int, depth uint8) {
	d := t.index.devices[i]
	for j := range d.nodes {
		if d.lists(j) {
			t.index.add(treeLine{device: int32(i), node: int32(j), group: -1, depth: depth})
		}
	}
}

func (t *DeviceTree) addGroups() {
	for i := range t.index.groups {
		g := &t.index.groups[i]
		l := treeLine{device: -1, node: -1, group: int32(i), foldable: true}
		l.open = t.open(len(g.members) < manyChildren, func() string { return g.id })
		t.index.add(l)
		if !l.open {
			continue
		}
		for _, m := range g.members {
			t.index.add(treeLine{device: m.device, node: m.node, group: int32(i), depth: 1})
		}
	}
}

// RowCount is how many lines there are. As all that is asked by a number, it is that of the last Update, until whoever
// shows the rows is ready for others.
func (t *DeviceTree) RowCount() int { return len(t.index.lines) }

// Line tells what a line is, from 0 to [DeviceTree.RowCount].
func (t *DeviceTree) Line(i int) TreeLine {
	l := &t.index.lines[i]
	return TreeLine{l.kind, int(l.depth)}
}

// id gives the ID of the row of a line; those of a device's second lines are the device's.
func (t *DeviceTree) id(l *treeLine) string {
	group := ""
	if l.group >= 0 {
		group = t.index.groups[l.group].id
	}
	if l.device < 0 {
		return group
	}
	d := t.index.devices[l.device]
	if l.node < 0 {
		return d.text + " "
	}
	return d.text + group + " " + d.nodes[l.node].ID
}

// Index gives the place of a row by its ID; -1 for one that is folded away or not there.
func (t *DeviceTree) Index(id string) int {
	x := &t.index
	want := treeLine{device: -1, node: -1, group: -1}
	endpoint, group, path := splitGroup(id)
	if group != "" {
		i, ok := x.groupAt[group]
		if !ok {
			return -1
		}
		want.group = int32(i)
	}
	if endpoint.IsValid() || group == "" {
		i, ok := x.at[endpoint]
		if !ok {
			return -1
		}
		want.device = int32(i)
		if path != "" {
			d := x.devices[i]
			node := d.tree.Find(path)
			want.node = int32(slices.IndexFunc(d.nodes, func(n treeNode) bool { return n.Node == node }))
			if want.node < 0 {
				return -1
			}
		}
	}
	return slices.IndexFunc(x.lines, func(l treeLine) bool {
		return l.device == want.device && l.node == want.node && l.group == want.group && l.kind == TreeItem
	})
}

package view

import (
	"net/netip"
	"slices"
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

// Update brings the rows up to date with what there is, and tells how often they have changed: while that stays, so does
// every [TreeLine]. It costs next to nothing where nothing has changed.
func (t *DeviceTree) Update() (layout uint64) {
	x := &t.index
	structure := t.devices.KeptRevision()
	fresh := x.built && x.structure == structure
	if fresh && !x.stale && x.filtered == t.filter && x.mode == t.mode {
		return x.layout
	}
	if !fresh {
		x.take(t.devices.All())
		t.settle()
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

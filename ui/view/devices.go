package view

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"coapscope/discovery"
)

// DeviceTree is what there is: devices and their resources as rows, arranged by one of several [TreeMode]s.
//
// It keeps an index of the rows, which is made anew only when devices, folds, the filter or the mode change. What a row
// says is made when somebody looks at it, so that ten thousand resources cost no more than those in sight. Its methods are
// for the window's goroutine, but for Name.
type DeviceTree struct {
	devices  *discovery.Devices
	mode     TreeMode
	filter   string
	words    []string // of the filter
	folds    folds
	values   map[resourceKey]*value
	swept    int // how many of them there were when those of what is not there were forgotten last
	selected string

	index treeIndex
	beat  treeBeat
}

type resourceKey struct {
	endpoint netip.AddrPort
	path     string
}

// TreeMode is how the tree is arranged.
type TreeMode uint8

// The modes.
const (
	TreeByPath      TreeMode = iota // devices, and their resources by the segments of their paths
	TreeByDevice                    // devices, and their resources with their whole paths
	TreeByType                      // resource types (rt), and the resources of all devices that have them
	TreeByInterface                 // interface descriptions (if), likewise
	TreeFlat                        // the resources of all devices

	treeModes
)

var treeModeNames = [treeModes]string{"by path", "by device", "by type", "by interface", "flat"}

// String names the mode, such as "by type".
func (m TreeMode) String() string { return treeModeNames[min(m, TreeFlat)] }

// TreeModes gives all modes, in the order in which they are offered.
func TreeModes() []TreeMode {
	return []TreeMode{TreeByPath, TreeByDevice, TreeByType, TreeByInterface, TreeFlat}
}

// ParseTreeMode gives the mode of a name that [TreeMode.String] gave; by path for another.
func ParseTreeMode(name string) TreeMode {
	for _, m := range TreeModes() {
		if m.String() == name {
			return m
		}
	}
	return TreeByPath
}

// NewDeviceTree makes the tree of these devices.
func NewDeviceTree(devices *discovery.Devices) *DeviceTree {
	return &DeviceTree{devices: devices, values: make(map[resourceKey]*value)}
}

// Len is the number of devices.
func (t *DeviceTree) Len() int { return t.devices.Len() }

// Mode tells how the tree is arranged.
func (t *DeviceTree) Mode() TreeMode { return t.mode }

// SetMode arranges the tree in another way. The selected resource stays selected.
func (t *DeviceTree) SetMode(m TreeMode) {
	if m == t.mode || m >= treeModes {
		return
	}
	t.mode = m
	t.index.stale = true
	if endpoint, path := splitRow(t.selected); path != "" {
		if id, ok := t.RowOf(endpoint, path); ok {
			t.selected = id
		}
	}
}

// SetFilter shows only what contains all words of the text, in itself or in the name of its device, with what leads
// there.
func (t *DeviceTree) SetFilter(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == t.filter {
		return
	}
	t.filter, t.words = text, strings.Fields(text)
	t.folds.filtered = nil
	t.index.stale = true
}

// Filter gives the text of the filter, in lower case.
func (t *DeviceTree) Filter() string { return t.filter }

// folds is what the user has folded and unfolded.
type folds struct {
	all      foldAll
	set      map[string]bool // whether a row is open, where the user has said so since then
	filtered map[string]bool // likewise while something is looked for, which opens all at first
}

// foldAll is what the user has done with all rows at once.
type foldAll uint8

const (
	foldByDefault foldAll = iota
	allOpen
	allFolded
)

// Fold folds or unfolds a row.
func (t *DeviceTree) Fold(id string, open bool) {
	set := &t.folds.set
	if t.filter != "" {
		set = &t.folds.filtered
	}
	if *set == nil {
		*set = make(map[string]bool)
	}
	if was, ok := (*set)[id]; !ok || was != open {
		(*set)[id] = open
		t.index.stale = true
	}
}

// FoldAll folds or unfolds all rows.
func (t *DeviceTree) FoldAll(open bool) {
	t.folds = folds{all: allFolded}
	if open {
		t.folds.all = allOpen
	}
	if t.filter != "" && !open { // what is looked for is open unless it is folded one by one
		for i := range t.index.lines {
			if l := &t.index.lines[i]; l.foldable {
				t.Fold(t.id(l), false)
			}
		}
	}
	t.index.stale = true
}

// manyChildren is the number of resources from which a path is folded until the user opens it.
const manyChildren = 12

// openAtFirst tells whether a node shows what is below it until the user folds it: what a user looks for is not in
// .well-known, which every device has.
func openAtFirst(n *discovery.Node) bool {
	return n.ID != "/.well-known" && len(n.Children) < manyChildren
}

// open tells whether a row is open. name gives its ID, and is asked only where that matters.
func (t *DeviceTree) open(atFirst bool, name func() string) bool {
	set := t.folds.set
	if t.filter != "" {
		atFirst, set = true, t.folds.filtered
	} else if t.folds.all != foldByDefault {
		atFirst = t.folds.all == allOpen
	}
	if len(set) > 0 {
		if open, ok := set[name()]; ok {
			return open
		}
	}
	return atFirst
}

// The ID of a row is the endpoint, a blank, and the path. Where resources are in groups, the group stands between the
// endpoint and the blank, behind a "|": a resource may be in several. The row of a group has that only, and of a device
// the path is empty.
func rowID(e netip.AddrPort, path string) string { return e.String() + " " + path }

func groupID(group string) string { return "|" + url.PathEscape(group) }

func splitRow(id string) (endpoint netip.AddrPort, path string) {
	endpoint, _, path = splitGroup(id)
	return endpoint, path
}

func splitGroup(id string) (endpoint netip.AddrPort, group, path string) {
	text, path, _ := strings.Cut(id, " ")
	if i := strings.LastIndexByte(text, '|'); i >= 0 {
		text, group = text[:i], text[i:]
	}
	endpoint, _ = netip.ParseAddrPort(text)
	return endpoint, group, path
}

// Resource gives the endpoint and path of a row; the path is empty for a device, and the endpoint not valid for a group.
// listed tells whether it is a resource, listed or met.
func (t *DeviceTree) Resource(id string) (endpoint netip.AddrPort, path string, listed bool) {
	endpoint, path = splitRow(id)
	if d, ok := t.devices.Get(endpoint); ok && path != "" {
		if n := d.Tree.Find(path); n != nil {
			return endpoint, path, n.IsResource()
		}
	}
	return endpoint, path, false
}

// RowOf gives the row of a resource, or of a device where the path is empty, and unfolds what is above it. Of several rows
// of a resource it is the first.
func (t *DeviceTree) RowOf(endpoint netip.AddrPort, path string) (string, bool) {
	d, ok := t.devices.Get(endpoint)
	if !ok || path != "" && d.Tree.Find(path) == nil {
		return "", false
	}
	if path == "" {
		return rowID(d.Endpoint, ""), true
	}
	n := d.Tree.Find(path)
	switch t.mode {
	case TreeByPath:
		t.Fold(rowID(d.Endpoint, ""), true)
		for i := 1; i < len(path); i++ {
			if above := d.Tree.Find(path[:i]); (path[i] == '/' || path[i] == '?') && above != nil && above != n {
				t.Fold(rowID(d.Endpoint, path[:i]), true)
			}
		}
	case TreeByDevice:
		t.Fold(rowID(d.Endpoint, ""), true)
	case TreeByType, TreeByInterface:
		if !n.IsResource() {
			return "", false
		}
		group := groupID(t.groupKey(firstOf(t.groupNames(n))))
		t.Fold(group, true)
		return d.Endpoint.String() + group + " " + path, true
	}
	return rowID(d.Endpoint, path), true
}

func firstOf(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Name gives what a device is called; the endpoint for one that is not known. It may be called on any goroutine.
func (t *DeviceTree) Name(endpoint netip.AddrPort) string {
	if !endpoint.IsValid() {
		return "unknown" // a message that was pasted
	}
	if d, ok := t.devices.Get(endpoint); ok {
		return d.Name
	}
	return discovery.EndpointText(endpoint)
}

// Rows gives all rows that are not folded away or filtered out. It is for few of them: see [DeviceTree.Row].
func (t *DeviceTree) Rows(now time.Time) []TreeRow {
	t.Update()
	var rows []TreeRow
	for i := range t.RowCount() {
		if t.Line(i).Kind == TreeItem {
			rows = append(rows, t.Row(i, now))
		}
	}
	return rows
}

package view

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/protocol/payload"
)

// DeviceTree is what there is: devices and their resources by path, as rows.
type DeviceTree struct {
	devices  *discovery.Devices
	filter   string
	flipped  map[string]bool // rows that the user folded or unfolded against their default
	values   map[resourceKey]value
	selected string
}

type resourceKey struct {
	endpoint netip.AddrPort
	path     string
}

// value is the last representation of a resource, in short.
type value struct {
	text    string
	failed  bool
	expires time.Time
}

// TreeRow is a row of the device tree.
type TreeRow struct {
	ID         string
	Depth      int
	Foldable   bool
	Open       bool
	Text       string
	Device     bool   // a device; otherwise a segment of a path
	Subtitle   string // a second, small line
	Observable bool
	Size       string // of a large resource
	Listed     bool   // a resource, not only on the way to one
	Right      string
	Concept    Concept // of Right
	Problem    string
}

// NewDeviceTree makes the tree of these devices.
func NewDeviceTree(devices *discovery.Devices) *DeviceTree {
	return &DeviceTree{devices: devices, flipped: make(map[string]bool), values: make(map[resourceKey]value)}
}

// Len is the number of devices.
func (t *DeviceTree) Len() int { return len(t.devices.All()) }

// SetFilter shows only what contains all words of the text, with what leads there.
func (t *DeviceTree) SetFilter(text string) { t.filter = strings.ToLower(strings.TrimSpace(text)) }

// Fold folds or unfolds a row.
func (t *DeviceTree) Fold(id string, open bool) {
	endpoint, path := splitRow(id)
	var n *discovery.Node
	if d, ok := t.devices.Get(endpoint); ok && path != "" {
		n = d.Tree.Find(path)
	}
	if open != openAtFirst(n) {
		t.flipped[id] = true
	} else {
		delete(t.flipped, id)
	}
}

// manyChildren is the number of resources from which a path is folded until the user opens it.
const manyChildren = 12

// openAtFirst tells whether a node shows what is below it until the user folds it. Devices, whose node
// is nil, do not; and what a user looks for is not in .well-known, which every device has.
func openAtFirst(n *discovery.Node) bool {
	return n != nil && n.ID != "/.well-known" && len(n.Children) < manyChildren
}

func (t *DeviceTree) open(id string, n *discovery.Node) bool {
	return t.filter != "" || t.flipped[id] != openAtFirst(n)
}

func rowID(e netip.AddrPort, path string) string { return e.String() + " " + path }

func splitRow(id string) (endpoint netip.AddrPort, path string) {
	text, path, _ := strings.Cut(id, " ")
	endpoint, _ = netip.ParseAddrPort(text)
	return endpoint, path
}

// Resource gives the endpoint and path of a row; the path is empty for a device.
func (t *DeviceTree) Resource(id string) (endpoint netip.AddrPort, path string, listed bool) {
	endpoint, path = splitRow(id)
	if d, ok := t.devices.Get(endpoint); ok && path != "" {
		if n := d.Tree.Find(path); n != nil {
			return endpoint, path, n.IsResource()
		}
	}
	return endpoint, path, false
}

// RowOf gives the row of a resource, and unfolds what is above it.
func (t *DeviceTree) RowOf(endpoint netip.AddrPort, path string) (string, bool) {
	d, ok := t.devices.Get(endpoint)
	if !ok || d.Tree.Find(path) == nil {
		return "", false
	}
	t.Fold(rowID(endpoint, ""), true)
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			t.Fold(rowID(endpoint, path[:i]), true)
		}
	}
	return rowID(endpoint, path), true
}

// Name gives what a device is called; the endpoint for one that is not known.
func (t *DeviceTree) Name(endpoint netip.AddrPort) string {
	if !endpoint.IsValid() {
		return "unknown" // a message that was pasted
	}
	if d, ok := t.devices.Get(endpoint); ok {
		return d.Name
	}
	return discovery.EndpointText(endpoint)
}

// plain tells whether a text can stand as a value in the tree as it is.
func plain(text []byte) bool {
	return len(text) > 0 && len(text) <= maxValue && utf8.Valid(text) &&
		!strings.ContainsFunc(string(text), func(r rune) bool { return !unicode.IsPrint(r) })
}

// Forget takes away the value of a resource that was changed: the old one is not true any more.
func (t *DeviceTree) Forget(endpoint netip.AddrPort, path string) {
	delete(t.values, resourceKey{endpoint, path})
}

// maxValue is how long a value in the tree may be, in bytes; of a longer one the size is shown.
const maxValue = 20

// Note remembers what a GET of a resource gave, to be shown in the tree.
func (t *DeviceTree) Note(endpoint netip.AddrPort, path string, a *Answer) {
	key := resourceKey{endpoint, path}
	if a.Err != nil {
		return
	}
	if a.Message.Code.Class() != 2 {
		t.values[key] = value{text: a.Message.Code.Dotted(), failed: true}
		return
	}
	format := -1
	if f, ok := a.Message.ContentFormat(); ok {
		format = int(f)
	}
	v := value{expires: a.At.Add(a.MaxAge())}
	if number, unit, ok := payload.Number(format, a.Message.Payload); ok {
		v.text = strings.TrimSpace(FormatNumber(number) + " " + unit)
	} else if format == int(protocol.TextPlain) && plain(a.Message.Payload) {
		v.text = string(a.Message.Payload)
	} else if v.text = payload.Summary(format, a.Message.Payload); len(v.text) > maxValue {
		v.text = Bytes(len(a.Message.Payload))
	}
	t.values[key] = v
}

// Rows gives the rows that are not folded away or filtered out.
func (t *DeviceTree) Rows(now time.Time) []TreeRow {
	var rows []TreeRow
	for _, d := range t.devices.All() {
		id := rowID(d.Endpoint, "")
		subtree := t.children(&d, d.Tree.Root, 1, now)
		if t.filter != "" && len(subtree) == 0 && !t.matches(d.Name+" "+d.Endpoint.String()) {
			continue
		}
		row := TreeRow{
			ID: id, Device: true, Foldable: len(d.Links) > 0, Open: t.open(id, nil), Text: d.Name,
			Subtitle: discovery.EndpointText(d.Endpoint), Concept: Good,
		}
		if d.Name == row.Subtitle {
			row.Subtitle = ""
		}
		if d.Interface != "" && row.Subtitle != "" {
			row.Subtitle += " · " + d.Interface
		}
		if d.RTT > 0 {
			row.Right = Duration(d.RTT)
			if d.RTT > 100*time.Millisecond {
				row.Concept = Warning
			}
		}
		switch p := d.Presence(); p {
		case discovery.Late:
			row.Right, row.Concept = p.String(), Warning
		case discovery.Lost:
			row.Right, row.Concept = p.String(), Error
		case discovery.Remembered:
			row.Right, row.Concept = p.String(), Dim
		}
		if d.Problem != nil {
			row.Problem = d.Problem.Error()
		}
		rows = append(rows, row)
		if row.Open {
			rows = append(rows, subtree...)
		}
	}
	return rows
}

// children gives the rows below a node of the resource tree.
func (t *DeviceTree) children(d *discovery.Device, parent *discovery.Node, depth int, now time.Time) (rows []TreeRow) {
	nodes := parent.Children
	if parent == d.Tree.Root {
		if parent.IsResource() && t.matchesNode(parent) {
			rows = append(rows, t.row(d, parent, depth, now))
		}
		defer func() {
			for _, n := range d.Tree.Elsewhere {
				if t.matchesNode(n) {
					rows = append(rows, t.row(d, n, depth, now))
				}
			}
		}()
	}
	for _, n := range nodes {
		below := t.children(d, n, depth+1, now)
		if len(below) == 0 && !t.matchesNode(n) {
			continue
		}
		row := t.row(d, n, depth, now)
		row.Foldable = len(n.Children) > 0
		row.Open = row.Foldable && t.open(row.ID, n)
		rows = append(rows, row)
		if row.Open {
			rows = append(rows, below...)
		}
	}
	return rows
}

// largeResource is the size from which a resource is marked as coming in blocks (RFC 7959 §2.2).
const largeResource = 1024

func (t *DeviceTree) row(d *discovery.Device, n *discovery.Node, depth int, now time.Time) TreeRow {
	row := TreeRow{
		ID: rowID(d.Endpoint, n.ID), Depth: depth, Text: n.Segment,
		Observable: n.Observable(), Listed: n.IsResource(), Concept: Dim,
	}
	if size, ok := n.Size(); ok && size > largeResource {
		row.Size = Bytes(int(size))
	}
	if v, ok := t.values[resourceKey{d.Endpoint, n.ID}]; ok {
		row.Right = v.text
		switch {
		case v.failed:
			row.Concept = Error
		case now.Before(v.expires):
			row.Concept = Good
		}
	} else if n.IsResource() && hasActuator(n) {
		row.Right, row.Concept = "PUT", Type
	}
	return row
}

// hasActuator tells whether the resource says that it can be set: core.a is the interface of actuators.
func hasActuator(n *discovery.Node) bool {
	for _, i := range n.Interfaces() {
		if i == "core.a" || i == "core.p" {
			return true
		}
	}
	return false
}

func (t *DeviceTree) matchesNode(n *discovery.Node) bool {
	if t.filter == "" {
		return true
	}
	return t.matches(n.ID + " " + n.Title() + " " + strings.Join(n.ResourceTypes(), " ") + " " + strings.Join(n.Interfaces(), " "))
}

func (t *DeviceTree) matches(text string) bool {
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(t.filter) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// Tip gives what is said of a row when the pointer rests on it: title, rt, if, ct.
func (t *DeviceTree) Tip(id string) string {
	endpoint, path := splitRow(id)
	d, ok := t.devices.Get(endpoint)
	if !ok {
		return ""
	}
	if path == "" {
		lines := []string{d.Name, "coap://" + discovery.EndpointText(d.Endpoint), count(d.Tree.Count(), "resource", "resources")}
		for _, also := range d.Also {
			lines = append(lines, "also coap://"+discovery.EndpointText(also))
		}
		for _, a := range d.Adverts {
			lines = append(lines, "DNS-SD: "+a.String())
		}
		seen := d.Presence().String()
		if !d.Seen.IsZero() { // else a directory told of it
			seen += ", seen " + d.Seen.Format(time.DateTime)
		}
		lines = append(lines, seen)
		if d.Problem != nil {
			lines = append(lines, d.Problem.Error())
		}
		return strings.Join(lines, "\n")
	}
	n := d.Tree.Find(path)
	if n == nil {
		return ""
	}
	lines := []string{n.ID}
	if title := n.Title(); title != "" {
		lines[0] = title
	}
	for _, l := range n.Links {
		lines = append(lines, linkformat.Links{l}.String())
	}
	return strings.Join(lines, "\n")
}

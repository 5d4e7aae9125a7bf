package view

import (
	"time"

	"coapscope/discovery"
)

// TreeRow is a row of the device tree.
type TreeRow struct {
	ID         string
	Depth      int
	Foldable   bool
	Open       bool
	Text       string
	Note       string // the device of a resource, where those of several are mixed; the address of one whose name others have
	Device     bool   // a device
	Group      bool   // what resources have in common; neither is a resource or a segment of a path
	Subtitle   string // a second, small line
	Observable bool
	Size       string // of a large resource
	Listed     bool   // a resource, not only on the way to one
	Met        bool   // by a request: no link of the device leads to it
	Right      string
	Concept    Concept // of Right
	Fresh      Freshness
	Spark      []float32 // the last numbers, from 0 for the lowest to 1; fewer than three are none
	Problem    string
}

// largeResource is the size from which a resource is marked as coming in blocks (RFC 7959 §2.2).
const largeResource = 1024

// Row gives the row of a line, as it is now. That of a second line is the row of its device.
func (t *DeviceTree) Row(i int, now time.Time) TreeRow {
	l := &t.index.lines[i]
	row := TreeRow{ID: t.id(l), Depth: int(l.depth), Foldable: l.foldable, Open: l.open}
	switch {
	case l.device < 0:
		t.fillGroup(&row, &t.index.groups[l.group])
	case l.node < 0:
		t.fillDevice(&row, t.index.devices[l.device])
	default:
		t.fillNode(&row, t.index.devices[l.device], &t.index.devices[l.device].nodes[l.node], now)
	}
	return row
}

func (t *DeviceTree) fillGroup(row *TreeRow, g *treeGroup) {
	row.Group, row.Text, row.Right, row.Concept = true, g.name, Grouped(len(g.members)), Dim
	if g.name == "" {
		row.Text = "no type"
		if t.index.mode == TreeByInterface {
			row.Text = "no interface"
		}
	}
}

func (t *DeviceTree) fillDevice(row *TreeRow, n *deviceNodes) {
	if n.twin && !row.Open { // an open one has its address below
		row.Note = discovery.EndpointText(n.endpoint)
	}
	row.Device, row.Text, row.Subtitle, row.Problem, row.Met = true, n.name, n.subtitle, n.problem, n.unread
	if d, ok := t.devices.Get(n.endpoint); ok {
		row.Right, row.Concept = presence(&d)
	}
}

// slowDevice is the round-trip time from which on a device is marked as slow.
const slowDevice = 100 * time.Millisecond

// presence says whether a device is there, in short.
func presence(d *discovery.Device) (string, Concept) {
	switch p := d.Presence(); {
	case p == discovery.Late:
		return "◐ late", Warning
	case p == discovery.Lost:
		return "✖ lost", Error
	case p == discovery.Remembered && d.Seen.IsZero(): // a directory told of it
		return "○ not seen yet", Dim
	case p == discovery.Remembered:
		return "○ earlier run", Dim
	case d.RTT > slowDevice:
		return Duration(d.RTT), Warning
	case d.RTT > 0:
		return Duration(d.RTT), Good
	}
	return "", Good
}

func (t *DeviceTree) fillNode(row *TreeRow, d *deviceNodes, n *treeNode, now time.Time) {
	row.Text = n.ID
	switch {
	case t.index.mode == TreeByPath:
		row.Text = n.Segment
	case t.index.mode != TreeByDevice:
		row.Note = d.name
		if d.twin {
			row.Note = discovery.EndpointText(d.endpoint)
		}
	}
	row.Observable, row.Listed, row.Met, row.Concept = n.Observable(), n.resource, n.Met, Dim
	if size, ok := n.Size(); ok && size > largeResource {
		row.Size = Bytes(int(size))
	}
	v := t.values[resourceKey{d.endpoint, n.ID}]
	if v != nil {
		t.fillValue(row, v, now)
	}
	if (v == nil || v.text == "") && n.resource && isActuator(n.interfaces) {
		row.Right, row.Concept = "PUT", Type
	}
}

// isActuator tells whether a resource says that it can be set: core.a is the interface of actuators.
func isActuator(interfaces []string) bool {
	for _, i := range interfaces {
		if i == "core.a" || i == "core.p" {
			return true
		}
	}
	return false
}

// Tip gives what is said of a row when the pointer rests on it.
func (t *DeviceTree) Tip(id string, now time.Time) string {
	endpoint, group, path := splitGroup(id)
	if !endpoint.IsValid() {
		return t.groupTip(group)
	}
	d, ok := t.devices.Get(endpoint)
	switch {
	case !ok:
		return ""
	case path == "":
		return deviceTip(&d, now)
	}
	if n := d.Tree.Find(path); n != nil {
		return t.nodeTip(&d, n, now)
	}
	return ""
}

func (t *DeviceTree) groupTip(id string) string {
	i, ok := t.index.groupAt[id]
	if !ok {
		return ""
	}
	g := &t.index.groups[i]
	devices, last := 0, int32(-1)
	for _, m := range g.members {
		if m.device != last {
			devices, last = devices+1, m.device
		}
	}
	what := "have interface " + g.name + " (if)"
	switch {
	case g.name == "" && t.index.mode == TreeByType:
		what = "say no type (rt)"
	case g.name == "":
		what = "say no interface (if)"
	case t.index.mode == TreeByType:
		what = "are of type " + g.name + " (rt)"
	}
	return count(len(g.members), "resource", "resources") + " of " + count(devices, "device", "devices") + " " + what
}

func deviceTip(d *discovery.Device, now time.Time) string {
	lines := []string{d.Name, "coap://" + discovery.EndpointText(d.Endpoint), count(d.Tree.Count(), "resource", "resources")}
	if d.Unread {
		lines = append(lines, "Not found by a search: it was met by a request. What it has was not read")
	} else if n := len(d.Met); n > 0 {
		lines[2] += ", of which " + Grouped(n) + " met and not listed"
	}
	for _, also := range d.Also {
		lines = append(lines, "also coap://"+discovery.EndpointText(also))
	}
	for i, a := range d.Adverts {
		if i == maxTipAttributes {
			lines = append(lines, "DNS-SD: "+count(len(d.Adverts)-i, "service", "services")+" more")
			break
		}
		lines = append(lines, "DNS-SD: "+a.String())
	}
	seen := "seen " + Age(now.Sub(d.Seen)) + " ago, " + d.Seen.Format(time.DateTime)
	if d.Seen.IsZero() {
		seen = "never seen: a resource directory told of it"
	}
	switch d.Presence() {
	case discovery.Late:
		seen = "did not answer when it was asked last; " + seen
	case discovery.Lost:
		seen = "did not answer " + count(d.Missed, "time", "times") + "; " + seen
	case discovery.Remembered:
		if d.Seen.IsZero() {
			break
		}
		seen = "from an earlier run, not asked in this one; " + seen
	case discovery.Online:
		if d.RTT > 0 {
			seen = "answers in " + Duration(d.RTT) + "; " + seen
		}
	}
	lines = append(lines, seen)
	if d.Problem != nil {
		lines = append(lines, d.Problem.Error())
	}
	return tipText(lines)
}

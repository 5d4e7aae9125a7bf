package view_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/ui/view"
)

// reference makes the lines of a tree as one would without an index: by walking all of it.
type reference struct {
	devices []discovery.Device
	words   []string
	folds   map[string]bool
	all     int // 0 as at first, 1 all open, -1 all folded
	mode    view.TreeMode
	lines   []string
}

func (r *reference) open(id string, first bool) bool {
	if open, ok := r.folds[id]; ok {
		return open
	}
	switch {
	case len(r.words) > 0 || r.all > 0:
		return true
	case r.all < 0:
		return false
	}
	return first
}

func (r *reference) add(id string, depth int, foldable, open bool) {
	r.lines = append(r.lines, fmt.Sprint(id, " ", depth, foldable, open))
}

func (r *reference) matches(d *discovery.Device, text string) bool {
	about := strings.ToLower(d.Name + " " + d.Endpoint.String())
	for _, w := range r.words {
		if !strings.Contains(about, w) && !strings.Contains(strings.ToLower(text), w) {
			return false
		}
	}
	return true
}

func (r *reference) node(d *discovery.Device, n *discovery.Node) bool {
	return r.matches(d, strings.Join([]string{n.ID, n.Title(), strings.Join(n.ResourceTypes(), " "), strings.Join(n.Interfaces(), " ")}, " "))
}

func (r *reference) leads(d *discovery.Device, n *discovery.Node) bool {
	for _, c := range n.Children {
		if r.leads(d, c) {
			return true
		}
	}
	return r.node(d, n)
}

func tops(d *discovery.Device) []*discovery.Node {
	var all []*discovery.Node
	if d.Tree.Root.IsResource() {
		all = append(all, &discovery.Node{ID: "/", Segment: "/", Links: d.Tree.Root.Links, Met: d.Tree.Root.Met})
	}
	return append(append(all, d.Tree.Root.Children...), d.Tree.Elsewhere...)
}

func (r *reference) below(d *discovery.Device, n *discovery.Node, depth int) {
	if !r.leads(d, n) {
		return
	}
	id := d.Endpoint.String() + " " + n.ID
	open := len(n.Children) > 0 && r.open(id, n.ID != "/.well-known" && len(n.Children) < 12)
	r.add(id, depth, len(n.Children) > 0, open)
	if open {
		for _, c := range n.Children {
			r.below(d, c, depth+1)
		}
	}
}

func (r *reference) resources(d *discovery.Device, each func(n *discovery.Node)) {
	var walk func(n *discovery.Node)
	walk = func(n *discovery.Node) {
		if n.IsResource() && r.node(d, n) {
			each(n)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, n := range tops(d) {
		walk(n)
	}
}

func (r *reference) run() []string {
	r.lines = nil
	groups, order := map[string][]string{}, []string{}
	for i := range r.devices {
		d := &r.devices[i]
		switch r.mode {
		case view.TreeByPath, view.TreeByDevice:
			any := r.matches(d, "")
			for _, n := range tops(d) {
				any = any || r.leads(d, n)
			}
			if !any {
				continue
			}
			id := d.Endpoint.String() + " "
			open := r.open(id, false)
			r.add(id, 0, len(tops(d)) > 0, open)
			if !open {
				continue
			}
			if r.mode == view.TreeByDevice {
				r.resources(d, func(n *discovery.Node) { r.add(id+n.ID, 1, false, false) })
				continue
			}
			for _, n := range tops(d) {
				r.below(d, n, 1)
			}
		case view.TreeFlat:
			r.resources(d, func(n *discovery.Node) { r.add(d.Endpoint.String()+" "+n.ID, 0, false, false) })
		default:
			r.resources(d, func(n *discovery.Node) {
				names, key := n.ResourceTypes(), "|rt"
				if r.mode == view.TreeByInterface {
					names, key = n.Interfaces(), "|if"
				}
				if len(names) == 0 {
					names = []string{""}
				}
				for _, name := range names {
					group := key
					if name != "" {
						group += "=" + name
					}
					if groups[group] == nil {
						order = append(order, group)
					}
					groups[group] = append(groups[group], d.Endpoint.String()+group+" "+n.ID)
				}
			})
		}
	}
	sortGroups(order)
	for _, g := range order {
		open := r.open(g, len(groups[g]) < 12)
		r.add(g, 0, true, open)
		if open {
			for _, id := range groups[g] {
				r.add(id, 1, false, false)
			}
		}
	}
	return r.lines
}

// sortGroups sorts by name, those without one last, in the slowest way.
func sortGroups(groups []string) {
	after := func(a, b string) bool {
		_, x, named := strings.Cut(a, "=")
		_, y, other := strings.Cut(b, "=")
		if named != other {
			return other
		}
		return discovery.Natural(x, y) > 0
	}
	for i := range groups {
		for j := i + 1; j < len(groups); j++ {
			if after(groups[i], groups[j]) {
				groups[i], groups[j] = groups[j], groups[i]
			}
		}
	}
}

// Whatever devices there are, and whatever is folded, looked for and chosen, in whatever order: the index has the lines
// that a walk through all of it gives.
func TestTreeIsWhatAWalkGives(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "b", "s2", "s10", ".well-known", "core", "temp"})
	name := rapid.SampledFrom([]string{"t1", "t2", "t10", "temp"})
	rapid.Check(t, func(t *rapid.T) {
		known := new(discovery.Devices)
		v := view.NewDeviceTree(known)
		r := reference{folds: map[string]bool{}}
		addDevice := func() {
			var ls linkformat.Links
			for range rapid.IntRange(0, 20).Draw(t, "links") {
				l := linkformat.Link{Target: "/" + strings.Join(rapid.SliceOfN(segment, 0, 4).Draw(t, "path"), "/")}
				if rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0 {
					l.Target = "coap://example.com" + l.Target
				}
				for _, a := range []string{"rt", "if"} {
					if names := rapid.SliceOfNDistinct(name, 0, 2, func(s string) string { return s }).Draw(t, a); len(names) > 0 {
						l.Attributes = append(l.Attributes, linkformat.NewText(a, strings.Join(names, " ")))
					}
				}
				ls = append(ls, l)
			}
			known.Add(discovery.Device{Endpoint: townAt(rapid.IntRange(0, 4).Draw(t, "device")), Links: ls})
		}
		addDevice()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			rows := v.Rows(now)
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0:
				addDevice()
			case 1, 2:
				if len(rows) > 0 {
					id, open := rows[rapid.IntRange(0, len(rows)-1).Draw(t, "row")].ID, rapid.Bool().Draw(t, "open")
					v.Fold(id, open)
					r.folds[id] = open
				}
			case 3:
				text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"T1", "emp", "192", ".2:", "/a", "s1"}), 0, 2).Draw(t, "words"), " ")
				if len(r.words) == 0 || text != strings.Join(r.words, " ") {
					v.SetFilter(text)
				}
				if words := strings.Fields(strings.ToLower(text)); strings.Join(words, " ") != strings.Join(r.words, " ") {
					// What was folded while something was looked for is forgotten with that.
					r = reference{folds: map[string]bool{}, words: words, mode: r.mode}
					v.FoldAll(true)
					r.all = 1
				}
			case 4:
				r.mode = rapid.SampledFrom(view.TreeModes()).Draw(t, "mode")
				v.SetMode(r.mode)
			case 5:
				if len(r.words) == 0 {
					r.folds, r.all = map[string]bool{}, 1
					if !rapid.Bool().Draw(t, "unfold") {
						r.all = -1
					}
					v.FoldAll(r.all > 0)
				}
			case 6:
				path := "/" + segment.Draw(t, "met")
				known.Meet(townAt(rapid.IntRange(0, 4).Draw(t, "device")), path, now)
			case 7:
				known.Remove(townAt(rapid.IntRange(0, 4).Draw(t, "device")))
			}
			r.devices = known.All()
			want := r.run()
			var got []string
			v.Update()
			for i := range v.RowCount() {
				l := v.Line(i)
				row := v.Row(i, now)
				if l.Kind != view.TreeItem {
					if !row.Device {
						t.Fatalf("line %d is the second of %+v", i, row)
					}
					continue
				}
				if v.Index(row.ID) != i || l.Depth != row.Depth {
					t.Fatalf("row %q of depth %d is at %d, not %d", row.ID, row.Depth, v.Index(row.ID), i)
				}
				got = append(got, fmt.Sprint(row.ID, " ", row.Depth, row.Foldable, row.Open))
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	})
}

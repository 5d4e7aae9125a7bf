package view_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/ui/view"
)

// town is three devices, two of the same name, with resources of several types.
func town(t *testing.T) (*view.DeviceTree, *discovery.Devices) {
	t.Helper()
	known := new(discovery.Devices)
	for i, text := range []string{
		`</>;title="Lamp",</sensors/lux>;rt="light-lux sensor";if="core.s";obs,</led>;rt="light";if="core.a"`,
		`</>;title="Lamp",</sensors/lux>;rt=light-lux;if="core.s"`,
		`</a%20b>;rt="s10",</%C3%A9t%C3%A9>;rt="s2",</plain>,<http://example.com/x>;rt=sensor`,
	} {
		known.Add(discovery.Device{Endpoint: townAt(i), Links: links(t, text)})
	}
	return view.NewDeviceTree(known), known
}

func townAt(i int) netip.AddrPort {
	return netip.MustParseAddrPort(fmt.Sprintf("192.0.2.%d:5683", i+1))
}

// says is the rows as one reads them, with notes and counts.
func says(v *view.DeviceTree) string {
	var b strings.Builder
	for _, r := range v.Rows(now) {
		b.WriteString(strings.Repeat("  ", r.Depth) + r.Text)
		if r.Note != "" {
			b.WriteString(" (" + r.Note + ")")
		}
		if r.Group {
			b.WriteString(" " + r.Right)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestTreeModes(t *testing.T) {
	for mode, want := range map[view.TreeMode]string{
		view.TreeByPath: `Lamp (192.0.2.1)
Lamp (192.0.2.2)
192.0.2.3
`,
		view.TreeByType: `light 1
  /led (192.0.2.1)
light-lux 2
  /sensors/lux (192.0.2.1)
  /sensors/lux (192.0.2.2)
s2 1
  /%C3%A9t%C3%A9 (192.0.2.3)
s10 1
  /a%20b (192.0.2.3)
sensor 2
  /sensors/lux (192.0.2.1)
  http://example.com/x (192.0.2.3)
no type 3
  / (192.0.2.1)
  / (192.0.2.2)
  /plain (192.0.2.3)
`,
		view.TreeByInterface: `core.a 1
  /led (192.0.2.1)
core.s 2
  /sensors/lux (192.0.2.1)
  /sensors/lux (192.0.2.2)
no interface 6
  / (192.0.2.1)
  / (192.0.2.2)
  /a%20b (192.0.2.3)
  /plain (192.0.2.3)
  /%C3%A9t%C3%A9 (192.0.2.3)
  http://example.com/x (192.0.2.3)
`,
		view.TreeFlat: `/ (192.0.2.1)
/led (192.0.2.1)
/sensors/lux (192.0.2.1)
/ (192.0.2.2)
/sensors/lux (192.0.2.2)
/a%20b (192.0.2.3)
/plain (192.0.2.3)
/%C3%A9t%C3%A9 (192.0.2.3)
http://example.com/x (192.0.2.3)
`,
	} {
		v, known := town(t)
		v.SetMode(mode)
		got := says(v)
		if got != want {
			t.Errorf("%v:\n%swant\n%s", mode, got, want)
		}
		known.Rename(townAt(1), "Other")
		if got := says(v); mode == view.TreeFlat && !strings.Contains(got, "/sensors/lux (Lamp)\n/ (Other)\n") {
			t.Errorf("with names of their own:\n%s", got)
		}
	}
	v, _ := town(t)
	v.SetMode(view.TreeByDevice)
	v.Fold(v.Rows(now)[2].ID, true)
	if got, want := says(v), "Lamp (192.0.2.1)\nLamp (192.0.2.2)\n192.0.2.3\n  /a%20b\n  /plain\n  /%C3%A9t%C3%A9\n  http://example.com/x\n"; got != want {
		t.Errorf("by device:\n%swant\n%s", got, want)
	}
	for _, m := range view.TreeModes() {
		if view.ParseTreeMode(m.String()) != m {
			t.Errorf("%v is not read back", m)
		}
	}
	if view.ParseTreeMode("") != view.TreeByPath {
		t.Error("without a name it is by path")
	}
}

// The rows of a resource under several types are rows of their own, and all of them the resource.
func TestTreeSeveralTypes(t *testing.T) {
	v, _ := town(t)
	v.SetMode(view.TreeByType)
	seen := map[string]bool{}
	found := 0
	for i, r := range v.Rows(now) {
		if seen[r.ID] {
			t.Errorf("%q twice", r.ID)
		}
		seen[r.ID] = true
		if v.Index(r.ID) != i {
			t.Errorf("%q is at %d, not %d", r.ID, v.Index(r.ID), i)
		}
		if e, path, listed := v.Resource(r.ID); e == townAt(0) && path == "/sensors/lux" && listed {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d rows are the resource, want 2", found)
	}
	id, ok := v.RowOf(townAt(0), "/sensors/lux")
	if e, path, _ := v.Resource(id); !ok || e != townAt(0) || path != "/sensors/lux" || v.Index(id) != 3 {
		t.Errorf("RowOf gives %q at %d", id, v.Index(id))
	}
	if tip := v.Tip(v.Rows(now)[2].ID, now); tip != "2 resources of 2 devices are of type light-lux (rt)" {
		t.Errorf("tip of the group: %q", tip)
	}
	if e, path, listed := v.Resource(v.Rows(now)[2].ID); e.IsValid() || path != "" || listed {
		t.Errorf("a group is no resource: %v %q %v", e, path, listed)
	}
	v.Fold(v.Rows(now)[2].ID, false)
	if got := says(v); strings.Contains(got, "  /sensors/lux (192.0.2.2)") {
		t.Errorf("the group is folded:\n%s", got)
	}
	v.SetFilter("lux 192.0.2.1:")
	if got, want := says(v), "light-lux 1\n  /sensors/lux (192.0.2.1)\nsensor 1\n  /sensors/lux (192.0.2.1)\n"; got != want {
		t.Errorf("filtered:\n%swant\n%s", got, want)
	}
	v.SetFilter("été")
	if got, want := says(v), "s2 1\n  /%C3%A9t%C3%A9 (192.0.2.3)\n"; got != want {
		t.Errorf("what is escaped is found as people write it:\n%swant\n%s", got, want)
	}
}

func TestTreeFoldsAll(t *testing.T) {
	v, _ := tree(t)
	v.FoldAll(true)
	if got := outline(v.Rows(now)); !strings.Contains(got, "core\n") || !strings.Contains(got, "   x\n") {
		t.Errorf("all is open:\n%s", got)
	}
	v.Fold(v.Rows(now)[0].ID, false)
	if got, want := outline(v.Rows(now)), "+Sensor\n-192.0.2.1:40000\n   x\n"; got != want {
		t.Errorf("but for one:\n%swant\n%s", got, want)
	}
	v.SetFilter("temp")
	v.FoldAll(false)
	if got, want := outline(v.Rows(now)), "+Sensor\n"; got != want {
		t.Errorf("what was looked for is folded:\n%swant\n%s", got, want)
	}
	v.SetFilter("")
	if got, want := outline(v.Rows(now)), "+Sensor\n+192.0.2.1:40000\n"; got != want {
		t.Errorf("all is folded:\n%swant\n%s", got, want)
	}
}

func TestTreeShowsWhatWasMet(t *testing.T) {
	v, known := tree(t)
	other := netip.MustParseAddrPort("192.0.2.99:5683")
	known.Meet(node, "/hidden", now)
	known.Meet(other, "/a/b", now)
	v.FoldAll(true)
	marked := map[string]bool{}
	for _, r := range v.Rows(now) {
		if r.Met {
			marked[r.Text] = r.Listed || r.Device
		}
	}
	if len(marked) != 3 || !marked["hidden"] || !marked["192.0.2.99"] || !marked["b"] {
		t.Errorf("marked as met: %v", marked)
	}
	id, _ := v.RowOf(node, "/hidden")
	if tip := v.Tip(id, now); tip != "/hidden\n◌ not listed: a request was answered here" {
		t.Errorf("tip: %q", tip)
	}
	id, _ = v.RowOf(other, "")
	if tip := v.Tip(id, now); !strings.Contains(tip, "Not found by a search") {
		t.Errorf("tip of the device: %q", tip)
	}
	known.Add(discovery.Device{Endpoint: node, Links: links(t, "</hidden>")})
	for _, r := range v.Rows(now) {
		if r.Text == "hidden" && (r.Met || !r.Listed) {
			t.Errorf("it is listed now: %+v", r)
		}
	}
}

func TestTreePresence(t *testing.T) {
	known := new(discovery.Devices)
	for i := range 4 {
		known.Add(discovery.Device{Endpoint: townAt(i), RTT: 12 * time.Millisecond, Seen: now, Links: links(t, "</x>")})
	}
	known.Missed(townAt(1))
	for range 3 {
		known.Missed(townAt(2))
	}
	data, err := known.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	known.Remove(townAt(3))
	if err := known.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	v := view.NewDeviceTree(known)
	rows := v.Rows(now)
	for i, want := range []struct {
		text    string
		concept view.Concept
		tip     string
	}{
		{"12 ms", view.Good, "answers in 12 ms; seen 5 s ago"},
		{"◐ late", view.Warning, "did not answer when it was asked last; seen 5 s ago"},
		{"✖ lost", view.Error, "did not answer 3 times; seen 5 s ago"},
		{"○ earlier run", view.Dim, "from an earlier run, not asked in this one; seen 5 s ago"},
	} {
		if rows[i].Right != want.text || rows[i].Concept != want.concept {
			t.Errorf("%q %v, want %q", rows[i].Right, rows[i].Concept, want.text)
		}
		if tip := v.Tip(rows[i].ID, now.Add(5*time.Second)); !strings.Contains(tip, want.tip) {
			t.Errorf("tip %q has no %q", tip, want.tip)
		}
	}
	layout := v.Update()
	known.Missed(townAt(0))
	if v.Update() != layout || v.Row(0, now).Right != "◐ late" {
		t.Error("that a device is late changes what its row says, not the rows")
	}
}

func TestTreeRelationsInTips(t *testing.T) {
	known := new(discovery.Devices)
	known.Add(discovery.Device{Endpoint: node, Links: links(t, `</t>;ct="0 60";sz=2000;v="1";hidden,</>;rel="index x",`+
		`<http://example.com/t>;anchor="/t";rel="describedby",</other>;anchor="/t";rel="alternate",</t>;anchor="/all";rel="item"`)})
	v := view.NewDeviceTree(known)
	for path, want := range map[string]string{
		"/t":                   "/t\nct  0 text/plain; charset=utf-8, 60 application/cbor\nsz  2000 B\nv  1\nhidden\ndescribedby → http://example.com/t\nalternate → /other\nitem of /all",
		"/other":               "/other\nalternate of /t",
		"/":                    "/\nindex, x of the device",
		"http://example.com/t": "http://example.com/t\ndescribedby of /t",
		"/all":                 "/all\nitem → /t",
	} {
		id, ok := v.RowOf(node, path)
		if tip := v.Tip(id, now); !ok || tip != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, tip, want)
		}
	}
}

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

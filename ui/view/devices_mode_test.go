package view_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
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

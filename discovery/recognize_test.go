package discovery

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol/linkformat"
)

// known makes a device that answered at a time by eth0.
func known(t *testing.T, endpoint, links string, at time.Time) Device {
	t.Helper()
	ls, err := linkformat.Parse([]byte(links))
	if err != nil {
		t.Fatal(err)
	}
	return Device{Endpoint: ep(endpoint), Links: ls, Seen: at, Interface: "eth0"}
}

// drawDevices writes the devices with what is known of each.
func drawDevices(ds *Devices) string {
	var lines []string
	for _, d := range ds.All() {
		lines = append(lines, fmt.Sprint(d.Name, " ", EndpointText(d.Endpoint), " ", d.Also, " ", d.Presence()))
	}
	return strings.Join(lines, "\n")
}

func TestPresence(t *testing.T) {
	var ds Devices
	plan := once(t)
	ds.Add(known(t, "192.0.2.1:5683", "</a>", clock))
	ds.Add(known(t, "192.0.2.2:5683", "</a>", clock))
	ds.Add(known(t, "192.0.2.3:61616", "</a>", clock)) // of a port that is not asked
	other := known(t, "192.0.2.4:5683", "</a>", clock)
	other.Interface = "eth1"
	ds.Add(other)
	now := clock
	for _, want := range []Presence{Late, Late, Lost, Lost} {
		now = now.Add(time.Minute)
		ds.Sighted(ep("192.0.2.2:5683"), now, 0)
		if moved := ds.Swept(plan, now); len(moved) != 0 {
			t.Errorf("moved %v", moved)
		}
		for i, want := range []Presence{want, Online, Online, Online} {
			if got := ds.All()[i].Presence(); got != want {
				t.Errorf("device %d is %v, want %v", i+1, got, want)
			}
		}
	}
	filtered := plan
	filtered.Filters = []string{"rt=x"}
	before := ds.Revision()
	ds.Swept(filtered, now.Add(time.Hour))
	if ds.Revision() != before {
		t.Error("a search with a filter missed a device")
	}
	ds.Sighted(ep("192.0.2.1:5683"), now, 0)
	if d, _ := ds.Get(ep("192.0.2.1:5683")); d.Presence() != Online {
		t.Errorf("after an answer it is %v", d.Presence())
	}
	ds.Missed(ep("192.0.2.1:5683"))
	if d, _ := ds.Get(ep("192.0.2.1:5683")); d.Presence() != Late {
		t.Errorf("after a silence it is %v", d.Presence())
	}
	targets, _ := ParseTargets("192.0.2.3-9:61616", 5683)
	sweep, err := targets.Plan(0)
	if err != nil {
		t.Fatal(err)
	}
	ds.Swept(sweep, now.Add(time.Hour))
	if d, _ := ds.Get(ep("192.0.2.3:61616")); d.Missed != 1 {
		t.Errorf("one by one: missed %d times", d.Missed)
	}
}

// A device whose address has changed is recognized by its links, where there is no doubt, and keeps its name and place.
func TestMoved(t *testing.T) {
	later := clock.Add(time.Hour)
	for _, tt := range []struct {
		name        string
		then, after [][2]string // endpoints with their links
		want        string
		moved       int
	}{
		{
			"one has moved",
			[][2]string{{"192.0.2.1:5683", "</a>,</t>;sz=5"}, {"192.0.2.2:5683", "</b>"}},
			[][2]string{{"192.0.2.2:5683", "</b>"}, {"192.0.2.7:5683", "</t>;sz=6,</a>"}},
			"mine 192.0.2.7 [] online\n192.0.2.2 192.0.2.2 [] online", 1,
		},
		{
			"twins: the one that stayed is not in doubt",
			[][2]string{{"192.0.2.1:5683", "</a>"}, {"192.0.2.2:5683", "</a>"}},
			[][2]string{{"192.0.2.2:5683", "</a>"}, {"192.0.2.7:5683", "</a>"}},
			"mine 192.0.2.7 [] online\n192.0.2.2 192.0.2.2 [] online", 1,
		},
		{
			"two came: nobody knows which",
			[][2]string{{"192.0.2.1:5683", "</a>"}},
			[][2]string{{"192.0.2.6:5683", "</a>"}, {"192.0.2.7:5683", "</a>"}},
			"mine 192.0.2.1 [] late\n192.0.2.6 192.0.2.6 [] online\n192.0.2.7 192.0.2.7 [] online", 0,
		},
		{
			"other links",
			[][2]string{{"192.0.2.1:5683", "</a>"}},
			[][2]string{{"192.0.2.7:5683", "</a>;rt=b"}},
			"mine 192.0.2.1 [] late\n192.0.2.7 192.0.2.7 [] online", 0,
		},
		{
			"no links",
			[][2]string{{"192.0.2.1:5683", ""}},
			[][2]string{{"192.0.2.7:5683", ""}},
			"mine 192.0.2.1 [] late\n192.0.2.7 192.0.2.7 [] online", 0,
		},
	} {
		var ds Devices
		for _, d := range tt.then {
			ds.Add(known(t, d[0], d[1], clock))
		}
		ds.Rename(ep("192.0.2.1:5683"), "mine")
		for _, d := range tt.after {
			ds.Add(known(t, d[0], d[1], later))
		}
		moved := ds.Swept(once(t), later)
		if got := drawDevices(&ds); got != tt.want || len(moved) != tt.moved {
			t.Errorf("%s: moved %v, got\n%s\nwant\n%s", tt.name, moved, got, tt.want)
		}
	}
}

// A device that answers at addresses of several kinds is one, where its hardware says so; not the many of one host.
func TestSeveralAddresses(t *testing.T) {
	var ds Devices
	add := func(endpoint, hardware, links string) {
		d := known(t, endpoint, links, clock)
		d.Hardware = hardware
		ds.Add(d)
	}
	add("192.0.2.1:5683", "02:00:00:00:00:01", "</a>")
	ds.Rename(ep("192.0.2.1:5683"), "mine")
	add("[fe80::1%eth0]:5683", "02:00:00:00:00:01", "</a>")
	add("[2001:db8::1]:5683", "02:00:00:00:00:01", "</a>")
	add("[2001:db8::2]:5683", "02:00:00:00:00:01", "</a>")
	add("[fe80::1%eth0]:61616", "02:00:00:00:00:01", "</a>")
	add("[fe80::2%eth0]:5683", "02:00:00:00:00:02", "</a>")
	add("192.0.2.3:5683", "02:00:00:00:00:02", "</b>")
	want := strings.Join([]string{
		"mine 192.0.2.1 [[fe80::1%eth0]:5683 [2001:db8::1]:5683] online", "[2001:db8::2] [2001:db8::2] [] online",
		"[fe80::1%eth0]:61616 [fe80::1%eth0]:61616 [] online", "[fe80::2%eth0] [fe80::2%eth0] [] online", "192.0.2.3 192.0.2.3 [] online",
	}, "\n")
	if got := drawDevices(&ds); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if d, ok := ds.Get(ep("[2001:db8::1]:5683")); !ok || d.Name != "mine" || !ds.Missed(ep("[fe80::1%eth0]:5683")) {
		t.Errorf("by another address: %+v", d)
	}
	add("[fe80::1%eth0]:5683", "", "</a>,</c>")
	if d, _ := ds.Get(ep("192.0.2.1:5683")); len(d.Links) != 2 || d.Presence() != Online || len(d.Also) != 2 {
		t.Errorf("answered at another address: %+v", d)
	}
	if !ds.Remove(ep("[2001:db8::1]:5683")) {
		t.Error("not removed by another address")
	}
	if _, ok := ds.Get(ep("[fe80::1%eth0]:5683")); ok {
		t.Error("an address of a device that was removed is known")
	}
}

// The name by which a directory knows a device stays where its address does not.
func TestRegisteredDevice(t *testing.T) {
	var ds Devices
	if ds.Registered(ep("192.0.2.1:5683"), "node1@floor") {
		t.Error("a device that is not known")
	}
	ds.Add(known(t, "192.0.2.1:5683", "</a>", clock))
	ds.Add(known(t, "192.0.2.2:5683", "</a>", clock))
	ds.Rename(ep("192.0.2.1:5683"), "mine")
	ds.Registered(ep("192.0.2.1:5683"), "node1@floor")
	ds.Registered(ep("192.0.2.5:5683"), "node1@floor") // it tells so before it was seen there
	if got, want := drawDevices(&ds), "mine 192.0.2.5 [] online\n192.0.2.2 192.0.2.2 [] online"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	ds.Add(known(t, "192.0.2.9:5683", "</c>", clock))
	ds.Registered(ep("192.0.2.9:5683"), "node1@floor")
	if got, want := drawDevices(&ds), "mine 192.0.2.9 [] online\n192.0.2.2 192.0.2.2 [] online"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	moved := known(t, "192.0.2.10:5683", "</d>", clock)
	moved.EndpointName = "node1@floor"
	ds.Add(moved)
	if d, ok := ds.Get(ep("192.0.2.10:5683")); !ok || d.Name != "mine" || len(ds.All()) != 2 || d.Links[0].Target != "/d" {
		t.Errorf("got %+v of\n%s", d, drawDevices(&ds))
	}
	if _, ok := ds.Get(ep("192.0.2.9:5683")); ok {
		t.Error("it is still known at its old address")
	}
}

func TestKeep(t *testing.T) {
	var ds Devices
	d := known(t, "[fe80::1%eth0]:5683", `</a>;title="Küche, \"links\"",</b>;obs;ct="0 50"`, clock)
	d.Also, d.EndpointName, d.Hardware = []netip.AddrPort{ep("192.0.2.1:5683")}, "n@s", "02:00:00:00:00:01"
	ds.Add(d)
	ds.Add(known(t, "192.0.2.7:61616", "", clock.Add(time.Second)))
	ds.Rename(ep("192.0.2.7:61616"), "mine")
	data, err := json.Marshal(&ds)
	if err != nil {
		t.Fatal(err)
	}
	var again Devices
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if got, want := drawDevices(&again), strings.ReplaceAll(drawDevices(&ds), "online", "not seen yet"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	back, _ := again.Get(ep("192.0.2.1:5683"))
	was, _ := ds.Get(ep("192.0.2.1:5683"))
	if back.Links.String() != was.Links.String() || back.Identity != was.Identity || back.Identity == "" || !back.Seen.Equal(clock) || !back.First.Equal(was.First) || back.EndpointName != "n@s" || back.Tree.Count() != 2 {
		t.Errorf("got %+v, want %+v", back, was)
	}
	again.Add(known(t, "192.0.2.1:5683", "</a>", clock.Add(time.Hour)))
	if d, _ := again.Get(ep("192.0.2.1:5683")); d.Presence() != Online || d.Endpoint != ep("[fe80::1%eth0]:5683") {
		t.Errorf("seen again: %+v", d)
	}
	if err := again.UnmarshalJSON(data); err != nil || len(again.All()) != 2 {
		t.Errorf("twice: %v, %d devices", err, len(again.All()))
	}
	for _, bad := range []string{"", "{}", `{"version":2}`, `{"version":1,"devices":[{}]}`, `{"version":1,"devices":[{"endpoint":"x"}]}`} {
		var ds Devices
		if err := ds.UnmarshalJSON([]byte(bad)); err == nil || len(ds.All()) != 0 {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func FuzzKeep(f *testing.F) {
	f.Add([]byte(`{"version":1,"devices":[{"endpoint":"192.0.2.1:5683","also":["192.0.2.1:5683","[fe80::1%e]:1","[fe80::1%e]:1"],"links":"</a>,,<b","seen":"2020-01-01T00:00:00Z"},{"endpoint":"[fe80::1%e]:1"}]}`))
	f.Add([]byte(`{"version":1,"devices":[{"endpoint":"192.0.2.1:5684","adverts":[{"service":"_coaps._udp","name":"Lamp","host":"lamp.local","port":5684,"text":["a=b"],"interface":"e"}],"seen":"2020-01-01T00:00:00Z","first":"0001-01-01T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var ds, again Devices
		if ds.UnmarshalJSON(data) != nil {
			return
		}
		for _, d := range ds.All() {
			for _, e := range d.endpoints() {
				if got, ok := ds.Get(e); !ok || got.Endpoint != d.Endpoint {
					t.Fatalf("%v is of %v", e, got.Endpoint)
				}
			}
		}
		written, err := ds.MarshalJSON()
		if err != nil {
			return // a year that JSON does not have
		}
		if err := again.UnmarshalJSON(written); err != nil || drawDevices(&again) != drawDevices(&ds) {
			t.Fatalf("%v, got\n%s\nwant\n%s", err, drawDevices(&again), drawDevices(&ds))
		}
		for _, d := range ds.All() {
			ds.Remove(d.Endpoint)
		}
		if len(ds.also) != 0 || len(ds.order) != 0 || len(ds.devices) != 0 {
			t.Fatalf("left are %v", ds.also)
		}
	})
}

// What a directory tells of joins the devices, though nobody has asked it, and is told apart from what was asked.
func TestEnrol(t *testing.T) {
	var ds Devices
	of := func(text string) linkformat.Links {
		links, err := linkformat.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return links
	}
	at := ep("192.0.2.7:5683")
	if !ds.Enrol(ep("[::ffff:192.0.2.7]:5683"), "node1@floor", of("<coap://192.0.2.7/temp>;rt=t")) || ds.Enrol(at, "node1@floor", of("<coap://192.0.2.7/light>")) {
		t.Error("it joins once")
	}
	d, _ := ds.Get(at)
	if d.Name != "node1@floor" || d.Presence() != Remembered || !d.Partial || len(d.Links) != 2 || d.Tree.Find("/temp") == nil || d.Tree.Find("/light") == nil {
		t.Errorf("got %+v", d)
	}
	answered := Device{Endpoint: at, Links: of("</only>"), Seen: clock}
	if d = ds.Add(answered); d.Presence() != Online || d.Name != "node1@floor" || len(d.Links) != 1 {
		t.Errorf("when it has answered: %+v", d)
	}
	ds.Enrol(at, "node1@floor", of("</forged>"))
	if d, _ = ds.Get(at); len(d.Links) != 1 {
		t.Errorf("what it has said itself counts: %+v", d.Links)
	}
	ds.Add(Device{Endpoint: ep("192.0.2.8:5683"), Seen: clock})
	if ds.Enrol(ep("192.0.2.8:5683"), "node2", nil) {
		t.Error("it was known")
	}
	if d, _ = ds.Get(ep("192.0.2.8:5683")); d.Name != "node2" || d.Presence() != Online {
		t.Errorf("named by the directory: %+v", d)
	}
}

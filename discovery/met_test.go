package discovery

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

var metAt = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// metOf gives the paths that were met at a device and are marked in its tree.
func metOf(ds *Devices, endpoint string) (met []string) {
	d, _ := ds.Get(ep(endpoint))
	var visit func(n *Node)
	visit = func(n *Node) {
		if n.Met {
			met = append(met, n.ID)
		}
		for _, c := range n.Children {
			visit(c)
		}
	}
	visit(d.Tree.Root)
	return met
}

func TestMet(t *testing.T) {
	const at = "192.0.2.1:5683"
	var ds Devices
	ds.Add(Device{Endpoint: ep(at), Links: parse(t, "</a>,</b/c>"), Seen: metAt})
	for path, news := range map[string]bool{
		"/a": false, "/a?x=1": false, "/b": true, "/.well-known/core": false, "/.well-known/core?rt=x": false, "": false, "coap://h/x": false,
	} {
		if ds.Meet(ep(at), path, metAt) != news {
			t.Errorf("met %q: news is not %v", path, news)
		}
	}
	if ds.Meet(ep(at), "/b", metAt) || !ds.Meet(ep(at), "/hidden/d?x=1", metAt) {
		t.Error("each is news once")
	}
	if got := metOf(&ds, at); !slices.Equal(got, []string{"/b", "/hidden/d?x=1"}) {
		t.Errorf("met %q", got)
	}
	if d, _ := ds.Get(ep(at)); d.Tree.Count() != 4 || d.Unread || d.Tree.Find("/hidden").IsResource() {
		t.Errorf("%d resources", d.Tree.Count())
	}
	// It stays when the device is found again, until the device lists it.
	ds.Add(Device{Endpoint: ep(at), Links: parse(t, "</a>"), Seen: metAt})
	if got := metOf(&ds, at); !slices.Equal(got, []string{"/b", "/hidden/d?x=1"}) {
		t.Errorf("after a search: %q", got)
	}
	ds.Add(Device{Endpoint: ep(at), Links: parse(t, "</a>,</b>"), Seen: metAt})
	if got := metOf(&ds, at); !slices.Equal(got, []string{"/hidden/d?x=1"}) {
		t.Errorf("once it is listed: %q", got)
	}
	if d, _ := ds.Get(ep(at)); !slices.Equal(d.Met, []string{"/hidden/d?x=1"}) {
		t.Errorf("remembered: %q", d.Met)
	}
	if ds.Gone(ep(at), "/a") || !ds.Gone(ep(at), "/hidden/d?x=1") || ds.Gone(ep(at), "/hidden/d?x=1") {
		t.Error("what was met is gone once; what is listed stays")
	}
	if got := metOf(&ds, at); got != nil {
		t.Errorf("after it was deleted: %q", got)
	}
}

func TestMetDevice(t *testing.T) {
	var ds Devices
	if !ds.Meet(ep("[::ffff:192.0.2.9]:5683"), "/x", metAt) || ds.Meet(ep("224.0.1.187:5683"), "/x", metAt) {
		t.Error("a device is met, a group is not")
	}
	d, ok := ds.Get(ep("192.0.2.9:5683"))
	if !ok || !d.Unread || d.Seen != metAt || d.Name != "192.0.2.9" || d.Tree.Count() != 1 || ds.Len() != 1 {
		t.Fatalf("%+v", d)
	}
	data, err := json.Marshal(&ds)
	if err != nil {
		t.Fatal(err)
	}
	var again Devices
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if d, _ := again.Get(d.Endpoint); !d.Unread || !slices.Equal(d.Met, []string{"/x"}) || !d.Tree.Find("/x").Met {
		t.Errorf("in the next run: %+v", d)
	}
	ds.Add(Device{Endpoint: d.Endpoint, Links: parse(t, `</>;title="Lamp"`)})
	if d, _ := ds.Get(d.Endpoint); d.Unread || d.Name != "Lamp" || d.First != metAt || d.Tree.Count() != 2 {
		t.Errorf("when it was found: %+v", d)
	}
	for i := range 2 * maxMet {
		ds.Meet(d.Endpoint, fmt.Sprintf("/many?%d", i), metAt)
	}
	if d, _ := ds.Get(d.Endpoint); len(d.Met) != maxMet {
		t.Errorf("%d met", len(d.Met))
	}
}

func TestKeptRevision(t *testing.T) {
	var ds Devices
	at := ep("192.0.2.1:5683")
	ds.Add(Device{Endpoint: at, Links: parse(t, "</a>")})
	before, revision := ds.KeptRevision(), ds.Revision()
	ds.Sighted(at, metAt, time.Second)
	ds.Missed(at)
	if ds.KeptRevision() != before || ds.Revision() == revision {
		t.Error("that a device was heard of changes the revision only")
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"rename", func() { ds.Rename(at, "x") }},
		{"meet", func() { ds.Meet(at, "/m", metAt) }},
		{"add", func() { ds.Add(Device{Endpoint: at}) }},
		{"remove", func() { ds.Remove(at) }},
	} {
		before := ds.KeptRevision()
		if step.do(); ds.KeptRevision() == before {
			t.Errorf("%s is not told of", step.name)
		}
	}
}

// A device that a request has met at its new address before it was recognised has what it had at the old one.
func TestMetWhereItHasMoved(t *testing.T) {
	var ds Devices
	ds.Add(known(t, "192.0.2.1:5683", "</a>,</b>", clock))
	ds.Registered(ep("192.0.2.1:5683"), "node1")
	ds.Meet(ep("192.0.2.9:5683"), "/c", clock)
	if !ds.Registered(ep("192.0.2.9:5683"), "node1") {
		t.Fatal("it is not recognised")
	}
	d, ok := ds.Get(ep("192.0.2.9:5683"))
	if !ok || len(d.Links) != 2 || d.Unread || d.Tree.Find("/b") == nil || d.Tree.Find("/c") == nil || len(ds.All()) != 1 {
		t.Errorf("of %d devices it is %+v", len(ds.All()), d)
	}
}

// What is met again is no news, however its path is written; and one that a link would take for another host is none.
func TestMeetOnce(t *testing.T) {
	var ds Devices
	at := ep("192.0.2.1:5683")
	for _, path := range []string{"/a", "/a/../b", "/.", "/%41?q=%2541", "/a//b", "/x y"} {
		ds.Meet(at, path, metAt)
		if ds.Meet(at, path, metAt) {
			t.Errorf("%s is met twice", path)
		}
	}
	if ds.Meet(at, "//elsewhere.example/x", metAt) {
		t.Error("another host is met")
	}
	if d, _ := ds.Get(at); len(d.Tree.Elsewhere) > 0 {
		t.Errorf("elsewhere is %+v", d.Tree.Elsewhere)
	}
}

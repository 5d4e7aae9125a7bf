package ui

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/discovery"
	"coapscope/ui/view"
)

// The search says what it would send, marks what cannot be, asks before what goes far, and tells how it went.
func TestSearchSheet(t *testing.T) {
	w, says := window(t)
	all, err := w.bench.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(i discovery.Interface) bool { return i.Loopback })
	if at < 0 {
		t.Skip("there is no loopback")
	}
	w.bench.Scan.Choice = view.ScanChoice{Interfaces: []string{all[at].Net.Name}, Groups: discovery.AllCoAPNodes()[:1], Leisure: discovery.Leisure{Time: time.Millisecond}, Rounds: 1}
	w.bench.Commands.Do(view.CmdSearch)
	text := says()
	for _, want := range []string{"Search for devices", "INTERFACES", all[at].Net.Name, "224.0.1.187:5683", "1 datagram in 1.0 s, 25 B without headers", "◎ Search"} {
		if !strings.Contains(text, want) {
			t.Errorf("the search does not say %q:\n%s", want, text)
		}
	}
	focused := w.window.Canvas().Focused()
	if focused == nil {
		t.Fatal("nothing has the keys")
	}
	for range at {
		focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if text = says(); !strings.Contains(text, "✖ Nothing: choose an interface to search by") {
		t.Errorf("the space bar does not take the interface away:\n%s", text)
	}
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})

	// A hop limit with which it may leave the link is asked about; nothing was sent until then.
	w.bench.Scan.Choice.HopLimit = 2
	w.search.Refresh()
	w.bench.Discover()
	if text = says(); !strings.Contains(text, "Send 1 datagram, which may leave the link") || !strings.Contains(text, "Send nothing") || !strings.Contains(text, "Leave the link (beyond the link)?") {
		t.Errorf("it does not ask:\n%s", text)
	}
	if n := w.bench.Engine.Log().Len(); n != 0 {
		t.Errorf("%d frames were sent", n)
	}
	w.bench.DeclineScan()
	w.bench.Scan.Choice.HopLimit = 0
	w.bench.Discover()
	until(t, says, "The last search on "+all[at].Net.Name)
	w.dialog.Hide()
	if w.search != nil || !strings.Contains(w.app.Preferences().String("search"), all[at].Net.Name) {
		t.Errorf("kept is %q", w.app.Preferences().String("search"))
	}
}

// A device is called what the user says, all over the window.
func TestDeviceIsRenamed(t *testing.T) {
	w, says := window(t)
	at := netip.MustParseAddrPort("[fe80::1%eth0]:5683")
	w.bench.Known().Add(discovery.Device{Endpoint: at})
	w.bench.Changed(view.PartAll)
	until(t, says, "[fe80::1%eth0]")
	w.devices.Rename(at)
	field, ok := w.window.Canvas().Focused().(interface{ SetText(string) })
	if !ok {
		t.Fatal("the cursor is not in the line")
	}
	field.SetText("attic")
	if text := says(); !strings.Contains(text, "It is kept between runs") {
		t.Errorf("nothing is said of the name:\n%s", text)
	}
	w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	until(t, says, "attic")
	if d, _ := w.bench.Known().Get(at); d.Name != "attic" || !d.Given {
		t.Errorf("it is called %q", d.Name)
	}
}

package ui

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/session/lab"
	"coapscope/ui/view"
)

// The directory and the capabilities of a device open over the window, from its menu and from the palette, and registrations
// outlast the run.
func TestDirectoryAndCapabilitiesOpen(t *testing.T) {
	w, says := window(t)
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	store, err := l.Device("store")
	if err != nil {
		t.Fatal(err)
	}
	w.do(view.CmdCapability)
	if text := says(); !strings.Contains(text, "select a device first") {
		t.Errorf("the capabilities of no device:\n%s", text)
	}
	if items := w.deviceMenu(store.Addr, ""); len(items) != 1 || items[0].Label != "Capabilities …" || w.deviceMenu(store.Addr, "/a") != nil {
		t.Errorf("the menu of a device that is not known has %d items", len(items))
	}
	w.bench.AddHost(store.Addr.String())
	until(t, says, "store")
	items := w.deviceMenu(store.Addr, "")
	if len(items) != 2 {
		t.Fatalf("the menu of the store has %d items", len(items))
	}
	items[1].Action()
	until(t, says, "● store, online")
	w.do(view.CmdKeys) // nothing opens over it
	w.do(view.CmdDirectory)
	if w.directory != nil || w.dialog != nil {
		t.Error("its command does not close it")
	}
	w.do(view.CmdDirectory) // that which was shown last
	until(t, says, "● store, online")
	if err := w.bench.Directories().Register(view.RegistrationForm{Name: "hall-lamp", Lifetime: "25 h", Base: "coap://192.0.2.7", Links: "</a>"}); err != nil {
		t.Fatal(err)
	}
	until(t, says, "hall-lamp is registered at")
	w.dialog.Hide()
	if kept := w.app.Preferences().String(registrationsKey); !strings.Contains(kept, `"ep":"hall-lamp"`) {
		t.Errorf("kept is %q", kept)
	}
	w.bench.Directories().Remove(1)
	until(t, says, "hall-lamp is removed")
	if kept := w.app.Preferences().String(registrationsKey); kept != "" {
		t.Errorf("kept is %q", kept)
	}
	w.app.Preferences().SetString(registrationsKey, "{")
	w.restoreRegistrations()
	if text := says(); !strings.Contains(text, "kept registrations") {
		t.Errorf("what cannot be read is not told:\n%s", text)
	}

	items[0].Action()
	if text := says(); !strings.Contains(text, "Capabilities of store") || !strings.Contains(text, "/.well-known/core answers 2.05") {
		t.Errorf("the card:\n%s", text)
	}
	w.bench.Capability(store.Addr).Probe()
	until(t, says, "Probe again …")
	w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.capability != nil {
		t.Error("Escape does not close it")
	}
	if got := w.bench.CurrentDevice(); got != (netip.AddrPort{}) {
		t.Errorf("the current device is %v, and none is selected", got)
	}
}

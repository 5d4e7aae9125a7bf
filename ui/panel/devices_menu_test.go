package panel

import (
	"net/netip"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

func TestDeviceMenu(t *testing.T) {
	test.NewTempApp(t)
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	bench := view.NewWorkbench(engine, func() {})
	t.Cleanup(bench.Close)
	at := netip.MustParseAddrPort("[fe80::1%eth0]:5683")
	links, err := linkformat.Parse([]byte("</a>"))
	if err != nil {
		t.Fatal(err)
	}
	bench.Known().Add(discovery.Device{Endpoint: at, Also: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5683")}, Links: links})
	p := NewDevices(bench)
	window := test.NewTempWindow(t, p.Object)
	window.Resize(fyne.NewSize(300, 500))
	p.AddMenu(func(e netip.AddrPort, path string) []*fyne.MenuItem {
		if e != at || path != "" {
			return nil
		}
		return []*fyne.MenuItem{fyne.NewMenuItem("More of it", func() {})}
	})
	const device = "Rename …|Ask for /.well-known/core again|Read all its values|Observe all that can be|Copy address|Copy as URI|Copy 192.0.2.1|Forget|More of it"
	for id, want := range map[string]string{
		at.String() + " ": device, at.String() + " subtitle": device, at.String() + " /a": "Get|Observe|Read its value|Copy as URI", at.String() + " /b": "", labID: "",
	} {
		p.showMenu(id, widget.Tap{})
		var says []string
		if top := window.Canvas().Overlays().Top(); top != nil {
			for _, s := range widget.Collect(nil, top) {
				says = append(says, s.Text)
			}
			window.Canvas().Overlays().Remove(top)
		}
		if got := strings.Join(says, "|"); got != want {
			t.Errorf("%q: the menu says %q, want %q", id, got, want)
		}
	}
}

package panel

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// labBench gives a workbench, the address of a device of a lab, and a function that pulls until something is so.
func labBench(t *testing.T, device string) (*view.Workbench, netip.AddrPort, func(what string, is func() bool)) {
	t.Helper()
	test.NewTempApp(t)
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan struct{}, 1)
	bench := view.NewWorkbench(engine, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	t.Cleanup(bench.Close)
	d, err := l.Device(device)
	if err != nil {
		t.Fatal(err)
	}
	return bench, d.Addr, func(what string, is func() bool) {
		t.Helper()
		end := time.After(30 * time.Second)
		for bench.Pull(); !is(); bench.Pull() {
			select {
			case <-woken:
			case <-end:
				t.Fatalf("waited in vain for %s; the message is %q", what, bench.Message)
			}
		}
	}
}

// shown gives the texts of an object of that size.
func shown(t *testing.T, o fyne.CanvasObject, w, h float32) string {
	t.Helper()
	window := test.NewTempWindow(t, o)
	window.Resize(fyne.NewSize(w, h))
	window.Canvas().Capture()
	return widget.Spans(window.Canvas()).String()
}

// Before anything is sent all of it is shown; what comes of it names the packets, and leads to them.
func TestCapabilityPanel(t *testing.T) {
	bench, at, until := labBench(t, "store")
	card := bench.Capability(at)
	card.Resource, card.Observable = "/blobs/100k", "/settings"
	copied, closed := "", false
	p := NewCapability(card, func(text string) { copied = text })
	p.Close = func() { closed = true }
	says := func() string { return shown(t, p.Object, 1000, 1100) }
	if text := says(); !strings.Contains(text, "Nothing is sent before you have seen it") || !strings.Contains(text, "Probe …") || strings.Contains(text, "supports") {
		t.Errorf("at first:\n%s", text)
	}
	p.goOn()
	text := says()
	for _, want := range []string{"Send these 15 requests", "GET /blobs/100k, Q-Block2 0/0/16", "GET, Proxy-Uri coap://probe.invalid/", "GET /settings, Observe 1 (cancel)", "Cancel"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not say %q:\n%s", want, text)
		}
	}
	p.unsafe.SetText("PUT /upload")
	if text := says(); !strings.Contains(text, "Send these 16 requests, 1 of them not safe") || !strings.Contains(text, "⚠ not safe") {
		t.Errorf("with what is not safe:\n%s", text)
	}
	p.unsafe.SetText("PUT")
	if text := says(); !strings.Contains(text, "write a method and a path") {
		t.Errorf("with a mistake:\n%s", text)
	}
	p.goOn()
	if running, _, _ := card.Running(); running || bench.Traffic.Total() != 0 {
		t.Fatal("something was sent that could not be")
	}
	p.unsafe.SetText("")
	p.goOn()
	until("the end", func() bool { p.Refresh(); return !card.Probed().IsZero() })
	text = says()
	for _, want := range []string{"Probe again …", "blocks of 1024 bytes, and of 16 where those are asked for", "RFC 9177 §4.1", "#5", "Forward proxy"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card does not say %q:\n%s", want, text)
		}
	}
	p.copy.Activate()
	if !strings.Contains(copied, "✔ Q-Block: supports: /blobs/100k does it") {
		t.Errorf("copied is\n%s", copied)
	}
	p.key(fyne.KeyDown, 0)
	p.key(fyne.KeyDown, 0)
	p.key(fyne.KeyReturn, 0)
	if !closed || bench.SelectedFrame() != p.links[2].frame || p.links[2].row != 1 {
		t.Errorf("closed %v, frame %d, link %+v", closed, bench.SelectedFrame(), p.links[2])
	}
	// A narrow window cuts nothing off that matters.
	if text := shown(t, p.Object, 700, 1100); !strings.Contains(text, "RFC 7252 §4.3") || !strings.Contains(text, "supports") {
		t.Errorf("narrow:\n%s", text)
	}
}

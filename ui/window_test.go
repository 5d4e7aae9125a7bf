package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/session"
	"coapscope/ui/widget"
)

// window gives a window of a headless application, and a function that draws what has changed and
// gives all texts.
func window(t *testing.T) (*Window, func() string) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWindow(test.NewTempApp(t), engine, widget.Dark)
	t.Cleanup(w.bench.Close)
	w.window.Resize(fyne.NewSize(1100, 700))
	return w, func() string {
		w.refresh()
		w.window.Canvas().Capture() // sheets draw when they are painted
		return widget.Spans(w.window.Canvas()).String()
	}
}

func TestFirstStartOffersTheLab(t *testing.T) {
	_, says := window(t)
	text := says()
	for _, want := range []string{"No devices yet", "Explore the lab", "◎ Discover", "Nothing asked yet", "No packets yet", "Select a packet to see its bits"} {
		if !strings.Contains(text, want) {
			t.Errorf("the window does not say %q:\n%s", want, text)
		}
	}
}

func TestTypedAddressBecomesOptionsAndBytes(t *testing.T) {
	w, says := window(t)
	says()
	w.bar.FocusAddress()
	test.Type(w.window.Canvas().Focused(), "coap://192.0.2.1/a/bc?d=1")
	text := says()
	// 4 bytes of header, 4 of token, and Uri-Path a, Uri-Path bc, Uri-Query d=1 with a byte each.
	for _, want := range []string{"On the wire · 17 bytes", "GET a/bc?d=1", "Uri-Query"} {
		if !strings.Contains(text, want) {
			t.Errorf("the window does not say %q:\n%s", want, text)
		}
	}
}

func TestWrongAddressSaysWhy(t *testing.T) {
	w, says := window(t)
	w.bench.Tab().Draft.Address = "coap://fe80::1/x"
	w.bench.Send()
	if text := says(); !strings.Contains(text, "RFC 3986 §3.2.2") {
		t.Errorf("no reason is given:\n%s", text)
	}
	if n := w.bench.Traffic.Total(); n != 0 {
		t.Errorf("%d packets were sent", n)
	}
}

func TestNothingIsDrawnWhileNothingChanges(t *testing.T) {
	w, says := window(t)
	says()
	if dirty, more := w.bench.Pull(); dirty != 0 || more {
		t.Errorf("parts %b are dirty though nothing happened", dirty)
	}
	if w.bench.Ticking() {
		t.Error("the window ticks though nothing is open")
	}
}

func TestTabsOpenAndClose(t *testing.T) {
	w, says := window(t)
	w.bench.Tab().Draft.Address = "coap://192.0.2.1/one"
	w.bench.NewTab().Draft.Address = "coap://192.0.2.1/two"
	if text := says(); !strings.Contains(text, "GET one") || !strings.Contains(text, "GET two") {
		t.Errorf("two tabs are open, the window says\n%s", text)
	}
	w.bench.CloseTab(w.bench.Tab().ID)
	if text := says(); strings.Contains(text, "GET two") || !strings.Contains(text, "coap://192.0.2.1/one") {
		t.Errorf("the second tab is closed, the window says\n%s", text)
	}
	w.bench.CloseTab(w.bench.Tab().ID)
	if text := says(); !strings.Contains(text, "GET new request") {
		t.Errorf("the last tab is emptied, the window says\n%s", text)
	}
}

func TestFoldsAndThemes(t *testing.T) {
	w, says := window(t)
	says()
	w.left.Fold(true)
	w.right.Fold(true)
	if text := says(); strings.Contains(text, "DEVICES") || strings.Contains(text, "Bits") {
		t.Errorf("folded panes are still there:\n%s", text)
	}
	w.left.Fold(false)
	for range 3 { // dark, light, system
		w.nextMode()
		w.zoom(1)
		if text := says(); !strings.Contains(text, "DEVICES") {
			t.Errorf("the tree is gone:\n%s", text)
		}
	}
}

func TestDialogKeepsKeysToItself(t *testing.T) {
	w, says := window(t)
	newTab := func() {
		for _, menu := range w.window.MainMenu().Items {
			for _, item := range menu.Items {
				if item.Label == "New request tab" {
					item.Action()
				}
			}
		}
	}
	w.openCapture()
	says()
	newTab()
	if n := len(w.bench.Tabs); n != 1 {
		t.Errorf("%d tabs: a key went through the dialog", n)
	}
	w.plainKey(fyne.KeyEscape)
	if w.asking() {
		t.Error("Escape has left the dialog open")
	}
	newTab()
	if n := len(w.bench.Tabs); n != 2 {
		t.Errorf("%d tabs: keys are dead after the dialog", n)
	}
}

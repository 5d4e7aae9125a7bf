package ui

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/ui/view"
)

func TestAddressCompletesByKeys(t *testing.T) {
	w, says := window(t)
	w.bench.Completion.AddSource(candidates(
		view.Candidate{Address: "coap://192.0.2.7/sensors/temp", Name: "livingroom-node", Title: "Temperature"},
		view.Candidate{Address: "coap://192.0.2.7/sensors/humidity", Name: "livingroom-node"},
	))
	address := func() string { return w.bench.Tab().Draft.Address }
	says()
	w.bar.FocusAddress()
	field := w.window.Canvas().Focused()
	test.Type(field, "sens")
	text := says()
	for _, want := range []string{"coap://192.0.2.7/sensors/temp | Temperature · livingroom-node", "coap://192.0.2.7/sensors/humidity | livingroom-node"} {
		if !strings.Contains(text, want) {
			t.Errorf("the window does not say %q:\n%s", want, text)
		}
	}

	// Down and Enter take, and send nothing.
	press(w, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	if address() != "coap://192.0.2.7/sensors/humidity" || w.bench.Tab().State != view.TabIdle {
		t.Errorf("address %q, state %d", address(), w.bench.Tab().State)
	}
	if text := says(); strings.Contains(text, "Temperature") {
		t.Errorf("the list is still open:\n%s", text)
	}

	// Tab takes the first; the cursor is behind it.
	clearAddress(w)
	test.Type(field, "temp")
	if !field.(fyne.Tabbable).AcceptsTab() {
		t.Fatal("Tab would go to the next widget")
	}
	press(w, fyne.KeyTab)
	test.Type(field, "?u=C")
	if address() != "coap://192.0.2.7/sensors/temp?u=C" {
		t.Errorf("address %q", address())
	}
	if field.(fyne.Tabbable).AcceptsTab() {
		t.Error("Tab does not go on to the next widget")
	}

	// Escape closes the list and nothing else; Down opens it again; Up goes back to what was typed.
	clearAddress(w)
	test.Type(field, "hum")
	press(w, fyne.KeyEscape)
	if text := says(); strings.Contains(text, "sensors/humidity") || address() != "hum" {
		t.Errorf("address %q; the window says\n%s", address(), text)
	}
	press(w, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp)
	if text := says(); !strings.Contains(text, "sensors/humidity") {
		t.Errorf("Down does not open the list:\n%s", text)
	}

	// With nothing chosen Enter is for what was typed, a path here without a host, which cannot be sent.
	clearAddress(w)
	test.Type(field, "/hum")
	press(w, fyne.KeyReturn)
	if len(w.bench.Tab().Problems) == 0 || address() != "/hum" {
		t.Errorf("Enter has not sent %q", address())
	}

	// Ctrl+Enter sends it too, and the list goes.
	clearAddress(w)
	test.Type(field, "sens")
	w.do(view.CmdSend)
	if text := says(); strings.Contains(text, "sensors/humidity") {
		t.Errorf("the list is still open:\n%s", text)
	}

	// Another tab's address opens no list.
	clearAddress(w)
	test.Type(field, "sens")
	w.bench.NewTab().Draft.Address = "temp"
	if text := says(); strings.Contains(text, "sensors/humidity") {
		t.Errorf("the list of another tab's address is open:\n%s", text)
	}
}

func clearAddress(w *Window) {
	field := w.window.Canvas().Focused()
	field.(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	press(w, fyne.KeyBackspace)
}

func candidates(list ...view.Candidate) view.CandidateSource {
	return func() iter.Seq[view.Candidate] { return slices.Values(list) }
}

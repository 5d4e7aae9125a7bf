package ui

import (
	"net"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// Any packet of a request without an answer leads to why there is none, and from there to what shows it.
func TestWhyNoAnswerOfAPacket(t *testing.T) {
	w, says := window(t)
	says()
	w.whyNoAnswer()
	if w.dialog != nil || !strings.Contains(says(), "Select a packet of a request that has no answer") {
		t.Errorf("without a packet:\n%s", says())
	}
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	to := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, request := range []string{"\x40\x01\x12\x34\xb1a", "\x40\x01\x12\x34\xb1a"} {
		if _, err := w.bench.Engine.SendRaw(to, []byte(request)); err != nil {
			t.Fatal(err)
		}
	}
	says()
	w.bench.SelectFrame(1)
	w.whyNoAnswer()
	text := says()
	for _, want := range []string{"GET /a → " + to.String() + " · 2 tries", "Likely", "Ruled out", "No Reset came", "Show #2", "Close"} {
		if !strings.Contains(text, want) {
			t.Errorf("the dialog does not say %q:\n%s", want, text)
		}
	}
	// What is looked at while the dialog is open comes into it; Return follows its first link.
	if _, err := w.bench.Engine.SendRaw(to, []byte("\x40\x01\x12\x34\xb1a")); err != nil {
		t.Fatal(err)
	}
	if text := says(); !strings.Contains(text, "3 tries") {
		t.Errorf("the third transmission is not seen:\n%s", text)
	}
	if f := w.window.Canvas().Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
	if w.dialog != nil || w.bench.SelectedFrame() != 3 {
		t.Errorf("frame %d is selected", w.bench.SelectedFrame())
	}
	w.whyNoAnswer()
	w.plainKey(fyne.KeyEscape)
	if w.dialog != nil || w.why != nil || w.asking() {
		t.Error("Escape does not end it")
	}
}

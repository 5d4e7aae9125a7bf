package panel

import (
	"net"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/protocol"
	"coapscope/protocol/malform"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// rawPanel gives the panel of raw mode of that size, with CON GET /test to an address, and what it says.
func rawPanel(t *testing.T, to string, size fyne.Size) (p *Raw, pull func(), says func() string) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app := test.NewTempApp(t)
	app.Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
	wake := make(chan struct{}, 1)
	bench := view.NewWorkbench(engine, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	t.Cleanup(bench.Close)
	p = NewRaw(bench)
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(size)
	m := protocol.Message{Code: protocol.GET, MessageID: 0x1234, Token: protocol.TokenOf([]byte{0xca, 0xfe})}
	m.Options = m.Options.Add(protocol.URIPath, []byte("test"))
	data, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	bench.Raw().Follow(data, to)
	p.Refresh()
	pull = func() {
		t.Helper()
		select {
		case <-wake:
		case <-time.After(30 * time.Second):
			t.Fatal("nothing happens")
		}
		bench.Pull()
		p.Refresh()
	}
	return p, pull, func() string {
		w.Canvas().Capture()
		return widget.Spans(w.Canvas()).String()
	}
}

func TestRawPanelBreaksSendsAndJudges(t *testing.T) {
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	p, pull, says := rawPanel(t, peer.LocalAddr().String(), fyne.NewSize(352, 900))
	for _, want := range []string{"Break the message ▾", "42", "fe", "Asked of the peer", "any response", "Nothing was sent yet", "RFC 7252 §5.2", "Fields"} {
		if !strings.Contains(says(), want) {
			t.Errorf("the panel does not say %q:\n%s", want, says())
		}
	}
	var chosen bool
	for _, group := range p.menu().Items {
		for _, item := range group.ChildMenu.Items {
			if strings.HasPrefix(item.Label, "Option delta 15") && group.Label == malform.FormatGroup {
				item.Action()
				chosen = true
			}
		}
	}
	for _, want := range []string{"Option delta 15 ▾", "f0", "Message format error", "Reset"} {
		if !strings.Contains(says(), want) {
			t.Errorf("after the preset, chosen %v, the panel does not say %q:\n%s", chosen, want, says())
		}
	}
	p.Send()
	b := make([]byte, 1500)
	n, from, err := peer.ReadFromUDPAddrPort(b)
	if err != nil || n == 0 || b[n-1] != 0xf0 {
		t.Fatalf("the peer got %x, %v", b[:n], err)
	}
	if _, err := peer.WriteToUDPAddrPort([]byte{0x60, 0x82, b[2], b[3]}, from); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(says(), "wrong") {
		pull()
	}
	for _, want := range []string{"#1", "12 bytes sent to ", "#2", "ACK 4.02 Bad Option", "✖ wrong", "4.02 Bad Option is wrong, where Reset", "RFC 7252 §4.2"} {
		if !strings.Contains(strings.Join(strings.Fields(says()), " "), want) {
			t.Errorf("after the reply the panel does not say %q:\n%s", want, says())
		}
	}
	at, size, ok := p.bits.bits.HitBox(trace.Seq(2))
	if !ok {
		t.Fatal("the reply cannot be clicked")
	}
	p.bits.bits.Tapped(&fyne.PointEvent{Position: at.AddXY(size.Width/2, size.Height/2)})
	if got := p.bench.SelectedFrame(); got != 2 {
		t.Errorf("a click selects frame %d", got)
	}
}

// Bytes are typed over, bits flipped, fields edited, and all of it undone.
func TestRawPanelEdits(t *testing.T) {
	p, _, says := rawPanel(t, "192.0.2.1", fyne.NewSize(352, 900))
	says()
	bits := p.bits.bits
	bits.RequestFocus()
	press(p.bits, fyne.KeyRight)
	for _, r := range "62" {
		bits.TypedRune(r)
	}
	if got := p.model.RawHex(); got != "62011234cafeb474657374" {
		t.Errorf("typed 62 over the first byte: %s", got)
	}
	if !strings.Contains(says(), "An Acknowledgement cannot carry a request") {
		t.Errorf("the expectation does not follow:\n%s", says())
	}
	click(t, p.bits, bitID(0), 1)
	bits.TypedRune('1')
	if got := p.model.RawHex(); got != "e2011234cafeb474657374" {
		t.Errorf("the first bit set: %s", got)
	}
	p.Undo()
	p.Undo()
	if got := p.model.RawHex(); got != "" || p.model.Edited() {
		t.Errorf("undone: %s", got)
	}
	p.Redo()
	if got := p.model.RawHex(); got[:2] != "62" {
		t.Errorf("done again: %s", got)
	}
	p.Revert()
	if p.model.Edited() || !p.revert.Disabled() || !p.undo.Disabled() {
		t.Errorf("reverted: edited %v, Revert %v, Undo %v", p.model.Edited(), p.revert.Disabled(), p.undo.Disabled())
	}
}

// Each tab has bytes of its own; and the panel is drawn in whatever room it gets, with any message.
func TestRawPanelOfTabsAndInAnyRoom(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 220, Height: 200}, {Width: 352, Height: 260}, {Width: 700, Height: 500}} {
		p, _, says := rawPanel(t, "192.0.2.1", size)
		for _, preset := range malform.Presets() {
			p.model.Apply(preset.ID)
			p.Refresh()
			if text := p.bits.bits.Snapshot().String(); !strings.Contains(text, "Bytes") {
				t.Fatalf("%v, %s:\n%s", size, preset.ID, text)
			}
		}
		if err := p.model.SetRawHex("ff"); err != nil {
			t.Fatal(err)
		}
		p.model.Inspector.SelectAll()
		p.model.Inspector.DeleteBytes()
		p.changed()
		if text := says(); !strings.Contains(text, "No byte") || !p.send.Disabled() {
			t.Errorf("%v: without a byte, Send %v:\n%s", size, p.send.Disabled(), text)
		}
		p.bench.NewTab()
		p.Refresh()
		if p.model != p.bench.Raw() || p.bits.model != p.bench.Raw().Inspector || p.model.Edited() {
			t.Error("another tab has the bytes of the first")
		}
	}
}

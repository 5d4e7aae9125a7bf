package ui

import (
	"bytes"
	"image/png"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// story puts a lossy observation and a body in blocks into the log of the window.
func story(t *testing.T, w *Window) {
	t.Helper()
	log, at := w.bench.Engine.Log(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	us, node := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.7:5683")
	add := func(ms int, received bool, fault trace.Fault, m protocol.Message) {
		data, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Duration(ms) * time.Millisecond)
		f := trace.Frame{Time: at, Source: us, Destination: node, Data: data, Fault: fault}
		if received {
			f.Source, f.Destination, f.Direction = node, us, trace.Received
		}
		log.Append(f)
	}
	message := func(typ protocol.Type, code protocol.Code, id protocol.MessageID, token byte) protocol.Message {
		return protocol.Message{Type: typ, Code: code, MessageID: id, Token: protocol.TokenOf([]byte{token})}
	}
	register := message(protocol.Confirmable, protocol.GET, 1, 7)
	register.Options = register.Options.AddUint(protocol.Observe, 0).Add(protocol.URIPath, []byte("temp"))
	add(0, false, trace.Lost, register)
	add(2300, false, 0, register)
	for i := range 3 {
		m := message(protocol.NonConfirmable, protocol.Content, protocol.MessageID(0x50+i), 7)
		if i == 0 {
			m.Type, m.MessageID = protocol.Acknowledgement, 1
		}
		m.Options = m.Options.AddUint(protocol.Observe, uint64(5+i))
		fault := trace.Fault(0)
		if i == 1 {
			fault = trace.Lost
		}
		add(500, true, fault, m)
	}
	for i := range 5 {
		ask := message(protocol.Confirmable, protocol.GET, protocol.MessageID(0x100+i), 9)
		ask.Options = ask.Options.Add(protocol.URIPath, []byte("fw")).Add(protocol.Block2, protocol.Block{Num: uint32(i), SZX: 2}.Value())
		add(5, false, 0, ask)
		answer := message(protocol.Acknowledgement, protocol.Content, protocol.MessageID(0x100+i), 9)
		answer.Options = answer.Options.Add(protocol.Block2, protocol.Block{Num: uint32(i), More: i < 4, SZX: 2}.Value())
		answer.Payload = make([]byte, 64)
		add(5, true, 0, answer)
	}
}

// The ladder shows what was lost and what came again, keys go from arrow to arrow, and the selected packet is that of
// the inspector.
func TestLadderTab(t *testing.T) {
	w, says := window(t)
	w.middle.Fold(true) // for room
	story(t, w)
	says()
	w.packets.ShowLadder()
	text := says()
	for _, want := range []string{"Coapscope", "192.0.2.7", "All packets ▾", "✕ lost CON GET 0001 /temp", "↻ 1 CON GET 0001", "2.30 s", "✕ lost ◉ 2 NON 2.05", "5 blocks · 320 B"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	ladder := w.window.Canvas().Focused().(*widget.Ladder)
	key := func(name fyne.KeyName) { ladder.TypedKey(&fyne.KeyEvent{Name: name}) }
	key(fyne.KeyHome)
	if s := w.bench.SelectedFrame(); s != 1 {
		t.Errorf("Home selects %d", s)
	}
	key(fyne.KeyDown)
	if s := w.bench.SelectedFrame(); s != 2 || w.bench.Inspector.Frame == nil || w.bench.Inspector.Frame.Seq != 2 {
		t.Errorf("Down selects %d, and the inspector has %v", s, w.bench.Inspector.Frame)
	}
	key(fyne.KeyEnd)
	if s := w.bench.SelectedFrame(); s != 6 {
		t.Errorf("End selects %d, which is not where the blocks are", s)
	}
	rows := ladder.Model.Len()
	key(fyne.KeyReturn)
	if got := ladder.Model.Len(); got != rows+9 {
		t.Errorf("%d rows, unfolded %d", rows, got)
	}
	ladder.TypedRune('+')
	if text := says(); !strings.Contains(text, "ACK 2.05 0104") && !strings.Contains(text, "CON GET 0100") {
		t.Errorf("nothing of the blocks in\n%s", text)
	}
	w.bench.SelectFrame(4)
	says()
	if ladder.Model.Selected() != 4 {
		t.Errorf("the ladder has %d selected", ladder.Model.Selected())
	}
	pos, size, ok := ladder.HitBox(view.FrameHit(3))
	if !ok {
		t.Fatal("frame 3 is not in sight")
	}
	ladder.Tapped(&fyne.PointEvent{Position: fyne.NewPos(pos.X+size.Width/2, pos.Y+size.Height/2)})
	if s := w.bench.SelectedFrame(); s != 3 {
		t.Errorf("a click selects %d", s)
	}
	if tip := ladder.Tip(fyne.NewPos(pos.X+size.Width/2, pos.Y+size.Height/2)); !strings.Contains(tip, "piggybacked response") || !strings.Contains(tip, "half of the round trip") {
		t.Errorf("the tooltip is\n%s", tip)
	}
	w.packets.ShowPackets()
	if text := says(); !strings.Contains(text, "Summary") || !strings.Contains(text, "Exchange 07") {
		t.Errorf("the packets:\n%s", text)
	}
}

// What is exported is a picture that can be read, of all rows.
func TestLadderExports(t *testing.T) {
	w, says := window(t)
	story(t, w)
	says()
	w.packets.ShowLadder()
	says()
	scene := w.bench.Traffic.Ladder().Scene(0)
	var picture, lines bytes.Buffer
	if err := widget.ScenePNG(&picture, scene, widget.CurrentPalette()); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&picture)
	if err != nil || img.Bounds().Dx() != int(2*scene.W+0.5) || img.Bounds().Dy() != int(2*scene.H+0.5) {
		t.Errorf("%v: the picture is %v of a scene of %v × %v", err, img.Bounds(), scene.W, scene.H)
	}
	if err := scene.SVG(&lines, widget.CurrentPalette().Ink()); err != nil || !strings.Contains(lines.String(), "5 blocks · 320 B") {
		t.Errorf("%v: the drawing is\n%s", err, lines.String())
	}
}

package ui

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// script puts frames into the engine's log, as if they had been sent and received.
type script struct {
	t   testing.TB
	w   *Window
	now time.Time
}

var (
	here  = netip.MustParseAddrPort("192.0.2.1:40000")
	there = netip.MustParseAddrPort("192.0.2.7:5683")
)

func (s *script) add(after time.Duration, d trace.Direction, m protocol.Message) {
	data, err := m.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.now = s.now.Add(after)
	f := trace.Frame{Time: s.now, Direction: d, Source: here, Destination: there, Data: data}
	if d == trace.Received {
		f.Source, f.Destination = there, here
	}
	s.w.bench.Engine.Log().Append(f)
}

// download asks for so many blocks, the second of them twice.
func (s *script) download(blocks int) {
	for num := range blocks {
		m := protocol.Message{Code: protocol.GET, MessageID: protocol.MessageID(num), Token: protocol.TokenOf([]byte{0xd0})}
		m.Options = m.Options.Add(protocol.URIPath, []byte("big")).Add(protocol.Block2, protocol.Block{Num: uint32(num)}.Value())
		s.add(time.Millisecond, trace.Sent, m)
		if num == 1 {
			s.add(2400*time.Millisecond, trace.Sent, m)
		}
		m.Type, m.Code, m.Payload = protocol.Acknowledgement, protocol.Content, make([]byte, 16)
		m.Options = protocol.Options{}.Add(protocol.Block2, protocol.Block{Num: uint32(num), More: num < blocks-1}.Value())
		s.add(time.Millisecond, trace.Received, m)
	}
}

func (s *script) ask(id protocol.MessageID, path string, code protocol.Code) {
	m := protocol.Message{Code: protocol.GET, MessageID: id, Token: protocol.TokenOf([]byte{byte(id >> 8), byte(id)})}
	m.Options = m.Options.Add(protocol.URIPath, []byte(path))
	s.add(time.Millisecond, trace.Sent, m)
	if code != protocol.Empty {
		m.Type, m.Code, m.Options = protocol.Acknowledgement, code, nil
		s.add(time.Millisecond, trace.Received, m)
	}
}

func expect(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the window does not say %q:\n%s", w, text)
		}
	}
}

func TestExchangesTab(t *testing.T) {
	w, says := window(t)
	w.window.Resize(fyne.NewSize(1520, 1080))
	s := &script{t: t, w: w, now: time.Unix(1e9, 0)}
	s.ask(0x100, "first", protocol.Content)
	s.download(5)
	s.ask(0x200, "lost", protocol.Empty)
	says()
	w.packets.ShowExchanges()
	expect(t, says(), "GET /first", "✔ 2.05", "GET /big", "5 ↻1", "GET /lost", "✖ no answer", "Retransmissions of GET /lost 0200", "2–3 s", "62–93 s",
		"nothing came back to 1 transmission")
	list := w.window.Canvas().Focused()
	key := func(names ...fyne.KeyName) string {
		for _, name := range names {
			list.TypedKey(&fyne.KeyEvent{Name: name})
		}
		return says()
	}
	if w.bench.SelectedExchange() != 2 || w.bench.SelectedFrame() != 14 {
		t.Errorf("row %d and frame %d are selected, want the newest", w.bench.SelectedExchange(), w.bench.SelectedFrame())
	}
	expect(t, key(fyne.KeyUp), "Block2 · 5 blocks of 16 B · 1 retried", "GET /big · complete")
	key(fyne.KeyRight, fyne.KeyRight, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown) // unfolded, and down to the retransmission
	expect(t, says(), "retransmission 1 of #5", "↻ 1  2.4 s after the one before: as predicted, 2 s to 3 s")
	if w.bench.SelectedFrame() != 6 || w.bench.SelectedExchange() != 5 {
		t.Errorf("frame %d in row %d is selected", w.bench.SelectedFrame(), w.bench.SelectedExchange())
	}
	// The same packet is selected in the list of packets, and one that is selected there is here.
	w.bench.SelectFrame(8)
	says()
	if got := w.bench.SelectedExchange(); got != 7 {
		t.Errorf("frame 8 is in row %d", got)
	}
	key(fyne.KeyLeft, fyne.KeyLeft)
	if x := w.bench.Traffic.Exchanges(); x.Len() != 3 || w.bench.SelectedExchange() != 1 {
		t.Errorf("folded: %d rows, %d is selected", x.Len(), w.bench.SelectedExchange())
	}
	w.bench.ChooseExchanges(view.FailedExchanges)
	if text := says(); !strings.Contains(text, "GET /lost") || strings.Contains(text, "GET /first") {
		t.Errorf("only failed ones are chosen: the window says\n%s", text)
	}
	w.bench.ChooseExchanges(view.OpenExchanges)
	expect(t, says(), "Nothing is open")
	w.packets.ShowPackets()
	expect(t, says(), "Summary", "Exchange d0") // with the small picture below
}

package panel

import (
	"net"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// failed is a workbench whose request went to a device that leaves it unanswered, and a function that waits until
// something holds.
func failed(t *testing.T) (*view.Workbench, func(what string, holds func() bool)) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	parameters := protocol.DefaultTransmission()
	parameters.AckTimeout, parameters.AckRandomFactor, parameters.MaxRetransmit = 10*time.Millisecond, 1, 1
	engine, err := session.Open(session.Config{Transmission: parameters})
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
	until := func(what string, holds func() bool) {
		t.Helper()
		end := time.After(30 * time.Second)
		for bench.Pull(); !holds(); bench.Pull() {
			select {
			case <-woken:
			case <-end:
				t.Fatalf("%s: it does not happen", what)
			}
		}
	}
	bench.Tab().Draft.Address = "coap://" + conn.LocalAddr().String() + "/sensors/temp"
	bench.Send()
	until("the failure", func() bool { return bench.Tab().State == view.TabIdle && bench.Tab().Answer != nil })
	return bench, until
}

func whyIn(t *testing.T, width, height float32, make func() (fyne.CanvasObject, *Why)) (*Why, fyne.Window) {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
	object, p := make()
	w := app.NewWindow("")
	w.SetPadded(false)
	w.SetContent(object)
	w.Resize(fyne.NewSize(width, height))
	w.Show()
	t.Cleanup(w.Close)
	return p, w
}

func tapAt(s *widget.ScrollSheet, id any) bool {
	pos, size, ok := s.HitBox(id)
	if !ok {
		return false
	}
	s.Tapped(&fyne.PointEvent{Position: pos.AddXY(size.Width/2, size.Height/2)})
	return true
}

func TestWhyInTheAnswer(t *testing.T) {
	bench, until := failed(t)
	var answer *Answer
	p, _ := whyIn(t, 360, 700, func() (fyne.CanvasObject, *Why) {
		answer = NewAnswer(bench)
		return answer.Object, answer.why
	})
	text := p.sheet.Snapshot().String()
	for _, want := range []string{
		"Likely", "▲", "A program on this computer", "RFC 7252 §4.2", "→", "Show #2", "Send again", "Ruled out", "No Reset came", "#1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the panel does not say %q:\n%s", want, text)
		}
	}
	if !strings.Contains(p.sheet.OnCopy(), "Likely\n▲ ") {
		t.Errorf("copied %q", p.sheet.OnCopy())
	}
	// The link goes to the packet.
	if !tapAt(p.sheet, whyID(0)) || bench.SelectedFrame() != 2 {
		t.Errorf("frame %d is selected, want 2", bench.SelectedFrame())
	}
	// With keys to the next link, which sends it again.
	p.sheet.OnKey(fyne.KeyDown, 0)
	p.sheet.OnKey(fyne.KeyReturn, 0)
	if bench.Tab().State != view.TabAsking {
		t.Error("it was not sent again")
	}
	until("the second failure", func() bool { return bench.Tab().State == view.TabIdle })
	answer.Refresh()
	if !p.Object.Visible() || answer.body.Object.Visible() || answer.idle.Visible() {
		t.Error("something else than the reason is in sight")
	}
	if p.why.Clues[0].Frame != trace.Seq(4) {
		t.Errorf("shown is %+v", p.why.Clues[0])
	}
	// Without a request there is nothing.
	bench.NewTab()
	answer.Refresh()
	if p.Object.Visible() || !answer.idle.Visible() {
		t.Error("an empty tab explains something")
	}
}

// What is known so far is a click away while it waits, and another click goes back.
func TestWhyWhileWaiting(t *testing.T) {
	bench, until := failed(t)
	slow := bench.Engine.TransmissionOf(bench.Tab().Answer.To)
	slow.MaxRetransmit = 15
	bench.Engine.SetTransmission(slow)
	answer := NewAnswer(bench)
	p, _ := whyIn(t, 360, 500, func() (fyne.CanvasObject, *Why) { return answer.Object, answer.why })
	bench.Send()
	until("a retransmission", func() bool { return bench.Tab().Last != nil && bench.Tab().Last.Attempt > 1 })
	answer.Refresh()
	if p.Object.Visible() || !strings.Contains(answer.head.Snapshot().String(), "Why no answer?") {
		t.Errorf("the head says %q", answer.head.Snapshot())
	}
	answer.head.OnTap(widget.Tap{Hit: whyLinkID{}})
	if !p.Object.Visible() || !p.why.Open || !strings.Contains(p.sheet.Snapshot().String(), "Ruled out so far") {
		t.Errorf("after a click it says\n%s", p.sheet.Snapshot())
	}
	answer.head.OnTap(widget.Tap{Hit: whyLinkID{}})
	if p.Object.Visible() {
		t.Error("a second click does not go back")
	}
}

// At any width nothing lies over anything else, and all of it can be reached.
func TestWhyAtAnyWidth(t *testing.T) {
	bench, _ := failed(t)
	for _, width := range []float32{180, 240, 360, 620} {
		p, _ := whyIn(t, width, 900, func() (fyne.CanvasObject, *Why) {
			p := NewWhy(bench, widget.OnRaised)
			return p.Object, p
		})
		p.ShowExchange(1)
		spans := p.sheet.Snapshot()
		if len(spans) < 12 {
			t.Fatalf("width %v: %s", width, spans)
		}
		for i, a := range spans {
			if a.X < 0 || a.X+a.W > width {
				t.Errorf("width %v: %q goes from %v to %v", width, a.Text, a.X, a.X+a.W)
			}
			for _, b := range spans[i+1:] {
				if a.X < b.X+b.W-1 && b.X < a.X+a.W-1 && a.Y < b.Y+b.H-3 && b.Y < a.Y+a.H-3 {
					t.Errorf("width %v: %q lies over %q", width, a.Text, b.Text)
				}
			}
		}
		if _, _, ok := p.sheet.HitBox(whyID(len(p.links) - 1)); !ok {
			t.Errorf("width %v: the last of %d links is not there", width, len(p.links))
		}
		for _, l := range p.links {
			if l.frame == 0 {
				t.Error("an exchange among the packets offers to send something")
			}
		}
	}
}

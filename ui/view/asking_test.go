package view

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/session"
)

// asks gives a workbench whose tab waits for the answer to a registration, and what Observe gave.
func asks(t *testing.T) (*Workbench, context.Context, *session.Observation) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	o, err := engine.Observe(session.Request{
		To: silent.LocalAddr().(*net.UDPAddr).AddrPort(), Message: protocol.Message{Code: protocol.GET},
	}, func(session.ObservationEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	ctx, cancel := context.WithCancel(t.Context())
	tab := w.Tab()
	tab.State, tab.asked, tab.cancel = TabAsking, ctx, cancel
	return w, ctx, o
}

// The engine may tell of the first notification before its Observe returns.
func TestNewsOfAnObservationMayComeBeforeIt(t *testing.T) {
	w, ctx, o := asks(t)
	tab := w.Tab()
	item := w.newWatched(session.Request{}, "/x")
	w.attach(item, holder{tab, ctx})
	item.take(session.Notification{Message: protocol.Message{Code: protocol.Content}, Fresh: true})
	w.observed(item)
	w.watchBegun(item, o, nil)
	if tab.State != TabObserving || tab.watched != item || item.observation != o {
		t.Errorf("state %d; the observation is lost, nothing can end it", tab.State)
	}
}

// Nor does what has ended before it is there come to life again.
func TestEndOfAnObservationMayComeBeforeIt(t *testing.T) {
	w, _, o := asks(t)
	item := w.newWatched(session.Request{}, "/x")
	item.take(session.ObservationEnd{Err: errors.New("unreachable")})
	o.Cancel(session.Forget)
	<-o.Done()
	w.observed(item)
	w.watchBegun(item, o, nil)
	if item.observation != nil || item.State() != WatchEnded {
		t.Errorf("state %v; nothing can begin it again", item.State())
	}
}

func TestCancelBeforeAnObservationIsThere(t *testing.T) {
	w, ctx, o := asks(t)
	tab := w.Tab()
	item := w.newWatched(session.Request{}, "/x")
	w.attach(item, holder{tab, ctx})
	w.Cancel()
	w.watchBegun(item, o, nil)
	if tab.State != TabIdle || tab.watched != nil || item.observation != nil || tab.Answer == nil || !errors.Is(tab.Answer.Err, context.Canceled) {
		t.Errorf("state %d, answer %+v: the request to cancel is lost", tab.State, tab.Answer)
	}
}

func TestEndOfAnObservationSaysThatTheBodyIsCut(t *testing.T) {
	w, ctx, _ := asks(t)
	m := protocol.Message{Code: protocol.Content, Payload: []byte("first")}
	end := session.ObservationEnd{Response: &m, Err: errors.New("the rest is lost")}
	item := w.newWatched(session.Request{}, "/x")
	w.attach(item, holder{w.Tab(), ctx})
	item.take(end)
	w.observed(item)
	if a := w.Tab().Answer; a == nil || !strings.Contains(a.Note, "only the first block: the rest is lost") {
		t.Errorf("answer %+v", a)
	}
}

// However much of it comes before the window looks: what the answer has to tell is not lost for what is newer, and
// is told once.
func TestWhatHappenedToARequestIsTold(t *testing.T) {
	w, ctx, _ := asks(t)
	tab := w.Tab()
	for i, e := range []session.Event{
		session.Transmission{Frame: 1, Attempt: 1, Of: 5},
		session.TokenShortened{Frame: 2, From: 300, To: 8},
		session.Transmission{Frame: 3, Attempt: 1, Of: 5},
		session.EchoAsked{Frame: 4, Value: []byte{1}},
		session.FellBack{Why: errors.New("the device does not know it")},
		session.EchoAsked{Frame: 5, Value: []byte{2}},
		session.HeldBack{Code: protocol.TooManyRequests, Why: "4.29 with Max-Age 2 s"},
		session.Transmission{Frame: 6, Attempt: 2, Of: 5},
		session.Progress{Rate: 1},
	} {
		w.heard(ctx, tab, e, i+1)
	}
	for _, apply := range w.inbox.Take() {
		apply()
	}
	want := []string{
		"sent again with a token of 8 bytes: the device rejected 300 (RFC 8974 §2.2.2)",
		"sent again with the Echo value that the device asked for (RFC 9175 §2.3)",
		"sent without Q-Block: the device does not know it",
		"held back for a while: the device said 4.29 with Max-Age 2 s",
	}
	if !slices.Equal(tab.said, want) {
		t.Errorf("said %q", tab.said)
	}
	if tab.Last == nil || tab.Last.Frame != 6 || tab.Waits != "" || tab.Progress == nil {
		t.Errorf("last %+v, waits %q, progress %+v", tab.Last, tab.Waits, tab.Progress)
	}
}

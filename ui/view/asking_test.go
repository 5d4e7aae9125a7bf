package view

import (
	"context"
	"errors"
	"net"
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
	notified, stale := 0, 0
	w.observed(ctx, tab, session.Request{}, "/x", session.Notification{Message: protocol.Message{Code: protocol.Content}, Fresh: true}, &notified, &stale)
	w.registered(ctx, tab, o, nil)
	if tab.State != TabObserving || tab.observation != o {
		t.Errorf("state %d; the observation is lost, nothing can end it", tab.State)
	}
}

func TestCancelBeforeAnObservationIsThere(t *testing.T) {
	w, ctx, o := asks(t)
	tab := w.Tab()
	w.Cancel()
	w.registered(ctx, tab, o, nil)
	if tab.State != TabIdle || tab.observation != nil || tab.Answer == nil || !errors.Is(tab.Answer.Err, context.Canceled) {
		t.Errorf("state %d, answer %+v: the request to cancel is lost", tab.State, tab.Answer)
	}
}

func TestEndOfAnObservationSaysThatTheBodyIsCut(t *testing.T) {
	w, ctx, _ := asks(t)
	notified, stale := 0, 0
	m := protocol.Message{Code: protocol.Content, Payload: []byte("first")}
	end := session.ObservationEnd{Response: &m, Err: errors.New("the rest is lost")}
	w.observed(ctx, w.Tab(), session.Request{}, "/x", end, &notified, &stale)
	if a := w.Tab().Answer; a == nil || !strings.Contains(a.Note, "only the first block: the rest is lost") {
		t.Errorf("answer %+v", a)
	}
}

package session

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coapscope/protocol"
)

// What ends a request, at whatever point it is, ends it at once and whole: nothing stays open, no goroutine stays,
// and nobody is told of anything any more.

// mute is an endpoint that takes requests and does not answer; acknowledging is one that only acknowledges.
func mute(protocol.Message, int) []protocol.Message { return nil }

func acknowledging(m protocol.Message, _ int) []protocol.Message {
	if m.Type != protocol.Confirmable {
		return nil
	}
	return one(protocol.Message{Type: protocol.Acknowledgement})
}

// points are where a request is when it is ended.
var points = []struct {
	name    string
	answer  func(protocol.Message, int) []protocol.Message
	request Request
	busy    bool             // another request to the endpoint is open
	at      func(Event) bool // the event there
}{
	{"sent", mute, Request{Message: ask(protocol.GET, "x")}, false, is[Transmission]},
	{"sent, NON", mute, Request{Message: nonconfirmable(ask(protocol.GET, "x"))}, false, is[Transmission]},
	{"acknowledged", acknowledging, Request{Message: ask(protocol.GET, "x")}, false, is[Acknowledgement]},
	{"waits for its turn", mute, Request{Message: ask(protocol.GET, "x")}, true, is[Waiting]},
	{"held back", func(protocol.Message, int) []protocol.Message {
		return one(reply(protocol.TooManyRequests, "", number(protocol.MaxAge, 5)))
	}, Request{Message: ask(protocol.GET, "x"), Again: 1}, false, is[HeldBack]},
	{"asked for freshness", func(_ protocol.Message, n int) []protocol.Message {
		if n > 1 {
			return nil
		}
		return one(reply(protocol.Unauthorized, "", option(protocol.Echo, "a")))
	}, Request{Message: ask(protocol.GET, "x")}, false, is[EchoAsked]},
	{"in a download", serve(make([]byte, 5000), nil), Request{Message: ask(protocol.GET, "x"), BlockSize: 64}, false, is[Progress]},
	{"in an upload", func(m protocol.Message, n int) []protocol.Message {
		if n > 3 {
			return nil
		}
		b, _ := m.Options.Block(protocol.Block1)
		return one(reply(protocol.Continue, "", option(protocol.Block1, string(b.Value()))))
	}, Request{Message: at(protocol.PUT, "x", strings.Repeat("x", 500)), BlockSize: 16}, false, is[Progress]},
	{"by Q-Block", mute, Request{Message: nonconfirmable(at(protocol.PUT, "x", strings.Repeat("x", 5000))), QBlock: true}, false, is[Transmission]},
}

func is[E Event](event Event) bool {
	_, ok := event.(E)
	return ok
}

// reach makes the request of a point, calls end when it is there, and gives the error. It fails if On is called after
// Do has returned, or while it is called.
func reach(t *testing.T, e *Engine, ctx context.Context, i int, end func()) error {
	t.Helper()
	p := points[i]
	s := play(t, p.answer)
	if p.busy {
		sent := make(chan struct{})
		var once sync.Once
		go e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "first"), On: func(Event) { once.Do(func() { close(sent) }) }})
		<-sent
	}
	var in atomic.Int32
	var returned atomic.Bool
	r, there := p.request, false
	r.To = s.addr
	r.On = func(event Event) {
		if in.Add(1) != 1 || returned.Load() {
			t.Errorf("%s: On is called after Do has returned, or twice at once", p.name)
		}
		if !there && p.at(event) {
			there = true
			end()
		}
		in.Add(-1)
	}
	_, err := e.Do(ctx, r)
	returned.Store(true)
	if !there {
		t.Errorf("%s: was never there", p.name)
	}
	return err
}

func TestCancelledAtEveryPoint(t *testing.T) {
	for i, p := range points {
		e, _ := engineAt(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		if err := reach(t, e, ctx, i, cancel); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", p.name, err)
		}
		if p.busy {
			waitFor(t, p.name+": the other one ends", func() bool { return len(e.OpenExchanges()) == 0 })
		}
		if open, stats := e.OpenExchanges(), e.Stats(); len(open) != 0 || stats.Waiting != 0 || stats.Calls != 0 {
			t.Errorf("%s: open %+v, %+v", p.name, open, stats)
		}
	}
}

func TestClosedAtEveryPoint(t *testing.T) {
	for i, p := range points {
		before := runtime.NumGoroutine()
		e, err := Open(Config{})
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		err = reach(t, e, t.Context(), i, func() { go func() { e.Close(); close(closed) }() })
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", p.name, err)
		}
		<-closed
		if open, stats := e.OpenExchanges(), e.Stats(); len(open) != 0 || stats.Waiting != 0 {
			t.Errorf("%s: open %+v, %+v", p.name, open, stats)
		}
		waitFor(t, p.name+": its goroutines end", func() bool { return runtime.NumGoroutine() <= before+1 }) // that of the script
	}
}

// What was ended before it began sends nothing.
func TestCancelledBefore(t *testing.T) {
	e, _ := engineAt(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := play(t, mute)
	if _, err := e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a request: %v", err)
	}
	if _, err := e.DoPing(ctx, PingRequest{To: s.addr}); !errors.Is(err, context.Canceled) {
		t.Errorf("a ping: %v", err)
	}
	if n := e.Log().Len(); n != 0 {
		t.Errorf("%d frames were sent", n)
	}
	pinging, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	for _, group := range []string{"224.0.1.187:5683", "255.255.255.255:5683"} {
		if _, err := e.DoPing(pinging, PingRequest{To: netip.MustParseAddrPort(group)}); !errors.Is(err, ErrGroup) {
			t.Errorf("a ping of %s: %v", group, err)
		}
	}
}

// So is a transfer that goes on without its caller, as nobody listens.
func TestCancelledWhereNobodyListens(t *testing.T) {
	e, _ := engineAt(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	blocks := serve(make([]byte, 5000), nil)
	s := play(t, func(m protocol.Message, n int) []protocol.Message {
		if n == 5 {
			cancel()
			return nil
		}
		return blocks(m, n)
	})
	r, err := e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "x"), BlockSize: 64})
	if stats := e.Stats(); !errors.Is(err, context.Canceled) || r.Exchanges != 5 || stats.Waiting+stats.Calls != 0 {
		t.Errorf("%v after %d exchanges, %+v", err, r.Exchanges, stats)
	}
}

// waitFor waits for what other goroutines do.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%s: it does not", what)
		}
	}
}

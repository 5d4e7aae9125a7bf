package session

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
)

// Which requests wait for which responses, and how long.
func TestHolds(t *testing.T) {
	a, b := netip.MustParseAddrPort("192.0.2.1:5683"), netip.MustParseAddrPort("192.0.2.2:5683")
	begin := newManualClock().Now()
	query := ask(protocol.GET, "x")
	query.Options = query.Options.Add(protocol.URIQuery, []byte("x"))
	tooMany := reply(protocol.TooManyRequests, "", number(protocol.MaxAge, 10))
	unavailable := reply(protocol.ServiceUnavailable, "", number(protocol.MaxAge, 20))
	for _, c := range []struct {
		name     string
		request  protocol.Message
		response protocol.Message
		later    time.Duration
		next     protocol.Message
		to       netip.AddrPort
		want     time.Duration // from the response on; 0 for not at all
	}{
		{"the same request", ask(protocol.GET, "x"), tooMany, 0, ask(protocol.GET, "x"), a, 10 * time.Second},
		{"just before the end", ask(protocol.GET, "x"), tooMany, 10*time.Second - 1, ask(protocol.GET, "x"), a, 10 * time.Second},
		{"when Max-Age has passed", ask(protocol.GET, "x"), tooMany, 10 * time.Second, ask(protocol.GET, "x"), a, 0},
		{"another method (RFC 8516 §1)", ask(protocol.GET, "x"), tooMany, 0, ask(protocol.PUT, "x"), a, 0},
		{"another URI", ask(protocol.GET, "x"), tooMany, 0, query, a, 0},
		{"another endpoint", ask(protocol.GET, "x"), tooMany, 0, ask(protocol.GET, "x"), b, 0},
		{"4.29 without Max-Age (RFC 8516 §4)", ask(protocol.GET, "x"), reply(protocol.TooManyRequests, ""), 0, ask(protocol.GET, "x"), a, time.Minute},
		{"5.03: whatever the method", ask(protocol.GET, "x"), unavailable, 0, ask(protocol.PUT, "x"), a, 20 * time.Second},
		{"5.03 without Max-Age", ask(protocol.GET, "x"), reply(protocol.ServiceUnavailable, ""), 0, ask(protocol.GET, "x"), a, 0},
		{"another error", ask(protocol.GET, "x"), reply(protocol.InternalServerError, "", number(protocol.MaxAge, 9)), 0, ask(protocol.GET, "x"), a, 0},
		{"success", ask(protocol.GET, "x"), reply(protocol.Content, "", number(protocol.MaxAge, 9)), 0, ask(protocol.GET, "x"), a, 0},
	} {
		var h holds
		_, ok := h.handle(begin, a, &c.request, &c.response)
		held, asked := h.ask(begin.Add(c.later), c.to, &c.next)
		want := begin.Add(c.want)
		if c.want == 0 {
			want = time.Time{}
		}
		if asked != (c.want != 0) || !held.Until.Equal(want) || asked && (!ok || held.Code != c.response.Code || held.Why == "") {
			t.Errorf("%s: held %v, %+v", c.name, asked, held)
		}
	}

	var h holds
	get := ask(protocol.GET, "x")
	h.handle(begin, a, &get, &unavailable)
	h.handle(begin, a, &get, &tooMany)
	if held, _ := h.ask(begin, a, &get); held.Code != protocol.ServiceUnavailable {
		t.Errorf("of two the longer one counts, not %+v", held)
	}
	served := reply(protocol.Content, "")
	h.handle(begin, a, &get, &served)
	if held, ok := h.ask(begin, a, &get); ok {
		t.Errorf("still held after it was served: %+v", held)
	}

	for i := range 3 * maxHolds {
		r := reply(protocol.TooManyRequests, "", number(protocol.MaxAge, uint64(100+i)))
		h.handle(begin, netip.AddrPortFrom(a.Addr(), uint16(i+1)), &get, &r)
	}
	if len(h.all) != maxHolds {
		t.Errorf("%d are remembered, want %d", len(h.all), maxHolds)
	}
	if _, ok := h.ask(begin, netip.AddrPortFrom(a.Addr(), 3*maxHolds), &get); !ok {
		t.Error("the one that lasts longest is forgotten")
	}
}

// held gives a listener that moves the clock to the end of each wait, and notes them.
func held(clock *manualClock, waits *[]HeldBack) func(Event) {
	return func(event Event) {
		if h, ok := event.(HeldBack); ok {
			*waits = append(*waits, h)
			clock.advance(h.Until.Sub(clock.Now()))
		}
	}
}

func TestRequestIsMadeAgainAfterMaxAge(t *testing.T) {
	for _, c := range []struct {
		name     string
		again    int
		code     protocol.Code
		want     protocol.Code
		requests int
		waited   time.Duration
	}{
		{"as often as it takes", 2, protocol.TooManyRequests, protocol.Content, 3, 60 * time.Second},
		{"5.03 likewise", 5, protocol.ServiceUnavailable, protocol.Content, 3, 60 * time.Second},
		{"not more often than was asked for", 1, protocol.TooManyRequests, protocol.TooManyRequests, 2, 30 * time.Second},
		{"not at all", 0, protocol.ServiceUnavailable, protocol.ServiceUnavailable, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, clock := engineAt(t, Config{})
			s := play(t, func(_ protocol.Message, n int) []protocol.Message {
				if n <= 2 {
					return one(reply(c.code, "busy", number(protocol.MaxAge, 30)))
				}
				return one(reply(protocol.Content, "here"))
			})
			begin := clock.Now()
			var waits []HeldBack
			r, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), Again: c.again, On: held(clock, &waits)})
			if err != nil || r.Message.Code != c.want || r.HeldBack != len(waits) || r.Exchanges != c.requests || len(s.seen()) != c.requests {
				t.Errorf("got %v, %v after %d exchanges and %d waits", r.Message.Code, err, r.Exchanges, r.HeldBack)
			}
			if waited := clock.Now().Sub(begin); waited != c.waited {
				t.Errorf("waited %v, want %v", waited, c.waited)
			}
			ids := map[protocol.MessageID]bool{}
			for _, m := range s.seen() {
				ids[m.MessageID] = true
			}
			if len(ids) != c.requests {
				t.Errorf("%d message IDs for %d requests", len(ids), c.requests)
			}
		})
	}
}

// A 5.03 in the middle of a body ends the transfer; the whole of it is made again.
func TestUploadIsMadeAgainFromItsBeginning(t *testing.T) {
	e, clock := engineAt(t, Config{})
	var got []byte
	s := play(t, func(m protocol.Message, n int) []protocol.Message {
		b, _ := m.Options.Block(protocol.Block1)
		if n == 2 {
			return one(reply(protocol.ServiceUnavailable, "", number(protocol.MaxAge, 5)))
		}
		got = append(got[:b.Offset()], m.Payload...)
		if b.More {
			return one(reply(protocol.Continue, "", option(protocol.Block1, string(b.Value()))))
		}
		return one(reply(protocol.Changed, "", option(protocol.Block1, string(b.Value()))))
	})
	put := ask(protocol.PUT, "x")
	put.Payload = []byte("0123456789abcdef0123456789abcdef!")
	var waits []HeldBack
	r, err := e.Do(t.Context(), Request{To: s.addr, Message: put, BlockSize: 16, Again: 1, On: held(clock, &waits)})
	s.seen()
	if err != nil || r.Message.Code != protocol.Changed || r.Exchanges != 5 || len(waits) != 1 || string(got) != string(put.Payload) {
		t.Errorf("got %v, %v after %d exchanges, body %q", r.Message, err, r.Exchanges, got)
	}
}

func TestRequestsAlikeWaitUnlessImpatient(t *testing.T) {
	e, clock := engineAt(t, Config{})
	s := play(t, func(_ protocol.Message, n int) []protocol.Message {
		if n == 1 {
			return one(reply(protocol.TooManyRequests, "", number(protocol.MaxAge, 100)))
		}
		return one(reply(protocol.Content, ""))
	})
	do := func(r Request) (*Response, time.Duration) {
		t.Helper()
		begin := clock.Now()
		r.To = s.addr
		response, err := e.Do(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return response, clock.Now().Sub(begin)
	}
	do(Request{Message: ask(protocol.GET, "x")})
	if _, waited := do(Request{Message: ask(protocol.PUT, "x")}); waited != 0 {
		t.Errorf("another method waits %v", waited)
	}
	clock.advance(30 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "x"), On: func(event Event) {
		open := e.OpenExchanges()
		h, ok := event.(HeldBack)
		if !ok || len(open) != 1 || open[0].State != OpenHeldBack || open[0].Held != h || open[0].Path != "/x" || open[0].Code != protocol.GET || open[0].To != s.addr {
			t.Errorf("at %+v open are %+v", event, open)
		}
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || r.Exchanges != 0 || len(e.OpenExchanges()) != 0 {
		t.Errorf("cancelled: %v after %d exchanges, open %+v", err, r.Exchanges, e.OpenExchanges())
	}
	var waits []HeldBack
	if r, waited := do(Request{Message: ask(protocol.GET, "x"), On: held(clock, &waits)}); waited != 70*time.Second || r.HeldBack != 0 || len(waits) != 1 {
		t.Errorf("waits %v, want the 70 s that are left", waited)
	}

	e2, _ := engineAt(t, Config{})
	busy := play(t, func(_ protocol.Message, n int) []protocol.Message {
		return one(reply(protocol.TooManyRequests, "", number(protocol.MaxAge, 100)))
	})
	for n := range 2 {
		if r, err := e2.Do(t.Context(), Request{To: busy.addr, Message: ask(protocol.GET, "x"), Impatient: true}); err != nil || r.Exchanges != 1 || len(busy.seen()) != n+1 {
			t.Errorf("impatient: %v, %d exchanges", err, r.Exchanges)
		}
	}
	_, err = e2.Do(t.Context(), Request{To: busy.addr, Message: ask(protocol.GET, "x"), On: func(Event) { go e2.Close() }})
	if !errors.Is(err, ErrClosed) {
		t.Errorf("closed while it waits: %v", err)
	}
}

package session

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// stage has an observation, and a peer whose part the test plays.
type stage struct {
	t        *testing.T
	engine   *Engine
	clock    *manualClock
	peer     *script
	requests chan protocol.Message
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, requests: make(chan protocol.Message, 100)}
	s.engine, s.clock = engineAt(t, Config{})
	s.peer = play(t, func(m protocol.Message, _ int) []protocol.Message {
		s.requests <- m
		return nil
	})
	return s
}

// watched is an observation and what happens to it.
type watched struct {
	*Observation
	t      *testing.T
	events chan ObservationEvent
}

func (s *stage) watch(r Request) *watched {
	s.t.Helper()
	w := &watched{t: s.t, events: make(chan ObservationEvent, 100)}
	r.To = s.peer.addr
	if r.Message.Code == protocol.Empty {
		r.Message = ask(protocol.GET, "x")
	}
	var err error
	w.Observation, err = s.engine.Observe(r, func(e ObservationEvent) { w.events <- e })
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// comes takes the next datagram that the engine sends.
func (s *stage) comes() protocol.Message {
	s.t.Helper()
	select {
	case m := <-s.requests:
		return m
	case <-time.After(patience):
		s.t.Fatal("nothing is sent")
		return protocol.Message{}
	}
}

// asks takes the next datagram, which has to be a request with that value of Observe, and gives the answer to be sent.
func (s *stage) asks(observe uint64) protocol.Message {
	s.t.Helper()
	m := s.comes()
	if v, ok := m.Options.Uint(protocol.Observe); !m.Code.IsRequest() || !ok || uint64(v) != observe {
		s.t.Fatalf("%v is sent, want a request with Observe %d", m, observe)
	}
	return m
}

// send has the peer send a message.
func (s *stage) send(m protocol.Message) {
	s.t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.peer.conn.WriteToUDPAddrPort(b, s.engine.Log().At(1).Source); err != nil {
		s.t.Fatal(err)
	}
}

// answer has it send a piggybacked response.
func (s *stage) answer(request protocol.Message, code protocol.Code, options ...protocol.Option) {
	s.t.Helper()
	m := reply(code, "21", options...)
	m.MessageID, m.Token = request.MessageID, request.Token
	s.send(m)
}

func (s *stage) notify(kind protocol.Type, id protocol.MessageID, token protocol.Token, options ...protocol.Option) {
	s.t.Helper()
	m := reply(protocol.Content, "0123456789abcdef", options...)
	m.Type, m.MessageID, m.Token = kind, id, token
	s.send(m)
}

// undeliverable has an ICMP error come for a message.
func (s *stage) undeliverable(id protocol.MessageID) {
	s.t.Helper()
	s.engine.OpenExchanges() // waits until what is being sent is in the log
	for seq := s.engine.Log().Len(); seq > 0; seq-- {
		f := s.engine.Log().At(trace.Seq(seq))
		if _, sent, ok := protocol.Header(f.Data); ok && sent == id && f.Direction == trace.Sent {
			s.engine.undelivered(transport.Undelivered{To: s.peer.addr, Err: syscall.ECONNREFUSED, Quote: f.Data})
			return
		}
	}
	s.t.Fatalf("no message %d was sent", id)
}

// occupy puts a request before all that follow, until it is answered (NSTART).
func (s *stage) occupy() (other protocol.Message) {
	s.t.Helper()
	m := ask(protocol.GET, "other")
	if _, err := s.engine.start(exchange.Send{To: s.peer.addr, Message: m}, newQueue(), nil); err != nil {
		s.t.Fatal(err)
	}
	return s.comes()
}

func (w *watched) event() ObservationEvent {
	w.t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-time.After(patience):
		w.t.Fatal("nothing happens")
		return nil
	}
}

func (w *watched) notified(sequence uint32, registered bool) Notification {
	w.t.Helper()
	e := w.event()
	n, ok := e.(Notification)
	if !ok || n.Sequence != sequence || n.Registered != registered {
		w.t.Fatalf("got %+v, want notification %d, registered %v", e, sequence, registered)
	}
	return n
}

func (w *watched) ended() ObservationEnd {
	w.t.Helper()
	e := w.event()
	end, ok := e.(ObservationEnd)
	if !ok {
		w.t.Fatalf("got %+v, want the end", e)
	}
	<-w.Done()
	return end
}

// nothingOpen checks that an observation that is over leaves nothing behind.
func (s *stage) nothingOpen() {
	s.t.Helper()
	if open := s.engine.OpenExchanges(); len(open) != 0 {
		s.t.Errorf("still open: %+v", open)
	}
}

func observed(sequence uint64) protocol.Option { return number(protocol.Observe, sequence) }
func lasts(seconds uint64) protocol.Option     { return number(protocol.MaxAge, seconds) }

// Until a registration is answered, notifications belong to the one before, and are not rejected.
func TestRegistrationThatCannotBeDeliveredLeavesTheOneBefore(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(1), lasts(0))
	n := w.notified(1, true)
	if !n.Expires.Equal(n.At) {
		t.Errorf("Max-Age 0: expires %v after it came", n.Expires.Sub(n.At))
	}
	stalled, ok := w.event().(Stalled)
	if wait := stalled.Reregister.Sub(n.Expires); !ok || wait < 5*time.Second || wait > 15*time.Second {
		t.Fatalf("got %+v, want it stalled", stalled)
	}
	s.clock.advance(stalled.Reregister.Sub(s.clock.Now()))
	again := s.asks(protocol.ObserveRegister)
	if again.Token != r.Token || again.MessageID == r.MessageID {
		t.Errorf("registers anew with %v", again)
	}
	s.undeliverable(again.MessageID)
	unconfirmed, ok := w.event().(Unconfirmed)
	var unreachable *exchange.UnreachableError
	if !ok || !errors.As(unconfirmed.Err, &unreachable) || !unconfirmed.Reregister.After(s.clock.Now()) {
		t.Fatalf("got %+v, want that it is unconfirmed", unconfirmed)
	}

	s.notify(protocol.Confirmable, 7, r.Token, observed(2), lasts(100))
	if m := s.comes(); m.Type != protocol.Acknowledgement || m.MessageID != 7 {
		t.Errorf("a notification is answered with %v", m)
	}
	w.notified(2, false)

	w.Reregister()
	again = s.asks(protocol.ObserveRegister)
	s.undeliverable(again.MessageID)
	if unconfirmed, ok := w.event().(Unconfirmed); !ok || !unconfirmed.Reregister.IsZero() {
		t.Errorf("got %+v while the newest notification is fresh", unconfirmed)
	}
	w.Reregister()
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(3))
	w.notified(3, true)
	w.Cancel(Forget)
	w.ended()
	s.nothingOpen()
}

func TestNotificationWhileARegistrationWaitsForItsTurn(t *testing.T) {
	s := newStage(t)
	waiting := make(chan Event, 100)
	w := s.watch(Request{On: func(e Event) { waiting <- e }})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(1))
	w.notified(1, true)
	other := s.occupy()
	w.Reregister()
	for {
		if _, ok := (<-waiting).(Waiting); ok {
			break
		}
	}
	s.notify(protocol.NonConfirmable, 7, r.Token, observed(2))
	w.notified(2, false)
	s.answer(other, protocol.Content)
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(3))
	w.notified(3, true)
	w.Cancel(Forget)
	w.ended()
	s.nothingOpen()
}

func TestOneRegistrationIsOnItsWayAtATime(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	w.Reregister()
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, option(protocol.ETag, "xyzzy"), observed(1))
	w.notified(1, true)
	w.Reregister()
	again := s.asks(protocol.ObserveRegister)
	if again.Options.Has(protocol.ETag) {
		t.Errorf("names a representation with %v, though none is kept", again)
	}
	w.Reregister()
	s.answer(again, protocol.Content, observed(2))
	w.notified(2, true)
	w.Cancel(Deregister)
	w.Reregister()
	s.answer(s.asks(protocol.ObserveDeregister), protocol.Content)
	if end := w.ended(); !end.Cancelled || end.Err != nil || end.Response == nil {
		t.Errorf("ends with %+v", end)
	}
	s.nothingOpen()
	if n := len(s.peer.seen()); n != 3 {
		t.Errorf("%d messages were sent, want 3", n)
	}
}

func TestFixedMessageIDIsThatOfTheFirstRegistration(t *testing.T) {
	s := newStage(t)
	m := ask(protocol.GET, "x")
	m.MessageID = 4711
	w := s.watch(Request{Message: m, FixedMessageID: true, ReuseMessageID: true})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(1))
	w.notified(1, true)
	w.Cancel(Deregister)
	d := s.asks(protocol.ObserveDeregister)
	if r.MessageID != 4711 || d.MessageID == 4711 || d.Token != r.Token {
		t.Errorf("registers with %v, deregisters with %v", r, d)
	}
	s.answer(d, protocol.Content)
	w.ended()
}

func TestRejectEndsWhereNoNotificationCanCome(t *testing.T) {
	for code, options := range map[protocol.Code]protocol.Options{
		protocol.NotFound: nil, protocol.Content: nil, protocol.Forbidden: {observed(1)},
	} {
		s := newStage(t)
		w := s.watch(Request{})
		r := s.asks(protocol.ObserveRegister)
		w.Cancel(Reject)
		s.answer(r, code, options...)
		if end := w.ended(); !end.Cancelled || end.Err != nil || end.Response == nil || end.Response.Code != code {
			t.Errorf("%v: ends with %+v", code, end)
		}
		s.nothingOpen()
	}
}

// A peer that was restarted, or that has given up the observer, sends no notification that could be rejected.
func TestRejectEndsAfterMaxAge(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(1), lasts(30))
	w.notified(1, true)
	w.Cancel(Reject)
	for ended := false; !ended; {
		s.clock.advance(31 * time.Second)
		select {
		case <-w.Done():
			ended = true
		case e := <-w.events:
			if end, is := e.(ObservationEnd); is && (!end.Cancelled || end.Err != nil || end.Frame != 0) {
				t.Errorf("ends with %+v", end)
			}
		default:
			runtime.Gosched()
		}
	}
	s.nothingOpen()
}

func TestCancelledBeforeAnythingWasSent(t *testing.T) {
	for _, how := range []Cancellation{Deregister, Reject, Forget} {
		s := newStage(t)
		other := s.occupy()
		w := s.watch(Request{})
		w.Cancel(how)
		if end := w.ended(); !end.Cancelled || end.Err != nil {
			t.Errorf("%v: ends with %+v", how, end)
		}
		s.answer(other, protocol.Content)
		s.occupy()
		if n := len(s.peer.seen()); n != 2 {
			t.Errorf("%v: %d messages were sent, want 2, which are not of the observation", how, n)
		}
	}
}

func TestSecondCancelLeavesNothing(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(1))
	w.notified(1, true)
	w.Cancel(Deregister)
	s.asks(protocol.ObserveDeregister)
	w.Cancel(Deregister)
	if end := w.ended(); !end.Cancelled {
		t.Errorf("ends with %+v", end)
	}
	s.nothingOpen()
}

// Who joins while the last member leaves has a registration: that one, or another.
func TestMembersLeaveAndJoinAtOnce(t *testing.T) {
	s := newStage(t)
	a := s.watch(Request{})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(1))
	a.notified(1, true)
	b := s.watch(Request{})
	b.notified(1, true)
	a.Cancel(Deregister)
	b.Cancel(Deregister)
	c := s.watch(Request{})
	a.ended()
	token := r.Token
	for joined := false; !joined; {
		switch m := s.comesOr(c); {
		case m == nil: // it shares the registration
			joined = true
		case m.Options.Has(protocol.Observe):
			v, _ := m.Options.Uint(protocol.Observe)
			if v == protocol.ObserveDeregister {
				s.answer(*m, protocol.Content)
				b.ended()
				continue
			}
			token = m.Token
			s.answer(*m, protocol.Content, observed(1))
			c.notified(1, true)
			joined = true
		}
	}
	s.notify(protocol.NonConfirmable, 7, token, observed(2))
	c.notified(2, false)
	c.Cancel(Forget)
	c.ended()
	if token == r.Token {
		b.ended()
	}
	s.nothingOpen()
}

// comesOr waits for a datagram, or for what happens to the observation, which gives nil.
func (s *stage) comesOr(w *watched) *protocol.Message {
	s.t.Helper()
	select {
	case m := <-s.requests:
		return &m
	case <-w.events:
		return nil
	case <-time.After(patience):
		s.t.Fatal("nothing happens")
		return nil
	}
}

func TestRegistrationThatAsksForNoResponse(t *testing.T) {
	s := newStage(t)
	m := ask(protocol.GET, "x")
	m.Type = protocol.NonConfirmable
	m.Options = m.Options.AddUint(protocol.NoResponse, 26)
	w := s.watch(Request{Message: m})
	if end := w.ended(); end.Err == nil || !strings.Contains(end.Err.Error(), "RFC 7967") {
		t.Errorf("ends with %+v", end)
	}
	s.nothingOpen()
}

// The body of a FETCH is part of what is observed (RFC 8132 §2.4), wherever it comes from.
func TestFetchesWithOtherBodiesAreOtherObservations(t *testing.T) {
	s := newStage(t)
	tokens := map[protocol.Token]bool{}
	for _, body := range []string{"one", "two"} {
		w := s.watch(Request{Message: ask(protocol.FETCH, "x"), Body: strings.NewReader(body), BodySize: 3, Cache: Revalidate})
		r := s.asks(protocol.ObserveRegister)
		if string(r.Payload) != body {
			t.Errorf("registers with %q, want %q", r.Payload, body)
		}
		tokens[r.Token] = true
		s.answer(r, protocol.Content, observed(1))
		w.notified(1, true)
	}
	if len(tokens) != 2 {
		t.Error("they share a registration")
	}
}

func TestWhatCannotBeObserved(t *testing.T) {
	s := newStage(t)
	for want, r := range map[string]Request{
		"AskGroup":  {To: netip.MustParseAddrPort("224.0.1.187:5683")},
		"Sink":      {Sink: new(os.File)},
		"-1 bytes":  {Body: strings.NewReader(""), BodySize: -1},
		"1 of 2":    {Body: strings.NewReader("x"), BodySize: 2},
		"65536":     {Body: strings.NewReader("x"), BodySize: 65536},
		"a Payload": {Body: strings.NewReader("x"), BodySize: 1, Message: protocol.Message{Payload: []byte{1}}},
		"PUT":       {Message: protocol.Message{Code: protocol.PUT}},
	} {
		if !r.To.IsValid() {
			r.To = s.peer.addr
		}
		if r.Message.Code == protocol.Empty {
			r.Message.Code = protocol.FETCH
		}
		o, err := s.engine.Observe(r, func(ObservationEvent) {})
		if o != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want an error with %q", o, err, want)
		}
	}
	s.nothingOpen()
}

// A server may ask for proof of freshness at any time (RFC 9175 §2.3), but not twice for one registration.
func TestEachRegistrationCanBeAskedForEcho(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	s.answer(s.asks(protocol.ObserveRegister), protocol.Unauthorized, option(protocol.Echo, "a"))
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(1))
	w.notified(1, true)
	w.Reregister()
	s.answer(s.asks(protocol.ObserveRegister), protocol.Unauthorized, option(protocol.Echo, "b"))
	r := s.asks(protocol.ObserveRegister)
	if value, _ := r.Options.First(protocol.Echo); string(value) != "b" {
		t.Errorf("Echo %q, want b", value)
	}
	s.answer(r, protocol.Unauthorized, option(protocol.Echo, "c"))
	if end := w.ended(); end.Response == nil || end.Response.Code != protocol.Unauthorized {
		t.Errorf("ends with %+v", end)
	}
	s.nothingOpen()
}

func TestCriticalOptionEndsALaterRegistration(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(1))
	w.notified(1, true)
	w.Reregister()
	s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(2), option(65001, ""))
	var critical *exchange.CriticalOptionError
	if end := w.ended(); !errors.As(end.Err, &critical) || end.Frame == 0 {
		t.Errorf("ends with %+v", end)
	}
	s.nothingOpen()
}

func TestEngineIsClosedInTheMiddle(t *testing.T) {
	block := option(protocol.Block2, string(protocol.Block{More: true}.Value()))
	for name, prepare := range map[string]func(s *stage, w *watched){
		"of a body in blocks": func(s *stage, w *watched) {
			s.notify(protocol.NonConfirmable, 7, s.asks(protocol.ObserveRegister).Token, observed(1), block)
			s.comes()
		},
		"of a registration": func(s *stage, w *watched) { s.asks(protocol.ObserveRegister) },
		"of rejecting": func(s *stage, w *watched) {
			s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(1))
			w.notified(1, true)
			w.Cancel(Reject)
		},
		"after a registration without answer": func(s *stage, w *watched) {
			s.answer(s.asks(protocol.ObserveRegister), protocol.Content, observed(1), lasts(0))
			w.notified(1, true)
			s.clock.advance(w.event().(Stalled).Reregister.Sub(s.clock.Now()))
			s.undeliverable(s.asks(protocol.ObserveRegister).MessageID)
			w.event()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			w := s.watch(Request{})
			prepare(s, w)
			s.engine.Close()
			if end := w.ended(); !errors.Is(end.Err, ErrClosed) {
				t.Errorf("ends with %+v", end)
			}
		})
	}
}

func TestLateNotificationHasNoMoreThanItsFirstBlock(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, observed(5))
	w.notified(5, true)
	s.notify(protocol.NonConfirmable, 7, r.Token, observed(4), option(protocol.Block2, string(protocol.Block{More: true}.Value())))
	if n := w.notified(4, false); n.Fresh || !errors.Is(n.Err, ErrSuperseded) {
		t.Errorf("got %+v", n)
	}
}

// Of a notification in blocks the request says how they are fetched.
func TestBlocksOfANotificationAreFetchedAsTheRequestSays(t *testing.T) {
	s := newStage(t)
	ask := ask(protocol.GET, "x")
	ask.Type, ask.Token = protocol.NonConfirmable, protocol.TokenOf([]byte{7})
	w := s.watch(Request{Message: ask, ResponseBlockSize: 16, MaxBody: 20})
	r := s.asks(protocol.ObserveRegister)
	if b, ok := r.Options.Block(protocol.Block2); !ok || b.Size() != 16 {
		t.Errorf("registers with %v, want blocks of 16 bytes asked for", r)
	}
	s.notify(protocol.NonConfirmable, 7, r.Token, observed(1), option(protocol.Block2, string(protocol.Block{More: true}.Value())))
	next := s.comes()
	if next.Type != protocol.Confirmable || next.Token == r.Token || next.Options.Has(protocol.Observe) {
		t.Errorf("asks for the rest with %v (RFC 7959 §3.4)", next)
	}
	m := reply(protocol.Content, "0123456789abcdef", option(protocol.Block2, string(protocol.Block{Num: 1}.Value())))
	m.MessageID, m.Token = next.MessageID, next.Token
	s.send(m)
	n := w.notified(1, true)
	if n.Err == nil || !strings.Contains(n.Err.Error(), "20 bytes") || !bytes.Equal(n.Message.Payload, []byte("0123456789abcdef")) {
		t.Errorf("got %+v, want the first block only", n)
	}
}

// RFC 7641 §3.3.2: a 2.03 selects a representation that is kept, the newest with its ETag, and no other.
func TestValidSelectsByTheETag(t *testing.T) {
	s := newStage(t)
	w := s.watch(Request{Cache: Revalidate})
	r := s.asks(protocol.ObserveRegister)
	s.answer(r, protocol.Content, option(protocol.ETag, "a"), observed(1))
	w.notified(1, true)
	s.notify(protocol.NonConfirmable, 2, r.Token, option(protocol.ETag, "a"), observed(2)) // with another body
	w.notified(2, false)
	for i, c := range []struct{ etag, body string }{{"b", ""}, {"a", "0123456789abcdef"}} {
		sequence := 3 + i
		s.send(protocol.Message{
			Type: protocol.NonConfirmable, Code: protocol.Valid, MessageID: protocol.MessageID(sequence), Token: r.Token,
			Options: protocol.Options{option(protocol.ETag, c.etag), observed(uint64(sequence))},
		})
		if n := w.notified(uint32(sequence), false); string(n.Message.Payload) != c.body || n.Selected != (c.body != "") {
			t.Errorf("%s: got %+v", c.etag, n)
		}
	}
}

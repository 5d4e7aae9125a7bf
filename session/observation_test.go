package session_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
)

// peer is a server whose answers a test writes itself.
type peer struct {
	t    *testing.T
	conn *net.UDPConn
	from netip.AddrPort
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(patience))
	return &peer{t: t, conn: conn}
}

func (p *peer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// next takes the next datagram.
func (p *peer) next() protocol.Message {
	p.t.Helper()
	b := make([]byte, 2048)
	n, from, err := p.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		p.t.Fatal(err)
	}
	p.from = from
	return mustParse(p.t, b[:n])
}

// request takes datagrams until one is a request.
func (p *peer) request() protocol.Message {
	p.t.Helper()
	for {
		if m := p.next(); m.Code.IsRequest() {
			return m
		}
	}
}

// answer sends a piggybacked response with options.
func (p *peer) answer(r protocol.Message, code protocol.Code, payload string, options ...protocol.Option) {
	p.t.Helper()
	p.send(protocol.Message{Type: protocol.Acknowledgement, Code: code, MessageID: r.MessageID, Token: r.Token, Options: options, Payload: []byte(payload)})
}

func (p *peer) send(m protocol.Message) {
	p.t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.conn.WriteToUDPAddrPort(b, p.from); err != nil {
		p.t.Fatal(err)
	}
}

func uintOption(n protocol.OptionNumber, v uint64) protocol.Option {
	return protocol.Option{Number: n, Value: protocol.EncodeUint(v)}
}

// notify sends a 2.05 with an Observe option.
func (p *peer) notify(m protocol.Message, sequence uint64) {
	p.t.Helper()
	m.Code, m.Payload = protocol.Content, []byte("21")
	m.Options = m.Options.AddUint(protocol.Observe, sequence)
	p.send(m)
}

// listen observes and gives the events one by one.
func listen(t *testing.T, e *session.Engine, r session.Request) (*session.Observation, func() session.ObservationEvent) {
	t.Helper()
	events := make(chan session.ObservationEvent, 100)
	o, err := e.Observe(r, func(ev session.ObservationEvent) { events <- ev })
	if err != nil {
		t.Fatal(err)
	}
	return o, func() session.ObservationEvent {
		t.Helper()
		select {
		case ev := <-events:
			return ev
		case <-time.After(patience):
			t.Fatal("nothing happens")
			return nil
		}
	}
}

// observeAt registers with the peer, which answers, and gives the events after that.
func observeAt(t *testing.T, e *session.Engine, p *peer) (*session.Observation, protocol.Token, func() session.ObservationEvent) {
	t.Helper()
	o, next := listen(t, e, session.Request{To: p.addr(), Message: ask(protocol.GET, "x")})
	r := p.request()
	p.notify(protocol.Message{Type: protocol.Acknowledgement, MessageID: r.MessageID, Token: r.Token}, 1)
	if n, ok := next().(session.Notification); !ok || !n.Registered {
		t.Fatalf("first event is %+v", n)
	}
	return o, r.Token, next
}

// notified takes the next event, which has to be a notification with that sequence number and body.
func notified(t *testing.T, next func() session.ObservationEvent, sequence uint32, body string) session.Notification {
	t.Helper()
	ev := next()
	n, ok := ev.(session.Notification)
	if !ok || n.Sequence != sequence || string(n.Message.Payload) != body {
		t.Fatalf("got %+v, want notification %d with %q", ev, sequence, body)
	}
	return n
}

func ended(t *testing.T, o *session.Observation, next func() session.ObservationEvent) session.ObservationEnd {
	t.Helper()
	ev := next()
	end, ok := ev.(session.ObservationEnd)
	if !ok {
		t.Fatalf("got %+v, want the end", ev)
	}
	<-o.Done()
	return end
}

func TestCancelledObservationEndsThoughANotificationCrosses(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, token, next := observeAt(t, e, p)
	o.Cancel(session.Deregister)
	r := p.request()
	if v, ok := r.Options.Uint(protocol.Observe); !ok || v != protocol.ObserveDeregister {
		t.Fatalf("got %v, want the request to deregister", r)
	}
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 7, Token: token}, 2)
	if n, ok := next().(session.Notification); !ok || n.Sequence != 2 {
		t.Errorf("second event is %+v, want the notification", n)
	}
	if end, ok := next().(session.ObservationEnd); !ok || !end.Cancelled || end.Err != nil {
		t.Errorf("last event is %+v", end)
	}
	<-o.Done()
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestObservationEndsByANotificationThatCannotBeAccepted(t *testing.T) {
	e, p := open(t), newPeer(t)
	_, token, next := observeAt(t, e, p)
	m := protocol.Message{Type: protocol.NonConfirmable, MessageID: 7, Token: token}
	m.Options = m.Options.Add(65001, nil) // critical, and known to nobody
	p.notify(m, 2)
	end, ok := next().(session.ObservationEnd)
	var critical *exchange.CriticalOptionError
	if !ok || !errors.As(end.Err, &critical) {
		t.Errorf("got %+v, want the end for a critical option", end)
	}
}

// RFC 7641 §3.1: a client must not register more than once for the same resource.
func TestObservationsOfOneResourceShareARegistration(t *testing.T) {
	e, p := open(t), newPeer(t)
	o1, token, next1 := observeAt(t, e, p)
	o2, next2 := listen(t, e, session.Request{To: p.addr(), Message: ask(protocol.GET, "x")})
	if n := notified(t, next2, 1, "21"); !n.Fresh {
		t.Error("the newest notification is not fresh for the second")
	}
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 7, Token: token}, 2)
	notified(t, next1, 2, "21")
	notified(t, next2, 2, "21")

	o1.Cancel(session.Deregister)
	if end := ended(t, o1, next1); !end.Cancelled || end.Err != nil {
		t.Errorf("the first ends with %+v", end)
	}
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 8, Token: token}, 3)
	notified(t, next2, 3, "21")
	o2.Cancel(session.Deregister)
	r := p.request() // nothing was sent before it: the second observation, and the end of the first, are none of the peer's business
	if v, ok := r.Options.Uint(protocol.Observe); !ok || v != protocol.ObserveDeregister || r.Token != token {
		t.Fatalf("got %v, want the request to deregister", r)
	}
	p.answer(r, protocol.Content, "21")
	if end := ended(t, o2, next2); !end.Cancelled || end.Response == nil {
		t.Errorf("the second ends with %+v", end)
	}

	_, _, _ = observeAt(t, e, p) // a registration of its own again
}

func TestObservationsWithOtherOptionsHaveTheirOwnRegistrations(t *testing.T) {
	e, p := open(t), newPeer(t)
	_, token, _ := observeAt(t, e, p)
	accept := ask(protocol.GET, "x")
	accept.Options = accept.Options.AddUint(protocol.Accept, 50)
	own := ask(protocol.GET, "x")
	own.Token = protocol.TokenOf([]byte{1, 2})
	for _, m := range []protocol.Message{accept, own} {
		listen(t, e, session.Request{To: p.addr(), Message: m})
		r := p.request()
		if v, ok := r.Options.Uint(protocol.Observe); !ok || v != protocol.ObserveRegister || r.Token == token {
			t.Errorf("got %v, want another registration", r)
		}
		if m.Token.Len() > 0 && r.Token != m.Token {
			t.Errorf("token %s, want %s", r.Token, m.Token)
		}
		p.answer(r, protocol.Content, "21", uintOption(protocol.Observe, 1))
	}
}

// Who shares a registration with whom can be told before there is one; then the body of the request has been read.
func TestObservationKey(t *testing.T) {
	e, p := open(t), newPeer(t)
	key := func(change func(*session.Request)) (string, bool) {
		r := session.Request{To: p.addr(), Message: ask(protocol.FETCH, "x"), Body: strings.NewReader("query"), BodySize: 5}
		change(&r)
		if err := e.CheckObserved(&r); err != nil || r.Body != nil || r.BodySize != 0 || len(r.Message.Payload) != 5 {
			t.Errorf("%+v, %v", r, err)
		}
		return r.ObservationKey()
	}
	same, shared := key(func(*session.Request) {})
	if !shared {
		t.Error("it is shared with nobody")
	}
	option := func(n protocol.OptionNumber) func(*session.Request) {
		return func(r *session.Request) { r.Message.Options = r.Message.Options.AddUint(n, 50) }
	}
	for name, c := range map[string]struct {
		change       func(*session.Request)
		same, shared bool
	}{
		"as it is":       {func(*session.Request) {}, true, true},
		"type":           {func(r *session.Request) { r.Message.Type = protocol.NonConfirmable }, true, true},
		"block size":     {func(r *session.Request) { r.BlockSize = 64 }, true, true},
		"Observe":        {option(protocol.Observe), true, true},
		"Accept":         {option(protocol.Accept), false, true},
		"query":          {option(protocol.URIQuery), false, true},
		"body":           {func(r *session.Request) { r.Body = strings.NewReader("other") }, false, true},
		"token":          {func(r *session.Request) { r.Message.Token = protocol.TokenOf([]byte{1}) }, false, false},
		"an empty token": {func(r *session.Request) { r.FixedToken = true }, false, false},
		"endpoint":       {func(r *session.Request) { r.To = netip.AddrPortFrom(r.To.Addr(), 1) }, false, true},
	} {
		if got, shared := key(c.change); (got == same) != c.same || shared != c.shared {
			t.Errorf("%s: the same %v, shared %v", name, got == same, shared)
		}
	}
	if err := e.CheckObserved(&session.Request{To: p.addr(), Message: ask(protocol.FETCH, "x"), Body: strings.NewReader("q"), BodySize: 2}); err == nil {
		t.Error("a body that is too short passes")
	}
}

// RFC 7641 figure 6.
func TestRejectedNotificationCancels(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, token, next := observeAt(t, e, p)
	o.Cancel(session.Reject)
	o.Cancel(session.Forget) // the second ends it at once
	if end := ended(t, o, next); !end.Cancelled || end.Frame != 0 {
		t.Errorf("forgotten: %+v", end)
	}
	p.notify(protocol.Message{Type: protocol.Confirmable, MessageID: 7, Token: token}, 2)
	if m := p.next(); m.Type != protocol.Reset || m.MessageID != 7 {
		t.Errorf("a notification that nobody waits for is answered with %v", m)
	}

	o, token, next = observeAt(t, e, p)
	o.Cancel(session.Reject)
	id := protocol.MessageID(9)
	for ; ; id++ { // one or the other may be there before the observation knows of the wish
		p.notify(protocol.Message{Type: protocol.Confirmable, MessageID: id, Token: token}, uint64(id))
		m := p.next()
		if m.MessageID != id || m.Type != protocol.Acknowledgement && m.Type != protocol.Reset {
			t.Fatalf("notification %d is answered with %v", id, m)
		}
		if m.Type == protocol.Reset {
			break
		}
		notified(t, next, uint32(id), "21")
	}
	end := ended(t, o, next)
	if !end.Cancelled || end.Err != nil || e.Log().At(end.Frame) == nil || mustParse(t, e.Log().At(end.Frame).Data).MessageID != id {
		t.Errorf("rejected: %+v", end)
	}
}

// RFC 7641 §3.3.2, figure 5.
func TestServerSelectsAStoredRepresentation(t *testing.T) {
	e, p := open(t), newPeer(t)
	etag := protocol.Option{Number: protocol.ETag, Value: []byte("xyzzy")}
	text := protocol.Option{Number: protocol.ContentFormatOption}
	o, next := listen(t, e, session.Request{To: p.addr(), Message: ask(protocol.GET, "x"), Cache: session.Revalidate})
	r := p.request()
	p.answer(r, protocol.Content, "19.7 Cel", etag, uintOption(protocol.Observe, 44), text)
	notified(t, next, 44, "19.7 Cel")

	o.Reregister()
	again := p.request()
	if value, ok := again.Options.First(protocol.ETag); !ok || string(value) != "xyzzy" || again.Token != r.Token {
		t.Fatalf("registers anew with %v", again)
	}
	p.answer(again, protocol.Content, "20.0 Cel", uintOption(protocol.Observe, 74))
	if n := notified(t, next, 74, "20.0 Cel"); !n.Registered || n.Selected {
		t.Errorf("got %+v", n)
	}
	p.send(protocol.Message{
		Type: protocol.NonConfirmable, Code: protocol.Valid, MessageID: 1, Token: r.Token, Options: protocol.Options{etag, uintOption(protocol.Observe, 81)},
	})
	n := notified(t, next, 81, "19.7 Cel")
	if format, ok := n.Message.ContentFormat(); !n.Selected || n.Message.Code != protocol.Valid || !ok || format != protocol.TextPlain {
		t.Errorf("got %+v", n)
	}
}

// A device that was restarted has forgotten its observers, and counts from the beginning again.
func TestObservationSurvivesARestartOfTheDevice(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, token, next := observeAt(t, e, p)
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 7, Token: token}, 1000)
	notified(t, next, 1000, "21")
	o.Reregister()
	r := p.request()
	p.answer(r, protocol.Content, "0", uintOption(protocol.Observe, 0))
	if n := notified(t, next, 0, "0"); !n.Fresh || !n.Registered {
		t.Errorf("got %+v, want it fresh", n)
	}
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 1, Token: token}, 1)
	if n := notified(t, next, 1, "21"); !n.Fresh {
		t.Errorf("got %+v, want it fresh", n)
	}
}

// RFC 7959 §2.6: a newer notification makes the rest of an older one's body pointless.
func TestNewerNotificationSupersedesABodyInBlocks(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, token, next := observeAt(t, e, p)
	first := make([]byte, 16)
	p.send(protocol.Message{
		Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: 7, Token: token, Payload: first,
		Options: protocol.Options{uintOption(protocol.Observe, 2), {Number: protocol.Block2, Value: protocol.Block{More: true}.Value()}},
	})
	r := p.request()
	if block, ok := r.Options.First(protocol.Block2); !ok || r.Options.Has(protocol.Observe) || r.Token == token || len(block) != 1 || block[0] != 0x10 {
		t.Fatalf("asks for the rest with %v", r)
	}
	p.notify(protocol.Message{Type: protocol.NonConfirmable, MessageID: 8, Token: token}, 3) // and no answer to r
	if n := notified(t, next, 2, string(first)); !errors.Is(n.Err, session.ErrSuperseded) {
		t.Errorf("the older one: %v", n.Err)
	}
	if n := notified(t, next, 3, "21"); n.Err != nil {
		t.Errorf("the newer one: %v", n.Err)
	}
	o.Cancel(session.Forget)
	ended(t, o, next)
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

// RFC 9175 §2.3.
func TestRegistrationAnswersEcho(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, next := listen(t, e, session.Request{To: p.addr(), Message: ask(protocol.GET, "x")})
	p.answer(p.request(), protocol.Unauthorized, "", protocol.Option{Number: protocol.Echo, Value: []byte("now")})
	r := p.request()
	if value, ok := r.Options.First(protocol.Echo); !ok || string(value) != "now" || !r.Options.Has(protocol.Observe) {
		t.Fatalf("got %v, want the registration with the Echo value", r)
	}
	p.answer(r, protocol.Content, "21", uintOption(protocol.Observe, 1))
	notified(t, next, 1, "21")
	o.Cancel(session.Forget)
	ended(t, o, next)

	o, next = listen(t, e, session.Request{To: p.addr(), Message: ask(protocol.GET, "x"), Echo: session.EchoByHand})
	p.answer(p.request(), protocol.Unauthorized, "", protocol.Option{Number: protocol.Echo, Value: []byte("now")})
	if end := ended(t, o, next); end.Response == nil || end.Response.Code != protocol.Unauthorized {
		t.Errorf("by hand: %+v", end)
	}
}

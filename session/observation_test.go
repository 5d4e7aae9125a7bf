package session_test

import (
	"errors"
	"net"
	"net/netip"
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

// request takes datagrams until one is a request.
func (p *peer) request() protocol.Message {
	p.t.Helper()
	for {
		b := make([]byte, 2048)
		n, from, err := p.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			p.t.Fatal(err)
		}
		p.from = from
		if m := mustParse(p.t, b[:n]); m.Code.IsRequest() {
			return m
		}
	}
}

// notify sends a 2.05 with an Observe option.
func (p *peer) notify(m protocol.Message, sequence uint64) {
	p.t.Helper()
	m.Code, m.Payload = protocol.Content, []byte("21")
	m.Options = m.Options.AddUint(protocol.Observe, sequence)
	b, err := m.Append(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.conn.WriteToUDPAddrPort(b, p.from); err != nil {
		p.t.Fatal(err)
	}
}

// observeAt registers with the peer, which answers, and gives the events after that.
func observeAt(t *testing.T, e *session.Engine, p *peer) (*session.Observation, protocol.Token, func() session.ObservationEvent) {
	t.Helper()
	events := make(chan session.ObservationEvent, 100)
	o, err := e.Observe(session.Request{To: p.addr(), Message: ask(protocol.GET, "x")}, func(ev session.ObservationEvent) { events <- ev })
	if err != nil {
		t.Fatal(err)
	}
	next := func() session.ObservationEvent {
		t.Helper()
		select {
		case ev := <-events:
			return ev
		case <-time.After(patience):
			t.Fatal("nothing happens")
			return nil
		}
	}
	r := p.request()
	p.notify(protocol.Message{Type: protocol.Acknowledgement, MessageID: r.MessageID, Token: r.Token}, 1)
	if n, ok := next().(session.Notification); !ok || !n.Registered {
		t.Fatalf("first event is %+v", n)
	}
	return o, r.Token, next
}

func TestCancelledObservationEndsThoughANotificationCrosses(t *testing.T) {
	e, p := open(t), newPeer(t)
	o, token, next := observeAt(t, e, p)
	o.Cancel()
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

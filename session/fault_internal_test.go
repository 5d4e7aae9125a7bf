package session

import (
	"errors"
	"net"
	"testing"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// RFC 7252 §4.2: unreachable and parameter problems may end an exchange, Time Exceeded and Source Quench not. A
// retransmission of what is too big for one packet goes in fragments.
func TestICMPErrorsThatEndAnExchange(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	to := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	e, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const con, non = protocol.Confirmable, protocol.NonConfirmable
	for _, c := range []struct {
		kind protocol.Type
		icmp transport.ICMPError
		ends bool
	}{
		{con, transport.ICMPError{Type: 3, Code: 3}, true},
		{con, transport.ICMPError{Type: 12}, true},
		{con, transport.ICMPError{IPv6: true, Type: 1, Code: 4}, true},
		{con, transport.ICMPError{IPv6: true, Type: 4}, true},
		{con, transport.ICMPError{Type: 3, Code: 4, MTU: 1280}, false},
		{non, transport.ICMPError{Type: 3, Code: 4, MTU: 1280}, true},
		{con, transport.ICMPError{IPv6: true, Type: 2, MTU: 1280}, false},
		{con, transport.ICMPError{Type: 11}, false},
		{non, transport.ICMPError{Type: 11, Code: 1}, false},
		{con, transport.ICMPError{Type: 4}, false},
		{non, transport.ICMPError{IPv6: true, Type: 3}, false},
	} {
		q := newQueue()
		id, err := e.start(exchange.Send{To: to, Message: protocol.Message{Type: c.kind, Code: protocol.GET}}, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := e.Log().At(trace.Seq(e.Log().Len()))
		e.undelivered(transport.Undelivered{To: to, Err: &c.icmp, Quote: last.Data})
		if open := len(e.OpenExchanges()); (open == 0) != c.ends {
			t.Errorf("%v, %v: %d exchanges are open", c.kind, &c.icmp, open)
		}
		e.cancel(id)
		for item, ok := q.take(); ok; item, ok = q.take() {
			if failed, is := item.(exchange.Failed); is && errors.Is(failed.Err, &c.icmp) != c.ends {
				t.Errorf("%v failed with %v", c.kind, failed.Err)
			}
		}
	}
}

package session

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

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
		said := e.Undelivered(to, last.Time)
		if n := len(said); n == 0 || !errors.Is(said[n-1].Err, &c.icmp) || said[n-1].Ignored == c.ends || uint16(said[n-1].MessageID) != binary.BigEndian.Uint16(last.Data[2:]) {
			t.Errorf("%v, %v: kept as %+v", c.kind, &c.icmp, said)
		}
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

// What was said of datagrams is kept by endpoint and time, and no more of it than is looked at.
func TestUndeliveredIsKept(t *testing.T) {
	clock := newManualClock()
	e, err := openAt(clock, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	to, other := netip.MustParseAddrPort("192.0.2.1:5683"), netip.MustParseAddrPort("192.0.2.1:5684")
	unreachable := &transport.ICMPError{Type: 3, Code: 1}
	say := func(to netip.AddrPort, id byte) {
		e.undelivered(transport.Undelivered{To: to, Err: unreachable, Quote: []byte{0x40, 1, 0, id}})
	}
	say(to, 1)
	say(other, 2)
	e.undelivered(transport.Undelivered{To: to, Err: unreachable, Quote: []byte{1}}) // of no message
	clock.advance(time.Second)
	middle := clock.Now()
	say(to, 3)
	if all := e.Undelivered(to, time.Time{}); len(all) != 2 || all[0].MessageID != 1 || all[1].MessageID != 3 || all[0].Ignored || !all[1].At.Equal(middle) {
		t.Errorf("%+v", all)
	}
	if late := e.Undelivered(to, middle); len(late) != 1 || late[0].MessageID != 3 {
		t.Errorf("since then %+v", late)
	}
	for range maxUndelivered {
		say(other, 9)
	}
	if n := len(e.undeliverable); n != maxUndelivered || len(e.Undelivered(to, time.Time{})) != 0 {
		t.Errorf("%d are kept", n)
	}
}

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

// A retransmission of what is too big for one packet goes in fragments.
func TestPacketTooBigEndsOnlyWhatIsNotSentAgain(t *testing.T) {
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
	tooBig := &transport.ICMPError{Type: 3, Code: 4, MTU: 1280}
	for kind, open := range map[protocol.Type]int{protocol.Confirmable: 1, protocol.NonConfirmable: 0} {
		q := newQueue()
		id, err := e.start(exchange.Send{To: to, Message: protocol.Message{Type: kind, Code: protocol.GET}}, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		last := e.Log().At(trace.Seq(e.Log().Len()))
		e.undelivered(transport.Undelivered{To: to, Err: tooBig, Quote: last.Data})
		if n := len(e.OpenExchanges()); n != open {
			t.Errorf("%v: %d exchanges are open, want %d", kind, n, open)
		}
		e.cancel(id)
		for item, ok := q.take(); ok; item, ok = q.take() {
			if failed, is := item.(exchange.Failed); is && errors.Is(failed.Err, tooBig) != (open == 0) {
				t.Errorf("%v failed with %v", kind, failed.Err)
			}
		}
	}
}

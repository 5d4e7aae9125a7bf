package transport_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"coapscope/session/trace"
	"coapscope/session/transport"
)

// closedPort is an endpoint where nobody is.
func closedPort(t *testing.T, host string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func (e *end) nextFailed(t *testing.T) transport.Undelivered {
	t.Helper()
	select {
	case u := <-e.failed:
		return u
	case <-time.After(30 * time.Second):
		t.Fatal("no error comes")
		return transport.Undelivered{}
	}
}

func TestPortUnreachable(t *testing.T) {
	for host, want := range map[string]transport.ICMPError{
		"127.0.0.1": {Type: 3, Code: 3, From: netip.MustParseAddr("127.0.0.1")},
		"::1":       {Type: 1, Code: 4, From: netip.MustParseAddr("::1"), IPv6: true},
	} {
		t.Run(host, func(t *testing.T) {
			to := closedPort(t, host)
			e := open(t)
			e.send(t, "anybody there?", to)
			u := e.nextFailed(t)
			var icmp *transport.ICMPError
			if !errors.As(u.Err, &icmp) || *icmp != want || u.To != to || string(u.Quote) != "anybody there?" {
				t.Errorf("got %+v, %v of %q, want %+v of %s", u, u.Err, u.Quote, want, to)
			}
		})
	}
}

// The system tells an error by the next call, whatever that is about: it must neither fail what is sent to others
// nor lose what they answer.
func TestErrorsOfOneEndpointDoNotHarmOthers(t *testing.T) {
	a, b, _, toB := pair(t)
	closed := closedPort(t, "127.0.0.1")
	const rounds = 100
	for i := range rounds {
		a.send(t, fmt.Sprint("lost ", i), closed)
		a.send(t, fmt.Sprint("kept ", i), toB)
	}
	for i := range rounds {
		b.wantNext(t, fmt.Sprint("kept ", i), 0)
		if u := a.nextFailed(t); u.To != closed || string(u.Quote) != fmt.Sprint("lost ", i) {
			// Two goroutines may empty the queue, so that only the set is known.
			var n int
			if _, err := fmt.Sscanf(string(u.Quote), "lost %d", &n); err != nil || n >= rounds {
				t.Fatalf("got %+v", u)
			}
		}
	}
	select {
	case u := <-a.failed:
		t.Errorf("an error more than there were datagrams: %+v", u)
	default:
	}
}

// What the system drops while nobody reads is counted to the last datagram.
func TestDatagramsWithoutRoomAreCounted(t *testing.T) {
	hold := make(chan struct{})
	var log trace.Log
	received := make(chan int, 10_000)
	u, err := transport.OpenUDP(log.Append, func(f trace.Frame) {
		<-hold
		received <- len(f.Data)
	}, func(transport.Undelivered) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	first, err := u.Send([]byte("?"), peer.LocalAddr().(*net.UDPAddr).AddrPort())
	if err != nil {
		t.Fatal(err)
	}
	to := log.At(first).Source
	const sent, size = 1500, 60_000 // more than any receive buffer of ours
	for range sent {
		if _, err := peer.WriteToUDPAddrPort(make([]byte, size), to); err != nil {
			t.Fatal(err)
		}
	}
	if u.Missed() != 0 {
		t.Errorf("%d are missed before anything was read", u.Missed())
	}
	close(hold)
	came, marked := 0, false
	for end := time.After(30 * time.Second); ; {
		select {
		case n := <-received:
			if n < size {
				if missed := u.Missed(); missed == 0 || missed != uint64(sent-came) {
					t.Errorf("%d of %d came, %d are missed", came, sent, missed)
				}
				return
			}
			if came++; !marked { // now there is room for the last one
				marked = true
				if _, err := peer.WriteToUDPAddrPort([]byte("end"), to); err != nil {
					t.Fatal(err)
				}
			}
		case <-end:
			t.Fatalf("%d came, but not the last", came)
		}
	}
}

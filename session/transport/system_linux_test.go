package transport_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

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

package transport_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"coapscope/session/trace"
	"coapscope/session/transport"
)

// end is a transport with its own log, and the frames that it received.
type end struct {
	*transport.UDP
	log      trace.Log
	received chan trace.Frame
	failed   chan transport.Undelivered
}

func open(t *testing.T) *end {
	t.Helper()
	e := &end{received: make(chan trace.Frame, 1000), failed: make(chan transport.Undelivered, 1000)}
	udp, err := transport.OpenUDP(e.log.Append, func(f trace.Frame) {
		f.Data = e.log.At(f.Seq).Data
		e.received <- f
	}, func(u transport.Undelivered) { e.failed <- u })
	if err != nil {
		t.Fatal(err)
	}
	e.UDP = udp
	t.Cleanup(func() { udp.Close() })
	return e
}

func (e *end) next(t *testing.T) trace.Frame {
	t.Helper()
	select {
	case f := <-e.received:
		return f
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is received")
		return trace.Frame{}
	}
}

// source gives the address from which e sends to the address.
func (e *end) source(t *testing.T, to netip.AddrPort) netip.AddrPort {
	t.Helper()
	seq, err := e.Send([]byte{0}, to)
	if err != nil {
		t.Fatal(err)
	}
	return e.log.At(seq).Source
}

func TestFramesSayWhereTheyCameFromAndWentTo(t *testing.T) {
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		t.Run(loopback, func(t *testing.T) {
			addr := netip.MustParseAddr(loopback)
			silent, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
			if err != nil {
				t.Skipf("no %s here: %v", loopback, err)
			}
			defer silent.Close()
			aim := silent.LocalAddr().(*net.UDPAddr).AddrPort()

			a, b := open(t), open(t)
			from, to := a.source(t, aim), b.source(t, aim)
			if from.Addr() != addr || from.Port() == 0 {
				t.Fatalf("sends from %v", from)
			}
			seq, err := a.Send([]byte("hello"), to)
			if err != nil {
				t.Fatal(err)
			}
			if f := a.log.At(seq); f.Direction != trace.Sent || f.Source != from || f.Destination != to || string(f.Data) != "hello" {
				t.Errorf("sent frame %+v", f)
			}
			f := b.next(t)
			if f.Direction != trace.Received || f.Source != from || f.Destination != to || string(f.Data) != "hello" {
				t.Errorf("received frame %+v, want %v to %v", f, from, to)
			}
			if f.Interface == "" {
				t.Error("the interface is not known")
			}
		})
	}
}

// On loopback an answer is there before its request is sent, as it were; the log must not show it so.
func TestAnswersStandBehindTheirRequests(t *testing.T) {
	echo, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go reflect(echo)
	e := open(t)
	const rounds = 500
	to := echo.LocalAddr().(*net.UDPAddr).AddrPort()
	for i := range rounds {
		if _, err := e.Send([]byte{byte(i), byte(i >> 8)}, to); err != nil {
			t.Fatal(err)
		}
		e.next(t)
	}
	sent := map[string]bool{}
	for s := trace.Seq(1); int(s) <= e.log.Len(); s++ {
		f := e.log.At(s)
		if f.Direction == trace.Sent {
			sent[string(f.Data)] = true
		} else if !sent[string(f.Data)] {
			t.Fatalf("frame %d answers a request that is not logged yet", s)
		}
	}
}

func TestWhatIsNotSentIsNotLogged(t *testing.T) {
	e := open(t)
	if _, err := e.Send(make([]byte, transport.MaxDatagram+1), netip.MustParseAddrPort("127.0.0.1:5683")); err == nil {
		t.Error("a datagram that is too large is sent without an error")
	}
	if e.log.Len() != 0 {
		t.Errorf("%d frames are logged", e.log.Len())
	}
}

func TestNothingIsReceivedAfterClose(t *testing.T) {
	e := open(t)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := e.Send([]byte{1}, netip.MustParseAddrPort("127.0.0.1:5683"))
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrClosed) {
		t.Errorf("sending after Close: %v", err)
	}
}

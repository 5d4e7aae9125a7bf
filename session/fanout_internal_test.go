package session

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

// A hundred members: each of them answers but one that rejects, one that has no address, and one that is silent.
func TestDoEach(t *testing.T) {
	e, clock := engineAt(t, Config{})
	const members, rejects, nowhere, silent = 100, 7, 8, 9
	to := make([]netip.AddrPort, members)
	for i := range members {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		to[i] = conn.LocalAddr().(*net.UDPAddr).AddrPort()
		if i == silent {
			continue
		}
		go func() {
			buffer := make([]byte, 1500)
			for {
				n, from, err := conn.ReadFromUDPAddrPort(buffer)
				if err != nil {
					return
				}
				m, err := protocol.Parse(buffer[:n])
				if err != nil {
					continue
				}
				answer := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Changed, MessageID: m.MessageID, Token: m.Token, Payload: []byte{byte(i)}}
				if i == rejects {
					answer = protocol.Message{Type: protocol.Reset, MessageID: m.MessageID}
				}
				if data, err := answer.Append(nil); err == nil {
					conn.WriteToUDPAddrPort(data, from)
				}
			}
		}()
	}
	var open, most, ended atomic.Int32
	nobody := errors.New("nobody has that name")
	got := make(map[int]string)
	e.DoEach(t.Context(), members, func(i int) (Request, func(), error) {
		if n := open.Add(1); n > most.Load() {
			most.Store(n)
		}
		done := func() { open.Add(-1); ended.Add(1) }
		if i == nowhere {
			return Request{}, done, nobody
		}
		return Request{To: to[i], Message: ask(protocol.PUT, "x")}, done, nil
	}, func(i int, r Request, response *Response, err error) {
		var timeout *exchange.TimeoutError
		switch {
		case err == nil && r.To == to[i] && response.Message.Code == protocol.Changed && response.Message.Payload[0] == byte(i):
			got[i] = "answered"
		case errors.Is(err, exchange.ErrReset):
			got[i] = "reset"
		case errors.Is(err, nobody):
			got[i] = "nowhere"
		case errors.As(err, &timeout):
			got[i] = "silent"
		default:
			got[i] = err.Error()
		}
		if len(got) == members-1 { // only the silent one is open
			for range 5 {
				clock.advance(time.Minute)
			}
		}
	})
	for i := range members {
		want := "answered"
		switch i {
		case rejects:
			want = "reset"
		case nowhere:
			want = "nowhere"
		case silent:
			want = "silent"
		}
		if got[i] != want {
			t.Errorf("%d: %q, not %q", i, got[i], want)
		}
	}
	if most.Load() > MaxFanOut || ended.Load() != members {
		t.Errorf("%d at once, of at most %d; %d ended", most.Load(), MaxFanOut, ended.Load())
	}
}

// Cancelled, those that are open end and the others are not sent; each is told of.
func TestDoEachCancelled(t *testing.T) {
	e, _ := engineAt(t, Config{})
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var prepared atomic.Int32
	told := 0
	go func() { // all that are open wait for the one endpoint
		buffer := make([]byte, 1500)
		if _, _, err := conn.ReadFromUDPAddrPort(buffer); err == nil {
			cancel()
		}
	}()
	e.DoEach(ctx, 200, func(int) (Request, func(), error) {
		prepared.Add(1)
		return Request{To: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Message: ask(protocol.GET, "x")}, nil, nil
	}, func(_ int, _ Request, r *Response, err error) {
		if !errors.Is(err, context.Canceled) || r == nil {
			t.Errorf("%v %v", r, err)
		}
		told++
	})
	if told != 200 || prepared.Load() > MaxFanOut {
		t.Errorf("%d told of, %d prepared", told, prepared.Load())
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
}

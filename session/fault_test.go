package session_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/fault"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// impatient is an engine that sends again soon.
func impatient(t *testing.T) *session.Engine {
	t.Helper()
	transmission := protocol.DefaultTransmission()
	transmission.AckTimeout, transmission.AckRandomFactor, transmission.MaxRetransmit = 20*time.Millisecond, 1, 9
	e, err := session.Open(session.Config{Transmission: transmission})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func spoil(t *testing.T, e *session.Engine, rules string) {
	t.Helper()
	c, err := fault.Parse(rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetFaults(c); err != nil {
		t.Fatal(err)
	}
}

// marks gives direction and faults of all frames in the log.
func marks(e *session.Engine) (frames []string) {
	for s := trace.Seq(1); int(s) <= e.Log().Len(); s++ {
		f := e.Log().At(s)
		text := f.Direction.String()
		if f.Fault != 0 {
			text += " " + f.Fault.String()
		}
		frames = append(frames, text)
	}
	return frames
}

func TestFaultsAreSurvivedAndLogged(t *testing.T) {
	_, l := start(t)
	to := device(t, l, "plugtest")
	for _, c := range []struct {
		name, rules string
		attempts    int
		want        []string
	}{
		{"without", "", 1, []string{"sent", "received"}},
		{"the first two requests are lost", "lose sent request /test 1-2", 3, []string{"sent lost", "sent lost", "sent", "received"}},
		{"the first answer is lost", "lose received ACK 1", 2, []string{"sent", "received lost", "sent", "received"}},
		{"the request is late", "delay sent 5ms", 1, []string{"sent delayed", "received"}},
		{"the answer is no message", "corrupt received 1 bits 1000", 2, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := impatient(t)
			spoil(t, e, "seed 1\n"+c.rules)
			r := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "test")})
			if r.Message.Code != protocol.Content || r.Attempts < c.attempts || r.Retries != r.Attempts-1 {
				t.Errorf("got %v after %d attempts and %d retries, want %d attempts", r.Message, r.Attempts, r.Retries, c.attempts)
			}
			if r.Attempts > c.attempts { // the machine is busy, and the answer came later than the time to send again
				return
			}
			if first := e.Log().At(r.Sent); first == nil || first.Seq != 1 || first.Direction != trace.Sent {
				t.Errorf("the request is frame %d, want 1", r.Sent)
			}
			if got := marks(e); c.want != nil && !slices.Equal(got, c.want) {
				t.Errorf("logged %q, want %q", got, c.want)
			}
		})
	}
}

func TestFaultsChangeWhileRunning(t *testing.T) {
	_, l := start(t)
	to := device(t, l, "plugtest")
	e := impatient(t)
	spoil(t, e, "seed 9\nlose received ACK")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answered := make(chan error, 1)
	lost := make(chan struct{}, 1)
	go func() {
		_, err := e.Do(ctx, session.Request{To: to, Message: ask(protocol.GET, "test"), On: func(event session.Event) {
			if _, ok := event.(session.Transmission); !ok {
				return
			}
			if _, counts := e.Faults(); counts.Lost > 0 {
				select {
				case lost <- struct{}{}:
				default:
				}
			}
		}})
		answered <- err
	}()
	select {
	case <-lost:
	case err := <-answered:
		t.Fatalf("no answer is lost; the request ended with %v", err)
	}
	c, counts := e.Faults()
	if c.Seed != 9 || len(c.Rules) != 1 || counts.Lost == 0 || counts.Rules[0].Hit != counts.Lost {
		t.Errorf("faults are %v with %+v", c, counts)
	}
	if err := e.SetFaults(fault.Config{}); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("without faults: %v", err)
	}
	if err := e.SetFaults(fault.Config{Rules: []fault.Rule{{}}}); err == nil {
		t.Error("a rule that does nothing is accepted")
	}
	e.Close()
	if err := e.SetFaults(fault.Config{}); !errors.Is(err, session.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Nobody waits a minute for an endpoint that says that it is not there.
func TestPortUnreachableEndsARequestAtOnce(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(host), 0)))
			if err != nil {
				t.Skipf("no %s here: %v", host, err)
			}
			to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
			conn.Close()
			e := open(t)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			want := func(what string, err error) {
				t.Helper()
				var unreachable *exchange.UnreachableError
				var icmp *transport.ICMPError
				if !errors.As(err, &unreachable) || !errors.As(err, &icmp) || icmp.Reason() != "port unreachable" || icmp.From != to.Addr() {
					t.Errorf("%s: got %v", what, err)
				}
			}
			for _, kind := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
				m := ask(protocol.GET, "test")
				m.Type = kind
				_, err = e.Do(ctx, session.Request{To: to, Message: m})
				want(kind.String(), err)
			}
			_, err = e.Ping(ctx, to)
			want("ping", err)
			if n := e.Log().Len(); n > 4 { // of a CON once again, if the error takes longer than ACK_TIMEOUT
				t.Errorf("%d datagrams were sent, want 3", n)
			}
		})
	}
}

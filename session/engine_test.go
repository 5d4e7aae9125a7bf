package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/lab"
	"coapscope/session/trace"
)

// patience is how long a test waits for what must happen. It decides nothing: a test that needs it
// has failed.
const patience = 30 * time.Second

func start(t *testing.T) (*session.Engine, *lab.Lab) {
	t.Helper()
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return open(t), l
}

func open(t *testing.T) *session.Engine {
	t.Helper()
	e, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func device(t *testing.T, l *lab.Lab, name string) netip.AddrPort {
	t.Helper()
	d, err := l.Device(name)
	if err != nil {
		t.Fatal(err)
	}
	return d.Addr
}

func ask(code protocol.Code, path ...string) protocol.Message {
	m := protocol.Message{Code: code}
	for _, segment := range path {
		m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
	}
	return m
}

func do(t *testing.T, e *session.Engine, r session.Request) *session.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	response, err := e.Do(ctx, r)
	if err != nil {
		t.Fatalf("%v: %v", r.Message, err)
	}
	return response
}

func TestGetIsAnsweredAndLogged(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "plugtest")
	r := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "test")})
	if r.Message.Code != protocol.Content || len(r.Message.Payload) == 0 {
		t.Errorf("got %v with %d bytes", r.Message, len(r.Message.Payload))
	}
	if !r.Piggybacked || r.Attempts != 1 || r.Exchanges != 1 || r.Retries != 0 {
		t.Errorf("got %+v, want one piggybacked exchange", r)
	}
	sent, received := e.Log().At(r.Sent), e.Log().At(r.Received)
	if sent.Direction != trace.Sent || sent.Destination != to || !sent.Source.Addr().IsLoopback() {
		t.Errorf("sent frame is %v %v -> %v", sent.Direction, sent.Source, sent.Destination)
	}
	if received.Direction != trace.Received || received.Source != to || received.Destination != sent.Source {
		t.Errorf("received frame is %v %v -> %v, request came from %v", received.Direction, received.Source, received.Destination, sent.Source)
	}
	m, err := protocol.Parse(received.Data)
	if err != nil || m.MessageID != mustParse(t, sent.Data).MessageID || m.Code != protocol.Content {
		t.Errorf("received frame holds %v, %v", m, err)
	}
}

func mustParse(t *testing.T, b []byte) protocol.Message {
	t.Helper()
	m, err := protocol.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSeparateResponseIsAcknowledged(t *testing.T) {
	e, l := start(t)
	var acknowledged bool
	r := do(t, e, session.Request{
		To: device(t, l, "plugtest"), Message: ask(protocol.GET, "separate"),
		On: func(ev session.Event) {
			if _, ok := ev.(session.Acknowledgement); ok {
				acknowledged = true
			}
		},
	})
	if r.Message.Code != protocol.Content || r.Piggybacked || !acknowledged {
		t.Errorf("got %v, piggybacked %v, acknowledged %v", r.Message, r.Piggybacked, acknowledged)
	}
	last := mustParse(t, e.Log().At(trace.Seq(e.Log().Len())).Data)
	if last.Type != protocol.Acknowledgement || last.Code != protocol.Empty || last.MessageID != r.Message.MessageID {
		t.Errorf("last frame is %v, want the ACK of %v", last, r.Message)
	}
}

func TestMegabyteDownload(t *testing.T) {
	e, l := start(t)
	var last session.Progress
	r := do(t, e, session.Request{
		To: device(t, l, "store"), Message: ask(protocol.GET, "blobs", "1m"),
		On: func(ev session.Event) {
			if p, ok := ev.(session.Progress); ok {
				last = p
			}
		},
	})
	if want := lab.Blob(1, 1<<20); !bytes.Equal(r.Message.Payload, want) {
		t.Errorf("body of %d bytes is not the store's", len(r.Message.Payload))
	}
	if r.Exchanges != 1024 || last.Bytes != 1<<20 {
		t.Errorf("%d exchanges, last progress %+v; want 1024 and all bytes", r.Exchanges, last)
	}
}

func TestUploadIsReadBack(t *testing.T) {
	e, l := start(t)
	to, body := device(t, l, "store"), lab.Blob(7, 100_000)
	put := ask(protocol.PUT, "upload")
	put.Payload = body
	put.Options = put.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.OctetStream))
	r := do(t, e, session.Request{To: to, Message: put, BlockSize: 512})
	if r.Message.Code.Class() != 2 || r.Exchanges < 100_000/512 {
		t.Fatalf("PUT: %v after %d exchanges", r.Message, r.Exchanges)
	}
	if r := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload")}); !bytes.Equal(r.Message.Payload, body) {
		t.Errorf("GET gives %d bytes that are not what was PUT", len(r.Message.Payload))
	}
}

func TestNotFoundIsAnAnswer(t *testing.T) {
	e, l := start(t)
	r := do(t, e, session.Request{To: device(t, l, "plugtest"), Message: ask(protocol.GET, "nope")})
	if r.Message.Code != protocol.NotFound {
		t.Errorf("got %v", r.Message)
	}
}

func TestPing(t *testing.T) {
	e, l := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if rtt, err := e.Ping(ctx, device(t, l, "actuator")); err != nil || rtt <= 0 {
		t.Errorf("ping: %v, %v", rtt, err)
	}
}

func TestObservationFollowsTheValueUntilCancelled(t *testing.T) {
	e, l := start(t)
	events := make(chan session.ObservationEvent, 100)
	o, err := e.Observe(session.Request{To: device(t, l, "livingroom-node"), Message: ask(protocol.GET, "sensors", "temp")},
		func(ev session.ObservationEvent) { events <- ev })
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
	first, ok := next().(session.Notification)
	if !ok || !first.Registered || !first.Fresh || first.Message.Code != protocol.Content {
		t.Fatalf("first event is %+v", first)
	}
	if open := e.OpenExchanges(); len(open) != 1 || open[0].State != session.OpenObserving {
		t.Errorf("open exchanges: %+v, want the observation", open)
	}
	l.Tick()
	second, ok := next().(session.Notification)
	if !ok || second.Registered || !second.Fresh || second.Sequence == first.Sequence {
		t.Fatalf("second event is %+v after %+v", second, first)
	}
	o.Cancel(session.Deregister)
	for {
		if end, ok := next().(session.ObservationEnd); ok {
			if !end.Cancelled || end.Err != nil || end.Response == nil {
				t.Errorf("ended with %+v", end)
			}
			break
		}
	}
	<-o.Done()
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestMulticastAnswersAreCollected(t *testing.T) {
	e, l := start(t)
	group := l.MulticastAddr()
	if !group.IsValid() {
		t.Fatal("the lab could not join All CoAP Nodes on loopback")
	}
	loopback := loopbackInterface(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	from := map[netip.AddrPort]bool{}
	err := e.AskGroup(ctx, group, loopback, 0, ask(protocol.GET, ".well-known", "core"),
		func(peer netip.AddrPort, m protocol.Message, _ time.Duration) {
			from[peer] = true
			if len(from) == len(l.Devices()) {
				cancel()
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range l.Devices() {
		if !from[d.Addr] {
			t.Errorf("no answer from %s at %s", d.Name, d.Addr)
		}
	}
	// What the log says of where the request came from is where the answers went.
	source := e.Log().At(1).Source
	for s := trace.Seq(2); int(s) <= e.Log().Len(); s++ {
		if f := e.Log().At(s); f.Destination != source {
			t.Errorf("frame %d went to %v, the request came from %v", s, f.Destination, source)
		}
	}
}

func loopbackInterface(t *testing.T) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].Flags&net.FlagLoopback != 0 {
			return &all[i]
		}
	}
	t.Fatal("no loopback interface")
	return nil
}

func TestCancelledRequestEndsAtOnce(t *testing.T) {
	e := open(t)
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = e.Do(ctx, session.Request{
		To: silent.LocalAddr().(*net.UDPAddr).AddrPort(), Message: ask(protocol.GET, "x"),
		On: func(ev session.Event) {
			if tr, ok := ev.(session.Transmission); ok {
				if tr.Attempt != 1 || tr.Of != 5 || tr.Next.IsZero() {
					t.Errorf("transmission %+v", tr)
				}
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

func TestExhaustionIsATimeout(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	fast := protocol.DefaultTransmission()
	fast.AckTimeout, fast.MaxRetransmit = time.Millisecond, 2
	e, err := session.Open(session.Config{Transmission: fast})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r, err := e.Do(t.Context(), session.Request{To: silent.LocalAddr().(*net.UDPAddr).AddrPort(), Message: ask(protocol.GET, "x")})
	var timeout *exchange.TimeoutError
	if !errors.As(err, &timeout) || timeout.Attempts != 3 || r.Retries != 2 {
		t.Errorf("got %v after %d retries", err, r.Retries)
	}
	if n := e.Log().Len(); n != 3 {
		t.Errorf("%d frames, want 3", n)
	}
}

func TestCloseEndsWhatIsOpen(t *testing.T) {
	e := open(t)
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	_, err = e.Do(t.Context(), session.Request{
		To: silent.LocalAddr().(*net.UDPAddr).AddrPort(), Message: ask(protocol.GET, "x"),
		On: func(session.Event) { go e.Close() },
	})
	if !errors.Is(err, session.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := e.Do(t.Context(), session.Request{To: netip.MustParseAddrPort("127.0.0.1:5683"), Message: ask(protocol.GET)}); !errors.Is(err, session.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestResolve(t *testing.T) {
	loopback := loopbackInterface(t)
	for _, c := range []struct{ uri, want string }{
		{"coap://127.0.0.1/x", "127.0.0.1:5683"},
		{"coap://[::1]:61616/", "[::1]:61616"},
		{"coap://[fe80::1%lo]/", "[fe80::1%lo]:5683"},
		{fmt.Sprintf("coap://[fe80::1%%25%d]/", loopback.Index), "[fe80::1%" + loopback.Name + "]:5683"},
	} {
		u, err := protocol.ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := session.Resolve(t.Context(), u); err != nil || got.String() != c.want {
			t.Errorf("%s: got %v, %v", c.uri, got, err)
		}
	}
}

package session

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/lab"
)

// What the engine does with the devices of the lab where time matters: they have the same clock, which the test moves.

// labClock is the clock of an engine as the lab wants it.
type labClock struct{ *manualClock }

func (c labClock) AfterFunc(d time.Duration, f func()) (stop func()) {
	t := c.manualClock.AfterFunc(d, f)
	return func() { t.Stop() }
}

// bench is an engine and a lab on one clock.
type bench struct {
	t testing.TB
	*Engine
	clock  *manualClock
	lab    *lab.Lab
	events []Event // of the last request
}

func newBench(t testing.TB) *bench {
	t.Helper()
	e, clock := engineAt(t, Config{})
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Loss: lab.NoLoss, Clock: labClock{clock}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &bench{t: t, Engine: e, clock: clock, lab: l}
}

func (b *bench) addr(device string) netip.AddrPort {
	b.t.Helper()
	d, err := b.lab.Device(device)
	if err != nil {
		b.t.Fatal(err)
	}
	return d.Addr
}

// do makes the request; what it waits for before it is sent takes no time.
func (b *bench) do(device string, r Request) *Response {
	b.t.Helper()
	response, err := b.try(device, r)
	if err != nil {
		b.t.Fatalf("%v: %v", r.Message, err)
	}
	return response
}

func (b *bench) try(device string, r Request) (*Response, error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	r.To, b.events = b.addr(device), nil
	on := r.On
	r.On = func(event Event) {
		b.events = append(b.events, event)
		switch e := event.(type) {
		case HeldBack:
			b.clock.advance(e.Until.Sub(b.clock.Now()))
		case Waiting:
			b.clock.advance(e.Until.Sub(b.clock.Now()))
		}
		if on != nil {
			on(event)
		}
	}
	response, err := b.Do(ctx, r)
	if open := b.OpenExchanges(); len(open) != 0 {
		b.t.Errorf("%v: still open: %+v", r.Message, open)
	}
	return response, err
}

// counted gives how many events of a type the last request had.
func counted[E Event](b *bench) (n int) {
	for _, event := range b.events {
		if _, is := event.(E); is {
			n++
		}
	}
	return n
}

// at makes a request for a path of any number of segments, with a payload.
func at(code protocol.Code, path, payload string, options ...protocol.Option) protocol.Message {
	m := protocol.Message{Code: code, Payload: []byte(payload)}
	for segment := range strings.SplitSeq(path, "/") {
		m.Options = m.Options.Add(protocol.URIPath, []byte(segment))
	}
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m
}

func TestEchoOfTheLab(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		name, device string
		request      Request
		before       func()
		code         protocol.Code
		payload      string // its beginning
		echoed       int
		exchanges    int
	}{
		{"a lock asks for freshness", "actuator", Request{Message: at(protocol.PUT, "actuators/lock", "0")}, nil, protocol.Changed, "", 1, 2},
		{"its 2.04 has the next value", "actuator", Request{Message: at(protocol.PUT, "actuators/lock", "1")}, nil, protocol.Changed, "", 0, 1},
		{"which is stale after a while", "actuator", Request{Message: at(protocol.PUT, "actuators/lock", "0")}, func() { b.clock.advance(11 * time.Second) }, protocol.Changed, "", 1, 2},
		{"and after a reboot", "actuator", Request{Message: at(protocol.PUT, "actuators/lock", "1")}, func() {
			if err := b.lab.Reboot("actuator"); err != nil {
				t.Error(err)
			}
		}, protocol.Changed, "", 1, 2},
		{"by hand nothing is added", "actuator", Request{Message: at(protocol.PUT, "actuators/lock", "0"), Echo: EchoByHand}, nil, protocol.Unauthorized, "", 0, 1},
		{"a value that nobody asked for", "difficult", Request{Message: at(protocol.GET, "echo/preemptive", "")}, nil, protocol.Content, "no fresh", 0, 1},
		{"comes back with the next request", "difficult", Request{Message: at(protocol.GET, "echo/preemptive", "")}, nil, protocol.Content, "a fresh", 0, 1},
		{"but not by hand", "difficult", Request{Message: at(protocol.GET, "echo/preemptive", ""), Echo: EchoByHand}, nil, protocol.Content, "no fresh", 0, 1},
		{"a value good for one request", "difficult", Request{Message: at(protocol.GET, "echo/once", "")}, nil, protocol.Content, "fresh", 1, 2},
		{"and no more", "difficult", Request{Message: at(protocol.GET, "echo/once", "")}, nil, protocol.Content, "fresh", 1, 2},
		{"a second 4.01 is the answer", "difficult", Request{Message: at(protocol.GET, "echo/endless", "")}, nil, protocol.Unauthorized, "", 1, 2},
		{"a body in blocks", "difficult", Request{Message: at(protocol.PUT, "echo/upload", strings.Repeat("x", 5000)), BlockSize: 512}, nil, protocol.Changed, "5000 octets", 1, 11},
		{"NON", "difficult", Request{Message: nonconfirmable(at(protocol.POST, "echo/once", "x"))}, nil, protocol.Changed, "", 1, 2},
	} {
		if step.before != nil {
			step.before()
		}
		r := b.do(step.device, step.request)
		if r.Message.Code != step.code || !strings.HasPrefix(string(r.Message.Payload), step.payload) ||
			r.Echoed != step.echoed || r.Exchanges != step.exchanges || counted[EchoAsked](b) != step.echoed {
			t.Errorf("%s: %v %q, echoed %d times in %d exchanges, %d events", step.name, r.Message.Code, r.Message.Payload, r.Echoed, r.Exchanges, counted[EchoAsked](b))
		}
	}
	r := b.do("difficult", Request{Message: nonconfirmable(at(protocol.PUT, "echo/upload", strings.Repeat("x", 5000))), QBlock: true})
	if r.Message.Code != protocol.Changed || string(r.Message.Payload) != "5000 octets" || r.Echoed != 1 || counted[FellBack](b) != 0 {
		t.Errorf("by Q-Block: %v %q, echoed %d times, %+v", r.Message.Code, r.Message.Payload, r.Echoed, b.events)
	}
}

func nonconfirmable(m protocol.Message) protocol.Message {
	m.Type = protocol.NonConfirmable
	return m
}

func TestCacheOfTheLab(t *testing.T) {
	b := newBench(t)
	counter, short := at(protocol.GET, "cache/counter", ""), at(protocol.GET, "cache/short", "")
	for _, step := range []struct {
		name      string
		message   protocol.Message
		cache     CachePolicy
		wait      time.Duration // before
		payload   string        // its beginning
		from      bool
		validated bool
		age       time.Duration
		exchanges int
	}{
		{"first", counter, UseFresh, 0, "1", false, false, 0, 1},
		{"fresh", counter, UseFresh, 60 * time.Second, "1", true, false, 60 * time.Second, 0},
		{"asked all the same", counter, NoCache, 0, "2", false, false, 0, 1},
		{"which keeps nothing", counter, UseFresh, 0, "1", true, false, 60 * time.Second, 0},
		{"stale, and without ETag", counter, UseFresh, time.Second, "3", false, false, 0, 1},
		{"revalidated by asking", counter, Revalidate, 0, "4", false, false, 0, 1},
		{"that is kept", counter, UseFresh, time.Second, "4", true, false, time.Second, 0},
		{"an unsafe method", at(protocol.POST, "cache/counter", ""), NoCache, 0, "", false, false, 0, 1},
		{"makes it stale", counter, UseFresh, 0, "1", false, false, 0, 1},
		{"a second", short, UseFresh, 0, "Max-Age 1", false, false, 0, 1},
		{"is not over", short, UseFresh, time.Second, "Max-Age 1", true, false, time.Second, 0},
		{"is over: 2.03", short, UseFresh, time.Second, "Max-Age 1", true, true, 0, 1},
		{"fresh again by that", short, UseFresh, time.Second, "Max-Age 1", true, false, time.Second, 0},
		{"stale at once", at(protocol.GET, "cache/zero", ""), UseFresh, 0, "Max-Age 0", false, false, 0, 1},
		{"so always 2.03", at(protocol.GET, "cache/zero", ""), UseFresh, 0, "Max-Age 0", true, true, 0, 1},
		{"an hour", at(protocol.GET, "cache/long", ""), Revalidate, 0, "Max-Age 3600", false, false, 0, 1},
		{"asked though fresh: 2.03", at(protocol.GET, "cache/long", ""), Revalidate, 0, "Max-Age 3600", true, true, 0, 1},
		{"another Accept is another response", at(protocol.GET, "cache/long", "", number(protocol.Accept, 0)), UseFresh, 0, "Max-Age 3600", false, false, 0, 1},
		{"in blocks", at(protocol.GET, "blobs/100k", ""), UseFresh, 0, string(lab.Blob(1, 100_000)), false, false, 0, 98},
		{"all of them", at(protocol.GET, "blobs/100k", ""), UseFresh, time.Hour, string(lab.Blob(1, 100_000)), true, false, time.Hour, 0},
		{"all of them validated", at(protocol.GET, "blobs/100k", ""), UseFresh, time.Second, string(lab.Blob(1, 100_000)), true, true, 0, 1},
	} {
		b.clock.advance(step.wait)
		r := b.do("store", Request{Message: step.message, Cache: step.cache})
		if r.Message.Code.Class() != 2 || r.Message.Code == protocol.Valid || !strings.HasPrefix(string(r.Message.Payload), step.payload) ||
			r.FromCache != step.from || r.Validated != step.validated || r.Age != step.age || r.Exchanges != step.exchanges {
			t.Errorf("%s: %v %.20q, from the cache %v, validated %v, aged %v, %d exchanges",
				step.name, r.Message.Code, r.Message.Payload, r.FromCache, r.Validated, r.Age, r.Exchanges)
		}
	}
}

func TestOverloadOfTheLab(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		name, path string
		method     protocol.Code
		again      int
		impatient  bool
		code       protocol.Code
		heldBack   int // by its own answers
		events     int
		exchanges  int
	}{
		{"the first of a second", "limited", protocol.GET, 0, false, protocol.Content, 0, 0, 1},
		{"the next is too many", "limited", protocol.GET, 0, false, protocol.TooManyRequests, 0, 0, 1},
		{"which holds one like it back", "limited", protocol.GET, 0, false, protocol.Content, 0, 1, 1},
		{"made again", "limited", protocol.GET, 1, false, protocol.Content, 1, 1, 2},
		{"too many again", "limited", protocol.GET, 0, false, protocol.TooManyRequests, 0, 0, 1},
		{"another method is not held back", "limited", protocol.PUT, 0, false, protocol.TooManyRequests, 0, 0, 1},
		{"nor who is impatient", "limited", protocol.GET, 0, true, protocol.TooManyRequests, 0, 0, 1},
		{"busy", "busy", protocol.GET, 0, false, protocol.ServiceUnavailable, 0, 0, 1},
		{"busy for all methods", "busy", protocol.PUT, 0, false, protocol.Changed, 0, 1, 1},
		{"busy, and made again", "busy", protocol.POST, 3, false, protocol.Changed, 1, 1, 2},
		{"as often as is allowed", "error/4.29", protocol.GET, 2, false, protocol.TooManyRequests, 2, 2, 3},
		{"and for 5.03", "error/5.03", protocol.GET, 2, false, protocol.ServiceUnavailable, 2, 2, 3},
		{"other errors are not waited for", "error/5.00", protocol.GET, 2, false, protocol.InternalServerError, 0, 0, 1},
	} {
		r := b.do("difficult", Request{Message: at(step.method, step.path, ""), Again: step.again, Impatient: step.impatient})
		if r.Message.Code != step.code || r.HeldBack != step.heldBack || counted[HeldBack](b) != step.events || r.Exchanges != step.exchanges {
			t.Errorf("%s: %v, held back %d times, %d exchanges, events %+v", step.name, r.Message.Code, r.HeldBack, r.Exchanges, b.events)
		}
	}
}

func TestProxyOfTheLab(t *testing.T) {
	b := newBench(t)
	// through makes a request that asks the proxy for the URI.
	through := func(code protocol.Code, uri, payload string, parts bool, options ...protocol.Option) protocol.Message {
		t.Helper()
		u, err := protocol.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		ask := u.ProxyURI
		if parts {
			ask = u.ProxyScheme
		}
		m := protocol.Message{Code: code, Payload: []byte(payload)}
		if m.Options, err = ask(); err != nil {
			t.Fatal(err)
		}
		for _, o := range options {
			m.Options = m.Options.Add(o.Number, o.Value)
		}
		return m
	}
	direct := func(device, path string) string {
		return string(b.do(device, Request{Message: at(protocol.GET, path, "")}).Message.Payload)
	}
	body := string(lab.Blob(3, 3000))
	const deep, said = "seg1/seg2/seg3", "Type: CON\nCode: 0.01\n" // how plugtest begins what it got
	plugtest := "coap://" + b.addr("plugtest").String()
	for _, step := range []struct {
		name      string
		message   protocol.Message
		blockSize int
		code      protocol.Code
		payload   string // its beginning
		exchanges int
	}{
		{"Proxy-Uri", through(protocol.GET, "coap://plugtest/"+deep, "", false), 0, protocol.Content, said, 1},
		{"Proxy-Scheme", through(protocol.GET, plugtest+"/"+deep, "", true), 0, protocol.Content, said, 1},
		{"a query", through(protocol.GET, plugtest+"/query?a=1&b=2", "", true), 0, protocol.Content, "", 1},
		{"not found there", through(protocol.GET, "coap://plugtest/nope", "", false), 0, protocol.NotFound, "", 1},
		{"a body from there", through(protocol.GET, "coap://difficult/block/small", "", false), 0, protocol.Content, direct("difficult", "block/small"), 79},
		{"a body to there", through(protocol.PUT, plugtest+"/large-update", body, true), 256, protocol.Changed, "", 12},
		{"which is there", through(protocol.GET, plugtest+"/large-update", "", true), 0, protocol.Content, body, 3},
		{"hops enough", through(protocol.GET, plugtest+"/"+deep, "", true, number(protocol.HopLimit, 2)), 0, protocol.Content, said, 1},
		{"no hop more", through(protocol.GET, plugtest+"/"+deep, "", true, number(protocol.HopLimit, 1)), 0, protocol.HopLimitReached, "store", 1},
		{"another host", through(protocol.GET, "coap://example.org/test", "", false), 0, protocol.BadGateway, "", 1},
		{"another scheme", through(protocol.GET, "coaps://plugtest/test", "", true), 0, protocol.ProxyingNotSupported, "", 1},
		{"no proxy", at(protocol.GET, "nope", ""), 0, protocol.NotFound, "", 1},
	} {
		r := b.do("store", Request{Message: step.message, BlockSize: step.blockSize})
		if r.Message.Code != step.code || !strings.HasPrefix(string(r.Message.Payload), step.payload) || r.Exchanges != step.exchanges || r.From != b.addr("store") {
			t.Errorf("%s: %v %.60q from %v in %d exchanges", step.name, r.Message.Code, r.Message.Payload, r.From, r.Exchanges)
		}
	}
	if r := b.do("plugtest", Request{Message: through(protocol.GET, "coap://store/blobs/1k", "", false)}); r.Message.Code != protocol.ProxyingNotSupported {
		t.Errorf("who is no proxy says %v", r.Message)
	}
}

func TestNoResponseOfTheLab(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		name       string
		message    protocol.Message
		suppressed bool
		code       protocol.Code
	}{
		{"CON: the ACK ends it", at(protocol.PUT, "upload", "a", number(protocol.NoResponse, 26)), true, protocol.Empty},
		{"NON: sending ends it", nonconfirmable(at(protocol.PUT, "upload", "b", number(protocol.NoResponse, 26))), true, protocol.Empty},
		{"an answer of a class that is wanted", nonconfirmable(at(protocol.GET, "upload", "", number(protocol.NoResponse, 24))), false, protocol.Content},
		{"errors are wanted", nonconfirmable(at(protocol.PUT, "nope", "c", number(protocol.NoResponse, 2))), false, protocol.NotFound},
		{"0 wants all", at(protocol.PUT, "upload", "d", number(protocol.NoResponse, 0)), false, protocol.Changed},
	} {
		r := b.do("store", Request{Message: step.message})
		if r.Suppressed != step.suppressed || r.Message.Code != step.code {
			t.Errorf("%s: suppressed %v, %v", step.name, r.Suppressed, r.Message)
		}
	}
	// In blocks only the last is without a response, and all of it has come.
	body := lab.Blob(2, 3000)
	r := b.do("store", Request{Message: at(protocol.PUT, "upload", string(body), number(protocol.NoResponse, 26))})
	got := b.do("store", Request{Message: at(protocol.GET, "upload", "")})
	if !r.Suppressed || r.Exchanges != 3 || !bytes.Equal(got.Message.Payload, body) {
		t.Errorf("in blocks: suppressed %v after %d exchanges, %d bytes are there", r.Suppressed, r.Exchanges, len(got.Message.Payload))
	}
}

func TestLongTokensOfTheLab(t *testing.T) {
	b := newBench(t)
	long := func(n int) *exchange.Identifiers { return &exchange.Identifiers{TokenLength: n} }
	get := func(path string) protocol.Message { return at(protocol.GET, path, "") }
	for _, step := range []struct {
		name, device string
		message      protocol.Message
		length       int
		code         protocol.Code
		sent         int // length of the token of the message that was answered
		shortened    []TokenShortened
	}{
		{"NON before anything is known", "store", nonconfirmable(get("blobs/1k")), 20, protocol.Content, 8, nil},
		{"who knows RFC 8974", "store", get("blobs/1k"), 20, protocol.Content, 20, nil},
		{"as long as fits a packet", "store", get("blobs/1k"), 60_000, protocol.Content, 60_000, nil},
		{"NON, now that it is known", "store", nonconfirmable(get("blobs/1k")), 300, protocol.Content, 300, nil},
		{"who does not", "plugtest", get("test"), 300, protocol.Content, 8, []TokenShortened{{0, 300, 8}}},
		{"is not asked again", "plugtest", get("test"), 300, protocol.Content, 8, nil},
		{"up to a limit", "difficult", get(""), 64, protocol.Content, 64, nil},
		{"above it", "difficult", get(""), 65, protocol.BadRequest, 65, nil},
	} {
		r := b.do(step.device, Request{Message: step.message, Identifiers: long(step.length)})
		var shortened []TokenShortened
		for _, event := range b.events {
			if s, ok := event.(TokenShortened); ok {
				if s.Frame == 0 {
					t.Errorf("%s: no frame", step.name)
				}
				s.Frame = 0
				shortened = append(shortened, s)
			}
		}
		if r.Message.Code != step.code || r.Message.Token.Len() != step.sent || len(shortened) != len(step.shortened) ||
			len(shortened) > 0 && shortened[0] != step.shortened[0] {
			t.Errorf("%s: %v with a token of %d bytes, shortened %+v", step.name, r.Message.Code, r.Message.Token.Len(), shortened)
		}
	}
	fixed := get("test")
	fixed.Token = protocol.TokenOf(make([]byte, 9))
	if _, err := b.try("plugtest", Request{Message: fixed}); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("a fixed token: %v", err)
	}
	if _, err := b.try("store", Request{Message: get("blobs/1k"), Identifiers: long(protocol.MaxTokenLength)}); err == nil || !strings.Contains(err.Error(), "at most 65507") {
		t.Errorf("a token of 65,804 bytes, which no datagram has room for: %v", err)
	}
}

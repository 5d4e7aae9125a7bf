package lab

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// patience is how long a test waits for what has to come; only a failing test waits that long.
const patience = 20 * time.Second

// handClock is a Clock that stands still until a test moves it.
type handClock struct {
	mu     sync.Mutex
	armed  sync.Cond
	now    time.Time
	timers []*handTimer
}

type handTimer struct {
	at      time.Time
	f       func()
	stopped bool
}

func newHandClock() *handClock {
	c := &handClock{now: time.Unix(1_000_000, 0)}
	c.armed.L = &c.mu
	return c
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &handTimer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	c.armed.Broadcast()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t.stopped = true
	}
}

// pending returns the timers that are still to fire, with the lock held.
func (c *handClock) pending() []*handTimer {
	c.timers = slices.DeleteFunc(c.timers, func(t *handTimer) bool { return t.stopped })
	return c.timers
}

// await blocks until n timers are armed.
func (c *handClock) await(t *testing.T, n int) {
	t.Helper()
	late := time.AfterFunc(patience, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.armed.Broadcast()
	})
	defer late.Stop()
	end := time.Now().Add(patience)
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending()) < n {
		if !time.Now().Before(end) {
			t.Fatalf("%d timers armed, want %d", len(c.timers), n)
		}
		c.armed.Wait()
	}
}

// count returns how many timers are armed.
func (c *handClock) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending())
}

// nextIn returns how long it is until the only timer that is armed fires.
func (c *handClock) nextIn(t *testing.T) time.Duration {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if armed := c.pending(); len(armed) == 1 {
		return armed[0].at.Sub(c.now)
	}
	t.Fatalf("%d timers armed, want 1", len(c.timers))
	return 0
}

// advance moves the time and fires what becomes due, in order.
func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		var next *handTimer
		for _, t := range c.pending() {
			if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		next.stopped = true
		if next.at.After(c.now) {
			c.now = next.at
		}
		c.mu.Unlock()
		next.f()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// startLab starts a lab on free ports with a clock that stands still, without loss.
func startLab(t *testing.T, change ...func(*Config)) (*Lab, *handClock) {
	t.Helper()
	clock := newHandClock()
	config := Config{Seed: 7, Ephemeral: true, Loss: NoLoss, Clock: clock, Log: t.Logf}
	for _, f := range change {
		f(&config)
	}
	l, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, clock
}

// peer is a raw UDP socket that talks to one device.
type peer struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort
	mid  uint16
}

func newPeer(t *testing.T, l *Lab, device string) *peer {
	t.Helper()
	d, err := l.Device(device)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, to: d.Addr, mid: 100}
}

func (p *peer) send(b []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// raw sends octets written as hex.
func (p *peer) raw(octets string) {
	p.t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(octets, " ", ""))
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(b)
}

// octets returns the next datagram and where it came from.
func (p *peer) octets() ([]byte, netip.AddrPort) {
	p.t.Helper()
	b := make([]byte, maxDatagram)
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	n, from, err := p.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		p.t.Fatalf("no answer: %v", err)
	}
	return b[:n], from
}

// got is a message that came in.
type got struct {
	header
	response
}

func (p *peer) receive() got {
	p.t.Helper()
	b, _ := p.octets()
	return p.decode(b)
}

func (p *peer) decode(b []byte) got {
	p.t.Helper()
	h, rest, err := parseHeader(b, true)
	if err != nil || h.version != 1 {
		p.t.Fatalf("% x: version %d, %v", b, h.version, err)
	}
	options, payload, err := parseBody(rest)
	if err != nil {
		p.t.Fatalf("% x: %v", b, err)
	}
	return got{h, response{code: h.code, options: options, payload: payload}}
}

// silence checks that nothing came before now: a ping is answered in its turn, and the device works in turn.
func (p *peer) silence() {
	p.t.Helper()
	p.mid++
	p.send(emptyMessage(message.Confirmable, p.mid))
	b, _ := p.octets()
	if want := emptyMessage(message.Reset, p.mid); !slices.Equal(b, want) {
		p.t.Fatalf("wanted silence, got % x", b)
	}
}

// opt is an option of a request.
func opt(id message.OptionID, value any) message.Option {
	switch v := value.(type) {
	case string:
		return message.Option{ID: id, Value: []byte(v)}
	case []byte:
		return message.Option{ID: id, Value: v}
	default:
		return message.Option{ID: id, Value: uintValue(uint32(v.(int)))}
	}
}

func blockOpt(id message.OptionID, num int, more bool, szx uint8) message.Option {
	return message.Option{ID: id, Value: block{num, more, szx}.value()}
}

// ask builds a request. The path may carry a query.
func (p *peer) ask(typ message.Type, method codes.Code, uri, payload string, options ...message.Option) []byte {
	p.mid++
	path, query, _ := strings.Cut(uri, "?")
	var all message.Options
	for _, segment := range strings.Split(path, "/") {
		if segment != "" {
			all = all.Add(opt(message.URIPath, segment))
		}
	}
	for _, q := range strings.Split(query, "&") {
		if q != "" {
			all = all.Add(opt(message.URIQuery, q))
		}
	}
	for _, o := range options {
		all = all.Add(o)
	}
	token := []byte{uint8(p.mid >> 8), uint8(p.mid)}
	return encode(header{typ: typ, code: method, mid: p.mid, token: token}, all, []byte(payload))
}

// do sends a CON request and returns the answer, which has to be piggybacked.
func (p *peer) do(method codes.Code, uri, payload string, options ...message.Option) got {
	p.t.Helper()
	p.send(p.ask(message.Confirmable, method, uri, payload, options...))
	g := p.receive()
	if g.typ != message.Acknowledgement || g.mid != p.mid {
		p.t.Fatalf("%s: %v, message ID %d; want the acknowledgement of %d", uri, g.typ, g.mid, p.mid)
	}
	return g
}

func (p *peer) get(uri string, options ...message.Option) got {
	p.t.Helper()
	return p.do(codes.GET, uri, "", options...)
}

// want checks a code and a payload.
func (g got) want(t *testing.T, code, payload string) got {
	t.Helper()
	if dotted(g.header.code) != code || string(g.payload) != payload {
		t.Fatalf("%s %q, want %s %q", dotted(g.header.code), g.payload, code, payload)
	}
	return g
}

// is checks a code only.
func (g got) is(t *testing.T, code string) got {
	t.Helper()
	if dotted(g.header.code) != code {
		t.Fatalf("%s %q, want %s", dotted(g.header.code), g.payload, code)
	}
	return g
}

// option returns the value of an option as hex, "-" where it is not there.
func (g got) option(id message.OptionID) string {
	b, err := g.options.GetBytes(id)
	if err != nil {
		return "-"
	}
	return fmt.Sprintf("%x", b)
}

func (g got) etag(t *testing.T) []byte {
	t.Helper()
	b, err := g.options.GetBytes(message.ETag)
	if err != nil {
		t.Fatal("no ETag")
	}
	return b
}

func (g got) blockOf(t *testing.T, id message.OptionID) block {
	t.Helper()
	b, present, err := (&request{options: g.options}).block(id)
	if err != nil || !present {
		t.Fatalf("option %d: present %v, %v", id, present, err)
	}
	return b
}

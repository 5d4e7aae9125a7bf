package lab

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// Transmission parameters (RFC 7252 §4.8), and how much a device remembers of its peers.
const (
	ackTimeout       = 2 * time.Second
	ackRandomFactor  = 1.5
	maxRetransmit    = 4
	exchangeLifetime = 247 * time.Second

	maxRemembered = 8192 // requests kept for deduplication; a constrained device keeps far fewer
	maxObservers  = 1024
	maxDatagram   = 65535
)

// exchange names a message by its sender or receiver and message ID (RFC 7252 §4.4).
type exchange struct {
	peer netip.AddrPort
	mid  uint16
}

// remembered is a request that was seen, and what a duplicate of it is answered with: nothing for NON, and for CON as
// long as there is nothing to say yet.
type remembered struct {
	wire    []byte
	expires time.Time
}

// confirmable is a CON of the device that is not acknowledged yet (RFC 7252 §4.2).
type confirmable struct {
	wire    []byte
	retries int
	timeout time.Duration
	cancel  func()
	done    func(outcome)
}

// outcome is how a CON ended.
type outcome uint8

const (
	acknowledged outcome = iota
	reset
	exhausted
)

// device is one virtual device. Everything below mu is guarded by it.
type device struct {
	Device
	clock   Clock
	log     func(format string, args ...any)
	seed    int64
	leisure time.Duration
	conn    *net.UDPConn
	side    *net.UDPConn // a second port, from which a difficult device answers; nil otherwise

	// loss and duplicates are the probabilities that a datagram is lost, in each direction, or sent twice.
	loss, duplicates float64
	// szx is the largest block that the device sends and asks for: 16 << szx octets.
	szx uint8
	// extendedTokens says that the device knows RFC 8974; where it does not, such a message has a format error.
	extendedTokens bool
	// quiet says that the device ignores silently what it rejects in a NON, where others send a Reset (RFC 7252 §4.3).
	quiet bool
	// tokenLimit is the longest token in octets that the device can handle; 0 means any (RFC 8974 §2.2.2).
	tokenLimit int
	// quick says that the device knows Q-Block1 and Q-Block2 (RFC 9177).
	quick bool
	// resolve finds the device that a proxied request is for; nil where the device is no forward-proxy.
	resolve func(host string, port int) (netip.AddrPort, bool)
	// missing returns the resource that a request for an unlisted path is for, nil where there is none.
	missing func(path string) *resource

	mu        sync.Mutex
	closed    bool
	started   time.Time
	skew      int64
	rng       *rand.Rand
	mid       uint16
	resources map[string]*resource
	order     []string
	seen      map[exchange]*remembered
	seenOrder []exchange
	sent      map[exchange]*confirmable
	observers []*observer
	uploads   map[string]*upload
	stashed   map[string]*stash
	bodies    map[string]*body
	bursts    []*burst
	forwarded map[string]*forwarded
	echoKey   uint64
	timers    map[uint64]func()
	timerID   uint64
	stats     linkStats
}

// linkStats counts what the link of a device did.
type linkStats struct{ received, receivedLost, sent, sentLost, sentTwice int }

func (d *device) now() time.Time { return d.clock.Now() }

// after calls f with the device locked, unless the device was closed or the call cancelled before.
func (d *device) after(wait time.Duration, f func()) (cancel func()) {
	d.timerID++
	id := d.timerID
	d.timers[id] = d.clock.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if _, due := d.timers[id]; !due {
			return
		}
		delete(d.timers, id)
		f()
	})
	return func() {
		if stop, due := d.timers[id]; due {
			delete(d.timers, id)
			stop()
		}
	}
}

// forget drops everything that the device knows about its peers, as a reboot does.
func (d *device) forget() {
	for id, stop := range d.timers {
		delete(d.timers, id)
		stop()
	}
	d.seen, d.seenOrder = make(map[exchange]*remembered), nil
	d.sent = make(map[exchange]*confirmable)
	d.observers = nil
	d.uploads, d.stashed = make(map[string]*upload), make(map[string]*stash)
	d.bodies, d.bursts, d.forwarded = make(map[string]*body), nil, make(map[string]*forwarded)
	for _, res := range d.resources {
		if res.subject != nil {
			res.subject.ticking, res.subject.seq = false, 0
		}
	}
	d.mid, d.echoKey = uint16(d.rng.Uint32()), d.rng.Uint64()
}

// close ends the device; run returns.
func (d *device) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.forget()
	err := d.conn.Close()
	if d.side != nil {
		err = errors.Join(err, d.side.Close())
	}
	return err
}

// run reads the socket until it is closed.
func (d *device) run() {
	readAll(d.conn, d.log, func(b []byte, peer netip.AddrPort) { d.handle(b, peer, false) })
}

// readAll passes on every datagram until the socket is closed. Some systems report a peer's closed port as an error of
// reading, which is no reason to stop.
func readAll(conn *net.UDPConn, log func(string, ...any), handle func([]byte, netip.AddrPort)) {
	buffer := make([]byte, maxDatagram)
	for failures := 0; failures < 100; {
		n, peer, err := conn.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			failures = 0
			handle(buffer[:n], netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()))
		case errors.Is(err, net.ErrClosed):
			return
		default:
			failures++
			log("lab: reading %v: %v", conn.LocalAddr(), err)
		}
	}
	log("lab: %v stays silent from now on: reading it failed 100 times in a row", conn.LocalAddr())
}

// handle takes one datagram.
func (d *device) handle(b []byte, peer netip.AddrPort, multicast bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.stats.received++
	if d.chance(d.loss) {
		d.stats.receivedLost++
		return
	}
	d.receive(b, peer, multicast)
}

func (d *device) chance(p float64) bool { return p > 0 && d.rng.Float64() < p }

// receive is the message layer for what comes in (RFC 7252 §4.2, §4.3).
func (d *device) receive(b []byte, peer netip.AddrPort, multicast bool) {
	h, rest, err := parseHeader(b, d.extendedTokens)
	if errors.Is(err, errShort) || h.version != 1 {
		return // RFC 7252 §3: silently ignored
	}
	if err == nil && h.code == codes.Empty && len(h.token)+len(rest) > 0 {
		err = errors.New("empty message with something in it")
	}
	var options message.Options
	var payload []byte
	if err == nil {
		options, payload, err = parseBody(rest)
	}
	name := exchange{peer, h.mid}
	switch {
	case h.typ == message.Acknowledgement:
		if err == nil && (h.code == codes.Empty || d.returned(h, peer, options, payload)) {
			d.settle(name, acknowledged)
		}
	case h.typ == message.Reset:
		if err == nil && h.code == codes.Empty {
			d.settle(name, reset)
		}
	case multicast && (err != nil || h.typ == message.Confirmable || class(h.code) != 0):
		// RFC 7252 §8.1: nothing but NON requests is for a group, and a group never sends a Reset.
	case err == nil && class(h.code) != 0 && d.seen[name] != nil && d.duplicate(name): // of a response
	case err == nil && class(h.code) != 0 && d.returned(h, peer, options, payload):
		if h.typ == message.Confirmable {
			d.duplicate(name) // is not one, but will be
			d.reply(&request{header: h, peer: peer}, emptyMessage(message.Acknowledgement, h.mid))
		}
	case err != nil, class(h.code) != 0, h.code == codes.Empty && h.typ == message.Confirmable:
		d.reject(h, peer) // format errors, responses nobody waits for, pings
	case h.code == codes.Empty:
	case d.duplicate(name):
	default:
		d.serve(&request{header: h, peer: peer, multicast: multicast, options: options, payload: payload})
	}
}

// reject answers with a Reset (RFC 7252 §4.2, §4.3); a quiet device only to a CON.
func (d *device) reject(h header, peer netip.AddrPort) {
	if d.quiet && h.typ == message.NonConfirmable {
		return
	}
	d.transmit(peer, emptyMessage(message.Reset, h.mid))
}

// duplicate tells whether the message was seen within EXCHANGE_LIFETIME, and repeats the answer to it; if not, the
// message is seen from now on (RFC 7252 §4.5).
func (d *device) duplicate(name exchange) bool {
	now := d.now()
	for len(d.seenOrder) > 0 {
		oldest := d.seenOrder[0]
		if len(d.seenOrder) < maxRemembered && now.Before(d.seen[oldest].expires) {
			break
		}
		delete(d.seen, oldest)
		d.seenOrder = d.seenOrder[1:]
	}
	if was, ok := d.seen[name]; ok {
		if was.wire != nil {
			d.transmit(name.peer, was.wire)
		}
		return true
	}
	d.seen[name] = &remembered{expires: now.Add(exchangeLifetime)}
	d.seenOrder = append(d.seenOrder, name)
	return false
}

// reply sends the ACK for a CON request, or the response to a NON one, and remembers it for duplicates of a CON.
func (d *device) reply(r *request, wire []byte) {
	if was, ok := d.seen[exchange{r.peer, r.mid}]; ok && r.typ == message.Confirmable {
		was.wire = wire
	}
	d.transmit(r.peer, wire)
}

// nextMID returns a fresh message ID.
func (d *device) nextMID() uint16 {
	d.mid++
	return d.mid
}

// wire builds the usual response: piggybacked on the ACK of a CON, NON for a NON.
func (d *device) wire(r *request, resp response) []byte {
	h := header{typ: message.Acknowledgement, code: resp.code, mid: r.mid, token: r.token}
	if r.typ == message.NonConfirmable {
		h.typ, h.mid = message.NonConfirmable, d.nextMID()
	}
	return encode(h, resp.options, resp.payload)
}

// respond sends a response in the way that fits request and resource.
func (d *device) respond(r *request, resp response) {
	switch {
	case r.multicast:
		// RFC 7252 §8.2: no errors, nothing empty, and not at once.
		if class(resp.code) != 2 || len(resp.payload) == 0 || suppressed(r, resp.code) {
			return
		}
		d.after(time.Duration(d.rng.Float64()*float64(d.leisure)), func() { d.transmit(r.peer, d.wire(r, resp)) })
	case suppressed(r, resp.code):
		if r.typ == message.Confirmable {
			d.reply(r, emptyMessage(message.Acknowledgement, r.mid))
		}
	case resp.deliver != nil:
		resp.deliver(d, r, resp)
	default:
		d.reply(r, d.wire(r, resp))
	}
}

// suppressed tells whether the client asked not to be sent a response of this class (RFC 7967 §2.1).
func suppressed(r *request, c codes.Code) bool {
	unwanted, _ := r.uint(message.NoResponse)
	return unwanted>>(class(c)-1)&1 == 1
}

// separately acknowledges at once and responds later, CON to CON and NON to NON (RFC 7252 §5.2.2, §5.2.3).
func separately(wait time.Duration) delivery {
	return func(d *device, r *request, resp response) {
		h := header{typ: r.typ, code: resp.code, mid: d.nextMID(), token: r.token}
		wire := encode(h, resp.options, resp.payload)
		if r.typ == message.NonConfirmable {
			d.after(wait, func() { d.transmit(r.peer, wire) })
			return
		}
		d.reply(r, emptyMessage(message.Acknowledgement, r.mid))
		d.after(wait, func() { d.confirm(exchange{r.peer, h.mid}, wire, func(outcome) {}) })
	}
}

// confirm sends a CON until it is settled; the timeout doubles each time (RFC 7252 §4.2).
func (d *device) confirm(name exchange, wire []byte, done func(outcome)) {
	factor := 1 + d.rng.Float64()*(ackRandomFactor-1)
	c := &confirmable{wire: wire, timeout: time.Duration(factor * float64(ackTimeout)), done: done}
	d.sent[name] = c
	d.transmit(name.peer, wire)
	d.await(name, c)
}

func (d *device) await(name exchange, c *confirmable) {
	c.cancel = d.after(c.timeout, func() {
		if c.retries == maxRetransmit {
			d.settle(name, exhausted)
			return
		}
		c.retries++
		c.timeout *= 2
		d.transmit(name.peer, c.wire)
		d.await(name, c)
	})
}

// settle ends the CON that a message ID belongs to. A Reset may also be for a NON notification.
func (d *device) settle(name exchange, how outcome) {
	if c, ok := d.sent[name]; ok {
		delete(d.sent, name)
		c.cancel()
		c.done(how)
		return
	}
	if how == reset {
		d.unwanted(name)
		d.observers = slices.DeleteFunc(d.observers, func(o *observer) bool {
			return o.peer == name.peer && slices.Contains(o.mids, name.mid)
		})
	}
}

// transmit puts a datagram on the link.
func (d *device) transmit(peer netip.AddrPort, wire []byte) {
	copies := 1
	if d.chance(d.duplicates) {
		copies, d.stats.sentTwice = 2, d.stats.sentTwice+1
	}
	for range copies {
		d.stats.sent++
		if d.chance(d.loss) {
			d.stats.sentLost++
			continue
		}
		d.write(d.conn, peer, wire)
	}
}

func (d *device) write(conn *net.UDPConn, peer netip.AddrPort, wire []byte) {
	if _, err := conn.WriteToUDPAddrPort(wire, peer); err != nil && !errors.Is(err, net.ErrClosed) {
		d.log("lab: %s: sending to %v: %v", d.Name, peer, err)
	}
}

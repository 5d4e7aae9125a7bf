package session

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/session/cache"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// ErrClosed is what a request ends with when the engine is closed.
var ErrClosed = errors.New("the engine is closed")

// DefaultKeepFrames is how many bytes of frames the log of an engine keeps where the configuration does not
// say: so many that what a person looks at is there, and a transfer of any length takes no more memory.
const DefaultKeepFrames = 1 << 30

// DefaultCacheBytes is how many bytes of responses are kept where the configuration does not say.
const DefaultCacheBytes = 16 << 20

// Config configures an [Engine]. The zero value is a good choice.
type Config struct {
	Transmission protocol.Transmission // the zero value stands for the defaults of RFC 7252 §4.8

	// KeepFrames bounds the log, in bytes of memory: when there are more, the oldest frames are dropped;
	// 0 stands for [DefaultKeepFrames].
	KeepFrames int64
	// CacheBytes bounds the responses kept for requests that allow it by their Cache; 0 stands for
	// [DefaultCacheBytes].
	CacheBytes int64
}

// Engine is a CoAP client endpoint. Its methods may be called from any goroutine.
type Engine struct {
	log     *trace.Log
	udp     *transport.UDP
	clock   clock
	closing chan struct{} // closed by Close

	observed   registrations
	echoes     echoes
	quickPeers quickPeers
	broadcasts broadcasts
	caching    sync.Mutex
	cache      *cache.Cache // locked with caching

	mu            sync.Mutex
	machine       *exchange.Machine
	flows         map[exchange.ID]*flow
	calls         map[*call]struct{}
	holds         holds
	raws          []sentRaw
	strays        []Stray           // a ring, as soon as it is full
	oldest        int               // of it
	undeliverable []Undelivered     // the newest
	outputs       []exchange.Output // reused
	timer         timer
	armed         time.Time // when the timer fires; zero when it does not
	closed        bool
}

// flow is an exchange that is open: whom to tell of it, and what it is a part of.
type flow struct {
	queue *queue
	call  *call
	group bool
	via   *net.Interface // of a multicast request; nil for the choice of the system
	hops  int            // hop limit of a multicast request; 0 for the link
	alone bool           // nothing but this exchange belongs to the call
	id    exchange.ID    // of the newest exchange

	// transfer, if set, goes on by itself as long as it can, so that nobody has to be woken for each block.
	transfer *doing
}

// Open opens an engine with sockets of its own.
func Open(c Config) (*Engine, error) { return openAt(new(systemClock), c) }

func openAt(clock clock, c Config) (*Engine, error) {
	if c.KeepFrames <= 0 {
		c.KeepFrames = DefaultKeepFrames
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = DefaultCacheBytes
	}
	e := &Engine{
		log:     trace.NewLog(c.KeepFrames),
		clock:   clock,
		closing: make(chan struct{}),
		machine: exchange.NewMachine(exchange.Config{Transmission: c.Transmission}),
		flows:   make(map[exchange.ID]*flow),
		calls:   make(map[*call]struct{}),
		cache:   cache.New(c.CacheBytes),
	}
	e.timer = clock.AfterFunc(time.Hour, e.tick)
	e.timer.Stop()
	// A datagram may come before OpenUDP has returned; nothing is handled until then.
	e.mu.Lock()
	defer e.mu.Unlock()
	udp, err := transport.OpenUDP(e.log.Append, e.receive, e.undelivered)
	if err != nil {
		return nil, err
	}
	e.udp = udp
	return e, nil
}

// Log gives the log of all frames.
func (e *Engine) Log() *trace.Log { return e.log }

// Close ends everything that is open with [ErrClosed] and closes the sockets.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.closing)
	e.timer.Stop()
	for id, f := range e.flows {
		f.queue.put(exchange.Failed{ID: id, Err: ErrClosed})
	}
	clear(e.flows)
	clear(e.calls)
	e.mu.Unlock()
	return e.udp.Close()
}

// SetTransmission changes the transmission parameters for what is sent from now on, to all endpoints that
// have none of their own.
func (e *Engine) SetTransmission(t protocol.Transmission) {
	e.configure(func(m *exchange.Machine) { m.SetTransmission(t) })
}

// SetTransmissionOf does that for one endpoint; nil stands for what is set for all.
func (e *Engine) SetTransmissionOf(to netip.AddrPort, t *protocol.Transmission) {
	e.configure(func(m *exchange.Machine) { m.SetTransmissionOf(to, t) })
}

// TransmissionOf gives the transmission parameters for an endpoint.
func (e *Engine) TransmissionOf(to netip.AddrPort) protocol.Transmission {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.machine.Transmission(to)
}

// SetIdentifiers changes how message IDs and tokens are chosen from now on, for all endpoints that have no
// way of their own.
func (e *Engine) SetIdentifiers(i exchange.Identifiers) {
	e.configure(func(m *exchange.Machine) { m.SetIdentifiers(i) })
}

// SetIdentifiersOf does that for one endpoint; nil stands for what is set for all.
func (e *Engine) SetIdentifiersOf(to netip.AddrPort, i *exchange.Identifiers) {
	e.configure(func(m *exchange.Machine) { m.SetIdentifiersOf(to, i) })
}

// configure changes the machine, and sends what that lets go.
func (e *Engine) configure(change func(*exchange.Machine)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e.machine)
	if !e.closed {
		e.handle(exchange.Tick{})
	}
}

// start puts a message on its way as a part of the call; q is told what comes of it.
func (e *Engine) start(in exchange.Send, q *queue, c *call) (exchange.ID, error) {
	return e.open(in, &flow{queue: q, call: c})
}

// open is start for an exchange of any kind. A flow without a call gets one.
func (e *Engine) open(in exchange.Send, f *flow) (exchange.ID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, ErrClosed
	}
	in.ID = e.machine.NextID()
	f.id = in.ID
	if f.call == nil {
		f.call, f.alone = &call{open: OpenExchange{To: in.To, Started: e.clock.Now()}}, true
	}
	e.calls[f.call] = struct{}{}
	f.call.begin(&in)
	e.flows[in.ID] = f
	e.handle(in)
	return in.ID, nil
}

// cancel ends an exchange; its queue then has Failed with exchange.ErrCancelled.
func (e *Engine) cancel(id exchange.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.handle(exchange.Cancel{ID: id})
	}
}

// cancelNewest ends the newest exchange of a flow.
func (e *Engine) cancelNewest(f *flow) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.handle(exchange.Cancel{ID: f.id})
	}
}

// reject has the next notification of an exchange answered with a Reset; its queue then has Failed with
// exchange.ErrRejected.
func (e *Engine) reject(id exchange.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.handle(exchange.Reject{ID: id})
	}
}

func (e *Engine) tick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.armed = time.Time{}
		e.handle(exchange.Tick{})
	}
}

func (e *Engine) receive(f trace.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	data := f.Data
	if logged := e.log.At(f.Seq); logged != nil {
		data = logged.Data // that copy stays
	} else {
		data = bytes.Clone(data) // so much came meanwhile that the log has dropped it
	}
	e.handle(exchange.Datagram{
		From:      f.Source,
		Data:      data,
		Multicast: f.Destination.Addr().IsMulticast(),
		Frame:     uint64(f.Seq),
	})
}

// handle gives the input to the machine and does what it says. The engine is locked.
func (e *Engine) handle(in exchange.Input) {
	now := e.clock.Now()
	outputs := e.machine.Handle(now, in, e.outputs[:0])
	for i := 0; i < len(outputs); i++ {
		if t, ok := outputs[i].(exchange.Transmit); ok {
			if err := e.transmit(now, t); err != nil {
				outputs = e.machine.Handle(now, exchange.Unreachable{To: t.To, Err: err, Quote: t.Data}, outputs)
			}
			continue
		}
		if r, ok := outputs[i].(exchange.Response); ok {
			if next, ok := e.advance(r); ok {
				outputs = e.machine.Handle(now, next, outputs)
				continue
			}
		}
		e.deliver(outputs[i])
	}
	clear(outputs) // hold no message longer than needed
	e.outputs = outputs
	if at, ok := e.machine.Deadline(); ok && (e.armed.IsZero() || at.Before(e.armed)) {
		e.armed = at
		e.timer.Reset(max(at.Sub(now), 0))
	}
}

// advance begins what follows the response at once, if that can be.
func (e *Engine) advance(r exchange.Response) (next exchange.Send, ok bool) {
	f := e.flows[r.ID]
	if f == nil || f.transfer == nil {
		return next, false
	}
	f.call.note(r, f.group)
	if next, ok = f.transfer.advance(r); !ok {
		return next, false
	}
	delete(e.flows, r.ID)
	next.ID = e.machine.NextID()
	f.id = next.ID
	e.flows[next.ID] = f
	f.call.begin(&next)
	return next, true
}

func (e *Engine) transmit(now time.Time, t exchange.Transmit) error {
	f := e.flows[t.ID]
	if e.udp.HasFaults() {
		return e.transmitFaulty(t, f)
	}
	var seq trace.Seq
	var err error
	if f != nil && f.group && t.Kind == exchange.KindRequest { // an ACK goes to one peer
		seq, err = e.udp.SendGroup(t.Data, t.To, f.via, f.hops)
	} else {
		seq, err = e.udp.Send(t.Data, t.To)
	}
	if err != nil {
		return err
	}
	if f != nil && (t.Kind == exchange.KindRequest || t.Kind == exchange.KindPing) {
		f.call.transmitted(t)
		item := transmitted{seq, now, t.Attempt, t.Of, t.Next}
		if f.transfer != nil {
			f.transfer.sent(item)
		} else {
			f.queue.put(item)
		}
	}
	return nil
}

// transmitted is a Transmit that has happened.
type transmitted struct {
	frame       trace.Seq
	at          time.Time
	attempt, of int
	next        time.Time // of the retransmission or the giving up; zero for none
}

// deliver tells an output to whoever waits for the exchange.
func (e *Engine) deliver(out exchange.Output) {
	if stray, ok := strayOf(out); ok {
		e.keepStray(stray)
	}
	id, ended := exchangeOf(out)
	f := e.flows[id]
	if f == nil {
		return
	}
	f.call.note(out, f.group)
	if _, told := out.(exchange.Sent); !told || f.transfer == nil {
		f.queue.put(out)
	}
	if ended {
		delete(e.flows, id)
		if f.alone {
			delete(e.calls, f.call)
		}
	}
}

// exchangeOf gives the exchange that an output is for, 0 for none, and whether that ends with it.
func exchangeOf(out exchange.Output) (id exchange.ID, ended bool) {
	switch out := out.(type) {
	case exchange.Queued:
		return out.ID, false
	case exchange.Sent:
		return out.ID, false
	case exchange.Acknowledged:
		return out.ID, false
	case exchange.TokenShortened:
		return out.ID, false
	case exchange.Duplicate:
		return out.ID, false
	case exchange.Response:
		return out.ID, !out.Open
	case exchange.Suppressed:
		return out.ID, true
	case exchange.Pong:
		return out.ID, true
	case exchange.Collected:
		return out.ID, true
	case exchange.Failed:
		return out.ID, true
	}
	return 0, false // what nothing waits for
}

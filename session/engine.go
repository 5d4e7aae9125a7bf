package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// ErrClosed is what a request ends with when the engine is closed.
var ErrClosed = errors.New("the engine is closed")

// Config configures an [Engine]. The zero value is a good choice.
type Config struct {
	Transmission protocol.Transmission // the zero value stands for the defaults of RFC 7252 §4.8
}

// Engine is a CoAP client endpoint. Its methods may be called from any goroutine.
type Engine struct {
	log *trace.Log
	udp *transport.UDP

	observed registrations

	mu      sync.Mutex
	machine *exchange.Machine
	flows   map[exchange.ID]*flow
	outputs []exchange.Output // reused
	timer   *time.Timer
	armed   time.Time // when the timer fires; zero when it does not
	closed  bool
}

// flow is what the engine knows of an exchange that is open: whom to tell, and what to show.
type flow struct {
	queue *queue
	via   *net.Interface // of a multicast request
	open  OpenExchange
}

// OpenExchange is an exchange that waits for something.
type OpenExchange struct {
	To           netip.AddrPort
	Code         protocol.Code
	Path         string
	MessageID    protocol.MessageID
	Token        protocol.Token
	Started      time.Time
	Attempt, Of  int       // transmissions so far, and the most there can be
	Next         time.Time // of the next retransmission or the giving up; zero where none is planned
	Acknowledged bool
	Observing    bool // answered, and kept open for notifications
}

// Open opens an engine with sockets of its own.
func Open(c Config) (*Engine, error) {
	e := &Engine{
		log:     new(trace.Log),
		machine: exchange.NewMachine(exchange.Config{Transmission: c.Transmission}),
		flows:   make(map[exchange.ID]*flow),
	}
	e.timer = time.AfterFunc(time.Hour, e.tick)
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
	e.timer.Stop()
	for id, f := range e.flows {
		f.queue.put(exchange.Failed{ID: id, Err: ErrClosed})
	}
	clear(e.flows)
	e.mu.Unlock()
	return e.udp.Close()
}

// SetTransmission changes the transmission parameters for what is sent from now on.
func (e *Engine) SetTransmission(t protocol.Transmission) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.machine.SetTransmission(t)
	if !e.closed {
		e.handle(exchange.Tick{}) // what a higher NSTART lets go
	}
}

// OpenExchanges gives the exchanges that are open, in no order.
func (e *Engine) OpenExchanges() []OpenExchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	open := make([]OpenExchange, 0, len(e.flows))
	for _, f := range e.flows {
		open = append(open, f.open)
	}
	return open
}

// start puts a message on its way; q is told what comes of it. A multicast request goes by the
// interface via.
func (e *Engine) start(in exchange.Send, q *queue, via *net.Interface) (exchange.ID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, ErrClosed
	}
	in.ID = e.machine.NextID()
	e.flows[in.ID] = &flow{queue: q, via: via, open: OpenExchange{
		To: in.To, Code: in.Message.Code, Path: in.Message.Path(), Started: time.Now(),
	}}
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
	e.handle(exchange.Datagram{
		From:      f.Source,
		Data:      e.log.At(f.Seq).Data, // the log's copy stays
		Multicast: f.Destination.Addr().IsMulticast(),
		Frame:     uint64(f.Seq),
	})
}

// handle gives the input to the machine and does what it says. The engine is locked.
func (e *Engine) handle(in exchange.Input) {
	outputs := e.machine.Handle(time.Now(), in, e.outputs[:0])
	for i := 0; i < len(outputs); i++ {
		if t, ok := outputs[i].(exchange.Transmit); ok {
			if err := e.transmit(t); err != nil {
				outputs = e.machine.Handle(time.Now(), exchange.Unreachable{To: t.To, Err: err, Quote: t.Data}, outputs)
			}
			continue
		}
		e.deliver(outputs[i])
	}
	clear(outputs) // hold no message longer than needed
	e.outputs = outputs
	if at, ok := e.machine.Deadline(); ok && (e.armed.IsZero() || at.Before(e.armed)) {
		e.armed = at
		e.timer.Reset(max(time.Until(at), 0))
	}
}

func (e *Engine) transmit(t exchange.Transmit) error {
	f := e.flows[t.ID]
	var seq trace.Seq
	var err error
	if f != nil && f.via != nil && t.Kind == exchange.KindRequest { // an ACK goes to one peer
		seq, err = e.udp.SendGroup(t.Data, t.To, f.via)
	} else {
		seq, err = e.udp.Send(t.Data, t.To)
	}
	if err != nil {
		return err
	}
	if f != nil && (t.Kind == exchange.KindRequest || t.Kind == exchange.KindPing) {
		f.open.Attempt, f.open.Of, f.open.Next = t.Attempt, t.Of, t.Next
		f.queue.put(transmitted{t, seq})
	}
	return nil
}

// transmitted is a Transmit that has happened.
type transmitted struct {
	exchange.Transmit
	frame trace.Seq
}

// deliver tells an output to whoever waits for the exchange.
func (e *Engine) deliver(out exchange.Output) {
	var id exchange.ID
	ended := false
	switch out := out.(type) {
	case exchange.Queued:
		id = out.ID
	case exchange.Sent:
		id = out.ID
		if f := e.flows[id]; f != nil {
			f.open.MessageID, f.open.Token = out.MessageID, out.Token
		}
	case exchange.Acknowledged:
		id = out.ID
		if f := e.flows[id]; f != nil {
			f.open.Acknowledged, f.open.Next = true, time.Time{}
		}
	case exchange.Response:
		id, ended = out.ID, !out.Open
		if f := e.flows[id]; f != nil {
			f.open.Observing, f.open.Next = out.Open && f.via == nil, time.Time{}
		}
	case exchange.Pong:
		id, ended = out.ID, true
	case exchange.Collected:
		id, ended = out.ID, true
	case exchange.Failed:
		id, ended = out.ID, true
	default:
		return // Duplicate, Unmatched and Malformed are in the log, where the tracker finds them
	}
	if f := e.flows[id]; f != nil {
		f.queue.put(out)
		if ended {
			delete(e.flows, id)
		}
	}
}

// Resolve finds the endpoint that a URI names, by DNS where its host is a name.
func Resolve(ctx context.Context, u protocol.URI) (netip.AddrPort, error) {
	if addr, ok := u.Addr(); ok {
		if index, err := strconv.Atoi(addr.Zone()); err == nil { // datagrams come with the zone's name
			if by, err := net.InterfaceByIndex(index); err == nil {
				addr = addr.WithZone(by.Name)
			}
		}
		return netip.AddrPortFrom(addr.Unmap(), u.Port), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("host %q: %w", u.Host, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), u.Port), nil
}

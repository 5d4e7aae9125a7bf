package session

import (
	"errors"
	"net"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/fault"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// SetFaults makes a bad network of the engine's from now on: what is sent and received is lost, delayed, duplicated,
// reordered and corrupted as the configuration says, and marked so in the log. A configuration without rules, such as
// the zero value, ends that; what is held back goes on at once. The error says which rule cannot be and why, or is
// [ErrClosed].
func (e *Engine) SetFaults(c fault.Config) error {
	err := e.udp.SetFaults(c)
	if errors.Is(err, net.ErrClosed) {
		return ErrClosed
	}
	return err
}

// Faults gives what SetFaults was called with last, and what was done since then.
func (e *Engine) Faults() (fault.Config, fault.Counts) { return e.udp.Faults() }

// transmitFaulty is transmit while there are faults: whoever waits is told when the message goes, which may be later.
// The engine is locked.
func (e *Engine) transmitFaulty(t exchange.Transmit, f *flow) error {
	if f == nil || t.Kind != exchange.KindRequest && t.Kind != exchange.KindPing {
		_, err := e.udp.Send(t.Data, t.To)
		return err
	}
	via := f.via
	if t.Kind == exchange.KindPing {
		via = nil
	}
	f.call.transmitted(t)
	return e.udp.SendThen(t.Data, t.To, via, func(frame trace.Seq) { f.queue.put(transmitted{frame, e.clock.Now(), t.Attempt, t.Of, t.Next}) })
}

// undelivered tells the machine that a datagram does not arrive, unless that is no reason to give up: an ICMP
// error that is to be ignored (RFC 7252 §4.2), or a Confirmable message that is too big for one packet, which its
// retransmission sends again in fragments.
func (e *Engine) undelivered(u transport.Undelivered) {
	e.mu.Lock()
	raw, ok := e.rawOf(u)
	e.mu.Unlock()
	if ok {
		raw.tell(u.Err)
	}
	var icmp *transport.ICMPError
	if errors.As(u.Err, &icmp) {
		kind, _, ok := protocol.Header(u.Quote)
		if icmp.Passing() || ok && kind == protocol.Confirmable && icmp.TooBig() {
			return
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.handle(exchange.Unreachable{To: u.To, Err: u.Err, Quote: u.Quote})
	}
}

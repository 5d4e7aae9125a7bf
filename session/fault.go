package session

import (
	"errors"
	"net"

	"coapscope/session/exchange"
	"coapscope/session/fault"
	"coapscope/session/trace"
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
	via, hops := f.via, f.hops
	if t.Kind == exchange.KindPing {
		via, hops = nil, 0
	}
	f.call.transmitted(t)
	return e.udp.SendThen(t.Data, t.To, via, hops, func(frame trace.Seq) { f.queue.put(transmitted{frame, e.clock.Now(), t.Attempt, t.Of, t.Next}) })
}

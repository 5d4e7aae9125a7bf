package session

import (
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

// OpenState tells what an [OpenExchange] is waiting for.
type OpenState uint8

const (
	OpenQueued       OpenState = iota // for its turn to be sent: Waiting says why
	OpenHeldBack                      // for the time that the endpoint asked for: Held says which
	OpenSent                          // for the answer or the acknowledgement
	OpenAcknowledged                  // for the separate response
	OpenObserving                     // answered, and kept open for notifications
	OpenCollecting                    // for answers of a group
)

// String gives the state in words.
func (s OpenState) String() string {
	return [...]string{"queued", "held back", "sent", "acknowledged", "observing", "collecting"}[min(s, OpenCollecting)]
}

// OpenExchange is a request that is open: with block-wise transfer one logical request, and its newest
// exchange.
type OpenExchange struct {
	To      netip.AddrPort
	Type    protocol.Type
	Code    protocol.Code // Empty for a ping
	Path    string        // empty for a ping
	Started time.Time     // when it was asked for
	State   OpenState

	// The newest exchange of it, as soon as one was sent.
	MessageID   protocol.MessageID
	Token       protocol.Token
	Attempt, Of int       // transmissions so far, and the most there can be
	Next        time.Time // of the next retransmission or the giving up; zero where none is planned

	RTT       time.Duration // of the newest acknowledgement or response; 0 before
	Exchanges int           // begun so far
	Responses int           // from a group, or notifications with the first response
	Progress  Progress      // of a block-wise transfer; Blocks is 0 where there is none
	Waiting   Waiting       // while OpenQueued
	Held      HeldBack      // while OpenHeldBack
}

// call is a logical request that is open. It is the engine's: locked with that.
type call struct {
	open    OpenExchange
	options protocol.Options // of the request
}

// OpenExchanges gives the requests that are open, in no order.
func (e *Engine) OpenExchanges() []OpenExchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	open := make([]OpenExchange, 0, len(e.calls))
	for c := range e.calls {
		x := c.open
		if x.Code != protocol.Empty {
			m := protocol.Message{Options: c.options}
			x.Path = m.Path()
		}
		open = append(open, x)
	}
	return open
}

// end takes a call out of those that are open.
func (e *Engine) end(c *call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.calls, c)
}

// begin notes that an exchange begins.
func (c *call) begin(in *exchange.Send) {
	c.open.Type, c.open.Code, c.options = in.Message.Type, in.Message.Code, in.Message.Options
	c.open.Exchanges++
	c.open.State = OpenQueued
	c.open.Waiting = Waiting{}
}

// transmitted notes that a message of the exchange went out.
func (c *call) transmitted(t exchange.Transmit) {
	c.open.Attempt, c.open.Of, c.open.Next = t.Attempt, t.Of, t.Next
}

// note takes what the message layer says of the exchange.
func (c *call) note(out exchange.Output, group bool) {
	x := &c.open
	switch out := out.(type) {
	case exchange.Queued:
		x.State, x.Waiting = OpenQueued, Waiting{out.Ahead, out.Why, out.Until}
	case exchange.Sent:
		x.State, x.MessageID, x.Token = OpenSent, out.MessageID, out.Token
		if group {
			x.State = OpenCollecting
		}
	case exchange.Acknowledged:
		x.State, x.RTT, x.Next = OpenAcknowledged, out.RTT, out.Deadline
	case exchange.Response:
		x.RTT, x.Next = out.RTT, time.Time{}
		x.Responses = out.Count
		if out.Open && !group {
			x.State = OpenObserving
		}
	}
}

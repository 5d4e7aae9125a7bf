package session

import (
	"net/netip"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// maxStrays is how many strays an engine keeps, the newest ones.
const maxStrays = 4096

// StrayKind tells what a [Stray] is.
type StrayKind uint8

const (
	StrayUnmatched StrayKind = iota // a message that nothing asked for, or that is not allowed
	StrayDuplicate                  // a message that was received before (RFC 7252 §4.5)
	StrayMalformed                  // not a message
)

// String gives the kind as a word.
func (k StrayKind) String() string {
	return [...]string{"unmatched", "duplicate", "malformed"}[min(k, StrayMalformed)]
}

// Stray is a datagram that was received and that no request waited for: the message layer ignored or
// rejected it. Its bytes are in the log.
type Stray struct {
	Kind  StrayKind
	Frame trace.Seq
	From  netip.AddrPort
	Reset bool // a RST was sent for it

	Reason  exchange.Reason      // of StrayUnmatched: why it is none
	First   trace.Seq            // of StrayDuplicate: the frame that came first
	Differs bool                 // of StrayDuplicate: its bytes are not those of the first
	Err     *protocol.ParseError // of StrayMalformed: what is wrong
}

// Strays gives what came after the frame and nothing waited for, in the order in which it came: 0 for all
// that is kept, which are the newest 4,096.
func (e *Engine) Strays(after trace.Seq) []Stray {
	e.mu.Lock()
	defer e.mu.Unlock()
	from := len(e.strays)
	for from > 0 && e.stray(from-1).Frame > after {
		from--
	}
	found := make([]Stray, 0, len(e.strays)-from)
	for i := from; i < len(e.strays); i++ {
		found = append(found, *e.stray(i))
	}
	return found
}

// stray gives the i-th of those kept, the oldest first.
func (e *Engine) stray(i int) *Stray { return &e.strays[(e.oldest+i)%len(e.strays)] }

func (e *Engine) keepStray(s Stray) {
	if len(e.strays) < maxStrays {
		e.strays = append(e.strays, s)
		return
	}
	e.strays[e.oldest] = s
	e.oldest = (e.oldest + 1) % maxStrays
}

// strayOf gives what an output of the message layer says of a datagram that nothing waited for.
func strayOf(out exchange.Output) (Stray, bool) {
	switch out := out.(type) {
	case exchange.Unmatched:
		return Stray{Kind: StrayUnmatched, Frame: trace.Seq(out.Frame), From: out.From, Reset: out.Reset, Reason: out.Reason}, true
	case exchange.Duplicate:
		return Stray{Kind: StrayDuplicate, Frame: trace.Seq(out.Frame), From: out.From, First: trace.Seq(out.First), Differs: out.Differs}, true
	case exchange.Malformed:
		return Stray{Kind: StrayMalformed, Frame: trace.Seq(out.Frame), From: out.From, Reset: out.Reset, Err: out.Err}, true
	}
	return Stray{}, false
}

package session

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/transport"
)

// maxUndelivered is how many an engine keeps, the newest ones.
const maxUndelivered = 256

// Undelivered is what the network, or the system, said of a datagram that did not arrive.
type Undelivered struct {
	To        netip.AddrPort
	MessageID protocol.MessageID // of the message
	Err       error              // an [*transport.ICMPError], or the system's
	At        time.Time          // when it was said
	Ignored   bool               // nothing is given up for it (RFC 7252 §4.2)
}

// Undelivered gives what was said of messages to the endpoint since then, in the order in which it came, of the newest
// 256 that are kept. It has too what was no reason to give up: that the time to live was exceeded on the way, or that a
// Confirmable message was too big for one packet.
func (e *Engine) Undelivered(to netip.AddrPort, since time.Time) (found []Undelivered) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range e.undeliverable {
		if u.To == to && !u.At.Before(since) {
			found = append(found, u)
		}
	}
	return found
}

// undelivered tells the machine that a datagram does not arrive, unless that is no reason to give up: an ICMP
// error that is to be ignored (RFC 7252 §4.2), or a Confirmable message that is too big for one packet, which its
// retransmission sends again in fragments.
func (e *Engine) undelivered(u transport.Undelivered) {
	kind, id, ok := protocol.Header(u.Quote)
	var icmp *transport.ICMPError
	ignored := errors.As(u.Err, &icmp) && (icmp.Passing() || ok && kind == protocol.Confirmable && icmp.TooBig())
	e.mu.Lock()
	raw, asIs := e.rawOf(u)
	e.mu.Unlock()
	if asIs {
		raw.tell(u.Err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if ok {
		if len(e.undeliverable) == maxUndelivered {
			e.undeliverable = slices.Delete(e.undeliverable, 0, 1)
		}
		e.undeliverable = append(e.undeliverable, Undelivered{To: u.To, MessageID: id, Err: u.Err, At: e.clock.Now(), Ignored: ignored})
	}
	if !ignored {
		e.handle(exchange.Unreachable{To: u.To, Err: u.Err, Quote: u.Quote})
	}
}

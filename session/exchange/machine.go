package exchange

import (
	crand "crypto/rand"
	"math/rand/v2"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// A CON and its response (RFC 7252 §4.2, §5.2). Each box is an exchange's state; a NON goes to
// "sent" too and knows neither retransmission nor acknowledgement.
//
//	           Send, Ping
//	               │       NSTART others are outstanding,
//	               ▼       the endpoint is silent and
//	          ┌─────────┐  PROBING_RATE used up (NON), or
//	          │ waiting │  no message ID is free
//	          └────┬────┘◀─────────────────────────────┐
//	               │ its turn: transmit, timeout =     │
//	               ▼ ACK_TIMEOUT × random factor       │
//	          ┌─────────┐──┐ timeout, less than        │
//	          │         │  │ MAX_RETRANSMIT retransm.: │
//	          │  sent   │  │ retransmit, double the    │ TokenShortened
//	          │         │◀─┘ timeout                   │ (RFC 8974 §2.2.2)
//	          └─┬─┬─┬─┬─┘──────────────────────────────┘ RST for a long token that was not fixed
//	  Empty ACK │ │ │ │ timeout after the last; RST; unreachable; Cancel
//	            │ │ │ └───────────────────────────────────────────────▶ Failed
//	            ▼ │ │
//	   ┌──────────┐ │ RST or ACK for a ping
//	   │  acked   │ └─────────────────────────────────────────────────▶ Pong
//	   └──┬──┬──┬─┘
//	      │  │  │     no response in time; unreachable; Cancel
//	      │  │  └─────────────────────────────────────────────────────▶ Failed
//	      │  └──────┐ No-Response (RFC 7967): none is expected any more ▶ Suppressed
//	      │         │ from "sent": response in the ACK (piggybacked); or a CON or NON
//	      │         │ with the token (separate, the ACK is lost or late)
//	      ▼         ▼
//	   ┌───────────────┐ not kept open
//	   │    answered   │──────────────────────────────────────────────▶ Response
//	   └───────────────┘
//	      │ KeepOpen: each CON or NON with the token is a Response more
//	      │           Cancel; Reject and the next of them ───────────▶ Failed
//	      │ multicast: each response with the token, from anywhere
//	      │           time is over ──────────────────────────────────▶ Collected
//
// An ended exchange is remembered while its message ID is in use, so that what comes late can be
// told from what was never asked for.
//
// A received CON is acknowledged if it is a response to an open exchange, and reset otherwise; a
// received NON never is, but for a notification that no observation is open for, or that is to be
// rejected.

// Config says how a [Machine] behaves. The zero value is fit for use.
type Config struct {
	// Transmission is used with all endpoints; the zero value stands for the defaults of RFC 7252
	// §4.8. Values outside of their range are moved into it: MaxRetransmit is at most 16.
	Transmission protocol.Transmission

	// Identifiers says how message IDs and tokens are chosen.
	Identifiers Identifiers

	// Rand is the source of tokens, initial message IDs and timeouts. nil stands for one that
	// cannot be predicted, as RFC 7252 §5.3.1 asks for.
	Rand rand.Source
}

// Machine is the message layer of one client endpoint: of one socket. It is not safe for
// concurrent use. IPv4-mapped IPv6 addresses count as IPv4 addresses, and come back as those.
type Machine struct {
	transmission *protocol.Transmission // what it points to never changes
	identifiers  Identifiers
	settings     map[netip.AddrPort]*settings
	rand         rand.Source
	clock        time.Time // of the last input, which is now
	now          instant
	input        uint64 // how many there were
	lastID       ID
	lastToken    uint64 // of SequentialTokens
	scratch      protocol.Message
	tokenScratch []byte

	peers    map[netip.AddrPort]*peer
	groups   []*peer // those of peers that are multicast destinations
	open     map[ID]*exchange
	sent     map[messageKey]*exchange // by message ID, until its lifetime ends
	sentTo   *[1 << 16]uint32         // with how many endpoints a message ID is in use; nil as long as there is no group
	tokens   map[tokenKey]*exchange   // open ones, and ended ones until they are forgotten
	received int                      // messages that the peers remember, for deduplication
	timers   timerHeap
	expiries expiryHeap
	retuned  bool    // settings have changed
	settling bool    // pump has to wait until all that is due by now is done
	settled  []*peer // those to pump then
	starving []*peer // those with exchanges that wait for a message ID
}

// instant is a point in time as the duration since the machine's first input.
type instant = time.Duration

// NewMachine gives a machine with nothing in it.
func NewMachine(c Config) *Machine {
	m := &Machine{
		rand:     c.Rand,
		settings: make(map[netip.AddrPort]*settings),
		peers:    make(map[netip.AddrPort]*peer),
		open:     make(map[ID]*exchange),
		sent:     make(map[messageKey]*exchange),
		tokens:   make(map[tokenKey]*exchange),
	}
	m.SetTransmission(c.Transmission)
	m.SetIdentifiers(c.Identifiers)
	if m.rand == nil {
		var seed [32]byte
		crand.Read(seed[:]) // never fails
		m.rand = rand.NewChaCha8(seed)
	}
	return m
}

// NextID gives an ID for a Send or Ping. It never gives the same one twice.
func (m *Machine) NextID() ID {
	m.lastID++
	return m.lastID
}

// Handle takes an input and appends what comes of it to out, in the order in which it is to be
// done. Whatever else is due by now comes first. If the clock is set back, time goes on from there. Now
// should go on while the computer is suspended, which Go's monotonic time need not do: endpoints forget
// message IDs meanwhile, so that what was sent before must not be sent again (RFC 7252 §4.2, §4.5).
func (m *Machine) Handle(now time.Time, in Input, out []Output) []Output {
	if m.clock.IsZero() {
		m.clock = now
	}
	m.now += max(now.Sub(m.clock), 0)
	m.clock = now
	m.input++
	m.settling = true
	if in, ok := in.(Unreachable); ok { // before a request that expects no response ends
		out = m.unreachable(&in, out)
	}
	out = m.expire(out)
	out = m.fire(out)
	m.settling = false
	for _, p := range m.settled {
		out = m.pump(p, out)
	}
	clear(m.settled)
	m.settled = m.settled[:0]
	if m.retuned {
		out = m.pumpAll(out)
	}
	switch in := in.(type) {
	case Send:
		return m.send(&in, out)
	case Ping:
		return m.ping(in, out)
	case Cancel:
		return m.cancel(in, out)
	case Reject:
		m.rejectNext(in)
	case Datagram:
		return m.receive(&in, out)
	}
	return out
}

// at gives the time of an instant.
func (m *Machine) at(i instant) time.Time { return m.clock.Add(i - m.now) }

// housekeeping is how late the machine may be to forget what it needs no more.
const housekeeping = 15 * time.Second

// Deadline tells when to call Handle with a [Tick], at the latest; false if there is no need to.
func (m *Machine) Deadline() (time.Time, bool) {
	at, busy := instant(0), false
	if len(m.timers) > 0 {
		at, busy = m.timers[0].due, true
	}
	if len(m.expiries) > 0 {
		forget := m.expiries[0].at
		if len(m.starving) == 0 {
			forget += housekeeping
		}
		if !busy || forget < at {
			at, busy = forget, true
		}
	}
	return m.at(at), busy
}

// fire does what is due.
func (m *Machine) fire(out []Output) []Output {
	for len(m.timers) > 0 && m.timers[0].due <= m.now {
		e := m.timers[0]
		switch {
		case e.state == stateWaiting: // for PROBING_RATE
			m.stopTimer(e)
			out = m.pump(e.peer, out)
		case e.confirmable && e.state == stateSent:
			out = m.retransmit(e, out)
		case e.counted && e.responseDue() > m.now:
			m.startTimer(e, e.responseDue())
			m.settle(e)
			out = m.pump(e.peer, out)
		case e.multicast && e.noResponse != allResponses:
			out = m.end(e, endedByTime, append(out, Collected{e.id, e.responses}))
		case e.noResponse != 0:
			out = m.suppressed(e, 0, out)
		default:
			err := &NoResponseError{Acknowledged: e.state == stateAcknowledged, Waited: m.now - e.waitingSince}
			out = m.fail(e, err, 0, out)
		}
	}
	return out
}

package exchange

import (
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

type state uint8

const (
	stateWaiting      state = iota // for its turn
	stateSent                      // and neither acknowledged nor answered
	stateAcknowledged              // and not answered
	stateAnswered                  // and open
	stateEnded
)

// ending tells how an exchange ended.
type ending uint8

const (
	endedByResponse ending = iota
	endedByFailure
	endedByCancel
	endedByTime // of a multicast request
)

// reason says why a message for an exchange that has ended so is not delivered.
func (e ending) reason() Reason {
	switch e {
	case endedByFailure:
		return AfterFailure
	case endedByCancel:
		return AfterCancel
	case endedByTime:
		return AfterCollected
	}
	return AfterResponse
}

// exchange is a message that was sent and what belongs to it.
type exchange struct {
	id          ID
	peer        *peer
	message     protocol.MessageID
	token       protocol.Token
	state       state
	ending      ending
	confirmable bool
	ping        bool
	multicast   bool
	keepOpen    bool
	fixedID     bool
	fixedToken  bool
	piggybacked bool // an ACK brought a response
	emptyACK    bool // an Empty ACK came

	draft protocol.Message // while waiting
	data  []byte           // the datagram, while it may be sent again or is quoted

	attempts, of int
	responses    int
	started      instant       // first transmission
	timeout      time.Duration // between this transmission and the next
	waitResponse time.Duration
	waitingSince instant // for the response
	lastSpan     instant // no retransmission after that (MAX_TRANSMIT_SPAN)
	idUntil      instant // the message ID is in use until then
	ended        instant
	first        uint64 // frame of the ACK or RST that came first

	due      instant
	timer    int       // position in the heap; -1 for none
	shadowed *exchange // an older open exchange with the same token
}

// peer is another endpoint, or a group. It is there as long as something refers to it.
type peer struct {
	addr        netip.AddrPort
	group       bool
	extended    bool // was sent a token longer than 8 bytes (RFC 8974)
	starving    bool // the first of the queue waits for a message ID
	begun       bool // nextID has been chosen
	nextID      protocol.MessageID
	sent        int // entries of Machine.sent
	refs        int // entries of all tables
	outstanding int // CONs neither acknowledged nor answered (RFC 7252 §4.7)
	queue       []*exchange
}

type messageKey struct {
	peer *peer
	id   protocol.MessageID
}

// tokenKey has no peer for multicast requests, whose responses come from anywhere.
type tokenKey struct {
	peer  *peer
	token protocol.Token
}

func (e *exchange) tokenKey() tokenKey {
	if e.multicast {
		return tokenKey{nil, e.token}
	}
	return tokenKey{e.peer, e.token}
}

// received is what is kept of a CON or NON that was received.
type received struct {
	until    instant
	hash     uint64
	frame    uint64
	id       ID
	answered bool
	answer   protocol.Type // ACK or RST, if answered
}

// maxUnmatched bounds the memory for messages that nothing asked for: as long as so many
// messages are remembered, more of those are not, and their duplicates are not recognised.
const maxUnmatched = 1 << 16

func endpoint(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// peerOf finds the peer or makes one. Each call is a reference to release.
func (m *Machine) peerOf(a netip.AddrPort) *peer {
	p := m.peers[a]
	if p == nil {
		p = &peer{addr: a}
		m.peers[a] = p
	}
	p.refs++
	return p
}

func (m *Machine) release(p *peer) {
	p.refs--
	if p.refs > 0 {
		return
	}
	delete(m.peers, p.addr)
	if p.group {
		m.groups = slices.DeleteFunc(m.groups, func(g *peer) bool { return g == p })
	}
}

// takeMessageID finds a message ID that is in use neither with the peer nor with a group, and for
// a group with no peer at all (RFC 7252 §4.4, §8.1).
func (m *Machine) takeMessageID(p *peer) (protocol.MessageID, bool) {
	if !p.begun {
		p.begun, p.nextID = true, protocol.MessageID(m.rand.Uint64()>>48)
	}
	if p.sent > 0xffff {
		return 0, false
	}
	for range 1 << 16 {
		id := p.nextID
		p.nextID++
		if !m.inUse(p, id) {
			return id, true
		}
	}
	return 0, false
}

func (m *Machine) inUse(p *peer, id protocol.MessageID) bool {
	if m.sent[messageKey{p, id}] != nil {
		return true
	}
	for _, g := range m.groups {
		if m.sent[messageKey{g, id}] != nil {
			return true
		}
	}
	if p.group {
		for _, q := range m.peers {
			if m.sent[messageKey{q, id}] != nil {
				return true
			}
		}
	}
	return false
}

// tokenLength is that of the machine's own tokens: 32 random bits (RFC 7252 §5.3.1).
const tokenLength = 4

func (m *Machine) takeToken(e *exchange) protocol.Token {
	for {
		var b [8]byte
		v := m.rand.Uint64()
		for i := range b {
			b[i] = byte(v >> (56 - 8*i))
		}
		e.token = protocol.TokenOf(b[:tokenLength])
		if m.tokens[e.tokenKey()] == nil && m.tokens[tokenKey{nil, e.token}] == nil {
			return e.token
		}
	}
}

// register enters an exchange that is sent now into the tables, until its message ID's lifetime
// ends.
func (m *Machine) register(e *exchange, lifetime time.Duration) {
	e.idUntil = m.now + lifetime
	m.sent[messageKey{e.peer, e.message}] = e
	e.peer.sent++
	e.peer.refs++
	m.expiries.push(expiry{e.idUntil, messageKey{e.peer, e.message}, e})
	if e.ping {
		return
	}
	key := e.tokenKey()
	if old := m.tokens[key]; old != nil && old.state != stateEnded {
		e.shadowed = old
	}
	m.tokens[key] = e
}

// remember keeps a received message for deduplication.
func (m *Machine) remember(from netip.AddrPort, message *protocol.Message, r received) {
	if r.id == 0 && len(m.received) >= maxUnmatched {
		return
	}
	lifetime := m.transmission.ExchangeLifetime()
	if message.Type == protocol.NonConfirmable {
		lifetime = m.transmission.NonLifetime()
	}
	r.until = m.now + lifetime
	key := messageKey{m.peerOf(from), message.MessageID}
	m.received[key] = r
	m.expiries.push(expiry{r.until, key, nil})
}

// expire forgets what needs to be remembered no more.
func (m *Machine) expire(out []Output) []Output {
	freed := false
	for len(m.expiries) > 0 && m.expiries[0].at <= m.now {
		x := m.expiries.pop()
		e := x.exchange
		if e == nil {
			delete(m.received, x.key)
			m.release(x.key.peer)
			continue
		}
		p := e.peer
		if e.confirmable && e.state == stateSent { // parameters that leave no time for late ACKs
			m.expiries.push(expiry{max(e.due, m.now+1), x.key, e})
			continue
		}
		if m.sent[x.key] == e {
			delete(m.sent, x.key)
			p.sent--
			p.refs--
			freed = true
		}
		if e.state == stateEnded {
			if latest := e.ended + m.transmission.MaxLatency; latest > m.now {
				m.expiries.push(expiry{latest, x.key, e})
				continue
			}
			m.forget(e)
		}
	}
	if freed && len(m.starving) > 0 {
		waiting := m.starving
		m.starving = nil
		for _, p := range waiting {
			p.starving = false
			out = m.pump(p, out)
		}
	}
	return out
}

// forget removes the last trace of an ended exchange.
func (m *Machine) forget(e *exchange) {
	if key := e.tokenKey(); !e.ping && m.tokens[key] == e {
		delete(m.tokens, key)
	}
	m.release(e.peer)
}

// end closes an exchange. Its last output is in out already.
func (m *Machine) end(e *exchange, how ending, out []Output) []Output {
	delete(m.open, e.id)
	m.stopTimer(e)
	p := e.peer
	if e.state == stateWaiting {
		e.state = stateEnded
		p.queue = slices.DeleteFunc(p.queue, func(q *exchange) bool { return q == e })
		out = m.pump(p, out)
		m.release(p)
		return out
	}
	outstanding := e.confirmable && e.state == stateSent
	e.state, e.ending, e.ended, e.data = stateEnded, how, m.now, nil
	if older := e.shadowed; older != nil {
		if older.state != stateEnded && m.tokens[e.tokenKey()] == e {
			m.tokens[e.tokenKey()] = older
		}
		e.shadowed = nil
	}
	if e.idUntil <= m.now { // the message ID is free already
		m.expiries.push(expiry{m.now + m.transmission.MaxLatency, messageKey{p, e.message}, e})
	}
	if outstanding {
		out = m.settle(p, out)
	}
	return out
}

// settle counts a CON out that was acknowledged, answered or given up, and lets the next go.
func (m *Machine) settle(p *peer, out []Output) []Output {
	p.outstanding--
	return m.pump(p, out)
}

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
	endedByTime        // of a multicast request
	endedBySuppression // of the response
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
	case endedBySuppression:
		return AfterSuppressed
	}
	return AfterResponse
}

// exchange is a message that was sent and what belongs to it.
type exchange struct {
	id          ID
	peer        *peer
	token       protocol.Token
	message     protocol.MessageID
	state       state
	ending      ending
	why         Why   // it waits, as far as was told
	noResponse  uint8 // the option's value (RFC 7967)
	confirmable bool
	ping        bool
	multicast   bool
	keepOpen    bool
	rejectNext  bool // the next notification
	unpaced     bool // by NSTART and PROBING_RATE
	counted     bool // in peer.outstanding
	registered  bool // has its message ID in Machine.sent
	expiring    bool // is in Machine.expiries
	fixedID     bool
	reuseID     bool
	fixedToken  bool
	shortened   bool // sent again with a short token
	piggybacked bool // an ACK brought a response
	emptyACK    bool // an Empty ACK came
	told        bool // that it waits

	transmission *protocol.Transmission // while waiting, its own or nil; then its plan
	identifiers  *Identifiers           // its own, or nil
	draft        *protocol.Message      // while waiting
	data         []byte                 // the datagram, while it may be sent again or is quoted

	attempts, of int32
	responses    int
	sentAt       uint64        // Machine.input then
	started      instant       // first transmission
	timeout      time.Duration // between this transmission and the next
	waitResponse time.Duration
	waitingSince instant // for the response
	until        instant // it waits, as far as was told
	lastSpan     instant // no retransmission after that (MAX_TRANSMIT_SPAN)
	ended        instant
	first        uint64 // frame of the ACK or RST that came first

	due      instant
	timer    int       // position in the heap; -1 for none
	shadowed *exchange // an older open exchange with the same token
	free     instant   // its message ID is free again, as long as it is registered

	older, newer *exchange // of lasting
	nextEnded    *exchange // of the same peer
}

// peer is another endpoint, or a group. It is there as long as something refers to it, and as long
// as what was learned of it is worth knowing.
type peer struct {
	addr        netip.AddrPort
	settings    *settings // its own, or nil
	group       bool
	extended    bool // was sent a token longer than 8 bytes (RFC 8974)
	starving    bool // the first of the queue waits for a message ID
	begun       bool // nextID has been chosen
	longTokens  longTokens
	nextID      protocol.MessageID
	used        *messageIDs // those of Machine.sent, where they are many
	sent        int         // entries of Machine.sent
	lasting     [2]lasting  // the exchanges of those: CONs and NONs
	tokens      int         // entries of Machine.tokens
	received    *remembered // from it, each with others that have the same in common
	refs        int         // entries of all tables
	outstanding int         // RFC 7252 §4.7
	owed        int         // bytes sent in vain
	queue       []*exchange
	waitingCONs int // in queue

	longTokensUntil instant // it is so
	owedSince       instant
	heardAt         uint64 // Machine.input then

	firstEnded, lastEnded *exchange // in the order in which they ended; those with a message ID to recycle, and some without
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

func endpoint(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// peerOf finds the peer or makes one. Each call is a reference to release.
func (m *Machine) peerOf(a netip.AddrPort) *peer {
	p := m.peers[a]
	if p == nil {
		p = &peer{addr: a, settings: m.settings[a]}
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
	known := p.owedUntil(m.transmissionWith(p).ProbingRate)
	if p.longTokens != unknown {
		known = max(known, p.longTokensUntil)
	}
	if known > m.now {
		p.refs++
		m.expiries.push(expiry{at: known, peer: p})
		return
	}
	delete(m.peers, p.addr)
	if p.group {
		m.groups = slices.DeleteFunc(m.groups, func(g *peer) bool { return g == p })
	}
	if len(m.groups) == 0 {
		m.sentTo = nil
	}
}

// addGroup takes an endpoint for a group. Its message IDs must be in use with no endpoint
// (RFC 7252 §8.1), so they are counted from now on.
func (m *Machine) addGroup(p *peer) {
	p.group = true
	m.groups = append(m.groups, p)
	if m.sentTo == nil {
		m.sentTo = new([1 << 16]uint32)
		for key := range m.sent {
			m.sentTo[key.id]++
		}
	}
}

// register enters an exchange that is sent now into the tables, until its message ID's lifetime
// ends.
func (m *Machine) register(e *exchange, lifetime time.Duration) {
	p := e.peer
	if old := m.sent[messageKey{p, e.message}]; old != nil {
		m.unregister(old)
	}
	e.registered, e.expiring = true, true
	m.sent[messageKey{p, e.message}] = e
	if m.sentTo != nil {
		m.sentTo[e.message]++
	}
	p.sent++
	p.refs++
	p.use(m, e.message)
	e.free = m.now + lifetime
	e.lastingOf().add(e)
	m.expiries.push(expiry{at: e.free, peer: p, exchange: e})
	if e.ping {
		return
	}
	key := e.tokenKey()
	if old := m.tokens[key]; old != nil && old.state != stateEnded {
		e.shadowed = old
	}
	m.give(key, e)
}

// unregister frees the message ID of an exchange.
func (m *Machine) unregister(e *exchange) {
	p := e.peer
	e.registered = false
	delete(m.sent, messageKey{p, e.message})
	if m.sentTo != nil {
		m.sentTo[e.message]--
	}
	p.sent--
	p.refs--
	e.lastingOf().remove(e)
	if p.used != nil {
		p.used.free(e.message)
	}
	for p.firstEnded != nil && !p.firstEnded.registered {
		p.firstEnded, p.firstEnded.nextEnded = p.firstEnded.nextEnded, nil
	}
	if p.firstEnded == nil {
		p.lastEnded = nil
	}
}

// expire forgets what needs to be remembered no more.
func (m *Machine) expire(out []Output) []Output {
	freed := false
	for len(m.expiries) > 0 && m.expiries[0].at <= m.now {
		x := m.expiries.pop()
		e := x.exchange
		switch {
		case x.received != nil:
			m.forgetReceived(x.peer, x.received)
			continue
		case e == nil:
			m.release(x.peer)
			continue
		}
		if e.confirmable && e.state == stateSent { // parameters that leave no time for late ACKs
			x.at = max(e.due, m.now+1)
			e.free = x.at
			m.expiries.push(x)
			continue
		}
		if e.registered {
			m.unregister(e)
			freed = true
		}
		if e.state == stateEnded {
			if x.at = e.ended + e.transmission.MaxLatency; x.at > m.now {
				m.expiries.push(x)
				continue
			}
			m.forget(e)
		}
		e.expiring = false
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
		e.peer.tokens--
	}
	m.release(e.peer)
}

// end closes an exchange and lets the next go. Its last output is in out already.
func (m *Machine) end(e *exchange, how ending, out []Output) []Output {
	p := e.peer
	p.refs++ // whatever is released here, it takes part in what follows
	m.close(e, how)
	out = m.pump(p, out)
	m.release(p)
	return out
}

// close takes an exchange out of what is open. Pump has to follow.
func (m *Machine) close(e *exchange, how ending) {
	delete(m.open, e.id)
	m.stopTimer(e)
	p := e.peer
	if e.state == stateWaiting {
		e.state = stateEnded
		if e.confirmable {
			p.waitingCONs--
		}
		p.queue = slices.DeleteFunc(p.queue, func(q *exchange) bool { return q == e })
		m.release(p)
		return
	}
	m.settle(e)
	e.state, e.ending, e.ended, e.data = stateEnded, how, m.now, nil
	if older := e.shadowed; older != nil {
		if older.state != stateEnded && m.tokens[e.tokenKey()] == e {
			m.give(e.tokenKey(), older)
		}
		e.shadowed = nil
	}
	if !e.expiring { // the message ID is free already
		e.expiring = true
		m.expiries.push(expiry{at: m.now + e.transmission.MaxLatency, peer: p, exchange: e})
	}
	if e.registered {
		if p.lastEnded == nil {
			p.firstEnded = e
		} else {
			p.lastEnded.nextEnded = e
		}
		p.lastEnded = e
		if p.starving && len(p.queue) > 0 && m.identifiersOf(p.queue[0]).Recycle {
			p.starving = false
			m.starving = slices.DeleteFunc(m.starving, func(q *peer) bool { return q == p })
		}
	}
}

package exchange

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// When messages may go (RFC 7252 §4.7). At most NSTART interactions with an endpoint are
// outstanding: CONs neither acknowledged nor answered, and NON requests that are not answered and
// not older than ACK_TIMEOUT. So a NON holds others back no longer than that; but if the endpoint
// has sent nothing since, the NON was in vain: further NONs wait until what was sent in vain makes
// no more than PROBING_RATE on average. Whatever the endpoint sends settles that. CONs have their
// back-off instead. A NON that wants no response at all (RFC 7967) is not outstanding, but counts as
// sent in vain from the beginning. A group is no endpoint (NSTART and PROBING_RATE are of one), and
// silence of it is normal (RFC 7252 §8.2), so multicast requests wait for nothing.

// begin lets the exchange go, or wait.
func (m *Machine) begin(e *exchange, draft *protocol.Message, to netip.AddrPort, out []Output) []Output {
	switch {
	case e.id == 0 || m.open[e.id] != nil:
		return append(out, Failed{ID: e.id, Err: ErrID})
	case !to.IsValid() || to.Port() == 0:
		return append(out, Failed{ID: e.id, Err: ErrDestination})
	}
	m.lastID = max(m.lastID, e.id)
	e.peer = m.peerOf(to)
	if e.multicast && !e.peer.group {
		m.addGroup(e.peer)
	}
	p := e.peer
	if e.fixedID && !e.reuseID && m.inUse(p, draft.MessageID) {
		return m.refuse(e, ErrMessageIDInUse, out)
	}
	m.open[e.id] = e
	if !p.starving && (len(p.queue) == 0 || e.unpaced) {
		if _, _, held := m.held(e); !held {
			if id, ok := m.messageID(e, draft); ok {
				return m.start(e, draft, id, out)
			}
		}
	}
	// What has to wait is encoded only when its turn comes, so it must not change until then.
	ahead := m.enqueue(e, draft.Clone())
	out = m.pump(p, out)
	if e.state == stateWaiting && !e.told {
		out = m.queued(e, ahead, WaitsForTurn, 0, out)
	}
	return out
}

// enqueue puts the exchange at the end of those that wait, or what is not paced, which waits for a
// message ID only, before all that are. It gives the number of those before it.
func (m *Machine) enqueue(e *exchange, draft protocol.Message) int {
	p := e.peer
	e.draft = &draft
	if e.confirmable {
		p.waitingCONs++
	}
	at := len(p.queue)
	if e.unpaced {
		at = 0
		for at < len(p.queue) && p.queue[at].unpaced {
			at++
		}
	}
	p.queue = slices.Insert(p.queue, at, e)
	return at
}

func (m *Machine) queued(e *exchange, ahead int, why Why, until instant, out []Output) []Output {
	e.told, e.why, e.until = true, why, until
	q := Queued{ID: e.id, Ahead: ahead, Why: why}
	if until > 0 {
		q.Until = m.at(until)
	}
	return append(out, q)
}

// freeAt tells when the first of the message IDs in use with the endpoint is free; 0 where none is, and
// for a group, whose message IDs depend on all endpoints.
func (m *Machine) freeAt(p *peer) (first instant) {
	if p.group {
		return 0
	}
	for _, x := range m.expiries {
		if x.exchange != nil && x.peer == p && x.exchange.registered && (first == 0 || x.at < first) {
			first = x.at
		}
	}
	return first
}

// held tells what keeps the exchange from its turn; PROBING_RATE until when.
func (m *Machine) held(e *exchange) (why Why, until instant, held bool) {
	if e.unpaced {
		return 0, 0, false
	}
	t := m.transmissionOf(e)
	if !e.confirmable {
		if until = e.peer.owedUntil(t.ProbingRate); until > m.now {
			return WaitsForProbingRate, until, true
		}
	}
	return WaitsForTurn, 0, e.peer.outstanding >= t.NStart
}

// next gives the place in the queue of what may go now, or -1. A NON that waits for PROBING_RATE
// lets CONs pass.
func (m *Machine) next(p *peer) int {
	if p.starving {
		return -1
	}
	for i, e := range p.queue {
		why, _, held := m.held(e)
		if !held {
			return i
		}
		if why != WaitsForProbingRate || p.waitingCONs == 0 {
			break
		}
	}
	return -1
}

// pump transmits what waits and may go, in order, and tells what the next waits for.
func (m *Machine) pump(p *peer, out []Output) []Output {
	switch {
	case len(p.queue) == 0:
		return out
	case m.settling:
		m.settled = append(m.settled, p)
		return out
	}
	for at := m.next(p); at >= 0; at = m.next(p) {
		e := p.queue[at]
		draft := e.draft
		id, ok := m.messageID(e, draft)
		if !ok {
			break
		}
		if at == 0 {
			p.queue[0] = nil
			p.queue = p.queue[1:]
		} else {
			p.queue = slices.Delete(p.queue, at, at+1)
		}
		e.draft = nil
		if e.confirmable {
			p.waitingCONs--
		}
		out = m.start(e, draft, id, out)
	}
	if len(p.queue) == 0 {
		p.queue = nil
		return out
	}
	first := p.queue[0]
	why, until, held := m.held(first)
	if !held {
		why = WaitsForMessageID
	}
	switch why {
	case WaitsForProbingRate:
		m.startTimer(first, until)
	case WaitsForMessageID: // expire lets it go
		if until = first.until; !first.told || first.why != why || until <= m.now {
			until = m.freeAt(p)
		}
		m.stopTimer(first)
	case WaitsForTurn:
		until = 0
		m.stopTimer(first)
	}
	if !first.told || first.why != why || first.until != until {
		out = m.queued(first, 0, why, until, out)
	}
	return out
}

// pumpAll is pump for all peers after a change of settings, those first that have waited longest.
func (m *Machine) pumpAll(out []Output) []Output {
	m.retuned = false
	m.starving = nil
	var waiting []*peer
	for _, p := range m.peers {
		p.starving = false
		if len(p.queue) > 0 {
			waiting = append(waiting, p)
		}
	}
	slices.SortFunc(waiting, func(p, q *peer) int { return cmp.Compare(p.queue[0].id, q.queue[0].id) })
	for _, p := range waiting {
		out = m.pump(p, out)
	}
	return out
}

// expect counts an exchange that was transmitted as outstanding.
func (m *Machine) expect(e *exchange) {
	e.counted, e.sentAt = true, m.input
	e.peer.outstanding++
}

// settle counts an exchange out that was acknowledged, answered or given up, or that is expected
// to be answered no more. Pump has to follow.
func (m *Machine) settle(e *exchange) {
	if !e.counted {
		return
	}
	p := e.peer
	e.counted = false
	p.outstanding--
	if !e.confirmable && p.heardAt <= e.sentAt {
		p.owe(len(e.data), e.started, e.transmission.ProbingRate)
	}
}

// owe counts bytes that were sent at a time, and in vain.
func (p *peer) owe(bytes int, at instant, rate float64) {
	if p.owedUntil(rate) <= at {
		p.owed, p.owedSince = 0, at
	}
	p.owed += bytes
}

// owedUntil tells when the average rate of what was sent in vain is no more than that.
func (p *peer) owedUntil(rate float64) instant {
	if p.owed == 0 || !(rate > 0) {
		return 0
	}
	const longest = 365 * 24 * time.Hour
	return p.owedSince + time.Duration(math.Min(float64(p.owed)/rate, longest.Seconds())*float64(time.Second))
}

// hear notes that the endpoint has sent something. Pump has to follow.
func (m *Machine) hear(p *peer) {
	p.heardAt = m.input
	p.owed = 0
}

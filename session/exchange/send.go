package exchange

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

func (m *Machine) send(s *Send, out []Output) []Output {
	to := endpoint(s.To)
	e := &exchange{
		id: s.ID, timer: -1, draft: s.Message, confirmable: s.Message.Type == protocol.Confirmable,
		multicast: s.Multicast, keepOpen: s.KeepOpen, fixedID: s.FixedMessageID, fixedToken: s.FixedToken,
		waitResponse: s.Timeout,
	}
	if e.waitResponse <= 0 {
		t := m.transmission
		e.waitResponse = t.ExchangeLifetime()
		if e.multicast {
			e.waitResponse = t.DefaultLeisure + t.MaxRTT()
		}
	}
	switch {
	case s.Message.Type > protocol.NonConfirmable || s.Message.Code == protocol.Empty:
		return append(out, Failed{ID: s.ID, Err: ErrNotRequest})
	case s.Multicast && e.confirmable:
		return append(out, Failed{ID: s.ID, Err: ErrMulticastConfirmable})
	}
	return m.begin(e, to, out)
}

func (m *Machine) ping(in Ping, out []Output) []Output {
	e := &exchange{id: in.ID, timer: -1, ping: true, confirmable: true, fixedToken: true}
	return m.begin(e, endpoint(in.To), out)
}

// begin lets the exchange go, or wait for its turn.
func (m *Machine) begin(e *exchange, to netip.AddrPort, out []Output) []Output {
	switch {
	case e.id == 0 || m.open[e.id] != nil:
		return append(out, Failed{ID: e.id, Err: ErrID})
	case !to.IsValid() || to.Port() == 0:
		return append(out, Failed{ID: e.id, Err: ErrDestination})
	}
	m.lastID = max(m.lastID, e.id)
	e.peer = m.peerOf(to)
	if e.multicast && !e.peer.group {
		e.peer.group = true
		m.groups = append(m.groups, e.peer)
	}
	m.open[e.id] = e
	p := e.peer
	if !e.confirmable && !p.starving {
		if id, ok := m.messageID(e); ok {
			return m.start(e, id, out)
		}
	}
	ahead := len(p.queue)
	p.queue = append(p.queue, e)
	if ahead == 0 {
		out = m.pump(p, out)
	}
	if e.state == stateWaiting {
		// What has to wait is encoded only when its turn comes, so it must not change until then.
		e.draft = e.draft.Clone()
		out = append(out, Queued{ID: e.id, Ahead: ahead})
	}
	return out
}

// pump transmits what waits for its turn with the peer, in order: CONs as long as NSTART permits
// (RFC 7252 §4.7), and NONs, which wait only if there was no message ID.
func (m *Machine) pump(p *peer, out []Output) []Output {
	for len(p.queue) > 0 && !p.starving {
		e := p.queue[0]
		if e.confirmable && p.outstanding >= m.transmission.NStart {
			break
		}
		id, ok := m.messageID(e)
		if !ok {
			break
		}
		p.queue[0] = nil
		p.queue = p.queue[1:]
		out = m.start(e, id, out)
	}
	if len(p.queue) == 0 {
		p.queue = nil
	}
	return out
}

// pumpAll is pump for all peers, those first that have waited longest.
func (m *Machine) pumpAll(out []Output) []Output {
	m.retuned = false
	var waiting []*peer
	for _, p := range m.peers {
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

// messageID gives the message ID to use, or notes that the peer waits for one.
func (m *Machine) messageID(e *exchange) (protocol.MessageID, bool) {
	if e.fixedID {
		return e.draft.MessageID, true
	}
	id, ok := m.takeMessageID(e.peer)
	if !ok {
		e.peer.starving = true
		m.starving = append(m.starving, e.peer)
	}
	return id, ok
}

// start transmits a message for the first time. It is in no queue any more.
func (m *Machine) start(e *exchange, id protocol.MessageID, out []Output) []Output {
	p, t := e.peer, m.transmission
	e.draft.MessageID = id
	if e.fixedID && m.inUse(p, id) {
		return m.refuse(e, ErrMessageIDInUse, out)
	}
	if !e.fixedToken {
		e.draft.Token = m.takeToken(e)
	}
	data, err := e.draft.Append(nil)
	if err != nil {
		return m.refuse(e, err, out)
	}
	e.message, e.token, e.data = id, e.draft.Token, data
	e.draft = protocol.Message{}
	p.extended = p.extended || e.token.Len() > 8
	e.state, e.started, e.attempts, e.of = stateSent, m.now, 1, 1
	out = append(out, Sent{e.id, p.addr, id, e.token})
	if !e.confirmable {
		m.register(e, t.NonLifetime())
		m.await(e)
		return append(out, e.transmit(KindRequest, time.Time{}))
	}
	m.register(e, t.ExchangeLifetime())
	p.outstanding++
	e.of = t.MaxRetransmit + 1
	e.lastSpan = m.now + t.MaxTransmitSpan() + spanTolerance
	random := float64(m.rand.Uint64()>>11) / (1<<53 - 1)
	e.timeout = t.AckTimeout + time.Duration(random*(t.AckRandomFactor-1)*float64(t.AckTimeout))
	m.startTimer(e, m.now+e.timeout)
	return append(out, e.transmit(e.kind(), m.epoch.Add(e.due)))
}

// spanTolerance keeps rounding and a timer that is a little late from costing the last attempt.
const spanTolerance = 100 * time.Millisecond

// refuse ends an exchange of which nothing was sent.
func (m *Machine) refuse(e *exchange, err error, out []Output) []Output {
	e.state = stateEnded
	delete(m.open, e.id)
	m.release(e.peer)
	return append(out, Failed{ID: e.id, Err: err})
}

func (e *exchange) kind() Kind {
	if e.ping {
		return KindPing
	}
	return KindRequest
}

func (e *exchange) transmit(kind Kind, next time.Time) Transmit {
	return Transmit{To: e.peer.addr, Data: e.data, Kind: kind, ID: e.id, Attempt: e.attempts, Of: e.of, Next: next}
}

// await starts the time in which the response has to come.
func (m *Machine) await(e *exchange) {
	e.waitingSince = m.now
	m.startTimer(e, m.now+e.waitResponse)
}

// retransmit acts on a CON whose timeout has ended (RFC 7252 §4.2). The times are those of the
// plan, not of when a late timer came, but at least ACK_TIMEOUT apart; what would leave
// MAX_TRANSMIT_SPAN is left out.
func (m *Machine) retransmit(e *exchange, out []Output) []Output {
	if e.attempts >= e.of {
		return m.fail(e, &TimeoutError{Attempts: e.attempts, Waited: m.now - e.started}, 0, out)
	}
	planned := e.due
	if m.now > e.lastSpan {
		for n := e.attempts; n < e.of; n++ {
			e.timeout *= 2
			planned += e.timeout
		}
		e.of = e.attempts
		m.startTimer(e, planned)
		return out // fire looks at it again
	}
	e.attempts++
	e.timeout *= 2
	m.startTimer(e, max(planned+e.timeout, m.now+m.transmission.AckTimeout))
	return append(out, e.transmit(e.kind(), m.epoch.Add(e.due)))
}

func (m *Machine) cancel(in Cancel, out []Output) []Output {
	e := m.open[in.ID]
	if e == nil {
		return out
	}
	return m.end(e, endedByCancel, append(out, Failed{ID: e.id, Err: ErrCancelled}))
}

func (m *Machine) fail(e *exchange, err error, frame uint64, out []Output) []Output {
	return m.end(e, endedByFailure, append(out, Failed{e.id, err, frame}))
}

// unreachable fails the exchange whose message the error quotes, as long as nothing has come back.
func (m *Machine) unreachable(in *Unreachable, out []Output) []Output {
	_, id, ok := protocol.Header(in.Quote)
	p := m.peers[endpoint(in.To)]
	if !ok || p == nil {
		return out
	}
	e := m.sent[messageKey{p, id}]
	if e == nil || e.state != stateSent && e.state != stateAcknowledged {
		return out
	}
	n := min(len(in.Quote), len(e.data))
	if !bytes.Equal(in.Quote[:n], e.data[:n]) {
		return out
	}
	return m.fail(e, &UnreachableError{in.Err}, 0, out)
}

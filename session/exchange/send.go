package exchange

import (
	"bytes"
	"slices"
	"time"

	"coapscope/protocol"
)

// allResponses is the value of a No-Response option that suppresses all responses: a bit n-1 for
// each class n (RFC 7967 §2.1).
const allResponses = 1<<(2-1) | 1<<(4-1) | 1<<(5-1)

func (m *Machine) send(s *Send, out []Output) []Output {
	e := &exchange{
		id: s.ID, timer: -1, confirmable: s.Message.Type == protocol.Confirmable,
		multicast: s.Multicast, keepOpen: s.KeepOpen, unpaced: s.SelfPaced || s.Multicast,
		fixedID: s.FixedMessageID, reuseID: s.ReuseMessageID, fixedToken: s.FixedToken,
		waitResponse: max(s.Timeout, 0),
	}
	if s.Transmission != nil {
		e.transmission = inRange(*s.Transmission)
	}
	if s.Identifiers != nil {
		own := s.Identifiers.inRange()
		e.identifiers = &own
	}
	if v, ok := s.Message.Options.Uint(protocol.NoResponse); ok {
		e.noResponse = uint8(v & allResponses)
	}
	switch {
	case s.Message.Type > protocol.NonConfirmable || s.Message.Code == protocol.Empty:
		return append(out, Failed{ID: s.ID, Err: ErrNotRequest})
	case s.Multicast && e.confirmable:
		return append(out, Failed{ID: s.ID, Err: ErrMulticastConfirmable})
	}
	return m.begin(e, &s.Message, endpoint(s.To), out)
}

func (m *Machine) ping(in Ping, out []Output) []Output {
	e := &exchange{id: in.ID, timer: -1, ping: true, confirmable: true, fixedToken: true}
	if in.Transmission != nil {
		e.transmission = inRange(*in.Transmission)
	}
	return m.begin(e, &protocol.Message{}, endpoint(in.To), out)
}

// start transmits a message for the first time. It is in no queue any more.
func (m *Machine) start(e *exchange, draft *protocol.Message, id protocol.MessageID, out []Output) []Output {
	p, t := e.peer, m.transmissionOf(e)
	message := *draft
	message.MessageID = id
	if e.fixedID && !e.reuseID && m.inUse(p, id) {
		return m.refuse(e, ErrMessageIDInUse, out)
	}
	if !e.fixedToken {
		message.Token = m.takeToken(e)
	}
	data, err := message.Append(make([]byte, 0, sizeOf(&message)))
	if err != nil {
		return m.refuse(e, err, out)
	}
	e.message, e.token, e.data, e.transmission = id, message.Token, data, t
	p.extended = p.extended || e.token.Len() > 8
	e.state, e.started, e.attempts, e.of = stateSent, m.now, 1, 1
	out = append(out, Sent{e.id, p.addr, id, e.token})
	if e.waitResponse == 0 {
		e.waitResponse = t.ExchangeLifetime()
		if e.multicast {
			e.waitResponse = t.DefaultLeisure + t.MaxRTT()
		}
	}
	if !e.confirmable {
		m.register(e, t.NonLifetime())
		out = append(out, e.transmit(KindRequest, time.Time{}))
		e.waitingSince = m.now
		switch {
		case e.noResponse == allResponses:
			if !e.unpaced {
				p.owe(len(data), m.now, t.ProbingRate)
			}
			m.startTimer(e, m.now)
		case e.unpaced:
			m.startTimer(e, e.responseDue())
		default:
			m.expect(e)
			m.startTimer(e, min(m.now+t.AckTimeout, e.responseDue()))
		}
		return out
	}
	m.register(e, t.ExchangeLifetime())
	if !e.unpaced {
		m.expect(e)
	}
	e.of = int32(t.MaxRetransmit) + 1
	e.lastSpan = m.now + t.MaxTransmitSpan() + spanTolerance
	random := float64(m.rand.Uint64()>>11) / (1<<53 - 1)
	e.timeout = t.AckTimeout + time.Duration(random*(t.AckRandomFactor-1)*float64(t.AckTimeout))
	m.startTimer(e, m.now+e.timeout)
	return append(out, e.transmit(e.kind(), m.at(e.due)))
}

// sizeOf is a bound of the length of most messages, so that encoding allocates once.
func sizeOf(message *protocol.Message) int {
	n := 4 + 2 + message.Token.Len() + 1 + len(message.Payload)
	for _, o := range message.Options {
		n += 5 + len(o.Value)
	}
	return n
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
	return Transmit{To: e.peer.addr, Data: e.data, Kind: kind, ID: e.id, Attempt: int(e.attempts), Of: int(e.of), Next: next}
}

// responseDue is when the time is over in which the response has to come.
func (e *exchange) responseDue() instant { return e.waitingSince + e.waitResponse }

// retransmit acts on a CON whose timeout has ended (RFC 7252 §4.2). The times are those of the
// plan, not of when a late timer came, but at least ACK_TIMEOUT apart; what would leave
// MAX_TRANSMIT_SPAN is left out.
func (m *Machine) retransmit(e *exchange, out []Output) []Output {
	if e.attempts >= e.of {
		return m.fail(e, &TimeoutError{Attempts: int(e.attempts), Waited: m.now - e.started}, 0, out)
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
	m.startTimer(e, max(planned+e.timeout, m.now+e.transmission.AckTimeout))
	return append(out, e.transmit(e.kind(), m.at(e.due)))
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

// rejectNext marks an exchange whose next notification is to be rejected.
func (m *Machine) rejectNext(in Reject) {
	if e := m.open[in.ID]; e != nil && e.keepOpen {
		e.rejectNext = true
	}
}

// suppressed ends an exchange that has no response, because it asked for none (RFC 7967), by an
// ACK or by its time.
func (m *Machine) suppressed(e *exchange, frame uint64, out []Output) []Output {
	s := Suppressed{ID: e.id, From: e.peer.addr, Acknowledged: e.state == stateAcknowledged, Frame: frame}
	if s.Acknowledged {
		s.RTT = e.waitingSince - e.started
	}
	return m.end(e, endedBySuppression, append(out, s))
}

// shorten sends a request again of which the endpoint has rejected the long token, and takes it
// for one that has no extended tokens (RFC 8974 §2.2.2). It is a new message of the same exchange.
func (m *Machine) shorten(a *arrival, old *exchange, out []Output) []Output {
	var draft protocol.Message
	if err := draft.ParseExtended(old.data); err != nil { // never: it was encoded here
		return m.fail(old, ErrReset, a.Frame, out)
	}
	p := old.peer
	p.longTokens, p.longTokensUntil = refused, m.now+longTokensLifetime
	out = append(out, TokenShortened{ID: old.id, From: old.token.Len(), To: shortToken, Frame: a.Frame})
	e := &exchange{
		id: old.id, peer: p, timer: -1, confirmable: true, keepOpen: old.keepOpen, rejectNext: old.rejectNext,
		unpaced: old.unpaced, noResponse: old.noResponse, shortened: true, waitResponse: old.waitResponse,
		transmission: old.transmission, identifiers: old.identifiers,
	}
	m.close(old, endedByFailure)
	p.refs++
	m.open[e.id] = e
	e.draft = &draft
	p.queue = slices.Insert(p.queue, 0, e) // it has had its turn
	p.waitingCONs++
	return m.pump(p, out)
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

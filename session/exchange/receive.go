package exchange

import (
	"net/netip"
	"slices"

	"coapscope/protocol"
)

// arrival is a message on its way through the machine.
type arrival struct {
	*Datagram
	from    netip.AddrPort
	peer    *peer             // nil for an endpoint that nothing is known of
	message *protocol.Message // in memory that is used again
}

// kept gives the message with options that outlive the machine's own buffer.
func (a *arrival) kept() protocol.Message {
	message := *a.message
	message.Options = slices.Clone(message.Options)
	return message
}

// receive takes a datagram (RFC 7252 §4.2, §4.3).
func (m *Machine) receive(in *Datagram, out []Output) []Output {
	a := arrival{Datagram: in, from: endpoint(in.From), message: &m.scratch}
	p := m.peers[a.from]
	if p == nil {
		return m.take(&a, out)
	}
	a.peer = p
	p.refs++ // whatever is released here, it takes part in what follows
	m.hear(p)
	out = m.pump(p, m.take(&a, out))
	m.release(p)
	return out
}

// take parses what was received and finds out what it is for.
func (m *Machine) take(a *arrival, out []Output) []Output {
	parse := m.scratch.Parse
	if a.peer != nil && a.peer.extended || slices.ContainsFunc(m.groups, func(g *peer) bool { return g.extended }) {
		parse = m.scratch.ParseExtended
	}
	if err := parse(a.Data); err != nil {
		return m.malformed(a, err.(*protocol.ParseError), out)
	}
	code := a.message.Code
	switch a.message.Type {
	case protocol.Acknowledgement:
		switch {
		case code.IsRequest():
			return a.unmatched(NotAllowed, 0, out)
		case code.IsReserved():
			return a.unmatched(ReservedCode, 0, out)
		}
		return m.acknowledgement(a, out)
	case protocol.Reset:
		if code != protocol.Empty {
			return a.unmatched(NotAllowed, 0, out)
		}
		return m.reset(a, out)
	}
	return m.confirmableOrNot(a, out)
}

func (m *Machine) malformed(a *arrival, err *protocol.ParseError, out []Output) []Output {
	t, id, ok := protocol.Header(a.Data)
	reset := ok && !err.Ignored && t == protocol.Confirmable && !a.Multicast
	if reset {
		out = append(out, a.reply(protocol.Reset, id, 0))
	}
	return append(out, Malformed{a.from, err, reset, a.Frame})
}

// reply makes an Empty ACK or RST.
func (a *arrival) reply(t protocol.Type, id protocol.MessageID, exchange ID) Transmit {
	kind := KindAcknowledgement
	if t == protocol.Reset {
		kind = KindReset
	}
	data := []byte{protocol.Version<<6 | byte(t)<<4, 0, byte(id >> 8), byte(id)}
	return Transmit{To: a.from, Data: data, Kind: kind, ID: exchange, Attempt: 1, Of: 1, Answers: a.Frame}
}

func (a *arrival) unmatched(why Reason, id ID, out []Output) []Output {
	return append(out, Unmatched{ID: id, From: a.from, Message: a.kept(), Reason: why, Frame: a.Frame})
}

// confirmableOrNot takes a CON or NON.
func (m *Machine) confirmableOrNot(a *arrival, out []Output) []Output {
	message := a.message
	if a.peer != nil {
		if r, ok := a.peer.recall(message.MessageID); ok {
			return m.duplicate(a, &r, out)
		}
	}
	switch {
	case message.Code == protocol.Empty && message.Type == protocol.Confirmable:
		return m.reject(a, PeerPing, nil, out)
	case message.Code == protocol.Empty:
		return m.reject(a, NotAllowed, nil, out)
	case message.Code.IsRequest():
		return m.reject(a, PeerRequest, nil, out)
	case message.Code.IsReserved():
		return m.reject(a, ReservedCode, nil, out)
	}
	e := m.tokens[tokenKey{a.peer, message.Token}]
	if e == nil || e.state == stateEnded {
		if group := m.tokens[tokenKey{nil, message.Token}]; group != nil {
			e = group
		}
	}
	switch {
	case e == nil:
		return m.reject(a, NoExchange, nil, out)
	case e.state == stateEnded:
		return m.reject(a, e.ending.reason(), e, out)
	}
	if bad := unrecognized(message); bad != nil {
		out = m.reject(a, CriticalOption, e, out)
		return m.unusable(a, e, bad, out)
	}
	if e.rejectNext {
		out = m.reject(a, Rejected, e, out)
		return m.end(e, endedByCancel, append(out, Failed{e.id, ErrRejected, a.Frame}))
	}
	answered := message.Type == protocol.Confirmable && !a.Multicast
	if answered {
		out = append(out, a.reply(protocol.Acknowledgement, message.MessageID, e.id))
	}
	m.remember(a, e, answered, protocol.Acknowledgement)
	return m.respond(a, e, false, out)
}

// duplicate answers as it was done the first time (RFC 7252 §4.5).
func (m *Machine) duplicate(a *arrival, first *received, out []Output) []Output {
	if first.answered && a.message.Type == protocol.Confirmable && !a.Multicast {
		out = append(out, a.reply(first.answer, a.message.MessageID, first.id))
	}
	return append(out, Duplicate{
		ID: first.id, From: a.from, Message: a.kept(), Frame: a.Frame, First: first.frame,
		Differs: hash(a.Data) != first.hash,
	})
}

// reject sends a RST where that is due: for a CON; and for a NON that is a notification, or asks for
// blocks of a body that is given up, whose sender has no other way to learn of that (RFC 7252 §4.2,
// §4.3, RFC 7641 §3.6, RFC 9177 §4.3).
func (m *Machine) reject(a *arrival, why Reason, near *exchange, out []Output) []Output {
	message := a.message
	var id ID
	if near != nil {
		id = near.id
	}
	notification := message.Code.IsResponse() && message.Options.Has(protocol.Observe)
	asks := false
	if message.Code == protocol.RequestEntityIncomplete {
		f, ok := message.ContentFormat()
		asks = ok && f == protocol.MissingBlocks
	}
	answered := !a.Multicast && (message.Type == protocol.Confirmable || notification || asks || why == Rejected)
	if answered {
		out = append(out, a.reply(protocol.Reset, message.MessageID, id))
	}
	m.remember(a, near, answered, protocol.Reset)
	return append(out, Unmatched{
		ID: id, From: a.from, Message: a.kept(), Reason: why, Reset: answered, Frame: a.Frame,
	})
}

// unusable gives up the exchange whose response cannot be accepted; for a multicast request
// there are other responses.
func (m *Machine) unusable(a *arrival, e *exchange, bad *CriticalOptionError, out []Output) []Output {
	if e.multicast {
		return out
	}
	bad.Message = a.kept()
	return m.fail(e, bad, a.Frame, out)
}

// respond delivers a response to an open exchange.
func (m *Machine) respond(a *arrival, e *exchange, piggybacked bool, out []Output) []Output {
	e.responses++
	if p := e.peer; a.message.Token.Len() > shortToken && !e.multicast { // it has them (RFC 8974 §2.2.2)
		p.longTokens, p.longTokensUntil = supported, m.now+longTokensLifetime
	}
	r := Response{
		ID: e.id, From: a.from, Message: a.kept(), Piggybacked: piggybacked, Count: e.responses,
		RTT: m.now - e.started, Attempts: int(e.attempts), Open: e.keepOpen || e.multicast, Frame: a.Frame,
	}
	out = append(out, r)
	if !r.Open {
		return m.end(e, endedByResponse, out)
	}
	m.settle(e)
	e.state, e.data = stateAnswered, nil
	if !e.multicast {
		m.stopTimer(e)
	}
	return out
}

// find gives the exchange with the message ID of an ACK or RST.
func (m *Machine) find(a *arrival) *exchange {
	if a.peer == nil {
		return nil
	}
	return m.sent[messageKey{a.peer, a.message.MessageID}]
}

// acknowledgement takes an ACK, Empty or with a response (RFC 7252 §5.2.1, §5.2.2).
func (m *Machine) acknowledgement(a *arrival, out []Output) []Output {
	e := m.find(a)
	if e == nil {
		return a.unmatched(NoExchange, 0, out)
	}
	empty := a.message.IsEmpty()
	if !empty && a.message.Token != e.token { // an older one whose message ID was used again
		if older := m.tokens[tokenKey{a.peer, a.message.Token}]; older != nil && older.message == e.message && older.confirmable {
			e = older
		}
	}
	switch {
	case !e.confirmable, e.ping && !empty:
		return a.unmatched(NotAllowed, e.id, out)
	case !empty && a.message.Token != e.token:
		return a.unmatched(TokenMismatch, e.id, out)
	case empty && e.emptyACK, !empty && e.piggybacked:
		return append(out, Duplicate{ID: e.id, From: a.from, Message: a.kept(), Frame: a.Frame, First: e.first})
	case e.state == stateEnded:
		return a.unmatched(e.ending.reason(), e.id, out)
	case e.state == stateAnswered && !empty:
		return a.unmatched(AfterResponse, e.id, out)
	}
	e.first = a.Frame
	if !empty {
		if bad := unrecognized(a.message); bad != nil {
			return m.unusable(a, e, bad, a.unmatched(CriticalOption, e.id, out))
		}
		e.piggybacked = true
		return m.respond(a, e, true, out)
	}
	e.emptyACK = true
	switch {
	case e.ping:
		return m.pong(a, e, out)
	case e.state == stateAnswered: // the separate response overtook it
		return a.unmatched(AfterResponse, e.id, out)
	}
	m.settle(e)
	e.state, e.waitingSince = stateAcknowledged, m.now
	if e.noResponse == allResponses {
		return m.suppressed(e, a.Frame, out)
	}
	m.startTimer(e, e.responseDue())
	return append(out, Acknowledged{
		ID: e.id, From: a.from, RTT: m.now - e.started, Attempts: int(e.attempts), Deadline: m.at(e.due), Frame: a.Frame,
	})
}

func (m *Machine) pong(a *arrival, e *exchange, out []Output) []Output {
	rtt := m.now - e.started
	return m.end(e, endedByResponse, append(out, Pong{e.id, a.from, a.message.Type, rtt, int(e.attempts), a.Frame}))
}

// reset takes a RST.
func (m *Machine) reset(a *arrival, out []Output) []Output {
	e := m.find(a)
	if e == nil {
		for _, g := range m.groups {
			if e := m.sent[messageKey{g, a.message.MessageID}]; e != nil {
				return a.unmatched(MulticastReset, e.id, out)
			}
		}
		return a.unmatched(NoExchange, 0, out)
	}
	switch e.state {
	case stateEnded:
		return a.unmatched(e.ending.reason(), e.id, out)
	case stateAnswered:
		return a.unmatched(AfterResponse, e.id, out)
	}
	if e.ping {
		return m.pong(a, e, out)
	}
	p, long := e.peer, e.token.Len() > shortToken
	switch {
	case long && e.fixedToken:
		return m.fail(e, ErrLongToken, a.Frame, out)
	case long && e.confirmable && m.longTokensOf(p) != supported:
		return m.shorten(a, e, out)
	case e.shortened: // the length of the token was not the reason
		p.longTokens = unknown
	}
	return m.fail(e, ErrReset, a.Frame, out)
}

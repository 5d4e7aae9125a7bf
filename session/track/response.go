package track

import (
	"coapscope/protocol"
)

// separate takes a CON or NON with a response.
func (t *Tracker) separate(s *sighting) {
	m := &t.scratch
	key := directedID{s.source.number, s.dest.number, m.MessageID}
	if r := t.message(key, s.now); r != nil && r.response && r.code == m.Code && r.token == m.Token {
		r.copies++
		if r.index != 0 {
			x := t.at(r.index)
			x.duplicates++
			if x.multicast {
				t.responder(s, x, r.index).duplicates++
			}
		}
		s.info.index, s.info.role, s.info.number, s.info.related = r.index, RoleDuplicateResponse, r.copies, r.position
		return
	}
	token := conversationToken{s.dest.number, s.source.number, m.Token}
	index, x := t.exchangeOf(token, s.now)
	if x == nil {
		token.server = 0
		index, x = t.exchangeOf(token, s.now)
	}
	if x == nil && s.hasObserve { // an observation that began before
		x = t.exchange(s, s.dest, s.source, protocol.DatagramFraming)
		x.observe = true
		index = s.info.index
		t.begin(s, x)
	}
	r := messageRecord{position: s.position, at: s.now, token: m.Token, index: index, code: m.Code, response: true}
	if x != nil {
		r.token = x.token // the same, and if it is long, in the same memory
		s.info.index = index
		t.respond(s, x, RoleSeparate)
	}
	t.keep(key, r)
}

// respond takes a response to the exchange, the first or a further one.
func (t *Tracker) respond(s *sighting, x *tracked, role Role) {
	m := &t.scratch
	s.info.role, s.info.related = role, x.head
	first := x.responses == 0
	observing := x.state == StateObserving || x.state == StateCancelled
	part := s.block2.q() && !first // one of many blocks with the same token (RFC 9177 §4.4)
	// Of those of an observation, it is the same notification.
	same := part && x.transfer != 0 && s.hasObserve && x.notifications > 0 && s.observe == x.sequence
	switch {
	case x.multicast:
		r := t.responder(s, x, s.info.index)
		if r.code = m.Code; r.responses > 0 && !(observing && s.hasObserve) {
			r.duplicates++
			x.duplicates++
			s.info.role, s.info.number, s.info.related = RoleDuplicateResponse, x.duplicates, r.frame
			return
		}
		if r.responses++; r.responses > 1 {
			s.info.role = RoleNotification
		} else {
			x.answerers++
			s.info.rtt = s.now - x.first
		}
	case same && x.notifications == 1:
		s.info.rtt = s.now - x.first
	case !first && observing, !x.seen:
		s.info.role = RoleNotification
	case !first && !part && !x.requestBlock1.q(): // RFC 9177 §4.3: of that block come 2.31, 4.08 and the last
		x.duplicates++
		s.info.role, s.info.number = RoleDuplicateResponse, x.duplicates
		if x.response != 0 {
			s.info.related = x.response
		}
		return
	default:
		s.info.rtt = s.now - x.first
	}
	if first {
		x.rtt = s.info.rtt
	}
	x.responses++
	s.info.number = x.responses
	x.code, x.responseType, x.responseID = m.Code, m.Type, m.MessageID
	x.responseBlock1, x.responseBlock2 = s.block1, s.block2
	switch {
	case same:
	case !x.observe || !s.hasObserve || m.Code.Class() != 2:
		// Without the option, or with an error, no notification follows (RFC 7641 §3.2, §4.2), unless it is a block.
		t.unobserved(s, x)
	default:
		t.observes(s, x)
	}
	if m.Code == protocol.Unauthorized && s.echo != nil && x.seen {
		t.challenged(x, s.info.index, RepeatEcho, s.echo)
	}
	if s.block2 != 0 || x.transfer != 0 {
		t.moves(s, x)
	}
}

// unobserved takes a response that ends an observation, if it was one.
func (t *Tracker) unobserved(s *sighting, x *tracked) {
	m := &t.scratch
	if s.block1.q() || x.requestBlock1.several() && m.Code == protocol.Continue || s.block2.q() && x.responses > 1 {
		if x.state < StateAnswered {
			x.state = StateAnswered
		}
		return
	}
	x.state = StateAnswered
	if x.observation != 0 && x.observe {
		how := ObservationWithdrawn
		if m.Code.Class() != 2 {
			how = ObservationFailed
		}
		t.end(s, x, how)
	}
}

// observes takes a notification, also the first, which is the response to the registration.
func (t *Tracker) observes(s *sighting, x *tracked) {
	if x.state != StateCancelled {
		x.state = StateObserving
		t.observed = true
	}
	x.notifications++
	fresh := x.notifications == 1 || x.multicast || x.framing.Reliable() || // which keeps the order (RFC 8323 §7.1)
		protocol.ObserveFresher(x.sequence, t.epoch.Add(x.sequenceTime), s.observe, t.epoch.Add(s.now))
	if fresh {
		x.sequence, x.sequenceTime = s.observe, s.now
	} else {
		x.stale++
		s.info.stale = true
	}
	t.notified(s, x)
}

// answer takes an ACK or RST: it goes back to where a message with its ID came from.
func (t *Tracker) answer(s *sighting) {
	m := &t.scratch
	r := t.message(directedID{s.dest.number, s.source.number, m.MessageID}, s.now)
	if r == nil && m.Type == protocol.Reset {
		r = t.message(directedID{s.dest.number, 0, m.MessageID}, s.now)
	}
	if r == nil {
		return
	}
	s.info.related = r.position // even if it does not fit
	if s.isRequest || m.Code.IsReserved() || m.Type == protocol.Reset && !s.empty {
		return
	}
	var x *tracked
	if r.index != 0 {
		x = t.at(r.index)
	}
	switch ping := !r.response && r.code == protocol.Empty; {
	case ping && s.empty:
		r.acks++
		s.answers(RolePong, r, r.acks)
		if x.responses == 0 {
			x.responses, x.rtt, x.state = 1, s.info.rtt, StateAnswered
		}
	case m.Type == protocol.Reset:
		r.acks++
		s.answers(RoleReset, r, r.acks)
		switch {
		case x == nil || x.multicast:
		case !r.response && (x.state == StateOpen || x.state == StateAcknowledged || x.state == StateSilent):
			x.state = StateReset
			t.rejected(s, x, r.index)
		case r.response && x.state == StateObserving:
			x.state = StateCancelled // RFC 7641 §3.6
			t.end(s, x, ObservationRejected)
		}
	case s.empty:
		r.acks++
		s.answers(RoleAcknowledgement, r, r.acks)
		if x != nil && !r.response && x.state == StateOpen {
			x.state = StateAcknowledged
		}
	case !r.response && m.Token == r.token:
		s.info.index = r.index
		if x.responses > 0 {
			x.duplicates++
			s.info.role, s.info.number = RoleDuplicateResponse, x.duplicates
			if x.response != 0 {
				s.info.related = x.response
			}
			return
		}
		t.respond(s, x, RolePiggybacked)
		s.info.related = r.position
	}
}

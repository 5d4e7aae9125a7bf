package track

import "coapscope/protocol"

// reliable takes a frame of a reliable transport (RFC 8323). Its message is whole and in order, and none comes twice.
func (t *Tracker) reliable(s *sighting, o *Observed) {
	m := &t.scratch
	if m.ParseFraming(o.Framing, o.Data) != nil {
		s.info.role = RoleMalformed
		return
	}
	s.source, s.dest = t.endpoint(o.Source), t.endpoint(o.Destination)
	s.reliable, s.payload = true, uint32(len(o.Data)-len(m.Payload))
	t.look(s)
	switch {
	case s.isRequest:
		x := t.exchange(s, s.source, s.dest, o.Framing)
		x.seen, x.method = true, m.Code
		t.asked(s, x)
		t.begin(s, x)
	case m.Code.IsResponse():
		t.response(s, o.Framing)
	case m.Code == protocol.Ping:
		s.info.role = RolePing
		t.exchange(s, s.source, s.dest, o.Framing).seen = true
		t.young.tokens[t.hashToken(pingKey(s.source, s.dest, m.Token, o.Framing))] = s.info.index
	case m.Code == protocol.Pong:
		t.pong(s, o.Framing)
	case s.empty, m.Code.IsSignaling():
		s.info.role = RoleSignalling
	}
}

// response takes a response: the one, or a notification, that its token asks for (RFC 8323 §7).
func (t *Tracker) response(s *sighting, f protocol.Framing) {
	m := &t.scratch
	index, x := t.exchangeOf(conversation(s.dest, s.source, m.Token, f), s.now)
	if x == nil {
		if !s.hasObserve {
			return
		}
		// An observation that began before.
		x = t.exchange(s, s.dest, s.source, f)
		x.observe = true
		index = s.info.index
		t.begin(s, x)
	}
	if x.responses > 0 && x.seen && x.state != StateObserving && x.state != StateCancelled && !s.block2.q() && !x.requestBlock1.q() {
		s.info.related = x.head // which has its response
		return
	}
	s.info.index = index
	t.respond(s, x, RoleSeparate)
}

// pingKey names a ping. Tokens of pings are apart from those of requests.
func pingKey(from, to *trackedEndpoint, token protocol.Token, f protocol.Framing) conversationToken {
	key := conversation(from, to, token, f)
	key.client |= markPing
	return key
}

// pong takes the answer to a ping, which echoes its token (RFC 8323 §5.4).
func (t *Tracker) pong(s *sighting, f protocol.Framing) {
	index, x := t.exchangeOf(pingKey(s.dest, s.source, t.scratch.Token, f), s.now)
	if x == nil || x.responses > 0 {
		return
	}
	s.info.role, s.info.index, s.info.number = RolePong, index, 1
	s.info.related, s.info.rtt = x.head, s.now-x.first
	x.responses, x.rtt, x.state = 1, s.info.rtt, StateAnswered
}

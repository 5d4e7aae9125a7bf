package lint

import (
	"time"

	"coapscope/protocol"
	"coapscope/session/track"
)

// tokenKey names a request of a client to a server, by a hash.
type tokenKey uint64

func tokenKeyOf(client, server uint32, token uint64) tokenKey {
	return tokenKey(relationKey(client, server)*0x9e3779b97f4a7c15 ^ token)
}

// asked is a request in the ring of the latest ones.
type asked struct {
	frame          uint64
	at             time.Duration
	token          uint64
	client, server uint32
	id             protocol.MessageID
	tokenLength    uint8
	reliable       bool
}

// dialogue is what is remembered of an exchange: its request, and the observation that it may begin.
type dialogue struct {
	frame        uint64 // of the request
	at           time.Duration
	token        uint64
	resource     uint64
	registration uint64
	request      uint64 // see requestHash
	has          optionSet
	block1       protocol.Block
	block2       protocol.Block
	accept       uint32
	etags        etags
	requestTag   uint64
	noResponse   uint8
	method       protocol.Code
	kind         protocol.Type
	seen         bool // the request was seen
	group        bool
	extended     bool // the token is longer than 8 bytes
	answered     uint64
	answeredAt   time.Duration
	answer       uint64 // content of the first response

	register, deregister bool
	inherits             bool   // the token is that of an observation
	observing            bool   // notifications may follow
	format               uint32 // of the first response
	formatFrame          uint64
	sequence             uint32
	sequenceFrame        uint64
	confirmed            time.Duration // when the last CON notification came, or the first response
	confirmedFrame       uint64
	fresh                time.Duration // until when the last notification is
	freshFor             time.Duration
	freshFrame           uint64
	ended                uint64 // the frame by which the server ended it
	endedAt              time.Duration
	reset                uint64 // the RST of the client
	resetAt              time.Duration
}

// request takes the first transmission of a request.
func (l *Linter) request(m *message, mine *side) {
	mine.asked = true
	if m.group {
		l.groupRequest(m)
	}
	key := tokenKeyOf(m.from, m.to, m.token)
	previous := l.previous(m, key)
	d := l.dialogues.put(m.info.Exchange)
	*d = dialogue{
		frame: m.frame, at: m.now, token: m.token, resource: m.resource, registration: m.registration, request: requestHash(m),
		has: m.has, block1: m.block1, block2: m.block2, accept: m.accept, etags: m.etags,
		requestTag: m.requestTag, noResponse: m.noResponse, method: m.code, kind: m.kind, seen: true, group: m.group,
		extended: m.tokenLength > 8, format: noFormat,
	}
	if m.has.has(hasObserve) && (m.code == protocol.GET || m.code == protocol.FETCH) {
		d.register, d.deregister = m.observe == protocol.ObserveRegister, m.observe == protocol.ObserveDeregister
	}
	if previous != nil {
		l.sameToken(m, d, previous)
	}
	*l.tokens.put(key) = m.info.Exchange
	a := &l.asked[l.nextAsked]
	l.nextAsked++
	*a = asked{m.frame, m.now, m.token, m.from, m.to, m.id, uint8(min(m.tokenLength, 255)), m.reliable}
	if d.register && !m.group {
		l.registers(m)
	}
	if m.has.has(hasBlock1 | hasBlock2) {
		l.blockRequest(m)
	}
	if m.has.has(hasQBlock1) {
		l.quickRequest(m)
	}
	if mine.related || m.tokenLength > 8 && !m.reliable {
		l.relatedRequest(m, mine)
	}
}

// previous is what the token stands for so far.
func (l *Linter) previous(m *message, key tokenKey) *dialogue {
	if i := l.tokens.get(key); i != nil && !m.group {
		return l.dialogues.get(*i)
	}
	return nil
}

// groupRequest takes a request to a group.
func (l *Linter) groupRequest(m *message) {
	if m.code == protocol.GET && m.has.has(hasETag) {
		l.report(ruleETagMulticast, m, 0, 0, 0)
	}
}

// sameToken takes a request with a token that was used before (RFC 7252 §5.3.1).
func (l *Linter) sameToken(m *message, d, previous *dialogue) {
	if previous.observing {
		previous.observing = false // the token stands for this request from now on
		d.inherits = true
		if (d.register || d.deregister) && previous.resource == d.resource {
			l.registersAgain(m, d, previous)
			return
		}
		l.report(ruleTokenReused, m, previous.frame, 0, 0)
		return
	}
	if previous.answered != 0 || previous.reset != 0 || !previous.seen || previous.group {
		return
	}
	age := m.now - previous.at
	if previous.kind == protocol.NonConfirmable && (previous.has.has(hasNoResponse) || age >= l.transmission.AckTimeout) {
		return // nothing may come any more: it was lost, or not wanted (RFC 7967 §3.1)
	}
	if age >= 0 && age < l.transmission.MaxTransmitWait() && !m.reliable || m.reliable && age >= 0 && age < l.lifetime {
		l.report(ruleTokenReused, m, previous.frame, 0, 0)
	}
}

// askedElsewhere finds a request of the recipient that this response would fit, if it came from the endpoint that
// was asked.
func (l *Linter) askedElsewhere(m *message) *asked {
	for i := range l.asked {
		a := &l.asked[i]
		if a.frame == 0 || a.client != m.to || a.server == m.from || a.token != m.token || !within(a.at, m.now, l.lifetime) {
			continue
		}
		if m.kind == protocol.Acknowledgement && a.id != m.id || a.tokenLength == 0 && m.kind != protocol.Acknowledgement {
			continue
		}
		return a
	}
	return nil
}

// response takes a response.
func (l *Linter) response(m *message, p *pair, at int) {
	theirs := &p.sides[1-at]
	switch m.info.Role {
	case track.RoleUnmatched:
		l.unmatchedResponse(m, theirs)
		return
	case track.RolePiggybacked, track.RoleSeparate, track.RoleNotification, track.RoleDuplicateResponse:
	default:
		return
	}
	d := l.dialogues.get(m.info.Exchange)
	if d == nil {
		d = l.dialogues.put(m.info.Exchange)
		d.format, d.accept = noFormat, noFormat
		d.register = m.exchange.Observe
		d.token = m.token
	}
	if !m.reliable && d.seen && d.kind == protocol.Confirmable && m.kind != protocol.Acknowledgement && d.answered == 0 {
		l.settledBySeparate(m, theirs)
	}
	// A notification may be on its way when the request goes out that ends the observation.
	crossed := d.deregister || d.inherits && !d.register
	if m.info.Role == track.RoleDuplicateResponse && (d.answered != 0 || !d.inherits && !crossed) {
		l.furtherResponse(m, d)
		return
	}
	if crossed && d.answered == 0 && m.has.has(hasObserve) && m.kind != protocol.Acknowledgement {
		return
	}
	if d.seen {
		l.judgeResponse(m, d)
	}
	if m.has.has(hasBlock1|hasBlock2) || d.has.has(hasBlock1|hasBlock2) {
		l.blockResponse(m, d)
	}
	if d.register || d.deregister || m.has.has(hasObserve) {
		l.observeResponse(m, d, &p.sides[at])
	}
	if m.has.has(hasEcho) || m.code.Class() >= 4 || d.extended {
		l.relatedResponse(m, d, theirs)
	}
	if d.answered == 0 {
		d.answered, d.answeredAt, d.answer = m.frame, m.now, m.content
	}
}

// unmatchedResponse takes a response that the tracker knows no request for.
func (l *Linter) unmatchedResponse(m *message, theirs *side) {
	if m.kind == protocol.Acknowledgement && !m.reliable {
		return // judged by its message ID
	}
	if m.reliable { // where the tracker lets a token go with the first response
		if i := l.tokens.get(tokenKeyOf(m.to, m.from, m.token)); i != nil {
			if d := l.dialogues.get(*i); d != nil && d.seen {
				switch {
				case d.answered == 0: // what came before was a notification on its way
					d.answered, d.answeredAt = m.frame, m.now
				case !l.lateNotification(m, d):
					l.report(ruleAnsweredAgain, m, d.frame, 0, 0)
				}
				return
			}
		}
	}
	if a := l.askedElsewhere(m); a != nil {
		l.report(ruleResponseElsewhere, m, a.frame, 0, 0)
		return
	}
	if theirs.asked {
		l.report(ruleResponseUnmatched, m, 0, 0, 0)
	}
}

// settledBySeparate takes a separate response for the ACK of its request (RFC 7252 §5.2.2).
func (l *Linter) settledBySeparate(m *message, theirs *side) {
	id := m.exchange.MessageID
	theirs.settle(id)
	if s := l.sent.get(keyOf(m.to, m.from, id)); s != nil && s.answeredBy == 0 {
		s.answeredBy, s.answeredAt = m.frame, m.now
	}
}

// furtherResponse takes a response to a request that is answered and observes nothing (any more).
func (l *Linter) furtherResponse(m *message, d *dialogue) {
	if d.register || d.deregister || m.has.has(hasObserve) {
		if l.lateNotification(m, d) {
			return
		}
	}
	if !m.reliable {
		if m.kind == protocol.Acknowledgement {
			if m.info.Related == 0 || d.answer == m.content || m.exchange.Retransmissions > 0 {
				return // an answer to a duplicate is judged by its message ID
			}
		} else if s := l.sent.get(keyOf(m.from, m.to, m.id)); s != nil && s.frame != m.frame {
			return // the same message again
		}
	}
	if m.exchange.Multicast || !d.seen || d.group || d.has.has(hasQBlock) || m.has.has(hasQBlock) {
		return
	}
	if m.exchange.Retransmissions > 0 {
		l.answeredDifferently(m, d.frame, d.method)
		return
	}
	l.report(ruleAnsweredAgain, m, d.frame, 0, 0)
}

// judgeResponse holds a response against its request.
func (l *Linter) judgeResponse(m *message, d *dialogue) {
	success := m.code.Class() == 2
	first := d.answered == 0 || d.group
	if first && !d.group && d.kind == protocol.NonConfirmable && m.kind == protocol.Confirmable && !m.reliable && !m.has.has(hasObserve) {
		l.report(ruleConfirmableToNON, m, d.frame, 0, 0)
	}
	if d.has.has(hasNoResponse) && d.noResponse&noResponseBit(m.code) != 0 {
		l.report(ruleNotWanted, m, d.frame, uint64(m.code), uint64(m.code.Class()))
	}
	if m.code == protocol.Continue && !(d.has.has(hasBlock1) && d.block1.More) && !d.has.has(hasQBlock) {
		l.report(ruleContinueUnasked, m, d.frame, 0, 0)
	}
	if m.code == protocol.RequestEntityIncomplete && !d.has.has(hasBlock1|hasQBlock|hasOSCORE) {
		l.report(ruleIncompleteUnasked, m, d.frame, 0, 0)
	}
	if m.has.has(hasLocation) && (d.method == protocol.GET || d.method == protocol.FETCH || d.method == protocol.DELETE) {
		l.report(ruleLocation, m, d.frame, uint64(d.method), 0)
	}
	if !success {
		return
	}
	if d.has.has(hasBadOption) {
		l.report(ruleBadOptionAccepted, m, d.frame, uint64(m.code), 0)
	}
	if !d.has.has(hasOSCORE) && !m.has.has(hasOSCORE) && !fits(d.method, m.code) {
		l.report(ruleCodeForMethod, m, d.frame, uint64(d.method), uint64(m.code))
	}
	if d.has.has(hasAccept) && m.has.has(hasFormat) && d.accept != m.format && d.accept != noFormat {
		l.report(ruleNotAccepted, m, d.frame, uint64(d.accept), uint64(m.format))
	}
	if m.code == protocol.Valid && m.etags.n > 0 && d.etags.lacks(&m.etags) && !d.inherits {
		l.report(ruleETagNotOffered, m, d.frame, 0, 0)
	}
}

// noResponseBit is the bit of No-Response that the code's class has (RFC 7967 §2.1).
func noResponseBit(c protocol.Code) uint8 { return 1 << (c.Class() - 1) }

// fits tells whether a success is one that the method has (RFC 7252 §5.8, RFC 8132 §2). Methods and codes that
// nobody has registered go with everything.
func fits(method, code protocol.Code) bool {
	switch code {
	case protocol.Created:
		return method != protocol.GET && method != protocol.DELETE && method != protocol.FETCH
	case protocol.Deleted:
		return method != protocol.GET && method != protocol.PUT && method != protocol.FETCH && method != protocol.PATCH && method != protocol.IPATCH
	case protocol.Changed:
		return method != protocol.GET && method != protocol.DELETE && method != protocol.FETCH
	case protocol.Content, protocol.Valid:
		return method == protocol.GET || method == protocol.FETCH || method > protocol.IPATCH
	}
	return true
}

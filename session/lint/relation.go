package lint

import (
	"time"

	"coapscope/protocol"
)

// relation is what a client and a server have told each other for later, beyond single exchanges. On a reliable
// transport it is what one peer knows of the other.
type relation struct {
	echo      uint64 // the latest value that the server gave, and the one before
	echoFrame uint64
	echoAt    time.Duration
	echoOlder uint64
	echoDue   bool

	busy      uint64 // resource that must not be asked
	busyFrame uint64
	busyAt    time.Duration
	busyFor   time.Duration

	refused      uint64 // registration options of a request answered 4.02
	refusedFrame uint64

	extended      extendedTokens
	extendedFrame uint64

	tagged     uint64 // resource of an upload, its Request-Tag and next byte
	tag        uint64
	taggedNext uint64
	tagFrame   uint64

	connection
}

// extendedTokens is what is known of a server's support of RFC 8974.
type extendedTokens uint8

const (
	extendedUntried extendedTokens = iota
	extendedKnown
	extendedRejected
)

func relationKey(client, server uint32) uint64 { return uint64(client)<<32 | uint64(server) }

// relate gives the relation of the client to the server, making one.
func (l *Linter) relate(client, server uint32, of *side) *relation {
	of.related = true
	return l.relations.obtain(relationKey(client, server))
}

// relatedRequest holds a request against what the server has said before.
func (l *Linter) relatedRequest(m *message, mine *side) {
	r := l.relate(m.from, m.to, mine)
	if r.echoFrame != 0 && !m.group && !m.has.has(hasOSCORE) {
		switch {
		case !m.has.has(hasEcho) && within(r.echoAt, m.now, slack/2): // it may have been on its way
		case m.has.has(hasEcho) && m.echo != r.echo && m.echo != r.echoOlder:
			l.report(ruleEchoChanged, m, r.echoFrame, 0, 0)
			r.echoDue = false
		case !m.has.has(hasEcho) && r.echoDue:
			l.report(ruleEchoNotReturned, m, r.echoFrame, 0, 0)
			r.echoDue = false
		default:
			r.echoDue = false
		}
	}
	if r.busyFrame != 0 && r.busy == m.resource {
		if age := m.now - r.busyAt; age >= 0 && age < r.busyFor-min(slack, r.busyFor/2) {
			l.report(ruleAskedTooSoon, m, r.busyFrame, uint64(r.busyFor), uint64(age))
		}
		r.busyFrame = 0
	}
	if r.refusedFrame != 0 {
		if r.refused == requestHash(m) {
			l.report(ruleBadOptionRepeated, m, r.refusedFrame, 0, 0)
		}
		r.refusedFrame = 0
	}
	if m.tokenLength > 8 && !m.reliable && !m.group {
		switch {
		case r.extended == extendedRejected:
			l.report(ruleExtendedTokenRefused, m, r.extendedFrame, uint64(m.tokenLength), 0)
		case r.extended == extendedUntried && m.kind == protocol.NonConfirmable:
			l.report(ruleExtendedTokenNON, m, 0, uint64(m.tokenLength), 0)
			r.extended = extendedKnown // said once
		}
	}
}

// requestHash tells requests apart by all that a client would modify after 4.02.
func requestHash(m *message) uint64 {
	h := m.registration ^ m.resource ^ uint64(m.has)<<40 ^ uint64(m.observe)<<8
	h = h*prime ^ uint64(m.block1.Uint())
	h = h*prime ^ uint64(m.block2.Uint())
	return h*prime ^ m.echo ^ uint64(len(m.payload))
}

// relatedResponse remembers what a response says about later requests.
func (l *Linter) relatedResponse(m *message, d *dialogue, client *side) {
	if !d.seen || d.group {
		return
	}
	r := l.relate(m.to, m.from, client)
	if m.has.has(hasEcho) && !m.has.has(hasOSCORE) {
		r.echoOlder, r.echo, r.echoFrame, r.echoAt, r.echoDue = r.echo, m.echo, m.frame, m.now, true
	}
	switch {
	case m.code == protocol.TooManyRequests, m.code == protocol.ServiceUnavailable && m.has.has(hasMaxAge):
		r.busy, r.busyFrame, r.busyAt, r.busyFor = d.resource, m.frame, m.now, m.maxAge
	case m.code == protocol.BadOption:
		r.refused, r.refusedFrame = d.request, m.frame
	}
	if d.extended && r.extended != extendedKnown && !m.reliable {
		r.extended, r.extendedFrame = extendedKnown, m.frame
	}
}

// extendedTokenReset takes a RST of a request with an extended token (RFC 8974 §2.2.2).
func (l *Linter) extendedTokenReset(m *message, s *sent) {
	r := l.relations.get(relationKey(m.to, m.from))
	if r == nil {
		return
	}
	if r.extended == extendedKnown && r.extendedFrame != 0 {
		l.report(ruleExtendedTokenReset, m, r.extendedFrame, 0, 0)
		return
	}
	if s.kind == protocol.Confirmable {
		r.extended, r.extendedFrame = extendedRejected, m.frame
	}
}

// rememberTag remembers where an upload goes on, and with which Request-Tag (RFC 9175 §3.3).
func (l *Linter) rememberTag(m *message, next uint64) {
	r := l.relations.obtain(relationKey(m.from, m.to))
	r.tagged, r.tag, r.taggedNext, r.tagFrame = m.resource, m.requestTag, next, m.frame
}

// tagChanged takes a later block for which no upload is known: one with another Request-Tag may be it.
func (l *Linter) tagChanged(m *message) {
	r := l.relations.get(relationKey(m.from, m.to))
	if r != nil && r.tagFrame != 0 && r.tagged == m.resource && r.tag != m.requestTag && r.taggedNext == offset(m.block1) {
		l.report(ruleRequestTag, m, r.tagFrame, 0, 0)
	}
}

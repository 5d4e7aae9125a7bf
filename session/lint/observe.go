package lint

import (
	"time"

	"coapscope/protocol"
	"coapscope/session/track"
)

// registers takes a registration (RFC 7641 §3.1). What is observed is told by all options of the cache key.
func (l *Linter) registers(m *message) {
	if m.has.has(hasOSCORE) {
		return // what is observed is inside the ciphertext
	}
	key := transferKey{m.from, m.to, m.registration ^ m.resource}
	if m.code == protocol.FETCH { // whose payload is part of the cache key (RFC 8132 §2)
		key.resource = mix(key.resource, 0, m.payload)
	}
	if i := l.targets.get(key); i != nil {
		if d := l.dialogues.get(*i); d != nil && d.observing && d.token != m.token {
			l.report(ruleObserveTwice, m, d.frame, 0, 0)
		}
	}
	*l.targets.put(key) = m.info.Exchange
}

// registersAgain takes a registration or deregistration with the token of an observation (RFC 7641 §3.3.1, §3.6).
func (l *Linter) registersAgain(m *message, d, previous *dialogue) {
	if previous.seen && d.registration != previous.registration && !m.has.has(hasOSCORE) {
		l.report(ruleObserveOptions, m, previous.frame, 0, 0)
	}
	if d.register && m.now < previous.fresh-slack && previous.freshFor > 0 {
		l.report(ruleReregistrationEarly, m, previous.freshFrame, uint64(previous.freshFor),
			uint64(max(m.now-(previous.fresh-previous.freshFor), 0)))
	}
}

// observeResponse takes a response to a registration or deregistration, a notification, or a response with Observe
// that should not have it.
func (l *Linter) observeResponse(m *message, d *dialogue, server *side) {
	success, has := m.code.Class() == 2, m.has.has(hasObserve)
	if d.seen && !d.register && has && success {
		l.report(ruleObserveNotAsked, m, d.frame, 0, 0)
		return
	}
	if !d.register {
		return
	}
	switch {
	case !success:
		d.observing, d.ended, d.endedAt = false, m.frame, m.now
		return
	case has && l.lateNotification(m, d):
		return
	case !has:
		if d.observing && m.info.Role == track.RoleNotification {
			l.report(ruleNotificationPlain, m, d.frame, 0, 0)
		}
		d.observing, d.ended, d.endedAt = false, m.frame, m.now
		return
	}
	if d.observing {
		l.notification(m, d, server)
	} else {
		d.observing, d.formatFrame = true, 0
		d.confirmed, d.confirmedFrame = m.now, m.frame
	}
	if d.formatFrame == 0 && m.code != protocol.Valid { // 2.03 has no representation, and so no format
		d.format, d.formatFrame = m.format, m.frame
	}
	if !m.info.Stale {
		d.sequence, d.sequenceFrame = m.observe, m.frame
	}
	d.fresh, d.freshFor, d.freshFrame = m.now+m.maxAge, m.maxAge, m.frame
	if m.kind == protocol.Confirmable {
		d.confirmed, d.confirmedFrame = m.now, m.frame
	}
}

// notification takes a notification after the first response.
func (l *Linter) notification(m *message, d *dialogue, server *side) {
	if m.code != protocol.Valid && d.formatFrame != 0 && m.format != d.format {
		l.report(ruleNotificationFormat, m, d.formatFrame, uint64(d.format), uint64(m.format))
	}
	if m.reliable {
		return // order is that of the connection (RFC 8323 §7.1)
	}
	switch {
	case m.observe == d.sequence:
		l.report(ruleSequenceRepeated, m, d.sequenceFrame, uint64(m.observe), 0)
	case m.info.Stale:
		l.report(ruleStale, m, d.sequenceFrame, uint64(m.exchange.Sequence), uint64(m.observe))
	}
	if age := m.now - d.confirmed; m.kind == protocol.NonConfirmable && age > 24*time.Hour {
		l.report(ruleNoConfirmable, m, d.confirmedFrame, uint64(age), 0)
		d.confirmed, d.confirmedFrame = m.now, m.frame // once a day
	}
	if p := &server.pending; p.frame != 0 && p.frame != m.frame && p.exchange == m.info.Exchange &&
		int(p.copies) >= l.transmission.MaxRetransmit && m.now-p.at > l.transmission.MaxTransmitWait() {
		l.report(ruleAfterTimeout, m, p.frame, uint64(m.now-p.at), 0)
		*p = pending{}
	}
}

// lateNotification reports a notification that must not come any more.
func (l *Linter) lateNotification(m *message, d *dialogue) bool {
	if !m.has.has(hasObserve) || m.code.Class() != 2 {
		return false
	}
	if m.info.Role == track.RoleDuplicateResponse && !m.reliable {
		if s := l.sent.get(keyOf(m.from, m.to, m.id)); s == nil || s.frame != m.frame {
			return true // one of before, sent again
		}
	}
	// The network may turn two messages around.
	overtaken := func(at time.Duration) bool { return !m.reliable && within(at, m.now, slack) }
	switch {
	case d.deregister:
		if !overtaken(d.answeredAt) {
			l.report(ruleAfterDeregistration, m, d.answered, 0, 0)
		}
	case d.ended != 0:
		if !overtaken(d.endedAt) {
			l.report(ruleAfterEnd, m, d.ended, 0, 0)
		}
	case d.reset != 0:
		// A little time is for those on their way.
		if age := m.now - d.resetAt; age >= l.transmission.AckTimeout {
			l.report(ruleAfterReset, m, d.reset, uint64(age), 0)
		}
	default:
		return false
	}
	return true
}

package lint

import (
	"time"

	"coapscope/protocol"
	"coapscope/session/track"
)

// messageKey names a CON or NON: by the numbers of its endpoints, of which 24 bits are as good as unique, and its
// message ID. A map has a quick way for keys of 64 bits.
type messageKey uint64

func keyOf(from, to uint32, id protocol.MessageID) messageKey {
	return messageKey(uint64(from)<<40 | uint64(to&(1<<24-1))<<16 | uint64(id))
}

// sent is what is remembered of a CON or NON.
type sent struct {
	frame         uint64
	first, last   time.Duration // transmissions
	gap           time.Duration // between the last two
	content       uint64
	token         uint64
	answer        uint64 // content of the ACK or RST
	answeredBy    uint64 // frame of the first answer; 0 for none
	answeredAt    time.Duration
	copies        uint32
	kind          protocol.Type
	code          protocol.Code
	holed         bool // there may have been a transmission within gap that was not seen
	malformed     bool // its token and code cannot be relied on
	acknowledged  bool // by an Empty ACK
	extendedToken bool
}

// outstanding is a CON that waits for its ACK (RFC 7252 §4.7).
type outstanding struct {
	frame    uint64
	last     time.Duration // transmission
	until    time.Duration // as long as an ACK is expected
	exchange track.Index
	id       protocol.MessageID
	open     bool
	excess   bool // it was sent too soon, if the other endpoint can be heard
	behind   uint64
}

// pending is a CON response that nobody has acknowledged yet.
type pending struct {
	frame    uint64 // 0 for none
	at       time.Duration
	exchange track.Index
	id       protocol.MessageID
	copies   uint32
	alive    bool // its recipient sends other messages
}

const (
	// slack is what the time of a frame may be wrong by, and a timer may be late.
	slack = 100 * time.Millisecond
	// echoing is the time within which the same bytes again are a copy that the network or the capture made, such
	// as that of the next hop of a mesh.
	echoing = 50 * time.Millisecond
)

// layer applies the rules of the message layer (RFC 7252 §4).
func (l *Linter) layer(m *message, p *pair, at int) {
	mine, theirs := &p.sides[at], &p.sides[1-at]
	l.recipientSends(m, theirs)
	switch m.kind {
	case protocol.Confirmable, protocol.NonConfirmable:
		l.transmitted(m, mine, theirs)
	default:
		l.answered(m, mine, theirs)
	}
	if !mine.sent {
		// The other one can be heard: so what it sent without waiting was too soon.
		for i := range theirs.outstanding {
			if o := &theirs.outstanding[i]; o.excess {
				o.excess = false
				l.reportLate(ruleOutstanding, o.frame, o.behind, uint64(l.transmission.NStart), 0)
			}
		}
	}
}

// transmitted takes a CON or NON.
func (l *Linter) transmitted(m *message, mine, theirs *side) {
	confirmable := m.kind == protocol.Confirmable
	key := keyOf(m.from, m.to, m.id)
	lifetime := l.lifetime
	if !confirmable {
		lifetime = l.transmission.NonLifetime()
	}
	if s := l.sent.get(key); s != nil && !s.malformed && within(s.first, m.now, lifetime) {
		if s.code == m.code && s.token == m.token {
			l.again(m, s, mine)
			return
		}
		l.report(ruleMessageIDReused, m, s.frame, uint64(lifetime), uint64(max(m.now-s.first, 0)))
	}
	s := l.sent.put(key)
	s.frame, s.first, s.last, s.content, s.token = m.frame, m.now, m.now, m.content, m.token
	s.kind, s.code, s.extendedToken = m.kind, m.code, m.tokenLength > 8
	if !confirmable {
		return
	}
	if m.group {
		l.report(ruleConfirmableMulticast, m, 0, 0, 0)
		return
	}
	l.replace(m, mine)
	l.outstand(m, mine, theirs)
	if m.code.IsResponse() && mine.pending.frame == 0 {
		mine.pending = pending{frame: m.frame, at: m.now, exchange: m.info.Exchange, id: m.id}
	}
}

// again takes a message that was sent before.
func (l *Linter) again(m *message, s *sent, mine *side) {
	same := s.content == m.content
	gap := m.now - s.last
	if same && gap < echoing {
		return
	}
	if !same {
		l.report(ruleRetransmissionDiffers, m, s.frame, 0, 0)
	}
	defer func() {
		s.holed = gap > l.patience(l.transmission.AckTimeout)+slack && s.copies == 1 || s.copies > 1 && gap > 2*s.gap+s.gap/4
		s.gap, s.last = gap, m.now
	}()
	s.copies++
	if m.kind != protocol.Confirmable {
		return
	}
	if mine.pending.frame == s.frame {
		mine.pending.copies = s.copies
	}
	for i := range mine.outstanding {
		if o := &mine.outstanding[i]; o.open && o.id == m.id {
			o.last, o.until = m.now, m.now+l.patience(2*max(gap, l.transmission.AckTimeout))
		}
	}
	if s.answeredBy != 0 {
		l.report(ruleRetransmissionAnswered, m, s.answeredBy, uint64(max(m.now-s.answeredAt, 0)), 0)
	}
	first, early := l.transmission.AckTimeout, false
	switch {
	case gap < first-min(slack, first/4):
		l.report(ruleRetransmissionEarly, m, s.frame, uint64(first), uint64(gap))
		early = true
	case s.copies > 1 && s.gap > 0 && gap < s.backoff():
		l.report(ruleRetransmissionNotDoubled, m, s.frame, uint64(2*s.gap), uint64(gap))
	}
	if most := l.transmission.MaxRetransmit; int(s.copies) > most {
		l.report(ruleRetransmissionMany, m, s.frame, uint64(most), uint64(s.copies))
	} else if span := l.transmission.MaxTransmitSpan(); !early && m.now-s.first > span+span/20 {
		l.report(ruleRetransmissionSpan, m, s.frame, uint64(span), uint64(m.now-s.first))
	}
}

// backoff is the least time to the next transmission that doubles the timeout, with 10 % to spare. Where
// transmissions between the last two are missing, they were n timeouts of g, 2g, 4g … apart together, and the next
// is more than as long again.
func (s *sent) backoff() time.Duration {
	if s.holed {
		return s.gap + s.gap/10
	}
	return 2*s.gap - s.gap/5 - slack
}

// patience is how long an ACK is expected after a transmission that has this timeout, at most.
func (l *Linter) patience(timeout time.Duration) time.Duration {
	return time.Duration(float64(timeout) * l.transmission.AckRandomFactor)
}

// outstand counts a new CON (RFC 7252 §4.7).
func (l *Linter) outstand(m *message, mine, theirs *side) {
	open, free := 0, 0
	var behind uint64
	for i := range mine.outstanding {
		o := &mine.outstanding[i]
		if o.open && (o.until < m.now || o.until > m.now+l.lifetime) {
			o.open = false
		}
		if o.open {
			if open == 0 || o.frame < behind {
				behind = o.frame
			}
			open++
		} else {
			free = i
		}
	}
	excess := open >= l.transmission.NStart
	if excess && theirs.sent {
		l.report(ruleOutstanding, m, behind, uint64(l.transmission.NStart), 0)
	}
	if open < len(mine.outstanding) {
		mine.outstanding[free] = outstanding{
			frame: m.frame, last: m.now, until: m.now + l.patience(l.transmission.AckTimeout) + slack,
			exchange: m.info.Exchange, id: m.id, open: true, excess: excess && !theirs.sent, behind: behind,
		}
	}
}

// replace takes a CON notification for given up whose timer has expired when a newer one of the same observation is
// sent instead of it (RFC 7641 §4.5.2).
func (l *Linter) replace(m *message, mine *side) {
	if !m.code.IsResponse() || !m.has.has(hasObserve) || m.info.Exchange == 0 {
		return
	}
	for i := range mine.outstanding {
		o := &mine.outstanding[i]
		if o.open && o.exchange == m.info.Exchange && m.now-o.last >= l.transmission.AckTimeout-slack {
			o.open = false
		}
	}
	if p := &mine.pending; p.exchange == m.info.Exchange && within(p.at, m.now, l.transmission.MaxTransmitWait()) {
		*p = pending{}
	}
}

// malformed remembers a CON or NON that cannot be read, so that its rejection is one of something (RFC 7252 §4.2).
func (l *Linter) malformed(o *track.Observed, now time.Duration) {
	kind, id, ok := protocol.Header(o.Data)
	if !ok || o.Framing.Reliable() || kind != protocol.Confirmable && kind != protocol.NonConfirmable {
		return
	}
	key := keyOf(l.endpoint(o.Source), l.endpoint(o.Destination), id)
	if s := l.sent.get(key); s == nil || !within(s.first, now, l.lifetime) {
		*l.sent.put(key) = sent{frame: o.Frame, first: now, last: now, kind: kind, malformed: true}
	}
}

// settle takes a CON for acknowledged.
func (s *side) settle(id protocol.MessageID) {
	for i := range s.outstanding {
		if o := &s.outstanding[i]; o.open && o.id == id {
			o.open = false
		}
	}
	if s.pending.id == id {
		s.pending = pending{}
	}
}

// recipientSends looks whether a CON response to the sender of this message should have been acknowledged by now.
func (l *Linter) recipientSends(m *message, theirs *side) {
	p := &theirs.pending
	if p.frame == 0 || m.kind >= protocol.Acknowledgement && m.id == p.id {
		return
	}
	wait := l.transmission.MaxTransmitWait()
	switch age := m.now - p.at; {
	case age > wait && p.alive:
		l.reportLate(ruleUnacknowledged, p.frame, m.frame, uint64(wait), 0)
		*p = pending{}
	case age > 2*l.lifetime || age < 0:
		*p = pending{}
	case age > l.transmission.AckTimeout && age < wait:
		p.alive = true
	}
}

// answered takes an ACK or RST.
func (l *Linter) answered(m *message, mine, theirs *side) {
	s := l.sent.get(keyOf(m.to, m.from, m.id))
	if s == nil || !within(s.first, m.now, l.lifetime) {
		l.answersNothing(m, theirs)
		return
	}
	theirs.settle(m.id)
	if s.code.IsResponse() && !s.malformed {
		l.settledByCrossing(m, s, mine)
	}
	empty, ack := m.code == protocol.Empty, m.kind == protocol.Acknowledgement
	switch {
	case !ack:
		l.rejected(m, s)
	case s.malformed:
	case s.kind == protocol.NonConfirmable:
		l.report(ruleAckOfNON, m, s.frame, 0, 0)
	case s.code == protocol.Empty && empty:
		l.report(rulePingAcknowledged, m, s.frame, 0, 0)
	case empty:
	case s.code.IsResponse():
		l.report(ruleAckOfResponse, m, s.frame, uint64(m.code), 0)
	case !m.code.IsResponse():
	case s.token != m.token:
		l.report(ruleTokenNotEchoed, m, s.frame, 0, 0)
	case s.acknowledged:
		l.report(rulePiggybackedAfterAck, m, s.frame, 0, 0)
	case s.answeredBy != 0 && s.copies > 0 && s.answer != m.content:
		l.answeredDifferently(m, s.frame, s.code)
	}
	if s.answeredBy == 0 {
		s.answeredBy, s.answeredAt, s.answer = m.frame, m.now, m.content
	}
	s.acknowledged = s.acknowledged || ack && empty
}

// settledByCrossing takes a response that was under way when a request with its token was sent, such as a notification
// and the request to deregister, for the answer to that: so does the client that acknowledges it after that.
func (l *Linter) settledByCrossing(m *message, response *sent, mine *side) {
	for i := range mine.outstanding {
		o := &mine.outstanding[i]
		if !o.open || o.frame < response.frame {
			continue
		}
		if request := l.sent.get(keyOf(m.from, m.to, o.id)); request != nil && request.code.IsRequest() && request.token == response.token {
			o.open = false
		}
	}
}

// rejected takes a RST.
func (l *Linter) rejected(m *message, s *sent) {
	if s.extendedToken && s.code.IsRequest() {
		l.extendedTokenReset(m, s)
	}
	if d := l.dialogues.get(m.info.Exchange); d != nil && m.info.Role == track.RoleReset {
		d.observing, d.reset, d.resetAt = false, m.frame, m.now
	}
}

// answeredDifferently takes a second answer to a request that came twice (RFC 7252 §4.5).
func (l *Linter) answeredDifferently(m *message, request uint64, method protocol.Code) {
	id := ruleDuplicateProcessed
	if method == protocol.POST || method == protocol.PATCH {
		id = ruleDuplicateAnswered
	}
	l.report(id, m, request, uint64(method), 0)
}

// answersNothing takes an ACK or RST of a message that was not seen between these endpoints.
func (l *Linter) answersNothing(m *message, theirs *side) {
	if m.kind == protocol.Reset && m.info.Role == track.RoleReset && m.exchange.Multicast {
		l.report(ruleResetToMulticast, m, m.info.Related, 0, 0)
		return
	}
	if m.code.IsResponse() && m.kind == protocol.Acknowledgement {
		if a := l.askedElsewhere(m); a != nil {
			l.report(ruleResponseElsewhere, m, a.frame, 0, 0)
			return
		}
	}
	if theirs.sent {
		l.report(ruleAckUnmatched, m, 0, uint64(m.id), 0)
	}
}

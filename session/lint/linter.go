package lint

import (
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/track"
)

// Linter judges frames one after the other. It is not safe for concurrent use. Its tables are bounded, and so is
// the number of findings that it keeps.
type Linter struct {
	transmission protocol.Transmission
	lifetime     time.Duration
	epoch        time.Time
	turned       time.Duration // when the tables began a new generation
	found        entries
	m            message

	endpoints    table[netip.AddrPort, uint32]
	lastEndpoint uint32
	latest       [2]struct {
		addr   netip.AddrPort
		number uint32
	}

	pairs     table[uint64, pair]
	sent      table[messageKey, sent]
	dialogues table[track.Index, dialogue]
	tokens    table[tokenKey, track.Index]
	transfers table[transferKey, transfer]
	targets   table[transferKey, track.Index]
	relations table[uint64, relation]
	asked     [256]asked // the latest requests, in a ring
	nextAsked uint8
}

// The bounds of the tables, in records of a generation.
const (
	maxEndpoints = 1 << 15
	maxMessages  = 1 << 17
	maxTransfers = 1 << 13
)

// New gives a linter that has seen nothing and goes by the default transmission parameters.
func New() *Linter { return NewWith(protocol.DefaultTransmission()) }

// NewWith is New with the parameters that the endpoints are configured with.
func NewWith(t protocol.Transmission) *Linter {
	l := &Linter{
		transmission: t,
		lifetime:     t.ExchangeLifetime(),
		endpoints:    newTable[netip.AddrPort, uint32](maxEndpoints),
		pairs:        newTable[uint64, pair](maxEndpoints),
		sent:         newTable[messageKey, sent](maxMessages),
		dialogues:    newTable[track.Index, dialogue](maxMessages),
		tokens:       newTable[tokenKey, track.Index](maxMessages),
		transfers:    newTable[transferKey, transfer](maxTransfers),
		targets:      newTable[transferKey, track.Index](maxTransfers),
		relations:    newTable[uint64, relation](maxTransfers),
	}
	l.found.frames = make(map[uint64]marks)
	l.dialogues.keep = func(d *dialogue) bool { return d.observing }
	return l
}

// Add takes the next frame, with its dissection, what an [track.Tracker] says of it, and its exchange as the
// tracker knows it after the frame; the zero Exchange if it has none. Nothing of the tree is kept.
func (l *Linter) Add(o track.Observed, t *dissect.Tree, info track.FrameInfo, x track.Exchange) {
	for i := range t.Findings {
		l.found.add(entry{frame: o.Frame, rule: t.Findings[i].Rule})
	}
	if l.epoch.IsZero() {
		l.epoch = o.Time
	}
	now := o.Time.Sub(l.epoch)
	if age := now - l.turned; age > l.lifetime || age < -l.lifetime {
		l.turn(now)
	}
	if !t.WellFormed() {
		l.malformed(&o, now)
		return
	}
	if info.Role == track.RoleUnknown {
		return
	}
	m := &l.m
	*m = message{frame: o.Frame, now: now, reliable: o.Framing.Reliable(), info: info, exchange: x}
	m.read(t)
	m.from, m.to = l.endpoint(o.Source), l.endpoint(o.Destination)
	m.group = multicast(o.Destination.Addr())
	l.judge(m)
}

func (l *Linter) judge(m *message) {
	p, side := l.pair(m.from, m.to)
	if m.reliable {
		l.signaling(m, &p.sides[side], &p.sides[1-side])
		if m.code.IsSignaling() || m.code == protocol.Empty {
			return
		}
	} else {
		l.layer(m, p, side)
	}
	switch {
	case m.code.IsRequest() && m.info.Role == track.RoleRequest:
		l.request(m, &p.sides[side])
	case m.code.IsResponse():
		l.response(m, p, side)
	}
	if m.code.IsRequest() || m.code.IsResponse() {
		l.payload(m)
	}
	p.sides[side].sent = true
	p.sides[side].lastSent = m.now
}

// turn begins a new generation of all tables.
func (l *Linter) turn(now time.Duration) {
	l.turned = now
	l.endpoints.rotate()
	l.pairs.rotate()
	l.sent.rotate()
	l.dialogues.rotate()
	l.tokens.rotate()
	l.transfers.rotate()
	l.targets.rotate()
	l.relations.rotate()
}

// endpoint gives a number that is quicker to hash than an address.
func (l *Linter) endpoint(a netip.AddrPort) uint32 {
	for i := range l.latest {
		if e := &l.latest[i]; e.number != 0 && e.addr == a {
			return e.number
		}
	}
	e := l.endpoints.obtain(a)
	if *e == 0 {
		l.lastEndpoint++
		*e = l.lastEndpoint
	}
	l.latest[0] = l.latest[1]
	l.latest[1].addr, l.latest[1].number = a, *e
	return *e
}

// multicast tells of a group, and of the broadcast address.
func multicast(a netip.Addr) bool {
	return a.IsMulticast() || a.Is4() && a.As4() == [4]byte{255, 255, 255, 255}
}

// pair is what is remembered of two endpoints. The endpoint with the smaller number is side 0.
type pair struct{ sides [2]side }

// side is what one of two endpoints has sent to the other.
type side struct {
	sent        bool // something
	asked       bool // a request
	related     bool // there is a relation
	lastSent    time.Duration
	outstanding [3]outstanding
	pending     pending
}

func (l *Linter) pair(from, to uint32) (p *pair, side int) {
	if from > to {
		from, to, side = to, from, 1
	}
	return l.pairs.obtain(uint64(from)<<32 | uint64(to)), side
}

// report adds a finding for the message.
func (l *Linter) report(id ruleID, m *message, related, a, b uint64) {
	l.reportLate(id, m.frame, related, a, b)
}

// reportLate adds a finding for a frame that came before.
func (l *Linter) reportLate(id ruleID, frame, related, a, b uint64) {
	l.found.add(entry{frame: frame, rule: &rules[id], own: id, related: related, a: a, b: b})
}

// within tells whether the time since then is at most d. Clocks of captures may jump back.
func within(then, now, d time.Duration) bool { return now-then <= d && now-then >= -d }

package exchange

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// Use is what of the identifiers of an endpoint, or a group, is in use: message IDs until their lifetime ends
// (RFC 7252 §4.4), tokens until nothing is expected any more that could have them (§5.3.1).
type Use struct {
	Peer  netip.AddrPort
	Group bool

	MessageIDs int       // in use, of 65,536
	NextFree   time.Time // when the first of them is free again; zero where none is in use
	AllFree    time.Time // when the last one is; likewise

	// Next is the message ID that is tried next where they are sequential; Begun tells that there is one.
	Next  protocol.MessageID
	Begun bool

	Tokens      int // of open exchanges, and of ended ones that late responses may belong to
	Open        int // exchanges that have not ended, those that wait included
	Waiting     int // exchanges of those that wait for their turn
	Outstanding int // interactions that count for NSTART (§4.7)
	NStart      int
}

// MessageIDUse is a message ID that is in use with an endpoint.
type MessageIDUse struct {
	ID          protocol.MessageID
	Token       protocol.Token
	Confirmable bool
	Open        bool      // its exchange has not ended
	Free        time.Time // when the message ID is free again
}

// AppendUses appends what is in use with each endpoint that something is, by address. It takes time by the number of
// endpoints and open exchanges, not by that of message IDs. What has run out since the last input still counts.
func (m *Machine) AppendUses(uses []Use) []Use {
	n, at := len(uses), make(map[*peer]int, len(m.peers))
	for _, p := range m.peers {
		if p.sent == 0 && p.tokens == 0 && len(p.queue) == 0 {
			continue
		}
		u := Use{
			Peer: p.addr, Group: p.group, MessageIDs: p.sent, Next: p.nextID, Begun: p.begun, Tokens: p.tokens,
			Waiting: len(p.queue), Outstanding: p.outstanding, NStart: m.transmissionWith(p).NStart,
		}
		for _, l := range &p.lasting {
			if l.first == nil {
				continue
			}
			if at := m.at(l.first.free); u.NextFree.IsZero() || at.Before(u.NextFree) {
				u.NextFree = at
			}
			if at := m.at(l.last.free); at.After(u.AllFree) {
				u.AllFree = at
			}
		}
		at[p] = len(uses)
		uses = append(uses, u)
	}
	for _, e := range m.open {
		if i, ok := at[e.peer]; ok {
			uses[i].Open++
		}
	}
	slices.SortFunc(uses[n:], func(a, b Use) int { return a.Peer.Compare(b.Peer) })
	return uses
}

// AppendMessageIDs appends the message IDs that are in use with an endpoint and free first, limit at most.
func (m *Machine) AppendMessageIDs(ids []MessageIDUse, to netip.AddrPort, limit int) []MessageIDUse {
	p := m.peers[endpoint(to)]
	if p == nil {
		return ids
	}
	n := len(ids)
	for _, l := range &p.lasting {
		for e, left := l.first, limit; e != nil && left > 0; e, left = e.newer, left-1 {
			ids = append(ids, MessageIDUse{e.message, e.token, e.confirmable, e.state != stateEnded, m.at(e.free)})
		}
	}
	slices.SortStableFunc(ids[n:], func(a, b MessageIDUse) int { return cmp.Compare(a.Free.UnixNano(), b.Free.UnixNano()) })
	return ids[:n+min(limit, len(ids)-n)]
}

// lasting is the exchanges whose message IDs are in use with a peer, in the order in which they were sent. Those of
// CONs and of NONs last differently long, so they are apart: in each the first is free first, as long as nobody
// changes the transmission parameters.
type lasting struct{ first, last *exchange }

// lastingOf gives the list that the exchange is in, or has to be.
func (e *exchange) lastingOf() *lasting {
	if e.confirmable {
		return &e.peer.lasting[0]
	}
	return &e.peer.lasting[1]
}

func (l *lasting) add(e *exchange) {
	e.older, e.newer = l.last, nil
	if l.last == nil {
		l.first = e
	} else {
		l.last.newer = e
	}
	l.last = e
}

func (l *lasting) remove(e *exchange) {
	if e.older == nil {
		l.first = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		l.last = e.older
	} else {
		e.newer.older = e.older
	}
	e.older, e.newer = nil, nil
}

// give makes the exchange the one that has the token.
func (m *Machine) give(key tokenKey, e *exchange) {
	if had := m.tokens[key]; had != nil {
		had.peer.tokens--
	}
	m.tokens[key] = e
	e.peer.tokens++
}

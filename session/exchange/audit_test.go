package exchange

import (
	"fmt"
	"slices"

	"coapscope/protocol"
)

// audit tells what in the machine's tables contradicts each other; nil for nothing. Whatever is
// counted is counted anew here, so that no path can count wrongly without being noticed: a reference too
// few makes an endpoint forgotten that is still in use, one too many has it never forgotten.
func audit(m *Machine) error {
	type count struct{ refs, sent, outstanding, waiting, waitingCONs, expiries, tokens int }
	counts := map[*peer]*count{}
	of := func(p *peer) *count {
		if counts[p] == nil {
			counts[p] = &count{}
		}
		return counts[p]
	}
	exchanges, expiring, due := map[*exchange]bool{}, map[*exchange]bool{}, map[*remembered]*peer{}
	for id, e := range m.open {
		exchanges[e] = true
		if e.id != id || e.state == stateEnded {
			return fmt.Errorf("%d is open as %d, state %d", e.id, id, e.state)
		}
	}
	for _, x := range m.expiries {
		switch {
		case x.exchange != nil:
			if !x.exchange.expiring || expiring[x.exchange] {
				return fmt.Errorf("%d expires twice, or unawares", x.exchange.id)
			}
			exchanges[x.exchange], expiring[x.exchange] = true, true
		case x.received != nil:
			if x.at != x.received.until() || due[x.received] != nil {
				return fmt.Errorf("what %s sent is forgotten twice, or not in time", x.peer.addr)
			}
			due[x.received] = x.peer
		default:
			of(x.peer).refs++
			of(x.peer).expiries++
		}
	}
	for e := range exchanges {
		c := of(e.peer)
		c.refs++
		if e.counted {
			c.outstanding++
		}
		if e.draft != nil && e.state > stateWaiting && e.state < stateEnded {
			return fmt.Errorf("%d keeps its draft, state %d", e.id, e.state)
		}
		if e.data != nil && e.state != stateSent && e.state != stateAcknowledged {
			return fmt.Errorf("%d keeps a datagram that is never sent again or quoted, state %d", e.id, e.state)
		}
		if e.state == stateWaiting {
			c.waiting++
			if e.confirmable {
				c.waitingCONs++
			}
			if !slices.Contains(e.peer.queue, e) {
				return fmt.Errorf("%d waits, but not in the queue", e.id)
			}
		}
		if e.registered != (m.sent[messageKey{e.peer, e.message}] == e) {
			return fmt.Errorf("%d is registered: %v, but message ID %d is that of another", e.id, e.registered, e.message)
		}
		if e.timer >= 0 && m.timers[e.timer] != e {
			return fmt.Errorf("the timer of %d is that of another", e.id)
		}
	}
	with := map[protocol.MessageID]uint32{}
	for key := range m.sent {
		of(key.peer).refs++
		of(key.peer).sent++
		with[key.id]++
	}
	if (m.sentTo == nil) != (len(m.groups) == 0) {
		return fmt.Errorf("message IDs are counted: %v, with %d groups", m.sentTo != nil, len(m.groups))
	}
	if m.sentTo != nil {
		for id, n := range m.sentTo {
			if n != 0 && n != with[protocol.MessageID(id)] {
				return fmt.Errorf("message ID %d is in use with %d endpoints, not %d", id, with[protocol.MessageID(id)], n)
			}
			if n != 0 {
				delete(with, protocol.MessageID(id))
			}
		}
		if len(with) > 0 {
			return fmt.Errorf("message IDs in use, and not counted: %v", with)
		}
	}
	received := 0
	for _, p := range m.peers {
		for r := p.received; r != nil; r = r.next {
			if of(p).refs++; due[r] != p || r.count == 0 {
				return fmt.Errorf("%s: %d messages are not forgotten", p.addr, r.count)
			}
			received += r.count
			delete(due, r)
		}
	}
	if received != m.received || len(due) > 0 {
		return fmt.Errorf("%d messages are remembered, counted are %d; of %d nobody knows whose they are", received, m.received, len(due))
	}
	for key, e := range m.tokens {
		if !exchanges[e] || e.tokenKey() != key {
			return fmt.Errorf("a token is that of %d, which is forgotten or has another", e.id)
		}
		of(e.peer).tokens++
	}
	for p, c := range counts {
		if m.peers[p.addr] != p {
			return fmt.Errorf("%s is forgotten, and in use: %+v", p.addr, *c)
		}
		if got := (count{p.refs, p.sent, p.outstanding, len(p.queue), p.waitingCONs, c.expiries, p.tokens}); got != *c {
			return fmt.Errorf("%s has %+v, counted anew it is %+v", p.addr, got, *c)
		}
		if c.sent >= manyMessageIDs && p.used == nil {
			return fmt.Errorf("%s has %d message IDs in use, and no set of them", p.addr, c.sent)
		}
		if p.used != nil {
			for id := range 1 << 16 {
				id := protocol.MessageID(id)
				if used := p.used.words[id>>6]>>(id&63)&1 == 1; used != (m.sent[messageKey{p, id}] != nil) {
					return fmt.Errorf("%s: the set has message ID %d: %v", p.addr, id, used)
				}
			}
		}
		lasting := 0
		for i := range p.lasting {
			var before *exchange
			for e := p.lasting[i].first; e != nil; before, e = e, e.newer {
				if lasting++; !e.registered || e.peer != p || e.confirmable != (i == 0) || e.older != before {
					return fmt.Errorf("%s: message ID %d is in the wrong place of those that last", p.addr, e.message)
				}
			}
			if p.lasting[i].last != before {
				return fmt.Errorf("%s: the last of the message IDs that last is another", p.addr)
			}
		}
		if lasting != c.sent {
			return fmt.Errorf("%s: %d message IDs last, %d are in use", p.addr, lasting, c.sent)
		}
		if c.expiries > 1 || p.group != slices.Contains(m.groups, p) {
			return fmt.Errorf("%s expires %d times, is a group: %v", p.addr, c.expiries, p.group)
		}
	}
	if len(counts) != len(m.peers) {
		return fmt.Errorf("%d endpoints are known, %d in use", len(m.peers), len(counts))
	}
	return nil
}

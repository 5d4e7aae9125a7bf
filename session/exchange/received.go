package exchange

import (
	"hash/maphash"
	"time"

	"coapscope/protocol"
)

// maxUnmatched bounds the memory for messages that nothing asked for, and for responses to multicast
// requests, which anybody can send: as long as so many messages are remembered, more of those are not,
// and their duplicates are not recognised.
const maxUnmatched = 1 << 16

// received is what is kept of a CON or NON that was received.
type received struct {
	hash     uint32 // of the datagram; of billions that differ one is not seen to
	frame    uint64
	id       ID
	answered bool
	answer   protocol.Type // ACK or RST, if answered
}

// remembered is those messages received from an endpoint that have the same lifetime and answer, in the order in
// which they came: that in which they are forgotten. Millions are remembered while notifications come in thousands a
// second, so it keeps little of each, and no pointers for the garbage collector to follow. No two have the same ID.
//
// A message is found by the lower bits of its ID: those that have them in common are a chain, from the newest to the
// oldest, of 256 at most. A link of it is a position: how many messages came before that one, modulo 65,536. What is
// forgotten need not be taken out of its chain: a link to it leads out of the positions in use, or to a message that
// has its position now, and that one is newer than the one with the link, or of another chain.
type remembered struct {
	common
	next   *remembered // of the same endpoint
	blocks [][]entry   // of perBlock messages each, from a position on that perBlock divides; the last may have fewer
	newest []uint16    // position of the newest of each chain, by those lower bits
	first  uint16      // position of the oldest
	count  int
}

// common is what the messages have in common. That makes the entries small and costs little: the upper half of the time
// changes once in 71 minutes, those of the other numbers once in four billion.
type common struct {
	lifetime         time.Duration
	until, frame, id uint32 // upper halves
	answered         bool
	answer           protocol.Type
}

// entry is the rest.
type entry struct {
	until, frame, id uint32 // lower halves; until is in microseconds, rounded up
	hash             uint32
	message          protocol.MessageID
	older            uint16 // position of the next of its chain
}

// perBlock makes blocks that fill what the runtime allocates, and divides 65,536.
const perBlock = 64

func (r *remembered) add(e entry) {
	if r.count == len(r.newest) {
		r.newest = make([]uint16, 2*r.count)
		for i := range r.count {
			r.link(r.at(i), i)
		}
	}
	if n := len(r.blocks); n == 0 {
		r.blocks = append(r.blocks, nil) // grows, since many endpoints send little
	} else if len(r.blocks[n-1]) == perBlock {
		r.blocks = append(r.blocks, make([]entry, 0, perBlock))
	}
	r.link(&e, r.count)
	last := &r.blocks[len(r.blocks)-1]
	*last = append(*last, e)
	r.count++
}

// link makes the entry that is the i-th from the oldest on the newest of its chain.
func (r *remembered) link(e *entry, i int) {
	newest := &r.newest[int(e.message)&(len(r.newest)-1)]
	e.older, *newest = *newest, r.first+uint16(i)
}

// at gives the i-th from the oldest on.
func (r *remembered) at(i int) *entry {
	i += int(r.first % perBlock)
	return &r.blocks[i/perBlock][i%perBlock]
}

// find gives the message with the ID, nil for none.
func (r *remembered) find(id protocol.MessageID) *entry {
	chain := protocol.MessageID(len(r.newest) - 1)
	at, newer := int(r.newest[id&chain]-r.first), r.count
	for at < newer {
		e := r.at(at)
		switch {
		case e.message == id:
			return e
		case (e.message^id)&chain != 0:
			return nil
		}
		at, newer = int(e.older-r.first), at
	}
	return nil
}

// until is when the oldest is forgotten.
func (r *remembered) until() instant {
	return instant(uint64(r.common.until)<<32|uint64(r.at(0).until)) * time.Microsecond
}

// forget removes the oldest.
func (r *remembered) forget() {
	r.first++
	r.count--
	if r.first%perBlock == 0 {
		r.blocks[0] = nil
		r.blocks = r.blocks[1:]
	}
}

// recall gives what is remembered of a message with the ID from the peer.
func (p *peer) recall(id protocol.MessageID) (received, bool) {
	for r := p.received; r != nil; r = r.next {
		if e := r.find(id); e != nil {
			return received{
				e.hash, uint64(r.frame)<<32 | uint64(e.frame), ID(r.id)<<32 | ID(e.id), r.answered, r.answer,
			}, true
		}
	}
	return received{}, false
}

// remember keeps a received message for deduplication (RFC 7252 §4.5). It belongs to the exchange; nil for none.
func (m *Machine) remember(a *arrival, e *exchange, answered bool, answer protocol.Type) {
	if (e == nil || e.multicast) && m.received >= maxUnmatched {
		return
	}
	p := a.peer
	if p == nil {
		p = m.peerOf(a.from)
		defer m.release(p)
	}
	t := m.transmissionWith(p)
	lifetime := t.ExchangeLifetime()
	if a.message.Type == protocol.NonConfirmable {
		lifetime = t.NonLifetime()
	}
	var id ID
	if e != nil {
		id = e.id
	}
	until := uint64((m.now + lifetime + time.Microsecond - 1) / time.Microsecond)
	with := common{lifetime, uint32(until >> 32), uint32(a.Frame >> 32), uint32(id >> 32), answered, answer}
	r := p.received
	for r != nil && r.common != with {
		r = r.next
	}
	if r == nil {
		r = &remembered{common: with, next: p.received, newest: make([]uint16, 1)}
		p.received = r
		p.refs++
		m.expiries.push(expiry{at: instant(until) * time.Microsecond, peer: p, received: r})
	}
	r.add(entry{uint32(until), uint32(a.Frame), uint32(id), hash(a.Data), a.message.MessageID, 0})
	m.received++
}

// forgetReceived forgets the messages whose lifetime is over.
func (m *Machine) forgetReceived(p *peer, r *remembered) {
	for r.count > 0 && r.until() <= m.now {
		r.forget()
		m.received--
	}
	if r.count > 0 {
		m.expiries.push(expiry{at: r.until(), peer: p, received: r})
		return
	}
	at := &p.received
	for *at != r {
		at = &(*at).next
	}
	*at = r.next
	m.release(p)
}

var hashSeed = maphash.MakeSeed()

func hash(data []byte) uint32 { return uint32(maphash.Bytes(hashSeed, data)) }

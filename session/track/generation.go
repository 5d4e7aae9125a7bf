package track

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// trackedEndpoint is an endpoint with a number that is quicker to hash than its address. Number 0
// is for any endpoint.
type trackedEndpoint struct {
	addr   netip.AddrPort
	number uint32
}

// directedID names a message: its ID, and between which endpoints it went.
type directedID struct {
	from, to uint32
	id       protocol.MessageID
}

// conversationToken names an exchange; server is 0 for a multicast request.
type conversationToken struct {
	client, server uint32
	token          protocol.Token
}

// Marks of the client's number where the same token between the same ports is another conversation: that of a reliable
// transport, and of that a ping.
const (
	markReliable = 1 << 31
	markPing     = 1 << 30
)

func conversation(client, server *trackedEndpoint, token protocol.Token, f protocol.Framing) conversationToken {
	key := conversationToken{client.number, server.number, token}
	if f.Reliable() {
		key.client |= markReliable
	}
	return key
}

// messageRecord is what is known of a CON or NON by its message ID.
type messageRecord struct {
	key      directedID
	position uint32 // in Tracker.frames and one more, of the first transmission
	at       time.Duration
	token    protocol.Token
	index    Index // 0 for a response that belongs to nothing
	copies   uint32
	acks     uint32 // answers of type ACK and RST
	code     protocol.Code
	response bool
}

// generation has what was seen in a while. The tracker looks into two: by the time that one is
// dropped, everything in it is older than EXCHANGE_LIFETIME, or there was too much of it.
type generation struct {
	began     time.Duration
	most      int // the largest size since the maps were made
	endpoints map[netip.AddrPort]*trackedEndpoint
	messages  map[uint64]uint32 // by the hash of a directedID, position in records
	records   []messageRecord
	tokens    map[uint64]Index // by the hash of a conversationToken

	transfers     map[transferKey]uint32 // the newest with the key
	registrations map[transferKey]uint32 // observations
	responders    map[responderKey]uint32
	repeats       map[repeatKey]uint32 // exchanges
}

// maxGeneration bounds the memory for a generation, in each of what it has.
const maxGeneration = 1 << 18

func (g *generation) init() {
	g.endpoints = make(map[netip.AddrPort]*trackedEndpoint)
	g.messages = make(map[uint64]uint32)
	g.tokens = make(map[uint64]Index)
	g.transfers = make(map[transferKey]uint32)
	g.registrations = make(map[transferKey]uint32)
	g.responders = make(map[responderKey]uint32)
	g.repeats = make(map[repeatKey]uint32)
	g.most = 0
}

func (g *generation) size() int {
	return max(len(g.records), len(g.endpoints), len(g.tokens), len(g.transfers), len(g.responders), len(g.registrations), len(g.repeats))
}

// empty makes the generation empty. Clearing a map takes time by its largest size, so that after
// a flood it is quicker to make a new one.
func (g *generation) empty() {
	size := g.size()
	g.most = max(g.most, size)
	clear(g.records)
	g.records = g.records[:0]
	if g.most > 64 && size < g.most/4 {
		g.init()
		g.records = nil
		return
	}
	clear(g.endpoints)
	clear(g.messages)
	clear(g.tokens)
	clear(g.transfers)
	clear(g.registrations)
	clear(g.responders)
	clear(g.repeats)
}

// lookUp finds what a key stands for in the younger of two maps that has it; 0 for nothing.
func lookUp[K comparable](young, old map[K]uint32, key K) uint32 {
	if v := young[key]; v != 0 || len(old) == 0 {
		return v
	}
	return old[key]
}

// rotate begins a new generation if it is time to. Observations are taken along, since a
// notification may come after any time, and what a reliable transport has not answered yet.
func (t *Tracker) rotate(now time.Duration) {
	g := &t.young
	if g.size() < maxGeneration {
		if age := now - g.began; age <= t.lifetime && age >= -t.lifetime || t.frames.length-t.rotated < t.taken/4 {
			return // what is to be taken along is not worth it yet, however the clock leaps
		}
	}
	t.young, t.old = t.old, t.young
	t.latest = [2]*trackedEndpoint{}
	carried := t.carried[:0]
	for _, tokens := range []map[uint64]Index{t.young.tokens, t.old.tokens} {
		for key, index := range tokens {
			if t.at(index).lasting() && len(carried) < maxGeneration/4 {
				carried = append(carried, carriedToken{key, index})
			}
		}
	}
	g.empty()
	g.began = now
	for _, c := range carried {
		x := t.at(c.index)
		g.tokens[c.key] = c.index
		if x.observation != 0 && x.seen {
			g.registrations[x.subject()] = uint32(x.observation)
		}
		g.endpoints[x.client.addr] = x.client
		g.endpoints[x.server.addr] = x.server
	}
	t.rotated, t.taken = t.frames.length, len(carried)
	t.carried = carried[:0]
}

// carriedToken is an observation on its way into the next generation.
type carriedToken struct {
	key   uint64
	index Index
}

// endpoint finds the endpoint or gives it a number.
func (t *Tracker) endpoint(a netip.AddrPort) *trackedEndpoint {
	a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	for _, e := range t.latest {
		if e != nil && e.addr == a {
			return e
		}
	}
	e := t.young.endpoints[a]
	if e == nil {
		if e = t.old.endpoints[a]; e == nil {
			t.lastEndpoint++
			e = &trackedEndpoint{a, t.lastEndpoint}
		}
		t.young.endpoints[a] = e
	}
	t.latest[0], t.latest[1] = e, t.latest[0]
	return e
}

// message finds what is known of a message ID within its lifetime.
func (t *Tracker) message(key directedID, now time.Duration) *messageRecord {
	hash := t.hashID(key)
	for _, g := range []*generation{&t.young, &t.old} {
		if i, ok := g.messages[hash]; ok {
			r := &g.records[i]
			if r.key != key {
				continue
			}
			if age := now - r.at; age > t.lifetime || age < -t.lifetime {
				return nil
			}
			return r
		}
	}
	return nil
}

func (t *Tracker) keep(key directedID, r messageRecord) {
	g := &t.young
	r.key = key
	g.messages[t.hashID(key)] = uint32(len(g.records))
	g.records = append(g.records, r)
}

// exchangeOf finds the exchange that a token stands for at this time. Between retransmissions,
// acknowledgement and response no more than EXCHANGE_LIFETIME passes, between notifications any
// time.
func (t *Tracker) exchangeOf(key conversationToken, now time.Duration) (Index, *tracked) {
	hash := t.hashToken(key)
	index := t.young.tokens[hash]
	if index == 0 {
		index = t.old.tokens[hash]
	}
	if index == 0 {
		return 0, nil
	}
	x := t.at(index)
	if x.token != key.token {
		return 0, nil
	}
	if age := now - x.last; !x.lasting() && (age > t.lifetime || age < -t.lifetime) {
		return 0, nil
	}
	return index, x
}

// lasting tells whether something may come for the exchange after any time.
func (x *tracked) lasting() bool {
	return x.state == StateObserving || x.framing.Reliable() && x.state == StateOpen
}

// hashID gives a number for the message ID that is quick to look up. It is not the key: who finds something compares.
func (t *Tracker) hashID(key directedID) uint64 {
	return uint64(key.from)*t.odd[0] + uint64(key.to)*t.odd[1] + uint64(key.id)*t.odd[2]
}

// hashToken does the same for a token.
func (t *Tracker) hashToken(key conversationToken) uint64 {
	t.hashed = binary.LittleEndian.AppendUint64(t.hashed[:0], uint64(key.client)<<32|uint64(key.server))
	t.hashed = key.token.Append(t.hashed)
	return maphash.Bytes(t.seed, t.hashed)
}

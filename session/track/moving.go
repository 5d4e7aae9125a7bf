package track

import (
	"time"

	"coapscope/protocol"
)

// transferKey names what exchanges that move the same body have in common: endpoints, and the method and options that
// tell requests apart, without those that may differ from block to block.
type transferKey struct {
	client, server uint32
	key            uint64
}

// subject gives the key of the exchange's request, of its client and server.
func (x *tracked) subject() transferKey { return subjectOf(x.client, x.server, x.key, x.framing) }

func subjectOf(client, server *trackedEndpoint, key uint64, f protocol.Framing) transferKey {
	k := transferKey{client.number, server.number, key}
	if f.Reliable() {
		k.client |= markReliable
	}
	return k
}

// maxCandidates bounds how many transfers of the same resource between the same two are told apart.
const maxCandidates = 16

// several tells whether a block is not all of a body: others come before it or after it.
func (p packedBlock) several() bool { return p != 0 && (p.more() || p.num() > 0) }

// asks takes a request to the transfer whose block it brings or asks for, or begins one.
func (t *Tracker) asks(s *sighting, x *tracked) {
	up, down := s.block1, s.block2
	var i TransferIndex
	switch {
	case up.several():
		i = t.candidate(s, x, RequestBody, up)
		if i == 0 {
			i = t.transfer(s, x)
		}
	case up == 0 && down != 0 && (down.num() > 0 || down.q() && !down.more()):
		i = t.candidate(s, x, ResponseBody, down)
		if i != 0 && down.more() && t.transfers.at(int(i) - 1).bodies[ResponseBody].complete() {
			x.state = StateSilent // the server need not continue
		}
		if i == 0 {
			if down.num() == 0 {
				return // it may be all that there is
			}
			i = t.transfer(s, x)
		}
	default:
		return
	}
	c := t.transfers.at(int(i) - 1)
	c.join(x)
	c.latest = s.info.index
	s.info.transfer, x.transfer = i, i
	if !up.several() {
		b := &c.bodies[ResponseBody]
		b.present, b.q = true, down.q()
		if b.szx > down.szx() && b.blocks > 0 || b.blocks == 0 {
			if b.blocks > 0 {
				b.reductions++
			}
			b.szx = down.szx()
		}
		if down.q() {
			b.asked += s.wanted
		}
		return
	}
	b := &c.bodies[RequestBody]
	if up.num() == 0 && b.blocks > 0 && !up.q() && (c.again || b.begun > uint32(up.size()) || len(b.spans) > 0) {
		c.restart()
	}
	c.again = false
	if up.q() {
		x.state = StateSilent // the response may come to any of them
	}
	b.present, b.q = true, up.q()
	t.place(b, s, up)
}

// join counts the exchange as one of the transfer.
func (c *transfer) join(x *tracked) {
	c.varied = c.varied || c.exchanges > 0 && c.token != x.token
	c.token = x.token
	if c.state != TransferComplete { // or it comes late
		c.waiting, c.state = true, TransferOpen
	}
	c.exchanges++
	if c.key == 0 {
		c.key, c.resource, c.method = x.key, x.resource, x.method
	}
}

// constant tells whether the client uses the same token for all requests of the transfer, so that one with another token
// is hardly of it.
func (c *transfer) constant() bool { return c.exchanges > 1 && !c.varied }

func (c *transfer) restart() {
	c.restarts++
	c.again, c.final = false, false
	c.bodies[RequestBody].forget()
	c.bodies[ResponseBody].forget()
}

// transfer begins one with this request, or with this response to it.
func (t *Tracker) transfer(s *sighting, x *tracked) TransferIndex {
	server := x.server
	if x.multicast && !s.isRequest {
		server = s.source
	}
	t.transfers.add(transfer{
		client: x.client, server: server, resource: x.resource, key: x.key, token: x.token, tag: x.tag, first: s.now, last: s.now,
		framing: x.framing, method: x.method, firstAt: s.position, lastAt: s.position,
	})
	i := TransferIndex(t.transfers.length)
	t.newest(subjectOf(x.client, server, x.key, x.framing), i)
	return i
}

// newest makes the transfer the first among those with the key.
func (t *Tracker) newest(key transferKey, i TransferIndex) {
	older := TransferIndex(lookUp(t.young.transfers, t.old.transfers, key))
	for older != 0 && t.transfers.at(int(older)-1).state == TransferComplete {
		older = t.transfers.at(int(older) - 1).older
	}
	t.transfers.at(int(i) - 1).older = older
	t.young.transfers[key] = uint32(i)
}

// candidate finds the transfer that a request with a block, or for a block, goes on with: of those with the same
// resource the one with the same token, else the one whose next block it is, else the newest.
func (t *Tracker) candidate(s *sighting, x *tracked, part Part, v packedBlock) TransferIndex {
	key := x.subject()
	best, most := TransferIndex(0), 0
	head := TransferIndex(lookUp(t.young.transfers, t.old.transfers, key))
	for i, n := head, 0; i != 0 && n < maxCandidates; n++ {
		c := t.transfers.at(int(i) - 1)
		if score := t.fits(c, s, x, part, v); score > most {
			best, most = i, score
		}
		i = c.older
	}
	if best != 0 {
		t.young.transfers[key] = uint32(head)
		return best
	}
	if part != ResponseBody || v.num() == 0 {
		return 0
	}
	// The first block may have come in a notification whose registration was not seen.
	unseen := key
	unseen.key = 0
	i := TransferIndex(lookUp(t.young.transfers, t.old.transfers, unseen))
	if i == 0 {
		return 0
	}
	c := t.transfers.at(int(i) - 1)
	if c.key == 0 && c.bodies[part].begun == v.offset() && t.fits(c, s, x, part, v) > 0 {
		delete(t.young.transfers, unseen)
		delete(t.old.transfers, unseen)
		t.newest(key, i)
		return i
	}
	return 0
}

// fits tells how well the request goes on with the transfer; 0 for not at all.
func (t *Tracker) fits(c *transfer, s *sighting, x *tracked, part Part, v packedBlock) int {
	b := &c.bodies[part]
	if age := s.now - c.last; age > t.lifetime || age < -t.lifetime {
		return 0
	}
	if b.present && b.q != v.q() || x.tag != c.tag && (part == RequestBody || x.tag.present && c.tag.present) {
		return 0
	}
	same := c.token == x.token
	switch {
	case part == ResponseBody && b.present && v.q() && b.complete():
		if v.num() > 0 || s.wanted > 1 {
			return 1 // the request and the blocks that it asks for have crossed
		}
		return 0
	case part == ResponseBody:
		if !b.present || b.complete() {
			return 0
		}
	case !b.present, c.final && !v.q():
		return 0
	case v.num() == 0 && !v.q() && !c.again && !same:
		return 0 // another body
	}
	score := 1
	if b.begun == v.offset() {
		score += 4
		if !c.waiting {
			score += 2
		}
	}
	switch {
	case same:
		score += 8
	case c.constant():
		return (score + 1) / 2
	}
	return score
}

// moves takes a response to the transfer of its exchange, or begins one if the response is not all of its body.
func (t *Tracker) moves(s *sighting, x *tracked) {
	m := &t.scratch
	down := s.block2
	i := x.transfer
	noted := x.notifications > 1 || !x.seen
	switch {
	case x.multicast:
		i = 0
	case noted && down == 0 && (x.observe || !x.seen):
		return // a notification that is whole
	case noted && down.q() && i != 0:
		if c := t.transfers.at(int(i) - 1); s.hasObserve && c.sequence != s.observe || c.bodies[ResponseBody].strange(s, m.Code) {
			i = 0
		}
	case noted && down.num() == 0:
		i = 0
	case down.q() && i != 0:
		if b := &t.transfers.at(int(i) - 1).bodies[ResponseBody]; b.complete() && b.strange(s, m.Code) {
			i = 0 // it was asked for late
		}
	}
	if i == 0 {
		if !down.several() {
			return
		}
		i = t.answeredInBlocks(s, x)
	}
	s.info.transfer = i
	if !x.multicast {
		x.transfer = i
	}
	c := t.transfers.at(int(i) - 1)
	if down.q() && c.latest != 0 && c.latest != s.info.index {
		// The latest request only let the server continue, if nothing else answers it.
		if latest := t.at(c.latest); latest.state <= StateAcknowledged && latest.requestBlock2.more() {
			latest.state = StateSilent
		}
	}
	c.waiting, c.code = false, m.Code
	if c.bodies[RequestBody].present && !c.final {
		t.uploaded(c, s)
	}
	b := &c.bodies[ResponseBody]
	switch class := m.Code.Class(); {
	case down != 0 && m.Code != protocol.Continue && (class == 2 || down.several() || b.blocks > 0 && m.Code == b.code):
		t.downloaded(c, s, down)
	case c.state == TransferComplete:
	case class > 2 && m.Code != protocol.RequestEntityIncomplete && !(s.echo != nil && m.Code == protocol.Unauthorized):
		c.state = TransferFailed
	case c.final && class == 2 && !b.present:
		c.state = TransferComplete
	}
}

// answeredInBlocks gives the transfer that begins with this response, or begins again.
func (t *Tracker) answeredInBlocks(s *sighting, x *tracked) TransferIndex {
	if x.seen && !x.multicast && s.block2.num() == 0 && x.notifications < 2 {
		if i := t.changed(s, x); i != 0 {
			c := t.transfers.at(int(i) - 1)
			c.join(x)
			c.restart()
			t.claim(x, c, i)
			return i
		}
	}
	i := t.transfer(s, x)
	c := t.transfers.at(int(i) - 1)
	c.exchanges = 1
	if x.observation != 0 && s.hasObserve {
		c.observation, c.sequence = x.observation, s.observe
		c.notification = t.observations.at(int(x.observation) - 1).notifications
	}
	if !x.multicast && (!s.hasObserve || x.notifications < 2) {
		t.claim(x, c, i)
	}
	return i
}

// changed finds the download that this first block begins again, because what it fetched had changed: the one with the
// same token, else the newest whose tokens vary. It was asked for after the change was seen.
func (t *Tracker) changed(s *sighting, x *tracked) TransferIndex {
	found := TransferIndex(0)
	i := TransferIndex(lookUp(t.young.transfers, t.old.transfers, x.subject()))
	for n := 0; i != 0 && n < maxCandidates; n++ {
		c := t.transfers.at(int(i) - 1)
		if age := s.now - c.last; c.again && !c.bodies[RequestBody].present && age <= t.lifetime && age >= -t.lifetime {
			if c.token == x.token {
				return i
			}
			if found == 0 && x.head > c.lastAt && !c.constant() {
				found = i
			}
		}
		i = c.older
	}
	return found
}

// claim gives the frames of the exchange that came before its response to the transfer. Those of an exchange that had
// one before are that one's: so they are gone through once, however many transfers follow.
func (t *Tracker) claim(x *tracked, c *transfer, i TransferIndex) {
	if x.transfer != 0 {
		return
	}
	for at := x.head; at != 0; {
		f := t.frames.at(int(at) - 1)
		if f.transfer == 0 {
			f.transfer = i
			c.frames++
			c.firstAt = min(c.firstAt, at)
		}
		at = f.next
	}
	if c.restarts == 0 {
		c.first = min(c.first, x.first)
	}
}

// uploaded takes the response to a block of the request's body.
func (t *Tracker) uploaded(c *transfer, s *sighting) {
	m := &t.scratch
	switch {
	case m.Code == protocol.Continue:
	case m.Code == protocol.RequestEntityIncomplete && c.bodies[RequestBody].q && s.missingBlocks:
		c.bodies[RequestBody].asked += missingBlocks(m.Payload)
	case m.Code == protocol.RequestEntityIncomplete, m.Code == protocol.RequestEntityTooLarge,
		m.Code == protocol.Unauthorized && s.echo != nil:
		c.again = true
		c.state = TransferFailed
	default:
		c.final = true
	}
}

// downloaded takes a block of the response's body.
func (t *Tracker) downloaded(c *transfer, s *sighting, down packedBlock) {
	b, code := &c.bodies[ResponseBody], t.scratch.Code
	if b.strange(s, code) {
		if down.num() > 0 {
			b.foreign++
			c.again, c.state = true, TransferFailed
			return
		}
		c.restarts++
		b.forget()
	}
	if b.blocks == 0 || b.begun == 0 {
		b.code = code
		if s.etag != nil {
			b.etag = opaqueOf(s.etag)
		}
	}
	b.present, b.q = true, down.q()
	t.place(b, s, down)
	if b.complete() {
		c.state, c.again = TransferComplete, false
	} else if c.state != TransferOpen {
		c.state = TransferOpen
	}
}

// strange tells whether the block is of another representation than those before (RFC 7959 §2.4).
func (b *body) strange(s *sighting, code protocol.Code) bool {
	if b.received == 0 {
		return false
	}
	return b.code != code || s.etag != nil && b.etag.present && opaqueOf(s.etag) != b.etag
}

// rejected takes a RST to the request.
func (t *Tracker) rejected(s *sighting, x *tracked, index Index) {
	if x.token.Len() > plainToken {
		t.challenged(x, index, RepeatToken, nil)
	}
	t.end(s, x, ObservationRefused)
	if x.transfer == 0 {
		return
	}
	if c := t.transfers.at(int(x.transfer) - 1); c.waiting {
		c.waiting, c.state = false, TransferFailed
	}
}

// seen counts a frame of the transfer.
func (c *transfer) seen(position uint32, now time.Duration) {
	c.frames++
	c.lastAt, c.last = position, max(c.last, now)
}

// missingBlocks counts the numbers in a 4.08 response (RFC 9177 §5): a CBOR sequence of unsigned integers.
func missingBlocks(payload []byte) (n uint32) {
	for len(payload) > 0 {
		length := 1
		switch additional := payload[0]; {
		case additional < 24:
		case additional >= 24 && additional <= 27:
			length = 1 + 1<<(additional-24)
		default:
			return n // no unsigned integer
		}
		if length > len(payload) {
			return n
		}
		payload = payload[length:]
		n++
	}
	return n
}

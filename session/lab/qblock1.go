package lab

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// Parameters of RFC 9177 §7.2. Bodies expire after NON_PARTIAL_TIMEOUT, which is as long as EXCHANGE_LIFETIME.
const (
	maxPayloads       = 10
	nonTimeout        = ackTimeout
	nonReceiveTimeout = 2 * nonTimeout
	nonMaxRetransmit  = maxRetransmit
)

// body is a request body that comes in Q-Block1 blocks in any order (RFC 9177 §4.3).
type body struct {
	parts  [][]byte // nil where a block is missing; nil altogether once the body was whole
	left   int      // blocks still missing
	szx    uint8
	size   int
	format message.MediaType

	latest     *request // the one that came last, whose token answers carry
	contiguous int      // blocks from the start without a gap
	highest    int      // the highest block number that came
	set        int      // the latest MAX_PAYLOADS_SET of which a block came
	retries    int      // how often missing blocks were asked for since one came
	cancel     func()   // of the timer that asks
	mids       []uint16 // of the messages that asked, for a Reset
	answer     *response
	expires    time.Time
}

// acknowledge is the delivery where there is nothing to say yet: a CON is acknowledged, a NON is not answered.
func acknowledge(d *device, r *request, _ response) {
	if r.typ == message.Confirmable {
		d.reply(r, emptyMessage(message.Acknowledgement, r.mid))
	}
}

// nothing is the response that says nothing yet.
func nothing() response { return response{}.via(acknowledge) }

// collect adds one block to a body. It returns the body, with the answer in it where there is one, and false with what
// to respond for as long as it is not whole.
func (d *device) collect(r *request, res *resource, b block) (*body, response, bool) {
	size, _ := r.uint(message.Size1)
	if limit := res.room(); int64(size) > int64(limit) {
		return nil, tooLarge(limit), false
	}
	total := (int(size) + b.size() - 1) / b.size()
	if b.num >= total || b.more != (b.num < total-1) || len(r.payload) != min(b.size(), int(size)-b.offset()) {
		return nil, status(codes.BadRequest, fmt.Sprintf("block %d of %d octets does not fit a body of %d", b.num, len(r.payload), size)), false
	}
	key := r.transfer()
	bd := d.bodies[key]
	if bd != nil && (bd.size != int(size) || bd.szx != b.szx || bd.format != r.format()) {
		d.discard(key, bd)
		if bd.answer == nil {
			return nil, status(codes.RequestEntityIncomplete, "the blocks are not of one body"), false
		}
		bd = nil
	}
	if bd == nil {
		bd = &body{
			parts: make([][]byte, total), left: total, szx: b.szx, size: int(size), format: r.format(), highest: -1,
			cancel: func() {},
		}
		for _, old := range expire(d.bodies, d.now(), func(bd *body) time.Time { return bd.expires }) {
			old.cancel()
		}
		d.bodies[key] = bd
	}
	bd.latest, bd.expires = r, d.now().Add(exchangeLifetime)
	if bd.answer != nil { // a duplicate; what it says is ignored, what it gets is not
		return bd, response{}, true
	}
	if bd.parts[b.num] == nil {
		bd.parts[b.num] = r.payload
		bd.left--
		bd.retries = 0
		bd.highest = max(bd.highest, b.num)
		for bd.contiguous < total && bd.parts[bd.contiguous] != nil {
			bd.contiguous++
		}
	}
	if bd.left == 0 {
		bd.cancel()
		return bd, response{}, true
	}
	if r.typ == message.Confirmable {
		return bd, nothing(), false // each block is repeated until it is acknowledged
	}
	return bd, d.next(key, bd, b.num/maxPayloads), false
}

// next is what a NON block is answered before the body is whole (RFC 9177 §7.2): missing blocks are asked for at once
// where a later set has begun, the end of a set is confirmed, anything else is not answered.
func (d *device) next(key string, bd *body, set int) response {
	d.expect(key, bd)
	if set > bd.set {
		bd.set = set
		if missing := bd.missing(set * maxPayloads); len(missing) > 0 {
			return response{}.via(func(d *device, _ *request, _ response) { d.demand(bd, missing) })
		}
	}
	if bd.contiguous == bd.highest+1 && bd.contiguous%maxPayloads == 0 {
		return status(codes.Continue).add(optQBlock1, block{bd.contiguous - 1, true, bd.szx}.value())
	}
	return nothing()
}

// missing returns the numbers of missing blocks below an end, so many of them as one set has.
func (bd *body) missing(end int) []int {
	var all []int
	for num := bd.contiguous; num < min(end, len(bd.parts)) && len(all) < maxPayloads; num++ {
		if bd.parts[num] == nil {
			all = append(all, num)
		}
	}
	return all
}

// expect waits for more blocks, each time twice as long, and asks for what is missing then.
func (d *device) expect(key string, bd *body) {
	bd.cancel()
	bd.cancel = d.after(nonReceiveTimeout<<bd.retries, func() {
		if d.bodies[key] != bd {
			return
		}
		if bd.retries++; bd.retries > nonMaxRetransmit {
			d.discard(key, bd)
			return
		}
		end := (bd.highest/maxPayloads + 1) * maxPayloads
		if bd.contiguous == end { // that set was confirmed, and nothing of the next came
			end += maxPayloads
		}
		d.demand(bd, bd.missing(end))
		d.expect(key, bd)
	})
}

// demand sends a 4.08 with the numbers of the missing blocks (RFC 9177 §5).
func (d *device) demand(bd *body, missing []int) {
	var sequence []byte
	for _, num := range missing {
		sequence = append(sequence, encodeCBOR(num)...)
	}
	resp := status(codes.RequestEntityIncomplete).addUint(message.ContentFormat, uint32(formatMissing))
	h := header{typ: message.NonConfirmable, code: resp.code, mid: d.nextMID(), token: bd.latest.token}
	bd.mids = append(bd.mids, h.mid)
	d.transmit(bd.latest.peer, encode(h, resp.options, sequence))
}

// discard forgets a body.
func (d *device) discard(key string, bd *body) {
	bd.cancel()
	delete(d.bodies, key)
}

// unwanted ends what a Reset to a NON was for: the client has given up a body, or a transfer (RFC 9177 §4.3).
func (d *device) unwanted(name exchange) {
	for key, bd := range d.bodies {
		if bd.latest.peer == name.peer && slices.Contains(bd.mids, name.mid) {
			d.discard(key, bd)
		}
	}
	for _, b := range slices.Clone(d.bursts) {
		if b.to == name.peer && slices.Contains(b.mids, name.mid) {
			d.end(b, reset)
		}
	}
}

// quickly is the block-wise layer of RFC 9177 around a resource.
func (d *device) quickly(r *request, res *resource, enact handler) response {
	if r.multicast {
		return response{} // RFC 9177 §4.8: ignored
	}
	b1, uploading, err := r.block(optQBlock1)
	if err != nil {
		return status(codes.BadRequest, "Q-Block1: ", err.Error())
	}
	asked, err := r.asked()
	if err != nil {
		return status(codes.BadRequest, "Q-Block2: ", err.Error())
	}
	if len(asked) > 0 && asked[0].num > 0 && len(r.payload) == 0 {
		uploading = false // libcoap leaves Q-Block1 in where it asks for more of a response; RFC 9177 §10.3.3 does not
	}
	if !uploading {
		if entire := len(asked) == 1 && asked[0] == (block{0, true, asked[0].szx}); !entire {
			return d.resume(r, res, asked, enact)
		}
		return d.whole(r, res, enact(r), asked)
	}
	bd, interim, done := d.collect(r, res, b1)
	if !done {
		return interim
	}
	if bd.answer == nil {
		assembled := *r
		assembled.payload = bytes.Join(bd.parts, nil)
		answer := enact(&assembled)
		bd.answer, bd.parts = &answer, nil
	}
	return d.whole(r, res, *bd.answer, asked)
}

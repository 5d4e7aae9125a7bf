package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// burstWindow is how many CON blocks of a body are under way at once: the NSTART of the examples of RFC 9177 §A.
const burstWindow = 3

// burst is a response body, or some blocks of one, on its way in Q-Block2 blocks (RFC 9177 §4.4).
type burst struct {
	to    netip.AddrPort
	token []byte
	typ   message.Type
	keys  []string // of the requests that continue it; none where nothing can
	whole response
	szx   uint8

	queue   []int  // blocks still to send
	unasked int    // the first block of the set that was begun without the client's Continue
	flying  int    // CON blocks that are not acknowledged
	cancel  func() // of the timer for the next set
	mids    []uint16
	done    func(outcome) // called at the end
}

// asked reads the Q-Block2 options of a request.
func (r *request) asked() ([]block, error) {
	var all []block
	for _, o := range r.options {
		if o.ID != optQBlock2 {
			continue
		}
		b, _, err := (&request{options: message.Options{o}}).block(optQBlock2)
		if err != nil {
			return nil, err
		}
		if n := len(all); n > 0 && b.num <= all[n-1].num {
			return nil, errors.New("block numbers do not increase (RFC 9177 §4.4)")
		} else if n > 0 && b.szx != all[0].szx {
			return nil, errors.New("block sizes differ")
		}
		all = append(all, b)
	}
	return all, nil
}

// blockSize returns the exponent for a response body.
func (d *device) blockSize(res *resource, asked []block) uint8 {
	szx := d.szx
	if len(asked) > 0 {
		szx = asked[0].szx
	}
	return d.largest(res, block{szx: szx})
}

// blocks returns how many blocks a body has, at least one.
func blocks(whole response, szx uint8) int {
	size := block{szx: szx}.size()
	return max(1, (len(whole.payload)+size-1)/size)
}

// cut takes one block out of a body. ETag and Size2 are in all of them (RFC 9177 §4.4, §4.6).
func cut(whole response, num int, szx uint8) response {
	b := block{num, num < blocks(whole, szx)-1, szx}
	part := whole.add(optQBlock2, b.value()).addUint(message.Size2, uint32(len(whole.payload)))
	part.payload = whole.payload[b.offset():min(b.offset()+b.size(), len(whole.payload))]
	return part
}

// divisible makes a response one that can go out in Q-Block2 blocks, unless it has no body to cut.
func divisible(resp response, szx uint8, asked []block) (response, bool) {
	if class(resp.code) != 2 || len(resp.payload) == 0 || len(asked) == 0 && blocks(resp, szx) == 1 {
		return resp, false
	}
	if !resp.has(message.ETag) {
		format, _ := resp.options.GetUint32(message.ContentFormat)
		resp = resp.etag(tagOf(format, resp.payload))
	}
	return resp, true
}

// whole answers with an entire body, set by set.
func (d *device) whole(r *request, res *resource, resp response, asked []block) response {
	szx := d.blockSize(res, asked)
	resp, cuttable := divisible(resp, szx, asked)
	if !cuttable {
		return resp
	}
	d.stash(resp, r.keys()...)
	b := &burst{to: r.peer, token: r.token, typ: r.typ, keys: r.keys(), whole: resp, szx: szx}
	return d.launch(b, sequence(0, blocks(resp, szx)))
}

func sequence(from, to int) []int {
	var all []int
	for num := from; num < to; num++ {
		all = append(all, num)
	}
	return all
}

// launch returns the response that sends blocks: the first of a CON request on the ACK, the others after it.
func (d *device) launch(b *burst, queue []int) response {
	b.queue = queue
	first := cut(b.whole, queue[0], b.szx)
	return first.via(func(d *device, r *request, _ response) {
		d.enlist(b)
		if r.typ == message.Confirmable {
			b.queue = b.queue[1:]
			d.reply(r, d.wire(r, first))
		}
		d.stream(b)
	})
}

// enlist puts a burst on the list. Another one of the same keys is not finished, nor the oldest where there are too many.
func (d *device) enlist(b *burst) {
	b.unasked, b.cancel = -1, func() {}
	if b.done == nil {
		b.done = func(outcome) {}
	}
	for _, old := range slices.Clone(d.bursts) {
		if slices.ContainsFunc(b.keys, old.has) {
			d.end(old, acknowledged)
		}
	}
	if len(d.bursts) >= maxTransfers {
		d.end(d.bursts[0], exhausted)
	}
	d.bursts = append(d.bursts, b)
}

func (b *burst) has(key string) bool { return slices.Contains(b.keys, key) }

// underway returns the burst that a request can continue, nil where there is none.
func (d *device) underway(r *request) *burst {
	for _, key := range r.keys() {
		if i := slices.IndexFunc(d.bursts, func(b *burst) bool { return b.has(key) }); i >= 0 {
			return d.bursts[i]
		}
	}
	return nil
}

// stream sends what may be sent now: of NON blocks one MAX_PAYLOADS_SET, of CON blocks as many as the window has room.
func (d *device) stream(b *burst) {
	b.cancel()
	for sent := 0; len(b.queue) > 0; sent++ {
		if b.typ == message.NonConfirmable && sent == maxPayloads {
			wait := time.Duration((1 + d.rng.Float64()*(ackRandomFactor-1)) * float64(nonTimeout)) // NON_TIMEOUT_RANDOM
			b.cancel = d.after(wait, func() {
				b.unasked = b.queue[0]
				d.stream(b)
			})
			return
		}
		if b.typ == message.Confirmable && b.flying == burstWindow {
			return
		}
		num := b.queue[0]
		b.queue = b.queue[1:]
		d.sendBlock(b, cut(b.whole, num, b.szx))
	}
	if b.flying == 0 {
		d.end(b, acknowledged)
	}
}

func (d *device) sendBlock(b *burst, part response) {
	h := header{typ: b.typ, code: part.code, mid: d.nextMID(), token: b.token}
	wire := encode(h, part.options, part.payload)
	if b.typ == message.NonConfirmable {
		if b.mids = append(b.mids, h.mid); len(b.mids) > maxRecalled {
			b.mids = b.mids[1:]
		}
		d.transmit(b.to, wire)
		return
	}
	b.flying++
	d.confirm(exchange{b.to, h.mid}, wire, func(how outcome) {
		b.flying--
		switch {
		case how != acknowledged: // RFC 9177 §4.4: the transfer is terminated
			b.queue = nil
			d.end(b, how)
		case len(b.queue) > 0:
			d.stream(b)
		case b.flying == 0:
			d.end(b, acknowledged)
		}
	})
}

// end takes a burst off the list. Blocks of it that are not acknowledged are still sent again.
func (d *device) end(b *burst, how outcome) {
	b.cancel()
	b.queue = nil
	d.bursts = slices.DeleteFunc(d.bursts, func(other *burst) bool { return other == b })
	if done := b.done; done != nil {
		b.done = nil
		done(how)
	}
}

// resume answers a request for some blocks, or for the next set (RFC 9177 §4.4).
func (d *device) resume(r *request, res *resource, asked []block, enact handler) response {
	main := d.underway(r)
	first := asked[0]
	if len(asked) == 1 && first.more && first.num%maxPayloads == 0 && main != nil {
		switch {
		case main.typ == message.Confirmable, main.unasked == first.num:
			main.unasked = -1 // on its way already
			return nothing()
		case len(main.queue) > 0 && main.queue[0] == first.num:
			return response{}.via(func(d *device, r *request, resp response) {
				acknowledge(d, r, resp)
				d.stream(main)
			})
		}
	}
	kept := d.stashedFor(r)
	if kept == nil {
		if first.num > 0 && r.code != codes.GET && len(r.payload) == 0 {
			return status(codes.RequestEntityIncomplete, "the response that this block belongs to is gone")
		}
		resp, cuttable := divisible(enact(r), d.blockSize(res, asked), asked)
		if !cuttable {
			return resp
		}
		d.stash(resp, r.keys()...)
		kept = d.stashedFor(r)
	}
	szx := d.blockSize(res, asked)
	if szx != first.szx && first.num > 0 {
		return status(codes.BadRequest, fmt.Sprintf("block size exponent %d was not offered", first.szx))
	}
	var wanted []int
	for _, b := range asked {
		end := b.num + 1
		if b.more {
			end = (b.num/maxPayloads + 1) * maxPayloads
		}
		wanted = append(wanted, sequence(b.num, min(end, blocks(kept.resp, szx)))...)
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	if len(wanted) == 0 {
		return status(codes.BadRequest, fmt.Sprintf("block %d is past the end", first.num))
	}
	if main != nil && main.typ == message.NonConfirmable && len(main.queue) > 0 {
		d.delay(main)
	}
	return d.launch(&burst{to: r.peer, token: r.token, typ: r.typ, whole: kept.resp, szx: szx}, wanted)
}

// stashedFor returns the body that a request is for: with its Request-Tag, or without, as a client may leave it out when
// it asks for more of a response (RFC 9177 §10.3.2).
func (d *device) stashedFor(r *request) *stash {
	for _, key := range r.keys() {
		if kept := d.stashed[key]; kept != nil {
			return kept
		}
	}
	return nil
}

// delay puts the next set off, because missing blocks of the sets before go first (RFC 9177 §7.2).
func (d *device) delay(b *burst) {
	b.cancel()
	b.cancel = d.after(nonTimeout, func() {
		b.unasked = b.queue[0]
		d.stream(b)
	})
}

// informQuickly sends a notification in Q-Block2 blocks. All of them have the Observe option (RFC 9177 §4.5).
func (d *device) informQuickly(o *observer, res *resource, resp response, con bool) {
	asked, _ := o.req.asked() // vetted at the registration
	szx := d.blockSize(res, asked)
	resp, cuttable := divisible(resp, szx, asked)
	switch {
	case !cuttable:
		d.inform(o, resp, con)
		return
	case blocks(resp, szx) == 1:
		d.inform(o, cut(resp, 0, szx), con)
		return
	}
	d.stash(resp, o.req.keys()...)
	b := &burst{
		to: o.peer, token: o.token, typ: message.NonConfirmable, keys: o.req.keys(), whole: resp, szx: szx,
		queue: sequence(0, blocks(resp, szx)),
	}
	b.done = func(how outcome) {
		if how == reset {
			d.drop(o)
		}
	}
	if con {
		b.typ, o.last, o.waiting = message.Confirmable, d.now(), true
		b.done = func(how outcome) { d.informed(o, how) }
	}
	d.enlist(b)
	d.stream(b)
}

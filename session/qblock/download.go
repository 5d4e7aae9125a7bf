package qblock

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"coapscope/protocol"
)

// download is the state of the response's body.
type download struct {
	szx      uint8 // size exponent asked for, and that of the blocks
	szxAsked bool  // whether the request named it

	begun   bool
	to      Number           // the message that first was an answer to
	first   protocol.Message // without its payload
	sink    Sink
	kept    *memory // the sink, if there is no other
	got     blockSet
	blocks  uint32 // of the body; 0 where unknown
	highest uint32 // of those received
	bytes   int64
	total   int64 // of the body; -1 where unknown
	last    protocol.Block
	set     uint32           // the highest MAX_PAYLOADS_SET of which a block came
	asked   map[uint32]uint8 // how often blocks that are missing were asked for since one came
	again   int
	paused  bool // a set of CON blocks is complete, and nothing has come since
	expires time.Time
	stale   []string // ETags of bodies that were given up

	registered Number // the message that notifications come for
	hasObserve bool   // observed is the Observe value of this body
	observed   uint32
	began      time.Time
	changes    int
}

func (d *download) progress(t *Transfer) Progress {
	p := Progress{
		Direction: Download, Block: d.last, Blocks: d.got.count, Bytes: d.bytes, Total: d.total,
		Sets: int(d.got.next) / t.p.MaxPayloads, Again: d.again, Restarts: t.restarts,
	}
	if d.blocks > 0 && d.got.next == d.blocks && int(d.blocks)%t.p.MaxPayloads != 0 {
		p.Sets++
	}
	return p
}

// whole takes a response that came in one message.
func (t *Transfer) whole(in Response, out []Output) []Output {
	r := in.Message
	if t.config.Sink != nil && r.Code.Class() == 2 && r.Code != protocol.Valid {
		if err := t.write(t.config.Sink, r.Payload, 0); err != nil {
			return t.fail(err, out)
		}
		if err := t.config.Sink.Truncate(int64(len(r.Payload))); err != nil {
			return t.fail(unwritable(err), out)
		}
		r.Payload = nil
	}
	return t.done(in.To, r, out)
}

func unwritable(err error) *Error {
	return &Error{Reason: BodyUnwritable, Option: protocol.QBlock2, Actual: err.Error(), Section: "RFC 9177 §4.4", Cause: err}
}

func (t *Transfer) write(s Sink, payload []byte, offset int64) *Error {
	if _, err := s.WriteAt(payload, offset); err != nil {
		return unwritable(err)
	}
	return nil
}

// further takes a response after the first block.
func (t *Transfer) further(in Response, m message, out []Output) []Output {
	r := in.Message
	b, blockwise, _ := block(r, protocol.QBlock2)
	switch {
	case m.kind == kindBlock && !blockwise:
		return out // late: it was made before the body of the request was complete, or is the final response again
	case r.Code.Class() != 2:
		return t.fail(&Error{Refused, protocol.QBlock2, "the blocks that are missing", r.Code.String(), "RFC 9177 §4.4", r.Code, nil}, out)
	case r.Code == protocol.Valid || r.Code == protocol.Continue:
		return out
	case !blockwise:
		// The representation has changed and fits one message.
		if t.same(r) {
			return t.fail(&Error{UnexpectedCode, protocol.QBlock2, "the blocks that are missing", "a response without the option", "RFC 9177 §4.4", r.Code, nil}, out)
		}
		if t.config.FailOnChange {
			return t.fail(t.changed(r), out)
		}
		return t.whole(in, out)
	}
	return t.take(in, b, out)
}

// notified takes a response after a body was complete: of a new body, or late.
func (t *Transfer) notified(in Response, out []Output) []Output {
	r := in.Message
	b, blockwise, _ := block(r, protocol.QBlock2)
	value, ok := r.Options.Uint(protocol.Observe)
	switch {
	case in.To != t.down.registered:
		return out
	case !ok && blockwise:
		return out // a block that was asked for and came late
	case !ok, r.Code.Class() != 2:
		return t.done(in.To, r, out) // the end of the observation
	case !protocol.ObserveFresher(t.down.observed, t.down.began, value, t.now):
		return out // the body that is complete, or an older one
	case !blockwise:
		t.down = download{szx: t.down.szx}
		return t.done(in.To, r, out)
	}
	t.down = download{szx: t.down.szx, registered: in.To}
	t.phase = downloading
	return t.take(in, b, out)
}

// same tells whether the response belongs to the body that is being received.
func (t *Transfer) same(r protocol.Message) bool {
	d := &t.down
	was, ok1 := d.first.Options.First(protocol.ETag)
	is, ok2 := r.Options.First(protocol.ETag)
	if ok1 && ok2 {
		return bytes.Equal(was, is)
	}
	value, ok := r.Options.Uint(protocol.Observe)
	return !ok || !d.hasObserve || value == d.observed
}

func (t *Transfer) changed(r protocol.Message) *Error {
	was, _ := t.down.first.Options.First(protocol.ETag)
	is, _ := r.Options.First(protocol.ETag)
	return &Error{Changed, protocol.QBlock2, fmt.Sprintf("ETag %x as in the blocks before", was), fmt.Sprintf("ETag %x", is), "RFC 9177 §4.4", r.Code, nil}
}

// take adds a block of the response's body.
func (t *Transfer) take(in Response, b protocol.Block, out []Output) []Output {
	d, r := &t.down, in.Message
	if d.begun && !t.same(r) {
		if etag, _ := r.Options.First(protocol.ETag); slices.Contains(d.stale, string(etag)) {
			return out // late, of a body that was given up
		}
		value, notification := r.Options.Uint(protocol.Observe)
		notification = notification && t.observe
		switch {
		case notification && d.hasObserve && !protocol.ObserveFresher(d.observed, d.began, value, t.now):
			return out
		case t.config.FailOnChange && !notification, d.changes >= maxRestarts && !notification:
			return t.fail(t.changed(r), out)
		}
		if err := d.sink.Truncate(0); err != nil {
			return t.fail(unwritable(err), out)
		}
		t.restarts++
		changes, etag := d.changes, ""
		if was, ok := d.first.Options.First(protocol.ETag); ok {
			etag = string(was)
		}
		stale := append(d.stale[max(0, len(d.stale)-3):], etag)
		*d = download{szx: d.szx, szxAsked: d.szxAsked, registered: d.registered, stale: stale, again: d.again, changes: changes}
		t.want = wantNothing
		if !notification {
			d.changes++
			if t.safe() && b.Num > 0 {
				t.want = wantWhole
			}
		}
	}
	if !d.begun {
		if err := t.beginBody(in, b); err != nil {
			return t.fail(err, out)
		}
	}
	if value, ok := r.Options.Uint(protocol.Observe); ok && !d.hasObserve {
		// What was asked for again has no Observe (RFC 9177 §4.5).
		d.first, d.to, d.hasObserve, d.observed = r, in.To, true, value
		d.first.Payload = nil
		d.registered = in.To
	}
	if d.got.has(b.Num) {
		return out // MUST be ignored silently (RFC 9177 §4.4)
	}
	if err := t.checkBlock(r, b); err != nil {
		return t.fail(err, out)
	}
	if err := t.write(d.sink, r.Payload, int64(b.Offset())); err != nil {
		return t.fail(err, out)
	}
	d.got.add(b.Num)
	d.bytes += int64(len(r.Payload))
	d.last, d.highest = b, max(d.highest, b.Num)
	clear(d.asked) // NON_MAX_RETRANSMIT bounds what is asked for without a response (RFC 9177 §7.2)
	if d.blocks > 0 && d.got.count == int(d.blocks) {
		return t.complete(out)
	}
	t.plan(r, b)
	return out
}

// beginBody begins a body with the block of it that comes first, whichever it is.
func (t *Transfer) beginBody(in Response, b protocol.Block) *Error {
	d, r := &t.down, in.Message
	if asked := (protocol.Block{SZX: d.szx}); d.szxAsked && b.SZX > d.szx && (b.More || len(r.Payload) > asked.Size()) {
		return &Error{WrongSize, protocol.QBlock2, fmt.Sprintf("blocks of at most %d bytes, as asked for", asked.Size()), fmt.Sprint(b.Size()), "RFC 7959 §2.4", r.Code, nil}
	}
	d.begun, d.first, d.to, d.szx, d.total, d.began = true, r, in.To, b.SZX, -1, t.now
	d.first.Payload = nil
	d.asked = make(map[uint32]uint8)
	if d.sink = t.config.Sink; d.sink == nil {
		d.kept = new(memory)
		d.sink = d.kept
	}
	return nil
}

// checkBlock holds a block against what is known of the body.
func (t *Transfer) checkBlock(r protocol.Message, b protocol.Block) *Error {
	d := &t.down
	end := int64(b.Offset()) + int64(len(r.Payload))
	wrong := func(expected, actual string) *Error {
		return &Error{WrongSize, protocol.QBlock2, expected, actual, "RFC 9177 §4.4", r.Code, nil}
	}
	is, _ := r.Options.First(protocol.ContentFormatOption)
	was, _ := d.first.Options.First(protocol.ContentFormatOption)
	size2, sized := r.Options.Uint(protocol.Size2)
	switch {
	case !bytes.Equal(is, was):
		return &Error{Changed, protocol.QBlock2, fmt.Sprintf("Content-Format %x as in the first block", was), fmt.Sprintf("%x", is), "RFC 9177 §4.1", r.Code, nil}
	case b.SZX != d.szx:
		return wrong(fmt.Sprintf("blocks of %d bytes as the first", protocol.Block{SZX: d.szx}.Size()), fmt.Sprint(b.Size()))
	case b.More && len(r.Payload) != b.Size():
		return wrong(fmt.Sprintf("a payload of %d bytes, because M is set", b.Size()), fmt.Sprintf("%d bytes", len(r.Payload)))
	case len(r.Payload) > b.Size():
		return wrong(fmt.Sprintf("a payload of at most %d bytes", b.Size()), fmt.Sprintf("%d bytes", len(r.Payload)))
	case end > t.config.MaxBody || sized && int64(size2) > t.config.MaxBody:
		return &Error{TooLarge, protocol.QBlock2, fmt.Sprintf("a body of at most %d bytes", t.config.MaxBody), fmt.Sprintf("%d bytes or more", max(end, int64(size2))), "RFC 7959 §7", r.Code, nil}
	case sized && d.total >= 0 && int64(size2) != d.total:
		return wrong(fmt.Sprintf("a body of %d bytes, as said before", d.total), fmt.Sprintf("Size2 %d", size2))
	}
	if sized {
		d.total = int64(size2)
	}
	switch {
	case !b.More && d.total >= 0 && end != d.total, b.More && d.total >= 0 && end >= d.total:
		return wrong(fmt.Sprintf("the last block to end at byte %d", d.total), fmt.Sprintf("block %v of %d bytes", b, len(r.Payload)))
	case !b.More && d.got.count > 0 && b.Num < d.highest:
		return wrong(fmt.Sprintf("more after block %d, because block %d came", b.Num, d.highest), "the last block")
	}
	if !b.More {
		d.total = end
	}
	if d.total >= 0 {
		d.blocks = max(1, uint32((d.total+int64(b.Size())-1)/int64(b.Size())))
	}
	return nil
}

// plan sets what happens after a block that was taken (RFC 9177 §7.2).
func (t *Transfer) plan(r protocol.Message, b protocol.Block) {
	d, per := &t.down, uint32(t.p.MaxPayloads)
	age := 60 * time.Second // RFC 7252 §5.10.5
	if v, ok := r.Options.Uint(protocol.MaxAge); ok {
		age = time.Duration(v) * time.Second
	}
	grace := 2 * t.p.ReceiveTimeout()
	if t.con {
		grace = 2 * t.p.MaxTransmitSpan
	}
	// A Max-Age that leaves no time to ask for what is missing would make any loss fatal.
	d.expires = t.now.Add(min(t.p.PartialTimeout(), max(age, grace)))
	set := b.Num / per
	whole := d.got.next%per == 0 && d.got.next > d.highest && (d.blocks == 0 || d.got.next < d.blocks)
	d.paused = t.con && whole
	switch {
	case t.want == wantWhole:
	case t.con:
		// The peer goes on as its blocks are acknowledged, and sends again what was lost (RFC 9177 §4.4, §7.1). To
		// ask for that would have it send blocks twice.
	case set > d.set && d.got.next < set*per:
		t.want = wantMissing // a later set has begun
	case whole:
		t.want = wantContinue
	}
	d.set = max(d.set, set)
	t.waitForBlocks()
}

// waitForBlocks starts the time after which missing blocks are asked for.
func (t *Transfer) waitForBlocks() {
	count := 0
	for _, n := range t.down.asked {
		count = max(count, int(n))
	}
	switch {
	case t.down.paused:
		t.due = t.now.Add(t.p.ReceiveTimeout())
	case t.con:
		t.due = t.now.Add(t.p.MaxTransmitSpan << max(count-1, 0)) // RFC 9177 §4.4
	default:
		t.due = t.now.Add(t.p.timeToWait(count))
	}
}

// lacking gives the numbers of missing blocks to ask for: MAX_PAYLOADS at most, of the set with the first
// that is missing, and of later ones as far as something has come of them.
func (t *Transfer) lacking() []uint32 {
	d, per := &t.down, uint32(t.p.MaxPayloads)
	end := max(d.got.next/per*per+per, d.highest+1)
	if d.blocks > 0 {
		end = min(end, d.blocks)
	}
	var nums []uint32
	for n := d.got.next; n < end && len(nums) < int(per); n = d.got.lack(n + 1) {
		nums = append(nums, n)
	}
	return nums
}

// askMissing asks for missing blocks, in one request.
func (t *Transfer) askMissing(out []Output) []Output {
	d, per := &t.down, uint32(t.p.MaxPayloads)
	nums := t.lacking()
	if len(nums) == 0 || nums[0] > protocol.MaxBlockNum {
		return t.incomplete(out)
	}
	var blocks []protocol.Block
	for i := 0; i < len(nums); i++ {
		num := nums[i]
		if int(d.asked[num]) >= t.p.NonMaxRetransmit {
			return t.incomplete(out)
		}
		b := protocol.Block{Num: num, SZX: d.szx}
		// The rest of a set needs one option only (RFC 9177 §4.4). From the beginning of a set on, M would
		// say that the sets before have been received.
		end := num/per*per + per
		if d.blocks > 0 {
			end = min(end, d.blocks)
		}
		rest := int(end - num)
		run := rest > 1 && i+rest <= len(nums) && nums[i+rest-1] == end-1
		if run && (num%per != 0 || d.blocks == 0 && i == 0) {
			b.More = true
		} else {
			rest = 1
		}
		for _, n := range nums[i : i+rest] {
			d.asked[n]++
		}
		d.again += rest
		i += rest - 1
		blocks = append(blocks, b)
	}
	t.waitForBlocks()
	return t.ask(out, blocks...)
}

// ask sends a request for blocks: without payload and Observe (RFC 9177 §4.5, RFC 7959 §2.7), and without
// the ETag options that would make it a question for freshness (RFC 9177 §4.4).
func (t *Transfer) ask(out []Output, blocks ...protocol.Block) []Output {
	m := t.request
	m.Token = protocol.Token{}
	m.Options = m.Options.Without(protocol.Observe).Without(protocol.ETag).Without(protocol.IfNoneMatch).Without(protocol.QBlock2)
	for _, b := range blocks {
		m.Options = m.Options.Add(protocol.QBlock2, b.Value())
	}
	if t.up.blocks > 0 {
		m.Options = m.Options.Set(protocol.RequestTag, t.up.tag)
	}
	return t.transmit(m, message{kind: kindAsk}, out)
}

func (t *Transfer) incomplete(out []Output) []Output {
	d := &t.down
	of := "?"
	if d.blocks > 0 {
		of = fmt.Sprint(d.blocks)
	}
	return t.fail(&Error{
		Reason: Incomplete, Option: protocol.QBlock2, Section: "RFC 9177 §7.2",
		Actual: fmt.Sprintf("%d of %s blocks came, block %d was asked for %d times", d.got.count, of, d.got.next, d.asked[d.got.next]),
	}, out)
}

// complete gives the response with its whole body.
func (t *Transfer) complete(out []Output) []Output {
	d := &t.down
	if err := d.sink.Truncate(d.total); err != nil {
		return t.fail(unwritable(err), out)
	}
	response := d.first
	if d.kept != nil {
		response.Payload = d.kept.data
		d.kept = nil
	}
	return t.done(d.to, response, out)
}

package qblock

import (
	"fmt"
	"io"
	"slices"
	"time"

	"coapscope/protocol"
)

// upload is the state of the request's body.
type upload struct {
	szx    uint8 // size exponent of blocks
	tag    []byte
	blocks uint32 // of the body; 0 where it goes in one message
	next   uint32 // the first block that was never sent
	again  []uint32
	group  uint32    // MAX_PAYLOADS_SET that blocks of again are sent of
	hold   time.Time // nothing is sent until then; zero for no delay
	heard  bool      // the peer has acknowledged blocks, or asked for some

	grouped  bool // some blocks of again were sent, of that group
	inflight int  // CONs that are not acknowledged
	resent   int
	lost     int // restarts because the peer had lost the body
	lowest   uint32
	lacking  int // blocks that the 4.08 before named, and the lowest of them
	sent     protocol.Block
}

func (u *upload) begin(blocks uint32) {
	*u = upload{szx: u.szx, tag: u.tag, blocks: blocks, resent: u.resent, lost: u.lost, heard: u.heard}
}

func (u *upload) progress(t *Transfer) Progress {
	size := int64(protocol.Block{SZX: u.szx}.Size())
	p := Progress{
		Block: u.sent, Blocks: int(u.next), Bytes: min(int64(u.next)*size, t.size), Total: t.size,
		Sets: int(u.next) / t.p.MaxPayloads, Again: u.resent, Restarts: t.restarts,
	}
	if u.next == u.blocks && int(u.next)%t.p.MaxPayloads != 0 {
		p.Sets++
	}
	return p
}

// base gives the request for a message that may begin the response.
func (t *Transfer) base() protocol.Message {
	m := t.request
	if t.up.blocks > 0 && t.up.next > 0 {
		m.Token = protocol.Token{} // each block has its own (RFC 9177 §6)
	}
	return m
}

// sendOpening sends the request in one message, and says that the response may come by Q-Block2.
func (t *Transfer) sendOpening(out []Output) []Output {
	m := t.base()
	payload, err := t.read(0, int(t.size))
	if err != nil {
		return t.fail(err, out)
	}
	m.Payload = payload
	m.Options = m.Options.Set(protocol.QBlock2, protocol.Block{More: true, SZX: t.down.szx}.Value())
	if !t.con {
		t.due = t.now.Add(t.p.timeToWait(t.silent + 1))
	}
	t.limited()
	t.opened = t.last + 1
	return t.transmit(m, message{kind: kindAsk}, out)
}

// limited starts the time in which the owner wants a response.
func (t *Transfer) limited() {
	if t.config.Timeout > 0 && t.limit.IsZero() {
		t.limit = t.now.Add(t.config.Timeout)
	}
}

// blockReady tells whether a block can be sent now.
func (t *Transfer) blockReady() bool {
	u := &t.up
	switch {
	case t.phase != uploading && t.phase != awaiting, t.now.Before(u.hold):
		return false
	case t.con:
		return u.next < u.blocks && u.inflight < t.p.NStart
	}
	return len(u.again) > 0 || u.next < u.blocks
}

// sendBlock sends the next block of the request's body: those that the peer asks for before others, and
// NON with a delay after each MAX_PAYLOADS_SET (RFC 9177 §7.2).
func (t *Transfer) sendBlock(out []Output) []Output {
	if !t.blockReady() {
		return out
	}
	u := &t.up
	u.hold = time.Time{}
	if len(u.again) == 0 {
		out = t.block(u.next, out)
		u.next++
		return t.paced(u.next, out)
	}
	num := u.again[0]
	group := num / uint32(t.p.MaxPayloads)
	if u.grouped && group != u.group {
		u.grouped = false
		u.hold = t.now.Add(t.pause)
		return out
	}
	u.again = u.again[1:]
	u.group, u.grouped = group, len(u.again) > 0
	u.resent++
	out = t.block(num, out)
	if len(u.again) > 0 {
		return out
	}
	return t.paced(u.next, out)
}

// paced sets what happens after a block, with next the first that was never sent.
func (t *Transfer) paced(next uint32, out []Output) []Output {
	switch {
	case t.phase == ended:
	case next == t.up.blocks:
		t.phase = awaiting
		t.limited()
		if !t.con {
			// The peer's own Time-to-Wait before it asks for what it lacks, and some time to act.
			t.due = t.now.Add(t.p.timeToWait(t.silent+1) + t.pause)
		}
	case !t.con && next%uint32(t.p.MaxPayloads) == 0:
		t.up.hold = t.now.Add(t.pause)
	}
	return out
}

// sendLast sends the last block again, to which the peer must respond as it did the first time
// (RFC 9177 §4.3): by the final response if only that was lost.
func (t *Transfer) sendLast(out []Output) []Output {
	t.up.resent++
	return t.paced(t.up.next, t.block(t.up.blocks-1, out))
}

// block sends a block.
func (t *Transfer) block(num uint32, out []Output) []Output {
	b := protocol.Block{Num: num, More: num+1 < t.up.blocks, SZX: t.up.szx}
	offset := int64(b.Offset())
	payload, err := t.read(offset, int(min(int64(b.Size()), t.size-offset)))
	if err != nil {
		return t.fail(err, out)
	}
	m := t.base()
	m.Payload = payload
	m.Options = m.Options.Set(protocol.QBlock1, b.Value()).SetUint(protocol.Size1, uint64(t.size)).Set(protocol.RequestTag, t.up.tag)
	t.up.sent = b
	if t.con {
		t.up.inflight++
	}
	return t.transmit(m, message{kind: kindBlock, block: num}, out)
}

func (t *Transfer) read(offset int64, n int) ([]byte, *Error) {
	if n == 0 {
		return nil, nil
	}
	payload := make([]byte, n)
	if got, err := t.body.ReadAt(payload, offset); got < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, &Error{Reason: BodyUnreadable, Actual: fmt.Sprintf("at byte %d of %d: %v", offset+int64(got), t.size, err), Section: "RFC 9177 §4.3", Cause: err}
	}
	return payload, nil
}

// answered takes a response while the request goes out, or is out and nothing of the final response is there.
func (t *Transfer) answered(in Response, m message, out []Output) []Output {
	r := in.Message
	hint, hinted, _ := block(r, protocol.QBlock1)
	switch {
	case r.Code == protocol.Continue && t.phase == opening:
		return t.fail(&Error{UnexpectedCode, protocol.QBlock1, "a final response", r.Code.String() + ", though no block was sent", "RFC 9177 §4.3", r.Code, nil}, out)
	case r.Code == protocol.Continue:
		num := m.block
		if hinted {
			num = hint.Num
		}
		t.continued(num)
		return out
	case r.Code == protocol.RequestEntityIncomplete && t.phase != opening:
		if f, ok := r.ContentFormat(); ok && f == protocol.MissingBlocks {
			if nums, ok := missingBlocks(r.Payload); ok {
				t.missing(nums)
			}
			return out
		}
		// The peer has lost what it had (RFC 7959 §2.9.2).
		if t.up.lost < maxRestarts {
			t.up.lost++
			return t.restart(out)
		}
	case r.Code == protocol.RequestEntityTooLarge && hinted && hint.SZX < t.up.szx && t.size > 16:
		// A hint to try that smaller size (RFC 7959 §2.9.3). It gets smaller each time, so that this ends.
		t.up.szx = hint.SZX
		return t.restart(out)
	case r.Code.Class() == 2 && t.phase == uploading && t.up.next < t.up.blocks:
		err := &Error{UnexpectedCode, protocol.QBlock1, "2.31 Continue, because blocks are to follow", "a final response, as if the block were the whole body", "RFC 9177 §4.3", r.Code, nil}
		if t.up.heard || !t.idempotent() {
			return t.fail(err, out)
		}
		err.Reason = Unsupported
		return t.fallBack(err, nil, out)
	}
	return t.final(in, out)
}

// maxRestarts bounds how often a body is sent anew because the peer has lost it, and how often one is
// received anew because it has changed.
const maxRestarts = 1

// continued takes a 2.31: all blocks up to num were received (RFC 9177 §4.3).
func (t *Transfer) continued(num uint32) {
	u := &t.up
	t.supported, u.heard = true, true
	u.again = slices.DeleteFunc(u.again, func(n uint32) bool { return n <= num })
	if num+1 >= u.next {
		u.hold, u.grouped = time.Time{}, false
	}
	t.silent = 0
	if t.phase == awaiting && len(u.again) == 0 && !t.con {
		t.due = t.now.Add(t.p.timeToWait(1) + t.pause)
	}
}

// missing takes the numbers of blocks that the peer lacks. Those that were never sent come in any case.
func (t *Transfer) missing(nums []uint32) {
	u := &t.up
	t.supported, u.heard = true, true
	nums = slices.DeleteFunc(nums, func(n uint32) bool { return n >= u.next })
	if len(nums) == 0 || t.con { // CONs that were lost are retransmitted (RFC 9177 §5)
		return
	}
	if len(nums) == u.lacking && nums[0] == u.lowest {
		t.silent = min(t.silent+1, t.p.NonMaxRetransmit)
	} else {
		t.silent = min(1, t.p.NonMaxRetransmit)
	}
	u.lacking, u.lowest = len(nums), nums[0]
	u.again, u.grouped, u.hold = nums, false, time.Time{}
	t.due = time.Time{}
}

// final takes the response that is, or begins, the final one.
func (t *Transfer) final(in Response, out []Output) []Output {
	r := in.Message
	b, blockwise, _ := block(r, protocol.QBlock2)
	if blockwise && r.Code.Class() == 2 {
		t.supported = true
		t.phase, t.want, t.due, t.limit, t.up.hold = downloading, wantNothing, time.Time{}, time.Time{}, time.Time{}
		t.down.szxAsked = t.up.blocks == 0
		return t.take(in, b, out)
	}
	if b, ok := r.Options.Block(protocol.Block2); ok && b.More {
		return t.fallBack(&Error{Unsupported, protocol.QBlock2, "Q-Block2", "Block2", "RFC 9177 §4.1", r.Code, nil}, &r, out)
	}
	return t.whole(in, out)
}

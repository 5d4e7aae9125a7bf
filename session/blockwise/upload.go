package blockwise

import (
	"fmt"
	"io"

	"coapscope/protocol"
)

// sendBlock1 sends the block that begins at the offset, a multiple of the block size.
func (t *Transfer) sendBlock1(offset int64) Step {
	b := protocol.Block{SZX: t.szx}
	size := int64(b.Size())
	if t.bodySize > size*(protocol.MaxBlockNum+1) {
		return t.fail(&Error{
			Reason: TooLarge, Option: protocol.Block1, Section: "RFC 7959 §2.2",
			Expected: fmt.Sprintf("at most %d bytes in blocks of %d", size*(protocol.MaxBlockNum+1), size),
			Actual:   fmt.Sprintf("%d", t.bodySize),
		})
	}
	b.Num = uint32(offset / size)
	b.More = offset+size < t.bodySize
	payload, failed := t.read(offset, int(min(size, t.bodySize-offset)))
	if failed != nil {
		return *failed
	}
	t.sent = b
	m := t.message()
	m.Payload = payload
	if b.Num == 0 {
		m.Options = m.Options.Set(protocol.Block1, b.Value())
	} else {
		if t.next1.options == nil {
			t.next1.of(m.Options, protocol.Block1)
		}
		m.Options = t.next1.with(b)
	}
	if t.acked == 0 {
		m.Options = t.withSize1(m.Options)
	}
	if !b.More {
		if t.proposes() {
			m.Options = t.askBlock2(m.Options, 0) // RFC 7959 figure 11
		}
		m.Options = t.askSize(m.Options)
	}
	return Send{m}
}

// withSize1 adds the size of the body, if the option can say it.
func (t *Transfer) withSize1(options protocol.Options) protocol.Options {
	if t.bodySize > 1<<32-1 {
		return options
	}
	return options.SetUint(protocol.Size1, uint64(t.bodySize))
}

// read gives n bytes of the body; they are valid until the next call.
func (t *Transfer) read(offset int64, n int) ([]byte, *Failed) {
	if n == 0 {
		return nil, nil
	}
	if t.memory != nil {
		return t.memory[offset : offset+int64(n) : offset+int64(n)], nil
	}
	if cap(t.buffer) < n {
		t.buffer = make([]byte, n)
	}
	payload := t.buffer[:n]
	if got, err := t.body.ReadAt(payload, offset); got < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		f := t.fail(&Error{Reason: BodyUnreadable, Actual: fmt.Sprintf("at byte %d of %d: %v", offset+int64(got), t.bodySize, err), Section: "RFC 7959 §2.5", Cause: err})
		return nil, &f
	}
	return payload, nil
}

// handleUpload takes the response to a block of the request's body.
func (t *Transfer) handleUpload(response protocol.Message) Step {
	ack, acked, failed := t.block(response, protocol.Block1)
	if failed != nil {
		return *failed
	}
	switch {
	case response.Code == protocol.RequestEntityTooLarge && acked && ack.SZX < t.sent.SZX && !t.beyond(response):
		// A hint to try that smaller size (RFC 7959 §2.9.3). It gets smaller each time, so that this ends.
		t.szx = ack.SZX
		return t.restart()
	case response.Code == protocol.RequestEntityIncomplete && t.sent.Num > 0 && t.resent < maxRestarts:
		// The peer may have discarded what it had (RFC 7959 §2.5).
		t.resent++
		if acked {
			t.szx = min(t.szx, ack.SZX)
		}
		return t.restart()
	case response.Code.Class() != 2:
		return t.handleFirst(response)
	}

	if acked && ack.Num != t.sent.Num && ack.Offset() != t.sent.Offset() {
		return t.fail(&Error{WrongBlock, protocol.Block1, fmt.Sprintf("an acknowledgement of block %d", t.sent.Num), fmt.Sprintf("one of block %d", ack.Num), "RFC 7959 §2.3", response.Code, nil})
	}
	if !t.sent.More {
		if response.Code == protocol.Continue {
			return t.fail(&Error{UnexpectedCode, protocol.Block1, "the final response to the last block", response.Code.String(), "RFC 7959 §2.9.1", response.Code, nil})
		}
		t.acked++
		t.sent1 = t.bodySize
		return t.handleFirst(response)
	}
	if !acked {
		return t.fail(&Error{MissingOption, protocol.Block1, "an acknowledgement of block " + t.sent.String(), "a response without the option", "RFC 7959 §2.3", response.Code, nil})
	}
	if response.Code == protocol.Created && t.created == nil {
		// A peer that acts on each block by itself says 2.01 for the first (RFC 7959 §2.10).
		created := response.Clone()
		t.created = &created
	}
	t.acked++
	t.sent1 = int64(t.sent.Offset() + t.sent.Size())
	t.szx = min(t.szx, ack.SZX) // from now on; offsets are multiples of smaller sizes too
	return t.sendBlock1(t.sent1)
}

// tryBlock1 makes the second try that a 4.13 to a request without Block1 hints at (RFC 7959 §2.9.3).
// It gives nil where there is nothing to try: the peer wants a smaller body, not smaller messages.
func (t *Transfer) tryBlock1(response protocol.Message) Step {
	if t.answered || t.bodySize <= 16 {
		return nil
	}
	if t.beyond(response) {
		return nil
	}
	hint, hinted, failed := t.block(response, protocol.Block1)
	if failed != nil {
		return *failed
	}
	szx := protocol.SZXFor(int(t.bodySize) - 1)
	if hinted {
		szx = min(szx, hint.SZX)
	}
	t.szx = szx
	return t.restart()
}

// beyond tells whether a 4.13 says that the body is larger than the peer takes, in whatever blocks
// (RFC 7959 §4).
func (t *Transfer) beyond(response protocol.Message) bool {
	limit, ok := response.Options.Uint(protocol.Size1)
	return ok && int64(limit) < t.bodySize
}

// mergeCreated gives the final response the 2.01 of an earlier block: it dominates any 2.04 after it
// (RFC 7959 §2.10).
func (t *Transfer) mergeCreated(response protocol.Message) protocol.Message {
	if t.created == nil || response.Code != protocol.Changed {
		return response
	}
	response.Code = protocol.Created
	if !response.Options.Has(protocol.LocationPath) && !response.Options.Has(protocol.LocationQuery) {
		options := response.Options.Without(protocol.LocationPath)
		for _, o := range t.created.Options {
			if o.Number == protocol.LocationPath || o.Number == protocol.LocationQuery {
				options = options.Add(o.Number, o.Value)
			}
		}
		response.Options = options
	}
	return response
}

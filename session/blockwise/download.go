package blockwise

import (
	"bytes"
	"fmt"
	"math"

	"coapscope/protocol"
)

// handleFirst takes the response that is, or begins, the final one.
func (t *Transfer) handleFirst(response protocol.Message) Step {
	t.answered = true
	if response.Code == protocol.Continue {
		return t.fail(&Error{UnexpectedCode, protocol.Block1, "a final response", response.Code.String() + ", though no block was left to send", "RFC 7959 §2.9.1", response.Code, nil})
	}
	b, blockwise, failed := t.block(response, protocol.Block2)
	if failed != nil {
		return *failed
	}
	if t.resumed {
		if step := t.checkResumed(response, blockwise); step != nil {
			return step
		}
	}
	if !blockwise {
		// A critical option that a client without Q-Block does not recognise (RFC 9177 §4.1). What comes with it
		// may be a part only, so it must not be taken for the whole.
		if response.Options.Has(protocol.QBlock2) {
			return t.fail(&Error{
				InvalidOption, protocol.QBlock2, "Block2, or no Block option, as the request has none", "a block of a Q-Block transfer",
				"RFC 7252 §5.4.1", response.Code, nil,
			})
		}
		return t.finish(response)
	}
	t.noteFirst(response)
	if failed := t.checkBlock(response, b); failed != nil {
		return *failed
	}
	if !b.More && t.at == 0 {
		return t.finish(response)
	}
	t.phase = downloading
	return t.take(response, b)
}

// noteFirst keeps what the first response says of the whole.
func (t *Transfer) noteFirst(response protocol.Message) {
	t.first = response
	t.first.Payload = nil
	t.first = t.first.Clone()
}

// handleBlock takes the response to the request for a further block.
func (t *Transfer) handleBlock(response protocol.Message) Step {
	if response.Code == protocol.RequestEntityIncomplete && t.bodySize > 0 && t.repeatable() && t.resent < maxRestarts {
		// The peer has discarded the body of the request that its response was made from (RFC 7959 §2.9.2).
		t.resent++
		return t.restart()
	}
	if response.Code.Class() != 2 && t.first.Code.Class() == 2 {
		return t.refused(response, t.first.Code.String())
	}
	if response.Code != t.first.Code {
		return t.changed(response, t.first.Code.String(), response.Code.String())
	}
	if etag, ok := response.Options.First(protocol.ETag); ok && t.etag != nil && !bytes.Equal(etag, t.etag) {
		return t.changed(response, fmt.Sprintf("ETag %x as in the blocks before", t.etag), fmt.Sprintf("ETag %x", etag))
	}
	b, ok, failed := t.block(response, protocol.Block2)
	if failed != nil {
		return *failed
	}
	if !ok {
		return t.missing(response)
	}
	if failed := t.checkBlock(response, b); failed != nil {
		return *failed
	}
	if is, was, differ := differentFormat(response, t.first); differ {
		return t.fail(&Error{Changed, protocol.Block2, "Content-Format " + was + " as in the first block", is, "RFC 7959 §2.3", response.Code, nil})
	}
	return t.take(response, b)
}

func (t *Transfer) refused(response protocol.Message, code string) Step {
	return t.fail(&Error{Refused, protocol.Block2, fmt.Sprintf("%s with the block at byte %d", code, t.at), response.Code.String(), "RFC 7959 §2.4", response.Code, nil})
}

func (t *Transfer) missing(response protocol.Message) Step {
	return t.fail(&Error{MissingOption, protocol.Block2, fmt.Sprintf("the block at byte %d", t.at), "a response without the option", "RFC 7959 §2.3", response.Code, nil})
}

// checkBlock holds number and size against what is expected.
func (t *Transfer) checkBlock(response protocol.Message, b protocol.Block) *Failed {
	var err *Error
	switch wanted := (protocol.Block{SZX: t.szx2}); {
	case t.asked2 && b.SZX > t.szx2 && (b.More || len(response.Payload) > wanted.Size()):
		err = &Error{WrongSize, protocol.Block2, fmt.Sprintf("blocks of at most %d bytes, as asked for", wanted.Size()), fmt.Sprintf("%d", b.Size()), "RFC 7959 §2.4", response.Code, nil}
	case int64(b.Offset()) != t.at:
		err = &Error{WrongBlock, protocol.Block2, fmt.Sprintf("block %d of %d bytes, which begins at byte %d", t.at/int64(b.Size()), b.Size(), t.at), fmt.Sprintf("block %d, which begins at byte %d", b.Num, b.Offset()), "RFC 7959 §2.3", response.Code, nil}
	case b.More && len(response.Payload) != b.Size():
		err = &Error{WrongSize, protocol.Block2, fmt.Sprintf("a payload of %d bytes, because M is set", b.Size()), fmt.Sprintf("%d bytes", len(response.Payload)), "RFC 7959 §2.3", response.Code, nil}
	case t.at+int64(len(response.Payload)) > t.limit():
		err = &Error{TooLarge, protocol.Block2, fmt.Sprintf("a body of at most %d bytes", t.limit()), fmt.Sprintf("%d bytes and no end", t.at+int64(len(response.Payload))), "RFC 7959 §7", response.Code, nil}
	default:
		return nil
	}
	f := t.fail(err)
	return &f
}

// limit is the largest body that is received.
func (t *Transfer) limit() int64 {
	switch {
	case t.config.MaxBody > 0:
		return t.config.MaxBody
	case t.sinks(t.first):
		return math.MaxInt64
	}
	return DefaultMaxBody
}

// take adds a block that is right, and asks for the next.
func (t *Transfer) take(response protocol.Message, b protocol.Block) Step {
	if failed := t.put(t.first, response.Payload); failed != nil {
		return *failed
	}
	t.last = b
	t.blocks++
	if size, ok := response.Options.Uint(protocol.Size2); ok {
		t.total = int64(size)
	}
	if etag, ok := response.Options.First(protocol.ETag); ok && t.etag == nil {
		t.etag = append([]byte{}, etag...)
	}
	if !b.More {
		whole := t.first
		if age, ok := response.Options.First(protocol.MaxAge); ok {
			whole.Options = whole.Options.Set(protocol.MaxAge, bytes.Clone(age))
		}
		whole.Payload = t.received
		return t.done(whole)
	}
	// The peer's size if it is smaller, else the preferred one: the number counts in it (figure 4).
	t.szx2 = min(t.szx2, b.SZX)
	next := protocol.Block{SZX: t.szx2}
	num := t.at / int64(next.Size())
	if num > protocol.MaxBlockNum {
		return t.fail(&Error{TooLarge, protocol.Block2, fmt.Sprintf("at most %d blocks of %d bytes", protocol.MaxBlockNum+1, next.Size()), "more", "RFC 7959 §2.2", response.Code, nil})
	}
	next.Num = uint32(num)
	m := t.request
	m.Token = protocol.Token{}
	if t.next2.options == nil {
		t.next2.of(m.Options.Without(protocol.Observe), protocol.Block2)
	}
	t.asked2 = true
	m.Options = t.next2.with(next)
	return Send{m}
}

// changed begins anew where the blocks received so far belong to another representation and the
// method may be repeated (RFC 7959 §2.4, RFC 7252 §5.1).
func (t *Transfer) changed(response protocol.Message, expected, actual string) Step {
	if t.config.OnChange == Fail || !t.repeatable() || t.reread >= maxRestarts {
		return t.fail(&Error{Changed, protocol.Block2, expected, actual, "RFC 7959 §2.4", response.Code, nil})
	}
	t.reread++
	return t.restart()
}

// repeatable tells whether the method can be repeated without harm.
func (t *Transfer) repeatable() bool {
	return t.request.Code == protocol.GET || t.request.Code == protocol.FETCH
}

func differentFormat(response, first protocol.Message) (is, was string, differ bool) {
	a, ok := response.Options.First(protocol.ContentFormatOption)
	b, ok2 := first.Options.First(protocol.ContentFormatOption)
	if !ok || !ok2 || bytes.Equal(a, b) {
		return "", "", false
	}
	f, _ := response.ContentFormat()
	g, _ := first.ContentFormat()
	return f.String(), g.String(), true
}

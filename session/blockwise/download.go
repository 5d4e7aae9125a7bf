package blockwise

import (
	"bytes"
	"fmt"

	"coapscope/protocol"
)

// askBlock2 adds the option that asks for the block, or proposes its size.
func (t *Transfer) askBlock2(options protocol.Options, num uint32) protocol.Options {
	t.asked2 = true
	return options.Set(protocol.Block2, protocol.Block{Num: num, SZX: t.szx2}.Value())
}

// proposes tells whether a request that can begin the response names a block size.
func (t *Transfer) proposes() bool { return t.config.EarlyNegotiation || t.restarts > 0 && t.asked2 }

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
	if !blockwise {
		return t.done(response)
	}
	if failed := t.checkBlock(response, b); failed != nil {
		return *failed
	}
	if !b.More {
		return t.done(response)
	}
	t.phase = downloading
	t.first = response.Clone()
	t.first.Payload = nil
	return t.take(response, b)
}

// handleBlock takes the response to the request for a further block.
func (t *Transfer) handleBlock(response protocol.Message) Step {
	if response.Code.Class() != 2 && t.first.Code.Class() == 2 {
		return t.fail(&Error{Refused, protocol.Block2, fmt.Sprintf("%v with the block at byte %d", t.first.Code, len(t.received)), response.Code.String(), "RFC 7959 §2.4", response.Code, nil})
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
		return t.fail(&Error{MissingOption, protocol.Block2, fmt.Sprintf("the block at byte %d", len(t.received)), "a response without the option", "RFC 7959 §2.3", response.Code, nil})
	}
	if failed := t.checkBlock(response, b); failed != nil {
		return *failed
	}
	if is, was, differ := differentFormat(response, t.first); differ {
		return t.fail(&Error{Changed, protocol.Block2, "Content-Format " + was + " as in the first block", is, "RFC 7959 §2.3", response.Code, nil})
	}
	return t.take(response, b)
}

// checkBlock holds number and size against what is expected.
func (t *Transfer) checkBlock(response protocol.Message, b protocol.Block) *Failed {
	var err *Error
	switch wanted := (protocol.Block{SZX: t.szx2}); {
	case t.asked2 && b.SZX > t.szx2 && (b.More || len(response.Payload) > wanted.Size()):
		err = &Error{WrongSize, protocol.Block2, fmt.Sprintf("blocks of at most %d bytes, as asked for", wanted.Size()), fmt.Sprintf("%d", b.Size()), "RFC 7959 §2.4", response.Code, nil}
	case b.Offset() != len(t.received):
		err = &Error{WrongBlock, protocol.Block2, fmt.Sprintf("block %d of %d bytes, which begins at byte %d", len(t.received)/b.Size(), b.Size(), len(t.received)), fmt.Sprintf("block %d, which begins at byte %d", b.Num, b.Offset()), "RFC 7959 §2.3", response.Code, nil}
	case b.More && len(response.Payload) != b.Size():
		err = &Error{WrongSize, protocol.Block2, fmt.Sprintf("a payload of %d bytes, because M is set", b.Size()), fmt.Sprintf("%d bytes", len(response.Payload)), "RFC 7959 §2.3", response.Code, nil}
	case int64(len(t.received))+int64(len(response.Payload)) > t.config.MaxBody:
		err = &Error{TooLarge, protocol.Block2, fmt.Sprintf("a body of at most %d bytes", t.config.MaxBody), fmt.Sprintf("%d bytes and no end", len(t.received)+len(response.Payload)), "RFC 7959 §7", response.Code, nil}
	default:
		return nil
	}
	f := t.fail(err)
	return &f
}

// take adds a block that is right, and asks for the next.
func (t *Transfer) take(response protocol.Message, b protocol.Block) Step {
	t.received = append(t.received, response.Payload...)
	t.last = b
	t.blocks++
	if size, ok := response.Options.Uint(protocol.Size2); ok {
		t.total = int64(size)
	}
	if etag, ok := response.Options.First(protocol.ETag); ok && t.etag == nil {
		t.etag = bytes.Clone(etag)
		if t.etag == nil {
			t.etag = []byte{}
		}
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
	num := len(t.received) / protocol.Block{SZX: t.szx2}.Size()
	if num > protocol.MaxBlockNum {
		return t.fail(&Error{TooLarge, protocol.Block2, fmt.Sprintf("at most %d blocks", protocol.MaxBlockNum+1), "more", "RFC 7959 §2.2", response.Code, nil})
	}
	m := t.message()
	m.Options = t.askBlock2(m.Options.Without(protocol.Size1).Without(protocol.IfNoneMatch), uint32(num))
	return Send{m}
}

// changed begins anew where the blocks received so far belong to another representation and the
// method may be repeated (RFC 7959 §2.4, RFC 7252 §5.1).
func (t *Transfer) changed(response protocol.Message, expected, actual string) Step {
	safe := t.request.Code == protocol.GET || t.request.Code == protocol.FETCH
	if !safe || t.reread >= maxRestarts {
		return t.fail(&Error{Changed, protocol.Block2, expected, actual, "RFC 7959 §2.4", response.Code, nil})
	}
	t.reread++
	return t.restart()
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

package qblock

import (
	"slices"

	"coapscope/protocol"
)

// maxOpen is how many of the newest messages stay open. Older ones are released, so that memory does not
// grow with the body. A response to an older one means nothing: it was made before the peer had 250 later
// blocks. They are not released as soon as their set is acknowledged, because a CON response that comes
// late would be reset then, and a peer deletes a partial body on a Reset (RFC 9177 §4.3).
const maxOpen = 256

// kind tells what a message is.
type kind uint8

const (
	kindProbe kind = iota
	kindBlock      // carries a block of the request's body
	kindAsk        // asks for the response's body or blocks of it
)

type message struct {
	kind  kind
	block uint32 // of kindBlock
	acked bool   // a CON that was acknowledged or answered
}

// transmit names a message and asks to send it.
func (t *Transfer) transmit(m protocol.Message, what message, out []Output) []Output {
	t.last++
	t.open[t.last] = what
	t.ages = append(t.ages, t.last)
	for range len(t.ages) - maxOpen {
		oldest := t.ages[0]
		t.ages = t.ages[1:]
		_, ok := t.open[oldest]
		switch {
		case !ok:
		case t.keeps(oldest):
			t.ages = append(t.ages, oldest)
		default:
			out = t.release(oldest, out)
		}
	}
	return append(out, Send{t.last, m})
}

// keeps tells whether the message stays open however old it is: all blocks of a body, and notifications,
// may come for the message that the first came for (RFC 9177 §4.4, figure 12).
func (t *Transfer) keeps(n Number) bool {
	return n == t.opened || t.down.begun && n == t.down.to || n == t.down.registered
}

func (t *Transfer) release(n Number, out []Output) []Output {
	delete(t.open, n)
	return append(out, Release{n})
}

// releaseAll releases all messages but one.
func (t *Transfer) releaseAll(but Number, out []Output) []Output {
	for _, n := range t.ages {
		if _, ok := t.open[n]; ok && n != but {
			out = t.release(n, out)
		}
	}
	t.ages = slices.DeleteFunc(t.ages, func(n Number) bool { return n != but })
	return out
}

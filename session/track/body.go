package track

import (
	"slices"
	"sort"

	"coapscope/protocol"
)

// body is a Body in a form fit for many. What is there of it is everything before begun, and spans.
type body struct {
	begun      uint32
	spans      []span // behind begun, in order, with gaps between them
	received   uint32
	end        uint32 // behind the last block, if ended
	size       uint32 // by the option, if sized
	head, tail uint32 // pieces, as positions in Tracker.pieces and one more, in the order of their coming

	blocks, retried, asked, foreign, reductions uint32

	etag                           opaque
	code                           protocol.Code // of the response whose body it is
	szx                            uint8
	present, q, bert, ended, sized bool
}

// span is the bytes from one offset up to another.
type span struct{ from, to uint32 }

// maxSpans bounds the time that a block takes that comes out of order. More gaps than that in one body are not kept
// track of: what makes another is left out.
const maxSpans = 1 << 12

// piece is a Piece in a form fit for millions.
type piece struct {
	frame                 uint32 // position and one more
	offset, start, length uint32
	next                  uint32 // position and one more
}

// cover adds the bytes from one offset up to another, and appends those of them that were not there.
func (b *body) cover(fresh []span, from, to uint32) []span {
	if from <= b.begun && (len(b.spans) == 0 || to < b.spans[0].from) { // in order, as nearly always
		if to > b.begun {
			fresh = append(fresh, span{b.begun, to})
			b.begun = to
		}
		return fresh
	}
	from = max(from, b.begun)
	if from >= to {
		return fresh
	}
	// The spans from i up to k touch the new one.
	i := sort.Search(len(b.spans), func(i int) bool { return b.spans[i].to >= from })
	k, at, whole := i, from, span{from, to}
	if len(b.spans) >= maxSpans && (i == len(b.spans) || b.spans[i].from > to) && from > b.begun {
		b.foreign++ // one gap too many
		return fresh
	}
	for ; k < len(b.spans) && b.spans[k].from <= to; k++ {
		if s := b.spans[k]; s.from > at {
			fresh = append(fresh, span{at, s.from})
		}
		at = max(at, b.spans[k].to)
		whole.from, whole.to = min(whole.from, b.spans[k].from), max(whole.to, b.spans[k].to)
	}
	if at < to {
		fresh = append(fresh, span{at, to})
	}
	if whole.from <= b.begun {
		b.begun = whole.to
		b.spans = slices.Delete(b.spans, 0, k)
		return fresh
	}
	b.spans = slices.Replace(b.spans, i, k, whole)
	return fresh
}

// complete tells whether everything up to the last block is there.
func (b *body) complete() bool { return b.ended && b.begun == b.end && len(b.spans) == 0 }

// forget makes the body begin again. What counts messages goes on.
func (b *body) forget() {
	*b = body{
		present: b.present, q: b.q, bert: b.bert, szx: b.szx, spans: b.spans[:0], blocks: b.blocks, retried: b.retried,
		asked: b.asked, foreign: b.foreign, reductions: b.reductions,
	}
}

func (b *body) public() Body {
	out := Body{
		Present: b.present, QBlock: b.q, BERT: b.bert, Reductions: int(b.reductions), Blocks: int(b.blocks),
		Retried: int(b.retried), Asked: int(b.asked), Foreign: int(b.foreign), Received: int64(b.received),
		Size: -1, Gaps: len(b.spans), Complete: b.complete(), ETag: b.etag.bytes(),
	}
	if b.present {
		out.BlockSize = 1 << (min(b.szx, 6) + 4)
	}
	switch {
	case b.ended:
		out.Size = int64(b.end)
	case b.sized:
		out.Size = int64(b.size)
	}
	last := b.begun
	if n := len(b.spans); n > 0 {
		last = b.spans[n-1].to
	}
	if int64(last) < out.Size {
		out.Gaps++
	}
	return out
}

// place takes the payload of the message for the block of the body that the option says it is.
func (t *Tracker) place(b *body, s *sighting, v packedBlock) {
	block, length := v.unpack(), uint32(len(t.scratch.Payload))
	size := uint32(block.Size())
	bert := block.SZX == 7 && s.reliable
	if !bert {
		length = min(length, size) // more than a block is not of it
	}
	if b.blocks > 0 && min(block.SZX, 6) < min(b.szx, 6) {
		b.reductions++
	}
	b.szx, b.bert = block.SZX, b.bert || bert && length > size
	if s.size != noSize {
		b.size, b.sized = s.size, true
	}
	from := block.Num * size
	foreign := b.foreign
	t.fresh = b.cover(t.fresh[:0], from, from+length)
	if last := !block.More; last && length == 0 && !b.ended {
		b.blocks++ // an empty end
	} else if len(t.fresh) > 0 {
		b.blocks++
	} else if b.foreign == foreign {
		b.retried++
	}
	if !block.More && !b.ended {
		b.end, b.ended = from+length, true
	}
	for _, f := range t.fresh {
		b.received += f.to - f.from
		t.pieces.add(piece{frame: s.position, offset: f.from, start: s.payload + f.from - from, length: f.to - f.from})
		at := uint32(t.pieces.length)
		if b.head == 0 {
			b.head = at
		} else {
			t.pieces.at(int(b.tail) - 1).next = at
		}
		b.tail = at
	}
}

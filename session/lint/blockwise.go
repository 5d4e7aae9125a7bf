package lint

import (
	"time"

	"coapscope/protocol"
)

// transferKey names a body that a client moves to or from a resource of a server.
type transferKey struct {
	client, server uint32
	resource       uint64
}

// transfer is what is remembered of a body in blocks, in both directions (RFC 7959 §2.3).
type transfer struct {
	up    upload
	down  download
	quick quickUpload
}

// quickUpload is a body in blocks with Q-Block1 (RFC 9177 §4.3).
type quickUpload struct {
	frame uint64 // of the latest block; 0 for none
	at    time.Duration
	size1 uint64
}

// upload is a body in blocks with Block1.
type upload struct {
	frame    uint64 // of the block before
	next     uint64 // the byte that follows it
	last     uint64 // its first byte
	size     int    // the largest block that may come
	format   uint32
	size1    uint64
	active   bool
	answered bool
}

// download is a body in blocks with Block2.
type download struct {
	frame      uint64 // of the first block
	next, last uint64 // bytes, as of an upload
	end        uint64 // the byte behind the last block; 0 while it is not known
	size       int    // of the blocks, 0 while it is not settled
	format     uint32
	etag       uint32
	hasETag    bool
	size2      uint64
	active     bool
	sequential bool // it follows an upload (RFC 7959 §2.7)
}

// quickRequest takes a request with Q-Block1. A Request-Tag names one body, whose size is the same in all blocks.
func (l *Linter) quickRequest(m *message) {
	if !m.has.has(hasRequestTag) || !m.has.has(hasSize1) || m.has.has(hasOSCORE) || m.group {
		return
	}
	q := &l.transfers.obtain(transferKey{m.from, m.to, m.resource ^ m.requestTag}).quick
	if q.frame != 0 && q.size1 != m.size1 && within(q.at, m.now, l.lifetime) {
		l.report(ruleRequestTagAgain, m, q.frame, q.size1, m.size1)
	}
	q.frame, q.at, q.size1 = m.frame, m.now, m.size1
}

func offset(b protocol.Block) uint64 { return uint64(b.Offset()) }

// blockRequest takes a request with Block1 or Block2.
func (l *Linter) blockRequest(m *message) {
	t := l.transfers.obtain(transferKey{m.from, m.to, m.resource ^ m.requestTag})
	if m.has.has(hasBlock1) {
		l.block1Request(m, t)
		return // Block2 beside it is a wish
	}
	l.block2Request(m, &t.down)
}

func (l *Linter) block1Request(m *message, t *transfer) {
	u, at, size := &t.up, offset(m.block1), m.block1.Size()
	switch {
	case m.block1.Num == 0:
		*u = upload{active: true, size: size, format: m.format}
		t.down.sequential = false
	case !u.active: // the begin was not seen, or it ended with an error: taken as it is
		*u = upload{active: true, size: size, format: m.format, next: at}
		l.tagChanged(m)
	default:
		switch {
		case at > u.next:
			l.report(ruleBlockGap, m, u.frame, u.next, at)
		case at < u.next && (at != u.last || u.answered):
			l.report(ruleBlockOverlap, m, u.frame, u.next, at)
		}
		if size > u.size {
			l.report(ruleBlock1Larger, m, u.frame, uint64(u.size), uint64(size))
		}
		if m.format != u.format && m.format != noFormat && u.format != noFormat {
			l.report(ruleBlockFormat, m, u.frame, uint64(u.format), uint64(m.format))
		}
	}
	u.frame, u.last, u.next, u.answered = m.frame, at, at+uint64(len(m.payload)), false
	u.size = min(u.size, size)
	switch {
	case !m.block1.More && m.has.has(hasSize1) && m.size1 != u.next:
		l.report(ruleSize1, m, m.frame, u.next, m.size1)
	case !m.block1.More && u.size1 != 0 && u.size1 != u.next:
		l.report(ruleSize1, m, m.frame, u.next, u.size1)
	case m.has.has(hasSize1) && u.size1 != 0 && m.size1 != u.size1:
		l.report(ruleSize1, m, m.frame, u.size1, m.size1)
	}
	if m.has.has(hasSize1) {
		u.size1 = m.size1
	}
	l.rememberTag(m, u.next)
}

func (l *Linter) block2Request(m *message, d *download) {
	at := offset(m.block2)
	if m.block2.Num == 0 || !d.active {
		return
	}
	if size := m.block2.Size(); d.size != 0 && size != d.size {
		l.report(ruleBlock2RequestSize, m, d.frame, uint64(d.size), uint64(size))
	}
	switch {
	case d.end != 0 && at >= d.end:
		l.report(ruleBlockBeyondEnd, m, d.frame, d.end, at)
	case at == d.next || at == d.last:
	case d.sequential:
		l.report(ruleBlock2Sequential, m, d.frame, d.next, at)
	default:
		l.report(ruleBlock2Order, m, d.frame, d.next, at)
	}
}

// blockResponse takes a response with Block options, or to a request that has some.
func (l *Linter) blockResponse(m *message, d *dialogue) {
	if d.has.has(hasQBlock) || m.has.has(hasQBlock) || d.group || d.has.has(hasOSCORE) {
		return
	}
	var t *transfer
	if d.seen {
		t = l.transfers.obtain(transferKey{m.to, m.from, d.resource ^ d.requestTag})
	} else {
		t = l.transfers.obtain(transferKey{m.to, m.from, d.token})
	}
	if d.has.has(hasBlock1) {
		l.block1Response(m, d, t)
	}
	if m.code.Class() == 2 && m.code != protocol.Continue && m.code != protocol.Valid {
		l.block2Response(m, d, &t.down)
	}
}

func (l *Linter) block1Response(m *message, d *dialogue, t *transfer) {
	u := &t.up
	if m.code.Class() != 2 {
		u.active = false
		return
	}
	switch {
	case !m.has.has(hasBlock1):
		if d.block1.More { // the response to the last block is that to the whole request
			l.report(ruleBlock1NotAcknowledged, m, d.frame, uint64(d.block1.Num), 0)
		}
	case m.block1.Num != d.block1.Num:
		l.report(ruleBlock1Mismatch, m, d.frame, uint64(d.block1.Num), uint64(m.block1.Num))
	case m.block1.Size() > d.block1.Size():
		l.report(ruleBlock1Grown, m, d.frame, uint64(d.block1.Size()), uint64(m.block1.Size()))
	default:
		u.size = min(u.size, m.block1.Size())
	}
	u.answered = true
	if !d.block1.More {
		u.active = false
		t.down.sequential = true
	}
}

func (l *Linter) block2Response(m *message, d *dialogue, w *download) {
	asked := d.has.has(hasBlock2) && !d.has.has(hasBlock1) && m.info.Number <= 1
	if !m.has.has(hasBlock2) {
		if asked && d.block2.Num > 0 {
			l.report(ruleBlock2Missing, m, d.frame, offset(d.block2), 0)
		}
		return
	}
	at, want := offset(m.block2), uint64(0)
	if asked {
		want = offset(d.block2)
	}
	switch {
	case at != want && d.seen:
		l.report(ruleBlock2Wrong, m, d.frame, want, at)
		return
	case d.has.has(hasBlock2) && m.block2.Size() > d.block2.Size():
		l.report(ruleBlock2Larger, m, d.frame, uint64(d.block2.Size()), uint64(m.block2.Size()))
	}
	if at == 0 || !w.active {
		*w = download{frame: m.frame, format: m.format, hasETag: m.has.has(hasETag), etag: m.etags.hash[0], active: true, sequential: w.sequential}
	} else {
		if m.has.has(hasETag) != w.hasETag || m.etags.hash[0] != w.etag {
			l.report(ruleBlockETag, m, w.frame, 0, 0)
			w.hasETag, w.etag = m.has.has(hasETag), m.etags.hash[0]
		}
		if w.size != 0 && m.block2.More && m.block2.Size() < w.size {
			l.report(ruleBlock2Size, m, w.frame, uint64(w.size), uint64(m.block2.Size()))
		}
		if m.format != w.format && m.format != noFormat && w.format != noFormat {
			l.report(ruleBlockFormat, m, w.frame, uint64(w.format), uint64(m.format))
		}
	}
	if d.has.has(hasBlock2) && w.size == 0 {
		w.size = m.block2.Size()
	}
	w.last, w.next = at, at+uint64(len(m.payload))
	if m.has.has(hasSize2) {
		if w.size2 != 0 && w.size2 != m.size2 {
			l.report(ruleSize2, m, w.frame, w.size2, m.size2)
		}
		w.size2 = m.size2
	}
	if !m.block2.More {
		w.end = w.next
		if w.size2 != 0 && w.size2 != w.end {
			l.report(ruleSize2, m, w.frame, w.end, w.size2)
		}
	}
}

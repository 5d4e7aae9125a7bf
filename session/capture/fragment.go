package capture

import (
	"net/netip"
	"slices"
	"time"
)

// Limits of reassembly: the time after which fragments of the same identification belong to another
// datagram (RFC 8200 §4.5), and how many datagrams wait at once.
const (
	reassemblyTime = 60 * time.Second
	maxWaiting     = 1024
	maxFragments   = 1024
	maxIPPacket    = 0xffff
)

// fragmentKey is what fragments of a datagram have in common.
type fragmentKey struct {
	source, destination netip.Addr
	protocol            byte // of IPv4 (RFC 791 §3.2)
	id                  uint32
}

type fragment struct {
	offset int
	data   []byte
}

// partial is a datagram of which fragments are missing.
type partial struct {
	began     time.Time
	fragments []fragment // in order of offset, without overlap
	packets   int
	size      int // of the whole; -1 before the last fragment is there
	have      int // bytes
	next      byte
}

// whole is a datagram put together.
type whole struct {
	data []byte
	next byte // protocol of the data
}

// reassembly puts datagrams together from fragments.
type reassembly struct {
	waiting map[fragmentKey]*partial
	order   []fragmentKey // as they began; may name datagrams that are done
	joined  int
	lost    int // packets of datagrams that were given up
}

// add takes a fragment. It gives the whole datagram with the last that was missing, else waiting.
// Fragments that overlap make their datagram malformed (RFC 5722).
func (r *reassembly) add(key fragmentKey, at time.Time, offset int, more bool, next byte, data []byte) (whole, Skip) {
	if offset+len(data) > maxIPPacket || more && len(data)%8 != 0 || len(data) == 0 {
		return whole{}, SkipMalformed
	}
	d := r.waiting[key]
	if d != nil && (at.Sub(d.began).Abs() > reassemblyTime || d.packets >= maxFragments) {
		r.drop(key)
		d = nil
	}
	if d == nil {
		if r.waiting == nil {
			r.waiting = map[fragmentKey]*partial{}
		}
		for len(r.waiting) >= maxWaiting {
			r.drop(r.order[0])
			r.order = r.order[1:]
		}
		d = &partial{began: at, size: -1}
		r.waiting[key] = d
		r.order = append(r.order, key)
		if len(r.order) > 4*maxWaiting { // most of them are done
			r.order = slices.DeleteFunc(r.order, func(k fragmentKey) bool { return r.waiting[k] == nil })
		}
	}
	d.packets++
	if offset == 0 {
		d.next = next
	}
	i, _ := slices.BinarySearchFunc(d.fragments, offset, func(f fragment, o int) int { return f.offset - o })
	if i < len(d.fragments) && d.fragments[i].offset == offset && slices.Equal(d.fragments[i].data, data) {
		return whole{}, waiting // the same again
	}
	end := offset + len(data)
	before := i > 0 && d.fragments[i-1].offset+len(d.fragments[i-1].data) > offset
	after := i < len(d.fragments) && d.fragments[i].offset < end
	if before || after || !more && d.size >= 0 || d.size >= 0 && end > d.size {
		d.packets-- // this one is counted as malformed itself
		r.drop(key)
		return whole{}, SkipMalformed
	}
	d.fragments = slices.Insert(d.fragments, i, fragment{offset, slices.Clone(data)})
	d.have += len(data)
	if !more {
		last := d.fragments[len(d.fragments)-1]
		if d.size = end; last.offset+len(last.data) > end {
			d.packets--
			r.drop(key)
			return whole{}, SkipMalformed
		}
	}
	if d.have != d.size {
		return whole{}, waiting
	}
	w := whole{make([]byte, 0, d.size), d.next}
	for _, f := range d.fragments {
		w.data = append(w.data, f.data...)
	}
	r.joined += d.packets - 1
	delete(r.waiting, key)
	return w, taken
}

// drop gives a datagram up.
func (r *reassembly) drop(key fragmentKey) {
	if d := r.waiting[key]; d != nil {
		r.lost += d.packets
		delete(r.waiting, key)
	}
}

// close gives up all that wait.
func (r *reassembly) close() {
	for key := range r.waiting {
		r.drop(key)
	}
}

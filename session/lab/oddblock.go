package lab

import (
	"fmt"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// oddBlockSize is how large the representations below /block are, in octets.
const oddBlockSize = 5000

// smallSZX is the block size that they ask for where they want small ones: 64 octets.
const smallSZX = 2

// buildOddBlocks adds resources that RFC 7959 allows and that clients seldom meet. PUT answers how much it got.
func buildOddBlocks(d *device) {
	text := []message.MediaType{message.TextPlain}
	add := func(name, title string) *resource {
		res := d.at("block/"+name, title, link{rt: "lab.block", ct: text, sz: func() int { return oddBlockSize }})
		return res.get(func(r *request) response {
			return tagged(negotiate(r, form{message.TextPlain, func() []byte { return lines(oddBlockSize) }}))
		}).put(received)
	}

	add("small", "Wants blocks of 64 octets, in both directions").szx = func(int) uint8 { return smallSZX }

	add("shrinking", "PUT: wants blocks of 64 octets from the third kilobyte on").szx = func(offset int) uint8 {
		if offset < 2048 {
			return d.szx
		}
		return smallSZX
	}

	// RFC 7959 §2.9.3: a 4.13 with a smaller block size than was sent is a hint to try that.
	hint := add("hint", "PUT: 4.13 with a hint, unless the blocks have 64 octets or fewer")
	hint.szx = func(int) uint8 { return smallSZX }
	hint.guard = func(r *request) (response, bool) {
		option := message.Block1
		if r.has(optQBlock1) {
			option = optQBlock1
		}
		b, blockwise, _ := r.block(option)
		if r.code != codes.PUT || blockwise && b.szx <= smallSZX || len(r.payload) <= 16<<smallSZX {
			return response{}, true
		}
		return status(codes.RequestEntityTooLarge).add(option, block{0, b.more, smallSZX}.value()), false
	}

	// RFC 7959 §2.9.2: the transfer has to be started again.
	lost := false
	add("amnesia", "PUT: what was sent is forgotten at the third block of every other try").loses = func(num int) bool {
		if num == 2 {
			lost = !lost
		}
		return num == 2 && lost
	}

	buildUnstable(d, text)

	add("unsized", "Never says how large it is").unsized = true
	d.resources["block/unsized"].sz = nil

	image := make([]byte, oddBlockSize)
	stateless := add("stateless", "PUT: each block is written at once, without waiting for the others")
	stateless.stateless, stateless.limit = true, oddBlockSize
	stateless.get(func(r *request) response {
		return tagged(negotiate(r, form{message.TextPlain, func() []byte { return image }}))
	}).put(func(r *request) response {
		b, _, _ := r.block(message.Block1)
		copy(image[min(b.offset(), len(image)):], r.payload)
		return status(codes.Changed)
	})
}

// received is the answer of the resources that count what they get.
func received(r *request) response {
	return status(codes.Changed, fmt.Sprintf("%d octets", len(r.payload)))
}

// buildUnstable adds representations that change while they are read, so that blocks have different ETags
// (RFC 7959 §2.4).
func buildUnstable(d *device, text []message.MediaType) {
	add := func(name, title string, version func(r *request) int) {
		res := d.at("block/"+name, title, link{rt: "lab.block", ct: text, sz: func() int { return oddBlockSize }})
		res.volatile = true
		res.get(func(r *request) response {
			v := version(r)
			return tagged(negotiate(r, form{message.TextPlain, func() []byte {
				return append(fmt.Appendf(nil, "version %-55d\n", v), lines(oddBlockSize-64)...)
			}}))
		})
	}
	changed, n := false, 1
	add("changing", "GET: another representation from the second block on, at every other try", func(r *request) int {
		b, _, _ := r.block(message.Block2)
		switch last := b.offset()+b.size() >= oddBlockSize; {
		case b.num == 0:
		case !changed:
			changed = true
			n++
		case last:
			changed = false
		}
		return n
	})
	m := 0
	add("restless", "GET: another representation in every block", func(*request) int {
		m++
		return m
	})
}

// buildOverload adds resources that say when to try again.
func buildOverload(d *device) {
	text := []message.MediaType{message.TextPlain}
	seconds := func(wait time.Duration) uint32 { return uint32((wait + time.Second - 1) / time.Second) }

	var next time.Time
	limited := d.at("limited", "Answers once a second, and 4.29 in between (RFC 8516)", link{rt: "lab.overload", ct: text})
	limited.guard = func(*request) (response, bool) {
		if wait := next.Sub(d.now()); wait > 0 {
			return status(codes.TooManyRequests, "once a second").maxAge(seconds(wait)), false
		}
		next = d.now().Add(time.Second)
		return response{}, true
	}
	limited.text("enough for a second\n").put(received).post(received)

	var ready time.Time
	busy := d.at("busy", "5.03 for a second, then one answer", link{rt: "lab.overload", ct: text})
	busy.guard = func(*request) (response, bool) {
		if ready.IsZero() {
			ready = d.now().Add(time.Second)
		}
		if wait := ready.Sub(d.now()); wait > 0 {
			return status(codes.ServiceUnavailable, "busy").maxAge(seconds(wait)), false // RFC 7252 §5.9.3.4
		}
		ready = time.Time{}
		return response{}, true
	}
	busy.text("no longer busy\n").put(received).post(received)
}

package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
)

const (
	// szxReserved is the block size exponent that has no meaning on UDP (RFC 7959 §2.2).
	szxReserved = 7
	// maxTransfers is how many unfinished uploads, and how many unfinished downloads, a device keeps.
	maxTransfers = 64
)

// upload is a request body that is being put together (RFC 7959 §2.5). Its state is keyed by endpoint and request, not
// by token, which a client may change with every block.
type upload struct {
	body    []byte
	format  message.MediaType
	expires time.Time
}

// stash is a response body of which the first block was sent. Later blocks come from the same body, so that a value
// that drifts does not change under a transfer.
type stash struct {
	resp    response
	expires time.Time
}

// block is the value of a Block1 or Block2 option (RFC 7959 §2.2).
type block struct {
	num  int
	more bool
	szx  uint8
}

func (b block) size() int   { return 16 << b.szx }
func (b block) offset() int { return b.num * b.size() }

func (b block) value() []byte {
	v := uint32(b.num)<<4 | uint32(b.szx)
	if b.more {
		v |= 8
	}
	return uintValue(v)
}

// block reads a Block option. An option that is there and makes no sense is an error.
func (r *request) block(id message.OptionID) (b block, present bool, err error) {
	v, present := r.uint(id)
	if !present {
		return block{}, false, nil
	}
	szx, num, more, _ := blockwise.DecodeBlockOption(v) // its error is about numbers over 0xffff7, legal up to 0xfffff
	if szx == szxReserved {
		return block{}, true, fmt.Errorf("block size exponent %d is reserved", szx)
	}
	return block{int(num), more, uint8(szx)}, true, nil
}

// badBlocks finds block options that are refused whatever the resource and the method: a reserved size exponent
// (RFC 7959 §2.2), Block beside Q-Block, and Q-Block1 without what belongs to it (RFC 9177 §4.1, §4.3).
func (r *request) badBlocks() (refusal response, bad bool) {
	for _, o := range r.options {
		switch o.ID {
		case message.Block1, message.Block2, optQBlock1, optQBlock2:
			if _, _, err := (&request{options: message.Options{o}}).block(o.ID); err != nil {
				return status(codes.BadRequest, err.Error()), true
			}
		}
	}
	switch {
	case !r.has(optQBlock1) && !r.has(optQBlock2):
	case r.has(message.Block1) || r.has(message.Block2):
		return status(codes.BadOption, "Block and Q-Block in one message (RFC 9177 §4.1)"), true
	case r.has(optQBlock1) && (!r.has(message.Size1) || !r.has(optRequestTag)):
		return status(codes.BadRequest, "Q-Block1 takes Request-Tag and Size1 (RFC 9177 §4.3)"), true
	}
	return response{}, false
}

// transfer identifies the requests that belong to one transfer: same endpoint, method and cache key (RFC 7959 §2.4,
// §2.5; RFC 9175 §3.3).
func (r *request) transfer() string { return r.key(true) }

// keys are the names of a response body: that of the transfer, and that without its Request-Tag.
func (r *request) keys() []string { return slices.Compact([]string{r.key(true), r.key(false)}) }

func (r *request) key(tagged bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %d", r.peer, r.code)
	for _, o := range r.options {
		switch o.ID {
		case optRequestTag:
			if !tagged {
				continue
			}
		case message.URIHost, message.URIPath, message.URIQuery, message.Accept, message.IfMatch, message.IfNoneMatch:
		default:
			continue
		}
		fmt.Fprintf(&b, " %d=%x", o.ID, o.Value)
	}
	return b.String()
}

// blockwise is the block-wise layer around a resource.
func (d *device) blockwise(r *request, res *resource, next handler) response {
	b1, uploading, err := r.block(message.Block1)
	if err != nil {
		return status(codes.BadRequest, "Block1: ", err.Error())
	}
	b2, chosen, err := r.block(message.Block2)
	if err != nil {
		return status(codes.BadRequest, "Block2: ", err.Error())
	}
	key := r.transfer()
	if uploading {
		whole, interim, done := d.assemble(r, res, b1, key)
		if !done {
			return interim
		}
		r = whole
	}
	var resp response
	if kept, ok := d.stashed[key]; ok && b2.num > 0 && !res.volatile {
		resp = kept.resp
	} else if b2.num > 0 && r.code != codes.GET && r.code != codeFETCH {
		return status(codes.RequestEntityIncomplete, "the response that this block belongs to is gone")
	} else {
		resp = next(r)
	}
	if uploading {
		b1.more = false // what is answered is final (RFC 7959 §2.3)
		b1.szx = d.largest(res, b1)
		resp = resp.add(message.Block1, b1.value())
	}
	if !chosen {
		b2.szx = d.largest(res, block{szx: d.szx})
	}
	return d.slice(r, res, resp, b2, chosen)
}

// largest returns the block size exponent to use where a block was sent or asked for.
func (d *device) largest(res *resource, b block) uint8 {
	most := d.szx
	if res.szx != nil {
		most = res.szx(b.offset())
	}
	return min(b.szx, most)
}

// first tells whether the request is whole, or the first block of one.
func (r *request) first() bool {
	for _, id := range []message.OptionID{message.Block1, message.Block2, optQBlock1, optQBlock2} {
		if b, _, err := r.block(id); err == nil && b.num > 0 {
			return false
		}
	}
	return true
}

// room returns the largest body in octets that the resource takes.
func (res *resource) room() int { return cmp.Or(res.limit, defaultBodyLimit) }

// tooLarge is the answer to a body over a limit (RFC 7959 §2.9.3).
func tooLarge(limit int) response {
	return status(codes.RequestEntityTooLarge, fmt.Sprintf("at most %d octets", limit)).addUint(message.Size1, uint32(limit))
}

// assemble adds one block to an upload. It returns the whole request once the last block is there, an interim or error
// response before.
func (d *device) assemble(r *request, res *resource, b block, key string) (*request, response, bool) {
	limit := res.room()
	if announced, ok := r.uint(message.Size1); ok && int64(announced) > int64(limit) || b.offset()+len(r.payload) > limit {
		delete(d.uploads, key)
		return nil, tooLarge(limit), false
	}
	if b.more && len(r.payload) != b.size() {
		return nil, status(codes.BadRequest, fmt.Sprintf("block of %d octets, not %d", len(r.payload), b.size())), false
	}
	if res.stateless {
		return r, response{}, true
	}
	up := d.uploads[key]
	if b.num > 0 && up != nil && res.loses != nil && res.loses(b.num) {
		up = nil
	}
	if b.num == 0 {
		up = &upload{format: r.format()}
		expire(d.uploads, d.now(), func(u *upload) time.Time { return u.expires })
		d.uploads[key] = up
	}
	if up == nil || b.offset() != len(up.body) || r.format() != up.format {
		delete(d.uploads, key)
		return nil, status(codes.RequestEntityIncomplete, "block out of order"), false
	}
	up.body = append(up.body, r.payload...)
	up.expires = d.now().Add(exchangeLifetime)
	if b.more {
		b.szx = d.largest(res, b)
		return nil, status(codes.Continue).add(message.Block1, b.value()), false
	}
	delete(d.uploads, key)
	whole := *r
	whole.payload = up.body
	return &whole, response{}, true
}

// slice cuts the wanted block out of a response, if the response is too large for one or the client asked for a size.
func (d *device) slice(r *request, res *resource, resp response, b block, chosen bool) response {
	if class(resp.code) != 2 || !chosen && len(resp.payload) <= b.size() {
		return announce(r, res, resp)
	}
	whole, from := resp, b.offset()
	if from > 0 && from >= len(resp.payload) {
		return status(codes.BadRequest, fmt.Sprintf("block %d is past the end", b.num))
	}
	b.szx = d.largest(res, block{szx: b.szx})
	b.num = from / b.size()
	to := min(from+b.size(), len(resp.payload))
	b.more = to < len(resp.payload)
	if b.more && !whole.has(message.ETag) && whole.code == codes.Content {
		whole = tagged(whole)
	}
	if from == 0 && b.more && !res.volatile {
		d.stash(whole, r.transfer())
	}
	part := whole.add(message.Block2, b.value())
	if from == 0 && !res.unsized {
		part = part.addUint(message.Size2, uint32(len(resp.payload)))
	}
	part.payload = resp.payload[from:to]
	return part
}

// announce adds the size of a whole representation where the client asks for it (RFC 7959 §4).
func announce(r *request, res *resource, resp response) response {
	if class(resp.code) == 2 && r.has(message.Size2) && !res.unsized {
		return resp.addUint(message.Size2, uint32(len(resp.payload)))
	}
	return resp
}

// stash keeps a response body of which blocks are still to be asked for.
func (d *device) stash(whole response, keys ...string) {
	whole.options = slices.Clone(whole.options).Remove(message.Observe).Remove(message.Block1)
	whole.deliver = nil
	kept := &stash{whole, d.now().Add(exchangeLifetime)}
	for _, key := range keys {
		expire(d.stashed, d.now(), func(s *stash) time.Time { return s.expires })
		d.stashed[key] = kept
	}
}

// expire drops what is too old, and the oldest where that is not enough, so that one more fits. It returns what it
// dropped.
func expire[T any](all map[string]T, now time.Time, expires func(T) time.Time) (dropped []T) {
	drop := func(key string) {
		dropped = append(dropped, all[key])
		delete(all, key)
	}
	oldest, found := "", false
	for key, t := range all {
		switch {
		case !now.Before(expires(t)):
			drop(key)
		case !found || expires(t).Before(expires(all[oldest])) || expires(t).Equal(expires(all[oldest])) && key < oldest:
			oldest, found = key, true
		}
	}
	if len(all) >= maxTransfers {
		drop(oldest)
	}
	return dropped
}

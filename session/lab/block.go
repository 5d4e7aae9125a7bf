package lab

import (
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

// transfer identifies the requests that belong to one transfer: same endpoint, method and cache key (RFC 7959 §2.4,
// §2.5; RFC 9175 §3.3).
func (r *request) transfer() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %d", r.peer, r.code)
	for _, o := range r.options {
		switch o.ID {
		case message.URIHost, message.URIPath, message.URIQuery, message.Accept, message.IfMatch, message.IfNoneMatch, optRequestTag:
			fmt.Fprintf(&b, " %d=%x", o.ID, o.Value)
		}
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
	if kept, ok := d.stashed[key]; ok && b2.num > 0 {
		resp = kept.resp
	} else if b2.num > 0 && r.code != codes.GET && r.code != codeFETCH {
		return status(codes.RequestEntityIncomplete, "the response that this block belongs to is gone")
	} else {
		resp = next(r)
	}
	if uploading {
		b1.szx = min(b1.szx, d.szx)
		resp = resp.add(message.Block1, b1.value())
	}
	if !chosen {
		b2.szx = d.szx
	}
	return d.slice(resp, b2, chosen, key)
}

// assemble adds one block to an upload. It returns the whole request once the last block is there, an interim or error
// response before.
func (d *device) assemble(r *request, res *resource, b block, key string) (*request, response, bool) {
	limit := res.limit
	if limit == 0 {
		limit = defaultBodyLimit
	}
	if announced, ok := r.uint(message.Size1); ok && int64(announced) > int64(limit) || b.offset()+len(r.payload) > limit {
		delete(d.uploads, key)
		return nil, status(codes.RequestEntityTooLarge, fmt.Sprintf("at most %d octets", limit)).addUint(message.Size1, uint32(limit)), false
	}
	if b.more && len(r.payload) != b.size() {
		return nil, status(codes.BadRequest, fmt.Sprintf("block of %d octets, not %d", len(r.payload), b.size())), false
	}
	up := d.uploads[key]
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
		b.szx = min(b.szx, d.szx)
		return nil, status(codes.Continue).add(message.Block1, b.value()), false
	}
	delete(d.uploads, key)
	whole := *r
	whole.payload = up.body
	return &whole, response{}, true
}

// slice cuts the wanted block out of a response, if the response is too large for one or the client asked for a size.
func (d *device) slice(resp response, b block, chosen bool, key string) response {
	if class(resp.code) != 2 || !chosen && len(resp.payload) <= b.size() {
		return resp
	}
	whole, from := resp, b.offset()
	if from > 0 && from >= len(resp.payload) {
		return status(codes.BadRequest, fmt.Sprintf("block %d is past the end", b.num))
	}
	b.szx = min(b.szx, d.szx)
	b.num = from / b.size()
	to := min(from+b.size(), len(resp.payload))
	b.more = to < len(resp.payload)
	if b.more && !whole.has(message.ETag) && whole.code == codes.Content {
		whole = tagged(whole)
	}
	if from == 0 && b.more {
		kept := whole
		kept.options = slices.Clone(whole.options).Remove(message.Observe).Remove(message.Block1)
		kept.deliver = nil
		expire(d.stashed, d.now(), func(s *stash) time.Time { return s.expires })
		d.stashed[key] = &stash{kept, d.now().Add(exchangeLifetime)}
	}
	part := whole.add(message.Block2, b.value())
	if from == 0 {
		part = part.addUint(message.Size2, uint32(len(resp.payload)))
	}
	part.payload = resp.payload[from:to]
	return part
}

// expire drops what is too old, and the oldest where that is not enough, so that one more fits.
func expire[T any](all map[string]T, now time.Time, expires func(T) time.Time) {
	oldest, found := "", false
	for key, t := range all {
		switch {
		case !now.Before(expires(t)):
			delete(all, key)
		case !found || expires(t).Before(expires(all[oldest])):
			oldest, found = key, true
		}
	}
	if len(all) >= maxTransfers {
		delete(all, oldest)
	}
}

package lab

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// handler answers one request. It is called with the device locked and must not block.
type handler func(r *request) response

// resource is one resource of a device: how it is described, and what it does.
type resource struct {
	link
	// methods has a handler for each method that is allowed; others get 4.05.
	methods map[codes.Code]handler
	// formats are the content formats that PUT, POST, PATCH and iPATCH take; others get 4.15. Empty takes all.
	formats []message.MediaType
	// tag returns the ETag that If-Match compares with, nil where the resource does not exist at the moment. A nil
	// function means that the resource exists and has no ETag.
	tag func() []byte
	// limit is the largest body in octets that Block1 may put together; 0 means defaultBodyLimit.
	limit int
	// guard, if there is one, refuses requests before they are looked at: false means that the response is the answer.
	// Of a request in blocks it is asked for the first block only.
	guard func(r *request) (response, bool)
	// subject is there where the resource is observable.
	subject *subject
	blockHabits
}

// blockHabits are what a resource does its own way in block-wise transfers (RFC 7959).
type blockHabits struct {
	// szx returns the largest block size exponent that the resource wants at an offset of the body; nil means the
	// device's.
	szx func(offset int) uint8
	// loses is asked at each block but the first whether what came before it is lost.
	loses func(num int) bool
	// stateless says that each block of a request is enacted on its own (RFC 7959 §2.3).
	stateless bool
	// volatile says that nothing is kept of a representation of which one block was sent.
	volatile bool
	// unsized says that Size2 is never given.
	unsized bool
}

// defaultBodyLimit is the largest body that a resource takes where it does not say otherwise.
const defaultBodyLimit = 64 << 10

// at declares a resource. The path has no leading slash.
func (d *device) at(path, title string, attrs link) *resource {
	attrs.path, attrs.title = path, title
	res := &resource{link: attrs, methods: make(map[codes.Code]handler)}
	if _, known := d.resources[path]; !known {
		d.order = append(d.order, path)
	}
	d.resources[path] = res
	return res
}

// remove takes a resource away, and its observers with it (RFC 7641 §4.2).
func (d *device) remove(path string) {
	delete(d.resources, path)
	d.order = slices.DeleteFunc(d.order, func(p string) bool { return p == path })
	d.dismiss(path, status(codes.NotFound))
}

func (res *resource) on(method codes.Code, h handler) *resource {
	res.methods[method] = h
	return res
}

func (res *resource) get(h handler) *resource { return res.on(codes.GET, h) }

func (res *resource) put(h handler, formats ...message.MediaType) *resource {
	res.formats = append(res.formats, formats...)
	return res.on(codes.PUT, h)
}

func (res *resource) post(h handler, formats ...message.MediaType) *resource {
	res.formats = append(res.formats, formats...)
	return res.on(codes.POST, h)
}

// text makes the resource a constant text.
func (res *resource) text(s string) *resource {
	return res.get(func(r *request) response {
		return negotiate(r, form{message.TextPlain, func() []byte { return []byte(s) }})
	})
}

// form is one representation of a resource.
type form struct {
	format message.MediaType
	render func() []byte
}

// negotiate answers with the representation that was asked for, the first one where none was, and with 4.06 where there
// is none in the wanted format (RFC 7252 §5.10.4).
func negotiate(r *request, forms ...form) response {
	want, asked := r.accept()
	for _, f := range forms {
		if !asked || f.format == want {
			return content(f.format, f.render())
		}
	}
	return status(codes.NotAcceptable, "not available in this content format")
}

// tagged adds the ETag of the payload in its format.
func tagged(resp response) response {
	if resp.code != codes.Content {
		return resp
	}
	format, _ := resp.options.GetUint32(message.ContentFormat)
	return resp.etag(tagOf(format, resp.payload))
}

// tagOf is an ETag of four octets over a representation.
func tagOf(format uint32, payload []byte) []byte {
	h := fnv.New32a()
	h.Write(binary.BigEndian.AppendUint32(nil, format))
	h.Write(payload)
	return h.Sum(nil)
}

// preconditions checks If-Match and If-None-Match against the resource (RFC 7252 §5.10.8). A nil resource is one that
// does not exist.
func preconditions(r *request, exists bool, current []byte) bool {
	matched, conditional := false, false
	for _, o := range r.options {
		switch o.ID {
		case message.IfMatch:
			conditional = true
			matched = matched || exists && (len(o.Value) == 0 || bytes.Equal(o.Value, current))
		case message.IfNoneMatch:
			if exists {
				return false
			}
		}
	}
	return !conditional || matched
}

// state asks whether the resource exists now, and for its ETag.
func (res *resource) state() (exists bool, tag []byte) {
	switch {
	case res == nil:
		return false, nil
	case res.tag == nil:
		return true, nil
	}
	tag = res.tag()
	return tag != nil, tag
}

// series is a value that drifts: it stands still for a period and then takes its next step, whether or not anybody
// looks. The n-th value is a function of n and the seed.
type series struct {
	d      *device
	period time.Duration
}

// n returns how many steps have passed since the lab was started.
func (s series) n() int64 { return int64(s.d.now().Sub(s.d.started)/s.period) + s.d.skew }

// next returns how long it is until the next step.
func (s series) next() time.Duration {
	return s.period - s.d.now().Sub(s.d.started)%s.period
}

// noise is a value in [-1, 1) that depends on seed, stream and n only (splitmix64).
func (d *device) noise(stream uint64, n int64) float64 {
	x := uint64(d.seed) + stream*0x9e3779b97f4a7c15 + uint64(n)*0xbf58476d1ce4e5b9
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11)/(1<<52) - 1
}

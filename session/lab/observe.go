package lab

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// confirmEvery is how long a client is sent NON notifications at most before one has to be a CON (RFC 7641 §4.5).
const confirmEvery = 24 * time.Hour

// subject is what is observable about a resource (RFC 7641 §1.2).
type subject struct {
	// confirm says which notifications are CON: 1 all of them, n each n-th, 0 only those that have to be.
	confirm int
	// period is the time between changes that happen by themselves; 0 where there are none.
	period time.Duration
	// twist, if there is one, sets the sequence number of the n-th notification to an observer, or holds it back.
	twist func(n int, seq uint32) (uint32, bool)

	seq     uint32
	ticking bool
}

// observer is one entry in the list of observers (RFC 7641 §4.1). It stays until the client cancels, resets or stops
// to acknowledge; silence between notifications is no reason to drop it.
type observer struct {
	peer    netip.AddrPort
	token   []byte
	path    string
	req     request
	format  []byte
	count   int
	last    time.Time // of the last CON
	waiting bool      // for the ACK of a CON: NSTART is 1
	pending bool      // something changed meanwhile
	mids    []uint16  // of the latest notifications, for a Reset
}

// maxRecalled is how many notifications back a Reset is understood.
const maxRecalled = 32

// observable makes the resource observable.
func (res *resource) observable(s *subject) *resource {
	res.subject, res.obs = s, true
	return res
}

// observe registers or deregisters the client, as the request wants, and marks the response (RFC 7641 §4.1).
func (d *device) observe(r *request, res *resource, resp response) response {
	action, given := r.uint(message.Observe)
	if !given || r.multicast || res.subject == nil || r.code != codes.GET && r.code != codeFETCH {
		return resp
	}
	if b, _, _ := r.block(message.Block2); b.num > 0 {
		return resp // RFC 7959 §2.6: later blocks of a notification are fetched without Observe
	}
	if b, _, _ := r.block(optQBlock2); b.num > 0 {
		return resp // RFC 9177 §4.5
	}
	d.observers = slices.DeleteFunc(d.observers, func(o *observer) bool {
		return o.peer == r.peer && bytes.Equal(o.token, r.token)
	})
	if action != 0 || class(resp.code) != 2 || len(d.observers) >= maxObservers {
		return resp
	}
	o := &observer{peer: r.peer, token: r.token, path: r.path(), req: *r, last: d.now()}
	o.req.options = slices.Clone(r.options).Remove(message.Observe).Remove(message.ETag).Remove(message.Block1)
	o.format, _ = resp.options.GetBytes(message.ContentFormat)
	if resp.code == codes.Valid { // the format is not in it
		o.format, _ = res.methods[r.code](&o.req).options.GetBytes(message.ContentFormat)
	}
	d.observers = append(d.observers, o)
	d.tick(res)
	return resp.add(message.Observe, uintValue(res.subject.seq))
}

// tick schedules the next change of a resource that changes by itself, for as long as it is observed.
func (d *device) tick(res *resource) {
	s := res.subject
	if s.period == 0 || s.ticking || !d.observed(res.path) {
		return
	}
	s.ticking = true
	d.after(series{d, s.period}.next(), func() {
		s.ticking = false
		d.notify(res.path)
		d.tick(res)
	})
}

func (d *device) observed(path string) bool {
	return slices.ContainsFunc(d.observers, func(o *observer) bool { return o.path == path })
}

// notify tells all observers of a resource its new state.
func (d *device) notify(path string) {
	res := d.resources[path]
	if res == nil || res.subject == nil {
		return
	}
	res.subject.seq = (res.subject.seq + 1) & (1<<24 - 1)
	for _, o := range slices.Clone(d.observers) {
		if o.path == path {
			d.push(o, res)
		}
	}
}

// push sends one notification. While the client has not acknowledged the one before, the change is only noted: what is
// sent then is the latest state (RFC 7641 §4.5.1).
func (d *device) push(o *observer, res *resource) {
	if o.waiting {
		o.pending = true
		return
	}
	resp := res.methods[o.req.code](&o.req)
	if class(resp.code) != 2 {
		d.farewell(o, resp)
		return
	}
	if format, _ := resp.options.GetBytes(message.ContentFormat); !bytes.Equal(format, o.format) {
		d.farewell(o, status(codes.NotAcceptable, "the content format changed")) // RFC 7641 §4.2
		return
	}
	o.count++
	seq := res.subject.seq
	if res.subject.twist != nil {
		var speak bool
		if seq, speak = res.subject.twist(o.count, seq); !speak {
			return
		}
	}
	resp = resp.add(message.Observe, uintValue(seq))
	c := res.subject.confirm
	con := c > 0 && o.count%c == 0 || d.now().Sub(o.last) >= confirmEvery
	if o.req.has(optQBlock1) || o.req.has(optQBlock2) {
		d.informQuickly(o, res, resp, con)
		return
	}
	b, chosen, _ := o.req.block(message.Block2)
	if !chosen {
		b.szx = d.largest(res, block{szx: d.szx})
	}
	d.inform(o, d.slice(&o.req, res, resp, b, chosen), con)
}

// inform sends a notification to an observer.
func (d *device) inform(o *observer, resp response, con bool) {
	h := header{typ: message.NonConfirmable, code: resp.code, mid: d.nextMID(), token: o.token}
	if o.mids = append(o.mids, h.mid); len(o.mids) > maxRecalled {
		o.mids = o.mids[1:]
	}
	if !con {
		d.transmit(o.peer, encode(h, resp.options, resp.payload))
		return
	}
	h.typ, o.last, o.waiting = message.Confirmable, d.now(), true
	d.confirm(exchange{o.peer, h.mid}, encode(h, resp.options, resp.payload), func(how outcome) { d.informed(o, how) })
}

// informed is called when a CON notification is settled.
func (d *device) informed(o *observer, how outcome) {
	o.waiting = false
	if how != acknowledged {
		d.drop(o)
		return
	}
	if o.pending && slices.Contains(d.observers, o) {
		o.pending = false
		if res := d.resources[o.path]; res != nil {
			d.push(o, res)
		}
	}
}

// farewell ends an observation with an error, which has no Observe option (RFC 7641 §4.2).
func (d *device) farewell(o *observer, last response) {
	d.drop(o)
	d.inform(o, last, true)
}

func (d *device) drop(o *observer) {
	d.observers = slices.DeleteFunc(d.observers, func(other *observer) bool { return other == o })
}

// dismiss ends all observations of a resource.
func (d *device) dismiss(path string, last response) {
	for _, o := range slices.Clone(d.observers) {
		if o.path == path {
			d.farewell(o, last)
		}
	}
}

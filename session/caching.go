package session

import (
	"bytes"
	"context"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/cache"
)

// CachePolicy says whether a response received before may answer a request (RFC 7252 §5.6).
type CachePolicy uint8

const (
	// NoCache asks the endpoint, and keeps nothing of its response.
	NoCache CachePolicy = iota
	// Revalidate asks the endpoint with the ETags of the responses received before; one that a 2.03 says to
	// be valid answers (RFC 7252 §5.6.2). The response is kept.
	Revalidate
	// UseFresh takes a response that is younger than its Max-Age without asking (RFC 7252 §5.6.1), and does
	// as Revalidate where there is none.
	UseFresh
)

// fresh answers the request from the cache, if that may be and can be.
func (d *doing) fresh() bool {
	if d.request.Cache != UseFresh {
		return false
	}
	d.caching.Lock()
	defer d.caching.Unlock()
	stored, ok := d.cache.Lookup(d.clock.Now(), d.request.To, d.request.Message)
	if ok {
		d.cached(stored)
		d.result.From = d.request.To
	}
	return ok
}

// cached notes what the cache gives.
func (d *doing) cached(r cache.Response) {
	d.result.Message = r.Message.Clone() // the caller may change it
	d.result.FromCache, d.result.Validated, d.result.Age = r.Stored, r.Validated, r.Age
}

// ask sends the request, with what the cache adds to it, and has the cache look at the response.
func (d *doing) ask(ctx context.Context) error {
	m := d.request.Message
	if d.request.Cache != NoCache {
		d.caching.Lock()
		m = d.cache.Revalidate(d.request.To, m)
		d.caching.Unlock()
	}
	if err := d.send(ctx, m); err != nil || d.result.Suppressed {
		return err
	}
	if !d.store() {
		return nil
	}
	// The response that a 2.03 says is valid had to go meanwhile.
	if err := d.send(ctx, d.request.Message); err != nil || d.result.Suppressed {
		return err
	}
	d.store()
	return nil
}

// send carries out the request with a message that may have options more.
func (d *doing) send(ctx context.Context, m protocol.Message) error {
	if d.request.QBlock && !d.request.Plain {
		return d.quick(ctx, m)
	}
	var t blockwise.Transfer
	d.request.transfer(&t, m)
	return d.carry(ctx, &t, t.Start())
}

// store gives the response to the cache. It tells whether there is no representation for it.
func (d *doing) store() (missing bool) {
	r := d.request
	if r.Cache == NoCache && (r.Message.Code == protocol.GET || r.Message.Code == protocol.FETCH) {
		return false
	}
	d.caching.Lock()
	defer d.caching.Unlock()
	if responses, _ := d.cache.Size(); responses == 0 && r.Cache == NoCache {
		return false // nothing that the request may have changed
	}
	stored := d.cache.Handle(d.clock.Now(), r.To, r.Message, d.result.Message)
	if r.Cache == NoCache {
		return false
	}
	if stored.Stored || stored.Validated {
		d.cached(stored)
	}
	if stored.Message.Code != protocol.Valid || stored.Validated {
		return false
	}
	tag, _ := stored.Message.Options.First(protocol.ETag)
	for own := range r.Message.Options.All(protocol.ETag) {
		if bytes.Equal(own, tag) {
			return false // the caller has the representation
		}
	}
	return true
}

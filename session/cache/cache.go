package cache

import (
	"bytes"
	"container/list"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// DefaultMaxAge is how long a response is fresh that does not say so (RFC 7252 §5.10.5).
const DefaultMaxAge = 60 * time.Second

// maxTagged is how many representations with different ETags are kept for one request: that many
// ETags, of up to 8 bytes, a request to revalidate them has.
const maxTagged = 8

// overhead is what an entry takes besides the bytes of its message, about.
const overhead = 256

// Cache keeps responses. The one that was used least recently goes where room is needed. It is not
// safe for concurrent use.
type Cache struct {
	limit, size int64
	slots       map[key]*slot
	resources   map[resource]map[*slot]struct{} // slots of the same URI
	recent      list.List                       // of *entry, the one used last in front
}

// slot has the responses to equal requests, the newest first.
type slot struct {
	key      key
	resource resource
	entries  []*entry
}

// entry is one stored response. What its message refers to never changes, because it was handed out.
type entry struct {
	slot     *slot
	message  protocol.Message
	etag     []byte // nil for none
	received time.Time
	maxAge   time.Duration
	stale    bool // whatever its age is
	size     int64
	place    *list.Element
}

// New makes a cache of at most limit bytes, bookkeeping included. One of 0 bytes or less keeps nothing.
func New(limit int64) *Cache {
	return &Cache{limit: max(0, limit), slots: map[key]*slot{}, resources: map[resource]map[*slot]struct{}{}}
}

// Response is what satisfies a request.
type Response struct {
	// Message is the response. Its memory may be that of the cache, and must not be changed. A stored
	// one has neither token nor message ID, unless a 2.03 gave it these, and no Observe option
	// (RFC 7641 §2).
	Message protocol.Message
	// Stored tells that the body is that of a stored response.
	Stored bool
	// Validated tells that the peer has just said that the stored response is still right, by 2.03.
	Validated bool
	// Age is how long ago the peer sent or last validated the response: 0 for one that came now.
	Age time.Duration
}

// Size tells how many responses are kept and how many bytes they take, at most the limit.
func (c *Cache) Size() (responses int, size int64) { return c.recent.Len(), c.size }

// Lookup finds a fresh response to the request, which has its whole body as Payload (RFC 7252
// §5.6.1). A response is fresh until it is older than its Max-Age.
func (c *Cache) Lookup(now time.Time, to netip.AddrPort, request protocol.Message) (Response, bool) {
	s := c.find(to, request)
	if s == nil {
		return Response{}, false
	}
	for _, e := range s.entries {
		if e.fresh(now) {
			c.recent.MoveToFront(e.place)
			return Response{Message: e.message, Stored: true, Age: e.age(now)}, true
		}
	}
	return Response{}, false
}

// Revalidate gives the request with an ETag option for each stored response that the peer may name
// in a 2.03 (RFC 7252 §5.6.2), besides those that it has. The request itself is not changed.
func (c *Cache) Revalidate(to netip.AddrPort, request protocol.Message) protocol.Message {
	s := c.find(to, request)
	if s == nil {
		return request
	}
	options := slices.Clone(request.Options)
	for _, e := range s.entries {
		if e.etag != nil && !nominates(options, e.etag) {
			options = options.Add(protocol.ETag, e.etag)
		}
	}
	request.Options = options
	return request
}

// Handle takes the final response to a request, as that was before [Cache.Revalidate], and gives the
// one that satisfies it: the same, or the stored one that a 2.03 says is valid. It keeps a copy of
// what may be used again, and marks as not fresh what the request has changed.
//
// A 2.03 that the cache cannot resolve comes back as it is: one for an ETag that the request had
// itself, which is as good, or one for a response that had to go meanwhile. Then the request has to be
// sent once more, as it is.
func (c *Cache) Handle(now time.Time, to netip.AddrPort, request, response protocol.Message) Response {
	result := Response{Message: response}
	if !safe(request.Code) {
		c.invalidate(to, request, response)
		return result
	}
	if !cacheable(request) {
		return result
	}
	if response.Code == protocol.Valid {
		return c.validate(now, to, request, response)
	}
	s := c.find(to, request)
	if s != nil {
		s.outdate()
	}
	if !storable(response) {
		return result
	}
	c.store(now, to, request, response)
	return result
}

// validate refreshes the stored response that a 2.03 names.
func (c *Cache) validate(now time.Time, to netip.AddrPort, request, response protocol.Message) Response {
	result := Response{Message: response}
	s, tag := c.find(to, request), entityTag(response)
	if s == nil || tag == nil {
		return result
	}
	i := slices.IndexFunc(s.entries, func(e *entry) bool { return bytes.Equal(e.etag, tag) })
	if i < 0 {
		return result
	}
	e := s.entries[i]
	s.outdate()
	c.recent.Remove(e.place)
	c.size -= e.size
	s.entries = slices.Delete(s.entries, i, i+1)
	e.update(now, response)
	c.keep(s, e)

	result.Validated = true
	if nominates(request.Options, tag) {
		return result // who sent the ETag has the representation
	}
	result.Stored = true
	message := e.message
	message.Type, message.MessageID, message.Token = response.Type, response.MessageID, response.Token
	result.Message = message
	return result
}

// store keeps a response in place of one that it replaces: that with the same ETag, or none.
func (c *Cache) store(now time.Time, to netip.AddrPort, request, response protocol.Message) {
	message := response.Clone()
	message.MessageID, message.Token = 0, protocol.Token{}
	message.Options = slices.Clip(message.Options.Without(protocol.Observe))
	message.Payload = slices.Clip(message.Payload)
	e := &entry{message: message, received: now, maxAge: maxAge(response)}
	if response.Code == protocol.Content {
		e.etag = entityTag(message)
	}
	if e.maxAge == 0 && e.etag == nil {
		e.stale = true
	}

	k, r := keyOf(to, request), resourceOf(to, request.Options)
	s := c.slots[k]
	if s == nil {
		s = &slot{key: k, resource: r}
	}
	for i := len(s.entries) - 1; i >= 0; i-- {
		if old := s.entries[i]; old.etag == nil || bytes.Equal(old.etag, e.etag) {
			c.drop(old)
		}
	}
	if e.stale {
		return // neither fresh nor to be validated
	}
	if len(s.entries) >= maxTagged {
		c.drop(s.entries[len(s.entries)-1])
	}
	c.keep(s, e)
}

// keep puts an entry into its slot, as the newest, and makes room for it.
func (c *Cache) keep(s *slot, e *entry) {
	e.slot, e.size = s, overhead+int64(len(s.key.text))+sizeOf(e.message)
	if e.size > c.limit {
		c.release(s)
		return
	}
	for c.size+e.size > c.limit {
		c.drop(c.recent.Back().Value.(*entry))
	}
	if len(s.entries) == 0 {
		c.slots[s.key] = s
		of := c.resources[s.resource]
		if of == nil {
			of = map[*slot]struct{}{}
			c.resources[s.resource] = of
		}
		of[s] = struct{}{}
	}
	s.entries = slices.Insert(s.entries, 0, e)
	e.place = c.recent.PushFront(e)
	c.size += e.size
}

// drop forgets an entry.
func (c *Cache) drop(e *entry) {
	c.recent.Remove(e.place)
	c.size -= e.size
	s := e.slot
	s.entries = slices.DeleteFunc(s.entries, func(other *entry) bool { return other == e })
	c.release(s)
}

// release forgets a slot that has no entries.
func (c *Cache) release(s *slot) {
	if len(s.entries) > 0 {
		return
	}
	delete(c.slots, s.key)
	delete(c.resources[s.resource], s)
	if len(c.resources[s.resource]) == 0 {
		delete(c.resources, s.resource)
	}
}

func (c *Cache) find(to netip.AddrPort, request protocol.Message) *slot {
	if len(c.slots) == 0 || !cacheable(request) {
		return nil
	}
	return c.slots[keyOf(to, request)]
}

// outdate marks all responses of the slot as not fresh, because there is a newer one.
func (s *slot) outdate() {
	for _, e := range s.entries {
		e.stale = true
	}
}

func (e *entry) age(now time.Time) time.Duration { return max(0, now.Sub(e.received)) }

// fresh tells whether the response may be used as it is. Max-Age 0 prevents that even at once.
func (e *entry) fresh(now time.Time) bool {
	return !e.stale && e.maxAge > 0 && e.age(now) <= e.maxAge
}

// update gives the stored response the Max-Age and the safe-to-forward options of a 2.03: for each
// kind of option that it has, all of that kind are replaced (RFC 7252 §5.9.1.3).
func (e *entry) update(now time.Time, valid protocol.Message) {
	options := slices.Clone(e.message.Options)
	options = options.Without(protocol.MaxAge)
	for _, o := range valid.Options {
		if o.Number == protocol.MaxAge || !o.Number.Unsafe() {
			options = options.Without(o.Number)
		}
	}
	for _, o := range valid.Options {
		if o.Number == protocol.MaxAge || !o.Number.Unsafe() {
			options = options.Add(o.Number, bytes.Clone(o.Value))
		}
	}
	e.message.Options = slices.Clip(options)
	e.received, e.maxAge, e.stale = now, maxAge(valid), false
}

func sizeOf(m protocol.Message) int64 {
	size := len(m.Payload)
	for _, o := range m.Options {
		size += len(o.Value) + 32
	}
	return int64(size)
}

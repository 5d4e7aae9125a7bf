// Package cache keeps responses, to satisfy later requests without the peer, or with less of its
// work (RFC 7252 §5.6).
//
// It is sans-IO: no socket, no clock, no goroutine. Before a request is sent its owner asks
// [Cache.Lookup]; if nothing fresh is there it sends what [Cache.Revalidate] makes of the request, and
// gives the final response to [Cache.Handle], which says what satisfies the request:
//
//	if stored, ok := c.Lookup(now, to, request); ok {
//		return stored
//	}
//	response := exchange(c.Revalidate(to, request))
//	return c.Handle(now, to, request, response)
//
// Requests and responses are whole: their bodies were taken apart and put together elsewhere
// (RFC 7959). A message that is a single block, or one that is protected (RFC 8613), passes by.
//
//	                  Handle: 2.05, 4.xx, 5.xx
//	                           │
//	                           ▼        age > Max-Age, another response to the
//	2.03 with its ETag  ┌─── fresh ───┐  request, or the resource was changed
//	                    │      ▲      │
//	                    └──────┘      ▼
//	                           └─── stale ──── no ETag, or room is needed ──▶ gone
//	             2.03 with its ETag
//
// Only GET and FETCH are answered from here, although responses of class 4 and 5 are cacheable
// whatever the method was: who means to change something wants the request to arrive.
package cache

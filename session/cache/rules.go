package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// key is the Cache-Key (RFC 7252 §5.6): the endpoint, the method, and the options that matter; of a
// FETCH its body too (RFC 8132 §2), by a hash of it.
type key struct {
	to   netip.AddrPort
	text string
}

// resource is a URI at an endpoint.
type resource struct {
	to   netip.AddrPort
	text string
}

func keyOf(to netip.AddrPort, request protocol.Message) key { return key{to, Key(request)} }

// Key gives the part of the Cache-Key that is in the request: two have the same if they ask an endpoint
// for the same. It is what says, too, whether they observe the same resource (RFC 7641 §3.1).
func Key(request protocol.Message) string {
	b := make([]byte, 0, 64)
	b = append(b, byte(request.Code))
	for _, o := range request.Options {
		if InKey(o.Number) {
			b = appendOption(b, o.Number, o.Value)
		}
	}
	if request.Code == protocol.FETCH {
		sum := sha256.Sum256(request.Payload)
		b = append(b, sum[:]...)
	}
	return string(b)
}

// InKey tells whether the option is part of the Cache-Key. Left out are, besides those that say so
// in their number, the ones that this cache understands: ETag (RFC 7252 §5.4.2), Observe (RFC 7641
// §2) and Request-Tag (RFC 9175 §3.3).
func InKey(n protocol.OptionNumber) bool {
	switch n {
	case protocol.ETag, protocol.Observe, protocol.RequestTag:
		return false
	}
	return !n.NoCacheKey()
}

// appendOption adds an option so that what is appended can be told apart, whatever the values are.
func appendOption(b []byte, n protocol.OptionNumber, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

func resourceOf(to netip.AddrPort, options protocol.Options) resource {
	b := make([]byte, 0, 32)
	for _, o := range options {
		switch o.Number {
		case protocol.URIHost, protocol.URIPort, protocol.URIPath, protocol.URIQuery, protocol.ProxyURI, protocol.ProxyScheme:
			b = appendOption(b, o.Number, o.Value)
		}
	}
	return resource{to, string(b)}
}

// locationOf gives the resource that a 2.01 names by Location-Path and Location-Query, relative to the
// request's URI (RFC 7252 §5.10.7).
func locationOf(to netip.AddrPort, request, response protocol.Message) (resource, bool) {
	if !response.Options.Has(protocol.LocationPath) && !response.Options.Has(protocol.LocationQuery) {
		return resource{}, false
	}
	options := request.Options.Without(protocol.URIPath).Without(protocol.URIQuery)
	for _, o := range response.Options {
		switch o.Number {
		case protocol.LocationPath:
			options = options.Add(protocol.URIPath, o.Value)
		case protocol.LocationQuery:
			options = options.Add(protocol.URIQuery, o.Value)
		}
	}
	return resourceOf(to, options), true
}

// safe tells whether the method changes nothing (RFC 7252 §5.1, RFC 8132 §2).
func safe(method protocol.Code) bool {
	return method == protocol.GET || method == protocol.FETCH
}

// cacheable tells whether a response to the request may be stored or used: it must stand for a whole
// representation, not for a block, and not be an envelope (RFC 8613 §4.1).
func cacheable(request protocol.Message) bool {
	if !safe(request.Code) {
		return false
	}
	for _, o := range request.Options {
		switch o.Number {
		case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2, protocol.OSCORE:
			return false
		}
	}
	return true
}

// storable tells whether the response may be used again: 2.05 and errors; a success that is not known
// must not be (RFC 7252 §5.6, §5.9). Left out are what asks for another try of this request, with
// Echo (RFC 9175 §2.3), and what has unsafe options that this cache does not know.
func storable(response protocol.Message) bool {
	if response.Code != protocol.Content && response.Code.Class() != 4 && response.Code.Class() != 5 {
		return false
	}
	for _, o := range response.Options {
		switch {
		case o.Number == protocol.Echo:
			return false
		case o.Number == protocol.MaxAge || o.Number == protocol.Observe:
		case o.Number.Unsafe() || o.Number == protocol.OSCORE:
			return false
		}
	}
	return true
}

// invalidate marks what a request has changed as not fresh: the resource that it went to, and the one
// that it created (RFC 7252 §5.9.1, RFC 8132 §3). A 2.31, after which more of a body follows, does so
// too (RFC 7959 §2.10).
func (c *Cache) invalidate(to netip.AddrPort, request, response protocol.Message) {
	if !request.Code.IsRequest() || response.Code.Class() != 2 {
		return
	}
	c.outdate(resourceOf(to, request.Options))
	if location, ok := locationOf(to, request, response); ok {
		c.outdate(location)
	}
}

func (c *Cache) outdate(r resource) {
	for s := range c.resources[r] {
		s.outdate()
	}
}

// maxAge reads Max-Age. One that cannot be read is ignored, as an elective option is.
func maxAge(response protocol.Message) time.Duration {
	if seconds, ok := response.Options.Uint(protocol.MaxAge); ok {
		return time.Duration(seconds) * time.Second
	}
	return DefaultMaxAge
}

// entityTag gives the ETag; nil for none, or one that is not 1 to 8 bytes long.
func entityTag(m protocol.Message) []byte {
	if tag, ok := m.Options.First(protocol.ETag); ok && len(tag) > 0 && len(tag) <= 8 {
		return tag
	}
	return nil
}

// nominates tells whether the options have that ETag.
func nominates(options protocol.Options, tag []byte) bool {
	for has := range options.All(protocol.ETag) {
		if bytes.Equal(has, tag) {
			return true
		}
	}
	return false
}

package track

import (
	"hash/maphash"
	"strings"

	"coapscope/protocol"
)

// resource is what a request names. Requests share it.
type resource struct{ path, query, proxy string }

// maxResources bounds the memory for telling that two requests are for the same resource.
const maxResources = 1 << 14

// named gives the request its resource, and its key: that of the options and the method that tell requests apart, which
// are those of the cache key (RFC 7252 §5.6) without what concerns single messages or blocks.
func (t *Tracker) named(x *tracked) {
	m := &t.scratch
	t.key, t.rest = t.key[:0], append(t.rest[:0], byte(m.Code))
	proxied := false
	for i := range m.Options {
		o := &m.Options[i]
		switch o.Number {
		case protocol.URIPath, protocol.URIQuery:
			t.key = append(t.key, byte(o.Number), byte(len(o.Value)>>8), byte(len(o.Value)))
			t.key = append(t.key, o.Value...)
			continue
		case protocol.ProxyURI, protocol.ProxyScheme:
			proxied = true
		case protocol.Observe, protocol.ETag, protocol.IfMatch, protocol.IfNoneMatch, protocol.Block1, protocol.Block2,
			protocol.QBlock1, protocol.QBlock2, protocol.RequestTag, protocol.NoResponse, protocol.HopLimit, protocol.OSCORE,
			protocol.ContentFormatOption:
			continue
		}
		if !o.Number.NoCacheKey() {
			t.rest = append(t.rest, byte(o.Number>>8), byte(o.Number), byte(len(o.Value)>>8), byte(len(o.Value)))
			t.rest = append(t.rest, o.Value...)
		}
	}
	resource := len(t.key)
	t.key = append(t.key, t.rest...)
	x.key = maphash.Bytes(t.seed, t.key) | 1 // 0 is a request that was not seen
	if proxied {
		resource = len(t.key)
	}
	if r := t.resources[string(t.key[:resource])]; r != nil {
		x.resource = r
		return
	}
	r := t.read(x)
	if len(t.resources) >= maxResources {
		clear(t.resources)
	}
	t.resources[string(t.key[:resource])] = r
	x.resource = r
}

// read gives what the request names, as in a URI.
func (t *Tracker) read(x *tracked) *resource {
	m := &t.scratch
	uri := protocol.URI{Path: m.Options.Strings(protocol.URIPath), Query: m.Options.Strings(protocol.URIQuery)}
	r := &resource{}
	if v, ok := m.Options.First(protocol.ProxyURI); ok { // it stands for all Uri options (RFC 7252 §5.10.2)
		r.proxy = string(v)
		uri.Path, uri.Query = nil, nil
		if u, err := protocol.ParseURI(r.proxy); err == nil {
			uri = u
		}
	} else if v, ok := m.Options.First(protocol.ProxyScheme); ok {
		if u, err := protocol.URIOf(protocol.Scheme(v), x.server.addr, m.Options); err == nil {
			r.proxy = u.String()
		}
	}
	r.path, r.query, _ = strings.Cut(uri.PathQuery(), "?")
	return r
}

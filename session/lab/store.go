package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// maxUpload is the largest body that /upload takes, in octets.
const maxUpload = 4 << 20

// Blob returns the content of a large object of the store, so that a test can compare: size octets that depend on the
// seed and on the size only. /blobs/100k has 100,000 octets, /blobs/1m has 1,048,576.
func Blob(seed int64, size int) []byte {
	b := make([]byte, size)
	var key [32]byte
	for i := range 8 {
		key[i] = uint8(uint64(seed) >> (8 * i))
		key[8+i] = uint8(uint64(size) >> (8 * i))
	}
	rand.NewChaCha8(key).Read(b) // never fails
	return b
}

// buildStore sets up a node that holds large objects, in both directions, and documents for FETCH and PATCH. It knows
// extended tokens and Q-Block, and is a forward-proxy to the other devices of the lab.
func buildStore(d *device) {
	d.extendedTokens, d.quick = true, true
	d.at("", "store", link{rt: "lab.device", iface: "core.rp", ct: []message.MediaType{message.TextPlain}}).
		text("Object store, 8 MiB\n")
	for _, b := range []struct {
		path, title string
		size        int
	}{
		{"blobs/1k", "1,024 octets: just one block", 1 << 10},
		{"blobs/100k", "100,000 octets", 100_000},
		{"blobs/1m", "1,048,576 octets", 1 << 20},
		{"blobs/10m", "10,485,760 octets", 10 << 20},
	} {
		// What nobody asks for takes neither time nor memory.
		blob := sync.OnceValue(func() []byte { return Blob(d.seed, b.size) })
		tag := sync.OnceValue(func() []byte { return tagOf(uint32(message.AppOctets), blob()) })
		d.at(b.path, b.title, link{
			rt: "lab.blob", iface: "core.rp", ct: []message.MediaType{message.AppOctets}, sz: func() int { return b.size },
		}).get(func(r *request) response {
			resp := negotiate(r, form{message.AppOctets, blob})
			if class(resp.code) == 2 {
				resp = resp.etag(tag()).maxAge(3600)
			}
			return resp
		})
		d.digest(b.path, blob)
	}
	buildUpload(d)
	buildSettings(d)
	buildMirror(d)
	buildFreshness(d)
}

// digest adds the SHA-256 of a resource beside it, as hex.
func (d *device) digest(path string, body func() []byte) {
	d.at(path+".sha256", "SHA-256 of /"+path, link{rt: "lab.sha256", iface: "core.rp", ct: []message.MediaType{message.TextPlain}}).
		get(func(r *request) response {
			return negotiate(r, form{message.TextPlain, func() []byte {
				sum := sha256.Sum256(body())
				return hex.AppendEncode(nil, sum[:])
			}})
		})
}

// buildUpload adds a resource that gives back what was written.
func buildUpload(d *device) {
	const path = "upload"
	body, format := []byte("Nothing was uploaded yet.\n"), message.TextPlain
	etag := tagOf(uint32(format), body)
	tag := func() []byte { return etag } // asked for with every block
	keep := func(r *request) {
		body, format = slices.Clone(r.payload), r.format()
		etag = tagOf(uint32(format), body)
		d.resources[path].ct = []message.MediaType{format}
		d.notify(path)
	}
	res := d.at(path, "PUT up to 4 MiB, GET it back", link{
		rt: "lab.upload", iface: "core.p", ct: []message.MediaType{format}, sz: func() int { return len(body) },
	})
	res.limit, res.tag = maxUpload, tag
	res.observable(&subject{confirm: 1}).get(func(r *request) response {
		resp := negotiate(r, form{format, func() []byte { return body }})
		if class(resp.code) == 2 {
			resp = resp.etag(etag)
		}
		return resp
	}).put(func(r *request) response {
		keep(r)
		return status(codes.Changed).etag(etag)
	}).post(func(r *request) response {
		keep(r)
		return status(codes.Changed).etag(etag)
	}).on(codes.DELETE, func(r *request) response {
		empty := *r
		empty.payload, empty.options = nil, nil
		keep(&empty)
		return status(codes.Deleted)
	})
	d.digest(path, func() []byte { return body })

	d.at("upload/small", "PUT up to 4 KiB; more is 4.13", link{rt: "lab.upload", iface: "core.p", ct: []message.MediaType{message.TextPlain}}).
		put(func(r *request) response {
			return status(codes.Changed)
		}).limit = 4 << 10
}

// buildSettings adds a JSON object for FETCH, PATCH and iPATCH (RFC 8132).
func buildSettings(d *device) {
	const path = "settings"
	settings := map[string]any{"name": "store", "interval": 60.0, "verbose": false}
	tag := func() []byte { return tagOf(uint32(message.AppJSON), encodeJSON(settings)) }
	merge := func(r *request) response {
		var patch map[string]any
		if err := json.Unmarshal(r.payload, &patch); err != nil {
			return status(codes.BadRequest, "not a JSON object: ", err.Error())
		}
		if _, nameless := patch[""]; nameless {
			return status(codeUnprocessable, "a setting has a name")
		}
		settings = mergePatch(settings, patch).(map[string]any)
		d.notify(path)
		return status(codes.Changed).etag(tag())
	}
	res := d.at(path, "JSON object: FETCH names, PATCH with a merge patch", link{
		rt: "lab.settings", iface: "core.p", ct: []message.MediaType{message.AppJSON},
	})
	res.tag = tag
	res.formats = []message.MediaType{formatMergePatch}
	res.observable(&subject{confirm: 1}).get(func(r *request) response {
		return tagged(negotiate(r, form{message.AppJSON, func() []byte { return encodeJSON(settings) }}))
	}).on(codeFETCH, func(r *request) response {
		if r.format() != message.AppJSON {
			return status(codes.UnsupportedMediaType, "FETCH takes a JSON array of names")
		}
		var names []string
		if err := json.Unmarshal(r.payload, &names); err != nil {
			return status(codes.BadRequest, "not a JSON array of names: ", err.Error())
		}
		part := make(map[string]any)
		for _, name := range names {
			if value, ok := settings[name]; ok {
				part[name] = value
			}
		}
		return tagged(negotiate(r, form{message.AppJSON, func() []byte { return encodeJSON(part) }}))
	}).on(codePATCH, merge).on(codeIPATCH, merge)
}

// mergePatch applies a JSON merge patch (RFC 7396 §2).
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = make(map[string]any)
	}
	for name, value := range changes {
		if value == nil {
			delete(object, name)
		} else {
			object[name] = mergePatch(object[name], value)
		}
	}
	return object
}

// buildMirror adds a resource whose answer is as large as the question: blocks in both directions (RFC 7959 §3.3).
func buildMirror(d *device) {
	mirror := d.at("mirror", "POST, PUT, FETCH, PATCH, iPATCH: the body comes back in reverse order", link{rt: "lab.mirror"})
	mirror.limit = maxUpload
	for _, method := range []codes.Code{codes.POST, codes.PUT, codeFETCH, codePATCH, codeIPATCH} {
		mirror.on(method, func(r *request) response {
			body := slices.Clone(r.payload)
			slices.Reverse(body)
			resp := content(r.format(), body)
			if method != codeFETCH {
				resp.code = codes.Changed
			}
			return resp
		})
	}
}

// buildFreshness adds resources for caches (RFC 7252 §5.6).
func buildFreshness(d *device) {
	text := []message.MediaType{message.TextPlain}
	for _, c := range []struct {
		path, title string
		maxAge      uint32
	}{
		{"cache/zero", "Max-Age 0: stale at once, and has an ETag", 0},
		{"cache/short", "Max-Age 1: fresh for a second, and has an ETag", 1},
		{"cache/long", "Max-Age 3600, and has an ETag", 3600},
	} {
		body := []byte(c.title + "\n")
		d.at(c.path, c.title, link{rt: "lab.cache", ct: text}).get(func(r *request) response {
			return tagged(negotiate(r, form{message.TextPlain, func() []byte { return body }})).maxAge(c.maxAge)
		})
	}
	asked := 0
	d.at("cache/counter", "Counts how often it was asked: Max-Age 60, no ETag; POST sets it to zero", link{rt: "lab.cache", ct: text}).
		get(func(*request) response {
			asked++
			return content(message.TextPlain, strconv.AppendInt(nil, int64(asked), 10)).maxAge(60)
		}).
		post(func(*request) response {
			asked = 0
			return status(codes.Changed)
		})
}

package lab

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// serve is the request/response layer: one request in, one response out, unless the request is rejected.
func (d *device) serve(r *request) {
	if d.tokenLimit > 0 && len(r.token) > d.tokenLimit { // RFC 8974 §2.2.2
		if !r.multicast {
			d.respond(r, status(codes.BadRequest, fmt.Sprintf("token of %d octets; at most %d", len(r.token), d.tokenLimit)))
		}
		return
	}
	if bad, ok := d.vetOptions(r); !ok {
		// RFC 7252 §5.4.1: 4.02 to a CON; a NON is rejected.
		switch {
		case r.multicast:
		case r.typ == message.NonConfirmable:
			d.reject(r.header, r.peer)
		default:
			d.respond(r, status(codes.BadOption, fmt.Sprintf("critical option %d is not understood", bad)))
		}
		return
	}
	d.respond(r, d.answer(r))
}

// repeatable are the critical options that may occur more than once (RFC 7252 §5.10, RFC 9177 §4.1).
var repeatable = []message.OptionID{message.IfMatch, message.URIPath, message.URIQuery, optQBlock2}

// lengths are the lengths that an option may have.
type lengths struct{ min, max uint32 }

// laterOptions are the options that the lab knows and go-coap does not.
var laterOptions = map[message.OptionID]lengths{
	optHopLimit: {1, 1}, optQBlock1: {0, 3}, optQBlock2: {0, 3}, optEcho: {1, 40}, optRequestTag: {0, 8},
}

// define returns what an option may be like, if the device knows it.
func (d *device) define(id message.OptionID) (lengths, bool) {
	if def, known := message.CoapOptionDefs[id]; known {
		return lengths{def.MinLen, def.MaxLen}, true
	}
	def, known := laterOptions[id]
	return def, known && (d.quick || id != optQBlock1 && id != optQBlock2)
}

// vetOptions removes elective options of illegal length, which count as absent, and returns the number of a critical
// option that is unknown, of illegal length, or repeated against its definition (RFC 7252 §5.4.1, §5.4.3, §5.4.5).
func (d *device) vetOptions(r *request) (message.OptionID, bool) {
	kept := r.options[:0]
	for i, o := range r.options {
		def, known := d.define(o.ID)
		legal := !known || uint32(len(o.Value)) >= def.min && uint32(len(o.Value)) <= def.max
		if o.ID&1 == 1 {
			repeated := i > 0 && r.options[i-1].ID == o.ID && !slices.Contains(repeatable, o.ID)
			if !known || !legal || repeated {
				return o.ID, false
			}
		}
		if legal {
			kept = append(kept, o)
		}
	}
	r.options = kept
	return 0, true
}

// payloadMethods are the methods whose payload has to be in a format that the resource takes.
var payloadMethods = []codes.Code{codes.PUT, codes.POST, codePATCH, codeIPATCH}

// answer finds the response to a request.
func (d *device) answer(r *request) response {
	if r.has(message.ProxyURI) || r.has(message.ProxyScheme) {
		if d.resolve == nil {
			return status(codes.ProxyingNotSupported)
		}
		return d.forward(r)
	}
	if refusal, bad := r.badBlocks(); bad {
		return refusal
	}
	path := r.path()
	res := d.resources[path]
	if res == nil && d.missing != nil {
		res = d.missing(path)
	}
	if res == nil {
		return status(codes.NotFound)
	}
	h, allowed := res.methods[r.code]
	if !allowed {
		return status(codes.MethodNotAllowed)
	}
	exists, tag := res.state()
	if !exists && !slices.Contains([]codes.Code{codes.PUT, codes.POST, codes.DELETE}, r.code) {
		return status(codes.NotFound)
	}
	if slices.Contains(payloadMethods, r.code) && len(res.formats) > 0 && !slices.Contains(res.formats, r.format()) {
		return status(codes.UnsupportedMediaType)
	}
	if !preconditions(r, exists, tag) {
		return status(codes.PreconditionFailed)
	}
	if res.guard != nil && r.first() {
		if refusal, pass := res.guard(r); !pass {
			return refusal
		}
	}
	enact := func(r *request) response { return d.observe(r, res, revalidate(r, acceptable(r, h(r)))) }
	if r.has(optQBlock1) || r.has(optQBlock2) {
		return d.quickly(r, res, enact)
	}
	return d.blockwise(r, res, enact)
}

// acceptable turns a 2.05 in another content format than the client accepts into a 4.06 (RFC 7252 §5.10.4).
func acceptable(r *request, resp response) response {
	want, asked := r.accept()
	have, err := resp.options.GetUint32(message.ContentFormat)
	if !asked || err != nil || message.MediaType(have) == want || resp.code != codes.Content || r.code != codes.GET && r.code != codeFETCH {
		return resp
	}
	return status(codes.NotAcceptable, "not available in this content format")
}

// revalidate turns a 2.05 that the client has already into a 2.03 (RFC 7252 §5.10.6.2).
func revalidate(r *request, resp response) response {
	if resp.code != codes.Content || r.code != codes.GET && r.code != codeFETCH {
		return resp
	}
	current, err := resp.options.GetBytes(message.ETag)
	if err != nil {
		return resp
	}
	for _, o := range r.options {
		if o.ID == message.ETag && bytes.Equal(o.Value, current) {
			resp.code, resp.payload = codes.Valid, nil
			resp.options = slices.Clone(resp.options).Remove(message.ContentFormat)
			return resp
		}
	}
	return resp
}

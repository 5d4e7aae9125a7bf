package lab

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// forwarded is a request on its way to the device that it is for (RFC 7252 §5.7).
type forwarded struct {
	client *request
	to     netip.AddrPort
	late   bool // the client has its acknowledgement already, so the response comes by itself
	cancel []func()
	// then, if there is one, makes the client's response of what came back; false where it has asked for more.
	then func(resp response) (response, bool)
}

// patienceOfClient is after how long a client is told that its request is being looked after; it would repeat it after
// two seconds.
const patienceOfClient = time.Second

// defaultHops is the Hop-Limit of a forwarded request that has none (RFC 8768 §3).
const defaultHops = 16

// notForwarded are the options of a request that end at the proxy: what names the target, and what is between two hops.
var notForwarded = []message.OptionID{
	message.ProxyURI, message.ProxyScheme, message.URIHost, message.URIPort, message.Observe, message.NoResponse, optHopLimit,
}

// forward sends a request on and returns the response that will say what came back. Blocks are forwarded one by one;
// a Request-Tag of the proxy keeps those of different clients apart (RFC 9175 §3.4). Nothing is cached, and
// observations are not passed on: the answer to one is without Observe (RFC 7641 §5).
func (d *device) forward(r *request) response {
	if r.multicast {
		return response{}
	}
	to, options, refusal, ok := d.target(r)
	if !ok {
		return refusal
	}
	hops := uint32(defaultHops)
	if v, given := r.uint(optHopLimit); given {
		if v == 0 {
			return status(codes.BadRequest, "Hop-Limit is 1 to 255 (RFC 8768 §3)")
		}
		if hops = v - 1; hops == 0 {
			return status(codeHopLimit, d.Name)
		}
	}
	options = options.Add(message.Option{ID: optHopLimit, Value: uintValue(hops)})
	for _, o := range r.options {
		if slices.Contains(notForwarded, o.ID) || r.has(message.ProxyURI) && (o.ID == message.URIPath || o.ID == message.URIQuery) {
			continue
		}
		if o.ID == optQBlock1 || o.ID == optQBlock2 { // RFC 9177 §4.1: unsafe, and this proxy does not do it
			return status(codes.BadOption, "no Q-Block through this proxy")
		}
		if _, known := d.define(o.ID); !known && o.ID&2 != 0 { // RFC 7252 §5.7.1
			return status(codes.BadOption, fmt.Sprintf("option %d is unsafe to forward and not understood", o.ID))
		}
		options = options.Add(o)
	}
	if r.has(message.Block1) || r.has(message.Block2) {
		options = options.Add(message.Option{ID: optRequestTag, Value: tagOfClient(r.peer)})
	}
	if len(d.forwarded) >= maxTransfers {
		return status(codes.ServiceUnavailable, "too many requests are on their way").maxAge(1)
	}
	return response{}.via(func(d *device, r *request, _ response) { d.send(r, to, options) })
}

func tagOfClient(peer netip.AddrPort) []byte {
	h := fnv.New32a()
	h.Write([]byte(peer.String()))
	return h.Sum(nil)
}

// target reads where a request goes and, of a Proxy-Uri, the options that stand for it (RFC 7252 §5.10.2, §6.4).
func (d *device) target(r *request) (to netip.AddrPort, options message.Options, refusal response, ok bool) {
	refuse := func(code codes.Code, why string) (netip.AddrPort, message.Options, response, bool) {
		return netip.AddrPort{}, nil, status(code, why), false
	}
	scheme, host, port := "", d.Addr.Addr().String(), int(d.Addr.Port())
	if uri := strings.Join(r.strings(message.ProxyURI), ""); uri != "" {
		u, err := url.Parse(uri)
		if err != nil || u.Fragment != "" || u.Opaque != "" || u.Scheme == "" {
			return refuse(codes.BadRequest, "Proxy-Uri is not an absolute URI without a fragment")
		}
		scheme, host, port = u.Scheme, u.Hostname(), 0
		if u.Port() != "" {
			if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 0xffff {
				return refuse(codes.BadRequest, "no such port")
			}
		}
		if path := strings.TrimPrefix(u.EscapedPath(), "/"); path != "" {
			for _, segment := range strings.Split(path, "/") {
				plain, _ := url.PathUnescape(segment) // Parse has checked it
				options = options.Add(message.Option{ID: message.URIPath, Value: []byte(plain)})
			}
		}
		if u.RawQuery != "" {
			for _, argument := range strings.Split(u.RawQuery, "&") {
				plain, err := url.PathUnescape(argument)
				if err != nil {
					return refuse(codes.BadRequest, "the query is not percent-encoded")
				}
				options = options.Add(message.Option{ID: message.URIQuery, Value: []byte(plain)})
			}
		}
	} else {
		scheme = strings.Join(r.strings(message.ProxyScheme), "")
		if hosts := r.strings(message.URIHost); len(hosts) == 1 {
			host, port = hosts[0], 0
		}
		if v, given := r.uint(message.URIPort); given {
			port = int(v)
		}
	}
	if !strings.EqualFold(scheme, "coap") {
		return refuse(codes.ProxyingNotSupported, "this proxy speaks coap only")
	}
	to, known := d.resolve(host, port)
	if !known {
		return refuse(codes.BadGateway, "this proxy reaches the devices of the lab only")
	}
	return to, options, response{}, true
}

// send puts a request on its way and looks after the client meanwhile.
func (d *device) send(r *request, to netip.AddrPort, options message.Options) {
	f := &forwarded{client: r, to: to}
	d.attend(f)
	d.ask(f, r.code, options, r.payload)
}

// attend tells the client soon that its request is being looked after, if it wants to know.
func (d *device) attend(f *forwarded) {
	if r := f.client; r.typ == message.Confirmable {
		f.cancel = append(f.cancel, d.after(patienceOfClient, func() {
			f.late = true
			d.reply(r, emptyMessage(message.Acknowledgement, r.mid))
		}))
	}
}

// ask sends a request of the device's own on behalf of a client's.
func (d *device) ask(f *forwarded, method codes.Code, options message.Options, payload []byte) {
	token := string(binary.BigEndian.AppendUint64(nil, d.rng.Uint64()))
	d.forwarded[token] = f
	f.cancel = append(f.cancel, d.after(exchangeLifetime, func() {
		d.handOver(token, status(codes.GatewayTimeout, "acknowledged, and not answered"))
	}))
	h := header{typ: message.Confirmable, code: method, mid: d.nextMID(), token: []byte(token)}
	d.confirm(exchange{f.to, h.mid}, encode(h, options, payload), func(how outcome) {
		switch how {
		case acknowledged:
		case reset:
			d.handOver(token, status(codes.BadGateway, "rejected with a Reset"))
		case exhausted:
			d.handOver(token, status(codes.GatewayTimeout, "no answer"))
		}
	})
}

// returned takes a response to a request that the device sent on, and tells whether it was one.
func (d *device) returned(h header, peer netip.AddrPort, options message.Options, payload []byte) bool {
	f := d.forwarded[string(h.token)]
	if f == nil || f.to != peer {
		return false
	}
	resp := response{code: h.code, options: slices.Clone(options).Remove(message.Observe), payload: payload}
	for _, o := range resp.options {
		if _, known := d.define(o.ID); !known && o.ID&2 != 0 || o.ID == optQBlock2 { // RFC 7252 §5.7.1
			resp = status(codes.BadGateway, fmt.Sprintf("option %d of the response is unsafe to forward and not understood", o.ID))
			break
		}
	}
	if h.code == codeHopLimit { // RFC 8768 §4
		resp.payload = []byte(strings.TrimSpace(d.Name + " " + string(payload)))
	}
	d.handOver(string(h.token), resp)
	return true
}

// handOver gives the client its response.
func (d *device) handOver(token string, resp response) {
	f := d.forwarded[token]
	if f == nil {
		return
	}
	delete(d.forwarded, token)
	if f.then != nil {
		var whole bool
		if resp, whole = f.then(resp); !whole {
			return
		}
	}
	for _, cancel := range f.cancel {
		cancel()
	}
	if f.late && !suppressed(f.client, resp.code) {
		h := header{typ: message.Confirmable, code: resp.code, mid: d.nextMID(), token: f.client.token}
		d.confirm(exchange{f.client.peer, h.mid}, encode(h, resp.options, resp.payload), func(outcome) {})
		return
	}
	if !f.late {
		d.respond(f.client, resp)
	}
}

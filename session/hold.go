package session

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
)

// maxHolds bounds how many requests are remembered to be held back.
const maxHolds = 1024

// holds remembers which requests endpoints have asked to hold back, and until when: those with the method
// and URI of one that was answered with 4.29 (RFC 8516 §4), and all for the URI of one that was answered
// with 5.03 and Max-Age (RFC 7252 §5.9.3.4). It has neither clock nor timer.
type holds struct{ all map[holdKey]HeldBack }

// holdKey is what requests that are alike have in common.
type holdKey struct {
	to     netip.AddrPort
	method protocol.Code // Empty for any
	uri    string
}

// none tells whether there is nothing that ask or handle of a 2.xx can find.
func (h *holds) none() bool { return len(h.all) == 0 }

// handle takes the final response to a request, and tells whether, and until when, it asks to wait.
func (h *holds) handle(now time.Time, to netip.AddrPort, request, response *protocol.Message) (HeldBack, bool) {
	seconds, given := response.Options.Uint(protocol.MaxAge)
	if !given {
		seconds = 60 // RFC 7252 §5.10.5
	}
	key := holdKey{to: to}
	switch {
	case response.Code == protocol.TooManyRequests:
		key.method = request.Code
	case response.Code == protocol.ServiceUnavailable && given:
	default:
		if len(h.all) > 0 && response.Code.Class() == 2 { // sent all the same, and served
			key.uri = uriKey(request.Options)
			delete(h.all, key)
			key.method = request.Code
			delete(h.all, key)
		}
		return HeldBack{}, false
	}
	held := HeldBack{Code: response.Code, Until: now.Add(time.Duration(seconds) * time.Second), Why: heldText(response, seconds, given)}
	key.uri = uriKey(request.Options)
	h.put(now, key, held)
	return held, true
}

func (h *holds) put(now time.Time, key holdKey, held HeldBack) {
	if h.all == nil {
		h.all = make(map[holdKey]HeldBack)
	}
	if len(h.all) >= maxHolds {
		var soonest holdKey
		for k, other := range h.all {
			if !other.Until.After(now) {
				delete(h.all, k)
			} else if first, ok := h.all[soonest]; !ok || other.Until.Before(first.Until) {
				soonest = k
			}
		}
		if len(h.all) >= maxHolds {
			delete(h.all, soonest)
		}
	}
	h.all[key] = held
}

// ask tells whether the request is to be held back.
func (h *holds) ask(now time.Time, to netip.AddrPort, request *protocol.Message) (HeldBack, bool) {
	key := holdKey{to: to, uri: uriKey(request.Options)}
	longest := HeldBack{}
	for _, key.method = range []protocol.Code{protocol.Empty, request.Code} {
		held, ok := h.all[key]
		switch {
		case !ok:
		case !held.Until.After(now):
			delete(h.all, key)
		case held.Until.After(longest.Until):
			longest = held
		}
	}
	return longest, !longest.Until.IsZero()
}

// uriKey makes a text of the options that name the resource. Two are equal exactly if these options are.
func uriKey(options protocol.Options) string {
	var b strings.Builder
	for _, o := range options {
		switch o.Number {
		case protocol.URIHost, protocol.URIPort, protocol.URIPath, protocol.URIQuery, protocol.ProxyURI, protocol.ProxyScheme:
			fmt.Fprintf(&b, "%d:%d:", o.Number, len(o.Value))
			b.Write(o.Value)
		}
	}
	return b.String()
}

// heldText says for people why a request waits.
func heldText(response *protocol.Message, seconds uint32, given bool) string {
	text := fmt.Sprintf("%v with Max-Age %d s", response.Code, seconds)
	if !given {
		text = fmt.Sprintf("%v, which without Max-Age means %d s (RFC 8516 §4)", response.Code, seconds)
	}
	return text
}

// hold waits as long as the endpoint has asked to hold back requests like this one.
func (d *doing) hold(ctx context.Context) error {
	for !d.request.Impatient {
		var held HeldBack
		ok := false
		d.mu.Lock()
		if !d.holds.none() {
			held, ok = d.holds.ask(d.clock.Now(), d.request.To, &d.request.Message)
		}
		d.mu.Unlock()
		if !ok {
			break
		}
		if err := d.wait(ctx, held); err != nil {
			return err
		}
	}
	return nil
}

// heldBack tells whether the newest response asks to wait.
func (d *doing) heldBack() (HeldBack, bool) {
	if d.last.Code == protocol.Empty {
		return HeldBack{}, false
	}
	asks := d.last.Code == protocol.TooManyRequests || d.last.Code == protocol.ServiceUnavailable
	d.mu.Lock()
	defer d.mu.Unlock()
	if !asks && d.holds.none() {
		return HeldBack{}, false
	}
	return d.holds.handle(d.clock.Now(), d.request.To, &d.request.Message, &d.last)
}

// wait waits as the endpoint has asked for.
func (d *doing) wait(ctx context.Context, held HeldBack) error {
	d.last = protocol.Message{}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return ErrClosed
	}
	x := &d.call.open
	x.Type, x.Code, d.call.options = d.request.Message.Type, d.request.Message.Code, d.request.Message.Options
	x.State, x.Held = OpenHeldBack, held
	d.calls[&d.call] = struct{}{}
	d.mu.Unlock()
	if d.request.On != nil {
		d.request.On(held)
	}
	return d.waitUntil(ctx, held.Until)
}

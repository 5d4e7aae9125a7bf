package view

import (
	"bytes"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session"
	"coapscope/session/cache"
	"coapscope/ui/draft"
)

func newWatched(device string, r session.Request, path string, now time.Time) *Watched {
	o := &Watched{Device: device, Path: path, recorded: path, Variant: variantOf(&r, func(b []byte) []byte { return b })}
	o.ask(r)
	o.begun, o.format = now, payload.NoFormat
	return o
}

// ask says how it is asked for.
func (o *Watched) ask(r session.Request) {
	o.mu.Lock()
	o.request, o.To = r, r.To
	o.key, _ = r.ObservationKey()
	o.mu.Unlock()
}

// variantOf says what a request asks for besides the path: all that is part of its cache key. masked takes out what is
// secret.
func variantOf(r *session.Request, masked func([]byte) []byte) string {
	var parts []string
	m := &r.Message
	if m.Code != protocol.GET && m.Code.IsRequest() {
		parts = append(parts, m.Code.Short())
	}
	format := payload.NoFormat
	for _, option := range m.Options {
		switch {
		case option.Number == protocol.URIPath || option.Number == protocol.URIQuery || !cache.InKey(option.Number):
			continue
		case option.Number == protocol.ContentFormatOption:
			if v, ok := option.Uint(); ok && v <= 0xffff {
				format = int(v)
			}
		}
		text := draft.OptionText(option)
		if shown := masked(option.Value); !bytes.Equal(shown, option.Value) {
			text = strings.ToValidUTF8(string(shown), "\ufffd")
		}
		parts = append(parts, strings.TrimSpace(option.Number.String()+" "+text))
	}
	if m.Code == protocol.FETCH {
		parts = append(parts, stateText(format, masked(m.Payload)))
	}
	if _, shared := r.ObservationKey(); !shared {
		parts = append(parts, strings.TrimSpace("token "+m.Token.String()))
	}
	return strings.Join(parts, ", ")
}

// again begins to observe once more; what was seen before stays.
func (o *Watched) again(r session.Request) {
	o.ask(r)
	o.mu.Lock()
	o.state, o.reason, o.end, o.next, o.broken, o.known = WatchRegistering, "", nil, time.Time{}, true, false
	o.arrivals, o.counted = [rateTimes]time.Time{}, 0
	o.mu.Unlock()
}

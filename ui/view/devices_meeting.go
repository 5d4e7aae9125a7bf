package view

import (
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// meeting is how far the live packets were looked through for resources that devices have and do not list.
type meeting struct {
	seen trace.Seq
	// known are exchanges that were looked at already: an observation answers many times, and many at the same time.
	known [256]track.Index
}

// meet looks through the frames that came since it was called last: what answered a request with success is there, whoever
// sent it: a tab, a repetition, raw bytes, or a group's request.
func (w *Workbench) meet() {
	m, live := &w.meeting, w.live
	for last := trace.Seq(live.fed); m.seen < last; {
		m.seen++
		info := live.tracker.Info(uint64(m.seen))
		switch info.Role {
		case track.RolePiggybacked, track.RoleSeparate, track.RoleNotification:
		default:
			continue
		}
		slot := &m.known[int(info.Exchange)%len(m.known)]
		if *slot == info.Exchange {
			continue
		}
		f := live.log.At(m.seen)
		if f == nil || f.Direction != trace.Received {
			continue
		}
		x, ok := live.tracker.Exchange(info.Exchange)
		if !ok || !x.RequestSeen {
			continue
		}
		if !x.Multicast { // of a group others will answer
			*slot = info.Exchange
		}
		code := x.Code
		if !f.Transport.Framing().Reliable() && len(f.Data) >= protocol.HeaderLength {
			code = protocol.Code(f.Data[1])
		}
		if x.Proxy != "" || code.Class() != 2 || code == protocol.Continue {
			continue
		}
		path := x.Path
		if path == "" {
			path = "/"
		}
		if x.Query != "" {
			path += "?" + x.Query
		}
		w.met(f.Source, path, x.Method, code, f.Time)
		if code == protocol.Created {
			w.metCreated(f)
		}
	}
}

// metCreated notes what a response says to be created (RFC 7252 §5.10.7).
func (w *Workbench) metCreated(f *trace.Frame) {
	var m protocol.Message
	if m.ParseFraming(f.Transport.Framing(), f.Data) != nil || !m.Options.Has(protocol.LocationPath) && !m.Options.Has(protocol.LocationQuery) {
		return
	}
	u := protocol.URI{Path: m.Options.Strings(protocol.LocationPath), Query: m.Options.Strings(protocol.LocationQuery)}
	w.met(f.Source, u.PathQuery(), protocol.GET, m.Code, f.Time)
}

// met notes that a request for a path was answered with success. A query that has a secret in it is left out, and so is a
// path: the list of devices is a file.
func (w *Workbench) met(endpoint netip.AddrPort, path string, method, code protocol.Code, at time.Time) {
	if w.mask(path) != path {
		if path, _, _ = strings.Cut(path, "?"); w.mask(path) != path {
			return
		}
	}
	news := false
	if method == protocol.DELETE {
		news = code == protocol.Deleted && w.known.Gone(endpoint, path)
	} else {
		news = w.known.Meet(endpoint, path, at)
	}
	if news {
		w.Changed(PartDevices)
	}
}

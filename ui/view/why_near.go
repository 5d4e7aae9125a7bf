package view

import (
	"bytes"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// surroundings are what came near a request and is no part of its exchange. They are gathered bit by bit, as frames
// come, and for no longer than the lifetime of an exchange.
type surroundings struct {
	next trace.Seq // to be looked at
	done bool

	before      trace.Seq // the newest frame from the host before the request; 0 for none
	fromPort    bool      // it is from the endpoint
	record      trace.Seq // a DTLS record from the host
	broken      trace.Seq // no message, from the endpoint
	otherToken  trace.Seq // a response from the endpoint with a token of no request
	sameID      bool      // and the message ID of this one
	otherPort   trace.Seq // the response from another port of the host
	strangePort trace.Seq // a response from another port that fits no request
	otherHost   trace.Seq // the response from another address
	others      int       // answers of the endpoint to other requests
	other       trace.Seq // the newest of them
}

// nearKey names a request of a list of packets.
type nearKey struct {
	traffic *Traffic
	index   track.Index
}

const (
	nearKept   = 16      // requests whose surroundings are kept
	nearFrames = 100_000 // that are looked at, at most, whenever the surroundings are asked for
	nearBefore = 20_000  // that are looked at before the request
)

// surroundingsOf gives what came near the request, up to now.
func (w *Workbench) surroundingsOf(t *Traffic, e *evidence) *surroundings {
	key := nearKey{t, e.x.Index}
	near := w.near[key]
	if near == nil {
		if w.near == nil || len(w.near) >= nearKept {
			w.near = make(map[nearKey]*surroundings)
		}
		near = &surroundings{next: trace.Seq(e.x.FirstFrame) + 1}
		near.lookBack(t, &e.x)
		w.near[key] = near
	}
	if near.look(t, e) {
		w.Changed(PartAnswer | PartPackets) // so that it is asked for again
	}
	return near
}

// lookBack finds out whether the host was heard of before the request.
func (n *surroundings) lookBack(t *Traffic, x *track.Exchange) {
	first := trace.Seq(x.FirstFrame)
	for s := first - 1; s > 0 && first-s < nearBefore; s-- {
		f := t.log.At(s)
		if f == nil {
			return
		}
		switch {
		case f.Source == x.Server:
			n.before, n.fromPort = s, true
			return
		case f.Source.Addr() == x.Server.Addr() && f.Source != x.Client && f.Direction != trace.Sent && n.before == 0:
			n.before = s
		}
	}
}

// look goes on with the frames after the request. It tells whether there are more that it has not come to.
func (n *surroundings) look(t *Traffic, e *evidence) (more bool) {
	horizon := e.last.Add(protocol.DefaultTransmission().ExchangeLifetime())
	if e.last.IsZero() {
		horizon = e.x.First.Add(time.Minute)
	}
	token := e.x.Token.Bytes()
	for range nearFrames {
		if n.done || int(n.next) > t.fed {
			return false
		}
		s := n.next
		n.next++
		f := t.log.At(s)
		switch {
		case f == nil:
		case f.Time.After(horizon):
			n.done = true
		case f.Direction == trace.Sent || f.Source == e.x.Client || f.Direction == trace.Seen && f.Destination != e.x.Client:
		default:
			n.take(t, e, f, token)
		}
	}
	return !n.done && int(n.next) <= t.fed
}

// take takes a frame that came to whoever asked.
func (n *surroundings) take(t *Traffic, e *evidence, f *trace.Frame, token []byte) {
	host, endpoint := f.Source.Addr() == e.x.Server.Addr(), f.Source == e.x.Server
	if !host && (len(token) < 2 || !answers(f.Data, &e.x, token)) {
		return // which most are, and the tracker is not asked
	}
	info := t.tracker.Info(uint64(f.Seq))
	if info.Exchange == e.x.Index {
		return
	}
	set := func(seq *trace.Seq) {
		if *seq == 0 {
			*seq = f.Seq
		}
	}
	switch {
	case info.Role == track.RoleMalformed:
		if host && isRecord(f.Data) {
			set(&n.record)
		} else if endpoint {
			set(&n.broken)
		}
	case info.Role != track.RoleUnmatched:
		if endpoint && info.Exchange != 0 {
			n.others++
			n.other = f.Seq
		}
	case e.x.Multicast || f.Transport.Framing().Reliable():
	case endpoint && isResponse(f.Data):
		related := info.Related != 0 && info.Related == e.x.FirstFrame
		if n.otherToken == 0 || related && !n.sameID {
			n.otherToken, n.sameID = f.Seq, related
		}
	case isResponse(f.Data) && answers(f.Data, &e.x, token):
		if host {
			set(&n.otherPort)
		} else {
			set(&n.otherHost)
		}
	case host && isResponse(f.Data):
		set(&n.strangePort)
	}
}

// isResponse tells whether a datagram that is a message has a response.
func isResponse(b []byte) bool {
	return len(b) >= protocol.HeaderLength && protocol.Code(b[1]).IsResponse()
}

// answers tells whether a message has the token of the request and, in an ACK, its message ID.
func answers(b []byte, x *track.Exchange, token []byte) bool {
	kind, id, ok := protocol.Header(b)
	if !ok || len(token) > 8 || int(b[0]&0x0f) != len(token) || !bytes.HasPrefix(b[protocol.HeaderLength:], token) {
		return false
	}
	return kind != protocol.Acknowledgement || id == x.MessageID
}

// isRecord tells whether a datagram is a DTLS record: a content type of 20 to 26, and the version of DTLS 1.0 or 1.2,
// which 1.3 has as well (RFC 6347 §4.1, RFC 9147 §4).
func isRecord(b []byte) bool {
	return len(b) >= 13 && b[0] >= 20 && b[0] <= 26 && b[1] == 0xfe && (b[2] == 0xfd || b[2] == 0xff)
}

// recordText says what the record is.
func recordText(b []byte) string {
	version := "DTLS 1.2"
	if b[2] == 0xff {
		version = "DTLS 1.0"
	}
	kind := [...]string{"change of cipher", "alert", "handshake", "application data", "heartbeat", "connection ID", "ACK"}[b[0]-20]
	if b[0] == 21 && len(b) == 15 && b[3] == 0 && b[4] == 0 { // not encrypted yet
		if name := alertNames[b[14]]; name != "" {
			kind = "alert (" + name + ")"
		}
	}
	return version + " " + kind
}

// alertNames are those of the alerts that a client is likely to meet before there are keys (RFC 8446 §6).
var alertNames = map[byte]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
	47: "illegal_parameter", 50: "decode_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
}

// network gives the interface of this computer in whose network an address is; ok is false for none.
func (w *Workbench) network(addr netip.Addr) (name string, prefix netip.Prefix, ok bool) {
	for _, l := range w.localNetworks() {
		if l.prefix.Contains(addr.WithZone("")) && (addr.Zone() == "" || addr.Zone() == l.name) {
			return l.name, l.prefix, true
		}
	}
	return "", netip.Prefix{}, false
}

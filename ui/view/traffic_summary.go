package view

import (
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// summary says in a few words what the frame is. The message is parsed in t.message.
func (t *Traffic) summary(f *trace.Frame, info track.FrameInfo) (string, Concept) {
	m := &t.message
	switch info.Role {
	case track.RoleRetransmission:
		return fmt.Sprintf("↻ retransmission %d of #%d", info.Number, info.Related), Warning
	case track.RoleDuplicateResponse:
		as, instead := t.arrived(f, info)
		if !instead {
			return fmt.Sprintf("↻ duplicate of #%d", as.Related), Warning
		}
		text, concept := t.summary(f, as)
		if concept == Plain {
			concept = Warning
		}
		return fmt.Sprintf("↻ %s  as #%d, which was lost", text, info.Related), concept
	case track.RoleReset:
		if info.Related != 0 {
			return fmt.Sprintf("rejects #%d", info.Related), Error
		}
		return "rejects a message that was not seen", Error
	case track.RolePing:
		return "ping", Plain
	case track.RolePong:
		return "pong · " + Duration(info.RTT), Plain
	case track.RoleAcknowledgement:
		return fmt.Sprintf("acknowledges #%d", info.Related), Dim
	}
	if m.Code.IsSignaling() {
		return t.signal(f), Plain
	}
	var parts []string
	concept := Plain
	if m.Code.IsRequest() {
		parts = append(parts, m.Path()+queryText(m))
	}
	if b, ok := m.Options.Block(protocol.Block1); ok && len(m.Payload)+int(b.Num) > 0 {
		parts = append(parts, "block1 "+b.String())
	}
	if b, ok := m.Options.Block(protocol.Block2); ok {
		parts = append(parts, "block "+b.String())
	}
	switch {
	case len(m.Payload) > 0 && m.Options.Has(protocol.OSCORE):
		parts = append(parts, "OSCORE "+Bytes(len(m.Payload)))
	case len(m.Payload) > 0:
		format := -1
		if cf, ok := m.ContentFormat(); ok {
			format = int(cf)
		}
		parts = append(parts, payload.Summary(format, m.Payload))
	case m.Code.IsResponse():
		if info, ok := m.Code.Info(); ok {
			parts = append(parts, info.Name)
		}
	}
	if v, ok := m.Options.Uint(protocol.Observe); ok {
		parts = append(parts, fmt.Sprintf("obs=%d", v))
	}
	for _, n := range []protocol.OptionNumber{protocol.LocationPath} {
		if m.Options.Has(n) {
			parts = append(parts, "at /"+strings.Join(m.Options.Strings(n), "/"))
		}
	}
	switch {
	case info.Role == track.RoleNotification && info.Stale:
		parts, concept = append(parts, "stale"), Warning
	case info.Role == track.RoleSeparate && m.Type == protocol.Confirmable && !f.Transport.Framing().Reliable():
		parts = append(parts, "separate")
	case info.Role == track.RoleUnmatched:
		parts, concept = append(parts, "matches nothing"), Warning
	}
	if m.Code.Class() >= 4 {
		concept = Error
	}
	return strings.Join(parts, "  "), concept
}

// someCopies bounds how many frames are looked at for the first copy that arrived.
const someCopies = 64

// arrived tells what a copy of a response is for whoever waited for it: where those before it were lost on purpose it is the
// response, instead of the first of them, and those that come after it are copies of it.
func (t *Traffic) arrived(f *trace.Frame, info track.FrameInfo) (as track.FrameInfo, instead bool) {
	lost := func(s uint64) bool {
		f := t.log.At(trace.Seq(s))
		return f != nil && f.Fault&trace.Lost != 0
	}
	if !lost(info.Related) || lost(uint64(f.Seq)) {
		return info, false
	}
	s := t.tracker.After(info.Related)
	for n := 0; n < someCopies && s != 0 && s < uint64(f.Seq); n, s = n+1, t.tracker.After(s) {
		if other := t.tracker.Info(s); other.Role == track.RoleDuplicateResponse && other.Related == info.Related && !lost(s) {
			info.Related = s
			return info, false
		}
	}
	info.Role = track.RoleSeparate
	if t.message.Type == protocol.Acknowledgement {
		info.Role = track.RolePiggybacked
	}
	return info, true
}

// signal says in a few words what a signalling message is, whose options mean what its code says (RFC 8323 §5).
func (t *Traffic) signal(f *trace.Frame) string {
	tree := &t.signalling
	tree.DissectFraming(f.Transport.Framing(), f.Data)
	var parts []string
	if info, ok := tree.Code.Info(); ok {
		parts = append(parts, info.Name)
	}
	for i := range tree.Options {
		o := &tree.Options[i]
		text := fmt.Sprintf("option %d", uint16(o.Number))
		if o.Info != nil {
			text = o.Info.Name
		}
		if o.ValueAt >= 0 {
			text += " " + tree.Value(o.ValueAt)
		}
		parts = append(parts, text)
	}
	if len(tree.Payload) > 0 {
		parts = append(parts, payload.Summary(-1, tree.Payload))
	}
	return strings.Join(parts, "  ")
}

package view

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// ArrowKind is what a frame does, as its arrow shows.
type ArrowKind uint8

// The kinds of arrows.
const (
	ArrowOther          ArrowKind = iota // belongs to nothing that was seen, or is signalling
	ArrowRequest                         // also a ping
	ArrowRetransmission                  // a request again
	ArrowAcknowledgement
	ArrowPiggybacked // a response in the ACK
	ArrowSeparate    // a response by itself; also a Pong
	ArrowNotification
	ArrowDuplicate // what was there already
	ArrowReset
	ArrowMalformed
	ArrowDropped // the log keeps it no more
)

// Arrow is a frame in a ladder.
type Arrow struct {
	Seq      trace.Seq
	Kind     ArrowKind
	From, To netip.AddrPort // the zero one is this program
	Label    string
	Concept  Concept
	Lost     bool // by a fault: it does not arrive
	Late     bool // a notification that a newer one has overtaken

	At         time.Duration // when the log has it, since the first frame
	Left, Came time.Duration // when it went off and arrived
	Estimated  bool          // one of them is
}

// Travel is how long the frame was on its way.
func (a *Arrow) Travel() time.Duration { return a.Came - a.Left }

// Arrow makes the arrow of a frame.
func (t *Traffic) Arrow(s trace.Seq) Arrow {
	f := t.log.At(s)
	if f == nil {
		return Arrow{Seq: s, Kind: ArrowDropped, Label: "dropped from the log", Concept: Dim}
	}
	info := t.tracker.Info(uint64(s))
	a := Arrow{Seq: s, At: f.Time.Sub(t.begin), Lost: f.Fault&trace.Lost != 0, Late: info.Stale}
	a.From, a.To = endpointsOf(f)
	a.travel(t, f, info)
	a.say(t, f, info)
	return a
}

// travel finds when the frame left and came. Of what this program sends or receives one of the two is known.
func (a *Arrow) travel(t *Traffic, f *trace.Frame, info track.FrameInfo) {
	way := t.oneWay(info.Exchange)
	a.Left, a.Came, a.Estimated = a.At, a.At, way > 0
	arrives := f.Direction == trace.Received
	if f.Direction == trace.Seen { // as if seen beside the client
		_, arrives = t.peer(f, info)
	}
	if arrives {
		a.Left -= way + f.Held
	} else {
		a.Left, a.Came = a.Left-f.Held, a.Came+way
	}
}

// oneWay estimates how long a frame of the exchange is on its way: half of the time from the latest transmission of
// the request to the first frame that answers it.
func (t *Traffic) oneWay(i track.Index) time.Duration {
	x, ok := t.tracker.Exchange(i)
	if !ok {
		return 0
	}
	var sent time.Time
	s := x.FirstFrame
	for n := 0; n < 64 && s != 0; n, s = n+1, t.tracker.After(s) {
		f := t.log.At(trace.Seq(s))
		if f == nil {
			continue
		}
		switch t.tracker.Info(s).Role {
		case track.RoleRequest, track.RoleRetransmission, track.RolePing:
			if f.Fault&trace.Lost == 0 || sent.IsZero() {
				sent = f.Time
			}
		default:
			if !sent.IsZero() {
				return max(0, f.Time.Sub(sent)-f.Held) / 2
			}
		}
	}
	return 0
}

// say gives the arrow its kind and its words.
func (a *Arrow) say(t *Traffic, f *trace.Frame, info track.FrameInfo) {
	var signs []string
	if a.Lost {
		signs = append(signs, "✕ lost")
	}
	for _, fault := range [...]trace.Fault{trace.Delayed, trace.Reordered, trace.Corrupted} {
		if f.Fault&fault != 0 && !a.Lost {
			signs = append(signs, "⚡ "+fault.String())
			break
		}
	}
	framing := f.Transport.Framing()
	m := &t.message
	if err := m.ParseFraming(framing, f.Data); err != nil {
		a.Kind, a.Concept = ArrowMalformed, Error
		row := t.row(f.Seq)
		a.Label = words(strings.Join(signs, " "), "✖ malformed", row.Type, row.MessageID)
		return
	}
	a.Concept = Good
	if m.Code.IsRequest() {
		a.Concept = Type
	}
	rest, _ := t.summary(f, info)
	switch info.Role {
	case track.RoleRequest:
		a.Kind = ArrowRequest
	case track.RolePing:
		a.Kind, a.Concept = ArrowRequest, Type
	case track.RoleRetransmission:
		a.Kind, a.Concept = ArrowRetransmission, Type
		signs, rest = append(signs, fmt.Sprintf("↻ %d", info.Number)), fmt.Sprintf("of #%d", info.Related)
	case track.RoleAcknowledgement:
		a.Kind, a.Concept, rest = ArrowAcknowledgement, Dim, ""
	case track.RolePiggybacked:
		a.Kind = ArrowPiggybacked
	case track.RoleSeparate, track.RolePong:
		a.Kind = ArrowSeparate
	case track.RoleNotification:
		a.Kind = ArrowNotification
		signs = append(signs, fmt.Sprintf("◉ %d", info.Number))
	case track.RoleDuplicateResponse:
		as, instead := t.arrived(f, info)
		if !instead {
			a.Kind = ArrowDuplicate
			signs, rest = append(signs, "» duplicate"), fmt.Sprintf("of #%d", as.Related)
			break
		}
		a.Kind = ArrowSeparate
		if as.Role == track.RolePiggybacked {
			a.Kind = ArrowPiggybacked
		}
		signs, rest = append(signs, "↻"), strings.TrimPrefix(rest, "↻ ")
	case track.RoleReset:
		a.Kind, a.Concept = ArrowReset, Error
		signs = append(signs, "✖")
	default:
		a.Kind, a.Concept = ArrowOther, Plain
	}
	if f.Fault&trace.Duplicated != 0 && a.Kind != ArrowDuplicate {
		a.Kind = ArrowDuplicate
		signs = append(signs, "» duplicate")
	}
	if m.Code.Class() >= 4 && m.Code.IsResponse() {
		a.Concept = Error
	}
	if a.Late {
		a.Concept = Warning
		signs, rest = append(signs, "◷ stale"), strings.TrimSuffix(rest, "  stale")
	}
	a.Label = words(strings.Join(signs, " "), header(m, framing), rest)
}

// header names a message in the fewest characters that tell it from others.
func header(m *protocol.Message, framing protocol.Framing) string {
	code := m.Code.Short()
	if m.Code == protocol.Empty {
		code = ""
	}
	if framing.Reliable() {
		return words(code, m.Token.String())
	}
	return words(m.Type.String(), code, m.MessageID.String())
}

func words(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p != "" && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}

// Tip tells of the frame of an arrow what there is to be told.
func (l *Ladder) Tip(s trace.Seq) string {
	a := l.t.Arrow(s)
	f := l.t.log.At(s)
	if f == nil {
		return fmt.Sprintf("#%d: %s", s, droppedText)
	}
	lines := []string{
		fmt.Sprintf("#%d   %s s", s, secondsText(a.At)),
		a.Label,
		fmt.Sprintf("from %s to %s", l.endpointName(a.From), l.endpointName(a.To)),
	}
	if role := l.t.tracker.Info(uint64(s)).Role; role != track.RoleUnknown {
		text := role.String()
		if a.Late {
			text += ", stale: a newer one came before (RFC 7641 §3.4)"
		}
		lines = append(lines, text)
	}
	if f.Fault != 0 {
		text := f.Fault.String() + " on purpose"
		if f.Held > 0 {
			text += ", held back for " + Duration(f.Held)
		}
		lines = append(lines, text)
	}
	if a.Estimated {
		lines = append(lines, fmt.Sprintf("on its way for about %s: half of the round trip is guessed", Duration(a.Travel())))
	}
	return strings.Join(lines, "\n")
}

// secondsText gives a time as the packet list does.
func secondsText(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// exchangeTitle says in a line what an exchange is.
func exchangeTitle(x *track.Exchange) string {
	title := "Exchange " + x.Token.String()
	if x.Token.Len() == 0 {
		title = "Exchange without token"
	}
	if x.Notifications > 0 {
		title += fmt.Sprintf(" · observe, %s", count(x.Notifications, "notification", "notifications"))
	}
	if x.Retransmissions > 0 {
		title += " · " + count(x.Retransmissions, "retransmission", "retransmissions")
	}
	if x.RTT > 0 {
		title += " · RTT " + Duration(x.RTT)
	}
	if x.State != track.StateAnswered && x.State != track.StateObserving {
		title += " · " + x.State.String()
	}
	return title
}

// ExchangeArrows gives the arrows of the exchange of a frame, limit at most, with the frame among them, and its title.
func (t *Traffic) ExchangeArrows(s trace.Seq, limit int) (title string, arrows []Arrow) {
	x, ok := t.ExchangeOf(s)
	if !ok {
		return "", nil
	}
	frames := t.framesOf(x.Index)
	at, _ := slices.BinarySearch(frames, uint64(s))
	first := max(0, min(at-limit/2, len(frames)-limit))
	for _, n := range frames[first:min(first+limit, len(frames))] {
		arrows = append(arrows, t.Arrow(trace.Seq(n)))
	}
	return exchangeTitle(&x), arrows
}

package view

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/filter"
	"coapscope/session/lint"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// Traffic is what happened: every frame of the log, recognised by the tracker, as rows of a list.
type Traffic struct {
	log     *trace.Log
	tracker *track.Tracker
	name    func(netip.AddrPort) string // of a device
	now     func() time.Time            // to bound how long Pull takes

	begin    time.Time // of the first frame; times are relative to it
	fed      int       // frames that the tracker has seen
	received int
	bad      int // frames that are no CoAP message

	asked   asked
	judged  judged
	columns []Column
	absent  []string // names of columns that no field has

	whole whole // looked at last

	exchanges *Exchanges

	message    protocol.Message // reused by Row
	signalling dissect.Tree     // likewise

	// The frames of the exchange that was looked at last, so that only later ones have to be found.
	exchange track.Index
	frames   []uint64

	ladder *Ladder // that is looked at; nil for none
}

// NewTraffic shows a log. Devices are called by name.
func NewTraffic(log *trace.Log, name func(netip.AddrPort) string) *Traffic {
	t := &Traffic{log: log, tracker: track.NewTracker(), name: name, now: time.Now}
	t.judged.linter = lint.New()
	t.asked.filter = new(filter.Filter)
	t.asked.packet.Source = source{t}
	t.exchanges = newExchanges(t)
	return t
}

// A flood, or a large file, may hold up the window for little more than twice pullTime; the clock is looked at
// every pullFrames.
const (
	pullTime   = 12 * time.Millisecond
	pullFrames = 256
)

// Pull takes frames that the log has got since. It tells whether there were any, and whether there are
// more to pull. What frames are comes first; what passes the filter, and what is wrong with them, may lag
// behind.
func (t *Traffic) Pull() (changed, more bool) {
	start := t.now()
	in := func(limit time.Duration) bool { return t.now().Sub(start) < limit }
	n := t.log.Len()
	for t.fed < n && in(pullTime) {
		for range min(pullFrames, n-t.fed) {
			t.feed()
		}
		changed = true
	}
	behind := t.fed < n
	for first := true; t.judged.frames < t.fed && (first || !behind && in(2*pullTime)); first = false {
		for range min(pullFrames, t.fed-t.judged.frames) {
			t.judge()
		}
		changed = true
	}
	for first := true; t.toFilter() > 0 && (first || in(2*pullTime)); first = false {
		for range min(pullFrames, t.toFilter()) {
			t.try()
		}
		changed = true
	}
	for first := true; t.list() && (first || in(2*pullTime)); first = false {
		changed = true
	}
	arranged, more := t.exchanges.pull(func() bool { return in(2 * pullTime) })
	changed = changed || arranged
	for first := true; t.ladder != nil && t.ladder.behind() && (first || in(2*pullTime)); first = false {
		t.ladder.step(pullFrames)
		changed = true
	}
	return changed, more || behind || t.judged.frames < t.fed || t.toFilter() > 0 || t.toList() || t.ladder != nil && t.ladder.behind()
}

// feed gives the next frame to the tracker.
func (t *Traffic) feed() {
	t.fed++
	f := t.log.At(trace.Seq(t.fed))
	if f == nil { // the log has dropped it before the window came to it
		t.judged.remember(t, track.FrameInfo{})
		return
	}
	if t.begin.IsZero() {
		t.begin = f.Time
	}
	info := t.tracker.Add(observed(f))
	t.judged.remember(t, info)
	t.exchanges.seen(f, info)
	if f.Direction == trace.Received {
		t.received++
	}
	if info.Role == track.RoleMalformed {
		t.bad++
	}
}

func observed(f *trace.Frame) track.Observed {
	return track.Observed{
		Frame: uint64(f.Seq), Time: f.Time, Source: f.Source, Destination: f.Destination, Framing: f.Transport.Framing(), Data: f.Data,
	}
}

// Since gives a time as those of arrows are: from the first frame on.
func (t *Traffic) Since(at time.Time) time.Duration { return at.Sub(t.begin) }

// Total is the number of frames, whatever the filter.
func (t *Traffic) Total() int { return t.fed }

// Counts gives the numbers of frames received and sent (or seen), and of those that are no CoAP message.
func (t *Traffic) Counts() (received, others, malformed int) {
	return t.received, t.fed - t.received, t.bad
}

// Seen tells whether none of the packets was received or sent by this program: they were read from a file, or
// pasted.
func (t *Traffic) Seen() bool {
	oldest := t.log.At(t.log.First())
	return t.fed > 0 && oldest != nil && oldest.Direction == trace.Seen
}

// Frame gives a frame by its number; nil for none, and for one that the log has dropped.
func (t *Traffic) Frame(s trace.Seq) *trace.Frame { return t.log.At(s) }

// dropped tells whether there was such a frame, and the log keeps it no more.
func (t *Traffic) dropped(s trace.Seq) bool { return s > 0 && s < t.log.First() }

// droppedText stands where such a frame would be shown.
const droppedText = "dropped: so much came after it that the log keeps it no more"

// PacketRow is a row of the packet list.
type PacketRow struct {
	Number      string
	Time        string
	Arrow       string
	Peer        string
	Type        string
	Code        string
	CodeConcept Concept
	MessageID   string
	Token       string
	Sign        string // of the worst finding; empty for none
	SignConcept Concept
	Summary     string
	Concept     Concept // of Summary
}

// Row gives a row. It is made when it is drawn.
func (t *Traffic) Row(row int) PacketRow { return t.row(t.Seq(row)) }

func (t *Traffic) row(s trace.Seq) PacketRow {
	f := t.log.At(s)
	switch {
	case f == nil && t.dropped(s):
		return PacketRow{Number: strconv.FormatUint(uint64(s), 10), Summary: droppedText, Concept: Dim}
	case f == nil:
		return PacketRow{}
	}
	info := t.tracker.Info(uint64(s))
	peer, fromPeer := t.peer(f, info)
	r := PacketRow{
		Number: strconv.FormatUint(uint64(s), 10), Time: strconv.FormatFloat(f.Time.Sub(t.begin).Seconds(), 'f', 3, 64),
		Arrow: "→", Peer: t.name(peer),
	}
	if fromPeer {
		r.Arrow = "←"
	}
	framing := f.Transport.Framing()
	m := &t.message
	if err := m.ParseFraming(framing, f.Data); err != nil {
		r.Summary, r.Concept = "✖ "+err.Error(), Error
		var parse *protocol.ParseError
		if errors.As(err, &parse) {
			r.Summary = fmt.Sprintf("✖ %s · byte %d · %s", parse.Reason, parse.Offset, parse.Section)
		}
		if len(f.Data) >= protocol.HeaderLength && !framing.Reliable() {
			r.Type, r.Code, r.CodeConcept = m.Type.String(), m.Code.Short(), Dim
			r.MessageID = protocol.MessageID(uint16(f.Data[2])<<8 | uint16(f.Data[3])).String()
		}
		if f.Fault != 0 {
			r.Summary = "⚡ " + f.Fault.String() + "  " + r.Summary
		}
		return r
	}
	r.Code, r.CodeConcept, r.Token = m.Code.Short(), CodeConcept(m.Code), m.Token.String()
	if !framing.Reliable() {
		r.Type, r.MessageID = m.Type.String(), m.MessageID.String()
	}
	r.Summary, r.Concept = t.summary(f, info)
	if f.Fault != 0 {
		r.Summary, r.Concept = "⚡ "+f.Fault.String()+"  "+r.Summary, Warning
	}
	if worst, any := t.judged.linter.Worst(uint64(s)); any {
		r.Sign, r.SignConcept = SeveritySign(worst), SeverityConcept(worst)
	}
	return r
}

// peer gives the endpoint at the other side, and whether it sent the frame. Of a frame between two
// others that is the server: the one which the request went to, or else the one with CoAP's port.
func (t *Traffic) peer(f *trace.Frame, info track.FrameInfo) (netip.AddrPort, bool) {
	fromServer := f.Direction == trace.Received
	if f.Direction == trace.Seen {
		fromServer = f.Source.Port() == protocol.Port && f.Destination.Port() != protocol.Port
		if x, ok := t.tracker.Exchange(info.Exchange); ok {
			fromServer = f.Source != x.Client
		}
	}
	if fromServer {
		return f.Source, true
	}
	return f.Destination, false
}

func queryText(m *protocol.Message) string {
	if q := m.Options.Strings(protocol.URIQuery); len(q) > 0 {
		return "?" + strings.Join(q, "&")
	}
	return ""
}

// maxRelated is how many frames are named; an observation may have thousands.
const maxRelated = 3

// Related says what other frames a frame belongs to: "↔ #1 ↻ #2".
func (t *Traffic) Related(s trace.Seq) string {
	info := t.tracker.Info(uint64(s))
	if info.Exchange == 0 {
		return ""
	}
	var parts []string
	for _, other := range t.framesOf(info.Exchange) {
		if len(parts) == maxRelated {
			break
		}
		if trace.Seq(other) == s {
			continue
		}
		sign := "↔"
		switch t.tracker.Info(other).Role {
		case track.RoleRetransmission, track.RoleDuplicateResponse:
			sign = "↻"
		}
		parts = append(parts, fmt.Sprintf("%s #%d", sign, other))
	}
	return strings.Join(parts, " ")
}

// framesOf gives the frames of an exchange.
func (t *Traffic) framesOf(x track.Index) []uint64 {
	if x != t.exchange {
		t.exchange, t.frames = x, nil
	}
	t.frames = t.tracker.AppendFrames(t.frames, x)
	return t.frames
}

// ExchangeOf gives the exchange that a frame belongs to.
func (t *Traffic) ExchangeOf(s trace.Seq) (track.Exchange, bool) {
	return t.tracker.Exchange(t.tracker.Info(uint64(s)).Exchange)
}

// SameExchange tells whether two frames belong together.
func (t *Traffic) SameExchange(a, b trace.Seq) bool {
	x := t.tracker.Info(uint64(a)).Exchange
	return x != 0 && x == t.tracker.Info(uint64(b)).Exchange
}

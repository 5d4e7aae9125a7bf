package view

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/malform"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/session/track"
	"coapscope/session/transport"
)

// answerWait is how long a response is waited for that is to come separately, after the message was acknowledged. No RFC
// bounds that time; a person who looks at the window does.
const answerWait = 10 * time.Second

// rawFrames bounds how many frames are gone through at once to find what came back.
const rawFrames = 20_000

// sentRaw is a message that was sent as it is, and what came of it.
type sentRaw struct {
	data     []byte
	expected malform.Expectation
	problem  string // why it was not sent; empty where it was, or is on its way

	// Of one that was sent.
	frame     trace.Seq // 0 until then
	to        netip.AddrPort
	at        time.Time
	wait      time.Duration // after which no reaction is to be expected any more
	seen      trace.Seq     // the last frame that was looked at
	came      []malform.Reaction
	judgement malform.Judgement
	over      bool
}

// Send sends the bytes as they are, once, and follows what comes back. What keeps that from being done is the Problem, or
// what RawResult says.
func (r *Raw) Send() {
	if r.Problem = r.CannotSend(); r.Problem != "" {
		return
	}
	uri, to, err := r.address()
	if err != nil {
		r.Problem = "Not sent: " + err.Error()
		r.bench.Changed(PartRaw)
		return
	}
	r.anew()
	w, s := r.bench, &sentRaw{data: append([]byte(nil), r.Bytes()...), expected: *r.Expectation()}
	r.sent = s
	w.Changed(PartRaw)
	go func() { // the host may have to be looked up
		if !to.IsValid() {
			to, err = session.Resolve(context.Background(), uri)
		}
		var frame trace.Seq
		if err == nil {
			frame, err = w.Engine.SendRaw(to, s.data, session.OnUndelivered(func(why error) {
				w.inbox.Put(nil, func() { r.undelivered(s, why) })
			}))
		}
		w.inbox.Put(nil, func() { r.isSent(s, to, frame, err) })
	}()
}

// isSent takes what became of the sending.
func (r *Raw) isSent(s *sentRaw, to netip.AddrPort, frame trace.Seq, err error) {
	r.bench.Changed(PartRaw)
	switch {
	case err != nil:
		s.problem, s.over = "Not sent: "+err.Error(), true
		return
	case frame == 0:
		s.problem, s.over = "Held back by the faults that the network is made to have, so it is not known when it is sent", true
		return
	}
	s.frame, s.seen, s.to, s.at = frame, frame, to, r.now()
	t := r.bench.Engine.TransmissionOf(to)
	s.wait = time.Duration(float64(t.AckTimeout) * t.AckRandomFactor)
	if to.Addr().IsMulticast() {
		s.wait += t.DefaultLeisure
	}
	if f := r.bench.live.Frame(frame); f != nil && f.Fault&trace.Lost != 0 {
		s.came = append(s.came, malform.Reaction{Kind: malform.Undelivered, Note: "the faults that the network is made to have lost it"})
	}
	r.bench.selectLive(frame)
	r.update()
}

// undelivered takes what the network says of a message.
func (r *Raw) undelivered(s *sentRaw, why error) {
	note := why.Error()
	var icmp *transport.ICMPError
	if errors.As(why, &icmp) {
		note = icmp.Reason()
	}
	s.came = append(s.came, malform.Reaction{Kind: malform.Undelivered, Note: note})
	s.judge(r.now())
	r.bench.Changed(PartRaw)
}

// followRaws looks for what came back to the tabs in raw mode.
func (w *Workbench) followRaws() {
	for _, t := range w.Tabs {
		if t.raw != nil {
			t.raw.update()
		}
	}
}

// rawWaits tells whether the current tab waits for a reaction, which is counted down.
func (w *Workbench) rawWaits() bool {
	t := w.Tab()
	return t.raw != nil && t.raw.sent != nil && !t.raw.sent.over && t.raw.sent.judgement.Verdict == malform.Waiting
}

// update looks through the frames that came since, and at the time.
func (r *Raw) update() {
	s := r.sent
	if s == nil || s.frame == 0 {
		return
	}
	live, grown := r.bench.live, false
	for last := min(trace.Seq(live.fed), s.seen+rawFrames); s.seen < last; {
		s.seen++
		if f := live.Frame(s.seen); f != nil && r.reaction(s, f) {
			s.came = append(s.came, malform.Read(s.data, f.Data, uint64(f.Seq)))
			grown = true
		}
	}
	if s.over && !grown {
		return
	}
	before := s.judgement
	if s.judge(r.now()); grown || s.over || s.judgement != before {
		r.bench.Changed(PartRaw)
	}
}

// judge judges what came until now.
func (s *sentRaw) judge(now time.Time) {
	s.judgement = malform.Judge(&s.expected, s.came, false)
	if s.over = !now.Before(s.until()); s.over {
		s.judgement = malform.Judge(&s.expected, s.came, true)
	}
}

// until is the time at which no reaction is to be expected any more: the one at which the sender of a Confirmable message
// would send it again (RFC 7252 §4.2), as a peer reacts before that if it does at all. What was acknowledged has longer.
func (s *sentRaw) until() time.Time {
	until := s.at.Add(s.wait)
	if acknowledged := func(r malform.Reaction) bool { return r.Kind == malform.Acknowledged }; slices.ContainsFunc(s.came, acknowledged) {
		until = until.Add(answerWait)
	}
	return until
}

// reaction tells whether a frame is something that the peer did upon the message: what belongs to it as the tracker sees
// it, or by the message ID or the token, of a message that the tracker could not read; or what belongs to nothing else.
func (r *Raw) reaction(s *sentRaw, f *trace.Frame) bool {
	if f.Direction != trace.Received || f.Fault&trace.Lost != 0 || f.Source != s.to && !s.to.Addr().IsMulticast() {
		return false
	}
	tracker := r.bench.live.tracker
	mine, its := tracker.Info(uint64(s.frame)), tracker.Info(uint64(f.Seq))
	switch {
	case its.Exchange != 0 && its.Exchange == mine.Exchange:
		return true
	case its.Exchange != 0, its.Role == track.RoleRequest || its.Role == track.RolePing:
		return false
	}
	kind, id, ok := protocol.Header(f.Data)
	if ok && kind != protocol.Confirmable && kind != protocol.NonConfirmable {
		// With another message ID it may be late for what was sent before, but not for anything else.
		return len(s.data) < protocol.HeaderLength || id == protocol.MessageID(s.data[2])<<8|protocol.MessageID(s.data[3]) || !r.ids[id]
	}
	var sent, came protocol.Message
	if sent.ParseExtended(s.data) != nil || came.ParseExtended(f.Data) != nil {
		return true // nothing tells that it belongs to something else
	}
	return came.Token == sent.Token
}

// RawReaction is something that the peer did, in a row.
type RawReaction struct {
	Seq     trace.Seq // 0 for what is no packet
	Text    string    // "RST", "ACK 4.02 Bad Option"
	After   string    // how long after the message was sent; empty for what is no packet
	Concept Concept
}

// RawResult is what came of what was sent last.
type RawResult struct {
	Sent    trace.Seq // 0 while it is not
	Title   string    // "15 bytes sent to 127.0.0.11:5683"
	Came    []RawReaction
	Verdict string // "✔ right", "✖ wrong", "… 2.4 s left", "? undecided"
	Concept Concept
	Text    string // the sentence that says why
	Clause  string
	Frame   trace.Seq     // the reaction that decides; 0 for none
	Left    time.Duration // of the time to wait; 0 where that is over, or it is decided
	Wait    time.Duration // how long that is in all
	Changed bool          // the bytes are not those that were sent any more
}

// Result tells what came of what was sent last; false where nothing was sent.
func (r *Raw) Result() (RawResult, bool) {
	s := r.sent
	if s == nil {
		return RawResult{}, false
	}
	res := RawResult{Sent: s.frame, Changed: string(s.data) != string(r.Bytes())}
	switch {
	case s.problem != "":
		res.Title, res.Verdict, res.Text, res.Concept = "Not sent", "✖ not sent", s.problem, Error
		return res, true
	case s.frame == 0:
		res.Title, res.Verdict, res.Concept = "Sending …", "…", Dim
		return res, true
	}
	res.Title = fmt.Sprintf("%s sent to %s", count(len(s.data), "byte", "bytes"), s.to)
	for _, c := range s.came {
		res.Came = append(res.Came, r.row(s, c))
	}
	j := s.judgement
	res.Text, res.Clause, res.Frame = j.Text, j.Clause, trace.Seq(j.Frame)
	res.Wait = s.until().Sub(s.at)
	if !s.over && j.Verdict == malform.Waiting {
		res.Left = max(s.until().Sub(r.now()), 0)
	}
	switch j.Verdict {
	case malform.Right:
		res.Verdict, res.Concept = "✔ right", Good
	case malform.Wrong:
		res.Verdict, res.Concept = "✖ wrong", Error
	case malform.Undecided:
		res.Verdict, res.Concept = "? undecided", Warning
	default:
		res.Verdict, res.Concept = "… "+Seconds(res.Left)+" left", Dim
	}
	return res, true
}

func (r *Raw) row(s *sentRaw, c malform.Reaction) RawReaction {
	row := RawReaction{Seq: trace.Seq(c.Frame), Concept: Error}
	sent, f := r.bench.live.Frame(s.frame), r.bench.live.Frame(row.Seq)
	if f != nil && sent != nil {
		row.After = Duration(max(f.Time.Sub(sent.Time), 0))
	}
	switch c.Kind {
	case malform.Undelivered:
		row.Text, row.Concept = "ICMP: "+c.Note, Warning
	case malform.Unreadable:
		row.Text = "no reaction: " + r.bench.live.row(row.Seq).Summary
	case malform.Reset, malform.Acknowledged:
		row.Text, row.Concept = c.Type.String()+" "+c.Code.Dotted(), Type
		if c.Foreign {
			row.Text += " of another message ID"
		}
	case malform.Answer:
		row.Text, row.Concept = c.Type.String()+" "+c.Code.String(), CodeConcept(c.Code)
	}
	return row
}

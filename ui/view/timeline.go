package view

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// Span is a stretch of time since the first transmission.
type Span struct{ From, To time.Duration }

// IsZero tells whether there is none.
func (s Span) IsZero() bool { return s == Span{} }

func (s Span) holds(at time.Duration, early, late time.Duration) bool {
	return at >= s.From-early && at <= s.To+late
}

// Attempt is a transmission of a CON, sent or to come, or the giving up behind the last.
type Attempt struct {
	Number int           // 1 is the first transmission
	Frame  trace.Seq     // 0 where it was not sent
	At     time.Duration // when it was

	// Window is when RFC 7252 §4.2 has it, whatever the first timeout was. Narrow is what remains of that once it is
	// known what was sent before; zero where nothing is.
	Window, Narrow Span

	Off     bool // it was sent outside of its window
	Moot    bool // it was not needed any more
	GivesUp bool // it is no transmission, but the giving up (MAX_TRANSMIT_WAIT)
}

// TimeMark is something that came back.
type TimeMark struct {
	Frame   trace.Seq
	At      time.Duration
	Label   string
	Concept Concept
}

// TimeWord says in words what happened, or is to come.
type TimeWord struct {
	Text    string
	Concept Concept
	Frame   trace.Seq // that it speaks of; 0 for none
}

// Timeline is what was sent of a CON and when, below the times that RFC 7252 §4.2 predicts: the first timeout is
// ACK_TIMEOUT to ACK_TIMEOUT × ACK_RANDOM_FACTOR, and each further one double the one before.
type Timeline struct {
	Title    string
	Attempts []Attempt // those that were sent, those to come, and the giving up
	Marks    []TimeMark
	Words    []TimeWord
	Open     bool          // it goes on
	Now      time.Duration // while it does
	Length   time.Duration // of the axis

	unit time.Duration
	came trace.Seq // the first of Marks that was not kept back; 0 for none
}

// Place gives where a time is on the axis, from 0 to 1. Times double, so the axis is logarithmic: all windows of an
// exchange are in sight, from its first moment on.
func (l *Timeline) Place(at time.Duration) float64 {
	at = min(max(at, 0), l.Length)
	return math.Log1p(float64(at)/float64(l.unit)) / math.Log1p(float64(l.Length)/float64(l.unit))
}

// How much earlier or later than planned a message may be seen: clocks and timers are what they are. The linter has
// the same slack for what is early.
const (
	earlySlack = 100 * time.Millisecond
	lateSlack  = 250 * time.Millisecond
)

// maxTimelineFrames bounds how many frames of an exchange are looked at; an observation may have any number.
const maxTimelineFrames = 64

// Timeline gives the retransmission timeline of the exchange of the selected frame, or of the newest exchange of a
// transfer that is selected and goes on. Where there is none, why says why.
func (w *Workbench) Timeline(now time.Time) (l *Timeline, why string) {
	t := w.Traffic
	selected := cmp.Or(t.exchanges.newest(w.selected), w.selected)
	ex, ok := t.ExchangeOf(selected)
	if !ok {
		return nil, "Select an exchange to see when its messages were sent"
	}
	parameters := protocol.DefaultTransmission()
	var open *session.OpenExchange
	if t == w.live {
		parameters = w.Engine.TransmissionOf(ex.Server)
		if entry, ok := t.exchanges.entryOf(selected); ok {
			if o, ok := t.exchanges.live.open[entry]; ok && o.MessageID == ex.MessageID && o.Token == ex.Token {
				open = &o
			}
		}
	}
	return t.timeline(&ex, parameters, open, now)
}

func (t *Traffic) timeline(ex *track.Exchange, p protocol.Transmission, open *session.OpenExchange, now time.Time) (*Timeline, string) {
	switch {
	case !ex.RequestSeen:
		return nil, "The request was sent before the first packet"
	case ex.Framing.Reliable():
		return nil, "The transport is reliable: nothing is sent again (RFC 8323 §2)"
	case ex.Type != protocol.Confirmable:
		return nil, "A NON is sent once, and nothing acknowledges it (RFC 7252 §4.3)"
	}
	if open != nil && open.Of > 1 {
		p.MaxRetransmit = open.Of - 1
	}
	l := &Timeline{Length: p.MaxTransmitWait(), unit: max(p.AckTimeout/2, time.Millisecond)}
	over := t.sentAndCame(l, ex)
	l.Open = open != nil && open.State == session.OpenSent
	if l.Open {
		l.Now = now.Sub(ex.First)
		l.Length = max(l.Length, l.Now)
	}
	l.predict(p, over, open, ex.First)
	l.Title = fmt.Sprintf("Retransmissions of %s %s", requestWords(ex), ex.MessageID)
	l.judge(p)
	l.end(ex, p, open)
	for _, a := range l.Attempts {
		l.Length = max(l.Length, a.At, a.Narrow.To)
	}
	return l, ""
}

// sentAndCame takes what was sent and what came back from the frames. It gives when nothing had to be sent any more; -1
// where that was never so.
func (t *Traffic) sentAndCame(l *Timeline, ex *track.Exchange) (over time.Duration) {
	over = -1
	frames := t.framesOf(ex.Index)
	for _, n := range frames[:min(len(frames), maxTimelineFrames)] {
		f, info := t.log.At(trace.Seq(n)), t.tracker.Info(n)
		if f == nil {
			continue
		}
		at := f.Time.Sub(ex.First)
		switch info.Role {
		case track.RoleRequest, track.RolePing, track.RoleRetransmission:
			l.Attempts = append(l.Attempts, Attempt{Number: len(l.Attempts) + 1, Frame: f.Seq, At: at})
			continue
		case track.RoleNotification:
			continue
		}
		if f.Source == ex.Client {
			continue // it acknowledges or rejects what came
		}
		r := t.row(f.Seq)
		m := TimeMark{f.Seq, at, r.Type, typeOf(&r)}
		if r.Code != "" && r.Code != "0.00" {
			m.Label += " " + r.Code
			m.Concept = r.CodeConcept
		}
		l.Length = max(l.Length, at)
		if keptBack(f) {
			m.Label, m.Concept = "⚡ lost "+m.Label, Warning
			l.Marks = append(l.Marks, m)
			continue
		}
		l.Marks = append(l.Marks, m)
		if l.came = cmp.Or(l.came, f.Seq); over < 0 && info.Role != track.RoleMalformed {
			over = at
		}
	}
	return over
}

// keptBack tells whether a frame came, and was not handed on, because the network is made bad on purpose.
func keptBack(f *trace.Frame) bool { return f.Direction == trace.Received && f.Fault&trace.Lost != 0 }

// typeOf gives the colour of what came back by its type.
func typeOf(r *PacketRow) Concept {
	switch r.Type {
	case "RST":
		return Error
	case "ACK":
		return Good
	}
	return Type
}

// predict enters the windows, and what is still to come.
func (l *Timeline) predict(p protocol.Transmission, over time.Duration, open *session.OpenExchange, first time.Time) {
	sent := len(l.Attempts)
	for n := sent; n < p.MaxRetransmit+2; n++ {
		l.Attempts = append(l.Attempts, Attempt{Number: n + 1, GivesUp: n == p.MaxRetransmit+1, Moot: over >= 0})
	}
	if sent > p.MaxRetransmit+1 { // more than there may be
		l.Attempts = append(l.Attempts, Attempt{Number: sent + 1, GivesUp: true, Moot: over >= 0})
	}
	gap, at := time.Duration(0), time.Duration(0) // between the two before, and when the last of them was or will be
	for i := range l.Attempts {
		a := &l.Attempts[i]
		if i == 0 {
			continue
		}
		doublings := time.Duration(1<<min(i, 20) - 1)
		a.Window = Span{doublings * p.AckTimeout, time.Duration(float64(doublings*p.AckTimeout) * p.AckRandomFactor)}
		if gap > 0 {
			a.Narrow = Span{at + 2*gap, at + 2*gap}
		}
		if i == sent && open != nil && !open.Next.IsZero() {
			next := open.Next.Sub(first)
			a.Narrow = Span{next, next}
		}
		switch {
		case a.Frame != 0:
			gap, at = a.At-at, a.At
		case !a.Narrow.IsZero():
			gap, at = a.Narrow.From-at, a.Narrow.From
		}
	}
}

// judge tells which transmissions were too early or too late, and says so.
func (l *Timeline) judge(p protocol.Transmission) {
	for i := range l.Attempts {
		a := &l.Attempts[i]
		if i == 0 || a.Frame == 0 {
			continue
		}
		before := l.Attempts[i-1].At
		gap := a.At - before
		want, early, late := Span{p.AckTimeout, time.Duration(float64(p.AckTimeout) * p.AckRandomFactor)}, min(earlySlack, p.AckTimeout/4), lateSlack
		should := fmt.Sprintf("%s to %s, ACK_TIMEOUT times 1 to %g", shortSeconds(want.From), shortSeconds(want.To), p.AckRandomFactor)
		if i > 1 {
			last := before - l.Attempts[i-2].At
			want = Span{2 * last, 2 * last}
			early, late = last/5+earlySlack, last/5+lateSlack
			should = fmt.Sprintf("%s, double the %s before", shortSeconds(2*last), shortSeconds(last))
		}
		word := TimeWord{Frame: a.Frame, Concept: Plain}
		what := fmt.Sprintf("↻ %d  %s after the one before", i, shortSeconds(gap))
		switch {
		case i > p.MaxRetransmit:
			a.Off = true
			word.Text = fmt.Sprintf("⚠ %s: one more than MAX_RETRANSMIT, %d, allows (RFC 7252 §4.2)", what, p.MaxRetransmit)
		case want.holds(gap, early, late):
			word.Text = fmt.Sprintf("%s: as predicted, %s", what, should)
		case gap < want.From:
			a.Off = true
			word.Text = fmt.Sprintf("⚠ %s: too early, the timeout is %s (RFC 7252 §4.2)", what, should)
		default:
			a.Off = true
			word.Text = fmt.Sprintf("⚠ %s: late, the timeout is %s (RFC 7252 §4.2); or one between them was not seen", what, should)
		}
		if a.Off {
			word.Concept = Warning
		}
		l.Words = append(l.Words, word)
		if over, ok := l.answer(); ok && over.At < a.At-earlySlack {
			l.Words = append(l.Words, TimeWord{
				fmt.Sprintf("⚠ ↻ %d  %s had come %s before: it need not have been sent, unless that was lost", i, over.Label, shortSeconds(a.At-over.At)),
				Warning, a.Frame,
			})
		}
	}
}

// answer gives what came back first.
func (l *Timeline) answer() (TimeMark, bool) {
	for _, m := range l.Marks {
		if m.Frame == l.came {
			return m, true
		}
	}
	return TimeMark{}, false
}

// end says how it ended, or goes on.
func (l *Timeline) end(ex *track.Exchange, p protocol.Transmission, open *session.OpenExchange) {
	sent := 0
	for _, a := range l.Attempts {
		if a.Frame != 0 {
			sent++
		}
	}
	m, answered := l.answer()
	switch {
	case answered:
		text := fmt.Sprintf("%s after %s", m.Label, Duration(m.At))
		if sent == 1 {
			text += ": nothing had to be sent again"
		}
		l.Words = append(l.Words, TimeWord{text, m.Concept, m.Frame})
	case l.Open && open.Attempt < open.Of:
		l.Words = append(l.Words, TimeWord{fmt.Sprintf("↻ %d  is due in %s, unless something comes", open.Attempt, Seconds(open.Next.Sub(ex.First)-l.Now)), Warning, 0})
	case l.Open:
		l.Words = append(l.Words, TimeWord{fmt.Sprintf("that was the last of %d: it is given up in %s", open.Of, Seconds(open.Next.Sub(ex.First)-l.Now)), Warning, 0})
	case sent > p.MaxRetransmit:
		l.Words = append(l.Words, TimeWord{fmt.Sprintf("✖ nothing came back: given up after %d transmissions, at most %s after the first (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2)", sent, shortSeconds(p.MaxTransmitWait())), Error, 0})
	default:
		l.Words = append(l.Words, TimeWord{fmt.Sprintf("✖ nothing came back to %s, and no more was sent", count(sent, "transmission", "transmissions")), Error, 0})
	}
}

// shortSeconds gives a time in seconds with as many decimals as say something: "2 s", "2.41 s".
func shortSeconds(d time.Duration) string {
	if d < time.Second {
		return Duration(d)
	}
	return FormatNumber(math.Round(d.Seconds()*100)/100) + " s"
}

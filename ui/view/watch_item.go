package view

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/payload"
	"coapscope/session"
	"coapscope/session/trace"
)

// WatchState is what an observation is doing.
type WatchState uint8

// The states.
const (
	WatchRegistering   WatchState = iota // the first request is on its way
	WatchObserving                       // the newest value is fresh
	WatchStalled                         // its Max-Age is over (RFC 7641 §3.3.1)
	WatchReregistering                   // and a new registration is on its way
	WatchEnded
	WatchRecorded // it was read from a recording
)

var watchStateNames = [...]string{"registering", "observing", "stalled", "registering again", "ended", "recording"}

// String gives the state in words.
func (s WatchState) String() string {
	if int(s) < len(watchStateNames) {
		return watchStateNames[s]
	}
	return fmt.Sprintf("WatchState(%d)", uint8(s))
}

// MarkKind is what a mark in a chart tells.
type MarkKind uint8

// The kinds of marks.
const (
	MarkStale      MarkKind = iota // a notification that a newer one has overtaken (RFC 7641 §3.4)
	MarkAge                        // one that counts for newer only because 128 s had passed
	MarkStalled                    // Max-Age passed
	MarkRegistered                 // it was registered for again
	MarkReboot                     // the device seems to have restarted: its numbers began anew
	MarkMissed                     // numbers are missing in the sequence
	MarkUnanswered                 // a new registration was not answered
	MarkSlept                      // this machine slept
	MarkEnded                      // the observation ended
)

var markNames = [...]string{
	"came too late: a newer one was there (RFC 7641 §3.4)", "newer because 128 s had passed (RFC 7641 §3.4)", "Max-Age passed without a notification",
	"registered again", "the device seems to have restarted", "numbers are missing in the sequence", "a new registration was not answered",
	"this machine slept", "ended",
}

// String gives what the mark says.
func (k MarkKind) String() string {
	if int(k) < len(markNames) {
		return markNames[k]
	}
	return fmt.Sprintf("MarkKind(%d)", uint8(k))
}

// Mark is something that happened to an observation besides new values.
type Mark struct {
	At    time.Time
	Kind  MarkKind
	Value float64   // of a stale notification with a number
	Valid bool      // there is one
	Frame trace.Seq // 0 for none
	Text  string    // what else is to be said
}

// Bounds of what is kept of an observation.
const (
	keptMarks     = 2048
	keptSeries    = 16 // numbers of a payload that are followed
	rateTimes     = 16 // arrivals that a rate is made of
	maxStateBytes = 40 // of a text in a band
)

// Watched is an observation, with all that it brought. What happens to it is put in on the goroutine of the engine and may
// be looked at on the window's: neither waits for more than the other's few microseconds.
type Watched struct {
	Device  string // name of the device when it was begun
	To      netip.AddrPort
	Path    string // with the query
	Variant string // what else is asked for of that path: "Accept 60"; empty for what a plain GET gives
	key     string // what is observed, however often
	// recorded is the path as it stands in recordings: without secrets.
	recorded string
	request  session.Request
	tell     func() // has the window look, soon

	// Of the window's goroutine.
	kept        bool // it is held by the list of observations, whatever tabs hold it
	observation *session.Observation
	quit        bool // the user ended it
	retries     int  // since the last value
	retryAt     time.Time
	chosen      string // path of the number that is shown
	choice      bool   // the user has chosen it
	Shown       bool   // it is in the chart
	every       bool   // with all its numbers
	slot        int    // how it looks there
	alarmed     int    // stalls that the user was told of

	mu sync.Mutex
	watchedData
}

// watchedData is what the mutex of a Watched guards.
type watchedData struct {
	holders  []holder
	told     bool // the window is going to look
	state    WatchState
	reason   string // why it ended, or what is wrong
	concept  Concept
	next     time.Time // of a new registration
	received int
	stale    int
	missed   int // numbers that are missing in the sequence
	renewed  int // registrations after the first
	reboots  int
	stalls   int
	begun    time.Time
	arrivals [rateTimes]time.Time // of the newest notifications, fresh or not, as a ring
	counted  int                  // arrivals
	changed  time.Time            // when the payload changed last
	known    bool
	sequence uint32
	at       time.Time // of the newest fresh one
	expires  time.Time
	frame    trace.Seq
	step     uint32 // of the sequence
	steps    int    // that were so
	broken   bool   // before the next sample something is missing
	format   int
	payload  []byte
	before   []byte // the payload before the last change
	found    []payload.Found
	text     string
	delta    float64
	series   []*Series
	states   States
	marks    []Mark

	latest   session.Notification
	unread   bool // latest was not taken by the window
	note     string
	noteFor  int // how many notifications there were
	end      *session.ObservationEnd
	recorder *Recorder
	id       int // in the recording
}

// take takes what happened, on the goroutine of the engine.
func (o *Watched) take(e session.ObservationEvent) { o.takeAt(e, time.Now()) }

func (o *Watched) takeAt(e session.ObservationEvent, now time.Time) {
	o.mu.Lock()
	switch e := e.(type) {
	case session.Notification:
		o.notified(e)
	case session.Stalled:
		o.state, o.next, o.broken = WatchStalled, e.Reregister, true
		o.stalls++
		o.reason, o.concept = "Max-Age has passed without a notification", Error
		o.note, o.noteFor = "Max-Age has passed without a notification; registering again soon", o.received
		o.mark(Mark{At: now, Kind: MarkStalled})
	case session.Unconfirmed:
		if !e.Reregister.IsZero() {
			o.state, o.next = WatchStalled, e.Reregister
		}
		o.reason, o.concept = "a new registration was not answered: "+e.Err.Error(), Warning
		o.note, o.noteFor = "The new registration was not answered: "+e.Err.Error(), o.received
		o.mark(Mark{At: now, Kind: MarkUnanswered, Text: e.Err.Error()})
	case session.ObservationEnd:
		o.state, o.next, o.broken = WatchEnded, time.Time{}, true
		o.end = &e
		o.reason, o.concept = endReason(&e)
		o.mark(Mark{At: now, Kind: MarkEnded, Frame: e.Frame, Text: o.reason})
	}
	tell := !o.told && o.tell != nil
	o.told = true
	o.mu.Unlock()
	if tell {
		o.tell()
	}
}

func endReason(e *session.ObservationEnd) (string, Concept) {
	switch {
	case e.Cancelled:
		return "no longer observed", Dim
	case e.Response != nil && e.Response.Code.Class() == 2:
		return "not observable: it answers without Observe (RFC 7641 §2)", Warning
	case e.Response != nil:
		return "the device ended it with " + e.Response.Code.String() + " (RFC 7641 §3.2)", Error
	case e.Err != nil:
		return e.Err.Error(), Error
	}
	return "ended", Dim
}

// mark notes something that happened; the oldest marks make room.
func (o *watchedData) mark(m Mark) {
	if len(o.marks) >= keptMarks {
		o.marks = o.marks[:copy(o.marks, o.marks[keptMarks/2:])]
	}
	o.marks = append(o.marks, m)
	o.recorder.mark(o.id, m)
}

func (o *Watched) notified(n session.Notification) {
	if o.known && n.Frame != 0 && n.Frame == o.frame { // who joins a registration begins with its newest notification
		o.state, o.latest, o.unread = WatchObserving, n, true
		return
	}
	o.arrivals[o.counted%rateTimes] = n.At
	o.counted++
	o.received++
	body := n.Message.Payload
	format := payload.NoFormat
	if f, ok := n.Message.ContentFormat(); ok {
		format = int(f)
	}
	if !n.Fresh {
		o.stale++
		if o.missed > 0 {
			o.missed-- // it was not lost but late
		}
		m := Mark{At: n.At, Kind: MarkStale, Frame: n.Frame, Text: fmt.Sprintf("number %d after %d", n.Sequence, o.sequence)}
		for _, f := range payload.Numbers(format, body) {
			if len(o.series) > 0 && f.Path == o.series[0].Path {
				m.Value, m.Valid = f.Value, true
			}
		}
		o.mark(m)
		o.recorder.sample(o.id, &n, format, body)
		return
	}
	o.sequenced(&n)
	if o.known && (o.format != format || !bytes.Equal(o.payload, body)) {
		o.before, o.changed = o.payload, n.At
	} else if !o.known {
		o.changed = n.At
	}
	if !o.known || o.changed == n.At {
		o.read(format, body)
	}
	o.sequence, o.at, o.expires, o.frame, o.known = n.Sequence, n.At, n.Expires, n.Frame, true
	o.state, o.next, o.reason, o.end = WatchObserving, time.Time{}, "", nil
	if n.Err != nil {
		o.reason, o.concept = "only the first block: "+n.Err.Error(), Warning
	}
	if len(o.found) > 0 {
		for _, f := range o.found {
			if s := o.seriesOf(f.Path); s != nil {
				s.Unit, s.Symbol = f.Unit, f.Symbol
				s.Add(Sample{At: n.At, Value: f.Value, Frame: n.Frame, Break: o.broken})
			}
		}
	} else {
		o.states.Add(n.At, o.text, n.Frame, o.broken)
	}
	o.broken = false
	o.latest, o.unread = n, true
	o.recorder.sample(o.id, &n, format, body)
}

// read takes the newest payload.
func (o *watchedData) read(format int, body []byte) {
	had := o.found
	o.format, o.payload, o.found, o.delta = format, body, payload.Numbers(format, body), 0
	if len(had) > 0 && len(o.found) > 0 && had[0].Path == o.found[0].Path {
		o.delta = o.found[0].Value - had[0].Value
	}
	o.text = stateText(format, body)
}

// stateText says what a payload is in one line.
func stateText(format int, body []byte) string {
	text := payload.Summary(format, body)
	if (format == int(protocol.TextPlain) || format == payload.NoFormat) && len(body) > 0 && len(body) <= maxStateBytes {
		if line := strings.TrimSpace(string(body)); plain([]byte(line)) {
			text = line
		}
	}
	if r := []rune(text); len(r) > maxStateBytes {
		text = string(r[:maxStateBytes-1]) + "…"
	}
	if text == "" {
		text = "empty"
	}
	return text
}

// seriesOf gives the series of a path, and begins it; nil for one too many.
func (o *watchedData) seriesOf(path string) *Series {
	for _, s := range o.series {
		if s.Path == path {
			return s
		}
	}
	if len(o.series) == keptSeries {
		return nil
	}
	s := &Series{Path: path}
	o.series = append(o.series, s)
	return s
}

// sureSteps is how often a sequence has to go on by the same step before another is taken for a gap: the numbers need
// only grow (RFC 7641 §4.4), and some devices make them of their clock.
const sureSteps = 3

// sequenced compares the number of a fresh notification with the one before.
func (o *watchedData) sequenced(n *session.Notification) {
	if n.Registered && o.known {
		o.renewed++
		kind := MarkRegistered
		if n.Sequence != o.sequence && !protocol.ObserveFresher(o.sequence, o.at, n.Sequence, o.at) {
			kind = MarkReboot
			o.reboots++
		}
		o.mark(Mark{At: n.At, Kind: kind, Frame: n.Frame, Text: fmt.Sprintf("number %d after %d", n.Sequence, o.sequence)})
		o.steps = 0
		return
	}
	if !o.known {
		return
	}
	if !protocol.ObserveFresher(o.sequence, o.at, n.Sequence, o.at) {
		o.mark(Mark{At: n.At, Kind: MarkAge, Frame: n.Frame, Text: fmt.Sprintf("number %d after %d", n.Sequence, o.sequence)})
		o.steps = 0
		return
	}
	step := (n.Sequence - o.sequence) & (1<<24 - 1)
	switch {
	case step == o.step:
		o.steps++
	case o.steps >= sureSteps && o.step > 0 && step%o.step == 0 && step/o.step <= 1<<16:
		lost := int(step/o.step) - 1
		o.missed += lost
		o.broken = true
		o.mark(Mark{At: n.At, Kind: MarkMissed, Frame: n.Frame, Text: count(lost, "notification", "notifications")})
	default:
		o.step, o.steps = step, 1
	}
}

// slept notes that this machine was asleep until now, so that nothing is known of that time.
func (o *Watched) slept(now time.Time, d time.Duration) {
	o.mu.Lock()
	o.broken = true
	o.mark(Mark{At: now, Kind: MarkSlept, Text: Duration(d)})
	o.mu.Unlock()
}

// say has the newest answer told something.
func (o *Watched) say(note string) {
	o.mu.Lock()
	o.note, o.noteFor = note, o.received
	o.mu.Unlock()
	o.tell()
}

// noteNow gives what is to be said of the newest answer; "" for nothing.
func (o *watchedData) noteNow() string {
	if o.noteFor == o.received {
		return o.note
	}
	return ""
}

// watchNews is what the window has not seen of an observation.
type watchNews struct {
	latest          session.Notification
	fresh           bool // latest is news
	received, stale int
	stalls          int
	note            string // that is said of the newest answer; empty for none
	end             *session.ObservationEnd
}

func (o *Watched) news() watchNews {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := watchNews{latest: o.latest, fresh: o.unread, received: o.received, stale: o.stale, stalls: o.stalls, note: o.noteNow(), end: o.end}
	o.unread, o.told = false, false
	return n
}

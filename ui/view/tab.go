package view

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// Tab is a request as it is written, and what came of it when it was sent last.
type Tab struct {
	ID    string
	Draft draft.Draft

	// What is under way, or came of it.
	State    TabState
	Answer   *Answer // nil before the first
	Progress *session.Progress
	Last     *session.Transmission // of what is under way
	Waits    string                // what the open request waits for, in words
	Problems []draft.Problem       // why it could not be sent
	Repeat   *Repeat               // what came of it where it was sent many times; nil for once
	Group    *GroupRun             // what came of it where it went to a group; nil for a device
	Asks     *Question             // what it asks the user before it goes on; nil for nothing

	waiting  session.Event      // that keeps it from being sent, which Waits tells of; nil for none
	waitsAt  int                // which event Waits is from
	raw      *Raw               // nil until it is looked at
	said     []string           // of what is under way, that its answer has to tell
	what     string             // was asked last: method and URI
	question *question          // that
	answers  string             // what Answer is the answer to
	asked    context.Context    // of it; nil where that is forgotten
	cancel   context.CancelFunc // ends it
	watched  *Watched           // that it holds; nil for none
	agreed   string             // to where the user has agreed that it may go
	kept     keptTab
}

// TabState tells what a tab is doing.
type TabState uint8

const (
	TabIdle       TabState = iota // nothing was sent yet, or it is answered
	TabAsking                     // waits for the answer
	TabObserving                  // follows notifications
	TabCancelling                 // waits for the end of an observation
)

// Answer is what came of a request.
type Answer struct {
	Message     protocol.Message // with the whole body
	Err         error            // why there is no answer; Message is empty then
	To          netip.AddrPort   // where it was asked for; set where Err is
	From        netip.AddrPort
	RTT         time.Duration
	Duration    time.Duration
	Attempts    int
	Retries     int
	Exchanges   int
	Echoed      int // exchanges that were answered with the demand for freshness
	Piggybacked bool
	Suppressed  bool          // there is no response because the request asks for none (RFC 7967)
	FromCache   bool          // it was received before
	Validated   bool          // and the device said that it is still valid
	Age         time.Duration // of one from the cache
	Sent        trace.Seq
	Received    trace.Seq
	At          time.Time // when it came
	Notified    int       // notifications since registration, with the first response; 0 if not observed
	Sequence    uint32
	Stale       int     // notifications that came too late
	Note        string  // what else is to be said of it
	NoteConcept Concept // of the note

	question *question // what it answers
	before   *Answer   // that to the same request before; nil for none
}

// question is what was asked, whatever became of the draft since then.
type question struct {
	uri     protocol.URI
	message protocol.Message
	draft   draft.Draft
}

// take makes an answer that of the tab. It knows the one before it, if that is to the same request.
func (t *Tab) take(a *Answer) {
	a.question = t.question
	if last := t.Answer; last != nil && last != a {
		last.before = nil // one is enough
		if t.answers == t.what && last.Err == nil {
			a.before = last
		}
	}
	t.Answer, t.answers = a, t.what
}

func answerOf(r *session.Response, err error) *Answer {
	a := &Answer{
		Err: err, Message: r.Message, From: r.From, RTT: r.RTT, Duration: r.Duration, Attempts: r.Attempts, Retries: r.Retries,
		Exchanges: r.Exchanges, Echoed: r.Echoed, Piggybacked: r.Piggybacked, Sent: r.Sent, Received: r.Received, At: time.Now(),
		Suppressed: r.Suppressed, FromCache: r.FromCache, Validated: r.Validated, Age: r.Age,
	}
	return a
}

// Shown gives the answer that is to be seen; nil for none. While a request is open that is the one of the
// same request before it, but not that of another, and no failure, which would be taken for its own.
func (t *Tab) Shown() *Answer {
	if t.State == TabAsking && t.Answer != nil && (t.Answer.Err != nil || t.answers != t.what) {
		return nil
	}
	return t.Answer
}

// Title names the tab by its method and path.
func (t *Tab) Title(base protocol.URI) string {
	path := t.Draft.Address
	if t.kept.file != "" {
		path = keep.NameOf(t.kept.file)
	} else if u, err := draft.ParseAddress(t.Draft.Address, base); err == nil {
		path = u.PathQuery()
		if len(path) > 1 {
			path = path[1:]
		}
	}
	if path == "" {
		path = "new request"
	}
	if r := []rune(path); len(r) > 28 {
		path = "…" + string(r[len(r)-27:])
	}
	if t.Unsaved() {
		path += " ●"
	}
	return MethodText(t.Draft.Method) + " " + path
}

// MethodText names what a request asks for: its method, or "ping" for an Empty message.
func MethodText(c protocol.Code) string {
	if c == protocol.Empty {
		return "ping"
	}
	return c.Short()
}

// Code gives the answer's code as it is shown, and its colour.
func (a *Answer) Code() (string, Concept) {
	var lookup *net.DNSError
	var file *fs.PathError
	var unreachable *exchange.UnreachableError
	switch {
	case errors.As(a.Err, &lookup) || errors.As(a.Err, &file) || errors.Is(a.Err, session.ErrGroup) || errors.As(a.Err, &unreachable) && a.Sent == 0:
		return "not sent", Error
	case a.Err != nil:
		return "no answer", Error
	}
	c := a.Message.Code
	switch {
	case a.Suppressed:
		return "no response asked for", Good
	case c == protocol.Empty:
		return "alive", Good // what a ping is answered with is a Reset, and no code
	case c.Class() == 2:
		return c.String(), Good
	}
	return c.String(), Error
}

// Summary gives what is said beside the code: "24 ms · 1 try · piggybacked · 64 B".
func (a *Answer) Summary() string {
	if a.Err != nil {
		return ""
	}
	switch {
	case a.FromCache && a.Validated:
		return "still valid, as the device says · " + Bytes(len(a.Message.Payload))
	case a.FromCache:
		return "from the cache, " + Seconds(a.Age) + " old · " + Bytes(len(a.Message.Payload))
	case a.Suppressed && a.Received == 0:
		return "sent; the request asks for no response (RFC 7967)"
	case a.Suppressed:
		return "acknowledged; the request asks for no response (RFC 7967)"
	}
	s := Duration(a.RTT)
	if blocks := a.Exchanges - a.Echoed; blocks > 1 {
		s = fmt.Sprintf("%s · %d blocks", Duration(a.Duration), blocks)
		if a.Retries > 0 {
			s += fmt.Sprintf(" · %s", count(a.Retries, "retry", "retries"))
		}
	} else {
		s += " · " + count(a.Attempts, "try", "tries")
		switch {
		case a.Notified > 1:
			s = fmt.Sprintf("notification %d", a.Notified)
		case a.Piggybacked:
			s += " · piggybacked"
		case a.Message.Type == protocol.Confirmable:
			s += " · separate"
		}
	}
	return s + " · " + Bytes(len(a.Message.Payload))
}

// ShownOption is an option of an answer in words.
type ShownOption struct {
	Number  protocol.OptionNumber
	Name    string
	Text    string
	Concept Concept
}

// Options gives the answer's options in words.
func (a *Answer) Options(now time.Time) []ShownOption {
	var shown []ShownOption
	for i, o := range a.Message.Options {
		s := ShownOption{o.Number, o.Number.String(), strings.TrimPrefix(draft.OptionText(o), "0x"), OptionConcept(i)}
		switch o.Number {
		case protocol.MaxAge:
			s.Text += " s"
			if left, ok := a.Fresh(now); ok && left > 0 {
				s.Text += "   fresh for " + Seconds(left)
			} else if ok {
				s.Text += "   no longer fresh"
			}
		case protocol.ContentFormatOption:
			if v, ok := o.Uint(); ok && v <= 0xffff {
				s.Text = fmt.Sprintf("%d  %s", v, protocol.ContentFormat(v))
			}
		case protocol.Observe:
			if a.Stale > 0 {
				s.Text += fmt.Sprintf("   %d came too late", a.Stale)
			}
		case protocol.Size2, protocol.Size1:
			s.Text += " bytes"
		}
		shown = append(shown, s)
	}
	return shown
}

// MaxAge gives the time for which the answer is fresh (RFC 7252 §5.10.5).
func (a *Answer) MaxAge() time.Duration {
	if v, ok := a.Message.Options.Uint(protocol.MaxAge); ok {
		return time.Duration(v) * time.Second
	}
	return 60 * time.Second
}

// Fresh gives how long the answer stays fresh; false where that means nothing.
func (a *Answer) Fresh(now time.Time) (time.Duration, bool) {
	if a.Err != nil || a.Message.Code != protocol.Content {
		return 0, false
	}
	return a.MaxAge() - now.Sub(a.At), true
}

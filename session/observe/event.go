package observe

import (
	"fmt"
	"time"

	"coapscope/protocol"
)

// State is what an observation is doing.
type State uint8

const (
	Idle          State = iota // not registered yet
	Registering                // the first request is on its way
	Observing                  // the last notification is fresh
	Stalled                    // its Max-Age is over
	Reregistering              // and a request to register anew is on its way
	Cancelling                 // the request to deregister is on its way
	Over                       // there is no observation any more
)

// String gives the state as a word.
func (s State) String() string {
	switch s {
	case Idle:
		return "idle"
	case Registering:
		return "registering"
	case Observing:
		return "observing"
	case Stalled:
		return "stalled"
	case Reregistering:
		return "registering again"
	case Cancelling:
		return "cancelling"
	case Over:
		return "over"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Event is what an [Observation] tells: [Notification], [NotObservable], [Ended], [Lost], [Silence],
// [Unconfirmed], [Reregister], [Cancelled] or [Ignored].
type Event interface{ event() }

// Notification is a 2.xx response with an Observe option, the first one as well as those after it
// (RFC 7641 §3.2). Its code may be 2.03, which selects a representation that the client has.
type Notification struct {
	Message  protocol.Message
	Sequence uint32 // the Observe option: 24 bits
	// Fresh tells that it is newer than all before; otherwise it came late, and what it says was true
	// earlier (RFC 7641 §3.4).
	Fresh bool
	// Registered tells that with it a registration, the first or a later one, is confirmed.
	Registered bool
	// Expires is when its Max-Age is over, if it is fresh (RFC 7641 §3.3.1).
	Expires time.Time
}

// NotObservable ends the observation: the peer answered the request, but does not notify, or no
// longer (RFC 7641 §2). Message has the representation all the same.
type NotObservable struct{ Message protocol.Message }

// Ended ends the observation by an error response, such as 4.04 for a resource that was deleted
// (RFC 7641 §3.2).
type Ended struct{ Message protocol.Message }

// Lost ends the observation: the first registration got no answer.
type Lost struct{}

// Silence tells that no notification came within Max-Age, so that the representation must no longer
// be taken for the current one (RFC 7641 §3.3.1).
type Silence struct {
	Since time.Time // when Max-Age was over
	// Next is when the machine registers anew; zero where it shall not.
	Next time.Time
}

// Unconfirmed tells that a registration after the first got no answer. What the peer knows of the one
// before, it may still act upon.
type Unconfirmed struct {
	// Next is when the machine registers anew; zero where the newest notification is fresh yet, or it
	// shall not.
	Next time.Time
}

// Reregister asks to send Message, which has the token of the observation (RFC 7641 §3.3.1).
type Reregister struct{ Message protocol.Message }

// Cancelled is the end of an observation after [Observation.Cancel]. Message is the response to the
// request to deregister; nil where it got none.
type Cancelled struct{ Message *protocol.Message }

// Ignored is a message that says nothing to an observation: not a response, or after the end.
type Ignored struct{ Message protocol.Message }

func (Notification) event()  {}
func (NotObservable) event() {}
func (Ended) event()         {}
func (Lost) event()          {}
func (Silence) event()       {}
func (Unconfirmed) event()   {}
func (Reregister) event()    {}
func (Cancelled) event()     {}
func (Ignored) event()       {}

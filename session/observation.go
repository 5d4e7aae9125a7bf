package session

import (
	"fmt"
	"time"

	"coapscope/protocol"
	"coapscope/session/observe"
	"coapscope/session/trace"
)

// Observation is a resource that is observed (RFC 7641). It is registered again by itself when its
// value gets old.
type Observation struct {
	registration *registration
	each         func(ObservationEvent)
	done         chan struct{}
}

// ObservationEvent is something that happens to an observation: [Notification], [Stalled],
// [Unconfirmed], or, at last and once, [ObservationEnd].
type ObservationEvent interface{ observationEvent() }

// Notification is a representation of the observed resource, the first one as well.
type Notification struct {
	Message    protocol.Message // with the whole body, unless Err says why not
	Sequence   uint32           // its Observe option
	Fresh      bool             // false for one that was overtaken by a newer one (RFC 7641 §3.4)
	Registered bool             // it answers a registration
	Selected   bool             // it is a 2.03: the body came with an earlier one (RFC 7641 §3.3.2)
	At         time.Time
	Expires    time.Time // when Max-Age is over, if it is fresh
	Frame      trace.Seq
	Err        error // why the rest of a body in blocks could not be had; nil if it is whole
}

// Stalled tells that Max-Age is over without a notification.
type Stalled struct{ Reregister time.Time }

// Unconfirmed tells that a registration after the first got no answer. The peer may still know of the one
// before: a notification counts as ever.
type Unconfirmed struct {
	Err        error     // why
	Reregister time.Time // when the next is sent; zero while Max-Age is not over
}

// ObservationEnd ends an observation.
type ObservationEnd struct {
	Response  *protocol.Message // the response that ended it, if one did: an error, or one without Observe
	Err       error             // why, if it was not a response
	Cancelled bool              // by the user
	Frame     trace.Seq         // of the response, or of the notification that was rejected
}

func (Notification) observationEvent()   {}
func (Stalled) observationEvent()        {}
func (Unconfirmed) observationEvent()    {}
func (ObservationEnd) observationEvent() {}

// Cancellation is how an observation is cancelled (RFC 7641 §3.6).
type Cancellation uint8

const (
	// Deregister sends the request again with Observe 1. The observation ends when that is answered or
	// given up, and notifications until then are still delivered.
	Deregister Cancellation = iota
	// Reject answers the next notification with a Reset. The observation ends when that has come, or
	// something after which none can come, or else when Max-Age is over: the peer may have forgotten it.
	Reject
	// Forget ends the observation at once and sends nothing. A notification that comes after it matches
	// nothing, and is answered with a Reset for that.
	Forget
)

// String gives the way in words.
func (c Cancellation) String() string {
	switch c {
	case Deregister:
		return "deregister"
	case Reject:
		return "reject"
	case Forget:
		return "forget"
	}
	return fmt.Sprintf("Cancellation(%d)", uint8(c))
}

// Observe registers for a resource and calls each for what happens, in order, on one goroutine,
// until ObservationEnd. A resource that is observed already, by a request with the same cache key, is
// not registered for twice (RFC 7641 §3.1): the observations share one registration, a further one
// begins with the newest notification, and the last one to leave cancels. A request with a token of
// its own shares with nobody. What else the request says goes for the registration that it begins.
//
// With a Cache policy, representations with an ETag are kept for the server to select by a 2.03.
// Bodies in blocks are fetched by Block2; there is no Sink, and what says how a single request is
// repeated or resumed has no meaning.
//
// The error is [ErrClosed], or says why the request cannot be observed.
func (e *Engine) Observe(r Request, each func(ObservationEvent)) (*Observation, error) {
	o := &Observation{each: each, done: make(chan struct{})}
	if err := e.observed.join(e, r, o); err != nil {
		return nil, err
	}
	return o, nil
}

// Cancel leaves the observation. If no other shares its registration, that is cancelled in the way
// that is asked for; the observation ends at once otherwise, and by a second Cancel.
func (o *Observation) Cancel(how Cancellation) { o.registration.queue.put(leave{o, how}) }

// Reregister asks for the current representation, and to stay registered, before Max-Age is over
// (RFC 7641 §3.3.1). The answer is a Notification with Registered, or Unconfirmed. It does nothing
// while a registration is on its way.
func (o *Observation) Reregister() { o.registration.queue.put(reregister{}) }

// Done is closed when the observation has ended.
func (o *Observation) Done() <-chan struct{} { return o.done }

func notificationOf(event observe.Notification, now time.Time, frame trace.Seq) Notification {
	return Notification{
		Message: event.Message, Sequence: event.Sequence, Fresh: event.Fresh,
		Registered: event.Registered, At: now, Expires: event.Expires, Frame: frame,
	}
}

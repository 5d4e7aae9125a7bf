package observe

import (
	"fmt"
	"math/rand/v2"
	"time"

	"coapscope/protocol"
)

// DefaultMaxAge is the Max-Age of a response without that option (RFC 7252 §5.10.5).
const DefaultMaxAge = 60 * time.Second

// The time to wait after Max-Age is over before registering anew is chosen at random between these,
// lest all clients ask at once (RFC 7641 §3.3.1).
const (
	minWait = 5 * time.Second
	maxWait = 15 * time.Second
)

// Config has the preferences for an observation. The zero value is a good choice.
type Config struct {
	// NoReregister leaves the observation as it is when Max-Age is over.
	NoReregister bool
	// Random gives a number from 0 up to, not including, 1; nil for math/rand.
	Random func() float64
}

// Observation is one registration with one peer. It is not safe for concurrent use.
type Observation struct {
	config  Config
	request protocol.Message
	etags   [][]byte // in place of those of the request, if set
	state   State

	// The freshest notification so far (RFC 7641 §3.4).
	known    bool
	sequence uint32
	received time.Time

	expires time.Time // when its Max-Age is over
	next    time.Time // when to register anew
}

// New makes an observation of what the request asks for: a GET, or a FETCH (RFC 8132 §2.4). The
// request has the token of the observation, unless [Observation.SetToken] tells it later, and no
// Observe option, or one that is replaced.
func New(config Config, request protocol.Message) (*Observation, error) {
	if request.Code != protocol.GET && request.Code != protocol.FETCH {
		return nil, fmt.Errorf("%v cannot be observed, only GET and FETCH can (RFC 7641 §2, RFC 8132 §2.4)", request.Code)
	}
	if config.Random == nil {
		config.Random = rand.Float64
	}
	return &Observation{config: config, request: request}, nil
}

// State tells what the observation is doing.
func (o *Observation) State() State { return o.state }

// Token is the observation's token.
func (o *Observation) Token() protocol.Token { return o.request.Token }

// SetToken says which token the registration was sent with, where its sender has chosen it.
func (o *Observation) SetToken(t protocol.Token) { o.request.Token = t }

// Offer names the representations that are kept, by their entity tags. Registrations from now on have
// these, so that the server may select one with a 2.03 instead of sending it again: in the response,
// and in notifications until the next registration (RFC 7641 §3.3.2). The caller has to keep them as long.
func (o *Observation) Offer(etags [][]byte) { o.etags = etags }

// Echo answers a 4.01 that asked for proof of freshness: registrations from now on have the value
// (RFC 9175 §2.3).
func (o *Observation) Echo(value []byte) {
	o.request.Options = o.request.Options.Set(protocol.Echo, value)
}

// Register gives the request that registers. It is Reregister's message as well, to be sent at any
// time (RFC 7641 §3.3.1). After the end of an observation it begins a new one with the same token.
func (o *Observation) Register() protocol.Message {
	if o.state == Idle || o.state == Over {
		o.state, o.known = Registering, false
	} else if o.state != Registering {
		o.state = Reregistering
	}
	return o.message(protocol.ObserveRegister)
}

// Cancel gives the request that deregisters: the same token and options (RFC 7641 §3.6). It is false
// where there is nothing to cancel.
func (o *Observation) Cancel() (protocol.Message, bool) {
	if o.state == Idle || o.state == Over {
		return protocol.Message{}, false
	}
	o.state = Cancelling
	return o.message(protocol.ObserveDeregister), true
}

// Forget ends the observation without a message. The peer learns of it when its next notification is
// rejected with a Reset (RFC 7641 §3.6).
func (o *Observation) Forget() { o.state = Over }

func (o *Observation) message(observe uint64) protocol.Message {
	m := o.request
	m.Options = m.Options.SetUint(protocol.Observe, observe)
	if o.etags != nil {
		m.Options = m.Options.Without(protocol.ETag)
		for _, etag := range o.etags {
			m.Options = m.Options.Add(protocol.ETag, etag)
		}
	}
	return m
}

// Handle takes a response that has the observation's token. It keeps none of its memory.
func (o *Observation) Handle(now time.Time, response protocol.Message) Event {
	if o.state == Idle || o.state == Over || !response.Code.IsResponse() {
		return Ignored{response}
	}
	sequence, notifies := observeOption(response)
	switch {
	case response.Code.Class() == 2 && notifies:
		return o.notification(now, sequence, response)
	case o.state == Cancelling:
		o.state = Over
		return Cancelled{&response}
	case response.Code.Class() == 2:
		o.state = Over
		return NotObservable{response}
	}
	o.state = Over
	return Ended{response}
}

func (o *Observation) notification(now time.Time, sequence uint32, response protocol.Message) Event {
	// A piggybacked response answers the request itself, so that it is never late, even if a peer that
	// was restarted counts from the beginning again.
	answers := response.Type == protocol.Acknowledgement
	asked := o.state == Registering || o.state == Reregistering
	n := Notification{Message: response, Sequence: sequence}
	n.Fresh = !o.known || answers || protocol.ObserveFresher(o.sequence, o.received, sequence, now)
	if !n.Fresh {
		// It may have answered the request none the less; then nothing else will.
		if o.state == Reregistering {
			if now.Before(o.expires) {
				o.state = Observing
			} else {
				o.stall(now)
			}
		}
		return n
	}
	n.Registered = asked || answers
	o.known, o.sequence, o.received = true, sequence, now
	o.expires = now.Add(maxAge(response))
	n.Expires = o.expires
	if o.state != Cancelling {
		o.state = Observing
	}
	return n
}

// Unanswered tells that the request sent last got no response: a timeout, or a Reset. A peer that
// does not answer a new registration is asked again later. It gives nil where no request is on its way.
func (o *Observation) Unanswered(now time.Time) Event {
	switch o.state {
	case Registering:
		o.state = Over
		return Lost{}
	case Cancelling:
		o.state = Over
		return Cancelled{}
	case Reregistering:
		if now.Before(o.expires) {
			o.state = Observing
			return Unconfirmed{}
		}
		return Unconfirmed{o.stall(now).Next}
	case Idle, Observing, Stalled, Over:
	}
	return nil
}

// Deadline is when to call [Observation.Advance]; false for never.
func (o *Observation) Deadline() (time.Time, bool) {
	switch {
	case o.state == Observing:
		return o.expires, true
	case o.state == Stalled && !o.config.NoReregister:
		return o.next, true
	}
	return time.Time{}, false
}

// Advance tells what is due at that time: [Silence] or [Reregister], or nil for nothing. It is to be
// called again until it gives nil.
func (o *Observation) Advance(now time.Time) Event {
	deadline, ok := o.Deadline()
	if !ok || now.Before(deadline) {
		return nil
	}
	if o.state == Observing {
		return o.stall(o.expires)
	}
	return Reregister{o.Register()}
}

func (o *Observation) stall(from time.Time) Silence {
	o.state = Stalled
	s := Silence{Since: o.expires}
	if !o.config.NoReregister {
		o.next = from.Add(minWait + time.Duration(o.config.Random()*float64(maxWait-minWait)))
		s.Next = o.next
	}
	return s
}

// observeOption reads the Observe option. One of more than 3 bytes is as good as none, because the
// option is elective (RFC 7252 §5.4.3).
func observeOption(m protocol.Message) (sequence uint32, ok bool) {
	value, ok := m.Options.First(protocol.Observe)
	if !ok || len(value) > 3 {
		return 0, false
	}
	return m.Options.Uint(protocol.Observe)
}

func maxAge(m protocol.Message) time.Duration {
	if s, ok := m.Options.Uint(protocol.MaxAge); ok {
		return time.Duration(s) * time.Second
	}
	return DefaultMaxAge
}

package session

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/observe"
	"coapscope/session/trace"
)

// Observation is a resource that is observed (RFC 7641). It is registered again by itself when its
// value gets old.
type Observation struct {
	engine  *Engine
	request Request
	machine *observe.Observation
	each    func(ObservationEvent)
	queue   *queue
	done    chan struct{}

	registered exchange.ID // the exchange that notifications belong to
	asked      exchange.ID // the newest request, whose failure counts
	result     Response    // of that request, for the events of its transmission
}

// ObservationEvent is something that happens to an observation: [Notification], [Stalled], or, at
// last and once, [ObservationEnd].
type ObservationEvent interface{ observationEvent() }

// Notification is a representation of the observed resource, the first one as well.
type Notification struct {
	Message    protocol.Message // with the whole body
	Sequence   uint32           // its Observe option
	Fresh      bool             // false for one that was overtaken by a newer one (RFC 7641 §3.4)
	Registered bool             // it answers a registration
	At         time.Time
	Expires    time.Time // when Max-Age is over, if it is fresh
	Frame      trace.Seq
	Err        error // why the rest of a body in blocks could not be had; nil if it is whole
}

// Stalled tells that Max-Age is over without a notification.
type Stalled struct{ Reregister time.Time }

// ObservationEnd ends an observation.
type ObservationEnd struct {
	Response  *protocol.Message // the response that ended it, if one did: an error, or one without Observe
	Err       error             // why, if it was not a response
	Cancelled bool              // by the user
	Frame     trace.Seq
}

func (Notification) observationEvent()   {}
func (Stalled) observationEvent()        {}
func (ObservationEnd) observationEvent() {}

// Observe registers for a resource and calls each for what happens, in order, on a goroutine of the
// observation, until ObservationEnd.
func (e *Engine) Observe(r Request, each func(ObservationEvent)) (*Observation, error) {
	token := make([]byte, 4)
	rand.Read(token) // never fails
	r.Message.Token = protocol.TokenOf(token)
	machine, err := observe.New(observe.Config{}, r.Message)
	if err != nil {
		return nil, err
	}
	o := &Observation{engine: e, request: r, machine: machine, each: each, queue: newQueue(), done: make(chan struct{})}
	if err := o.send(machine.Register(), true); err != nil {
		return nil, err
	}
	go o.run()
	return o, nil
}

// cancelObservation is put into the queue by Cancel.
type cancelObservation struct{}

// Cancel deregisters by a GET with Observe 1 (RFC 7641 §3.6). The observation ends when that is
// answered or given up, and notifications until then are still delivered.
func (o *Observation) Cancel() { o.queue.put(cancelObservation{}) }

// Done is closed when the observation has ended.
func (o *Observation) Done() <-chan struct{} { return o.done }

func (o *Observation) send(m protocol.Message, keepOpen bool) error {
	id, err := o.engine.start(exchange.Send{
		To: o.request.To, Message: m, FixedToken: true, KeepOpen: keepOpen, Timeout: o.request.Timeout,
	}, o.queue, nil)
	if err != nil {
		return err
	}
	o.asked, o.result = id, Response{}
	if keepOpen {
		previous := o.registered
		o.registered = id
		if previous != 0 {
			o.engine.cancel(previous)
		}
	}
	return nil
}

func (o *Observation) run() {
	defer close(o.done)
	end := o.loop()
	o.engine.cancel(o.registered)
	o.each(end)
}

func (o *Observation) loop() ObservationEnd {
	for {
		item, err := o.next()
		if err != nil { // the machine's deadline
			if end, over := o.advance(); over {
				return end
			}
			continue
		}
		switch item := item.(type) {
		case cancelObservation:
			m, ok := o.machine.Cancel()
			if !ok {
				return ObservationEnd{Cancelled: true}
			}
			if err := o.send(m, false); err != nil {
				return ObservationEnd{Err: err, Cancelled: true}
			}
		case exchange.Response:
			if end, over := o.response(item); over {
				return end
			}
		case exchange.Failed:
			if end, over := o.failed(item); over {
				return end
			}
		default:
			o.request.observe(item, &o.result)
		}
	}
}

// next waits for the next item, or for the machine's deadline, which is an error.
func (o *Observation) next() (any, error) {
	ctx := context.Background()
	if at, ok := o.machine.Deadline(); ok {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, at)
		defer stop()
	}
	return o.queue.next(ctx)
}

func (o *Observation) advance() (ObservationEnd, bool) {
	for {
		switch event := o.machine.Advance(time.Now()).(type) {
		case nil:
			return ObservationEnd{}, false
		case observe.Silence:
			o.each(Stalled{event.Next})
		case observe.Reregister:
			if err := o.send(event.Message, true); err != nil {
				return ObservationEnd{Err: err}, true
			}
		}
	}
}

func (o *Observation) response(r exchange.Response) (ObservationEnd, bool) {
	now, frame := time.Now(), trace.Seq(r.Frame)
	switch event := o.machine.Handle(now, r.Message).(type) {
	case observe.Notification:
		n := Notification{
			Message: event.Message, Sequence: event.Sequence, Fresh: event.Fresh,
			Registered: event.Registered, At: now, Expires: event.Expires, Frame: frame,
		}
		if n.Fresh {
			n.Message, n.Err = o.whole(n.Message)
		}
		o.each(n)
		if r.ID == o.asked && o.asked != o.registered {
			// What came for the request to deregister is a notification: one that crossed it, or the peer
			// takes it for a registration. Nothing else will come; a further notification gets a Reset.
			return ObservationEnd{Cancelled: true, Frame: frame}, true
		}
	case observe.NotObservable:
		m, err := o.whole(event.Message)
		return ObservationEnd{Response: &m, Err: err, Frame: frame}, true
	case observe.Ended:
		return ObservationEnd{Response: &event.Message, Frame: frame}, true
	case observe.Cancelled:
		return ObservationEnd{Response: event.Message, Cancelled: true, Frame: frame}, true
	}
	return ObservationEnd{}, false
}

// whole fetches the rest of a body of which the first block came (RFC 7959 §3.4).
func (o *Observation) whole(first protocol.Message) (protocol.Message, error) {
	request := o.request.Message
	request.Type, request.Token = protocol.Confirmable, protocol.Token{}
	request.Options = request.Options.Without(protocol.Observe)
	t, step := blockwise.Continue(blockwise.Config{BlockSize: o.request.BlockSize}, request, first)
	result, err := o.engine.run(context.Background(), &Request{To: o.request.To, Message: request}, t, step, new(Response))
	if err != nil {
		return first, err
	}
	return result.Message, nil
}

func (o *Observation) failed(f exchange.Failed) (ObservationEnd, bool) {
	if errors.Is(f.Err, ErrClosed) {
		return ObservationEnd{Err: f.Err}, true
	}
	if f.ID != o.asked {
		return ObservationEnd{}, false // an older registration, which a newer one has replaced
	}
	switch event := o.machine.Unanswered(time.Now()).(type) {
	case observe.Lost:
		return ObservationEnd{Err: f.Err, Frame: trace.Seq(f.Frame)}, true
	case observe.Cancelled:
		return ObservationEnd{Err: f.Err, Cancelled: true}, true
	case observe.Silence:
		o.each(Stalled{event.Next})
	case nil:
		// A notification that cannot be accepted: the exchange that others would belong to is closed.
		return ObservationEnd{Err: f.Err, Frame: trace.Seq(f.Frame)}, true
	}
	return ObservationEnd{}, false
}

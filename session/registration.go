package session

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"coapscope/protocol"
	"coapscope/session/cache"
	"coapscope/session/exchange"
	"coapscope/session/observe"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// registrations are those that observations may share, by what they observe.
type registrations struct {
	mu       sync.Mutex
	byTarget map[string]*registration
}

// registration is what a server knows of one or several observations: an entry in its list of
// observers. Everything in it belongs to its goroutine, but for the queue.
type registration struct {
	engine  *Engine
	target  string // key in byTarget; "" for one that nobody shares
	request Request
	machine *observe.Observation
	queue   *queue
	members []*Observation   // in the order of joining
	latest  *Notification    // the freshest
	kept    []representation // the server may select these (RFC 7641 §3.3.2), the newest last
	offered int              // so many of them it knows of, by the last registration

	// Notifications belong to the newest registration that was answered, or to the first. One after it, or
	// the request to deregister, is asked until it is answered or has failed. It has the same token.
	registered exchange.ID
	asked      exchange.ID // the newest request
	result     Response    // of that request
	sent       bool        // the token is known
	leaving    bool        // the last member has cancelled
	echoed     bool        // the newest registration has the Echo value of a 4.01

	fetching *fetch
}

// What comes into the queue of a registration besides what the machine says of its exchanges.
type (
	join  struct{ who *Observation }
	leave struct {
		who *Observation
		how Cancellation
	}
	reregister struct{}
	fetched    struct {
		by    *fetch
		whole protocol.Message
		err   error
	}
)

// CheckObserved says why a request cannot be observed, and reads its Body into the Message, so that what it is read from
// may be closed. [Engine.Observe] does so itself.
func (e *Engine) CheckObserved(r *Request) error {
	if r.Sink != nil {
		return errors.New("an observation has no Sink: each representation comes whole in its Notification")
	}
	if r.Body != nil && len(r.Message.Payload) == 0 {
		if r.BodySize < 0 || r.BodySize > transport.MaxDatagram {
			return fmt.Errorf("the request of an observation is one message: its body cannot have %d bytes (RFC 7959 §2.6)", r.BodySize)
		}
		r.Message.Payload = make([]byte, r.BodySize)
		if n, err := r.Body.ReadAt(r.Message.Payload, 0); int64(n) < r.BodySize {
			return fmt.Errorf("read the body of the request: %d of %d bytes: %w", n, r.BodySize, err)
		}
		r.Body, r.BodySize = nil, 0
	}
	return e.check(r)
}

// ObservationKey tells what the request observes: the resource of an endpoint, in the way that it asks for it, which is its
// cache key. Requests with the same key are of one registration (RFC 7641 §3.1), if they are shared: one with a token of
// its own is with nobody. A Body that was not read yet does not count.
func (r *Request) ObservationKey() (key string, shared bool) {
	key = r.To.String() + " " + cache.Key(r.Message)
	if shared = !r.FixedToken && r.Message.Token.Len() == 0; !shared {
		key += " token " + r.Message.Token.String()
	}
	return key, shared
}

// join makes the observation a member of the registration for its target.
func (s *registrations) join(e *Engine, r Request, o *Observation) error {
	if err := e.CheckObserved(&r); err != nil {
		return err
	}
	target, shared := r.ObservationKey()
	if !shared {
		target = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shared := s.byTarget[target]; shared != nil {
		o.registration = shared
		shared.queue.put(join{o})
		return nil
	}
	if size := cmp.Or(r.ResponseBlockSize, r.BlockSize); size > 0 { // who chooses one means it from the first notification on
		block := protocol.Block{SZX: protocol.SZXFor(size)}
		r.Message.Options = r.Message.Options.Set(protocol.Block2, block.Value())
	}
	machine, err := observe.New(observe.Config{}, r.Message)
	if err != nil {
		return err
	}
	g := &registration{
		engine: e, target: target, request: r, machine: machine, queue: newQueue(), members: []*Observation{o},
	}
	if err := g.send(machine.Register(), true); err != nil {
		return err
	}
	o.registration = g
	if target != "" {
		if s.byTarget == nil {
			s.byTarget = make(map[string]*registration)
		}
		s.byTarget[target] = g
	}
	go g.run()
	return nil
}

// close takes the registration out, so that nobody joins it any more, unless somebody just has.
func (s *registrations) close(g *registration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.queue.has(func(item any) bool { _, is := item.(join); return is }) {
		return false
	}
	if g.target != "" && s.byTarget[g.target] == g {
		delete(s.byTarget, g.target)
	}
	return true
}

// send begins an exchange: of a registration, which stays open, or a deregistration. An earlier registration
// that is still unanswered is given up for it.
func (g *registration) send(m protocol.Message, keepOpen bool) error {
	r, first := &g.request, g.asked == 0
	if g.asked != g.registered {
		g.engine.cancel(g.asked)
	}
	id, err := g.engine.start(exchange.Send{
		To: r.To, Message: m, KeepOpen: keepOpen, Timeout: r.Timeout,
		FixedToken:     r.FixedToken || g.sent || m.Token.Len() > 0,
		FixedMessageID: first && r.FixedMessageID, ReuseMessageID: first && r.ReuseMessageID,
		Transmission: r.Transmission, Identifiers: r.Identifiers,
	}, g.queue, nil)
	if err != nil {
		return err
	}
	g.asked, g.result = id, Response{}
	if first {
		g.registered = id
	}
	return nil
}

func (g *registration) run() {
	end := g.loop()
	g.leaving = true
	g.machine.Forget()
	for !g.engine.observed.close(g) { // who joined last hears of the end
		g.take(g.queue.take())
	}
	g.engine.cancel(g.asked)
	g.engine.cancel(g.registered)
	g.stopFetching()
	for _, o := range g.members {
		o.each(end)
		close(o.done)
	}
}

func (g *registration) tell(event ObservationEvent) {
	for _, o := range g.members {
		o.each(event)
	}
}

func (g *registration) loop() ObservationEnd {
	for {
		item, ok := g.next()
		if !ok && g.leaving { // the notification to be rejected has not come within Max-Age
			return ObservationEnd{Cancelled: true}
		}
		if !ok {
			if end, over := g.advance(); over {
				return end
			}
			continue
		}
		if end, over := g.take(item, true); over {
			return end
		}
	}
}

// next waits for the next item; it gives none when the machine's deadline has come.
func (g *registration) next() (any, bool) {
	if item, ok := g.queue.take(); ok {
		return item, true
	}
	ctx := context.Background()
	if at, ok := g.machine.Deadline(); ok {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		defer stop()
		clock := g.engine.clock
		defer clock.AfterFunc(max(at.Sub(clock.Now()), 0), stop).Stop()
	}
	item, err := g.queue.next(ctx)
	return item, err == nil
}

func (g *registration) take(item any, ok bool) (ObservationEnd, bool) {
	if !ok {
		return ObservationEnd{}, false
	}
	switch item := item.(type) {
	case join:
		g.members = append(g.members, item.who)
		if g.latest != nil {
			item.who.each(*g.latest)
		}
	case leave:
		return g.leave(item)
	case reregister:
		state := g.machine.State()
		if onItsWay := state != observe.Observing && state != observe.Stalled; !onItsWay && !g.leaving {
			return g.register(g.machine.Register())
		}
	case fetched:
		if item.by == g.fetching {
			g.fetching = nil
			return item.by.then(item.whole, item.err)
		}
	case exchange.Sent:
		g.sent = true
		g.machine.SetToken(item.Token)
	case exchange.Response:
		g.request.observe(item, &g.result)
		return g.response(item)
	case exchange.Failed:
		return g.failed(item)
	case exchange.Suppressed:
		return g.failed(exchange.Failed{ID: item.ID, Err: errNoResponse, Frame: item.Frame})
	default:
		g.request.observe(item, &g.result)
	}
	return ObservationEnd{}, false
}

func (g *registration) leave(item leave) (ObservationEnd, bool) {
	i := slices.Index(g.members, item.who)
	if i < 0 {
		return ObservationEnd{}, false
	}
	if len(g.members) > 1 || !g.leaving && !g.engine.observed.close(g) {
		g.members = slices.Delete(g.members, i, i+1)
		item.who.each(ObservationEnd{Cancelled: true})
		close(item.who.done)
		return ObservationEnd{}, false
	}
	if g.leaving || item.how == Forget || !g.sent { // where nothing was sent, there is nothing to cancel
		return ObservationEnd{Cancelled: true}, true
	}
	g.leaving = true
	if item.how == Reject {
		g.engine.reject(g.registered) // what was accepted before that is still told
		g.engine.reject(g.asked)
		return ObservationEnd{}, false
	}
	m, ok := g.machine.Cancel()
	if !ok {
		return ObservationEnd{Cancelled: true}, true
	}
	if err := g.send(m, false); err != nil {
		return ObservationEnd{Err: err, Cancelled: true}, true
	}
	return ObservationEnd{}, false
}

func (g *registration) register(m protocol.Message) (ObservationEnd, bool) {
	g.kept = slices.Delete(g.kept, 0, max(0, len(g.kept)-maxRepresentations))
	g.offered = len(g.kept)
	if err := g.send(m, true); err != nil {
		return ObservationEnd{Err: err}, true
	}
	return ObservationEnd{}, false
}

func (g *registration) advance() (ObservationEnd, bool) {
	for {
		switch event := g.machine.Advance(g.engine.clock.Now()).(type) {
		case nil:
			return ObservationEnd{}, false
		case observe.Silence:
			g.tell(Stalled{event.Next})
		case observe.Reregister:
			if end, over := g.register(event.Message); over {
				return end, true
			}
		}
	}
}

func (g *registration) response(r exchange.Response) (ObservationEnd, bool) {
	now, frame := g.engine.clock.Now(), trace.Seq(r.Frame)
	if r.ID == g.asked && r.Open && g.registered != g.asked {
		g.engine.cancel(g.registered)
		g.registered = g.asked
	}
	switch event := g.machine.Handle(now, r.Message).(type) {
	case observe.Notification:
		n := notificationOf(event, now, frame)
		n.Registered = n.Registered && r.ID == g.asked // else the registration still waits for its turn
		// What came for the request to deregister is a notification: one that crossed it, or the peer
		// takes it for a registration. Nothing else will come; a further notification gets a Reset.
		last := !r.Open
		if !n.Fresh {
			if block, ok := n.Message.Options.Block(protocol.Block2); ok && block.More {
				n.Err = ErrSuperseded
			}
			g.tell(n)
			return ObservationEnd{Cancelled: true, Frame: frame}, last
		}
		g.echoed = false
		g.latest = nil // until the whole body is there
		return g.whole(n.Message, func(whole protocol.Message, err error) (ObservationEnd, bool) {
			n.Message, n.Err = whole, err
			g.notified(n)
			return ObservationEnd{Cancelled: true, Frame: frame}, last
		})
	case observe.NotObservable:
		return g.whole(event.Message, func(whole protocol.Message, err error) (ObservationEnd, bool) {
			return ObservationEnd{Response: &whole, Err: err, Cancelled: g.leaving, Frame: frame}, true
		})
	case observe.Ended:
		if echo, ok := echoOf(&event.Message); ok && event.Message.Code == protocol.Unauthorized &&
			g.request.Echo == EchoAutomatic && !g.echoed && !g.leaving {
			g.echoed = true
			g.machine.Echo(bytes.Clone(echo))
			return g.register(g.machine.Register())
		}
		return ObservationEnd{Response: &event.Message, Cancelled: g.leaving, Frame: frame}, true
	case observe.Cancelled:
		return ObservationEnd{Response: event.Message, Cancelled: true, Frame: frame}, true
	}
	return ObservationEnd{}, false
}

// errNoResponse ends an observation whose registration must not be answered.
var errNoResponse = errors.New("No-Response keeps back the answer that an observation begins with: leave that option out (RFC 7967 §2)")

func (g *registration) failed(f exchange.Failed) (ObservationEnd, bool) {
	end := ObservationEnd{Err: f.Err, Cancelled: g.leaving, Frame: trace.Seq(f.Frame)}
	var critical *exchange.CriticalOptionError
	switch {
	case errors.Is(f.Err, ErrClosed):
		return ObservationEnd{Err: f.Err}, true
	case errors.Is(f.Err, exchange.ErrRejected):
		return ObservationEnd{Cancelled: true, Frame: end.Frame}, true
	case errors.Is(f.Err, exchange.ErrCancelled):
		return ObservationEnd{}, false // an older registration, which a newer one has replaced
	case errors.As(f.Err, &critical):
		return end, true // the peer would say the same again
	case f.ID != g.asked:
		return ObservationEnd{}, false
	}
	switch event := g.machine.Unanswered(g.engine.clock.Now()).(type) {
	case observe.Lost, observe.Cancelled:
		return end, true
	case observe.Unconfirmed:
		if g.leaving {
			return end, true
		}
		g.asked = g.registered // notifications belong to that again
		g.tell(Unconfirmed{Err: f.Err, Reregister: event.Next})
	case nil:
		g.asked = g.registered
		return end, g.leaving
	}
	return ObservationEnd{}, false
}

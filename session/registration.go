package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/observe"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// ErrSuperseded is why the rest of a notification's body was not fetched: a newer one came meanwhile.
var ErrSuperseded = errors.New("a newer notification came before the whole body of this one (RFC 7959 §2.6)")

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

	registered exchange.ID // the exchange that notifications belong to
	asked      exchange.ID // the newest request, whose failure counts
	result     Response    // of that request
	again      bool        // it is not the first
	leaving    bool        // the last member has cancelled
	echoed     bool        // a 4.01 was answered with its Echo value

	fetching *fetch
}

// fetch is the rest of a body on its way (RFC 7959 §3.4).
type fetch struct {
	cancel context.CancelFunc
	done   chan struct{}
	first  protocol.Message
	then   func(whole protocol.Message, err error) (ObservationEnd, bool)
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

// join makes the observation a member of the registration for its target.
func (s *registrations) join(e *Engine, r Request, o *Observation) error {
	target := ""
	if !r.FixedToken && r.Message.Token.Len() == 0 {
		target = r.To.String() + " " + string(cacheKey(&r.Message))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if shared := s.byTarget[target]; shared != nil {
		o.registration = shared
		shared.queue.put(join{o})
		return nil
	}
	if r.Body != nil {
		if r.BodySize > transport.MaxDatagram {
			return fmt.Errorf("the request of an observation is one message: its body of %d bytes is too long (RFC 7959 §2.6)", r.BodySize)
		}
		r.Message.Payload = make([]byte, r.BodySize)
		if _, err := io.ReadFull(io.NewSectionReader(r.Body, 0, r.BodySize), r.Message.Payload); err != nil {
			return fmt.Errorf("read the body of the request: %w", err)
		}
	}
	if r.BlockSize > 0 { // who chooses a size means it from the first notification on
		block := protocol.Block{SZX: protocol.SZXFor(r.BlockSize)}
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

// send begins an exchange: of a registration, which stays open, or a deregistration.
func (g *registration) send(m protocol.Message, keepOpen bool) error {
	r := &g.request
	id, err := g.engine.start(exchange.Send{
		To: r.To, Message: m, KeepOpen: keepOpen, Timeout: r.Timeout,
		FixedToken:     r.FixedToken || m.Token.Len() > 0,
		FixedMessageID: r.FixedMessageID && !g.again, ReuseMessageID: r.ReuseMessageID && !g.again,
		Transmission: r.Transmission, Identifiers: r.Identifiers,
	}, g.queue, nil)
	if err != nil {
		return err
	}
	g.asked, g.result = id, Response{}
	if keepOpen {
		previous := g.registered
		g.registered = id
		if previous != 0 {
			g.engine.cancel(previous)
		}
	}
	return nil
}

func (g *registration) run() {
	end := g.loop()
	g.leaving = true
	for !g.engine.observed.close(g) { // who joined last hears of the end
		g.take(g.queue.take())
	}
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
		item, err := g.next()
		if err != nil { // the machine's deadline
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

// next waits for the next item, or for the machine's deadline, which is an error.
func (g *registration) next() (any, error) {
	ctx := context.Background()
	if at, ok := g.machine.Deadline(); ok {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, at)
		defer stop()
	}
	return g.queue.next(ctx)
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
		if !g.leaving {
			return g.register(g.machine.Register())
		}
	case fetched:
		if item.by == g.fetching {
			g.fetching = nil
			return item.by.then(item.whole, item.err)
		}
	case exchange.Sent:
		g.machine.SetToken(item.Token)
	case exchange.Response:
		g.request.observe(item, &g.result)
		return g.response(item)
	case exchange.Failed:
		return g.failed(item)
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
	if g.leaving || item.how == Forget {
		return ObservationEnd{Cancelled: true}, true
	}
	g.leaving = true
	if item.how == Reject {
		g.machine.Forget() // nothing is registered anew; what still comes is told no more
		g.engine.reject(g.registered)
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
	g.again = true
	g.kept = slices.Delete(g.kept, 0, max(0, len(g.kept)-maxRepresentations))
	g.offered = len(g.kept)
	if err := g.send(m, true); err != nil {
		return ObservationEnd{Err: err}, true
	}
	return ObservationEnd{}, false
}

func (g *registration) advance() (ObservationEnd, bool) {
	for {
		switch event := g.machine.Advance(time.Now()).(type) {
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
	now, frame := time.Now(), trace.Seq(r.Frame)
	switch event := g.machine.Handle(now, r.Message).(type) {
	case observe.Notification:
		n := notificationOf(event, now, frame)
		// What came for the request to deregister is a notification: one that crossed it, or the peer
		// takes it for a registration. Nothing else will come; a further notification gets a Reset.
		last := r.ID == g.asked && g.asked != g.registered
		if !n.Fresh {
			g.tell(n)
			return ObservationEnd{Cancelled: true, Frame: frame}, last
		}
		g.latest = nil // until the whole body is there
		return g.whole(n.Message, func(whole protocol.Message, err error) (ObservationEnd, bool) {
			n.Message, n.Err = whole, err
			g.notified(n)
			return ObservationEnd{Cancelled: true, Frame: frame}, last
		})
	case observe.NotObservable:
		return g.whole(event.Message, func(whole protocol.Message, err error) (ObservationEnd, bool) {
			return ObservationEnd{Response: &whole, Err: err, Frame: frame}, true
		})
	case observe.Ended:
		if echo, ok := event.Message.Options.First(protocol.Echo); ok && event.Message.Code == protocol.Unauthorized &&
			g.request.Echo == EchoAutomatic && !g.echoed {
			g.echoed = true
			g.machine.Echo(bytes.Clone(echo))
			return g.register(g.machine.Register())
		}
		return ObservationEnd{Response: &event.Message, Frame: frame}, true
	case observe.Cancelled:
		return ObservationEnd{Response: event.Message, Cancelled: true, Frame: frame}, true
	}
	return ObservationEnd{}, false
}

// notified tells a fresh notification with its whole body, and keeps that if it may be selected later.
func (g *registration) notified(n Notification) {
	if etag, ok := n.Message.Options.First(protocol.ETag); ok && n.Err == nil && g.request.Cache != NoCache {
		i := slices.IndexFunc(g.kept, func(r representation) bool { return bytes.Equal(r.etag, etag) })
		switch {
		case n.Message.Code == protocol.Valid && i >= 0:
			n.Selected = true
			n.Message.Payload = g.kept[i].message.Payload
			if format, ok := g.kept[i].message.Options.First(protocol.ContentFormatOption); ok {
				n.Message.Options = n.Message.Options.Set(protocol.ContentFormatOption, format)
			}
		case n.Message.Code != protocol.Valid:
			g.keep(i, representation{bytes.Clone(etag), n.Message.Clone()})
		}
	}
	g.latest = &n
	g.tell(n)
}

// keep keeps a representation, in place of the one at i if that is not negative, and names the newest in the
// next registration. Those that the server knows of are kept until then.
func (g *registration) keep(i int, r representation) {
	switch {
	case i >= 0:
		g.kept[i] = r
	case len(g.kept) == g.offered+maxRepresentations:
		g.kept = slices.Delete(g.kept, g.offered, g.offered+1)
		fallthrough
	default:
		g.kept = append(g.kept, r)
	}
	newest := g.kept[max(0, len(g.kept)-maxRepresentations):]
	etags := make([][]byte, len(newest))
	for i := range newest {
		etags[i] = newest[i].etag
	}
	g.machine.Offer(etags)
}

// whole calls then with the whole body: at once if the first message has it, else when the rest was
// fetched (RFC 7959 §3.4). What was being fetched before is given up for it.
func (g *registration) whole(first protocol.Message, then func(protocol.Message, error) (ObservationEnd, bool)) (ObservationEnd, bool) {
	if old := g.fetching; old != nil {
		g.stopFetching()
		if end, over := old.then(old.first, ErrSuperseded); over {
			return end, true
		}
	}
	request := g.request.Message
	request.Type, request.Token = protocol.Confirmable, protocol.Token{}
	request.Options = request.Options.Without(protocol.Observe).Without(protocol.Block2)
	t, step := blockwise.Continue(blockwise.Config{BlockSize: g.request.BlockSize}, request, first)
	if done, ok := step.(blockwise.Done); ok {
		return then(done.Response, nil)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &fetch{cancel, make(chan struct{}), first, then}
	g.fetching = f
	rest := Request{To: g.request.To, Message: request, Transmission: g.request.Transmission, Identifiers: g.request.Identifiers}
	go func() {
		defer close(f.done)
		defer cancel()
		result, err := g.engine.run(ctx, &rest, t, step, new(Response))
		whole := first
		if err == nil {
			whole = result.Message
		}
		g.queue.put(fetched{f, whole, err})
	}()
	return ObservationEnd{}, false
}

func (g *registration) stopFetching() {
	if g.fetching != nil {
		g.fetching.cancel()
		<-g.fetching.done
		g.fetching = nil
	}
}

func (g *registration) failed(f exchange.Failed) (ObservationEnd, bool) {
	switch {
	case errors.Is(f.Err, ErrClosed):
		return ObservationEnd{Err: f.Err}, true
	case errors.Is(f.Err, exchange.ErrRejected):
		return ObservationEnd{Cancelled: true, Frame: trace.Seq(f.Frame)}, true
	case f.ID != g.asked:
		return ObservationEnd{}, false // an older registration, which a newer one has replaced
	}
	switch event := g.machine.Unanswered(time.Now()).(type) {
	case observe.Lost:
		return ObservationEnd{Err: f.Err, Frame: trace.Seq(f.Frame)}, true
	case observe.Cancelled:
		return ObservationEnd{Err: f.Err, Cancelled: true}, true
	case observe.Silence:
		g.tell(Stalled{event.Next})
	case nil:
		// A notification that cannot be accepted: the exchange that others would belong to is closed.
		return ObservationEnd{Err: f.Err, Cancelled: g.leaving, Frame: trace.Seq(f.Frame)}, true
	}
	return ObservationEnd{}, false
}

// cacheKey is what the target of a request is told apart by (RFC 7641 §3.1, RFC 7252 §5.6): the method and
// all options that are part of the cache key; of a FETCH its body too (RFC 8132 §2).
func cacheKey(m *protocol.Message) []byte {
	key := []byte{byte(m.Code)}
	for _, o := range m.Options {
		if !o.Number.NoCacheKey() && o.Number != protocol.Observe && o.Number != protocol.ETag {
			key = append(key, byte(o.Number>>8), byte(o.Number), byte(len(o.Value)>>8), byte(len(o.Value)))
			key = append(key, o.Value...)
		}
	}
	return append(key, m.Payload...)
}

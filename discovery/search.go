package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"coapscope/protocol"
)

// Event is what a search tells as it goes: [Round], [Progress], [Refused], [Answered], [Found], [Failed], [Advertised] or
// [Withdrawn].
type Event interface{ event() }

// Round tells that a round begins.
type Round struct{ N, Of int }

// Progress tells how many of the targets have been asked to the end, and how many answered.
type Progress struct{ Done, Of, Answered int }

// Refused tells that something could not be sent. It is not tried again.
type Refused struct {
	Ask Ask
	Err error
}

// Answered tells that a device has answered, and is asked for the rest of its links. A [Found]
// follows, and a [Failed] where the rest could not be had: then it is found with a part of them.
type Answered struct{ Endpoint netip.AddrPort }

// Found tells of a device.
type Found struct {
	Device Device
	Round  int           // which it answered first; 0 where DNS-SD told of it, and it was asked by itself
	After  time.Duration // from the request to the answer; to multicast most of it is the leisure
}

// Failed tells that the rest of a device's links could not be had, or that a host which was named by itself, not in a
// range, does not answer. Where the device answers a later round, the links are asked for again.
type Failed struct {
	Endpoint netip.AddrPort // not valid for a name that is not known
	Err      error
	// Advertised tells that the device does not answer though it says by DNS-SD that it is there.
	Advertised bool
}

// Advertised tells of a device that says by DNS-SD that it is there, for [Devices.Advertise]. Where this program can talk to it, a [Found]
// or [Failed] follows, or came before. It is told again when there is more to say of it.
type Advertised struct{ Device Device }

// Withdrawn tells that a device has said that it is not there any more, for [Devices.Withdrawn].
type Withdrawn struct{ Device Device }

func (Round) event()      {}
func (Progress) event()   {}
func (Refused) event()    {}
func (Answered) event()   {}
func (Found) event()      {}
func (Failed) event()     {}
func (Advertised) event() {}
func (Withdrawn) event()  {}

// Outcome is what a search came to.
type Outcome struct {
	Sent      int // requests, without those for the rest of links
	Answers   int // to them, all rounds and interfaces counted
	Endpoints int // that answered, each once

	// Group estimates how many devices there are, by how many answered the last round that had answered before, and had
	// not; 0 where there is nothing to tell from.
	Group int
	// Leisure estimates the time in which they answer, by the latest answers to a round; 0 without any.
	Leisure time.Duration
	// Size is the mean size of an answer's payload, in bytes.
	Size int
}

// Run carries out a plan. It tells of each device as it answers, each endpoint once, never two events at the same time,
// and returns when the wait is over and all that answered have been asked for the rest. The error is that of sending,
// where nothing could be sent at all, or that of the context.
func (f *Finder) Run(ctx context.Context, p Plan, tell func(Event)) (Outcome, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &search{
		finder: f, plan: p, ctx: ctx, stop: cancel, tell: tell,
		free: make(chan struct{}, parallel), seen: make(map[netip.AddrPort]*sighting), refused: make([]error, len(p.Asks)+len(p.Browses)),
	}
	var asking, browsing sync.WaitGroup
	s.browse(waiting, &browsing)
	for n := 1; n <= p.Rounds && len(p.Asks) > 0 && waiting.Err() == nil; n++ {
		s.say(Round{n, p.Rounds})
		for i := range p.Asks {
			if s.refusal(i) != nil {
				continue
			}
			asking.Go(func() { s.ask(waiting, i, n) })
		}
		if n < p.Rounds {
			s.sleep(waiting, p.Every)
		}
	}
	if len(p.Asks) > 0 {
		s.await(waiting)
	}
	s.sweep(waiting)
	browsing.Wait()
	cancel()
	asking.Wait()
	s.fetching.Wait()
	if err := s.refusedAll(); err != nil {
		return s.outcome(), fmt.Errorf("search: %w", err)
	}
	return s.outcome(), ctx.Err()
}

// search is a plan that is carried out.
type search struct {
	finder   *Finder
	plan     Plan
	ctx      context.Context
	stop     func() // ends the waiting for answers
	fetching sync.WaitGroup
	free     chan struct{}

	telling sync.Mutex
	tell    func(Event)

	mu      sync.Mutex
	seen    map[netip.AddrPort]*sighting
	refused []error // why an ask could not be sent, by its place in the plan; behind them those of DNS-SD
	sent    int
	answers int
	bytes   int
	latest  time.Duration // after which the last answer to a round came
	newest  time.Time     // when somebody answered for the first time
}

// sighting is what is known of an endpoint that answered.
type sighting struct {
	done   bool   // told of, or being fetched
	rounds uint32 // the bits of those that it answered
}

func (s *search) say(e Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.tell(e)
}

func (s *search) refusal(ask int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[ask]
}

func (s *search) allRefused() bool { return s.refusedAll() != nil }

// refusedAll gives why nothing could be sent; nil where something could.
func (s *search) refusedAll() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plan.Targets) > 0 {
		return nil
	}
	for _, err := range s.refused {
		if err == nil {
			return nil
		}
	}
	return errors.Join(s.refused...)
}

// ask sends a request and takes the answers until the context ends.
func (s *search) ask(ctx context.Context, at, round int) {
	a := s.plan.Asks[at]
	s.mu.Lock()
	s.sent++
	s.mu.Unlock()
	err := s.finder.Asker.AskGroup(ctx, a.To, a.By, a.HopLimit, request(protocol.NonConfirmable, s.plan.Filters),
		func(from netip.AddrPort, response protocol.Message, after time.Duration) {
			s.answered(a, round, unmap(from), response, after)
		})
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.sent--
	s.mu.Unlock()
	s.refuse(at, a, err)
}

// refuse notes that an ask of the plan cannot be sent.
func (s *search) refuse(at int, a Ask, err error) {
	s.mu.Lock()
	told := s.refused[at] != nil
	s.refused[at] = err
	s.mu.Unlock()
	if !told {
		s.say(Refused{a, err})
	}
	if s.allRefused() {
		s.stop()
	}
}

// maxFound is how many endpoints a search takes: on a hostile network any datagram may come from another one.
const maxFound = maxTargets

// answered takes an answer to a round.
func (s *search) answered(a Ask, round int, from netip.AddrPort, response protocol.Message, after time.Duration) {
	s.mu.Lock()
	s.answers++
	s.bytes += len(response.Payload)
	s.latest = max(s.latest, after)
	known := s.seen[from]
	if known == nil {
		if len(s.seen) >= maxFound {
			s.mu.Unlock()
			return
		}
		known = new(sighting)
		s.seen[from] = known
		s.newest = s.finder.now()
	}
	known.rounds |= 1 << round
	again := known.done
	known.done = true
	s.mu.Unlock()
	if again {
		return
	}
	if b, ok := response.Options.Block(protocol.Block2); !ok || !b.More && b.Num == 0 {
		s.found(a, round, s.finder.device(from, response, len(s.plan.Filters) > 0), after)
		return
	}
	s.say(Answered{from})
	first := response.Clone()
	s.fetching.Go(func() {
		whole, err := s.fetch(from, first)
		if err != nil {
			s.mu.Lock()
			known.done = false
			s.mu.Unlock()
			// It has answered, so it is there, with the links of the first block.
			d := s.finder.device(from, first, true)
			d.Problem = fmt.Errorf("not all of its links could be read: %w", err)
			if s.ctx.Err() != nil {
				d.Problem = errStopped
			}
			s.found(a, round, d, after)
			s.say(Failed{Endpoint: from, Err: fmt.Errorf("the rest of the links of %s: %w", EndpointText(from), err)})
			return
		}
		s.found(a, round, s.finder.device(from, whole, len(s.plan.Filters) > 0), after)
	})
}

// errStopped stands in a device whose links were still being read when the user ended the search.
var errStopped = errors.New("not all of its links were read: the search was stopped")

func (s *search) found(a Ask, round int, d Device, after time.Duration) {
	if a.By != nil {
		d.Interface = a.By.Name
	}
	s.say(Found{d, round, after})
}

// fetch gets the rest of the links by unicast (RFC 7959 §2.8).
func (s *search) fetch(from netip.AddrPort, first protocol.Message) (whole protocol.Message, err error) {
	select {
	case s.free <- struct{}{}:
		defer func() { <-s.free }()
	case <-s.ctx.Done():
		return whole, s.ctx.Err()
	}
	return s.finder.Asker.AskRest(s.ctx, from, request(protocol.Confirmable, s.plan.Filters), first)
}

// await waits for the answers to the last round, and goes on while devices still answer for the first time: their
// leisure is longer than was thought.
func (s *search) await(ctx context.Context) {
	for wait, most := s.plan.Wait, 4*s.plan.Wait; wait > 0 && most > 0; {
		most -= wait
		if !s.sleep(ctx, wait) {
			return
		}
		s.mu.Lock()
		wait = way - s.finder.now().Sub(s.newest)
		s.mu.Unlock()
	}
}

// sleep is false where the context ends before.
func (s *search) sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *search) outcome() Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := Outcome{Sent: s.sent, Answers: s.answers, Endpoints: len(s.seen)}
	if o.Answers == 0 {
		return o
	}
	o.Size = s.bytes / o.Answers
	last, before, both, grouped := 0, 0, 0, 0
	for _, known := range s.seen {
		if known.rounds != 0 {
			grouped++
		}
		now, earlier := known.rounds>>s.plan.Rounds&1 == 1, known.rounds&(1<<s.plan.Rounds-1) != 0
		if now {
			last++
		}
		if earlier {
			before++
		}
		if now && earlier {
			both++
		}
	}
	// Answers are spread evenly over the leisure, so that the latest of n is 1/(n+1) of it before its end.
	o.Leisure = s.latest + s.latest/time.Duration(max(1, grouped))
	if len(s.plan.Asks) == 0 {
		return o
	}
	if s.plan.Rounds > 1 { // capture and recapture, by Chapman
		o.Group = (last+1)*(before+1)/(both+1) - 1
	}
	o.Group = max(o.Group, o.Endpoints)
	return o
}

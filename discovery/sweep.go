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

const (
	// DefaultRate of a plan for targets is so low that no network minds.
	DefaultRate = 20
	maxRate     = 1000

	// targetPatience is how long a target may be silent: it is asked a second time after 2 to 3 s (RFC 7252 §4.2), and
	// would be a third time after 6 s at the earliest.
	targetPatience = 5500 * time.Millisecond
	targetTries    = 2
)

// Plan makes the plan of asking each target, so many a second, 0 for DefaultRate, for the links that the filters select.
func (ts Targets) Plan(rate int, filters ...string) (Plan, error) {
	p := Plan{Targets: ts, Rate: rate, Filters: filters}
	if rate == 0 {
		p.Rate = DefaultRate
	}
	switch {
	case p.Rate < 0 || p.Rate > maxRate:
		return p, fmt.Errorf("%d hosts a second: ask 1 to %d", rate, maxRate)
	case len(ts) == 0:
		return p, errors.New("there are no hosts to ask")
	}
	return p, p.setFilters(filters)
}

// pace is the time from a target to the next.
func (p Plan) pace() time.Duration { return time.Second / time.Duration(max(1, p.Rate)) }

// sweep asks the targets, and comes back when the last has answered or been silent for long enough.
func (s *search) sweep(ctx context.Context) {
	of := s.plan.Targets.Count()
	if of == 0 {
		return
	}
	var (
		asking sync.WaitGroup
		mu     sync.Mutex
		done   Progress
		asked  = make(map[netip.AddrPort]bool)
	)
	done.Of = of
	end := func(answered bool) {
		mu.Lock()
		defer mu.Unlock() // so that progress is told in order
		done.Done++
		if answered {
			done.Answered++
		}
		s.say(done)
	}
	first := true
	for endpoint, target := range s.plan.Targets.endpoints() {
		if !first && !s.sleep(ctx, s.plan.pace()) || ctx.Err() != nil {
			break
		}
		first = false
		if endpoint.IsValid() {
			if asked[endpoint] {
				end(false)
				continue
			}
			asked[endpoint] = true
		}
		asking.Go(func() { end(s.target(ctx, endpoint, target)) })
	}
	asking.Wait()
}

// target asks one, and tells whether it answers.
func (s *search) target(ctx context.Context, endpoint netip.AddrPort, t Target) bool {
	if t.Name != "" {
		addrs, err := s.finder.resolve(ctx, t.Name)
		if err == nil && len(addrs) == 0 {
			err = errors.New("no address")
		}
		if err != nil {
			if ctx.Err() == nil {
				s.say(Failed{Endpoint: endpoint, Err: fmt.Errorf("host %q: %w", t.Name, err)})
			}
			return false
		}
		endpoint = unmap(netip.AddrPortFrom(addrs[0], t.Port))
	}
	bounded, cancel := context.WithTimeout(ctx, targetPatience)
	defer cancel()
	s.mu.Lock()
	s.sent++
	s.mu.Unlock()
	begin := s.finder.now()
	response, err := s.finder.Asker.AskOnce(bounded, endpoint, request(protocol.Confirmable, s.plan.Filters))
	switch {
	case err == nil:
		s.answered(Ask{To: endpoint}, 1, endpoint, response, s.finder.now().Sub(begin))
		return true
	case ctx.Err() == nil && t.Count() == 1:
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %v", targetPatience)
		}
		s.say(Failed{Endpoint: endpoint, Err: fmt.Errorf("%s: %w", EndpointText(endpoint), err)})
	}
	return false
}

package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"coapscope/discovery/dnssd"
	"coapscope/protocol"
)

// maxAddressesAsked is how many addresses of a host are tried, one after the other.
const maxAddressesAsked = 3

// browse looks for devices by DNS-SD, on each interface of the plan.
func (s *search) browse(ctx context.Context, browsing *sync.WaitGroup) {
	look := s.finder.Browse
	if look == nil {
		look = dnssd.Browse
	}
	links := make(map[int][]int) // places in the plan by the index of the interface
	var order []int
	for i, b := range s.plan.Browses {
		if links[b.By.Index] == nil {
			order = append(order, b.By.Index)
		}
		links[b.By.Index] = append(links[b.By.Index], i)
	}
	for _, index := range order {
		places := links[index]
		by := *s.plan.Browses[places[0]].By
		var groups []netip.Addr
		for _, i := range places {
			groups = append(groups, s.plan.Browses[i].To.Addr().WithZone(""))
		}
		browsing.Go(func() {
			err := look(ctx, by, groups, s.plan.Services, func(e dnssd.Event) { s.heard(by, places, e) })
			if err != nil && ctx.Err() == nil {
				for _, i := range places {
					s.refuse(len(s.plan.Asks)+i, s.plan.Browses[i], err)
				}
			}
		})
	}
}

// heard takes what DNS-SD tells on an interface.
func (s *search) heard(by net.Interface, places []int, e dnssd.Event) {
	switch e := e.(type) {
	case dnssd.Refused:
		for _, i := range places {
			if a := s.plan.Browses[i]; a.To.Addr().WithZone("") == e.Group {
				s.refuse(len(s.plan.Asks)+i, a, fmt.Errorf("DNS-SD: %w", e.Err))
			}
		}
	case dnssd.Gone:
		s.say(Withdrawn{s.finder.advertised(e.Instance, by.Name)})
	case dnssd.Found:
		d := s.finder.advertised(e.Instance, by.Name)
		s.say(Advertised{d})
		if !d.unspoken() {
			s.fetching.Go(func() { s.visit(s.ctx, d) }) // also when the time to listen is over
		}
	}
}

// visit asks a device that DNS-SD told of for its links, at one address after the other until it answers.
func (s *search) visit(ctx context.Context, d Device) {
	var problem error
	for i, e := range d.endpoints() {
		if i == maxAddressesAsked {
			break
		}
		known, claimed := s.claim(e)
		if !claimed {
			return // it has answered, or is being asked
		}
		whole, rtt, err := s.links(ctx, e)
		if err == nil {
			found := s.finder.device(e, whole, len(s.plan.Filters) > 0)
			found.RTT = rtt
			s.say(Found{found, 0, rtt})
			return
		}
		s.mu.Lock()
		known.done = false
		if known.rounds == 0 {
			delete(s.seen, e)
		}
		s.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		if problem == nil {
			problem = err
		}
	}
	s.say(Failed{d.Endpoint, fmt.Errorf("%s says by DNS-SD that it is there: %w", d.Name, problem), true})
}

// claim takes it upon itself to ask an endpoint. It is false where that was done.
func (s *search) claim(e netip.AddrPort) (*sighting, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.seen[e]
	if known == nil {
		known = new(sighting)
		s.seen[e] = known
	}
	if known.done {
		return known, false
	}
	known.done = true
	return known, true
}

// links asks an endpoint for its links.
func (s *search) links(ctx context.Context, e netip.AddrPort) (whole protocol.Message, rtt time.Duration, err error) {
	select {
	case s.free <- struct{}{}:
	case <-ctx.Done():
		return whole, 0, ctx.Err()
	}
	bounded, cancel := context.WithTimeout(ctx, targetPatience)
	defer cancel()
	s.mu.Lock()
	s.sent++
	s.mu.Unlock()
	begin := s.finder.now()
	first, err := s.finder.Asker.AskOnce(bounded, e, request(protocol.Confirmable, s.plan.Filters))
	<-s.free
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer from %s within %v", EndpointText(e), targetPatience)
		}
		return whole, 0, err
	}
	rtt = s.finder.now().Sub(begin)
	if b, ok := first.Options.Block(protocol.Block2); ok && (b.More || b.Num > 0) {
		first, err = s.fetch(e, first.Clone())
	}
	return first, rtt, err
}

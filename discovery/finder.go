package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Asker is what discovery needs of an engine.
type Asker interface {
	// Ask gives the response to a request, with its whole body.
	Ask(ctx context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error)
	// AskRest does the same where the first block of the response has come already
	// (RFC 7959 §2.8): it asks for the other blocks only.
	AskRest(ctx context.Context, to netip.AddrPort, request, first protocol.Message) (protocol.Message, error)
	// AskGroup sends a NON to a multicast group by the interface, and calls each, from one goroutine,
	// for every response until the context ends, which is no error. A response may be the first block
	// of more, and is valid during the call only.
	AskGroup(ctx context.Context, group netip.AddrPort, via *net.Interface, request protocol.Message, each func(from netip.AddrPort, response protocol.Message, rtt time.Duration)) error
}

// DefaultWait is how long answers to a multicast request are waited for: DEFAULT_LEISURE, within
// which servers answer (RFC 7252 §8.2), and a second for the way.
const DefaultWait = 6 * time.Second

// parallel is how many devices are asked for the rest of their links at the same time.
const parallel = 16

// Finder asks for devices. Its fields must not change while it is used; it may be used by several
// goroutines.
type Finder struct {
	Asker Asker
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Scan is a search by multicast.
type Scan struct {
	Group     netip.AddrPort // such as one of [Interface.Groups]
	Interface *net.Interface // to send by; nil for the system's choice
	// Filter selects links, such as rt=temperature* (RFC 6690 §4.1); empty for all.
	Filter string
	// Wait is how long to wait for answers; 0 for DefaultWait.
	Wait time.Duration
	// Again is after what time to ask once more, because nobody acknowledges multicast and a datagram
	// may be lost; 0 for never.
	Again time.Duration
}

// Event is what a scan tells as it goes: [Answered], [Found] or [Failed].
type Event interface{ event() }

// Answered tells that a device has answered, and is asked for the rest of its links. A [Found] or
// [Failed] follows.
type Answered struct{ Endpoint netip.AddrPort }

// Found tells of a device.
type Found struct {
	Device Device
	After  time.Duration // from the multicast request to the answer, most of it the leisure
}

// Failed tells that the rest of a device's links could not be had.
type Failed struct {
	Endpoint netip.AddrPort
	Err      error
}

func (Answered) event() {}
func (Found) event()    {}
func (Failed) event()   {}

// ResponseError is an answer to the request for /.well-known/core that has no links.
type ResponseError struct {
	Code   protocol.Code
	Reason string // what else is wrong; empty where the code says it all
}

func (e *ResponseError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("/.well-known/core: %s (RFC 7252 §7.2)", e.Reason)
	}
	return fmt.Sprintf("/.well-known/core: the device answers %v; ask it for a path that it has (RFC 7252 §7.2)", e.Code)
}

func (f *Finder) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// request asks for the links that the filter selects.
func request(typ protocol.Type, filter string) protocol.Message {
	m := protocol.Message{Type: typ, Code: protocol.GET}
	m.Options = m.Options.Add(protocol.URIPath, []byte(".well-known")).Add(protocol.URIPath, []byte("core"))
	if filter != "" {
		m.Options = m.Options.Add(protocol.URIQuery, []byte(filter))
	}
	return m
}

// Host asks one device. A device that answers, but has no links to give, is no error: the answer
// stands in [Device.Problem].
func (f *Finder) Host(ctx context.Context, endpoint netip.AddrPort) (Device, error) {
	endpoint = unmap(endpoint)
	response, err := f.Asker.Ask(ctx, endpoint, request(protocol.Confirmable, ""))
	if err != nil {
		return Device{}, fmt.Errorf("discover %s: %w", EndpointText(endpoint), err)
	}
	return f.device(endpoint, response, false), nil
}

// Multicast asks a group. It tells of each device as it answers, each endpoint once, never two
// events at the same time, and returns when the wait is over and all that answered have been asked
// for the rest. The error is that of sending, or of the context.
func (f *Finder) Multicast(ctx context.Context, scan Scan, tell func(Event)) error {
	if scan.Filter != "" {
		if _, err := linkformat.ParseFilter(scan.Filter); err != nil {
			return err
		}
	}
	if !scan.Group.Addr().IsMulticast() {
		return fmt.Errorf("%s is not a multicast group; ask it as a host (RFC 7252 §8)", scan.Group)
	}
	if scan.Wait == 0 {
		scan.Wait = DefaultWait
	}
	var (
		told sync.Mutex
		busy sync.WaitGroup
		free = make(chan struct{}, parallel)
		seen sync.Map // of endpoints; both rounds look at it
	)
	say := func(e Event) {
		told.Lock()
		defer told.Unlock()
		tell(e)
	}
	found := func(from netip.AddrPort, response protocol.Message, after time.Duration) {
		d := f.device(from, response, scan.Filter != "")
		if scan.Interface != nil {
			d.Interface = scan.Interface.Name
		}
		say(Found{d, after})
	}
	waiting, cancel := context.WithTimeout(ctx, scan.Wait)
	defer cancel()
	answered := func(from netip.AddrPort, response protocol.Message, after time.Duration) {
		from = unmap(from)
		if _, known := seen.LoadOrStore(from, true); known {
			return
		}
		if b, ok := response.Options.Block(protocol.Block2); !ok || !b.More && b.Num == 0 {
			found(from, response, after)
			return
		}
		say(Answered{from})
		first := response.Clone()
		busy.Go(func() {
			select {
			case free <- struct{}{}:
				defer func() { <-free }()
			case <-ctx.Done():
				say(Failed{from, ctx.Err()})
				return
			}
			whole, err := f.Asker.AskRest(ctx, from, request(protocol.Confirmable, scan.Filter), first)
			if err != nil {
				say(Failed{from, fmt.Errorf("the rest of the links of %s: %w", EndpointText(from), err)})
				return
			}
			found(from, whole, after)
		})
	}
	ask := func() error {
		return f.Asker.AskGroup(waiting, scan.Group, scan.Interface, request(protocol.NonConfirmable, scan.Filter), answered)
	}
	var again sync.WaitGroup
	if scan.Again > 0 {
		again.Go(func() {
			select {
			case <-time.After(scan.Again):
				_ = ask() // what is wrong with the group, the first round tells
			case <-waiting.Done():
			}
		})
	}
	err := ask()
	if err != nil {
		cancel()
	}
	again.Wait()
	busy.Wait()
	if err != nil {
		return fmt.Errorf("discover at %s: %w", scan.Group, err)
	}
	return ctx.Err()
}

// unmap writes an IPv4 address in an IPv6 one as what it is, so that an endpoint has one key.
func unmap(e netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(e.Addr().Unmap(), e.Port())
}

// device makes a device of the answer to the request for its links.
func (f *Finder) device(endpoint netip.AddrPort, response protocol.Message, filtered bool) Device {
	d := Device{Endpoint: endpoint, Seen: f.now(), Partial: filtered}
	format, hasFormat := response.ContentFormat()
	switch {
	case response.Code != protocol.Content:
		d.Problem = &ResponseError{Code: response.Code}
	case hasFormat && format != protocol.LinkFormat:
		d.Problem = &ResponseError{response.Code, fmt.Sprintf("expected application/link-format, got %v", format)}
	default:
		d.Links, d.Problem = linkformat.Parse(response.Payload)
		var mistakes linkformat.ParseErrors
		if errors.As(d.Problem, &mistakes) && mistakes.Lost() {
			d.Partial = true
		}
	}
	d.build()
	return d
}

package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"coapscope/discovery/dnssd"
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
	// AskOnce gives the response to one exchange: it may be the first block of more.
	AskOnce(ctx context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error)
	// AskGroup sends a NON to a multicast group by the interface with that hop limit, and calls each, from one goroutine,
	// for every response until the context ends, which is no error. A response may be the first block
	// of more, and is valid during the call only.
	AskGroup(ctx context.Context, group netip.AddrPort, via *net.Interface, hopLimit int, request protocol.Message, each func(from netip.AddrPort, response protocol.Message, rtt time.Duration)) error
}

// maxLinks is how many bytes of links are read: each link takes many times its bytes in memory.
const maxLinks = 4 << 20

func tooLong(links []byte) string {
	return fmt.Sprintf("%d bytes of links are more than are read, which is %d", len(links), maxLinks)
}

// parallel is how many devices are asked for the rest of their links at the same time.
const parallel = 16

// Finder asks for devices. Its fields must not change while it is used; it may be used by several
// goroutines.
type Finder struct {
	Asker Asker
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Resolve finds the addresses of a host, those that are preferred first; nil for the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// Hardware gives the address of the interface that has an address on the link, where it is known; nil for nothing
	// known, or [Neighbours.Hardware].
	Hardware func(netip.Addr) string
	// Browse looks for services by DNS-SD on the link of an interface; nil for [dnssd.Browse].
	Browse func(ctx context.Context, by net.Interface, groups []netip.Addr, services []string, tell func(dnssd.Event)) error
}

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

func (f *Finder) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if f.Resolve != nil {
		return f.Resolve(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// request asks for the links that the filters select.
func request(typ protocol.Type, filters []string) protocol.Message {
	m := protocol.Message{Type: typ, Code: protocol.GET}
	m.Options = m.Options.Add(protocol.URIPath, []byte(".well-known")).Add(protocol.URIPath, []byte("core"))
	for _, filter := range filters {
		m.Options = m.Options.Add(protocol.URIQuery, []byte(filter))
	}
	return m
}

// Host asks one device. A device that answers, but has no links to give, is no error: the answer
// stands in [Device.Problem].
func (f *Finder) Host(ctx context.Context, endpoint netip.AddrPort) (Device, error) {
	endpoint = unmap(endpoint)
	response, err := f.Asker.Ask(ctx, endpoint, request(protocol.Confirmable, nil))
	if err != nil {
		return Device{}, fmt.Errorf("discover %s: %w", EndpointText(endpoint), err)
	}
	return f.device(endpoint, response, false), nil
}

// unmap writes an IPv4 address in an IPv6 one as what it is, so that an endpoint has one key.
func unmap(e netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(e.Addr().Unmap(), e.Port())
}

// device makes a device of the answer to the request for its links.
func (f *Finder) device(endpoint netip.AddrPort, response protocol.Message, filtered bool) Device {
	d := Device{Endpoint: endpoint, Seen: f.now(), Partial: filtered}
	if f.Hardware != nil {
		d.Hardware = f.Hardware(endpoint.Addr())
	}
	format, hasFormat := response.ContentFormat()
	switch {
	case response.Code != protocol.Content:
		d.Problem = &ResponseError{Code: response.Code}
	case hasFormat && format != protocol.LinkFormat:
		d.Problem = &ResponseError{response.Code, fmt.Sprintf("expected application/link-format, got %v", format)}
	case len(response.Payload) > maxLinks:
		d.Partial, d.Problem = true, &ResponseError{response.Code, tooLong(response.Payload)}
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

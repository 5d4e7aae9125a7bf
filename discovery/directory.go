package discovery

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Directory is a resource directory (RFC 9176): the URIs of its interfaces, empty for one that it does not have.
type Directory struct {
	Endpoint     netip.AddrPort // that told of it
	Registration string         // core.rd
	Endpoints    string         // core.rd-lookup-ep
	Resources    string         // core.rd-lookup-res
}

// NoDirectoryError tells that a device has no resource directory.
type NoDirectoryError struct{ Endpoint netip.AddrPort }

func (e *NoDirectoryError) Error() string {
	return fmt.Sprintf("%s has no link with rt=core.rd*: it is no resource directory (RFC 9176 §4.3)", EndpointText(e.Endpoint))
}

// Directory gives what the links of the device say of a resource directory; false where they tell of none.
func (d Device) Directory() (Directory, bool) {
	dir := Directory{Endpoint: d.Endpoint}
	base := baseOf(d.Endpoint)
	for _, l := range d.Links {
		for _, rt := range l.ResourceTypes() {
			var field *string
			switch rt {
			case "core.rd":
				field = &dir.Registration
			case "core.rd-lookup-ep":
				field = &dir.Endpoints
			case "core.rd-lookup-res":
				field = &dir.Resources
			default:
				continue
			}
			if target, _, err := l.Resolve(base); err == nil && *field == "" {
				*field = target
			}
		}
	}
	return dir, dir.Registration != "" || dir.Endpoints != "" || dir.Resources != ""
}

// Directory asks a device for its resource directory (RFC 9176 §4.3). The error is a [*NoDirectoryError] where it has none.
func (f *Finder) Directory(ctx context.Context, endpoint netip.AddrPort) (Directory, error) {
	endpoint = unmap(endpoint)
	response, err := f.Asker.Ask(ctx, endpoint, request(protocol.Confirmable, []string{"rt=core.rd*"}))
	if err != nil {
		return Directory{}, fmt.Errorf("resource directory at %s: %w", EndpointText(endpoint), err)
	}
	dir, ok := f.device(endpoint, response, true).Directory()
	if !ok {
		return dir, &NoDirectoryError{endpoint}
	}
	return dir, nil
}

// Bounds of a lookup.
const (
	DefaultPage = 50     // links asked for at a time
	maxPages    = 10_000 // and so often at most
)

// Pages are the links of a lookup (RFC 9176 §6), asked for page by page. It is for one goroutine at a time.
type Pages struct {
	finder  *Finder
	uri     string
	count   int
	filters []string
	next    int
	seen    map[string]bool
	over    bool
}

// Pages begins a lookup of the links at a lookup URI of a directory that all filters select, such as rt=light*: so many at a
// time, 0 for DefaultPage. Nothing is asked yet.
func (f *Finder) Pages(uri string, count int, filters ...string) *Pages {
	if count <= 0 {
		count = DefaultPage
	}
	return &Pages{finder: f, uri: uri, count: count, filters: filters, seen: make(map[string]bool)}
}

// Over tells whether there are no further pages.
func (p *Pages) Over() bool { return p.over }

// Next asks for the next page. A directory that does not know pages gives all at once. A link that comes again, because the
// directory changed meanwhile, is left out. After an error the same page can be asked for again.
func (p *Pages) Next(ctx context.Context) (linkformat.Links, error) {
	if p.over {
		return nil, nil
	}
	links, err := p.finder.page(ctx, p.uri, append(slices.Clone(p.filters), "page="+strconv.Itoa(p.next), "count="+strconv.Itoa(p.count)))
	if err != nil {
		return nil, fmt.Errorf("page %d of %s: %w", p.next+1, p.uri, err)
	}
	var fresh linkformat.Links
	for _, l := range links {
		if key := linkKey(l); !p.seen[key] {
			p.seen[key] = true
			fresh = append(fresh, l)
		}
	}
	p.next++
	// The last page, or all there is though nobody asked for all.
	p.over = len(links) != p.count || len(fresh) == 0 || p.next == maxPages
	return fresh, nil
}

// Lookup gives all links of [Finder.Pages], one by one.
func (f *Finder) Lookup(ctx context.Context, uri string, count int, filters ...string) iter.Seq2[linkformat.Link, error] {
	return func(yield func(linkformat.Link, error) bool) {
		for p := f.Pages(uri, count, filters...); !p.Over(); {
			links, err := p.Next(ctx)
			if err != nil {
				yield(linkformat.Link{}, err)
				return
			}
			for _, l := range links {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

func (f *Finder) page(ctx context.Context, uri string, query []string) (linkformat.Links, error) {
	response, err := f.call(ctx, protocol.GET, uri, query, nil)
	if err != nil {
		return nil, err
	}
	if response.Code == protocol.NotFound {
		return nil, nil // of directories older than RFC 9176, where nothing is found
	}
	if response.Code != protocol.Content {
		return nil, codeError(response)
	}
	if format, ok := response.ContentFormat(); ok && format != protocol.LinkFormat {
		return nil, fmt.Errorf("expected application/link-format, got %v", format)
	}
	if len(response.Payload) > maxLinks {
		return nil, errors.New(tooLong(response.Payload))
	}
	links, err := linkformat.Parse(response.Payload)
	var mistakes linkformat.ParseErrors
	if errors.As(err, &mistakes) && mistakes.Lost() {
		return nil, err
	}
	return links, nil
}

// call sends a request to a URI.
func (f *Finder) call(ctx context.Context, method protocol.Code, uri string, query []string, links linkformat.Links) (protocol.Message, error) {
	u, err := protocol.ParseURI(uri)
	if err != nil {
		return protocol.Message{}, err
	}
	if u.Scheme != protocol.CoAP {
		return protocol.Message{}, fmt.Errorf("%s is reached by %s, which discovery does not speak", uri, u.Scheme)
	}
	addr, ok := u.Addr()
	if !ok {
		addrs, err := f.resolve(ctx, u.Host)
		if err == nil && len(addrs) == 0 {
			err = errors.New("no address")
		}
		if err != nil {
			return protocol.Message{}, fmt.Errorf("host %q: %w", u.Host, err)
		}
		addr = addrs[0]
	}
	u.Query = append(slices.Clone(u.Query), query...)
	m := protocol.Message{Type: protocol.Confirmable, Code: method, Options: u.Options()}
	if method == protocol.POST && links != nil {
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.LinkFormat))
		if m.Payload, err = links.Append(nil); err != nil {
			return protocol.Message{}, err
		}
	}
	return f.Asker.Ask(ctx, unmap(netip.AddrPortFrom(addr, u.Port)), m)
}

// codeError is what an answer that is no success says.
func codeError(response protocol.Message) error {
	if text := string(response.Payload); text != "" && len(text) < 200 {
		if _, ok := response.ContentFormat(); !ok { // a diagnostic payload (RFC 7252 §5.5.2)
			return fmt.Errorf("the answer is %v: %q", response.Code, text)
		}
	}
	return fmt.Errorf("the answer is %v", response.Code)
}

// baseOf gives the URI of the links of a device, with the zone by which it is reached.
func baseOf(e netip.AddrPort) string {
	return protocol.URI{Scheme: protocol.CoAP, Host: e.Addr().String(), Port: e.Port(), Path: []string{".well-known", "core"}}.String()
}

// Registrant is an endpoint that a directory told of (RFC 9176 §6.4).
type Registrant struct {
	Name   string // ep
	Sector string // d
	Type   string // et
	Base   string // URI under which its links are
	ID     string // the registration resource, only to tell one from another
}

// RegistrantOf reads a link of an endpoint lookup.
func RegistrantOf(l linkformat.Link) Registrant {
	return Registrant{Name: l.Value("ep"), Sector: l.Value("d"), Type: l.Value("et"), Base: l.Value("base"), ID: l.Target}
}

// FullName is the name that no other endpoint of the directory has.
func (r Registrant) FullName() string {
	if r.Sector == "" {
		return r.Name
	}
	return r.Name + "@" + r.Sector
}

// Endpoint gives where it is, if its base says so by an address; the zone is that of the directory, where it takes one.
func (r Registrant) Endpoint(dir netip.AddrPort) (netip.AddrPort, bool) {
	u, err := protocol.ParseURI(r.Base)
	if err != nil || u.Scheme != protocol.CoAP {
		return netip.AddrPort{}, false
	}
	addr, ok := u.Addr()
	if !ok {
		return netip.AddrPort{}, false
	}
	addr = addr.Unmap()
	if addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" {
		addr = addr.WithZone(dir.Addr().Zone())
	}
	return netip.AddrPortFrom(addr, u.Port), true
}

package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// DefaultLifetime of a registration (RFC 9176 §5).
const DefaultLifetime = 90_000 * time.Second

// Simulated is an endpoint that does not exist, to be registered at a directory.
type Simulated struct {
	Name     string        // ep, up to 63 bytes
	Sector   string        // d; empty for none
	Type     string        // et; empty for none
	Base     string        // URI under which the links are, such as coap://192.0.2.1; it has to be given
	Lifetime time.Duration // whole seconds; 0 for DefaultLifetime
	Links    linkformat.Links
}

// Registration is what a directory holds of a simulated endpoint.
type Registration struct {
	Directory Directory
	Endpoint  Simulated
	Location  string // its URI, which the directory gave
	Renewed   time.Time
	Expires   time.Time
}

// Left is how long the directory keeps it; 0 when that is over.
func (r Registration) Left(now time.Time) time.Duration { return max(0, r.Expires.Sub(now)) }

// lifetime gives it as is, or the default.
func (s Simulated) lifetime() time.Duration {
	if s.Lifetime == 0 {
		return DefaultLifetime
	}
	return s.Lifetime
}

// Check says what is wrong with it (RFC 9176 §5); nil for nothing.
func (s Simulated) Check() error {
	for what, text := range map[string]string{"endpoint name (ep)": s.Name, "sector (d)": s.Sector} {
		if len(text) > 63 {
			return fmt.Errorf("the %s has %d bytes; 63 are the most (RFC 9176 §5)", what, len(text))
		}
		for _, r := range text {
			if r < 32 || r >= 127 && r < 160 || r == utf8.RuneError {
				return fmt.Errorf("the %s has a control character, or is no UTF-8 (RFC 9176 §5)", what)
			}
		}
	}
	switch seconds := s.lifetime() / time.Second; {
	case s.Name == "":
		return errors.New("an endpoint needs a name (ep) that no other one has (RFC 9176 §5)")
	case seconds < 1 || seconds > 1<<32-1:
		return fmt.Errorf("a lifetime of %v cannot be: 1 to 4294967295 seconds (RFC 9176 §5)", s.Lifetime)
	}
	for i, l := range s.Links {
		for what, reference := range map[string]string{"target": l.Target, "anchor": l.Anchor()} {
			if reference != "" && !limited(reference) || what == "target" && reference == "" {
				return fmt.Errorf("the %s of link %d, %q: it has to be a URI, or a path from a single / on (RFC 9176 Appendix C)", what, i+1, reference)
			}
		}
	}
	u, err := protocol.ParseURI(s.Base)
	if err != nil {
		return fmt.Errorf("the base, which a third party has to give (RFC 9176 §5): %w", err)
	}
	if addr, ok := u.Addr(); ok && addr.Zone() != "" {
		return errors.New("the base must have no zone (RFC 9176 §5): another host does not know it")
	}
	return nil
}

// limited tells whether a reference can be in Limited Link Format.
func limited(reference string) bool {
	if strings.HasPrefix(reference, "/") {
		return !strings.HasPrefix(reference, "//")
	}
	u, err := url.Parse(reference)
	return err == nil && u.Scheme != ""
}

// Register registers an endpoint at a directory, in place of what it holds of that name and sector (RFC 9176 §5).
func (f *Finder) Register(ctx context.Context, dir Directory, s Simulated) (Registration, error) {
	r := Registration{Directory: dir, Endpoint: s}
	if err := s.Check(); err != nil {
		return r, err
	}
	if dir.Registration == "" {
		return r, fmt.Errorf("the directory at %s takes no registrations: it has no link with rt=core.rd", EndpointText(dir.Endpoint))
	}
	query := []string{"ep=" + s.Name, "lt=" + strconv.FormatInt(int64(s.lifetime()/time.Second), 10), "base=" + s.Base}
	if s.Sector != "" {
		query = append(query, "d="+s.Sector)
	}
	if s.Type != "" {
		query = append(query, "et="+s.Type)
	}
	links := s.Links
	if links == nil {
		links = linkformat.Links{}
	}
	begin := f.now()
	response, err := f.call(ctx, protocol.POST, dir.Registration, query, links)
	if err == nil && response.Code != protocol.Created {
		err = codeError(response)
	}
	path := response.Options.Strings(protocol.LocationPath)
	if err == nil && len(path) == 0 {
		err = errors.New("the answer has no Location-Path, without which the registration cannot be kept up (RFC 9176 §5)")
	}
	if err != nil {
		return r, fmt.Errorf("register %q at %s: %w", s.Name, dir.Registration, err)
	}
	u, err := protocol.ParseURI(dir.Registration)
	if err != nil {
		return r, err
	}
	u.Path, u.Query = path, nil
	r.Location = u.String()
	r.renewed(begin)
	return r, nil
}

// renewed starts the lifetime anew: from before the request was sent, so that it is never over sooner than is said. It is of
// the clock on the wall, as the directory's goes on while this machine sleeps.
func (r *Registration) renewed(at time.Time) {
	at = at.Round(0)
	r.Renewed, r.Expires = at, at.Add(r.Endpoint.lifetime())
}

// Update renews a registration, with another lifetime where that is not 0 (RFC 9176 §5.3.1). Where the directory does not
// do it, or has forgotten the registration, it is registered again.
func (f *Finder) Update(ctx context.Context, r Registration, lifetime time.Duration) (Registration, error) {
	var query []string
	if lifetime != 0 {
		r.Endpoint.Lifetime = lifetime
		query = append(query, "lt="+strconv.FormatInt(int64(lifetime/time.Second), 10))
	}
	if err := r.Endpoint.Check(); err != nil {
		return r, err
	}
	begin := f.now()
	response, err := f.call(ctx, protocol.POST, r.Location, query, nil)
	if err == nil && response.Code == protocol.Changed {
		r.renewed(begin)
		return r, nil
	}
	if ctx.Err() != nil {
		return r, fmt.Errorf("update %s: %w", r.Location, ctx.Err())
	}
	again, failed := f.Register(ctx, r.Directory, r.Endpoint)
	if failed != nil {
		return r, fmt.Errorf("update %s: %w", r.Location, failed)
	}
	return again, nil
}

// Unregister removes a registration (RFC 9176 §5.3.2). That the directory has none any more is no error.
func (f *Finder) Unregister(ctx context.Context, r Registration) error {
	response, err := f.call(ctx, protocol.DELETE, r.Location, nil, nil)
	if err == nil && response.Code != protocol.Deleted && response.Code != protocol.NotFound {
		err = codeError(response)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", r.Location, err)
	}
	return nil
}

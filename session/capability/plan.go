package capability

import (
	"fmt"
	"net/netip"
	"strings"

	"coapscope/protocol"
)

// WellKnown is the resource that nearly all devices have (RFC 6690 §4).
const WellKnown = "/.well-known/core"

// Target is what is to be probed.
type Target struct {
	Endpoint netip.AddrPort
	// Resource is the path of what GET is sent to, with its query if there is one; empty for WellKnown. One that is larger
	// than a block shows most.
	Resource string
	// Observable is the path of what is observed once; empty for Resource.
	Observable string
	// Unsafe are requests that are not safe, which the user has agreed to.
	Unsafe []Unsafe
	// Transmission are the parameters to probe by; nil for few retransmissions, as it is no news that something is silent.
	Transmission *protocol.Transmission
}

// Unsafe is a method that may change something, and the resource that it is tried on.
type Unsafe struct {
	Method protocol.Code
	Path   string
}

// Check says why the target cannot be probed; nil where it can.
func (t *Target) Check() error {
	if !t.Endpoint.IsValid() || t.Endpoint.Addr().IsMulticast() {
		return fmt.Errorf("%v is no endpoint of one device", t.Endpoint)
	}
	for _, path := range []string{t.resource(), t.observable()} {
		if _, err := options(path); err != nil {
			return err
		}
	}
	for _, u := range t.Unsafe {
		if f, ok := methods[u.Method]; !ok || f <= Fetch {
			return fmt.Errorf("%v is no method that is tried by name", u.Method)
		}
		if _, err := options(u.Path); err != nil {
			return err
		}
	}
	return nil
}

func (t *Target) resource() string {
	if t.Resource == "" {
		return WellKnown
	}
	return t.Resource
}

func (t *Target) observable() string {
	if t.Observable == "" {
		return t.resource()
	}
	return t.Observable
}

func (t *Target) transmission() *protocol.Transmission {
	if t.Transmission != nil {
		return t.Transmission
	}
	few := protocol.DefaultTransmission()
	few.MaxRetransmit = 2
	return &few
}

// options gives those that name the resource of a path.
func options(path string) (protocol.Options, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("%q is no path: it begins with /, as %s does", path, WellKnown)
	}
	u, err := protocol.ParseURI("coap://192.0.2.1" + path) // an address in place of the destination's has no option
	if err != nil {
		return nil, fmt.Errorf("the path %q: %w", path, err)
	}
	return u.Options(), nil
}

// Step is a part of a plan.
type Step struct {
	Title    string
	Requests []string // each that is sent, as text; the last of some are sent only where those before them were answered
	Unsafe   bool     // the user has agreed to it
	run      func(*probe)
}

// Count is how many requests steps are, at most, without retransmissions.
func Count(steps []Step) (n int) {
	for _, s := range steps {
		n += len(s.Requests)
	}
	return n
}

// How a device is probed.
const (
	// longToken is the length of the shortest token that takes RFC 8974.
	longToken = 9
	// padding is elective, safe to forward and no part of the cache key, and for experiments: nobody knows it (RFC 7252 §12.2).
	padding = protocol.OptionNumber(65020)
	// unknown is critical, and for experiments too.
	unknown = protocol.OptionNumber(65001)
	// elsewhere is on a host that nobody has (RFC 6761 §6.4), so that no proxy asks another for it.
	elsewhere = "coap://probe.invalid/"
)

// sizes are those of requests, in bytes, that are tried as long as they are taken. The last fills a frame of Ethernet: no
// datagram is fragmented on the way.
var sizes = [...]int{256, 576, 1152, 1452}

// Plan gives all that is sent, in order.
func (t *Target) Plan() []Step {
	get := "GET " + t.resource()
	steps := []Step{
		{Title: "An ordinary request", Requests: []string{get}, run: (*probe).plain},
		{Title: "A ping", Requests: []string{"ping (Empty CON)"}, run: (*probe).ping},
		{Title: "Blocks, and the size of the whole", Requests: []string{get + ", Block2 0/0/16, Size2 0"}, run: (*probe).blocks},
		{Title: "Q-Block", Requests: []string{get + ", Q-Block2 0/0/16"}, run: (*probe).qblock},
		{Title: "Validation, if there is an ETag", Requests: []string{get + ", its ETag"}, run: (*probe).validate},
		{
			Title: "Observe", Requests: []string{"GET " + t.observable() + ", Observe 0 (register)", "GET " + t.observable() + ", Observe 1 (cancel)"},
			run: (*probe).observe,
		},
		{Title: "FETCH, which is safe", Requests: []string{"FETCH " + t.resource() + ", Content-Format 50, “[]”"}, run: (*probe).fetch},
		{Title: "A long token", Requests: []string{fmt.Sprintf("%s, token of %d bytes", get, longToken)}, run: (*probe).token},
		{Title: "An elective option that nobody knows, longer and longer", run: (*probe).pad},
		{Title: "A critical option that nobody knows", Requests: []string{fmt.Sprintf("%s, option %d", get, unknown)}, run: (*probe).critical},
		{Title: "A forward proxy", Requests: []string{"GET, Proxy-Uri " + elsewhere}, run: (*probe).proxy},
	}
	for _, size := range sizes {
		steps[8].Requests = append(steps[8].Requests, fmt.Sprintf("%s, option %d, %d bytes in all", get, padding, size))
	}
	for _, u := range t.Unsafe {
		steps = append(steps, Step{
			Title: u.Method.Short() + ", which you agreed to", Unsafe: true,
			Requests: []string{fmt.Sprintf("%s %s, If-Match that nothing has", u.Method.Short(), u.Path)},
			run:      func(p *probe) { p.unsafe(u) },
		})
	}
	return steps
}

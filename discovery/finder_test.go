package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

var clock = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func ep(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// answer is one response to a multicast request.
type answer struct {
	from     string
	response protocol.Message
	round    int           // in which it comes; 0 for each
	after    time.Duration // from the answer before
}

// fake is an Asker that knows its answers.
type fake struct {
	ask    func(to netip.AddrPort, request protocol.Message) (protocol.Message, error)
	rest   func(ctx context.Context, to netip.AddrPort, request, first protocol.Message) (protocol.Message, error)
	group  []answer
	err    error
	hang   bool // AskGroup waits until its context ends
	mu     sync.Mutex
	asked  []string
	rounds int
}

func (f *fake) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
}

func describe(m protocol.Message) string {
	query := strings.Join(m.Options.Strings(protocol.URIQuery), "&")
	return fmt.Sprintf("%v %v %s?%s +%d", m.Type, m.Code.Short(), m.Path(), query, len(m.Options)-len(m.Options.Strings(protocol.URIQuery))-2)
}

func (f *fake) Ask(_ context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error) {
	f.note("%v %s", to, describe(request))
	return f.ask(to, request)
}

func (f *fake) AskOnce(_ context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error) {
	f.note("%v once %s", to, describe(request))
	return f.ask(to, request)
}

func (f *fake) AskRest(ctx context.Context, to netip.AddrPort, request, first protocol.Message) (protocol.Message, error) {
	f.note("%v rest of %s", to, describe(request))
	return f.rest(ctx, to, request, first)
}

func (f *fake) AskGroup(ctx context.Context, group netip.AddrPort, via *net.Interface, hops int, request protocol.Message, each func(netip.AddrPort, protocol.Message, time.Duration)) error {
	name := "default"
	if via != nil {
		name = via.Name
	}
	f.note("%v via %s hops %d %s", group, name, hops, describe(request))
	f.mu.Lock()
	f.rounds++
	round := f.rounds
	f.mu.Unlock()
	for i, a := range f.group {
		if a.round != 0 && a.round != round {
			continue
		}
		if a.after > 0 {
			time.Sleep(a.after) // in a bubble
			if ctx.Err() != nil {
				return nil
			}
		}
		m := a.response.Clone()
		each(ep(a.from), m, time.Duration(i+1)*time.Millisecond)
		clear(m.Payload) // what came is valid during the call only
	}
	if f.hang {
		<-ctx.Done()
	}
	return f.err
}

func links(text string, options ...protocol.Option) protocol.Message {
	m := protocol.Message{Code: protocol.Content, Payload: []byte(text)}
	m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.LinkFormat))
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m
}

func firstBlock(text string) protocol.Message {
	return links(text, protocol.Option{Number: protocol.Block2, Value: protocol.Block{More: true}.Value()})
}

func finder(f *fake) *Finder { return &Finder{Asker: f, Now: func() time.Time { return clock }} }

func TestHost(t *testing.T) {
	f := &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) {
		return links(`</>;title="Sensor",</temp>;obs`), nil
	}}
	d, err := finder(f).Host(t.Context(), ep("[::ffff:192.0.2.1]:5683"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "Sensor" || d.Endpoint != ep("192.0.2.1:5683") || len(d.Links) != 2 || d.Problem != nil || d.Partial || !d.Seen.Equal(clock) || d.Tree.Count() != 2 {
		t.Errorf("got %+v", d)
	}
	if want := []string{"192.0.2.1:5683 CON GET /.well-known/core? +0"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked %q, want %q", f.asked, want)
	}
}

func TestHostFails(t *testing.T) {
	cause := errors.New("no route")
	f := &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) { return protocol.Message{}, cause }}
	if _, err := finder(f).Host(t.Context(), ep("192.0.2.1:5683")); !errors.Is(err, cause) || !strings.Contains(err.Error(), "192.0.2.1:") {
		t.Errorf("got %v", err)
	}
}

func TestHostWithoutLinks(t *testing.T) {
	other := links("[]")
	other.Options = other.Options.SetUint(protocol.ContentFormatOption, uint64(protocol.JSON))
	for _, tt := range []struct {
		name     string
		response protocol.Message
		problem  string
		links    int
		partial  bool
	}{
		{"4.04", protocol.Message{Code: protocol.NotFound}, "4.04 Not Found", 0, false},
		{"JSON", other, "expected application/link-format, got application/json", 0, false},
		{"broken link", links("</a>,oops,</b>"), "link-format, byte", 2, true},
		{"no content format", protocol.Message{Code: protocol.Content, Payload: []byte("</a>")}, "", 1, false},
		{"empty", links(""), "", 0, false},
	} {
		f := &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) { return tt.response, nil }}
		d, err := finder(f).Host(t.Context(), ep("[2001:db8::1]:5683"))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		problem := ""
		if d.Problem != nil {
			problem = d.Problem.Error()
		}
		if !strings.Contains(problem, tt.problem) || (problem == "") != (tt.problem == "") || len(d.Links) != tt.links || d.Partial != tt.partial {
			t.Errorf("%s: problem %q, %d links, partial %v", tt.name, problem, len(d.Links), d.Partial)
		}
		if d.Name != "[2001:db8::1]" || d.Tree == nil {
			t.Errorf("%s: name %q, tree %v", tt.name, d.Name, d.Tree)
		}
	}
}

// record collects events; it fails the test if two come at the same time.
func record(t *testing.T) (tell func(Event), told func() []string) {
	var lines []string
	var busy sync.Mutex
	return func(e Event) {
			if !busy.TryLock() {
				t.Error("two events at the same time")
				return
			}
			defer busy.Unlock()
			switch e := e.(type) {
			case Round:
				lines = append(lines, fmt.Sprintf("round %d of %d", e.N, e.Of))
			case Refused:
				lines = append(lines, fmt.Sprintf("refused %s: %v", e.Ask, e.Err))
			case Answered:
				lines = append(lines, "answered "+e.Endpoint.String())
			case Found:
				lines = append(lines, fmt.Sprintf("found %s %q by %q with %d links partial=%v in round %d after %v", e.Device.Endpoint, e.Device.Name, e.Device.Interface, len(e.Device.Links), e.Device.Partial, e.Round, e.After))
			case Failed:
				lines = append(lines, fmt.Sprintf("failed %v: %v", e.Endpoint, e.Err))
			}
		}, func() []string {
			slices.Sort(lines)
			return lines
		}
}

func TestDevicesMerge(t *testing.T) {
	e := ep("192.0.2.1:5683")
	parse := func(s string) linkformat.Links {
		l, err := linkformat.Parse([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	var ds Devices
	var revision uint64
	check := func(what, want string) {
		t.Helper()
		d, ok := ds.Get(e)
		var targets []string
		for _, l := range d.Links {
			targets = append(targets, l.Target+strings.Join(l.ResourceTypes(), "+"))
		}
		got := fmt.Sprintf("%v %q %s if=%q rtt=%v partial=%v", ok, d.Name, strings.Join(targets, ","), d.Interface, d.RTT, d.Partial)
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
		if r := ds.Revision(); r == revision {
			t.Errorf("%s: no new revision", what)
		} else {
			revision = r
		}
		if d.Tree.Count() != len(d.Links) {
			t.Errorf("%s: tree of %d resources for %d links", what, d.Tree.Count(), len(d.Links))
		}
	}
	ds.Add(Device{Endpoint: e, Links: parse("</a>,</b>;rt=x"), Interface: "eth0"})
	check("added", `true "192.0.2.1" /a,/bx if="eth0" rtt=0s partial=false`)
	before, _ := ds.Get(e)
	if !ds.Rename(e, " Kitchen ") {
		t.Error("not renamed")
	}
	check("renamed", `true "Kitchen" /a,/bx if="eth0" rtt=0s partial=false`)
	if before.Name != "192.0.2.1" {
		t.Error("a device that was handed out has changed")
	}
	ds.Sighted(e, clock, time.Second)
	check("sighted", `true "Kitchen" /a,/bx if="eth0" rtt=1s partial=false`)
	ds.Sighted(e, clock, 0)
	check("notified", `true "Kitchen" /a,/bx if="eth0" rtt=1s partial=false`)
	ds.Add(Device{Endpoint: e, Links: parse("</c>,</b>;rt=y"), Partial: true})
	check("filtered answer", `true "Kitchen" /a,/by,/c if="eth0" rtt=1s partial=false`)
	ds.Add(Device{Endpoint: e, Problem: &ResponseError{Code: protocol.ServiceUnavailable}})
	check("no links this time", `true "Kitchen" /a,/by,/c if="eth0" rtt=1s partial=false`)
	ds.Add(Device{Endpoint: e, Links: parse(`</>;title="Oven"`), Interface: "lo"})
	check("whole answer", `true "Kitchen" / if="lo" rtt=1s partial=false`)
	ds.Rename(e, "")
	check("name taken away", `true "Oven" / if="lo" rtt=1s partial=false`)
	ds.Add(Device{Endpoint: e})
	check("whole answer without links", `true "192.0.2.1"  if="lo" rtt=1s partial=false`)

	ds.Add(Device{Endpoint: ep("192.0.2.0:5683")})
	var order []string
	for _, d := range ds.All() {
		order = append(order, d.Name)
	}
	if want := []string{"192.0.2.1", "192.0.2.0"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
	if !ds.Remove(e) || ds.Remove(e) || ds.Rename(e, "x") || ds.Sighted(e, clock, 0) || len(ds.All()) != 1 {
		t.Error("remove")
	}
	if _, ok := ds.Get(e); ok {
		t.Error("still there")
	}
}

func TestInterfaces(t *testing.T) {
	all, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(i Interface) bool { return i.Loopback }) {
		t.Error("no loopback")
	}
	for _, i := range all {
		if len(i.Addresses) == 0 {
			t.Errorf("%s without address", i.Net.Name)
		}
	}
	for text, want := range map[string]string{"fe80::1": "fe80::1%eth0", "192.0.2.1": "192.0.2.1", "169.254.0.1": "169.254.0.1", "2001:db8::1": "2001:db8::1"} {
		if got, ok := unicast(net.ParseIP(text), "eth0"); !ok || got.String() != want {
			t.Errorf("%s: got %v %v", text, got, ok)
		}
	}
}

func TestEndpointText(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:5683": "192.0.2.1", "192.0.2.1:5684": "192.0.2.1:5684",
		"[2001:db8::1]:5683": "[2001:db8::1]", "[fe80::1%eth0]:1": "[fe80::1%eth0]:1",
	} {
		if got := EndpointText(ep(text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// Links that would fill the memory, as each takes many times its bytes there, are refused.
func TestTooManyLinks(t *testing.T) {
	body := strings.Repeat("</>,", maxLinks/4)
	f := &Finder{Asker: &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) { return links(body + "</>"), nil }}}
	d, err := f.Host(t.Context(), ep("192.0.2.1:5683"))
	if err != nil || len(d.Links) > 0 || !d.Partial || d.Problem == nil || !strings.Contains(d.Problem.Error(), "bytes of links") {
		t.Errorf("%d links, %v, %v", len(d.Links), d.Problem, err)
	}
	if _, err := f.Pages("coap://192.0.2.1/ep", 0).Next(t.Context()); err == nil || !strings.Contains(err.Error(), "bytes of links") {
		t.Errorf("of a directory: %v", err)
	}
}

// A name that a device gives itself stands in every row about it.
func TestNameIsShort(t *testing.T) {
	for name, d := range map[string]Device{
		"title": {Links: parse(t, `</>;title="`+strings.Repeat("ä", 30_000)+`"`)}, "directory": {EndpointName: strings.Repeat("ä", 30_000)},
	} {
		var ds Devices
		d.Endpoint = ep("192.0.2.1:5683")
		if got := ds.Add(d).Name; len(got) > maxName+len("…") || !strings.HasSuffix(got, "ä…") || !utf8.ValidString(got) {
			t.Errorf("by its %s it is called %q", name, got)
		}
	}
}

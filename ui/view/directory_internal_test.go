package view

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/session"
)

// registry is a directory that a test scripts.
type registry struct {
	mu     sync.Mutex
	answer func(m protocol.Message) (protocol.Message, error)
	asked  []string
}

func (r *registry) Ask(ctx context.Context, to netip.AddrPort, m protocol.Message) (protocol.Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, strings.TrimSpace(fmt.Sprint(m.Code.Short(), " ", to, m.Path(), " ", strings.Join(m.Options.Strings(protocol.URIQuery), "&"))))
	if ctx.Err() != nil {
		return protocol.Message{}, ctx.Err()
	}
	return r.answer(m)
}

func (r *registry) AskRest(ctx context.Context, to netip.AddrPort, m, _ protocol.Message) (protocol.Message, error) {
	return r.Ask(ctx, to, m)
}

func (r *registry) AskOnce(ctx context.Context, to netip.AddrPort, m protocol.Message) (protocol.Message, error) {
	return r.Ask(ctx, to, m)
}

func (r *registry) AskGroup(context.Context, netip.AddrPort, *net.Interface, int, protocol.Message, func(netip.AddrPort, protocol.Message, time.Duration)) error {
	return errors.New("no group here")
}

func (r *registry) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// counter is the office in which a test registers: a directory, and a clock that stands still.
type counter struct {
	*Directories
	t      *testing.T
	bench  *Workbench
	rd     *registry
	clock  atomic.Int64 // in nanoseconds
	timers []*officeTimer
	woken  chan struct{}
}

type officeTimer struct {
	at      time.Time
	f       func()
	stopped bool
}

var rdAt = netip.MustParseAddrPort("192.0.2.1:5683")

func newCounter(t *testing.T, answer func(m protocol.Message) (protocol.Message, error)) *counter {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{t: t, rd: &registry{answer: answer}, woken: make(chan struct{}, 1)}
	c.bench = NewWorkbench(engine, func() {
		select {
		case c.woken <- struct{}{}:
		default:
		}
	})
	t.Cleanup(c.bench.Close)
	c.Directories = c.bench.Directories()
	c.set(time.Unix(1_000_000, 0))
	c.finder = &discovery.Finder{Asker: c.rd, Now: c.time}
	c.now = c.time
	c.after = func(d time.Duration, f func()) func() bool {
		timer := &officeTimer{at: c.time().Add(d), f: f}
		c.timers = append(c.timers, timer)
		return func() bool { timer.stopped = true; return true }
	}
	return c
}

func (c *counter) time() time.Time { return time.Unix(0, c.clock.Load()) }

func (c *counter) set(at time.Time) { c.clock.Store(at.UnixNano()) }

func (c *counter) later(d time.Duration) { c.clock.Add(int64(d)) }

// answers has the directory answer otherwise from now on.
func (c *counter) answers(answer func(m protocol.Message) (protocol.Message, error)) {
	c.rd.mu.Lock()
	defer c.rd.mu.Unlock()
	c.rd.answer = answer
}

// until pulls until something is so.
func (c *counter) until(what string, is func() bool) {
	c.t.Helper()
	timeout := time.After(30 * time.Second)
	for c.bench.Pull(); !is(); c.bench.Pull() {
		select {
		case <-c.woken:
		case <-timeout:
			c.t.Fatalf("waited in vain for %s; the message is %q, asked was %q", what, c.bench.Message, c.rd.all())
		}
	}
}

// next moves the time to the next timer, which fires, and gives how long that was.
func (c *counter) next() time.Duration {
	c.t.Helper()
	c.timers = slices.DeleteFunc(c.timers, func(timer *officeTimer) bool { return timer.stopped })
	if len(c.timers) == 0 {
		c.t.Fatal("nothing is waited for")
	}
	first := slices.MinFunc(c.timers, func(a, b *officeTimer) int { return a.at.Compare(b.at) })
	first.stopped = true
	waited := first.at.Sub(c.time())
	c.set(first.at)
	first.f()
	return waited
}

func (c *counter) row() OwnRow { return c.OwnRow(0, c.time()) }

func (c *counter) say() string {
	r := c.row()
	return strings.TrimSpace(fmt.Sprintf("%s %s, %s", r.Sign, r.Word, r.Left))
}

func linkFormat(text string) (protocol.Message, error) {
	m := protocol.Message{Code: protocol.Content, Payload: []byte(text)}
	m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.LinkFormat))
	return m, nil
}

// office answers as a directory with so many endpoints.
func office(endpoints int) func(m protocol.Message) (protocol.Message, error) {
	return func(m protocol.Message) (protocol.Message, error) {
		query := map[string]string{}
		for _, q := range m.Options.Strings(protocol.URIQuery) {
			name, value, _ := strings.Cut(q, "=")
			query[name] = value
		}
		switch path := m.Path(); {
		case path == "/.well-known/core":
			return linkFormat(`</rd>;rt=core.rd,</ep>;rt=core.rd-lookup-ep,</res>;rt=core.rd-lookup-res`)
		case path == "/ep":
			page, _ := strconv.Atoi(query["page"])
			n, _ := strconv.Atoi(query["count"])
			var links []string
			for i := page * n; i < min((page+1)*n, endpoints); i++ {
				links = append(links, fmt.Sprintf(`</rd/%d>;ep="node%d";base="coap://192.0.2.%d";d=floor;et=lamp;lt=60;rt="core.rd-ep"`, i, i, 100+i%100))
			}
			return linkFormat(strings.Join(links, ","))
		case path == "/res":
			return linkFormat(`<coap://192.0.2.100/temp>;rt="temperature-c t";if=sensor;ct=50;obs;sz=3;title="Hall",<coap://[fe80::7]/x>,</self>`)
		case path == "/rd":
			m := protocol.Message{Code: protocol.Created}
			m.Options = m.Options.Add(protocol.LocationPath, []byte("rd")).Add(protocol.LocationPath, []byte("7"))
			return m, nil
		case m.Code == protocol.POST:
			return protocol.Message{Code: protocol.Changed}, nil
		case m.Code == protocol.DELETE:
			return protocol.Message{Code: protocol.Deleted}, nil
		}
		return protocol.Message{Code: protocol.NotFound}, nil
	}
}

func TestDirectoryLookups(t *testing.T) {
	c := newCounter(t, office(120))
	if _, ok := c.Current(); ok || len(c.All()) != 0 || c.Facts() != nil {
		t.Error("a directory before one was asked for")
	}
	c.Ask("192.0.2.1")
	c.until("the directory", func() bool { return c.Endpoints.Len() == 50 })
	if !c.Endpoints.HasMore() || c.CurrentName() != "192.0.2.1" || len(c.All()) != 1 || !c.All()[0].Current {
		t.Errorf("shown is %q of %+v", c.CurrentName(), c.All())
	}
	if got := c.Facts(); !slices.Equal(got, []string{"registration coap://192.0.2.1/rd", "endpoints coap://192.0.2.1/ep", "resources coap://192.0.2.1/res"}) {
		t.Errorf("facts %q", got)
	}
	if text, concept := c.Endpoints.Summary(); text != "50 endpoints so far, there may be more" || concept != Dim {
		t.Errorf("summary %q", text)
	}
	c.Endpoints.More()
	c.Endpoints.More() // one page at a time
	c.until("the next page", func() bool { return c.Endpoints.Len() == 100 && !c.Endpoints.Running() })
	c.Endpoints.More()
	c.until("the last page", func() bool { return c.Endpoints.Len() == 120 })
	if text, _ := c.Endpoints.Summary(); c.Endpoints.HasMore() || text != "120 endpoints" {
		t.Errorf("summary %q", text)
	}
	want := []string{
		"GET 192.0.2.1:5683/.well-known/core rt=core.rd*", "GET 192.0.2.1:5683/ep page=0&count=50", "GET 192.0.2.1:5683/ep page=1&count=50", "GET 192.0.2.1:5683/ep page=2&count=50",
	}
	if got := c.rd.all(); !slices.Equal(got, want) {
		t.Errorf("asked %q", got)
	}
	row := c.Endpoints.Endpoint(3)
	if row != (EndpointRow{"node3", "floor", "coap://192.0.2.103", "lamp", "lt=60", "○ node103@floor, not seen yet", Dim}) {
		t.Errorf("row %+v", row)
	}
	// They have joined the devices, and nobody was asked. Two had the same address: the later name counts.
	if n := c.bench.Devices.Len(); n != 100 {
		t.Errorf("%d devices", n)
	}
	c.ResourcesOf(3)
	c.until("its resources", func() bool { return c.Resources.Len() == 3 })
	if last := c.rd.all()[4]; last != "GET 192.0.2.1:5683/res ep=node3&d=floor&page=0&count=50" || c.Resources.Filter() != "ep=node3 d=floor" {
		t.Errorf("asked %q, filter %q", last, c.Resources.Filter())
	}
	if row := c.Resources.Resource(0); row != (ResourceRow{"coap://192.0.2.100/temp", "Hall", "temperature-c t", "sensor", "json", true, "sz=3"}) {
		t.Errorf("row %+v", row)
	}
	if d, _ := c.bench.known.Get(netip.MustParseAddrPort("192.0.2.100:5683")); d.Tree.Find("/temp") == nil {
		t.Errorf("its resource is not among the device's: %+v", d.Links)
	}
	if !c.Compose(0) || c.bench.Tab().Draft.Address != "coap://192.0.2.100/temp" || !c.Compose(2) || c.bench.Tab().Draft.Address != "coap://192.0.2.1/self" {
		t.Errorf("composed %q", c.bench.Tab().Draft.Address)
	}
	c.current.Endpoint = netip.MustParseAddrPort("[fe80::1%eth0]:5683")
	if c.Compose(1); c.bench.Tab().Draft.Address != "coap://[fe80::7%25eth0]/x" {
		t.Errorf("with the zone of the directory: %q", c.bench.Tab().Draft.Address)
	}
	if c.Endpoints.Endpoint(-1) != (EndpointRow{}) || c.Resources.Resource(99) != (ResourceRow{}) || c.Endpoints.Text(0) == "" || c.Endpoints.Text(500) != "" {
		t.Error("rows that are not there")
	}
}

// A directory on the link tells of others on it, without the zone by which they are reached.
func TestDirectoryOfTheLink(t *testing.T) {
	known, dir := new(discovery.Devices), discovery.Directory{Endpoint: netip.MustParseAddrPort("[fe80::1%eth0]:5683")}
	links := func(text string) linkformat.Links {
		links, err := linkformat.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return links
	}
	enrolEndpoints(known, dir, links(`</rd/1>;ep=node;base="coap://[fe80::7]"`), nil)
	enrolResources(known, dir, links(`<coap://[fe80::7]/x>`))
	if d, ok := known.Get(netip.MustParseAddrPort("[fe80::7%eth0]:5683")); !ok || d.Tree.Find("/x") == nil {
		t.Errorf("known are %+v", known.All())
	}
}

func TestDirectoryProblems(t *testing.T) {
	c := newCounter(t, func(m protocol.Message) (protocol.Message, error) { return linkFormat("</a>") })
	c.Ask("192.0.2.9")
	c.until("an answer", func() bool { return !c.Asking() })
	if !strings.Contains(c.Problem, "no resource directory") {
		t.Errorf("problem %q", c.Problem)
	}
	c.Ask("224.0.1.187")
	if !strings.Contains(c.Problem, "is a group") {
		t.Errorf("problem %q", c.Problem)
	}
	c.Ask("coap://[")
	if c.Problem == "" || c.Asking() {
		t.Error("an address that is none")
	}
	// One that has no lookup, as libcoap's.
	c.answers(func(m protocol.Message) (protocol.Message, error) { return linkFormat("</rd>;rt=core.rd") })
	c.Open(rdAt)
	c.until("the directory", func() bool { _, ok := c.Current(); return ok })
	if text, concept := c.Endpoints.Summary(); concept != Error || !strings.Contains(text, "has no lookup of endpoints") {
		t.Errorf("summary %q", text)
	}
	c.Resources.Begin("rt=")
	c.Resources.Begin("page=3")
	if text, _ := c.Resources.Summary(); !strings.Contains(text, "chosen by the program") {
		t.Errorf("summary %q", text)
	}
	// An error on the way leaves what is there, and the page can be asked for again.
	c = newCounter(t, office(70))
	c.Open(rdAt)
	c.until("the first page", func() bool { return c.Endpoints.Len() == 50 })
	whole := c.rd.answer
	c.answers(func(protocol.Message) (protocol.Message, error) {
		return protocol.Message{Code: protocol.ServiceUnavailable}, nil
	})
	c.Endpoints.More()
	c.until("an error", func() bool { _, concept := c.Endpoints.Summary(); return concept == Error })
	c.answers(whole)
	c.Endpoints.More()
	c.until("the rest", func() bool { return c.Endpoints.Len() == 70 })
	// Cancelled, it is not over.
	c.Endpoints.Begin("")
	c.Endpoints.Cancel()
	c.until("its end", func() bool { return !c.Endpoints.busy })
	if c.Endpoints.Running() || c.Endpoints.Begun() && c.Endpoints.Len() == 0 && !c.Endpoints.HasMore() {
		t.Error("cancelled is not over")
	}
}

func TestOwnRegistration(t *testing.T) {
	c := newCounter(t, office(2))
	form := RegistrationForm{Name: "sim 1", Sector: "hall", Lifetime: "60", Base: "coap://192.0.2.7", Type: "lamp", Links: "</a>;rt=x"}
	if err := c.Register(form); err == nil {
		t.Error("registered without a directory")
	}
	c.Open(rdAt)
	c.until("the directory", func() bool { return c.Endpoints.Len() == 2 })
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(c.Register(form))
	if r := c.row(); r.Word != "registering" || !r.Busy || r.Name != "sim 1@hall" || r.Left != "" {
		t.Errorf("row %+v", r)
	}
	registered := func() bool { return c.row().Word == "registered" }
	c.until("the registration", registered)
	if r := c.row(); r != (OwnRow{ID: 1, Name: "sim 1@hall", Directory: "192.0.2.1", Location: "coap://192.0.2.1/rd/7", Sign: "●", Word: "registered", Concept: Good, Left: "1 min of 1 min", Share: 1}) {
		t.Errorf("row %+v", r)
	}
	c.later(18 * time.Second)
	if got := c.say(); got != "● registered, 42 s of 1 min" || c.row().Share != 0.7 {
		t.Errorf("later: %s, %v", got, c.row().Share)
	}
	// Not renewed, it is over when the time has come, and can be renewed then.
	if waited := c.next(); waited != 42*time.Second {
		t.Errorf("waited %v", waited)
	}
	c.until("its end", func() bool { return c.row().Word == "expired" })
	c.later(time.Second)
	if got := c.say(); got != "✖ expired, over since 1 s" || !c.row().Over {
		t.Errorf("over: %s", got)
	}
	c.Renew(1)
	c.until("the renewal", registered)
	// By itself it is renewed half the lifetime before, as that is shorter than MAX_TRANSMIT_WAIT.
	c.SetAuto(1, true)
	for range 3 {
		if waited := c.next(); waited != 30*time.Second {
			t.Errorf("waited %v", waited)
		}
		c.until("the renewal", func() bool { return registered() && c.row().Share == 1 })
	}
	// A renewal that fails is tried again, and says why; in the end it is over.
	c.answers(func(protocol.Message) (protocol.Message, error) { return protocol.Message{}, errors.New("no route") })
	c.next()
	c.until("the failure", func() bool { return registered() && strings.Contains(c.row().Note, "no route") })
	if waited := c.next(); waited != 15*time.Second {
		t.Errorf("waited %v", waited)
	}
	c.until("the failure", func() bool { return registered() && c.row().Left == "15 s of 1 min" && c.row().Note != "" })
	for c.row().Word != "expired" {
		c.next()
		c.until("an end", func() bool { return !c.row().Busy && c.row().Note != "" })
	}
	if !strings.Contains(c.bench.Message, "could not be renewed") {
		t.Errorf("said is %q", c.bench.Message)
	}
	// Forgotten by the directory it is registered anew; then it is removed.
	c.answers(office(2))
	c.Renew(1)
	c.until("the renewal", registered)
	c.Remove(1)
	c.until("the removal", func() bool { return c.Own() == 0 })
	asked := c.rd.all()
	if last := asked[len(asked)-1]; !strings.Contains(last, "DELETE 192.0.2.1:5683/rd/7") && !strings.Contains(strings.Join(asked, "\n"), "DELETE 192.0.2.1:5683/rd/7") {
		t.Errorf("asked %q", asked)
	}
	if asked[2] != "POST 192.0.2.1:5683/rd ep=sim 1&lt=60&base=coap://192.0.2.7&d=hall&et=lamp" {
		t.Errorf("registered with %q", asked[2])
	}
	// Refused.
	c.answers(func(protocol.Message) (protocol.Message, error) {
		return protocol.Message{Code: protocol.Forbidden}, nil
	})
	check(c.Register(form))
	c.until("the refusal", func() bool { return c.row().Word == "refused" })
	if r := c.row(); !strings.Contains(r.Note, "4.03") || !r.Over {
		t.Errorf("row %+v", r)
	}
	c.Remove(c.row().ID)
	if c.Own() != 0 {
		t.Error("it is still listed")
	}
}

// Registrations live between runs. Nothing is sent then.
func TestOwnRegistrationsKept(t *testing.T) {
	c := newCounter(t, office(0))
	if c.Kept() != "" || c.Restore("") != nil {
		t.Error("nothing is kept of nothing")
	}
	c.Open(rdAt)
	c.until("the directory", func() bool { return c.Endpoints.Begun() && !c.Endpoints.Running() })
	for _, lifetime := range []string{"60", "25 h"} {
		if err := c.Register(RegistrationForm{Name: lifetime, Lifetime: lifetime, Base: "coap://192.0.2.7", Links: "</a>;rt=x", Auto: true}); err != nil {
			t.Fatal(err)
		}
	}
	c.until("both", func() bool {
		return c.OwnRow(0, c.time()).Word == "registered" && c.OwnRow(1, c.time()).Word == "registered"
	})
	later := newCounter(t, office(0))
	later.set(c.time().Add(time.Hour))
	if err := later.Restore(c.Kept()); err != nil {
		t.Fatal(err)
	}
	if a, b := later.OwnRow(0, later.time()), later.OwnRow(1, later.time()); a.Word != "expired" || b.Left != "1 d of 1 d 1 h" || a.Auto || b.Auto || b.Location != "coap://192.0.2.1/rd/7" || later.Own() != 2 {
		t.Errorf("restored %+v, %+v", a, b)
	}
	if later.Kept() != c.Kept() || len(later.rd.all()) != 0 {
		t.Errorf("kept %s, asked %q", later.Kept(), later.rd.all())
	}
	if later.Restore("{") == nil {
		t.Error("what cannot be read was read")
	}
}

// Timers stand still while the machine sleeps, and lifetimes do not.
func TestRegistrationSleeps(t *testing.T) {
	c := newCounter(t, office(2))
	c.Open(rdAt)
	c.until("the directory", func() bool { return c.Endpoints.Len() == 2 })
	if err := c.Register(RegistrationForm{Name: "sim", Lifetime: "25 h", Base: "coap://192.0.2.7", Auto: true}); err != nil {
		t.Fatal(err)
	}
	c.until("the registration", func() bool { return c.row().Word == "registered" })
	if waited := c.next(); waited > time.Minute {
		t.Fatalf("looked at after %v", waited)
	}
	c.bench.Pull()
	c.later(20 * time.Hour)
	before := len(c.rd.all())
	for _, timer := range c.timers {
		if !timer.stopped {
			timer.stopped = true
			timer.f()
			break
		}
	}
	c.until("the renewal", func() bool { return len(c.rd.all()) > before && c.row().Word == "registered" && c.row().Share == 1 })
}

func TestRenewAt(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for lifetime, want := range map[time.Duration]time.Duration{
		time.Second: 500 * time.Millisecond, time.Minute: 30 * time.Second, 200 * time.Second: 107 * time.Second, 25 * time.Hour: 18*time.Hour + 45*time.Minute,
	} {
		o := &ownRegistration{reg: discovery.Registration{Renewed: now, Expires: now.Add(lifetime)}}
		if got := renewAt(o, now).Sub(now); got != want {
			t.Errorf("of %v: after %v, want %v", lifetime, got, want)
		}
	}
}

func TestRegistrationForm(t *testing.T) {
	good := RegistrationForm{Name: "a", Lifetime: "", Base: "coap://192.0.2.7", Links: "\n</a>;rt=x,\n</b>"}
	s, n := good.Read()
	if !n.OK || n.LinksNote != "2 links, 14 B" || n.Concept != Dim || s.Lifetime != 25*time.Hour || len(s.Links) != 2 {
		t.Errorf("got %+v, %+v", s, n)
	}
	for want, change := range map[string]func(*RegistrationForm){
		"Links: line 2, column 8 (byte 13)":   func(f *RegistrationForm) { f.Links = "</a>,\n</b>;t=\"x" },
		"Name: an endpoint needs a name":      func(f *RegistrationForm) { f.Name = "" },
		"Sector: the sector (d) has 64 bytes": func(f *RegistrationForm) { f.Sector = strings.Repeat("x", 64) },
		"Lifetime: write 1 to":                func(f *RegistrationForm) { f.Lifetime = "0" },
		"Base: the base, which a third party": func(f *RegistrationForm) { f.Base = "x" },
		"Base: the base must have no zone":    func(f *RegistrationForm) { f.Base = "coap://[fe80::1%25eth0]" },
		"Links: line 2, column 1 (byte 6)":    func(f *RegistrationForm) { f.Links = "</a>,\nb" },
		"Links: the target of link 1":         func(f *RegistrationForm) { f.Links = "<a>" },
	} {
		f := good
		change(&f)
		_, n := f.Read()
		text := fmt.Sprintf("Name: %s|Sector: %s|Lifetime: %s|Base: %s|Links: %s|", n.Name, n.Sector, n.Lifetime, n.Base, n.LinksNote)
		if n.OK || !strings.Contains(text, want) {
			t.Errorf("%+v: %s, want %s", f, text, want)
		}
	}
	for text, want := range map[string]time.Duration{"90": 90 * time.Second, " 5 min ": 5 * time.Minute, "25h": 25 * time.Hour, "7 d": 7 * 24 * time.Hour, "2s": 2 * time.Second} {
		if got, err := ParseLifetime(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "-1", "x", "4294967296", "50000 d", "1.5 h", "5 weeks", "min"} {
		if got, err := ParseLifetime(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, n := newCounter(t, office(0)).NewRegistrationForm().Read(); !n.OK {
		t.Errorf("the form as it is at first: %+v", n)
	}
}

func TestLeftText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", time.Millisecond: "1 s", 42 * time.Second: "42 s", 60 * time.Second: "1 min", 200 * time.Second: "3 min 20 s", time.Hour: "1 h", 25*time.Hour + time.Minute: "1 d 1 h",
	} {
		if got := leftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestParseLookup(t *testing.T) {
	got, err := ParseLookup(` rt=temp*  ep="node 1" d=`)
	if err != nil || !slices.Equal(got, []string{"rt=temp*", "ep=node 1", "d="}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"temp", "=x", "count=5"} {
		if _, err := ParseLookup(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzParseLookup(f *testing.F) {
	for _, seed := range []string{"", `rt=temp* ep="node 1"`, `a="`, "a=b\tc=d", `""=`, "page=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filters, err := ParseLookup(text)
		if err != nil {
			return
		}
		// Written by quoted, each is read as it is.
		for _, filter := range filters {
			name, value, _ := strings.Cut(filter, "=")
			if strings.ContainsAny(name, " \t\n") {
				continue // of such an attribute there is none
			}
			again, err := ParseLookup(quoted(name, value))
			if err != nil || len(again) != 1 || again[0] != filter {
				t.Fatalf("%q: %q is read back as %q, %v", text, filter, again, err)
			}
		}
	})
}

func FuzzRegistrationForm(f *testing.F) {
	f.Add("node", "", "60", "coap://192.0.2.7", "</a>;rt=x")
	f.Add("", "d", "25 h", "coap://[fe80::1%25eth0]", "</a>,\n<b")
	f.Add("\x00", "\xff", "99999999999999999999", "::", "\n\n<")
	f.Fuzz(func(t *testing.T, name, sector, lifetime, base, links string) {
		s, n := RegistrationForm{Name: name, Sector: sector, Lifetime: lifetime, Base: base, Links: links}.Read()
		if err := s.Check(); n.OK != (err == nil && n.Lifetime == "" && n.Concept == Dim) {
			t.Fatalf("%+v, but %v", n, err)
		}
		if n.LinksNote == "" {
			t.Fatal("nothing is said of the links")
		}
	})
}

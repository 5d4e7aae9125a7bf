package peertest_test

import (
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/peertest"
)

// libcoap's resource directory, which is older than RFC 9176 and has no lookup: its registrations are resources, listed
// among its links. It is found, an endpoint is registered, and renewed by registering again, because it does not do
// updates. It heeds no lifetime: what is over is still there. It is not asked to remove one: it frees it twice and aborts,
// whoever asks.
func TestResourceDirectory(t *testing.T) {
	t.Parallel()
	t.Run("libcoap 4.3.1", func(t *testing.T) { libcoapDirectory(t, peertest.System(t, "coap-rd")) })
	t.Run("libcoap 4.3.4", func(t *testing.T) { libcoapDirectory(t, peertest.Program(t, "coap-rd")) })
}

func libcoapDirectory(t *testing.T, program string) {
	t.Parallel()
	s := newStage(t)
	s.serve(exec.Command(program))
	engine, err := session.Open(session.Config{})
	check(t, err)
	defer engine.Close()
	f := &discovery.Finder{Asker: engine}
	dir, err := f.Directory(t.Context(), s.addr())
	check(t, err)
	if dir.Registration != s.url("coap", "/rd") || dir.Endpoints != "" || dir.Resources != "" {
		t.Errorf("directory %+v", dir)
	}
	links, err := linkformat.Parse([]byte(`</sensors/temp>;rt="temperature-c";if="sensor"`))
	check(t, err)
	r, err := f.Register(t.Context(), dir, discovery.Simulated{Name: "node1", Base: "coap://192.0.2.7", Lifetime: time.Minute, Links: links})
	check(t, err)
	t.Logf("registered at %s", r.Location)
	if left := r.Left(time.Now()); left <= 0 || left > time.Minute || !strings.HasPrefix(r.Location, dir.Registration+"/") {
		t.Errorf("registration %+v, %v left", r, left)
	}
	listed := func() (n int) {
		t.Helper()
		d, err := f.Host(t.Context(), s.addr())
		check(t, err)
		for _, l := range d.Links {
			if strings.HasSuffix(r.Location, l.Target) && l.Target != "/rd" {
				n++
			}
		}
		return n
	}
	looked := func() (targets []string) {
		t.Helper()
		for l, err := range f.Lookup(t.Context(), r.Location, 0) {
			check(t, err)
			targets = append(targets, l.Target+" "+strings.Join(l.ResourceTypes(), " "))
		}
		return targets
	}
	if listed() != 1 {
		t.Error("the directory does not list the registration")
	}
	if got := looked(); len(got) != 1 || got[0] != "/sensors/temp temperature-c" {
		t.Errorf("it holds %q", got)
	}
	again, err := f.Update(t.Context(), r, 2*time.Minute)
	check(t, err)
	if left := again.Left(time.Now()); left <= time.Minute || left > 2*time.Minute {
		t.Errorf("renewed: %+v, %v left", again, left)
	}
	r = again
	if listed() != 1 {
		t.Error("the directory does not list the renewed registration")
	}
	// A lifetime of a second, the least that there is, is over when Left says so.
	r, err = f.Update(t.Context(), r, time.Second)
	check(t, err)
	for r.Left(time.Now()) > 0 {
		if listed() != 1 {
			t.Fatal("the directory does not list a registration within its lifetime")
		}
	}
	if listed() != 1 {
		t.Error("libcoap's directory heeds lifetimes by now: what this test and docs/interop.md say of it is not so any more")
	}
}

// laterClock is the system's clock, moved on.
type laterClock struct{ by atomic.Int64 }

func (c *laterClock) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func (c *laterClock) AfterFunc(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// The directory of the lab, which shares no code with the program: an endpoint is registered, by the engine and by libcoap's
// client, looked up page by page, renewed, expired, registered again and removed.
func TestDirectoryOfTheLab(t *testing.T) {
	t.Parallel()
	clock := new(laterClock)
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Loss: lab.NoLoss, Clock: clock})
	check(t, err)
	defer l.Close()
	at := deviceAddr(t, l, "store")
	f := &discovery.Finder{Asker: openEngine(t), Now: clock.Now}
	dir, err := f.Directory(t.Context(), at)
	check(t, err)
	if dir.Registration != "coap://"+at.String()+"/rd" || dir.Endpoints != "coap://"+at.String()+"/rd-lookup/ep" || dir.Resources != "coap://"+at.String()+"/rd-lookup/res" {
		t.Errorf("directory %+v", dir)
	}
	// Every device of the lab is in it with as many links as it gives itself.
	for l, err := range f.Lookup(t.Context(), dir.Endpoints, 2, "d=lab") {
		check(t, err)
		r := discovery.RegistrantOf(l)
		e, ok := r.Endpoint(at)
		if !ok {
			t.Fatalf("registrant %+v", r)
		}
		own, err := f.Host(t.Context(), e)
		check(t, err)
		pages, n := f.Pages(dir.Resources, 7, "ep="+r.Name, "d=lab"), 0
		for asked := 0; !pages.Over(); asked++ {
			links, err := pages.Next(t.Context())
			check(t, err)
			n += len(links)
		}
		if n == 0 || n != len(own.Links) {
			t.Errorf("%s has %d links, and %d in the directory", r.Name, len(own.Links), n)
		}
	}
	names := func(filters ...string) (all []string) {
		t.Helper()
		for l, err := range f.Lookup(t.Context(), dir.Endpoints, 0, filters...) {
			check(t, err)
			all = append(all, discovery.RegistrantOf(l).FullName())
		}
		return all
	}
	links, err := linkformat.Parse([]byte(`</sensors/temp>;rt="temperature-c";if="sensor",</large>;title="` + strings.Repeat("x", 2000) + `"`))
	check(t, err)
	r, err := f.Register(t.Context(), dir, discovery.Simulated{Name: "node 1", Sector: "hall", Type: "t", Base: "coap://192.0.2.7", Lifetime: time.Minute, Links: links})
	check(t, err)
	command := exec.Command(peertest.Program(t, "coap-client"), "-m", "post", "-t", "40", "-e", "</sensors/temp>;rt=temperature-c", "coap://"+at.String()+"/rd?ep=node2&d=hall&lt=120")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if got := names("rt=temperature-c", "d=hall"); !slices.Equal(got, []string{"node 1@hall", "node2@hall"}) {
		t.Errorf("registered are %q", got)
	}
	later := func(d time.Duration, want ...string) {
		t.Helper()
		clock.by.Add(int64(d))
		if got := names("d=hall"); !slices.Equal(got, want) {
			t.Errorf("after %v: registered are %q, want %q", d, got, want)
		}
		if left := r.Left(clock.Now()); (left > 0) != slices.Contains(want, "node 1@hall") {
			t.Errorf("after %v: %v left", d, left)
		}
	}
	later(50*time.Second, "node 1@hall", "node2@hall")
	r, err = f.Update(t.Context(), r, 0)
	check(t, err)
	later(50*time.Second, "node 1@hall", "node2@hall")
	later(25 * time.Second) // both are over
	before := r.Location
	r, err = f.Update(t.Context(), r, 10*time.Second)
	check(t, err)
	later(0, "node 1@hall")
	if r.Location != before {
		t.Errorf("renewed at %s, was at %s", r.Location, before)
	}
	clock.by.Add(int64(3 * time.Hour))
	_, err = f.Register(t.Context(), dir, discovery.Simulated{Name: "other", Base: "coap://192.0.2.8"}) // what is old goes
	check(t, err)
	r, err = f.Update(t.Context(), r, 0)
	check(t, err)
	later(0, "node 1@hall")
	if r.Location == before {
		t.Error("the directory had forgotten it, and gives it the same location")
	}
	check(t, f.Unregister(t.Context(), r))
	if got := names("d=hall"); len(got) != 0 {
		t.Errorf("removed, and still there: %q", got)
	}
}

package peertest_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/session/peertest"
)

// libcoap's resource directory, which is older than RFC 9176 and has no lookup: its registrations are resources, listed
// among its links. It is found, an endpoint is registered, and renewed by registering again, because it does not do
// updates. It is not asked to remove one: that of libcoap 4.3.1 frees it twice and aborts, whoever asks.
func TestResourceDirectory(t *testing.T) {
	s := newStage(t)
	s.serve(exec.Command(peertest.System(t, "coap-rd")))
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
}

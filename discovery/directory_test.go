package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// directory is a fake resource directory with links to page through.
type directory struct {
	links   linkformat.Links
	pages   bool // it knows pages
	updates bool // it does POST at a registration
	entries map[string]string
	asked   []string
}

func (d *directory) ask(to netip.AddrPort, r protocol.Message) (protocol.Message, error) {
	query := r.Options.Strings(protocol.URIQuery)
	d.asked = append(d.asked, strings.TrimSpace(fmt.Sprint(r.Code.Short(), " ", to, r.Path(), " ", strings.Join(query, "&"))))
	value := func(name string) int {
		for _, q := range query {
			if text, ok := strings.CutPrefix(q, name+"="); ok {
				n, _ := strconv.Atoi(text)
				return n
			}
		}
		return 0
	}
	switch path := r.Path(); {
	case path == "/.well-known/core":
		return links(`</rd>;rt=core.rd;ct=40,</lookup/ep>;rt="core.rd-lookup-ep",<coap://rd.example:61616/res>;rt=core.rd-lookup-res`), nil
	case path == "/lookup/ep" || path == "/res":
		all := d.links
		if d.pages {
			from := min(value("page")*value("count"), len(all))
			all = all[from:min(from+value("count"), len(all))]
		}
		return links(all.String()), nil
	case path == "/rd" && r.Code == protocol.POST:
		m := protocol.Message{Code: protocol.Created}
		m.Options = m.Options.Add(protocol.LocationPath, []byte("rd")).Add(protocol.LocationPath, []byte("4521"))
		d.entries["/rd/4521"] = string(r.Payload)
		return m, nil
	case r.Code == protocol.POST && d.updates && d.entries[path] != "":
		return protocol.Message{Code: protocol.Changed}, nil
	case r.Code == protocol.DELETE && d.entries[path] != "":
		delete(d.entries, path)
		return protocol.Message{Code: protocol.Deleted}, nil
	}
	return protocol.Message{Code: protocol.NotFound, Payload: []byte("no such entry")}, nil
}

func (d *directory) finder() *Finder {
	d.entries = make(map[string]string)
	return &Finder{
		Asker: &fake{ask: d.ask}, Now: func() time.Time { return clock },
		Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("2001:db8::" + strconv.Itoa(len(host)))}, nil
		},
	}
}

func TestDirectory(t *testing.T) {
	d := new(directory)
	f := d.finder()
	dir, err := f.Directory(t.Context(), ep("[fe80::1%eth0]:5683"))
	if err != nil {
		t.Fatal(err)
	}
	want := Directory{ep("[fe80::1%eth0]:5683"), "coap://[fe80::1%25eth0]/rd", "coap://[fe80::1%25eth0]/lookup/ep", "coap://rd.example:61616/res"}
	if dir != want {
		t.Errorf("got %+v, want %+v", dir, want)
	}
	for range f.Lookup(t.Context(), dir.Endpoints, 0) {
	}
	for range f.Lookup(t.Context(), dir.Resources, 7, "rt=x*") {
	}
	asked := []string{"GET [fe80::1%eth0]:5683/.well-known/core rt=core.rd*", "GET [fe80::1%eth0]:5683/lookup/ep page=0&count=50", "GET [2001:db8::10]:61616/res rt=x*&page=0&count=7"}
	if !slices.Equal(d.asked, asked) {
		t.Errorf("asked %q, want %q", d.asked, asked)
	}
	var none *NoDirectoryError
	if _, err := finder(&fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) { return links("</a>;rt=b"), nil }}).Directory(t.Context(), ep("192.0.2.1:5683")); !errors.As(err, &none) {
		t.Errorf("of a device without: %v", err)
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		links, count int
		pages        bool
		asked        int
	}{
		{0, 10, true, 1},
		{7, 10, true, 1},
		{10, 10, true, 2},
		{25, 10, true, 3},
		{25, 10, false, 1}, // all at once
		{10, 10, false, 2}, // the same again is the end
	} {
		d := &directory{pages: tt.pages}
		for i := range tt.links {
			d.links = append(d.links, linkformat.Link{Target: "/rd/" + strconv.Itoa(i)})
		}
		n := 0
		for l, err := range d.finder().Lookup(t.Context(), "coap://192.0.2.1/lookup/ep", tt.count) {
			if err != nil || l.Target != "/rd/"+strconv.Itoa(n) {
				t.Errorf("%+v: link %d is %q, %v", tt, n, l.Target, err)
			}
			n++
		}
		if n != tt.links || len(d.asked) != tt.asked {
			t.Errorf("%+v: %d links after %q", tt, n, d.asked)
		}
	}
	for uri, want := range map[string]string{
		"coap://192.0.2.1/nothing": "", "coaps://192.0.2.1/res": "coaps", "://": "expected",
	} {
		var got error
		for _, err := range new(directory).finder().Lookup(t.Context(), uri, 0) {
			got = err
		}
		if (got == nil) != (want == "") {
			t.Errorf("%s: %v", uri, got)
		}
	}
}

func TestRegistrant(t *testing.T) {
	ls, err := linkformat.Parse([]byte(`</rd/4521>;base="coap://[fe80::3]:61616";ep=node7;et="t:platform";ct=40;d=floor-3;rt=core.rd-ep,</rd/1>;base="coaps://x";ep=n`))
	if err != nil {
		t.Fatal(err)
	}
	r := RegistrantOf(ls[0])
	if r != (Registrant{"node7", "floor-3", "t:platform", "coap://[fe80::3]:61616", "/rd/4521"}) {
		t.Errorf("got %+v", r)
	}
	if e, ok := r.Endpoint(ep("[fe80::1%eth0]:5683")); !ok || e != ep("[fe80::3%eth0]:61616") {
		t.Errorf("endpoint %v %v", e, ok)
	}
	if e, ok := RegistrantOf(ls[1]).Endpoint(ep("192.0.2.1:5683")); ok {
		t.Errorf("endpoint %v", e)
	}
}

func TestRegister(t *testing.T) {
	d := &directory{updates: true}
	f := d.finder()
	now := clock
	f.Now = func() time.Time { return now }
	dir := Directory{Endpoint: ep("192.0.2.1:5683"), Registration: "coap://192.0.2.1/rd"}
	s := Simulated{Name: "node 1", Sector: "s", Type: "t", Base: "coap://192.0.2.7", Lifetime: time.Minute, Links: linkformat.Links{{Target: "/temp"}}}
	r, err := f.Register(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	if r.Location != "coap://192.0.2.1/rd/4521" || r.Left(now) != time.Minute || r.Left(now.Add(50*time.Second)) != 10*time.Second || r.Left(now.Add(time.Hour)) != 0 || d.entries["/rd/4521"] != "</temp>" {
		t.Errorf("got %+v, entries %q", r, d.entries)
	}
	now = now.Add(30 * time.Second)
	if r, err = f.Update(t.Context(), r, 0); err != nil || r.Left(now) != time.Minute {
		t.Errorf("updated: %+v, %v", r, err)
	}
	if r, err = f.Update(t.Context(), r, 2*time.Minute); err != nil || r.Left(now) != 2*time.Minute {
		t.Errorf("with another lifetime: %+v, %v", r, err)
	}
	clear(d.entries) // it was restarted
	if r, err = f.Update(t.Context(), r, 0); err != nil || d.entries["/rd/4521"] != "</temp>" {
		t.Errorf("registered again: %+v, %v, %q", r, err, d.entries)
	}
	if err := f.Unregister(t.Context(), r); err != nil || len(d.entries) != 0 {
		t.Errorf("removed: %v, %q", err, d.entries)
	}
	if err := f.Unregister(t.Context(), r); err != nil {
		t.Errorf("removed twice: %v", err)
	}
	want := []string{
		"POST 192.0.2.1:5683/rd ep=node 1&lt=60&base=coap://192.0.2.7&d=s&et=t", "POST 192.0.2.1:5683/rd/4521", "POST 192.0.2.1:5683/rd/4521 lt=120",
		"POST 192.0.2.1:5683/rd/4521", "POST 192.0.2.1:5683/rd ep=node 1&lt=120&base=coap://192.0.2.7&d=s&et=t", "DELETE 192.0.2.1:5683/rd/4521", "DELETE 192.0.2.1:5683/rd/4521",
	}
	if !slices.Equal(d.asked, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(d.asked, "\n"), strings.Join(want, "\n"))
	}
	for want, s := range map[string]Simulated{
		"needs a name": {Base: "coap://x"}, "the base": {Name: "x"}, "no zone": {Name: "x", Base: "coap://[fe80::1%25eth0]"},
		"63 are the most": {Name: strings.Repeat("x", 64), Base: "coap://x"}, "control character": {Name: "x", Sector: "\n", Base: "coap://x"},
		"target of link 2": {Name: "x", Base: "coap://x", Links: linkformat.Links{{Target: "/a"}, {Target: "b/c"}}},
		"anchor of link 1": {Name: "x", Base: "coap://x", Links: linkformat.Links{{Target: "coap://y", Attributes: []linkformat.Attribute{linkformat.NewText("anchor", "//y")}}}},
		"a lifetime":       {Name: "x", Base: "coap://x", Lifetime: time.Millisecond},
	} {
		if _, err := f.Register(t.Context(), dir, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	if _, err := f.Register(t.Context(), Directory{Registration: "coap://192.0.2.1/x"}, s); err == nil || !strings.Contains(err.Error(), "no such entry") {
		t.Errorf("refused: %v", err)
	}
	if _, err := f.Register(t.Context(), Directory{}, s); err == nil {
		t.Error("a directory that takes no registrations took one")
	}
}

// A page that could not be had can be asked for again, and nothing is asked before it is wanted.
func TestPages(t *testing.T) {
	d := &directory{pages: true}
	for i := range 5 {
		d.links = append(d.links, linkformat.Link{Target: "/rd/" + strconv.Itoa(i)})
	}
	f := d.finder()
	p := f.Pages("coap://192.0.2.1/lookup/ep", 2, "et=x")
	if len(d.asked) != 0 || p.Over() {
		t.Errorf("asked %q before anything was wanted", d.asked)
	}
	lost := errors.New("lost")
	ask := f.Asker
	for i, want := range []int{2, 2, 1, 0} {
		f.Asker = &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) { return protocol.Message{}, lost }}
		if links, err := p.Next(t.Context()); !p.Over() && (!errors.Is(err, lost) || links != nil) {
			t.Errorf("page %d: %v, %v", i, links, err)
		}
		f.Asker = ask
		if links, err := p.Next(t.Context()); err != nil || len(links) != want {
			t.Errorf("page %d: %v, %v, want %d links", i, links, err, want)
		}
	}
	if last := d.asked[len(d.asked)-1]; !p.Over() || len(d.asked) != 3 || last != "GET 192.0.2.1:5683/lookup/ep et=x&page=2&count=2" {
		t.Errorf("over: %v, asked %q", p.Over(), d.asked)
	}
}

// A lifetime goes on while the machine sleeps, and with it the clock that Go compares times by where it can.
func TestLifetimeIsOfTheWall(t *testing.T) {
	d := &directory{entries: make(map[string]string)}
	r, err := (&Finder{Asker: &fake{ask: d.ask}}).Register(t.Context(), Directory{Registration: "coap://192.0.2.1/rd"}, Simulated{Name: "a", Base: "coap://192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Renewed != r.Renewed.Round(0) || r.Expires != r.Expires.Round(0) {
		t.Errorf("renewed %v, expires %v", r.Renewed, r.Expires)
	}
}

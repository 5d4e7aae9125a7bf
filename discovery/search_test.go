package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coapscope/protocol"
)

// link is an interface with addresses.
func link(name string, addresses ...string) Interface {
	i := Interface{Net: net.Interface{Name: name, Index: 7}}
	for _, a := range addresses {
		i.Addresses = append(i.Addresses, netip.MustParseAddr(a))
	}
	return i
}

func planOf(t *testing.T, s Search) Plan {
	t.Helper()
	p, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// once asks the IPv4 group by eth0.
func once(t *testing.T) Plan {
	return planOf(t, Search{By: []Interface{link("eth0", "192.0.2.9")}, Rounds: 1})
}

func TestPlan(t *testing.T) {
	both := []Interface{link("eth0", "192.0.2.9", "fe80::9%eth0"), link("wlan0", "198.51.100.9"), link("wpan0", "fe80::8%wpan0")}
	for _, tt := range []struct {
		name     string
		search   Search
		asks     string
		scope    Scope
		bytes    int
		sent     int
		takes    time.Duration
		question string // in it
	}{
		{
			"one click",
			Search{By: both},
			"224.0.1.187:5683 by eth0, hop limit 1, scope link; 224.0.1.187:5683 by wlan0, hop limit 1, scope link; " +
				"[ff02::fd]:5683 by eth0, hop limit 1, scope link; [ff02::fd]:5683 by wpan0, hop limit 1, scope link",
			ScopeLink, 25, 12, 9 * time.Second, "",
		},
		{
			"wide groups of IPv6",
			Search{By: both[:1], Groups: AllCoAPNodes()[2:], Rounds: 1, Filters: []string{"rt=t*"}},
			"[ff03::fd]:5683 by eth0, hop limit 8, scope realm; [ff05::fd]:5683 by eth0, hop limit 8, scope site",
			ScopeSite, 31, 2, 6 * time.Second, "2 datagrams, of which these may leave the link and make many devices answer: [ff03::fd]:5683",
		},
		{
			"another port, further",
			Search{By: both[1:], Ports: []uint16{61616, 5683}, HopLimit: 4, Rounds: 2, Every: 5 * time.Second, Leisure: Leisure{Size: 500, Group: 100, Rate: 1000}},
			"224.0.1.187:61616 by wlan0, hop limit 4, scope beyond the link; 224.0.1.187:5683 by wlan0, hop limit 4, scope beyond the link; " +
				"[ff02::fd]:61616 by wpan0, hop limit 4, scope link; [ff02::fd]:5683 by wpan0, hop limit 4, scope link",
			ScopeRouted, 25, 8, 56 * time.Second, "224.0.1.187:61616 by wlan0, hop limit 4, scope beyond the link; 224.0.1.187:5683 by wlan0",
		},
		{
			"a group of one's own, on one link",
			Search{By: both, Groups: []netip.Addr{netip.MustParseAddr("ff02::1234%wpan0")}, Leisure: Leisure{Time: time.Second}},
			"[ff02::1234]:5683 by wpan0, hop limit 1, scope link", ScopeLink, 25, 3, 5 * time.Second, "",
		},
	} {
		p := planOf(t, tt.search)
		var asks []string
		for _, a := range p.Asks {
			asks = append(asks, a.String())
			if a.To.Addr().Is6() && a.To.Addr().Zone() != a.By.Name {
				t.Errorf("%s: %v by %s", tt.name, a.To, a.By.Name)
			}
		}
		if got := strings.Join(asks, "; "); got != tt.asks {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.asks)
		}
		if p.Scope() != tt.scope || p.Bytes != tt.bytes || p.Datagrams() != tt.sent || p.Time() != tt.takes {
			t.Errorf("%s: scope %v, %d bytes, %d datagrams, takes %v", tt.name, p.Scope(), p.Bytes, p.Datagrams(), p.Time())
		}
		if q := p.Question(); (q == "") != (tt.question == "") || !strings.Contains(q, tt.question) {
			t.Errorf("%s: question %q", tt.name, q)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	by := []Interface{link("eth0", "192.0.2.9")}
	for want, s := range map[string]Search{
		"no network interface":   {},
		"expected name=value":    {By: by, Filters: []string{"temperature"}},
		"not a multicast group":  {By: by, Groups: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
		"none of the interfaces": {By: by, Groups: []netip.Addr{netip.MustParseAddr("ff02::fd")}},
		"hop limit 256":          {By: by, HopLimit: 256},
		"port 0":                 {By: by, Ports: []uint16{0}},
		"99 rounds":              {By: by, Rounds: 99},
		"the filters make":       {By: by, Filters: []string{"rt=" + strings.Repeat("x", 70000)}},
	} {
		if _, err := s.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", s, err, want)
		}
	}
}

func TestScopeOf(t *testing.T) {
	for text, want := range map[string]Scope{
		"192.0.2.1": ScopeHost, "fe80::1%eth0": ScopeHost, "224.0.1.187": ScopeRouted, "::ffff:224.0.1.187": ScopeRouted, "ff01::fd": ScopeHost,
		"ff02::fd%eth0": ScopeLink, "ff03::fd": ScopeRealm, "ff04::fd": ScopeAdmin, "ff05::fd": ScopeSite, "ff08::fd": ScopeWider, "ff3e::1": ScopeWider,
	} {
		if got := ScopeOf(netip.MustParseAddr(text), 2); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if got := ScopeOf(protocol.AllNodesIPv4, 1); got != ScopeLink {
		t.Errorf("IPv4 with hop limit 1: %v", got)
	}
}

func TestLeisure(t *testing.T) {
	for _, tt := range []struct {
		leisure Leisure
		want    time.Duration
	}{
		{Leisure{}, 5 * time.Second},
		{Leisure{Time: time.Second, Size: 100, Group: 100, Rate: 1000}, time.Second},
		{Leisure{Size: 100, Group: 100, Rate: 1000}, 10 * time.Second}, // the example of RFC 7252 §8.2
		{Leisure{Size: 100, Group: 10, Rate: 1000}, 5 * time.Second},
		{Leisure{Size: 1 << 40, Group: 1 << 40, Rate: 1}, maxLeisure},
	} {
		if got := tt.leisure.Duration(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.leisure, got, tt.want)
		}
	}
}

func TestRun(t *testing.T) {
	f := &fake{
		group: []answer{
			{from: "192.0.2.1:5683", response: links("</a>,</b>")},
			{from: "192.0.2.2:5683", response: firstBlock("</sensors/temp>;")},
			{from: "192.0.2.1:5683", response: links("</a>")}, // again
			{from: "192.0.2.2:5683", response: firstBlock("</sensors/temp>;")},
			{from: "192.0.2.3:5683", response: firstBlock("</sensors/temp>;")},
			{from: "192.0.2.4:5683", response: protocol.Message{Code: protocol.NotFound}},
			{from: "[::ffff:192.0.2.1]:5683", response: links("</a>")}, // once more, in other words
			{from: "192.0.2.1:5684", response: links("</c>")},          // another endpoint of the same address
		},
		rest: func(_ context.Context, to netip.AddrPort, _, first protocol.Message) (protocol.Message, error) {
			if to == ep("192.0.2.3:5683") {
				return protocol.Message{}, errors.New("timeout")
			}
			return links(string(first.Payload) + "obs,</x>"), nil
		},
	}
	tell, told := record(t)
	plan := planOf(t, Search{By: []Interface{link("eth0", "192.0.2.9")}, Filters: []string{"rt=temp*"}, Rounds: 1})
	var outcome Outcome
	synctest.Test(t, func(t *testing.T) {
		var err error
		if outcome, err = finder(f).Run(t.Context(), plan, tell); err != nil {
			t.Fatal(err)
		}
	})
	want := []string{
		"answered 192.0.2.2:5683",
		"answered 192.0.2.3:5683",
		"failed 192.0.2.3:5683: the rest of the links of 192.0.2.3: timeout",
		`found 192.0.2.1:5683 "192.0.2.1" by "eth0" with 2 links partial=true in round 1 after 1ms`,
		`found 192.0.2.1:5684 "192.0.2.1:5684" by "eth0" with 1 links partial=true in round 1 after 8ms`,
		`found 192.0.2.2:5683 "192.0.2.2" by "eth0" with 2 links partial=true in round 1 after 2ms`,
		`found 192.0.2.3:5683 "192.0.2.3" by "eth0" with 1 links partial=true in round 1 after 5ms`, // with what the first block has
		`found 192.0.2.4:5683 "192.0.2.4" by "eth0" with 0 links partial=true in round 1 after 6ms`,
		"round 1 of 1",
	}
	if got := told(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	slices.Sort(f.asked)
	asked := []string{
		"192.0.2.2:5683 rest of CON GET /.well-known/core?rt=temp* +0",
		"192.0.2.3:5683 rest of CON GET /.well-known/core?rt=temp* +0",
		"224.0.1.187:5683 via eth0 hops 1 NON GET /.well-known/core?rt=temp* +0",
	}
	if !slices.Equal(f.asked, asked) {
		t.Errorf("asked %q, want %q", f.asked, asked)
	}
	if outcome.Sent != 1 || outcome.Answers != 8 || outcome.Endpoints != 5 {
		t.Errorf("outcome %+v", outcome)
	}
}

// Rounds find what the ones before missed, tell of each device once, ask again for the rest of links that could not be
// had, and estimate the group and its leisure.
func TestRounds(t *testing.T) {
	tries := 0
	f := &fake{
		hang: true,
		group: []answer{
			{from: "192.0.2.1:5683", response: links("</a>")},
			{from: "192.0.2.2:5683", response: links("</a>"), round: 1},
			{from: "192.0.2.3:5683", response: links("</a>"), round: 2},
			{from: "192.0.2.4:5683", response: firstBlock("</a"), round: 1},
			{from: "192.0.2.4:5683", response: firstBlock("</a"), round: 3},
		},
		rest: func(context.Context, netip.AddrPort, protocol.Message, protocol.Message) (protocol.Message, error) {
			if tries++; tries == 1 {
				return protocol.Message{}, errors.New("timeout")
			}
			return links("</a>"), nil
		},
	}
	var got []string
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		outcome, err := (&Finder{Asker: f}).Run(t.Context(), planOf(t, Search{By: []Interface{link("eth0", "192.0.2.9")}}), func(e Event) {
			switch e := e.(type) {
			case Found:
				got = append(got, fmt.Sprint(e.Device.Endpoint.Addr(), " in ", e.Round, " at ", time.Since(begin)))
			case Failed:
				got = append(got, "failed "+e.Endpoint.String())
			}
		})
		if err != nil || time.Since(begin) != 9*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		want := Outcome{Sent: 3, Answers: 7, Endpoints: 4, Group: 4, Leisure: 6250 * time.Microsecond, Size: 3}
		outcome.Leisure = outcome.Leisure.Round(time.Microsecond)
		if outcome != want {
			t.Errorf("outcome %+v, want %+v", outcome, want)
		}
	})
	slices.Sort(got)
	want := []string{"192.0.2.1 in 1 at 0s", "192.0.2.2 in 1 at 0s", "192.0.2.3 in 2 at 1.5s", "192.0.2.4 in 1 at 0s", "192.0.2.4 in 3 at 3s", "failed 192.0.2.4:5683"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The wait goes on as long as devices still answer for the first time, and does not bound the time for the rest of links.
func TestWaitGoesOn(t *testing.T) {
	f := &fake{hang: true}
	for i := range 4 {
		f.group = append(f.group, answer{from: fmt.Sprintf("192.0.2.%d:5683", i+1), response: links("</a>"), after: 1900 * time.Millisecond})
	}
	f.group = append(f.group, answer{from: "192.0.2.7:5683", response: firstBlock("</a>"), after: 900 * time.Millisecond})
	f.rest = func(ctx context.Context, _ netip.AddrPort, _, _ protocol.Message) (protocol.Message, error) {
		time.Sleep(time.Minute)
		return links("</a>"), ctx.Err()
	}
	plan := once(t)
	plan.Wait = 7 * time.Second // the fourth comes at 7.6 s, which is too late; the third at 5.7 s
	for _, tt := range []struct {
		wait  time.Duration
		found int
		takes time.Duration
	}{
		{7 * time.Second, 3, 7 * time.Second},
		{7500 * time.Millisecond, 3, 7500 * time.Millisecond},
		{7700 * time.Millisecond, 5, 8500*time.Millisecond + time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			plan.Wait = tt.wait
			begin, found := time.Now(), 0
			_, err := (&Finder{Asker: f}).Run(t.Context(), plan, func(e Event) {
				if _, ok := e.(Found); ok {
					found++
				}
			})
			if took := time.Since(begin); err != nil || found != tt.found || took < tt.takes || took > tt.takes+2*time.Second {
				t.Errorf("wait %v: %d found after %v, %v", tt.wait, found, took, err)
			}
		})
	}
}

func TestRunCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{
			hang:  true,
			group: []answer{{from: "192.0.2.2:5683", response: firstBlock("</sensors/temp>;")}},
			rest: func(ctx context.Context, _ netip.AddrPort, _, _ protocol.Message) (protocol.Message, error) {
				cancel()
				<-ctx.Done()
				return protocol.Message{}, ctx.Err()
			},
		}
		tell, told := record(t)
		if _, err := finder(f).Run(ctx, once(t), tell); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if got := told(); len(got) != 4 || !strings.HasPrefix(got[1], "failed 192.0.2.2") || !strings.HasPrefix(got[2], "found 192.0.2.2") {
			t.Errorf("told %q", got)
		}
	})
}

// A group that cannot be reached is told of once and not asked again; where there is no other, that is the error.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{err: errors.New("no route")}
		tell, told := record(t)
		plan := once(t)
		plan.Rounds = 3
		begin := time.Now()
		if _, err := finder(f).Run(t.Context(), plan, tell); !errors.Is(err, f.err) || time.Since(begin) != 0 {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
		want := []string{"refused 224.0.1.187:5683 by eth0, hop limit 1, scope link: no route", "round 1 of 3"}
		if got := told(); !slices.Equal(got, want) || len(f.asked) != 1 {
			t.Errorf("told %q after asking %q", got, f.asked)
		}
	})
}

// Answers of ever new endpoints, which are none, end somewhere.
func TestSearchIsBounded(t *testing.T) {
	f := &fake{}
	for i := range maxFound + 100 {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5683)
		f.group = append(f.group, answer{from: at.String(), response: protocol.Message{Code: protocol.Content}})
	}
	synctest.Test(t, func(t *testing.T) {
		found := 0
		outcome, err := (&Finder{Asker: f}).Run(t.Context(), once(t), func(e Event) {
			if _, is := e.(Found); is {
				found++
			}
		})
		if err != nil || found != maxFound || outcome.Endpoints != maxFound || outcome.Answers != maxFound+100 {
			t.Errorf("%d found, %+v, %v", found, outcome, err)
		}
	})
}

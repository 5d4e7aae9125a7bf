package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coapscope/protocol"
)

func TestTargetsPlan(t *testing.T) {
	ts, err := ParseTargets("192.0.2.1-40", 5683)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ts.Plan(0, "rt=t*")
	if err != nil || p.Datagrams() != 80 || p.Time() != 39*50*time.Millisecond+targetPatience || p.Scope() != ScopeHost {
		t.Errorf("plan %+v, %v", p, err)
	}
	if q := p.Question(); q != "Ask 40 hosts one by one, 20 a second, which takes 7 s, with at most 80 datagrams of 31 bytes: 192.0.2.1-192.0.2.40?" {
		t.Errorf("question %q", q)
	}
	if _, err = ts[:0].Plan(0); err == nil {
		t.Error("a plan for nobody")
	}
	if _, err = ts.Plan(1001); err == nil {
		t.Error("a rate without bounds")
	}
	one, _ := ParseTargets("192.0.2.1", 5683)
	if p, err = one.Plan(5); err != nil || p.Question() != "" {
		t.Errorf("of one host it asks %q, %v", p.Question(), err)
	}
}

// Hosts are asked at the rate, none twice, and the rest of long answers after the patience too. A host that was named is
// told of when it is silent, one of a range is not.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var asked []string
		f := &fake{
			ask: func(to netip.AddrPort, _ protocol.Message) (protocol.Message, error) {
				asked = append(asked, fmt.Sprint(to.Addr(), " at ", time.Since(begin)))
				switch to.Addr().As4()[3] {
				case 1, 9:
					return links("</a>"), nil
				case 2:
					return firstBlock("</a"), nil
				case 3:
					return protocol.Message{}, errors.New("port unreachable")
				}
				return protocol.Message{}, context.DeadlineExceeded
			},
			rest: func(context.Context, netip.AddrPort, protocol.Message, protocol.Message) (protocol.Message, error) {
				time.Sleep(time.Minute)
				return links("</a>,</b>"), nil
			},
		}
		finder := &Finder{Asker: f, Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			if host == "nine" {
				return []netip.Addr{netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9")}, nil
			}
			return nil, errors.New("no such host")
		}}
		ts, err := ParseTargets("192.0.2.1-4 192.0.2.1 192.0.2.5 nine nobody", 5683)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := ts.Plan(10)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		var last Progress
		outcome, err := finder.Run(t.Context(), plan, func(e Event) {
			switch e := e.(type) {
			case Progress:
				if e.Done != last.Done+1 || e.Of != 8 {
					t.Errorf("progress %+v after %+v", e, last)
				}
				last = e
			case Found:
				told = append(told, fmt.Sprintf("found %v with %d links", e.Device.Endpoint, len(e.Device.Links)))
			case Failed:
				told = append(told, "failed: "+e.Err.Error())
			}
		})
		if err != nil || last != (Progress{8, 8, 3}) || time.Since(begin) < time.Minute || outcome.Sent != 6 || outcome.Endpoints != 3 || outcome.Group != 0 {
			t.Errorf("%v, %+v, %+v after %v", err, last, outcome, time.Since(begin))
		}
		slices.Sort(told)
		want := []string{
			"failed: 192.0.2.5: no answer within 5.5s", `failed: host "nobody": no such host`,
			"found 192.0.2.1:5683 with 1 links", "found 192.0.2.2:5683 with 2 links", "found 192.0.2.9:5683 with 1 links",
		}
		if !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
		want = []string{"192.0.2.1 at 0s", "192.0.2.2 at 100ms", "192.0.2.3 at 200ms", "192.0.2.4 at 300ms", "192.0.2.5 at 500ms", "192.0.2.9 at 600ms"}
		if !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	})
}

func TestSweepCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		f := &fake{ask: func(netip.AddrPort, protocol.Message) (protocol.Message, error) {
			if n++; n == 3 {
				cancel()
			}
			return protocol.Message{}, errors.New("silent")
		}}
		ts, _ := ParseTargets("10.0.0.0/16", 5683)
		plan, err := ts.Plan(0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&Finder{Asker: f}).Run(ctx, plan, func(Event) {}); !errors.Is(err, context.Canceled) || n != 3 {
			t.Errorf("%v after %d hosts", err, n)
		}
	})
}

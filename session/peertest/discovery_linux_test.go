package peertest_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/peertest"
)

// searchGiven is what the part of a search inside a host is given.
type searchGiven struct {
	Interfaces []string
	Groups     []netip.Addr
	Lab        bool // the lab runs in the host, on loopback
	Rounds     int
	Filters    []string
	HopLimit   int
	Targets    string // to be asked one by one, in place of groups
	Kept       *discovery.Devices
}

// searchResult is what it found.
type searchResult struct {
	Found   []foundDevice
	Refused []string
	Outcome discovery.Outcome
	Took    time.Duration
	Kept    *discovery.Devices // what was known, and was found
	Moved   []discovery.Moved
}

type foundDevice struct {
	Endpoint, Interface, Problem string
	Links, Round                 int
}

// TestInsideSearch is the part of the tests below that runs in a host of the network.
func TestInsideSearch(t *testing.T) {
	var given searchGiven
	isInside(t, &given)
	if given.Lab {
		l, err := lab.Start(lab.Config{Seed: 1, Loss: lab.NoLoss})
		check(t, err)
		defer l.Close()
	}
	engine, err := session.Open(session.Config{})
	check(t, err)
	defer engine.Close()
	all, err := discovery.Interfaces()
	check(t, err)
	search := discovery.Search{Groups: given.Groups, Rounds: given.Rounds, Filters: given.Filters, HopLimit: given.HopLimit}
	for _, i := range all {
		if slices.Contains(given.Interfaces, i.Net.Name) {
			search.By = append(search.By, i)
		}
	}
	plan, err := search.Plan()
	if given.Targets != "" {
		targets, parsed := discovery.ParseTargets(given.Targets, 5683)
		check(t, parsed)
		plan, err = targets.Plan(50)
	}
	check(t, err)
	result := searchResult{Kept: given.Kept}
	if result.Kept == nil {
		result.Kept = new(discovery.Devices)
	}
	begin := time.Now()
	finder := &discovery.Finder{Asker: engine, Hardware: new(discovery.Neighbours).Hardware}
	result.Outcome, err = finder.Run(t.Context(), plan, func(e discovery.Event) {
		switch e := e.(type) {
		case discovery.Found:
			result.Kept.Add(e.Device)
			d := foundDevice{e.Device.Endpoint.String(), e.Device.Interface, "", len(e.Device.Links), e.Round}
			if e.Device.Problem != nil {
				d.Problem = e.Device.Problem.Error()
			}
			result.Found = append(result.Found, d)
		case discovery.Refused:
			result.Refused = append(result.Refused, fmt.Sprint(e.Ask, ": ", e.Err))
		case discovery.Failed:
			t.Errorf("%v: %v", e.Endpoint, e.Err)
		}
	})
	check(t, err)
	result.Took = time.Since(begin)
	result.Moved = result.Kept.Swept(plan, begin)
	giveResult(t, result)
}

// street is a network of two links with the user's host on both, and libcoap's server in the others: half of them in
// the IPv4 group, half in that of IPv6.
type street struct {
	*testing.T
	net  *peertest.Network
	want []string // where the devices answer, without the zone of another host's choice
}

func newStreet(t *testing.T, devices int, group6 string) *street {
	s := &street{T: t, net: peertest.NewNetwork(t, "north", "south")}
	s.net.Host("user")
	s.net.Plug("user", "eth0", "north", "10.77.1.1/24", "fd77:1::1/64")
	s.net.Plug("user", "eth1", "south", "10.77.2.1/24", "fd77:2::1/64")
	for i := range devices {
		name, link, at := fmt.Sprint("d", i), "north", 1
		if i%2 == 1 {
			link, at = "south", 2
		}
		s.net.Host(name)
		s.net.Plug(name, "eth0", link, fmt.Sprintf("10.77.%d.%d/24", at, 10+i), fmt.Sprintf("fd77:%d::%x/64", at, 16+i))
		group := "224.0.1.187"
		if i%4 >= 2 {
			group = group6
		}
		s.serve(name, group)
		switch {
		case group == "224.0.1.187":
			s.want = append(s.want, fmt.Sprintf("10.77.%d.%d:5683", at, 10+i))
		case strings.HasPrefix(group, "ff02"):
			s.want = append(s.want, fmt.Sprintf("[%s%%eth%d]:5683", s.linkLocal(name), at-1))
		default:
			s.want = append(s.want, fmt.Sprintf("[fd77:%d::%x]:5683", at, 16+i))
		}
	}
	slices.Sort(s.want)
	return s
}

// serve starts libcoap's server in a host. Those of an even number have so many resources that their links come in blocks.
func (s *street) serve(host, group string) {
	s.Helper()
	command := s.net.Command(host, peertest.System(s, "coap-server"), "-d", "40", "-g", group, "-G", "eth0")
	check(s.T, command.Start())
	s.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	client := peertest.System(s, "coap-client")
	for end := time.Now().Add(patience); ; {
		if output, err := s.net.Command(host, client, "-B", "1", "-m", "get", "coap://127.0.0.1/").CombinedOutput(); err == nil && strings.Contains(string(output), "libcoap") {
			break
		}
		if time.Now().After(end) {
			s.Fatal("libcoap's server does not answer")
		}
	}
	if strings.TrimLeft(host, "d") >= "4" {
		return
	}
	for i := range 30 {
		s.net.Run(host, client, "-m", "put", "-e", "x", "-t", "0", fmt.Sprintf("coap://127.0.0.1/a-resource-with-a-long-name-%02d", i))
	}
}

// linkLocal gives the link-local address of eth0 of a host.
func (s *street) linkLocal(host string) string {
	s.Helper()
	output, err := s.net.Command(host, "ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link").Output()
	check(s.T, err)
	for _, word := range strings.Fields(string(output)) {
		if prefix, err := netip.ParsePrefix(word); err == nil {
			return prefix.Addr().String()
		}
	}
	s.Fatalf("%s has no link-local address: %s", host, output)
	return ""
}

// judge holds what was found against what there is: all, each once.
func (s *street) judge(result searchResult, want []string) {
	s.Helper()
	var got []string
	blocks, rounds := 0, [4]int{}
	for _, d := range result.Found {
		got = append(got, d.Endpoint)
		if d.Problem != "" {
			s.Errorf("%s: %s", d.Endpoint, d.Problem)
		}
		if d.Links > 30 {
			blocks++
		}
		rounds[d.Round]++
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, refused := range result.Refused {
		if !strings.Contains(refused, "by lo,") { // which has no link-local addresses
			s.Errorf("refused: %s", refused)
		}
	}
	s.Logf("%d found in %v, by round %v, %d with links in blocks; %+v", len(got), result.Took.Round(time.Millisecond), rounds[1:], blocks, result.Outcome)
}

func TestEveryDeviceIsFoundOnce(t *testing.T) {
	s := newStreet(t, 8, "ff02::fd")
	var result searchResult
	runInside(t, s.net, "user", "TestInsideSearch", searchGiven{Interfaces: []string{"eth0", "eth1", "lo"}, Lab: true}, &result)
	want := slices.Clone(s.want)
	for i := range 5 {
		want = append(want, fmt.Sprintf("127.0.0.%d:5683", 11+i))
	}
	slices.Sort(want)
	s.judge(result, want)
	blocks := 0
	for _, d := range result.Found {
		if d.Links >= 34 && d.Interface != "lo" {
			blocks++
		}
	}
	if blocks != 4 {
		t.Errorf("the links of %d devices came whole though in blocks, want 4", blocks)
	}

	t.Run("one by one", func(t *testing.T) {
		var result searchResult
		runInside(t, s.net, "user", "TestInsideSearch", searchGiven{Targets: "10.77.1.0/27, 10.77.2.1-20, fd77:1::10"}, &result)
		want := []string{"[fd77:1::10]:5683"}
		for i := range 8 {
			want = append(want, fmt.Sprintf("10.77.%d.%d:5683", 1+i%2, 10+i))
		}
		slices.Sort(want)
		s.judge(result, want)
		if got := result.Kept.All(); len(got) != 8 {
			t.Errorf("%d devices, want 8: one has two addresses", len(got))
		}
		if d, ok := result.Kept.Get(netip.MustParseAddrPort("[fd77:1::10]:5683")); !ok || len(d.Also) != 1 {
			t.Errorf("the one with two addresses is at %v and %v, %q", d.Endpoint, d.Also, d.Hardware)
		}

		// In the next run one of them is at another address, and one is gone.
		moves := netip.MustParseAddrPort("10.77.2.15:5683")
		result.Kept.Rename(moves, "mine")
		s.net.IP("d5", "addr", "del", "10.77.2.15/24", "dev", "eth0")
		s.net.IP("d5", "addr", "add", "10.77.2.19/24", "dev", "eth0")
		s.net.IP("d2", "addr", "del", "10.77.1.12/24", "dev", "eth0")
		var next searchResult
		runInside(t, s.net, "user", "TestInsideSearch", searchGiven{Targets: "10.77.1.0/27, 10.77.2.1-20", Kept: result.Kept}, &next)
		if len(next.Moved) != 1 || next.Moved[0].From != moves || next.Moved[0].To != netip.MustParseAddrPort("10.77.2.19:5683") {
			t.Errorf("moved %v", next.Moved)
		}
		if d, ok := next.Kept.Get(netip.MustParseAddrPort("10.77.2.19:5683")); !ok || d.Name != "mine" || len(next.Kept.All()) != 8 {
			t.Errorf("it is %q, of %d devices", d.Name, len(next.Kept.All()))
		}
		s.net.IP("d5", "addr", "del", "10.77.2.19/24", "dev", "eth0")
		s.net.IP("d5", "addr", "add", "10.77.2.15/24", "dev", "eth0")
		s.net.IP("d2", "addr", "add", "10.77.1.12/24", "dev", "eth0")
	})

	t.Run("a fifth is lost", func(t *testing.T) {
		for i := range 8 {
			s.net.Lose(fmt.Sprint("d", i), 5683, i)
		}
		var result searchResult
		runInside(t, s.net, "user", "TestInsideSearch", searchGiven{Interfaces: []string{"eth0", "eth1"}}, &result)
		s.judge(result, s.want)
	})
}

// Groups of a wider scope, by each interface; and a filter that nothing fits.
func TestWideGroups(t *testing.T) {
	s := newStreet(t, 4, "ff05::fd")
	only := slices.DeleteFunc(slices.Clone(s.want), func(w string) bool { return !strings.HasPrefix(w, "[") })
	var result searchResult
	runInside(t, s.net, "user", "TestInsideSearch", searchGiven{
		Interfaces: []string{"eth0", "eth1"}, Groups: discovery.AllCoAPNodes()[2:], Rounds: 1, Filters: []string{"rt=ticks"},
	}, &result)
	s.judge(result, only)
	for _, d := range result.Found {
		if d.Links != 1 {
			t.Errorf("%s: %d links fit rt=ticks", d.Endpoint, d.Links)
		}
	}
}

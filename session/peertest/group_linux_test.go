package peertest_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

// groupGiven is what the part that asks a group is given.
type groupGiven struct {
	Group keep.Group
	Draft draft.Draft
}

// groupResult is what the window says of it.
type groupResult struct {
	Problems []string
	Rows     []view.GroupAnswerRow
	Sum      view.GroupSum
	Missing  string
	Text     string
	History  view.HistoryRow
	Tries    int           // of the member that took most
	Longest  int           // payload
	Made     time.Duration // it took to make all rows of the table
	Drawn    time.Duration // and the picture
	Wire     []string      // type, code and length of what was sent
}

// TestInsideGroup is the part of the tests below that runs in a host of the network: a window's model, and a test in place
// of the user.
func TestInsideGroup(t *testing.T) {
	var given groupGiven
	isInside(t, &given)
	engine, err := session.Open(session.Config{})
	check(t, err)
	wake := make(chan struct{}, 1)
	w := view.NewWorkbench(engine, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	defer w.Close()
	check(t, w.SaveGroup(given.Group, ""))
	w.OpenGroup(given.Group.Name)
	tab := w.Tab()
	tab.Draft = given.Draft
	tab.Draft.Group = given.Group.Name
	w.Send()
	if tab.Asks != nil {
		w.Decide(true)
	}
	var r groupResult
	for _, p := range tab.Problems {
		r.Problems = append(r.Problems, p.Text)
	}
	for end := time.After(2 * time.Minute); len(r.Problems) == 0; {
		for more := true; more; {
			_, more = w.Pull()
		}
		if tab.State == view.TabIdle {
			break
		}
		select {
		case <-wake:
		case <-end:
			t.Fatalf("it has no end: %s", w.Message)
		}
	}
	if g := tab.Group; g != nil {
		begin := time.Now()
		for i := range g.Len() {
			r.Rows = append(r.Rows, w.GroupAnswerRow(g, i))
		}
		r.Made = time.Since(begin)
		begin = time.Now()
		g.Draw(nowhere{}, 600, 160)
		r.Drawn = time.Since(begin)
		r.Sum, r.Missing, r.Text = g.Sum(), w.MissingText(g), w.GroupText(g)
		for i := range g.Len() {
			if a := w.GroupMember(g, i).Answer; a != nil {
				r.Tries, r.Longest = max(r.Tries, a.Attempts), max(r.Longest, len(a.Message.Payload))
			}
		}
	} else if tab.Answer != nil {
		r.Problems = append(r.Problems, fmt.Sprint(tab.Answer.Err))
	}
	if h := w.History.Latest(1, time.Now()); len(h) > 0 {
		r.History = h[0]
	}
	for i := range w.Traffic.Total() {
		if row := w.Traffic.Row(i); row.Arrow == "→" && len(r.Wire) < 40 {
			r.Wire = append(r.Wire, row.Type+" "+row.Code)
		}
	}
	giveResult(t, r)
}

// nowhere is a pen that draws nothing.
type nowhere struct{}

func (nowhere) Line(_, _, _, _, _ float32, _ view.Dash, _ view.Concept) {}
func (nowhere) Shape(view.Concept, ...float32)                          {}
func (nowhere) Box(_, _, _, _ float32, _ view.BoxKind, _ view.Concept)  {}
func (nowhere) Text(view.PenText)                                       {}
func (nowhere) Hit(_, _, _, _ float32, _ any)                           {}
func (n nowhere) Clip(_, _, _, _ float32) view.Pen                      { return n }

// members gives the names of those in the table that a condition holds for.
func (r *groupResult) members(is func(view.GroupAnswerRow) bool) (names []string) {
	for _, row := range r.Rows {
		if is(row) {
			names = append(names, row.Member)
		}
	}
	slices.Sort(names)
	return names
}

func answeredRow(r view.GroupAnswerRow) bool { return strings.HasPrefix(r.Code, "2.") }

// libcoap's servers on two links are a group: by IPv4 and IPv6 multicast by both interfaces, with long answers fetched, a
// member that is missing named, and one that nobody knew marked; and one by one, through a network that loses a fifth.
func TestGroupOfServers(t *testing.T) {
	const devices, missing = 6, "10.77.1.99"
	s := newStreet(t, devices, "ff05::fd")
	var four, six, all []string // members of the groups of IPv4 and IPv6
	for i := range devices {
		at := 1 + i%2
		address := fmt.Sprintf("10.77.%d.%d", at, 10+i)
		all = append(all, address)
		if i%4 >= 2 {
			six = append(six, fmt.Sprintf("[fd77:%d::%x]", at, 16+i))
		} else {
			four = append(four, address)
		}
	}
	get := draft.Draft{Method: protocol.GET, Address: "/.well-known/core", Settings: draft.Settings{Timeout: "6s"}}
	for _, c := range []struct {
		name    string
		group   keep.Group
		members []string
	}{
		{"IPv4", keep.Group{Multicast: netip.MustParseAddrPort("224.0.1.187:5683"), Interfaces: []string{"eth0", "eth1"}}, four},
		{"IPv6", keep.Group{Multicast: netip.MustParseAddrPort("[ff05::fd]:5683"), Interfaces: []string{"eth0", "eth1"}, Rate: 1000}, six},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.group.Name = c.name
			c.group.Members = append(slices.Clone(c.members[1:]), missing) // the first is not known to be one
			var r groupResult
			runInside(t, s.net, "user", "TestInsideGroup", groupGiven{c.group, get}, &r)
			t.Logf("%v\n%s%v", r.Sum, r.Text, r.Wire)
			want := slices.Clone(c.members)
			slices.Sort(want)
			if got := r.members(answeredRow); !slices.Equal(got, want) {
				t.Errorf("answered: %v, not %v", got, want)
			}
			if got := r.members(func(r view.GroupAnswerRow) bool { return r.Other }); !slices.Equal(got, c.members[:1]) {
				t.Errorf("no member: %v, not %v", got, c.members[0])
			}
			if r.Missing != "no answer of "+missing || r.Sum.Silent != 1 || r.Sum.Expected != len(c.members) || r.Sum.Copies != 0 || r.Sum.Again != 0 {
				t.Errorf("%q, %+v", r.Missing, r.Sum)
			}
			if r.Wire[0] != "NON GET" || r.Wire[1] != "NON GET" || r.Longest < 1100 {
				t.Errorf("sent %v, the longest answer has %d bytes", r.Wire, r.Longest)
			}
			if want := fmt.Sprintf("%d/%d", len(c.members)-1, len(c.members)); r.History.Code != want {
				t.Errorf("history %+v, want %s", r.History, want)
			}
		})
	}
	put := draft.Draft{Method: protocol.PUT, Address: "/example_data", Payload: "on", Type: protocol.Confirmable}
	t.Run("one by one", func(t *testing.T) {
		s.net.Lose("d3", 5683, 0)
		var r groupResult
		runInside(t, s.net, "user", "TestInsideGroup", groupGiven{keep.Group{Name: "List", Members: append(slices.Clone(all), "127.0.0.9")}, put}, &r)
		t.Logf("%v\n%s%v", r.Sum, r.Text, r.Wire)
		slices.Sort(all)
		if got := r.members(answeredRow); !slices.Equal(got, all) {
			t.Errorf("answered: %v, not %v", got, all)
		}
		if r.Missing != "no answer of 127.0.0.9" || r.Sum.Failed != 1 || r.Tries < 2 {
			t.Errorf("%q, %+v, %d tries", r.Missing, r.Sum, r.Tries)
		}
	})
	t.Run("a body in blocks", func(t *testing.T) {
		long := put
		long.Payload = strings.Repeat("0123456789", 300)
		var r groupResult
		runInside(t, s.net, "user", "TestInsideGroup", groupGiven{keep.Group{Name: "List", Members: all[:2]}, long}, &r)
		if got := r.members(answeredRow); len(got) != 2 {
			t.Errorf("%v\n%s", got, r.Text)
		}
	})
}

// A thousand members answer within the leisure, by one request: all are in the table, which is made at once.
func TestGroupOfAThousand(t *testing.T) {
	given := crowdGiven{1000, 3, 4 * time.Second}
	n := newCrowd(t, given)
	group := keep.Group{Name: "Crowd", Multicast: netip.MustParseAddrPort("224.0.1.187:5683"), Interfaces: []string{"eth0"}}
	for i := range given.Devices + 1 {
		group.Members = append(group.Members, fmt.Sprintf("10.78.%d.%d", i/250, 1+i%250))
	}
	var r groupResult
	runInside(t, n, "user", "TestInsideGroup", groupGiven{group, draft.Draft{Method: protocol.GET, Address: "/.well-known/core", Settings: draft.Settings{Timeout: "6s"}}}, &r)
	if r.Sum.Answered < given.Devices*99/100 || r.Sum.Answered+r.Sum.Silent != r.Sum.Expected || !strings.Contains(r.Missing, "10.78.4.1") || r.Sum.Late != 0 {
		t.Errorf("%+v, %q, %v", r.Sum, r.Missing, r.Problems)
	}
	t.Logf("%+v; all rows are made in %v, the picture in %v", r.Sum, r.Made, r.Drawn)
}

package view

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coapscope/discovery"
)

// GroupRun is a request that went to a group, and what its members answered.
type GroupRun struct {
	Name      string // of the group; empty for an address that was typed
	To        string // the address, or how many members
	Multicast bool
	Running   bool
	Stopped   bool // by the user, before its time was over
	Quiet     bool // no response was asked for (RFC 7967)
	Until     time.Time

	// Opened is the member whose answer is shown in full; nil for the table.
	Opened *GroupMember
	// Selected is the member that is selected in the table; nil for none.
	Selected *GroupMember
	// Close has the picture show the time in which they answered, instead of the whole leisure.
	Close bool

	what     string        // is asked: the same for another round
	leisure  time.Duration // DEFAULT_LEISURE as it is set
	rate     int           // R of RFC 7252 §8.2; 0 where it is not known
	members  []*GroupMember
	at       map[netip.AddrPort][]*GroupMember // by the endpoint of the device
	expected int                               // members that the group has
	earlier  []groupRound                      // what was asked before, the last one at the end
	plot     groupPlot

	by    GroupColumn
	down  bool
	order []*GroupMember // as they are shown
	sum   GroupSum
	stale bool // order and sum have to be made anew
}

// MemberState says what came of a member.
type MemberState uint8

// The states.
const (
	MemberWaiting  MemberState = iota // for an answer
	MemberAnswered                    // with any code
	MemberSilent                      // no answer came in time
	MemberRejected                    // with a Reset
	MemberFailed                      // for another reason: no address, an error of the network
	MemberUnasked                     // the user has stopped it before
)

// GroupMember is one who is expected to answer, or who has.
type GroupMember struct {
	Text     string         // as it stands in the group; empty for one that is no member
	To       netip.AddrPort // not valid while it is not known
	Nth      int            // 2 for the second answer of the same endpoint, and so on
	State    MemberState
	Answer   *Answer // or why there is none; nil while there is nothing to tell
	Fetching bool    // the rest of its answer, by unicast (RFC 7959 §2.8)
	Copies   []time.Duration
	Also     []string // further interfaces whose request it has answered too

	copies int // that came, those of Copies and further ones
	lane   int // its place in the plot
	by     int // which request of several it answered first
	value  string
	wire   int // bytes of the packet that brought it, with the headers of IP and UDP
}

// maxCopies bounds Copies.
const maxCopies = 32

// GroupSum is what came of all.
type GroupSum struct {
	Expected int // members
	Answered int // of them
	Others   int // endpoints that answered and are no members
	Waiting  int
	Silent   int
	Failed   int
	Again    int // further answers of the same endpoint
	Copies   int // duplicates of messages
	Late     int // answers after the leisure
	Codes    []CodeCount
	Median   time.Duration
	Last     time.Duration // when the last one came
	Size     int           // mean size of an answer, with the headers of IP and UDP, in bytes
}

// Late tells whether a time after the request is later than the leisure allows (RFC 7252 §8.2).
func (g *GroupRun) Late(after time.Duration) bool { return g.Multicast && after > g.Leisure() }

// Leisure is how long members may let pass before they answer: S·G/R where that is known and more than DEFAULT_LEISURE
// (RFC 7252 §8.2).
func (g *GroupRun) Leisure() time.Duration {
	lb, _ := g.LowerBound()
	return max(g.leisure, lb)
}

// LowerBound gives S·G/R, by the answers that came; false where R is not known, or nothing came.
func (g *GroupRun) LowerBound() (time.Duration, bool) {
	s := g.Sum()
	n := max(s.Expected, s.Answered+s.Others)
	if g.rate <= 0 || s.Size == 0 || n == 0 {
		return 0, false
	}
	return discovery.Leisure{Size: s.Size, Group: n, Rate: g.rate}.LowerBound(), true
}

// Sum counts what came.
func (g *GroupRun) Sum() GroupSum {
	g.arrange(nil)
	return g.sum
}

// changed notes that order and sum have to be made anew.
func (g *GroupRun) changed() { g.stale = true }

// expect adds a member. One that answered already becomes one.
func (g *GroupRun) expect(text string, at netip.AddrPort) *GroupMember {
	g.changed()
	if at.IsValid() {
		if known := g.at[at]; len(known) > 0 {
			if known[0].Text == "" {
				g.expected++
			}
			for _, m := range known {
				if m.Text == "" {
					m.Text = text
				}
			}
			return known[0]
		}
	}
	m := &GroupMember{Text: text, To: at, Nth: 1}
	g.expected++
	g.add(m)
	return m
}

// welcome makes one who answered a member.
func (g *GroupRun) welcome(text string, at netip.AddrPort) {
	if m := g.expect(text, at); m.State == MemberWaiting && !g.Running {
		m.State = MemberUnasked
	}
}

func (g *GroupRun) add(m *GroupMember) {
	m.lane = len(g.members)
	g.members = append(g.members, m)
	if m.To.IsValid() {
		if g.at == nil {
			g.at = make(map[netip.AddrPort][]*GroupMember)
		}
		g.at[m.To] = append(g.at[m.To], m)
	}
	g.changed()
}

// resolved takes the endpoint of a member that was a name. Where that has answered already, the two are one.
func (g *GroupRun) resolved(m *GroupMember, at netip.AddrPort) {
	if m.To.IsValid() || !at.IsValid() {
		return
	}
	g.changed()
	if known := g.at[at]; len(known) > 0 {
		if known[0].Text != "" { // a member under two names
			g.expected--
		}
		for _, k := range known {
			if k.Text == "" {
				k.Text = m.Text
			}
		}
		g.members = slices.DeleteFunc(g.members, func(x *GroupMember) bool { return x == m })
		for i, x := range g.members {
			x.lane = i
		}
		return
	}
	m.To = at
	if g.at == nil {
		g.at = make(map[netip.AddrPort][]*GroupMember)
	}
	g.at[at] = append(g.at[at], m)
}

// maxGroupRows is from which on only members have rows: on a hostile network any answer may come from another endpoint.
const maxGroupRows = 32_768

// answered takes an answer of an endpoint to the request of that number, and gives its row; nil where there is no room for
// one. copied tells that it is a message that came before.
func (g *GroupRun) answered(from netip.AddrPort, by int, via string, copied bool, a *Answer) (m *GroupMember, fresh bool) {
	g.changed()
	known := g.at[from]
	if copied {
		for _, m := range slices.Backward(known) {
			if m.Answer != nil && m.by == by {
				m.copies++
				if len(m.Copies) < maxCopies {
					m.Copies = append(m.Copies, a.RTT)
				}
				return m, false
			}
		}
	}
	if len(known) > 0 && known[0].State != MemberAnswered {
		m = known[0]
	} else if len(known) > 0 && known[0].by != by {
		if via != "" && !slices.Contains(known[0].Also, via) {
			known[0].Also = append(known[0].Also, via)
		}
		return known[0], false
	} else if len(g.members) >= maxGroupRows {
		return nil, false
	} else {
		m = &GroupMember{To: from, Nth: len(known) + 1}
		if len(known) > 0 {
			m.Text = known[0].Text
		}
		g.add(m)
	}
	m.State, m.by = MemberAnswered, by
	m.take(a)
	return m, true
}

func (m *GroupMember) take(a *Answer) {
	m.Answer = a
	m.value = shortValue(&a.Message)
}

// ended notes that no more answers are waited for.
func (g *GroupRun) ended(state MemberState) {
	for _, m := range g.members {
		if m.State == MemberWaiting {
			m.State = state
		}
	}
	g.changed()
}

// arrange makes order and sum anew, if there is anything new. name gives the name of an endpoint; nil leaves the order.
func (g *GroupRun) arrange(name func(*GroupMember) string) {
	if g.stale {
		g.stale = false
		g.sum = g.count()
		g.order = g.order[:0]
	}
	if name == nil || len(g.order) == len(g.members) {
		return
	}
	g.order = append(g.order[:0], g.members...)
	names := make(map[*GroupMember]string)
	if g.by == ByMember {
		for _, m := range g.members {
			names[m] = strings.ToLower(name(m))
		}
	}
	slices.SortStableFunc(g.order, func(a, b *GroupMember) int {
		c := 0
		switch g.by {
		case ByMember:
			c = strings.Compare(names[a], names[b])
		case ByCode:
			c = cmp.Compare(a.code(), b.code())
		case BySize:
			c = cmp.Compare(a.size(), b.size())
		case ByValue:
			c = strings.Compare(a.value, b.value)
		}
		if c == 0 {
			c = cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.after(), b.after()))
		}
		if g.down {
			return -c
		}
		return c
	})
}

// rank has those who answered stand before the others.
func (m *GroupMember) rank() int {
	return [...]int{MemberWaiting: 1, MemberAnswered: 0, MemberSilent: 4, MemberRejected: 2, MemberFailed: 3, MemberUnasked: 5}[m.State]
}

func (m *GroupMember) after() time.Duration {
	if m.State != MemberAnswered {
		return 0
	}
	return m.Answer.RTT
}

func (m *GroupMember) code() int {
	if m.State != MemberAnswered {
		return 1 << 8
	}
	return int(m.Answer.Message.Code)
}

func (m *GroupMember) size() int {
	if m.State != MemberAnswered {
		return -1
	}
	return len(m.Answer.Message.Payload)
}

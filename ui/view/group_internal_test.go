package view

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

func groupEnd(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), protocol.Port)
}

func groupAnswer(from netip.AddrPort, after time.Duration, code protocol.Code, body string) *Answer {
	return &Answer{From: from, RTT: after, Attempts: 1, Message: protocol.Message{Code: code, Payload: []byte(body)}}
}

func groupName(m *GroupMember) string {
	if m.Text != "" {
		return m.Text
	}
	return m.To.Addr().String()
}

// The story of a request to a group: in time and late, twice the same, twice another, by two interfaces, from nobody who
// was expected, and not at all.
func TestGroupRun(t *testing.T) {
	g := &GroupRun{Multicast: true, Running: true, leisure: 5 * time.Second}
	for i := 1; i <= 4; i++ {
		g.expect(fmt.Sprint("m", i), groupEnd(i))
	}
	host := g.expect("host.example", netip.AddrPort{}) // whose address is looked up
	take := func(from, by int, after time.Duration, copied bool, body string) (*GroupMember, bool) {
		return g.answered(groupEnd(from), by, fmt.Sprint("eth", by), copied, groupAnswer(groupEnd(from), after, protocol.Content, body))
	}
	take(1, 0, 100*time.Millisecond, false, "a")
	take(1, 0, 150*time.Millisecond, true, "a")
	if m, fresh := take(1, 0, 300*time.Millisecond, false, "b"); !fresh || m.Nth != 2 {
		t.Errorf("another answer: %+v", m)
	}
	take(2, 1, 200*time.Millisecond, false, "c")
	if m, fresh := take(2, 0, 250*time.Millisecond, false, "c"); fresh || len(m.Also) != 1 || m.Also[0] != "eth0" {
		t.Errorf("by another interface: %+v", m)
	}
	take(3, 0, 6*time.Second, false, "d")
	take(5, 0, 400*time.Millisecond, false, "e") // who is host.example, as will be known
	take(6, 0, 500*time.Millisecond, false, "f") // nobody knows who that is
	if s := g.Sum(); s.Answered != 3 || s.Others != 2 || s.Waiting != 2 || s.Expected != 5 {
		t.Errorf("%+v", s)
	}
	g.resolved(host, groupEnd(5))
	if g.Missing(groupName) != "" {
		t.Error("somebody is missing before the time is over")
	}
	g.ended(MemberSilent)
	g.Running = false
	s := g.Sum()
	if s.Answered != 4 || s.Others != 1 || s.Silent != 1 || s.Late != 1 || s.Copies != 1 || s.Again != 1 || s.Median != 400*time.Millisecond || s.Last != 6*time.Second {
		t.Errorf("%+v", s)
	}
	if text := g.Missing(groupName); text != "no answer of m4" {
		t.Errorf("%q", text)
	}
	var outcomes []string
	for _, o := range g.Outcomes() {
		outcomes = append(outcomes, o.Text)
	}
	if text := strings.Join(outcomes, " · "); text != "5× 2.05 · median 400 ms · 1 late · 1 more than once · 1 duplicate · 1 not of the group" {
		t.Errorf("%q", text)
	}
	g.arrange(groupName)
	var order []string
	for _, m := range g.order {
		order = append(order, fmt.Sprint(groupName(m), m.Nth))
	}
	if text := strings.Join(order, " "); text != "m11 m21 m12 host.example1 192.0.2.61 m31 m41" {
		t.Errorf("order %s", text)
	}
	for text, want := range map[string]*GroupMember{"duplicate ×1": g.order[0], "late": g.order[5], "not a member": g.order[4], "answer 2 of it": g.order[2], "by eth0 too": g.order[1]} {
		if flags := strings.Join(want.flags(g), ", "); flags != text {
			t.Errorf("%s: %q, not %q", groupName(want), flags, text)
		}
	}
	// With a rate the leisure is S·G/R, and what was late is not.
	for _, m := range g.members {
		m.wire = 100
	}
	g.rate = 50
	g.changed()
	if lb, ok := g.LowerBound(); !ok || lb != 10*time.Second || g.Leisure() != lb || g.Sum().Late != 0 {
		t.Errorf("S·G/R %v, late %d", lb, g.Sum().Late)
	}
	// An endpoint that is welcome becomes a member.
	g.welcome("six", groupEnd(6))
	if s := g.Sum(); s.Others != 0 || s.Answered != 5 || s.Expected != 6 {
		t.Errorf("%+v", s)
	}
}

// Whatever comes in whatever order, the counts are those of what is in the table, and each row is there once.
func TestGroupCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &GroupRun{Multicast: rapid.Bool().Draw(t, "multicast"), Running: true, leisure: time.Second}
		var unknown []*GroupMember
		for i := range rapid.IntRange(0, 6).Draw(t, "members") {
			if rapid.Bool().Draw(t, "a name") {
				unknown = append(unknown, g.expect(fmt.Sprint("host", i), netip.AddrPort{}))
			} else {
				g.expect(fmt.Sprint("m", i), groupEnd(rapid.IntRange(0, 4).Draw(t, "address")))
			}
		}
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			from := groupEnd(rapid.IntRange(0, 8).Draw(t, "from"))
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				if len(unknown) > 0 {
					g.resolved(unknown[0], from)
					unknown = unknown[1:]
				}
			case 1:
				g.welcome("new", from)
			case 2:
				for _, m := range g.at[from] {
					if m.State == MemberWaiting {
						m.fail(rapid.SampledFrom([]error{exchange.ErrReset, &exchange.TimeoutError{}, errors.New("no route")}).Draw(t, "why"))
						g.changed()
					}
				}
			default:
				after := time.Duration(rapid.IntRange(0, 2000).Draw(t, "after")) * time.Millisecond
				code := rapid.SampledFrom([]protocol.Code{protocol.Content, protocol.NotFound, protocol.InternalServerError}).Draw(t, "code")
				g.answered(from, rapid.IntRange(0, 1).Draw(t, "by"), "eth0", rapid.Bool().Draw(t, "copied"), groupAnswer(from, after, code, "x"))
			}
			g.by, g.down = GroupColumn(rapid.IntRange(0, int(BySize)).Draw(t, "by")), rapid.Bool().Draw(t, "down")
			s := g.Sum()
			g.arrange(groupName)
			if len(g.order) != len(g.members) {
				t.Fatalf("%d rows of %d", len(g.order), len(g.members))
			}
			seen := map[*GroupMember]bool{}
			expected := map[netip.AddrPort]bool{}
			nameless, first := 0, 0
			for _, m := range g.order {
				if seen[m] {
					t.Fatal("a row twice")
				}
				seen[m] = true
				switch {
				case m.Text != "" && m.To.IsValid():
					expected[m.To] = true
				case m.Text != "":
					nameless++
				}
				if m.State == MemberAnswered && m.Nth == 1 {
					first++
				}
			}
			if s.Expected != len(expected)+nameless || s.Answered+s.Others != first || s.Answered > s.Expected {
				t.Fatalf("%+v: %d members, %d first answers", s, len(expected)+nameless, first)
			}
			g.Draw(noPen{}, 300, 120)
			if len(g.plot.points) < first {
				t.Fatalf("%d points of %d answers", len(g.plot.points), first)
			}
		}
	})
}

func TestShortValue(t *testing.T) {
	for _, c := range []struct {
		format protocol.ContentFormat
		code   protocol.Code
		body   string
		want   string
	}{
		{protocol.TextPlain, protocol.Content, "21.50\n", "21.5"},
		{protocol.TextPlain, protocol.Content, " on ", "on"},
		{protocol.TextPlain, protocol.NotFound, "4", "4"},
		{protocol.TextPlain, protocol.Content, "", ""},
		{protocol.JSON, protocol.Content, `{"a":1,"b":2}`, "1"},
		{protocol.JSON, protocol.Content, `{"a":"x"}`, `{"a": "x"}`},
	} {
		m := protocol.Message{Code: c.code, Payload: []byte(c.body)}
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(c.format))
		if got := shortValue(&m); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %q, not %q", c.body, got, c.want)
		}
	}
}

// Answers of ever new endpoints, or ever more of one, end somewhere; those of members do not.
func TestGroupRunIsBounded(t *testing.T) {
	g := &GroupRun{Multicast: true, Running: true}
	late := g.expect("late", groupEnd(9))
	for i := range maxGroupRows + 100 {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), protocol.Port)
		if i%2 == 0 {
			from = groupEnd(1)
		}
		g.answered(from, 0, "", false, groupAnswer(from, time.Second, protocol.Content, "x"))
	}
	if m, fresh := g.answered(groupEnd(77), 0, "", false, groupAnswer(groupEnd(77), time.Second, protocol.Content, "x")); m != nil || fresh || g.Len() != maxGroupRows {
		t.Errorf("%d rows, and %v", g.Len(), m)
	}
	if m, fresh := g.answered(groupEnd(9), 0, "", false, groupAnswer(groupEnd(9), time.Second, protocol.Content, "x")); m != late || !fresh || late.State != MemberAnswered {
		t.Errorf("a member's answer: %+v", m)
	}
}

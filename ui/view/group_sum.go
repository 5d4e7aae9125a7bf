package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
)

func (g *GroupRun) count() GroupSum {
	s := GroupSum{Expected: g.expected}
	var times []time.Duration
	codes := make(map[protocol.Code]int)
	bytes := 0
	for _, m := range g.members {
		switch m.State {
		case MemberAnswered:
		case MemberWaiting:
			s.Waiting++
			continue
		case MemberSilent:
			s.Silent++
			continue
		case MemberUnasked:
			continue
		default:
			s.Failed++
			continue
		}
		s.Copies += m.copies
		switch {
		case m.Nth > 1:
			s.Again++
			continue
		case m.Text == "":
			s.Others++
		default:
			s.Answered++
		}
		times = append(times, m.Answer.RTT)
		codes[m.Answer.Message.Code]++
		bytes += m.wire
	}
	for c, n := range codes {
		s.Codes = append(s.Codes, CodeCount{c, n})
	}
	slices.SortFunc(s.Codes, func(a, b CodeCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code)) })
	if len(times) > 0 {
		slices.Sort(times)
		s.Median, s.Last, s.Size = quantile(times, 0.5), times[len(times)-1], bytes/len(times)
		lb := time.Duration(0)
		if g.rate > 0 {
			lb = discovery.Leisure{Size: s.Size, Group: max(s.Expected, s.Answered+s.Others), Rate: g.rate}.LowerBound()
		}
		at, _ := slices.BinarySearch(times, max(g.leisure, lb)+1)
		if g.Multicast {
			s.Late = len(times) - at
		}
	}
	return s
}

// quantile gives the time in which a part of them came; times are sorted, and at least one.
func quantile(times []time.Duration, part float64) time.Duration {
	at := float64(len(times)-1) * part
	i := int(at)
	if i+1 >= len(times) {
		return times[len(times)-1]
	}
	return times[i] + time.Duration((at-float64(i))*float64(times[i+1]-times[i]))
}

// Outcomes says what came of them: "5 of 6 answered", "4× 2.05", "median 312 ms".
func (g *GroupRun) Outcomes() (parts []Outcome) {
	s := g.Sum()
	add := func(c Concept, format string, args ...any) {
		parts = append(parts, Outcome{fmt.Sprintf(format, args...), c})
	}
	for i, c := range s.Codes {
		if i == shownCodes {
			add(Dim, "%s more", count(len(s.Codes)-i, "code", "codes"))
			break
		}
		text := c.Code.Dotted()
		if c.Code == protocol.Empty {
			text = "no response, as asked"
		}
		add(codeConcept(c.Code), "%s× %s", Grouped(c.Count), text)
	}
	if s.Answered+s.Others > 0 {
		add(Dim, "median %s", Duration(s.Median))
	}
	if s.Late > 0 {
		add(Warning, "%s late", Grouped(s.Late))
	}
	if s.Again > 0 {
		add(Warning, "%s more than once", Grouped(s.Again))
	}
	if s.Copies > 0 {
		add(Warning, "%s", count(s.Copies, "duplicate", "duplicates"))
	}
	if s.Others > 0 && s.Expected > 0 {
		add(Warning, "%s not of the group", Grouped(s.Others))
	}
	return parts
}

// shownCodes is how many codes are named.
const shownCodes = 4

// Headline says how many answered: "5 of 6 answered".
func (g *GroupRun) Headline() (string, Concept) {
	s := g.Sum()
	switch {
	case s.Expected == 0 && s.Others == 0 && g.Running:
		return "no answer yet", Warning
	case s.Expected == 0 && s.Others == 0 && g.Quiet:
		return "sent", Good
	case s.Expected == 0 && s.Others == 0:
		return "nobody answered", Error
	case s.Expected == 0:
		return Grouped(s.Others) + " answered", Good
	}
	text, c := fmt.Sprintf("%s of %s answered", Grouped(s.Answered), Grouped(s.Expected)), Good
	switch {
	case s.Answered == s.Expected:
	case s.Answered == 0 && s.Waiting == 0 && !g.Quiet:
		c = Error
	case !g.Quiet:
		c = Warning
	}
	return text, c
}

// Missing names the members that have not answered, when all had their time: "silent: porch, 192.0.2.9"; empty for none.
func (g *GroupRun) Missing(name func(*GroupMember) string) string {
	s := g.Sum()
	if s.Waiting > 0 || s.Silent+s.Failed == 0 {
		return ""
	}
	const named = 6
	var names []string
	for _, m := range g.members {
		if m.State != MemberSilent && m.State != MemberFailed && m.State != MemberRejected {
			continue
		}
		if len(names) == named {
			break
		}
		names = append(names, name(m))
	}
	text := "no answer of " + strings.Join(names, ", ")
	if more := s.Silent + s.Failed - len(names); more > 0 {
		text += fmt.Sprintf(" and %s more", Grouped(more))
	}
	if g.Quiet {
		text += ": they may have had nothing to say, as asked (RFC 7967)"
	}
	return text
}

// codeConcept is the colour of a response code.
func codeConcept(c protocol.Code) Concept {
	if c.Class() == 2 || c == protocol.Empty {
		return Good
	}
	return Error
}

package view

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"coapscope/discovery"
	"coapscope/discovery/dnssd"
)

// PlanRow is a datagram of a plan, as it is shown.
type PlanRow struct {
	From, To, For, HopLimit, Scope, Times, Bytes string
	Wide                                         bool // it may leave the link
}

// PlanRows gives the datagrams of a plan, those of one interface together.
func PlanRows(p discovery.Plan) (rows []PlanRow) {
	row := func(a discovery.Ask, what string, times, bytes int) {
		from := "any"
		if a.By != nil {
			from = a.By.Name
		}
		rows = append(rows, PlanRow{
			from, netip.AddrPortFrom(a.To.Addr().WithZone(""), a.To.Port()).String(), what, strconv.Itoa(a.HopLimit), a.Scope.String(),
			fmt.Sprintf("%d ×", times), Bytes(bytes), a.Scope.Wide(),
		})
	}
	for _, a := range p.Asks {
		row(a, "links", p.Rounds, p.Bytes)
	}
	for _, a := range p.Browses {
		row(a, "DNS-SD", dnssd.Queries, p.BrowseBytes)
	}
	slices.SortStableFunc(rows, func(a, b PlanRow) int { return strings.Compare(a.From, b.From) })
	return rows
}

// Datagrams says how many there are.
func Datagrams(n int) string {
	if n == 1 {
		return "1 datagram"
	}
	return Grouped(n) + " datagrams"
}

// PlanSummary says what a plan comes to.
func PlanSummary(p discovery.Plan) string {
	return fmt.Sprintf("%s in %s, %s without headers", Datagrams(p.Datagrams()), Seconds(p.Time()),
		Bytes(len(p.Asks)*p.Rounds*p.Bytes+len(p.Browses)*dnssd.Queries*p.BrowseBytes))
}

// PlanWords explains a plan, a paragraph each.
func PlanWords(p discovery.Plan) (words []string) {
	if len(p.Asks) > 0 {
		query := ""
		if len(p.Filters) > 0 {
			query = "?" + strings.Join(p.Filters, "&")
		}
		words = append(words, fmt.Sprintf("Groups: NON GET /.well-known/core%s, with a token of %d bytes, %s every %s; then %s for answers.",
			query, discovery.TokenBytes, count(p.Rounds, "round,", "rounds,")+" one", Seconds(p.Every), Seconds(p.Wait)))
	}
	if len(p.Browses) > 0 {
		words = append(words, "DNS-SD: "+strings.Join(p.Services, ", ")+", by Multicast DNS (RFC 6762, 6763).")
	}
	then := "Besides, by unicast: the rest of lists that come in blocks"
	if len(p.Browses) > 0 {
		then += ", what answers of DNS-SD leave out, and the list of each device that DNS-SD tells of"
	}
	return append(words, then+".")
}

// PlanWarning warns of what goes far; "" where nothing does.
func PlanWarning(p discovery.Plan) string {
	if !p.Scope().Wide() {
		return ""
	}
	n := 0
	for _, a := range p.Asks {
		if a.Scope.Wide() {
			n++
		}
	}
	return fmt.Sprintf("%s may leave the link (%s) and make many devices answer at once. You are asked before it is sent.",
		Datagrams(n*p.Rounds), p.Scope())
}

// progress says in short how far the search has come; "" while none runs.
func (s *Scan) progress() string {
	switch {
	case !s.Running:
		return ""
	case s.Progress.Of > 0:
		return fmt.Sprintf("%d of %s asked, %d answered", s.Progress.Done, count(s.Progress.Of, "host", "hosts"), s.Progress.Answered)
	case s.Round > 0:
		return fmt.Sprintf("round %d of %d, %d found", s.Round, s.Plan.Rounds, s.Found)
	}
	return fmt.Sprintf("searching, %d found", s.Found)
}

// ScanLine is a line about a search that runs, or ran last.
type ScanLine struct {
	Text    string
	Concept Concept
}

// ScanLines tell how the search goes that runs, or what the last one came to.
func (w *Workbench) ScanLines(now time.Time) (lines []ScanLine) {
	s := &w.Scan
	say := func(c Concept, format string, args ...any) {
		lines = append(lines, ScanLine{fmt.Sprintf(format, args...), c})
	}
	switch {
	case s.Running:
		left := ""
		if d := s.Until.Sub(now); d > 0 {
			left = ", " + Seconds(d) + " left"
		}
		say(Accent, "Searching %s%s", strings.TrimPrefix(w.scannedOn(), "of "), left)
	case s.began.IsZero():
		return nil
	default:
		say(Plain, "The last search %s: %s", w.scannedOn(), count(s.Found, "device", "devices"))
	}
	if s.Progress.Of > 0 {
		say(Plain, "%d of %s asked, %d answered", s.Progress.Done, count(s.Progress.Of, "host", "hosts"), s.Progress.Answered)
	}
	if len(s.Plan.Asks) > 0 {
		for n := 1; n <= s.Round && n < len(s.ByRound); n++ {
			say(Plain, "Round %d of %d: %s", n, s.Plan.Rounds, newDevices(s.ByRound[n]))
		}
	}
	if len(s.Plan.Browses) > 0 && len(s.ByRound) > 0 {
		say(Plain, "DNS-SD: %s", count(s.ByRound[0], "device more", "devices more"))
	}
	for _, r := range s.Refused {
		say(Error, "✖ %s: %s", r.Ask.Short(), systemError(r.Err))
	}
	if s.Problem != "" {
		say(Error, "✖ %s", s.Problem)
	}
	if s.failed != nil {
		say(Warning, "▲ %v", s.failed.Err)
	}
	if o := s.Outcome; !s.Running && o.Answers > 0 {
		text := fmt.Sprintf("Estimated: a leisure of %s, %s an answer", Duration(o.Leisure.Round(10*time.Millisecond)), Bytes(o.Size))
		if o.Group > 0 {
			text = fmt.Sprintf("Estimated: %s, a leisure of %s, %s an answer", count(o.Group, "device answers groups", "devices answer groups"), Duration(o.Leisure.Round(10*time.Millisecond)), Bytes(o.Size))
		}
		say(Dim, "%s (RFC 7252 §8.2)", text)
	}
	return lines
}

// systemError gives what the system said, without the calls and sockets that it came through.
func systemError(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// newDevices says how many devices answered for the first time.
func newDevices(n int) string {
	if n == 0 {
		return "no new device"
	}
	return count(n, "new device", "new devices")
}

// ScanQuestion is the question of [Scan.Asking] in short, as two lines for the tree of devices; the status line has all of it. It is empty
// where nothing is asked.
func (w *Workbench) ScanQuestion() (question, about string) {
	p := w.Scan.Asking
	switch {
	case p == nil:
		return "", ""
	case len(p.Targets) > 0:
		return fmt.Sprintf("Ask %s, %d a second?", count(p.Targets.Count(), "host", "hosts"), p.Rate), p.Targets.String()
	}
	var to []string
	for _, a := range p.Asks {
		if text := a.To.Addr().WithZone("").String(); a.Scope.Wide() && !slices.Contains(to, text) {
			to = append(to, text)
		}
	}
	return fmt.Sprintf("Leave the link (%s)?", p.Scope()), strings.Join(to, ", ") + ", " + Seconds(p.Time())
}

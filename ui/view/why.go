package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// Certainty tells how sure a [Clue] is.
type Certainty uint8

const (
	Certain  Certainty = iota // this is why
	Likely                    // fits what is known
	Unknown                   // cannot be told from here
	RuledOut                  // is not why
)

// String gives the certainty as a heading.
func (c Certainty) String() string {
	return [...]string{"This is why", "Likely", "Not known from here", "Ruled out"}[min(c, RuledOut)]
}

// Sign gives its sign, so that it is not told by colour alone.
func (c Certainty) Sign() string { return [...]string{"✖", "▲", "?", "−"}[min(c, RuledOut)] }

// Concept gives its colour.
func (c Certainty) Concept() Concept {
	return [...]Concept{Error, Warning, Plain, Dim}[min(c, RuledOut)]
}

// Clue is something that is known of why a request has no answer.
type Clue struct {
	Certainty Certainty
	Title     string
	Text      string    // with the numbers; empty for no more to say
	Clause    string    // that says so, such as "RFC 7252 §4.2"; empty for none
	Frame     trace.Seq // that shows it; 0 for none
	Next      string    // what to do; empty for nothing
	Actions   []Remedy  // of that, what can be done at once
}

// Why is what is known of why a request has no answer, or none that is of use: what is sure first, and what it is not
// last.
type Why struct {
	Headline string // what was asked, and how often
	Open     bool   // the answer is still waited for
	Clues    []Clue
}

// Text gives all of it as text.
func (y *Why) Text() string {
	var b strings.Builder
	b.WriteString(y.Headline + "\n")
	for i := range y.Clues {
		c := &y.Clues[i]
		if i == 0 || c.Certainty != y.Clues[i-1].Certainty {
			fmt.Fprintf(&b, "\n%s\n", c.Certainty)
		}
		fmt.Fprintf(&b, "%s %s", c.Certainty.Sign(), c.Title)
		if c.Frame != 0 {
			fmt.Fprintf(&b, " #%d", c.Frame)
		}
		if c.Clause != "" {
			fmt.Fprintf(&b, " (%s)", c.Clause)
		}
		for _, more := range []string{c.Text, c.Next} {
			if more != "" {
				b.WriteString("\n  " + more)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Why tells why the last request of a tab has no answer, or what is known of that while it waits; false where it has
// one, or nothing was asked. An answer that only tells that somebody behind it has given none counts as none.
func (w *Workbench) Why(t *Tab) (Why, bool) {
	e, ok := w.evidenceOf(t)
	if !ok {
		return Why{}, false
	}
	return e.explain(), true
}

// WhyExchange does that for an exchange of the packets that are shown.
func (w *Workbench) WhyExchange(i track.Index) (Why, bool) {
	if t := w.tabOf(i); t != nil {
		if y, ok := w.Why(t); ok {
			return y, true
		}
	}
	e, ok := w.evidenceIn(w.Traffic, i)
	if !ok || !e.unanswered() {
		return Why{}, false
	}
	return e.explain(), true
}

// Unanswered gives the exchange of a frame that is shown, if it has no answer; else 0.
func (w *Workbench) Unanswered(s trace.Seq) track.Index {
	i := w.Traffic.tracker.Info(uint64(s)).Exchange
	if e, ok := w.evidenceIn(w.Traffic, i); ok && e.unanswered() {
		return i
	}
	if t := w.tabOf(i); t != nil {
		if e, ok := w.evidenceOf(t); ok && !e.open {
			return i
		}
	}
	return 0
}

// WhyOffered tells whether a tab's request, which has no failure to be explained, waits so long that the user may ask
// why, or has an answer that tells of none.
func (w *Workbench) WhyOffered(t *Tab) bool {
	switch {
	case t.State == TabAsking && t.Waits != "":
		return true
	case t.State == TabAsking:
		e, ok := w.evidenceOf(t)
		if !ok || !e.seen {
			return false
		}
		return len(e.sent) > 1 || e.now.Sub(e.x.First) > e.transmission.AckTimeout || e.explain().Clues[0].Certainty == Certain
	case t.Answer == nil || t.Answer.Err != nil:
		return false
	case t.Answer.Message.Code.Class() == 2: // the usual, for which nothing is looked up
		return false
	}
	_, ok := w.evidenceOf(t)
	return ok
}

// explain judges the evidence.
func (e *evidence) explain() Why {
	y := Why{Headline: e.headline(), Open: e.open}
	var past *pastError
	if errors.As(e.err, &past) { // there are no packets of it any more
		y.Clues = []Clue{past.clue()}
		return y
	}
	e.sure = false
	for i, look := range []func() []Clue{
		e.faults, e.cancelled, e.notSent, e.noRoute, e.icmpErrors, e.rejected, e.critical, e.unreadable,
		e.otherToken, e.otherPlace, e.late, e.behind, e.toldToWait, e.suppression, e.acknowledged, e.multicast,
		e.toProxy, e.securePort, e.tooBig, e.sentOnce, e.silence, e.outOfSight,
	} {
		clues := look()
		const cancelled = 1 // which ends the waiting, but is not why nothing came until then
		e.sure = e.sure || i != cancelled && len(clues) > 0 && clues[0].Certainty == Certain
		y.Clues = append(y.Clues, clues...)
	}
	if len(y.Clues) == 0 {
		y.Clues = append(y.Clues, Clue{
			Certainty: Unknown, Title: "Nothing is known of it", Next: "Send it again, and watch the packets.", Actions: []Remedy{{Kind: SendAgain}},
		})
	}
	slices.SortStableFunc(y.Clues, func(a, b Clue) int { return int(a.Certainty) - int(b.Certainty) })
	return y
}

// headline says what was asked, and how often.
func (e *evidence) headline() string {
	parts := []string{e.what}
	if e.seen {
		what := "ping"
		if e.x.Method != protocol.Empty {
			what = e.x.Method.Short() + " " + e.request.Path() + queryText(&e.request)
			if e.x.Proxy != "" {
				what = e.x.Method.Short() + " " + e.x.Proxy
			}
		}
		parts = []string{what + " → " + e.x.Server.String()}
	}
	if n := len(e.sent); n > 0 {
		tries := count(n, "try", "tries")
		if waited := e.waited(); waited > 0 {
			tries += " in " + Duration(waited)
		}
		parts = append(parts, tries)
	}
	return strings.Join(parts, " · ")
}

// waited gives how long the answer was waited for; 0 where that is not known.
func (e *evidence) waited() time.Duration {
	switch {
	case !e.seen:
		return 0
	case e.open:
		return e.now.Sub(e.x.First)
	case !e.ended.IsZero():
		return max(e.ended.Sub(e.x.First), 0)
	}
	return e.last.Sub(e.x.First)
}

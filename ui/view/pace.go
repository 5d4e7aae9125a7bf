package view

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coapscope/session"
	"coapscope/ui/draft"
)

// RepeatPlan says how often a request is sent, and when.
type RepeatPlan struct {
	Times   int           // 0 until it is stopped
	Every   time.Duration // from one to the next; 0 as soon as the one before has ended
	Overlap bool          // also while the one before is open; else it is waited for, and what is missed is left out
}

// The bounds of a plan.
const (
	maxTimes    = 1_000_000
	maxEvery    = 24 * time.Hour
	minOverlap  = time.Millisecond // between requests that do not wait for each other
	maxRepeated = 64               // requests of a plan that are open together
)

// RepeatHelp says how a plan is written.
const RepeatHelp = "a number of times, “every” and a time, or both: “20 every 500ms”, “every 1s” until it is stopped, “100” one after the other, “50 every 20ms overlapping”"

// ParseRepeat reads a plan; see [RepeatHelp].
func ParseRepeat(text string) (RepeatPlan, error) {
	var p RepeatPlan
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return p, errors.New("write " + RepeatHelp)
	}
	timed := false
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case word == "times" && i == 1 && p.Times > 0:
		case word == "every" && !timed && i+1 < len(words):
			i++
			every, err := draft.ParseTime(words[i])
			if err == nil && (every < 0 || every > maxEvery) {
				err = fmt.Errorf("%s is not from 0 to 24h", every)
			}
			if err != nil {
				return p, err
			}
			p.Every, timed = every, true
		case word == "every":
			return p, errors.New("one time follows “every”, such as 500ms")
		case strings.HasPrefix(word, "overlap"):
			p.Overlap = true
		case i == 0:
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > maxTimes {
				return p, fmt.Errorf("%q is no number of times from 1 to %s", word, Grouped(maxTimes))
			}
			p.Times = n
		default:
			return p, fmt.Errorf("%q is not understood: write %s", word, RepeatHelp)
		}
	}
	switch {
	case p.Overlap && p.Every < minOverlap:
		return p, errors.New("what overlaps needs a time of at least 1ms after “every”")
	case p.Times == 0 && !timed:
		return p, errors.New("how often, or “every” when? Write " + RepeatHelp)
	}
	return p, nil
}

// String gives the plan as [ParseRepeat] reads it.
func (p RepeatPlan) String() string {
	var words []string
	if p.Times > 0 {
		words = append(words, strconv.Itoa(p.Times))
	}
	if p.Every > 0 || p.Times == 0 {
		words = append(words, "every", p.Every.String())
	}
	if p.Overlap {
		words = append(words, "overlapping")
	}
	return strings.Join(words, " ")
}

// pace says when the next request of a plan is due. It has no clock.
type pace struct {
	RepeatPlan
	sent, open int
	due        time.Time // of the next one; zero before the first
	late       bool      // it was due while the one before was open
}

// over tells whether all are sent.
func (p *pace) over() bool { return p.Times > 0 && p.sent >= p.Times }

// blocked tells whether the next one waits for the end of another.
func (p *pace) blocked() bool { return p.open > 0 && !p.Overlap || p.open >= maxRepeated }

// take tells whether one is to be sent now, and counts it. What is missed is not made up for.
func (p *pace) take(now time.Time) bool {
	switch {
	case p.over(), now.Before(p.due):
		return false
	case p.blocked():
		p.late = true
		return false
	}
	if p.due.IsZero() || p.late {
		p.due = now
	}
	if p.due = p.due.Add(p.Every); p.due.Before(now) {
		p.due = now.Add(p.Every) // the computer has slept
	}
	p.late = false
	p.sent++
	p.open++
	return true
}

// next gives when one will be due; false where that waits for the end of another.
func (p *pace) next() (time.Time, bool) { return p.due, !p.over() && (!p.blocked() || !p.late) }

// repeated is the outcome of one request of a plan.
type repeated struct {
	request  session.Request
	path     string
	response *session.Response
	err      error
}

// run sends by the plan until all are answered, or the context ends: then it waits for those that are open. send is
// called on a goroutine for each; tell is not, and is told of each that began (nil) or ended.
func (p *pace) run(ctx context.Context, send func(n int) repeated, tell func(*repeated)) {
	ended := make(chan repeated)
	for {
		for ctx.Err() == nil && p.take(time.Now()) {
			n := p.sent
			go func() { ended <- send(n) }()
			tell(nil)
		}
		if p.open == 0 && (p.over() || ctx.Err() != nil) {
			return
		}
		var due <-chan time.Time
		done := ctx.Done()
		if ctx.Err() != nil {
			done = nil
		} else if at, ok := p.next(); ok {
			due = time.After(time.Until(at))
		}
		select {
		case r := <-ended:
			p.open--
			tell(&r)
		case <-due:
		case <-done:
		}
	}
}

package view

import (
	"time"

	"coapscope/session/trace"
)

// StateRun is a time in which a resource had the same text.
type StateRun struct {
	From, To time.Time // of its first and its newest notification
	Text     string
	N        int
	Frame    trace.Seq // that began it
	Break    bool      // something is missing between it and the run before
	Various  bool      // several runs of long ago, which are not kept one by one
}

// keptRuns is from which on the older half of the runs is joined by fours.
const keptRuns = 4096

// States is the course of a text: what a switch, a mode or an alarm says.
type States struct{ runs []StateRun }

// Add adds a text.
func (s *States) Add(at time.Time, text string, frame trace.Seq, broken bool) {
	if k := len(s.runs) - 1; k >= 0 {
		last := &s.runs[k]
		if at.Before(last.To) {
			at = last.To
		}
		if last.Text == text && !last.Various && !broken {
			last.To = at
			last.N++
			return
		}
	}
	s.runs = append(s.runs, StateRun{From: at, To: at, Text: text, N: 1, Frame: frame, Break: broken})
	s.condense()
}

// condense makes room where there are too many runs.
func (s *States) condense() {
	if len(s.runs) < keptRuns {
		return
	}
	out := s.runs[:0]
	for i := 0; i < keptRuns/2; i += joined {
		run := s.runs[i]
		for _, next := range s.runs[i+1 : i+joined] {
			run.To, run.N, run.Various = next.To, run.N+next.N, true
		}
		run.Text = "various"
		out = append(out, run)
	}
	s.runs = append(out, s.runs[keptRuns/2:]...)
}

// Len is how many runs are kept.
func (s *States) Len() int { return len(s.runs) }

// Runs gives the runs, the oldest first. They must not be changed.
func (s *States) Runs() []StateRun { return s.runs }

// At gives the run that a time falls into.
func (s *States) At(at time.Time) (StateRun, bool) {
	for i := len(s.runs) - 1; i >= 0; i-- {
		if !at.Before(s.runs[i].From) {
			return s.runs[i], true
		}
	}
	return StateRun{}, false
}

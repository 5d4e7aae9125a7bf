package peertest_test

import (
	"testing"

	"coapscope/protocol/dissect"
	"coapscope/session/lint"
	"coapscope/session/track"
)

// Exchanges of real programs break no rule either, but for what these programs truly do wrong.
func TestNoFindingInRealExchanges(t *testing.T) {
	occurs := make([]int, len(habits))
	eachScene(t, func(t *testing.T, r *recorded) {
		tracker, linter := track.NewTracker(), lint.New()
		var tree dissect.Tree
		for i, f := range r.frames {
			o := track.Observed{
				Frame: uint64(i + 1), Time: f.Time, Source: f.Source, Destination: f.Destination, Framing: f.Transport.Framing(), Data: f.Data,
			}
			info := tracker.Add(o)
			x, _ := tracker.Exchange(info.Exchange)
			tree.DissectFraming(o.Framing, o.Data)
			linter.Add(o, &tree, info, x)
		}
		reported := map[string]int{}
	findings:
		for i := range linter.Len() {
			e := linter.At(i)
			if !e.History || e.Rule.Severity < dissect.Warning {
				continue
			}
			for k, h := range habits {
				if h.rule == e.Rule.ID && h.scene == r.name {
					occurs[k]++
					continue findings
				}
			}
			if reported[e.Rule.ID]++; reported[e.Rule.ID] <= 3 {
				f := r.frames[e.Frame-1]
				for _, found := range linter.Findings(e.Frame, dissect.DissectFraming(f.Transport.Framing(), f.Data)) {
					t.Errorf("message %d from %v: %v\n  of %.200x", e.Frame, f.Source, &found, f.Data)
				}
			}
		}
	})
	for i, h := range habits {
		t.Logf("%4d times in %s: %s (%s)", occurs[i], h.scene, h.name, h.section)
		if occurs[i] == 0 && len(plays) == len(scenes) {
			t.Errorf("no exchange shows any more: %s", h.name)
		}
	}
}

// habit is what a peer truly does wrong in its exchanges.
type habit struct {
	scene   string
	rule    string // ID of the rule that is broken
	name    string
	section string
}

// habits are all that there may be. One that does not occur any more fails the test.
var habits = []habit{}

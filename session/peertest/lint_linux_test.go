package peertest_test

import (
	"bytes"
	"slices"
	"testing"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// Messages of real programs break no rule, but for what these programs truly do wrong.
func TestNoFindingInRealMessages(t *testing.T) {
	occurs := make([]int, len(faults))
	eachScene(t, func(t *testing.T, r *recorded) {
		reported := map[string]int{}
		for _, f := range r.frames {
			tree := dissect.DissectFraming(f.Transport.Framing(), f.Data)
			for i := range tree.Findings {
				found := &tree.Findings[i]
				if found.Severity < dissect.Warning {
					continue
				}
				k := slices.IndexFunc(faults, func(known fault) bool { return known.rule == found.ID && known.is(tree) })
				if k >= 0 {
					occurs[k]++
					continue
				}
				if reported[found.ID]++; reported[found.ID] <= 3 {
					t.Errorf("message %d, %v to %v: %v\n  of %.200x", f.Seq, f.Source, f.Destination, found, f.Data)
				}
			}
		}
	})
	for i, fault := range faults {
		t.Logf("%4d times: %s (%s)", occurs[i], fault.name, fault.section)
		if occurs[i] == 0 && len(plays) == len(scenes) {
			t.Errorf("no message shows any more: %s", fault.name)
		}
	}
}

// fault is what a peer truly does wrong.
type fault struct {
	rule    string // ID of the rule that is broken
	name    string
	section string
	is      func(t *dissect.Tree) bool
}

// faults are all that there may be. One that does not occur any more fails the test.
var faults = []fault{
	{
		"uint-leading-zeros", "node-coap writes text/plain, 0, as a byte; a number has as few as it can", "RFC 7252 §3.2",
		func(t *dissect.Tree) bool {
			i := t.FirstOption(protocol.ContentFormatOption)
			return i >= 0 && bytes.Equal(t.Options[i].Value, []byte{0})
		},
	},
	{
		"q-block-without-size", "libcoap's server answers the question for Q-Block2 without Size2", "RFC 9177 §4.6",
		func(t *dissect.Tree) bool { return t.Code == protocol.Content && t.FirstOption(protocol.QBlock2) >= 0 },
	},
}

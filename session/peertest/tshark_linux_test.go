package peertest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// disagreement is a part of a message of which the two programs do not say the same; empty where one says nothing.
type disagreement struct {
	what         string
	ours, theirs string
	tree         *dissect.Tree
}

// option gives the option that it is about, and what of it; false where it is about none.
func (d disagreement) option() (o *dissect.OptionEntry, what string, ok bool) {
	var n int
	if _, err := fmt.Sscanf(d.what, "option %d %s", &n, &what); err != nil || n < 1 || n > len(d.tree.Options) {
		return nil, "", false
	}
	return &d.tree.Options[n-1], what, true
}

// Everything that both say about every message of real programs is the same, bits and words, or there is a known reason.
func TestAgainstTshark(t *testing.T) {
	occurs := make([]int, len(disagreements))
	eachScene(t, func(t *testing.T, r *recorded) {
		args := []string{
			"-d", fmt.Sprintf("udp.port==%d,coap", r.port), "-d", fmt.Sprintf("tcp.port==%d,coap", r.port),
			"-d", fmt.Sprintf("tcp.port==%d,http", r.webSocket),
		}
		messages := pdml(t, r.path, args...)
		if len(messages) != len(r.frames) {
			t.Fatalf("tshark finds %d messages, and there are %d frames", len(messages), len(r.frames))
		}
		parts, unexplained := 0, 0
		for i, m := range messages {
			f := r.frames[i]
			tree := dissect.DissectFraming(f.Transport.Framing(), f.Data)
			mine, other := ours(tree), theirs(m)
			parts += len(mine)
			for _, d := range compare(tree, mine, other) {
				class := slices.IndexFunc(disagreements, func(c class) bool { return c.is(d) })
				if class >= 0 {
					occurs[class]++
					continue
				}
				if unexplained++; unexplained <= 20 {
					t.Errorf("message %d, %s:\n  ours   %.200s\n  tshark %.200s\n  of %.400x", i+1, d.what, d.ours, d.theirs, f.Data)
				}
			}
		}
		t.Logf("%d messages, %d parts; %d unexplained differences", len(messages), parts, unexplained)
	})
	for i, c := range disagreements {
		t.Logf("%4d times: %s (%s)", occurs[i], c.name, c.section)
		if occurs[i] == 0 && !c.rare && len(plays) == len(scenes) {
			t.Errorf("no message shows any more: %s", c.name)
		}
	}
}

// compare gives what the two say differently.
func compare(tree *dissect.Tree, ours, theirs []part) (all []disagreement) {
	other := map[string]string{}
	for _, p := range theirs {
		if before, twice := other[p.what]; twice {
			p.is = before + "; " + p.is
		}
		other[p.what] = p.is
	}
	for _, p := range ours {
		if p.is != other[p.what] {
			all = append(all, disagreement{p.what, p.is, other[p.what], tree})
		}
		delete(other, p.what)
	}
	for _, p := range theirs {
		if is, left := other[p.what]; left {
			all = append(all, disagreement{p.what, "", is, tree})
			delete(other, p.what)
		}
	}
	return all
}

// class is a kind of disagreement with the clause that says who is right.
type class struct {
	name    string
	section string
	is      func(d disagreement) bool
	rare    bool // it depends on how busy the machine is
}

// disagreements are all that there may be. One that does not occur any more fails the test, unless it is rare.
var disagreements = []class{
	{
		"tshark takes Size2 for a block, and gives the last bits of it", "RFC 7959 §4",
		func(d disagreement) bool {
			o, what, ok := d.option()
			if !ok || what != "meaning" || o.Number != protocol.Size2 {
				return false
			}
			size, _ := protocol.DecodeUint(o.Value)
			return d.ours == fmt.Sprint(size) && d.theirs == fmt.Sprint(size&7)
		},
		false,
	},
	{
		"tshark sees no number in an Accept of no bytes, which is 0", "RFC 7252 §3.2",
		func(d disagreement) bool {
			o, what, ok := d.option()
			return ok && what == "meaning" && o.Number == protocol.Accept && len(o.Value) == 0 && d.theirs == "(null)"
		},
		false,
	},
	{
		"tshark warns of an elective option that it does not know; such an option is silently ignored", "RFC 7252 §5.4.1",
		func(d disagreement) bool {
			o, what, ok := d.option()
			return ok && what == "expert" && o.Info == nil && !o.Number.Critical() &&
				d.theirs == fmt.Sprintf("(Warning/Undecoded): Unknown Option Number %d", o.Number)
		},
		false,
	},
	{
		"tshark gives the length of the message as that of options and payload", "RFC 8323 §3.2",
		func(d disagreement) bool {
			return d.what == "length" && d.tree.Framing == protocol.StreamFraming && d.theirs == fmt.Sprint(len(d.tree.Bytes))
		},
		false,
	},
	{
		"tshark reads the options of signalling messages as those of requests and responses", "RFC 8323 §5.2",
		func(d disagreement) bool {
			o, what, ok := d.option()
			return ok && d.tree.Code.IsSignaling() && (what == "name" || what == "meaning" || what == "expert" && o.Info != nil)
		},
		false,
	},
	{
		"tshark marks retransmissions in the message; here they are found by the tracker", "RFC 7252 §4.2",
		func(d disagreement) bool { return d.what == "expert" && strings.Contains(d.theirs, "Retransmitted") },
		true,
	},
}

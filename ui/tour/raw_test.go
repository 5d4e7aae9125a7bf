//go:build !ci

package main

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestRawMode plays a user who sends messages that break the rules, and sees what the peer makes of them.
func TestRawMode(t *testing.T) {
	plays(t, []deed{
		{"70-raw-silence", (*user).sendsATokenLengthOf9},
		{"71-raw-bad-option", (*user).sendsAnUnknownCriticalOption},
		{"72-raw-by-hand", (*user).typesBytes},
	})
}

// breaks chooses a preset of raw mode in its menu.
func (u *user) breaks(group, preset string) {
	chip := func(p view.Probed) view.ProbedSpan { // what the menu is called changes with the preset
		for _, s := range p.Spans {
			if s.Panel == "request" && strings.HasSuffix(s.Text, " ▾") {
				return s
			}
		}
		u.t.Fatal("there is no menu of presets")
		return view.ProbedSpan{}
	}
	u.Try(func() { u.ClickAt(chip(u.Probe())) }, "the presets", func(p view.Probed) bool { return p.Says("", "OSCORE") })
	u.Try(func() { u.Point("", group) }, "those of "+group, func(p view.Probed) bool { return p.Says("", preset+"   ") })
	u.Try(func() { u.Click("", preset+"   ") }, preset, func(p view.Probed) bool { return p.Says("request", preset+" ▾") })
}

// sends presses Ctrl+Enter in raw mode and waits for the verdict. It gives the window as it is then, and how many packets
// came and went.
func (u *user) sends(verdict string) (p view.Probed, packets int) {
	before := u.Probe().Packets
	u.Key("ctrl+Return")
	p = u.WaitFor("the verdict "+verdict, func(p view.Probed) bool { return p.Packets > before && p.Says("request", verdict) })
	return p, p.Packets - before
}

func (u *user) sendsATokenLengthOf9() {
	u.goTo("coap://127.0.0.11/sensors/temp")
	u.Try(func() { u.Click("bar", "CON") }, "the types", func(p view.Probed) bool { return p.Says("", "Non-confirmable") })
	u.Try(func() { u.Click("", "Non-confirmable") }, "NON in the bar", func(p view.Probed) bool { return p.Says("bar", "NON") })
	u.Try(func() { u.Key("ctrl+shift+r") }, "raw mode", func(p view.Probed) bool { return p.Says("request", "Asked of the peer") })
	u.breaks("Header and token", "Token length 9")
	u.says("request", "silence")
	u.Shot("70-raw-before")
	p, packets := u.sends("✔ right")
	u.want("the number of packets", packets, 1)
	u.wantField(p, "Type: 1 Non-confirmable")
	u.wantField(p, "Token length: 9")
	u.says("request", "sent to 127.0.0.11:5683")
}

func (u *user) sendsAnUnknownCriticalOption() {
	u.goTo("coap://127.0.0.15/test")
	u.Try(func() { u.Click("bar", "NON") }, "the types", func(p view.Probed) bool { return p.Says("", "Confirmable") })
	u.Try(func() { u.Click("", "CON   Confirmable") }, "CON in the bar", func(p view.Probed) bool { return p.Says("bar", "CON") })
	u.Try(func() { u.Click("request", "Revert") }, "the request as it is written", func(p view.Probed) bool { return p.Says("request", "Break the message ▾") })
	u.breaks("Critical options", "Unknown critical option")
	u.says("request", "4.02 Bad Option")
	p, packets := u.sends("✔ right")
	u.want("the number of packets", packets, 2)
	u.says("request", "ACK 4.02 Bad Option")
	u.wantField(p, "Type: 0 Confirmable")
	u.wantField(p, "65001 ")
}

// octets finds bytes in a row among those that raw mode shows, and gives the first.
func octets(p view.Probed, digits ...string) (view.ProbedSpan, bool) {
	var all []view.ProbedSpan
	for _, s := range p.Spans {
		if s.Panel == "request" && len(s.Text) == 2 && strings.Trim(s.Text, "0123456789abcdef") == "" {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b view.ProbedSpan) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) })
	for i := range all {
		if same := func(s view.ProbedSpan, d string) bool { return s.Text == d }; i+len(digits) <= len(all) && slices.EqualFunc(all[i:i+len(digits)], digits, same) {
			return all[i], true
		}
	}
	return view.ProbedSpan{}, false
}

func (u *user) typesBytes() {
	u.Try(func() { u.Click("request", "Revert") }, "the request as it is written", func(p view.Probed) bool { return p.Says("request", "Break the message ▾") })
	u.Try(func() {
		p := u.WaitFor("the bytes of “test”", func(p view.Probed) bool { _, ok := octets(p, "74", "65", "73", "74"); return ok })
		first, _ := octets(p, "74", "65", "73", "74")
		u.ClickAt(first)
		u.Type("6e6f6e65")
	}, "the bytes of “none”", func(p view.Probed) bool { _, ok := octets(p, "6e", "6f", "6e", "65"); return ok })
	p, packets := u.sends("✔ right")
	u.want("the number of packets", packets, 2)
	u.wantField(p, "11 Uri-Path: none")
	u.says("request", "ACK 4.04 Not Found")
	u.says("bar", "coap://127.0.0.15/test") // what was written stays
	u.Try(func() { u.Key("ctrl+z") }, "what was typed last to be taken back", func(p view.Probed) bool {
		_, ok := octets(p, "6e", "6f", "6e", "65")
		return !ok
	})
}

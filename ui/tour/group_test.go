//go:build !ci

package main

import (
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestSearchAndGroups plays what a user does who looks at what a search would send before it does, and asks many devices at
// once: by multicast, and one by one.
func TestSearchAndGroups(t *testing.T) {
	plays(t, []deed{
		{"20-search", (*user).seesTheSearch},
		{"21-searched", (*user).searches},
		{"22-group", (*user).namesAGroup},
		{"23-asked", (*user).asksTheGroup},
		{"24-by-type", (*user).arrangesTheTree},
	})
}

func (u *user) seesTheSearch() {
	u.Try(func() { u.Key("ctrl+shift+l") }, "the sheet", func(p view.Probed) bool { return p.Says("", "Search for devices") })
	for _, text := range []string{"WHAT IS SENT", "224.0.1.187:5683", "3 ×", "Nothing is sent until you say so"} {
		u.says("", text)
	}
	u.want("packets", u.Probe().Packets, 0)
}

func (u *user) searches() {
	u.Try(func() { u.Click("", "◎ Search") }, "the first round", func(p view.Probed) bool { return p.Says("", "Round 1 of 3") })
	u.WaitLong(3*patience, "the end of the search", func(p view.Probed) bool { return p.Says("", "The last search on lo: ") })
	u.Shot("21-what-came")
	u.Try(func() { u.Key("Escape") }, "the window", func(p view.Probed) bool { return !p.Says("", "Search for devices") })
}

func (u *user) namesAGroup() {
	u.Try(func() { u.Click("", "+ new") }, "the presets", func(p view.Probed) bool { return p.Says("", "A new group …") })
	u.Try(func() { u.Click("", "All CoAP nodes, IPv4") }, "the group", func(p view.Probed) bool { return p.Says("devices", "224.0.1.187") && !p.Says("", "A new group …") })
	u.Try(func() { u.Click("devices", "All CoAP nodes, IPv4") }, "a request to it", func(p view.Probed) bool { return p.Says("bar", "NON ▾") })
}

func (u *user) asksTheGroup() {
	before := u.Probe().Packets
	u.goTo("/.well-known/core")
	u.Key("ctrl+Return")
	// The difficult device may lose the request, or its answer.
	p := u.WaitFor("the answers", func(p view.Probed) bool {
		return p.State == "idle" && (p.Says("answer", "4 answered") || p.Says("answer", "5 answered"))
	})
	for _, text := range []string{"livingroom-node", "plugtest", "actuator", "store", "× 2.05", "leisure 5.0 s", "median"} {
		u.says("answer", text)
	}
	if p.Packets < before+5 {
		u.t.Errorf("%d packets, %d before", p.Packets, before)
	}
	u.says("kept", " answers")
}

func (u *user) arrangesTheTree() {
	u.Try(func() { u.Click("devices", "by path ▾") }, "the modes", func(p view.Probed) bool { return p.Says("", "By type (rt)") })
	u.Try(func() { u.Click("", "By type (rt)") }, "types", func(p view.Probed) bool {
		return p.Says("devices", "by type ▾") && strings.Contains(p.Text("devices"), "lab.blob")
	})
}

//go:build !ci

package main

import (
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestDirectoryAndCapabilities plays what a user does who wants to know what a device can do, before and after it is probed, and
// who looks a directory up and registers an endpoint there.
func TestDirectoryAndCapabilities(t *testing.T) {
	plays(t, []deed{
		{"80-card", (*user).opensTheCard},
		{"81-plan", (*user).seesWhatWouldBeSent},
		{"82-probed", (*user).probes},
		{"83-evidence", (*user).goesToTheEvidence},
		{"84-directory", (*user).opensTheDirectory},
		{"85-registered", (*user).registersAnEndpoint},
		{"86-expired", (*user).seesItExpire},
		{"87-resource", (*user).opensAResource},
	})
}

func (u *user) opensTheCard() {
	u.discovers()
	u.WaitLong(3*patience, "the end of the search", func(p view.Probed) bool { return p.Says("bar", "◎ Discover") })
	u.Try(func() { u.Menu(u.Find("devices", "store")) }, "the menu", func(p view.Probed) bool { return p.Says("", "Capabilities …") })
	u.Try(func() { u.Click("", "Capabilities …") }, "the card", func(p view.Probed) bool { return p.Says("", "Nothing is sent before you have seen it") })
	u.says("", "Forward proxy")
}

func (u *user) seesWhatWouldBeSent() {
	before := u.Probe().Text("status")
	u.Try(func() { u.Click("", "Probe …") }, "the plan", func(p view.Probed) bool { return p.Says("", "Send these 15 requests") })
	u.says("", "GET /blobs/10m, Q-Block2 0/0/16")
	if sent := func(text string) string { _, after, _ := strings.Cut(text, "tx "); return after }; sent(u.Probe().Text("status")) != sent(before) {
		u.t.Errorf("something was sent: %q, then %q", before, u.Probe().Text("status"))
	}
}

func (u *user) probes() {
	u.Try(func() { u.Click("", "Send these 15 requests") }, "the probing", func(p view.Probed) bool { return !p.Says("", "Send these") })
	u.WaitFor("its end", func(p view.Probed) bool { return p.Says("", "Probe again …") })
	for _, text := range []string{"blocks of 1024 bytes, and of 16 where those are asked for", "9 bytes came back", "1452 bytes were taken", "RFC 9177 §4.1"} {
		u.says("", text)
	}
}

func (u *user) goesToTheEvidence() {
	row := u.says("", "Q-Block")
	var evidence view.ProbedSpan
	for _, s := range u.Probe().Spans {
		if s.Panel == "" && strings.HasPrefix(s.Text, "#") && s.Y > row.Y-8 && s.Y < row.Y+8 && s.X > evidence.X {
			evidence = s
		}
	}
	if evidence.Text == "" {
		u.t.Fatal("no packet shows that it does Q-Block")
	}
	u.Try(func() { u.ClickAt(evidence) }, "the packet", func(p view.Probed) bool {
		return p.Says("inspector", "Message "+evidence.Text[1:]) && !p.Says("", "Probe again …")
	})
	u.says("inspector", "Q-Block2")
}

func (u *user) opensTheDirectory() {
	u.Try(func() { u.Menu(u.Find("devices", "store")) }, "the menu", func(p view.Probed) bool { return p.Says("", "Resource directory …") })
	u.Try(func() { u.Click("", "Resource directory …") }, "its endpoints", func(p view.Probed) bool { return p.Says("", "● plugtest, online") })
	u.says("", "5 endpoints")
}

func (u *user) registersAnEndpoint() {
	u.Try(func() { u.Click("", "Register an endpoint") }, "the form", func(p view.Probed) bool { return p.Says("", "Endpoint name (ep)") })
	u.Try(func() { u.Click("", "5 min"); u.Key("ctrl+a"); u.Type("8") }, "a lifetime", func(p view.Probed) bool { return !p.Says("", "5 min") })
	u.Try(func() { u.Click("", "Renew by itself"); u.Click("", "Register") }, "the registration", func(p view.Probed) bool { return p.Says("", "● registered") })
	u.says("", "simulated-1")
	u.says("", "coap://127.0.0.13/rd/")
	u.says("", " of 8 s")
}

func (u *user) seesItExpire() {
	u.WaitFor("its end", func(p view.Probed) bool { return p.Says("", "✖ expired") })
	u.says("", "over since")
	u.says("status", "is over")
	u.Try(func() { u.Click("", "Take out of the list") }, "an empty list", func(p view.Probed) bool { return p.Says("", "You have registered nothing") })
}

func (u *user) opensAResource() {
	u.Try(func() { u.Click("", "Endpoints"); u.Click("", "● actuator, online"); u.Key("Return") }, "resources", func(p view.Probed) bool {
		return p.Says("", "coap://127.0.0.12/actuators/led")
	})
	u.Try(func() { u.Click("", "coap://127.0.0.12/actuators/led"); u.Key("Return") }, "the request", func(p view.Probed) bool {
		return p.Says("bar", "coap://127.0.0.12/actuators/led") && !p.Says("", "Your registrations")
	})
}

//go:build !ci

package main

import (
	"regexp"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestExchanges plays a user who follows what is open, and asks why what has failed did.
func TestExchanges(t *testing.T) {
	plays(t, []deed{
		{"73-exchange-retransmits", (*user).followsARetransmission},
		{"74-exchange-unfolded", (*user).unfoldsAnExchange},
		{"75-block-map", (*user).losesBlocks},
		{"76-identifiers", (*user).looksAtIdentifiers},
		{"77-why-port", (*user).asksAClosedPort},
		{"78-why-silent", (*user).asksASilentDevice},
		{"79-why-lost", (*user).losesARequest},
		{"80-why-packet", (*user).asksWhyOfAPacket},
	})
}

// retransmission is a row of the table of exchanges that waits: its tries, and the time to the next.
var retransmission = regexp.MustCompile(`GET /quiet .* (\d) of 5 (\d+\.\d+|\d+) s`)

func (u *user) followsARetransmission() {
	u.makesTheNetworkBad("lose sent peer 127.0.0.99", "bad network: 1 rule")
	u.goTo("coap://127.0.0.99/quiet")
	u.Try(func() { u.Key("ctrl+Return") }, "the first try", func(p view.Probed) bool { return p.State == "asking" && p.Packets > 0 })
	u.Try(func() { u.Key("ctrl+4") }, "the exchanges", func(p view.Probed) bool { return p.Says("packets", "Identifiers") })
	try := func(n string) (left string) {
		u.WaitFor("try "+n+" of 5", func(p view.Probed) bool {
			m := retransmission.FindStringSubmatch(p.Text("packets"))
			if m == nil || m[1] != n {
				return false
			}
			left = m[2]
			return true
		})
		return left
	}
	before := try("2")
	u.Shot("73-exchange-waits")
	u.WaitFor("less than "+before+" s to the next try", func(p view.Probed) bool {
		m := retransmission.FindStringSubmatch(p.Text("packets"))
		return m != nil && m[2] != before
	})
	u.says("packets", "Retransmissions of GET /quiet")
	u.says("packets", "1 open")
}

func (u *user) unfoldsAnExchange() {
	u.Try(func() { u.Key("ctrl+4", "End", "Right") }, "the frames of the exchange", func(p view.Probed) bool { return p.Says("packets", "retransmission 1 of #") })
	u.Try(func() { u.Key("Down") }, "the first frame", func(p view.Probed) bool { return p.Selected == 1 })
	p := u.Probe()
	u.wantField(p, "11 Uri-Path: quiet")
	u.Try(func() { u.Key("Escape") }, "the end of waiting", func(p view.Probed) bool { return p.State == "idle" })
	u.says("packets", "✖ no answer")
	u.Shot("74-exchange-failed")
	u.Try(func() { u.Key("Left", "Left") }, "the folded exchange", func(p view.Probed) bool { return !p.Says("packets", "retransmission 1 of #") })
}

func (u *user) losesBlocks() {
	u.makesTheNetworkBad("lose sent request /blobs/100k 7\nlose received 2.05 30", "bad network: 2 rules")
	u.goTo("coap://127.0.0.13/blobs/100k")
	p := u.send("the body", func(p view.Probed) bool { return p.PayloadSize == 100_000 })
	u.want("the code", p.Code, "2.05")
	u.Try(func() { u.Key("ctrl+4", "End") }, "the transfer", func(p view.Probed) bool { return p.Says("packets", "98 ↻2") })
	u.says("packets", "GET /blobs/100k · complete")
	u.says("packets", "98 blocks of 1024 B · 2 retried")
	u.says("packets", "in flight") // of the legend
}

func (u *user) looksAtIdentifiers() {
	u.Try(func() { u.Click("packets", "Identifiers") }, "what is in use", func(p view.Probed) bool { return p.Says("packets", "Message IDs in use") })
	u.Try(func() { u.Click("packets", "127.0.0.13") }, "the message IDs of the store", func(p view.Probed) bool {
		return p.Says("packets", "free in")
	})
	if text := u.Probe().Text("packets"); !regexp.MustCompile(`127\.0\.0\.13\S* 98 of 65\x{202f}536`).MatchString(text) {
		u.t.Errorf("98 message IDs are in use:\n%s", text)
	}
	u.makesTheNetworkBad("", "The network is left as it is")
}

func (u *user) asksAClosedPort() {
	u.Key("ctrl+1")
	u.goTo("coap://127.0.0.15:5999/test")
	p := u.send("the ICMP error", func(p view.Probed) bool { return p.Failure != "" })
	if !strings.HasPrefix(p.Failure, "Nothing listens on port 5999 of 127.0.0.15") {
		u.t.Errorf("the failure is %q", p.Failure)
	}
	u.says("answer", "This is why")
	u.Shot("77-why-port-closed")
	p = u.Try(func() { u.Click("answer", "Send to port 5683") }, "the answer of the other port", func(p view.Probed) bool { return p.State == "idle" && p.Code != "" })
	u.want("the code", p.Code, "2.05")
	u.says("bar", "coap://127.0.0.15/test")
}

func (u *user) asksASilentDevice() {
	u.goTo("coap://127.0.0.14/silent")
	u.Try(func() { u.Key("ctrl+Return") }, "the second try", func(p view.Probed) bool { return p.State == "asking" && p.Says("answer", "Try 2 of 5") })
	u.Try(func() { u.Click("answer", "Why no answer?") }, "what is known", func(p view.Probed) bool { return p.Says("answer", "Ruled out so far") })
	u.says("answer", "A program on this computer has the port") // or ICMP would tell
	u.says("answer", "No ICMP error came")
	u.Shot("78-why-waiting")
	u.Try(func() { u.Key("Escape") }, "the end of waiting", func(p view.Probed) bool { return p.State == "idle" })
	u.says("answer", "Cancelled")
}

func (u *user) losesARequest() {
	u.makesTheNetworkBad("lose sent peer 127.0.0.15", "bad network: 1 rule")
	u.goTo("coap://127.0.0.15/test")
	u.Try(func() { u.Key("ctrl+Return") }, "the first try", func(p view.Probed) bool { return p.State == "asking" })
	p := u.Try(func() { u.Key("Escape") }, "why there is no answer", func(p view.Probed) bool { return p.State == "idle" && p.Failure != "" })
	u.want("the failure", p.Failure, "Lost on purpose")
	u.Shot("79-why-lost-on-purpose")
	p = u.Try(func() { u.Click("answer", "Good network, send again") }, "the answer", func(p view.Probed) bool { return p.State == "idle" && p.Code != "" })
	u.want("the code", p.Code, "2.05")
	u.says("status", "lab runs")
	u.want("a bad network", u.Probe().Says("status", "bad network"), false)
}

func (u *user) asksWhyOfAPacket() {
	p := selectPacket(u.Driver, "/silent")
	of := p.Selected
	u.Try(func() { u.Key("ctrl+u") }, "the dialog", func(p view.Probed) bool {
		return p.Says("", "Why no answer?") && p.Says("", "GET /silent → 127.0.0.14:5683")
	})
	u.says("", "A program on this computer has the port")
	u.Shot("80-why-dialog")
	u.Try(func() { u.Click("", "Show #") }, "the packet that shows it", func(p view.Probed) bool { return !p.Says("", "Why no answer?") && p.Selected != 0 })
	u.wantField(u.Probe(), "11 Uri-Path: silent")
	u.want("a packet of the exchange", u.Probe().Selected >= of, true)
}

//go:build !ci

package main

import (
	"regexp"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestAnswers plays a user who goes on from what was answered, and takes requests to other programs and back.
func TestAnswers(t *testing.T) {
	plays(t, []deed{
		{"81-copy-as", (*user).copiesAsCoapClient},
		{"82-paste", (*user).pastesCommands},
		{"83-location", (*user).followsALocation},
		{"84-if-match", (*user).changesWhatIsAsItWas},
		{"85-links", (*user).followsALink},
		{"86-observe-this", (*user).observesFromTheAnswer},
		{"87-diff", (*user).seesWhatDiffers},
		{"88-next-block", (*user).fetchesBlockByBlock},
	})
}

// copies clicks a form to copy the request in, and gives what is copied.
func (u *user) copies(form string) string {
	return u.Try(func() { u.Click("answer", form) }, "what was copied", func(p view.Probed) bool { return strings.Contains(p.Message, "Copied as "+form) }).Clipboard
}

// writes gives the request a payload, as text.
func (u *user) writes(payload string) {
	u.Try(func() {
		u.Key("ctrl+shift+p", "ctrl+a")
		u.Type(payload)
	}, "the payload", func(p view.Probed) bool { return p.Says("request", payload) })
}

func (u *user) copiesAsCoapClient() {
	u.goTo("coap://127.0.0.12/rules")
	u.method("POST")
	u.writes("if dark then on")
	u.want("the line", u.copies("coap-client"), `coap-client -m post -e 'if dark then on' coap://127.0.0.12/rules`)
}

func (u *user) pastesCommands() {
	u.Key("ctrl+n")
	u.WaitFor("a new tab", func(p view.Probed) bool { return len(p.Tabs) == 2 && p.Tab == 1 })
	u.Key("ctrl+l", "ctrl+a", "ctrl+v") // what was copied
	p := u.WaitFor("the request of the line", func(p view.Probed) bool {
		return p.Says("bar", "POST") && strings.Contains(p.Message, "Read from coap-client")
	})
	u.want("the title of the tab", p.Tabs[1], "POST rules")
	u.says("bar", "coap://127.0.0.12/rules")
	u.Shot("82-pasted")

	u.Key("ctrl+w") // and one that is typed
	u.Key("ctrl+n")
	u.WaitFor("a new tab", func(p view.Probed) bool { return len(p.Tabs) == 2 && p.Tab == 1 })
	u.Key("ctrl+l", "ctrl+a")
	u.Type("coap-client -N -m put -t text/plain -e on coap://127.0.0.12/actuators/led")
	u.WaitFor("what Enter does", func(p view.Probed) bool { return strings.Contains(p.Message, "Enter reads the command line") })
	u.Key("Return")
	u.WaitFor("the request of the line", func(p view.Probed) bool { return p.Says("bar", "PUT") && p.Says("bar", "NON") })
	p = u.Try(func() { u.Key("Return") }, "the answer", func(p view.Probed) bool { return p.State == "idle" && p.Code != "" })
	u.want("the code", p.Code, "2.04")
	u.wantRequest("Type: 1 Non-confirmable", "Code: 0.03 PUT", "11 Uri-Path: led", "12 Content-Format: 0 text/plain", "Payload data: ")
}

func (u *user) followsALocation() {
	u.Try(func() { u.Key("ctrl+Tab") }, "the first tab", func(p view.Probed) bool { return p.Tab == 0 })
	p := u.send("what was made", func(p view.Probed) bool { return p.Code != "" })
	u.want("the code", p.Code, "2.01")
	u.says("answer", "Location-Path")
	u.Shot("83-created")
	p = u.Try(func() { u.Click("answer", "rules") }, "the rule", func(p view.Probed) bool { return p.Code == "2.05" })
	u.want("the title of the tab", p.Tabs[p.Tab], "GET rules/1")
	u.says("answer", "if dark then on")
	u.says("answer", "ETag")
}

func (u *user) changesWhatIsAsItWas() {
	tab := u.Probe().Tab
	u.Try(func() { u.Click("answer", "ETag as If-Match") }, "a PUT", func(p view.Probed) bool { return p.Says("bar", "PUT") })
	u.Try(func() { u.Click("request", "Options") }, "its options", func(p view.Probed) bool { return p.Says("request", "If-Match") })
	u.want("the tab", u.Probe().Tab, tab)
	u.writes("if dark then off")
	u.Shot("84-if-match-written")
	p := u.send("the answer of PUT", func(p view.Probed) bool { return p.Code != "" && p.Code != "2.05" })
	u.want("the code", p.Code, "2.04")
	u.wantRequest("1 If-Match: ", "Code: 0.03 PUT")
	p = u.Try(func() { u.Key("ctrl+Return") }, "that it is no more as it was", func(p view.Probed) bool { return p.Code == "4.12" })
	u.want("the state", p.State, "idle")
}

func (u *user) followsALink() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.12/.well-known/core")
	p := u.send("the links", func(p view.Probed) bool { return p.Code != "" })
	u.want("the code", p.Code, "2.05")
	u.Shot("85-links-listed")
	p = u.Try(func() { u.Click("answer", "/actuators/led") }, "the lamp", func(p view.Probed) bool {
		return p.State == "idle" && p.Tabs[p.Tab] == "GET actuators/led" && p.Code != ""
	})
	u.want("the code", p.Code, "2.05")
	u.says("answer", "on") // as the typed line has put it
}

func (u *user) observesFromTheAnswer() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.11/sensors/temp")
	u.send("the temperature", func(p view.Probed) bool { return p.Code == "2.05" })
	u.Try(func() { u.Click("answer", "Observe this") }, "an observation", func(p view.Probed) bool { return p.State == "observing" })
	u.WaitFor("three values", func(p view.Probed) bool { return p.Notified >= 3 })
	u.says("answer", "Stop observing")
}

func (u *user) seesWhatDiffers() {
	u.Try(func() { u.Click("answer", "Diff") }, "what differs", func(p view.Probed) bool {
		return regexp.MustCompile(`− \d+  \+ \d+ since the answer \d+(\.\d+)? (m?s) before`).MatchString(p.Text("answer"))
	})
	u.says("answer", "Options")
	u.Try(func() { u.Click("answer", "Stop observing") }, "the end of the observation", func(p view.Probed) bool { return p.State == "idle" })
}

func (u *user) fetchesBlockByBlock() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.13/blobs/1k")
	u.Try(func() { u.Key("ctrl+shift+m") }, "the settings", func(p view.Probed) bool { return p.Says("request", "Block size") })
	u.Try(func() { u.Scroll(u.Find("request", "Block size"), 3) }, "those of blocks", func(p view.Probed) bool { return p.Says("request", "One message") })
	u.Click("request", "One message")
	u.option("block2", "0/0/64")
	p := u.send("block 0", func(p view.Probed) bool { return p.Code != "" })
	u.want("the code", p.Code, "2.05")
	u.want("the size of the block", p.PayloadSize, 64)
	for _, next := range []string{"1", "2"} {
		packets := u.Probe().Packets
		p = u.Try(func() { u.Click("answer", "Next block, "+next) }, "block "+next, func(p view.Probed) bool {
			return p.State == "idle" && p.Packets >= packets+2 && p.Says("answer", "Block2")
		})
		u.want("the number of packets", p.Packets, packets+2)
		u.want("the size of the block", p.PayloadSize, 64)
		u.wantRequest("23 Block2: " + next + "/0/64")
	}
	p = u.Try(func() { u.Click("answer", "All blocks") }, "the body", func(p view.Probed) bool { return p.State == "idle" && p.PayloadSize > 64 })
	u.want("the size of the body", p.PayloadSize, 1024)
	u.says("request", "blobs") // the first option, which was scrolled away to make room for a third
}

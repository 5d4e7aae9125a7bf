//go:build !ci

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestLadder plays what a user does who wants to see what a bad network does to an observation. Each step leaves the
// window for the next one, and a picture in build/e2e.
func TestLadder(t *testing.T) {
	plays(t, []deed{
		{"51-observe-badly", (*user).observesBadly},
		{"52-ladder", (*user).seesTheLadder},
		{"53-ladder-keys", (*user).walksTheLadder},
		{"54-ladder-time", (*user).zoomsTheLadder},
		{"55-ladder-blocks", (*user).unfoldsBlocks},
		{"56-ladder-export", (*user).exportsTheLadder},
	})
}

// badly loses the registration, a notification, brings one twice, and one after the next.
const badly = "lose sent request /sensors/temp 1\nlose received NON 2\nduplicate received NON 3\ndelay received NON 4 3s"

func (u *user) observesBadly() {
	u.discovers()
	// The search is over, whose answers are NONs as well. The lab's difficult device can hold it up for long.
	u.WaitLong(3*patience, "the end of the search", func(p view.Probed) bool { return p.Says("bar", "◎ Discover") })
	u.makesTheNetworkBad(badly, "bad network: 4 rules")
	openDevice(u.Driver, "livingroom-node", "temp")
	u.goTo("coap://127.0.0.11/sensors/temp")
	u.Try(func() { u.Key("ctrl+e") }, "an observation", func(p view.Probed) bool { return p.State == "observing" })
	u.WaitFor("notifications", func(p view.Probed) bool { return p.Notified >= 4 })
}

func (u *user) seesTheLadder() {
	u.Try(func() { u.Click("packets", "Ladder") }, "the ladder", func(p view.Probed) bool { return p.Says("packets", "Even rows") })
	for _, text := range []string{"Coapscope", "livingroom-node", "✕ lost ◉", "» duplicate", "◷ stale", "⚡ delayed"} {
		u.says("packets", text)
	}
}

func (u *user) walksTheLadder() {
	u.ClickAt(u.says("packets", "◷ stale"))
	stale := u.WaitFor("the stale notification", func(p view.Probed) bool { return p.Selected > 0 }).Selected
	p := u.Try(func() { u.Key("Up") }, "the one before", func(p view.Probed) bool { return p.Selected == stale-1 })
	u.wantField(p, "Code: 2.05")
	u.ClickAt(u.says("packets", "✕ lost ◉")) // which stays there, since a frame is selected
	u.WaitFor("the lost one", func(p view.Probed) bool { return p.Selected > 0 && p.Selected < stale-1 })
	u.Point("packets", "✕ lost ◉")
	u.says("", "lost on purpose")
}

func (u *user) zoomsTheLadder() {
	u.Click("packets", "Even rows")
	u.Try(func() { u.Click("", "Time: heights are times") }, "a scale of time", func(p view.Probed) bool { return p.Says("packets", "/ 100 px") })
	before := u.says("packets", "/ 100 px").Text
	over := u.says("packets", "livingroom-node")
	over.Y += 60
	u.do("keydown", "ctrl")
	u.Scroll(over, 4)
	u.do("keyup", "ctrl")
	u.WaitFor("a smaller scale", func(p view.Probed) bool {
		now, ok := p.Find("packets", "/ 100 px")
		return ok && now.Text != before
	})
	u.Click("packets", "/ 100 px")
	u.Try(func() { u.Click("", "Even rows: a row for each event") }, "even rows", func(p view.Probed) bool { return p.Says("packets", "Even rows") })
}

func (u *user) unfoldsBlocks() {
	u.makesTheNetworkBad("lose sent request /blobs/100k 7", "bad network: 1 rule")
	u.Try(func() { u.Key("ctrl+n") }, "a tab", func(p view.Probed) bool { return p.State == "idle" })
	u.goTo("coap://127.0.0.13/blobs/100k")
	u.send("the body", func(p view.Probed) bool { return p.PayloadSize == 100_000 })
	s := u.says("packets", "98 blocks · 1 retried · 1 lost")
	u.Try(func() { u.ClickAt(s) }, "each block", func(p view.Probed) bool { return !p.Says("packets", "98 blocks") && p.Says("packets", "▾") })
}

// export saves by a line of the menu Export, and gives what was written.
func (u *user) export(line, name string) []byte {
	u.Click("packets", "Export")
	u.Try(func() { u.Click("", line) }, "the dialog", func(p view.Probed) bool { return p.Says("", "Save") })
	u.Key("ctrl+a")
	u.Type(name)
	u.Key("Return")
	u.says("status", name+" written")
	content, err := os.ReadFile(filepath.Join(u.home, name)) // which the dialog begins in
	if err != nil {
		u.t.Fatal(err)
	}
	return content
}

func (u *user) exportsTheLadder() {
	text := u.export("Save as SVG", "seen.svg")
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			u.t.Fatal(err)
		}
	}
	if !strings.Contains(string(text), "◷ stale") {
		u.t.Errorf("the drawing has no stale notification")
	}
}

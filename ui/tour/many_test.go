//go:build !ci

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestManyRequests plays a user who sends a request many times, makes it shorter, gives it variables, and comes back to it.
func TestManyRequests(t *testing.T) {
	plays(t, []deed{
		{"89-ten-times", (*user).sendsTenTimes},
		{"90-until-stopped", (*user).sendsUntilStopped},
		{"91-shorter", (*user).makesItShorter},
		{"92-variables", (*user).usesVariables},
		{"93-collection", (*user).savesARequest},
		{"94-history", (*user).findsInTheHistory},
	})
}

func (u *user) sendsTenTimes() {
	u.goTo("coap://127.0.0.15/test")
	u.Try(func() { u.Click("bar", "▾") }, "how often", func(p view.Probed) bool { return p.Says("", "Send 10 times") })
	u.Shot("89-how-often")
	p := u.Try(func() { u.Click("", "Send 10 times") }, "ten answers", func(p view.Probed) bool {
		return p.State == "idle" && p.Says("answer", "10 of 10 sent") && p.Says("answer", "✓ 10 ok")
	})
	u.want("the code", p.Code, "2.05")
	u.want("the number of packets", p.Packets, 20)
	u.says("answer", " min, ")
	u.says("answer", "2.05 ×10")
}

func (u *user) sendsUntilStopped() {
	u.Try(func() { u.Click("bar", "▾") }, "how often", func(p view.Probed) bool { return p.Says("", "Every 100 ms until stopped") })
	u.Try(func() { u.Click("", "Every 100 ms until stopped") }, "some answers", func(p view.Probed) bool {
		return p.State == "asking" && p.Packets >= 26 && p.Says("answer", "until stopped")
	})
	u.Shot("90-repeating")
	p := u.Try(func() { u.Key("Escape") }, "the end", func(p view.Probed) bool { return p.State == "idle" && !p.Says("answer", "Stop  Esc") })
	u.want("until stopped", strings.Contains(p.Text("answer"), "until stopped"), false)
	u.Try(func() { u.Click("answer", "✕") }, "no summary", func(p view.Probed) bool { return !p.Says("answer", " ok") })
}

func (u *user) makesItShorter() {
	u.says("request", "13 B of CoAP")
	u.Try(func() { u.Click("request", "shorter?") }, "suggestions", func(p view.Probed) bool { return p.Says("", "What would make it shorter") })
	u.says("", "No token instead of one of 4 bytes")
	u.says("", "Assumed")
	u.Shot("91-suggestions")
	u.Try(func() { u.Click("", "No token instead") }, "a shorter request", func(p view.Probed) bool { return p.Says("request", "9 B of CoAP") })
	p := u.send("the answer", func(p view.Probed) bool { return p.Code == "2.05" })
	u.want("the failure", p.Failure, "")
	u.wantRequest("Token length: 0")
}

func (u *user) usesVariables() {
	u.Key("ctrl+n")
	u.Try(func() { u.Key("ctrl+k") }, "the palette", func(p view.Probed) bool { return p.Says("", "New request tab") })
	u.Type("variables")
	u.Key("Return")
	u.says("", "An environment in brackets")
	u.Type("[bench")
	u.Key("Return")
	u.says("", "✖ ")
	u.Shot("92-variables-wrong")
	u.Key("ctrl+a")
	u.Type("[bench]")
	u.Key("Return")
	u.Type("host = 127.0.0.15")
	u.says("", "Every line can be read")
	u.Try(func() { u.Click("", "Save") }, "the end of the dialog", func(p view.Probed) bool { return !p.Says("", "Every line can be read") })
	u.says("", "bench ▾")
	u.goTo("coap://{{host}}/test")
	p := u.send("the answer", func(p view.Probed) bool { return p.Code != "" || p.Failure != "" })
	u.want("the code", p.Code, "2.05")
	u.wantRequest("11 Uri-Path: test")
	u.says("bar", "coap://{{host}}/test") // as it was written
}

func (u *user) savesARequest() {
	u.Try(func() { u.Key("ctrl+shift+s") }, "the dialog", func(p view.Probed) bool { return p.Says("", "Save the request as") })
	u.Key("ctrl+a")
	u.Type("bring-up/the test")
	u.Shot("93-save-as")
	u.Key("Return")
	u.says("kept", "GET  the test")
	found, err := filepath.Glob(filepath.Join(u.home, "data", "*", "collections", "bring-up", "the test.coap.toml"))
	if err != nil || len(found) != 1 {
		u.t.Fatalf("files: %q, %v", found, err)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		u.t.Fatal(err)
	}
	u.want("the file", string(content), "method = \"GET\"\naddress = \"coap://{{host}}/test\"\n")

	tabs := len(u.Probe().Tabs)
	u.Key("ctrl+w")
	u.WaitFor("one tab less", func(p view.Probed) bool { return len(p.Tabs) == tabs-1 && !p.Says("bar", "{{host}}") })
	p := u.Try(func() { u.Click("kept", "GET  the test") }, "the request of the file", func(p view.Probed) bool { return p.Says("bar", "coap://{{host}}/test") })
	u.want("the title of the tab", p.Tabs[p.Tab], "GET the test")
	u.send("the answer", func(p view.Probed) bool { return p.Code == "2.05" })
}

func (u *user) findsInTheHistory() {
	u.goTo("coap://127.0.0.15/missing")
	u.send("the error", func(p view.Probed) bool { return p.Code == "4.04" })
	u.Key("ctrl+n")
	u.WaitFor("a new tab", func(p view.Probed) bool { return p.Code == "" })
	u.Try(func() { u.Key("ctrl+h") }, "the history", func(p view.Probed) bool { return p.Says("", "double click opens a request") })
	u.Type("missing 4.04")
	u.says("", "1 of ")
	u.Shot("94-history-search")
	u.Key("Down", "Return")
	p := u.WaitFor("the request with its answer", func(p view.Probed) bool { return p.Code == "4.04" && p.Says("bar", "coap://127.0.0.15/missing") })
	u.want("a dialog", p.Says("", "double click opens"), false)
}

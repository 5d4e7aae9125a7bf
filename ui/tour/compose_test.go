//go:build !ci

package main

import (
	"strings"
	"testing"

	"coapscope/ui/view"
)

// TestComposing plays what a user does who writes requests: options by keyboard alone, a payload with a mistake, a byte
// that leads to where it is written, settings of the message, a ping.
func TestComposing(t *testing.T) {
	plays(t, []deed{
		{"51-twelve-options", (*user).writesTwelveOptions},
		{"52-bits-as-typed", (*user).watchesTheBits},
		{"53-byte-to-editor", (*user).goesFromAByteToItsEditor},
		{"54-payload-mistake", (*user).mendsAPayload},
		{"55-settings", (*user).fixesTokenAndMessageID},
		{"56-ping", (*user).pings},
	})
}

// option adds an option by keys alone.
func (u *user) option(name, value string) {
	u.Key("ctrl+shift+o")
	u.WaitFor("the line that names an option", func(p view.Probed) bool { return p.Says("request", "add option") })
	u.Type(name)
	u.Key("Return")
	if value != "" {
		u.Type(value)
	}
}

func (u *user) writesTwelveOptions() {
	u.goTo("coap://127.0.0.13/cache/long")
	for _, o := range []struct{ name, value string }{
		{"accept", "0"},
		{"etag", "0x0102"},
		{"4", "0x03"},
		{"hop-limit", "16"},
		{"uri-query", "a=1"},
		{"uri-query", "b=2"},
		{"65000", "0xc0ffee"},
		{"65002", "text"},
		{"258", "0"},
		{"size2", "0"},
	} {
		u.option(o.name, o.value)
	}
	u.WaitFor("twelve options", func(p view.Probed) bool { return p.Says("request", "12") && p.Says("request", "65002") })
	u.goTo("coap://127.0.0.13/cache/long?a=1&b=2") // which the options have made of the address
	p := u.send("the answer", func(p view.Probed) bool { return p.Code != "" || p.Failure != "" })
	u.want("the code", p.Code, "2.05")
	u.wantRequest("4 ETag: 0102", "4 ETag: 03", "16 Hop-Limit: 16", "15 Uri-Query: a=1", "15 Uri-Query: b=2", "17 Accept: 0", "258 No-Response", "65000", "65002")
}

// wantRequest selects the newest request and holds its fields.
func (u *user) wantRequest(fields ...string) {
	u.t.Helper()
	u.Try(func() { u.Key("ctrl+1", "End", "Up") }, "the newest request", func(p view.Probed) bool {
		return p.Selected == p.Packets-1 && len(p.Fields) > 0
	})
	p := u.Probe()
	for _, f := range fields {
		if !strings.Contains(strings.Join(p.Fields, "\n"), f) {
			u.t.Errorf("the request has no %q, but\n\t%s", f, strings.Join(p.Fields, "\n\t"))
		}
	}
}

func (u *user) watchesTheBits() {
	u.Try(func() { u.Key("ctrl+shift+i") }, "the bits of what is written", func(p view.Probed) bool {
		return p.Says("inspector", "The request as written")
	})
	u.goTo("coap://127.0.0.13/blobs/1k")
	u.WaitFor("the bits to follow", func(p view.Probed) bool { return strings.Contains(strings.Join(p.Fields, "\n"), "11 Uri-Path: 1k") })
}

func (u *user) goesFromAByteToItsEditor() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.15/large-update?x=y")
	at := u.says("request", "74") // the t of update, as a byte
	u.Try(func() {
		u.ClickAt(at)
		u.Key("ctrl+a")
		u.Type("test")
	}, "the segment that was written", func(p view.Probed) bool { return p.Says("bar", "coap://127.0.0.15/test?x=y") })
	p := u.send("the answer of the plugtest server", func(p view.Probed) bool { return p.Code != "" })
	u.want("the code", p.Code, "2.05")
}

func (u *user) mendsAPayload() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.13/settings")
	u.method("iPATCH")
	u.Try(func() { u.Key("ctrl+shift+p") }, "the payload", func(p view.Probed) bool { return p.Says("request", "no payload") })
	u.Try(func() { u.Click("request", "Text") }, "the forms", func(p view.Probed) bool { return p.Says("", "SenML") })
	u.Try(func() { u.Click("", "JSON") }, "JSON", func(p view.Probed) bool { return p.Says("request", "application/json") })
	u.Key("ctrl+shift+p")
	u.Type(`{"interval" 5}`)
	u.says("request", `line 1: {"interval" 5}`)
	u.says("request", "Cannot be sent yet")
	u.Key("ctrl+a")
	u.Type(`{"interval": 5}`)
	p := u.send("the answer of iPATCH", func(p view.Probed) bool { return p.Code != "" })
	if !strings.HasPrefix(p.Code, "2.") && p.Code != "4.15" { // which formats it takes is the device's
		u.t.Errorf("the code is %s", p.Code)
	}
	u.wantRequest("12 Content-Format: 50 application/json", "Code: 0.07 iPATCH")
}

// method chooses a method in the bar.
func (u *user) method(name string) {
	u.Try(func() { u.Click("bar", "GET") }, "the methods", func(p view.Probed) bool { return p.Says("", "iPATCH") })
	u.Try(func() { u.Click("", name) }, name+" in the bar", func(p view.Probed) bool { return p.Says("bar", name) })
}

func (u *user) fixesTokenAndMessageID() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.15/test")
	u.Key("ctrl+shift+m")
	u.Type("a1f3c0")
	u.Key("Tab")
	u.Type("0x7d34")
	u.WaitFor("the token in the bytes", func(p view.Probed) bool { return p.Says("request", "c0") && p.Says("request", "7d") })
	u.send("the answer", func(p view.Probed) bool { return p.Code == "2.05" })
	u.wantRequest("Message ID: 0x7d34", "Token: a1f3c0")
}

func (u *user) pings() {
	u.Key("ctrl+n")
	u.goTo("coap://127.0.0.15/")
	u.method("ping")
	p := u.send("the sign of life", func(p view.Probed) bool { return p.Says("answer", "alive") })
	u.want("the failure", p.Failure, "")
	u.wantRequest("Code: 0.00 Empty")
}

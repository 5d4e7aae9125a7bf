package view_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/view"
)

func (d *desk) card(device string) *view.CapabilityCard {
	return d.Capability(netip.MustParseAddrPort(d.address(device)))
}

func row(c *view.CapabilityCard, name string) string {
	for _, r := range c.Rows() {
		if r.Name == name {
			return fmt.Sprintf("%s %s: %s %v", r.Sign, r.Word, r.Text, r.Frames)
		}
	}
	return "no such row"
}

func wantRows(t *testing.T, c *view.CapabilityCard, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got := row(c, name); got != text {
			t.Errorf("%s\n got %s\nwant %s", name, got, text)
		}
	}
}

// Before anybody has agreed nothing is sent; what was exchanged anyway is on the card.
func TestCapabilityLearns(t *testing.T) {
	d := sitDown(t)
	d.ask(protocol.PUT, d.address("actuator")+"/actuators/led", "on")
	d.until("the packets", func() bool { return d.Traffic.Total() == 2 })
	c := d.card("actuator")
	wantRows(t, c, map[string]string{
		"PUT":    "✔ supports: /actuators/led answers 2.04 [1 2]",
		"GET":    "? not known: nothing was seen yet []",
		"DELETE": "? not known: not safe to try, and not used yet []",
	})
	if c.Name() != d.address("actuator") || c.Resource != "/.well-known/core" || !c.Probed().IsZero() || d.Traffic.Total() != 2 {
		t.Errorf("card %+v after %d packets", c, d.Traffic.Total())
	}
	if d.card("actuator") != c {
		t.Error("it is another card the next time")
	}
	// Known by its links, it is said what to probe, and what they say of methods.
	address := netip.MustParseAddrPort(d.address("store"))
	found, err := (&discovery.Finder{Asker: d.Engine}).Host(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	d.Known().Add(found)
	c = d.card("store")
	if c.Name() != "store" || c.Resource != "/blobs/10m" || c.Observable != "/settings" {
		t.Errorf("%s is probed at %s and %s", c.Name(), c.Resource, c.Observable)
	}
	if got := c.Resources(false, 2); len(got) != 2 || got[0] != "/blobs/10m" || got[1] != "/blobs/1m" {
		t.Errorf("resources %q", got)
	}
	if got := row(c, "PUT"); !strings.Contains(got, "by their interface (if)") {
		t.Errorf("PUT: %s", got)
	}
}

// A card that was looked at while a request was not answered yet learns of the answer.
func TestCapabilityLearnsLater(t *testing.T) {
	d := sitDown(t)
	d.Tab().Draft.Address = d.address("difficult") + "/separate"
	d.Send()
	d.until("the acknowledgement", func() bool { return d.Traffic.Total() == 2 })
	wantRows(t, d.card("difficult"), map[string]string{"GET": "? not known: nothing was seen yet []"})
	d.until("the answer", d.idle)
	d.until("its acknowledgement", func() bool { return d.Traffic.Total() == 4 })
	for range 2 { // once
		wantRows(t, d.card("difficult"), map[string]string{"GET": "✔ supports: /separate answers 2.05 [1 3]"})
	}
	if got := row(d.card("difficult"), "Round-trip time"); !strings.Contains(got, "1 request: ") {
		t.Errorf("%s", got)
	}
}

func TestCapabilityProbes(t *testing.T) {
	d := sitDown(t)
	c := d.card("store")
	c.Resource, c.Observable, c.Unsafe = "/blobs/100k", "/settings", "PUT /upload"
	steps, n, err := c.Plan()
	if err != nil || n != 16 || len(steps) != 12 || !steps[11].Unsafe || steps[11].Requests[0] != "PUT /upload, If-Match that nothing has" {
		t.Errorf("plan of %d requests, %+v, %v", n, steps, err)
	}
	if d.Traffic.Total() != 0 {
		t.Error("something was sent")
	}
	c.Probe()
	c.Probe() // runs already
	if running, done, of := c.Running(); !running || done != 0 || of != 12 {
		t.Errorf("running %v, %d of %d", running, done, of)
	}
	d.until("the end", func() bool { return !c.Probed().IsZero() })
	if running, done, of := c.Running(); running || done != of || c.Problem() != "" {
		t.Errorf("running %v, %d of %d, %q", running, done, of, c.Problem())
	}
	want := map[string]string{
		"GET":                         "✔ supports: /blobs/100k answers 2.05 [1 2]",
		"FETCH":                       "– does not: /blobs/100k answers 4.05; another resource may take it [15 16]",
		"PUT":                         "✔ supports: /upload answers 4.12: only what came with it is refused [31 32]",
		"Response in blocks (Block2)": "✔ supports: blocks of 1024 bytes, and of 16 where those are asked for [5 6]",
		"Observe":                     row(c, "Observe"), // begins with any number
		"Tokens of more than 8 bytes": "✔ supports: 9 bytes came back [17 18]",
		"Forward proxy":               "✔ supports: 5.02: it tried to go on to the host [29 30]",
	}
	wantRows(t, c, want)
	if got := row(c, "Observe"); !strings.HasPrefix(got, "✔ supports: /settings is observed, Observe ") || !strings.HasSuffix(got, "[11 12]") {
		t.Errorf("Observe: %s", got)
	}
	// What was sent for it is not learned once more.
	before := row(c, "Round-trip time")
	d.until("all packets", func() bool { return d.Traffic.Total() == 32 })
	if after := row(d.card("store"), "Round-trip time"); after != before {
		t.Errorf("counted twice: %s, then %s", before, after)
	}
	if text := c.Text(); !strings.Contains(text, "✔ Q-Block: supports: /blobs/100k does it (RFC 9177 §4.1)\n") || !strings.Contains(text, "probed ") {
		t.Errorf("as text:\n%s", text)
	}
	// Probed again, nothing is left of the verdicts before, and all is as it was.
	c.Unsafe = ""
	c.Probe()
	if got := row(c, "Forward proxy"); !strings.Contains(got, "it tried to go on") { // from the packets
		t.Errorf("at first: %s", got)
	}
	d.until("the end", func() bool { running, _, _ := c.Running(); return !running })
	if got := row(c, "Unknown critical option"); !strings.HasPrefix(got, "✔ as it must: 4.02 to option 65001 [") {
		t.Errorf("Unknown critical option: %s", got)
	}
	// A click on the evidence shows it.
	c.ShowEvidence(5)
	if d.SelectedFrame() != 5 || d.Inspector.Frame == nil || d.Inspector.Frame.Seq != 5 {
		t.Errorf("frame %d is selected", d.SelectedFrame())
	}
}

func TestCapabilityProblems(t *testing.T) {
	d := sitDown(t)
	c := d.card("difficult")
	for want, change := range map[string]func(){
		"is no path":          func() { c.Resource = "x" },
		"a method and a path": func() { c.Resource, c.Unsafe = "", "PUT" },
		"none of POST":        func() { c.Unsafe = "GET /a" },
	} {
		c.Resource, c.Unsafe = "", ""
		change()
		if _, _, err := c.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if c.Probe(); !strings.Contains(c.Problem(), want) {
			t.Errorf("%q, want %q", c.Problem(), want)
		}
	}
	if d.Traffic.Total() != 0 {
		t.Error("something was sent")
	}
	c.Resource, c.Unsafe = "/silent", ""
	c.Probe()
	d.until("the first request", func() bool { return d.Traffic.Total() > 0 })
	c.Cancel()
	d.until("the end", func() bool { running, _, _ := c.Running(); return !running })
	if c.Problem() != "Probing was cancelled" {
		t.Errorf("problem %q", c.Problem())
	}
}

func FuzzParseUnsafe(f *testing.F) {
	for _, seed := range []string{"", "PUT /lamp, DELETE /rules/1", "post /a\nipatch /b", "PUT", ",,", "GET /x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := view.ParseUnsafe(text)
		if err != nil {
			return
		}
		var words []string
		for _, u := range all {
			words = append(words, u.Method.Short()+" "+u.Path)
		}
		again, err := view.ParseUnsafe(strings.Join(words, ","))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q is %q, and that %q, %v", text, all, again, err)
		}
	})
}

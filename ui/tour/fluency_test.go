//go:build !ci

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

// TestFluency loads the window with 50 tabs, a long history, an answer of 10 MB and the 10,000 exchanges that it took,
// does what a user does meanwhile, and reports what refreshes took: work, and waiting for the goroutine that paints. It
// asserts what the window says, and no time. COAPSCOPE_FLUENCY=full has a history of 100,000.
func TestFluency(t *testing.T) {
	binary, data := program(t), t.TempDir()
	entries := 5_000
	if os.Getenv("COAPSCOPE_FLUENCY") == "full" {
		entries = 100_000
	}
	fill(t, data, entries, 50)
	d, err := Start(t.Context(), Config{
		Binary: binary, Args: []string{"--lab", "--data", data}, Out: filepath.Join(root, "build", "e2e"),
		Log: logged{t}, Fail: func(err error) { t.Fatal(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	u := &user{Driver: d, t: t}
	report := func(what string) { t.Logf("%s: %s", what, u.Frames()) }

	p := u.WaitFor("the tabs", func(p view.Probed) bool { return len(p.Tabs) == 50 })
	u.Frames()
	u.goTo("coap://127.0.0.13/blobs/10m")
	report("typing an address, with 50 tabs")

	u.Key("ctrl+Return")
	p = u.WaitFor("the beginning of the body", func(p view.Probed) bool { return p.State == "asking" && p.Read > 0 })
	u.Frames()
	u.WaitFor("more of it", func(q view.Probed) bool { return q.Read > p.Read || q.State == "idle" })
	p = u.WaitFor("all of it", func(p view.Probed) bool { return p.State == "idle" })
	report("reading 10 MB in 10,240 blocks, waiting for its end")
	u.want("the size of the payload", p.PayloadSize, 10<<20)

	u.WaitFor("all packets", func(p view.Probed) bool { return p.Packets >= 2*10_240 })
	u.Frames()
	u.Key("ctrl+4")
	u.says("packets", "blobs/10m")
	report("the exchanges")
	u.Key("ctrl+3")
	u.says("packets", "blocks")
	report("the ladder")
	u.Key("ctrl+1")
	u.Key("Home", "Next", "Next", "Next", "Next", "End", "Prior", "Prior", "Prior")
	report("paging through 20,000 packets")
	for range 5 {
		u.Key("ctrl+Tab")
	}
	for range 5 {
		u.Key("ctrl+shift+Tab")
	}
	u.WaitFor("the tab with 10 MB", func(p view.Probed) bool { return p.PayloadSize == 10<<20 })
	report("changing tabs, to the one with 10 MB and away")
	u.Scroll(u.says("answer", "2.05"), 1)
	u.Key("ctrl+l", "End")
	u.Type("?x=1")
	report("typing beside an answer of 10 MB")
	u.Key("ctrl+h")
	u.says("", "led/"+fmt.Sprint(entries-1))
	u.Type("led/77")
	u.says("", "led/77")
	report(fmt.Sprintf("searching a history of %d", entries))
	u.Shot("70-fluency")
	u.Key("Escape")
	if err := u.Ended(func() { u.Key("alt+F4") }); err != nil {
		t.Fatalf("the program ends with %v", err)
	}
}

// fill keeps a history and tabs, as a program before would have.
func fill(t *testing.T, data string, entries, tabs int) {
	t.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var store *keep.Store
	for i := range entries {
		if i%9_000 == 0 { // what is not written yet is bounded
			if store != nil {
				store.Close()
			}
			store, _ = keep.Open(keep.PlacesIn(data))
		}
		uri := fmt.Sprintf("coap://192.0.2.1/led/%d", i)
		store.History.Add(keep.Entry{
			Draft: draft.Draft{Method: protocol.GET, Address: uri}, URI: uri, Asked: at.Add(time.Duration(i) * time.Second), State: keep.Answered,
			Message: protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, Payload: []byte("21.5")}, RTT: time.Millisecond,
		})
	}
	kept := keep.Tabs{}
	for i := range tabs {
		kept.Tabs = append(kept.Tabs, keep.Tab{Draft: draft.Draft{Method: protocol.GET, Address: fmt.Sprintf("coap://192.0.2.1/tab/%d", i)}})
	}
	store.SaveTabs(kept)
	store.Close()
}

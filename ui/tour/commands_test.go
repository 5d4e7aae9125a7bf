//go:build !ci

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/session/capture"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// TestCommands plays a user who knows the keys: the palette, what completes, all keys, and a recording.
func TestCommands(t *testing.T) {
	plays(t, []deed{
		{"60-discover", (*user).discovers},
		{"61-record", (*user).records},
		{"62-palette-to-a-resource", (*user).goesToAResource},
		{"63-palette-by-mouse", (*user).choosesByMouse},
		{"64-all-keys", (*user).looksUpKeys},
		{"65-complete-by-keys", (*user).completesByKeys},
		{"66-complete-by-mouse", (*user).completesByMouse},
		{"67-zoom", (*user).zooms},
		{"68-stop-recording", (*user).stopsRecording},
	})
}

// recording is where the file dialog suggests to put the recording.
func (u *user) recording() string {
	found, err := filepath.Glob(filepath.Join(u.home, "coapscope-*.pcapng"))
	if err != nil || len(found) != 1 {
		u.t.Fatalf("recordings: %q, %v", found, err)
	}
	return found[0]
}

func (u *user) records() {
	u.Try(func() { u.Key("ctrl+r") }, "the dialog", func(p view.Probed) bool { return p.Says("", "Record the live packets to") })
	u.Key("Return")
	u.says("status", "recording → coapscope-")
	u.says("status", filepath.Base(u.recording()))
	u.says("bar", "● Capture ▾")
}

func (u *user) goesToAResource() {
	u.Try(func() { u.Key("ctrl+k") }, "the palette", func(p view.Probed) bool { return p.Says("", "A command, a resource, a tab, or a filter for packets") })
	u.Type("livtemp")
	u.says("", "livingroom-node/sensors/temp")
	u.Key("Return")
	u.says("bar", "coap://127.0.0.11/sensors/temp")
	u.send("the temperature", func(p view.Probed) bool { return p.Code == "2.05" })
	u.WaitFor("a recording that grows", func(p view.Probed) bool {
		s, ok := p.Find("status", "recording →")
		return ok && !strings.HasSuffix(s.Text, "  0 B")
	})
}

func (u *user) choosesByMouse() {
	u.Try(func() { u.Key("ctrl+k") }, "the palette", func(p view.Probed) bool { return p.Says("", "Filter packets:") || p.Says("", "New request tab") })
	u.Type("new req")
	u.Shot("63-palette-looks")
	u.Try(func() { u.Click("", "New request tab") }, "another tab", func(p view.Probed) bool { return len(p.Tabs) == 2 })
	u.seesNo("", "Esc closes")
}

func (u *user) looksUpKeys() {
	u.Try(func() { u.Key("ctrl+slash") }, "all keys", func(p view.Probed) bool {
		return p.Says("", "Ctrl+Shift+Enter") && p.Says("", "Send the copy as it is")
	})
	u.Shot("64-keys")
	u.Key("ctrl+c", "Escape")
	u.seesNo("", "Send the copy as it is")
	if text := u.Probe().Clipboard; !strings.Contains(text, "  Ctrl+Shift+Enter   Send the copy as it is\n") {
		u.t.Errorf("copied:\n%s", text)
	}
}

func (u *user) completesByKeys() {
	u.Try(func() {
		u.Key("ctrl+l", "ctrl+a")
		u.Type("humid")
	}, "a suggestion", func(p view.Probed) bool { return p.Says("", "coap://127.0.0.11/sensors/humidity") })
	u.Shot("65-suggestion")
	u.Key("Down", "Return")
	u.says("bar", "coap://127.0.0.11/sensors/humidity")
	u.want("the state", u.Probe().State, "idle")
	u.Try(func() { u.Key("Return") }, "the humidity", func(p view.Probed) bool { return p.State == "idle" && p.Code == "2.05" })
}

func (u *user) completesByMouse() {
	u.Try(func() {
		u.Key("ctrl+l", "ctrl+a")
		u.Type("store 1k")
	}, "suggestions", func(p view.Probed) bool {
		return p.Says("", "coap://127.0.0.13/blobs/1k") && p.Says("", "coap://127.0.0.13/blobs/1k.sha256")
	})
	u.Try(func() { u.Click("", "coap://127.0.0.13/blobs/1k.sha256") }, "the one that was clicked", func(p view.Probed) bool {
		return p.Says("bar", "coap://127.0.0.13/blobs/1k.sha256") && !p.Says("", "just one block · store")
	})
	u.Type("?x=1") // the cursor is behind it
	u.says("bar", "coap://127.0.0.13/blobs/1k.sha256?x=1")
}

// zooms by every key that does, with the cursor in a text and elsewhere.
func (u *user) zooms() {
	height := func() float32 { return u.Find("devices", "DEVICES").H }
	for _, place := range []string{"ctrl+l", "ctrl+1"} {
		for _, key := range []string{"ctrl+equal", "ctrl+plus", "ctrl+KP_Add"} {
			u.Key("ctrl+0", place)
			before := height()
			u.Key(key)
			u.WaitFor(key+" after "+place+" to make all larger", func(p view.Probed) bool {
				s, ok := p.Find("devices", "DEVICES")
				return ok && s.H > before
			})
		}
		u.Key("ctrl+0", "ctrl+0")
		before := height()
		u.Key("ctrl+KP_Subtract")
		u.WaitFor("all to be smaller", func(p view.Probed) bool {
			s, ok := p.Find("devices", "DEVICES")
			return ok && s.H < before
		})
		u.Key("ctrl+0")
	}
}

func (u *user) stopsRecording() {
	path := u.recording()
	u.Try(func() { u.Key("ctrl+r") }, "the end", func(p view.Probed) bool { return p.Says("status", "recorded") })
	u.seesNo("status", "recording →")
	file, err := os.Open(path)
	if err != nil {
		u.t.Fatal(err)
	}
	defer file.Close()
	frames := 0
	if _, err := capture.DefaultChoice().Read(file, func(trace.Frame) { frames++ }); err != nil || frames < 4 {
		u.t.Errorf("%d packets in the recording, %v", frames, err)
	}
}

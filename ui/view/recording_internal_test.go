package view

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coapscope/session"
	"coapscope/session/capture"
	"coapscope/session/trace"
)

// recordingBench gives a workbench, a function that appends frames to its log, and one that waits until something is so.
func recordingBench(t *testing.T) (*Workbench, func(n int), func(what string, is func() bool)) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan struct{}, 1)
	w := NewWorkbench(engine, func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	})
	t.Cleanup(w.Close)
	frames := func(n int) {
		for range n {
			engine.Log().Append(trace.Frame{
				Time:   time.Unix(1_700_000_000, 0),
				Source: netip.MustParseAddrPort("192.0.2.1:5683"), Destination: netip.MustParseAddrPort("192.0.2.2:5683"),
				Data: []byte("\x40\x01\x7d\x34\xbbtemperature"),
			})
		}
	}
	return w, frames, func(what string, is func() bool) {
		t.Helper()
		timeout := time.After(30 * time.Second)
		for w.Pull(); !is(); w.Pull() {
			select {
			case <-woken:
			case <-timeout:
				t.Fatalf("waited in vain for %s; the message is %q", what, w.Message)
			}
		}
	}
}

func framesIn(t *testing.T, path string) (n int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := capture.DefaultChoice().Read(file, func(trace.Frame) { n++ }); err != nil {
		t.Error(err)
	}
	return n
}

func TestRecording(t *testing.T) {
	w, frames, until := recordingBench(t)
	if _, says := w.RecordingStatus(); says || w.Recording().On {
		t.Error("a recording before it was asked for")
	}
	path, tick := filepath.Join(t.TempDir(), "session.pcapng"), make(chan time.Time)
	frames(2) // before
	from := w.NextLive()
	frames(3) // while a file is chosen
	w.record(path, from, false, tick)
	tick <- time.Now()
	until("three packets", func() bool { return w.Recording().Recorded.Frames == 3 })
	item, _ := w.RecordingStatus()
	if want := "recording → session.pcapng  " + Bytes(int(w.Recording().Recorded.Bytes)); item.Text != want || !item.Dot || item.Concept != Error {
		t.Errorf("the status is %+v, want %q", item, want)
	}
	if n := framesIn(t, path); n != 3 {
		t.Errorf("%d packets in the file while it is recorded", n)
	}
	frames(4)
	w.StopRecording()
	until("the end", func() bool { return w.Message == "session.pcapng: 7 packets recorded" })
	if n := framesIn(t, path); n != 7 || w.Recording().On || w.MessageConcept != Good {
		t.Errorf("%d packets in the file, on %t", n, w.Recording().On)
	}
	if _, says := w.RecordingStatus(); says {
		t.Error("the status tells of a recording that has ended")
	}

	frames(10) // nobody records
	w.RecordOn()
	frames(2)
	w.StopRecording()
	until("the end of what goes on", func() bool { return w.Message == "session.pcapng: 2 packets recorded" })
	if n := framesIn(t, path); n != 9 {
		t.Errorf("%d packets in the file that was gone on with", n)
	}
}

func TestRecordingDoesNotTouchWhatOthersWrote(t *testing.T) {
	w, frames, until := recordingBench(t)
	path := filepath.Join(t.TempDir(), "session.pcapng")
	w.Record(path, w.NextLive())
	frames(1)
	w.StopRecording()
	until("the end", func() bool { return strings.Contains(w.Message, "1 packet recorded") })
	if err := os.WriteFile(path, []byte("a diary"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.RecordOn()
	until("an error", func() bool { return w.MessageConcept == Error })
	if text, _ := os.ReadFile(path); string(text) != "a diary" || w.Recording().On || !strings.Contains(w.Message, "record to another file") {
		t.Errorf("the file is %q, the message %q", text, w.Message)
	}
}

func TestRecordingThatCannotBegin(t *testing.T) {
	w, frames, until := recordingBench(t)
	frames(1)
	w.Record(filepath.Join(t.TempDir(), "missing", "session.pcapng"), 1)
	until("an error", func() bool { return w.MessageConcept == Error })
	if w.Recording().On || !strings.HasPrefix(w.Message, "session.pcapng: no such file or directory. ") {
		t.Errorf("on %t, message %q", w.Recording().On, w.Message)
	}
}

// A full disk ends the recording; all else goes on.
func TestRecordingStopsOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no /dev/full")
	}
	w, frames, until := recordingBench(t)
	w.Record("/dev/full", w.NextLive())
	frames(2)
	until("an error", func() bool { return w.MessageConcept == Error })
	if w.Recording().On || !strings.Contains(w.Message, "full: no space left on device") || strings.Contains(w.Message, "\n") {
		t.Errorf("on %t, message %q", w.Recording().On, w.Message)
	}
	if w.Traffic.Total() != 2 {
		t.Errorf("%d packets are left", w.Traffic.Total())
	}
}

// The end of the program writes what came last.
func TestRecordingEndsWithTheWorkbench(t *testing.T) {
	w, frames, _ := recordingBench(t)
	path := filepath.Join(t.TempDir(), "session.pcapng")
	w.Record(path, w.NextLive())
	frames(5)
	w.Close()
	w.AwaitRecording(30 * time.Second)
	if n := framesIn(t, path); n != 5 {
		t.Errorf("%d packets in the file", n)
	}
}

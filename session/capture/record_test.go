package capture_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// disk is a file in memory that has room for so many bytes.
type disk struct {
	bytes.Buffer
	room   int
	syncs  int
	closed bool
}

func (d *disk) Write(b []byte) (int, error) {
	if room := d.room - d.Len(); len(b) > room {
		d.Buffer.Write(b[:room])
		return room, syscall.ENOSPC
	}
	return d.Buffer.Write(b)
}

func (d *disk) Sync() error { d.syncs++; return nil }

func (d *disk) Close() error { d.closed = true; return nil }

func (d *disk) Truncate(size int64) error {
	d.Buffer.Truncate(int(size))
	return nil
}

// numbered is a message whose payload is the number of its frame, and as long as that makes it.
func numbered(n int) trace.Frame {
	payload := binary.BigEndian.AppendUint32([]byte("\x50\x02\x00\x01\xff"), uint32(n))
	return seen(time.Duration(n)*time.Millisecond, []string{"", "eth0", "lo"}[n%3], nodeA, nodeB, append(payload, make([]byte, n*37%1400)...))
}

func appendNumbered(log *trace.Log, from, to int) {
	for n := from; n <= to; n++ {
		log.Append(numbered(n))
	}
}

// holds checks that frames are the numbered ones from a number on.
func holds(t *testing.T, frames []trace.Frame, from int) {
	t.Helper()
	for i, f := range frames {
		if want := numbered(from + i); !bytes.Equal(f.Data, want.Data) || !f.Time.Equal(want.Time) || f.Interface != want.Interface {
			t.Fatalf("frame %d of the file is %.60x at %s, want %.60x", i, f.Data, f.Time, want.Data)
		}
	}
}

func recorder(t *testing.T, d *disk, log *trace.Log, from trace.Seq) *capture.Recorder {
	t.Helper()
	r, err := capture.NewRecorder(d, int64(d.Len()), log, from, begin)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// After each step the file has all that came until then, and can be read.
func TestRecordingCanBeReadAtAnyTime(t *testing.T) {
	log, d := new(trace.Log), &disk{room: 1 << 30}
	appendNumbered(log, 1, 3) // before the recording
	r := recorder(t, d, log, 4)
	last := 3
	for _, n := range []int{0, 1, 2, 0, 200, 1} {
		appendNumbered(log, last+1, last+n)
		last += n
		if err := r.Step(begin); err != nil {
			t.Fatal(err)
		}
		frames, _, err := read(capture.DefaultChoice(), d.Bytes())
		if err != nil || len(frames) != last-3 {
			t.Fatalf("%d frames, %v; %d came", len(frames), err, last-3)
		}
		holds(t, frames, 4)
		if got := r.Recorded(); got.Frames != last-3 || got.Bytes != int64(d.Len()) || got.Dropped != 0 || got.LeftOut.Count != 0 {
			t.Errorf("recorded %+v, want %d frames and %d bytes", got, last-3, d.Len())
		}
	}
	appendNumbered(log, last+1, last+5)
	if err := r.End(begin); err != nil || !d.closed || d.syncs != 1 {
		t.Errorf("end: %v, closed %t, %d syncs", err, d.closed, d.syncs)
	}
	if frames, _, err := read(capture.DefaultChoice(), d.Bytes()); err != nil || len(frames) != last+2 {
		t.Errorf("%d frames, %v", len(frames), err)
	}
	if err := r.Step(begin); err == nil {
		t.Error("a step after the end")
	}
}

// A recording that goes on in the file of one before it adds a section.
func TestRecordingGoesOn(t *testing.T) {
	log, d := new(trace.Log), &disk{room: 1 << 30}
	for from := 1; from < 10; from += 3 {
		r := recorder(t, d, log, trace.Seq(from))
		appendNumbered(log, from, from+2)
		if err := r.End(begin); err != nil {
			t.Fatal(err)
		}
		if got := r.Recorded(); got.Frames != 3 || got.Bytes != int64(d.Len()) {
			t.Errorf("recorded %+v of %d bytes", got, d.Len())
		}
	}
	frames, _, err := read(capture.DefaultChoice(), d.Bytes())
	if err != nil || len(frames) != 9 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	holds(t, frames, 1)
}

func TestRecordingIsSynced(t *testing.T) {
	log, d := new(trace.Log), &disk{room: 1 << 30}
	r := recorder(t, d, log, 1)
	for i, c := range []struct {
		after time.Duration
		comes int
		syncs int
	}{
		{0, 1, 0},
		{4 * time.Second, 1, 0},
		{5 * time.Second, 0, 1},
		{30 * time.Second, 0, 1}, // nothing came since
		{31 * time.Second, 1, 2},
		{35 * time.Second, 1, 2},
		{36 * time.Second, 0, 3},
	} {
		appendNumbered(log, log.Len()+1, log.Len()+c.comes)
		if err := r.Step(begin.Add(c.after)); err != nil {
			t.Fatal(err)
		}
		if d.syncs != c.syncs {
			t.Errorf("step %d: %d syncs, want %d", i, d.syncs, c.syncs)
		}
	}
}

// Frames that the log has dropped before they were read are counted, and those after them written.
func TestRecordingCountsWhatTheLogDropped(t *testing.T) {
	log, d := trace.NewLog(1<<20), &disk{room: 1 << 30}
	r := recorder(t, d, log, 1)
	appendNumbered(log, 1, 10)
	if err := r.Step(begin); err != nil {
		t.Fatal(err)
	}
	appendNumbered(log, 11, 9000)
	first := int(log.First())
	if first < 100 {
		t.Fatalf("the log has dropped nothing: its first frame is %d", first)
	}
	if err := r.End(begin); err != nil {
		t.Fatal(err)
	}
	got := r.Recorded()
	if got.Dropped != first-11 || got.Frames != 10+9000-first+1 {
		t.Errorf("recorded %+v; the log begins with frame %d", got, first)
	}
	frames, _, err := read(capture.DefaultChoice(), d.Bytes())
	if err != nil || len(frames) != got.Frames {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	holds(t, frames[:10], 1)
	holds(t, frames[10:], first)
}

// However much room a disk has: what was written is kept, can be read, and is what the recorder says.
func TestRecordingOnAFullDisk(t *testing.T) {
	const frames = 120
	all := &disk{room: 1 << 30}
	log := new(trace.Log)
	r := recorder(t, all, log, 1)
	appendNumbered(log, 1, frames)
	if err := r.End(begin); err != nil {
		t.Fatal(err)
	}
	for room := range all.Len() {
		if room > 3000 && room%97 != 0 {
			continue
		}
		d := &disk{room: room}
		log := new(trace.Log)
		r := recorder(t, d, log, 1)
		var err error
		for n := 1; n <= frames && err == nil; n += 10 {
			appendNumbered(log, n, n+9)
			err = r.Step(begin)
		}
		if !errors.Is(err, syscall.ENOSPC) || !d.closed {
			t.Fatalf("room for %d bytes: %v, closed %t", room, err, d.closed)
		}
		got := r.Recorded()
		if got.Bytes != int64(d.Len()) {
			t.Fatalf("room for %d bytes: recorded %+v, the file has %d", room, got, d.Len())
		}
		if d.Len() == 0 {
			continue
		}
		kept, _, err := read(capture.DefaultChoice(), d.Bytes())
		if err != nil || len(kept) != got.Frames {
			t.Fatalf("room for %d bytes: %d frames, %v; recorded %+v", room, len(kept), err, got)
		}
		holds(t, kept, 1)
	}
}

// The system's own full device, whose file can be neither cut nor synced.
func TestRecordingToAFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Skip(err)
	}
	log := new(trace.Log)
	appendNumbered(log, 1, 1)
	r, err := capture.NewRecorder(full, 0, log, 1, begin)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Step(begin); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("step: %v", err)
	}
	if got := r.Recorded(); got.Frames != 0 || got.Bytes != 0 {
		t.Errorf("recorded %+v", got)
	}
}

// recordUntilKilled is what the killed process does: it says how many frames each step has written.
func recordUntilKilled(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	log := trace.NewLog(64 << 20)
	r, err := capture.NewRecorder(file, 0, log, 1, time.Now())
	if err != nil {
		return err
	}
	go func() {
		for n := 1; ; n++ {
			log.Append(numbered(n))
		}
	}()
	for {
		if err := r.Step(time.Now()); err != nil {
			return err
		}
		if got := r.Recorded(); got.Dropped > 0 {
			return fmt.Errorf("%d frames were dropped", got.Dropped)
		}
		fmt.Println(r.Recorded().Frames)
	}
}

const killedPath = "COAPSCOPE_RECORD_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedPath); path != "" {
		fmt.Fprintln(os.Stderr, recordUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// A process that records is killed at random moments: the file has all frames of the last step that was done, and can
// be read up to at most the block that was being written.
func TestRecordingSurvivesKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	runs, torn, total := 50, 0, 0
	if testing.Short() {
		runs = 5
	}
	random := rand.New(rand.NewPCG(7, 7))
	for run := range runs {
		path := filepath.Join(t.TempDir(), "killed.pcapng")
		child := exec.Command(self)
		child.Env = append(os.Environ(), killedPath+"="+path)
		var complaint strings.Builder
		child.Stderr = &complaint
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said, lines := 0, bufio.NewScanner(out)
		for range 1 + random.IntN(12) {
			if !lines.Scan() {
				break
			}
		}
		_ = child.Process.Kill()
		for ok := true; ok; ok = lines.Scan() { // what it said before it was killed counts
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				said = n
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = child.Wait()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("run %d: %v; %s", run, err, &complaint)
		}
		frames, _, err := read(capture.DefaultChoice(), b)
		var damage *capture.DamageError
		switch {
		case errors.As(err, &damage):
			torn++
			if rest := int64(len(b)) - damage.Offset; rest > 2048 {
				t.Errorf("run %d: damaged at byte %d of %d: %v", run, damage.Offset, len(b), err)
			}
		case err != nil:
			t.Errorf("run %d: %v", run, err)
		}
		if len(frames) < said {
			t.Errorf("run %d: %d frames in the file, %d were said to be; %s", run, len(frames), said, &complaint)
		}
		holds(t, frames, 1)
		total += len(frames)
	}
	if total == 0 {
		t.Error("no run has recorded anything")
	}
	t.Logf("%d runs, %d frames, %d files with a block cut short at the end", runs, total, torn)
}

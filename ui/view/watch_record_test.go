package view

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
)

func numbered(i int, at time.Time) session.Notification {
	m := protocol.Message{Code: protocol.Content, Payload: strconv.AppendInt(nil, int64(i), 10)}
	m.Options = m.Options.SetUint(protocol.ContentFormatOption, 0)
	return session.Notification{Message: m, Sequence: uint32(i) & (1<<24 - 1), Fresh: true, At: at, Expires: at.Add(time.Minute)}
}

// What is recorded reads back as it was watched.
func TestRecordingReadsBack(t *testing.T) {
	p := newPlay(t)
	r := NewRecorder(t.TempDir(), p.now)
	p.recorder = r
	p.id = r.begin(p.Watched)
	p.gets(0, protocol.Acknowledgement, 1, 10, "1")
	p.gets(time.Second, protocol.NonConfirmable, 3, 10, "3")
	p.gets(time.Second, protocol.NonConfirmable, 2, 10, "2")
	p.passes(16 * time.Second)
	p.gets(0, protocol.Acknowledgement, 1, 10, "\x00ß")
	p.takeAt(session.ObservationEnd{Err: errors.New(`"gone"`)}, p.now)
	r.Close()
	if _, lost, err := r.State(); lost != 0 || err != nil {
		t.Fatalf("lost %d, %v", lost, err)
	}
	b, err := os.ReadFile(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	all, read, err := ReadRecording(bytes.NewReader(b))
	if err != nil || len(all) != 1 || read.Notifications != 4 || read.Skipped != 0 || read.CutOff {
		t.Fatalf("%d observations, %+v, %v", len(all), read, err)
	}
	o := all[0]
	if o.Name() != "node/temp" || o.State() != WatchRecorded || o.series[0].Len() != 2 || o.stale != 1 || o.reboots != 1 || o.text != p.text {
		t.Errorf("%s %v: %d samples, %d stale, %d reboots, text %q", o.Name(), o.State(), o.series[0].Len(), o.stale, o.reboots, o.text)
	}
	if len(o.marks) != len(p.marks) {
		t.Fatalf("marks %+v, want %+v", o.marks, p.marks)
	}
	for i := range o.marks {
		if got, want := o.marks[i], p.marks[i]; got.Kind != want.Kind || !got.At.Equal(want.At) || got.Text != want.Text {
			t.Errorf("mark %d: %+v, want %+v", i, got, want)
		}
	}
	// Cut off anywhere, all whole lines count.
	for n := range b {
		all, read, err := ReadRecording(bytes.NewReader(b[:n]))
		lines := bytes.Count(b[:n], []byte("\n"))
		switch {
		case lines == 0:
			if n > 0 && err == nil && !read.CutOff {
				t.Fatalf("the first %d bytes pass", n)
			}
		case err != nil, read.Skipped > 0, read.CutOff != (b[n-1] != '\n'), lines > 1 && len(all) != 1:
			t.Fatalf("the first %d bytes: %+v, %v", n, read, err)
		}
	}
}

func TestRecordingOfSomethingElse(t *testing.T) {
	for _, text := range []string{"{}\n", "hello\n", `{"coapscope":"recording","version":2}` + "\n"} {
		if _, _, err := ReadRecording(strings.NewReader(text)); err == nil {
			t.Errorf("%q passes", text)
		}
	}
	if _, read, err := ReadRecording(strings.NewReader(recordingHead + "x\n\x00\x00\n{\"w\":5,\"t\":1}\n")); err != nil || read.Skipped != 3 {
		t.Errorf("%+v, %v", read, err)
	}
}

func FuzzReadRecording(f *testing.F) {
	f.Add([]byte(recordingHead + `{"watch":1,"to":"[::1]:5683","path":"/t"}` + "\n" + `{"w":1,"t":17,"seq":5,"fresh":true,"until":99,"cf":0,"p":"MQ=="}` + "\n" + `{"w":1,"t":18,"mark":2}` + "\n{\"lost\":2}\n"))
	f.Add([]byte(recordingHead + `{"watch":1,"to":"[::1]:5683","path":"/t","device":"n","variant":"Accept 50"}` + "\n" + `{"w":1,"t":17,"seq":5,"fresh":true,"until":99,"cf":0,"p":"MQ=="}` + "\n" + `{"watch":1,"to":"[::1]:1","path":"/t","device":"n"}` + "\n" + `{"watch":2,"to":"[::1]:1","path":"/t","device":"n"}` + "\n" + `{"w":2,"t":15,"seq":5,"fresh":true,"until":99,"cf":0,"p":"Mg=="}` + "\n" + `{"watch":1,"joins":2,"device":"n"}` + "\n" + `{"w":1,"t":19,"seq":6,"fresh":true,"until":99,"p":"eA=="}` + "\n"))
	f.Add([]byte(recordingHead + `{"watch":-1}` + "\n" + `{"w":1,"mark":250}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, _, _ := ReadRecording(bytes.NewReader(b))
		v := Watch{items: all}
		for i, o := range all {
			o.Row(time.Unix(0, 0))
			o.Tip(time.Unix(0, 0))
			o.Shown, o.slot = true, i
		}
		v.Chart.Whole(all)
		v.Chart.Draw(noPen{}, 600, 400, v.Lines(), time.Unix(0, 0))
	})
}

// noPen is a pen that draws nothing.
type noPen struct{}

func (noPen) Line(_, _, _, _, _ float32, _ Dash, _ Concept) {}
func (noPen) Shape(Concept, ...float32)                     {}
func (noPen) Box(_, _, _, _ float32, _ BoxKind, _ Concept)  {}
func (noPen) Text(PenText)                                  {}
func (noPen) Hit(_, _, _, _ float32, _ any)                 {}
func (n noPen) Clip(_, _, _, _ float32) Pen                 { return n }

// A disk that takes nothing is told of, and keeps nobody waiting.
func TestRecorderWithoutADisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(file, time.Now())
	r.begin(&Watched{})
	r.Close()
	if _, _, err := r.State(); err == nil {
		t.Error("nothing is said")
	}
	r.begin(&Watched{}) // nor does it fail then
	var none *Recorder
	none.Close()
	none.describe(none.begin(&Watched{}), &Watched{})
	none.join(1, 2, &Watched{})
}

// killedRecorder is what the process does that is killed: it records numbers one after the other, and says which it has
// been told are written.
func TestMain(m *testing.M) {
	if dir := os.Getenv("COAPSCOPE_TEST_RECORD"); dir != "" {
		r := NewRecorder(dir, time.Unix(0, 0))
		o := newWatched("node", session.Request{}, "/n", time.Unix(0, 0))
		o.recorder = r
		o.id = r.begin(o)
		out := bufio.NewWriter(os.Stdout)
		for i := 1; ; i++ {
			o.takeAt(numbered(i, time.Unix(0, int64(i))), time.Unix(0, int64(i)))
			if i%100 == 0 {
				written, _, err := r.State()
				fmt.Fprintln(out, i, written, err)
				out.Flush()
				time.Sleep(time.Millisecond)
			}
		}
	}
	os.Exit(m.Run())
}

// A recording whose program is killed at any moment reads back up to what was written last, in order and without a hole.
// COAPSCOPE_KILLS says how often that is tried.
func TestRecordingSurvivesKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("kill -9 is a matter of Unix")
	}
	kills := 4
	if n, err := strconv.Atoi(os.Getenv("COAPSCOPE_KILLS")); err == nil {
		kills = n
	}
	for i := range kills {
		dir := t.TempDir()
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "COAPSCOPE_TEST_RECORD="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines, until := bufio.NewScanner(out), 300+rand.IntN(400)
		written := int64(0)
		for n := 0; n < until && lines.Scan(); n++ {
			fields := strings.Fields(lines.Text())
			if len(fields) != 3 || fields[2] != "<nil>" {
				t.Fatalf("the recorder says %q", lines.Text())
			}
			written, _ = strconv.ParseInt(fields[1], 10, 64)
		}
		c.Process.Kill()
		io.Copy(io.Discard, out)
		c.Wait()
		b, err := os.ReadFile(filepath.Join(dir, "1970-01-01T00-00-00.000Z.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		all, read, err := ReadRecording(bytes.NewReader(b))
		if err != nil || read.Skipped > 0 || read.Lost > 0 || len(all) != 1 || int64(len(b)) < written || written == 0 {
			t.Fatalf("kill %d: %+v, %v, %d of %d bytes", i, read, err, len(b), written)
		}
		last, _ := all[0].series[0].Last()
		if all[0].missed > 0 || all[0].series[0].Len() != read.Notifications || last.Value != float64(read.Notifications) {
			t.Fatalf("kill %d: %d notifications, the last is %v, %d missing", i, read.Notifications, last.Value, all[0].missed)
		}
	}
}

// 100 observations with 200 notifications a second each: none is lost or out of order in the recording, memory is bounded,
// and the window, which looks 30 times a second, is woken no more often than it looks. COAPSCOPE_FLOOD is for how many
// seconds; the time is that of the notifications, which come as fast as they can be taken.
func TestWatchFlood(t *testing.T) {
	seconds := 3
	if n, err := strconv.Atoi(os.Getenv("COAPSCOPE_FLOOD")); err == nil {
		seconds = n
	}
	const observations, rate = 100, 200
	w, _, _ := asks(t)
	dir := t.TempDir()
	w.RecordInto(dir)
	items := make([]*Watched, observations)
	for i := range items {
		items[i] = w.newWatched(session.Request{}, "/n"+strconv.Itoa(i))
		w.watch.add(items[i])
	}
	start, began := time.Unix(1_700_000_000, 0), time.Now()
	pace := make([]chan struct{}, observations)
	var wait sync.WaitGroup
	for i, o := range items {
		pace[i] = make(chan struct{}, 1)
		wait.Add(1)
		go func() {
			defer wait.Done()
			n := 0
			for range pace[i] {
				for range rate / 10 {
					n++
					o.take(numbered(n, start.Add(time.Duration(n)*time.Second/rate)))
				}
			}
		}()
	}
	most, worst, applied := 0, time.Duration(0), 0
	for range seconds * 10 {
		for _, c := range pace {
			c <- struct{}{}
		}
		look := time.Now()
		news := w.inbox.Take()
		for _, apply := range news {
			apply()
		}
		w.watch.Chart.Draw(noPen{}, 700, 400, w.watch.Lines(), start)
		most, applied, worst = max(most, len(news)), applied+len(news), max(worst, time.Since(look))
	}
	for _, c := range pace {
		close(c)
	}
	wait.Wait()
	took := time.Since(began)
	r := w.watch.Recording()
	w.SetRecording(false)
	r.Close()
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	t.Logf("%d notifications in %v: %.0f a second; at most %d news at once, %d in all, a look took at most %v; heap %d MiB",
		observations*rate*seconds, took.Round(time.Millisecond), float64(observations*rate*seconds)/took.Seconds(), most, applied, worst.Round(time.Microsecond), memory.HeapAlloc>>20)
	if most > observations+1 {
		t.Errorf("%d news at once", most)
	}
	if memory.HeapAlloc > 400<<20 {
		t.Errorf("%d MiB are in use", memory.HeapAlloc>>20)
	}
	file, err := os.Open(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, read, err := ReadRecording(file)
	if err != nil || read.Notifications != observations*rate*seconds || read.Skipped > 0 || read.Lost > 0 || len(all) != observations {
		t.Fatalf("%d observations, %+v, %v", len(all), read, err)
	}
	for _, o := range all {
		if o.received != rate*seconds || o.missed > 0 || o.stale > 0 || len(o.marks) > 0 {
			t.Fatalf("%s: %d notifications, %d missing, %d stale, marks %+v", o.Path, o.received, o.missed, o.stale, o.marks)
		}
		if last, _ := o.series[0].Last(); last.Value != float64(rate*seconds) {
			t.Fatalf("%s ends with %v", o.Path, last.Value)
		}
	}
}

// A line that is too long, of a large body, is left out, and all others count.
func TestRecordingOfALargeBody(t *testing.T) {
	line := func(seq int, body string) string {
		return fmt.Sprintf("{\"w\":1,\"t\":%d,\"seq\":%d,\"fresh\":true,\"until\":99,\"cf\":0,\"p\":%q}\n", seq, seq, body)
	}
	text := recordingHead + `{"watch":1,"to":"[::1]:5683","path":"/t"}` + "\n" + line(1, "MQ==") + line(2, strings.Repeat("MTEx", maxRecordedLine/3)) + line(3, "Mw==")
	all, read, err := ReadRecording(strings.NewReader(text))
	if err != nil || len(all) != 1 || read.Notifications != 2 || read.Skipped != 1 || read.CutOff || all[0].series[0].Len() != 2 {
		t.Errorf("%d observations, %+v, %v", len(all), read, err)
	}
	// Cut off within, too.
	if _, read, err = ReadRecording(strings.NewReader(text[:len(text)-2<<20])); err != nil || read.Notifications != 1 || !read.CutOff {
		t.Errorf("cut off: %+v, %v", read, err)
	}
}

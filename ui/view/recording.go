package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// Recording is what is known of the file that live packets are written to while they come.
type Recording struct {
	Path     string // of the file; empty until one was chosen. It is kept after the end, to be gone on with
	On       bool
	Recorded capture.Recorded

	stop chan struct{} // closed to end it
	done chan struct{} // closed when it has ended; nil before the first
}

// recordPause is how often new frames are written: none that came is older than this when the program is killed.
const recordPause = 250 * time.Millisecond

// Recording tells of the recording.
func (w *Workbench) Recording() Recording { return w.recording }

// Name is the name of the file without its directories.
func (r Recording) Name() string { return filepath.Base(r.Path) }

// SuggestedRecording is a name for the file of a recording that begins now.
func SuggestedRecording(now time.Time) string {
	return "coapscope-" + now.Format("2006-01-02-150405") + ".pcapng"
}

// NextLive is the number that the next live packet gets, for a recording that begins when it is asked for, and not when its file
// was chosen.
func (w *Workbench) NextLive() trace.Seq { return trace.Seq(w.live.log.Len() + 1) }

// Record writes the live packets from a number on to a new file, or one that is written over, as pcapng while they come. It
// returns at once. A recording before it ends.
func (w *Workbench) Record(path string, from trace.Seq) { w.record(path, from, false, nil) }

// RecordOn goes on with the file of the recording that has ended.
func (w *Workbench) RecordOn() {
	if w.recording.Path != "" && !w.recording.On {
		w.record(w.recording.Path, w.NextLive(), true, nil)
	}
}

// StopRecording ends the recording. What has come until then is still written.
func (w *Workbench) StopRecording() {
	if !w.recording.On {
		return
	}
	w.recording.On = false
	close(w.recording.stop)
	w.Changed(PartBar | PartStatus)
}

// AwaitRecording waits until what was recorded is in the file, for no longer than that. It is for the end of the program.
func (w *Workbench) AwaitRecording(atMost time.Duration) {
	if w.recording.done == nil {
		return
	}
	select {
	case <-w.recording.done:
	case <-time.After(atMost):
	}
}

// record begins a recording. tick says when to write; nil for a few times a second.
func (w *Workbench) record(path string, from trace.Seq, goOn bool, tick <-chan time.Time) {
	w.StopRecording()
	before := w.recording
	r := Recording{Path: path, On: true, stop: make(chan struct{}), done: make(chan struct{})}
	if goOn {
		r.Recorded.Bytes = before.Recorded.Bytes
	}
	w.recording = r
	w.Message = "" // what is recorded is said beside it
	w.Changed(PartBar | PartStatus)
	log := w.live.log
	go func() {
		defer close(r.done)
		if before.done != nil {
			<-before.done // which may have the same file
		}
		if tick == nil {
			ticker := time.NewTicker(recordPause)
			defer ticker.Stop()
			tick = ticker.C
		}
		file, size, err := openRecording(path, goOn, r.Recorded.Bytes)
		if err != nil {
			w.recorded(r, r.Recorded, err)
			return
		}
		recorder, err := capture.NewRecorder(file, size, log, from, time.Now())
		if err != nil {
			w.recorded(r, r.Recorded, errors.Join(err, file.Close()))
			return
		}
		last := recorder.Recorded()
		for {
			select {
			case now := <-tick:
				if err := recorder.Step(now); err != nil {
					w.recorded(r, recorder.Recorded(), err)
					return
				}
				if now := recorder.Recorded(); now != last {
					last = now
					w.inbox.Put(r.done, func() { w.noteRecording(r, now) })
				}
			case <-r.stop:
				err := recorder.End(time.Now())
				w.recorded(r, recorder.Recorded(), err)
				return
			}
		}
	}()
}

// openRecording opens the file of a recording to append, and gives its size. One to go on with has to be as it was left.
func openRecording(path string, goOn bool, was int64) (*os.File, int64, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !goOn {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, 0, err
	}
	size := int64(0)
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	if goOn && size != 0 && size != was {
		return nil, 0, errors.Join(errors.New("something else has written to it since; record to another file"), file.Close())
	}
	return file, size, nil
}

// noteRecording takes over how far a recording is.
func (w *Workbench) noteRecording(r Recording, now capture.Recorded) {
	if w.recording.done == r.done {
		w.recording.Recorded = now
		w.Changed(PartStatus)
	}
}

// recorded tells, from another goroutine, that a recording has ended.
func (w *Workbench) recorded(r Recording, last capture.Recorded, err error) {
	w.inbox.Put(nil, func() {
		w.noteRecording(r, last)
		if w.recording.done == r.done {
			w.recording.On = false
			w.Changed(PartBar)
		}
		text := count(last.Frames, "packet", "packets")
		switch {
		case err != nil:
			w.Say(Error, "%s: %s. The recording has stopped with %s in the file; save the others elsewhere", r.Name(), reason(err), text)
		case last.Dropped > 0:
			w.Say(Warning, "%s: %s recorded; %s came too fast and were dropped", r.Name(), text, Grouped(last.Dropped))
		case last.LeftOut.Count > 0:
			w.Say(Warning, "%s: %s recorded; %v", r.Name(), text, &last.LeftOut)
		default:
			w.Say(Good, "%s: %s recorded", r.Name(), text)
		}
	})
}

// reason says in a line what went wrong with a file whose name is said already.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		if err.Error() == path.Error() {
			return path.Err.Error()
		}
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// RecordingStatus is what the status line says of the recording at its right end; false for nothing.
func (w *Workbench) RecordingStatus() (StatusItem, bool) {
	r := w.recording
	if !r.On {
		return StatusItem{}, false
	}
	text := fmt.Sprintf("recording → %s  %s", r.Name(), Bytes(int(r.Recorded.Bytes)))
	if r.Recorded.Dropped > 0 {
		text += " · " + Grouped(r.Recorded.Dropped) + " dropped"
	}
	if r.Recorded.LeftOut.Count > 0 {
		text += " · " + Grouped(r.Recorded.LeftOut.Count) + " left out"
	}
	return StatusItem{Text: text, Concept: Error, Dot: true}, true
}

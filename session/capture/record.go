package capture

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"coapscope/session/trace"
)

// RecordingFile is what a [Recorder] writes to: an *os.File that was opened to append.
type RecordingFile interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// syncPause is how long what was handed to the system may stay in its memory before it is made to last.
const syncPause = 5 * time.Second

// Recorder writes the frames of a log to a file while they come. It has no goroutine and no clock: [Recorder.Step] is called by
// whoever has them, a few times a second, and reads the log at its own pace; who appends never waits.
//
// What lasts: each step hands all new frames to the system, as whole blocks, so that the end of the program, however sudden,
// loses what came since the last step and nothing before it. The end of the system may lose more: the file is synced every five
// seconds while something comes, and when the recording ends. A block that was half handed over when the program was killed is
// a damage at the very end of the file; Wireshark and [Choice.Read] give all that is before it.
//
// Memory is bounded by 64 KiB and a frame. Where the log drops frames before they are read, they are counted.
type Recorder struct {
	file    RecordingFile
	log     *trace.Log
	next    trace.Seq
	writer  *Writer
	before  int64 // bytes of the file when the recording began
	dropped int
	synced  time.Time
	unsaved bool // something was handed over since
	ended   bool
}

// Recorded is how far a recording is.
type Recorded struct {
	Frames  int          // in the file, of this recording
	Bytes   int64        // of the file
	Dropped int          // frames that the log dropped before they were read
	LeftOut LeftOutError // its Count is 0 for none
}

// NewRecorder begins a recording of the frames from a number on, at the end of a file that has so many bytes. An empty file, and
// one that a recorder has ended, can be gone on with.
func NewRecorder(file RecordingFile, size int64, log *trace.Log, from trace.Seq, now time.Time) (*Recorder, error) {
	w, err := NewWriter(file)
	if err != nil {
		return nil, err
	}
	return &Recorder{file: file, log: log, next: max(from, 1), writer: w, before: size, synced: now}, nil
}

// Recorded tells how far the recording is.
func (r *Recorder) Recorded() Recorded {
	now := Recorded{Frames: r.writer.Frames(), Bytes: r.before + r.writer.Size(), Dropped: r.dropped}
	if left := r.writer.LeftOut(); left != nil {
		now.LeftOut = *left
	}
	return now
}

// Step writes the frames that have come. With an error the recording has ended, and all that was written before is in the file.
func (r *Recorder) Step(now time.Time) error {
	if r.ended {
		return errors.New("the recording has ended")
	}
	err := r.write()
	if err == nil && r.unsaved && now.Sub(r.synced) >= syncPause {
		err = r.sync(now)
	}
	if err != nil {
		return errors.Join(err, r.close(true))
	}
	return nil
}

// End writes what has come since the last step, has all of it last, and closes the file.
func (r *Recorder) End(now time.Time) error {
	if r.ended {
		return nil
	}
	err := r.write()
	if err == nil {
		err = r.sync(now)
	}
	return errors.Join(err, r.close(err != nil))
}

func (r *Recorder) write() error {
	before := r.writer.Size()
	defer func() { r.unsaved = r.unsaved || r.writer.Size() > before }()
	for last := trace.Seq(r.log.Len()); r.next <= last; {
		f := r.log.At(r.next)
		if f == nil {
			first := min(max(r.log.First(), r.next+1), last+1)
			r.dropped += int(first - r.next)
			r.next = first
			continue
		}
		if err := r.writer.Append(f); err != nil {
			return err
		}
		r.next++
	}
	return r.writer.Flush()
}

func (r *Recorder) sync(now time.Time) error {
	r.synced, r.unsaved = now, false
	err := r.file.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // a device or a pipe, which has nothing to sync
	}
	return err
}

// close closes the file. Where its end may be half a frame, it is cut off.
func (r *Recorder) close(cut bool) error {
	r.ended = true
	var err error
	if cut {
		if err = r.file.Truncate(r.Recorded().Bytes); err != nil {
			err = fmt.Errorf("its last packet may be cut short: %w", err)
		}
		if r.sync(r.synced) != nil && err == nil {
			err = errors.New("what was written may not last")
		}
	}
	return errors.Join(err, r.file.Close())
}

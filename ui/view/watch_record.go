package view

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"coapscope/session"
)

// Recorder writes what observations bring into a file as it comes, a line of JSON each. What came is on its way to the
// file after flushPause, so that a program that is killed loses no more than that; a line that was cut off is left out
// when the file is read. Its methods may be called on any goroutine and never wait for the disk, and a nil Recorder
// records nothing.
//
//	{"coapscope":"recording","version":1}
//	{"watch":1,"to":"[::1]:5683","path":"/sensors/temp","device":"livingroom-node"}
//	{"w":1,"t":1700000000123456789,"seq":5,"fresh":true,"reg":true,"until":1700000060123456789,"cf":60,"p":"+U1c"}
//	{"w":1,"t":1700000060123456789,"mark":2,"text":"…"}
//	{"lost":3}
//
// What begins again, or goes on at another address, has the line that describes it once more. Where two became one, the
// number of the other goes on with that of "joins". Of a path that is asked for in several ways, "variant" tells which.
type Recorder struct {
	Path string

	mu      sync.Mutex
	pending []byte
	spare   []byte
	ids     int
	lost    int // notifications that found no room since they were told of
	missing int // in all
	written int64
	err     error
	closed  bool

	wake chan struct{}
	done chan struct{}
}

// Bounds of a recording.
const (
	flushPause   = 250 * time.Millisecond
	maxPending   = 32 << 20 // bytes that wait for a slow disk
	maxRecording = 4 << 30  // bytes of a file
)

const recordingHead = `{"coapscope":"recording","version":1}` + "\n"

// NewRecorder gives a recorder for a new file in a directory, which is made when there is something to write.
func NewRecorder(dir string, now time.Time) *Recorder {
	r := &Recorder{
		Path: filepath.Join(dir, now.UTC().Format("2006-01-02T15-04-05.000Z")+".jsonl"),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	go r.run()
	return r
}

func (r *Recorder) run() {
	defer close(r.done)
	var file *os.File
	for range r.wake {
		time.Sleep(flushPause) // more will come
		for r.flush(&file) {
		}
	}
	for r.flush(&file) {
	}
	if file != nil {
		r.fail(file.Close())
	}
}

// flush writes what is pending. It tells whether there was anything.
func (r *Recorder) flush(file **os.File) bool {
	r.mu.Lock()
	if r.lost > 0 && len(r.pending) < maxPending {
		r.pending = append(strconv.AppendInt(append(r.pending, `{"lost":`...), int64(r.lost), 10), "}\n"...)
		r.lost = 0
	}
	b := r.pending
	r.pending, r.spare = r.spare[:0], nil
	failed := r.err != nil
	r.mu.Unlock()
	if len(b) == 0 {
		r.spare = b
		return false
	}
	if !failed {
		n, err := r.write(file, b)
		r.mu.Lock()
		r.written += int64(n)
		if r.err == nil && r.written > maxRecording {
			err = fmt.Errorf("%s has %d GB: recording stops", r.Path, maxRecording>>30)
		}
		r.mu.Unlock()
		r.fail(err)
	}
	r.mu.Lock()
	if cap(b) <= 1<<20 {
		r.spare = b[:0]
	}
	r.mu.Unlock()
	return true
}

func (r *Recorder) write(file **os.File, b []byte) (int, error) {
	if *file == nil {
		if err := os.MkdirAll(filepath.Dir(r.Path), 0o700); err != nil {
			return 0, err
		}
		f, err := os.OpenFile(r.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return 0, err
		}
		*file = f
		if _, err := f.WriteString(recordingHead); err != nil {
			return 0, err
		}
	}
	return (*file).Write(b)
}

func (r *Recorder) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	if r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
}

// State tells how many bytes are written, how many notifications found no room because the disk was too slow, and why
// nothing is recorded any more.
func (r *Recorder) State() (written int64, lost int, err error) {
	if r == nil {
		return 0, 0, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written, r.missing, r.err
}

// Close writes what is pending, and ends.
func (r *Recorder) Close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	closed := r.closed
	r.closed = true
	if !closed {
		close(r.wake)
	}
	r.mu.Unlock()
	<-r.done
}

// put adds a line.
func (r *Recorder) put(line func(b []byte) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.err != nil {
		return
	}
	if len(r.pending) >= maxPending {
		r.lost++
		r.missing++
		return
	}
	first := len(r.pending) == 0
	r.pending = append(line(r.pending), '\n')
	if first {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// begin gives an observation a number in the recording.
func (r *Recorder) begin(o *Watched) (id int) {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	r.ids++
	id = r.ids
	r.mu.Unlock()
	r.describe(id, o)
	return id
}

// describe says what has that number, and where it goes on.
func (r *Recorder) describe(id int, o *Watched) {
	if r == nil {
		return
	}
	r.put(func(b []byte) []byte {
		b = fmt.Appendf(b, `{"watch":%d,"to":%s,"path":%s,"device":%s`, id, quote(o.To.String()), quote(o.recorded), quote(o.Device))
		if o.Variant != "" {
			b = fmt.Appendf(b, `,"variant":%s`, quote(o.Variant))
		}
		return append(b, '}')
	})
}

// join tells that what has a number is one with another from now on, which is what o says.
func (r *Recorder) join(id, into int, o *Watched) {
	if r != nil {
		r.put(func(b []byte) []byte {
			return fmt.Appendf(b, `{"watch":%d,"joins":%d,"device":%s}`, id, into, quote(o.Device))
		})
	}
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string can be marshalled
	}
	return b
}

// sample records a notification.
func (r *Recorder) sample(id int, n *session.Notification, format int, body []byte) {
	if r == nil {
		return
	}
	r.put(func(b []byte) []byte {
		b = strconv.AppendInt(append(b, `{"w":`...), int64(id), 10)
		b = strconv.AppendInt(append(b, `,"t":`...), n.At.UnixNano(), 10)
		b = strconv.AppendUint(append(b, `,"seq":`...), uint64(n.Sequence), 10)
		if n.Fresh {
			b = append(b, `,"fresh":true`...)
			b = strconv.AppendInt(append(b, `,"until":`...), n.Expires.UnixNano(), 10)
		}
		if n.Registered {
			b = append(b, `,"reg":true`...)
		}
		if n.Err != nil {
			b = append(append(b, `,"cut":`...), quote(n.Err.Error())...)
		}
		if format >= 0 {
			b = strconv.AppendInt(append(b, `,"cf":`...), int64(format), 10)
		}
		b = append(b, `,"p":"`...)
		b = base64.StdEncoding.AppendEncode(b, body)
		return append(b, `"}`...)
	})
}

// mark records what happened besides; what follows from notifications is found again when they are read.
func (r *Recorder) mark(id int, m Mark) {
	if r == nil {
		return
	}
	switch m.Kind {
	case MarkStalled, MarkUnanswered, MarkSlept, MarkEnded:
		r.put(func(b []byte) []byte {
			return fmt.Appendf(b, `{"w":%d,"t":%d,"mark":%d,"text":%s}`, id, m.At.UnixNano(), m.Kind, quote(m.Text))
		})
	}
}

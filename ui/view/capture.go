package view

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"sync/atomic"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// OpenCapture reads a capture file and shows its packets instead of the live ones. It returns at once;
// packets show as they are read, those before a damage too. The file is closed when it is read.
func (w *Workbench) OpenCapture(name string, file io.ReadCloser) {
	log := new(trace.Log)
	log.OnAppend(w.wake)
	w.forget(w.opened)
	t, source := NewTraffic(log, w.Devices.Name), &stoppable{Reader: file}
	w.opened, w.openedName, w.reading = t, name, source
	w.show(w.opened, name)
	w.Say(Dim, "Reading %s …", name)
	go func() {
		defer file.Close()
		stats, err := capture.DefaultChoice().Read(bufio.NewReaderSize(source, 1<<20), func(f trace.Frame) { log.Append(f) })
		w.inbox.Put(nil, func() {
			if w.opened != t {
				return // nobody looks at it any more
			}
			if err != nil {
				w.Say(Error, "%s: %v. What stood before it is shown.", name, err)
				return
			}
			text := name + ": " + stats.String()
			w.Say(Good, "%s", text)
		})
	}()
}

// stoppable is a file that need not be read to its end.
type stoppable struct {
	io.Reader
	stopped atomic.Bool
}

var errStopped = errors.New("the file was closed while it was read")

func (s *stoppable) Read(b []byte) (int, error) {
	if s.stopped.Load() {
		return 0, errStopped
	}
	return s.Reader.Read(b)
}

// ShowLive shows the live packets again. The capture file, and what was pasted, can be gone back to.
func (w *Workbench) ShowLive() {
	if w.Traffic != w.live {
		w.show(w.live, "")
	}
}

// CloseCapture shows the live packets again and forgets the file that was shown, or what was pasted, with the edits
// of its messages.
func (w *Workbench) CloseCapture() {
	closed := w.Traffic
	w.ShowLive()
	w.forget(closed)
}

// forget forgets packets that are not shown any more; those of the engine stay.
func (w *Workbench) forget(t *Traffic) {
	switch t {
	case nil, w.live:
		return
	case w.opened:
		w.reading.stopped.Store(true)
		w.opened, w.openedName, w.reading = nil, "", nil
	case w.pasted:
		w.pasted = nil
	}
	w.near = nil // of other packets it is gathered again
	w.Inspector.forgetEdits(func(f *trace.Frame) bool { return t.log.At(f.Seq) == f })
}

// Away is a list of packets that is not shown and can be gone back to.
type Away struct {
	Name string
	Show func()
}

// Away gives the lists besides the live packets that are open and not shown.
func (w *Workbench) Away() (lists []Away) {
	if w.opened != nil && w.Traffic != w.opened {
		lists = append(lists, Away{w.openedName, func() { w.show(w.opened, w.openedName) }})
	}
	if w.pasted != nil && w.Traffic != w.pasted {
		lists = append(lists, Away{pastedName, func() { w.show(w.pasted, pastedName) }})
	}
	return lists
}

// CaptureName is the name of the file whose packets are shown; empty for the live ones.
func (w *Workbench) CaptureName() string { return w.file }

func (w *Workbench) show(t *Traffic, name string) {
	w.Compared = Compared{} // its numbers are those of other packets
	t.like(w.Traffic)
	w.Traffic, w.file = t, name
	w.selected, w.drafted = 0, false
	w.Inspector.Show(nil, "")
	w.Changed(PartBar | PartPackets | PartInspector | PartStatus)
}

// SaveCapture writes the packets that are shown as pcapng. It returns at once; the file is closed when
// it is written.
func (w *Workbench) SaveCapture(name string, file io.WriteCloser) {
	log := w.Traffic.log
	n, dropped := log.Len(), int(log.First()-1)
	w.Say(Dim, "Writing %s …", name)
	go func() {
		buffer := bufio.NewWriterSize(file, 1<<20)
		err := capture.Write(buffer, frames(log, n))
		var left *capture.LeftOutError
		if errors.As(err, &left) {
			err = nil
		}
		err = errors.Join(err, buffer.Flush(), file.Close())
		w.inbox.Put(nil, func() {
			switch {
			case err != nil:
				w.Say(Error, "%s could not be written: %v. Nothing is lost: save it elsewhere.", name, err)
			case left != nil:
				w.Say(Warning, "%s: %v", name, left)
			case dropped > 0:
				w.Say(Warning, "%s: %s written; the %s before them were dropped from the log", name, count(n-dropped, "packet", "packets"), Grouped(dropped))
			default:
				w.Say(Good, "%s: %s written", name, count(n, "packet", "packets"))
			}
		})
	}()
}

func frames(log *trace.Log, n int) iter.Seq[*trace.Frame] {
	return func(yield func(*trace.Frame) bool) {
		for s := 1; s <= n; s++ {
			if f := log.At(trace.Seq(s)); f != nil && !yield(f) {
				return
			}
		}
	}
}

package view

import (
	"bufio"
	"errors"
	"io"
	"iter"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// OpenCapture reads a capture file and shows its packets instead of the live ones. It returns at once;
// packets show as they are read, those before a damage too. The file is closed when it is read.
func (w *Workbench) OpenCapture(name string, file io.ReadCloser) {
	log := new(trace.Log)
	log.OnAppend(w.wake)
	w.show(NewTraffic(log, w.Devices.Name), name)
	w.Say(Dim, "Reading %s …", name)
	go func() {
		defer file.Close()
		stats, err := capture.DefaultChoice().Read(bufio.NewReaderSize(file, 1<<20), func(f trace.Frame) { log.Append(f) })
		w.inbox.Put(nil, func() {
			if err != nil {
				w.Say(Error, "%s: %v. What stood before it is shown.", name, err)
				return
			}
			text := name + ": " + stats.String()
			w.Say(Good, "%s", text)
		})
	}()
}

// ShowLive shows the live packets again after a capture file.
func (w *Workbench) ShowLive() {
	if w.Traffic != w.live {
		w.show(w.live, "")
	}
}

// CaptureName is the name of the file whose packets are shown; empty for the live ones.
func (w *Workbench) CaptureName() string { return w.file }

func (w *Workbench) show(t *Traffic, name string) {
	t.like(w.Traffic)
	w.Traffic, w.file = t, name
	w.selected = 0
	w.Inspector.Show(nil, "")
	w.Changed(PartBar | PartPackets | PartInspector | PartStatus)
}

// SaveCapture writes the packets that are shown as pcapng. It returns at once; the file is closed when
// it is written.
func (w *Workbench) SaveCapture(name string, file io.WriteCloser) {
	log := w.Traffic.log
	n := log.Len()
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
			default:
				w.Say(Good, "%s: %s written", name, count(n, "packet", "packets"))
			}
		})
	}()
}

func frames(log *trace.Log, n int) iter.Seq[*trace.Frame] {
	return func(yield func(*trace.Frame) bool) {
		for s := 1; s <= n; s++ {
			if !yield(log.At(trace.Seq(s))) {
				return
			}
		}
	}
}

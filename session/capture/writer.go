package capture

import (
	"bytes"
	"fmt"
	"io"
	"runtime"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"coapscope/session/trace"
)

// handOver is the number of bytes from which a Writer hands them over without being asked to.
const handOver = 64 << 10

// Writer writes frames as pcapng as they come, in the way of [Write]. It hands over whole blocks only, all that wait with one
// call of Write, so that what was handed over is a readable file at any time.
type Writer struct {
	out        io.Writer
	file       *pcapgo.NgWriter // writes to waiting
	waiting    bytes.Buffer     // whole blocks
	ends       []int            // of each frame in waiting
	interfaces map[string]int
	packer     packer
	left       *LeftOutError
	appended   int // frames with a form as packets
	frames     int // of them that were handed over
	size       int64
	err        error
}

// NewWriter begins a section of pcapng. Where w holds one already it is a further one, as the format allows.
func NewWriter(w io.Writer) (*Writer, error) {
	n := &Writer{out: w, interfaces: map[string]int{"": 0}}
	var err error
	n.file, err = pcapgo.NewNgWriterInterface(&n.waiting, networkInterface(""), pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{OS: runtime.GOOS, Application: "Coapscope"},
	})
	if err == nil {
		err = n.file.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("write the capture's header: %w", err)
	}
	return n, nil
}

// Append adds a frame. One that has no form as a packet is left out; see [Writer.LeftOut].
func (w *Writer) Append(frame *trace.Frame) error {
	if w.err != nil {
		return w.err
	}
	packets, reason := w.packer.pack(frame)
	if reason != "" {
		if w.left == nil {
			w.left = &LeftOutError{First: frame.Seq, Reason: reason}
		}
		w.left.Count++
		return nil
	}
	index, ok := w.interfaces[frame.Interface]
	if !ok {
		if index, w.err = w.file.AddInterface(networkInterface(frame.Interface)); w.err != nil {
			return fmt.Errorf("write interface %q: %w", frame.Interface, w.err)
		}
		w.interfaces[frame.Interface] = index
	}
	for _, packet := range packets {
		info := gopacket.CaptureInfo{Timestamp: frame.Time, InterfaceIndex: index, CaptureLength: len(packet), Length: len(packet)}
		if frame.Time.Unix() < 0 {
			info.Timestamp = epoch
		}
		if w.err = w.file.WritePacket(info, packet); w.err != nil {
			return fmt.Errorf("write frame %d: %w", frame.Seq, w.err)
		}
	}
	if w.err = w.file.Flush(); w.err != nil { // to waiting
		return fmt.Errorf("write frame %d: %w", frame.Seq, w.err)
	}
	w.appended++
	w.ends = append(w.ends, w.waiting.Len())
	if w.waiting.Len() >= handOver {
		return w.Flush()
	}
	return nil
}

// Flush hands over what waits.
func (w *Writer) Flush() error {
	if w.err != nil || w.waiting.Len() == 0 {
		return w.err
	}
	n, err := w.out.Write(w.waiting.Bytes())
	if err == nil && n < w.waiting.Len() {
		err = io.ErrShortWrite
	}
	if err == nil {
		w.size += int64(n)
		w.frames = w.appended
		w.ends = w.ends[:0]
		w.waiting.Reset()
		return nil
	}
	w.err = err
	whole := 0
	for _, end := range w.ends {
		if end > n {
			break
		}
		whole = end
		w.frames++
	}
	w.size += int64(whole)
	return err
}

// Size is how many bytes were handed over, up to the end of the last frame that was handed over whole: after an error the file
// is to be cut there.
func (w *Writer) Size() int64 { return w.size }

// Frames is how many frames were handed over whole.
func (w *Writer) Frames() int { return w.frames }

// LeftOut tells of the frames that have no form as a packet; nil where there are none.
func (w *Writer) LeftOut() *LeftOutError { return w.left }

func networkInterface(name string) pcapgo.NgInterface {
	if len(name) > 0xffff {
		name = name[:0xffff] // an option's length has 16 bits
	}
	return pcapgo.NgInterface{Name: name, LinkType: layers.LinkTypeRaw, SnapLength: 0}
}

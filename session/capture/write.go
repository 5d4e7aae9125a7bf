package capture

import (
	"fmt"
	"io"
	"iter"
	"runtime"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"coapscope/session/trace"
)

// LeftOutError tells that frames have no form as a packet. All others were written.
type LeftOutError struct {
	Count  int
	First  trace.Seq
	Reason string // why the first was left out
}

func (e *LeftOutError) Error() string {
	return fmt.Sprintf("%d frames were left out of the file, the first of them frame %d: %s", e.Count, e.First, e.Reason)
}

// Write writes the frames as a pcapng file: bare IP packets with the headers that the addresses and
// ports of a frame ask for, an interface for each name, times in nanoseconds. Times before 1970 are written as 1970;
// the direction, an address's zone, and what a fault did to a frame are not written, as packets have none.
//
// Frames of TCP and WebSockets become segments, behind handshakes that are made up: the log has the messages and not the
// packets that brought them.
//
// Frames of DTLS and TLS, and those with addresses of two families, are left out; if there are any, the error is a
// *[LeftOutError].
func Write(w io.Writer, frames iter.Seq[*trace.Frame]) error {
	file, err := pcapgo.NewNgWriterInterface(w, networkInterface(""), pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{OS: runtime.GOOS, Application: "Coapscope"},
	})
	if err != nil {
		return fmt.Errorf("write the capture's header: %w", err)
	}
	interfaces := map[string]int{"": 0}
	var left *LeftOutError
	var p packer
	for frame := range frames {
		packets, reason := p.pack(frame)
		if reason != "" {
			if left == nil {
				left = &LeftOutError{First: frame.Seq, Reason: reason}
			}
			left.Count++
			continue
		}
		index, ok := interfaces[frame.Interface]
		if !ok {
			if index, err = file.AddInterface(networkInterface(frame.Interface)); err != nil {
				return fmt.Errorf("write interface %q: %w", frame.Interface, err)
			}
			interfaces[frame.Interface] = index
		}
		for _, packet := range packets {
			info := gopacket.CaptureInfo{Timestamp: frame.Time, InterfaceIndex: index, CaptureLength: len(packet), Length: len(packet)}
			if frame.Time.Unix() < 0 {
				info.Timestamp = epoch
			}
			if err := file.WritePacket(info, packet); err != nil {
				return fmt.Errorf("write frame %d: %w", frame.Seq, err)
			}
		}
	}
	if err := file.Flush(); err != nil {
		return fmt.Errorf("write the capture's end: %w", err)
	}
	if left != nil {
		return left
	}
	return nil
}

func networkInterface(name string) pcapgo.NgInterface {
	if len(name) > 0xffff {
		name = name[:0xffff] // an option's length has 16 bits
	}
	return pcapgo.NgInterface{Name: name, LinkType: layers.LinkTypeRaw, SnapLength: 0}
}

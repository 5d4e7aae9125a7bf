package capture

import (
	"fmt"
	"io"
	"iter"

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
	file, err := NewWriter(w)
	if err != nil {
		return err
	}
	for frame := range frames {
		if err := file.Append(frame); err != nil {
			return err
		}
	}
	if err := file.Flush(); err != nil {
		return fmt.Errorf("write the capture's end: %w", err)
	}
	if left := file.LeftOut(); left != nil {
		return left
	}
	return nil
}

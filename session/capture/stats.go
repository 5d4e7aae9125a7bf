package capture

import (
	"fmt"
	"strings"
)

// Skip is why a packet of a file became no frame.
type Skip uint8

const (
	SkipLink       Skip = iota // a link layer that is not known
	SkipNotIP                  // ARP and the like
	SkipProtocol               // ICMP and the like
	SkipPort                   // on other ports, and not like CoAP
	SkipEncrypted              // on the port of coaps: DTLS or TLS
	SkipTruncated              // cut short when it was captured
	SkipMalformed              // headers that contradict themselves
	SkipFragment               // a fragment whose others are missing
	SkipGap                    // of TCP, with bytes before it that the file does not have
	SkipStream                 // of TCP, behind bytes that no message can be cut out of
	SkipCompressed             // of a WebSocket with an extension that compresses (RFC 7692)
	skips
)

// String gives the reason in words.
func (s Skip) String() string {
	switch s {
	case SkipLink:
		return "unknown link layer"
	case SkipNotIP:
		return "not IP"
	case SkipProtocol:
		return "neither UDP nor TCP"
	case SkipPort:
		return "another port"
	case SkipEncrypted:
		return "encrypted (DTLS, TLS)"
	case SkipTruncated:
		return "cut short by the capture"
	case SkipMalformed:
		return "malformed headers"
	case SkipFragment:
		return "incomplete fragments"
	case SkipGap:
		return "behind a gap in TCP"
	case SkipStream:
		return "unreadable TCP"
	case SkipCompressed:
		return "compressed WebSocket"
	}
	return fmt.Sprintf("Skip(%d)", uint8(s))
}

// Stats tells what became of the packets of a file: Packets is the sum of Datagrams, Joined, Segments and all
// that were skipped.
type Stats struct {
	Packets   int
	Frames    int // datagrams and messages of streams given as frames
	Datagrams int // those of Frames that were UDP datagrams
	Guessed   int // those of Frames that were taken because they look like CoAP
	Joined    int // IP fragments that were put into the datagram of another
	Segments  int // TCP segments of streams that messages were cut out of, with handshakes and acknowledgements
	Cut       int // messages of streams whose end is not in the file

	skipped [skips]int
}

// Skipped gives the number of packets that were skipped for the reason.
func (s *Stats) Skipped(reason Skip) int {
	if reason >= skips {
		return 0
	}
	return s.skipped[reason]
}

// String describes the outcome in one line, such as "12 frames of 20 packets; skipped: 8 another port".
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d frames of %d packets", s.Frames, s.Packets)
	if s.Guessed > 0 {
		fmt.Fprintf(&b, ", %d of them by their looks", s.Guessed)
	}
	if s.Segments > 0 {
		fmt.Fprintf(&b, ", %d of them from %d segments of TCP", s.Frames-s.Datagrams, s.Segments)
	}
	if s.Cut > 0 {
		fmt.Fprintf(&b, ", %d more without their end", s.Cut)
	}
	separator := "; skipped: "
	for reason, n := range s.skipped {
		if n > 0 {
			fmt.Fprintf(&b, "%s%d %s", separator, n, Skip(reason))
			separator = ", "
		}
	}
	return b.String()
}

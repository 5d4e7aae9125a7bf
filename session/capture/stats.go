package capture

import (
	"fmt"
	"strings"
)

// Skip is why a packet of a file became no frame.
type Skip uint8

const (
	SkipLink      Skip = iota // a link layer that is not known
	SkipNotIP                 // ARP and the like
	SkipNotUDP                // TCP, ICMP and the like
	SkipPort                  // UDP on other ports, and not like CoAP
	SkipDTLS                  // UDP on the port of coaps: encrypted
	SkipTruncated             // cut short when it was captured
	SkipMalformed             // headers that contradict themselves
	SkipFragment              // a fragment whose others are missing
	skips
)

// String gives the reason in words.
func (s Skip) String() string {
	switch s {
	case SkipLink:
		return "unknown link layer"
	case SkipNotIP:
		return "not IP"
	case SkipNotUDP:
		return "not UDP"
	case SkipPort:
		return "another port"
	case SkipDTLS:
		return "encrypted (DTLS)"
	case SkipTruncated:
		return "cut short by the capture"
	case SkipMalformed:
		return "malformed headers"
	case SkipFragment:
		return "incomplete fragments"
	}
	return fmt.Sprintf("Skip(%d)", uint8(s))
}

// Stats tells what became of the packets of a file: Packets is the sum of Frames, Joined and all that
// were skipped.
type Stats struct {
	Packets int
	Frames  int // datagrams given as frames
	Guessed int // those of Frames that were taken because they look like CoAP
	Joined  int // fragments that were put into the datagram of another

	skipped [skips]int
}

// Skipped gives the number of packets that were skipped for the reason.
func (s *Stats) Skipped(reason Skip) int {
	if reason >= skips {
		return 0
	}
	return s.skipped[reason]
}

// String describes the outcome in one line, such as "12 frames of 20 packets; skipped: 8 not UDP".
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d frames of %d packets", s.Frames, s.Packets)
	if s.Guessed > 0 {
		fmt.Fprintf(&b, ", %d of them by their looks", s.Guessed)
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

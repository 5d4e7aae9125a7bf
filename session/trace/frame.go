package trace

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"coapscope/protocol"
)

// Direction tells which way a frame went.
type Direction uint8

const (
	Sent     Direction = iota // by this program
	Received                  // by this program
	Seen                      // between two others: sniffed, or from a capture file
)

// String gives the direction as a word.
func (d Direction) String() string {
	switch d {
	case Sent:
		return "sent"
	case Received:
		return "received"
	}
	return "seen"
}

// Transport is what carried a frame.
type Transport uint8

const (
	UDP Transport = iota
	DTLS
	TCP
	TLS
	WebSocket
)

// String gives the transport's usual name.
func (t Transport) String() string {
	switch t {
	case UDP:
		return "UDP"
	case DTLS:
		return "DTLS"
	case TCP:
		return "TCP"
	case TLS:
		return "TLS"
	case WebSocket:
		return "WebSocket"
	}
	return fmt.Sprintf("Transport(%d)", uint8(t))
}

// Framing is how messages look on the transport.
func (t Transport) Framing() protocol.Framing {
	switch t {
	case TCP, TLS:
		return protocol.StreamFraming
	case WebSocket:
		return protocol.WebSocketFraming
	}
	return protocol.DatagramFraming
}

// Fault is a set of things that were done to a frame on purpose, by a network that is made bad for a test.
type Fault uint8

const (
	Lost       Fault = 1 << iota // it did not go on: not sent, or not handed to whoever waited for it
	Delayed                      // its time is when it went on
	Duplicated                   // it is a copy
	Reordered                    // a later one went first
	Corrupted                    // its data has bits flipped
)

// String gives the faults in words, such as "delayed, corrupted"; "" for none.
func (f Fault) String() string {
	var words []string
	for i, word := range [...]string{"lost", "delayed", "duplicated", "reordered", "corrupted"} {
		if f&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// Seq numbers the frames of a log from 1 in the order in which they were appended. What the
// program says of a frame names it by its Seq.
type Seq uint64

// Frame is one datagram as it was on the wire, whether or not it is a CoAP message; on a reliable
// transport one message, cut out of the stream, without the frame of a WebSocket.
type Frame struct {
	Seq         Seq
	Time        time.Time
	Source      netip.AddrPort
	Destination netip.AddrPort // of a multicast datagram the group
	Interface   string         // name of the network interface where known
	Direction   Direction
	Transport   Transport
	Fault       Fault
	Held        time.Duration // by a fault that delays: for so long before Time it was on its way
	Data        []byte        // must not be changed
}

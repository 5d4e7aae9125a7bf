package capture

import (
	"encoding/binary"
	"slices"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// textLinks are the link layers that bytes in a text may begin with, and their names.
var textLinks = []struct {
	link uint32
	name string
}{
	{linkEthernet, "Ethernet"},
	{linkCooked, "Linux cooked capture"},
	{linkCooked2, "Linux cooked capture v2"},
	{linkRaw, "IP"},
	{linkNull, "loopback"},
}

// linkOf finds the link layer by which bytes are a packet. The headers have to agree with themselves so far that a CoAP
// message is hardly taken for one.
func linkOf(data []byte) (link uint32, name string, ok bool) {
	for _, l := range textLinks {
		if ip, why := network(l.link, data); why == taken && isIP(ip) {
			return l.link, l.name, true
		}
	}
	return 0, "", false
}

// isIP tells whether bytes begin with the header of an IP packet. Ethernet may have padding behind it, so that there can
// be more than the packet.
func isIP(b []byte) bool {
	switch {
	case len(b) >= ipv4Header && b[0]>>4 == 4:
		header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		if header < ipv4Header || header > len(b) || total != 0 && total < header {
			return false
		}
		if !slices.Contains([]byte{1, 2, protocolTCP, protocolUDP}, b[9]) {
			return false
		}
		// Network cards fill the checksum in after the capture. As CoAP these bytes were an Empty message with a token.
		return checksum(0, b[:header]) == 0 || total == len(b) && b[1] == 0
	case len(b) >= ipv6Header && b[0]>>4 == 6:
		return int(binary.BigEndian.Uint16(b[4:])) == len(b)-ipv6Header && b[7] != 0 && slices.Contains([]byte{
			protocolHopByHop, protocolTCP, protocolUDP, protocolRouting, protocolFragment, 58, protocolDestination,
		}, b[6])
	}
	return false
}

// framed gives the messages of a datagram, or of a TCP segment: what is cut from the stream at both ends of it, or the
// payload of a WebSocket frame.
func (d *datagram) framed() []trace.Frame {
	frames := []trace.Frame{{Data: d.data}}
	if d.tcp {
		switch frames = streamed(d.data); {
		case frames != nil || len(d.data) == 0:
		case d.socket() != nil:
			frames = []trace.Frame{{Transport: trace.WebSocket, Data: d.socket()}}
		default:
			frames = []trace.Frame{{Transport: trace.TCP, Data: d.data}}
		}
	}
	for i := range frames {
		frames[i].Source, frames[i].Destination, frames[i].Direction = d.source, d.destination, trace.Seen
	}
	return frames
}

// socket gives the payload if a segment is one whole WebSocket frame with a CoAP message.
func (d *datagram) socket() (message []byte) {
	var s streams
	way := direction{buffer: slices.Clone(d.data)}
	var m protocol.Message
	n, ok := s.frame(&way, func(_ trace.Transport, payload []byte) {
		if m.ParseFraming(protocol.WebSocketFraming, payload) == nil {
			message = payload
		}
	})
	if !ok || n != len(d.data) {
		return nil
	}
	return message
}

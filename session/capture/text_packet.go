package capture

import (
	"encoding/binary"
	"slices"

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
		if binary.BigEndian.Uint16(b[10:]) != 0 {
			return checksum(0, b[:header]) == 0
		}
		return total == len(b) && slices.Contains([]byte{1, 2, protocolTCP, protocolUDP}, b[9]) // left to the network card
	case len(b) >= ipv6Header && b[0]>>4 == 6:
		return int(binary.BigEndian.Uint16(b[4:])) == len(b)-ipv6Header && b[7] != 0 && slices.Contains([]byte{
			protocolHopByHop, protocolTCP, protocolUDP, protocolRouting, protocolFragment, 58, protocolDestination,
		}, b[6])
	}
	return false
}

// framed gives the messages of a datagram.
func (d *datagram) framed() []trace.Frame {
	return []trace.Frame{{Source: d.source, Destination: d.destination, Direction: trace.Seen, Data: d.data}}
}

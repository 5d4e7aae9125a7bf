package capture

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Link layers that are understood (LINKTYPE_ values of pcap).
const (
	linkNull      = 0
	linkEthernet  = 1
	linkRawBSD    = 12
	linkRawOther  = 14
	linkRaw       = 101
	linkLoop      = 108
	linkCooked    = 113
	linkIPv4      = 228
	linkIPv6      = 229
	linkCooked2   = 276
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100
	etherService  = 0x88a8 // IEEE 802.1ad
	etherOldQinQ  = 0x9100
	ethernetBytes = 14
	vlanBytes     = 4
)

// Protocol numbers and header lengths of IP.
const (
	protocolHopByHop    = 0
	protocolTCP         = 6
	protocolUDP         = 17
	protocolRouting     = 43
	protocolFragment    = 44
	protocolAuth        = 51
	protocolDestination = 60
	protocolMobility    = 135

	ipv4Header = 20
	ipv6Header = 40
	udpHeader  = 8
	tcpHeader  = 20
)

// Results of taking a packet apart that are not a reason to skip it.
const (
	taken   = skips     // there is what was looked for
	waiting = skips + 1 // the packet is a fragment that waits for others
)

// datagram is a UDP datagram, or a TCP segment.
type datagram struct {
	source, destination netip.AddrPort
	data                []byte

	tcp   bool
	seq   uint32 // of a segment the number of its first byte
	ack   uint32 // of a segment with the flag ACK the number of the next byte of the other direction
	flags byte
}

// Flags of a TCP segment (RFC 9293 §3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

// network finds the IP packet in a packet of the link layer.
func network(link uint32, b []byte) ([]byte, Skip) {
	short := func(n int) bool { return len(b) < n }
	switch link {
	case linkRaw, linkRawBSD, linkRawOther, linkIPv4, linkIPv6:
		return b, taken
	case linkNull, linkLoop:
		if short(4) {
			return nil, SkipTruncated
		}
		// The address family in the order of bytes of the machine that captured.
		switch family := min(binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)); family {
		case 2, 10, 23, 24, 28, 30:
			return b[4:], taken
		}
		return nil, SkipNotIP
	case linkCooked:
		if short(16) {
			return nil, SkipTruncated
		}
		return etherPayload(binary.BigEndian.Uint16(b[14:]), b[16:])
	case linkCooked2:
		if short(20) {
			return nil, SkipTruncated
		}
		return etherPayload(binary.BigEndian.Uint16(b), b[20:])
	case linkEthernet:
		if short(ethernetBytes) {
			return nil, SkipTruncated
		}
		return etherPayload(binary.BigEndian.Uint16(b[12:]), b[ethernetBytes:])
	}
	return nil, SkipLink
}

func etherPayload(kind uint16, b []byte) ([]byte, Skip) {
	for kind == etherVLAN || kind == etherService || kind == etherOldQinQ {
		if len(b) < vlanBytes {
			return nil, SkipTruncated
		}
		kind, b = binary.BigEndian.Uint16(b[2:]), b[vlanBytes:]
	}
	if kind != etherIPv4 && kind != etherIPv6 {
		return nil, SkipNotIP
	}
	return b, taken
}

// takeApart finds the UDP datagram or TCP segment in a packet. What is wrong with a packet that the capture cut short
// is blamed on that.
func (r *reassembly) takeApart(p *packet) (datagram, Skip) {
	b, why := network(p.link, p.data)
	var d datagram
	if why == taken {
		d, why = r.internet(b, p.time)
	}
	if why == SkipMalformed && p.truncated {
		why = SkipTruncated
	}
	return d, why
}

func (r *reassembly) internet(b []byte, at time.Time) (datagram, Skip) {
	if len(b) == 0 {
		return datagram{}, SkipMalformed
	}
	switch b[0] >> 4 {
	case 4:
		return r.ipv4(b, at)
	case 6:
		return r.ipv6(b, at)
	}
	return datagram{}, SkipNotIP
}

func (r *reassembly) ipv4(b []byte, at time.Time) (datagram, Skip) {
	if len(b) < ipv4Header {
		return datagram{}, SkipMalformed
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		total = len(b) // left to the network card
	}
	if header < ipv4Header || total < header || len(b) < header {
		return datagram{}, SkipMalformed
	}
	if b[9] != protocolUDP && b[9] != protocolTCP {
		return datagram{}, SkipProtocol
	}
	if len(b) < total {
		return datagram{}, SkipMalformed
	}
	source, destination := netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	content := b[header:total]
	if position := binary.BigEndian.Uint16(b[6:]); position&0x3fff != 0 {
		key := fragmentKey{source, destination, b[9], uint32(binary.BigEndian.Uint16(b[4:]))}
		whole, why := r.add(key, at, int(position&0x1fff)*8, position&0x2000 != 0, b[9], content)
		if why != taken {
			return datagram{}, why
		}
		content = whole.data
	}
	return transport(b[9], source, destination, content)
}

func (r *reassembly) ipv6(b []byte, at time.Time) (datagram, Skip) {
	if len(b) < ipv6Header {
		return datagram{}, SkipMalformed
	}
	source, destination := netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	next, content := b[6], b[ipv6Header:]
	cut := false // the packet claims more than is there
	if length := int(binary.BigEndian.Uint16(b[4:])); length > 0 {
		cut = len(content) < length
		content = content[:min(length, len(content))]
	}
	for {
		header := 0
		switch next {
		case protocolUDP, protocolTCP:
			if cut {
				return datagram{}, SkipMalformed
			}
			return transport(next, source, destination, content)
		case protocolHopByHop, protocolRouting, protocolDestination, protocolMobility:
			if len(content) >= 2 {
				header = (int(content[1]) + 1) * 8
			}
		case protocolAuth:
			if len(content) >= 2 {
				header = (int(content[1]) + 2) * 4
			}
		case protocolFragment:
			if cut || len(content) < 8 {
				return datagram{}, SkipMalformed
			}
			position := binary.BigEndian.Uint16(content[2:])
			if position&0xfff9 != 0 {
				key := fragmentKey{source, destination, 0, binary.BigEndian.Uint32(content[4:])}
				whole, why := r.add(key, at, int(position&0xfff8), position&1 != 0, content[0], content[8:])
				if why != taken {
					return datagram{}, why
				}
				next, content = whole.next, whole.data
				continue
			}
			header = 8
		default:
			return datagram{}, SkipProtocol
		}
		if header == 0 || header > len(content) {
			return datagram{}, SkipMalformed
		}
		next, content = content[0], content[header:]
	}
}

// transport takes the header of UDP or TCP.
func transport(protocol byte, source, destination netip.Addr, b []byte) (datagram, Skip) {
	if protocol == protocolTCP {
		return tcp(source, destination, b)
	}
	if len(b) < udpHeader {
		return datagram{}, SkipMalformed
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length < udpHeader || length > len(b) {
		return datagram{}, SkipMalformed
	}
	return datagram{
		source:      netip.AddrPortFrom(source, binary.BigEndian.Uint16(b)),
		destination: netip.AddrPortFrom(destination, binary.BigEndian.Uint16(b[2:])),
		data:        b[udpHeader:length],
	}, taken
}

func tcp(source, destination netip.Addr, b []byte) (datagram, Skip) {
	if len(b) < tcpHeader {
		return datagram{}, SkipMalformed
	}
	header := int(b[12]>>4) * 4
	if header < tcpHeader || header > len(b) {
		return datagram{}, SkipMalformed
	}
	return datagram{
		source:      netip.AddrPortFrom(source, binary.BigEndian.Uint16(b)),
		destination: netip.AddrPortFrom(destination, binary.BigEndian.Uint16(b[2:])),
		data:        b[header:], tcp: true, seq: binary.BigEndian.Uint32(b[4:]), ack: binary.BigEndian.Uint32(b[8:]), flags: b[13],
	}, taken
}

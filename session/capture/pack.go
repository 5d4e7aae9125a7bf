package capture

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"coapscope/session/trace"
)

const hopLimit = 64

// packer makes IP packets of frames. It remembers the TCP connections that it began.
type packer struct {
	connections map[packedKey]*packed
	memory      []byte // of the packets of one frame
	ends        []int  // of each of them in it
	packets     [][]byte
}

// pack gives the frame as IP packets, valid until the next call, or says why it has no such form.
func (p *packer) pack(frame *trace.Frame) (packets [][]byte, reason string) {
	if frame.Transport == trace.DTLS || frame.Transport == trace.TLS {
		return nil, frame.Transport.String() + " was encrypted, and its packets are not kept"
	}
	source, destination, ok := family(frame.Source.Addr(), frame.Destination.Addr())
	if !ok {
		return nil, fmt.Sprintf("no IP packet goes from %s to %s", frame.Source, frame.Destination)
	}
	p.memory, p.ends, p.packets = p.memory[:0], p.ends[:0], p.packets[:0]
	from, to := netip.AddrPortFrom(source, frame.Source.Port()), netip.AddrPortFrom(destination, frame.Destination.Port())
	if frame.Transport == trace.UDP {
		most := maxIPPacket - udpHeader
		if source.Is4() { // whose length counts its header
			most -= ipv4Header
		}
		if len(frame.Data) > most {
			return nil, fmt.Sprintf("%d bytes do not fit a UDP datagram", len(frame.Data))
		}
		var header [udpHeader]byte
		binary.BigEndian.PutUint16(header[:], from.Port())
		binary.BigEndian.PutUint16(header[2:], to.Port())
		binary.BigEndian.PutUint16(header[4:], uint16(udpHeader+len(frame.Data)))
		p.packet(protocolUDP, from.Addr(), to.Addr(), header[:], 6, frame.Data)
	} else {
		p.stream(frame, from, to)
	}
	start := 0
	for _, end := range p.ends {
		p.packets = append(p.packets, p.memory[start:end])
		start = end
	}
	return p.packets, ""
}

// packet adds an IP packet with the header of a transport, which has its checksum at sumAt, and data.
func (p *packer) packet(protocol byte, source, destination netip.Addr, header []byte, sumAt int, data []byte) {
	b, start, length := p.memory, len(p.memory), len(header)+len(data)
	if source.Is4() {
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ipv4Header+length))
		b = append(b, 0, 0, 0x40, 0, hopLimit, protocol, 0, 0) // not to be fragmented (RFC 6864 §4.1)
		b = append(append(b, source.AsSlice()...), destination.AsSlice()...)
		binary.BigEndian.PutUint16(b[start+10:], checksum(0, b[start:]))
	} else {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocol, hopLimit)
		b = append(append(b, source.AsSlice()...), destination.AsSlice()...)
	}
	inner := len(b)
	b = append(append(b, header...), data...)
	sum := checksum(pseudoHeader(protocol, source, destination, length), b[inner:])
	if sum == 0 && protocol == protocolUDP {
		sum = 0xffff // zero would mean that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(b[inner+sumAt:], sum)
	p.memory, p.ends = b, append(p.ends, len(b))
}

// family gives both addresses as IPv4 or both as IPv6. One that is not known is the unspecified one.
func family(source, destination netip.Addr) (netip.Addr, netip.Addr, bool) {
	if both := source.Is6() && destination.Is6(); !both || source.Is4In6() && destination.Is4In6() {
		source, destination = source.Unmap(), destination.Unmap()
	}
	unknown := func(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }
	unspecified := func(like netip.Addr) netip.Addr {
		if like.Is4() {
			return netip.IPv4Unspecified()
		}
		return netip.IPv6Unspecified()
	}
	switch {
	case !source.IsValid() && !destination.IsValid():
		return source, destination, false
	case unknown(source) && destination.IsValid():
		source = unspecified(destination)
	case unknown(destination):
		destination = unspecified(source)
	}
	return source, destination, source.Is4() == destination.Is4()
}

// pseudoHeader sums what the checksum of UDP and TCP covers besides the datagram (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1).
func pseudoHeader(protocol byte, source, destination netip.Addr, length int) uint32 {
	sum := uint32(protocol) + uint32(length)
	for _, address := range [][]byte{source.AsSlice(), destination.AsSlice()} {
		for i := 0; i < len(address); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(address[i:]))
		}
	}
	return sum
}

// checksum is the Internet checksum (RFC 1071) of b, added to sum.
func checksum(sum uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

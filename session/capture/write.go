package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"net/netip"
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
// the direction and an address's zone are not written, as packets have none.
//
// Frames of other transports than UDP, and those with addresses of two families, are left out; if
// there are any, the error is a *[LeftOutError].
func Write(w io.Writer, frames iter.Seq[*trace.Frame]) error {
	file, err := pcapgo.NewNgWriterInterface(w, networkInterface(""), pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{OS: runtime.GOOS, Application: "Coapscope"},
	})
	if err != nil {
		return fmt.Errorf("write the capture's header: %w", err)
	}
	interfaces := map[string]int{"": 0}
	var left *LeftOutError
	var packet []byte
	for frame := range frames {
		var reason string
		if packet, reason = appendPacket(packet[:0], frame); reason != "" {
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
		info := gopacket.CaptureInfo{Timestamp: frame.Time, InterfaceIndex: index, CaptureLength: len(packet), Length: len(packet)}
		if frame.Time.Unix() < 0 {
			info.Timestamp = epoch
		}
		if err := file.WritePacket(info, packet); err != nil {
			return fmt.Errorf("write frame %d: %w", frame.Seq, err)
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

const hopLimit = 64

// appendPacket appends the frame as an IP packet, or says why it has no such form.
func appendPacket(b []byte, frame *trace.Frame) (packet []byte, reason string) {
	if frame.Transport != trace.UDP {
		return b, frame.Transport.String() + " has no form as a single packet"
	}
	source, destination, ok := family(frame.Source.Addr(), frame.Destination.Addr())
	if !ok {
		return b, fmt.Sprintf("no IP packet goes from %s to %s", frame.Source, frame.Destination)
	}
	length := udpHeader + len(frame.Data)
	start := len(b)
	if source.Is4() {
		if length > 0xffff-ipv4Header {
			return b, fmt.Sprintf("%d bytes do not fit a UDP datagram", len(frame.Data))
		}
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ipv4Header+length))
		b = append(b, 0, 0, 0x40, 0, hopLimit, protocolUDP, 0, 0) // not to be fragmented (RFC 6864 §4.1)
		b = append(append(b, source.AsSlice()...), destination.AsSlice()...)
		binary.BigEndian.PutUint16(b[start+10:], checksum(0, b[start:]))
	} else {
		if length > 0xffff {
			return b, fmt.Sprintf("%d bytes do not fit a UDP datagram", len(frame.Data))
		}
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocolUDP, hopLimit)
		b = append(append(b, source.AsSlice()...), destination.AsSlice()...)
	}
	udp := len(b)
	b = binary.BigEndian.AppendUint16(b, frame.Source.Port())
	b = binary.BigEndian.AppendUint16(b, frame.Destination.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	b = append(append(b, 0, 0), frame.Data...)
	sum := checksum(pseudoHeader(source, destination, length), b[udp:])
	if sum == 0 {
		sum = 0xffff // zero would mean that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(b[udp+6:], sum)
	return b, ""
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

// pseudoHeader sums what the UDP checksum covers besides the datagram (RFC 768, RFC 8200 §8.1).
func pseudoHeader(source, destination netip.Addr, length int) uint32 {
	sum := uint32(protocolUDP) + uint32(length)
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

package discovery

import (
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
)

// Of struct ndmsg, and its attributes (linux/neighbour.h).
const (
	neighbourHead    = 12 // bytes
	neighbourAddress = 1  // NDA_DST
	neighbourLink    = 2  // NDA_LLADDR
)

// neighbours reads the system's table of neighbours: who has an address on a link. It sends nothing to the network.
func neighbours() map[netip.Addr]string {
	data, err := syscall.NetlinkRIB(syscall.RTM_GETNEIGH, syscall.AF_UNSPEC)
	if err != nil {
		return nil
	}
	messages, err := syscall.ParseNetlinkMessage(data)
	if err != nil {
		return nil
	}
	table := make(map[netip.Addr]string)
	names := make(map[uint32]string)
	for _, m := range messages {
		if m.Header.Type != syscall.RTM_NEWNEIGH || len(m.Data) < neighbourHead {
			continue
		}
		addr, hardware := neighbour(m.Data[neighbourHead:])
		if !addr.IsValid() || hardware == "" {
			continue
		}
		if addr.Is6() && addr.IsLinkLocalUnicast() {
			index := binary.NativeEndian.Uint32(m.Data[4:])
			if _, known := names[index]; !known {
				names[index] = ""
				if by, err := net.InterfaceByIndex(int(index)); err == nil {
					names[index] = by.Name
				}
			}
			addr = addr.WithZone(names[index])
		}
		table[addr] = hardware
	}
	return table
}

// neighbour reads the attributes of an entry.
func neighbour(b []byte) (addr netip.Addr, hardware string) {
	for len(b) >= 4 {
		length, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if length < 4 || length > len(b) {
			return addr, hardware
		}
		switch value := b[4:length]; kind {
		case neighbourAddress:
			addr, _ = netip.AddrFromSlice(value)
			addr = addr.Unmap()
		case neighbourLink:
			if len(value) > 0 && len(value) <= 20 && !allZero(value) {
				hardware = net.HardwareAddr(value).String()
			}
		}
		b = b[min((length+3)&^3, len(b)):]
	}
	return addr, hardware
}

// allZero tells whether it is the address of loopback, which all have.
func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

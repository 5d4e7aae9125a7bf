package discovery

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestNeighbour(t *testing.T) {
	attribute := func(kind uint16, value ...byte) []byte {
		b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
		b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
		return append(b, make([]byte, (4-len(b)%4)%4)...)
	}
	entry := append(attribute(neighbourAddress, 192, 0, 2, 1), attribute(neighbourLink, 2, 0, 0, 0, 0, 1)...)
	addr, hardware := neighbour(entry)
	if addr != netip.MustParseAddr("192.0.2.1") || hardware != "02:00:00:00:00:01" {
		t.Errorf("got %v, %q", addr, hardware)
	}
	for i := range entry {
		neighbour(entry[:i]) // cut short
	}
	if _, hardware := neighbour(attribute(neighbourLink, 0, 0, 0, 0, 0, 0)); hardware != "" {
		t.Errorf("of loopback: %q", hardware)
	}
	if got := new(Neighbours).Hardware(netip.MustParseAddr("198.51.100.77")); got != "" {
		t.Errorf("of nobody: %q", got)
	}
}

func FuzzNeighbour(f *testing.F) {
	f.Add([]byte{8, 0, 1, 0, 192, 0, 2, 1, 10, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) { neighbour(b) })
}

package transport

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"
)

// controlOf makes a control message as the system does.
func controlOf(level, kind int32, data []byte) []byte {
	const word = syscall.SizeofCmsghdr - 8
	b := make([]byte, syscall.SizeofCmsghdr)
	if length := uint64(len(b) + len(data)); word == 8 {
		binary.NativeEndian.PutUint64(b, length)
	} else {
		binary.NativeEndian.PutUint32(b, uint32(length))
	}
	binary.NativeEndian.PutUint32(b[word:], uint32(level))
	binary.NativeEndian.PutUint32(b[word+4:], uint32(kind))
	b = append(b, data...)
	return append(b, make([]byte, -len(b)&(word-1))...)
}

// extended makes a struct sock_extended_err and the offender's address.
func extended(origin, kind, code byte, info uint32, from netip.Addr, zone uint32) []byte {
	b := make([]byte, 4, 64)
	b = append(b, origin, kind, code, 0)
	b = binary.NativeEndian.AppendUint32(b, info)
	b = append(b, 0, 0, 0, 0)
	switch {
	case from.Is4():
		b = binary.NativeEndian.AppendUint16(b, syscall.AF_INET)
		b = append(append(append(b, 0, 0), from.AsSlice()...), make([]byte, 8)...)
	case from.Is6():
		b = binary.NativeEndian.AppendUint16(b, syscall.AF_INET6)
		b = append(append(b, make([]byte, 6)...), from.AsSlice()...)
		b = binary.NativeEndian.AppendUint32(b, zone)
	default:
		b = append(b, make([]byte, 16)...) // AF_UNSPEC
	}
	return b
}

func TestErrorsOfTheQueue(t *testing.T) {
	router, router6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for _, c := range []struct {
		name    string
		four    bool
		control []byte
		want    *ICMPError
	}{
		{"administratively prohibited", true, extended(originICMP, 3, 13, 0, router, 0), &ICMPError{Type: 3, Code: 13, From: router}},
		{"packet too big", true, extended(originICMP, 3, 4, 1400, router, 0), &ICMPError{Type: 3, Code: 4, MTU: 1400, From: router}},
		{"packet too big, IPv6", false, extended(originICMP6, 2, 0, 1280, router6, 0), &ICMPError{Type: 2, MTU: 1280, From: router6, IPv6: true}},
		{"from a neighbour", false, extended(originICMP6, 1, 3, 0, netip.MustParseAddr("fe80::1"), 1), &ICMPError{Type: 1, Code: 3, From: netip.MustParseAddr("fe80::1%" + interfaceName(1)), IPv6: true}},
		{"from nobody", true, extended(originICMP, 3, 1, 0, netip.Addr{}, 0), &ICMPError{Type: 3, Code: 1}},
		{"without an address", true, extended(originICMP, 3, 1, 0, netip.Addr{}, 0)[:extendedError], &ICMPError{Type: 3, Code: 1}},
		{"of the system itself", true, extended(1, 0, 0, 1400, netip.Addr{}, 0), nil},
		{"cut short", true, make([]byte, extendedError-1), nil},
	} {
		level, kind := int32(syscall.IPPROTO_IP), int32(syscall.IP_RECVERR)
		if !c.four {
			level, kind = syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR
		}
		s := &socket{four: c.four}
		control := append(controlOf(syscall.SOL_SOCKET, 29, make([]byte, 5)), controlOf(level, kind, c.control)...)
		got := s.parseError(control)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func FuzzControlMessages(f *testing.F) {
	f.Add(controlOf(syscall.IPPROTO_IP, syscall.IP_PKTINFO, make([]byte, 12)), true)
	f.Add(controlOf(syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO, make([]byte, 20)), false)
	f.Add(controlOf(syscall.IPPROTO_IP, syscall.IP_RECVERR, extended(originICMP, 3, 3, 0, netip.MustParseAddr("192.0.2.1"), 0)), true)
	f.Add(controlOf(syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR, extended(originICMP6, 1, 4, 0, netip.MustParseAddr("::1"), 0)), false)
	f.Add(bytes.Repeat([]byte{0xff}, 40), true)
	f.Fuzz(func(t *testing.T, control []byte, four bool) {
		s := &socket{four: four}
		s.destination(control)
		if e := s.parseError(control); e != nil && e.Error() == "" {
			t.Errorf("%+v says nothing", e)
		}
	})
}

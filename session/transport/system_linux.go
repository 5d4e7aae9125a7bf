package transport

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"syscall"
)

// wantErrors asks the system to keep ICMP errors, with what they are about, in a queue of the socket (ip(7)
// IP_RECVERR): an unconnected socket hears of none otherwise.
func (s *socket) wantErrors() error {
	level, option := syscall.IPPROTO_IP, syscall.IP_RECVERR
	if !s.four {
		level, option = syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR
	}
	return s.turnOn(level, option)
}

// makeRoom gives what waits to be read as much room as the system allows; root is allowed any.
func (s *socket) makeRoom() {
	if raw, err := s.conn.SyscallConn(); err == nil {
		var forced error
		err = raw.Control(func(fd uintptr) {
			forced = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, roomBytes)
		})
		if err == nil && forced == nil {
			return
		}
	}
	_ = s.conn.SetReadBuffer(roomBytes)
}

// wantOverflows asks the system to say with each datagram how many before it found no room (socket(7) SO_RXQ_OVFL).
func (s *socket) wantOverflows() error { return s.turnOn(syscall.SOL_SOCKET, syscall.SO_RXQ_OVFL) }

// overflows finds that number in the control messages of a datagram; there is none until one found no room.
func (s *socket) overflows(control []byte) (full uint32, ok bool) {
	b := controlMessage(control, syscall.SOL_SOCKET, syscall.SO_RXQ_OVFL)
	if len(b) < 4 {
		return 0, false
	}
	return binary.NativeEndian.Uint32(b), true
}

func (s *socket) turnOn(level, option int) error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), level, option, 1) })
	return errors.Join(err, set)
}

// nextError takes an ICMP error from the socket's queue. It never waits.
func (s *socket) nextError(data, control []byte) (Undelivered, bool) {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return Undelivered{}, false
	}
	for {
		var n, oobn int
		var to syscall.Sockaddr
		var received error
		err = raw.Control(func(fd uintptr) {
			n, oobn, _, to, received = syscall.Recvmsg(int(fd), data, control, syscall.MSG_ERRQUEUE|syscall.MSG_DONTWAIT)
		})
		switch {
		case errors.Is(received, syscall.EINTR):
			continue
		case err != nil || received != nil:
			return Undelivered{}, false
		}
		if e := s.parseError(control[:oobn]); e != nil {
			return Undelivered{To: endpoint(to), Err: e, Quote: slices.Clone(data[:n])}, true
		}
	}
}

func endpoint(a syscall.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		addr := netip.AddrFrom16(a.Addr)
		if a.ZoneId != 0 {
			addr = addr.WithZone(interfaceName(int(a.ZoneId)))
		}
		return netip.AddrPortFrom(addr, uint16(a.Port))
	}
	return netip.AddrPort{}
}

// Of struct sock_extended_err, and the address behind it (linux/errqueue.h).
const (
	extendedError = 16 // bytes
	originICMP    = 2
	originICMP6   = 3

	inet4Address, inet4Length = 4, 16
	inet6Address, inet6Length = 8, 28
)

// parseError reads the control message of an error; nil for one of the system itself, which the call that
// caused it has returned.
func (s *socket) parseError(control []byte) *ICMPError {
	level, kind := int32(syscall.IPPROTO_IP), int32(syscall.IP_RECVERR)
	if !s.four {
		level, kind = syscall.IPPROTO_IPV6, syscall.IPV6_RECVERR
	}
	b := controlMessage(control, level, kind)
	if len(b) < extendedError || b[4] != originICMP && b[4] != originICMP6 {
		return nil
	}
	e := &ICMPError{IPv6: b[4] == originICMP6, Type: b[5], Code: b[6]}
	if e.TooBig() {
		e.MTU = int(binary.NativeEndian.Uint32(b[8:]))
	}
	offender := b[extendedError:]
	if len(offender) < 2 {
		return e
	}
	switch family := binary.NativeEndian.Uint16(offender); {
	case family == syscall.AF_INET && len(offender) >= inet4Length:
		e.From, _ = netip.AddrFromSlice(offender[inet4Address:][:4])
	case family == syscall.AF_INET6 && len(offender) >= inet6Length:
		e.From, _ = netip.AddrFromSlice(offender[inet6Address:][:16])
		if zone := binary.NativeEndian.Uint32(offender[inet6Address+16:]); zone != 0 && e.From.IsLinkLocalUnicast() {
			e.From = e.From.WithZone(interfaceName(int(zone)))
		}
	}
	return e
}

// isReport tells whether the error of a call can be an ICMP error of an earlier datagram: the system reports each once
// by the next call, whatever that is about.
func isReport(err error) bool {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return false
	}
	switch number {
	case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENONET,
		syscall.EACCES, syscall.EMSGSIZE, syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP:
		return true
	}
	return false
}

// destination finds in the control messages of a datagram where it was sent to, and by which interface it came.
func (s *socket) destination(control []byte) (to netip.Addr, index int) {
	if s.four {
		if b := controlMessage(control, syscall.IPPROTO_IP, syscall.IP_PKTINFO); len(b) >= 12 { // struct in_pktinfo
			return netip.AddrFrom4([4]byte(b[8:])), int(int32(binary.NativeEndian.Uint32(b)))
		}
		return to, index
	}
	if b := controlMessage(control, syscall.IPPROTO_IPV6, syscall.IPV6_PKTINFO); len(b) >= 20 { // struct in6_pktinfo
		return netip.AddrFrom16([16]byte(b)), int(int32(binary.NativeEndian.Uint32(b[16:])))
	}
	return to, index
}

// controlMessage finds the control message of that kind (cmsg(3)); nil if there is none.
func controlMessage(control []byte, level, kind int32) []byte {
	const head = syscall.SizeofCmsghdr // the length, as long as a word, level and type
	const wordSize = head - 8
	for len(control) >= head {
		length := uint64(binary.NativeEndian.Uint32(control))
		if wordSize == 8 {
			length = binary.NativeEndian.Uint64(control)
		}
		if length < head || length > uint64(len(control)) {
			return nil
		}
		if int32(binary.NativeEndian.Uint32(control[wordSize:])) == level && int32(binary.NativeEndian.Uint32(control[wordSize+4:])) == kind {
			return control[head:length]
		}
		control = control[min((length+wordSize-1)&^(wordSize-1), uint64(len(control))):]
	}
	return nil
}

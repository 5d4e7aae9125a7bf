//go:build unix

package lab

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
)

// ipMulticastAll is IP_MULTICAST_ALL of Linux: whether a socket receives groups that other sockets joined, which may be
// on other interfaces.
const ipMulticastAll = 49

// joinLoopback opens a socket that receives what is sent to a group on the loopback interface. It is bound to the
// group's own address, so that it never takes a unicast datagram from another program; the net package would bind it to
// the wildcard address.
func joinLoopback(group netip.Addr, port uint16) (*net.UDPConn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	file := os.NewFile(uintptr(fd), group.String())
	defer file.Close()
	steps := []struct {
		name string
		do   func() error
	}{
		{"set non-blocking", func() error { return syscall.SetNonblock(fd, true) }},
		{"reuse address", func() error {
			if port == 0 { // a free port is for one lab only
				return nil
			}
			return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		}},
		{"bind", func() error { return syscall.Bind(fd, &syscall.SockaddrInet4{Addr: group.As4(), Port: int(port)}) }},
		{"join", func() error {
			return syscall.SetsockoptIPMreq(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP,
				&syscall.IPMreq{Multiaddr: group.As4(), Interface: [4]byte{127, 0, 0, 1}})
		}},
		{"limit to own groups", func() error {
			if runtime.GOOS != "linux" {
				return nil
			}
			return syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipMulticastAll, 0)
		}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return nil, os.NewSyscallError(step.name, err)
		}
	}
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

//go:build !unix

package lab

import (
	"errors"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// joinLoopback opens a socket that receives what is sent to a group on the loopback interface. Windows binds a socket to
// an interface, not to a group, for that.
func joinLoopback(group netip.Addr, port uint16) (*net.UDPConn, error) {
	lo, err := loopback()
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		return nil, err
	}
	if err := ipv4.NewPacketConn(conn).JoinGroup(lo, &net.UDPAddr{IP: group.AsSlice()}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// loopback finds the loopback interface.
func loopback() (*net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if i.Flags&(net.FlagLoopback|net.FlagUp) == net.FlagLoopback|net.FlagUp {
			return &i, nil
		}
	}
	return nil, errors.New("no loopback interface is up")
}

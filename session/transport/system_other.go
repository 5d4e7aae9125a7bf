//go:build !linux

package transport

import (
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// wantErrors does nothing: an unconnected socket hears of no ICMP error here, or of one without what it is about.
func (s *socket) wantErrors() error { return nil }

// makeRoom gives what waits to be read as much room as the system allows.
func (s *socket) makeRoom() {
	for room := roomBytes; room >= 1<<18 && s.conn.SetReadBuffer(room) != nil; room /= 2 {
	}
}

// wantOverflows does nothing: nobody says here how many datagrams found no room.
func (s *socket) wantOverflows() error { return nil }

// overflows finds nothing.
func (s *socket) overflows([]byte) (uint32, bool) { return 0, false }

// nextError finds nothing.
func (s *socket) nextError(_, _ []byte) (Undelivered, bool) { return Undelivered{}, false }

// isReport is false: an error that a call returns is its own.
func isReport(error) bool { return false }

// destination finds in the control messages of a datagram where it was sent to, and by which interface it came.
func (s *socket) destination(control []byte) (to netip.Addr, index int) {
	if s.four {
		var m ipv4.ControlMessage
		if m.Parse(control) == nil {
			to, _ = netip.AddrFromSlice(m.Dst)
			index = m.IfIndex
		}
		return to.Unmap(), index
	}
	var m ipv6.ControlMessage
	if m.Parse(control) == nil {
		to, _ = netip.AddrFromSlice(m.Dst)
		index = m.IfIndex
	}
	return to, index
}

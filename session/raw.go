package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"coapscope/session/trace"
	"coapscope/session/transport"
)

// ErrGroup is what [Engine.Do] and [Engine.SendRaw] refuse an address with that reaches many endpoints: a
// multicast group, or a broadcast address of a network that this system is in.
var ErrGroup = errors.New("reaches many endpoints")

// RawOption changes what [Engine.SendRaw] does.
type RawOption func(*raw)

type raw struct {
	group       bool
	by          *net.Interface
	undelivered func(err error)
}

// ToGroup allows a multicast group, reached by the interface; nil leaves the choice to the system.
func ToGroup(by *net.Interface) RawOption {
	return func(r *raw) { r.group, r.by = true, by }
}

// OnUndelivered has f called, on another goroutine, for each ICMP error that is said to be about the datagram: the
// error is a *transport.ICMPError, or that of the system. It must return at once. Only the newest [maxRaws] of such
// datagrams are remembered.
func OnUndelivered(f func(err error)) RawOption {
	return func(r *raw) { r.undelivered = f }
}

// maxRaws is how many datagrams sent as they are are remembered, to be told that they did not arrive.
const maxRaws = 16

// sentRaw is a datagram that was sent as it is, with whom to tell that it did not arrive.
type sentRaw struct {
	to   netip.AddrPort
	data []byte
	tell func(err error)
}

// keepRaw remembers a datagram. The engine is locked.
func (e *Engine) keepRaw(s sentRaw) {
	if len(e.raws) >= maxRaws {
		e.raws = slices.Delete(e.raws, 0, 1)
	}
	e.raws = append(e.raws, s)
}

// rawOf gives the newest datagram sent as it is that an error is about. The engine is locked.
func (e *Engine) rawOf(u transport.Undelivered) (sentRaw, bool) {
	for _, s := range slices.Backward(e.raws) {
		if s.to == u.To && bytes.HasPrefix(s.data, u.Quote) {
			return s, true
		}
	}
	return sentRaw{}, false
}

// SendRaw sends a datagram with the bytes as they are, well formed or not, once, and gives its number in
// the log, or 0 if a fault holds it back ([Engine.SetFaults]). Nothing waits for an answer: one that comes is in the log, where the tracker finds what it
// belongs to, and what the message layer owes to it is done as for any message that is not expected
// (RFC 7252 §4.2). A message ID or token of an exchange that is open may lead its peer to answer that.
//
// An address that reaches many is refused with [ErrGroup] without the option [ToGroup].
func (e *Engine) SendRaw(to netip.AddrPort, data []byte, options ...RawOption) (trace.Seq, error) {
	var r raw
	for _, option := range options {
		option(&r)
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	switch addr := to.Addr(); {
	case !addr.IsValid():
		return 0, errors.New("send bytes as they are: no address to send to")
	case !r.group && e.reachesMany(addr):
		return 0, fmt.Errorf("%s %w, and sending bytes as they are to all of them has to be asked for", to, ErrGroup)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, ErrClosed
	}
	if r.undelivered != nil { // before it is sent: the error may be there before Send is back
		e.keepRaw(sentRaw{to, bytes.Clone(data), r.undelivered})
	}
	if r.by != nil {
		return e.udp.SendGroup(data, to, r.by, 0)
	}
	return e.udp.Send(data, to)
}

// broadcasts knows the broadcast addresses of the networks that this system is in, for a while: networks
// come and go.
type broadcasts struct {
	mu    sync.Mutex
	addrs []netip.Addr
	until time.Time
}

// broadcastLife is how long a look-up is good for.
const broadcastLife = 5 * time.Second

// reachesMany tells whether the address is a group, or a broadcast address.
func (e *Engine) reachesMany(addr netip.Addr) bool {
	addr = addr.Unmap()
	if addr.IsMulticast() || !addr.Is4() {
		return addr.IsMulticast()
	}
	last := addr.As4()[3]
	if last&3 != 3 { // a network with a broadcast address has at least two bits for hosts
		return false
	}
	if addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	b := &e.broadcasts
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := e.clock.Now(); !now.Before(b.until) {
		b.until = now.Add(broadcastLife)
		own, _ := net.InterfaceAddrs() // without it only what is always one is known
		b.addrs = broadcastsOf(own)
	}
	return slices.Contains(b.addrs, addr)
}

// broadcastsOf gives the broadcast addresses of IPv4 networks (RFC 919 §7).
func broadcastsOf(own []net.Addr) []netip.Addr {
	var found []netip.Addr
	for _, a := range own {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || !prefix.Addr().Is4() || prefix.Bits() > 30 {
			continue
		}
		addr := prefix.Addr().As4()
		n := binary.BigEndian.Uint32(addr[:]) | (1<<(32-prefix.Bits()) - 1)
		binary.BigEndian.PutUint32(addr[:], n)
		found = append(found, netip.AddrFrom4(addr))
	}
	return found
}

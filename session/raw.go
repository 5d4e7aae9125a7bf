package session

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"coapscope/session/trace"
)

// ErrGroup is what [Engine.SendRaw] refuses an address with that reaches many endpoints.
var ErrGroup = errors.New("reaches many endpoints, and sending bytes as they are to all of them has to be asked for")

// RawOption changes what [Engine.SendRaw] does.
type RawOption func(*raw)

type raw struct {
	group bool
	by    *net.Interface
}

// ToGroup allows a multicast group, reached by the interface; nil leaves the choice to the system.
func ToGroup(by *net.Interface) RawOption {
	return func(r *raw) { r.group, r.by = true, by }
}

// SendRaw sends a datagram with the bytes as they are, well formed or not, once, and gives its number in
// the log. Nothing waits for an answer: one that comes is in the log, where the tracker finds what it
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
	case !r.group && (addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255})):
		return 0, fmt.Errorf("%s %w", to, ErrGroup)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, ErrClosed
	}
	if r.by != nil {
		return e.udp.SendGroup(data, to, r.by)
	}
	return e.udp.Send(data, to)
}

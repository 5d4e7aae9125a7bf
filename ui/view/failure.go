package view

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"

	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/transport"
)

// Failure says why there is no answer and what to do next; empty when there is one.
func (a *Answer) Failure() (what, next string) {
	if a.Err == nil {
		return "", ""
	}
	what = a.Err.Error()
	var timeout *exchange.TimeoutError
	var unreachable *exchange.UnreachableError
	var critical *exchange.CriticalOptionError
	var silent *exchange.NoResponseError
	var lookup *net.DNSError
	var file *fs.PathError
	switch {
	case errors.Is(a.Err, context.Canceled) || errors.Is(a.Err, exchange.ErrCancelled):
		return "Cancelled", "Send it again when you like."
	case errors.As(a.Err, &lookup) && lookup.IsNotFound:
		return lookup.Name + ": no such host", "Check how the name is written, or use the address of the device."
	case errors.As(a.Err, &lookup):
		return lookup.Name + ": " + lookup.Err, "The name could not be looked up. Try again, or use the address of the device."
	case errors.As(a.Err, &file):
		return file.Path + ": " + file.Err.Error(), "Check the name of the file under Payload."
	case errors.As(a.Err, &timeout):
		next = "Nothing came back. Is the address right, is the device awake, and does it listen on this port?"
	case errors.As(a.Err, &silent) && !silent.Acknowledged:
		next = "Nothing came back. A Non-confirmable request is sent once and may be lost: send it again, or Confirmable."
	case errors.As(a.Err, &silent):
		next = "The device has the request but does not answer. Try a longer wait, or look at the packets below."
	case errors.As(a.Err, &unreachable):
		return unreachableWords(a.To, unreachable)
	case errors.As(a.Err, &critical):
		next = "A response with a critical option that is not understood must not be used. The packets below show what it is."
	case errors.Is(a.Err, session.ErrGroup):
		return a.To.Addr().String() + " reaches many devices, and a request is for one", "Discover asks all devices of a network (RFC 7252 §8.1); write the address of one here."
	case errors.Is(a.Err, exchange.ErrLongToken):
		next = "Use a token of at most 8 bytes with this device."
	case errors.Is(a.Err, exchange.ErrReset):
		next = "The device rejects the message. Look at its options, or try it Non-confirmable."
	}
	return what, next
}

// unreachableWords says why a message does not get to where it was sent, and what to do.
func unreachableWords(to netip.AddrPort, e *exchange.UnreachableError) (what, next string) {
	var icmp *transport.ICMPError
	if !errors.As(e.Err, &icmp) {
		return "Not sent: " + e.Err.Error(), "Is the address right, and is this computer connected to the network that it is in?"
	}
	said := fmt.Sprintf("%s (%s)", to.Addr(), icmp)
	switch {
	case icmp.PortUnreachable():
		return fmt.Sprintf("Nothing listens on port %d of %s", to.Port(), said),
			"The host is there. Is the port right (CoAP has 5683 as a rule), and is the program that should answer running?"
	case icmp.Prohibited():
		return "A firewall does not let the message through to " + said, "Whoever looks after the network, or the device, has to allow it."
	case icmp.TooBig():
		return "The message is too big for the way to " + said, "Send it Confirmable, or its body in smaller blocks."
	}
	return "The network does not deliver to " + said, "Is the address right, and is the device switched on and connected?"
}

package transport

import (
	"fmt"
	"net/netip"
)

// Undelivered tells of a datagram that did not arrive: it could not be sent, later than Send returned, or the network said so.
type Undelivered struct {
	To    netip.AddrPort
	Err   error  // the system's, or an *[ICMPError]
	Quote []byte // the beginning of the datagram, as far as it is known
}

// ICMPError is what a router or the peer says of a datagram that it does not deliver (RFC 792, RFC 4443 §3).
// It is a hint only: anybody can have sent it.
type ICMPError struct {
	IPv6       bool  // of ICMPv6
	Type, Code uint8 // as on the wire
	From       netip.Addr
	MTU        int // the largest packet that gets through, in bytes, where the datagram is too big; 0 if it is not said
}

// Types of ICMP messages that are errors.
const (
	icmpUnreachable  = 3
	icmpSourceQuench = 4
	icmpTimeExceeded = 11
	icmpParameter    = 12

	icmp6Unreachable  = 1
	icmp6TooBig       = 2
	icmp6TimeExceeded = 3
	icmp6Parameter    = 4
)

// icmpKind is type and code.
type icmpKind struct{ kind, code uint8 }

var icmpReasons = map[icmpKind]string{
	{icmpUnreachable, 0}:  "network unreachable",
	{icmpUnreachable, 1}:  "host unreachable",
	{icmpUnreachable, 2}:  "protocol unreachable",
	{icmpUnreachable, 3}:  "port unreachable",
	{icmpUnreachable, 4}:  "packet too big",
	{icmpUnreachable, 5}:  "source route failed",
	{icmpUnreachable, 6}:  "network unknown",
	{icmpUnreachable, 7}:  "host unknown",
	{icmpUnreachable, 8}:  "source host isolated",
	{icmpUnreachable, 9}:  "network administratively prohibited",
	{icmpUnreachable, 10}: "host administratively prohibited",
	{icmpUnreachable, 11}: "network unreachable for this type of service",
	{icmpUnreachable, 12}: "host unreachable for this type of service",
	{icmpUnreachable, 13}: "administratively prohibited",
	{icmpUnreachable, 14}: "host precedence violation",
	{icmpUnreachable, 15}: "precedence cutoff in effect",
	{icmpTimeExceeded, 0}: "time to live exceeded in transit",
	{icmpTimeExceeded, 1}: "fragment reassembly time exceeded",
	{icmpParameter, 0}:    "parameter problem",
	{icmpParameter, 1}:    "required option missing",
	{icmpParameter, 2}:    "bad length",
}

var icmp6Reasons = map[icmpKind]string{
	{icmp6Unreachable, 0}:  "no route to destination",
	{icmp6Unreachable, 1}:  "administratively prohibited",
	{icmp6Unreachable, 2}:  "beyond scope of source address",
	{icmp6Unreachable, 3}:  "address unreachable",
	{icmp6Unreachable, 4}:  "port unreachable",
	{icmp6Unreachable, 5}:  "source address failed ingress or egress policy",
	{icmp6Unreachable, 6}:  "reject route to destination",
	{icmp6TooBig, 0}:       "packet too big",
	{icmp6TimeExceeded, 0}: "hop limit exceeded in transit",
	{icmp6TimeExceeded, 1}: "fragment reassembly time exceeded",
	{icmp6Parameter, 0}:    "erroneous header field",
	{icmp6Parameter, 1}:    "unrecognized next header",
	{icmp6Parameter, 2}:    "unrecognized IPv6 option",
}

// TooBig tells that the datagram does not get through in one packet. The system learns from that and sends the
// next one in fragments, so that a retransmission may arrive.
func (e *ICMPError) TooBig() bool {
	if e.IPv6 {
		return e.Type == icmp6TooBig
	}
	return e.Type == icmpUnreachable && e.Code == 4
}

// PortUnreachable tells that the host is there, but that nothing listens on the port.
func (e *ICMPError) PortUnreachable() bool {
	return !e.IPv6 && e.Type == icmpUnreachable && e.Code == 3 || e.IPv6 && e.Type == icmp6Unreachable && e.Code == 4
}

// Prohibited tells that a firewall or the like does not let the datagram through.
func (e *ICMPError) Prohibited() bool {
	if e.IPv6 {
		return e.Type == icmp6Unreachable && (e.Code == 1 || e.Code >= 5)
	}
	return e.Type == icmpUnreachable && (e.Code == 9 || e.Code == 10 || e.Code == 13)
}

// Passing tells that it says nothing of whether the next datagram arrives: Time Exceeded, which a routing loop that
// passes by causes, and Source Quench. CoAP ignores these (RFC 7252 §4.2).
func (e *ICMPError) Passing() bool {
	if e.IPv6 {
		return e.Type == icmp6TimeExceeded
	}
	return e.Type == icmpTimeExceeded || e.Type == icmpSourceQuench
}

// Reason gives type and code in words, such as "port unreachable".
func (e *ICMPError) Reason() string {
	reasons := icmpReasons
	if e.IPv6 {
		reasons = icmp6Reasons
	}
	if reason, ok := reasons[icmpKind{e.Type, e.Code}]; ok {
		return reason
	}
	return "not delivered"
}

func (e *ICMPError) Error() string {
	name := "ICMP"
	if e.IPv6 {
		name = "ICMPv6"
	}
	text := e.Reason()
	if e.MTU > 0 {
		text += fmt.Sprintf(" for %d bytes", e.MTU)
	}
	text += fmt.Sprintf(": %s type %d code %d", name, e.Type, e.Code)
	if e.From.IsValid() {
		text += " from " + e.From.String()
	}
	return text
}

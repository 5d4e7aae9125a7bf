package exchange

import (
	"net/netip"
	"time"

	"coapscope/protocol"
)

// ID names an exchange of one [Machine]. IDs come from [Machine.NextID]; 0 is none.
type ID uint64

// Input is something that happens to a [Machine]: [Send], [Ping], [Cancel], [Datagram],
// [Unreachable] or [Tick].
type Input interface{ input() }

// Send asks to send a request. It ends with exactly one of [Response], [Suppressed], [Failed] and
// [Collected]; with KeepOpen, which has any number of responses, not with Response.
type Send struct {
	ID ID // from NextID
	To netip.AddrPort

	// Message is the request: CON or NON, with any code but Empty. The machine keeps none of its
	// memory. Message ID and token are chosen by the machine unless they are fixed.
	Message        protocol.Message
	FixedMessageID bool // use Message.MessageID; the Send fails while that is in use
	FixedToken     bool // use Message.Token; responses with it go to the newest exchange that has it

	// ReuseMessageID has a FixedMessageID sent though it is in use with the endpoint. The newest
	// exchange has the Empty ACK or RST for it then; a piggybacked response goes by its token.
	ReuseMessageID bool

	// Transmission and Identifiers are used for this request instead of what is set for its
	// endpoint, or for all; nil for that.
	Transmission *protocol.Transmission
	Identifiers  *Identifiers

	// SelfPaced says that the sender has a congestion control of its own (RFC 9177 §7): neither
	// NSTART nor PROBING_RATE holds the request back, and it holds back no other.
	SelfPaced bool

	// Multicast says that To is a group, or an address that reaches many. The message must be NON.
	// Every response with its token counts, wherever it comes from (RFC 7252 §8.2), until Timeout.
	Multicast bool

	// KeepOpen keeps the token open after a response, for notifications (RFC 7641), until Cancel.
	KeepOpen bool

	// Timeout is how long to wait for the response: of a CON from its acknowledgement on, of a NON
	// from its transmission on. 0 stands for EXCHANGE_LIFETIME, of a multicast request for
	// DEFAULT_LEISURE and MAX_RTT. It does not limit the time between notifications.
	Timeout time.Duration
}

// Ping asks for a sign of life: an Empty CON, which is answered with a RST (RFC 7252 §4.3). It
// ends with [Pong] or [Failed].
type Ping struct {
	ID ID // from NextID
	To netip.AddrPort

	// Transmission is used for this ping instead of what is set for the endpoint; nil for that.
	Transmission *protocol.Transmission
}

// Cancel ends an open exchange, which then has [Failed] with [ErrCancelled]. Any later message
// for it is rejected: of an observation that ends it at the server too (RFC 7641 §3.6). It does
// nothing to an exchange that is not open.
type Cancel struct{ ID ID }

// Reject has the next notification of an exchange that is kept open answered with a RST, which ends
// the observation at the server (RFC 7641 §3.6), and the exchange: it then has [Failed] with
// [ErrRejected] and the notification's Frame. It does nothing to an exchange that is not kept open.
type Reject struct{ ID ID }

// Datagram is a datagram that was received.
type Datagram struct {
	From netip.AddrPort
	Data []byte // kept by the messages in outputs, so it must not change afterwards

	// Multicast says that it was sent to a group: nothing is acknowledged or rejected then
	// (RFC 7252 §8.1).
	Multicast bool

	Frame uint64 // passed through to the outputs that come of it
}

// Unreachable tells that a datagram could not be sent, or of an ICMP error that says it could not
// be delivered. Port, host and network unreachable alike end the exchange with
// [*UnreachableError], which RFC 7252 §4.2 permits: whoever wants to reach a device that restarts
// asks again. An error is believed only if it quotes the beginning of what was sent; one for an ACK
// or RST, or for a request that something came back for, changes nothing. Time Exceeded, Source
// Quench and Packet Too Big are no such errors (§4.2), so they are not to be given to the machine.
type Unreachable struct {
	To    netip.AddrPort
	Err   error
	Quote []byte // what is known of the datagram, from its beginning on: at least its header of 4 bytes
}

// Tick says only that time has passed.
type Tick struct{}

func (Send) input()        {}
func (Ping) input()        {}
func (Cancel) input()      {}
func (Reject) input()      {}
func (Datagram) input()    {}
func (Unreachable) input() {}
func (Tick) input()        {}

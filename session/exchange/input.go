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

// Send asks to send a request. It ends with exactly one of [Response], [Failed] and
// [Collected]; with KeepOpen, which has any number of responses, it ends with [Failed].
type Send struct {
	ID ID // from NextID
	To netip.AddrPort

	// Message is the request: CON or NON, with any code but Empty. The machine keeps none of its
	// memory. Message ID and token are chosen by the machine unless they are fixed.
	Message        protocol.Message
	FixedMessageID bool // use Message.MessageID; the Send fails while that is in use
	FixedToken     bool // use Message.Token; responses with it go to the newest exchange that has it

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
}

// Cancel ends an open exchange, which then has [Failed] with [ErrCancelled]. Any later message
// for it is rejected: of an observation that ends it at the server too (RFC 7641 §3.6). It does
// nothing to an exchange that is not open.
type Cancel struct{ ID ID }

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
// be delivered. It is believed only if it quotes what was sent (RFC 7252 §4.2).
type Unreachable struct {
	To    netip.AddrPort
	Err   error
	Quote []byte // the beginning of the datagram, at least its header
}

// Tick says only that time has passed.
type Tick struct{}

func (Send) input()        {}
func (Ping) input()        {}
func (Cancel) input()      {}
func (Datagram) input()    {}
func (Unreachable) input() {}
func (Tick) input()        {}

package exchange

import (
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// Output is something that a [Machine] wants done or known. [Transmit] is the only one to act on.
//
// An exchange is Queued, if it has to wait, then Sent, transmitted one or several times,
// Acknowledged at most once. After a TokenShortened it is Sent anew. What ends it comes exactly
// once: Response (unless it is kept open), Suppressed, Pong, Collected or Failed. Duplicate, Unmatched and Malformed tell of datagrams that change nothing;
// every datagram has at least one output that carries its Frame.
type Output interface{ output() }

// Kind tells what a transmitted datagram is.
type Kind uint8

const (
	KindRequest         Kind = iota
	KindPing                 // an Empty CON
	KindAcknowledgement      // an Empty ACK
	KindReset                // a RST
)

// String gives the kind as a word.
func (k Kind) String() string {
	switch k {
	case KindRequest:
		return "request"
	case KindPing:
		return "ping"
	case KindAcknowledgement:
		return "ACK"
	case KindReset:
		return "RST"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Transmit is a datagram to send now.
type Transmit struct {
	To   netip.AddrPort
	Data []byte // must not be changed
	Kind Kind
	ID   ID // of the exchange; 0 for a RST that belongs to none

	Attempt int // 1 is the first transmission, 2 the first retransmission
	Of      int // the most attempts there can be: MAX_RETRANSMIT + 1 for a CON

	// Next is when a CON that nothing acknowledges is retransmitted or, after the last attempt,
	// given up; zero for all other messages.
	Next time.Time

	Answers uint64 // the frame that an ACK or RST answers
}

// Queued tells that a message waits, and what for. It comes once more when what the first of those
// that wait is waiting for becomes something else.
type Queued struct {
	ID    ID
	Ahead int // messages to the same endpoint that wait before it
	Why   Why
	Until time.Time // when that is over if the endpoint stays silent; zero where it is unknown
}

// Why tells what a message waits for.
type Why uint8

const (
	// WaitsForTurn: NSTART interactions with the endpoint are outstanding (RFC 7252 §4.7), or other
	// messages wait before it.
	WaitsForTurn Why = iota

	// WaitsForMessageID: all 65,536 were used with the endpoint within EXCHANGE_LIFETIME (RFC 7252 §4.4).
	WaitsForMessageID

	// WaitsForProbingRate: the endpoint has left a NON unanswered and been silent since, so that
	// no more than PROBING_RATE bytes a second may be sent to it (RFC 7252 §4.7).
	WaitsForProbingRate
)

// String says it in words.
func (w Why) String() string {
	switch w {
	case WaitsForTurn:
		return "its turn (NSTART)"
	case WaitsForMessageID:
		return "a free message ID"
	case WaitsForProbingRate:
		return "PROBING_RATE: the endpoint is silent"
	}
	return fmt.Sprintf("Why(%d)", uint8(w))
}

// Sent tells what the machine chose for a message that goes out now for the first time. After
// [TokenShortened] it is a message of its own: RTT and attempts count from here.
type Sent struct {
	ID        ID
	To        netip.AddrPort
	MessageID protocol.MessageID
	Token     protocol.Token
}

// Acknowledged tells that an Empty ACK arrived: the response comes separately (RFC 7252 §5.2.2).
type Acknowledged struct {
	ID       ID
	From     netip.AddrPort
	RTT      time.Duration // from the first transmission
	Attempts int           // transmissions until then
	Deadline time.Time     // when the machine stops waiting for the response
	Frame    uint64
}

// TokenShortened tells that the endpoint rejected a token of the machine's own of From bytes, so
// that the request is sent again with one of To bytes, and that further requests to the endpoint
// have short tokens: the fall-back of RFC 8974 §2.2.2. Sent follows.
type TokenShortened struct {
	ID       ID
	From, To int
	Frame    uint64 // of the RST
}

// Suppressed ends an exchange that has no response because of its No-Response option (RFC 7967): a
// CON at its Empty ACK, a NON at once if all responses are suppressed; where only some are, when
// the time for the others is over. A response that comes before is a Response all the same.
type Suppressed struct {
	ID           ID
	From         netip.AddrPort
	RTT          time.Duration // of the ACK, from the first transmission; 0 without ACK
	Acknowledged bool
	Frame        uint64 // of the ACK if that ends it; 0 otherwise
}

// Response is a response to a request, or a notification.
type Response struct {
	ID          ID
	From        netip.AddrPort // differs from where the request went only for multicast
	Message     protocol.Message
	Piggybacked bool          // in the ACK
	Count       int           // 1 is the first response of the exchange
	RTT         time.Duration // from the first transmission
	Attempts    int           // transmissions until then
	Open        bool          // the exchange goes on (KeepOpen, or multicast)
	Frame       uint64
}

// Pong tells that a ping was answered.
type Pong struct {
	ID       ID
	From     netip.AddrPort
	Type     protocol.Type // Reset; Acknowledgement from a peer that takes a ping for a message
	RTT      time.Duration // from the first transmission
	Attempts int
	Frame    uint64
}

// Collected ends a multicast request: its time is over.
type Collected struct {
	ID        ID
	Responses int
}

// Failed ends an exchange without success. Err is [*TimeoutError], [*NoResponseError],
// [*UnreachableError], [*CriticalOptionError], [*protocol.EncodeError], or one of the Err values
// of this package.
type Failed struct {
	ID    ID
	Err   error
	Frame uint64 // of the datagram that caused it; 0 if none did
}

// Duplicate tells of a message that was received before (RFC 7252 §4.5). It was answered as the
// first one was.
type Duplicate struct {
	ID      ID // of the exchange the first one belonged to; 0 for none
	From    netip.AddrPort
	Message protocol.Message
	Frame   uint64
	First   uint64 // frame of the first one

	// Differs tells that the bytes are not those of the first one: the peer has used a message ID
	// again too early, as it does after a restart that forgets them.
	Differs bool
}

// Unmatched tells of a well-formed message that was rejected or ignored.
type Unmatched struct {
	ID      ID // of the exchange that it is near to; 0 for none
	From    netip.AddrPort
	Message protocol.Message
	Reason  Reason
	Reset   bool // a RST was sent
	Frame   uint64
}

// Malformed tells of a datagram that is not a message.
type Malformed struct {
	From  netip.AddrPort
	Err   *protocol.ParseError
	Reset bool // a RST was sent, because it is a CON (RFC 7252 §4.2)
	Frame uint64
}

func (Transmit) output()       {}
func (Queued) output()         {}
func (Sent) output()           {}
func (TokenShortened) output() {}
func (Acknowledged) output()   {}
func (Response) output()       {}
func (Suppressed) output()     {}
func (Pong) output()           {}
func (Collected) output()      {}
func (Failed) output()         {}
func (Duplicate) output()      {}
func (Unmatched) output()      {}
func (Malformed) output()      {}

// Reason tells why a message was rejected or ignored.
type Reason uint8

const (
	NoExchange      Reason = iota // no message ID or token that is known for this endpoint
	AfterResponse                 // the exchange has its response already
	AfterFailure                  // the exchange was given up, reset or unreachable before
	AfterCancel                   // the exchange was cancelled before
	AfterCollected                // the time of the multicast request is over
	AfterSuppressed               // the request has a No-Response option, and its time is over (RFC 7967)
	Rejected                      // a notification, rejected because a Reject asked for it
	TokenMismatch                 // the ACK has the message ID of a request and another token
	CriticalOption                // a critical option that is not recognised (RFC 7252 §5.4.1)
	PeerPing                      // the peer asks for a sign of life
	PeerRequest                   // the peer sends a request, but this endpoint is only a client
	ReservedCode                  // a code of a reserved class (RFC 7252 §4.2)
	NotAllowed                    // a combination of type and code that RFC 7252 Table 1 does not have
	MulticastReset                // a RST for a multicast request (RFC 7252 §8.1)
)

var reasonText = [...]string{
	NoExchange:      "matches no message ID or token in use with this endpoint",
	AfterResponse:   "the exchange was already answered",
	AfterFailure:    "the exchange had already failed",
	AfterCancel:     "the exchange was cancelled",
	AfterCollected:  "the time of the multicast request is over",
	AfterSuppressed: "the request asked for no response, and its time is over",
	Rejected:        "rejected, as was asked for",
	TokenMismatch:   "the token is not that of the request with this message ID",
	CriticalOption:  "a critical option is not recognised",
	PeerPing:        "the peer pings",
	PeerRequest:     "a request, but this endpoint is a client",
	ReservedCode:    "the code is of a reserved class",
	NotAllowed:      "this type does not carry this code",
	MulticastReset:  "a reset in answer to a multicast request",
}

// String gives the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

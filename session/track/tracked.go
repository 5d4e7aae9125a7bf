package track

import (
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// Observed is a frame as a [Tracker] sees it.
type Observed struct {
	Frame               uint64 // ascending, but not necessarily by one
	Time                time.Time
	Source, Destination netip.AddrPort
	Framing             protocol.Framing // of a reliable transport the ports name the connection
	Data                []byte           // not kept
}

// Role is what a frame does in its exchange.
type Role uint8

const (
	RoleUnknown           Role = iota // a frame that the tracker was not given
	RoleMalformed                     // no CoAP message
	RoleUnmatched                     // a message that belongs to nothing that was seen
	RoleRequest                       // the first transmission of a request
	RoleRetransmission                // a request or ping again
	RoleAcknowledgement               // an Empty ACK, of a request or of a separate response
	RolePiggybacked                   // a response in the ACK (RFC 7252 §5.2.1)
	RoleSeparate                      // a response in a CON or NON (RFC 7252 §5.2.2, §5.2.3), and any on a reliable transport
	RoleNotification                  // a response after the first of an observation (RFC 7641)
	RoleDuplicateResponse             // a response again
	RoleReset                         // a RST
	RolePing                          // an Empty CON, or 7.02
	RolePong                          // what answers a ping
	RoleSignalling                    // on a reliable transport: CSM, Release, Abort (RFC 8323 §5), and Empty to keep it alive (§3.4)
)

var roleText = [...]string{
	"unknown", "malformed", "unmatched", "request", "retransmission", "acknowledgement", "piggybacked response",
	"separate response", "notification", "duplicate response", "reset", "ping", "pong", "signalling",
}

// String gives the role in words.
func (r Role) String() string {
	if int(r) < len(roleText) {
		return roleText[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Index numbers the exchanges of a [Tracker] from 1 in the order in which they began; 0 is none.
type Index uint32

// FrameInfo is what a [Tracker] knows of a frame.
type FrameInfo struct {
	Exchange Index // 0 for most frames that are unmatched, or malformed and no ACK or RST
	Role     Role

	// Number counts frames of the same role and cause: the first retransmission of a request, the
	// second ACK of it. Of a notification it is that within the observation, whose first response
	// is number 1.
	Number int

	// Related is the frame that this one answers or repeats, in its first transmission; 0 for none.
	Related uint64

	// RTT is the time since Related, of a frame that answers it.
	RTT time.Duration

	// Stale tells of a notification that is older than one seen before (RFC 7641 §3.4).
	Stale bool

	// Transfer is the transfer that the frame has a part in. That of a request without Block options is known only
	// when its response comes.
	Transfer TransferIndex
}

// State is how far an exchange has come.
type State uint8

const (
	StateOpen         State = iota // neither acknowledged nor answered
	StateAcknowledged              // the response is to come separately
	StateAnswered
	StateReset     // the server rejected the request
	StateObserving // answered, and notifications follow
	StateCancelled // an observation that the client ended

	// StateSilent is not answered, and need not be: the request does not wish it (RFC 7967), or another of the same
	// Q-Block transfer is answered for it (RFC 9177 §4.3, §4.4). It may be acknowledged.
	StateSilent
)

// String gives the state as a word.
func (s State) String() string {
	switch s {
	case StateOpen:
		return "open"
	case StateAcknowledged:
		return "acknowledged"
	case StateAnswered:
		return "answered"
	case StateReset:
		return "reset"
	case StateObserving:
		return "observing"
	case StateCancelled:
		return "cancelled"
	case StateSilent:
		return "silent"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// OptionalBlock is the value of a Block or Q-Block option that may be absent.
type OptionalBlock struct {
	protocol.Block
	Present bool
	QBlock  bool // of Q-Block1 or Q-Block2 (RFC 9177); of several in a request the first
}

// Exchange is what a [Tracker] knows of the frames that belong together: a request with all that
// answers it, or a ping.
type Exchange struct {
	Index          Index
	Client, Server netip.AddrPort // Server is the group for a multicast request
	Multicast      bool
	Framing        protocol.Framing
	Type           protocol.Type // of the request; it and message IDs mean nothing on a reliable transport
	Method         protocol.Code // Empty for a ping, and where the request was not seen
	RequestSeen    bool
	MessageID      protocol.MessageID // of the request
	Token          protocol.Token
	Path           string // Uri-Path as in a URI, such as "/sensors/temp"
	Query          string // Uri-Query as in a URI, without "?"; empty for none
	Proxy          string // what a forward proxy is asked for, and has Path and Query; empty for none (RFC 7252 §5.7.2)

	State        State
	Code         protocol.Code // of the latest response; Empty for none
	ResponseType protocol.Type // of that
	ResponseID   protocol.MessageID

	First, Last     time.Time
	FirstFrame      uint64
	ResponseFrame   uint64        // of the first response; 0 for none
	RTT             time.Duration // from the first transmission to the first response; 0 for none
	FrameCount      int
	Retransmissions int
	Duplicates      int   // of responses
	Responses       int   // without duplicates: several for multicast requests, observations and Q-Block transfers
	Responders      int   // who answered a multicast request
	NoResponse      uint8 // which classes of responses the request does not wish: 2, 8 and 16 (RFC 7967 §2.1)

	Observe       bool   // the request has Observe with 0: register (RFC 7641 §2)
	Deregister    bool   // the request has Observe with 1
	Notifications int    // responses with Observe, the first included
	Stale         int    // those that came out of order
	Sequence      uint32 // the newest Observe value

	Transfer    TransferIndex    // of an observation that with the newest notification that has one; 0 for none
	Observation ObservationIndex // that the request began, renewed or ended; 0 for none

	Repeats    Index  // the exchange that the request was sent again for; 0 for none
	Repeat     Repeat // why
	RepeatedBy Index  // the exchange that did so for this one

	// RequestBlock1 and the others may be Q-Block options as well.
	RequestBlock1, RequestBlock2   OptionalBlock
	ResponseBlock1, ResponseBlock2 OptionalBlock // of the latest response
}

// tracked is an Exchange in a form fit for millions.
type tracked struct {
	client, server *trackedEndpoint
	resource       *resource
	token          protocol.Token
	first, last    time.Duration // since the tracker's epoch
	rtt            time.Duration
	sequenceTime   time.Duration
	head, tail     uint32 // frames, as positions in Tracker.frames and one more
	response       uint32 // the first response, likewise
	frames         uint32

	retransmissions, duplicates, responses, notifications, stale, sequence uint32

	responders, lastResponder, answerers uint32

	key                 uint64 // of the request: equal if it asks for the same; 0 where it was not seen
	transfer            TransferIndex
	observation         ObservationIndex
	repeats, repeatedBy Index

	requestBlock1, requestBlock2, responseBlock1, responseBlock2 packedBlock

	tag                       opaque
	messageID, responseID     protocol.MessageID
	requestType, responseType protocol.Type
	method, code              protocol.Code
	state                     State
	framing                   protocol.Framing
	multicast, seen           bool
	observe, deregister       bool
	why                       Repeat
	noResponse                uint8
}

// packedBlock is the value of a Block option with the top bit set, and of a Q-Block option the next bit too; 0 for none.
type packedBlock uint32

const (
	blockPresent packedBlock = 1 << 31
	blockQ       packedBlock = 1 << 30
)

func packBlock(value []byte) packedBlock {
	b, ok := protocol.DecodeBlock(value)
	if !ok {
		return 0
	}
	return packedBlock(b.Uint()) | blockPresent
}

func packQBlock(value []byte) packedBlock {
	p := packBlock(value)
	if p != 0 {
		p |= blockQ
	}
	return p
}

func (p packedBlock) num() uint32    { return uint32(p) >> 4 & (1<<20 - 1) }
func (p packedBlock) more() bool     { return p&8 != 0 }
func (p packedBlock) szx() uint8     { return uint8(p & 7) }
func (p packedBlock) size() uint32   { return 1 << (min(p.szx(), 6) + 4) }
func (p packedBlock) offset() uint32 { return p.num() * p.size() }
func (p packedBlock) q() bool        { return p&blockQ != 0 }

func (p packedBlock) unpack() OptionalBlock {
	if p == 0 {
		return OptionalBlock{}
	}
	return OptionalBlock{protocol.Block{Num: p.num(), More: p.more(), SZX: p.szx()}, true, p.q()}
}

// frameRecord is a FrameInfo in a form fit for millions, and a link to the exchange's next frame.
type frameRecord struct {
	frame    uint64
	rtt      time.Duration
	index    Index
	related  uint32 // position and one more
	next     uint32 // likewise
	number   uint32
	transfer TransferIndex
	role     Role
	stale    bool
}

// chunkLength is how many records are allocated at once.
const chunkLength = 4096

// records is a list that grows without moving what it has.
type records[T any] struct {
	chunks []*[chunkLength]T
	length int
}

func (r *records[T]) add(v T) *T {
	p := r.next()
	*p = v
	return p
}

// next adds a record that is zero.
func (r *records[T]) next() *T {
	if r.length == len(r.chunks)*chunkLength {
		r.chunks = append(r.chunks, new([chunkLength]T))
	}
	r.length++
	return r.at(r.length - 1)
}

func (r *records[T]) at(i int) *T { return &r.chunks[i/chunkLength][i%chunkLength] }

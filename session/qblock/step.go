package qblock

import "coapscope/protocol"

// Number names a message of a [Transfer]. Numbers begin at 1, and none is used twice.
type Number uint64

// Input is something that happens to a [Transfer]: [Response], [Acknowledged], [Unanswered] or [Tick].
type Input interface{ input() }

// Response is a response to the message. A message may have several.
type Response struct {
	To      Number
	Message protocol.Message // kept by the transfer, so it must not change afterwards
}

// Acknowledged tells that an Empty ACK for the message came: the response comes separately.
type Acknowledged struct{ To Number }

// Unanswered tells that the exchange of the message has failed: a CON was never acknowledged, the message
// could not be sent, or the peer rejected it.
type Unanswered struct {
	To       Number
	Err      error
	Rejected bool // by a RST
	Silence  bool // it was sent and only the response did not come; the transfer has timeouts of its own for that
}

// Tick says only that time has passed.
type Tick struct{}

func (Response) input()     {}
func (Acknowledged) input() {}
func (Unanswered) input()   {}
func (Tick) input()         {}

// Output is something that a [Transfer] wants done or known: [Send] and [Release] are to act on, [Done],
// [FallBack] and [Failed] end it (Done does not if it is Open).
type Output interface{ output() }

// Send asks to send a message and to keep its token open, because there may be any number of responses
// with it, until it is released or the transfer ends. No message of the transfer needs to wait for
// PROBING_RATE: the transfer paces them as RFC 9177 §7.2 says. Those that are CON are subject to NSTART.
//
// The message has no message ID. An empty Token means that it needs a fresh one; that of the logical
// request is in the message that opens the transfer: block 0 of the body, or the request that asks for all of
// the response. Its options share memory with the logical request.
type Send struct {
	Number  Number
	Message protocol.Message
}

// Release tells that responses to the message matter no more: its token can be used for another.
type Release struct{ Number Number }

// Done is the final response, which may be an error, with the whole body as Payload unless there is a
// Sink, and without Q-Block options. Otherwise it is the first message of the response.
type Done struct {
	To       Number // the message that it answers
	Response protocol.Message

	// Open tells that the resource is observed: the transfer goes on, with the bodies of notifications,
	// each a Done of its own, until its owner forgets it. All messages but To are released.
	Open bool
}

// FallBack ends the transfer because the peer does not do Q-Block. The request is to be made with Block1
// and Block2 from its beginning or, if First is set, only the rest of the response is to be asked for:
// First is its first block, by Block2.
type FallBack struct {
	Why   *Error
	First *protocol.Message
}

// Failed is the end of a transfer that cannot go on.
type Failed struct{ Err *Error }

func (Send) output()     {}
func (Release) output()  {}
func (Done) output()     {}
func (FallBack) output() {}
func (Failed) output()   {}

// Direction is the way a body goes.
type Direction uint8

const (
	Upload   Direction = iota // the request's body, by Q-Block1
	Download                  // the response's body, by Q-Block2
)

// String gives the direction as a word.
func (d Direction) String() string {
	if d == Upload {
		return "upload"
	}
	return "download"
}

// Progress tells how far a transfer has come.
type Progress struct {
	Direction Direction
	Block     protocol.Block // the last block that was sent or received
	Blocks    int            // how many different blocks were
	Bytes     int64          // of the body that were
	Total     int64          // of the body; -1 where unknown
	Sets      int            // MAX_PAYLOADS_SETs of which all blocks were
	Again     int            // blocks sent again (upload) or asked for again (download)
	Restarts  int            // how often the body began anew
}

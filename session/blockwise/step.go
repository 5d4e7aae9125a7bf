package blockwise

import "coapscope/protocol"

// Step is what the owner of a [Transfer] has to do next: [Send], [Done] or [Failed].
type Step interface{ step() }

// Send asks for an exchange: send Message and give its response to [Transfer.Handle].
//
// The message has no message ID. An empty Token means that the exchange needs a fresh one, because
// blocks must not share the token of an observation (RFC 7959 §3.4). Only requests that can begin
// the response, before any of it was received, have the token of the logical request, and Observe.
// The message shares memory with the logical request and the transfer: it must not be changed, and is
// valid until the next call of [Transfer.Handle].
type Send struct{ Message protocol.Message }

// Done is the end of the transfer. Response has the whole body as Payload, unless a [Sink] took it,
// and no Block options, unless the exchange was plain; it may be an error response. Otherwise it is the first message of the response, so that Observe,
// ETag and token are those of the notification, with Max-Age of the last (RFC 7959 §2.10). A
// response that came whole is the one given to Handle, and shares its memory.
type Done struct{ Response protocol.Message }

// Failed is the end of a transfer that cannot go on.
type Failed struct{ Err *Error }

func (Send) step()   {}
func (Done) step()   {}
func (Failed) step() {}

// Direction is the way a body goes.
type Direction uint8

const (
	Upload   Direction = iota // the request's body, by Block1
	Download                  // the response's body, by Block2
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
	Block     protocol.Block // the last block that was acknowledged or received
	Blocks    int            // how many blocks were, since the transfer or its last restart began
	Bytes     int64          // of the body that are there; those of an earlier transfer that is resumed too
	Total     int64          // of the body; -1 where unknown. While downloading, what Size2 estimates
	Restarts  int            // how often the transfer began anew
}

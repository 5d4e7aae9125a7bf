package session

import (
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// Event is something that happens to a request while it is open: [Transmission], [Waiting], [HeldBack],
// [Acknowledgement], [EchoAsked], [TokenShortened], [FellBack] or [Progress].
type Event interface{ event() }

// Transmission tells that a message went out.
type Transmission struct {
	Frame       trace.Seq
	Attempt, Of int
	Next        time.Time // of the retransmission, or the giving up, if nothing comes; zero for none
}

// Waiting tells that a message waits, and what for. It comes again when that becomes something else.
type Waiting struct {
	Ahead int // messages to the same endpoint that wait before it
	Why   exchange.Why
	Until time.Time // when it is sent at the latest, if no other goes before it; zero where that is not known
}

// TokenShortened tells that the endpoint rejected the token of From bytes, and that the message is sent
// again with one of To bytes (RFC 8974 §2.2.2).
type TokenShortened struct {
	Frame    trace.Seq // of the RST
	From, To int
}

// HeldBack tells that the request waits because the endpoint asked for that, by its response to this
// request or to one like it (RFC 8516 §4, RFC 7252 §5.9.3.4).
type HeldBack struct {
	Code  protocol.Code // of that response: 4.29 or 5.03
	Until time.Time     // when its Max-Age has passed
	Why   string        // in words, with what the response says for people to read
}

// Acknowledgement tells that the peer has the request and answers separately.
type Acknowledgement struct{ Frame trace.Seq }

// EchoAsked tells that the endpoint answered with a 4.01 and an Echo value, and that the message is sent
// again with that (RFC 9175 §2.3).
type EchoAsked struct {
	Frame trace.Seq // of the 4.01
	Value []byte
}

// Progress tells how far a block-wise transfer has come.
type Progress struct {
	blockwise.Progress
	Rate    float64 // bytes a second, over the last seconds; 0 where it is not known yet
	Retries int     // retransmissions of all messages so far
}

func (Transmission) event()    {}
func (Waiting) event()         {}
func (HeldBack) event()        {}
func (Acknowledgement) event() {}
func (EchoAsked) event()       {}
func (TokenShortened) event()  {}
func (Progress) event()        {}

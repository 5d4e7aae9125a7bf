package qblock

import (
	"fmt"

	"coapscope/protocol"
)

// Reason is why a transfer failed, or fell back.
type Reason uint8

const (
	// Misuse is a request that makes no sense, such as one with Block options of its own.
	Misuse Reason = iota
	// BodyUnreadable means that the request's body could not be read.
	BodyUnreadable
	// BodyUnwritable means that the sink did not take the response's body.
	BodyUnwritable
	// TooLarge is a body beyond the limit, or with more blocks than can be counted.
	TooLarge
	// InvalidOption is a Q-Block option that is repeated, longer than 3 bytes, or has SZX 7.
	InvalidOption
	// WrongSize is a block larger than asked for, a payload that is not as long as its block, or a body that
	// is not as long as Size2 says.
	WrongSize
	// UnexpectedCode is a response code that makes no sense at this point.
	UnexpectedCode
	// Refused is an error response to the request for a block.
	Refused
	// Changed means that the blocks belong to different representations.
	Changed
	// Unsupported means that the peer does not do Q-Block.
	Unsupported
	// NoResponse means that all was sent and nothing came back, however often it was asked for.
	NoResponse
	// Incomplete means that blocks did not come, however often they were asked for.
	Incomplete
	// NotSent means that a message could not be delivered.
	NotSent
)

var reasonText = [...]string{
	Misuse:         "not possible",
	BodyUnreadable: "body of the request cannot be read",
	BodyUnwritable: "body of the response cannot be written",
	TooLarge:       "body too large",
	InvalidOption:  "invalid Q-Block option",
	WrongSize:      "wrong size",
	UnexpectedCode: "unexpected response code",
	Refused:        "block refused",
	Changed:        "representation changed",
	Unsupported:    "not supported by the peer",
	NoResponse:     "no response",
	Incomplete:     "blocks are missing",
	NotSent:        "not delivered",
}

// String says the reason in a few words.
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// Error says why a transfer failed.
type Error struct {
	Reason   Reason
	Option   protocol.OptionNumber // QBlock1 or QBlock2: the direction it happened in; 0 for neither
	Expected string                // what would have been right; may be empty
	Actual   string                // what was there instead
	Section  string                // such as "RFC 9177 §4.4"
	Code     protocol.Code         // of the response that led to it; Empty for none
	Cause    error                 // what went wrong below; nil for nothing
}

func (e *Error) Error() string {
	s := e.Reason.String()
	if e.Option != 0 {
		s = e.Option.String() + ": " + s
	}
	if e.Code != protocol.Empty {
		s += fmt.Sprintf(" in %v", e.Code)
	}
	if e.Expected != "" {
		s += ": expected " + e.Expected + ", got " + e.Actual
	} else {
		s += ": " + e.Actual
	}
	return s + " (" + e.Section + ")"
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Timeout tells, as in [net.Error], whether nothing came back in time.
func (e *Error) Timeout() bool { return e.Reason == NoResponse || e.Reason == Incomplete }

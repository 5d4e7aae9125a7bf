package blockwise

import (
	"fmt"

	"coapscope/protocol"
)

// Reason is why a transfer failed.
type Reason uint8

const (
	// Misuse is a call that makes no sense: a request with the code of a response, a download to resume
	// without a sink, or a response when none was asked for.
	Misuse Reason = iota
	// BodyUnreadable means that the request's body could not be read.
	BodyUnreadable
	// BodyUnwritable means that the sink did not take the response's body.
	BodyUnwritable
	// TooLarge is a body beyond the limit, or with more blocks than can be counted.
	TooLarge
	// InvalidOption is a Block option that is repeated, longer than 3 bytes, or has SZX 7.
	InvalidOption
	// MissingOption is a response without the Block option that it must have.
	MissingOption
	// WrongBlock is a block other than the one that was asked for or sent.
	WrongBlock
	// WrongSize is a block larger than agreed, or a payload that is not as long as its block.
	WrongSize
	// UnexpectedCode is a response code that makes no sense at this point.
	UnexpectedCode
	// Refused is an error response to the request for a further block.
	Refused
	// Changed means that the blocks belong to different representations: another ETag,
	// Content-Format or response code than the blocks before.
	Changed
)

// String says the reason in a few words.
func (r Reason) String() string {
	switch r {
	case Misuse:
		return "not possible"
	case BodyUnreadable:
		return "body of the request cannot be read"
	case BodyUnwritable:
		return "body of the response cannot be written"
	case TooLarge:
		return "body too large"
	case InvalidOption:
		return "invalid Block option"
	case MissingOption:
		return "Block option missing"
	case WrongBlock:
		return "wrong block"
	case WrongSize:
		return "wrong block size"
	case UnexpectedCode:
		return "unexpected response code"
	case Refused:
		return "block refused"
	case Changed:
		return "representation changed"
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// Error says why a transfer failed.
type Error struct {
	Reason   Reason
	Option   protocol.OptionNumber // Block1 or Block2: the direction it happened in; 0 for neither
	Expected string                // what would have been right; may be empty
	Actual   string                // what was there instead
	Section  string                // such as "RFC 7959 §2.4"
	Code     protocol.Code         // of the response that led to it; Empty for none
	Cause    error                 // of BodyUnreadable and BodyUnwritable; nil otherwise
}

func (e *Error) Error() string {
	s := e.Reason.String()
	switch e.Option {
	case protocol.Block1, protocol.Block2, protocol.QBlock2:
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

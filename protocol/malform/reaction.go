package malform

import (
	"strings"

	"coapscope/protocol"
)

// Kind is what a peer does upon a message.
type Kind uint8

const (
	Silence      Kind = iota // nothing
	Reset                    // a RST with the message ID
	Acknowledged             // an Empty ACK: a response follows, or none is wanted
	Answer                   // a response, in an ACK or in a message of its own
	Unreadable               // something that is no message, or not a possible reaction
	Undelivered              // the network says that the message did not arrive (ICMP)
)

// Reaction is something that a peer did.
type Reaction struct {
	Kind  Kind
	Type  protocol.Type // of Acknowledged and Answer
	Code  protocol.Code // of Answer
	Frame uint64        // names the frame to whoever asks; 0 for none
	Note  string        // of Undelivered: what the network says

	// Foreign tells of an ACK or RST that has not the message ID of the message, which it must echo (RFC 7252 §4.2).
	Foreign bool
}

// Read gives the reaction to a message that a datagram is.
func Read(message, data []byte, frame uint64) Reaction {
	var m protocol.Message
	r := Reaction{Kind: Unreadable, Frame: frame}
	if kind, _, ok := protocol.Header(data); ok && len(message) >= protocol.HeaderLength {
		r.Foreign = kind >= protocol.Acknowledgement && string(data[2:4]) != string(message[2:4])
	}
	if m.ParseExtended(data) != nil {
		return r
	}
	r.Type, r.Code = m.Type, m.Code
	switch {
	case m.Type == protocol.Reset && m.Code == protocol.Empty:
		r.Kind = Reset
	case m.Type == protocol.Acknowledgement && m.Code == protocol.Empty:
		r.Kind = Acknowledged
	case m.Type != protocol.Reset && m.Code.IsResponse():
		r.Kind = Answer
	}
	return r
}

// String gives the reaction as the subject of a sentence.
func (r Reaction) String() string {
	switch r.Kind {
	case Silence:
		return "Silence"
	case Reset:
		return "A Reset"
	case Acknowledged:
		return "An Empty acknowledgement"
	case Answer:
		return r.Code.String()
	case Undelivered:
		return "An ICMP error"
	}
	return "Something that is no reaction"
}

// Outcome is a reaction, or a set of them, that is right.
type Outcome struct {
	Kind    Kind
	Codes   []protocol.Code // of an Answer: those that are right
	Classes []uint8         // of an Answer: those of which any code is right
	Why     string          // as a main clause
	Clause  string          // that asks for it or allows it, such as "RFC 7252 §4.2"
}

// Holds tells whether the reaction is this outcome.
func (o *Outcome) Holds(r Reaction) bool {
	if o.Kind != r.Kind || o.Kind != Answer {
		return o.Kind == r.Kind
	}
	for _, c := range o.Codes {
		if c == r.Code {
			return true
		}
	}
	for _, c := range o.Classes {
		if c == r.Code.Class() {
			return true
		}
	}
	return false
}

// String names the outcome: "silence", "Reset", "4.02 Bad Option", "any response".
func (o *Outcome) String() string {
	switch o.Kind {
	case Silence:
		return "silence"
	case Reset:
		return "Reset"
	case Acknowledged:
		return "an Empty acknowledgement"
	}
	var parts []string
	for _, c := range o.Codes {
		parts = append(parts, c.String())
	}
	switch len(o.Classes) {
	case 0:
	case 2:
		parts = append(parts, "any error")
	default:
		parts = append(parts, "any response")
	}
	return strings.Join(parts, " or ")
}

// Expectation is what the RFCs ask of the recipient of a datagram.
type Expectation struct {
	Type    protocol.Type // of the message; it means nothing where the datagram has no header that can be read
	Finding string        // what decides, in a sentence
	Clause  string        // that says so
	More    []string      // what else decides, likewise
	Right   []Outcome     // all that is right, what is asked for first before what is allowed too
}

// Outcome gives the outcome that makes the reaction a right one; false where none does.
func (e *Expectation) Outcome(r Reaction) (*Outcome, bool) {
	for i := range e.Right {
		if e.Right[i].Holds(r) {
			return &e.Right[i], true
		}
	}
	return nil, false
}

// Allows tells whether a reaction of that kind can be right.
func (e *Expectation) Allows(k Kind) bool {
	for i := range e.Right {
		if e.Right[i].Kind == k {
			return true
		}
	}
	return false
}

// String names what is right: "silence or Reset".
func (e *Expectation) String() string {
	var parts []string
	for i := range e.Right {
		if s := e.Right[i].String(); len(parts) == 0 || parts[len(parts)-1] != s {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", or ")
}

package malform

import (
	"fmt"

	"coapscope/protocol"
)

// Expect gives the reactions to a datagram that are right, as the bytes alone tell: it supposes that the recipient
// waits for no response, has sent nothing that the message could belong to, and gets it for the first time. multicast
// tells that it was sent to a group. There is no datagram for which nothing is right.
func Expect(b []byte, multicast bool) Expectation {
	e := expect(b)
	if multicast {
		e.toGroup(b)
	}
	return e
}

func expect(b []byte) Expectation {
	kind, _, ok := protocol.Header(b)
	switch {
	case len(b) < protocol.HeaderLength:
		return ignored(kind, "It is shorter than the four bytes of a header, so there is no message ID to answer to.", "RFC 7252 §3",
			"what has no whole header cannot be answered")
	case !ok:
		return ignored(kind, fmt.Sprintf("Its version is %d. Messages with unknown version numbers are ignored silently.", b[0]>>6), "RFC 7252 §3",
			"a message of an unknown version must be ignored silently")
	case kind == protocol.Acknowledgement || kind == protocol.Reset:
		return answering(kind, b)
	}
	return asking(kind, b)
}

// ignored is what is right for a message that must be ignored silently.
func ignored(kind protocol.Type, finding, clause, why string) Expectation {
	return Expectation{Type: kind, Finding: finding, Clause: clause, Right: []Outcome{{Kind: Silence, Why: why, Clause: clause}}}
}

// answering is what is right for an ACK or RST, which is never answered (RFC 7252 §4.2).
func answering(kind protocol.Type, b []byte) Expectation {
	const clause = "RFC 7252 §4.2"
	var m protocol.Message
	err := m.Parse(b)
	finding := kind.Name() + " that belongs to nothing: it is ignored silently."
	switch {
	case err != nil:
		finding = formatFinding(err) + " An " + kind.String() + " with one is ignored silently."
	case kind == protocol.Reset && m.Code != protocol.Empty:
		finding = "A Reset has to be Empty. One that is not is ignored silently."
	case m.Code.IsRequest():
		finding = "An Acknowledgement cannot carry a request. It is ignored silently."
	case m.Code.IsReserved():
		finding = fmt.Sprintf("Code %s is of a reserved class. An Acknowledgement with one is ignored silently.", m.Code.Dotted())
	}
	return ignored(kind, finding, clause, "an "+kind.String()+" is never answered with an ACK or RST, and one that cannot be used is ignored silently")
}

// formatFinding says what is wrong with the format of a message.
func formatFinding(err error) string {
	if e, ok := err.(*protocol.ParseError); ok {
		return "Message format error: " + e.Reason + "."
	}
	return "Message format error: " + err.Error() + "."
}

// rejecting are the outcomes for a CON or NON that the recipient rejects (RFC 7252 §4.2, §4.3).
func rejecting(kind protocol.Type) []Outcome {
	if kind == protocol.Confirmable {
		return []Outcome{{Kind: Reset, Why: "a Confirmable message that cannot be processed is rejected with a Reset", Clause: "RFC 7252 §4.2"}}
	}
	return []Outcome{
		{Kind: Silence, Why: "a Non-confirmable message that cannot be processed is ignored silently", Clause: "RFC 7252 §4.3"},
		{Kind: Reset, Why: "a Non-confirmable message that cannot be processed may be rejected with a Reset", Clause: "RFC 7252 §4.3"},
	}
}

// usual is the outcome for a request that is processed.
func usual(kind protocol.Type) Outcome {
	o := Outcome{Kind: Answer, Classes: []uint8{2, 4, 5}, Why: "a request is answered, in the acknowledgement or separately", Clause: "RFC 7252 §5.2"}
	if kind == protocol.NonConfirmable {
		o.Why, o.Clause = "a Non-confirmable request is answered in a message of its own", "RFC 7252 §5.2.3"
	}
	return o
}

// asking is what is right for a CON or NON.
func asking(kind protocol.Type, b []byte) Expectation {
	var m protocol.Message
	rejected := func(finding, clause string) Expectation {
		return Expectation{Type: kind, Finding: finding, Clause: clause, Right: rejecting(kind)}
	}
	plain := m.Parse(b) // as an endpoint of RFC 7252 reads it, with tokens that an extension announces as RFC 8974 has them
	if plain != nil {
		if err := m.ParseExtended(b); err != nil {
			clause := "RFC 7252 §3"
			if e, ok := err.(*protocol.ParseError); ok {
				clause = e.Section
			}
			return rejected(formatFinding(err), clause)
		}
	}
	switch {
	case m.Code == protocol.Empty && kind == protocol.Confirmable:
		e := rejected("An Empty Confirmable message is a ping: it is there only to elicit a Reset.", "RFC 7252 §4.2")
		e.Right[0].Why = "an Empty Confirmable message elicits a Reset"
		return e
	case m.Code == protocol.Empty:
		return rejected("A Non-confirmable message must not be Empty.", "RFC 7252 §4.3")
	case m.Code.IsReserved():
		return rejected(fmt.Sprintf("Code %s is of a class that is reserved on UDP.", m.Code.Dotted()), "RFC 7252 §3")
	case m.Code.IsResponse():
		return rejected(fmt.Sprintf("Nobody waits for this response: %s with a token that was not used in a request.", m.Code), "RFC 7252 §5.3.2")
	}
	e := request(kind, &m)
	if tkl := m.Token.Len(); tkl > 8 {
		e.More = append([]string{e.Finding}, e.More...)
		e.Finding = fmt.Sprintf("The token length field is %d: a message format error, unless the peer has extended tokens (RFC 8974).", b[0]&15)
		e.Clause = "RFC 7252 §3"
		without := rejecting(kind)
		for i := range without {
			without[i].Why = "without RFC 8974, a token length above 8 is a message format error: " + without[i].Why
		}
		for i := range e.Right {
			e.Right[i].Why = "with RFC 8974, it is a token as any other: " + e.Right[i].Why
		}
		e.Right = append(without, e.Right...)
	}
	return e
}

// toGroup changes what is right for a datagram to what is right where it went to a group (RFC 7252 §8).
func (e *Expectation) toGroup(b []byte) {
	if len(e.Right) == 1 && e.Right[0].Kind == Silence {
		return
	}
	right := []Outcome{{Kind: Silence, Why: "what comes by multicast may always be ignored", Clause: "RFC 7252 §8.2"}}
	for _, o := range e.Right {
		switch o.Kind {
		case Silence:
			continue
		case Reset:
			o.Why, o.Clause = "only a server that cannot tell that it came by multicast may send a Reset", "RFC 7252 §8.1"
		}
		right = append(right, o)
	}
	e.Right = right
	if e.Type == protocol.Confirmable {
		e.More = append([]string{e.Finding}, e.More...)
		e.Finding, e.Clause = "A message to a group must be Non-confirmable.", "RFC 7252 §8.1"
	}
}

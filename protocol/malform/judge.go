package malform

import (
	"slices"

	"coapscope/protocol"
)

// Verdict is what is to be said of a peer's reaction.
type Verdict uint8

const (
	Waiting   Verdict = iota // there is still time
	Right                    // as asked for
	Wrong                    // against what is asked for
	Undecided                // what happened tells nothing of the peer, or not enough
)

// Judgement is what is to be said of what a peer did.
type Judgement struct {
	Verdict Verdict
	Text    string // a sentence
	Clause  string // that decides
	Frame   uint64 // the reaction that decides; 0 for silence
}

// Judge holds what happened after a message was sent against what is right. over tells that the time is over in which a
// reaction was to be expected, so that silence is one. A reaction against the rules decides, whatever came besides it.
func Judge(e *Expectation, happened []Reaction, over bool) Judgement {
	var decided, pending *Judgement
	for _, r := range happened {
		j := e.judge(r)
		switch {
		case j.Verdict == Wrong:
			return j
		case j.Verdict == Waiting:
			pending = &j
		case decided == nil || decided.Verdict == Undecided:
			decided = &j
		}
	}
	switch {
	case decided != nil:
		return *decided
	case pending != nil && over:
		return Judgement{Undecided, "It was acknowledged, so a response is to come separately, and did not come yet.", pending.Clause, pending.Frame}
	case pending != nil:
		return *pending
	case !over:
		return Judgement{Waiting, "Nothing came yet.", e.Clause, 0}
	}
	if o, ok := e.Outcome(Reaction{}); ok {
		return Judgement{Right, "Silence is right: " + o.Why + ".", o.Clause, 0}
	}
	return Judgement{Wrong, "Nothing came, where " + e.String() + " is asked for: " + e.Right[0].Why + ". Unless it was lost; send it again.", e.Right[0].Clause, 0}
}

// judge judges one reaction.
func (e *Expectation) judge(r Reaction) Judgement {
	switch {
	case r.Kind == Undelivered:
		return Judgement{Undecided, "It did not arrive, so the peer did nothing: " + r.Note + ".", "RFC 7252 §4.2", r.Frame}
	case e.Type == protocol.NonConfirmable && r.Type == protocol.Acknowledgement && (r.Kind == Acknowledged || r.Kind == Answer):
		return Judgement{Wrong, r.String() + " came in an acknowledgement, and a Non-confirmable message must not be acknowledged.", "RFC 7252 §4.3", r.Frame}
	}
	if o, ok := e.Outcome(r); ok && r.Foreign {
		return Judgement{Wrong, r.String() + " came, with another message ID than that of the message, which it must echo.", "RFC 7252 §4.2", r.Frame}
	} else if ok {
		return Judgement{Right, r.String() + " is right: " + o.Why + ".", o.Clause, r.Frame}
	}
	if r.Kind == Acknowledged && !r.Foreign && e.Type == protocol.Confirmable && e.Allows(Answer) {
		return Judgement{Waiting, "It is acknowledged; the response comes separately.", "RFC 7252 §5.2.2", r.Frame}
	}
	why := e.Right[0]
	if i := slices.IndexFunc(e.Right, func(o Outcome) bool { return o.Kind == r.Kind }); i >= 0 {
		why = e.Right[i]
	}
	return Judgement{Wrong, r.String() + " is wrong, where " + e.String() + " is asked for: " + why.Why + ".", why.Clause, r.Frame}
}

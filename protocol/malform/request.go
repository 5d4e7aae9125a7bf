package malform

import (
	"fmt"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
)

// fault is something about a request that decides how it is answered.
type fault struct {
	finding, clause string
	must            []Outcome // one of them is asked for: the request is not processed as usual
	likely          []Outcome // what some recipients do, while others process the request as usual
	may             []Outcome // likewise, where it is not what the fault is about
}

// reading is a request whose faults are looked for.
type reading struct {
	kind    protocol.Type
	m       *protocol.Message
	faults  []fault
	younger []fault // options that the endpoint need not know
}

// request is what is right for a request that keeps the message format.
func request(kind protocol.Type, m *protocol.Message) Expectation {
	r := &reading{kind: kind, m: m}
	r.method()
	for i := range m.Options {
		r.option(i)
	}
	r.combinations()
	r.payload()

	e := Expectation{Type: kind, Finding: "A request that is processed as usual.", Clause: "RFC 7252 §5.2"}
	strict := false
	if len(r.faults) == 0 {
		r.faults = r.younger
	}
	for i, f := range r.faults {
		if i == 0 {
			e.Finding, e.Clause = f.finding, f.clause
		} else {
			e.More = append(e.More, f.finding)
		}
		strict = strict || len(f.must) > 0
		e.add(f.must...)
	}
	if !strict {
		for _, f := range r.faults {
			e.add(f.likely...)
		}
		e.add(usual(kind))
	}
	for _, f := range append(r.faults, r.younger...) {
		e.add(f.may...)
	}
	return e
}

// add adds outcomes that are not covered yet.
func (e *Expectation) add(outcomes ...Outcome) {
	for _, o := range outcomes {
		if !e.covers(&o) {
			e.Right = append(e.Right, o)
		}
	}
}

func (e *Expectation) covers(o *Outcome) bool {
	if o.Kind != Answer {
		return e.Allows(o.Kind)
	}
	for _, code := range o.Codes {
		if _, ok := e.Outcome(Reaction{Kind: Answer, Code: code}); !ok {
			return false
		}
	}
	return len(o.Classes) == 0 || slices.ContainsFunc(e.Right, func(r Outcome) bool { return len(r.Classes) >= len(o.Classes) })
}

func (r *reading) find(f fault) { r.faults = append(r.faults, f) }

// note finds something that changes nothing: the request is processed as usual.
func (r *reading) note(clause, format string, args ...any) {
	r.find(fault{finding: fmt.Sprintf(format, args...), clause: clause})
}

func answer(why, clause string, codes ...protocol.Code) []Outcome {
	return []Outcome{{Kind: Answer, Codes: codes, Why: why, Clause: clause}}
}

// badOption are the outcomes for a critical option that is not understood (RFC 7252 §5.4.1).
func (r *reading) badOption() []Outcome {
	const clause = "RFC 7252 §5.4.1"
	if r.kind == protocol.Confirmable {
		return answer("a critical option that is not understood in a Confirmable request causes a 4.02", clause, protocol.BadOption)
	}
	return []Outcome{
		{Kind: Silence, Why: "a Non-confirmable message with a critical option that is not understood is ignored", Clause: clause},
		{Kind: Reset, Why: "a Non-confirmable message with a critical option that is not understood may be rejected with a Reset", Clause: clause},
	}
}

// method finds methods that nobody has.
func (r *reading) method() {
	if _, known := r.m.Code.Info(); !known {
		r.find(fault{
			finding: fmt.Sprintf("Method %s is not registered.", r.m.Code.Dotted()), clause: "RFC 7252 §5.8",
			must: answer("a request with an unrecognized method is answered with a 4.05", "RFC 7252 §5.8", protocol.MethodNotAllowed),
		})
	}
}

// younger are the critical options that an endpoint of RFC 7252 need not know.
func younger(n protocol.OptionNumber) bool {
	switch n {
	case protocol.IfMatch, protocol.URIHost, protocol.IfNoneMatch, protocol.URIPort, protocol.URIPath, protocol.URIQuery, protocol.Accept,
		protocol.ProxyURI, protocol.ProxyScheme:
		return false
	}
	return n.Critical()
}

// option finds what is wrong with an option by itself.
func (r *reading) option(i int) {
	o := &r.m.Options[i]
	info := o.Number.Lookup(r.m.Code)
	first := i == 0 || r.m.Options[i-1].Number != o.Number
	switch {
	case info == nil && !o.Number.Critical():
		r.note("RFC 7252 §5.4.1", "Option %d is elective and not registered: it is ignored.", uint16(o.Number))
	case info == nil:
		r.find(fault{
			finding: fmt.Sprintf("Option %d is critical and not registered.", uint16(o.Number)), clause: "RFC 7252 §5.4.1", must: r.badOption(),
		})
	case info.In&protocol.InRequest == 0:
		r.unrecognized(o.Number, "RFC 7252 §5.4", "%s has no meaning in a request", info.Name)
	case len(o.Value) < info.MinLen || len(o.Value) > info.MaxLen:
		r.unrecognized(o.Number, "RFC 7252 §5.4.3", "%s has %s, outside %s", info.Name, bytesText(len(o.Value)), lengthText(info))
		if o.Number == protocol.HopLimit {
			r.faults[len(r.faults)-1].may = answer("a Hop-Limit greater than 255 is rejected with a 4.00", "RFC 8768 §3", protocol.BadRequest)
		}
	case !first && info.Repeatable&protocol.InRequest == 0:
		r.unrecognized(o.Number, "RFC 7252 §5.4.5", "%s is there again and is not repeatable", info.Name)
	default:
		r.value(o, info)
		if first && younger(o.Number) {
			r.mayNotKnow(info)
		}
	}
}

// mayNotKnow allows that the option is not known.
func (r *reading) mayNotKnow(info *protocol.OptionInfo) {
	may := r.badOption()
	for i := range may {
		may[i].Why = fmt.Sprintf("an endpoint need not know %s (%s): %s", info.Name, info.Reference, may[i].Why)
	}
	r.younger = append(r.younger, fault{
		finding: info.Name + " is critical, and younger than RFC 7252.", clause: info.Reference, may: may,
	})
}

// unrecognized finds an option that is treated as if it was not known.
func (r *reading) unrecognized(n protocol.OptionNumber, clause, format string, args ...any) {
	f := fault{finding: fmt.Sprintf(format, args...), clause: clause}
	if n.Critical() {
		f.finding += ": it is treated like a critical option that is not known."
		f.must = r.badOption()
	} else {
		f.finding += ": it is ignored, as an elective option that is not known."
	}
	r.find(f)
}

func bytesText(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

func lengthText(info *protocol.OptionInfo) string {
	if info.MinLen == info.MaxLen {
		return fmt.Sprintf("the length of %d", info.MinLen)
	}
	return fmt.Sprintf("%d to %d", info.MinLen, info.MaxLen)
}

// payload finds what is wrong with the payload.
func (r *reading) payload() {
	m := r.m
	format, formatted := m.ContentFormat()
	switch {
	case len(m.Payload) > 0 && (m.Code == protocol.GET || m.Code == protocol.DELETE):
		r.note("RFC 7252 §5.5", "%s defines no payload: it is ignored.", m.Code.Short())
		return
	case m.Code == protocol.FETCH && !formatted && !m.Options.Has(protocol.OSCORE):
		r.find(fault{
			finding: "FETCH has to say with Content-Format what its payload is.", clause: "RFC 8132 §2.3.1",
			likely: answer("the server cannot tell what is asked for", "RFC 8132 §2.2", protocol.UnsupportedContentFormat, protocol.BadRequest),
		})
	case len(m.Payload) > 0 && formatted:
		if _, known := format.Info(); !known {
			r.find(fault{
				finding: fmt.Sprintf("Content-Format %d is not registered, so a server that reads what it gets cannot take it.", uint16(format)), clause: "RFC 7252 §5.9.2.10",
				likely: answer("the payload is in a format that the server does not take", "RFC 7252 §5.9.2.10", protocol.UnsupportedContentFormat),
			})
		}
	}
	if wide := protocol.HeaderLength + m.Token.Len() + len(m.Payload); wide > 1152 || len(m.Payload) > 1024 {
		r.find(fault{
			finding: "The message is larger than RFC 7252 has endpoints be prepared for.", clause: "RFC 7252 §4.6",
			likely: answer("the payload is larger than the server takes", "RFC 7252 §5.9.2.9", protocol.RequestEntityTooLarge),
			may:    tooLarge(r.kind),
		})
	}
}

// combinations finds what is wrong with options together.
func (r *reading) combinations() {
	o := r.m.Options
	const proxying = "an endpoint that is no forward-proxy, or none for this URI, answers 5.05"
	if o.Has(protocol.ProxyURI) || o.Has(protocol.ProxyScheme) {
		f := fault{finding: "A forward-proxy is asked for.", clause: "RFC 7252 §5.7.2"}
		not := answer(proxying, "RFC 7252 §5.10.2", protocol.ProxyingNotSupported)
		if r.nowhere() {
			f.finding = "A forward-proxy is asked for a host that cannot exist (RFC 6761 §6.4)."
			not = append(not, Outcome{Kind: Answer, Classes: []uint8{4, 5}, Why: "a proxy that does not reach the origin server answers with an error", Clause: "RFC 7252 §5.7.1"})
			f.must = not
		} else {
			f.likely = not
		}
		r.find(f)
		if o.Has(protocol.ProxyURI) && (o.Has(protocol.URIHost) || o.Has(protocol.URIPort) || o.Has(protocol.URIPath) || o.Has(protocol.URIQuery)) {
			r.note("RFC 7252 §5.10.2", "Proxy-Uri takes precedence over the Uri options beside it.")
		}
	}
	r.conditions()
	r.blocks()
	if v, ok := o.First(protocol.NoResponse); ok && len(v) == 1 && v[0]&(2|8|16) != 0 {
		f := fault{finding: "No-Response: responses of some classes are not wanted.", clause: "RFC 7967 §2"}
		if r.kind == protocol.Confirmable {
			f.may = []Outcome{{Kind: Acknowledged, Why: "the response is not wanted, the message is acknowledged all the same", Clause: "RFC 7967 §2"}}
		} else {
			f.may = []Outcome{{Kind: Silence, Why: "the response is not wanted", Clause: "RFC 7967 §2"}}
		}
		r.find(f)
	}
	if o.Has(protocol.OSCORE) {
		r.oscore()
	}
}

// tooLarge are the outcomes for a message that the recipient has no room for.
func tooLarge(kind protocol.Type) []Outcome {
	outcomes := rejecting(kind)
	for i := range outcomes {
		outcomes[i].Why = "a message that the recipient has no room for cannot be processed: " + outcomes[i].Why
	}
	return outcomes
}

// conditions finds conditions, and those that are never fulfilled (RFC 7252 §5.10.8).
func (r *reading) conditions() {
	const clause, why = "RFC 7252 §5.10.8", "a condition that is not fulfilled is answered with a 4.12"
	match, noneMatch := r.m.Options.Has(protocol.IfMatch), r.m.Options.Has(protocol.IfNoneMatch)
	switch {
	case match && noneMatch:
		r.find(fault{
			finding: "If-Match and If-None-Match together are never fulfilled.", clause: "RFC 7252 §5.10.8.2",
			must: append(answer(why, clause, protocol.PreconditionFailed),
				Outcome{Kind: Answer, Classes: []uint8{4, 5}, Why: "another error may come before the condition", Clause: clause}),
		})
	case match || noneMatch:
		r.find(fault{
			finding: "The request is to be performed only if a condition is fulfilled.", clause: clause,
			likely: answer(why, clause, protocol.PreconditionFailed),
		})
	}
}

// nowhere tells whether a proxy is asked for a host in the domain that never exists.
func (r *reading) nowhere() bool {
	if v, ok := r.m.Options.First(protocol.ProxyURI); ok {
		u, err := protocol.ParseURI(string(v))
		return err == nil && strings.HasSuffix(u.Host, ".invalid")
	}
	v, _ := r.m.Options.First(protocol.URIHost)
	return strings.HasSuffix(string(v), ".invalid")
}

// oscore finds a message protected by OSCORE that cannot be read (RFC 8613 §8.2).
func (r *reading) oscore() {
	const clause = "RFC 8613 §8.2"
	what := answer("what cannot be decoded, verified or decrypted may be answered with an error", clause, protocol.BadOption, protocol.Unauthorized, protocol.BadRequest)
	quiet := Outcome{Kind: Acknowledged, Why: "the server stops processing; an error is optional", Clause: clause}
	if r.kind == protocol.NonConfirmable {
		quiet.Kind = Silence
	}
	f := fault{finding: "OSCORE: without the security context nobody can read it.", clause: clause, likely: what, may: []Outcome{quiet}}
	bare := *r.m
	bare.Token = protocol.Token{} // which may have no encoding in RFC 7252
	if data, err := bare.Append(nil); err == nil {
		for _, found := range dissect.Dissect(data).Findings {
			if found.ID == "oscore-option-malformed" || found.ID == "oscore-without-payload" {
				f.finding, f.must, f.likely = found.Title+".", append(what, quiet), nil
			}
		}
	}
	r.find(f)
}

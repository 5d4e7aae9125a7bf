package view

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// log gives the log that the request's frames are in.
func (e *evidence) log() *trace.Log { return e.in.log }

// outgoing tells whether anything was sent that something could come back for: what is ruled out then is worth saying.
func (e *evidence) outgoing() bool { return len(e.sent) > len(e.lost) && !e.answered() }

// rejected tells of a RST, and what leads to one.
func (e *evidence) rejected() []Clue {
	if e.reset == 0 && !errors.Is(e.err, exchange.ErrReset) {
		if !e.outgoing() || e.x.Framing.Reliable() {
			return nil
		}
		return []Clue{{Certainty: RuledOut, Title: "No Reset came"}}
	}
	c := Clue{Title: "The device rejected the message with a Reset", Frame: e.reset, Clause: "RFC 7252 §4.2"}
	if c.Frame == 0 {
		c.Frame = e.received
	}
	var tree dissect.Tree
	wrong := ""
	if f := e.log().At(e.first()); f != nil {
		tree.DissectFraming(f.Transport.Framing(), f.Data)
		for i := range tree.Findings {
			if found := &tree.Findings[i]; found.Severity == dissect.Error && wrong == "" {
				wrong = found.Title
			}
		}
	}
	kind := "Confirmable"
	switch {
	case errors.Is(e.err, exchange.ErrLongToken) || e.request.Token.Len() > 8:
		c.Text, c.Clause = "The token is longer than 8 bytes, which an endpoint without RFC 8974 rejects.", "RFC 8974 §2.2.2"
		c.Next, c.Actions = "Use a token of at most 8 bytes with this device.", []Remedy{{Kind: SendWithoutToken}}
		return []Clue{c}
	case wrong != "":
		c.Text = "The request is not well formed: " + wrong + "."
		c.Next = "Look at the findings of the request and mend it."
		return []Clue{c}
	case e.seen && e.x.Method == protocol.Empty:
		return nil // which is the answer to a ping
	case e.request.Type == protocol.Confirmable:
		kind = "Non-confirmable"
		c.Text = "It cannot process it: it has lost the context, as after a restart, takes no requests on this port, or cannot read the message. "
		c.Text += "What it does not want it would answer with 4.xx."
		c.Actions = []Remedy{{Kind: SendNonConfirmable}}
	default:
		c.Text = "It cannot process it: a Non-confirmable message with a critical option that it does not know is rejected, as is one without context."
		c.Clause = "RFC 7252 §4.3"
		c.Actions = []Remedy{{Kind: SendConfirmable}}
	}
	c.Next = "Look at its options" + criticalNames(e.request.Options, " (critical: ", ")") + ", or try it " + kind + "."
	return []Clue{c}
}

// criticalNames names the critical options of a request beside those that every server knows.
func criticalNames(options protocol.Options, before, after string) string {
	var names []string
	for _, o := range options {
		switch o.Number {
		case protocol.URIHost, protocol.URIPort, protocol.URIPath, protocol.URIQuery:
		default:
			if o.Number.Critical() {
				names = append(names, o.Number.String())
			}
		}
	}
	if names == nil {
		return ""
	}
	return before + strings.Join(names, ", ") + after
}

// critical tells of a response that had to be rejected.
func (e *evidence) critical() []Clue {
	var critical *exchange.CriticalOptionError
	if !errors.As(e.err, &critical) {
		return nil
	}
	return []Clue{{
		Title: fmt.Sprintf("The answer has a critical option that is not understood: %s (%d)", critical.Option, uint16(critical.Option)),
		Text:  "Such a response must be rejected, as what it says could mean something else. The option " + critical.Problem + ".",
		Frame: e.received, Clause: "RFC 7252 §5.4.1",
		Next: "The packet shows the option and the rest of the response. Whoever makes the device can tell what it means.",
	}}
}

// unreadable tells of replies that are no messages, those of DTLS among them.
func (e *evidence) unreadable() []Clue {
	if !e.seen || e.answered() {
		return nil
	}
	log := e.log()
	if f := log.At(e.near.record); f != nil {
		c := Clue{
			Title: "The device speaks DTLS on this port", Frame: f.Seq, Clause: "RFC 7252 §9.1",
			Text: fmt.Sprintf("#%d begins with %02x %02x %02x, as a record of %s does. The request was plain CoAP.", f.Seq, f.Data[0], f.Data[1], f.Data[2], recordText(f.Data)),
			Next: "Ask for the resource with coaps://, or on the port for plain CoAP.", Actions: []Remedy{{Kind: SendSecured}},
		}
		if e.to.Port() != protocol.Port {
			c.Actions = append(c.Actions, Remedy{Kind: SendToPort, Port: protocol.Port})
		}
		return []Clue{c}
	}
	broken, certainty := e.broken, Certain
	if broken == 0 {
		broken, certainty = e.near.broken, Likely
	}
	f := log.At(broken)
	if f == nil {
		return nil
	}
	c := Clue{
		Certainty: certainty, Title: "A reply came that cannot be read", Frame: broken, Clause: "RFC 7252 §3",
		Next: "The packet shows what is wrong with it. Whoever makes the device has to mend that.",
	}
	var m protocol.Message
	var parse *protocol.ParseError
	if errors.As(m.ParseExtended(f.Data), &parse) {
		c.Text, c.Clause = fmt.Sprintf("%s, at byte %d of %d.", sentence(parse.Reason), parse.Offset, len(f.Data)), parse.Section
		c.Text = strings.Replace(c.Text, ".,", ",", 1)
	}
	if f.Fault&trace.Corrupted != 0 {
		c.Title = "The reply was corrupted on purpose"
		c.Next, c.Actions = "Make the network good again, and send it again.", []Remedy{{Kind: EndFaults}}
	}
	return []Clue{c}
}

// otherToken tells of an answer that cannot be matched, because its token is not that of the request.
func (e *evidence) otherToken() []Clue {
	if !e.seen || e.x.Framing.Reliable() || e.answered() {
		return nil
	}
	f := e.log().At(e.near.otherToken)
	var m protocol.Message
	if f == nil || m.ParseExtended(f.Data) != nil {
		if !e.outgoing() {
			return nil
		}
		return []Clue{{Certainty: RuledOut, Title: "No answer with another token came"}}
	}
	c := Clue{
		Certainty: Likely, Title: "The answer has another token", Frame: f.Seq, Clause: "RFC 7252 §5.3.2",
		Text:    fmt.Sprintf("#%d is %v with %s; the request has %s. Only the token tells what a response answers.", f.Seq, m.Code, tokenText(m.Token), tokenText(e.x.Token)),
		Next:    "The device has to send the token back as it is (RFC 7252 §5.3.1). An empty one may work with it.",
		Actions: []Remedy{{Kind: SendWithoutToken}},
	}
	if e.near.sameID {
		c.Certainty = Certain
		c.Text = fmt.Sprintf("#%d is %v in an ACK with the message ID of the request, but with %s; the request has %s.", f.Seq, m.Code, tokenText(m.Token), tokenText(e.x.Token))
	}
	if e.x.Token.Len() == 0 {
		c.Next, c.Actions = "The device has to send the token back as it is (RFC 7252 §5.3.1).", nil
	}
	return []Clue{c}
}

func tokenText(t protocol.Token) string {
	if t.Len() == 0 {
		return "no token"
	}
	return "token " + t.String()
}

// otherPlace tells of an answer from elsewhere than where the request went.
func (e *evidence) otherPlace() []Clue {
	if !e.seen || e.x.Framing.Reliable() || e.answered() || e.x.Multicast {
		return nil
	}
	log, n := e.log(), e.near
	c := Clue{Clause: "RFC 7252 §5.3.2"}
	if f := log.At(n.otherPort); f != nil {
		c.Title, c.Frame = fmt.Sprintf("The answer came from port %d instead of %d", f.Source.Port(), e.x.Server.Port()), f.Seq
		c.Text = fmt.Sprintf("#%d has the token of the request. A response counts only if it comes from where the request went.", f.Seq)
		c.Next = "The device, or a NAT before it, sends from the wrong port. Ask on the other one, or mend it."
		c.Actions = []Remedy{{Kind: SendToPort, Port: f.Source.Port()}}
		return []Clue{c}
	}
	if f := log.At(n.otherHost); f != nil {
		c.Title, c.Frame = "The answer came from "+f.Source.String(), f.Seq
		c.Text = fmt.Sprintf("#%d has the token of the request, which went to %s. A response counts only if it comes from there.", f.Seq, e.x.Server)
		c.Next = "The device has several addresses, or a NAT is before it. Ask at the other address."
		c.Actions = []Remedy{{Kind: SendToHost, Host: f.Source}}
		return []Clue{c}
	}
	if f := log.At(n.strangePort); f != nil {
		return []Clue{{
			Certainty: Unknown, Title: fmt.Sprintf("Whether the response from port %d belongs to it", f.Source.Port()), Frame: f.Seq, Clause: c.Clause,
			Text: "It comes from another port of this host, and its token is that of no request.",
		}}
	}
	if !e.outgoing() {
		return nil
	}
	return []Clue{{Certainty: RuledOut, Title: "Nothing came from another port of this host"}}
}

// late tells of an answer that came when nobody waited for it any more.
func (e *evidence) late() []Clue {
	if !e.seen || e.x.Multicast {
		return nil
	}
	f := e.log().At(trace.Seq(e.x.ResponseFrame))
	var critical *exchange.CriticalOptionError
	ended := e.gaveUp() || e.err != nil && !errors.As(e.err, &critical) && e.cancelled() != nil
	switch {
	case e.answered() && f != nil && e.tab && ended && !e.open:
		after := max(f.Time.Sub(e.ended), 0)
		c := Clue{
			Title: "The answer came too late", Frame: f.Seq, Clause: "RFC 7252 §4.8.2",
			Text:    fmt.Sprintf("#%d came %s after the request was sent, and %s after it was given up.", f.Seq, Duration(f.Time.Sub(e.x.First)), Duration(after)),
			Next:    "Wait longer: with a longer ACK_TIMEOUT it is sent less often, and given up later.",
			Actions: []Remedy{{Kind: WaitLonger}},
		}
		if e.cancelled() != nil {
			c.Next, c.Actions = "Send it again, and give the device more time.", []Remedy{{Kind: SendAgain}}
		}
		return []Clue{c}
	case e.answered() && f != nil && !e.tab && e.tardy():
		return []Clue{{
			Certainty: Likely, Title: "The answer came too late", Frame: f.Seq, Clause: "RFC 7252 §4.8.2",
			Text: fmt.Sprintf("#%d came %s after the request; with the usual parameters a client gives up after %s.", f.Seq, Duration(e.x.RTT), Duration(e.transmission.MaxTransmitWait())),
			Next: "The client has to wait longer, or the device to acknowledge at once and answer later (RFC 7252 §5.2.2).",
		}}
	case e.tab && e.gaveUp() && e.outgoing():
		c := Clue{Certainty: RuledOut, Title: "No late answer came"}
		if since := e.now.Sub(e.ended); since > time.Second {
			c.Text = "In the " + Seconds(since) + " since it was given up."
		}
		return []Clue{c}
	}
	return nil
}

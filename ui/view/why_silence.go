package view

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// behind tells of a gateway that answers that somebody behind it has not.
func (e *evidence) behind() []Clue {
	if !e.answered() || e.x.Code == protocol.TooManyRequests || !e.tells(e.x.Code) {
		return nil
	}
	who, whom, it := "The gateway "+e.x.Server.String(), "the server behind it", "the gateway"
	if e.x.Proxy != "" {
		it = "the proxy"
		who, whom = "The proxy "+e.x.Server.String(), hostOf(e.x.Proxy)
	}
	c := Clue{Frame: trace.Seq(e.x.ResponseFrame), Actions: []Remedy{{Kind: SendAgain}}}
	if info, ok := e.x.Code.Info(); ok {
		c.Clause = info.Reference
	}
	c.Text = fmt.Sprintf("#%d is %v, %s after the request.", c.Frame, e.x.Code, Duration(e.x.RTT))
	if text := e.diagnostic(); text != "" {
		c.Text += " It says: " + text
	}
	switch e.x.Code {
	case protocol.GatewayTimeout:
		c.Title = who + " got no answer from " + whom
		c.Next = "Ask that one without " + it + ", if there is a way, and see whether it is awake."
	case protocol.BadGateway:
		c.Title = who + " cannot use what " + whom + " answered"
		c.Next = "What came to the gateway is not seen from here: record it there, or ask without it."
	case protocol.ServiceUnavailable:
		c.Title = who + " cannot serve the request now"
		c.Next = "Try again later" + e.maxAge(", in ", "") + "."
	default:
		c.Title = who + " does not act as a proxy for this URI"
		c.Next, c.Actions = "Ask another proxy, or the server itself: without Proxy-Uri and Proxy-Scheme.", []Remedy{{Kind: SendWithoutProxy}}
	}
	return []Clue{c}
}

// hostOf gives scheme and authority of a URI.
func hostOf(uri string) string {
	if u, err := protocol.ParseURI(uri); err == nil {
		u.Path, u.Query = nil, nil
		return strings.TrimSuffix(u.String(), "/")
	}
	return uri
}

// response gives the response that came; false for none that is kept.
func (e *evidence) response() (m protocol.Message, ok bool) {
	f := e.log().At(trace.Seq(e.x.ResponseFrame))
	return m, f != nil && m.ParseFraming(f.Transport.Framing(), f.Data) == nil
}

// diagnostic gives what the response says for people to read (RFC 7252 §5.5.2).
func (e *evidence) diagnostic() string {
	m, ok := e.response()
	if _, has := m.ContentFormat(); !ok || has || len(m.Payload) == 0 || len(m.Payload) > 200 {
		return ""
	}
	return "“" + strings.ToValidUTF8(string(m.Payload), "·") + "”"
}

// maxAge gives the Max-Age of the response between two texts; empty where it has none.
func (e *evidence) maxAge(before, after string) string {
	m, _ := e.response()
	if v, ok := m.Options.Uint(protocol.MaxAge); ok {
		return before + Seconds(time.Duration(v)*time.Second) + after
	}
	return ""
}

// toldToWait tells of a server that is asked too often.
func (e *evidence) toldToWait() []Clue {
	if !e.answered() || e.x.Code != protocol.TooManyRequests {
		return nil
	}
	wait := e.maxAge("", "")
	if wait == "" {
		wait = "60 s, which is what no Max-Age means,"
	}
	return []Clue{{
		Title: "The device is asked too often", Frame: trace.Seq(e.x.ResponseFrame), Clause: "RFC 8516 §4",
		Text:    fmt.Sprintf("#%d is %v: the same request is not to come again for that time.", e.x.ResponseFrame, e.x.Code),
		Next:    "Wait " + wait + " and send it again: it is held back until then by itself.",
		Actions: []Remedy{{Kind: SendAgain}},
	}}
}

// suppression tells of a request that wants no response.
func (e *evidence) suppression() []Clue {
	const all = 2 | 8 | 16
	classes := e.x.NoResponse
	if !e.seen || classes == 0 && !e.suppressed {
		return nil
	}
	c := Clue{
		Title: "The request asks for no response", Frame: e.first(), Clause: "RFC 7967 §2.1",
		Next: "Take the option No-Response out, and send it again.", Actions: []Remedy{{Kind: SendWithNoResponse}},
	}
	var names []string
	for _, class := range []struct {
		bit  uint8
		name string
	}{{2, "2.xx"}, {8, "4.xx"}, {16, "5.xx"}} {
		if classes&class.bit != 0 {
			names = append(names, class.name)
		}
	}
	c.Text = fmt.Sprintf("Its option No-Response is %d: the server is not to answer with %s.", classes, strings.Join(names, ", "))
	if len(e.acks) > 0 {
		c.Text += fmt.Sprintf(" #%d acknowledges that it has come.", e.acks[0])
	}
	if classes != all {
		c.Certainty = Likely
		c.Title = "The request asks for no response of some classes"
	}
	return []Clue{c}
}

// acknowledged tells of a request that has arrived and whose response has not.
func (e *evidence) acknowledged() []Clue {
	if len(e.acks) == 0 || e.answered() || e.sure || e.x.Method == protocol.Empty {
		return nil
	}
	first := e.log().At(e.acks[0])
	if first == nil {
		return nil
	}
	c := Clue{
		Certainty: Likely, Title: "The device has the request, and its response has not come", Frame: first.Seq, Clause: "RFC 7252 §5.2.2",
		Text: fmt.Sprintf("#%d acknowledged it after %s. The response comes in a message of its own", first.Seq, Duration(first.Time.Sub(e.x.First))),
		Next: "The device may still work on it, or the response was lost. Wait longer, or send it again.",
	}
	switch now := e.ended; {
	case e.open:
		c.Text += fmt.Sprintf(", for which %s have passed.", Duration(e.now.Sub(first.Time)))
	case !now.IsZero():
		c.Text += fmt.Sprintf("; it was waited for %s.", Duration(max(now.Sub(first.Time), 0)))
	default:
		c.Text += "."
	}
	if n := len(e.acks); n > 1 {
		c.Text += fmt.Sprintf(" It acknowledged %d copies, so that the way to the device is good.", n)
	}
	if !e.open {
		c.Actions = []Remedy{{Kind: WaitLonger}, {Kind: SendAgain}}
		if e.x.Observe {
			c.Actions = append(c.Actions, Remedy{Kind: ObserveAgain})
		}
	}
	return []Clue{c}
}

// multicast tells what is to be expected of a group.
func (e *evidence) multicast() []Clue {
	if !e.seen || !e.x.Multicast || e.answered() {
		return nil
	}
	if e.x.Type == protocol.Confirmable {
		return []Clue{{
			Title: "A request to a group must be Non-confirmable", Frame: e.first(), Clause: "RFC 7252 §8.1",
			Text: "Nobody acknowledges a multicast message, and servers may ignore this one.", Next: "Send it as NON.",
		}}
	}
	leisure := e.transmission.DefaultLeisure
	ends := e.x.First.Add(leisure)
	c := Clue{
		Certainty: Likely, Title: "Nobody in the group has something to say", Frame: e.first(), Clause: "RFC 7252 §8.2",
		Text: fmt.Sprintf("A server may ignore a multicast request, as where it would answer with an error; those that answer choose a time within their leisure of %s.", Duration(leisure)),
		Next: "Is a device in the network of that interface, and in that group? Ask one by its own address.",
	}
	if e.live && e.now.Before(ends) {
		c.Title = "The leisure of the group is not over"
		c.Text += " It ends in " + Seconds(ends.Sub(e.now)) + "."
		c.Next = "Wait until then."
	}
	return []Clue{c}
}

// nothing tells whether nothing came back that has to do with the request, and nothing explains that.
func (e *evidence) nothing() bool {
	if !e.seen || e.sure || !e.outgoing() || len(e.acks) > 0 || e.x.Multicast || e.x.State == track.StateSilent && e.x.Transfer != 0 {
		return false
	}
	n := e.near
	return n.record == 0 && n.broken == 0 && n.otherToken == 0 && n.strangePort == 0
}

// toProxy tells that the request went to a proxy.
func (e *evidence) toProxy() []Clue {
	if e.x.Proxy == "" || !e.nothing() {
		return nil
	}
	return []Clue{{
		Certainty: Likely, Title: "The proxy says nothing", Frame: e.first(), Clause: "RFC 7252 §5.7.2",
		Text:    "The request for " + e.x.Proxy + " went to " + e.x.Server.String() + ". A proxy that gets no answer says 5.04 when it gives up, which may be later than here.",
		Next:    "Ask the proxy for something of its own, or the server without the proxy.",
		Actions: []Remedy{{Kind: SendWithoutProxy}},
	}}
}

// securePort tells that the port is that of the other scheme.
func (e *evidence) securePort() []Clue {
	if !e.nothing() {
		return nil
	}
	f := e.log().At(e.first())
	switch port := e.x.Server.Port(); {
	case port == protocol.SecurePort && f != nil && f.Transport == trace.UDP:
		return []Clue{{
			Certainty: Likely, Title: "Port 5684 is for DTLS, and the request is plain CoAP", Frame: f.Seq, Clause: "RFC 7252 §12.7",
			Text: "A server of coaps drops what is no DTLS record without a word.",
			Next: "Ask with coaps://, or on port 5683.", Actions: []Remedy{{Kind: SendSecured}, {Kind: SendToPort, Port: protocol.Port}},
		}}
	case port == protocol.Port && f != nil && f.Transport == trace.DTLS:
		return []Clue{{
			Certainty: Likely, Title: "Port 5683 is for plain CoAP, and the request went by DTLS", Frame: f.Seq, Clause: "RFC 7252 §12.6",
			Text: "A server of coap drops what is no CoAP message without a word.",
			Next: "Ask on port 5684.", Actions: []Remedy{{Kind: SendToPort, Port: protocol.SecurePort}},
		}}
	}
	return nil
}

// What IP and UDP add to a message, and what every way carries in one packet (RFC 7252 §4.6).
const (
	headers4 = 20 + 8
	headers6 = 40 + 8
	leastMTU = 1280
)

// tooBig tells that the request may not get through in one packet.
func (e *evidence) tooBig() []Clue {
	packet, name := e.size+headers4, "IPv4"
	if e.x.Server.Addr().Is6() {
		packet, name = e.size+headers6, "IPv6"
	}
	if !e.nothing() || packet <= leastMTU || e.x.Framing.Reliable() {
		return nil
	}
	text := fmt.Sprintf("Its %s take %s with the headers of %s and UDP. %d are sure to get through in one packet", Bytes(e.size), Bytes(packet), name, leastMTU)
	if packet > 1500 {
		text += "; Ethernet carries 1500, so that it goes in fragments, which many devices and firewalls drop"
	}
	return []Clue{{
		Certainty: Likely, Title: "The message may be too big for the way, or for the device", Frame: e.first(), Clause: "RFC 7252 §4.6",
		Text: text + ".", Next: "Send its body in smaller blocks (RFC 7959).", Actions: []Remedy{{Kind: SmallerBlocks}},
	}}
}

// sentOnce tells that a NON may be lost without anybody noticing.
func (e *evidence) sentOnce() []Clue {
	if !e.nothing() || e.x.Type != protocol.NonConfirmable || e.x.Framing.Reliable() {
		return nil
	}
	c := Clue{
		Certainty: Likely, Title: "A Non-confirmable request is sent once, and may be lost", Frame: e.first(), Clause: "RFC 7252 §4.3",
		Text: "Nobody repeats it or acknowledges it.",
		Next: "Send it Confirmable.", Actions: []Remedy{{Kind: SendConfirmable}, {Kind: SendAgain}},
	}
	if names := criticalNames(e.request.Options, "", ""); names != "" {
		c.Text += " A server that does not know a critical option (" + names + ") drops it silently; in a Confirmable one it would say 4.02."
	}
	return []Clue{c}
}

// silence tells what is known where nothing at all came back.
func (e *evidence) silence() []Clue {
	var timeout *exchange.TimeoutError
	if !e.seen && errors.As(e.err, &timeout) { // its frames are not looked at yet, or dropped
		return []Clue{{
			Certainty: Likely, Title: "Nothing came back", Text: sentence(timeout.Error()), Clause: "RFC 7252 §4.2",
			Next: "Is the address right, is the device awake, and does it listen on this port?", Actions: []Remedy{{Kind: SendAgain}},
		}}
	}
	if !e.nothing() {
		return nil
	}
	addr := e.x.Server.Addr()
	c := Clue{
		Certainty: Likely, Title: "No sign of the device", Frame: e.newest(), Clause: "RFC 7252 §4.2",
		Text:    fmt.Sprintf("Sent %s, and no packet came back from %s.", e.tries(), addr),
		Next:    "Is the address right, is the device awake, and does it listen on this port?",
		Actions: []Remedy{{Kind: SendAgain}},
	}
	if e.x.Type == protocol.NonConfirmable {
		c.Clause = "RFC 7252 §4.3"
	}
	if port := e.x.Server.Port(); port != protocol.Port && port != protocol.SecurePort {
		c.Actions = append(c.Actions, Remedy{Kind: SendToPort, Port: protocol.Port})
	}
	n := e.near
	before := e.log().At(n.before)
	name, prefix, near := e.w.network(addr)
	switch {
	case e.x.Framing.Reliable():
		c.Title, c.Clause = "The server leaves the request unanswered", "RFC 8323 §3.3"
		c.Text = "On a reliable transport nothing is lost as long as the connection stands."
		c.Next = "Look at what comes later on the connection; a Release or Abort ends it."
	case n.others > 0:
		c.Title, c.Frame = "The device answers others, and not this request", n.other
		c.Text += fmt.Sprintf(" To other requests came %s meanwhile, the last with #%d.", count(n.others, "answer", "answers"), n.other)
		c.Next = "Either this request or its answer is lost each time, as for its size, or the device leaves it unanswered. Send it again, or something simpler."
	case before != nil && n.fromPort:
		c.Title, c.Frame = "The device was there, and is silent now", n.before
		c.Text += fmt.Sprintf(" It was heard last with #%d, %s before the request.", n.before, Duration(e.x.First.Sub(before.Time)))
		c.Next = "It may sleep, have restarted, or be out of reach. Send it again a little later."
	case before != nil:
		c.Title, c.Frame = "The host is there, but not heard on this port", n.before
		c.Text += fmt.Sprintf(" It was heard from port %d with #%d.", before.Source.Port(), n.before)
		c.Next = "Is the port right?"
		c.Actions = append([]Remedy{{Kind: SendToPort, Port: before.Source.Port()}}, c.Actions...)
	case !e.live:
		c.Text += " Nothing else of it is in these packets."
	case addr.IsLoopback():
		c.Title = "A program on this computer has the port, and does not answer"
		c.Text += " A port that no program has would be told by an ICMP error."
		c.Next = "Is it the right program, and does it speak CoAP?"
	case near:
		c.Text += fmt.Sprintf(" The address is in the network %s of %s, so that no router is between.", prefix, name)
	default:
		c.Text += " It is in no network of this computer: a router passes it on, and the way back has to be there too."
	}
	return []Clue{c}
}

// tries says how often it was sent and in what time.
func (e *evidence) tries() string {
	if len(e.sent) == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in %s", len(e.sent), Duration(e.last.Sub(e.x.First)))
}

// outOfSight tells what only the other end can see.
func (e *evidence) outOfSight() []Clue {
	if !e.nothing() || e.x.Framing.Reliable() || e.live && e.x.Server.Addr().IsLoopback() {
		return nil
	}
	return []Clue{{
		Certainty: Unknown, Title: "Whether the request arrives", Clause: "RFC 7252 §4.2",
		Text: "A device that sleeps, a wrong address and a firewall that drops look the same from here.",
		Next: fmt.Sprintf("Record at the device or its router: tcpdump -w device.pcap udp port %d, and open that here.", e.x.Server.Port()),
	}}
}

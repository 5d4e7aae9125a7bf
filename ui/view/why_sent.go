package view

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/qblock"
	"coapscope/session/trace"
	"coapscope/session/transport"
)

// faults looks for what the bad network did that the user made.
func (e *evidence) faults() []Clue {
	c := Clue{
		Frame: e.swallowed, Next: "Make the network good again, and send it again.",
		Actions: []Remedy{{Kind: EndFaults}},
	}
	switch {
	case e.swallowed != 0:
		c.Title = "The answer came, and was lost on purpose"
		c.Text = fmt.Sprintf("#%d was taken away by the bad network that is set for this program.", e.swallowed)
	case len(e.lost) > 0 && len(e.lost) == len(e.sent):
		c.Title, c.Frame = "Lost on purpose", e.lost[0]
		c.Text = "The bad network that is set for this program let none of " + count(len(e.sent), "transmission", "transmissions") + " out."
	case len(e.lost) > 0:
		c.Certainty, c.Title, c.Frame = Likely, "Some of it was lost on purpose", e.lost[0]
		c.Text = fmt.Sprintf("The bad network that is set for this program took %d of %d transmissions away.", len(e.lost), len(e.sent))
	case e.bent != 0:
		c.Certainty, c.Title, c.Frame = Likely, "The request was corrupted on purpose", e.bent
		c.Text = "The bad network that is set for this program flipped bits of it."
	default:
		if rules, _ := e.w.Engine.Faults(); e.live && e.seen && len(rules.Rules) > 0 {
			return []Clue{{Certainty: RuledOut, Title: "No packet of it was lost on purpose"}}
		}
		return nil
	}
	if !e.live {
		c.Next, c.Actions = "", nil
	}
	return []Clue{c}
}

// cancelled tells of an end that the user wanted.
func (e *evidence) cancelled() []Clue {
	if !errors.Is(e.err, context.Canceled) && !errors.Is(e.err, exchange.ErrCancelled) {
		return nil
	}
	c := Clue{Title: "Cancelled", Frame: e.first(), Next: "Send it again when you like.", Actions: []Remedy{{Kind: SendAgain}}}
	if len(e.sent) > 0 {
		c.Text = "The request was ended " + Duration(e.waited()) + " after it was sent, and no answer had come."
	}
	return []Clue{c}
}

// notSent tells why a request was not sent, or not yet, and of other errors that are not the network's.
func (e *evidence) notSent() []Clue {
	var lookup *net.DNSError
	var file *fs.PathError
	var block *blockwise.Error
	var qBlock *qblock.Error
	var waits Clue
	switch held := e.waits.(type) {
	case session.HeldBack:
		waits = Clue{Title: "Held back: the device asked to wait", Text: heldWords(held) + ".", Clause: heldClause(held.Code), Next: "Wait until then; it is sent by itself."}
	case session.Waiting:
		waits = Clue{
			Title: "Not sent yet", Text: "It " + waitingWords(held) + ".", Clause: waitingClause(held.Why),
			Next: "Wait, or cancel what is open with this device.",
		}
	}
	if waits.Title != "" && !e.open {
		waits.Title, waits.Next = "It was never sent", ""
	}
	switch err := e.err; {
	case waits.Title != "":
		return []Clue{waits}
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, exchange.ErrCancelled):
		return nil
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return []Clue{{
			Title: lookup.Name + ": no such host", Text: "The name has no address, so that nothing was sent.", Clause: "RFC 7252 §6.1",
			Next: "Check how the name is written, or use the address of the device.",
		}}
	case errors.As(err, &lookup):
		return []Clue{{
			Title: lookup.Name + ": " + lookup.Err, Text: "The name could not be looked up, so that nothing was sent.", Clause: "RFC 7252 §6.1",
			Next: "Try again, or use the address of the device.", Actions: []Remedy{{Kind: SendAgain}},
		}}
	case errors.As(err, &file):
		return []Clue{{Title: file.Path + ": " + file.Err.Error(), Text: "The payload could not be read, so that nothing was sent.", Next: "Check the name of the file under Payload."}}
	case errors.Is(err, session.ErrGroup):
		return []Clue{{
			Title: e.to.Addr().String() + " reaches many devices, and a request is for one", Clause: "RFC 7252 §8.1",
			Next: "Discover asks all devices of a network; write the address of one here.",
		}}
	case errors.As(err, &block):
		return []Clue{{Title: "The transfer in blocks failed", Text: err.Error() + ".", Clause: block.Section, Frame: e.received, Next: "The packets show which block it was. Send it again, or with another block size.", Actions: []Remedy{{Kind: SendAgain}}}}
	case errors.As(err, &qBlock) && qBlock.Reason != qblock.NoResponse:
		return []Clue{{Title: "The transfer by Q-Block failed", Text: err.Error() + ".", Clause: qBlock.Section, Frame: e.received, Next: "The packets show which block it was. Send it again, or without Q-Block.", Actions: []Remedy{{Kind: SendAgain}}}}
	case e.gaveUp(), qBlock != nil, isOneOf[*exchange.UnreachableError](err), isOneOf[*exchange.CriticalOptionError](err), errors.Is(err, exchange.ErrReset):
		return nil
	}
	return []Clue{{Title: e.err.Error(), Frame: e.received, Next: "Change the request as that says, and send it again."}}
}

func isOneOf[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func heldClause(c protocol.Code) string {
	if c == protocol.TooManyRequests {
		return "RFC 8516 §4"
	}
	return "RFC 7252 §5.9.3.4"
}

func waitingClause(w exchange.Why) string {
	if w == exchange.WaitsForMessageID {
		return "RFC 7252 §4.4"
	}
	return "RFC 7252 §4.7"
}

// noRoute tells what the system said when it was to send.
func (e *evidence) noRoute() []Clue {
	var unreachable *exchange.UnreachableError
	if !errors.As(e.err, &unreachable) || isOneOf[*transport.ICMPError](e.err) {
		if !e.outgoing() {
			return nil
		}
		c := Clue{Certainty: RuledOut, Title: "The system had a route and sent it", Frame: e.first()}
		if f := e.log().At(e.first()); e.live && f != nil && f.Interface != "" {
			c.Text = "By " + f.Interface + "."
		} else if e.live {
			c.Text = "From " + e.x.Client.Addr().String() + "."
		} else {
			c.Title = "It was on the wire where the packets were recorded"
		}
		return []Clue{c}
	}
	err := unreachable.Err
	c := Clue{
		Title: "Not sent", Text: "The system said: " + err.Error() + ".", Clause: "RFC 1122 §3.3.1", Frame: e.first(),
		Next:    "Is the address right, and is this computer connected to the network that it is in?",
		Actions: []Remedy{{Kind: SendAgain}},
	}
	if e.to.Addr().Is6() {
		c.Clause = "RFC 4861 §5.2"
	}
	switch {
	case errors.Is(err, syscall.ENETUNREACH):
		c.Title = "No route to " + e.to.Addr().String()
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EHOSTDOWN):
		c.Title = e.to.Addr().String() + " cannot be reached"
		c.Next = "Is the device switched on and connected, and the address right?"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		c.Title, c.Clause = "The system does not let it out", ""
		c.Next = "A firewall of this computer forbids it, or the address is a broadcast address."
	case errors.Is(err, syscall.EMSGSIZE):
		c.Title, c.Clause = "The message is too big to be sent", "RFC 7252 §4.6"
		c.Next, c.Actions = "Send its body in smaller blocks.", []Remedy{{Kind: SmallerBlocks}}
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EINVAL):
		c.Title = "No address of this computer can be used for " + e.to.Addr().String()
	}
	return []Clue{c}
}

// icmpErrors tells what the network said of what was sent.
func (e *evidence) icmpErrors() (clues []Clue) {
	var icmp *transport.ICMPError
	if errors.As(e.err, &icmp) {
		return []Clue{e.icmpClue(icmp, true)}
	}
	for _, u := range e.icmp {
		if errors.As(u.Err, &icmp) {
			clues = append(clues, e.icmpClue(icmp, !u.Ignored))
			break // the others are the same again
		}
	}
	switch {
	case clues != nil || !e.outgoing() || e.x.Framing.Reliable():
	case !e.live:
		clues = append(clues, Clue{Certainty: Unknown, Title: "Whether an ICMP error came", Text: "Only messages were taken from these packets."})
	case runtime.GOOS != "linux":
		clues = append(clues, Clue{Certainty: Unknown, Title: "Whether an ICMP error came", Text: "This system does not tell of them."})
	default:
		clues = append(clues, Clue{Certainty: RuledOut, Title: "No ICMP error came", Text: "Nobody on the way has said that the address, or the port, is not there."})
	}
	return clues
}

// icmpClue says what an ICMP error means; for sure where it ended the request.
func (e *evidence) icmpClue(icmp *transport.ICMPError, sure bool) Clue {
	c := Clue{Certainty: Likely, Frame: e.first(), Text: sentence(icmp.Error()), Clause: "RFC 792"}
	if sure {
		c.Certainty = Certain
	}
	if icmp.IPv6 {
		c.Clause = "RFC 4443 §3"
	}
	to := e.to
	switch {
	case icmp.PortUnreachable():
		c.Title = fmt.Sprintf("Nothing listens on port %d of %s", to.Port(), to.Addr())
		c.Next = "The host is there. Is the port right (CoAP has 5683 as a rule), and is the program that should answer running?"
		if c.Clause = "RFC 1122 §4.1.3.1"; icmp.IPv6 {
			c.Clause = "RFC 4443 §3.1"
		}
		c.Actions = []Remedy{{Kind: SendAgain}}
		if to.Port() != protocol.Port {
			c.Actions = []Remedy{{Kind: SendToPort, Port: protocol.Port}}
		}
	case icmp.Prohibited():
		c.Title = "A firewall does not let it through to " + to.Addr().String()
		c.Next = "Whoever looks after the network, or the device, has to allow UDP to port " + fmt.Sprint(to.Port()) + "."
		if c.Clause = "RFC 1812 §5.2.7.1"; icmp.IPv6 {
			c.Clause = "RFC 4443 §3.1"
		}
	case icmp.TooBig():
		c.Title = "The message is too big for the way to " + to.Addr().String()
		c.Next = "Send its body in smaller blocks."
		c.Actions = []Remedy{{Kind: SmallerBlocks}}
		if e.request.Type == protocol.NonConfirmable {
			c.Next = "Send it Confirmable, so that it is repeated in fragments, or its body in smaller blocks."
			c.Actions = append(c.Actions, Remedy{Kind: SendConfirmable})
		}
	case icmp.Passing():
		c.Title = "It was dropped on the way: " + icmp.Reason()
		c.Next = "A loop between routers does that. Look at the way with traceroute; the address may be wrong."
	default:
		c.Title = "The network does not deliver to " + to.Addr().String()
		c.Next = "Is the address right, and is the device switched on and connected?"
		c.Actions = []Remedy{{Kind: SendAgain}}
	}
	return c
}

// newest gives the newest transmission; 0 for none.
func (e *evidence) newest() trace.Seq {
	if len(e.sent) == 0 {
		return 0
	}
	return e.sent[len(e.sent)-1]
}

// sentence makes a sentence of words that may begin small and lack an end.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// localNetwork is a network that this computer is in.
type localNetwork struct {
	name   string // of the interface
	prefix netip.Prefix
}

// localNetworks gives the networks of the interfaces that are up. They are looked up as seldom as the interfaces.
func (w *Workbench) localNetworks() []localNetwork {
	links, err := w.Interfaces()
	if err != nil || w.networksAt.Equal(w.linksAt) {
		return w.networks
	}
	w.networks, w.networksAt = nil, w.linksAt
	for _, l := range links {
		addrs, err := l.Net.Addrs()
		if err != nil {
			continue // it has vanished since
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				w.networks = append(w.networks, localNetwork{l.Net.Name, p.Masked()})
			}
		}
	}
	return w.networks
}

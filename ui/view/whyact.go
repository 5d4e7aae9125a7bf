package view

import (
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/fault"
)

// ActionKind is something that the user can have done about a request that has no answer.
type ActionKind uint8

const (
	SendAgain          ActionKind = iota // as it is
	SendToPort                           // to another port of the host
	SendToHost                           // to another endpoint
	SendSecured                          // with coaps://
	SendConfirmable                      // as CON
	SendNonConfirmable                   // as NON
	SendWithoutToken                     // with an empty token, as all that follow to the device
	SendWithNoResponse                   // without the option No-Response
	SendWithoutProxy                     // without Proxy-Uri and Proxy-Scheme, to whom they name
	SmallerBlocks                        // with its body in smaller blocks
	WaitLonger                           // with twice the ACK_TIMEOUT, as all that follow to the device
	ObserveAgain                         // registers anew
	EndFaults                            // with a good network
)

// Action is one such thing.
type Action struct {
	Kind ActionKind
	Port uint16         // of SendToPort
	Host netip.AddrPort // of SendToHost
}

// Label names it as a button does.
func (a Action) Label() string {
	switch a.Kind {
	case SendToPort:
		return fmt.Sprintf("Send to port %d", a.Port)
	case SendToHost:
		return "Send to " + a.Host.String()
	case SendSecured:
		return "Send with coaps"
	case SendConfirmable:
		return "Send as CON"
	case SendNonConfirmable:
		return "Send as NON"
	case SendWithoutToken:
		return "Send without token"
	case SendWithNoResponse:
		return "Send without No-Response"
	case SendWithoutProxy:
		return "Send without proxy"
	case SmallerBlocks:
		return "Send in smaller blocks"
	case WaitLonger:
		return "Wait twice as long"
	case ObserveAgain:
		return "Observe again"
	case EndFaults:
		return "Good network, send again"
	}
	return "Send again"
}

// smallBlock is what a body is sent in where a message was too big: it fits one packet of every network, and with the
// fragments of 6LoWPAN is not many.
const smallBlock = 256

// redraft gives the draft that an action makes of that of the tab; false where it would not be another, or cannot be
// sent.
func (w *Workbench) redraft(t *Tab, a Action) (Draft, bool) {
	d := t.Draft
	d.Options = append([]DraftOption(nil), d.Options...)
	uri, err := ParseAddress(d.Address, w.base())
	if err != nil {
		return d, false
	}
	was := uri.String()
	without := func(numbers ...protocol.OptionNumber) (removed string) {
		kept := d.Options[:0]
		for _, o := range d.Options {
			if o.Number == numbers[0] || o.Number == numbers[len(numbers)-1] {
				removed = o.Text
				continue
			}
			kept = append(kept, o)
		}
		d.Options = kept
		return removed
	}
	switch a.Kind {
	case SendToPort:
		uri.Port = a.Port
	case SendToHost:
		uri.Host, uri.Port = a.Host.Addr().String(), a.Host.Port()
	case SendSecured:
		if uri.Port == uri.Scheme.DefaultPort() {
			uri.Port = protocol.SecurePort
		}
		uri.Scheme = protocol.CoAPS
	case SendConfirmable:
		d.Type = protocol.Confirmable
	case SendNonConfirmable:
		d.Type = protocol.NonConfirmable
	case SendWithNoResponse:
		without(protocol.NoResponse)
	case SendWithoutProxy:
		if named, err := protocol.ParseURI(without(protocol.ProxyURI, protocol.ProxyScheme)); err == nil {
			uri = named
		}
	case SmallerBlocks:
		if d.BlockSize != 0 && d.BlockSize <= smallBlock {
			d.BlockSize = max(d.BlockSize/2, 16)
		} else {
			d.BlockSize = smallBlock
		}
	default:
		return d, true
	}
	if uri.String() != was {
		d.Address = uri.String()
	}
	changed := d.Address != t.Draft.Address || d.Type != t.Draft.Type || len(d.Options) != len(t.Draft.Options) || d.BlockSize != t.Draft.BlockSize
	_, _, problems := d.Message(w.base())
	return d, changed && len(problems) == 0
}

// CanDo tells whether an action can be carried out for a tab now, so that it is offered.
func (w *Workbench) CanDo(t *Tab, a Action) bool {
	_, ok := w.redraft(t, a)
	return ok && t.State != TabObserving
}

// longestAckTimeout bounds how far ACK_TIMEOUT is doubled: a request is then given up after more than an hour.
const longestAckTimeout = 2 * time.Minute

// Do carries an action out for the current tab, which sends its request, changed as the action says.
func (w *Workbench) Do(a Action) {
	t := w.Tab()
	d, ok := w.redraft(t, a)
	if !ok {
		w.Say(Warning, "%s: the request is not the same any more", a.Label())
		return
	}
	to := netip.AddrPort{}
	if e, known := w.evidenceOf(t); known {
		to = e.to
	}
	switch a.Kind {
	case SendWithoutToken:
		w.Engine.SetIdentifiersOf(to, &exchange.Identifiers{Tokens: exchange.EmptyTokens})
		w.Say(Dim, "Requests to %s have an empty token from now on", to)
	case WaitLonger:
		parameters := w.Engine.TransmissionOf(to)
		parameters.AckTimeout = min(2*parameters.AckTimeout, longestAckTimeout)
		w.Engine.SetTransmissionOf(to, &parameters)
		w.Say(Dim, "ACK_TIMEOUT for %s is %s from now on, so that a request is given up after %s", to, Duration(parameters.AckTimeout), Duration(parameters.MaxTransmitWait()))
	case EndFaults:
		if err := w.Engine.SetFaults(fault.Config{}); err != nil {
			w.Say(Error, "%v", err)
			return
		}
		w.Say(Good, "The network is left as it is")
	}
	t.Draft = d
	w.Changed(PartDraft | PartTabs | PartStatus)
	if a.Kind == ObserveAgain {
		w.Observe()
		return
	}
	w.Send()
}

package view

import (
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/fault"
	"coapscope/ui/draft"
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

// Remedy is one such thing.
type Remedy struct {
	Kind ActionKind
	Port uint16         // of SendToPort
	Host netip.AddrPort // of SendToHost
}

// Label names it as a button does.
func (a Remedy) Label() string {
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
func (w *Workbench) redraft(t *Tab, a Remedy) (draft.Draft, bool) {
	d := t.Draft.Clone()
	before := w.built(t)
	uri := before.URI
	if d.Proxy != "" && (a.Kind == SendToPort || a.Kind == SendToHost) {
		return d, false // the place is that of the proxy
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
	case SendWithoutToken:
		d.Token = "empty"
	case SendWithNoResponse:
		d.Remove(protocol.NoResponse)
	case SendWithoutProxy:
		if i := d.Option(protocol.ProxyURI); i >= 0 {
			if named, err := protocol.ParseURI(d.Options[i].Text); err == nil {
				uri = named
			}
		}
		d.Proxy = ""
		d.Remove(protocol.ProxyURI)
		d.Remove(protocol.ProxyScheme)
	case SmallerBlocks:
		d.BlockSize = smallBlock
		if was := t.Draft.BlockSize; was != 0 && was <= smallBlock {
			d.BlockSize = max(was/2, 16)
		}
	case WaitLonger:
		d.AckTimeout = min(2*w.ackTimeout(t, &before), longestAckTimeout).String()
	default:
		return d, len(before.Problems) == 0
	}
	if uri.String() != before.URI.String() {
		d.Address = uri.String()
	}
	return d, !d.Equal(t.Draft) && len(w.built(&Tab{Draft: d}).Problems) == 0
}

// ackTimeout gives the ACK_TIMEOUT of the tab's request.
func (w *Workbench) ackTimeout(t *Tab, b *draft.Built) time.Duration {
	if own := b.Request.Transmission; own != nil {
		return own.AckTimeout
	}
	e, _ := w.evidenceOf(t)
	return w.Engine.TransmissionOf(e.to).AckTimeout
}

// CanDo tells whether an action can be carried out for a tab now, so that it is offered.
func (w *Workbench) CanDo(t *Tab, a Remedy) bool {
	_, ok := w.redraft(t, a)
	return ok && t.State != TabObserving
}

// longestAckTimeout bounds how far ACK_TIMEOUT is doubled: a request is then given up after more than an hour.
const longestAckTimeout = 2 * time.Minute

// Do carries an action out for the current tab, which sends its request, changed as the action says.
func (w *Workbench) Do(a Remedy) {
	t := w.Tab()
	d, ok := w.redraft(t, a)
	if !ok {
		w.Say(Warning, "%s: the request is not the same any more", a.Label())
		return
	}
	switch a.Kind {
	case WaitLonger:
		w.Say(Dim, "The request waits with an ACK_TIMEOUT of %s", d.AckTimeout)
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

package view

import (
	"errors"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// evidence is what is known of a request without an answer: from its frames, from those near them, and from what the
// engine said.
type evidence struct {
	w    *Workbench
	in   *Traffic // that has the frames
	now  time.Time
	what string // was asked, as far as that is known without a frame
	live bool   // it is this program's
	open bool   // it is still waited for

	// Of a tab.
	tab        bool
	err        error // why it was given up
	to         netip.AddrPort
	ended      time.Time     // when it was given up
	waits      session.Event // what it waits for before it is sent: Waiting or HeldBack; nil for nothing
	suppressed bool          // it ended without an answer, as was asked for
	received   trace.Seq     // the frame that ended it; 0 for none

	x            track.Exchange
	seen         bool             // x is known
	request      protocol.Message // of x, as far as it can be read
	size         int              // of its datagram, in bytes
	last         time.Time        // of the last transmission
	sent         []trace.Seq      // transmissions
	lost         []trace.Seq      // those of them that were lost on purpose
	bent         trace.Seq        // one that was corrupted on purpose; 0 for none
	acks         []trace.Seq      // Empty ACKs of it
	reset        trace.Seq        // a RST for it
	broken       trace.Seq        // a reply that cannot be read, by its message ID
	swallowed    trace.Seq        // a reply that was lost on purpose
	near         *surroundings    // what came besides
	icmp         []session.Undelivered
	transmission protocol.Transmission

	sure bool // it is known why
}

// evidenceOf gathers what is known of the last request of a tab; false where there is nothing to explain.
func (w *Workbench) evidenceOf(t *Tab) (e evidence, ok bool) {
	a := t.Answer
	waits := t.State == TabAsking || t.State == TabCancelling
	if !waits && a == nil {
		return e, false
	}
	frame := trace.Seq(0)
	switch {
	case t.Last != nil:
		frame = t.Last.Frame
	case !waits:
		frame = a.Sent
	}
	e, _ = w.evidenceIn(w.live, w.live.tracker.Info(uint64(frame)).Exchange)
	e.tab, e.live, e.open, e.what, e.waits = true, true, waits, t.what, t.waiting
	if waits {
		return e, true
	}
	e.err, e.to, e.ended, e.received, e.suppressed = a.Err, a.To, a.At, a.Received, a.Suppressed
	if !e.to.IsValid() {
		e.to = e.x.Server
	}
	return e, a.Err != nil || a.Suppressed || e.tells(a.Message.Code)
}

// evidenceIn gathers what packets tell of an exchange; false where it is none that asks for something.
func (w *Workbench) evidenceIn(t *Traffic, i track.Index) (e evidence, ok bool) {
	e = evidence{w: w, in: t, now: time.Now(), live: t == w.live, transmission: protocol.DefaultTransmission()}
	e.x, ok = t.tracker.Exchange(i)
	if !ok || !e.x.RequestSeen || !e.x.Server.IsValid() { // pasted messages are from nowhere
		return e, false
	}
	e.seen, e.to = true, e.x.Server
	e.look()
	e.near = w.surroundingsOf(t, &e)
	if e.live {
		e.transmission = w.Engine.TransmissionOf(e.x.Server)
		for _, u := range w.Engine.Undelivered(e.x.Server, e.x.First) {
			if u.MessageID == e.x.MessageID && !e.x.Framing.Reliable() {
				e.icmp = append(e.icmp, u)
			}
		}
		for _, open := range w.open {
			e.open = e.open || open.To == e.x.Server && open.MessageID == e.x.MessageID && open.Token == e.x.Token && open.State != session.OpenObserving
		}
	}
	return e, true
}

// someFrames bounds how many frames of an exchange are looked at: the first ones, as transmissions are.
const someFrames = 256

// look goes through the frames of the exchange.
func (e *evidence) look() {
	t := e.in
	all := t.framesOf(e.x.Index)
	for _, n := range all[:min(len(all), someFrames)] {
		f := t.log.At(trace.Seq(n))
		if f == nil {
			continue
		}
		info := t.tracker.Info(n)
		toServer := f.Source == e.x.Client && f.Direction != trace.Received
		if !toServer && f.Fault&trace.Lost != 0 && info.Role != track.RoleAcknowledgement {
			if e.swallowed == 0 {
				e.swallowed = f.Seq
			}
			continue
		}
		switch info.Role {
		case track.RoleRequest, track.RolePing, track.RoleRetransmission:
			if len(e.sent) == 0 {
				e.size = len(f.Data)
				_ = e.request.ParseFraming(f.Transport.Framing(), f.Data) // what can be read of it is enough
			}
			e.sent, e.last = append(e.sent, f.Seq), f.Time
			if f.Fault&trace.Lost != 0 {
				e.lost = append(e.lost, f.Seq)
			} else if f.Fault&trace.Corrupted != 0 && e.bent == 0 {
				e.bent = f.Seq
			}
		case track.RoleAcknowledgement:
			if !toServer && info.Related == e.x.FirstFrame && f.Fault&trace.Lost == 0 {
				e.acks = append(e.acks, f.Seq)
			}
		case track.RoleReset:
			if !toServer && e.reset == 0 {
				e.reset = f.Seq
			}
		case track.RoleMalformed:
			if e.broken == 0 {
				e.broken = f.Seq
			}
		}
	}
}

// first gives the first transmission; 0 for none.
func (e *evidence) first() trace.Seq {
	if len(e.sent) == 0 {
		return 0
	}
	return e.sent[0]
}

// answered tells whether a response came to the engine, or whoever asked: no fault has kept it.
func (e *evidence) answered() bool {
	return e.seen && e.x.ResponseFrame != 0 && trace.Seq(e.x.ResponseFrame) != e.swallowed
}

// unanswered tells whether the exchange has no answer, or only one that tells of that.
func (e *evidence) unanswered() bool {
	if !e.answered() {
		return true
	}
	return e.tells(e.x.Code) || e.tardy() && !e.x.Multicast
}

// tells tells whether a response code says that the answer is not to be had: from whom a gateway asks, or now.
func (e *evidence) tells(c protocol.Code) bool {
	switch c {
	case protocol.BadGateway, protocol.GatewayTimeout, protocol.ProxyingNotSupported, protocol.TooManyRequests:
		return true
	case protocol.ServiceUnavailable:
		return e.seen && e.x.Proxy != ""
	}
	return false
}

// tardy tells whether the answer came when a client with the usual parameters has given up (RFC 7252 §4.8.2).
func (e *evidence) tardy() bool {
	return e.x.Type == protocol.Confirmable && !e.x.Framing.Reliable() && len(e.acks) == 0 && e.x.RTT > e.transmission.MaxTransmitWait()
}

// gaveUp tells whether the engine waited in vain.
func (e *evidence) gaveUp() bool {
	var timeout *exchange.TimeoutError
	var silent *exchange.NoResponseError
	return errors.As(e.err, &timeout) || errors.As(e.err, &silent)
}

// tabOf gives the tab whose last request an exchange of the live packets is; nil for none.
func (w *Workbench) tabOf(i track.Index) *Tab {
	if w.Traffic != w.live || i == 0 {
		return nil
	}
	for _, t := range w.Tabs {
		for _, frame := range []trace.Seq{t.lastFrame(), t.answerFrame()} {
			if frame != 0 && w.live.tracker.Info(uint64(frame)).Exchange == i {
				return t
			}
		}
	}
	return nil
}

func (t *Tab) lastFrame() trace.Seq {
	if t.Last == nil {
		return 0
	}
	return t.Last.Frame
}

func (t *Tab) answerFrame() trace.Seq {
	if t.Answer == nil || t.Last != nil {
		return 0
	}
	return t.Answer.Sent
}

package view

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/track"
)

// liveExchanges is what the engine says of exchanges of its own that are open: the plan of their retransmissions, and
// what they wait for. Frames do not tell that, nor that an exchange was given up.
type liveExchanges struct {
	open, before map[uint32]session.OpenExchange // by entry
	byKey        map[liveKey]track.Index         // of exchanges that are open, or were when the engine was asked last
	listed       map[liveKey]bool                // memory of Sync
	waiting      []session.OpenExchange          // requests of which nothing was sent yet
}

// liveKey names an exchange as the engine does.
type liveKey struct {
	to    netip.AddrPort
	id    protocol.MessageID
	token protocol.Token
}

func newLiveExchanges() liveExchanges {
	return liveExchanges{
		open: make(map[uint32]session.OpenExchange), before: make(map[uint32]session.OpenExchange),
		byKey: make(map[liveKey]track.Index), listed: make(map[liveKey]bool),
	}
}

// sent notes that the program itself has begun an exchange.
func (l *liveExchanges) sent(t *Traffic, i track.Index) {
	ex, _ := t.tracker.Exchange(i)
	l.byKey[liveKey{ex.Server, ex.MessageID, ex.Token}] = i
}

// Sync takes what the engine has open. It tells whether that are other exchanges than before.
func (x *Exchanges) Sync(open []session.OpenExchange) (changed bool) {
	l := &x.live
	if len(open)+len(l.open)+len(l.byKey)+len(l.waiting) == 0 {
		return false
	}
	waited := len(l.waiting)
	l.open, l.before = l.before, l.open
	clear(l.open)
	clear(l.listed)
	l.waiting = l.waiting[:0]
	for _, o := range open {
		to := netip.AddrPortFrom(o.To.Addr().Unmap(), o.To.Port())
		key := liveKey{to, o.MessageID, o.Token}
		l.listed[key] = true
		i := l.byKey[key]
		switch unsent := o.Attempt == 0 && (o.State == session.OpenQueued || o.State == session.OpenHeldBack); {
		case i != 0 && !unsent:
			l.open[x.of[i-1]-1] = o
		case unsent:
			l.waiting = append(l.waiting, o)
		}
	}
	slices.SortFunc(l.waiting, func(a, b session.OpenExchange) int {
		return cmp.Or(a.Started.Compare(b.Started), a.To.Compare(b.To), cmp.Compare(a.Path, b.Path))
	})
	// What the engine does not have any more has ended, but if frames are still to come that may say how.
	complete := x.t.fed == x.t.log.Len()
	for key, i := range l.byKey {
		if l.listed[key] {
			continue
		}
		entry := x.of[i-1] - 1
		if complete {
			delete(l.byKey, key)
		} else if _, ok := l.open[entry]; !ok {
			l.open[entry] = session.OpenExchange{State: session.OpenSent, Attempt: l.before[entry].Attempt, Of: l.before[entry].Of}
		}
	}
	for entry := range l.open {
		if _, was := l.before[entry]; !was {
			changed = true
			x.settle(entry)
		}
	}
	for entry := range l.before {
		if _, is := l.open[entry]; !is {
			changed = true
			x.settle(entry)
		}
	}
	if len(l.waiting) != waited {
		changed = true
	}
	return changed
}

// waiting gives the requests that are shown behind the rows of exchanges: those that are not sent yet.
func (x *Exchanges) waiting() []session.OpenExchange {
	if x.t.Filtered() || x.choice.of == FailedExchanges || x.choice.of == ObservingExchanges {
		return nil
	}
	return x.live.waiting
}

// Open gives the numbers of requests that wait for an answer, or to be sent, and of observations.
func (x *Exchanges) Open() (waiting, observing int) {
	for _, o := range x.live.open {
		if o.State == session.OpenObserving {
			observing++
		}
	}
	return len(x.live.open) + len(x.live.waiting) - observing, observing
}

// openState says what the engine waits for.
func openState(s session.OpenState) exchangeState {
	if s == session.OpenObserving {
		return exchangeState{"◉ observing", Good, false, true}
	}
	return exchangeState{"… " + s.String(), Warning, false, true}
}

// triesOf gives "2 of 5", and when that goes on.
func triesOf(o *session.OpenExchange, now time.Time) (tries, next string) {
	until := o.Next
	switch o.State {
	case session.OpenQueued:
		until = o.Waiting.Until
	case session.OpenHeldBack:
		until = o.Held.Until
	}
	if o.Attempt > 0 && o.State != session.OpenObserving {
		tries = countOf(o.Attempt, o.Of)
	}
	if !until.IsZero() {
		next = Seconds(until.Sub(now))
	}
	return tries, next
}

package view

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"coapscope/discovery"
	"coapscope/session"
)

// holder is a request tab that wants an observation, and what it has asked for that. An observation ends with the last of
// its holders. What was begun elsewhere, from the tree or for a member of a group, is held by the list of observations
// besides; see [Watched.kept].
type holder struct {
	tab   *Tab
	asked context.Context
}

// hold has what a request asks for observed, for a tab or, where that is nil, for the list of observations. However many
// want it, it is one observation (RFC 7641 §3.1): that which is under way goes on, and one that has ended begins again.
// joined tells that it was under way.
func (w *Workbench) hold(r session.Request, path string, by *holder) (o *Watched, joined bool) {
	o = w.watch.find(&r)
	switch {
	case o == nil:
		o = w.newWatched(r, path)
		w.watch.add(o)
	case o.State() == WatchEnded:
		if o.observation != nil || len(o.heldBy()) > 0 {
			w.observed(o) // of its end the window has not heard yet
		}
		o.again(r)
	case o.quit: // it waits for its end, and is not for anybody any more
		next := w.newWatched(r, path)
		w.watch.merge(next, o)
		o = next
	default:
		joined = true
	}
	if !joined {
		o.quit, o.retryAt, o.kept = false, time.Time{}, false
	}
	if by == nil {
		o.kept = true
	} else {
		w.attach(o, *by)
	}
	if !joined {
		w.startWatch(o)
	} else if o.observation != nil && o.State() == WatchStalled {
		o.observation.Reregister() // whoever asks now wants to know now
	}
	w.Changed(PartWatch)
	return o, joined
}

// find gives the observation that the request would be one with; nil for none. What has a token of its own is of one
// request only, but it can be begun again.
func (v *Watch) find(r *session.Request) *Watched {
	key, shared := r.ObservationKey()
	i := slices.IndexFunc(v.items, func(o *Watched) bool { return o.key == key && (shared || o.State() == WatchEnded) })
	return v.Item(i)
}

// attach makes a tab a holder. What is known already is its first answer.
func (w *Workbench) attach(o *Watched, h holder) {
	h.tab.watched = o
	o.mu.Lock()
	o.holders = append(o.holders, h)
	known, n := o.known, watchNews{latest: o.latest, received: o.received, stale: o.stale, note: o.noteNow()}
	o.mu.Unlock()
	if known && h.tab.State == TabAsking {
		w.notified(o, h.tab, &n)
		w.noted(h.tab, &n)
	}
}

// heldBy gives the tabs that hold the observation. It may be called on any goroutine.
func (o *Watched) heldBy() []holder {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.holders)
}

// release lets go of all tabs, and gives them.
func (o *Watched) release() []holder {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.holders
	o.holders = nil
	for _, h := range all {
		h.tab.watched = nil
	}
	return all
}

// leave has a tab hold nothing any more. What it held ends if it was the last.
func (w *Workbench) leave(t *Tab) {
	o := t.watched
	if o == nil {
		return
	}
	t.watched = nil
	o.mu.Lock()
	o.holders = slices.DeleteFunc(o.holders, func(h holder) bool { return h.tab == t })
	last := len(o.holders) == 0
	o.mu.Unlock()
	if last && !o.kept {
		w.quitWatch(o)
	}
}

// without says who goes on to observe what a tab leaves; "" where nobody does.
func (o *Watched) without(t *Tab) string {
	others := slices.DeleteFunc(o.heldBy(), func(h holder) bool { return h.tab == t })
	switch {
	case o.kept:
		return "It goes on in the list of observations until it is stopped there"
	case len(others) == 1:
		return "Another tab goes on with it"
	case len(others) > 1:
		return count(len(others), "other tab goes on with it", "other tabs go on with it")
	}
	return ""
}

// quitWatch ends an observation that nobody wants any more. Asked once more it ends at once, whatever the device says.
func (w *Workbench) quitWatch(o *Watched) {
	o.quit, o.retryAt = true, time.Time{}
	o.mu.Lock()
	if o.state == WatchEnded {
		o.next = time.Time{}
	}
	o.mu.Unlock()
	if o.observation != nil {
		o.observation.Cancel(session.Deregister)
	}
	w.Changed(PartWatch)
}

// StopWatch ends an observation, whoever holds it. What it brought stays.
func (w *Workbench) StopWatch(o *Watched) {
	if o == nil {
		return
	}
	o.kept = false
	for _, h := range o.heldBy() {
		if h.tab.State == TabObserving {
			h.tab.State = TabCancelling
			w.Changed(PartAnswer | PartTabs)
		}
	}
	w.quitWatch(o)
}

// ResumeWatch observes once more what has ended. What was seen before stays.
func (w *Workbench) ResumeWatch(o *Watched) {
	if o.observation != nil || o.State() != WatchEnded || !o.To.IsValid() {
		return
	}
	o.quit, o.retryAt, o.kept = false, time.Time{}, true
	o.again(o.request)
	w.startWatch(o)
}

// MoveWatch goes on with an observation at another address, that of the same device. Where that is observed there already,
// the two become one.
func (w *Workbench) MoveWatch(o *Watched, to netip.AddrPort) {
	if to == o.To || !slices.Contains(w.watch.items, o) {
		return
	}
	w.observed(o) // what has come until now
	if o.observation != nil {
		o.observation.Cancel(session.Forget) // nobody is there any more to be told
		o.observation = nil
	}
	kept, holders := o.kept, o.release()
	if kept = kept || o.quit || len(holders) == 0; o.quit {
		for _, h := range holders {
			w.ended(h.tab, o, session.ObservationEnd{Cancelled: true})
		}
		holders = nil
	}
	o.quit, o.retryAt = true, time.Time{}

	r := o.request
	r.To = to
	there := w.watch.find(&r)
	next := there
	begins := there == nil || there.quit || there.State() == WatchEnded
	if begins {
		// What the old address still tells is not taken for the device's: it goes to the old one.
		next = w.newWatched(r, o.Path)
		next.Device = o.Device
		if there != nil {
			w.watch.merge(next, there)
		}
	}
	w.watch.merge(next, o)
	next.kept = next.kept || kept
	for _, h := range holders {
		w.attach(next, h)
	}
	if begins {
		next.say("The device has moved to " + discovery.EndpointText(to) + ", where it is observed now")
		w.startWatch(next)
	}
}

// readdress has what has ended be of another address, that of the same device: it can be begun again there.
func (w *Workbench) readdress(o *Watched, to netip.AddrPort) {
	r := o.request
	r.To = to
	if there := w.watch.find(&r); there != nil {
		w.watch.merge(there, o)
	} else {
		o.ask(r)
	}
	w.Changed(PartWatch)
}

// MovedTo gives where a device of the same name is now, if that is elsewhere than the observation.
func (w *Workbench) MovedTo(o *Watched) (netip.AddrPort, bool) {
	for _, d := range w.known.All() {
		if d.Name == o.Device && d.Endpoint != o.To && d.Name != "" {
			if _, still := w.known.Get(o.To); !still || o.State() != WatchObserving {
				return d.Endpoint, true
			}
		}
	}
	return netip.AddrPort{}, false
}

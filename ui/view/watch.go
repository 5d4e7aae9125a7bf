package view

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"coapscope/session"
	"coapscope/session/trace"
)

// Watch is every observation of the window, whether a request tab began it or the tree, and the recordings that are open.
// Its methods are for the window's goroutine.
type Watch struct {
	Chart Chart

	bench    *Workbench
	items    []*Watched
	selected *Watched
	dir      string                   // of recordings; empty for none
	earlier  EarlierRecordings        // in it
	visible  bool                     // somebody looks
	recorder atomic.Pointer[Recorder] // nil for none
	slots    int                      // that were given, so that every observation looks different in the chart
	beating  bool
	beat     time.Time // the last one, with the reading of the clock that stands still while the machine sleeps
}

// Watch gives the observations.
func (w *Workbench) Watch() *Watch { return &w.watch }

// Len is how many there are.
func (v *Watch) Len() int { return len(v.items) }

// Item gives one; nil for none.
func (v *Watch) Item(i int) *Watched {
	if i < 0 || i >= len(v.items) {
		return nil
	}
	return v.items[i]
}

// Items gives all of them. The slice must not be changed.
func (v *Watch) Items() []*Watched { return v.items }

// Counts tells how many are under way, and how many of them are stalled.
func (v *Watch) Counts() (live, stalled int) {
	for _, o := range v.items {
		switch o.State() {
		case WatchEnded, WatchRecorded:
		case WatchStalled, WatchReregistering:
			live++
			stalled++
		default:
			live++
		}
	}
	return live, stalled
}

// Show tells whether somebody looks, so that what changes with time is drawn.
func (v *Watch) Show(visible bool) { v.visible = visible }

func (v *Watch) ticking() bool {
	live, _ := v.Counts()
	return v.visible && live > 0
}

// Selected gives the selected observation; nil for none.
func (v *Watch) Selected() *Watched { return v.selected }

// Select selects an observation.
func (v *Watch) Select(o *Watched) {
	v.selected = o
	v.bench.Changed(PartWatch)
}

// ShowOnly has only one observation in the chart, or with more, that one besides the others, or not any more.
func (v *Watch) ShowOnly(o *Watched, more bool) {
	if o == nil {
		return
	}
	if more {
		o.Shown = !o.Shown
	} else {
		for _, other := range v.items {
			other.Shown = other == o
		}
	}
	v.bench.Changed(PartWatch)
}

// maxShown is how many observations are in the chart without being asked for.
const maxShown = 6

// add takes an observation that is about to begin.
func (v *Watch) add(o *Watched) {
	shown := 0
	for _, other := range v.items {
		if other.Shown {
			shown++
		}
	}
	o.Shown = shown < maxShown
	o.slot = v.slots
	v.slots++
	v.items = append(v.items, o)
	if v.selected == nil {
		v.selected = o
	}
	r := v.recorder.Load()
	id := r.begin(o)
	o.mu.Lock()
	o.recorder, o.id = r, id
	o.mu.Unlock()
}

// Remove takes an observation out of the list, and ends it.
func (w *Workbench) Remove(o *Watched) {
	w.StopWatch(o)
	v := &w.watch
	if i := slices.Index(v.items, o); i >= 0 {
		v.items = slices.Delete(v.items, i, i+1)
		if v.selected == o {
			v.selected = v.Item(min(i, len(v.items)-1))
		}
	}
	w.Changed(PartWatch)
}

// RemoveEnded takes out all that have ended.
func (w *Workbench) RemoveEnded() {
	for _, o := range slices.Clone(w.watch.items) {
		if o.State() == WatchEnded {
			w.Remove(o)
		}
	}
}

// ClearWatch forgets the values that an observation brought; what is recorded stays recorded.
func (w *Workbench) ClearWatch(o *Watched) {
	o.mu.Lock()
	o.series, o.states, o.marks = nil, States{}, nil
	o.received, o.stale, o.missed, o.renewed, o.reboots, o.stalls, o.noteFor = 0, 0, 0, 0, 0, 0, -1
	o.before = nil
	o.mu.Unlock()
	o.alarmed = 0
	w.Changed(PartWatch)
}

// An observation that was lost because the device did not answer is begun again after firstRetry, then ever later up to
// lastRetry.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 2 * time.Minute
)

// watchEnded has what was lost observed again, unless the user or the device ended it.
func (w *Workbench) watchEnded(o *Watched, e *session.ObservationEnd) {
	w.Changed(PartWatch)
	if o.quit || e.Cancelled || e.Response != nil || errors.Is(e.Err, session.ErrClosed) || o.Received() == 0 || !o.retryAt.IsZero() {
		return
	}
	wait := min(firstRetry<<min(o.retries, 8), lastRetry)
	o.retries++
	o.retryAt = time.Now().Add(wait)
	o.mu.Lock()
	o.next = o.retryAt
	o.mu.Unlock()
	w.watch.heartbeat()
}

// The heart beats while something is observed: for what changes without news, and to notice that this machine slept.
const (
	heartbeatPause = 2 * time.Second
	sleptFor       = 5 * time.Second // from which on a difference of the clocks is sleep
)

func (v *Watch) heartbeat() {
	if v.beating {
		return
	}
	live, _ := v.Counts()
	waits := slices.ContainsFunc(v.items, func(o *Watched) bool { return !o.retryAt.IsZero() })
	if live == 0 && !waits {
		return
	}
	v.beating, v.beat = true, time.Now()
	time.AfterFunc(heartbeatPause, func() {
		v.bench.inbox.Put(nil, func() {
			v.beating = false
			now := time.Now()
			v.beats(now, now.Sub(v.beat), now.Round(0).Sub(v.beat.Round(0)))
			v.heartbeat()
		})
	})
}

// beats takes what has passed since the last beat: by the clock that stands still while the machine sleeps, and by that
// on the wall.
func (v *Watch) beats(now time.Time, awake, wall time.Duration) {
	slept := wall - awake
	for _, o := range v.items {
		if slept > sleptFor && o.observation != nil {
			o.slept(now, slept)
			o.observation.Reregister() // what was missed, and whether the device still knows of it
		}
		if !o.retryAt.IsZero() && !now.Before(o.retryAt) {
			retries := o.retries
			v.bench.ResumeWatch(o)
			o.retries = retries
		}
		if o.State() == WatchObserving {
			o.retries = 0
		}
	}
	if slept > sleptFor {
		v.bench.Say(Warning, "This machine slept for %s: what is observed is asked for anew", Duration(slept))
	}
	if _, stalled := v.Counts(); stalled > 0 || v.visible {
		v.bench.Changed(PartWatch)
	}
}

// ShowFrame shows the packet that brought a sample, where it is of this run.
func (w *Workbench) ShowFrame(s trace.Seq) {
	if s != 0 {
		w.selectLive(s)
	}
}

func (v *Watch) close() {
	v.recorder.Load().Close()
}

package view

import (
	"fmt"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol/payload"
	"coapscope/session/trace"
)

// WatchRow is an observation as a line of a list.
type WatchRow struct {
	Name         string // device and path
	Value        string
	Delta        string // from the value before: "+0.3"
	State        string
	Glyph        string // of the state
	Concept      Concept
	Age          float32 // share of Max-Age that has passed, 0 to 1
	AgeText      string  // "3.1 of 60 s"
	Rate         string
	Counts       string // "214, 3 stale, 1 missing"
	Reason       string
	Frame        trace.Seq
	Sequence     uint32
	LastChange   string
	Unit         string
	HasSeries    bool
	Recorded     bool
	Reregisters  string // in how long; empty for not
	PayloadLine  string
	PayloadOlder string // before the last change; empty for none
}

// Glyph gives the sign of a state, which tells it without its colour.
func (s WatchState) Glyph() (string, Concept) {
	switch s {
	case WatchRegistering:
		return "○", Warning
	case WatchObserving:
		return "◉", Good
	case WatchStalled:
		return "⚠", Error
	case WatchReregistering:
		return "↻", Warning
	case WatchRecorded:
		return "▤", Dim
	}
	return "■", Dim
}

// State gives what it is doing now.
func (o *Watched) State() WatchState {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stateAt(time.Now())
}

func (o *watchedData) stateAt(now time.Time) WatchState {
	if o.state == WatchStalled && !o.next.IsZero() && !now.Before(o.next) {
		return WatchReregistering
	}
	return o.state
}

// Received is how many notifications came.
func (o *Watched) Received() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.received
}

// Missed is how many numbers are missing in the sequence.
func (o *Watched) Missed() (missed, stale, reboots, renewed int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.missed, o.stale, o.reboots, o.renewed
}

// Name calls the observation by device and path, and what else tells it from others.
func (o *Watched) Name() string {
	name := o.Device + o.Path
	if o.Device == "" {
		name = o.To.String() + o.Path
	}
	if o.Variant != "" {
		name += " (" + o.Variant + ")"
	}
	return name
}

// Title calls the observation by what tells it from others first: the path, then the device.
func (o *Watched) Title() (path, device string) {
	path, device = strings.TrimPrefix(o.Path, "/"), o.Device
	if path == "" {
		path = "/"
	}
	if device == "" {
		device = o.To.String()
	}
	return path, device
}

// Row gives the line of an observation.
func (o *Watched) Row(now time.Time) WatchRow {
	o.mu.Lock()
	defer o.mu.Unlock()
	state := o.stateAt(now)
	r := WatchRow{Name: o.Name(), State: state.String(), Reason: o.reason, Frame: o.frame, Sequence: o.sequence, HasSeries: len(o.series) > 0, Recorded: state == WatchRecorded}
	r.Glyph, r.Concept = state.Glyph()
	if state == WatchEnded && o.concept != Dim && o.reason != "" {
		r.Glyph, r.Concept = "✖", o.concept
	}
	if f, ok := o.foundAt(o.path()); ok {
		r.Value, r.Unit = strings.TrimSpace(FormatNumber(f.Value)+" "+f.Unit), f.Unit
		if o.delta != 0 && f.Path == o.found[0].Path {
			r.Delta = fmt.Sprintf("%+.4g", o.delta)
		}
	} else if o.received > 0 {
		r.Value = o.text
	}
	if o.received > 0 {
		r.PayloadLine = payload.Summary(o.format, o.payload)
		if o.before != nil {
			r.PayloadOlder = payload.Summary(o.format, o.before)
		}
		r.Counts = Grouped(o.received)
		if o.stale > 0 {
			r.Counts += fmt.Sprintf(", %s stale", Grouped(o.stale))
		}
		if o.missed > 0 {
			r.Counts += fmt.Sprintf(", %s missing", Grouped(o.missed))
		}
		r.LastChange = Seconds(now.Sub(o.changed)) + " ago"
	}
	if live := state != WatchEnded && state != WatchRecorded; live && !o.at.IsZero() {
		age, lifetime := now.Round(0).Sub(o.at.Round(0)), o.expires.Sub(o.at)
		r.Age = 1
		if lifetime > 0 {
			r.Age = float32(min(1, max(0, age.Seconds()/lifetime.Seconds())))
		}
		r.AgeText = fmt.Sprintf("%s of %s", strings.TrimSuffix(Seconds(age), " s"), Seconds(lifetime))
		r.Rate = o.rate(now)
	}
	if !o.next.IsZero() && now.Before(o.next) {
		r.Reregisters = Seconds(o.next.Sub(now))
	}
	return r
}

// rate says how often notifications come, of late.
func (o *watchedData) rate(now time.Time) string {
	n := min(o.counted, rateTimes)
	if n < 2 {
		return ""
	}
	oldest, newest := o.arrivals[(o.counted-n)%rateTimes], o.arrivals[(o.counted-1)%rateTimes]
	mean := newest.Sub(oldest) / time.Duration(n-1)
	if quiet := now.Sub(newest); quiet > 2*mean {
		mean = now.Sub(oldest) / time.Duration(n)
	}
	switch {
	case mean <= 0:
		return ""
	case mean < time.Second:
		return fmt.Sprintf("%.3g/s", 1/mean.Seconds())
	}
	return "every " + Seconds(mean)
}

// path gives the path of the number that is shown.
func (o *Watched) path() string {
	if !o.choice && len(o.found) > 0 {
		return o.found[0].Path
	}
	return o.chosen
}

func (o *watchedData) foundAt(path string) (payload.Found, bool) {
	for _, f := range o.found {
		if f.Path == path {
			return f, true
		}
	}
	return payload.Found{}, false
}

// NumberChoice is a number of the payload that can be shown.
type NumberChoice struct {
	Title, Path string
	Chosen      bool
}

// Numbers gives the numbers of the newest payload.
func (o *Watched) Numbers() (all []NumberChoice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.series {
		title := s.Path
		if title == "" {
			title = "the number"
		}
		if f, ok := o.foundAt(s.Path); ok {
			title += "  " + strings.TrimSpace(FormatNumber(f.Value)+" "+f.Unit)
		}
		all = append(all, NumberChoice{title, s.Path, s.Path == o.path()})
	}
	return all
}

// ChooseNumber has the number at that path shown.
func (w *Workbench) ChooseNumber(o *Watched, path string) {
	o.mu.Lock()
	o.chosen, o.choice = path, true
	o.mu.Unlock()
	w.Changed(PartWatch)
}

// Tip says all of an observation, for a tooltip.
func (o *Watched) Tip(now time.Time) string {
	r := o.Row(now)
	lines := []string{r.Name, "coap://" + discovery.EndpointText(o.To) + o.Path, r.Glyph + " " + r.State}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Reason != "" {
		add("%s", r.Reason)
	}
	if r.Reregisters != "" {
		add("asks again in %s", r.Reregisters)
	}
	if r.Value != "" {
		add("%s, number %d", r.Value, r.Sequence)
		add("last change %s", r.LastChange)
	}
	if r.PayloadOlder != "" {
		add("now    %s", r.PayloadLine)
		add("before %s", r.PayloadOlder)
	}
	if r.AgeText != "" {
		add("age %s (Max-Age)", r.AgeText)
	}
	if r.Counts != "" {
		add("notifications: %s", r.Counts)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.renewed > 0 {
		add("registered again %s, stalled %s", count(o.renewed, "time", "times"), count(o.stalls, "time", "times"))
	}
	if o.reboots > 0 {
		add("the device seems to have restarted %s", count(o.reboots, "time", "times"))
	}
	return strings.Join(lines, "\n")
}

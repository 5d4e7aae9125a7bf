package view

import (
	"cmp"
	"slices"
	"time"
)

// merge has an observation stand for another one of the same resource as well: it takes over its past, its place in the
// list and how it looks. The other one is out of the list then, and has nothing.
func (v *Watch) merge(o, old *Watched) {
	if i := slices.Index(v.items, o); i >= 0 {
		v.items = slices.Delete(v.items, i, i+1)
		old.Shown = old.Shown || o.Shown
	}
	if at := slices.Index(v.items, old); at >= 0 {
		v.items[at] = o
	} else {
		v.items = append(v.items, o)
	}
	if v.selected == old {
		v.selected = o
	}
	o.Shown, o.chosen, o.choice, o.every, o.slot = old.Shown, old.chosen, old.choice, old.every, old.slot
	o.alarmed += old.alarmed
	o.absorb(old)
	v.bench.Changed(PartWatch)
}

// absorb takes over what another observation has brought, which is left with nothing. Both may have values already.
func (o *Watched) absorb(old *Watched) {
	old.mu.Lock()
	past := old.watchedData
	old.watchedData = watchedData{
		told: past.told, state: past.state, next: past.next, reason: past.reason, concept: past.concept, end: past.end, holders: past.holders,
	}
	old.mu.Unlock()

	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case past.recorder == nil:
	case o.recorder == nil: // it goes on in its place there, too
		o.recorder, o.id = past.recorder, past.id
		o.recorder.describe(o.id, o)
	default:
		o.recorder.join(past.id, o.id, o)
	}
	own := o.series
	o.series = past.series
	for _, s := range own {
		if into := o.seriesOf(s.Path); into != nil {
			into.merge(s)
		}
	}
	past.states.merge(&o.states)
	o.states = past.states
	o.marks = append(past.marks, o.marks...)
	slices.SortStableFunc(o.marks, func(a, b Mark) int { return a.At.Compare(b.At) })
	o.marks = o.marks[max(0, len(o.marks)-keptMarks):]

	o.broken = o.broken || o.received == 0
	o.noteFor += past.received
	o.received, o.stale, o.missed = o.received+past.received, o.stale+past.stale, o.missed+past.missed
	o.renewed, o.reboots, o.stalls = o.renewed+past.renewed, o.reboots+past.reboots, o.stalls+past.stalls
	if !o.known {
		o.found, o.format, o.payload, o.before = past.found, past.format, past.payload, past.before
		o.text, o.delta, o.changed = past.text, past.delta, past.changed
	}
}

// merge takes in the samples of another series of the same number, which may be of the same time, and is used up. Where one begins after
// the other's end, no line joins them.
func (s *Series) merge(other *Series) {
	switch {
	case other.n == 0:
		return
	case s.n == 0:
		*s = *other
		return
	}
	mine, its := s.spans(), other.spans()
	if its[0].from > mine[len(mine)-1].to {
		its[0].broken = true
	} else if mine[0].from > its[len(its)-1].to {
		mine[0].broken = true
	}
	if mine[len(mine)-1].to <= its[len(its)-1].to {
		s.Unit, s.Symbol = other.Unit, other.Symbol
	}
	all := append(mine, its...)
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(all); i++ {
		if all[i].n > 1 {
			all[i].to = max(all[i].to, all[i-1].to) // what is looked for by time is found by halves
		}
	}
	raw := len(all) // from there on all are single samples
	for raw > 0 && all[raw-1].n == 1 && len(all)-raw < keptSamples-1 {
		raw--
	}
	s.n += other.n
	s.raw, s.levels = nil, [keptLevels][]span{all[:raw]}
	for _, a := range all[raw:] {
		s.raw = append(s.raw, sample{a.from, a.first, a.frame, a.broken})
	}
	for i := range s.levels {
		for len(s.levels[i]) >= 2*keptSpans {
			s.coarsen(i)
		}
	}
}

// spans gives all that is kept of a series, the oldest first.
func (s *Series) spans() (all []span) {
	for i := keptLevels - 1; i >= 0; i-- {
		all = append(all, s.levels[i]...)
	}
	for _, r := range s.raw {
		all = append(all, r.span())
	}
	return all
}

// merge takes in the runs of the same resource from elsewhere, which may be of the same time.
func (s *States) merge(other *States) {
	mine, its := s.runs, other.runs
	if len(its) == 0 {
		return
	}
	if len(mine) > 0 {
		if its[0].From.After(mine[len(mine)-1].To) {
			its[0].Break = true
		} else if mine[0].From.After(its[len(its)-1].To) {
			mine[0].Break = true
		}
	}
	all := append(slices.Clip(mine), its...)
	slices.SortStableFunc(all, func(a, b StateRun) int { return a.From.Compare(b.From) })
	s.runs = all[:0:0]
	for _, run := range all {
		if k := len(s.runs) - 1; k >= 0 && run.From.Before(s.runs[k].To) {
			last := &s.runs[k]
			if last.Text == run.Text && !last.Various && !run.Various {
				last.To, last.N = later(last.To, run.To), last.N+run.N
				continue
			}
			last.To = run.From
		}
		s.runs = append(s.runs, run)
		s.condense()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

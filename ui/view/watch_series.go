package view

import (
	"math"
	"sort"
	"time"

	"coapscope/session/trace"
)

// Sample is a number that a notification brought.
type Sample struct {
	At    time.Time
	Value float64
	Frame trace.Seq
	Break bool // something is missing between it and the one before: no line joins them
}

// The samples of a series are kept as they are while they are new. Then four of them, as they follow each other, become
// one span, later four spans one, and so on: the longer ago, the coarser. A million samples take 8,192 of their own and
// some thousand spans, less than a megabyte; ever more only make the oldest spans longer.
const (
	keptSamples = 8192 // from which on the older half is made coarser
	keptSpans   = 1024 // likewise, at each level
	keptLevels  = 10
	joined      = 4 // that become one
)

// span is some samples that follow each other. A sample is a span too.
type span struct {
	from, to         int64 // ns since 1970
	n                int
	low, high        float64
	first, last, sum float64
	gaps             int     // intervals between its samples that count
	gap, gap2        float64 // their sum in seconds, and that of their squares
	frame            trace.Seq
	broken           bool // before the first
	torn             bool // within
}

func (s *span) add(next *span) {
	if next.broken {
		s.torn = true
	} else {
		d := float64(next.from-s.to) / 1e9
		s.gaps, s.gap, s.gap2 = s.gaps+1, s.gap+d, s.gap2+d*d
	}
	s.gaps, s.gap, s.gap2 = s.gaps+next.gaps, s.gap+next.gap, s.gap2+next.gap2
	s.to, s.last, s.n, s.sum = next.to, next.last, s.n+next.n, s.sum+next.sum
	s.low, s.high, s.torn = min(s.low, next.low), max(s.high, next.high), s.torn || next.torn
}

// Series is the course of a number. Samples are added in the order of their time.
type Series struct {
	Path string // of the number in the payload
	Unit string // of the newest
	// Symbol is that unit as SenML writes it, where it came so.
	Symbol string

	n      int
	raw    []sample
	levels [keptLevels][]span
}

// sample is a Sample as it is kept.
type sample struct {
	at    int64
	value float64
	frame trace.Seq
	broke bool
}

func (s sample) span() span {
	return span{from: s.at, to: s.at, n: 1, low: s.value, high: s.value, first: s.value, last: s.value, sum: s.value, frame: s.frame, broken: s.broke}
}

// Len is how many samples were added.
func (s *Series) Len() int { return s.n }

// Add adds a sample. One that is not newer than the one before counts for the same moment.
func (s *Series) Add(a Sample) {
	at := a.At.UnixNano()
	if k := len(s.raw); k > 0 {
		at = max(at, s.raw[k-1].at)
	}
	s.n++
	s.raw = append(s.raw, sample{at, a.Value, a.Frame, a.Break})
	if len(s.raw) < keptSamples {
		return
	}
	old := s.raw[:keptSamples/2]
	for len(old) > 0 {
		next := old[0].span()
		for _, o := range old[1:joined] {
			one := o.span()
			next.add(&one)
		}
		s.levels[0] = append(s.levels[0], next)
		old = old[joined:]
	}
	s.raw = s.raw[:copy(s.raw, s.raw[keptSamples/2:])]
	for i := range s.levels {
		s.coarsen(i)
	}
}

// coarsen hands the older half of a level that is full to the next one; the last one keeps them.
func (s *Series) coarsen(level int) {
	spans := s.levels[level]
	if len(spans) < 2*keptSpans {
		return
	}
	var old []span
	for i := 0; i < keptSpans; i += joined {
		next := spans[i]
		for j := i + 1; j < i+joined; j++ {
			next.add(&spans[j])
		}
		old = append(old, next)
	}
	rest := spans[keptSpans:]
	if level+1 < keptLevels {
		s.levels[level+1] = append(s.levels[level+1], old...)
		s.levels[level] = spans[:copy(spans, rest)]
		return
	}
	s.levels[level] = append(old, rest...)
}

// Last gives the newest sample.
func (s *Series) Last() (Sample, bool) {
	if len(s.raw) == 0 {
		return Sample{}, false
	}
	l := s.raw[len(s.raw)-1]
	return Sample{time.Unix(0, l.at), l.value, l.frame, l.broke}, true
}

// Extent gives the times of the first and the newest sample.
func (s *Series) Extent() (from, to time.Time, ok bool) {
	if len(s.raw) == 0 {
		return time.Time{}, time.Time{}, false
	}
	first := s.raw[0].at
	for i := range s.levels {
		if len(s.levels[i]) > 0 {
			first = s.levels[i][0].from
		}
	}
	return time.Unix(0, first), time.Unix(0, s.raw[len(s.raw)-1].at), true
}

// each gives what there is between two times, and the neighbours on both sides, in order.
func (s *Series) each(from, to int64, f func(sp *span) (more bool)) {
	for i := keptLevels - 1; i >= 0; i-- {
		spans := s.levels[i]
		at := sort.Search(len(spans), func(k int) bool { return spans[k].to >= from })
		if at == len(spans) && i > 0 && len(spans) > 0 && len(s.levels[i-1]) > 0 && s.levels[i-1][0].from <= from {
			continue // the neighbour is in a finer level
		}
		for k := max(0, at-1); k < len(spans); k++ {
			if !f(&spans[k]) {
				return
			}
			if spans[k].from > to {
				return
			}
		}
	}
	at := sort.Search(len(s.raw), func(k int) bool { return s.raw[k].at >= from })
	for k := max(0, at-1); k < len(s.raw); k++ {
		one := s.raw[k].span()
		if !f(&one) || one.from > to {
			return
		}
	}
}

// Stats is what can be said of the samples in a time.
type Stats struct {
	N           int
	Low, High   float64
	Mean        float64
	Interval    time.Duration // mean time from one to the next
	Jitter      time.Duration // standard deviation of that
	First, Last float64
	Coarse      bool // the bounds are those of spans, since single samples of that time are not kept
}

// Stats sums up the samples from a time to another, both included.
func (s *Series) Stats(from, to time.Time) Stats {
	var all span
	a, b := from.UnixNano(), to.UnixNano()
	coarse := false
	s.each(a, b, func(sp *span) bool {
		if sp.to < a || sp.from > b {
			return true
		}
		coarse = coarse || sp.n > 1 && (sp.from < a || sp.to > b)
		if all.n == 0 {
			all = *sp
		} else {
			all.add(sp)
		}
		return true
	})
	if all.n == 0 {
		return Stats{}
	}
	st := Stats{N: all.n, Low: all.low, High: all.high, Mean: all.sum / float64(all.n), First: all.first, Last: all.last, Coarse: coarse}
	if all.gaps > 0 {
		mean := all.gap / float64(all.gaps)
		st.Interval = time.Duration(mean * 1e9)
		st.Jitter = time.Duration(math.Sqrt(max(0, all.gap2/float64(all.gaps)-mean*mean)) * 1e9)
	}
	return st
}

// Near gives the sample nearest to a time, or the beginning of its span where it is not kept by itself.
func (s *Series) Near(at time.Time) (Sample, bool) {
	t := at.UnixNano()
	best, distance, found := span{}, int64(math.MaxInt64), false
	s.each(t, t, func(sp *span) bool {
		d := max(sp.from-t, t-sp.to, 0)
		if d < distance {
			best, distance, found = *sp, d, true
		}
		return true
	})
	value := best.first
	if best.n > 1 {
		value = best.sum / float64(best.n)
	}
	return Sample{time.Unix(0, best.from), value, best.frame, best.broken}, found
}

// Stroke is what of a series falls into one column of pixels.
type Stroke struct {
	Column      int // from 0; -1 and the number of columns are neighbours outside
	First, Last float64
	Low, High   float64
	N           int
	Broken      bool // no line leads to it from the one before
}

// Strokes gives what is to be drawn between two times in so many columns, appended to dst: at most one stroke a column,
// and a neighbour at each side.
func (s *Series) Strokes(dst []Stroke, from, to time.Time, columns int) []Stroke {
	a, b := from.UnixNano(), to.UnixNano()
	if columns < 1 || b <= a {
		return dst
	}
	scale := float64(columns) / float64(b-a)
	column := func(t int64) int {
		switch {
		case t < a:
			return -1
		case t > b:
			return columns
		}
		return min(columns-1, int(float64(t-a)*scale))
	}
	begin := len(dst)
	s.each(a, b, func(sp *span) bool {
		c := column(sp.from)
		if last := len(dst) - 1; last >= begin && dst[last].Column == c && c >= 0 && c < columns {
			k := &dst[last]
			k.Last, k.N = sp.last, k.N+sp.n
			k.Low, k.High = min(k.Low, sp.low), max(k.High, sp.high)
			return true
		} else if last >= begin && c == -1 {
			dst = dst[:last] // the nearer neighbour counts
		}
		dst = append(dst, Stroke{c, sp.first, sp.last, sp.low, sp.high, sp.n, sp.broken})
		if c == -1 && sp.to >= a { // a span that reaches in
			dst[len(dst)-1].Column = 0
		}
		return true
	})
	return dst
}

// Each gives the samples that are kept from the oldest on; those of spans by their mean, at their beginning.
func (s *Series) Each(f func(Sample) (more bool)) {
	s.each(math.MinInt64, math.MaxInt64, func(sp *span) bool {
		return f(Sample{time.Unix(0, sp.from), sp.sum / float64(sp.n), sp.frame, sp.broken})
	})
}

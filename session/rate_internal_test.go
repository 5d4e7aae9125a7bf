package session

import (
	"testing"
	"time"
)

func TestRateMeter(t *testing.T) {
	begin := newManualClock().Now()
	type add struct {
		at    time.Duration
		bytes int64
	}
	steady := func(n int, step time.Duration, bytes int64) (adds []add) {
		for i := range n {
			adds = append(adds, add{time.Duration(i) * step, int64(i) * bytes})
		}
		return adds
	}
	for _, c := range []struct {
		name string
		adds []add
		want float64
	}{
		{"nothing", nil, 0},
		{"no time has passed", []add{{0, 100}}, 0},
		{"two blocks", []add{{0, 1024}, {time.Second, 2048}}, 1024},
		{"steady", steady(10_000, time.Millisecond, 64), 64_000},
		{"slower than the window", steady(10, 10*time.Second, 100), 10},
		{"what is long ago does not count", append(steady(10, 100*time.Millisecond, 100_000), add{10900 * time.Millisecond, 910_000}), 1000},
		{"begun anew", append(steady(1000, time.Millisecond, 1000), add{time.Second, 0}, add{2 * time.Second, 500}), 500},
	} {
		var m rateMeter
		for _, a := range c.adds {
			m.add(begin.Add(a.at), a.bytes)
		}
		if got := m.rate(); got < c.want*0.999 || got > c.want*1.001 {
			t.Errorf("%s: %.1f bytes a second, want %.1f", c.name, got, c.want)
		}
		if len(m.marks) > 102 {
			t.Errorf("%s: %d marks", c.name, len(m.marks))
		}
	}
}

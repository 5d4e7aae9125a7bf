package view

import (
	"testing"
	"time"
)

func TestObserveOrder(t *testing.T) {
	for _, c := range []struct {
		before, value uint32
		later         time.Duration
		want          string
	}{
		{3, 7, time.Second, "4 after #9, fresh"},
		{7, 7, time.Second, "the same as in #9"},
		{7, 6, time.Second, "1 before #9, stale"},
		{1<<24 - 1, 2, time.Second, "3 after #9, fresh"},
		{7, 6, 129 * time.Second, "2 min 9 s after #9, fresh"},
	} {
		if got := observeOrder(c.before, c.value, c.later, 9); got != c.want {
			t.Errorf("%d after %d: %q, want %q", c.value, c.before, got, c.want)
		}
	}
}

func TestFreshness(t *testing.T) {
	came := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for now, want := range map[time.Duration]string{
		0:                "fresh until 03:05:05, 60 s left",
		55 * time.Second: "fresh until 03:05:05, 5.0 s left",
		time.Minute:      "was fresh until 03:05:05",
	} {
		if got := freshness(came, time.Minute, came.Add(now)); got != want {
			t.Errorf("after %v: %q, want %q", now, got, want)
		}
	}
}

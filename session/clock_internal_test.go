package session

import (
	"testing"
	"time"
)

// The time that the engine goes by follows the time of day ahead, as after a suspension, and never goes back.
func TestSteady(t *testing.T) {
	told := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		name              string
		day, passed, want time.Duration
	}{
		{"as always", time.Second, time.Second, time.Second},
		{"suspended for a night", 8 * time.Hour, time.Second, 8 * time.Hour},
		{"adjusted ahead", 1500 * time.Millisecond, time.Second, 1500 * time.Millisecond},
		{"set back", -time.Hour, time.Second, time.Second},
	} {
		if got := steady(told, told.Add(c.day), c.passed).Sub(told); got != c.want {
			t.Errorf("%s: %v later, want %v", c.name, got, c.want)
		}
	}
	if got := steady(time.Time{}, told, time.Since(time.Time{})); !got.Equal(told) {
		t.Errorf("begins with %v", got)
	}
	clock := new(systemClock)
	first := clock.Now()
	if second := clock.Now(); second.Before(first) || first != first.Round(0) {
		t.Errorf("%v after %v", second, first)
	}
}

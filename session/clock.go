package session

import (
	"context"
	"sync"
	"time"
)

// clock is what an engine knows the time by. Tests have one that moves when they say so.
type clock interface {
	Now() time.Time
	// AfterFunc calls f, on a goroutine of its own, when d has passed.
	AfterFunc(d time.Duration, f func()) timer
}

// timer is what [time.Timer] is.
type timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}

// systemClock is the time of day, as long as that is not set back. It goes on while the computer is
// suspended, which Go's monotonic time need not do: devices forget message IDs and representations age
// all the same.
type systemClock struct {
	mu   sync.Mutex
	read time.Time // of the system, the last time
	told time.Time // what was made of it
}

func (c *systemClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	read := time.Now()
	c.told = steady(c.told, read.Round(0), read.Sub(c.read))
	c.read = read
	return c.told
}

// steady gives the time of day, or where that was set back the last time that was told and what has passed
// since then by the monotonic time.
func steady(told, day time.Time, passed time.Duration) time.Time {
	if at := told.Add(passed); !told.IsZero() && at.After(day) {
		return at
	}
	return day
}

func (*systemClock) AfterFunc(d time.Duration, f func()) timer { return time.AfterFunc(d, f) }

// waitUntil waits for a time. The error is that of the context, or [ErrClosed].
func (e *Engine) waitUntil(ctx context.Context, at time.Time) error {
	over := make(chan struct{})
	t := e.clock.AfterFunc(max(at.Sub(e.clock.Now()), 0), func() { close(over) })
	defer t.Stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return ErrClosed
	}
}

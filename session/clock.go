package session

import (
	"context"
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

type systemClock struct{}

func (systemClock) Now() time.Time                            { return time.Now() }
func (systemClock) AfterFunc(d time.Duration, f func()) timer { return time.AfterFunc(d, f) }

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

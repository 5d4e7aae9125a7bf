package lab

import "time"

// Clock is where the lab takes its time from. The zero Config uses the system's; a test can bring one that it moves by
// hand.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// AfterFunc calls f on a goroutine of its own, or of whoever moves the clock, once d has passed. The function
	// that it returns cancels the call and may be called at any time.
	AfterFunc(d time.Duration, f func()) (stop func())
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

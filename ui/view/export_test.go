package view

import "time"

// SetClock has raw mode take the time from f.
func (r *Raw) SetClock(f func() time.Time) { r.now = f }

package ui

import (
	"sync/atomic"
	"testing"
	"time"
)

// In a flood of news the window looks less often, but at once when the user does something.
func TestBridgeInAFlood(t *testing.T) {
	b := newBridge()
	over, calm := make(chan time.Time), make(chan time.Duration)
	close(over)
	b.after = func(d time.Duration) <-chan time.Time {
		if d == framePause {
			return over
		}
		calm <- d
		return nil // nothing ends it but the user
	}
	var refreshes atomic.Int64
	go b.run(func(do func()) { do() }, func() (more, ticking bool) {
		refreshes.Add(1)
		b.Wake()
		return false, false
	})
	for i := range int64(3) {
		if d := <-calm; d != floodPause-framePause {
			t.Errorf("it pauses for %v", d)
		}
		if n := refreshes.Load(); n != patienceFrames+1+i {
			t.Errorf("%d refreshes before the pause, want %d", n, patienceFrames+1+i)
		}
		b.Hurry()
	}
	<-calm
	close(b.stop)
	<-b.done
}

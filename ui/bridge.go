package ui

import "time"

// framePause is the least time between two refreshes: 30 a second.
const framePause = time.Second / 30

// News that comes for longer than patienceFrames at that pace is a flood: then the window, which is painted as a whole
// each time, looks every floodPause, unless the user does something.
const (
	patienceFrames = 30
	floodPause     = 200 * time.Millisecond
)

// tickPause is how often what changes with time alone, such as a countdown, is drawn.
const tickPause = 100 * time.Millisecond

// bridge carries news to the window. Wake may be called from any goroutine and however often; refresh
// runs on the window's goroutine, at most 30 times a second, and less often in a flood.
type bridge struct {
	frames frames

	wake  chan struct{}
	hurry chan struct{}
	after func(time.Duration) <-chan time.Time
	stop  chan struct{}
	done  chan struct{}
}

func newBridge() *bridge {
	return &bridge{wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), after: time.After, stop: make(chan struct{}), done: make(chan struct{})}
}

// Wake has the window look at what is new, soon.
func (b *bridge) Wake() { notify(b.wake) }

// Hurry has it look as soon as it may, also in a flood: the user waits for it.
func (b *bridge) Hurry() {
	notify(b.hurry)
	notify(b.wake)
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run calls refresh by way of do, which runs a function on the window's goroutine and waits for it.
// refresh tells whether there is more to do at once, and whether something ticks.
func (b *bridge) run(do func(func()), refresh func() (more, ticking bool)) {
	defer close(b.done)
	tick := time.NewTimer(0)
	defer tick.Stop()
	streak := 0 // refreshes after which news was there already
	for {
		select {
		case <-b.stop:
			return
		case <-b.wake:
		case <-tick.C:
		}
		select {
		case <-b.hurry:
		default:
		}
		more, ticking := b.frames.measured(do, refresh)
		flood := streak >= patienceFrames && !more
		if more {
			b.Wake()
		}
		if ticking {
			tick.Reset(tickPause)
		}
		select {
		case <-b.stop:
			return
		case <-b.after(framePause):
		}
		if flood {
			select {
			case <-b.stop:
				return
			case <-b.hurry:
			case <-b.after(floodPause - framePause):
			}
		}
		if streak++; len(b.wake) == 0 {
			streak = 0
		}
	}
}

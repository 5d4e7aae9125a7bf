package ui

import (
	"sync"
	"time"

	"coapscope/ui/view"
)

// frames measures how fluent the window is: how long each refresh takes, and how long it waits for its turn because the
// window's goroutine paints, or does what a gesture asks for. Its methods may be called from any goroutine.
type frames struct {
	mu  sync.Mutex
	sum view.Frames
}

// measured runs refresh by way of do, and counts how long both took.
func (f *frames) measured(do func(func()), refresh func() (more, ticking bool)) (more, ticking bool) {
	asked := time.Now()
	var began, ended time.Time
	do(func() {
		began = time.Now()
		more, ticking = refresh()
		ended = time.Now()
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	work, wait := ended.Sub(began), began.Sub(asked)
	f.sum.Count++
	f.sum.Work += work
	f.sum.Wait += wait
	f.sum.WorstWork, f.sum.WorstWait = max(f.sum.WorstWork, work), max(f.sum.WorstWait, wait)
	return more, ticking
}

// take gives what was counted since it was called last.
func (f *frames) take() view.Frames {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := f.sum
	f.sum = view.Frames{}
	return sum
}

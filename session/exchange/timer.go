package exchange

import "container/heap"

// timerHeap has the exchanges that wait for a time, the next one first. It implements
// [heap.Interface].
type timerHeap []*exchange

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].due < h[j].due }

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].timer, h[j].timer = i, j
}

// Push adds an exchange at the end.
func (h *timerHeap) Push(x any) {
	e := x.(*exchange)
	e.timer = len(*h)
	*h = append(*h, e)
}

// Pop removes the exchange at the end.
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.timer = -1
	return e
}

// startTimer makes the exchange due at a time, whether or not it was before.
func (m *Machine) startTimer(e *exchange, at instant) {
	e.due = at
	if e.timer >= 0 {
		heap.Fix(&m.timers, e.timer)
		return
	}
	heap.Push(&m.timers, e)
}

func (m *Machine) stopTimer(e *exchange) {
	if e.timer >= 0 {
		heap.Remove(&m.timers, e.timer)
	}
}

// expiry says that at a time there is something to forget.
type expiry struct {
	at       instant
	peer     *peer       // of the others, or, if there is none, what was learned of it
	exchange *exchange   // its message ID, or all of it
	received *remembered // the first of them
}

// expiryHeap has the expiries, the next one first. Most come in order of time, so that adding
// one is a comparison.
type expiryHeap []expiry

func (h *expiryHeap) push(x expiry) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s[parent].at <= x.at {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = x
	*h = s
}

func (h *expiryHeap) pop() expiry {
	s := *h
	first, last := s[0], s[len(s)-1]
	s[len(s)-1] = expiry{}
	s = s[:len(s)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].at < s[child].at {
			child++
		}
		if last.at <= s[child].at {
			break
		}
		s[i] = s[child]
		i = child
	}
	if len(s) > 0 {
		s[i] = last
	}
	*h = s
	return first
}

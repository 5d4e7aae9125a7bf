package session

import (
	"context"
	"slices"
	"sync"
)

// queue hands the outputs of one exchange to the goroutine that waits for them. It has no bound,
// because the network must not wait for a slow reader.
type queue struct {
	mu    sync.Mutex
	items []any
	room  [4]any        // for the items of most exchanges
	ready chan struct{} // has one element while there may be items
}

func newQueue() *queue {
	q := new(queue)
	q.init()
	return q
}

func (q *queue) init() { q.ready = make(chan struct{}, 1) }

func (q *queue) put(item any) {
	q.mu.Lock()
	first := len(q.items) == 0
	if first {
		q.items = q.room[:0]
	}
	q.items = append(q.items, item)
	q.mu.Unlock()
	if !first {
		return // whoever takes that takes this too
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take gives the next item, if there is one.
func (q *queue) take() (any, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, false
	}
	item := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	return item, true
}

// has tells whether there is an item that is asked for.
func (q *queue) has(is func(item any) bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.items, is)
}

// next waits for the next item; the error is that of the context.
func (q *queue) next(ctx context.Context) (any, error) {
	for {
		if item, ok := q.take(); ok {
			return item, nil
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

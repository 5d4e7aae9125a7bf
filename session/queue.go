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
	ready chan struct{} // has one element while there may be items
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) put(item any) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
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

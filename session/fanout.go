package session

import (
	"context"
	"sync"
)

// MaxFanOut is how many requests of a fan-out are open at the same time, at most. A member that is silent keeps its place for
// MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2), so that it is not few; NSTART bounds what goes to each (§4.7).
const MaxFanOut = 64

// DoEach carries out n requests to different endpoints, at most [MaxFanOut] of them at the same time, and returns when all of
// them have ended. prepare gives the i-th when its turn has come; done, unless it is nil, is called when it has ended. each
// is told what came of the i-th, as [Engine.Do] gives it, in the order in which they end, never two at the same time. When
// the context ends, those that are open are cancelled, and the others end without being sent.
func (e *Engine) DoEach(ctx context.Context, n int, prepare func(i int) (r Request, done func(), err error), each func(i int, to Request, r *Response, err error)) {
	var working sync.WaitGroup
	var telling sync.Mutex
	next := make(chan int)
	for range min(n, MaxFanOut) {
		working.Go(func() {
			for i := range next {
				r, response, err := e.doOne(ctx, i, prepare)
				telling.Lock()
				each(i, r, response, err)
				telling.Unlock()
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	working.Wait()
}

func (e *Engine) doOne(ctx context.Context, i int, prepare func(int) (Request, func(), error)) (Request, *Response, error) {
	if err := ctx.Err(); err != nil {
		return Request{}, new(Response), err
	}
	r, done, err := prepare(i)
	if done != nil {
		defer done()
	}
	if err != nil {
		return r, new(Response), err
	}
	response, err := e.Do(ctx, r)
	return r, response, err
}

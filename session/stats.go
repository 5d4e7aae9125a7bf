package session

import "coapscope/session/exchange"

// Stats are the numbers of what an [Engine] holds at a moment. None grows for as long as the load is the same.
type Stats struct {
	exchange.Sizes     // of the message layer
	Waiting        int // exchanges that somebody waits for
	Calls          int // requests and observations that are open
	Registrations  int // that observations may share
	Strays         int // messages that nothing asked for and that are kept
	Echoes         int // endpoints whose Echo value is kept
	Held           int // requests that were told to wait
	Cached         int // responses
	CachedBytes    int64
	Missed         uint64 // datagrams that came faster than they were read, and were dropped by the system
	Frames         int    // in the log, or dropped from it
	FrameBytes     int64
}

// Missed is that number alone, which is no effort to get.
func (e *Engine) Missed() uint64 { return e.udp.Missed() }

// Stats gives the numbers of what the engine holds now.
func (e *Engine) Stats() Stats {
	e.observed.mu.Lock()
	registrations := len(e.observed.byTarget)
	e.observed.mu.Unlock()
	e.echoes.mu.Lock()
	echoes := len(e.echoes.values)
	e.echoes.mu.Unlock()
	e.caching.Lock()
	cached, cachedBytes := e.cache.Size()
	e.caching.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	return Stats{
		Sizes: e.machine.Sizes(), Waiting: len(e.flows), Calls: len(e.calls), Registrations: registrations,
		Strays: len(e.strays), Echoes: echoes, Held: len(e.holds.all), Cached: cached, CachedBytes: cachedBytes, Missed: e.Missed(),
		Frames: e.log.Len(), FrameBytes: e.log.Bytes(),
	}
}

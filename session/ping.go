package session

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// PingRequest asks an endpoint for a sign of life: an Empty CON, which it rejects (RFC 7252 §4.3).
type PingRequest struct {
	To           netip.AddrPort
	Transmission *protocol.Transmission // as of [Request]

	On func(Event) // as of [Request]
}

// Pong is the sign of life.
type Pong struct {
	Type     protocol.Type // Reset; Acknowledgement from a peer that takes a ping for a message
	RTT      time.Duration
	Attempts int
	Sent     trace.Seq // frame of the first ping
	Received trace.Seq
}

// DoPing pings the endpoint.
func (e *Engine) DoPing(ctx context.Context, r PingRequest) (Pong, error) {
	switch err := ctx.Err(); {
	case err != nil:
		return Pong{}, err
	case e.reachesMany(r.To.Addr()):
		return Pong{}, fmt.Errorf("%s %w: an Empty message goes to one, as nobody may answer it else (RFC 7252 §8.1)", r.To, ErrGroup)
	}
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return Pong{}, ErrClosed
	}
	id, q := e.machine.NextID(), newQueue()
	c := &call{open: OpenExchange{To: r.To, Started: e.clock.Now(), Exchanges: 1}}
	e.flows[id], e.calls[c] = &flow{queue: q, call: c, alone: true}, struct{}{}
	e.handle(exchange.Ping{ID: id, To: r.To, Transmission: r.Transmission})
	e.mu.Unlock()
	var result Response
	for {
		item, err := q.next(ctx)
		if err != nil {
			e.cancel(id)
			return Pong{}, err
		}
		(&Request{On: r.On}).observe(item, &result)
		switch out := item.(type) {
		case exchange.Pong:
			return Pong{out.Type, out.RTT, out.Attempts, result.Sent, trace.Seq(out.Frame)}, nil
		case exchange.Failed:
			return Pong{Attempts: result.Attempts, Sent: result.Sent}, out.Err
		}
	}
}

// Ping is DoPing for those who only want to know the time until the answer came.
func (e *Engine) Ping(ctx context.Context, to netip.AddrPort) (time.Duration, error) {
	pong, err := e.DoPing(ctx, PingRequest{To: to})
	return pong.RTT, err
}

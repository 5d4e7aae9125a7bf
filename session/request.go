package session

import (
	"context"
	"io"
	"net"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// Request is a logical request: with block-wise transfer it may take many messages. Besides To and Message,
// every field may be left at its zero value.
type Request struct {
	To netip.AddrPort // the endpoint to ask, or the proxy; no group, which [Engine.AskGroup] is for

	// Message is the request with type, code and options; Payload is its whole body. A token that is not
	// empty is used as it is; else token and message ID are chosen by the engine, by Identifiers.
	Message protocol.Message

	// Body, if set, is the body in place of Message.Payload: BodySize bytes, read block by block, a block
	// perhaps more than once.
	Body     io.ReaderAt
	BodySize int64

	BlockSize int           // preferred, 16 to 1024 bytes; 0 for 1024
	Timeout   time.Duration // to wait for a separate response, or for that to a NON; 0 for the RFC's lifetime

	// Transmission and Identifiers are used for this request instead of what is set for its endpoint, or for
	// all; nil for that.
	Transmission *protocol.Transmission
	Identifiers  *exchange.Identifiers

	FixedMessageID bool // the first message has the message ID of Message
	ReuseMessageID bool // that it is in use with the endpoint does not matter (RFC 7252 §4.4 forbids it)
	FixedToken     bool // the token of Message is used though it is empty

	Echo  EchoPolicy  // what is done with a 4.01 that has an Echo option, and with the value
	Cache CachePolicy // whether a response received before may answer

	// Again is how often the request is made again after a 4.29 or a 5.03 with Max-Age, each time when
	// Max-Age has passed (RFC 8516 §4, RFC 7252 §5.9.3.4).
	Again int
	// Impatient sends the request though such a response to one like it asked to wait.
	Impatient bool

	// On, if set, is told what happens, in order, on the goroutine that called. It must return soon.
	On func(Event)
}

// EchoPolicy says what is done with Echo options of responses (RFC 9175 §2.3).
type EchoPolicy uint8

const (
	// EchoAutomatic makes the same request once more, with the Echo value of a 4.01, where the message had
	// none; a second 4.01 is the response. The value of any other response goes along with the next
	// request to the endpoint it came from.
	EchoAutomatic EchoPolicy = iota
	// EchoByHand leaves the option to the caller: nothing is added, and a 4.01 is the response.
	EchoByHand
)

// CachePolicy says whether a response received before may answer a request (RFC 7252 §5.6).
type CachePolicy uint8

const (
	// NoCache asks the endpoint, and keeps nothing of its response.
	NoCache CachePolicy = iota
	// Revalidate asks the endpoint with the ETags of the responses received before; one that a 2.03 says to
	// be valid answers (RFC 7252 §5.6.2). The response is kept.
	Revalidate
	// UseFresh takes a response that is younger than its Max-Age without asking (RFC 7252 §5.6.1), and does
	// as Revalidate where there is none.
	UseFresh
)

// Response is the answer to a [Request].
type Response struct {
	Message     protocol.Message // with the whole body, and without Block options
	From        netip.AddrPort
	Started     time.Time     // when the request was first sent
	RTT         time.Duration // of the exchange that brought the last message
	Duration    time.Duration // from the first message sent to the last received
	Attempts    int           // transmissions of the last message
	Retries     int           // retransmissions of all messages
	Exchanges   int           // how many it took; more than 1 for a block-wise transfer; 0 from the cache
	Piggybacked bool          // whether the last message came in the ACK
	Sent        trace.Seq     // frame of the first request
	Received    trace.Seq     // frame of the last response

	Suppressed bool          // there is none, because No-Response asked for that (RFC 7967); Message is empty
	FromCache  bool          // Message was received before, and Received is its frame
	Validated  bool          // and the endpoint said that it is still valid (2.03)
	Age        time.Duration // of a response from the cache: since it was received or last validated
	Echoed     int           // how often a 4.01 was answered with its Echo option
	HeldBack   int           // how often a 4.29 or 5.03 was waited for
}

// Do sends the request and waits for its final response, whose code may be that of an error. It
// moves bodies in blocks where they need it. The error is that of the context, [ErrClosed], or one of
// packages exchange, blockwise and transport. When the context ends the exchange is cancelled.
func (e *Engine) Do(ctx context.Context, r Request) (*Response, error) {
	t := r.Transfer()
	return e.run(ctx, &r, t, t.Start(), new(Response))
}

// Transfer gives the transfer that [Engine.Do] carries out, not started: its first step has the message that
// is sent first, but for token and message ID.
func (r *Request) Transfer() *blockwise.Transfer {
	return blockwise.New(blockwise.Config{
		BlockSize: r.BlockSize,
		// Who chooses a size means it from the first block on. Block2 is critical, so that nobody else
		// is made to understand it.
		EarlyNegotiation: r.BlockSize > 0 && len(r.Message.Payload) == 0,
	}, r.Message)
}

// run carries a transfer from step to its end.
func (e *Engine) run(ctx context.Context, r *Request, t *blockwise.Transfer, step blockwise.Step, result *Response) (*Response, error) {
	blocks := 0
	for {
		switch s := step.(type) {
		case blockwise.Done:
			result.Message = s.Response
			return result, nil
		case blockwise.Failed:
			return result, s.Err
		case blockwise.Send:
			s.Message.Type = r.Message.Type
			response, err := e.exchange(ctx, r, s.Message, result)
			if err != nil {
				return result, err
			}
			step = t.Handle(response.Message)
			if p := t.Progress(); r.On != nil && p.Blocks != blocks {
				blocks = p.Blocks
				r.On(Progress{Progress: p, Retries: result.Retries})
			}
		}
	}
}

// exchange does one exchange of a request and notes it in result.
func (e *Engine) exchange(ctx context.Context, r *Request, m protocol.Message, result *Response) (exchange.Response, error) {
	q := newQueue()
	id, err := e.start(exchange.Send{
		To: r.To, Message: m, FixedToken: m.Token.Len() > 0, Timeout: r.Timeout,
	}, q, nil)
	if err != nil {
		return exchange.Response{}, err
	}
	result.Exchanges++
	for {
		item, err := q.next(ctx)
		if err != nil {
			e.cancel(id)
			return exchange.Response{}, err
		}
		r.observe(item, result)
		switch out := item.(type) {
		case exchange.Response:
			return out, nil
		case exchange.Failed:
			return exchange.Response{}, out.Err
		}
	}
}

// observe notes what happened in the result and tells whoever listens.
func (r *Request) observe(item any, result *Response) {
	var event Event
	switch out := item.(type) {
	case transmitted:
		if result.Sent == 0 {
			result.Sent, result.Started = out.frame, time.Now()
		}
		if out.Attempt > 1 {
			result.Retries++
		}
		result.Attempts = out.Attempt
		event = Transmission{out.frame, out.Attempt, out.Of, out.Next}
	case exchange.Queued:
		event = Waiting{out.Ahead}
	case exchange.Acknowledged:
		event = Acknowledgement{trace.Seq(out.Frame)}
	case exchange.Response:
		result.From, result.RTT, result.Piggybacked = out.From, out.RTT, out.Piggybacked
		result.Received = trace.Seq(out.Frame)
		result.Duration = time.Since(result.Started)
	}
	if event != nil && r.On != nil {
		r.On(event)
	}
}

// Ping asks the endpoint for a sign of life (RFC 7252 §4.3) and gives the time until it came.
func (e *Engine) Ping(ctx context.Context, to netip.AddrPort) (time.Duration, error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return 0, ErrClosed
	}
	id, q := e.machine.NextID(), newQueue()
	e.flows[id] = &flow{queue: q, open: OpenExchange{To: to, Started: time.Now()}}
	e.handle(exchange.Ping{ID: id, To: to})
	e.mu.Unlock()
	for {
		item, err := q.next(ctx)
		if err != nil {
			e.cancel(id)
			return 0, err
		}
		switch out := item.(type) {
		case exchange.Pong:
			return out.RTT, nil
		case exchange.Failed:
			return 0, out.Err
		}
	}
}

// Ask is Do for those who only want the answer.
func (e *Engine) Ask(ctx context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error) {
	response, err := e.Do(ctx, Request{To: to, Message: request})
	if err != nil {
		return protocol.Message{}, err
	}
	return response.Message, nil
}

// AskRest is Ask where the first block of the response has come already (RFC 7959 §2.8).
func (e *Engine) AskRest(ctx context.Context, to netip.AddrPort, request, first protocol.Message) (protocol.Message, error) {
	t, step := blockwise.Continue(blockwise.Config{}, request, first)
	response, err := e.run(ctx, &Request{To: to, Message: request}, t, step, new(Response))
	if err != nil {
		return protocol.Message{}, err
	}
	return response.Message, nil
}

// AskGroup sends a NON to a multicast group by the interface, and calls each for every response until
// the context ends, which is no error (RFC 7252 §8). Responses are as they came: one may be the first
// block of more.
func (e *Engine) AskGroup(ctx context.Context, group netip.AddrPort, via *net.Interface, request protocol.Message, each func(from netip.AddrPort, response protocol.Message, rtt time.Duration)) error {
	request.Type = protocol.NonConfirmable
	q := newQueue()
	id, err := e.start(exchange.Send{To: group, Message: request, Multicast: true}, q, via)
	if err != nil {
		return err
	}
	defer e.cancel(id)
	for {
		item, err := q.next(ctx)
		if err != nil {
			return nil
		}
		switch out := item.(type) {
		case exchange.Response:
			each(out.From, out.Message, out.RTT)
		case exchange.Failed:
			return out.Err
		case exchange.Collected:
			return nil
		}
	}
}

package session

import (
	"context"
	"errors"
	"fmt"
	"io"
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

	// Sink, if set, takes the body of a successful response block by block, and the response's Message has
	// no Payload. With it a body of any size takes the same memory.
	Sink blockwise.Sink
	// MaxBody is the largest body of a response, in bytes; 0 for [blockwise.DefaultMaxBody], or no limit
	// where there is a Sink.
	MaxBody int64

	BlockSize         int                // preferred, 16 to 1024 bytes; 0 for 1024
	ResponseBlockSize int                // preferred for the response, where it is not BlockSize
	AskSize           bool               // asks for the size of the response's body (RFC 7959 §4)
	Plain             bool               // one exchange of the message as it is, whatever Block options it has
	RequestTag        []byte             // of a body in blocks, 0 to 8 bytes (RFC 9175 §3); nil for none
	OnChange          blockwise.OnChange // what happens when the representation changes under a download
	ResumeDownload    blockwise.Resume   // what the Sink has already
	ResumeUpload      int64              // how many bytes of the body the endpoint has already

	Timeout time.Duration // to wait for a separate response, or for that to a NON; 0 for the RFC's lifetime

	// Transmission and Identifiers are used for this request instead of what is set for its endpoint, or for
	// all; nil for that.
	Transmission *protocol.Transmission
	Identifiers  *exchange.Identifiers

	FixedMessageID bool // the first message has the message ID of Message
	ReuseMessageID bool // that it is in use with the endpoint does not matter (RFC 7252 §4.4 forbids it)
	FixedToken     bool // the token of Message is used though it is empty

	Echo  EchoPolicy  // what is done with a 4.01 that has an Echo option, and with the value
	Cache CachePolicy // whether a response received before may answer

	// QBlock moves bodies by Q-Block1 and Q-Block2 (RFC 9177), which do not wait for each block. They are
	// made for NON requests; with CON, NSTART holds them back. A peer that does not do it gets the request
	// with Block1 and Block2; [FellBack] tells then. Plain and resuming have no meaning with it, and
	// [Engine.Observe] does not use it.
	QBlock bool

	// Again is how often the request is made again after a 4.29 or a 5.03 with Max-Age, each time when
	// Max-Age has passed (RFC 8516 §4, RFC 7252 §5.9.3.4).
	Again int
	// Impatient sends the request though such a response to one like it asked to wait.
	Impatient bool

	// On, if set, is told what happens, in order, on the goroutine that called. It must return soon.
	On func(Event)
}

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
	FromCache  bool          // Message was received before
	Validated  bool          // and the endpoint said that it is still valid (2.03)
	Age        time.Duration // of a response from the cache: since it was received or last validated
	Echoed     int           // how often a 4.01 was answered with its Echo option
	HeldBack   int           // how often a 4.29 or 5.03 was waited for
}

// Do sends the request and waits for its final response, whose code may be that of an error. It
// moves bodies in blocks where they need it. The error is that of the context, [ErrClosed], one of
// packages exchange, blockwise and transport, or one that says why the request makes no sense; the response is
// never nil, and tells what was done until then. When the context ends the exchange is cancelled.
func (e *Engine) Do(ctx context.Context, r Request) (*Response, error) {
	d := newDoing(e, &r, new(Response))
	if err := e.check(&r); err != nil {
		return d.result, err
	}
	defer e.end(&d.call)
	if d.fresh() {
		return d.result, nil
	}
	for again := r.Again; ; again-- {
		if err := d.hold(ctx); err != nil {
			return d.result, err
		}
		err := d.ask(ctx)
		held, ok := d.heldBack()
		if !ok || again <= 0 {
			return d.result, err
		}
		d.result.HeldBack++
		if err := d.wait(ctx, held); err != nil {
			return d.result, err
		}
	}
}

// check says why a request makes no sense.
func (e *Engine) check(r *Request) error {
	switch {
	case e.reachesMany(r.To.Addr()):
		return fmt.Errorf("%s %w: a request to all of them is Non-confirmable and has any number of answers, which AskGroup collects (RFC 7252 §8.1)", r.To, ErrGroup)
	case r.Body != nil && len(r.Message.Payload) > 0:
		return errors.New("the request has a Payload and a Body to read: one of them has to go")
	case r.Body == nil && r.BodySize != 0:
		return errors.New("the request has a BodySize, but no Body to read")
	case r.Cache != NoCache && (r.Sink != nil || r.Body != nil):
		return errors.New("the cache keeps whole messages (RFC 7252 §5.6): without Sink and Body, or with NoCache")
	}
	return nil
}

// Transfer gives the transfer that [Engine.Do] carries out, not started: its first step has the message that
// is sent first, but for token and message ID.
func (r *Request) Transfer() *blockwise.Transfer {
	t := new(blockwise.Transfer)
	r.transfer(t, r.Message)
	return t
}

// transfer makes the transfer of a message that has options more than that of the request.
func (r *Request) transfer(t *blockwise.Transfer, m protocol.Message) {
	config := blockwise.Config{
		BlockSize: r.BlockSize, ResponseBlockSize: r.ResponseBlockSize,
		// Who chooses a size means it from the first block on. Block2 is critical, so that nobody else
		// is made to understand it.
		EarlyNegotiation: r.ResponseBlockSize > 0 || r.BlockSize > 0 && len(m.Payload) == 0 && r.BodySize == 0,
		AskSize:          r.AskSize, MaxBody: r.MaxBody, Sink: r.Sink, OnChange: r.OnChange, RequestTag: r.RequestTag,
		Plain: r.Plain, ResumeDownload: r.ResumeDownload, ResumeUpload: r.ResumeUpload,
	}
	t.Init(config, m, r.Body, r.BodySize)
}

// observe notes what happened in the result and tells whoever listens.
func (r *Request) observe(item any, result *Response) {
	switch out := item.(type) {
	case transmitted:
		if result.Sent == 0 {
			result.Sent, result.Started = out.frame, out.at
		}
		if out.attempt > 1 {
			result.Retries++
		}
		result.Attempts = out.attempt
	case exchange.Suppressed:
		result.From, result.RTT, result.Suppressed = out.From, out.RTT, true
		result.Received = trace.Seq(out.Frame)
	case exchange.Response:
		result.From, result.RTT, result.Piggybacked = out.From, out.RTT, out.Piggybacked
		result.Received = trace.Seq(out.Frame)
	}
	if r.On == nil {
		return
	}
	switch out := item.(type) {
	case transmitted:
		r.On(Transmission{out.frame, out.attempt, out.of, out.next})
	case exchange.Queued:
		r.On(Waiting{out.Ahead, out.Why, out.Until})
	case exchange.Acknowledged:
		r.On(Acknowledgement{trace.Seq(out.Frame)})
	case exchange.TokenShortened:
		r.On(TokenShortened{trace.Seq(out.Frame), out.From, out.To})
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

// AskOnce is Ask for one exchange: the response may be the first block of more, which AskRest gets.
func (e *Engine) AskOnce(ctx context.Context, to netip.AddrPort, request protocol.Message) (protocol.Message, error) {
	response, err := e.Do(ctx, Request{To: to, Message: request, Plain: true})
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

package session

import (
	"bytes"
	"context"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// doing is a logical request while it is carried out, by the goroutine that called. Its exchanges come one
// after the other.
type doing struct {
	*Engine
	request *Request
	result  *Response
	call    call
	queue   queue
	flow    flow // of each exchange

	// From the second block on the goroutine that receives takes the transfer further while this one waits
	// (advance), with the engine locked.
	transfer *blockwise.Transfer
	message  protocol.Message // the newest, without Echo value
	asked    bool             // it was sent once more with that
	ahead    blockwise.Step   // what came of the response that is in the queue; nil if it was not handled

	last   protocol.Message // the newest response, to a part of the request perhaps
	echo   []byte           // the Echo value that its messages have; nil for none
	rate   rateMeter
	blocks int // as told last
}

func newDoing(e *Engine, r *Request, result *Response) *doing {
	d := &doing{Engine: e, request: r, result: result}
	d.call.open.To, d.call.open.Started = r.To, e.clock.Now()
	d.queue.init()
	d.flow = flow{queue: &d.queue, call: &d.call}
	return d
}

// run carries a transfer from a step to its end.
func (e *Engine) run(ctx context.Context, r *Request, t *blockwise.Transfer, step blockwise.Step, result *Response) (*Response, error) {
	d := newDoing(e, r, result)
	defer e.end(&d.call)
	return result, d.carry(ctx, t, step)
}

// carry does that for the request, and leaves the response in the result.
func (d *doing) carry(ctx context.Context, t *blockwise.Transfer, step blockwise.Step) error {
	d.blocks = 0
	d.ahead, d.flow.transfer = nil, nil
	for {
		switch s := step.(type) {
		case blockwise.Done:
			d.result.Message = s.Response
			return nil
		case blockwise.Failed:
			return s.Err
		case blockwise.Send:
			response, err := d.exchange(ctx, s.Message)
			if err != nil || d.result.Suppressed {
				return err
			}
			if step = d.ahead; step == nil {
				step = t.Handle(response)
			}
			d.ahead = nil
			if _, more := step.(blockwise.Send); more && d.flow.transfer == nil && d.alone() {
				kept := *t // only one of many blocks is more than the stack's
				t, d.transfer, d.flow.transfer = &kept, &kept, d
			}
			if p := t.Progress(); p.Blocks != d.blocks {
				d.progress(p)
			}
		}
	}
}

// alone tells whether nothing of the caller's takes part in the transfer, which has to run on its goroutine.
func (d *doing) alone() bool {
	return d.request.On == nil && d.request.Sink == nil && d.request.Body == nil
}

// advance takes a response and gives the message that follows, where it is clear what to do.
func (d *doing) advance(r exchange.Response) (next exchange.Send, ok bool) {
	if _, echo := echoOf(&r.Message); echo || r.Message.Code == protocol.Unauthorized {
		return next, false
	}
	d.ahead = d.transfer.Handle(r.Message)
	s, ok := d.ahead.(blockwise.Send)
	if !ok {
		return next, false
	}
	d.ahead = nil
	d.request.observe(r, d.result)
	if p := d.transfer.Progress(); p.Blocks != d.blocks {
		d.measure(p)
	}
	m := d.prepare(s.Message)
	d.message, d.asked = m, false
	if d.request.Echo != EchoByHand {
		m = d.echoing(m)
	}
	d.result.Exchanges++
	return d.input(&m), true
}

// sent notes a transmission.
func (d *doing) sent(t transmitted) { d.request.observe(t, d.result) }

// progress tells how far a block-wise transfer has come.
func (d *doing) progress(p blockwise.Progress) {
	d.mu.Lock()
	event := d.measure(p)
	d.mu.Unlock()
	if d.request.On != nil {
		d.request.On(event)
	}
}

// measure does that for whoever asks for what is open. The engine is locked.
func (d *doing) measure(p blockwise.Progress) Progress {
	d.blocks = p.Blocks
	d.rate.add(d.clock.Now(), p.Bytes)
	d.call.open.Progress = Progress{Progress: p, Rate: d.rate.rate(), Retries: d.result.Retries}
	return d.call.open.Progress
}

// prepare makes a message of the transfer one of the request.
func (d *doing) prepare(m protocol.Message) protocol.Message {
	m.Type, m.MessageID = d.request.Message.Type, d.request.Message.MessageID
	if b, ok := m.Options.Block(protocol.Block1); ok && b.More && m.Options.Has(protocol.NoResponse) {
		m.Options = m.Options.Without(protocol.NoResponse) // the next block waits for the response to this one
	}
	return m
}

// echoing gives a message the Echo value that the endpoint is to have.
func (d *doing) echoing(m protocol.Message) protocol.Message {
	if value := d.echoes.take(d.request.To); value != nil {
		d.echo = value
	}
	if d.echo != nil {
		m.Options = m.Options.Set(protocol.Echo, d.echo)
	}
	return m
}

// exchange sends a message of the request and gives the response. Where that is a 4.01 with an Echo option,
// the message is sent once more with that (RFC 9175 §2.3).
func (d *doing) exchange(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	m = d.prepare(m)
	if d.request.Echo == EchoByHand {
		return d.once(ctx, m)
	}
	for d.message, d.asked = m, false; ; d.asked = true {
		response, err := d.once(ctx, d.echoing(d.message))
		value, ok := echoOf(&response)
		switch {
		case err != nil || !ok:
			return response, err
		case response.Code != protocol.Unauthorized:
			d.echoes.put(d.result.From, value)
			return response, nil
		case d.asked:
			return response, nil
		}
		d.echo = bytes.Clone(value)
		d.result.Echoed++
		if d.request.On != nil {
			d.request.On(EchoAsked{Frame: d.result.Received, Value: d.echo})
		}
	}
}

// once does one exchange of a message, and notes in the result what came of it. While it waits it takes little
// of the stack, as many may wait.
func (d *doing) once(ctx context.Context, m protocol.Message) (response protocol.Message, err error) {
	if err := ctx.Err(); err != nil { // nothing is sent any more
		return response, err
	}
	if err := d.begin(&m); err != nil {
		return response, err
	}
	for {
		item, err := d.queue.next(ctx)
		if err != nil {
			d.cancelNewest(&d.flow)
			return response, err
		}
		d.see(item)
		if ended, err := d.note(item, &response); ended {
			return response, err
		}
	}
}

// begin starts an exchange of the message.
func (d *doing) begin(m *protocol.Message) error {
	in := d.input(m)
	d.result.Exchanges++ // now, as the response may come before open returns
	_, err := d.open(in, &d.flow)
	if err != nil {
		d.result.Exchanges--
	}
	return err
}

// input gives the message to the message layer.
func (d *doing) input(m *protocol.Message) exchange.Send {
	r := d.request
	return exchange.Send{
		To: r.To, Message: *m, Timeout: r.Timeout,
		FixedToken:     m.Token.Len() > 0 || r.FixedToken && r.Message.Token.Len() == 0,
		FixedMessageID: r.FixedMessageID && d.result.Exchanges == 0, ReuseMessageID: r.ReuseMessageID,
		Transmission: r.Transmission, Identifiers: r.Identifiers,
	}
}

// see notes an item in the result, and tells of it.
func (d *doing) see(item any) {
	if d.flow.transfer != nil { // which may note another at this time
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	d.request.observe(item, d.result)
}

// note takes what the message layer says of the exchange, and tells whether that has ended.
func (d *doing) note(item any, response *protocol.Message) (ended bool, err error) {
	switch out := item.(type) {
	case exchange.Response:
		d.last = out.Message
		d.result.Duration = d.clock.Now().Sub(d.result.Started)
		*response = out.Message
		return true, nil
	case exchange.Suppressed:
		return true, nil
	case exchange.Failed:
		if out.Frame != 0 {
			d.result.Received = trace.Seq(out.Frame)
		}
		return true, out.Err
	}
	return false, nil
}

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
			step = t.Handle(response)
			if p := t.Progress(); p.Blocks != d.blocks {
				d.progress(p)
			}
		}
	}
}

// progress tells how far a block-wise transfer has come.
func (d *doing) progress(p blockwise.Progress) {
	d.blocks = p.Blocks
	d.rate.add(d.clock.Now(), p.Bytes)
	event := Progress{Progress: p, Rate: d.rate.rate(), Retries: d.result.Retries}
	d.mu.Lock()
	d.call.open.Progress = event
	d.mu.Unlock()
	if d.request.On != nil {
		d.request.On(event)
	}
}

// exchange sends a message of the request and gives the response. Where that is a 4.01 with an Echo option,
// the message is sent once more with that (RFC 9175 §2.3).
func (d *doing) exchange(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	m.Type, m.MessageID = d.request.Message.Type, d.request.Message.MessageID
	if b, ok := m.Options.Block(protocol.Block1); ok && b.More && m.Options.Has(protocol.NoResponse) {
		m.Options = m.Options.Without(protocol.NoResponse) // the next block waits for the response to this one
	}
	if d.request.Echo == EchoByHand {
		return d.once(ctx, m)
	}
	for asked := false; ; asked = true {
		if value := d.echoes.take(d.request.To); value != nil {
			d.echo = value
		}
		if d.echo != nil {
			m.Options = m.Options.Set(protocol.Echo, d.echo)
		}
		response, err := d.once(ctx, m)
		value, ok := echoOf(&response)
		switch {
		case err != nil || !ok:
			return response, err
		case response.Code != protocol.Unauthorized:
			d.echoes.put(d.result.From, value)
			return response, nil
		case asked:
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
	id, err := d.begin(&m)
	if err != nil {
		return response, err
	}
	for {
		item, err := d.queue.next(ctx)
		if err != nil {
			d.cancel(id)
			return response, err
		}
		d.request.observe(item, d.result)
		if ended, err := d.note(item, &response); ended {
			return response, err
		}
	}
}

// begin starts an exchange of the message.
func (d *doing) begin(m *protocol.Message) (exchange.ID, error) {
	r := d.request
	id, err := d.open(exchange.Send{
		To: r.To, Message: *m, Timeout: r.Timeout,
		FixedToken:     m.Token.Len() > 0 || r.FixedToken && r.Message.Token.Len() == 0,
		FixedMessageID: r.FixedMessageID && d.result.Exchanges == 0, ReuseMessageID: r.ReuseMessageID,
		Transmission: r.Transmission, Identifiers: r.Identifiers,
	}, &d.flow)
	if err == nil {
		d.result.Exchanges++
	}
	return id, err
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

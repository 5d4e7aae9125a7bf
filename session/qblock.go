package session

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/qblock"
)

// FellBack tells that the peer does not do Q-Block, and why that is thought: the request is made with Block1
// and Block2 from now on (RFC 9177 §4.1).
type FellBack struct{ Why error }

func (FellBack) event() {}

// quickPeers are the endpoints that are known to do Q-Block.
type quickPeers struct {
	mu    sync.Mutex
	peers map[netip.AddrPort]bool
}

// maxQuickPeers bounds how many are remembered.
const maxQuickPeers = 1024

func (s *quickPeers) has(to netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peers[to]
}

// learn notes whether the endpoint does Q-Block. One that may not, or that did not respond, is asked again
// the next time, by a CON: so no body goes to an endpoint that is not there (PROBING_RATE, RFC 9177 §7.2).
func (s *quickPeers) learn(to netip.AddrPort, does bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !does {
		delete(s.peers, to)
		return
	}
	if s.peers == nil {
		s.peers = make(map[netip.AddrPort]bool)
	}
	if len(s.peers) >= maxQuickPeers {
		for other := range s.peers { // it will be asked
			delete(s.peers, other)
			break
		}
	}
	s.peers[to] = true
}

// quick is a transfer by Q-Block on its way. All exchanges of it have one queue.
type quick struct {
	*doing
	transfer *qblock.Transfer
	queue    *queue
	ids      map[qblock.Number]exchange.ID
	numbers  map[exchange.ID]qblock.Number
	due      timer // puts a Tick into the queue
	told     qblock.Progress
}

// quick carries out the request by Q-Block1 and Q-Block2, or without if the endpoint does not do that. A 4.01
// with an Echo option has it made once more with that (RFC 9175 §2.3).
func (d *doing) quick(ctx context.Context, m protocol.Message) error {
	for asked := false; ; asked = true {
		if d.request.Echo == EchoAutomatic {
			if value := d.echoes.take(d.request.To); value != nil {
				d.echo = value
			}
		}
		if d.echo != nil {
			m.Options = m.Options.Set(protocol.Echo, d.echo)
		}
		if err := d.quickly(ctx, m); err != nil {
			return err
		}
		value, ok := echoOf(&d.result.Message)
		switch {
		case !ok || d.request.Echo != EchoAutomatic:
			return nil
		case d.result.Message.Code != protocol.Unauthorized:
			d.echoes.put(d.result.From, value)
			return nil
		case asked:
			return nil
		}
		d.echo = bytes.Clone(value)
		d.result.Echoed++
		if d.request.On != nil {
			d.request.On(EchoAsked{Frame: d.result.Received, Value: d.echo})
		}
	}
}

func (d *doing) quickly(ctx context.Context, m protocol.Message) error {
	r := d.request
	config := qblock.Config{
		Parameters: qblock.ParametersOf(d.transmissionOf(r)), BlockSize: r.BlockSize, ResponseBlockSize: r.ResponseBlockSize,
		MaxBody: r.MaxBody, RequestTag: r.RequestTag, FailOnChange: r.OnChange == blockwise.Fail,
		Supported: d.quickPeers.has(r.To), Timeout: r.Timeout,
	}
	if r.Sink != nil {
		config.Sink = r.Sink
	}
	q := &quick{
		doing: d, transfer: qblock.New(config, m, r.Body, r.BodySize), queue: newQueue(),
		ids: make(map[qblock.Number]exchange.ID), numbers: make(map[exchange.ID]qblock.Number),
	}
	q.due = d.clock.AfterFunc(time.Hour, func() { q.queue.put(qblock.Tick{}) })
	defer q.due.Stop()
	end, err := q.run(ctx)
	for id := range q.numbers {
		d.cancel(id)
	}
	switch end := end.(type) {
	case qblock.Done:
		d.quickPeers.learn(r.To, q.transfer.Supported())
		d.result.Message = end.Response
	case qblock.FallBack:
		d.quickPeers.learn(r.To, false)
		if r.On != nil {
			r.On(FellBack{end.Why})
		}
		if end.First == nil {
			var t blockwise.Transfer
			r.transfer(&t, m)
			return d.carry(ctx, &t, t.Start())
		}
		m.Payload = nil
		t, step := blockwise.Continue(blockwise.Config{
			BlockSize: r.BlockSize, ResponseBlockSize: r.ResponseBlockSize, MaxBody: r.MaxBody, Sink: r.Sink, OnChange: r.OnChange,
		}, m, *end.First)
		return d.carry(ctx, t, step)
	case qblock.Failed:
		d.quickPeers.learn(r.To, false)
		err = end.Err
	}
	return err
}

// run does what the transfer says until it ends, or the context does.
func (q *quick) run(ctx context.Context) (qblock.Output, error) {
	var outputs []qblock.Output
	var in qblock.Input = qblock.Tick{}
	for {
		if in != nil {
			outputs = q.transfer.Handle(q.clock.Now(), in, outputs[:0])
			for _, out := range outputs {
				if end, err := q.act(out); end != nil || err != nil {
					q.tell()
					return end, err
				}
			}
			clear(outputs)
			q.tell()
		}
		item, err := q.next(ctx)
		if err != nil {
			return nil, err
		}
		in = q.input(item)
	}
}

// next gives what has come, or a Tick at the deadline of the transfer.
func (q *quick) next(ctx context.Context) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if item, ok := q.queue.take(); ok {
		return item, nil
	}
	if at, ok := q.transfer.Deadline(); ok {
		left := at.Sub(q.clock.Now())
		if left <= 0 {
			return qblock.Tick{}, nil
		}
		q.due.Reset(left)
	}
	return q.queue.next(ctx)
}

// act does what an output asks for; it gives one that ends the transfer.
func (q *quick) act(out qblock.Output) (qblock.Output, error) {
	switch out := out.(type) {
	case qblock.Send:
		m := out.Message
		m.MessageID = q.request.Message.MessageID
		id, err := q.start(exchange.Send{
			To: q.request.To, Message: m,
			FixedToken: m.Token.Len() > 0, KeepOpen: true, SelfPaced: m.Type == protocol.NonConfirmable,
			Transmission: q.request.Transmission, Identifiers: q.request.Identifiers,
			FixedMessageID: q.request.FixedMessageID && q.result.Exchanges == 0, ReuseMessageID: q.request.ReuseMessageID,
		}, q.queue, &q.call)
		if err != nil {
			return nil, err
		}
		q.result.Exchanges++
		q.ids[out.Number], q.numbers[id] = id, out.Number
	case qblock.Release:
		if id, ok := q.ids[out.Number]; ok {
			q.forget(id)
			q.cancel(id)
		}
	case qblock.Done, qblock.FallBack, qblock.Failed:
		return out, nil
	}
	return nil, nil
}

func (q *quick) forget(id exchange.ID) {
	delete(q.ids, q.numbers[id])
	delete(q.numbers, id)
}

// input says to the transfer what has happened to one of its messages; nil if that matters only to whoever
// listens, or to nobody any more.
func (q *quick) input(item any) qblock.Input {
	switch out := item.(type) {
	case qblock.Tick:
		return out
	case exchange.Response:
		if n, ok := q.numbers[out.ID]; ok {
			q.request.observe(item, q.result)
			q.last = out.Message
			q.result.Duration = q.clock.Now().Sub(q.result.Started)
			return qblock.Response{To: n, Message: out.Message}
		}
	case exchange.Acknowledged:
		if n, ok := q.numbers[out.ID]; ok {
			q.request.observe(item, q.result)
			return qblock.Acknowledged{To: n}
		}
	case exchange.Suppressed:
		q.forget(out.ID)
	case exchange.Failed:
		n, ok := q.numbers[out.ID]
		if !ok {
			return nil // released
		}
		q.forget(out.ID)
		var silence *exchange.NoResponseError
		return qblock.Unanswered{To: n, Err: out.Err, Rejected: errors.Is(out.Err, exchange.ErrReset), Silence: errors.As(out.Err, &silence)}
	default:
		q.request.observe(item, q.result)
	}
	return nil
}

// tell tells whoever listens how far the transfer has come.
func (q *quick) tell() {
	p := q.transfer.Progress()
	if p == q.told || p.Blocks == 0 {
		return
	}
	again := p.Again - q.told.Again
	q.told = p
	direction := blockwise.Upload
	if p.Direction == qblock.Download {
		direction = blockwise.Download
	}
	q.result.Retries += max(again, 0)
	q.progress(blockwise.Progress{
		Direction: direction, Block: p.Block, Blocks: p.Blocks, Bytes: p.Bytes, Total: p.Total, Restarts: p.Restarts,
	})
}

// transmissionOf gives the parameters that the request is sent with.
func (e *Engine) transmissionOf(r *Request) protocol.Transmission {
	if r.Transmission != nil {
		return *r.Transmission
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.machine.Transmission(r.To)
}

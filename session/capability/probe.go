package capability

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
)

// Asker is what probing needs of an engine.
type Asker interface {
	Do(ctx context.Context, r session.Request) (*session.Response, error)
	DoPing(ctx context.Context, r session.PingRequest) (session.Pong, error)
}

// SilentError is why probing ended early: the first request got no answer.
type SilentError struct{ Err error }

func (e *SilentError) Error() string {
	return fmt.Sprintf("the device was not probed any further, as it does not answer: %v", e.Err)
}

// Unwrap gives what the engine said.
func (e *SilentError) Unwrap() error { return e.Err }

// probe is a target while it is probed.
type probe struct {
	ctx    context.Context
	asker  Asker
	target *Target
	card   *Card
	silent error // of the first request; nil where it was answered
	size   int   // of the payload of its response
}

// Probe carries out the plan of a target and notes in a copy of the card what comes of it, which it gives in the end, with
// the error of the context where that has ended before, or a [*SilentError]. tell is called after each step with how many
// are done, and the card so far.
func Probe(ctx context.Context, asker Asker, t Target, card Card, tell func(done int, card Card)) (Card, error) {
	if err := t.Check(); err != nil {
		return card, err
	}
	p := &probe{ctx: ctx, asker: asker, target: &t, card: &card}
	for i, step := range t.Plan() {
		step.run(p)
		if err := ctx.Err(); err != nil {
			return card, err
		}
		if p.silent != nil {
			return card, &SilentError{p.silent}
		}
		tell(i+1, card.Clone())
	}
	return card, nil
}

// request makes a request for a path, which Check has seen.
func (p *probe) request(method protocol.Code, path string) protocol.Message {
	named, _ := options(path)
	return protocol.Message{Type: protocol.Confirmable, Code: method, Options: named}
}

func (p *probe) get() protocol.Message { return p.request(protocol.GET, p.target.resource()) }

// do sends one message, and learns from what comes. Where nothing comes the exchange has the frames only.
func (p *probe) do(m protocol.Message) (Exchange, error) {
	result, err := p.asker.Do(p.ctx, session.Request{
		To: p.target.Endpoint, Message: m, Plain: true, Echo: session.EchoByHand, Transmission: p.target.transmission(),
		FixedToken: m.Token.Len() > 0,
	})
	e := Exchange{Request: m, Sent: result.Sent, Received: result.Received}
	if rejected := (*exchange.CriticalOptionError)(nil); errors.As(err, &rejected) {
		// libcoap, for one, sends a critical option back with its 4.02, so that the engine has to reject that.
		e.Response = rejected.Message
	}
	if err != nil {
		return e, err
	}
	e.Response, e.ResponseSize = result.Message, size(&result.Message)
	if m.Token.Len() == 0 {
		m.Token = result.Message.Token
	}
	e.RequestSize = size(&m)
	if result.Attempts == 1 { // else nobody knows which of them was answered
		e.RTT = result.RTT
	}
	p.card.Learn(e)
	return e, nil
}

func size(m *protocol.Message) int {
	b, err := m.Append(nil)
	if err != nil { // of what the engine has sent or received there is none
		return 0
	}
	return len(b)
}

func silence(err error) bool {
	var unanswered interface{ Timeout() bool }
	return errors.As(err, &unanswered) && unanswered.Timeout()
}

func (p *probe) plain() {
	e, err := p.do(p.get())
	if err != nil && !errors.Is(err, exchange.ErrReset) {
		p.silent = err
	}
	p.size = len(e.Response.Payload)
}

// ping sends one: libcoap, for one, does not answer a second that follows soon.
func (p *probe) ping() {
	pong, err := p.asker.DoPing(p.ctx, session.PingRequest{To: p.target.Endpoint, Transmission: p.target.transmission()})
	f := &p.card.findings[RoundTrip]
	switch {
	case p.ctx.Err() != nil:
		return
	case silence(err):
		*f = Finding{RoundTrip, Broken, "no answer to a ping, which has to be a Reset", evidence(pong.Sent)}
	case err != nil:
		*f = Finding{RoundTrip, Unknown, fmt.Sprintf("ping: %v", err), evidence(pong.Sent)}
	case pong.Type != protocol.Reset:
		*f = Finding{RoundTrip, Broken, "an ACK answers a ping, where a Reset has to", evidence(pong.Sent, pong.Received)}
	}
	if err == nil && pong.Attempts == 1 {
		p.card.pings.add(pong.RTT, pong.Sent, pong.Received)
	}
}

func (p *probe) blocks() {
	m := p.get()
	m.Options = m.Options.Add(protocol.Block2, protocol.Block{}.Value()).AddUint(protocol.Size2, 0)
	e, err := p.do(m)
	_, answered := e.Response.Options.Block(protocol.Block2)
	switch {
	case err != nil:
		p.failed(Blocks, e, err)
	case answered || e.Response.Code != protocol.Content:
		p.unless(Sizes, e, "the response does not tell it, which it need not")
	case len(e.Response.Payload) > 16:
		p.card.set(Blocks, Broken, &e, "a block of 16 bytes was asked for; %d bytes came, and no Block2", len(e.Response.Payload))
	default:
		p.unless(Blocks, e, fmt.Sprintf("%s fits one block of 16 bytes", p.target.resource()))
	}
}

func (p *probe) qblock() {
	m := p.get()
	m.Options = m.Options.Add(protocol.QBlock2, protocol.Block{}.Value())
	e, err := p.do(m)
	switch r := &e.Response; {
	case err != nil:
		p.failed(QBlocks, e, err)
	case r.Options.Has(protocol.QBlock2) || r.Code == protocol.BadOption: // it is learned
	case r.Code.Class() == 2 && (len(r.Payload) > 16 || r.Options.Has(protocol.Block2)):
		p.card.set(QBlocks, Broken, &e, "%s neither heeds the option nor refuses it, though it is critical", p.target.resource())
	default:
		p.unless(QBlocks, e, r.Code.Dotted()+" tells neither")
	}
}

func (p *probe) validate() {
	c, m := p.card, p.get()
	if c.tag == nil || c.tagged != m.Path() {
		p.unless(Tags, Exchange{}, p.target.resource()+" has none; another resource may have one")
		return
	}
	m.Options = m.Options.Add(protocol.ETag, c.tag)
	e, err := p.do(m)
	switch {
	case err != nil:
		p.failed(Tags, e, err)
	case e.Response.Code == protocol.Content && !c.validates:
		c.better(Tags, &e, "%s has one, but is sent anew instead of 2.03", p.target.resource())
	}
}

func (p *probe) observe() {
	m := p.request(protocol.GET, p.target.observable())
	m.Token = randomToken(4)
	m.Options = m.Options.AddUint(protocol.Observe, 0)
	e, err := p.do(m)
	switch {
	case err != nil:
		p.failed(Observing, e, err)
		return
	case !e.Response.Options.Has(protocol.Observe):
		if e.Response.Code.Class() == 2 {
			p.card.set(Observing, No, &e, "%s is given, but not observed; another resource may be", p.target.observable())
		}
		p.unless(Observing, e, fmt.Sprintf("%s answers %s", p.target.observable(), e.Response.Code.Dotted()))
		return
	}
	m.Options = m.Options.SetUint(protocol.Observe, 1)
	_, _ = p.do(m) // else it ends with a Reset of the next notification (RFC 7641 §3.6)
}

func (p *probe) fetch() {
	m := p.request(protocol.FETCH, p.target.resource())
	m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.JSON))
	m.Payload = []byte("[]")
	e, err := p.do(m)
	if err != nil {
		p.failed(Fetch, e, err)
		return
	}
	p.unless(Fetch, e, fmt.Sprintf("%s answers %s, which tells neither", p.target.resource(), e.Response.Code.Dotted()))
}

func (p *probe) token() {
	m := p.get()
	m.Token = randomToken(longToken)
	e, err := p.do(m)
	switch {
	case errors.Is(err, exchange.ErrReset):
		p.card.set(LongTokens, No, &e, "a token of %d bytes is rejected with a Reset, as for want of RFC 8974", longToken)
	case silence(err):
		p.card.set(LongTokens, No, &e, "no answer to a token of %d bytes", longToken)
	case err != nil:
		p.failed(LongTokens, e, err)
	case e.Response.Code == protocol.BadRequest && e.Response.Token == m.Token:
		p.card.set(LongTokens, No, &e, "a token of %d bytes comes back with 4.00: it is too long for it", longToken)
	default:
		p.unless(LongTokens, e, e.Response.Code.Dotted()+" tells neither")
	}
}

func (p *probe) pad() {
	for i, want := range sizes {
		m := p.get()
		m.Token = randomToken(4)
		padTo(&m, want)
		e, err := p.do(m)
		c := p.card
		switch {
		case p.ctx.Err() != nil:
			return
		case err == nil && e.Response.Code.Class() == 2:
			if i == 0 {
				c.set(UnknownElective, Yes, &e, "option %d was ignored", padding)
			}
			continue
		case i == 0 && err == nil && e.Response.Code == protocol.BadOption:
			c.set(UnknownElective, Broken, &e, "4.02 to option %d, which has to be ignored", padding)
			return
		case i == 0 && err == nil && e.Response.Code.Class() == 4 && e.Response.Code != protocol.RequestEntityTooLarge:
			p.unless(UnknownElective, e, fmt.Sprintf("%s answers %s with and without one, perhaps", p.target.resource(), e.Response.Code.Dotted()))
		}
		c.limit = want
		why := "no answer"
		if err == nil {
			why = e.Response.Code.String()
		} else if !silence(err) {
			why = err.Error()
		}
		c.findings[LargestRequest] = Finding{LargestRequest, Unknown, fmt.Sprintf("to %d bytes: %s", want, why), evidence(e.Sent, e.Received)}
		return
	}
}

// padTo gives a message an option that makes it that long, where it is not longer already.
func padTo(m *protocol.Message, want int) {
	n := 0
	for range 2 { // the length of an option takes more bytes when it is longer
		m.Options = m.Options.Set(padding, make([]byte, n))
		n = max(0, n+want-size(m))
	}
	m.Options = m.Options.Set(padding, make([]byte, n))
}

func (p *probe) critical() {
	m := p.get()
	m.Options = m.Options.Add(unknown, []byte{1})
	e, err := p.do(m)
	switch {
	case errors.Is(err, exchange.ErrReset):
		p.card.set(UnknownCritical, Broken, &e, "a Reset, where a CON has to be answered with 4.02")
	case e.Response.Code == protocol.BadOption:
		p.card.set(UnknownCritical, Yes, &e, "4.02 to option %d", unknown)
	case err != nil:
		p.failed(UnknownCritical, e, err)
	case e.Response.Code.Class() == 2:
		p.card.set(UnknownCritical, Broken, &e, "option %d was ignored: %s, where 4.02 has to be", unknown, e.Response.Code.Dotted())
	default:
		p.unless(UnknownCritical, e, e.Response.Code.Dotted()+" tells neither")
	}
}

func (p *probe) proxy() {
	m := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET}
	m.Options = m.Options.Add(protocol.ProxyURI, []byte(elsewhere))
	if e, err := p.do(m); err != nil {
		p.failed(Proxying, e, err)
	}
}

func (p *probe) unsafe(u Unsafe) {
	m := p.request(u.Method, u.Path)
	m.Options = m.Options.Add(protocol.IfMatch, random(8))
	f := methods[u.Method]
	e, err := p.do(m)
	switch {
	case err != nil:
		p.failed(f, e, err)
	case e.Response.Code.Class() == 2:
		p.card.findings[f] = Finding{f, Yes, fmt.Sprintf("%s answers %s, in spite of an If-Match that does not hold (RFC 7252 §5.10.8.1)", u.Path, e.Response.Code.Dotted()), evidence(e.Sent, e.Received)}
	default:
		p.unless(f, e, fmt.Sprintf("%s answers %s, which tells neither", u.Path, e.Response.Code.Dotted()))
	}
}

// unless notes why a feature is not known, if it is not.
func (p *probe) unless(f Feature, e Exchange, why string) {
	if p.card.findings[f].Verdict == Unknown {
		p.card.findings[f] = Finding{f, Unknown, why, evidence(e.Sent, e.Received)}
	}
}

func (p *probe) failed(f Feature, e Exchange, err error) {
	if p.ctx.Err() == nil { // else it is the user who has ended it
		p.unless(f, e, err.Error())
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it cannot fail
	return b
}

func randomToken(n int) protocol.Token { return protocol.TokenOf(random(n)) }

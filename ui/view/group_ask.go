package view

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/draft"
)

// runGroup sends it.
func (w *Workbench) runGroup(t *Tab, b *draft.Built, p *groupPlan) {
	g := &GroupRun{
		Name: p.group.Name, To: p.to, Multicast: p.group.IsMulticast(), Running: true, rate: p.group.Rate,
		what: b.Request.Message.Code.String() + " " + p.group.Name + " " + p.group.Multicast.String() + " " + b.URI.PathQuery(),
	}
	if v, ok := b.Request.Message.Options.Uint(protocol.NoResponse); ok && v != 0 {
		g.Quiet = true
	}
	transmission := w.Engine.TransmissionOf(p.group.Multicast)
	if own := b.Request.Transmission; own != nil {
		transmission = *own
	}
	g.leisure = transmission.DefaultLeisure
	if last := t.Group; last != nil {
		g.by, g.down = last.by, last.down
		if last.what == g.what {
			g.earlier = append(slices.Clone(last.earlier), last.round())
			g.earlier = g.earlier[max(0, len(g.earlier)-maxRounds):]
		}
	}
	wait := b.Request.Timeout
	if wait <= 0 {
		wait = max(g.leisure, discovery.Leisure{Size: guessedSize, Group: len(p.group.Members), Rate: g.rate}.LowerBound()) + lateWait
	}
	if g.Multicast {
		g.Until = time.Now().Add(wait)
	}
	t.Group, t.Answer = g, nil
	t.what, t.question = g.what, &question{b.URI, b.Request.Message, t.Draft.Clone()}
	w.noteAsked(t, b)
	ctx, cancel := context.WithCancel(context.Background())
	t.State, t.asked, t.cancel = TabAsking, ctx, cancel
	r := &groupAsking{bench: w, tab: t, run: g, ctx: ctx, built: *b, wait: wait}
	for _, text := range p.group.Members {
		e, _ := w.memberEndpoint(text)
		r.members = append(r.members, g.expect(text, e))
	}
	if g.Multicast {
		for _, m := range r.members {
			if !m.To.IsValid() {
				if uri, err := w.memberURI(m.Text); err == nil {
					r.unknown = append(r.unknown, unknownMember{m, uri})
				} else {
					m.fail(err)
				}
			}
		}
		go r.multicast(p.plan.Asks)
		return
	}
	for _, m := range r.members {
		r.requests = append(r.requests, w.memberRequest(t, m))
	}
	go r.fanOut()
}

// memberRequest makes the request for a member of a list.
func (w *Workbench) memberRequest(t *Tab, m *GroupMember) memberRequest {
	uri, err := w.memberURI(m.Text)
	if err != nil {
		return memberRequest{member: m, err: err}
	}
	d := t.Draft
	d.Raw = ""
	b := d.Build(uri, w.value)
	if len(b.Problems) > 0 {
		err = errors.New(b.Problems[0].Text)
	}
	return memberRequest{m, b, err}
}

// memberRequest is the request for one member; err is why there is none.
type memberRequest struct {
	member *GroupMember
	built  draft.Built
	err    error
}

type unknownMember struct {
	member *GroupMember
	uri    protocol.URI
}

// groupAsking is a request to a group that is under way. Its goroutines change nothing but by the inbox.
type groupAsking struct {
	bench    *Workbench
	tab      *Tab
	run      *GroupRun
	ctx      context.Context
	built    draft.Built
	wait     time.Duration
	members  []*GroupMember
	unknown  []unknownMember // of a multicast group, to be looked up
	requests []memberRequest // of a list

	mu      sync.Mutex
	fetched map[netip.AddrPort]bool // who has an answer in blocks
}

// put has the window's goroutine do something, unless the tab has gone on to something else.
func (r *groupAsking) put(do func()) {
	r.bench.inbox.Put(nil, func() {
		if !r.tab.serial(r.ctx) {
			return
		}
		do()
		r.run.changed()
		r.bench.Changed(PartAnswer)
	})
}

// maxFetching is how many members are asked for the rest of their answers at the same time.
const maxFetching = 16

// multicast sends the request by each interface and takes what comes until the time is over.
func (r *groupAsking) multicast(asks []discovery.Ask) {
	var sending, fetching sync.WaitGroup
	free := make(chan struct{}, maxFetching)
	for _, u := range r.unknown {
		sending.Go(func() { r.lookUp(u) })
	}
	request := r.built.Request
	done, err := readBody(&request, r.built.File)
	if err == nil && request.Body != nil {
		request.Message.Payload, err = readGroupBody(&request)
	}
	if err != nil {
		r.fail(err)
		return
	}
	done()
	var mu sync.Mutex
	var failed []error
	for i, ask := range asks {
		sending.Go(func() {
			var sent trace.Seq
			_, err := r.bench.Engine.DoGroup(r.ctx, session.GroupRequest{
				To: ask.To, Via: ask.By, HopLimit: ask.HopLimit, Message: request.Message, Transmission: request.Transmission,
				Identifiers: request.Identifiers, FixedMessageID: request.FixedMessageID, ReuseMessageID: request.ReuseMessageID || i > 0,
				Timeout: r.wait,
				On: func(e session.Event) {
					if e, ok := e.(session.Transmission); ok {
						sent = e.Frame
					}
				},
			}, func(answer session.GroupResponse) {
				via := ""
				if len(asks) > 1 && ask.By != nil {
					via = ask.By.Name
				}
				r.take(i, via, sent, answer, &fetching, free)
			})
			if err != nil {
				mu.Lock()
				failed = append(failed, fmt.Errorf("%s: %w", ask, err))
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	if r.ctx.Err() == nil && len(failed) < len(asks) { // long answers may still be on their way
		r.put(func() { r.run.ended(MemberSilent) })
	}
	fetching.Wait()
	if len(failed) == len(asks) {
		err = errors.Join(failed...)
	} else if len(failed) > 0 {
		text := failed[0].Error()
		r.put(func() { r.bench.Say(Warning, "%s", text) })
	}
	r.end(err)
}

// readGroupBody reads the file that is the payload of a multicast request, which is one message.
func readGroupBody(r *session.Request) ([]byte, error) {
	if r.BodySize > draft.MaxGroupPayload {
		return nil, fmt.Errorf("the file has %d bytes: a multicast request goes out as one message, of at most %d bytes of payload (RFC 7252 §4.6, RFC 7959 §2.8)", r.BodySize, draft.MaxGroupPayload)
	}
	body := make([]byte, r.BodySize)
	_, err := r.Body.ReadAt(body, 0)
	if err != nil && int64(len(body)) != r.BodySize {
		return nil, err
	}
	return body, nil
}

// lookUp finds the address of an expected member.
func (r *groupAsking) lookUp(u unknownMember) {
	at, err := session.Resolve(r.ctx, u.uri)
	r.put(func() {
		if err != nil {
			u.member.fail(err)
			return
		}
		r.run.resolved(u.member, r.bench.primary(at))
	})
}

// take takes an answer to the request of that number, on the goroutine that waits for them.
func (r *groupAsking) take(by int, via string, sent trace.Seq, answer session.GroupResponse, fetching *sync.WaitGroup, free chan struct{}) {
	w := r.bench
	a := &Answer{
		Message: answer.Message.Clone(), From: netip.AddrPortFrom(answer.From.Addr().Unmap(), answer.From.Port()), RTT: answer.RTT,
		Duration: answer.RTT, Attempts: 1, Exchanges: 1, Sent: sent, Received: answer.Frame, At: time.Now(),
	}
	a.To = a.From
	size := 0
	log := w.Engine.Log()
	if f := log.At(answer.Frame); f != nil {
		a.At = f.Time
		size = len(f.Data) + headerBytes(a.From.Addr())
		if s := log.At(sent); s != nil && !f.Time.Before(s.Time) {
			a.RTT = f.Time.Sub(s.Time)
		}
	}
	block, blocks := a.Message.Options.Block(protocol.Block2)
	more := blocks && block.More && block.Num == 0 && !answer.Duplicate && !r.built.Request.Plain && r.first(a.From)
	var m *GroupMember // known when the window has taken it, which is before what is fetched
	r.put(func() {
		var fresh bool
		if m, fresh = r.run.answered(w.primary(a.From), by, via, answer.Duplicate, a); !fresh {
			return
		}
		m.wire, m.Fetching = size, more
		if r.run.Selected == nil {
			r.run.Selected = m
			w.selectLive(a.Received)
		}
		if !more {
			r.note(m)
		}
	})
	if !more {
		return
	}
	fetching.Go(func() {
		free <- struct{}{}
		defer func() { <-free }()
		whole, err := r.fetch(a)
		r.put(func() {
			if m == nil { // there was no room for it
				return
			}
			m.Fetching = false
			m.take(whole)
			if err != nil {
				whole.Note, whole.NoteConcept = "only the first block: "+err.Error(), Warning
			}
			r.note(m)
		})
	})
}

// first tells whether an endpoint has a long answer for the first time: by another interface it has the same.
func (r *groupAsking) first(from netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fetched[from] {
		return false
	}
	if r.fetched == nil {
		r.fetched = make(map[netip.AddrPort]bool)
	}
	r.fetched[from] = true
	return true
}

// fetch gets the rest of an answer by unicast (RFC 7959 §2.8).
func (r *groupAsking) fetch(first *Answer) (*Answer, error) {
	request := r.built.Request.Message.Clone()
	request.Type, request.Token = protocol.Confirmable, protocol.Token{}
	whole := *first
	message, err := r.bench.Engine.AskRest(r.ctx, first.From, request, first.Message.Clone())
	if err == nil {
		whole.Message = message
		whole.Note, whole.NoteConcept = "its first block came by multicast, the rest was fetched by unicast (RFC 7959 §2.8)", Dim
	}
	return &whole, err
}

// headerBytes is how many bytes the headers of IP and UDP are.
func headerBytes(a netip.Addr) int {
	if a.Is4() {
		return 28
	}
	return 48
}

package view

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
	"coapscope/ui/snippet"
)

// Question is what a tab asks the user before it goes on.
type Question struct {
	Text    string
	Yes, No string // what is done
	yes     func()
}

// Decide goes on with what the current tab asks about, or drops it.
func (w *Workbench) Decide(yes bool) {
	t := w.Tab()
	q := t.Asks
	if q == nil {
		return
	}
	t.Asks = nil
	w.Changed(PartAnswer)
	if yes {
		q.yes()
		return
	}
	w.Say(Dim, "Nothing was sent")
}

// question has the tab ask the user.
func (w *Workbench) question(t *Tab, q Question) {
	t.Asks = &q
	w.Say(Warning, "%s", q.Text)
	w.Changed(PartAnswer)
}

// ToGroup tells whether the request of a tab goes to a group, and whether that is a multicast address.
func (w *Workbench) ToGroup(t *Tab) (group, multicast bool) {
	b := w.built(t)
	return t.Draft.Group != "" || b.Multicast, b.Multicast
}

// groupPlan is where a request to a group goes.
type groupPlan struct {
	group keep.Group // without a name for an address that was typed
	plan  discovery.Plan
	to    string
}

// key is the same where what was asked about is.
func (p *groupPlan) key() string {
	var asks []string
	for _, a := range p.plan.Asks {
		asks = append(asks, a.String())
	}
	return strings.Join(asks, "; ")
}

// question is what to ask before the request is sent, because it may leave the link.
func (p *groupPlan) question(method string) string {
	var ways []string
	for _, a := range p.plan.Asks {
		way := fmt.Sprintf("hop limit %d", a.HopLimit)
		if a.By != nil {
			way = "by " + a.By.Name + ", " + way
		}
		ways = append(ways, way)
	}
	return fmt.Sprintf("Send this %s of %d bytes to %s (%s)? It may reach %s, and whoever is in the group there does what it says.",
		method, p.plan.Bytes, p.to, strings.Join(ways, "; "), ScopeWords(p.plan.Scope()))
}

// planGroup says where the request of a tab goes. Nothing is sent.
func (w *Workbench) planGroup(t *Tab, b *draft.Built) (p groupPlan, err error) {
	if g := w.Groups.Find(t.Draft.Group); g != nil {
		p.group = g.Clone()
	} else if addr, ok := b.Destination.Addr(); ok {
		p.group.Multicast = netip.AddrPortFrom(addr.Unmap().WithZone(""), b.Destination.Port)
		if zone := addr.Zone(); zone != "" {
			if index, err := strconv.Atoi(zone); err == nil { // a zone may be the number of an interface (RFC 4007 §11.2)
				if by, err := net.InterfaceByIndex(index); err == nil {
					zone = by.Name
				}
			}
			p.group.Interfaces = []string{zone}
		}
	}
	if !p.group.IsMulticast() {
		p.to = count(len(p.group.Members), "member", "members")
		return p, nil
	}
	by, err := w.groupInterfaces(&p.group)
	if err != nil {
		return p, err
	}
	p.plan, err = discovery.Search{
		By: by, Groups: []netip.Addr{p.group.Multicast.Addr()}, Ports: []uint16{p.group.Multicast.Port()}, HopLimit: p.group.HopLimit, Rounds: 1,
	}.Plan()
	if err != nil {
		return p, err
	}
	m := b.Request.Message
	if m.Token.Len() == 0 {
		m.Token = protocol.TokenOf(make([]byte, 8))
	}
	p.plan.Bytes = sizeOf(&m)
	p.to = discovery.EndpointText(p.group.Multicast)
	return p, nil
}

// groupInterfaces gives the interfaces by which a group is asked.
func (w *Workbench) groupInterfaces(g *keep.Group) ([]discovery.Interface, error) {
	if len(g.Interfaces) == 0 {
		return w.ScanInterfaces()
	}
	all, err := w.Interfaces()
	if err != nil {
		return nil, err
	}
	var by []discovery.Interface
	for _, name := range g.Interfaces {
		at := slices.IndexFunc(all, func(i discovery.Interface) bool { return i.Net.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no interface %s that is up and can be sent from", name)
		}
		by = append(by, all[at])
	}
	return by, nil
}

// lateWait is how long answers are taken that come after the leisure, so that they are seen for what they are.
const lateWait = 5 * time.Second

// guessedSize is how long an answer is thought to be before there is one, with headers, in bytes.
const guessedSize = 100

// sendGroup sends the request of a tab to the group that it goes to, or asks first where that may leave the link.
func (w *Workbench) sendGroup(t *Tab) {
	last := t.Group
	w.stop(t)
	t.Group = last // until there is another
	w.Changed(PartTabs | PartAnswer | PartStatus)
	b := w.built(t)
	t.Problems, t.Progress, t.Last, t.said, t.Repeat, t.Asks = b.Problems, nil, nil, nil, nil, nil
	t.Waits, t.waiting, t.waitsAt = "", nil, 0
	if len(b.Problems) > 0 {
		return
	}
	p, err := w.planGroup(t, &b)
	if err != nil {
		t.Problems = []draft.Problem{{Where: draft.AddressField, Option: -1, Offset: -1, Text: err.Error()}}
		w.Say(Error, "Not sent: %v", err)
		return
	}
	if key := p.key(); p.plan.Scope().Wide() && t.agreed != key {
		w.question(t, Question{
			Text: p.question(MethodText(t.Draft.Method)), Yes: "Send it", No: "Send nothing",
			yes: func() {
				t.agreed = key
				w.sendGroup(t)
			},
		})
		return
	}
	w.runGroup(t, &b, &p)
}

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

// note remembers an answer in the tree, and gives it what it is the answer to.
func (r *groupAsking) note(m *GroupMember) {
	a := m.Answer
	to := a.From
	if !to.IsValid() {
		to = m.To
	}
	d := r.tab.question.draft.Clone()
	root := protocol.URI{Scheme: protocol.CoAP, Host: to.Addr().String(), Port: to.Port()}
	d.Group, d.Address = "", strings.TrimSuffix(root.String(), "/")+r.built.URI.PathQuery()
	uri := r.built.URI
	uri.Host, uri.Port = root.Host, root.Port
	a.question = &question{uri, r.tab.question.message, d}
	noted := *a
	if r.run.Multicast {
		noted.RTT = 0 // most of it is the leisure
	}
	r.bench.note(to, r.built.URI.PathQuery(), r.built.Request.Message.Code, &noted)
}

// fanOut asks the members of a list one by one.
func (r *groupAsking) fanOut() {
	w := r.bench
	w.Engine.DoEach(r.ctx, len(r.requests), func(i int) (session.Request, func(), error) {
		one := &r.requests[i]
		if one.err != nil {
			return session.Request{}, nil, one.err
		}
		q := one.built.Request
		var err error
		if q.To, err = session.Resolve(r.ctx, one.built.Destination); err != nil {
			return q, nil, err
		}
		done, err := readBody(&q, one.built.File)
		return q, done, err
	}, func(i int, q session.Request, response *session.Response, err error) {
		m := r.requests[i].member
		a := answerOf(response, err)
		a.To = q.To
		size := 0
		if f := w.Engine.Log().At(a.Received); f != nil {
			size = len(f.Data) + headerBytes(q.To.Addr())
		}
		r.put(func() {
			if q.To.IsValid() {
				r.run.resolved(m, w.primary(q.To))
			}
			if errors.Is(err, context.Canceled) {
				m.State = MemberUnasked
				return
			}
			if err != nil {
				m.fail(err)
				m.Answer.To, m.Answer.Sent, m.Answer.Attempts = q.To, a.Sent, a.Attempts
				w.note(q.To, r.built.URI.PathQuery(), q.Message.Code, a)
				return
			}
			if a.RTT = w.measured(a); a.Exchanges > 1 {
				a.RTT = a.Duration
			}
			m.State, m.wire = MemberAnswered, size
			m.take(a)
			if r.run.Selected == nil && a.Received != 0 {
				r.run.Selected = m
				w.selectLive(a.Received)
			}
			r.note(m)
		})
	})
	r.end(nil)
}

// fail notes why there is no answer of a member.
func (m *GroupMember) fail(err error) {
	m.State = MemberFailed
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, exchange.ErrReset):
		m.State = MemberRejected
	case errors.As(err, &timeout) && timeout.Timeout() && m.To.IsValid():
		m.State = MemberSilent
	}
	m.Answer = answerOf(new(session.Response), err)
}

// fail ends a request that could not be sent.
func (r *groupAsking) fail(err error) { r.end(err) }

// end notes that all have answered, or had their time.
func (r *groupAsking) end(err error) {
	stopped := r.ctx.Err() != nil
	r.put(func() {
		w, t, g := r.bench, r.tab, r.run
		g.Running, g.Stopped = false, stopped && err == nil
		state := MemberSilent
		if err != nil || stopped {
			state = MemberUnasked
		}
		g.ended(state)
		t.State = TabIdle
		if err != nil {
			t.Group = nil
			t.take(answerOf(new(session.Response), err))
			w.noteEnd(t, t.Answer)
		} else {
			w.noteGroup(t, g)
		}
		t.cancel()
		w.Changed(PartTabs | PartAnswer | PartStatus)
	})
}

// stopGroup ends the request to a group that a tab has open, and forgets what it asks. What came until then is kept.
func (w *Workbench) stopGroup(t *Tab) {
	if g := t.Group; g != nil && g.Running {
		g.Running, g.Stopped = false, true
		g.ended(MemberUnasked)
		w.noteGroup(t, g)
	}
	t.Group, t.Asks = nil, nil
}

// noteGroup puts what came of the group into the history: how many answered, and the table as text.
func (w *Workbench) noteGroup(t *Tab, g *GroupRun) {
	e := t.kept.asked
	t.kept.asked = nil
	if e == nil {
		return
	}
	s := g.Sum()
	text, _ := g.Headline()
	e.Members, e.Answers = s.Expected, s.Answered
	if s.Expected == 0 {
		e.Answers = s.Others
	}
	e.At, e.RTT, e.Duration = w.clock(), s.Median, s.Last
	var parts []string
	for _, o := range g.Outcomes() {
		parts = append(parts, o.Text)
	}
	e.Note = w.mask(strings.Join(append([]string{"a group: " + text}, parts...), " · "))
	if s.Answered+s.Others == 0 && !g.Quiet {
		e.State, e.Failure = keep.Failed, text
	} else {
		e.State = keep.Answered
		if len(s.Codes) > 0 {
			e.Message.Code = s.Codes[0].Code
		}
		e.Message.Payload = []byte(w.mask(w.GroupText(g)))
	}
	w.store.History.Set(*e)
}

// observeGroup begins to observe each member of the group that the request of a tab goes to: one request cannot register
// with all of them (RFC 7641 §1.2).
func (w *Workbench) observeGroup(t *Tab) {
	b := w.built(t)
	if t.Problems = b.Problems; len(b.Problems) > 0 {
		w.Changed(PartAnswer | PartBar)
		return
	}
	p, err := w.planGroup(t, &b)
	if err != nil {
		w.Say(Error, "Not observed: %v", err)
		return
	}
	members := slices.Clone(p.group.Members)
	if g := t.Group; g != nil && p.group.IsMulticast() {
		for _, m := range g.members {
			if m.Text == "" && m.Nth == 1 {
				members = append(members, discovery.EndpointText(m.To))
			}
		}
	}
	if len(members) == 0 {
		w.Say(Warning, "A multicast request registers nobody as an observer (RFC 7641 §1.2), and no member of the group is known yet: send it first, then each that answers can be observed")
		return
	}
	observe := func() { w.observeEach(t, members) }
	if !p.group.IsMulticast() {
		observe()
		return
	}
	w.question(t, Question{
		Text: fmt.Sprintf("A multicast request registers nobody as an observer (RFC 7641 §1.2). Observe %s instead, each by unicast?", count(len(members), "member that is known", "members that are known")),
		Yes:  "Observe each", No: "Observe none", yes: observe,
	})
}

func (w *Workbench) observeEach(t *Tab, members []string) {
	requests := make([]memberRequest, 0, len(members))
	for _, text := range members {
		one := &GroupMember{Text: text}
		r := w.memberRequest(&Tab{Draft: t.Draft}, one)
		if r.err != nil {
			w.Say(Error, "%s cannot be observed: %v", text, r.err)
			continue
		}
		r.built.Request.Message.Type = t.Draft.Type
		requests = append(requests, r)
	}
	w.Say(Good, "Observing %s, each by itself: see Observe below", count(len(requests), "member", "members"))
	go func() {
		for _, r := range requests {
			q := r.built.Request
			var err error
			if q.To, err = session.Resolve(context.Background(), r.built.Destination); err != nil {
				w.inbox.Put(nil, func() { w.Say(Error, "%s cannot be observed: %v", r.member.Text, err) })
				continue
			}
			path := r.built.URI.PathQuery()
			w.inbox.Put(nil, func() { w.watchOnce(q, path) })
		}
	}()
}

// watchOnce begins to observe, unless that is under way.
func (w *Workbench) watchOnce(r session.Request, path string) {
	o := w.newWatched(r, path)
	for _, old := range w.watch.items {
		if state := old.State(); old.key == o.key && state != WatchEnded && state != WatchRecorded {
			return
		}
	}
	w.watch.add(o)
	w.startWatch(o)
}

// membersOf is how many members the list has that the request of a tab goes to; 0 where it goes to none.
func (w *Workbench) membersOf(t *Tab) int {
	if g := w.Groups.Find(t.Draft.Group); g != nil && !g.IsMulticast() {
		return len(g.Members)
	}
	return 0
}

// copyMembers gives the request of the current tab as a command line for each member of its group; of a program only that
// for the first of them, which is given.
func (w *Workbench) copyMembers(kind snippet.Kind, first string) (string, error) {
	t := w.Tab()
	members := w.Groups.Find(t.Draft.Group).Members
	if !snippet.IsCommand(first) {
		w.Say(Warning, "Copied as %s, for the first of %d members", kind.Name, len(members))
		return first, nil
	}
	var lines []string
	for _, text := range members {
		r := w.memberRequest(t, &GroupMember{Text: text})
		if r.err == nil {
			var line string
			if line, r.err = kind.Write(&r.built); r.err == nil {
				lines = append(lines, line)
			}
		}
		if r.err != nil {
			return "", fmt.Errorf("%s: %w", text, r.err)
		}
	}
	w.Say(Good, "Copied as %s, a line for each of %d members", kind.Name, len(members))
	return strings.Join(lines, "\n"), nil
}

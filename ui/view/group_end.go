package view

import (
	"context"
	"errors"
	"strings"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/ui/keep"
)

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

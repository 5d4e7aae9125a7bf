package view

import (
	"context"
	"slices"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/draft"
)

// Send sends the request of the current tab. What comes of it is in the tab, now and later.
func (w *Workbench) Send() {
	t := w.Tab()
	if group, _ := w.ToGroup(t); group {
		w.sendGroup(t)
		return
	}
	if t.registers() {
		if t.State != TabObserving {
			w.Observe()
		}
		return
	}
	w.begin(t, func(ctx context.Context, r session.Request, path string) {
		a := w.ask(ctx, r)
		w.inbox.Put(nil, func() {
			if t.serial(ctx) {
				a.Note, a.NoteConcept = strings.Join(t.said, " · "), Dim
				a.RTT = w.measured(a)
				w.finish(t, a)
				if a.Received != 0 {
					w.selectLive(a.Received)
				}
			}
			w.note(r.To, path, r.Message.Code, a)
		})
	})
}

// registers tells whether the draft asks to observe: by the option, and not as one message.
func (t *Tab) registers() bool {
	i := t.Draft.Option(protocol.Observe)
	if i < 0 || t.Draft.Plain {
		return false
	}
	value, err := draft.EncodeOption(protocol.Observe, t.Draft.Options[i].Text)
	return err == nil && len(value) == 0 // 0 is written as no byte
}

// ask waits for the answer to a request, or for that to a ping.
func (w *Workbench) ask(ctx context.Context, r session.Request) *Answer {
	a := answerOf(w.do(ctx, r))
	a.To = r.To
	return a
}

// do gives that as the engine has it.
func (w *Workbench) do(ctx context.Context, r session.Request) (*session.Response, error) {
	if r.Message.Code != protocol.Empty {
		return w.Engine.Do(ctx, r)
	}
	pong, err := w.Engine.DoPing(ctx, session.PingRequest{To: r.To, Transmission: r.Transmission, On: r.On})
	return &session.Response{
		Message: protocol.Message{Type: pong.Type}, From: r.To, RTT: pong.RTT, Duration: pong.RTT, Attempts: pong.Attempts, Exchanges: 1,
		Sent: pong.Sent, Received: pong.Received,
	}, err
}

// begin checks the draft and runs ask for it on a goroutine of its own, with the address resolved and
// the payload read. What the tab had open before is ended.
func (w *Workbench) begin(t *Tab, ask func(ctx context.Context, r session.Request, path string)) {
	w.stop(t)
	w.Changed(PartTabs | PartAnswer | PartStatus)
	b := w.built(t) // the user goes on typing
	t.Problems, t.Progress, t.Last, t.said, t.Repeat = b.Problems, nil, nil, nil, nil
	t.Waits, t.waiting, t.waitsAt = "", nil, 0
	if len(b.Problems) > 0 {
		t.State = TabIdle
		return
	}
	t.what = b.Request.Message.Code.String() + " " + b.URI.String()
	t.question = &question{b.URI, b.Request.Message, t.Draft.Clone()}
	w.noteAsked(t, &b)
	ctx, cancel := context.WithCancel(context.Background())
	t.State, t.asked, t.cancel = TabAsking, ctx, cancel
	go func() {
		r := b.Request
		heard := 0
		r.On = func(e session.Event) {
			heard++
			w.heard(ctx, t, e, heard)
		}
		var err error
		if r.To, err = session.Resolve(ctx, b.Destination); err == nil {
			var done func()
			if done, err = readBody(&r, b.File); err == nil {
				defer done()
			}
		}
		if err != nil {
			w.inbox.Put(nil, func() {
				if t.serial(ctx) {
					w.finish(t, answerOf(new(session.Response), err))
				}
			})
			return
		}
		ask(ctx, r, b.URI.PathQuery())
	}()
}

// serial tells whether the context is that of what the tab asked last.
func (t *Tab) serial(ctx context.Context) bool { return t.asked == ctx }

// progressKey, transmissionKey and eventKey coalesce what a tab hears, as the newest of each is what counts; saidKey
// what is said once.
type (
	progressKey     struct{ tab *Tab }
	transmissionKey struct{ tab *Tab }
	eventKey        struct{ tab *Tab }
	saidKey         struct {
		tab  *Tab
		said string
	}
)

// heard takes the n-th event of a request, on the goroutine of the engine.
func (w *Workbench) heard(ctx context.Context, t *Tab, e session.Event, n int) {
	if said := saidOf(e); said != "" {
		w.inbox.Put(saidKey{t, said}, func() {
			if t.serial(ctx) && !slices.Contains(t.said, said) {
				t.said = append(t.said, said)
			}
		})
	}
	var key any = eventKey{t}
	switch e.(type) {
	case session.EchoAsked, session.TokenShortened, session.FellBack:
		return // what comes next says what it waits for
	case session.Progress:
		key = progressKey{t}
	case session.Transmission:
		key = transmissionKey{t}
	}
	w.inbox.Put(key, func() {
		if !t.serial(ctx) {
			return
		}
		waits, waiting := "", session.Event(nil)
		switch e := e.(type) {
		case session.Progress:
			t.Progress = &e
		case session.Transmission:
			t.Last = &e
		case session.Waiting:
			waits, waiting = waitingWords(e), e
		case session.HeldBack:
			waits, waiting = heldWords(e), e
		case session.Acknowledgement:
			waits = "acknowledged: the answer comes separately"
		}
		if _, still := e.(session.Progress); !still && n > t.waitsAt { // what comes coalesced may come late
			t.Waits, t.waiting, t.waitsAt = waits, waiting, n
		}
		if t == w.Tab() {
			w.Changed(PartAnswer)
		}
		w.Changed(PartStatus)
	})
}

func (w *Workbench) finish(t *Tab, a *Answer) {
	t.State = TabIdle
	t.take(a)
	w.noteEnd(t, a)
	t.cancel()
	w.Changed(PartTabs | PartAnswer | PartStatus)
}

// Observe begins to observe the resource of the current tab, or ends that.
func (w *Workbench) Observe() {
	t := w.Tab()
	if t.observation != nil && t.State == TabObserving {
		w.cancelTab(t)
		return
	}
	if group, _ := w.ToGroup(t); group {
		w.observeGroup(t)
		return
	}
	w.begin(t, func(ctx context.Context, r session.Request, path string) {
		r.Message.Options = r.Message.Options.Without(protocol.Observe) // it is the engine's
		item := w.newWatched(r, path)
		item.tab, item.serial = t, ctx
		w.inbox.Put(nil, func() { w.watch.add(item) })
		o, err := w.Engine.Observe(r, item.take)
		w.inbox.Put(nil, func() {
			w.watchBegun(item, o, err)
			w.registered(ctx, t, o, err)
		})
	})
}

// registered takes the observation itself. Its first news may have come before, even its end.
func (w *Workbench) registered(ctx context.Context, t *Tab, o *session.Observation, err error) {
	switch {
	case err != nil && t.serial(ctx):
		w.finish(t, answerOf(new(session.Response), err))
	case err != nil:
	case !t.serial(ctx):
		o.Cancel(session.Deregister)
	case t.State == TabIdle:
	case ctx.Err() != nil: // cancelled before there was anything to cancel
		o.Cancel(session.Deregister)
		t.asked = nil
		w.finish(t, answerOf(new(session.Response), context.Canceled))
	default:
		t.observation = o
	}
}

// observed takes what is new of an observation. Once the tab has gone on to something else, only the tree and the list
// of observations learn of it.
func (w *Workbench) observed(item *Watched) {
	n, t := item.news(), item.tab
	mine := t != nil && t.serial(item.serial)
	w.Changed(PartStatus | PartWatch)
	if n.fresh {
		e := &n.latest
		a := &Answer{
			Message: e.Message, From: item.To, At: e.At, Exchanges: 1, Attempts: 1,
			Received: e.Frame, Notified: n.received, Sequence: e.Sequence, Stale: n.stale, RTT: w.rtt(e.Frame),
		}
		if e.Err != nil {
			a.Note, a.NoteConcept = "only the first block: "+e.Err.Error(), Warning
		}
		w.note(item.To, item.Path, protocol.GET, a)
		if mine {
			first := t.Answer == nil || t.State == TabAsking
			t.take(a)
			if t.State == TabAsking {
				t.State = TabObserving
				w.Changed(PartTabs)
			}
			w.noteEnd(t, a)
			w.Changed(PartAnswer)
			if first {
				w.selectLive(e.Frame)
			}
		}
	}
	if mine && t.Answer != nil && t.State != TabAsking {
		if t.Answer.Stale != n.stale {
			t.Answer.Stale = n.stale
			w.Changed(PartAnswer)
		}
		if n.note != "" && t.Answer.Note != n.note {
			t.Answer.Note, t.Answer.NoteConcept = n.note, Warning
			w.Changed(PartAnswer)
		}
	}
	if n.stalls > item.alarmed {
		w.Say(Error, "⚠ %s: Max-Age has passed without a notification (RFC 7641 §3.3.1); it is registered for again soon", item.Name())
	}
	item.alarmed = n.stalls
	if n.end == nil {
		return
	}
	item.observation = nil
	if mine && t.State != TabIdle {
		t.observation = nil
		w.ended(t, item.request, item.Path, *n.end)
	}
	w.watchEnded(item, n.end)
}

func (w *Workbench) ended(t *Tab, r session.Request, path string, e session.ObservationEnd) {
	last := t.Answer
	switch {
	case e.Cancelled && last != nil:
		last.Note, last.NoteConcept = "No longer observed", Dim
		w.finish(t, last)
	case e.Response != nil:
		a := answerOf(&session.Response{Message: *e.Response, From: r.To, Exchanges: 1, Attempts: 1, Received: e.Frame}, nil)
		if e.Response.Code.Class() == 2 {
			a.Note, a.NoteConcept = "This resource is not observable: it answers without Observe (RFC 7641 §2)", Warning
		} else {
			a.Note, a.NoteConcept = "The device has ended the observation (RFC 7641 §3.2)", Warning
		}
		if e.Err != nil {
			a.Note, a.NoteConcept = "only the first block: "+e.Err.Error(), Warning
		}
		w.note(r.To, path, protocol.GET, a)
		w.finish(t, a)
	default:
		a := answerOf(new(session.Response), e.Err)
		a.To = r.To
		w.finish(t, a)
	}
}

// rtt asks the tracker for the round-trip time of a frame.
func (w *Workbench) rtt(s trace.Seq) time.Duration {
	return w.live.tracker.Info(uint64(s)).RTT
}

// measured gives the round-trip time of an answer that took one exchange as its frames have it, which is
// what the packets below show; that of the engine has its own work in it as well.
func (w *Workbench) measured(a *Answer) time.Duration {
	log := w.Engine.Log()
	sent, received := log.At(a.Sent), log.At(a.Received)
	if a.Exchanges != 1 || sent == nil || received == nil || received.Time.Before(sent.Time) {
		return a.RTT
	}
	return received.Time.Sub(sent.Time)
}

// Cancel ends what the current tab has open.
func (w *Workbench) Cancel() { w.cancelTab(w.Tab()) }

// cancelTab ends what a tab has open.
func (w *Workbench) cancelTab(t *Tab) {
	if t.Asks != nil && t == w.Tab() {
		w.Decide(false)
		return
	}
	if t.State == TabObserving {
		if t.observation != nil {
			t.State = TabCancelling
			t.observation.Cancel(session.Deregister)
			w.Changed(PartAnswer | PartTabs)
		}
		return
	}
	if t.State == TabAsking || t.State == TabCancelling {
		t.cancel()
		if t.observation != nil {
			w.stop(t)
			w.finish(t, answerOf(new(session.Response), context.Canceled))
		}
	}
}

// stop ends what a tab has open, and forgets it.
func (w *Workbench) stop(t *Tab) {
	w.stopGroup(t)
	w.noteStopped(t)
	if t.cancel != nil {
		t.cancel()
	}
	if t.observation != nil {
		t.observation.Cancel(session.Deregister)
		t.observation = nil
	}
	t.asked, t.State = nil, TabIdle
}

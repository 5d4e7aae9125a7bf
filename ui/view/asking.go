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
	if t.State == TabObserving {
		w.cancelTab(t)
		return
	}
	if group, _ := w.ToGroup(t); group {
		w.observeGroup(t)
		return
	}
	w.begin(t, func(ctx context.Context, r session.Request, path string) {
		r.Message.Options = r.Message.Options.Without(protocol.Observe) // it is the engine's
		err := w.Engine.CheckObserved(&r)
		w.inbox.Put(nil, func() {
			switch {
			case !t.serial(ctx):
			case ctx.Err() != nil: // cancelled before there was anything to cancel
				w.finish(t, answerOf(new(session.Response), context.Canceled))
			case err != nil:
				w.finish(t, answerOf(new(session.Response), err))
			default:
				w.hold(r, path, &holder{t, ctx})
			}
		})
	})
}

// observed takes what is new of an observation, for the tree, the list of observations, and the tabs that hold it.
func (w *Workbench) observed(item *Watched) {
	n, holders := item.news(), item.heldBy()
	w.Changed(PartStatus | PartWatch)
	if n.fresh {
		w.note(item.To, item.Path, item.request.Message.Code, w.answerOfNews(item, &n))
	}
	for _, h := range holders {
		if n.fresh {
			w.notified(item, h.tab, &n)
		}
		w.noted(h.tab, &n)
	}
	if n.stalls > item.alarmed {
		w.Say(Error, "⚠ %s: Max-Age has passed without a notification (RFC 7641 §3.3.1); it is registered for again soon", item.Name())
	}
	item.alarmed = n.stalls
	if n.end == nil {
		return
	}
	item.observation = nil
	if m := n.end.Response; m != nil {
		a := answerOf(&session.Response{Message: *m, From: item.To, Received: n.end.Frame}, nil)
		w.note(item.To, item.Path, item.request.Message.Code, a)
	}
	for _, h := range item.release() {
		w.ended(h.tab, item, *n.end)
	}
	w.watchEnded(item, n.end)
}

// answerOfNews gives the newest notification as an answer.
func (w *Workbench) answerOfNews(o *Watched, n *watchNews) *Answer {
	e := &n.latest
	a := &Answer{
		Message: e.Message, From: o.To, At: e.At, Exchanges: 1, Attempts: 1,
		Received: e.Frame, Notified: n.received, Sequence: e.Sequence, Stale: n.stale, RTT: w.rtt(e.Frame),
	}
	if e.Err != nil {
		a.Note, a.NoteConcept = "only the first block: "+e.Err.Error(), Warning
	}
	return a
}

// notified has a tab show the newest notification.
func (w *Workbench) notified(o *Watched, t *Tab, n *watchNews) {
	a := w.answerOfNews(o, n)
	first := t.Answer == nil || t.State == TabAsking
	t.take(a)
	if t.State == TabAsking {
		t.State = TabObserving
		w.Changed(PartTabs)
	}
	w.noteEnd(t, a)
	w.Changed(PartAnswer)
	if first {
		w.selectLive(a.Received)
	}
}

// noted has a tab say what is to be said of the newest notification.
func (w *Workbench) noted(t *Tab, n *watchNews) {
	if t.Answer == nil || t.State == TabAsking {
		return
	}
	if t.Answer.Stale != n.stale {
		t.Answer.Stale = n.stale
		w.Changed(PartAnswer)
	}
	if n.note != "" && t.Answer.Note != n.note {
		t.Answer.Note, t.Answer.NoteConcept = n.note, Warning
		w.Changed(PartAnswer)
	}
}

// ended has a tab show how its observation ended.
func (w *Workbench) ended(t *Tab, o *Watched, e session.ObservationEnd) {
	last := t.Answer
	switch {
	case e.Cancelled && (last == nil || t.State == TabAsking): // before there was an answer
		w.finish(t, answerOf(new(session.Response), context.Canceled))
	case e.Cancelled:
		last.Note, last.NoteConcept = "No longer observed", Dim
		w.finish(t, last)
	case e.Response != nil:
		a := answerOf(&session.Response{Message: *e.Response, From: o.To, Exchanges: 1, Attempts: 1, Received: e.Frame}, nil)
		if e.Response.Code.Class() == 2 {
			a.Note, a.NoteConcept = "This resource is not observable: it answers without Observe (RFC 7641 §2)", Warning
		} else {
			a.Note, a.NoteConcept = "The device has ended the observation (RFC 7641 §3.2)", Warning
		}
		if e.Err != nil {
			a.Note, a.NoteConcept = "only the first block: "+e.Err.Error(), Warning
		}
		w.finish(t, a)
	default:
		a := answerOf(new(session.Response), e.Err)
		a.To = o.To
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
	if o := t.watched; t.State == TabObserving && o != nil {
		last := t.Answer
		goesOn := o.without(t)
		if goesOn == "" {
			w.StopWatch(o)
			return
		}
		w.leave(t)
		last.Note, last.NoteConcept = "No longer observed here. "+goesOn, Dim
		w.finish(t, last)
		return
	}
	if t.State == TabAsking || t.State == TabCancelling {
		t.cancel()
		if t.watched != nil {
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
	w.leave(t)
	t.asked, t.State = nil, TabIdle
}

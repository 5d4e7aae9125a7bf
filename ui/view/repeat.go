package view

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/ui/draft"
)

// Repeat is what came of a request that is sent again and again.
type Repeat struct {
	Plan    RepeatPlan
	Running bool
	Sent    int
	Open    int
	OK      int // answers of class 2, and those to pings
	Refused int // answers with the code of an error
	Lost    int // no answer came in time
	Failed  int // for another reason
	Retries int // retransmissions of all of them
	Err     error
	Codes   []CodeCount     // of answers, the most frequent first
	Recent  []time.Duration // the RTT of those that ended last, in order; negative for one without an answer

	Min, Max, sum time.Duration
}

// CodeCount is how often answers had a code.
type CodeCount struct {
	Code  protocol.Code
	Count int
}

// maxRecent bounds Recent.
const maxRecent = 240

// Answered is how many were answered.
func (r *Repeat) Answered() int { return r.OK + r.Refused }

// Mean is the mean RTT; 0 where nothing was answered.
func (r *Repeat) Mean() time.Duration {
	if r.Answered() == 0 {
		return 0
	}
	return r.sum / time.Duration(r.Answered())
}

// ended counts an outcome. One that was cancelled counts as not sent.
func (r *Repeat) ended(o *repeated) {
	r.Open--
	rtt := time.Duration(-1)
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(o.err, context.Canceled):
		r.Sent--
		return
	case o.err == nil:
		rtt = o.response.RTT
		r.Retries += o.response.Retries
		if c := o.response.Message.Code; c.Class() == 2 || o.response.Suppressed || o.request.Message.Code == protocol.Empty {
			r.OK++
		} else {
			r.Refused++
		}
		if r.Answered() == 1 {
			r.Min, r.Max = rtt, rtt
		}
		r.Min, r.Max, r.sum = min(r.Min, rtt), max(r.Max, rtt), r.sum+rtt
		r.code(o.response.Message.Code)
	case errors.As(o.err, &timeout) && timeout.Timeout():
		r.Lost++
		r.Retries += o.response.Retries
		r.Err = o.err
	default:
		r.Failed++
		r.Err = o.err
	}
	if len(r.Recent) == maxRecent {
		r.Recent = r.Recent[1:]
	}
	r.Recent = append(r.Recent, rtt)
}

func (r *Repeat) code(c protocol.Code) {
	i := slices.IndexFunc(r.Codes, func(n CodeCount) bool { return n.Code == c })
	if i < 0 {
		i = len(r.Codes)
		r.Codes = append(r.Codes, CodeCount{Code: c})
	}
	r.Codes[i].Count++
	slices.SortStableFunc(r.Codes, func(a, b CodeCount) int { return cmp.Compare(b.Count, a.Count) })
}

// snapshot gives a copy that stays as it is.
func (r *Repeat) snapshot() *Repeat {
	c := *r
	c.Codes, c.Recent = slices.Clone(r.Codes), slices.Clone(r.Recent)
	return &c
}

// Progress says how far it is: "12 of 20 sent", "37 sent, until stopped".
func (r *Repeat) Progress() string {
	s := Grouped(r.Sent)
	if r.Plan.Times > 0 {
		s += " of " + Grouped(r.Plan.Times)
	}
	s += " sent"
	switch {
	case r.Running && r.Plan.Times == 0:
		s += ", until stopped"
	case !r.Running && r.Plan.Times > r.Sent:
		s += ", stopped"
	}
	if r.Running && r.Open > 0 {
		s += fmt.Sprintf(" · %d open", r.Open)
	}
	return s
}

// PlanText gives the plan where it says more than how often; empty for nothing.
func (r *Repeat) PlanText() string {
	if r.Plan.Every == 0 && !r.Plan.Overlap {
		return ""
	}
	return r.Plan.String()
}

// Outlying is the RTT from which on one is an outlier among Recent: four times the median.
func (r *Repeat) Outlying() time.Duration {
	sorted := slices.DeleteFunc(slices.Clone(r.Recent), func(d time.Duration) bool { return d < 0 })
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return 4 * sorted[len(sorted)/2]
}

// Outcome is a part of a text, in its colour.
type Outcome struct {
	Text    string
	Concept Concept
}

// Outcomes says what came of them: "✓ 18 ok", "✖ 1 refused", "✖ 1 lost, 5 %".
func (r *Repeat) Outcomes() (parts []Outcome) {
	add := func(n int, format string, c Concept) {
		if n > 0 {
			parts = append(parts, Outcome{fmt.Sprintf(format, Grouped(n)), c})
		}
	}
	add(r.OK, "✓ %s ok", Good)
	add(r.Refused, "✖ %s refused", Error)
	if r.Lost > 0 {
		share := 100 * float64(r.Lost) / float64(r.Answered()+r.Lost+r.Failed)
		parts = append(parts, Outcome{fmt.Sprintf("✖ %s lost, %.3g %%", Grouped(r.Lost), share), Error})
	}
	add(r.Failed, "✖ %s failed", Error)
	add(r.Retries, "↻ %s retransmitted", Warning)
	return parts
}

// Summary says what came of all of them on a line.
func (r *Repeat) Summary() string {
	parts := []string{r.Progress()}
	for _, o := range r.Outcomes() {
		parts = append(parts, o.Text)
	}
	return strings.Join(parts, " · ")
}

// Times says how long answers took: "RTT 1.2 ms min, 3.4 ms mean, 12 ms max".
func (r *Repeat) Times() string {
	if r.Answered() == 0 {
		return "no answer yet"
	}
	return fmt.Sprintf("RTT %s min, %s mean, %s max", Duration(r.Min), Duration(r.Mean()), Duration(r.Max))
}

// CodesText says which codes came how often: "2.05 ×18 · 4.04 ×1".
func (r *Repeat) CodesText() string {
	var parts []string
	for _, c := range r.Codes {
		parts = append(parts, fmt.Sprintf("%s ×%s", c.Code.Dotted(), Grouped(c.Count)))
	}
	return strings.Join(parts, " · ")
}

// CountVariable is the variable that counts the requests of a repetition, from 1.
const CountVariable = "$n"

// value gives the value of a variable of a draft: of the count, or of the environment.
func (w *Workbench) value(name string) (string, bool) {
	if name == CountVariable {
		return strconv.Itoa(w.counted + 1), true
	}
	return w.lookup(name)
}

// build makes the request of a draft as number n of a repetition.
func (w *Workbench) build(d *draft.Draft, n int) draft.Built {
	w.counted = n - 1
	defer func() { w.counted, w.drawn = 0, w.dice() }()
	return d.Build(w.baseOf(d), w.value)
}

// Repeat sends the request of the current tab by a plan, at its own pace. What the tab had open before is ended;
// Cancel ends it. What comes of it is in the tab's Repeat, and the last answer in its Answer.
func (w *Workbench) Repeat(plan RepeatPlan) {
	t := w.Tab()
	if t.registers() {
		w.Say(Warning, "Only what has one answer is sent many times: an observation has any number")
		return
	}
	if group, _ := w.ToGroup(t); group {
		w.Say(Warning, "A group is asked once at a time, as all of its members answer (RFC 7252 §8.2): %s asks it again, and the rounds before stay in the picture", w.Commands.KeyText(CmdRepeat))
		return
	}
	d := t.Draft.Clone()
	d.Raw = ""      // which is of Raw mode
	varies := false // with each that is sent
	d.Build(w.base(), func(name string) (string, bool) {
		varies = true
		return w.value(name)
	})
	w.begin(t, func(ctx context.Context, r session.Request, path string) {
		r.On = nil
		w.repeat(ctx, t, plan, func(n int) repeated {
			o := repeated{request: r, path: path, response: new(session.Response)}
			if varies && n > 1 {
				done := w.rebuild(ctx, &d, n, &o)
				defer done()
			}
			if o.err == nil {
				o.response, o.err = w.do(ctx, o.request)
			}
			return o
		})
	})
	if t.State == TabAsking {
		t.Repeat = &Repeat{Plan: plan, Running: true}
	}
}

// rebuild makes the request anew, on the window's goroutine, which knows the variables. done ends the use of a file.
func (w *Workbench) rebuild(ctx context.Context, d *draft.Draft, n int, o *repeated) (done func()) {
	done = func() {}
	built := make(chan draft.Built, 1)
	w.inbox.Put(nil, func() { built <- w.build(d, n) })
	var b draft.Built
	select {
	case b = <-built:
	case <-ctx.Done():
		o.err = ctx.Err()
		return done
	}
	if len(b.Problems) > 0 {
		o.err = errors.New(b.Problems[0].Text)
		return done
	}
	o.request, o.path = b.Request, b.URI.PathQuery()
	if o.request.To, o.err = session.Resolve(ctx, b.Destination); o.err != nil {
		return done
	}
	if close, err := readBody(&o.request, b.File); err != nil {
		o.err = err
	} else {
		done = close
	}
	return done
}

// repeatKey coalesces what a tab hears of a repetition.
type repeatKey struct{ tab *Tab }

// repeat sends by the plan and keeps the tab up to date. It runs on the goroutine of the request.
func (w *Workbench) repeat(ctx context.Context, t *Tab, plan RepeatPlan, send func(n int) repeated) {
	r := &Repeat{Plan: plan, Running: true}
	var last, failed *Answer
	var lastOf repeated
	show := func(key any, end bool) {
		now, a, of := r.snapshot(), last, lastOf
		now.Running = !end
		if end && a == nil {
			if a = failed; a == nil {
				a = answerOf(new(session.Response), context.Canceled)
			}
		}
		w.inbox.Put(key, func() {
			if a != nil && a.Err == nil && a != t.Answer {
				w.note(of.request.To, of.path, of.request.Message.Code, a)
			}
			if !t.serial(ctx) {
				return
			}
			t.Repeat = now
			w.Changed(PartAnswer | PartStatus)
			if a != nil && a.Err == nil && a != t.Answer {
				a.RTT = w.measured(a)
				t.take(a)
			}
			if end {
				w.finish(t, a)
				if a.Received != 0 {
					w.selectLive(a.Received)
				}
			}
		})
	}
	p := pace{RepeatPlan: plan}
	p.run(ctx, send, func(o *repeated) {
		if o == nil {
			r.Sent++
			r.Open++
		} else {
			r.ended(o)
			if a := answerOf(o.response, o.err); o.err == nil {
				last, lastOf = a, *o
			} else if !errors.Is(o.err, context.Canceled) {
				a.To = o.request.To
				failed = a
			}
		}
		show(repeatKey{t}, false)
	})
	show(nil, true)
}

// ForgetRepeat takes the summary of a repetition away, or stops one that runs.
func (w *Workbench) ForgetRepeat() {
	t := w.Tab()
	if t.Repeat != nil && t.Repeat.Running {
		w.Cancel()
		return
	}
	t.Repeat = nil
	w.Changed(PartAnswer)
}

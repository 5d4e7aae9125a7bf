package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
)

const ms = time.Millisecond

// times runs a plan in time that is not real, each request taking as long as takes says, and gives when they were sent
// and when the run ended. It is cancelled after that time, if that is not 0.
func times(t *testing.T, p RepeatPlan, cancel time.Duration, takes func(n int) time.Duration) (sent []time.Duration, end time.Duration) {
	synctest.Test(t, func(*testing.T) {
		start := time.Now()
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		if cancel > 0 {
			time.AfterFunc(cancel, stop)
		}
		run := pace{RepeatPlan: p}
		run.run(ctx, func(n int) repeated {
			select {
			case <-time.After(takes(n)):
			case <-ctx.Done():
				return repeated{response: new(session.Response), err: ctx.Err()}
			}
			return repeated{response: new(session.Response)}
		}, func(o *repeated) {
			if o == nil {
				sent = append(sent, time.Since(start))
			}
		})
		end = time.Since(start)
	})
	return sent, end
}

func TestPace(t *testing.T) {
	always := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	slow := func(n int) time.Duration { // the second takes 250 ms, the others 1
		if n == 2 {
			return 250 * ms
		}
		return ms
	}
	for _, c := range []struct {
		name   string
		plan   RepeatPlan
		cancel time.Duration
		takes  func(int) time.Duration
		sent   string
		end    time.Duration
	}{
		{"once", RepeatPlan{Times: 1}, 0, always(5 * ms), "[0s]", 5 * ms},
		{"each after the other", RepeatPlan{Times: 3}, 0, always(5 * ms), "[0s 5ms 10ms]", 15 * ms},
		{"every 100 ms", RepeatPlan{Times: 3, Every: 100 * ms}, 0, always(5 * ms), "[0s 100ms 200ms]", 205 * ms},
		// What was due at 200 and 300 ms is left out: it goes at 350, when the one before ends, and then every 100.
		{"one is waited for", RepeatPlan{Times: 5, Every: 100 * ms}, 0, slow, "[0s 100ms 350ms 450ms 550ms]", 551 * ms},
		{"overlapping", RepeatPlan{Times: 5, Every: 100 * ms, Overlap: true}, 0, slow, "[0s 100ms 200ms 300ms 400ms]", 401 * ms},
		{"until stopped", RepeatPlan{Every: 100 * ms}, 250 * ms, always(ms), "[0s 100ms 200ms]", 250 * ms},
		{"stopped while one is open", RepeatPlan{Times: 9, Every: 100 * ms}, 150 * ms, always(time.Hour), "[0s]", 150 * ms},
		{"the last ones are waited for", RepeatPlan{Times: 2, Every: 10 * ms, Overlap: true}, 0, always(300 * ms), "[0s 10ms]", 310 * ms},
	} {
		sent, end := times(t, c.plan, c.cancel, c.takes)
		if got := fmt.Sprint(sent); got != c.sent || end != c.end {
			t.Errorf("%s: sent at %s, ended after %s, want %s and %s", c.name, got, end, c.sent, c.end)
		}
	}
}

// However long answers take, none is sent before its time, no more than planned, and without overlap one at a time.
func TestPaceHoldsItsPlan(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := RepeatPlan{Times: rapid.IntRange(1, 30).Draw(rt, "times"), Every: time.Duration(rapid.IntRange(0, 50).Draw(rt, "every")) * ms, Overlap: rapid.Bool().Draw(rt, "overlap")}
		if p.Overlap {
			p.Every += ms
		}
		takes := rapid.SliceOfN(rapid.IntRange(0, 200), p.Times, p.Times).Draw(rt, "takes")
		sent, end := times(t, p, 0, func(n int) time.Duration { return time.Duration(takes[n-1]) * ms })
		if len(sent) != p.Times || end < sent[len(sent)-1] {
			rt.Fatalf("%d of %d sent, the end at %s", len(sent), p.Times, end)
		}
		for i := 1; i < len(sent); i++ {
			gap := sent[i] - sent[i-1]
			if gap < p.Every || !p.Overlap && gap < time.Duration(takes[i-1])*ms {
				rt.Fatalf("%v: %d at %s, %d at %s, the first took %d ms", p, i, sent[i-1], i+1, sent[i], takes[i-1])
			}
		}
	})
}

func TestRepeatCounts(t *testing.T) {
	answer := func(c protocol.Code, rtt time.Duration, retries int) *repeated {
		return &repeated{request: session.Request{Message: protocol.Message{Code: protocol.GET}}, response: &session.Response{Message: protocol.Message{Code: c}, RTT: rtt, Retries: retries}}
	}
	failure := func(err error) *repeated { return &repeated{response: new(session.Response), err: err} }
	r := &Repeat{Plan: RepeatPlan{Times: 8}, Sent: 8, Open: 8}
	if r.Times() != "no answer yet" || r.Mean() != 0 {
		t.Errorf("%s", r.Times())
	}
	for _, o := range []*repeated{
		answer(protocol.NotFound, 20*ms, 0), answer(protocol.Content, 30*ms, 2), answer(protocol.Content, 10*ms, 0),
		failure(&exchange.TimeoutError{Attempts: 5}), failure(errors.New("no route")), failure(fmt.Errorf("ended: %w", context.Canceled)), answer(protocol.Content, 20*ms, 0),
	} {
		r.ended(o)
	}
	if got := fmt.Sprint(r.Sent, r.Open, r.OK, r.Refused, r.Lost, r.Failed, r.Retries); got != "7 1 3 1 1 1 2" {
		t.Error(got)
	}
	if r.Min != 10*ms || r.Max != 30*ms || r.Mean() != 20*ms {
		t.Error(r.Times())
	}
	if got := r.Outlying(); got != 80*ms { // of 10, 20, 20, 30
		t.Error(got)
	}
	if got := r.CodesText(); got != "2.05 ×3 · 4.04 ×1" {
		t.Error(got)
	}
	if got := fmt.Sprint(r.Recent); got != "[20ms 30ms 10ms -1ns -1ns 20ms]" {
		t.Error(got)
	}
	var texts []string
	for _, o := range r.Outcomes() {
		texts = append(texts, o.Text)
	}
	if want := []string{"✓ 3 ok", "✖ 1 refused", "✖ 1 lost, 16.7 %", "✖ 1 failed", "↻ 2 retransmitted"}; !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
	if got := r.Progress(); got != "7 of 8 sent, stopped" {
		t.Error(got)
	}
	r.Running = true
	if got := r.Progress(); got != "7 of 8 sent · 1 open" {
		t.Error(got)
	}
	kept := r.snapshot()
	for range 2 * maxRecent {
		r.Open++
		r.ended(answer(protocol.Content, ms, 0))
	}
	if len(r.Recent) != maxRecent || len(kept.Recent) != 6 || kept.Codes[0].Count != 3 {
		t.Errorf("%d recent, %d in the copy", len(r.Recent), len(kept.Recent))
	}
}

func TestParseRepeat(t *testing.T) {
	for text, want := range map[string]RepeatPlan{
		"20 every 500ms":            {20, 500 * ms, false},
		"every 1s":                  {0, time.Second, false},
		" 10 ":                      {10, 0, false},
		"10 times every 0.5":        {10, 500 * ms, false},
		"EVERY 1m30s":               {0, 90 * time.Second, false},
		"50 every 20ms overlapping": {50, 20 * ms, true},
		"5 overlapping every 1ms":   {5, ms, true},
		"every 0":                   {0, 0, false},
		"1000000 every 24h":         {1_000_000, 24 * time.Hour, false},
	} {
		got, err := ParseRepeat(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if again, err := ParseRepeat(got.String()); err != nil || again != got {
			t.Errorf("%q is written %q: %+v, %v", text, got.String(), again, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1000001", "every", "often", "every 25h", "every x", "5 overlapping", "every 1us overlapping", "5 6", "every 1s every 2s", "overlapping", "5 every 1s slowly"} {
		if got, err := ParseRepeat(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// FuzzParseRepeat holds what is read to its bounds, and to be written so that it is read again.
func FuzzParseRepeat(f *testing.F) {
	for _, text := range []string{"20 every 500ms", "every 1s", "10", "50 every 20ms overlapping", "every 1e3", "every", "5 times"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParseRepeat(text)
		if err != nil {
			return
		}
		if p.Times < 0 || p.Times > maxTimes || p.Every < 0 || p.Every > maxEvery || p.Overlap && p.Every < minOverlap {
			t.Fatalf("%q: %+v", text, p)
		}
		if again, err := ParseRepeat(p.String()); err != nil || again != p {
			t.Fatalf("%q is written %q: %+v, %v", text, p.String(), again, err)
		}
	})
}

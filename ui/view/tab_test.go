package view_test

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

var base = protocol.URI{Scheme: protocol.CoAP, Host: "192.0.2.7", Port: 61616}

var errTest = errors.New("a failure")

func TestAnswerTexts(t *testing.T) {
	at := now
	m := content(1, "21.4")
	for _, c := range []struct {
		name    string
		answer  view.Answer
		code    string
		concept view.Concept
		summary string
	}{
		{"piggybacked", view.Answer{Message: m, RTT: 24 * time.Millisecond, Attempts: 1, Exchanges: 1, Piggybacked: true}, "2.05 Content", view.Good, "24 ms · 1 try · piggybacked · 4 B"},
		{"separate", view.Answer{Message: response(protocol.Confirmable, 2, 1, protocol.NotFound, ""), RTT: 2 * time.Second, Attempts: 3, Exchanges: 1}, "4.04 Not Found", view.Error, "2.00 s · 3 tries · separate · 0 B"},
		{"in blocks", view.Answer{Message: m, RTT: time.Millisecond, Duration: 1500 * time.Millisecond, Attempts: 1, Exchanges: 98, Retries: 1}, "2.05 Content", view.Good, "1.50 s · 98 blocks · 1 retry · 4 B"},
		{"notification", view.Answer{Message: m, Attempts: 1, Exchanges: 1, Notified: 7}, "2.05 Content", view.Good, "notification 7 · 4 B"},
		{"none", view.Answer{Err: errTest}, "no answer", view.Error, ""},
		{"no host", view.Answer{Err: &net.DNSError{}}, "not sent", view.Error, ""},
		{"no file", view.Answer{Err: &fs.PathError{}}, "not sent", view.Error, ""},
	} {
		code, concept := c.answer.Code()
		if summary := c.answer.Summary(); code != c.code || concept != c.concept || summary != c.summary {
			t.Errorf("%s: %q %v %q", c.name, code, concept, summary)
		}
	}

	a := view.Answer{Message: m, At: at}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "30 s   fresh for 30 s"}, {25 * time.Second, "30 s   fresh for 5.0 s"}, {31 * time.Second, "30 s   no longer fresh"}} {
		options := a.Options(at.Add(c.after))
		if len(options) != 3 || options[0].Text != "010203" || !strings.HasPrefix(options[1].Text, "0  text/plain") || options[2].Text != c.want {
			t.Errorf("after %v: %+v", c.after, options)
		}
		if options[0].Concept != view.OptionA || options[1].Concept != view.OptionB {
			t.Errorf("neighbours have one colour: %+v", options)
		}
	}
	m.Options = m.Options.Without(protocol.MaxAge)
	a.Message = m
	if left, ok := a.Fresh(at.Add(time.Minute)); !ok || left != 0 {
		t.Errorf("the default Max-Age is 60 s (RFC 7252 §5.10.5): %v, %v", left, ok)
	}
	a.Message.Code = protocol.Changed
	if _, ok := a.Fresh(at); ok {
		t.Error("2.04 is not something that is fresh")
	}
}

// An answer that came by a second message, because freshness was asked for, is no block-wise one.
func TestAnswerSummaryWithEcho(t *testing.T) {
	a := view.Answer{Exchanges: 2, Echoed: 1, Attempts: 1, Piggybacked: true, RTT: 4 * time.Millisecond}
	if got := a.Summary(); got != "4.0 ms · 1 try · piggybacked · 0 B" {
		t.Errorf("%q", got)
	}
	a.Exchanges, a.Duration = 4, 9*time.Millisecond
	if got := a.Summary(); got != "9.0 ms · 3 blocks · 0 B" {
		t.Errorf("%q", got)
	}
}

func TestTabTitle(t *testing.T) {
	for address, want := range map[string]string{
		"":                                    "GET new request",
		"coap://192.0.2.1/sensors/temp":       "GET sensors/temp",
		"/a?b":                                "GET a?b",
		"192.0.2.1":                           "GET /",
		"coap://h/" + strings.Repeat("x", 40): "GET …" + strings.Repeat("x", 27),
	} {
		tab := view.Tab{Draft: draft.Draft{Method: protocol.GET, Address: address}}
		if got := tab.Title(base); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// apply runs what came and tells whether there was anything.
func apply(b *view.Inbox) bool {
	news := b.Take()
	for _, f := range news {
		f()
	}
	return len(news) > 0
}

func TestInboxKeepsOrderAndCoalesces(t *testing.T) {
	woken := 0
	b := view.NewInbox(func() { woken++ })
	if apply(b) {
		t.Error("an empty inbox had something")
	}
	var got []string
	put := func(key any, text string) { b.Put(key, func() { got = append(got, text) }) }
	put(nil, "a")
	put("k", "old")
	put(nil, "b")
	put("k", "new")
	put("other", "c")
	if len(got) != 0 {
		t.Error("something ran before it was taken")
	}
	if !apply(b) || strings.Join(got, " ") != "a new b c" {
		t.Errorf("got %q", got)
	}
	if woken != 4 {
		t.Errorf("woken %d times, want once for each that was not replaced", woken)
	}
	// After it was taken, the key is news again; and news may make news.
	got = nil
	b.Put("k", func() { put("k", "second") })
	apply(b)
	if !apply(b) || strings.Join(got, " ") != "second" || apply(b) {
		t.Errorf("got %q", got)
	}
}

func TestInboxFromManyGoroutines(t *testing.T) {
	b := view.NewInbox(func() {})
	const each, workers = 1000, 4
	next, last := make([]int, workers), make([]int, workers)
	var busy sync.WaitGroup
	for w := range workers {
		busy.Go(func() {
			for i := range each {
				b.Put(nil, func() {
					if next[w] != i {
						t.Errorf("worker %d: %d comes after %d", w, i, next[w]-1)
					}
					next[w] = i + 1
				})
				b.Put(w, func() { last[w] = i })
			}
		})
	}
	done := make(chan struct{})
	go func() { busy.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		apply(b)
	}
	for w := range workers {
		if next[w] != each || last[w] != each-1 {
			t.Errorf("worker %d: %d came, the last is %d", w, next[w], last[w])
		}
	}
}

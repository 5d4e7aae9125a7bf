package session

import (
	"bytes"
	"testing"
	"time"

	"coapscope/protocol"
)

// representations is a server with one representation that changes, and validates.
func representations(version *string) func(protocol.Message, int) []protocol.Message {
	return func(m protocol.Message, _ int) []protocol.Message {
		switch {
		case m.Code == protocol.PUT:
			*version = string(m.Payload)
			return one(reply(protocol.Changed, ""))
		case bytesIn(m.Options, protocol.ETag, *version):
			return one(reply(protocol.Valid, "", option(protocol.ETag, *version), number(protocol.MaxAge, 20)))
		}
		return one(reply(protocol.Content, "body of "+*version, option(protocol.ETag, *version), number(protocol.MaxAge, 10)))
	}
}

func bytesIn(o protocol.Options, n protocol.OptionNumber, value string) bool {
	for v := range o.All(n) {
		if bytes.Equal(v, []byte(value)) {
			return true
		}
	}
	return false
}

func TestCacheOnRequest(t *testing.T) {
	e, clock := engineAt(t, Config{})
	version := "v1"
	s := play(t, representations(&version))
	for _, c := range []struct {
		name      string
		later     time.Duration
		method    protocol.Code
		policy    CachePolicy
		payload   string // sent or wanted
		exchanges int
		cached    bool
		validated bool
		age       time.Duration
	}{
		{"without cache nothing is kept", 0, protocol.GET, NoCache, "body of v1", 1, false, false, 0},
		{"the first response", 0, protocol.GET, UseFresh, "body of v1", 1, false, false, 0},
		{"is fresh", 9 * time.Second, protocol.GET, UseFresh, "body of v1", 0, true, false, 9 * time.Second},
		{"is validated all the same", 0, protocol.GET, Revalidate, "body of v1", 1, true, true, 0},
		{"and fresh for longer", 15 * time.Second, protocol.GET, UseFresh, "body of v1", 0, true, false, 15 * time.Second},
		{"is not fresh any more", 6 * time.Second, protocol.GET, UseFresh, "body of v1", 1, true, true, 0},
		{"is asked for without cache", 0, protocol.GET, NoCache, "body of v1", 1, false, false, 0},
		{"is written", 0, protocol.PUT, NoCache, "v2", 1, false, false, 0},
		{"and so not fresh", 0, protocol.GET, UseFresh, "body of v2", 1, false, false, 0},
		{"and fresh", time.Second, protocol.GET, UseFresh, "body of v2", 0, true, false, time.Second},
	} {
		clock.advance(c.later)
		m := ask(c.method, "x")
		if c.method == protocol.PUT {
			m.Payload = []byte(c.payload)
		}
		r, err := e.Do(t.Context(), Request{To: s.addr, Message: m, Cache: c.policy})
		if err != nil {
			t.Fatal(err)
		}
		if c.method == protocol.GET && (string(r.Message.Payload) != c.payload || r.Message.Code != protocol.Content) {
			t.Errorf("%s: %v %q", c.name, r.Message.Code, r.Message.Payload)
		}
		if r.Exchanges != c.exchanges || r.FromCache != c.cached || r.Validated != c.validated || r.Age != c.age || r.From != s.addr {
			t.Errorf("%s: %d exchanges, from cache %v, validated %v, age %v", c.name, r.Exchanges, r.FromCache, r.Validated, r.Age)
		}
		clear(r.Message.Payload) // is the caller's
	}
	if _, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), Cache: UseFresh, Body: bytes.NewReader(nil)}); err == nil {
		t.Error("a body that is read is cached")
	}
}

// A 2.03 for a representation that had to go meanwhile is followed by a request without ETags.
func TestValidButGone(t *testing.T) {
	e, _ := engineAt(t, Config{})
	s := play(t, func(m protocol.Message, _ int) []protocol.Message {
		if m.Options.Has(protocol.ETag) {
			return one(reply(protocol.Valid, "", option(protocol.ETag, "other")))
		}
		return one(reply(protocol.Content, "body", option(protocol.ETag, "known")))
	})
	for i, want := range []int{1, 2} {
		r, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), Cache: Revalidate})
		if err != nil || string(r.Message.Payload) != "body" || r.Exchanges != want || r.FromCache {
			t.Errorf("request %d: %v %q, %v after %d exchanges", i+1, r.Message.Code, r.Message.Payload, err, r.Exchanges)
		}
	}
	own := ask(protocol.GET, "x")
	own.Options = own.Options.Add(protocol.ETag, []byte("other"))
	if r, err := e.Do(t.Context(), Request{To: s.addr, Message: own, Cache: Revalidate}); err != nil || r.Message.Code != protocol.Valid || r.Exchanges != 1 {
		t.Errorf("who has the representation gets %v, %v after %d exchanges", r.Message.Code, err, r.Exchanges)
	}
}

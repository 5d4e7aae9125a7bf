package cache

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"coapscope/protocol"

	"pgregory.net/rapid"
)

// origin is a device with resources that change. It never lies, so that what the cache gives instead of asking it is
// right as long as its Max-Age promises, and what it validates is right now.
type origin struct {
	resources map[string]*representation
	versions  int
}

type representation struct {
	version int
	maxAge  int
	etag    bool
	until   time.Duration // its bytes do not change before, because that was promised
}

func (o *origin) body(path string, v int, accept uint32) []byte {
	return fmt.Appendf(nil, "%s version %d as %d", path, v, accept)
}

// TestTransparent plays clients and clock at random: what the cache answers is what the device would answer, or did
// within Max-Age.
func TestTransparent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int64{1 << 20, 2000, 700, 0}).Draw(t, "limit")
		c := New(limit)
		o := &origin{resources: map[string]*representation{}}
		now := time.Duration(0)
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			now += time.Duration(rapid.SampledFrom([]int{0, 1, 5, 11, 100}).Draw(t, "seconds")) * time.Second
			path := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "path")
			r := o.resources[path]
			if r == nil {
				r = &representation{}
				o.resources[path] = r
			}
			request := protocol.Message{Code: protocol.GET}
			request.Options = request.Options.Add(protocol.URIPath, []byte(path))
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0: // it changes by itself, when no promise forbids it
				if now > r.until {
					o.versions++
					*r = representation{o.versions, rapid.SampledFrom([]int{0, 10, 60}).Draw(t, "Max-Age"), rapid.Bool().Draw(t, "ETag"), 0}
				}
				continue
			case 1: // it is changed by a request, which says so
				o.versions++
				r.version, r.until = o.versions, 0
				request.Code = protocol.PUT
				c.Handle(epoch.Add(now), endpoints[""], request, protocol.Message{Code: protocol.Changed})
				c.check(t)
				continue
			}
			accept := uint32(rapid.IntRange(0, 1).Draw(t, "Accept"))
			request.Options = request.Options.AddUint(protocol.Accept, uint64(accept))
			want := o.body(path, r.version, accept)
			got, ok := c.Lookup(epoch.Add(now), endpoints[""], request)
			if ok {
				if r.maxAge == 0 || got.Age > time.Duration(r.maxAge)*time.Second {
					t.Fatalf("%v old, Max-Age %d", got.Age, r.maxAge)
				}
			} else {
				sent := c.Revalidate(endpoints[""], request)
				tag := fmt.Appendf(nil, "%d", r.version)
				response := protocol.Message{Code: protocol.Content, Payload: bytes.Clone(want)}
				if r.etag {
					response.Options = response.Options.Add(protocol.ETag, tag)
					if nominates(sent.Options, tag) {
						response.Code, response.Payload = protocol.Valid, nil
					}
				}
				response.Options = response.Options.SetUint(protocol.MaxAge, uint64(r.maxAge))
				if r.maxAge > 0 {
					r.until = max(r.until, now+time.Duration(r.maxAge)*time.Second)
				}
				got = c.Handle(epoch.Add(now), endpoints[""], request, response)
				clear(response.Payload)
				if got.Validated != (response.Code == protocol.Valid) {
					t.Fatalf("validated: %v after %v", got.Validated, response.Code)
				}
				if !got.Stored {
					got.Message.Payload = want // cleared above
				}
			}
			if got.Message.Code != protocol.Content || !bytes.Equal(got.Message.Payload, want) {
				t.Fatalf("%v %q, want %q", got.Message.Code, got.Message.Payload, want)
			}
			c.check(t)
		}
	})
}

// What was handed out does not change, whatever becomes of it in the cache, and what becomes of the messages that were
// given to it does not change the cache.
func TestHandedOutStays(t *testing.T) {
	c := New(1 << 20)
	request := protocol.Message{Code: protocol.GET}
	response := protocol.Message{Code: protocol.Content, Payload: []byte("body")}
	response.Options = response.Options.Add(protocol.ETag, []byte{1}).AddUint(protocol.MaxAge, 9)
	c.Handle(epoch, endpoints[""], request, response)
	response.Payload[0], response.Options[0].Value[0] = 'x', 9

	first, _ := c.Lookup(epoch, endpoints[""], request)
	_ = append(first.Message.Payload, '!')
	_ = append(first.Message.Options, protocol.Option{Number: protocol.Size2})
	valid := protocol.Message{Code: protocol.Valid}
	valid.Options = valid.Options.Add(protocol.ETag, []byte{1}).AddUint(protocol.MaxAge, 33)
	c.Handle(epoch, endpoints[""], request, valid)
	valid.Options[0].Value[0] = 7
	second, ok := c.Lookup(epoch, endpoints[""], request)
	if !ok || text(first.Message) != `2.05 "body" etag=01 max-age=9` && text(first.Message) != `2.05 "body" max-age=9 etag=01` {
		t.Errorf("handed out: %s", text(first.Message))
	}
	if age, _ := second.Message.Options.Uint(protocol.MaxAge); age != 33 || string(second.Message.Payload) != "body" || len(second.Message.Options) != 2 {
		t.Errorf("stored: %s", text(second.Message))
	}
	third := protocol.Message{Code: protocol.Valid}
	third.Options = third.Options.Add(protocol.ETag, []byte{1})
	c.Handle(epoch, endpoints[""], request, third)
	stored, _ := c.Lookup(epoch, endpoints[""], request)
	mine := append(stored.Message.Options, protocol.Option{Number: protocol.Size2})
	_ = append(stored.Message.Options, protocol.Option{Number: protocol.Size1})
	if mine[len(mine)-1].Number != protocol.Size2 {
		t.Error("two who append to the same response share what they append")
	}
	if tag, _ := second.Message.Options.First(protocol.ETag); !bytes.Equal(tag, []byte{1}) {
		t.Errorf("ETag %x", tag)
	}
}

// The order in which the options of a request stand in it is that of their numbers, and repeated ones are not one.
func TestKeysDiffer(t *testing.T) {
	keys := map[key]string{}
	for _, request := range []string{
		"GET /a/b", "GET /a", "GET /ab", "GET /a query=b", "GET /a query=b query=c", "GET /a query=c query=b", "GET /a query=bc",
		"GET b:/a", "FETCH /a", `FETCH /a "x"`, `FETCH /a "xy"`, "GET /a accept=0", "GET /a accept=1",
	} {
		to, m, err := message(request)
		if err != nil {
			t.Fatal(err)
		}
		if other, is := keys[keyOf(to, m)]; is {
			t.Errorf("%q has the key of %q", request, other)
		}
		keys[keyOf(to, m)] = request
	}
}

// FuzzCache lets arbitrary requests and responses come at arbitrary times: the bookkeeping is right, the cache within its
// limit, and what it gives has a code of a response and an encoding.
func FuzzCache(f *testing.F) {
	_, get, _ := message("GET /a accept=50")
	_, content, _ := message(`2.05 "body" etag=01 max-age=3`)
	_, valid, _ := message("2.03 etag=01")
	_, changed, _ := message("2.04")
	seed := []byte{}
	for _, m := range []protocol.Message{get, content, get, valid, {Code: protocol.PUT, Options: get.Options}, changed, get, content} {
		b, err := m.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		seed = append(append(seed, byte(len(b)), 2), b...)
	}
	f.Add(int64(2000), seed)
	f.Add(int64(400), append(seed, seed...))
	f.Fuzz(func(t *testing.T, limit int64, data []byte) {
		c := New(limit % 10000)
		now := epoch
		var messages []protocol.Message
		for len(data) > 2 {
			n := min(int(data[0]), len(data)-2)
			now = now.Add(time.Duration(data[1]) * time.Second)
			var m protocol.Message
			_ = m.Parse(data[2 : 2+n]) // what was read before an error is good input too
			messages = append(messages, m.Clone())
			data = data[2+n:]
			if len(messages)%2 != 0 {
				continue
			}
			request, response := messages[len(messages)-2], m
			to := endpoints[[]string{"", "b"}[n&1]]
			if r, ok := c.Lookup(now, to, request); ok && (!r.Stored || !r.Message.Code.IsResponse() || r.Age < 0) {
				t.Fatalf("stored: %+v", r)
			}
			if sent := c.Revalidate(to, request); len(sent.Options) > len(request.Options)+maxTagged {
				t.Fatalf("%d options became %d", len(request.Options), len(sent.Options))
			}
			r := c.Handle(now, to, request, response)
			if !r.Stored && r.Message.Code != response.Code {
				t.Fatalf("%v became %v", response.Code, r.Message.Code)
			}
			c.check(t)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	c := New(64 << 20)
	requests := make([]protocol.Message, 1000)
	for i := range requests {
		requests[i].Code = protocol.GET
		requests[i].Options = requests[i].Options.Add(protocol.URIPath, []byte("sensors")).Add(protocol.URIPath, fmt.Appendf(nil, "%d", i))
		c.Handle(epoch, endpoints[""], requests[i], protocol.Message{Code: protocol.Content, Payload: make([]byte, 1000)})
	}
	source := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Lookup(epoch, endpoints[""], requests[source.IntN(len(requests))]); !ok {
			b.Fatal("not there")
		}
	}
}

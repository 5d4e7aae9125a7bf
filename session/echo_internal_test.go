package session

import (
	"fmt"
	"net/netip"
	"testing"

	"coapscope/protocol"
)

// echoOption gives the Echo value of a message as text.
func echoOption(m protocol.Message) string {
	v, ok := m.Options.First(protocol.Echo)
	if !ok {
		return "-"
	}
	return string(v)
}

func TestEcho(t *testing.T) {
	unauthorized := func(value string) protocol.Message {
		return reply(protocol.Unauthorized, "", option(protocol.Echo, value))
	}
	content := func(options ...protocol.Option) protocol.Message { return reply(protocol.Content, "", options...) }
	for _, c := range []struct {
		name     string
		requests int
		policy   EchoPolicy
		answers  []protocol.Message
		sent     string // Echo values of what was sent
		code     protocol.Code
		echoed   int
	}{
		{"a 4.01 with Echo: once more with the value", 1, EchoAutomatic, []protocol.Message{unauthorized("a"), content()}, "- a", protocol.Content, 1},
		{"a second 4.01 is the response", 1, EchoAutomatic, []protocol.Message{unauthorized("a"), unauthorized("b")}, "- a", protocol.Unauthorized, 1},
		{"by hand", 1, EchoByHand, []protocol.Message{unauthorized("a")}, "-", protocol.Unauthorized, 0},
		{"a 4.01 without Echo", 1, EchoAutomatic, []protocol.Message{reply(protocol.Unauthorized, "")}, "-", protocol.Unauthorized, 0},
		{"an Echo value of illegal length", 1, EchoAutomatic, []protocol.Message{unauthorized("")}, "-", protocol.Unauthorized, 0},
		{"a preemptive value goes along with the next request, once", 3, EchoAutomatic, []protocol.Message{content(option(protocol.Echo, "a")), content(), content()}, "- a -", protocol.Content, 0},
		{"the newest value counts", 3, EchoAutomatic, []protocol.Message{unauthorized("a"), content(option(protocol.Echo, "b")), content(option(protocol.Echo, "c")), content()}, "- a b c", protocol.Content, 0},
		{"a preemptive value that is too old", 2, EchoAutomatic, []protocol.Message{content(option(protocol.Echo, "a")), unauthorized("b"), content()}, "- a b", protocol.Content, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := engineAt(t, Config{})
			s := play(t, func(_ protocol.Message, n int) []protocol.Message { return c.answers[n-1 : n] })
			events := 0
			var last *Response
			for range c.requests {
				r, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.PUT, "x"), Echo: c.policy, On: func(event Event) {
					if asked, ok := event.(EchoAsked); ok {
						events++
						if f := e.Log().At(asked.Frame); f == nil || len(asked.Value) == 0 {
							t.Errorf("event %+v", asked)
						}
					}
				}})
				if err != nil {
					t.Fatal(err)
				}
				last = r
			}
			sent := ""
			for i, m := range s.seen() {
				if i > 0 {
					sent += " "
				}
				sent += echoOption(m)
			}
			if sent != c.sent || last.Message.Code != c.code || last.Echoed != c.echoed || events < c.echoed {
				t.Errorf("sent %q, got %v, echoed %d; want %q, %v, %d", sent, last.Message.Code, last.Echoed, c.sent, c.code, c.echoed)
			}
		})
	}
}

// Each block is asked for its freshness by itself, and those after it have the value.
func TestEchoInABlockwiseTransfer(t *testing.T) {
	e, _ := engineAt(t, Config{})
	key := "first"
	s := play(t, func(m protocol.Message, n int) []protocol.Message {
		b, _ := m.Options.Block(protocol.Block1)
		if b.Num == 2 && key == "first" {
			key = "second"
		}
		if echoOption(m) != key {
			return one(reply(protocol.Unauthorized, "", option(protocol.Echo, key)))
		}
		if b.More {
			return one(reply(protocol.Continue, "", option(protocol.Block1, string(b.Value()))))
		}
		return one(reply(protocol.Changed, "", option(protocol.Block1, string(b.Value()))))
	})
	put := ask(protocol.PUT, "x")
	put.Payload = make([]byte, 64)
	r, err := e.Do(t.Context(), Request{To: s.addr, Message: put, BlockSize: 16})
	if err != nil || r.Message.Code != protocol.Changed || r.Echoed != 2 || r.Exchanges != 6 {
		t.Fatalf("got %v, %v after %d exchanges with %d repeated", r.Message.Code, err, r.Exchanges, r.Echoed)
	}
	sent := ""
	for _, m := range s.seen() {
		b, _ := m.Options.Block(protocol.Block1)
		sent += fmt.Sprintf("%d %s, ", b.Num, echoOption(m))
	}
	if want := "0 -, 0 first, 1 first, 2 first, 2 second, 3 second, "; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// A value goes to no other endpoint, and values are bounded.
func TestEchoValuesStayWithTheirEndpoint(t *testing.T) {
	var s echoes
	addr := func(port int) netip.AddrPort {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port))
	}
	value := []byte("a")
	s.put(addr(1), value)
	value[0] = 'x'
	if v := s.take(addr(2)); v != nil {
		t.Errorf("another endpoint gets %q", v)
	}
	if v := s.take(addr(1)); string(v) != "a" {
		t.Errorf("the endpoint gets %q", v)
	}
	if v := s.take(addr(1)); v != nil {
		t.Errorf("and once more %q", v)
	}
	for port := range 3 * maxEchoes {
		s.put(addr(port), []byte("a"))
	}
	if len(s.values) != maxEchoes {
		t.Errorf("%d values are kept, want %d", len(s.values), maxEchoes)
	}
}

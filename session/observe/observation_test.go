package observe

import (
	"fmt"
	"testing"
	"time"

	"coapscope/protocol"
)

var start = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// at is the time t seconds into a figure.
func at(t float64) time.Time { return start.Add(time.Duration(t * float64(time.Second))) }

func seconds(t time.Time) float64 { return t.Sub(start).Seconds() }

func get(options ...protocol.Option) protocol.Message {
	m := protocol.Message{Type: protocol.Confirmable, Code: protocol.GET, Token: protocol.TokenOf([]byte{0x4a})}
	m.Options = m.Options.Add(protocol.URIPath, []byte("temperature"))
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m
}

// response makes a response with Observe and Max-Age where they are not negative.
func response(typ protocol.Type, code protocol.Code, observe, maxAge int, payload string) protocol.Message {
	m := protocol.Message{Type: typ, Code: code, Token: protocol.TokenOf([]byte{0x4a}), Payload: []byte(payload)}
	if observe >= 0 {
		m.Options = m.Options.AddUint(protocol.Observe, uint64(observe))
	}
	if maxAge >= 0 {
		m.Options = m.Options.AddUint(protocol.MaxAge, uint64(maxAge))
	}
	return m
}

func ack(observe, maxAge int, payload string) protocol.Message {
	return response(protocol.Acknowledgement, protocol.Content, observe, maxAge, payload)
}

func non(observe, maxAge int, payload string) protocol.Message {
	return response(protocol.NonConfirmable, protocol.Content, observe, maxAge, payload)
}

// request describes a request: method, token, Observe, entity tags, Echo, number of options.
func request(m protocol.Message) string {
	v, _ := m.Options.Uint(protocol.Observe)
	s := fmt.Sprintf("%s T%s observe=%d", m.Code.Short(), m.Token, v)
	for etag := range m.Options.All(protocol.ETag) {
		s += fmt.Sprintf(" etag=%x", etag)
	}
	if echo, ok := m.Options.First(protocol.Echo); ok {
		s += fmt.Sprintf(" echo=%x", echo)
	}
	return s + fmt.Sprintf(" options=%d", len(m.Options))
}

// offer has the machine name the entity tag; echo the value; token the token.
type (
	offer string
	echo  string
	token byte
)

func line(e Event) string {
	switch e := e.(type) {
	case nil:
		return "nothing"
	case Notification:
		s := fmt.Sprintf("%s #%d %q", e.Message.Code.Dotted(), e.Sequence, e.Message.Payload)
		if e.Registered {
			s += " registered"
		}
		if !e.Fresh {
			return s + " stale"
		}
		return s + fmt.Sprintf(" until %g", seconds(e.Expires))
	case NotObservable:
		return fmt.Sprintf("not observable %q", e.Message.Payload)
	case Ended:
		return "ended " + e.Message.Code.Dotted()
	case Lost:
		return "lost"
	case Silence:
		if e.Next.IsZero() {
			return fmt.Sprintf("silence since %g", seconds(e.Since))
		}
		return fmt.Sprintf("silence since %g, next %g", seconds(e.Since), seconds(e.Next))
	case Unconfirmed:
		if e.Next.IsZero() {
			return "unconfirmed"
		}
		return fmt.Sprintf("unconfirmed, next %g", seconds(e.Next))
	case Reregister:
		return "send " + request(e.Message)
	case Cancelled:
		if e.Message == nil {
			return "cancelled"
		}
		return "cancelled " + e.Message.Code.Dotted()
	case Ignored:
		return "ignored " + e.Message.Code.Dotted()
	}
	return "?"
}

// A move is what happens at a time, and what the machine says to it.
type move struct {
	t    float64
	do   any // protocol.Message to handle, a verb, offer, echo or token
	want string
}

type verb int

const (
	register verb = iota
	cancel
	forget
	advance
	unanswered
)

func play(t *testing.T, o *Observation, moves []move) {
	t.Helper()
	for _, m := range moves {
		var got string
		switch do := m.do.(type) {
		case protocol.Message:
			got = line(o.Handle(at(m.t), do))
		case offer:
			o.Offer([][]byte{[]byte(do)})
		case echo:
			o.Echo([]byte(do))
		case token:
			o.SetToken(protocol.TokenOf([]byte{byte(do)}))
		case verb:
			switch do {
			case register:
				got = "send " + request(o.Register())
			case cancel:
				if message, ok := o.Cancel(); ok {
					got = "send " + request(message)
				} else {
					got = "nothing"
				}
			case forget:
				o.Forget()
			case advance:
				got = line(o.Advance(at(m.t)))
			case unanswered:
				got = line(o.Unanswered(at(m.t)))
			}
		}
		if got != m.want {
			t.Fatalf("at %g: got %q, want %q", m.t, got, m.want)
		}
	}
}

func TestPlaybooks(t *testing.T) {
	quiet := Config{Random: func() float64 { return 0.5 }} // registers anew 10 s after Max-Age
	tests := []struct {
		name   string
		config Config
		moves  []move
		end    State
	}{
		{"RFC 7641 figure 3: registers, and one notification", quiet, []move{
			{3, register, "send GET T4a observe=0 options=2"},
			{9, ack(9, 15, "18.5 Cel"), `2.05 #9 "18.5 Cel" registered until 24`},
			{16, non(16, 15, "19.2 Cel"), `2.05 #16 "19.2 Cel" until 31`},
		}, Observing},
		{"figure 4: registers anew after Max-Age ends", quiet, []move{
			{3, register, "send GET T4a observe=0 options=2"},
			{9, ack(9, 15, "18.5 Cel"), `2.05 #9 "18.5 Cel" registered until 24`},
			{16, non(16, 15, "19.2 Cel"), `2.05 #16 "19.2 Cel" until 31`},
			{30.9, advance, "nothing"},
			{31, advance, "silence since 31, next 41"},
			{31, advance, "nothing"},
			{40.9, advance, "nothing"},
			{41, advance, "send GET T4a observe=0 options=2"},
			{41, advance, "nothing"},
			{44, ack(44, 15, "19.7 Cel"), `2.05 #44 "19.7 Cel" registered until 59`},
		}, Observing},
		{"figure 5: gives a server that was restarted the opportunity to select a stored response", quiet, []move{
			{38, register, "send GET T4a observe=0 options=2"},
			{44, ack(44, 15, "19.7 Cel"), `2.05 #44 "19.7 Cel" registered until 59`},
			{44, offer("xyzzy"), ""},
			{59, advance, "silence since 59, next 69"},
			{69, advance, "send GET T4a observe=0 etag=78797a7a79 options=3"},
			{74, ack(74, 15, "20.0 Cel"), `2.05 #74 "20.0 Cel" registered until 89`},
			{81, response(protocol.NonConfirmable, protocol.Valid, 81, 15, ""), `2.03 #81 "" until 96`},
		}, Observing},
		{"the restarted server counts anew", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1000, 15, "a"), `2.05 #1000 "a" registered until 16`},
			{16, advance, "silence since 16, next 26"},
			{26, advance, "send GET T4a observe=0 options=2"},
			{27, ack(2, 15, "b"), `2.05 #2 "b" registered until 42`},
			{30, non(3, 15, "c"), `2.05 #3 "c" until 45`},
		}, Observing},
		{"the same, but the answer is a separate response: late by the rule, so it is asked again until 128 s have passed", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{0, ack(1000, 100, "a"), `2.05 #1000 "a" registered until 100`},
			{100, advance, "silence since 100, next 110"},
			{110, advance, "send GET T4a observe=0 options=2"},
			{111, response(protocol.Confirmable, protocol.Content, 2, 15, "b"), `2.05 #2 "b" stale`},
			{121, advance, "send GET T4a observe=0 options=2"},
			{129, response(protocol.Confirmable, protocol.Content, 3, 15, "c"), `2.05 #3 "c" registered until 144`},
		}, Observing},
		{"figure 7: a proxy keeps its cache up to date", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(42, 60, "ready"), `2.05 #42 "ready" registered until 61`},
			{12, non(135, 60, "busy"), `2.05 #135 "busy" until 72`},
		}, Observing},
		{"figure 8: through a proxy, which acknowledges first and counts by itself", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{3, response(protocol.Confirmable, protocol.Content, 17346, 60, "ready"), `2.05 #17346 "ready" registered until 63`},
			{9, non(17436, 60, "busy"), `2.05 #17436 "busy" until 69`},
		}, Observing},
		{"the first request asked for proof of freshness", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, response(protocol.Acknowledgement, protocol.Unauthorized, -1, -1, ""), "ended 4.01"},
			{1, echo("now"), ""},
			{1, register, "send GET T4a observe=0 echo=6e6f77 options=3"},
			{2, ack(1, 15, "a"), `2.05 #1 "a" registered until 17`},
			{3, cancel, "send GET T4a observe=1 echo=6e6f77 options=3"},
		}, Cancelling},
		{"the token that the sender chose", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{0, token(7), ""},
			{1, ack(1, 15, "a"), `2.05 #1 "a" registered until 16`},
			{2, register, "send GET T07 observe=0 options=2"},
			{3, cancel, "send GET T07 observe=1 options=2"},
		}, Cancelling},
		{"figure 6: forgets", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 15, "a"), `2.05 #1 "a" registered until 16`},
			{2, forget, ""},
			{3, non(2, 15, "b"), "ignored 2.05"},
			{99, advance, "nothing"},
		}, Over},
		{"deregistration, with a notification on the way", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 15, "a"), `2.05 #1 "a" registered until 16`},
			{2, cancel, "send GET T4a observe=1 options=2"},
			{3, non(2, 15, "b"), `2.05 #2 "b" until 18`},
			{4, ack(-1, 15, "b"), "cancelled 2.05"},
			{5, cancel, "nothing"},
		}, Over},
		{"deregistration from a server that is gone", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 15, "a"), `2.05 #1 "a" registered until 16`},
			{2, cancel, "send GET T4a observe=1 options=2"},
			{95, unanswered, "cancelled"},
		}, Over},
		{"not observable", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(-1, 15, "a"), `not observable "a"`},
			{2, advance, "nothing"},
		}, Over},
		{"no longer observable", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 0, "a"), `2.05 #1 "a" registered until 1`},
			{1, advance, "silence since 1, next 11"},
			{11, advance, "send GET T4a observe=0 options=2"},
			{12, ack(-1, 0, "b"), `not observable "b"`},
		}, Over},
		{"an error at once", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, response(protocol.Acknowledgement, protocol.NotFound, -1, -1, ""), "ended 4.04"},
		}, Over},
		{"an error as notification: the resource was deleted", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 15, "a"), `2.05 #1 "a" registered until 16`},
			{2, response(protocol.Confirmable, protocol.NotFound, -1, -1, ""), "ended 4.04"},
			{3, non(2, 15, "b"), "ignored 2.05"},
		}, Over},
		{"no answer to the first registration", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{93, unanswered, "lost"},
		}, Over},
		{"no answer to a later one: asked again later", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 9, "a"), `2.05 #1 "a" registered until 10`},
			{10, advance, "silence since 10, next 20"},
			{20, advance, "send GET T4a observe=0 options=2"},
			{113, unanswered, "unconfirmed, next 123"},
			{123, advance, "send GET T4a observe=0 options=2"},
			{124, ack(0, 9, "b"), `2.05 #0 "b" registered until 133`},
		}, Observing},
		{"no answer to a later one while the newest notification is fresh", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 99, "a"), `2.05 #1 "a" registered until 100`},
			{2, register, "send GET T4a observe=0 options=2"},
			{95, unanswered, "unconfirmed"},
			{99, advance, "nothing"},
			{100, advance, "silence since 100, next 110"},
		}, Stalled},
		{"a notification after silence", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 9, "a"), `2.05 #1 "a" registered until 10`},
			{10, advance, "silence since 10, next 20"},
			{12, non(2, 9, "b"), `2.05 #2 "b" until 21`},
			{20, advance, "nothing"},
		}, Observing},
		{"a late notification changes nothing", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(5, 15, "a"), `2.05 #5 "a" registered until 16`},
			{2, non(7, 15, "c"), `2.05 #7 "c" until 17`},
			{3, non(6, 15, "b"), `2.05 #6 "b" stale`},
			{4, non(7, 15, "c"), `2.05 #7 "c" stale`},
			{17, advance, "silence since 17, next 27"},
		}, Stalled},
		{"sequence numbers wrap around", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(0xfffffe, 60, "a"), `2.05 #16777214 "a" registered until 61`},
			{2, non(1, 60, "b"), `2.05 #1 "b" until 62`},
			{3, non(0xffffff, 60, "z"), `2.05 #16777215 "z" stale`},
		}, Observing},
		{"after 128 s any number is newer", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{0, ack(100, 1000, "a"), `2.05 #100 "a" registered until 1000`},
			{128, non(50, 1000, "b"), `2.05 #50 "b" stale`},
			{128.001, non(50, 1000, "b"), `2.05 #50 "b" until 1128.001`},
		}, Observing},
		{"Max-Age is 60 s where it is not said", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, -1, "a"), `2.05 #1 "a" registered until 61`},
		}, Observing},
		{"an Observe option of 4 bytes is none", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1<<24, -1, "a"), `not observable "a"`},
		}, Over},
		{"left alone after Max-Age", Config{NoReregister: true}, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(1, 9, "a"), `2.05 #1 "a" registered until 10`},
			{10, advance, "silence since 10"},
			{1000, advance, "nothing"},
			{1001, non(2, 9, "b"), `2.05 #2 "b" until 1010`},
		}, Observing},
		{"asked to register anew while fresh; a late notification comes first", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(5, 15, "a"), `2.05 #5 "a" registered until 16`},
			{2, register, "send GET T4a observe=0 options=2"},
			{3, non(4, 15, "z"), `2.05 #4 "z" stale`},
			{4, ack(6, 15, "b"), `2.05 #6 "b" registered until 19`},
		}, Observing},
		{"what is no response, and what comes before", quiet, []move{
			{0, ack(5, 15, "a"), "ignored 2.05"},
			{0, unanswered, "nothing"},
			{0, register, "send GET T4a observe=0 options=2"},
			{1, response(protocol.Confirmable, protocol.GET, 0, -1, ""), "ignored 0.01"},
		}, Registering},
		{"begins anew after the end", quiet, []move{
			{0, register, "send GET T4a observe=0 options=2"},
			{1, ack(900, 15, "a"), `2.05 #900 "a" registered until 16`},
			{2, forget, ""},
			{3, register, "send GET T4a observe=0 options=2"},
			{4, response(protocol.Confirmable, protocol.Content, 1, 15, "b"), `2.05 #1 "b" registered until 19`},
		}, Observing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := New(tt.config, get())
			if err != nil {
				t.Fatal(err)
			}
			play(t, o, tt.moves)
			if o.State() != tt.end {
				t.Errorf("ends %v, want %v", o.State(), tt.end)
			}
		})
	}
}

// RFC 7641 §3.6: all options but Observe are those of the registration.
func TestRequestsHaveAllOptions(t *testing.T) {
	original := get(
		protocol.Option{Number: protocol.Observe, Value: []byte{7}},
		protocol.Option{Number: protocol.ETag, Value: []byte{1, 2}},
		protocol.Option{Number: protocol.Accept, Value: []byte{60}},
		protocol.Option{Number: protocol.Block2, Value: []byte{2}},
	)
	o, err := New(Config{}, original)
	if err != nil {
		t.Fatal(err)
	}
	registration := o.Register()
	deregistration, ok := o.Cancel()
	if !ok {
		t.Fatal("nothing to cancel")
	}
	for want, m := range map[string]protocol.Message{"": registration, "\x01": deregistration} {
		if v, _ := m.Options.First(protocol.Observe); string(v) != want {
			t.Errorf("Observe %x, want %x", v, want)
		}
		m.Options = m.Options.Set(protocol.Observe, []byte{7})
		a, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := original.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("got %x, want %x", a, b)
		}
	}
	if o.Token() != original.Token {
		t.Error("another token")
	}
}

// RFC 7641 §3.3.2: the entity tags are those of the representations that are kept.
func TestOfferedEntityTagsAreInPlaceOfThoseOfTheRequest(t *testing.T) {
	o, err := New(Config{}, get(protocol.Option{Number: protocol.ETag, Value: []byte("old")}))
	if err != nil {
		t.Fatal(err)
	}
	o.Offer([][]byte{[]byte("a"), []byte("b")})
	if got, want := request(o.Register()), "GET T4a observe=0 etag=61 etag=62 options=4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWaitIsRandom(t *testing.T) {
	for _, random := range []float64{0, 0.999999} {
		o, err := New(Config{Random: func() float64 { return random }}, get())
		if err != nil {
			t.Fatal(err)
		}
		o.Register()
		o.Handle(at(0), ack(1, 0, ""))
		s, ok := o.Advance(at(0)).(Silence)
		if wait := s.Next.Sub(at(0)).Seconds(); !ok || wait < 5+9*random || wait > 5+10*random {
			t.Errorf("random %v: waits %v s", random, wait)
		}
	}
}

func TestDeadline(t *testing.T) {
	o, err := New(Config{}, get())
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := o.Deadline(); ok {
		t.Errorf("deadline %v before registration", d)
	}
	o.Register()
	o.Handle(at(1), ack(1, 9, ""))
	if d, ok := o.Deadline(); !ok || !d.Equal(at(10)) {
		t.Errorf("deadline %v, %v", d, ok)
	}
	o.Advance(at(10))
	if d, ok := o.Deadline(); !ok || d.Before(at(15)) || d.After(at(25)) {
		t.Errorf("deadline %v, %v", d, ok)
	}
}

func TestOnlyGetAndFetch(t *testing.T) {
	for code, want := range map[protocol.Code]bool{protocol.GET: true, protocol.FETCH: true, protocol.PUT: false, protocol.Content: false} {
		m := get()
		m.Code = code
		if _, err := New(Config{}, m); (err == nil) != want {
			t.Errorf("%v: %v", code, err)
		}
	}
}

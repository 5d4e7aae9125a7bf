package capability

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// device is a scripted device.
type device struct {
	answer func(m protocol.Message) (protocol.Message, error)
	pong   func() (protocol.Type, error)
	frame  trace.Seq
	asked  []string
}

func (d *device) Do(_ context.Context, r session.Request) (*session.Response, error) {
	d.asked = append(d.asked, text(&r.Message))
	if !r.Plain || r.Echo != session.EchoByHand || r.Transmission.MaxRetransmit != 2 {
		return new(session.Response), fmt.Errorf("not asked as it is to be: %+v", r)
	}
	d.frame += 2
	response, err := d.answer(r.Message)
	response.Token = r.Message.Token
	return &session.Response{Message: response, RTT: 20 * time.Millisecond, Attempts: 1, Sent: d.frame - 1, Received: d.frame}, err
}

func (d *device) DoPing(context.Context, session.PingRequest) (session.Pong, error) {
	d.asked = append(d.asked, "ping")
	d.frame += 2
	typ, err := d.pong()
	return session.Pong{Type: typ, RTT: time.Duration(d.frame) * time.Millisecond, Attempts: 1, Sent: d.frame - 1, Received: d.frame}, err
}

// text says what matters of a request.
func text(m *protocol.Message) string {
	words := []string{m.Code.Short(), m.Path()}
	for _, o := range m.Options {
		switch o.Number {
		case protocol.URIPath:
		case protocol.IfMatch:
			words = append(words, "If-Match")
		case padding:
			words = append(words, fmt.Sprintf("padded to %d", size(m)))
		default:
			words = append(words, fmt.Sprintf("%d=%x", o.Number, o.Value))
		}
	}
	if n := m.Token.Len(); n > 4 {
		words = append(words, fmt.Sprintf("token of %d", n))
	}
	return strings.Join(append(words, string(m.Payload)), " ")
}

func reply(code protocol.Code, payload string, options ...protocol.Option) (protocol.Message, error) {
	m := protocol.Message{Code: code, Payload: []byte(payload)}
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m, nil
}

func option(n protocol.OptionNumber, value ...byte) protocol.Option {
	return protocol.Option{Number: n, Value: value}
}

// able does all that there is.
func able(m protocol.Message) (protocol.Message, error) {
	etag := option(protocol.ETag, 7)
	has := m.Options.Has
	switch {
	case has(protocol.ProxyURI):
		return reply(protocol.BadGateway, "")
	case has(unknown):
		return reply(protocol.BadOption, "")
	case has(protocol.IfMatch):
		return reply(protocol.PreconditionFailed, "")
	case m.Code == protocol.FETCH:
		return reply(protocol.Content, "{}")
	case has(protocol.QBlock2):
		return reply(protocol.Content, strings.Repeat("x", 16), etag, option(protocol.QBlock2, 8), option(protocol.Size2, 3, 0))
	case has(protocol.ETag):
		return reply(protocol.Valid, "", etag)
	case has(protocol.Observe):
		if v, _ := m.Options.Uint(protocol.Observe); v == 0 {
			return reply(protocol.Content, "21", option(protocol.Observe, 5), option(protocol.Echo, 1, 2))
		}
		return reply(protocol.Content, "21")
	case has(protocol.Block2):
		return reply(protocol.Content, strings.Repeat("x", 16), etag, option(protocol.Block2, 8), option(protocol.Size2, 3, 0))
	}
	return reply(protocol.Content, strings.Repeat("x", 512), etag, option(protocol.Block2, 13))
}

// bare does as little as the rules let it.
func bare(m protocol.Message) (protocol.Message, error) {
	for _, o := range m.Options {
		switch {
		case o.Number == protocol.ProxyURI:
			return reply(protocol.ProxyingNotSupported, "")
		case o.Number.Critical() && o.Number != protocol.URIPath && o.Number != protocol.URIQuery:
			return reply(protocol.BadOption, "", o) // and sends it back, as libcoap does
		}
	}
	switch {
	case m.Token.Len() > 8:
		return protocol.Message{}, exchange.ErrLongToken
	case m.Code != protocol.GET:
		return reply(protocol.MethodNotAllowed, "")
	case size(&m) > 576:
		return protocol.Message{}, &exchange.TimeoutError{Attempts: 3}
	}
	return reply(protocol.Content, "21.4 degrees Celsius")
}

// rude breaks what it can.
func rude(m protocol.Message) (protocol.Message, error) {
	switch {
	case m.Token.Len() > 8, m.Code == protocol.FETCH:
		return protocol.Message{}, &exchange.TimeoutError{Attempts: 3}
	case m.Options.Has(padding):
		return reply(protocol.BadOption, "")
	case m.Options.Has(protocol.IfMatch):
		return reply(protocol.Changed, "")
	}
	return reply(protocol.Content, "21.4 degrees Celsius")
}

var target = Target{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683"), Resource: "/large", Observable: "/temp"}

func probed(t *testing.T, d *device, to Target) (card Card, done int) {
	t.Helper()
	card, err := Probe(t.Context(), d, to, Card{}, func(n int, c Card) { done = n })
	if err != nil {
		t.Fatal(err)
	}
	return card, done
}

func TestProbe(t *testing.T) {
	reset := func() (protocol.Type, error) { return protocol.Reset, nil }
	unsafe := target
	unsafe.Unsafe = []Unsafe{{protocol.PUT, "/lamp"}}
	for _, tt := range []struct {
		name   string
		answer func(protocol.Message) (protocol.Message, error)
		pong   func() (protocol.Type, error)
		want   map[Feature]string
	}{
		{"able", able, reset, map[Feature]string{
			RoundTrip:       "measured: 1 ping: 4 ms; 15 requests: 20 ms at least, 20 ms on average, 20 ms at most [3 4]",
			Get:             "supports: /large answers 2.05 [1 2]",
			Fetch:           "supports: /large answers 2.05 [15 16]",
			Put:             "supports: /lamp answers 4.12: only what came with it is refused [31 32]",
			Post:            "not known: not safe to try, and not used yet []",
			Blocks:          "supports: blocks of 512 bytes, and of 16 where those are asked for [5 6]",
			Uploads:         "not known: takes a request with a large body, which changes something; none was seen yet []",
			QBlocks:         "supports: /large does it [7 8]",
			Sizes:           "supports: /large says that it has 768 bytes [5 6]",
			Tags:            "supports: /large has one, and 2.03 says that it is still valid [9 10]",
			Observing:       "supports: /temp is observed, Observe 5 [11 12]",
			Echoes:          "supports: it comes with the 2.05 of /temp [11 12]",
			LongTokens:      "supports: 9 bytes came back [17 18]",
			LargestRequest:  "measured: 1452 bytes were taken; more was not tried [25 26]",
			LargestResponse: "measured: 531 bytes came in one message [18]",
			UnknownCritical: "as it must: 4.02 to option 65001 [27 28]",
			UnknownElective: "as it must: option 65020 was ignored [19 20]",
			Proxying:        "supports: 5.02: it tried to go on to the host [29 30]",
		}},
		{"bare", bare, reset, map[Feature]string{
			Fetch:           "does not: /large answers 4.05; another resource may take it [11 12]",
			Put:             "not known: /lamp answers 4.02, which tells neither [25 26]",
			Blocks:          "does not: 4.02 to the option [5 6]",
			QBlocks:         "does not: 4.02 to the option [7 8]",
			Sizes:           "not known: the response does not tell it, which it need not [5 6]",
			Tags:            "not known: /large has none; another resource may have one []",
			Observing:       "does not: /temp is given, but not observed; another resource may be [9 10]",
			Echoes:          "not known: in none of 10 answers; a device shows it only when it wants one []",
			LongTokens:      "does not: a token of 9 bytes is rejected with a Reset, as for want of RFC 8974 [13 14]",
			LargestRequest:  "measured: 576 bytes were taken; to 1152 bytes: no answer [19 20]",
			LargestResponse: "measured: 29 bytes came in one message [10]",
			UnknownCritical: "as it must: 4.02 to option 65001 [21 22]",
			Proxying:        "does not: 5.05: it is no forward proxy [23 24]",
		}},
		{"rude", rude, func() (protocol.Type, error) { return 0, &exchange.TimeoutError{Attempts: 3} }, map[Feature]string{
			RoundTrip:       "breaks the rule: no answer to a ping, which has to be a Reset; 8 requests: 20 ms at least, 20 ms on average, 20 ms at most [3]",
			Fetch:           "not known: no acknowledgement: sent 3 times in 0 s (RFC 7252 §4.2) [11 12]",
			Put:             "supports: /lamp answers 2.04, in spite of an If-Match that does not hold (RFC 7252 §5.10.8.1) [21 22]",
			Blocks:          "breaks the rule: a block of 16 bytes was asked for; 20 bytes came, and no Block2 [5 6]",
			QBlocks:         "breaks the rule: /large neither heeds the option nor refuses it, though it is critical [7 8]",
			LongTokens:      "does not: no answer to a token of 9 bytes [13 14]",
			UnknownCritical: "breaks the rule: option 65001 was ignored: 2.05, where 4.02 has to be [17 18]",
			UnknownElective: "breaks the rule: 4.02 to option 65020, which has to be ignored [15 16]",
			Proxying:        "supports: 2.05 for another host [19 20]",
		}},
	} {
		d := &device{answer: tt.answer, pong: tt.pong}
		card, done := probed(t, d, unsafe)
		plan := unsafe.Plan()
		if done != len(plan) || len(d.asked) > Count(plan) {
			t.Errorf("%s: %d steps of %d, %d requests of at most %d", tt.name, done, len(plan), len(d.asked), Count(plan))
		}
		for f, want := range tt.want {
			got := card.Finding(f)
			if text := fmt.Sprintf("%s: %s %v", f.Word(got.Verdict), got.Text, got.Frames); text != want {
				t.Errorf("%s: %v\n got %s\nwant %s", tt.name, f, text, want)
			}
		}
	}
}

// What is sent is what the plan has said, in its order, and nothing else.
func TestPlanIsWhatIsSent(t *testing.T) {
	d := &device{answer: able, pong: func() (protocol.Type, error) { return protocol.Reset, nil }}
	probed(t, d, target)
	want := []string{
		"GET /large ", "ping", "GET /large 23= 28= ", "GET /large 31= ", "GET /large 4=07 ", "GET /temp 6= ", "GET /temp 6=01 ",
		"FETCH /large 12=32 []", "GET /large token of 9 ", "GET /large padded to 256 ", "GET /large padded to 576 ", "GET /large padded to 1152 ",
		"GET /large padded to 1452 ", "GET /large 65001=01 ", "GET / 35=636f61703a2f2f70726f62652e696e76616c69642f ",
	}
	if !slices.Equal(d.asked, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(d.asked, "\n"), strings.Join(want, "\n"))
	}
	var lines []string
	for _, s := range target.Plan() {
		lines = append(lines, s.Requests...)
		if s.Unsafe {
			t.Errorf("%s is not safe, and nobody has agreed", s.Title)
		}
	}
	if len(lines) != len(want) || Count(target.Plan()) != 15 {
		t.Errorf("the plan has %d requests: %q", len(lines), lines)
	}
	for i, line := range lines {
		method := strings.Fields(strings.TrimSuffix(want[i], ","))[0]
		if first := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' })[0]; first != method {
			t.Errorf("request %d is planned as %q and sent as %q", i+1, line, want[i])
		}
	}
}

func TestProbeEnds(t *testing.T) {
	d := &device{answer: func(protocol.Message) (protocol.Message, error) {
		return protocol.Message{}, &exchange.TimeoutError{Attempts: 3}
	}}
	var silent *SilentError
	if _, err := Probe(t.Context(), d, target, Card{}, func(int, Card) {}); !errors.As(err, &silent) || len(d.asked) != 1 {
		t.Errorf("a silent device: %v after %q", err, d.asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d = &device{answer: func(m protocol.Message) (protocol.Message, error) {
		if m.Options.Has(protocol.Block2) {
			cancel()
		}
		return bare(m)
	}, pong: func() (protocol.Type, error) { return protocol.Reset, nil }}
	card, err := Probe(ctx, d, target, Card{}, func(int, Card) {})
	if !errors.Is(err, context.Canceled) || len(d.asked) != 3 || card.Finding(Get).Verdict != Yes {
		t.Errorf("cancelled: %v after %q, GET %+v", err, d.asked, card.Finding(Get))
	}
	for want, bad := range map[string]Target{
		"no endpoint":  {},
		"is no path":   {Endpoint: target.Endpoint, Resource: "temp"},
		"the path":     {Endpoint: target.Endpoint, Observable: "/%zz"},
		"is no method": {Endpoint: target.Endpoint, Unsafe: []Unsafe{{protocol.GET, "/"}}},
		"\"x\"":        {Endpoint: target.Endpoint, Unsafe: []Unsafe{{protocol.PUT, "x"}}},
	} {
		if _, err := Probe(t.Context(), d, bad, Card{}, func(int, Card) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", bad, err, want)
		}
	}
}

// What was exchanged anyway tells, too; what a device has done once it can do.
func TestLearn(t *testing.T) {
	var c Card
	message := func(code protocol.Code, options ...protocol.Option) protocol.Message {
		m, _ := reply(code, "", append([]protocol.Option{option(protocol.URIPath, 'a')}, options...)...)
		return m
	}
	put := message(protocol.PUT, option(protocol.Block1, 0x0e))
	c.Learn(Exchange{Request: put, Response: protocol.Message{Code: protocol.Continue, Options: protocol.Options{option(protocol.Block1, 0x0c)}}, Sent: 1, Received: 2, RequestSize: 1040})
	c.Learn(Exchange{Request: message(protocol.DELETE), Response: protocol.Message{Code: protocol.MethodNotAllowed}, Sent: 3, Received: 4})
	c.Learn(Exchange{Request: message(protocol.DELETE), Response: protocol.Message{Code: protocol.Deleted}, Sent: 5, Received: 6})
	c.Learn(Exchange{Request: message(protocol.DELETE), Response: protocol.Message{Code: protocol.MethodNotAllowed}, Sent: 7, Received: 8})
	c.Learn(Exchange{Request: message(protocol.GET), Response: protocol.Message{Code: protocol.Unauthorized, Options: protocol.Options{option(protocol.Echo, 1)}}, Sent: 9, Received: 10, RTT: time.Second})
	for f, want := range map[Feature]string{
		Put:            "supports: /a answers 2.31 [1 2]",
		Uploads:        "supports: /a takes blocks of 256 bytes [1 2]",
		Delete:         "supports: /a answers 2.02 [5 6]",
		Echoes:         "supports: /a asks for it with 4.01 [9 10]",
		RoundTrip:      "measured: 1 request: 1 s [9 10]",
		LargestRequest: "measured: 1040 bytes were taken; more was not tried [1 2]",
		Get:            "not known: nothing was seen yet []",
	} {
		got := c.Finding(f)
		if text := fmt.Sprintf("%s: %s %v", f.Word(got.Verdict), got.Text, got.Frames); text != want {
			t.Errorf("%v\n got %s\nwant %s", f, text, want)
		}
	}
	if n := len(c.Findings()); n != int(features) {
		t.Errorf("%d findings, want %d", n, features)
	}
}

// Whatever a device answers, a card can be made of it, and every finding says something.
func TestAnyDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SampledFrom([]protocol.Code{protocol.Content, protocol.Valid, protocol.BadRequest, protocol.BadOption, protocol.Unauthorized, protocol.NotFound, protocol.ProxyingNotSupported, protocol.Continue, 0xff})
		numbers := rapid.SampledFrom([]protocol.OptionNumber{protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2, protocol.ETag, protocol.Observe, protocol.Size2, protocol.Echo})
		failures := rapid.SampledFrom([]error{nil, nil, nil, exchange.ErrReset, exchange.ErrLongToken, &exchange.TimeoutError{}, errors.New("no route")})
		first := true
		d := &device{answer: func(protocol.Message) (protocol.Message, error) {
			if first {
				first = false
				return reply(protocol.Content, "x")
			}
			m := protocol.Message{Code: codes.Draw(t, "code"), Payload: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")}
			for range rapid.IntRange(0, 3).Draw(t, "options") {
				m.Options = m.Options.Add(numbers.Draw(t, "number"), rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "value"))
			}
			return m, failures.Draw(t, "failure")
		}, pong: func() (protocol.Type, error) {
			return protocol.Type(rapid.IntRange(2, 3).Draw(t, "pong")), failures.Draw(t, "failed")
		}}
		to := target
		to.Unsafe = []Unsafe{{protocol.PUT, "/lamp"}}
		card, err := Probe(context.Background(), d, to, Card{}, func(int, Card) {})
		if err != nil || len(d.asked) > Count(to.Plan()) {
			t.Fatalf("%v after %d requests of %d", err, len(d.asked), Count(to.Plan()))
		}
		for _, f := range card.Findings() {
			if f.Text == "" || f.Feature.Word(f.Verdict) == "" || f.Feature.Clause() == "" {
				t.Fatalf("%+v says nothing", f)
			}
		}
	})
}

// That the user has ended it says nothing of the device.
func TestCancelledStepIsNoFinding(t *testing.T) {
	for stop := range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		d := &device{pong: func() (protocol.Type, error) { return protocol.Reset, nil }}
		d.answer = func(m protocol.Message) (protocol.Message, error) {
			if len(d.asked) > stop {
				cancel()
				return protocol.Message{}, ctx.Err()
			}
			return reply(protocol.NotFound, "")
		}
		card, err := Probe(ctx, d, Target{Endpoint: netip.MustParseAddrPort("192.0.2.1:5683")}, Card{}, func(int, Card) {})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("ended after %d: %v", stop, err)
		}
		for _, f := range card.Findings() {
			if strings.Contains(f.Text, context.Canceled.Error()) {
				t.Errorf("ended after %d, %v is said to be %q", stop, f.Feature, f.Text)
			}
		}
		cancel()
	}
}

package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
)

// serve answers with the body by Block2, and takes bodies by Block1.
func serve(body []byte, took io.Writer) func(protocol.Message, int) []protocol.Message {
	return func(m protocol.Message, _ int) []protocol.Message {
		if b, ok := m.Options.Block(protocol.Block1); ok {
			took.Write(m.Payload)
			if b.More {
				return one(reply(protocol.Continue, "", option(protocol.Block1, string(b.Value()))))
			}
			return one(reply(protocol.Changed, "", option(protocol.Block1, string(b.Value()))))
		}
		b, ok := m.Options.Block(protocol.Block2)
		if !ok {
			b.SZX = 6
		}
		end := min(b.Offset()+b.Size(), len(body))
		next := protocol.Block{Num: b.Num, More: end < len(body), SZX: b.SZX}
		return one(reply(protocol.Content, string(body[b.Offset():end]), option(protocol.Block2, string(next.Value())), number(protocol.Size2, uint64(len(body)))))
	}
}

// sink is a body in memory.
type sink struct{ data []byte }

func (s *sink) WriteAt(b []byte, at int64) (int, error) {
	s.data = append(s.data, make([]byte, max(0, int(at)+len(b)-len(s.data)))...)
	return copy(s.data[at:], b), nil
}

func (s *sink) Truncate(size int64) error {
	s.data = s.data[:size]
	return nil
}

func TestBodiesAreStreamed(t *testing.T) {
	e, _ := engineAt(t, Config{})
	body := bytes.Repeat([]byte("0123456789abcdefg"), 1000)
	var took bytes.Buffer
	s := play(t, serve(body, &took))
	put := ask(protocol.PUT, "x")
	var last Progress
	r, err := e.Do(t.Context(), Request{To: s.addr, Message: put, Body: bytes.NewReader(body), BodySize: int64(len(body)), On: func(event Event) {
		if p, ok := event.(Progress); ok {
			last = p
		}
	}})
	s.seen()
	if err != nil || r.Message.Code != protocol.Changed || !bytes.Equal(took.Bytes(), body) {
		t.Fatalf("PUT: %v, %v, %d bytes", r.Message.Code, err, took.Len())
	}
	if last.Bytes != int64(len(body)) || last.Total != int64(len(body)) || last.Blocks != 17 || last.Retries != 0 || last.Direction != blockwise.Upload {
		t.Errorf("progress %+v", last)
	}
	var got sink
	r, err = e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), Sink: &got, ResponseBlockSize: 256})
	if err != nil || r.Message.Code != protocol.Content || len(r.Message.Payload) != 0 || !bytes.Equal(got.data, body) {
		t.Errorf("GET: %v, %v, %d bytes and %d in the payload", r.Message.Code, err, len(got.data), len(r.Message.Payload))
	}
	if b, ok := s.seen()[17].Options.Block(protocol.Block2); !ok || b.Size() != 256 {
		t.Errorf("the first GET asks for %v", b)
	}
	got.data = got.data[:5000]
	before := len(s.seen())
	r, err = e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), Sink: &got, ResumeDownload: blockwise.Resume{Offset: 5000}})
	if err != nil || !bytes.Equal(got.data, body) || r.Exchanges != 17-4 {
		t.Errorf("resumed: %v after %d exchanges, %d bytes", err, r.Exchanges, len(got.data))
	}
	if b, _ := s.seen()[before].Options.Block(protocol.Block2); b.Num != 4 {
		t.Errorf("resumed at %v", b)
	}
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	e, _ := engineAt(t, Config{})
	to := netip.MustParseAddrPort("192.0.2.1:5683")
	full := ask(protocol.PUT, "x")
	full.Payload = []byte("x")
	for name, r := range map[string]Request{
		"two bodies":                     {To: to, Message: full, Body: strings.NewReader("x"), BodySize: 1},
		"a size without a body":          {To: to, Message: ask(protocol.PUT, "x"), BodySize: 1},
		"a negative size":                {To: to, Message: ask(protocol.PUT, "x"), Body: strings.NewReader("x"), BodySize: -1},
		"a cache and a sink":             {To: to, Message: ask(protocol.GET, "x"), Sink: new(sink), Cache: Revalidate},
		"the code of a response":         {To: to, Message: ask(protocol.Content, "x")},
		"a type of no request":           {To: to, Message: protocol.Message{Type: protocol.Reset, Code: protocol.GET}},
		"no address":                     {Message: ask(protocol.GET, "x")},
		"a Request-Tag that is too long": {To: to, Message: ask(protocol.GET, "x"), RequestTag: make([]byte, 9)},
		"a download without sink":        {To: to, Message: ask(protocol.GET, "x"), ResumeDownload: blockwise.Resume{Offset: 5}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		r, err := e.Do(ctx, r)
		cancel()
		if err == nil || r == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for _, group := range []string{"224.0.1.187:5683", "[ff02::fd%lo]:5683", "255.255.255.255:5683", "[::ffff:224.0.1.187]:5683", "127.255.255.255:5683"} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, err := e.Do(ctx, Request{To: netip.MustParseAddrPort(group), Message: ask(protocol.GET, "x")})
		cancel()
		if !errors.Is(err, ErrGroup) || !strings.Contains(err.Error(), "AskGroup") {
			t.Errorf("%s: %v", group, err)
		}
	}
	if n := e.Log().Len(); n != 0 {
		t.Errorf("%d frames were sent", n)
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open: %+v", open)
	}
}

func TestBroadcastAddresses(t *testing.T) {
	addrs := func(text ...string) (addrs []net.Addr) {
		for _, s := range text {
			ip, n, err := net.ParseCIDR(s)
			if err != nil {
				t.Fatal(err)
			}
			addrs = append(addrs, &net.IPNet{IP: ip, Mask: n.Mask})
		}
		return addrs
	}
	got := broadcastsOf(addrs("192.0.2.17/24", "10.1.2.3/8", "192.0.2.1/31", "192.0.2.1/32", "192.0.2.65/30", "2001:db8::1/64"))
	var text []string
	for _, a := range got {
		text = append(text, a.String())
	}
	if want := []string{"192.0.2.255", "10.255.255.255", "192.0.2.67"}; !slices.Equal(text, want) {
		t.Errorf("got %v, want %v", text, want)
	}
}

// What is set for the request alone counts for it alone.
func TestParametersAndIdentifiersOfARequest(t *testing.T) {
	e, _ := engineAt(t, Config{})
	s := play(t, func(protocol.Message, int) []protocol.Message { return one(reply(protocol.Content, "")) })
	fast := protocol.DefaultTransmission()
	fast.MaxRetransmit = 1
	of := 0
	do := func(r Request) protocol.Message {
		t.Helper()
		r.To = s.addr
		r.On = func(event Event) {
			if tr, ok := event.(Transmission); ok {
				of = tr.Of
			}
		}
		if _, err := e.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		all := s.seen()
		return all[len(all)-1]
	}
	fixed := ask(protocol.GET, "x")
	fixed.MessageID = 0x1234
	if do(Request{Message: ask(protocol.GET, "x"), Transmission: &fast}); of != 2 {
		t.Errorf("of %d transmissions, want 2", of)
	}
	if m := do(Request{Message: ask(protocol.GET, "x")}); of != 5 || m.Token.Len() != 4 {
		t.Errorf("of %d transmissions, token %v", of, m.Token)
	}
	if m := do(Request{Message: ask(protocol.GET, "x"), Identifiers: &exchange.Identifiers{TokenLength: 8}}); m.Token.Len() != 8 {
		t.Errorf("token %v, want 8 bytes", m.Token)
	}
	if m := do(Request{Message: fixed, FixedMessageID: true, FixedToken: true}); m.MessageID != 0x1234 || m.Token.Len() != 0 {
		t.Errorf("message %v", m)
	}
	if _, err := e.Do(t.Context(), Request{To: s.addr, Message: fixed, FixedMessageID: true}); !errors.Is(err, exchange.ErrMessageIDInUse) {
		t.Errorf("the message ID once more: %v", err)
	}
	if m := do(Request{Message: fixed, FixedMessageID: true, ReuseMessageID: true}); m.MessageID != 0x1234 || m.Token.Len() != 4 {
		t.Errorf("message %v", m)
	}
	e.SetTransmissionOf(s.addr, &fast)
	if do(Request{Message: ask(protocol.GET, "x")}); of != 2 || e.TransmissionOf(s.addr) != fast {
		t.Errorf("of %d transmissions, want 2", of)
	}
	e.SetTransmissionOf(s.addr, nil)
	e.SetIdentifiersOf(s.addr, &exchange.Identifiers{TokenLength: 2})
	if m := do(Request{Message: ask(protocol.GET, "x")}); of != 5 || m.Token.Len() != 2 {
		t.Errorf("of %d transmissions, token %v", of, m.Token)
	}
	e.SetIdentifiersOf(s.addr, nil)
	e.SetIdentifiers(exchange.Identifiers{Tokens: exchange.EmptyTokens})
	if m := do(Request{Message: ask(protocol.GET, "x")}); m.Token.Len() != 0 {
		t.Errorf("token %v, want an empty one", m.Token)
	}
}

// A fixed empty token is that of every block.
func TestFixedEmptyTokenOfATransfer(t *testing.T) {
	e, _ := engineAt(t, Config{})
	body := make([]byte, 100)
	s := play(t, serve(body, io.Discard))
	r, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), FixedToken: true, BlockSize: 32})
	if err != nil || !bytes.Equal(r.Message.Payload, body) {
		t.Fatalf("%v, %d bytes", err, len(r.Message.Payload))
	}
	for _, m := range s.seen() {
		if m.Token.Len() != 0 {
			t.Errorf("message %v", m)
		}
	}
}

func TestNoResponse(t *testing.T) {
	e, _ := engineAt(t, Config{})
	s := play(t, func(m protocol.Message, _ int) []protocol.Message {
		if b, ok := m.Options.Block(protocol.Block1); ok && b.More {
			return one(reply(protocol.Continue, "", option(protocol.Block1, string(b.Value()))))
		}
		return one(protocol.Message{Type: protocol.Acknowledgement})
	})
	silent := ask(protocol.PUT, "x")
	silent.Options = silent.Options.AddUint(protocol.NoResponse, 26)
	for _, typ := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
		silent.Type = typ
		r, err := e.Do(t.Context(), Request{To: s.addr, Message: silent})
		if err != nil || !r.Suppressed || r.Message.Code != protocol.Empty || (r.Received != 0) != (typ == protocol.Confirmable) {
			t.Errorf("%v: %+v, %v", typ, r, err)
		}
	}
	silent.Type, silent.Payload = protocol.Confirmable, make([]byte, 40)
	r, err := e.Do(t.Context(), Request{To: s.addr, Message: silent, BlockSize: 16})
	if err != nil || !r.Suppressed || r.Exchanges != 3 {
		t.Fatalf("in blocks: %+v, %v", r, err)
	}
	blocks := s.seen()
	for i, m := range blocks[len(blocks)-3:] {
		if m.Options.Has(protocol.NoResponse) != (i == 2) {
			t.Errorf("block %d has No-Response: %v", i, m.Options)
		}
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open: %+v", open)
	}
}

// What the table of open exchanges needs is there while a block-wise transfer is under way.
func TestOpenExchangesOfATransfer(t *testing.T) {
	e, clock := engineAt(t, Config{})
	begin := clock.Now()
	body := make([]byte, 64)
	s := play(t, serve(body, io.Discard))
	seen := 0
	_, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x"), BlockSize: 16, On: func(event Event) {
		open := e.OpenExchanges()
		if len(open) != 1 {
			t.Fatalf("open: %+v", open)
		}
		x := open[0]
		if x.To != s.addr || x.Code != protocol.GET || x.Type != protocol.Confirmable || x.Path != "/x" || x.Started != begin || x.Token.Len() != 4 {
			t.Errorf("open: %+v", x)
		}
		if p, ok := event.(Progress); ok {
			seen++
			if x.Progress != p || x.Exchanges != seen || p.Total != 64 || p.Bytes != int64(seen)*16 {
				t.Errorf("progress %+v, open %+v", p, x)
			}
		}
		clock.advance(time.Millisecond)
	}})
	if err != nil || seen != 4 {
		t.Errorf("%v after %d blocks", err, seen)
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open: %+v", open)
	}
}

// The states that a request goes through with a peer that acknowledges first; and the one that waits for it.
func TestOpenExchangesOfASeparateResponse(t *testing.T) {
	e, clock := engineAt(t, Config{})
	s := play(t, func(m protocol.Message, _ int) []protocol.Message {
		if m.Type != protocol.Confirmable {
			return nil
		}
		return one(protocol.Message{Type: protocol.Acknowledgement})
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	states := make(chan OpenExchange, 10)
	go e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "x"), On: func(event Event) {
		if _, ok := event.(Acknowledgement); ok {
			states <- e.OpenExchanges()[0]
		}
	}})
	if x := <-states; x.State != OpenAcknowledged || x.RTT != 0 || !x.Next.After(clock.Now()) {
		t.Errorf("acknowledged: %+v", x)
	}

	mute := play(t, func(protocol.Message, int) []protocol.Message { return nil })
	sent, queued := make(chan bool, 1), make(chan Waiting, 1)
	go e.Do(ctx, Request{To: mute.addr, Message: ask(protocol.GET, "first"), On: func(Event) { sent <- true }})
	<-sent
	go e.Do(ctx, Request{To: mute.addr, Message: ask(protocol.GET, "second"), On: func(event Event) {
		if w, ok := event.(Waiting); ok {
			queued <- w
		}
	}})
	w := <-queued
	if w.Why != exchange.WaitsForTurn {
		t.Errorf("waits for %v", w.Why)
	}
	for _, x := range e.OpenExchanges() {
		switch {
		case x.Path == "/first" && (x.State != OpenSent || x.Attempt != 1 || x.Of != 5 || x.Next.IsZero()),
			x.Path == "/second" && (x.State != OpenQueued || x.Waiting != w || x.Attempt != 0):
			t.Errorf("open: %+v", x)
		}
	}
}

// A transfer of many blocks goes on without its caller, who can end it at any block.
func TestTransferIsCancelledAtABlock(t *testing.T) {
	e, _ := engineAt(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := play(t, func(m protocol.Message, n int) []protocol.Message {
		b, _ := m.Options.Block(protocol.Block2)
		if b.Num == 3 {
			cancel()
			return nil
		}
		b.More, b.SZX = true, 0
		return one(reply(protocol.Content, "0123456789abcdef", option(protocol.Block2, string(b.Value()))))
	})
	r, err := e.Do(ctx, Request{To: s.addr, Message: ask(protocol.GET, "x")})
	if !errors.Is(err, context.Canceled) || r.Exchanges != 4 || r.Attempts != 1 || r.Retries != 0 {
		t.Errorf("%v after %d exchanges, %d attempts", err, r.Exchanges, r.Attempts)
	}
	if stats := e.Stats(); stats.Waiting != 0 || stats.Calls != 0 || stats.Open != 0 {
		t.Errorf("%+v is left", stats)
	}
}

package session_test

import (
	"bytes"
	"context"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/lab"
	"coapscope/session/trace"
)

// What the engine does with a server that others wrote, and what the lab does with their clients. The
// lists are the same for every peer; interop_libcoap_test.go and interop_gocoap_test.go bring the peers.

// foreignServer is a server that is not this project's. All have the same resources:
//
//	/doc           does not exist until it is PUT; then GET, PUT, POST, DELETE
//	/async?n       GET gives "done" in a separate response, after n seconds or at once
//	/example_data  GET and PUT of a body of any length; observable, and a PUT notifies
type foreignServer struct {
	addr netip.AddrPort
	// oneToken: the server takes the blocks of an upload together by their token, which RFC 7959 does
	// not ask of a client (§2.5), so the test keeps it.
	oneToken bool
	// oneNON: the server remembers its answer to a NON under the message ID of its answer, and takes a
	// later request that happens to have this ID for a duplicate, so each NON has an endpoint of its own.
	oneNON bool
}

func testForeignServer(t *testing.T, s foreignServer) {
	e := open(t)
	request := func(code protocol.Code, path string, body []byte) protocol.Message {
		m := ask(code, path)
		m.Payload = body
		if body != nil {
			m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.OctetStream))
		}
		if s.oneToken && len(body) > 0 {
			m.Token = protocol.TokenOf([]byte{0xc0, 0xa9, 0x5c, byte(len(body))})
		}
		return m
	}
	expect := func(t *testing.T, r *session.Response, code protocol.Code, body []byte) {
		t.Helper()
		if r.Message.Code != code {
			t.Fatalf("got %v %q, want %v", r.Message.Code, r.Message.Payload, code)
		}
		if body != nil && !bytes.Equal(r.Message.Payload, body) {
			t.Fatalf("got %d bytes that are not the %d expected", len(r.Message.Payload), len(body))
		}
	}

	t.Run("a document's life", func(t *testing.T) {
		for _, typ := range []protocol.Type{protocol.Confirmable, protocol.NonConfirmable} {
			for _, step := range []struct {
				code protocol.Code
				body string
				want protocol.Code
				read string
			}{
				{protocol.GET, "", protocol.NotFound, ""},
				{protocol.PUT, "one", protocol.Created, ""},
				{protocol.GET, "", protocol.Content, "one"},
				{protocol.PUT, "two", protocol.Changed, ""},
				{protocol.POST, "three", protocol.Changed, ""},
				{protocol.GET, "", protocol.Content, "three"},
				{protocol.DELETE, "", protocol.Deleted, ""},
				{protocol.GET, "", protocol.NotFound, ""},
			} {
				var body []byte
				if step.body != "" {
					body = []byte(step.body)
				}
				m := request(step.code, "doc", body)
				m.Type = typ
				by := e
				if s.oneNON && typ == protocol.NonConfirmable {
					by = open(t)
				}
				r := do(t, by, session.Request{To: s.addr, Message: m})
				var read []byte
				if step.read != "" {
					read = []byte(step.read)
				}
				expect(t, r, step.want, read)
				if r.Exchanges != 1 || r.Piggybacked != (typ == protocol.Confirmable) {
					t.Errorf("%v %v: %d exchanges, piggybacked %v", typ, step.code, r.Exchanges, r.Piggybacked)
				}
			}
		}
	})

	t.Run("separate response", func(t *testing.T) {
		acknowledged := 0
		m := ask(protocol.GET, "async")
		m.Options = m.Options.Add(protocol.URIQuery, []byte("1"))
		r := do(t, e, session.Request{To: s.addr, Message: m, On: func(ev session.Event) {
			if _, ok := ev.(session.Acknowledgement); ok {
				acknowledged++
			}
		}})
		expect(t, r, protocol.Content, []byte("done"))
		// The response may overtake the acknowledgement, and then stands for it (RFC 7252 §5.2.2).
		arrived, answeredBy := 0, 0
		id := mustParse(t, e.Log().At(r.Sent).Data).MessageID
		for n := trace.Seq(1); int(n) <= e.Log().Len(); n++ {
			f := e.Log().At(n)
			m := mustParse(t, f.Data)
			switch {
			case m.Type != protocol.Acknowledgement || m.Code != protocol.Empty:
			case f.Direction == trace.Received && m.MessageID == id && n < r.Received:
				arrived++
			case f.Direction == trace.Sent && m.MessageID == r.Message.MessageID && n > r.Received:
				answeredBy++
			}
		}
		if r.Piggybacked || acknowledged != arrived {
			t.Errorf("piggybacked %v, acknowledged %d times, %d are in the log", r.Piggybacked, acknowledged, arrived)
		}
		if r.Message.Type == protocol.Confirmable && answeredBy != 1 {
			t.Errorf("%d ACKs of the CON response, want 1", answeredBy)
		}
	})

	t.Run("bodies in blocks", func(t *testing.T) {
		for _, c := range []struct{ size, block int }{
			{100, 16}, {1024, 64}, {1025, 1024}, {20_000, 256}, {20_000, 1024}, {0xffff, 512},
		} {
			body := lab.Blob(int64(c.block), c.size)
			r := do(t, e, session.Request{To: s.addr, Message: request(protocol.PUT, "example_data", body), BlockSize: c.block})
			if r.Message.Code != protocol.Created { // the first one
				expect(t, r, protocol.Changed, nil)
			}
			if want := (c.size + c.block - 1) / c.block; r.Exchanges != want {
				t.Errorf("PUT of %d bytes took %d exchanges with blocks of %d, want %d", c.size, r.Exchanges, c.block, want)
			}
			r = do(t, e, session.Request{To: s.addr, Message: request(protocol.GET, "example_data", nil), BlockSize: c.block})
			expect(t, r, protocol.Content, body)
			if want := (c.size + c.block - 1) / c.block; r.Exchanges != want {
				t.Errorf("GET of %d bytes took %d exchanges with blocks of %d, want %d", c.size, r.Exchanges, c.block, want)
			}
			// Without a wish the server chooses (RFC 7959 §2.4).
			r = do(t, e, session.Request{To: s.addr, Message: request(protocol.GET, "example_data", nil)})
			expect(t, r, protocol.Content, body)
		}
	})

	t.Run("observation", func(t *testing.T) {
		values := [][]byte{[]byte("first"), []byte("second"), lab.Blob(1, 3000), []byte("last")}
		write := func(i int) {
			expect(t, do(t, e, session.Request{To: s.addr, Message: request(protocol.PUT, "example_data", values[i])}), protocol.Changed, nil)
		}
		write(0)
		events := make(chan session.ObservationEvent, 100)
		o, err := e.Observe(session.Request{To: s.addr, Message: ask(protocol.GET, "example_data")},
			func(ev session.ObservationEvent) { events <- ev })
		if err != nil {
			t.Fatal(err)
		}
		next := func() session.ObservationEvent {
			t.Helper()
			select {
			case ev := <-events:
				return ev
			case <-time.After(patience):
				t.Fatal("nothing happens")
				return nil
			}
		}
		for i, want := range values {
			if i > 0 {
				write(i)
			}
			// A server may tell the same state twice, and a write in blocks may be told early.
			for {
				n, ok := next().(session.Notification)
				if !ok {
					t.Fatalf("value %d: the observation ended", i)
				}
				if n.Err != nil {
					t.Fatalf("value %d: %v", i, n.Err)
				}
				if bytes.Equal(n.Message.Payload, want) {
					if n.Registered != (i == 0) || !n.Fresh {
						t.Errorf("value %d: registered %v, fresh %v", i, n.Registered, n.Fresh)
					}
					break
				}
				if i > 0 && bytes.Equal(n.Message.Payload, values[i-1]) {
					continue
				}
				t.Fatalf("value %d: got %d bytes %.20q", i, len(n.Message.Payload), n.Message.Payload)
			}
		}
		o.Cancel(session.Deregister)
		for {
			if end, ok := next().(session.ObservationEnd); ok {
				if !end.Cancelled || end.Err != nil {
					t.Errorf("ended with %+v", end)
				}
				break
			}
		}
	})

	t.Run("ping", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if _, err := e.Ping(ctx, s.addr); err != nil {
			t.Error(err)
		}
	})

	// Whatever the peer sent, the log has nothing that is no message, and the machine nothing left.
	for n := 1; n <= e.Log().Len(); n++ {
		if _, err := protocol.Parse(e.Log().At(trace.Seq(n)).Data); err != nil {
			t.Errorf("frame %d: %v", n, err)
		}
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

// foreignClient is a client that is not this project's.
type foreignClient interface {
	// do makes a request and gives the code and the body of the answer. A block of 0 leaves its size
	// to the client.
	do(t *testing.T, r foreignRequest) (protocol.Code, []byte)
	// observe calls each for each representation that comes, until stop.
	observe(t *testing.T, to netip.AddrPort, path string, each func(body []byte)) (stop func())
}

type foreignRequest struct {
	method protocol.Code
	to     netip.AddrPort
	path   string
	body   []byte
	block  int
	non    bool
}

func testForeignClient(t *testing.T, client foreignClient) {
	l, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	plugtest, store := device(t, l, "plugtest"), device(t, l, "store")
	body := lab.Blob(9, 20_000)
	for _, c := range []struct {
		name string
		r    foreignRequest
		code protocol.Code
		want []byte // nil for any
	}{
		{"GET", foreignRequest{method: protocol.GET, to: plugtest, path: "/validate"}, protocol.Content, []byte("Validate me.\n")},
		{"NON", foreignRequest{method: protocol.GET, to: plugtest, path: "/validate", non: true}, protocol.Content, []byte("Validate me.\n")},
		{"4.04", foreignRequest{method: protocol.GET, to: plugtest, path: "/none"}, protocol.NotFound, nil},
		{"PUT", foreignRequest{method: protocol.PUT, to: plugtest, path: "/create1", body: []byte("made")}, protocol.Created, nil},
		{"PUT, read", foreignRequest{method: protocol.GET, to: plugtest, path: "/create1"}, protocol.Content, []byte("made")},
		{"PUT again", foreignRequest{method: protocol.PUT, to: plugtest, path: "/create1", body: []byte("changed")}, protocol.Changed, nil},
		{"DELETE", foreignRequest{method: protocol.DELETE, to: plugtest, path: "/create1"}, protocol.Deleted, nil},
		{"DELETE, read", foreignRequest{method: protocol.GET, to: plugtest, path: "/create1"}, protocol.NotFound, nil},
		{"POST", foreignRequest{method: protocol.POST, to: plugtest, path: "/large-post", body: []byte("shout")}, protocol.Changed, []byte("SHOUT")},
		{"separate", foreignRequest{method: protocol.GET, to: plugtest, path: "/separate"}, protocol.Content, nil},
		{"Block2", foreignRequest{method: protocol.GET, to: store, path: "/blobs/100k"}, protocol.Content, lab.Blob(1, 100_000)},
		{"Block2 of 64", foreignRequest{method: protocol.GET, to: store, path: "/blobs/100k", block: 64}, protocol.Content, lab.Blob(1, 100_000)},
		{"Block1", foreignRequest{method: protocol.PUT, to: store, path: "/upload", body: body}, protocol.Changed, nil},
		{"Block1, read", foreignRequest{method: protocol.GET, to: store, path: "/upload"}, protocol.Content, body},
		{"Block1 of 64", foreignRequest{method: protocol.PUT, to: store, path: "/upload", body: body[5000:], block: 64}, protocol.Changed, nil},
		{"Block1 of 64, read", foreignRequest{method: protocol.GET, to: store, path: "/upload"}, protocol.Content, body[5000:]},
		{"Block1 and Block2", foreignRequest{method: protocol.POST, to: plugtest, path: "/large-post", body: bytes.Repeat([]byte("louder "), 500)}, protocol.Changed, bytes.Repeat([]byte("LOUDER "), 500)},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, got := client.do(t, c.r)
			if code != c.code {
				t.Fatalf("got %v %q, want %v", code, got, c.code)
			}
			if c.want != nil && !bytes.Equal(got, c.want) {
				t.Errorf("got %d bytes that are not the %d expected", len(got), len(c.want))
			}
		})
	}

	t.Run("observe", func(t *testing.T) {
		seen := make(chan string, 100)
		stop := client.observe(t, plugtest, "/obs", func(body []byte) { seen <- string(body) })
		defer stop()
		// The counter goes on by itself as well, so what counts is that it goes on at once.
		last := ""
		for range 4 {
			deadline := time.After(patience)
			for fresh := false; !fresh; {
				select {
				case got := <-seen:
					fresh, last = got != last, got
				case <-deadline:
					t.Fatalf("nothing comes after %q", last)
				}
			}
			l.Tick()
		}
	})
}

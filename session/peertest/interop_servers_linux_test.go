package peertest_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/blockwise"
	"coapscope/session/exchange"
	"coapscope/session/peertest"
	"coapscope/session/trace"
)

// serverFeatures are what the engine does with servers of others. libcoap's and go-coap's have
//
//	/doc           does not exist until it is PUT; then GET, PUT, POST, DELETE
//	/async?n       GET gives "done" in a separate response, after n seconds or at once
//	/example_data  GET and PUT of a body of any length; observable, and a PUT notifies
//
// and node-coap's has what testdata/node/server.js says.
var serverFeatures = []feature{
	{"GET, PUT, POST, DELETE in CON", forAll(played(func(p *play) { p.life() }), libcoapOld, libcoapNew, nodeCoAP, goCoAP)},
	{"GET, PUT, POST, DELETE in NON", forAll(played(func(p *play) { p.life(non) }), libcoapOld, libcoapNew, nodeCoAP, goCoAP)},
	{"FETCH", or(forAll(played(func(p *play) {
		p.ask(protocol.FETCH, "/time", protocol.Content, payload("x"))
	}), libcoapOld, libcoapNew), forAll(played(func(p *play) {
		p.ask(protocol.PUT, "/doc", protocol.Created, payload("x"))
		p.ask(protocol.FETCH, "/doc", protocol.Content, payload("x"))
	}), nodeCoAP))},
	{"PATCH, iPATCH", forAll(played(func(p *play) {
		p.ask(protocol.PATCH, "/doc", protocol.Created, payload("one"))
		p.ask(protocol.IPATCH, "/doc", protocol.Changed, payload("two"))
		if got := p.ask(protocol.GET, "/doc", protocol.Content).Message.Payload; string(got) != "two" {
			p.Errorf("got %q", got)
		}
	}), nodeCoAP)},
	{"separate response", forAll(played(separateResponse), libcoapOld, libcoapNew, goCoAP)},
	{"ping", or(forAll(played(pingCase), libcoapOld, libcoapNew), forAll(cell{func(p *play) {
		_, err := p.engine.Ping(p.Context(), p.server)
		check(p.T, err)
		p.wire("> CON 0.00 mid=$m\n< ACK 0.00 mid=$m")
	}, "an ACK, where RFC 7252 §4.3 has an RST"}, goCoAP), forAll(cell{func(p *play) {
		ctx, cancel := context.WithTimeout(p.Context(), time.Second)
		defer cancel()
		if _, err := p.engine.Ping(ctx, p.server); !errors.Is(err, context.DeadlineExceeded) {
			p.Errorf("got %v", err)
		}
	}, "no answer, against RFC 7252 §4.3"}, nodeCoAP))},
	{"Block2", or(forAll(played(func(p *play) {
		data := blob(1, 20_000)
		p.putData(data)
		for _, size := range []int{0, 64, 256, 512, 1024} {
			r := p.askFor(session.Request{BlockSize: size}, protocol.GET, "/example_data", protocol.Content)
			if !bytes.Equal(r.Message.Payload, data) {
				p.Errorf("blocks of %d: got %d bytes that are not those there", size, len(r.Message.Payload))
			}
			if size > 0 && r.Exchanges != (len(data)+size-1)/size {
				p.Errorf("blocks of %d: %d exchanges", size, r.Exchanges)
			}
		}
	}), libcoapOld, libcoapNew, goCoAP), forAll(played(func(p *play) {
		for _, size := range []int{0, 64, 1024} {
			if got := p.askFor(session.Request{BlockSize: size}, protocol.GET, "/large", protocol.Content).Message.Payload; len(got) != 3200 {
				p.Errorf("blocks of %d: got %d bytes, want 3200", size, len(got))
			}
		}
	}), nodeCoAP))},
	{"Block2 in blocks of 16 bytes", or(forAll(played(func(p *play) {
		data := blob(1, 1000)
		p.putData(data)
		if got := p.askFor(session.Request{BlockSize: 16}, protocol.GET, "/example_data", protocol.Content).Message.Payload; !bytes.Equal(got, data) {
			p.Errorf("got %d bytes that are not those there", len(got))
		}
	}), libcoapOld, libcoapNew, goCoAP), forAll(cell{func(p *play) {
		var wrong *blockwise.Error
		_, err := p.engine.Do(p.Context(), session.Request{To: p.server, Message: message(protocol.GET, "/large"), BlockSize: 16})
		if !errors.As(err, &wrong) || wrong.Reason != blockwise.WrongSize {
			p.Errorf("got %v", err)
		}
	}, "blocks without payload that say that more come"}, nodeCoAP))},
	{"Block1", or(forAll(played(func(p *play) {
		for i, c := range []struct{ size, block int }{{100, 16}, {1024, 64}, {1025, 1024}, {20_000, 256}, {0xffff, 512}} {
			data := blob(uint64(i), c.size)
			r := p.putData(data, session.Request{BlockSize: c.block})
			if want := (c.size + c.block - 1) / c.block; r.Exchanges != want {
				p.Errorf("%d bytes in blocks of %d: %d exchanges, want %d", c.size, c.block, r.Exchanges, want)
			}
			if got := p.ask(protocol.GET, "/example_data", protocol.Content).Message.Payload; !bytes.Equal(got, data) {
				p.Errorf("%d bytes in blocks of %d: %d bytes are there that are not those", c.size, c.block, len(got))
			}
		}
	}), libcoapOld, libcoapNew, goCoAP), forAll(cell{func(p *play) {
		p.ask(protocol.PUT, "/doc", protocol.InternalServerError, octets(string(blob(1, 3000))))
	}, "5.00 to the second block: \"Byte offset not the next in line\""}, nodeCoAP))},
	{"Block1 and Block2 at once", forAll(played(func(p *play) {
		p.serveAgain("-d", "10", "-e")
		data := blob(1, 5000)
		r := p.putData(data)
		if !bytes.Equal(r.Message.Payload, data) {
			p.Errorf("got %d bytes that are not those sent", len(r.Message.Payload))
		}
	}), libcoapOld, libcoapNew)},
	{"Q-Block1, Q-Block2", or(forAll(played(func(p *play) {
		data := blob(1, 20_000)
		p.putData(data, session.Request{QBlock: true}, non)
		r := p.askFor(session.Request{QBlock: true}, protocol.GET, "/example_data", protocol.Content, non)
		if !bytes.Equal(r.Message.Payload, data) {
			p.Errorf("got %d bytes that are not those sent", len(r.Message.Payload))
		}
		p.uses(protocol.QBlock1, protocol.QBlock2)
	}), libcoapNew), forAll(played(func(p *play) {
		data := blob(1, 20_000)
		p.putData(data, session.Request{QBlock: true}, non)
		r := p.askFor(session.Request{QBlock: true}, protocol.GET, "/example_data", protocol.Content, non)
		if !bytes.Equal(r.Message.Payload, data) {
			p.Errorf("got %d bytes that are not those sent", len(r.Message.Payload))
		}
		p.uses(protocol.Block1, protocol.Block2)
	}).saying("it has none: Block1 and Block2 instead"), libcoapOld))},
	{"Request-Tag", forAll(played(func(p *play) {
		data := blob(1, 3000)
		p.putData(data, session.Request{RequestTag: []byte{1, 2, 3}})
		if got := p.ask(protocol.GET, "/example_data", protocol.Content).Message.Payload; !bytes.Equal(got, data) {
			p.Errorf("got %d bytes that are not those sent", len(got))
		}
		p.uses(protocol.RequestTag)
	}), libcoapOld, libcoapNew)},
	{"observation, with notifications in blocks", forAll(played(func(p *play) { p.observeData(session.Deregister) }), libcoapOld, libcoapNew, goCoAP)},
	{"observation ended by RST", forAll(played(func(p *play) { p.observeData(session.Reject) }), libcoapOld, libcoapNew)},
	{"observation that the server ends", forAll(played(func(p *play) {
		events := make(chan session.ObservationEvent, 100)
		_, err := p.engine.Observe(session.Request{To: p.server, Message: message(protocol.GET, "/ticks")}, func(e session.ObservationEvent) { events <- e })
		check(p.T, err)
		for seen := 0; seen < 3; {
			switch e := next(p, events).(type) {
			case session.Notification:
				seen++
			case session.ObservationEnd:
				p.Fatalf("ended after %d: %+v", seen, e)
			}
		}
	}), nodeCoAP)},
	{"ETag and 2.03", forAll(cell{func(p *play) {
		p.putData(blob(1, 3000))
		p.askFor(session.Request{Cache: session.Revalidate}, protocol.GET, "/example_data", protocol.Content)
		p.forget()
		again := p.askFor(session.Request{Cache: session.Revalidate}, protocol.GET, "/example_data", protocol.Content)
		p.wire("> CON GET mid=$m token=$t ETag=$e\n< ACK 2.05 mid=$m token=$t ETag=!$e Block2\n...")
		if again.Validated {
			p.Error("it is valid")
		}
	}, "each answer has another ETag, so none is valid"}, libcoapOld, libcoapNew)},
	{"No-Response", forAll(played(func(p *play) {
		for _, typ := range []change{func(*protocol.Message) {}, non} {
			m := message(protocol.GET, "/time")
			typ(&m)
			m.Options = m.Options.AddUint(protocol.NoResponse, 26) // all classes
			ctx, cancel := context.WithTimeout(p.Context(), patience)
			defer cancel()
			r, err := p.engine.Do(ctx, session.Request{To: p.server, Message: m, Timeout: 300 * time.Millisecond})
			check(p.T, err)
			if !r.Suppressed {
				p.Errorf("%v: answered with %v", m.Type, r.Message.Code)
			}
		}
	}), libcoapOld, libcoapNew)},
	{"token of 20 bytes (RFC 8974)", or(forAll(cell{func(p *play) {
		ctx, cancel := context.WithTimeout(p.Context(), time.Second)
		defer cancel()
		_, err := p.engine.Do(ctx, session.Request{To: p.server, Message: message(protocol.GET, "/doc"), Identifiers: &exchange.Identifiers{TokenLength: 20}})
		if !errors.Is(err, context.DeadlineExceeded) {
			p.Errorf("got %v", err)
		}
	}, "no answer, against RFC 7252 §4.2"}, goCoAP), forAll(cell{func(p *play) {
		if got := p.longToken(); got != 8 {
			p.Errorf("the token of the response has %d bytes", got)
		}
	}, "RST, and then a token of 8 bytes"}, libcoapOld, libcoapNew))},
	{"forward proxy: Proxy-Uri, Proxy-Scheme, Hop-Limit", forAll(played(func(p *play) {
		p.serveAgain("-P", ",proxy.example")
		p.lab = startLab(p)
		origin := deviceAddr(p, p.lab, "plugtest")
		uri, err := protocol.ParseURI("coap://" + origin.String() + "/validate")
		check(p.T, err)
		byURI, err := uri.ProxyURI()
		check(p.T, err)
		byScheme, err := uri.ProxyScheme()
		check(p.T, err)
		for _, options := range []protocol.Options{byURI, byScheme} {
			named := func(m *protocol.Message) { m.Options = options.Clone() }
			if got := p.ask(protocol.GET, "/", protocol.Content, named).Message.Payload; string(got) != "Validate me.\n" {
				p.Errorf("got %q by %v", got, options)
			}
			p.ask(protocol.GET, "/", protocol.HopLimitReached, named, with(protocol.HopLimit, 1))
		}
	}), libcoapOld, libcoapNew)},
	{"multicast", forAll(not("it joins with a socket on all interfaces only, which tests do not open"), libcoapOld, libcoapNew)},
}

// saying has the table say something in place of "yes".
func (c cell) saying(what string) cell {
	c.not = what
	return c
}

// serveAgain starts another server of the peer with other arguments, which is asked from now on.
func (p *play) serveAgain(args ...string) {
	p.Helper()
	program := peertest.System
	if p.peer.is == libcoapNew {
		program = peertest.Program
	}
	s := newStage(p.T)
	s.serve(exec.Command(program(p, "coap-server"), args...))
	p.device, p.server = s.addr(), s.addr()
}

// life is the life of a document.
func (p *play) life(changes ...change) {
	p.Helper()
	for _, s := range []struct {
		method protocol.Code
		body   string
		want   protocol.Code
		read   string
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
		all := changes
		if s.body != "" {
			all = append([]change{payload(s.body)}, changes...)
		}
		if p.peer.is == goCoAP && len(changes) > 0 {
			// The server remembers its answer to a NON under the message ID of its answer, and takes a later request that
			// happens to have this ID for a duplicate, so each NON has an endpoint of its own.
			p.engine = openEngine(p)
		}
		r := p.ask(s.method, "/doc", s.want, all...)
		if s.read != "" && string(r.Message.Payload) != s.read {
			p.Errorf("%v: got %q, want %q", s.method, r.Message.Payload, s.read)
		}
		if r.Exchanges != 1 || r.Piggybacked != (len(changes) == 0) {
			p.Errorf("%v: %d exchanges, piggybacked %v", s.method, r.Exchanges, r.Piggybacked)
		}
	}
}

func separateResponse(p *play) {
	acknowledged := 0
	r := p.askFor(session.Request{On: func(e session.Event) {
		if _, ok := e.(session.Acknowledgement); ok {
			acknowledged++
		}
	}}, protocol.GET, "/async?1", protocol.Content)
	if string(r.Message.Payload) != "done" {
		p.Errorf("got %q", r.Message.Payload)
	}
	// The response may overtake the acknowledgement, and then stands for it (RFC 7252 §5.2.2).
	arrived, answeredBy := 0, 0
	messages := p.messages()
	for i, s := range messages {
		switch m := s.message; {
		case m.Type != protocol.Acknowledgement || m.Code != protocol.Empty:
		case !s.byClient && m.MessageID == messages[0].message.MessageID && trace.Seq(i+1) < r.Received:
			arrived++
		case s.byClient && m.MessageID == r.Message.MessageID:
			answeredBy++
		}
	}
	if r.Piggybacked || acknowledged != arrived {
		p.Errorf("piggybacked %v, acknowledged %d times, %d are in the log", r.Piggybacked, acknowledged, arrived)
	}
	if r.Message.Type == protocol.Confirmable && answeredBy != 1 {
		p.Errorf("%d ACKs of the CON response, want 1", answeredBy)
	}
}

// putData writes /example_data, which may be new.
func (p *play) putData(data []byte, like ...any) *session.Response {
	p.Helper()
	var r session.Request
	m := message(protocol.PUT, "/example_data")
	m.Payload = data
	m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.OctetStream))
	if p.peer.is == goCoAP { // it takes blocks together by their token, which RFC 7959 §2.5 does not ask of a client
		m.Token = protocol.TokenOf([]byte{0xc0, 0xa9, 0x5c, byte(len(data))})
	}
	for _, l := range like {
		switch l := l.(type) {
		case session.Request:
			r = l
		case func(*protocol.Message):
			l(&m)
		}
	}
	r.To, r.Message = p.server, m
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	response, err := p.engine.Do(ctx, r)
	if err != nil {
		p.Fatalf("PUT of %d bytes: %v", len(data), err)
	}
	if code := response.Message.Code; code != protocol.Created && code != protocol.Changed {
		p.Fatalf("PUT of %d bytes: %v %q", len(data), code, response.Message.Payload)
	}
	return response
}

// uses fails where no message has an option.
func (p *play) uses(numbers ...protocol.OptionNumber) {
	p.Helper()
	for _, n := range numbers {
		found := false
		for _, s := range p.messages() {
			found = found || s.message.Options.Has(n)
		}
		if !found {
			p.Errorf("no message has %v", n)
		}
	}
}

func next(p *play, events <-chan session.ObservationEvent) session.ObservationEvent {
	p.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		p.Fatal("nothing happens")
		return nil
	}
}

// observeData observes /example_data while it is written, and cancels.
func (p *play) observeData(how session.Cancellation) {
	p.Helper()
	values := [][]byte{[]byte("first"), []byte("second"), blob(1, 3000), []byte("last")}
	p.putData(values[0])
	events := make(chan session.ObservationEvent, 100)
	o, err := p.engine.Observe(session.Request{To: p.server, Message: message(protocol.GET, "/example_data")}, func(e session.ObservationEvent) { events <- e })
	check(p.T, err)
	for i, want := range values {
		if i > 0 {
			p.putData(want)
		}
		// A server may tell the same state twice, and a write in blocks may be told early.
		for {
			n, ok := next(p, events).(session.Notification)
			if !ok || n.Err != nil {
				p.Fatalf("value %d: %+v", i, n)
			}
			if bytes.Equal(n.Message.Payload, want) {
				if n.Registered != (i == 0) || !n.Fresh {
					p.Errorf("value %d: registered %v, fresh %v", i, n.Registered, n.Fresh)
				}
				break
			}
			if i == 0 || !bytes.Equal(n.Message.Payload, values[i-1]) {
				p.Fatalf("value %d: got %d bytes %.20q", i, len(n.Message.Payload), n.Message.Payload)
			}
		}
	}
	o.Cancel(how)
	if how == session.Reject {
		p.putData([]byte("rejected"))
	}
	for {
		if end, ok := next(p, events).(session.ObservationEnd); ok {
			if !end.Cancelled || end.Err != nil {
				p.Errorf("ended with %+v", end)
			}
			break
		}
	}
	last := p.messages()
	switch m := last[len(last)-1].message; {
	case how == session.Reject && m.Type != protocol.Reset:
		p.await("...\n> RST 0.00 mid=$m\n...")
	case how == session.Deregister:
		p.await("...\n> CON GET mid=$m token=$t Observe=1\n...\n< ACK 2.05 mid=$m token=$t\n...")
	}
	// Whatever the peer sent, it is a message, and the machine has nothing left.
	if open := p.engine.OpenExchanges(); len(open) != 0 {
		p.Errorf("still open: %+v", open)
	}
}

// longToken makes a request with a token of 20 bytes and gives the length of that of the response.
func (p *play) longToken() int {
	p.Helper()
	r := p.askFor(session.Request{Identifiers: &exchange.Identifiers{TokenLength: 20}}, protocol.GET, "/time", protocol.Content)
	return r.Message.Token.Len()
}

package blockwise

import (
	"bytes"
	"testing"

	"coapscope/protocol"

	"pgregory.net/rapid"
)

// server is a small model of a peer: PUT and POST bodies are collected, POST and FETCH answer with what they were
// sent, GET with the resource. It is honest except for the mutation of one response.
type server struct {
	szx       uint8 // largest it uses
	stateless bool  // answers each block of a PUT by itself
	etags     bool
	resource  []byte // the current version
	version   byte
	changeAt  int // the request at which the resource changes; -1 for never
	tooLarge  bool
	forgetAt  int // the request at which collected blocks are lost; -1 for never
	reduceAt  int // the request from which on it uses smaller blocks; -1 for never
	reduceTo  uint8
	validates bool // knows ETag in a request

	requests  int
	collected []byte
	stored    []byte // the last body that was complete
	answer    []byte
}

func (s *server) handle(m protocol.Message) protocol.Message {
	s.requests++
	if s.requests == s.changeAt {
		s.version++
		s.resource = append([]byte{s.version}, s.resource...)
	}
	if s.requests == s.forgetAt {
		s.collected = nil
	}
	if s.requests == s.reduceAt {
		s.szx = min(s.szx, s.reduceTo)
	}
	if tag, ok := m.Options.First(protocol.ETag); ok && s.validates && bytes.Equal(tag, []byte{s.version}) {
		return reply(protocol.Valid, nil, opt(protocol.ETag, s.version))
	}
	var ack []protocol.Option
	b, uploads := m.Options.Block(protocol.Block1)
	asked, asks := m.Options.Block(protocol.Block2)
	switch {
	case uploads && s.tooLarge && b.SZX > s.szx:
		b.SZX = s.szx
		return reply(protocol.RequestEntityTooLarge, nil, opt(protocol.Block1, b.Value()...))
	case uploads:
		if b.Num == 0 {
			s.collected = nil
		}
		if b.Offset() != len(s.collected) {
			return reply(protocol.RequestEntityIncomplete, nil, opt(protocol.Block1, b.Value()...))
		}
		s.collected = append(s.collected, m.Payload...)
		answer := protocol.Block{Num: b.Num, More: b.More && !s.stateless, SZX: min(b.SZX, s.szx)}
		ack = append(ack, opt(protocol.Block1, answer.Value()...))
		if b.More {
			code := protocol.Continue
			if s.stateless {
				code = protocol.Changed
			}
			return reply(code, nil, ack...)
		}
		s.stored = bytes.Clone(s.collected)
	case m.Code != protocol.GET && asked.Num == 0:
		s.stored = bytes.Clone(m.Payload)
	}
	code, whole := protocol.Content, s.resource
	switch m.Code {
	case protocol.PUT, protocol.PATCH, protocol.IPATCH:
		return reply(protocol.Changed, nil, ack...)
	case protocol.POST, protocol.FETCH:
		if asked.Num == 0 {
			s.answer = s.stored
		}
		code, whole = protocol.Changed, s.answer
		if m.Code == protocol.FETCH {
			code = protocol.Content
		}
	}
	if s.etags {
		ack = append(ack, opt(protocol.ETag, s.version))
	}
	szx := s.szx
	if asks {
		szx = min(szx, asked.SZX)
	}
	out := protocol.Block{SZX: szx}
	from := asked.Offset()
	out.Num = uint32(from / out.Size())
	if from > len(whole) || from == len(whole) && from > 0 {
		return reply(protocol.BadRequest, nil)
	}
	to := min(from+out.Size(), len(whole))
	out.More = to < len(whole)
	if asks || out.More {
		ack = append(ack, opt(protocol.Block2, out.Value()...))
	}
	return reply(code, whole[from:to], ack...)
}

func drawServer(t *rapid.T) *server {
	s := &server{
		szx:       uint8(rapid.IntRange(0, 6).Draw(t, "server SZX")),
		stateless: rapid.Bool().Draw(t, "stateless"),
		etags:     true,
		resource:  body(drawSize(t, "resource")),
		changeAt:  -1,
		forgetAt:  -1,
		reduceAt:  -1,
		validates: true,
		tooLarge:  rapid.Bool().Draw(t, "4.13 instead of a smaller block"),
	}
	return s
}

// drawSize favours sizes near multiples of blocks.
func drawSize(t *rapid.T, label string) int {
	near := rapid.SampledFrom([]int{0, 16, 64, 1024, 2048, 4096}).Draw(t, label+" near")
	return max(0, near+rapid.IntRange(-17, 600).Draw(t, label+" off by"))
}

func drawTransfer(t *rapid.T) (*Transfer, protocol.Message, *file) {
	config := Config{
		BlockSize:        16 << rapid.IntRange(0, 6).Draw(t, "block size"),
		EarlyNegotiation: rapid.Bool().Draw(t, "early negotiation"),
		AskSize:          rapid.Bool().Draw(t, "asks for the size"),
		RequestTag:       rapid.SampledFrom([][]byte{nil, {}, {1}}).Draw(t, "Request-Tag"),
	}
	if rapid.Bool().Draw(t, "blocks of another size in the response") {
		config.ResponseBlockSize = 16 << rapid.IntRange(0, 6).Draw(t, "size")
	}
	var sink *file
	if rapid.Bool().Draw(t, "to a file") {
		sink = &file{data: body(100)}
		config.Sink = sink
	}
	code := rapid.SampledFrom([]protocol.Code{protocol.GET, protocol.PUT, protocol.POST, protocol.FETCH, protocol.PATCH, protocol.IPATCH}).Draw(t, "method")
	request := protocol.Message{Code: code}
	if code != protocol.GET {
		request.Payload = body(drawSize(t, "body"))
	}
	return New(config, request), request, sink
}

// run plays until the end; enough requests for any honest transfer, and then some.
func run(t *rapid.T, transfer *Transfer, handle func(protocol.Message) protocol.Message) Step {
	step := transfer.Start()
	for range 4000 {
		send, ok := step.(Send)
		if !ok {
			return step
		}
		step = transfer.Handle(handle(send.Message))
	}
	t.Fatalf("no end after 4000 requests: %+v", transfer.Progress())
	return nil
}

// received gives the body of a success, from where it went to.
func received(t *rapid.T, done Done, sink *file) []byte {
	if sink == nil {
		return done.Response.Payload
	}
	if len(done.Response.Payload) > 0 {
		t.Fatal("the response has what the file has")
	}
	return sink.data
}

func TestHonestServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		transfer, request, sink := drawTransfer(t)
		if rapid.Bool().Draw(t, "reduces") {
			s.reduceAt = rapid.IntRange(1, 20).Draw(t, "reduces at")
			s.reduceTo = uint8(rapid.IntRange(0, 6).Draw(t, "reduces to"))
		}
		if rapid.Bool().Draw(t, "changes") {
			s.changeAt = rapid.IntRange(1, 20).Draw(t, "changes at")
		}
		if rapid.Bool().Draw(t, "forgets") && !s.stateless {
			s.forgetAt = rapid.IntRange(1, 20).Draw(t, "forgets at")
		}
		end := run(t, transfer, s.handle)
		done, ok := end.(Done)
		if !ok {
			if failed := end.(Failed); failed.Err.Reason == Changed && s.changeAt > 0 && request.Code == protocol.POST {
				return // a POST is not repeated
			}
			t.Fatalf("failed: %v", end.(Failed).Err)
		}
		if done.Response.Code.Class() != 2 {
			t.Fatalf("response %v", done.Response.Code)
		}
		want := []byte{}
		switch request.Code {
		case protocol.GET:
			want = s.resource
		case protocol.POST, protocol.FETCH:
			want = request.Payload
		}
		if request.Code != protocol.GET && !bytes.Equal(s.stored, request.Payload) {
			t.Fatalf("server has %d bytes of another body, %d were sent", len(s.stored), len(request.Payload))
		}
		if got := received(t, done, sink); !bytes.Equal(got, want) {
			t.Fatalf("got a body of %d bytes, want %d", len(got), len(want))
		}
	})
}

// A response that breaks the rules leads to a typed error, or does no harm: a success always comes with the right
// bodies on both sides. What no client can notice, such as a cleared M bit, is left out.
func TestLyingServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		transfer, request, sink := drawTransfer(t)
		at := rapid.IntRange(1, 12).Draw(t, "lies at")
		lie := rapid.SampledFrom([]string{"number", "size", "more", "drop", "short", "code", "etag", "twice"}).Draw(t, "lie")
		by := rapid.IntRange(1, 6).Draw(t, "by")
		n := rapid.SampledFrom([]protocol.OptionNumber{protocol.Block1, protocol.Block2}).Draw(t, "option")
		handle := func(m protocol.Message) protocol.Message {
			r := s.handle(m)
			b, ok := r.Options.Block(n)
			if s.requests != at || !ok {
				return r
			}
			first := n == protocol.Block2 && b.Num == 0
			switch lie {
			case "number":
				b.Num += uint32(by)
			case "size":
				b.SZX = (b.SZX + uint8(by)) & 7
			case "more":
				b.More = true
			case "drop":
				if !first {
					r.Options = r.Options.Without(n)
				}
				return r
			case "short":
				if b.More && n == protocol.Block2 {
					r.Payload = r.Payload[:len(r.Payload)-by]
				}
				return r
			case "code":
				r.Code = rapid.SampledFrom([]protocol.Code{protocol.Continue, protocol.Valid, protocol.NotFound, protocol.GET, protocol.Empty}).Draw(t, "code")
				return r
			case "etag":
				r.Options = r.Options.Set(protocol.ETag, []byte{99})
				return r
			case "twice":
				r.Options = r.Options.Add(n, b.Value())
				return r
			}
			r.Options = r.Options.Set(n, b.Value())
			return r
		}
		switch end := run(t, transfer, handle).(type) {
		case Failed:
			if end.Err.Section == "" || end.Err.Actual == "" {
				t.Fatalf("error does not say what is wrong: %+v", end.Err)
			}
		case Done:
			if end.Response.Code.Class() != 2 {
				return
			}
			if request.Code != protocol.GET && !bytes.Equal(s.stored, request.Payload) {
				t.Fatalf("lie %q: server has %d bytes of another body, %d were sent", lie, len(s.stored), len(request.Payload))
			}
			want := s.resource
			if request.Code != protocol.GET {
				want = request.Payload
			}
			if end.Response.Code == protocol.Valid { // says that there is nothing new, and must not have a payload
				if sink != nil && !bytes.Equal(sink.data, body(100)) {
					t.Fatalf("2.03 changed the file to %d bytes", len(sink.data))
				}
				return
			}
			switch request.Code {
			case protocol.PUT, protocol.PATCH, protocol.IPATCH:
				return
			}
			if got := received(t, end, sink); !bytes.Equal(got, want) {
				t.Fatalf("lie %q unnoticed: got %d bytes, want %d", lie, len(got), len(want))
			}
		}
	})
}

// Whatever is there of a body, whether it is still right, and however that is found out: at the end the file has the
// representation, and the server the body.
func TestResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawServer(t)
		s.validates = rapid.Bool().Draw(t, "validates")
		config := Config{BlockSize: 16 << rapid.IntRange(0, 6).Draw(t, "block size")}
		if rapid.Bool().Draw(t, "up") {
			request := path(put, "x", body(drawSize(t, "body")))
			config.ResumeUpload = int64(rapid.IntRange(0, len(request.Payload)).Draw(t, "offset"))
			if rapid.Bool().Draw(t, "the server has the beginning") {
				size := protocol.Block{SZX: protocol.SZXFor(config.BlockSize)}.Size()
				s.collected = bytes.Clone(request.Payload[:max(0, min(int(config.ResumeUpload), len(request.Payload)-1)/size*size)])
			}
			end := run(t, New(config, request), s.handle)
			if done, ok := end.(Done); !ok || done.Response.Code != changed || !bytes.Equal(s.stored, request.Payload) {
				t.Fatalf("%s: the server has %d bytes of %d", line(end), len(s.stored), len(request.Payload))
			}
			return
		}
		there := rapid.IntRange(0, len(s.resource)).Draw(t, "bytes there")
		f := &file{data: bytes.Clone(s.resource[:there])}
		same := rapid.Bool().Draw(t, "unchanged")
		config.Sink = f
		config.ResumeDownload = Resume{Offset: int64(there), ETag: []byte{s.version}, Validate: rapid.Bool().Draw(t, "asks first")}
		if !same {
			s.version++
			s.resource = append([]byte{s.version}, s.resource...)
		}
		end := run(t, New(config, path(get, "x", nil)), s.handle)
		if failed, ok := end.(Failed); ok && failed.Err.Reason == Refused && there == len(s.resource) {
			return // nothing follows what is there
		}
		if done, ok := end.(Done); !ok || done.Response.Code != content || !bytes.Equal(f.data, s.resource) {
			t.Fatalf("%s: the file has %d bytes of %d", line(end), len(f.data), len(s.resource))
		}
	})
}

// FuzzHandle feeds a transfer whatever messages the bytes make. It must end, keep within its limit and give only
// messages that have an encoding.
func FuzzHandle(f *testing.F) {
	for _, m := range []protocol.Message{
		reply(protocol.Content, body(16), b2(0, 1, 16)),
		reply(protocol.Content, body(64), b2(1, 1, 64), opt(protocol.ETag, 1)),
		reply(protocol.Continue, nil, b1(0, 1, 16)),
		reply(protocol.Valid, nil, opt(protocol.ETag, 1)),
		reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 16)),
		reply(protocol.RequestEntityIncomplete, nil),
	} {
		b, err := m.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(protocol.GET), uint8(0), 0, b)
		f.Add(uint8(protocol.GET), uint8(15), 0, append([]byte{byte(len(b))}, b...))
		f.Add(uint8(protocol.POST), uint8(0x10), 200, append([]byte{byte(len(b))}, b...))
	}
	f.Fuzz(func(t *testing.T, code, choices uint8, size int, data []byte) {
		const limit = 4096
		if size < 0 || size > 1<<16 {
			return
		}
		config := Config{BlockSize: 64, MaxBody: limit, OnChange: OnChange(choices & 1), EarlyNegotiation: choices&2 != 0}
		sink := &file{data: body(100)}
		if choices&4 != 0 {
			config.Sink = sink
			config.ResumeDownload = Resume{Offset: int64(choices & 8 << 3), ETag: []byte{1}, Validate: choices&16 != 0}
		}
		if choices&32 != 0 {
			config.ResumeUpload = int64(size / 2)
		}
		transfer := New(config, protocol.Message{Code: protocol.Code(code & 7), Payload: body(size)})
		step := transfer.Start()
		// The bytes are split into messages by their length, and begin anew at the end: a server that never ends.
		for pos, n := 0, 0; ; n++ {
			send, ok := step.(Send)
			if !ok {
				break
			}
			if n > 10000 {
				t.Fatal("no end")
			}
			if _, err := send.Message.Append(nil); err != nil {
				t.Fatalf("message without encoding: %v", err)
			}
			if pos >= len(data) {
				pos = 0
			}
			var m protocol.Message
			if len(data) > 0 {
				length := min(int(data[pos]), len(data)-pos-1)
				_ = m.Parse(data[pos+1 : pos+1+length]) // what was read of it before the error is good input too
				pos += 1 + length
			}
			step = transfer.Handle(m)
		}
		if failed, ok := step.(Failed); ok && (failed.Err.Section == "" || failed.Err.Actual == "") {
			t.Fatalf("error does not say what is wrong: %+v", failed.Err)
		}
		if p := transfer.Progress(); p.Direction == Download && p.Bytes > limit || len(sink.data) > limit {
			t.Fatalf("kept %d bytes, %d in the file, limit %d", p.Bytes, len(sink.data), limit)
		}
	})
}

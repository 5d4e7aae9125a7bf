package blockwise

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"coapscope/protocol"
)

func TestPlaybooks(t *testing.T) {
	w := body(1024)
	cut := func(from, to int) []byte { return w[from:to] }
	for _, s := range []story{
		{"server answers a request for 64 with blocks of 32", Config{BlockSize: 64}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 64), b2(0, 1, 64))},
			{"GET /x 2:1/0/64", reply(content, cut(64, 96), b2(2, 1, 32))},
			{"GET /x 2:3/0/32", reply(content, cut(96, 100), b2(3, 0, 32))},
		}, "done 2.05 [100]", cut(0, 100)},
		{"options are repeated, If-None-Match only with the first block", Config{BlockSize: 16}, path(put, "x", cut(0, 20), opt(protocol.ContentFormatOption, 42), opt(protocol.IfNoneMatch), opt(protocol.URIQuery, 'q')), []exchange{
			{"PUT If-None-Match= /x Content-Format=2a Uri-Query=71 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x Content-Format=2a Uri-Query=71 1:1/0/16 [4]", reply(protocol.Created, nil, b1(1, 0, 16))},
		}, "done 2.01", nil},
		{"4.13 with a smaller size starts again", Config{BlockSize: 64}, path(put, "x", cut(0, 70)), []exchange{
			{"PUT /x 1:0/1/64 Size1=46 [64]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 32))},
			{"PUT /x 1:0/1/32 Size1=46 [32]", reply(contd, nil, b1(0, 1, 32))},
			{"PUT /x 1:1/1/32 [32]", reply(contd, nil, b1(1, 1, 32))},
			{"PUT /x 1:2/0/32 [6]", reply(changed, nil, b1(2, 0, 32))},
		}, "done 2.04", nil},
		{"4.13 without a smaller size is the answer", Config{BlockSize: 64}, path(put, "x", cut(0, 70)), []exchange{
			{"PUT /x 1:0/1/64 Size1=46 [64]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 64), opt(protocol.Size1, 32))},
		}, "done 4.13 Size1=20", nil},
		{"4.13 to a whole body hints at Block1", Config{}, path(put, "x", cut(0, 40)), []exchange{
			{"PUT /x [40]", reply(protocol.RequestEntityTooLarge, nil)},
			{"PUT /x 1:0/1/32 Size1=28 [32]", reply(contd, nil, b1(0, 1, 32))},
			{"PUT /x 1:1/0/32 [8]", reply(changed, nil, b1(1, 0, 32))},
		}, "done 2.04", nil},
		{"4.13 with a Size1 below the body is the answer", Config{}, path(put, "x", cut(0, 40)), []exchange{
			{"PUT /x [40]", reply(protocol.RequestEntityTooLarge, nil, opt(protocol.Size1, 39))},
		}, "done 4.13 Size1=27", nil},
		{"4.08 starts again, once", Config{BlockSize: 16}, path(put, "x", cut(0, 20)), []exchange{
			{"PUT /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/0/16 [4]", reply(protocol.RequestEntityIncomplete, nil, b1(1, 0, 16))},
			{"PUT /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/0/16 [4]", reply(protocol.RequestEntityIncomplete, nil, b1(1, 0, 16))},
		}, "done 4.08", nil},
		{"an error in the middle is the answer", Config{BlockSize: 16}, path(put, "x", cut(0, 50)), []exchange{
			{"PUT /x 1:0/1/16 Size1=32 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/1/16 [16]", reply(protocol.Forbidden, []byte("no"))},
		}, "done 4.03 [2]", []byte("no")},
		{"2.01 of the first block dominates", Config{BlockSize: 16}, path(post, "x", cut(0, 30)), []exchange{
			{"POST /x 1:0/1/16 Size1=1e [16]", reply(protocol.Created, nil, b1(0, 0, 16), opt(protocol.LocationPath, 'n'))},
			{"POST /x 1:1/0/16 [14]", reply(changed, nil, b1(1, 0, 16))},
		}, "done 2.01 Location-Path=6e", nil},
		{"ETag changes: start again, then the new body", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.ETag, 1))},
			{"GET /x 2:1/0/16", reply(content, cut(500, 510), b2(1, 0, 16), opt(protocol.ETag, 2))},
			{"GET /x 2:0/0/16", reply(content, cut(484, 500), b2(0, 1, 16), opt(protocol.ETag, 2))},
			{"GET /x 2:1/0/16", reply(content, cut(500, 510), b2(1, 0, 16), opt(protocol.ETag, 2))},
		}, "done 2.05 ETag=02 [26]", cut(484, 510)},
		{"ETag changes twice", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.ETag, 1))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 32), b2(1, 1, 16), opt(protocol.ETag, 2))},
			{"GET /x 2:0/0/16", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.ETag, 2))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 32), b2(1, 1, 16), opt(protocol.ETag, 3))},
		}, "failed representation changed", nil},
		{"ETag changes in the answer to a POST, which must not be repeated", Config{}, path(post, "x", nil), []exchange{
			{"POST /x", reply(changed, cut(0, 16), b2(0, 1, 16), opt(protocol.ETag, 1))},
			{"POST /x 2:1/0/16", reply(changed, cut(16, 32), b2(1, 1, 16), opt(protocol.ETag, 2))},
		}, "failed representation changed", nil},
		{"another Content-Format", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.ContentFormatOption, 50))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 32), b2(1, 1, 16), opt(protocol.ContentFormatOption, 60))},
		}, "failed representation changed", nil},
		{"wrong number", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(content, cut(32, 48), b2(2, 1, 16))},
		}, "failed wrong block", nil},
		{"first block is not the first", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(3, 1, 16))},
		}, "failed wrong block", nil},
		{"larger blocks than asked for", Config{BlockSize: 16, EarlyNegotiation: true}, path(get, "x", nil), []exchange{
			{"GET /x 2:0/0/16", reply(content, cut(0, 32), b2(0, 1, 32))},
		}, "failed wrong block size", nil},
		{"M with a short payload", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 15), b2(0, 1, 16))},
		}, "failed wrong block size", nil},
		{"Block2 vanishes", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(content, cut(0, 64))},
		}, "failed Block option missing", nil},
		{"SZX 7", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), opt(protocol.Block2, 0x0f))},
		}, "failed invalid Block option", nil},
		{"a Q-Block2 that was not asked for", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), opt(protocol.QBlock2, 0x08))},
		}, "failed invalid Block option", nil},
		{"Block2 twice", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), b2(0, 1, 16))},
		}, "failed invalid Block option", nil},
		{"Block2 of 4 bytes", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), opt(protocol.Block2, 1, 0, 0, 0))},
		}, "failed invalid Block option", nil},
		{"error response to a further block", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(protocol.NotFound, nil)},
		}, "failed block refused", nil},
		{"body beyond the limit", Config{MaxBody: 40}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 32), b2(1, 1, 16))},
			{"GET /x 2:2/0/16", reply(content, cut(32, 48), b2(2, 1, 16))},
		}, "failed body too large", nil},
		{"upload taken for whole", Config{BlockSize: 16}, path(put, "x", cut(0, 20)), []exchange{
			{"PUT /x 1:0/1/16 Size1=14 [16]", reply(changed, nil)},
		}, "failed Block option missing", nil},
		{"another block acknowledged", Config{BlockSize: 16}, path(put, "x", cut(0, 40)), []exchange{
			{"PUT /x 1:0/1/16 Size1=28 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/1/16 [16]", reply(contd, nil, b1(0, 1, 16))},
		}, "failed wrong block", nil},
		{"2.31 to the last block", Config{BlockSize: 16}, path(put, "x", cut(0, 20)), []exchange{
			{"PUT /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/0/16 [4]", reply(contd, nil, b1(1, 1, 16))},
		}, "failed unexpected response code", nil},
		{"2.31 to a GET", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(contd, nil)},
		}, "failed unexpected response code", nil},
		{"a request instead of a response", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(get, nil)},
		}, "failed unexpected response code", nil},
		{"a response instead of a request", Config{}, path(content, "x", nil), nil, "failed not possible", nil},
	} {
		t.Run(s.name, s.play)
	}
}

// RFC 7959 figures 12 and 13: the registration has token and Observe, the requests for further
// blocks have neither, and of a notification only the rest is asked for.
func TestObserve(t *testing.T) {
	w := body(400)
	request := reply(protocol.GET, nil, opt(protocol.Observe), opt(protocol.URIPath, []byte("status-icon")...))
	request.Token = protocol.TokenOf([]byte{0xfb})
	first := reply(protocol.Content, w[:128], opt(protocol.Observe, 62350>>8, 62350&0xff), opt(protocol.ETag, 0x6f), b2(0, 1, 128))
	first.Token = request.Token

	transfer := New(Config{}, request)
	for i, x := range []exchange{
		{"GET Tfb Observe= /status-icon", first},
		{"GET /status-icon 2:1/0/128", reply(protocol.Content, w[128:256], opt(protocol.ETag, 0x6f), opt(protocol.MaxAge, 9), b2(1, 0, 128))},
	} {
		var step Step
		if i == 0 {
			step = transfer.Start()
			if got := line(step); got != x.want {
				t.Fatalf("got %q, want %q", got, x.want)
			}
			step = transfer.Handle(x.reply)
			if got, want := line(step), "GET /status-icon 2:1/0/128"; got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			continue
		}
		step = transfer.Handle(x.reply)
		if got, want := line(step), "done 2.05 Tfb ETag=6f Observe=f38e Max-Age=09 [256]"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}

	// The notification.
	transfer, step := Continue(Config{}, request, first)
	if got, want := line(step), "GET /status-icon 2:1/0/128"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	// It changes meanwhile: what is asked for from the start is no registration.
	step = transfer.Handle(reply(protocol.Content, w[:128], opt(protocol.ETag, 0x70), b2(1, 1, 128)))
	if got, want := line(step), "GET /status-icon 2:0/0/128"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	step = transfer.Handle(reply(protocol.Content, w[:53], opt(protocol.ETag, 0x70), b2(0, 0, 128)))
	if got, want := line(step), "done 2.05 ETag=70 [53]"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}

	_, step = Continue(Config{}, request, reply(protocol.Content, w[:20], opt(protocol.Observe, 3)))
	if got, want := line(step), "done 2.05 Observe=03 [20]"; got != want {
		t.Errorf("a notification that is whole: got %q, want %q", got, want)
	}
	_, step = Continue(Config{}, request, reply(protocol.Content, w[:16], b2(1, 1, 16)))
	if got, want := line(step), "failed wrong block"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An observed FETCH with a large body registers with every part of that body, because any of them
// can be the one that is answered (RFC 8132 §2.4).
func TestObservedFetch(t *testing.T) {
	request := reply(protocol.FETCH, body(20), opt(protocol.Observe))
	request.Token = protocol.TokenOf([]byte{1})
	transfer := New(Config{BlockSize: 16}, request)
	script := []exchange{
		{"FETCH T01 Observe= 1:0/1/16 Size1=14 [16]", reply(protocol.Continue, nil, b1(0, 1, 16))},
		{"FETCH T01 Observe= 1:1/0/16 [4]", reply(protocol.Content, body(16), opt(protocol.Observe, 5), b1(1, 0, 16), b2(0, 1, 16))},
		{"FETCH 2:1/0/16", reply(protocol.Content, body(1), b2(1, 0, 16))},
	}
	step := transfer.Start()
	for _, x := range script {
		if got := line(step); got != x.want {
			t.Fatalf("got %q, want %q", got, x.want)
		}
		step = transfer.Handle(x.reply)
	}
	if got, want := line(step), "done 2.05 Observe=05 [17]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgress(t *testing.T) {
	transfer := New(Config{BlockSize: 16}, reply(protocol.POST, body(40)))
	check := func(want string) {
		t.Helper()
		p := transfer.Progress()
		if got := fmt.Sprintf("%v %v #%d %d/%d r%d", p.Direction, p.Block, p.Blocks, p.Bytes, p.Total, p.Restarts); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	transfer.Start()
	check("upload 0/1/16 #0 0/40 r0")
	transfer.Handle(reply(protocol.Continue, nil, b1(0, 1, 16)))
	check("upload 1/1/16 #1 16/40 r0")
	transfer.Handle(reply(protocol.Continue, nil, b1(1, 1, 16)))
	transfer.Handle(reply(protocol.Changed, body(16), b1(2, 0, 16), b2(0, 1, 16), opt(protocol.Size2, 18)))
	check("download 0/1/16 #1 16/18 r0")
	transfer.Handle(reply(protocol.Changed, body(2), b2(1, 0, 16)))
	check("download 1/0/16 #2 18/18 r0")

	transfer = New(Config{BlockSize: 16, Sink: &file{data: body(40)}, ResumeDownload: Resume{Offset: 40}}, reply(protocol.GET, nil))
	transfer.Start()
	transfer.Handle(reply(protocol.Content, body(48)[32:], b2(2, 1, 16), opt(protocol.Size2, 90)))
	check("download 2/1/16 #1 48/90 r0")

	transfer = New(Config{BlockSize: 16, ResumeUpload: 20}, reply(protocol.PUT, body(40)))
	transfer.Start()
	check("upload 1/1/16 #0 16/40 r0")
	transfer.Handle(reply(protocol.RequestEntityIncomplete, nil))
	check("upload 0/1/16 #0 0/40 r1")

	transfer = New(Config{BlockSize: 16}, reply(protocol.POST, body(40)))
	transfer.Start()
	transfer.Handle(reply(protocol.Forbidden, nil))
	check("upload 0/1/16 #0 0/40 r0")
}

type brokenBody struct{ err error }

func (b brokenBody) ReadAt([]byte, int64) (int, error) { return 3, b.err }

func TestBodyUnreadable(t *testing.T) {
	cause := errors.New("disk gone")
	step := NewUpload(Config{}, reply(protocol.PUT, nil), brokenBody{cause}, 20).Start()
	f, ok := step.(Failed)
	if !ok || f.Err.Reason != BodyUnreadable || !errors.Is(f.Err, cause) || !strings.Contains(f.Err.Error(), "at byte 3 of 20") {
		t.Errorf("got %+v", step)
	}
}

func TestNoBodyToRead(t *testing.T) {
	for _, size := range []int64{-1, 1} {
		if f, ok := NewUpload(Config{}, reply(protocol.PUT, nil), nil, size).Start().(Failed); !ok || f.Err.Reason != Misuse {
			t.Errorf("%d bytes: got %+v", size, f)
		}
	}
}

func TestTooManyBlocks(t *testing.T) {
	step := NewUpload(Config{BlockSize: 16}, reply(protocol.PUT, nil), brokenBody{}, 16<<20+1).Start()
	if f, ok := step.(Failed); !ok || f.Err.Reason != TooLarge {
		t.Errorf("got %+v", step)
	}
	// They become too many when the peer wants smaller ones.
	transfer := NewUpload(Config{}, reply(protocol.PUT, nil), generated{}, 16<<20+1)
	transfer.Start()
	step = transfer.Handle(reply(protocol.Continue, nil, b1(0, 1, 16)))
	if f, ok := step.(Failed); !ok || f.Err.Reason != TooLarge || f.Err.Section != "RFC 7959 §2.2" {
		t.Errorf("got %+v", step)
	}
}

func TestErrorText(t *testing.T) {
	transfer := New(Config{}, reply(protocol.GET, nil))
	transfer.Start()
	step := transfer.Handle(reply(protocol.Content, body(15), b2(0, 1, 16)))
	want := "Block2: wrong block size in 2.05 Content: expected a payload of 16 bytes, because M is set, got 15 bytes (RFC 7959 §2.3)"
	if got := step.(Failed).Err.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestResponseMemoryIsNotKept(t *testing.T) {
	transfer := New(Config{}, reply(protocol.GET, nil))
	transfer.Start()
	m := reply(protocol.Content, body(16), opt(protocol.ETag, 7), b2(0, 1, 16))
	transfer.Handle(m)
	clear(m.Payload)
	m.Options[0].Value[0] = 9
	last := reply(protocol.Content, body(1), opt(protocol.ETag, 7), b2(1, 0, 16))
	d, ok := transfer.Handle(last).(Done)
	if !ok || describe(d.Response) != "2.05 ETag=07 [17]" || !bytes.Equal(d.Response.Payload, append(body(16), body(1)...)) {
		t.Errorf("got %+v", d)
	}
}

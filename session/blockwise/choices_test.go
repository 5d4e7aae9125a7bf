package blockwise

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
)

// What can be asked for besides a whole body, and the methods of RFC 8132.
func TestChoices(t *testing.T) {
	w := body(1024)
	cut := func(from, to int) []byte { return w[from:to] }
	tag := func(b ...byte) Config { return Config{BlockSize: 16, RequestTag: append([]byte{}, b...)} }
	for _, s := range []story{
		{"block 7 only", Config{}, path(get, "x", nil, b2(7, 0, 64)), []exchange{
			{"GET /x 2:7/0/64", reply(content, cut(448, 512), b2(7, 1, 64))},
		}, "done 2.05 2:7/1/64 [64]", cut(448, 512)},
		{"block 3 of an upload only", Config{}, path(put, "x", cut(0, 16), b1(3, 1, 16)), []exchange{
			{"PUT /x 1:3/1/16 [16]", reply(protocol.RequestEntityIncomplete, nil, b1(3, 0, 16))},
		}, "done 4.08 1:3/0/16", nil},
		{"a plain exchange of a large body", Config{BlockSize: 16, Plain: true}, path(put, "x", cut(0, 200)), []exchange{
			{"PUT /x [200]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 16))},
		}, "done 4.13 1:0/1/16", nil},
		{"a plain GET does not go on", Config{Plain: true}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
		}, "done 2.05 2:0/1/16 [16]", cut(0, 16)},
		{"a plain exchange takes what the RFC forbids", Config{Plain: true}, path(get, "x", nil), []exchange{
			{"GET /x", reply(contd, nil, opt(protocol.Block2, 1, 2, 3, 4))},
		}, "done 2.31 2:0/0/16", nil},
		{"a plain exchange of what fits no datagram", Config{Plain: true}, path(put, "x", body(1<<16)), nil, "failed body too large", nil},

		{"the size is asked for with the first block", Config{AskSize: true}, path(get, "x", nil), []exchange{
			{"GET /x Size2=", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.Size2, 20))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 20), b2(1, 0, 16))},
		}, "done 2.05 Size2=14 [20]", cut(0, 20)},
		{"the size is asked for with the last block of a body", Config{AskSize: true, BlockSize: 16}, path(post, "x", cut(0, 20)), []exchange{
			{"POST /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"POST /x 1:1/0/16 Size2= [4]", reply(changed, nil, b1(1, 0, 16))},
		}, "done 2.04", nil},

		{"Request-Tag in both phases", tag(0xab), path(post, "x", cut(0, 20)), []exchange{
			{"POST /x 1:0/1/16 Size1=14 Request-Tag=ab [16]", reply(contd, nil, b1(0, 1, 16))},
			{"POST /x 1:1/0/16 Request-Tag=ab [4]", reply(changed, cut(0, 16), b1(1, 0, 16), b2(0, 1, 16))},
			{"POST /x 2:1/0/16 Request-Tag=ab", reply(changed, cut(16, 17), b2(1, 0, 16))},
		}, "done 2.04 [17]", cut(0, 17)},
		{"an empty Request-Tag is one", tag(), path(put, "x", cut(0, 20)), []exchange{
			{"PUT /x 1:0/1/16 Size1=14 Request-Tag= [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/0/16 Request-Tag= [4]", reply(changed, nil, b1(1, 0, 16))},
		}, "done 2.04", nil},
		{"Request-Tag of 9 bytes", tag(1, 2, 3, 4, 5, 6, 7, 8, 9), path(put, "x", nil), nil, "failed not possible", nil},

		{"FETCH with a body and a response in blocks", Config{BlockSize: 16}, path(protocol.FETCH, "x", cut(0, 20), opt(protocol.ContentFormatOption, 50)), []exchange{
			{"FETCH /x Content-Format=32 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"FETCH /x Content-Format=32 1:1/0/16 [4]", reply(content, cut(0, 16), b1(1, 0, 16), b2(0, 1, 16))},
			{"FETCH /x Content-Format=32 2:1/0/16", reply(content, cut(16, 18), b2(1, 0, 16))},
		}, "done 2.05 [18]", cut(0, 18)},
		{"FETCH whose body the peer has discarded: again, once", Config{BlockSize: 16}, path(protocol.FETCH, "x", cut(0, 8)), []exchange{
			{"FETCH /x [8]", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"FETCH /x 2:1/0/16", reply(protocol.RequestEntityIncomplete, nil)},
			{"FETCH /x 2:0/0/16 [8]", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"FETCH /x 2:1/0/16", reply(protocol.RequestEntityIncomplete, nil)},
		}, "failed block refused", nil},
		{"PATCH", Config{BlockSize: 16}, path(protocol.PATCH, "x", cut(0, 20)), []exchange{
			{"PATCH /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PATCH /x 1:1/0/16 [4]", reply(changed, nil, b1(1, 0, 16))},
		}, "done 2.04", nil},
		{"iPATCH", Config{BlockSize: 16}, path(protocol.IPATCH, "x", cut(0, 20)), []exchange{
			{"iPATCH /x 1:0/1/16 Size1=14 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"iPATCH /x 1:1/0/16 [4]", reply(protocol.Conflict, nil, b1(1, 0, 16))},
		}, "done 4.09", nil},

		{"a body of 1024 bytes goes whole", Config{}, path(put, "x", cut(0, 1024)), []exchange{
			{"PUT /x [1024]", reply(changed, nil)},
		}, "done 2.04", nil},
		{"the peer reduces in the middle, twice", Config{BlockSize: 64}, path(put, "x", cut(0, 300)), []exchange{
			{"PUT /x 1:0/1/64 Size1=012c [64]", reply(contd, nil, b1(0, 1, 64))},
			{"PUT /x 1:1/1/64 [64]", reply(contd, nil, b1(1, 1, 32))},
			{"PUT /x 1:4/1/32 [32]", reply(contd, nil, b1(4, 1, 16))},
			{"PUT /x 1:10/1/16 [16]", reply(protocol.Forbidden, nil)},
		}, "done 4.03", nil},
		{"it does not grow again", Config{BlockSize: 32}, path(put, "x", cut(0, 70)), []exchange{
			{"PUT /x 1:0/1/32 Size1=46 [32]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:2/1/16 [16]", reply(contd, nil, b1(2, 1, 64))},
			{"PUT /x 1:3/1/16 [16]", reply(contd, nil, b1(3, 1, 64))},
			{"PUT /x 1:4/0/16 [6]", reply(changed, nil, b1(4, 0, 64))},
		}, "done 2.04", nil},
		{"4.13 in the middle, smaller", Config{BlockSize: 64}, path(put, "x", cut(0, 130)), []exchange{
			{"PUT /x 1:0/1/64 Size1=82 [64]", reply(contd, nil, b1(0, 1, 64))},
			{"PUT /x 1:1/1/64 [64]", reply(protocol.RequestEntityTooLarge, nil, b1(1, 1, 16))},
			{"PUT /x 1:0/1/16 Size1=82 [16]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 16))},
		}, "done 4.13", nil},
		{"4.13 with a smaller size, but for a smaller body", Config{BlockSize: 64}, path(put, "x", cut(0, 130)), []exchange{
			{"PUT /x 1:0/1/64 Size1=82 [64]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 32), opt(protocol.Size1, 129))},
		}, "done 4.13 Size1=81", nil},
		{"4.13 with a smaller size for this body", Config{BlockSize: 64}, path(put, "x", cut(0, 65)), []exchange{
			{"PUT /x 1:0/1/64 Size1=41 [64]", reply(protocol.RequestEntityTooLarge, nil, b1(0, 1, 32), opt(protocol.Size1, 200))},
			{"PUT /x 1:0/1/32 Size1=41 [32]", reply(protocol.Forbidden, nil)},
		}, "done 4.03", nil},
		{"4.08 with a smaller size", Config{BlockSize: 64}, path(put, "x", cut(0, 70)), []exchange{
			{"PUT /x 1:0/1/64 Size1=46 [64]", reply(contd, nil, b1(0, 1, 64))},
			{"PUT /x 1:1/0/64 [6]", reply(protocol.RequestEntityIncomplete, nil, b1(1, 0, 32))},
			{"PUT /x 1:0/1/32 Size1=46 [32]", reply(protocol.Forbidden, nil)},
		}, "done 4.03", nil},
		{"4.08 to the first block is the answer", Config{BlockSize: 16}, path(put, "x", cut(0, 20)), []exchange{
			{"PUT /x 1:0/1/16 Size1=14 [16]", reply(protocol.RequestEntityIncomplete, nil)},
		}, "done 4.08", nil},

		{"the representation changes, and that is the end", Config{OnChange: Fail}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), opt(protocol.ETag, 1))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 32), b2(1, 1, 16), opt(protocol.ETag, 2))},
		}, "failed representation changed", nil},

		{"an upload resumed", Config{BlockSize: 16, ResumeUpload: 32}, path(put, "x", cut(0, 50), opt(protocol.IfNoneMatch)), []exchange{
			{"PUT /x 1:2/1/16 Size1=32 [16]", reply(contd, nil, b1(2, 1, 16))},
			{"PUT /x 1:3/0/16 [2]", reply(changed, nil, b1(3, 0, 16))},
		}, "done 2.04", nil},
		{"an upload resumed within a block, or at its end", Config{BlockSize: 16, ResumeUpload: 50}, path(put, "x", cut(0, 50)), []exchange{
			{"PUT /x 1:3/0/16 Size1=32 [2]", reply(changed, nil, b1(3, 0, 16))},
		}, "done 2.04", nil},
		{"an upload resumed, but the peer has lost it", Config{BlockSize: 16, ResumeUpload: 20}, path(put, "x", cut(0, 33)), []exchange{
			{"PUT /x 1:1/1/16 Size1=21 [16]", reply(protocol.RequestEntityIncomplete, nil, b1(1, 1, 16))},
			{"PUT /x 1:0/1/16 Size1=21 [16]", reply(contd, nil, b1(0, 1, 16))},
			{"PUT /x 1:1/1/16 [16]", reply(contd, nil, b1(1, 1, 16))},
			{"PUT /x 1:2/0/16 [1]", reply(changed, nil, b1(2, 0, 16))},
		}, "done 2.04", nil},
		{"an upload resumed behind its end", Config{BlockSize: 16, ResumeUpload: 21}, path(put, "x", cut(0, 20)), nil, "failed not possible", nil},
	} {
		t.Run(s.name, s.play)
	}
}

// Downloads into a file, from its beginning or with a part of it there.
func TestSink(t *testing.T) {
	w := body(1024)
	cut := func(from, to int) []byte { return w[from:to] }
	etag := func(v byte) protocol.Option { return opt(protocol.ETag, v) }
	from := func(offset int64, validate bool) Resume { return Resume{offset, []byte{1}, validate} }
	for _, s := range []struct {
		story
		before int // bytes that the file has
		file   []byte
		cuts   string // what it was truncated to
	}{
		{story{"a file", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 30), b2(1, 0, 16))},
		}, "done 2.05", nil}, 100, cut(0, 30), "[0]"},
		{story{"a body that fits one message", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 10))},
		}, "done 2.05", nil}, 100, cut(0, 10), "[0]"},
		{story{"an empty one", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, nil)},
		}, "done 2.05", nil}, 100, nil, "[0]"},
		{story{"a block of it", Config{}, path(get, "x", nil, b2(2, 0, 16)), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(32, 48), b2(2, 1, 16))},
		}, "done 2.05 2:2/1/16", nil}, 0, cut(32, 48), "[0]"},
		{story{"an error is not written", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(protocol.NotFound, []byte("no"))},
		}, "done 4.04 [2]", []byte("no")}, 5, cut(0, 5), "[]"},
		{story{"an error in blocks neither", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(protocol.NotFound, cut(0, 16), b2(0, 1, 16))},
			{"GET /x 2:1/0/16", reply(protocol.NotFound, cut(16, 18), b2(1, 0, 16))},
		}, "done 4.04 [18]", cut(0, 18)}, 5, cut(0, 5), "[]"},
		{story{"2.03 leaves it as it is", Config{}, path(get, "x", nil, etag(1)), []exchange{
			{"GET ETag=01 /x", reply(protocol.Valid, nil, etag(1))},
		}, "done 2.03 ETag=01", nil}, 5, cut(0, 5), "[]"},
		{story{"it begins anew when the representation changes", Config{}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 16), b2(0, 1, 16), etag(1))},
			{"GET /x 2:1/0/16", reply(content, cut(500, 510), b2(1, 0, 16), etag(2))},
			{"GET /x 2:0/0/16", reply(content, cut(484, 500), b2(0, 1, 16), etag(2))},
			{"GET /x 2:1/0/16", reply(content, cut(500, 510), b2(1, 0, 16), etag(2))},
		}, "done 2.05 ETag=02", nil}, 100, cut(484, 510), "[0 0]"},

		{story{"resumed at byte 40", Config{BlockSize: 16, ResumeDownload: from(40, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(32, 48), b2(2, 1, 16), etag(1))},
			{"GET /x 2:3/0/16", reply(content, cut(48, 50), b2(3, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 40, cut(0, 50), "[32]"},
		{story{"resumed at the last block, the ETag not known", Config{BlockSize: 16, ResumeDownload: Resume{Offset: 32}}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(32, 33), b2(2, 0, 16), etag(9))},
		}, "done 2.05 ETag=09", nil}, 40, cut(0, 33), "[32]"},
		{story{"resumed, in smaller blocks", Config{BlockSize: 32, ResumeDownload: from(32, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:1/0/32", reply(content, cut(32, 48), b2(2, 1, 16), etag(1))},
			{"GET /x 2:3/0/16", reply(content, cut(48, 50), b2(3, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 32, cut(0, 50), "[32]"},
		{story{"resumed with less than a block there", Config{BlockSize: 64, ResumeDownload: from(40, false)}, path(get, "x", nil), []exchange{
			{"GET /x", reply(content, cut(0, 10), etag(2))},
		}, "done 2.05 ETag=02", nil}, 40, cut(0, 10), "[0]"},
		{story{"resumed, but changed: anew", Config{BlockSize: 16, ResumeDownload: from(32, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(132, 140), b2(2, 0, 16), etag(2))},
			{"GET /x 2:0/0/16", reply(content, cut(100, 116), b2(0, 1, 16), etag(2))},
			{"GET /x 2:1/0/16", reply(content, cut(116, 132), b2(1, 1, 16), etag(2))},
			{"GET /x 2:2/0/16", reply(content, cut(132, 140), b2(2, 0, 16), etag(2))},
		}, "done 2.05 ETag=02", nil}, 32, cut(100, 140), "[0]"},
		{story{"resumed, but changed: the end", Config{BlockSize: 16, OnChange: Fail, ResumeDownload: from(32, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(132, 140), b2(2, 0, 16), etag(2))},
		}, "failed representation changed", nil}, 32, cut(0, 32), "[]"},
		{story{"resumed, but nothing says that it is the same", Config{BlockSize: 16, OnChange: Fail, ResumeDownload: from(32, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(32, 40), b2(2, 0, 16))},
		}, "failed representation changed", nil}, 32, cut(0, 32), "[]"},
		{story{"resumed behind its end", Config{BlockSize: 16, ResumeDownload: from(32, false)}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(protocol.BadRequest, nil)},
		}, "failed block refused", nil}, 32, cut(0, 32), "[]"},
		{story{"resumed by a peer without blocks", Config{BlockSize: 16, ResumeDownload: Resume{Offset: 32}}, path(get, "x", nil), []exchange{
			{"GET /x 2:2/0/16", reply(content, cut(0, 40))},
		}, "failed Block option missing", nil}, 32, cut(0, 32), "[]"},
		{story{"FETCH resumed: its body goes along", Config{BlockSize: 16, ResumeDownload: from(32, false)}, path(protocol.FETCH, "x", cut(0, 3)), []exchange{
			{"FETCH /x 2:2/0/16 [3]", reply(content, cut(32, 40), b2(2, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 32, cut(0, 40), "[32]"},

		{story{"validated, and the same", Config{BlockSize: 16, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(protocol.Valid, nil, etag(1))},
			{"GET /x 2:2/0/16", reply(content, cut(32, 40), b2(2, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 32, cut(0, 40), "[32]"},
		{story{"validated by a peer that does not validate, but says the ETag", Config{BlockSize: 16, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(content, cut(0, 16), b2(0, 1, 16), etag(1))},
			{"GET /x 2:2/0/16", reply(content, cut(32, 40), b2(2, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 32, cut(0, 40), "[32]"},
		{story{"validated with less than a block there: the size stays agreed", Config{BlockSize: 16, ResumeDownload: from(5, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(protocol.Valid, nil, etag(1))},
			{"GET /x 2:0/0/16", reply(content, cut(0, 16), b2(0, 1, 16), etag(1))},
			{"GET /x 2:1/0/16", reply(content, cut(16, 20), b2(1, 0, 16), etag(1))},
		}, "done 2.05 ETag=01", nil}, 5, cut(0, 20), "[0]"},
		{story{"validated, and changed: that is the beginning of the new one", Config{BlockSize: 16, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(content, cut(100, 116), b2(0, 1, 16), etag(2))},
			{"GET /x 2:1/0/16", reply(content, cut(116, 120), b2(1, 0, 16), etag(2))},
		}, "done 2.05 ETag=02", nil}, 32, cut(100, 120), "[0]"},
		{story{"validated, and changed: the end", Config{BlockSize: 16, OnChange: Fail, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(content, cut(100, 116), b2(0, 1, 16), etag(2))},
		}, "failed representation changed", nil}, 32, cut(0, 32), "[]"},
		{story{"validated, and gone", Config{BlockSize: 16, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(protocol.NotFound, nil)},
		}, "done 4.04", nil}, 32, cut(0, 32), "[]"},
		{story{"another one validated", Config{BlockSize: 16, ResumeDownload: from(32, true)}, path(get, "x", nil), []exchange{
			{"GET ETag=01 /x 2:0/0/16", reply(protocol.Valid, nil, etag(2))},
		}, "failed unexpected response code", nil}, 32, cut(0, 32), "[]"},

		{story{"validated without an ETag", Config{ResumeDownload: Resume{Offset: 1024, Validate: true}}, path(get, "x", nil), nil, "failed not possible", nil}, 0, nil, "[]"},
		{story{"the response to a POST resumed", Config{ResumeDownload: from(1024, false)}, path(post, "x", nil), nil, "failed not possible", nil}, 0, nil, "[]"},
		{story{"the response to a body in blocks resumed", Config{BlockSize: 16, ResumeDownload: from(1024, false)}, path(protocol.FETCH, "x", cut(0, 17)), nil, "failed not possible", nil}, 0, nil, "[]"},
		{story{"a part observed", Config{ResumeDownload: from(1024, false)}, path(get, "x", nil, opt(protocol.Observe)), nil, "failed not possible", nil}, 0, nil, "[]"},
		{story{"resumed at a byte before the first", Config{ResumeDownload: from(-1, false)}, path(get, "x", nil), nil, "failed not possible", nil}, 0, nil, "[]"},
		{story{"resumed behind the last block that has a number", Config{BlockSize: 16, ResumeDownload: from(16<<20, false)}, path(get, "x", nil), nil, "failed not possible", nil}, 0, nil, "[]"},
	} {
		t.Run(s.name, func(t *testing.T) {
			f := &file{data: slices.Clone(w[:s.before])}
			s.config.Sink = f
			s.play(t)
			if !bytes.Equal(f.data, s.file) {
				t.Errorf("the file has %d bytes %x", len(f.data), f.data)
			}
			if got := fmt.Sprint(f.cut); got != s.cuts {
				t.Errorf("truncated to %s, want %s", got, s.cuts)
			}
		})
	}
	story{"a download resumed without a sink", Config{ResumeDownload: from(1024, false)}, path(get, "x", nil), nil, "failed not possible", nil}.play(t)
}

// An error of the sink is the end, and says where.
func TestSinkFails(t *testing.T) {
	full := errors.New("disk full")
	f := &file{err: full, at: 20}
	transfer := New(Config{Sink: f}, path(get, "x", nil))
	transfer.Start()
	transfer.Handle(reply(content, body(16), b2(0, 1, 16)))
	step := transfer.Handle(reply(content, body(16), b2(1, 1, 16)))
	failed, ok := step.(Failed)
	if !ok || failed.Err.Reason != BodyUnwritable || !errors.Is(failed.Err, full) || !strings.Contains(failed.Err.Error(), "at byte 16: disk full") {
		t.Errorf("got %+v", step)
	}

	transfer = New(Config{BlockSize: 16, Sink: f, ResumeDownload: Resume{Offset: 160}}, path(get, "x", nil))
	transfer.Start()
	step = transfer.Handle(reply(content, body(1), b2(10, 0, 16)))
	failed, ok = step.(Failed)
	if !ok || failed.Err.Reason != BodyUnwritable || !strings.Contains(failed.Err.Error(), "cut to 160 bytes") {
		t.Errorf("got %+v", step)
	}
}

// A file of the system is a sink and a body.
func TestOSFile(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	transfer := New(Config{Sink: f}, path(get, "x", nil))
	transfer.Start()
	transfer.Handle(reply(content, body(16), b2(0, 1, 16)))
	if d, ok := transfer.Handle(reply(content, body(40)[16:], b2(1, 0, 16))).(Failed); ok {
		t.Fatal(d.Err)
	}
	upload := NewUpload(Config{BlockSize: 32}, path(put, "x", nil), f, 40)
	if got, want := line(upload.Start()), "PUT /x 1:0/1/32 Size1=28 [32]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	send, _ := upload.Handle(reply(contd, nil, b1(0, 1, 32))).(Send)
	if !bytes.Equal(send.Message.Payload, body(40)[32:]) {
		t.Errorf("got %x", send.Message.Payload)
	}
}

// The representation of a notification goes on where the first block ends, though the request that led to it named a
// block itself.
func TestContinueNamedBlock(t *testing.T) {
	_, step := Continue(Config{Plain: true, ResumeUpload: 5, ResumeDownload: Resume{Offset: 4096}}, path(get, "x", nil, b2(0, 0, 64)), reply(content, body(32), b2(0, 1, 32)))
	if got, want := line(step), "GET /x 2:1/0/32"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

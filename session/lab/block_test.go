package lab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// download reads a resource block by block, each with a token of its own.
func (p *peer) download(uri string, szx uint8) []byte {
	p.t.Helper()
	var body []byte
	tag := ""
	for num := 0; ; num++ {
		g := p.get(uri, blockOpt(message.Block2, num, false, szx)).is(p.t, "2.05")
		b := g.blockOf(p.t, message.Block2)
		if b.num != num || b.szx != szx {
			p.t.Fatalf("block %d with exponent %d, want %d and %d", b.num, b.szx, num, szx)
		}
		if num == 0 {
			tag = g.option(message.ETag)
		} else if g.option(message.ETag) != tag {
			p.t.Fatalf("ETag changes from %s to %s in block %d", tag, g.option(message.ETag), num)
		}
		body = append(body, g.payload...)
		if !b.more {
			return body
		}
	}
}

func TestBlock2(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	want := Blob(7, 100_000)
	for _, szx := range []uint8{2, 5, 6} {
		if got := p.download("blobs/100k", szx); !bytes.Equal(got, want) {
			t.Errorf("exponent %d: %d octets differ from the %d expected", szx, len(got), len(want))
		}
	}
	if got := p.download("blobs/1m", 6); !bytes.Equal(got, Blob(7, 1<<20)) {
		t.Error("1 MiB differs")
	}

	first := p.get("blobs/100k").is(t, "2.05")
	if b := first.blockOf(t, message.Block2); b != (block{0, true, 6}) || len(first.payload) != 1024 {
		t.Errorf("%+v with %d octets", b, len(first.payload))
	}
	if got := first.option(message.Size2); got != fmt.Sprintf("%06x", 100_000) {
		t.Errorf("Size2 %s", got)
	}
	if g := p.get("blobs/1k").is(t, "2.05"); g.has(message.Block2) {
		t.Error("1,024 octets fit a block, and come with a Block2 option")
	}
	p.get("blobs/1k", blockOpt(message.Block2, 1, false, 6)).is(t, "4.00")
	p.get("blobs/1k", blockOpt(message.Block2, 0, false, 7)).is(t, "4.00")

	// A body does not change under a transfer, though the resource does.
	p = newPeer(t, l, "plugtest")
	p.get("obs-large").is(t, "2.05")
	head := p.get("obs-large", blockOpt(message.Block2, 0, false, 5)).is(t, "2.05")
	clock.advance(time.Minute)
	tail := p.get("obs-large", blockOpt(message.Block2, 1, false, 5)).is(t, "2.05")
	if head.option(message.ETag) != tail.option(message.ETag) {
		t.Error("the representation changed between two blocks")
	}
	if again := p.get("obs-large", blockOpt(message.Block2, 0, false, 5)); again.option(message.ETag) == head.option(message.ETag) {
		t.Error("a new transfer gets the old representation")
	}
}

// upload sends a body block by block, each with a token of its own, and returns the last answer.
func (p *peer) upload(method codes.Code, uri string, body []byte, szx uint8, options ...message.Option) got {
	p.t.Helper()
	size := 16 << szx
	for num := 0; ; num++ {
		part := body[num*size : min((num+1)*size, len(body))]
		more := (num+1)*size < len(body)
		g := p.do(method, uri, string(part), append([]message.Option{blockOpt(message.Block1, num, more, szx)}, options...)...)
		if !more {
			return g
		}
		if b := g.is(p.t, "2.31").blockOf(p.t, message.Block1); b != (block{num, true, szx}) {
			p.t.Fatalf("answer to block %d names %+v", num, b)
		}
	}
}

func TestBlock1(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	octets := opt(message.ContentFormat, int(message.AppOctets))
	body := Blob(1, 1<<20)
	last := p.upload(codes.PUT, "upload", body, 6, octets).is(t, "2.04")
	if b := last.blockOf(t, message.Block1); b != (block{1023, false, 6}) {
		t.Errorf("last answer names %+v", b)
	}
	if got := p.download("upload", 6); !bytes.Equal(got, body) {
		t.Error("what comes back is not what was written")
	}

	// RFC 7959 §2.9.2: 4.08 where a block is missing.
	p.do(codes.PUT, "upload", strings.Repeat("a", 16), blockOpt(message.Block1, 0, true, 0)).is(t, "2.31")
	p.do(codes.PUT, "upload", strings.Repeat("c", 16), blockOpt(message.Block1, 2, true, 0)).is(t, "4.08")
	p.do(codes.PUT, "upload", strings.Repeat("b", 16), blockOpt(message.Block1, 1, true, 0)).is(t, "4.08")
	// Another format in the middle.
	p.do(codes.PUT, "upload", strings.Repeat("a", 16), blockOpt(message.Block1, 0, true, 0), octets).is(t, "2.31")
	p.do(codes.PUT, "upload", strings.Repeat("b", 16), blockOpt(message.Block1, 1, true, 0)).is(t, "4.08")
	// A block that is not as long as it says.
	p.do(codes.PUT, "upload", "short", blockOpt(message.Block1, 0, true, 0)).is(t, "4.00")
	p.do(codes.PUT, "upload", "x", blockOpt(message.Block1, 0, false, 7)).is(t, "4.00")
	// RFC 7959 §2.9.3: 4.13 with the limit in Size1, early when the size is announced.
	g := p.do(codes.PUT, "upload/small", strings.Repeat("a", 1024), blockOpt(message.Block1, 0, true, 6), opt(message.Size1, 5000)).is(t, "4.13")
	if g.option(message.Size1) != "1000" {
		t.Errorf("Size1 %s, want 1000 in hex", g.option(message.Size1))
	}
	for num := range 4 {
		p.do(codes.PUT, "upload/small", strings.Repeat("a", 1024), blockOpt(message.Block1, num, true, 6)).is(t, "2.31")
	}
	p.do(codes.PUT, "upload/small", strings.Repeat("a", 1024), blockOpt(message.Block1, 4, true, 6)).is(t, "4.13")
	// Two uploads to one resource at once, told apart by Request-Tag (RFC 9175 §3).
	one, two := opt(optRequestTag, "1"), opt(optRequestTag, "2")
	p.do(codes.PUT, "upload", strings.Repeat("1", 16), blockOpt(message.Block1, 0, true, 0), one).is(t, "2.31")
	p.do(codes.PUT, "upload", strings.Repeat("2", 16), blockOpt(message.Block1, 0, true, 0), two).is(t, "2.31")
	p.do(codes.PUT, "upload", "1", blockOpt(message.Block1, 1, false, 0), one).is(t, "2.04")
	p.get("upload").want(t, "2.05", strings.Repeat("1", 17))

	// Unfinished transfers are forgotten.
	clock.advance(2 * exchangeLifetime)
	p.do(codes.PUT, "upload", strings.Repeat("3", 16), blockOpt(message.Block1, 0, true, 0)).is(t, "2.31")
	d := l.devices[2]
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.uploads); n != 1 {
		t.Errorf("%d uploads kept, want the one that is fresh", n)
	}
}

func TestBlock1And2(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	body := lines(2000)
	g := p.upload(codes.POST, "large-post", body, 5).is(t, "2.04")
	if b := g.blockOf(t, message.Block2); b != (block{0, true, 6}) {
		t.Fatalf("first block of the answer: %+v", b)
	}
	rest := p.do(codes.POST, "large-post", "", blockOpt(message.Block2, 1, false, 6)).is(t, "2.04")
	if got := append(g.payload, rest.payload...); !bytes.Equal(got, bytes.ToUpper(body)) {
		t.Error("the answer is not the body in capitals")
	}
	other := newPeer(t, l, "plugtest")
	other.do(codes.POST, "large-post", "", blockOpt(message.Block2, 1, false, 6)).is(t, "4.08")
}

func TestSmallerBlocks(t *testing.T) {
	l, _ := startLab(t)
	d := l.devices[4]
	d.mu.Lock()
	d.szx = 2
	d.mu.Unlock()
	p := newPeer(t, l, "plugtest")
	body := lines(192)
	// RFC 7959 §2.3, figure 9: the server wants 64 octets where 128 were sent.
	g := p.do(codes.PUT, "large-update", string(body[:128]), blockOpt(message.Block1, 0, true, 3)).is(t, "2.31")
	if b := g.blockOf(t, message.Block1); b != (block{0, true, 2}) {
		t.Errorf("%+v, want exponent 2", b)
	}
	p.do(codes.PUT, "large-update", string(body[128:]), blockOpt(message.Block1, 2, false, 2)).is(t, "2.04")
	if got := p.download("large-update", 2); !bytes.Equal(got, body) {
		t.Errorf("%d octets differ", len(got))
	}
	if b := p.get("large-update", blockOpt(message.Block2, 1, false, 3)).blockOf(t, message.Block2); b != (block{2, false, 2}) {
		t.Errorf("the second 128 octets asked for, got %+v", b)
	}
}

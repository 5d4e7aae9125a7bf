package lab

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func TestBlockHabits(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "difficult")
	body := lines(oddBlockSize)

	// block/small: late negotiation, by the server.
	g := p.get("block/small").is(t, "2.05")
	if b := g.blockOf(t, message.Block2); b != (block{0, true, 2}) || g.option(message.Size2) != "1388" {
		t.Errorf("%+v, Size2 %s", b, g.option(message.Size2))
	}
	if b := p.get("block/small", blockOpt(message.Block2, 0, false, 6)).blockOf(t, message.Block2); b != (block{0, true, 2}) {
		t.Errorf("%+v", b)
	}
	if got := p.download("block/small", 2); !bytes.Equal(got, body) {
		t.Error("block/small differs")
	}
	p.do(codes.PUT, "block/small", string(body[:1024]), blockOpt(message.Block1, 0, true, 6)).is(t, "2.31")
	p.do(codes.PUT, "block/small", string(body[1024:1088]), blockOpt(message.Block1, 16, false, 2)).want(t, "2.04", "1088 octets")

	// block/shrinking: three blocks of 1024, then blocks of 64.
	for num, szx := range []uint8{6, 6, 2} {
		g := p.do(codes.PUT, "block/shrinking", string(body[num*1024:num*1024+1024]), blockOpt(message.Block1, num, true, 6)).is(t, "2.31")
		if b := g.blockOf(t, message.Block1); b != (block{num, true, szx}) {
			t.Errorf("block %d is answered %+v", num, b)
		}
	}
	p.do(codes.PUT, "block/shrinking", "the rest", blockOpt(message.Block1, 48, false, 2)).want(t, "2.04", "3080 octets")

	// block/hint: 4.13 that names a size, with and without Block1.
	for _, options := range [][]message.Option{{blockOpt(message.Block1, 0, true, 6)}, nil} {
		g := p.do(codes.PUT, "block/hint", string(body[:1024]), options...).is(t, "4.13")
		if b := g.blockOf(t, message.Block1); b.szx != 2 || b.num != 0 {
			t.Errorf("hint %+v", b)
		}
	}
	p.upload(codes.PUT, "block/hint", body, 2).want(t, "2.04", "5000 octets")
	p.upload(codes.PUT, "block/hint", body, 0).want(t, "2.04", "5000 octets")

	// block/amnesia: one try fails, the next does not.
	for range 2 {
		p.do(codes.PUT, "block/amnesia", string(body[:64]), blockOpt(message.Block1, 0, true, 2)).is(t, "2.31")
		p.do(codes.PUT, "block/amnesia", string(body[64:128]), blockOpt(message.Block1, 1, true, 2)).is(t, "2.31")
		p.do(codes.PUT, "block/amnesia", string(body[128:192]), blockOpt(message.Block1, 2, true, 2)).is(t, "4.08")
		p.upload(codes.PUT, "block/amnesia", body, 2).want(t, "2.04", "5000 octets")
	}

	// block/unsized, and Size2 where the client asks for it.
	if g := p.get("block/unsized", opt(message.Size2, 0)).is(t, "2.05"); g.has(message.Size2) {
		t.Error("Size2 in block/unsized")
	}
	if g := newPeer(t, l, "store").get("cache/long", opt(message.Size2, 0)).is(t, "2.05"); g.option(message.Size2) != fmt.Sprintf("%02x", len(g.payload)) {
		t.Errorf("Size2 %s for %d octets", g.option(message.Size2), len(g.payload))
	}

	// block/stateless: each block counts at once.
	for _, num := range []int{3, 0} {
		g := p.do(codes.PUT, "block/stateless", string(body[num*1024:num*1024+1024]), blockOpt(message.Block1, num, true, 6)).is(t, "2.04")
		if b := g.blockOf(t, message.Block1); b != (block{num, false, 6}) {
			t.Errorf("block %d is answered %+v", num, b)
		}
	}
	want := make([]byte, oddBlockSize)
	copy(want, body[:1024])
	copy(want[3072:], body[3072:4096])
	if got := p.download("block/stateless", 6); !bytes.Equal(got, want) {
		t.Error("what was written in blocks is not what is read")
	}
	p.do(codes.PUT, "block/stateless", "x", blockOpt(message.Block1, 313, false, 0)).is(t, "4.13")
}

func TestUnstableRepresentations(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "difficult")
	read := func(uri string) []string {
		var tags []string
		for num := range 5 {
			tags = append(tags, p.get(uri, blockOpt(message.Block2, num, false, 6)).is(t, "2.05").option(message.ETag))
		}
		return tags
	}
	for range 2 {
		if tags := read("block/changing"); tags[0] == tags[1] || len(slices.Compact(tags)) != 2 {
			t.Errorf("ETags %v, want one for the first block and another for the others", tags)
		}
	}
	// A client that starts again after the change gets all of it.
	first := p.get("block/changing", blockOpt(message.Block2, 0, false, 6)).option(message.ETag)
	if second := p.get("block/changing", blockOpt(message.Block2, 1, false, 6)).option(message.ETag); second == first {
		t.Error("the ETag stayed")
	}
	p.download("block/changing", 6)
	if tags := read("block/restless"); len(slices.Compact(tags)) != 5 {
		t.Errorf("ETags %v, want all different", tags)
	}
}

func TestMirror(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	body := Blob(3, 2500)
	want := slices.Clone(body)
	slices.Reverse(want)
	for _, c := range []struct {
		method codes.Code
		code   string
	}{{codes.POST, "2.04"}, {codes.PUT, "2.04"}, {codeFETCH, "2.05"}, {codePATCH, "2.04"}, {codeIPATCH, "2.04"}} {
		tag := opt(optRequestTag, []byte{uint8(c.method)})
		octets := opt(message.ContentFormat, int(message.AppOctets))
		g := p.upload(c.method, "mirror", body, 6, tag, octets, blockOpt(message.Block2, 0, false, 5)).is(t, c.code)
		got := g.payload
		for num := 1; g.blockOf(t, message.Block2).more; num++ {
			g = p.do(c.method, "mirror", "", tag, octets, blockOpt(message.Block2, num, false, 5)).is(t, c.code)
			got = append(got, g.payload...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("method %d: %d octets differ", c.method, len(got))
		}
	}
}

func TestOverload(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "difficult")
	p.get("limited").is(t, "2.05")
	for range 2 {
		if g := p.get("limited").is(t, "4.29"); g.option(message.MaxAge) != "01" {
			t.Errorf("Max-Age %s", g.option(message.MaxAge))
		}
	}
	clock.advance(time.Second)
	p.do(codes.PUT, "limited", "x").want(t, "2.04", "1 octets")

	for range 2 {
		if g := p.get("busy").is(t, "5.03"); g.option(message.MaxAge) != "01" {
			t.Errorf("Max-Age %s", g.option(message.MaxAge))
		}
		clock.advance(time.Second - 1)
		p.get("busy").is(t, "5.03")
		clock.advance(1)
		p.get("busy").want(t, "2.05", "no longer busy\n")
	}
}

func TestFreshness(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	for path, maxAge := range map[string]string{"cache/zero": "", "cache/short": "01", "cache/long": "0e10"} {
		g := p.get(path).is(t, "2.05")
		if got := g.option(message.MaxAge); got != maxAge {
			t.Errorf("%s: Max-Age %q, want %q", path, got, maxAge)
		}
		if g := p.get(path, opt(message.ETag, g.etag(t))).want(t, "2.03", ""); g.option(message.MaxAge) != maxAge || g.has(message.ContentFormat) {
			t.Errorf("%s: 2.03 with Max-Age %s, format %s", path, g.option(message.MaxAge), g.option(message.ContentFormat))
		}
	}
	p.get("cache/counter").want(t, "2.05", "1")
	p.get("cache/counter").want(t, "2.05", "2")
	p.do(codes.POST, "cache/counter", "").is(t, "2.04")
	p.get("cache/counter").want(t, "2.05", "1")
}

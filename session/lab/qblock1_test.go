package lab

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// quickUpload is a body that a peer sends in Q-Block1 blocks, NON unless told otherwise.
type quickUpload struct {
	*peer
	typ    message.Type
	method codes.Code
	uri    string
	body   []byte
	szx    uint8
	tag    string
	extra  []message.Option
}

func (p *peer) quickUpload(uri string, body []byte, szx uint8, tag string) *quickUpload {
	return &quickUpload{peer: p, typ: message.NonConfirmable, method: codes.PUT, uri: uri, body: body, szx: szx, tag: tag}
}

// sends sends blocks in order and returns the token of the last.
func (u *quickUpload) sends(nums ...int) []byte {
	u.t.Helper()
	size := 16 << u.szx
	for _, num := range nums {
		part := u.body[num*size : min((num+1)*size, len(u.body))]
		options := append([]message.Option{
			blockOpt(optQBlock1, num, (num+1)*size < len(u.body), u.szx), opt(message.Size1, len(u.body)), opt(optRequestTag, u.tag),
		}, u.extra...)
		u.send(u.ask(u.typ, u.method, u.uri, string(part), options...))
	}
	return []byte{uint8(u.mid >> 8), uint8(u.mid)}
}

// said checks code, type and token of the next message.
func (p *peer) said(code string, typ message.Type, token []byte) got {
	p.t.Helper()
	g := p.receive().is(p.t, code)
	if g.typ != typ || !bytes.Equal(g.token, token) {
		p.t.Fatalf("%s is a %v with token %x, want %v and %x", code, g.typ, g.token, typ, token)
	}
	return g
}

// lacks checks that the next message asks for blocks.
func (p *peer) lacks(token []byte, want ...int) got {
	p.t.Helper()
	g := p.said("4.08", message.NonConfirmable, token)
	if f := g.option(message.ContentFormat); f != "0110" {
		p.t.Fatalf("content format %s, want 272", f)
	}
	var nums []int
	for rest := g.payload; len(rest) > 0; {
		var num int
		var err error
		if rest, err = cbor.UnmarshalFirst(rest, &num); err != nil {
			p.t.Fatal(err)
		}
		nums = append(nums, num)
	}
	if !slices.Equal(nums, want) {
		p.t.Fatalf("asks for %v, want %v", nums, want)
	}
	return g
}

// The figures of RFC 9177 §10.1 and §A.1.
func TestQBlock1(t *testing.T) {
	octets := opt(message.ContentFormat, int(message.AppOctets))
	const non, ack = message.NonConfirmable, message.Acknowledgement
	begin := func(t *testing.T, size int) (*quickUpload, *handClock, *Lab) {
		l, clock := startLab(t)
		u := newPeer(t, l, "store").quickUpload("upload", Blob(3, size), 6, "9")
		u.extra = []message.Option{octets}
		return u, clock, l
	}
	stored := func(u *quickUpload) {
		u.t.Helper()
		if got := u.download("upload", 6); !bytes.Equal(got, u.body) {
			u.t.Errorf("%d octets are stored, which are not the %d sent", len(got), len(u.body))
		}
	}
	t.Run("figure 2, without loss", func(t *testing.T) {
		u, _, _ := begin(t, 4000)
		u.said("2.04", non, u.sends(0, 1, 2, 3))
		u.said("2.04", non, u.sends(3)) // a duplicate is answered like the first
		u.silence()
		stored(u)
	})
	t.Run("figure 3, a set and a block", func(t *testing.T) {
		u, _, _ := begin(t, 11*1024)
		g := u.said("2.31", non, u.sends(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
		if b := g.blockOf(t, optQBlock1); b != (block{9, true, 6}) {
			t.Errorf("confirmed is %+v", b)
		}
		u.said("2.31", non, u.sends(4))
		u.said("2.04", non, u.sends(10))
		stored(u)
	})
	t.Run("figures 4 and 5, with recovery", func(t *testing.T) {
		u, clock, l := begin(t, 13*1024)
		u.sends(0, 2, 3, 4, 5, 6, 7, 8)
		u.silence()
		clock.advance(3 * time.Second)
		u.lacks(u.sends(11), 1, 9)
		last := u.sends(1, 9, 12)
		u.silence()
		clock.advance(nonReceiveTimeout - 1)
		u.silence()
		clock.advance(1)
		u.lacks(last, 10)
		u.said("2.04", non, u.sends(10))
		stored(u)
		clock.advance(time.Minute)
		u.silence()
		if n := clock.count(); n != 0 {
			t.Errorf("%d timers left", n)
		}
		clock.advance(2 * exchangeLifetime)
		u.tag = "10"
		u.sends(0)
		u.silence()
		if n := l.bodies("store"); n != 1 {
			t.Errorf("%d bodies kept, want the new one", n)
		}
	})
	t.Run("a set is confirmed and nothing follows", func(t *testing.T) {
		u, clock, _ := begin(t, 25*1024)
		last := u.sends(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		u.said("2.31", non, last)
		clock.advance(nonReceiveTimeout)
		u.lacks(last, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
	})
	t.Run("figure 6, with failure", func(t *testing.T) {
		u, clock, l := begin(t, 3000)
		last := u.sends(0, 2)
		u.silence()
		for i := range nonMaxRetransmit {
			clock.advance(nonReceiveTimeout<<i - 1)
			u.silence()
			clock.advance(1)
			u.lacks(last, 1)
		}
		clock.advance(nonReceiveTimeout << nonMaxRetransmit)
		u.silence()
		if n := l.bodies("store"); n != 0 || clock.count() != 0 {
			t.Errorf("%d bodies kept, %d timers", n, clock.count())
		}
	})
	t.Run("a Reset gives the body up", func(t *testing.T) {
		u, clock, l := begin(t, 3000)
		last := u.sends(0, 2)
		u.silence()
		clock.advance(nonReceiveTimeout)
		u.send(emptyMessage(message.Reset, u.lacks(last, 1).mid))
		u.silence()
		if n := l.bodies("store"); n != 0 || clock.count() != 0 {
			t.Errorf("%d bodies kept, %d timers", n, clock.count())
		}
	})
	t.Run("figure 16, CON", func(t *testing.T) {
		u, clock, _ := begin(t, 4000)
		u.typ = message.Confirmable
		for _, num := range []int{0, 2, 1} {
			u.sends(num)
			u.said("0.00", ack, nil)
		}
		clock.advance(time.Minute) // nothing is asked for
		u.silence()
		u.said("2.04", ack, u.sends(3))
		stored(u)
	})
	t.Run("two at once", func(t *testing.T) {
		u, _, _ := begin(t, 2000)
		other := u.peer.quickUpload("upload", Blob(4, 2000), 6, "other")
		u.sends(0)
		other.sends(0)
		u.said("2.04", non, u.sends(1))
		other.extra = u.extra
		stored(u)
	})
}

// bodies counts the bodies that a device puts together.
func (l *Lab) bodies(name string) int {
	d, err := l.device(name)
	if err != nil {
		return -1
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.bodies)
}

func TestQBlockMistakes(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	b1 := blockOpt(optQBlock1, 0, true, 0)
	tag, size := opt(optRequestTag, "1"), opt(message.Size1, 40)
	const part = "0123456789abcdef"
	for _, c := range []struct {
		name, uri, payload string
		options            []message.Option
		want               string
	}{
		{"no Request-Tag", "upload", part, []message.Option{b1, size}, "4.00"},
		{"no Size1", "upload", part, []message.Option{b1, tag}, "4.00"},
		{"size zero", "upload", part, []message.Option{b1, tag, opt(message.Size1, 0)}, "4.00"},
		{"short block", "upload", "x", []message.Option{b1, size, tag}, "4.00"},
		{"last block with more to come", "upload", "12345678", []message.Option{blockOpt(optQBlock1, 2, true, 0), size, tag}, "4.00"},
		{"past the end", "upload", part, []message.Option{blockOpt(optQBlock1, 3, false, 0), size, tag}, "4.00"},
		{"reserved size", "upload", part, []message.Option{blockOpt(optQBlock1, 0, true, 7), size, tag}, "4.00"},
		{"too large", "upload/small", part, []message.Option{b1, tag, opt(message.Size1, 5000)}, "4.13"},
		{"mixed with Block1", "upload", part, []message.Option{b1, tag, size, blockOpt(message.Block1, 0, true, 0)}, "4.02"},
		{"two Q-Block1", "upload", part, []message.Option{b1, b1, tag, size}, "4.02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			p.do(codes.PUT, c.uri, c.payload, c.options...).is(t, c.want)
		})
	}
	p.t = t
	p.get("blobs/100k", blockOpt(optQBlock2, 3, false, 6), blockOpt(optQBlock2, 2, false, 6)).is(t, "4.00")
	p.get("blobs/100k", blockOpt(optQBlock2, 2, false, 6), blockOpt(optQBlock2, 2, false, 6)).is(t, "4.00")
	p.get("blobs/100k", blockOpt(optQBlock2, 2, false, 6), blockOpt(optQBlock2, 3, false, 5)).is(t, "4.00")
	p.get("blobs/100k", blockOpt(optQBlock2, 98, false, 6)).is(t, "4.00")
	p.do(codeFETCH, "mirror", "", blockOpt(optQBlock2, 3, false, 6)).is(t, "4.08")
	p.get("none", blockOpt(optQBlock2, 0, true, 6)).is(t, "4.04")
	// RFC 9177 §4.8: what is for a group is ignored.
	store, err := l.device("store")
	if err != nil {
		t.Fatal(err)
	}
	from := p.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	store.handle(p.ask(message.NonConfirmable, codes.GET, "blobs/1k", "", blockOpt(optQBlock2, 0, true, 6)), from, true)
	if n := clock.count(); n != 0 {
		t.Errorf("a request to a group with Q-Block2 will be answered, %d timers", n)
	}
	p.silence()
	// Blocks of a body that is announced differently.
	first := opt(optRequestTag, "first")
	p.do(codes.PUT, "upload", part, b1, first, size).is(t, "0.00")
	p.do(codes.PUT, "upload", part, blockOpt(optQBlock1, 1, true, 0), first, opt(message.Size1, 50)).is(t, "4.08")
}

// State of peers that stop is bounded, and goes away.
func TestQBlockStateIsBounded(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	for i := range 3 * maxTransfers {
		p.quickUpload("upload", Blob(1, 3000), 6, fmt.Sprint(i)).sends(0)
		p.quickGet(fmt.Sprintf("blobs/100k?%d", i), blockOpt(optQBlock2, 0, true, 0))
		for range maxPayloads {
			p.receive()
		}
	}
	p.silence()
	if n, timers := l.bodies("store"), clock.count(); n != maxTransfers || timers > 2*maxTransfers {
		t.Errorf("%d bodies and %d timers kept, want %d bodies", n, timers, maxTransfers)
	}
	if err := l.Reboot("store"); err != nil {
		t.Fatal(err)
	}
	if n := clock.count(); n != 0 || l.bodies("store") != 0 {
		t.Errorf("%d timers and %d bodies after a reboot", n, l.bodies("store"))
	}
}

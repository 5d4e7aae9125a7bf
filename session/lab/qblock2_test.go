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

// arrives checks the next messages: these blocks of a body, with the token, and with or without Observe.
func (p *peer) arrives(body []byte, szx uint8, token []byte, seq string, nums ...int) {
	p.t.Helper()
	tag, size := "", 16<<szx
	for _, num := range nums {
		g := p.receive().is(p.t, "2.05")
		b := g.blockOf(p.t, optQBlock2)
		want := body[num*size : min((num+1)*size, len(body))]
		if b != (block{num, (num+1)*size < len(body), szx}) || !bytes.Equal(g.payload, want) {
			p.t.Fatalf("%+v with %d octets, want block %d", b, len(g.payload), num)
		}
		if g.typ != message.NonConfirmable || !bytes.Equal(g.token, token) || g.option(message.Observe) != seq {
			p.t.Fatalf("block %d: %v, token %x, Observe %s; want NON, %x, %s", num, g.typ, g.token, g.option(message.Observe), token, seq)
		}
		if g.option(message.Size2) != fmt.Sprintf("%04x", len(body)) {
			p.t.Fatalf("block %d: Size2 %s", num, g.option(message.Size2))
		}
		if tag = max(tag, g.option(message.ETag)); tag != g.option(message.ETag) || tag == "-" {
			p.t.Fatalf("block %d: ETag %s after %s", num, g.option(message.ETag), tag)
		}
	}
}

// quickGet sends a NON GET with Q-Block2 options and returns its token.
func (p *peer) quickGet(uri string, options ...message.Option) []byte {
	p.t.Helper()
	p.send(p.ask(message.NonConfirmable, codes.GET, uri, "", options...))
	return []byte{uint8(p.mid >> 8), uint8(p.mid)}
}

// set is a sequence of block numbers.
func set(from, to int) []int { return sequence(from, to) }

// The figures of RFC 9177 §10.2: observed and read in NON blocks.
func TestQBlock2(t *testing.T) {
	const non = message.NonConfirmable
	entire := blockOpt(optQBlock2, 0, true, 6)
	// begin stores a body and observes it; write stores another and so triggers a notification.
	type observed struct {
		*peer
		clock *handClock
		l     *Lab
		token []byte
		seq   int
		write func(size int) []byte
		body  []byte
	}
	begin := func(t *testing.T, size int) *observed {
		l, clock := startLab(t)
		d, err := l.device("store")
		if err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		subject := d.resources["upload"].subject
		subject.confirm, subject.seq = 0, 0x4c3
		d.mu.Unlock()
		o := &observed{peer: newPeer(t, l, "store"), clock: clock, l: l, seq: 0x4c3}
		writer := newPeer(t, l, "store")
		o.write = func(size int) []byte {
			o.seq++
			body := Blob(int64(o.seq), size)
			writer.upload(codes.PUT, "upload", body, 6).is(t, "2.04")
			return body
		}
		o.body = o.write(size)
		o.token = o.quickGet("upload", opt(message.Observe, 0), entire)
		return o
	}
	seq := func(o *observed) string { return fmt.Sprintf("%04x", o.seq) }
	t.Run("figure 7, without loss", func(t *testing.T) {
		o := begin(t, 4000)
		o.arrives(o.body, 6, o.token, seq(o), 0, 1, 2, 3)
		body := o.write(4000)
		o.arrives(body, 6, o.token, seq(o), 0, 1, 2, 3)
		o.silence()
	})
	t.Run("figure 8, sets continued", func(t *testing.T) {
		o := begin(t, 11000)
		o.arrives(o.body, 6, o.token, seq(o), set(0, 10)...)
		o.silence()
		o.quickGet("upload", blockOpt(optQBlock2, 10, true, 6))
		o.arrives(o.body, 6, o.token, seq(o), 10)
		body := o.write(11000)
		o.arrives(body, 6, o.token, seq(o), set(0, 10)...)
		o.quickGet("upload", blockOpt(optQBlock2, 10, true, 6))
		o.arrives(body, 6, o.token, seq(o), 10)
		o.silence()
		if n := o.clock.count(); n != 0 {
			t.Errorf("%d timers left", n)
		}
	})
	t.Run("sets that nobody continues", func(t *testing.T) {
		o := begin(t, 31000)
		o.arrives(o.body, 6, o.token, seq(o), set(0, 10)...)
		o.silence()
		pause := o.clock.nextIn(t)
		if pause < nonTimeout || pause > 3*time.Second {
			t.Errorf("%v between sets, want NON_TIMEOUT_RANDOM", pause)
		}
		o.clock.advance(pause)
		o.arrives(o.body, 6, o.token, seq(o), set(10, 20)...)
		o.quickGet("upload", blockOpt(optQBlock2, 10, true, 6)) // crosses the set
		o.silence()
		o.quickGet("upload", blockOpt(optQBlock2, 20, true, 6))
		o.arrives(o.body, 6, o.token, seq(o), set(20, 30)...)
		o.silence()
		o.clock.advance(o.clock.nextIn(t))
		o.arrives(o.body, 6, o.token, seq(o), 30)
	})
	t.Run("figure 9, with recovery", func(t *testing.T) {
		o := begin(t, 11000)
		o.arrives(o.body, 6, o.token, seq(o), set(0, 10)...)
		o.silence()
		o.clock.advance(3 * time.Second)
		o.arrives(o.body, 6, o.token, seq(o), 10)
		again := o.quickGet("upload", blockOpt(optQBlock2, 1, false, 6), blockOpt(optQBlock2, 9, false, 6))
		o.arrives(o.body, 6, again, "-", 1, 9)
		again = o.quickGet("upload", blockOpt(optQBlock2, 1, false, 6))
		o.arrives(o.body, 6, again, "-", 1)
		o.silence()
	})
	t.Run("figure 10, with the M bit", func(t *testing.T) {
		o := begin(t, 11000)
		o.arrives(o.body, 6, o.token, seq(o), set(0, 10)...)
		again := o.quickGet("upload", blockOpt(optQBlock2, 2, true, 6), blockOpt(optQBlock2, 9, false, 6))
		o.arrives(o.body, 6, again, "-", set(2, 10)...) // 9 once, though asked for twice
		o.quickGet("upload", blockOpt(optQBlock2, 10, true, 6))
		o.arrives(o.body, 6, o.token, seq(o), 10)
	})
	t.Run("a Reset ends the transfer", func(t *testing.T) {
		o := begin(t, 21000)
		for range 9 {
			o.receive()
		}
		o.send(emptyMessage(message.Reset, o.receive().mid))
		o.silence()
		o.clock.advance(time.Minute)
		o.silence()
		if n := o.clock.count(); n != 0 {
			t.Errorf("%d timers left", n)
		}
	})
	t.Run("one block, a small body", func(t *testing.T) {
		l, _ := startLab(t)
		p := newPeer(t, l, "store")
		body := Blob(7, 100_000)
		token := p.quickGet("blobs/100k", blockOpt(optQBlock2, 0, false, 2))
		g := p.said("2.05", non, token)
		if b := g.blockOf(t, optQBlock2); b != (block{0, true, 2}) || !bytes.Equal(g.payload, body[:64]) {
			t.Errorf("%+v with %d octets", b, len(g.payload))
		}
		p.silence()
		g = p.said("2.05", non, p.quickGet("cache/long", entire))
		if b := g.blockOf(t, optQBlock2); b != (block{0, false, 6}) {
			t.Errorf("%+v", b)
		}
	})
}

// RFC 9177 §A.2: CON blocks, three at a time.
func TestQBlock2Confirmable(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	body := Blob(7, 100_000)
	first := p.get("blobs/100k", blockOpt(optQBlock2, 0, true, 6)).is(t, "2.05")
	got := slices.Clone(first.payload)
	var open []uint16
	for num := 1; num < 98; num++ {
		if len(open) == burstWindow {
			p.silence()
			p.send(emptyMessage(message.Acknowledgement, open[0]))
			open = open[1:]
		}
		g := p.said("2.05", message.Confirmable, first.token)
		if b := g.blockOf(t, optQBlock2); b != (block{num, num < 97, 6}) || g.option(message.ETag) != first.option(message.ETag) {
			t.Fatalf("%+v, want block %d", b, num)
		}
		got = append(got, g.payload...)
		open = append(open, g.mid)
	}
	if !bytes.Equal(got, body) {
		t.Error("the body differs")
	}
	p.send(emptyMessage(message.Acknowledgement, open[0]))
	p.silence()
	clock.advance(time.Hour) // the other two are sent again, and given up
	for range 2 * maxRetransmit {
		p.said("2.05", message.Confirmable, first.token)
	}
	p.silence()
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers left", n)
	}
}

// Notifications in CON blocks: the next one waits until all blocks of the one before are acknowledged, and is the latest
// state then.
func TestQBlock2ConfirmableNotifications(t *testing.T) {
	l, clock := startLab(t)
	p, writer := newPeer(t, l, "store"), newPeer(t, l, "store")
	writer.upload(codes.PUT, "upload", Blob(1, 2000), 6).is(t, "2.04")
	first := p.get("upload", opt(message.Observe, 0), blockOpt(optQBlock2, 0, true, 6)).is(t, "2.05")
	p.send(emptyMessage(message.Acknowledgement, p.said("2.05", message.Confirmable, first.token).mid))
	read := func(body []byte, seq uint32) (mids []uint16) {
		t.Helper()
		for num := range 2 {
			g := p.said("2.05", message.Confirmable, first.token)
			if b := g.blockOf(t, optQBlock2); b != (block{num, num == 0, 6}) || g.seq(t) != seq || !bytes.Equal(g.payload, body[num*1024:min(num*1024+1024, len(body))]) {
				t.Fatalf("%+v, sequence %d, want block %d and %d", b, g.seq(t), num, seq)
			}
			mids = append(mids, g.mid)
		}
		return mids
	}
	writer.upload(codes.PUT, "upload", Blob(2, 2000), 6).is(t, "2.04")
	mids := read(Blob(2, 2000), first.seq(t)+1)
	writer.upload(codes.PUT, "upload", Blob(3, 2000), 6).is(t, "2.04")
	last := Blob(4, 2000)
	writer.upload(codes.PUT, "upload", last, 6).is(t, "2.04")
	p.send(emptyMessage(message.Acknowledgement, mids[0]))
	p.silence()
	p.send(emptyMessage(message.Acknowledgement, mids[1]))
	mids = read(last, first.seq(t)+3)
	p.send(emptyMessage(message.Reset, mids[0]))
	p.send(emptyMessage(message.Acknowledgement, mids[1]))
	p.silence()
	if n := observers(l, "store"); n != 0 || clock.count() != 0 {
		t.Errorf("%d observers and %d timers after a Reset", n, clock.count())
	}
}

// RFC 9177 §10.3: a body goes in Q-Block1 blocks, and another comes back in Q-Block2 blocks.
func TestQBlockBothWays(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	u := p.quickUpload("mirror", Blob(5, 11*1024), 6, "30")
	u.method = codeFETCH
	back := slices.Clone(u.body)
	slices.Reverse(back)
	u.said("2.31", message.NonConfirmable, u.sends(set(0, 10)...))
	token := u.sends(10)
	u.arrives(back, 6, token, "-", set(0, 10)...)
	u.silence()
	// Figure 12 continues without the Request-Tag, figure 15 asks again with it.
	p.send(p.ask(message.NonConfirmable, codeFETCH, "mirror", "", blockOpt(optQBlock2, 10, true, 6)))
	u.arrives(back, 6, token, "-", 10)
	p.send(p.ask(message.NonConfirmable, codeFETCH, "mirror", "", blockOpt(optQBlock2, 1, false, 6), blockOpt(optQBlock2, 3, false, 6), opt(optRequestTag, "30")))
	u.arrives(back, 6, []byte{uint8(p.mid >> 8), uint8(p.mid)}, "-", 1, 3)
	u.silence()
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers left", n)
	}
}

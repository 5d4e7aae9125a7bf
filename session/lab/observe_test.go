package lab

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func (p *peer) observe(uri string, options ...message.Option) (got, []byte) {
	p.t.Helper()
	g := p.get(uri, append(options, opt(message.Observe, 0))...).is(p.t, "2.05")
	if !g.has(message.Observe) {
		p.t.Fatalf("%s: no Observe option in the answer", uri)
	}
	return g, g.token
}

func (g got) seq(t *testing.T) uint32 {
	t.Helper()
	v, err := g.options.Observe()
	if err != nil {
		t.Fatalf("%s %q has no Observe option", dotted(g.header.code), g.payload)
	}
	return v
}

// observers counts the entries of a device's list.
func observers(l *Lab, name string) int {
	for _, d := range l.devices {
		if d.Name == name {
			d.mu.Lock()
			defer d.mu.Unlock()
			return len(d.observers)
		}
	}
	return -1
}

func TestObserve(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "livingroom-node")
	if n := clock.count(); n != 0 {
		t.Fatalf("%d timers armed though nobody observes", n)
	}
	g, token := p.observe("sensors/temp", opt(message.Accept, int(message.AppJSON)))
	seq := g.seq(t)
	for i := range 20 {
		clock.advance(2 * time.Second)
		n := p.receive().is(t, "2.05")
		if !bytes.Equal(n.token, token) || n.seq(t) != seq+uint32(i)+1 || n.option(message.ContentFormat) != "32" {
			t.Fatalf("notification %d: token %x, sequence %d, format %s", i, n.token, n.seq(t), n.option(message.ContentFormat))
		}
		con := n.typ == message.Confirmable
		if con != (i%16 == 15) {
			t.Fatalf("notification %d: type %v", i, n.typ)
		}
		if con {
			p.send(emptyMessage(message.Acknowledgement, n.mid))
			p.silence()
		}
	}

	// RFC 7641 §3.6: GET with Observe 1 and the same token.
	p.mid++
	p.send(encode(header{typ: message.Confirmable, code: codes.GET, mid: p.mid, token: token}, message.Options{
		opt(message.Observe, 1), opt(message.URIPath, "sensors"), opt(message.URIPath, "temp"),
	}, nil))
	if n := p.receive().is(t, "2.05"); n.has(message.Observe) {
		t.Error("Observe in the answer to a deregistration")
	}
	clock.advance(time.Minute)
	p.silence()
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers armed after the last observer left", n)
	}
}

// A client that says nothing for hours stays an observer; go-coap's server would drop it after 16 s.
func TestObserverLivesInSilence(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "actuator")
	_, token := p.observe("actuators/led")
	clock.advance(300 * time.Hour)
	p.silence()
	if n := observers(l, "actuator"); n != 1 {
		t.Fatalf("%d observers", n)
	}
	newPeer(t, l, "actuator").do(codes.PUT, "actuators/led", "on").is(t, "2.04")
	if g := p.receive().want(t, "2.05", "on"); !bytes.Equal(g.token, token) {
		t.Errorf("token %x, want %x", g.token, token)
	}
}

func TestResetEndsObservation(t *testing.T) {
	l, clock := startLab(t)
	for _, c := range []struct {
		uri string
		typ message.Type
	}{{"obs", message.Confirmable}, {"obs-non", message.NonConfirmable}} {
		t.Run(c.uri, func(t *testing.T) {
			p := newPeer(t, l, "plugtest")
			p.observe(c.uri)
			clock.advance(5 * time.Second)
			n := p.receive().is(t, "2.05")
			if n.typ != c.typ {
				t.Errorf("type %v, want %v", n.typ, c.typ)
			}
			p.send(emptyMessage(message.Reset, n.mid+1)) // of something else
			p.silence()
			if n := observers(l, "plugtest"); n != 1 {
				t.Fatalf("%d observers after an unrelated Reset", n)
			}
			p.send(emptyMessage(message.Reset, n.mid))
			p.silence()
			if n := observers(l, "plugtest"); n != 0 {
				t.Fatalf("%d observers after the Reset", n)
			}
			clock.advance(time.Minute)
			p.silence()
		})
	}
}

func TestUnacknowledgedNotifications(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "actuator")
	writer := newPeer(t, l, "actuator")
	p.observe("actuators/led")
	writer.do(codes.PUT, "actuators/led", "on").is(t, "2.04")
	first := p.receive().want(t, "2.05", "on")
	writer.do(codes.PUT, "actuators/led", "off").is(t, "2.04")
	writer.do(codes.PUT, "actuators/led", "on").is(t, "2.04")
	writer.do(codes.PUT, "actuators/led", "off").is(t, "2.04")
	p.silence() // NSTART is 1
	p.send(emptyMessage(message.Acknowledgement, first.mid))
	last := p.receive().want(t, "2.05", "off") // the latest state, once
	if last.seq(t) <= first.seq(t) {
		t.Errorf("sequence %d after %d", last.seq(t), first.seq(t))
	}
	p.silence() // the timer of the retransmission is armed
	// Five transmissions in all, and the client is gone.
	clock.advance(time.Hour)
	for range maxRetransmit {
		if g := p.receive(); g.mid != last.mid {
			t.Fatalf("message ID %d, want %d", g.mid, last.mid)
		}
	}
	p.silence()
	if n := observers(l, "actuator"); n != 0 {
		t.Errorf("%d observers", n)
	}
}

func TestConfirmableAtLeastDaily(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	p.observe("upload")
	d := l.devices[2]
	d.mu.Lock()
	d.resources["upload"].subject.confirm = 0
	d.mu.Unlock()
	writer := newPeer(t, l, "store")
	writer.do(codes.PUT, "upload", "a").is(t, "2.04")
	if g := p.receive(); g.typ != message.NonConfirmable {
		t.Errorf("type %v, want NON", g.typ)
	}
	clock.advance(confirmEvery)
	writer.do(codes.PUT, "upload", "b").is(t, "2.04")
	if g := p.receive(); g.typ != message.Confirmable {
		t.Errorf("type %v after a day, want CON", g.typ)
	}
}

func TestEndOfObservation(t *testing.T) {
	for _, c := range []struct {
		name, code string
		end        func(p *peer)
		uri        string
	}{
		{"deleted", "4.04", func(p *peer) { p.do(codes.DELETE, "obs", "").is(p.t, "2.02") }, "obs"},
		{"another format", "4.06", func(p *peer) {
			p.do(codes.PUT, "obs", "{}", opt(message.ContentFormat, int(message.AppJSON))).is(p.t, "2.04")
		}, "obs"},
		{"by request", "5.03", func(p *peer) { p.do(codes.POST, "obs-reset", "").is(p.t, "2.04") }, "obs-reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, clock := startLab(t)
			p := newPeer(t, l, "plugtest")
			_, token := p.observe(c.uri)
			c.end(newPeer(t, l, "plugtest"))
			g := p.receive().is(t, c.code)
			if g.has(message.Observe) || !bytes.Equal(g.token, token) {
				t.Errorf("Observe %v, token %x", g.has(message.Observe), g.token)
			}
			p.send(emptyMessage(message.Acknowledgement, g.mid))
			p.silence()
			clock.advance(time.Minute)
			p.silence()
		})
	}
}

func TestObserveLarge(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.observe("obs-large", blockOpt(message.Block2, 0, false, 5))
	clock.advance(5 * time.Second)
	g := p.receive().is(t, "2.05")
	if b := g.blockOf(t, message.Block2); b != (block{0, true, 5}) || len(g.payload) != 512 {
		t.Fatalf("%+v with %d octets", b, len(g.payload))
	}
	rest := p.get("obs-large", blockOpt(message.Block2, 1, false, 5)).is(t, "2.05")
	if rest.has(message.Observe) || rest.option(message.ETag) != g.option(message.ETag) {
		t.Errorf("Observe %v, ETag %s, want %s", rest.has(message.Observe), rest.option(message.ETag), g.option(message.ETag))
	}
}

func TestObserveWithETag(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "plugtest")
	tag := p.get("obs").etag(t)
	g := p.get("obs", opt(message.ETag, tag), opt(message.Observe, 0)).want(t, "2.03", "")
	g.seq(t)
	clock.advance(5 * time.Second)
	p.receive().want(t, "2.05", "1")
}

func TestTick(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.observe("obs-non")
	for i := range 3 {
		l.Tick()
		p.receive().want(t, "2.05", fmt.Sprint(i+1))
	}
}

func TestOddObserve(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "difficult")
	g, _ := p.observe("obs/reordered")
	base := g.seq(t)
	for i, want := range []uint32{1, 2, 1, 4, 5, 4} {
		clock.advance(time.Second)
		if n := p.receive(); n.seq(t) != base+want {
			t.Errorf("notification %d has sequence %d, want %d", i+1, n.seq(t), base+want)
		}
	}
	p = newPeer(t, l, "difficult")
	p.observe("obs/stalled")
	for range 3 {
		clock.advance(time.Second)
		p.receive().is(t, "2.05")
	}
	clock.advance(time.Minute)
	p.silence()
}

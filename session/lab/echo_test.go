package lab

import (
	"bytes"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// echoed returns the Echo value of an answer as an option of the next request.
func (g got) echoed(t *testing.T) message.Option {
	t.Helper()
	v, err := g.options.GetBytes(optEcho)
	if err != nil || len(v) == 0 || len(v) > 40 {
		t.Fatalf("Echo value % x, %v", v, err)
	}
	return opt(optEcho, v)
}

func TestLock(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "actuator")
	p.get("actuators/lock").want(t, "2.05", "1")
	value := p.do(codes.PUT, "actuators/lock", "0").is(t, "4.01").echoed(t)
	p.get("actuators/lock").want(t, "2.05", "1")
	next := p.do(codes.PUT, "actuators/lock", "0", value).is(t, "2.04").echoed(t)
	p.get("actuators/lock").want(t, "2.05", "0")
	clock.advance(echoLife - time.Second)
	p.do(codes.PUT, "actuators/lock", "1", next).is(t, "2.04")
	clock.advance(time.Second)
	next = p.do(codes.PUT, "actuators/lock", "0", next).is(t, "4.01").echoed(t) // 10 s old
	forged := bytes.Clone(next.Value)
	forged[len(forged)-1] ^= 1
	p.do(codes.PUT, "actuators/lock", "0", opt(optEcho, forged)).is(t, "4.01")
	p.do(codes.PUT, "actuators/lock", "x", next).is(t, "4.00")
	if err := l.Reboot("actuator"); err != nil {
		t.Fatal(err)
	}
	p.do(codes.PUT, "actuators/lock", "0", next).is(t, "4.01")
	// A value of one device says nothing to another.
	other := newPeer(t, l, "difficult")
	foreign := p.do(codes.PUT, "actuators/lock", "0").is(t, "4.01").echoed(t)
	other.get("echo/preemptive", foreign).want(t, "2.05", "no fresh Echo value came\n")
}

func TestEchoOfTheDifficultDevice(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "difficult")
	value := p.get("echo/preemptive").want(t, "2.05", "no fresh Echo value came\n").echoed(t)
	p.get("echo/preemptive", value).want(t, "2.05", "a fresh Echo value came\n")

	once := p.get("echo/once").is(t, "4.01").echoed(t)
	p.get("echo/once", once).want(t, "2.05", "fresh\n")
	p.get("echo/once", once).is(t, "4.01")

	last := p.get("echo/endless").is(t, "4.01").echoed(t)
	for range 3 {
		next := p.get("echo/endless", last).is(t, "4.01").echoed(t)
		if bytes.Equal(next.Value, last.Value) {
			t.Error("the same value again")
		}
		last = next
	}

	if g := p.get("echo/observed", opt(message.Observe, 0)).is(t, "4.01"); g.has(message.Observe) || observers(l, "difficult") != 0 {
		t.Error("registered without a fresh Echo value")
	} else {
		p.get("echo/observed", opt(message.Observe, 0), g.echoed(t)).is(t, "2.05").seq(t)
	}
	clock.advance(time.Minute) // notifications need no Echo value, however old that of the registration is
	for range 60 {
		p.receive().is(t, "2.05").seq(t)
	}

	body := lines(3000)
	value = p.do(codes.PUT, "echo/upload", string(body[:1024]), blockOpt(message.Block1, 0, true, 6)).is(t, "4.01").echoed(t)
	p.do(codes.PUT, "echo/upload", string(body[:1024]), blockOpt(message.Block1, 0, true, 6), value).is(t, "2.31")
	p.do(codes.PUT, "echo/upload", string(body[1024:2048]), blockOpt(message.Block1, 1, true, 6)).is(t, "2.31")
	p.do(codes.PUT, "echo/upload", string(body[2048:]), blockOpt(message.Block1, 2, false, 6)).want(t, "2.04", "3000 octets")
}

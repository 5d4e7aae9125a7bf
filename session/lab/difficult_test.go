package lab

import (
	"bytes"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func TestMangled(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "difficult")
	for uri, want := range map[string]string{
		"malformed/marker":           "6245MMMMTTTTff",
		"malformed/truncated-option": "6245MMMMTTTTc8637574",
		"malformed/truncated-token":  "6845MMMMTTTT",
		"malformed/nibble15":         "6245MMMMTTTTf100",
		"malformed/number":           "6245MMMMTTTTe0ffff10",
		"malformed/short":            "6245MM",
		"reset":                      "7000MMMM",
		"ack-only":                   "6000MMMM",
	} {
		p.send(p.ask(message.Confirmable, codes.GET, uri, ""))
		b, _ := p.octets()
		mid := hex.EncodeToString([]byte{uint8(p.mid >> 8), uint8(p.mid)})
		want := bytes.ReplaceAll(bytes.ReplaceAll(bytes.ReplaceAll([]byte(want), []byte("MMMM"), []byte(mid)), []byte("TTTT"), []byte(mid)), []byte("MM"), []byte(mid[:2]))
		if got := hex.EncodeToString(b); got != string(want) {
			t.Errorf("%s: %s, want %s", uri, got, want)
		}
	}
	for uri, wrong := range map[string]func(b []byte) bool{
		"malformed/tkl9":    func(b []byte) bool { return b[0] == 0x69 },
		"malformed/version": func(b []byte) bool { return b[0] == 0xa2 },
		"malformed/empty":   func(b []byte) bool { return b[0] == 0x62 && b[1] == 0 && len(b) > 6 },
		"wrong-token":       func(b []byte) bool { return b[4] == uint8(p.mid>>8) && b[5] == ^uint8(p.mid) },
		"wrong-mid":         func(b []byte) bool { return b[3] == uint8(p.mid)+1 },
	} {
		p.send(p.ask(message.Confirmable, codes.GET, uri, ""))
		if b, _ := p.octets(); !wrong(b) {
			t.Errorf("%s: % x", uri, b)
		}
	}
	p.send(p.ask(message.Confirmable, codes.GET, "silent", ""))
	p.silence()
	p.send(p.ask(message.Confirmable, codes.GET, "other-port", ""))
	if b, from := p.octets(); from.Port() == p.to.Port() || from.Addr().Unmap() != p.to.Addr() {
		t.Errorf("% x from %v, want another port than %v", b, from, p.to)
	} else {
		p.decode(b).is(t, "2.05")
	}
	p.send(p.ask(message.Confirmable, codes.GET, "duplicate", ""))
	one, _ := p.octets()
	two, _ := p.octets()
	if !bytes.Equal(one, two) {
		t.Errorf("% x, then % x", one, two)
	}
	for path, option := range map[string]struct {
		id   message.OptionID
		want string
	}{
		"options/elective":     {unknownElective, "68656c6c6f"},
		"options/critical":     {unknownCritical, "68656c6c6f"},
		"options/leading-zero": {message.MaxAge, "00001e"},
		"options/long-uint":    {message.MaxAge, "000000001e"},
		"options/vendor":       {3412, "0e10"},
	} {
		if got := p.get(path).is(t, "2.05").option(option.id); got != option.want {
			t.Errorf("%s: %s, want %s", path, got, option.want)
		}
	}
}

func TestErrorAndVendorCodes(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "difficult")
	for _, c := range errorCodes {
		g := p.get("error/"+dotted(c)).is(t, dotted(c))
		if retry := g.option(message.MaxAge); (retry == "05") != (c == codes.ServiceUnavailable || c == codes.TooManyRequests) {
			t.Errorf("%s: Max-Age %s", dotted(c), retry)
		}
	}
	for _, c := range vendorCodes {
		p.get("code/"+dotted(c)).want(t, dotted(c), "vendor code "+dotted(c))
	}
}

func TestTimes(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "difficult")
	late := p.ask(message.Confirmable, codes.GET, "late?s=4", "")
	p.send(late)
	clock.await(t, 1)
	p.send(late) // a retransmission is neither answered nor another request
	p.silence()
	clock.advance(4*time.Second - 1)
	p.silence()
	clock.advance(1)
	if g := p.receive().is(t, "2.05"); g.typ != message.Acknowledgement {
		t.Errorf("type %v", g.typ)
	}
	p.silence()

	p.send(p.ask(message.Confirmable, codes.GET, "slow?s=0.5", ""))
	if g := p.receive(); g.typ != message.Acknowledgement || g.header.code != codes.Empty {
		t.Errorf("%v %v", g.typ, g.header.code)
	}
	clock.await(t, 1)
	clock.advance(time.Second / 2)
	g := p.receive().is(t, "2.05")
	p.send(emptyMessage(message.Acknowledgement, g.mid))

	p.send(p.ask(message.Confirmable, codes.GET, "no-ack", ""))
	if g := p.receive().is(t, "2.05"); g.typ != message.Confirmable {
		t.Errorf("type %v", g.typ)
	}
}

func TestReboot(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "difficult")
	p.observe("obs/reordered")
	p.do(codes.POST, "reboot", "").is(t, "2.04")
	p.silence() // the reboot is over
	clock.advance(time.Minute)
	p.silence()
	p.observe("obs/reordered")
	clock.advance(time.Second)
	p.receive().is(t, "2.05")
}

// After Lab.Reboot a device knows no observer, has stored what it had, and counts notifications anew (RFC 7641 §3.4).
func TestLabReboot(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.do(codes.PUT, "validate", "kept").is(t, "2.04")
	first, _ := p.observe("obs-non")
	if first.seq(t) == 0 {
		t.Error("the sequence starts at 0, so that a reboot does not show")
	}
	p.do(codes.PUT, "large-update", string(lines(1024)), blockOpt(message.Block1, 0, true, 6)).is(t, "2.31")
	if err := l.Reboot("plugtest"); err != nil {
		t.Fatal(err)
	}
	if n := clock.count(); n != 0 || observers(l, "plugtest") != 0 {
		t.Errorf("%d timers and %d observers after a reboot", n, observers(l, "plugtest"))
	}
	clock.advance(time.Minute)
	p.silence()
	p.do(codes.PUT, "large-update", "x", blockOpt(message.Block1, 1, false, 6)).is(t, "4.08")
	p.get("validate").want(t, "2.05", "kept")
	second, _ := p.observe("obs-non")
	if n := second.seq(t); n >= first.seq(t) {
		t.Errorf("sequence %d after %d", n, first.seq(t))
	}
	clock.advance(5 * time.Second)
	if n := p.receive().is(t, "2.05").seq(t); n != second.seq(t)+1 {
		t.Errorf("sequence %d, want %d", n, second.seq(t)+1)
	}
	if err := l.Reboot("toaster"); err == nil || !strings.Contains(err.Error(), "plugtest") {
		t.Errorf("error %v does not name the devices", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Reboot("plugtest"); err == nil {
		t.Error("a closed device was rebooted")
	}
}

// The link loses a fifth of what goes through it, in both directions, and the same for the same seed.
func TestLoss(t *testing.T) {
	run := func(seed int64) linkStats {
		l, _ := startLab(t, func(c *Config) { c.Loss, c.Seed = 0, seed })
		d := l.devices[3]
		p := newPeer(t, l, "difficult")
		from := p.conn.LocalAddr().(*net.UDPAddr).AddrPort()
		for range 2000 {
			d.handle(p.ask(message.NonConfirmable, codes.GET, "error/4.04", ""), from, false)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.stats
	}
	a, b := run(1), run(2)
	if again := run(1); a != again {
		t.Errorf("one seed: %+v, then %+v", a, again)
	}
	if a == b {
		t.Errorf("two seeds lose the same: %+v", a)
	}
	for _, s := range []linkStats{a, b} {
		in, out := float64(s.receivedLost)/float64(s.received), float64(s.sentLost)/float64(s.sent)
		if in < 0.17 || in > 0.23 || out < 0.17 || out > 0.23 || s.sentTwice < s.sent/20 || s.sentTwice > s.sent/7 {
			t.Errorf("lost %.3f in, %.3f out: %+v", in, out, s)
		}
	}
}

package lab

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// TestReactions sends octets and compares the octets that come back; "" is silence.
func TestReactions(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	for _, c := range []struct{ name, send, want string }{
		{"ping", "40 00 0001", "70 00 0001"},
		{"NON empty", "50 00 0002", ""},
		{"ACK of nothing", "60 00 0003", ""},
		{"RST of nothing", "70 00 0004", ""},
		{"empty with a token", "41 00 0005 aa", "70 00 0005"},
		{"empty with a payload", "40 00 0006 ff 61", "70 00 0006"},
		{"three octets", "40 01 00", ""},
		{"version 0", "00 01 0007", ""},
		{"version 2", "80 01 0008", ""},
		{"TKL 9", "49 01 0009 010203040506070809", "70 00 0009"},
		{"TKL 9, NON", "59 01 000a 010203040506070809", "70 00 000a"},
		{"TKL 9, ACK", "69 01 000b 010203040506070809", ""},
		{"TKL 13 at a device without RFC 8974", "4d 01 000c 00 0102030405060708090a0b0c0d", "70 00 000c"},
		{"token cut off", "44 01 000d aabb", "70 00 000d"},
		{"marker without payload", "40 01 000e ff", "70 00 000e"},
		{"option past the end", "40 01 000f b4 7465", "70 00 000f"},
		{"delta nibble 15", "40 01 0010 f0", "70 00 0010"},
		{"a response that nobody waits for", "40 45 0011 ff 61", "70 00 0011"},
		{"reserved class", "40 21 0012", "70 00 0012"},
		{"request in an ACK", "60 01 0013 b4 74657374", ""},
		{"unknown path", "41 01 0014 aa b4 6e6f6e65", "61 84 0014 aa"},
		{"unknown method", "41 1f 0015 aa b4 74657374", "61 85 0015 aa"},
		{"method not allowed", "41 02 0016 aa b8 76616c6964617465", "61 85 0016 aa"},
		{"Proxy-Uri", "40 01 0017 d3 16 613a62", "60 a5 0017"},
		{"DELETE", "42 04 0018 aabb b4 74657374", "62 42 0018 aabb"},
		{"critical option, NON", "50 01 0019 b4 74657374 d1 01 00", "70 00 0019"}, // 11 + 14 = 25
		{"option value that ends with 0xff", "40 04 001a b4 74657374 4b ffffffffffffffffffffff", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			p.raw(c.send)
			if c.want == "" {
				if c.name == "option value that ends with 0xff" { // Uri-Query of eleven octets 0xff is legal
					p.receive().is(t, "2.02")
				}
				p.silence()
				return
			}
			b, from := p.octets()
			if got, want := hex.EncodeToString(b), strings.ReplaceAll(c.want, " ", ""); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if from.Port() != p.to.Port() || from.Addr().Unmap() != p.to.Addr() {
				t.Errorf("answer from %v, want %v", from, p.to)
			}
		})
	}
}

func TestCriticalOptions(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	for _, c := range []struct {
		name    string
		options []message.Option
		want    string
	}{
		{"unknown critical", []message.Option{opt(unknownCritical, "x")}, "4.02"},
		{"unknown elective", []message.Option{opt(unknownElective, "x")}, "2.05"},
		{"Accept of three octets", []message.Option{opt(message.Accept, []byte{0, 0, 0})}, "4.02"},
		{"If-None-Match with a value", []message.Option{opt(message.IfNoneMatch, "x")}, "4.02"},
		{"Accept twice", []message.Option{opt(message.Accept, 0), opt(message.Accept, 0)}, "4.02"},
		{"Observe of four octets counts as absent", []message.Option{opt(message.Observe, []byte{0, 0, 0, 0})}, "2.05"},
		{"Uri-Host and Uri-Port", []message.Option{opt(message.URIHost, "lab"), opt(message.URIPort, 5683)}, "2.05"},
		{"OSCORE", []message.Option{opt(9, "")}, "4.02"},
		{"Q-Block2", []message.Option{opt(31, 0)}, "4.02"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			p.get("obs", c.options...).is(t, c.want)
		})
	}
}

func TestTypeOfAnswerFollowsRequest(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.send(p.ask(message.NonConfirmable, codes.GET, "test", ""))
	if g := p.receive().is(t, "2.05"); g.typ != message.NonConfirmable || g.mid == p.mid {
		t.Errorf("type %v, message ID %d", g.typ, g.mid)
	}
	if g := p.get("test").is(t, "2.05"); g.typ != message.Acknowledgement {
		t.Errorf("type %v", g.typ)
	}
}

func TestDuplicates(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "actuator")
	toggle := p.ask(message.Confirmable, codes.POST, "actuators/led", "")
	p.send(toggle)
	first, _ := p.octets()
	p.send(toggle)
	second, _ := p.octets()
	if !bytes.Equal(first, second) {
		t.Errorf("duplicate answered % x, then % x", first, second)
	}
	p.get("actuators/led").want(t, "2.05", "on")

	non := p.ask(message.NonConfirmable, codes.POST, "actuators/led", "")
	p.send(non)
	p.receive().want(t, "2.04", "off")
	p.send(non)
	p.silence()
	p.get("actuators/led").want(t, "2.05", "off")

	clock.advance(exchangeLifetime + time.Second)
	p.send(toggle)
	p.receive().want(t, "2.04", "on")
}

func TestRememberedRequestsAreBounded(t *testing.T) {
	l, _ := startLab(t)
	d := l.devices[0]
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range 3 * maxRemembered {
		d.duplicate(exchange{d.Addr, uint16(i)})
	}
	if len(d.seen) != maxRemembered || len(d.seenOrder) != maxRemembered {
		t.Errorf("%d and %d requests remembered, want %d", len(d.seen), len(d.seenOrder), maxRemembered)
	}
}

func TestSeparateResponse(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.send(p.ask(message.Confirmable, codes.GET, "separate", ""))
	asked := p.mid
	if b, _ := p.octets(); !bytes.Equal(b, emptyMessage(message.Acknowledgement, asked)) {
		t.Fatalf("got % x, want an empty acknowledgement", b)
	}
	p.silence()
	clock.advance(time.Second)
	first, _ := p.octets()
	g := p.decode(first).is(t, "2.05")
	if g.typ != message.Confirmable || !bytes.Equal(g.token, []byte{uint8(asked >> 8), uint8(asked)}) {
		t.Fatalf("type %v, token %x", g.typ, g.token)
	}
	// Four retransmissions, the first after 2 to 3 s, each interval twice the one before.
	interval := clock.nextIn(t)
	if interval < ackTimeout || interval > 3*time.Second {
		t.Errorf("first retransmission after %v, want 2 s to 3 s", interval)
	}
	for i := range maxRetransmit {
		if got := clock.nextIn(t); got != interval<<i {
			t.Errorf("retransmission %d after %v, want %v", i+1, got, interval<<i)
		}
		clock.advance(interval<<i - 1)
		p.silence()
		clock.advance(1)
		if b, _ := p.octets(); !bytes.Equal(b, first) {
			t.Fatalf("retransmission %d is % x, want % x", i+1, b, first)
		}
	}
	clock.advance(time.Hour)
	p.silence()
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers left", n)
	}

	p.send(p.ask(message.Confirmable, codes.GET, "separate", ""))
	p.octets()
	clock.await(t, 1)
	clock.advance(time.Second)
	p.send(emptyMessage(message.Acknowledgement, p.receive().mid))
	p.silence()
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers left after the acknowledgement", n)
	}

	p.send(p.ask(message.NonConfirmable, codes.GET, "separate", ""))
	p.silence()
	clock.advance(time.Second)
	if g := p.receive().is(t, "2.05"); g.typ != message.NonConfirmable {
		t.Errorf("NON answered separately with type %v", g.typ)
	}
}

func TestExtendedTokens(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	for _, n := range []int{0, 8, 9, 12, 13, 268, 269, 2000} {
		token := bytes.Repeat([]byte{0xa5}, n)
		p.mid++
		p.send(encode(header{typ: message.Confirmable, code: codes.GET, mid: p.mid, token: token},
			message.Options{opt(message.URIPath, "settings")}, nil))
		if g := p.receive().is(t, "2.05"); !bytes.Equal(g.token, token) {
			t.Errorf("token of %d octets comes back with %d", n, len(g.token))
		}
	}
}

// A device that knows long tokens and cannot handle one says so in a response with that token (RFC 8974 §2.2.2).
func TestTokenTooLong(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "difficult")
	for n, want := range map[int]string{64: "4.04", 65: "4.00", 300: "4.00"} {
		token := bytes.Repeat([]byte{0x5a}, n)
		p.mid++
		p.send(encode(header{typ: message.Confirmable, code: codes.GET, mid: p.mid, token: token}, message.Options{opt(message.URIPath, "none")}, nil))
		if g := p.receive().is(t, want); !bytes.Equal(g.token, token) {
			t.Errorf("token of %d octets comes back with %d", n, len(g.token))
		}
	}
}

func TestNoResponse(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.send(p.ask(message.NonConfirmable, codes.PUT, "test", "x", opt(message.NoResponse, 2)))
	p.silence()
	p.send(p.ask(message.NonConfirmable, codes.PUT, "none", "x", opt(message.NoResponse, 2)))
	p.receive().is(t, "4.04")
	if g := p.do(codes.PUT, "test", "x", opt(message.NoResponse, 2)); g.header.code != codes.Empty {
		t.Errorf("CON answered with %s, want an empty acknowledgement", dotted(g.header.code))
	}
}

// A quiet device rejects a NON message by ignoring it silently, and a CON one with a Reset all the same (RFC 7252 §4.2,
// §4.3).
func TestQuietDevice(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "livingroom-node")
	for _, octets := range []string{
		"59 01 0001 010203040506070809 b7 73656e736f7273", // TKL 9
		"50 45 0002 ff 61",       // a response that nobody waits for
		"50 01 0003 d1 1c 00 ff", // a marker without payload
		"50 01 0004 d1 0c 00",    // option 25, which is critical
	} {
		p.raw(octets)
		p.silence()
	}
	p.raw("49 01 0005 010203040506070809")
	if b, _ := p.octets(); hex.EncodeToString(b) != "70000005" {
		t.Errorf("a CON with TKL 9: got % x", b)
	}
}

// Block options that make no sense, and content formats that a resource does not have, are refused by any resource.
func TestRefusedByAnyResource(t *testing.T) {
	l, _ := startLab(t)
	for _, c := range []struct {
		device, path, want string
		method             codes.Code
		options            []message.Option
	}{
		{"plugtest", "/none", "4.00", codes.GET, []message.Option{blockOpt(message.Block2, 0, false, 7)}},
		{"livingroom-node", "/sensors/temp", "4.00", codes.PUT, []message.Option{blockOpt(message.Block1, 0, false, 7)}},
		{"difficult", "/none", "4.00", codes.PUT, []message.Option{blockOpt(optQBlock1, 0, false, 6)}},
		{"difficult", "/none", "4.02", codes.GET, []message.Option{blockOpt(message.Block2, 0, false, 6), blockOpt(optQBlock2, 0, false, 6)}},
		{"difficult", "/obs/steady", "4.06", codes.GET, []message.Option{opt(message.Accept, 65000)}},
		{"difficult", "/obs/steady", "2.05", codes.GET, []message.Option{opt(message.Accept, 0)}},
	} {
		newPeer(t, l, c.device).do(c.method, c.path, "", c.options...).is(t, c.want)
	}
}

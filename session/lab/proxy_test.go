package lab

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func TestProxy(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	plugtest, err := l.Device("plugtest")
	if err != nil {
		t.Fatal(err)
	}
	at := "coap://" + plugtest.Addr.String()
	uri := func(s string) message.Option { return opt(message.ProxyURI, s) }
	host, port := opt(message.URIHost, plugtest.Addr.Addr().String()), opt(message.URIPort, int(plugtest.Addr.Port()))
	scheme := opt(message.ProxyScheme, "coap")
	for _, c := range []struct {
		name    string
		options []message.Option
		code    string
		payload string
	}{
		{"Proxy-Uri", []message.Option{uri(at + "/validate")}, "2.05", "Validate me.\n"},
		{"by name", []message.Option{uri("coap://plugtest/path/sub1")}, "2.05", "/path/sub1\n"},
		{"escaped path", []message.Option{uri(at + "/%6cink1")}, "2.05", "Link test /link1\n"},
		{"no path", []message.Option{uri(at)}, "2.05", "ETSI CoAP plugtest server\n"},
		{"Proxy-Scheme", []message.Option{scheme, host, port, opt(message.URIPath, "link2")}, "2.05", "Link test /link2\n"},
		{"an error comes back too", []message.Option{uri(at + "/none")}, "4.04", ""},
		{"a method that is not allowed", []message.Option{uri(at + "/location-query")}, "4.05", ""},
		{"another host", []message.Option{uri("coap://192.0.2.1/test")}, "5.02", "this proxy reaches the devices of the lab only"},
		{"another port", []message.Option{uri("coap://" + plugtest.Addr.Addr().String() + ":1/test")}, "5.02", "this proxy reaches the devices of the lab only"},
		{"another scheme", []message.Option{uri("http://plugtest/test")}, "5.05", "this proxy speaks coap only"},
		{"secure scheme", []message.Option{opt(message.ProxyScheme, "coaps"), host, port}, "5.05", "this proxy speaks coap only"},
		{"relative", []message.Option{uri("/test")}, "4.00", "Proxy-Uri is not an absolute URI without a fragment"},
		{"fragment", []message.Option{uri(at + "/test#top")}, "4.00", "Proxy-Uri is not an absolute URI without a fragment"},
		{"port zero", []message.Option{uri("coap://plugtest:0/test")}, "4.00", "no such port"},
		{"last hop", []message.Option{uri(at + "/test"), opt(optHopLimit, 1)}, "5.08", "store"},
		{"one hop left", []message.Option{uri(at + "/link1"), opt(optHopLimit, 2)}, "2.05", "Link test /link1\n"},
		{"Hop-Limit zero", []message.Option{uri(at + "/link1"), opt(optHopLimit, []byte{0})}, "4.00", "Hop-Limit is 1 to 255 (RFC 8768 §3)"},
		{"Q-Block2", []message.Option{uri(at + "/large"), blockOpt(optQBlock2, 0, true, 6)}, "4.02", "no Q-Block through this proxy"},
		{"unsafe option", []message.Option{uri(at + "/link1"), opt(65002, "x")}, "4.02", "option 65002 is unsafe to forward and not understood"},
		{"safe option", []message.Option{uri(at + "/link1"), opt(unknownElective, "x")}, "2.05", "Link test /link1\n"},
		{"observation is not passed on", []message.Option{uri(at + "/path/sub1"), opt(message.Observe, 0)}, "2.05", "/path/sub1\n"},
		{"through a device that forgets tokens", []message.Option{uri("coap://difficult/reset")}, "5.02", "rejected with a Reset"},
		{"to itself", []message.Option{uri("coap://store/cache/counter")}, "2.05", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.t = t
			p.get("", c.options...).want(t, c.code, c.payload)
		})
	}
	p.t = t
	if n := observers(l, "plugtest"); n != 0 {
		t.Errorf("%d observers", n)
	}

	// Blocks pass one by one, in both directions.
	var body []byte
	for num, more := 0, true; more; num++ {
		g := p.get("", uri(at+"/large"), blockOpt(message.Block2, num, false, 4)).is(t, "2.05")
		body, more = append(body, g.payload...), g.blockOf(t, message.Block2).more
	}
	if !bytes.Equal(body, lines(1700)) {
		t.Errorf("%d octets differ", len(body))
	}
	other := newPeer(t, l, "store")
	part := func(p *peer, num int, more bool, c string) got {
		return p.do(codes.PUT, "", string(bytes.Repeat([]byte(c), 16)), uri(at+"/large-update"), blockOpt(message.Block1, num, more, 0))
	}
	part(p, 0, true, "a").is(t, "2.31")
	part(other, 0, true, "b").is(t, "2.31")
	part(p, 1, false, "a").is(t, "2.04")
	newPeer(t, l, "plugtest").get("large-update").want(t, "2.05", string(bytes.Repeat([]byte("a"), 32)))
}

// What takes time is acknowledged and answered later, and a client that has no interest is spared.
func TestProxyTakesTime(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "store")
	uri := opt(message.ProxyURI, "coap://difficult/slow?s=4")
	p.send(p.ask(message.Confirmable, codes.GET, "", "", uri))
	token := []byte{uint8(p.mid >> 8), uint8(p.mid)}
	clock.await(t, 3) // the request is on its way
	l.settled(t, "store")
	newPeer(t, l, "difficult").silence() // its timer is armed too
	clock.advance(patienceOfClient)
	p.said("0.00", message.Acknowledgement, nil)
	clock.advance(3 * time.Second)
	g := p.said("2.05", message.Confirmable, token)
	p.send(emptyMessage(message.Acknowledgement, g.mid))
	p.silence()

	p.send(p.ask(message.Confirmable, codes.GET, "", "", opt(message.ProxyURI, "coap://difficult/silent")))
	token = []byte{uint8(p.mid >> 8), uint8(p.mid)}
	p.silence()
	clock.advance(patienceOfClient)
	p.said("0.00", message.Acknowledgement, nil)
	for l.waiting("store") > 0 {
		clock.advance(time.Second)
	}
	g = p.said("5.04", message.Confirmable, token)
	p.send(emptyMessage(message.Acknowledgement, g.mid))
	p.silence()

	p.send(p.ask(message.NonConfirmable, codes.PUT, "", "x", opt(message.ProxyURI, "coap://plugtest/test"), opt(message.NoResponse, 2)))
	for {
		d := newPeer(t, l, "plugtest")
		d.silence()
		if l.waiting("store") == 0 {
			break
		}
	}
	p.silence()
}

// waiting counts the requests that a proxy has not got an answer to.
func (l *Lab) waiting(name string) int {
	d, err := l.device(name)
	if err != nil {
		return -1
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.forwarded)
}

// settled waits until every CON of a device is acknowledged.
func (l *Lab) settled(t *testing.T, name string) {
	t.Helper()
	d, err := l.device(name)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, l, name)
	for end := time.Now().Add(patience); ; {
		p.silence()
		d.mu.Lock()
		n := len(d.sent)
		d.mu.Unlock()
		if n == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s waits for %d acknowledgements", name, n)
		}
	}
}

// A proxy names itself before those behind it (RFC 8768 §4), and passes on no option that it does not understand.
func TestProxyAndResponses(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	origin, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	addr := origin.LocalAddr().(*net.UDPAddr).AddrPort()
	store, err := l.device("store")
	if err != nil {
		t.Fatal(err)
	}
	store.mu.Lock()
	store.resolve = func(string, int) (netip.AddrPort, bool) {
		return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), true
	}
	store.mu.Unlock()
	server := &peer{t: t, conn: origin, to: store.Addr}
	for _, c := range []struct {
		answer  response
		code    string
		payload string
	}{
		{status(codeHopLimit, "p2 p3"), "5.08", "store p2 p3"},
		{status(codes.Content, "x").add(unknownCritical, []byte("x")), "2.05", "x"}, // critical, and safe to forward
		{status(codes.Content, "x").add(65003, []byte("x")), "5.02", "option 65003 of the response is unsafe to forward and not understood"},
	} {
		p.send(p.ask(message.Confirmable, codes.GET, "", "", opt(message.ProxyURI, "coap://origin/a/b?c=d")))
		asked := server.receive()
		if asked.header.code != codes.GET || asked.typ != message.Confirmable || asked.option(optHopLimit) != "10" || fmt.Sprint((&request{options: asked.options}).path()) != "a/b" {
			t.Errorf("forwarded: %v, Hop-Limit %s", asked.header, asked.option(optHopLimit))
		}
		server.send(encode(header{typ: message.Acknowledgement, code: c.answer.code, mid: asked.mid, token: asked.token}, c.answer.options, c.answer.payload))
		p.receive().want(t, c.code, c.payload)
	}

	// A separate response is acknowledged, as often as it comes, and handed over once.
	p.send(p.ask(message.Confirmable, codes.GET, "", "", opt(message.ProxyURI, "coap://origin/a")))
	asked := server.receive()
	server.send(emptyMessage(message.Acknowledgement, asked.mid))
	separate := encode(header{typ: message.Confirmable, code: codes.Content, mid: 7, token: asked.token}, nil, []byte("late"))
	for range 2 {
		server.send(separate)
		if b, _ := server.octets(); !bytes.Equal(b, emptyMessage(message.Acknowledgement, 7)) {
			t.Errorf("got % x, want an acknowledgement", b)
		}
	}
	p.receive().want(t, "2.05", "late")
	p.silence()
	server.send(encode(header{typ: message.Confirmable, code: codes.Content, mid: 8, token: asked.token}, nil, []byte("late")))
	if b, _ := server.octets(); !bytes.Equal(b, emptyMessage(message.Reset, 8)) {
		t.Errorf("a response that nobody waits for is answered % x", b)
	}
}

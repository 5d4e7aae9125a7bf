package lab

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"golang.org/x/net/ipv4"
)

func TestDevicesLookLikeHosts(t *testing.T) {
	l, _ := startLab(t)
	var names []string
	hosts := make(map[netip.Addr]bool)
	for _, d := range l.Devices() {
		names = append(names, d.Name)
		hosts[d.Addr.Addr()] = true
		if !d.Addr.Addr().IsLoopback() || !d.Addr.Addr().Is4() || d.Title == "" {
			t.Errorf("%+v", d)
		}
	}
	if want := []string{"livingroom-node", "actuator", "store", "difficult", "plugtest"}; !slices.Equal(names, want) {
		t.Errorf("devices %q, want %q", names, want)
	}
	if (runtime.GOOS == "linux" || runtime.GOOS == "windows") && len(hosts) != len(names) {
		t.Errorf("%d devices share %d addresses", len(names), len(hosts))
	}
	if _, err := l.Device("toaster"); err == nil || !strings.Contains(err.Error(), "livingroom-node") {
		t.Errorf("error %v does not name the devices", err)
	}
}

func TestAddressTaken(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, firstHost)})
	if err != nil {
		t.Skip("this system has one loopback address only:", err)
	}
	defer taken.Close()
	port := taken.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	l, _ := startLab(t, func(c *Config) { c.Ephemeral, c.Port = false, port })
	d := l.Devices()[0]
	if d.Addr.Addr() != netip.MustParseAddr("127.0.0.1") || !strings.Contains(d.Note, taken.LocalAddr().String()) {
		t.Errorf("%+v", d)
	}
	newPeer(t, l, d.Name).get("sensors/humidity").is(t, "2.05")
}

func TestConfigIsChecked(t *testing.T) {
	if l, err := Start(Config{Ephemeral: true, Loss: 1.5}); err == nil {
		l.Close()
		t.Error("a loss of 1.5 was accepted")
	}
}

func TestClose(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.observe("obs")
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := clock.count(); n != 0 {
		t.Errorf("%d timers left", n)
	}
	l.Tick()
}

// multicast returns a peer whose datagrams go to the lab's group through the loopback interface.
func multicast(t *testing.T, l *Lab) *peer {
	t.Helper()
	if !l.MulticastAddr().IsValid() {
		t.Skip("the group could not be joined here")
	}
	p := newPeer(t, l, "plugtest")
	p.to = l.MulticastAddr()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 })
	if err := ipv4.NewPacketConn(p.conn).SetMulticastInterface(&all[i]); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMulticast(t *testing.T) {
	const leisure = 10 * time.Second
	l, clock := startLab(t, func(c *Config) { c.Leisure = leisure })
	p := multicast(t, l)
	p.send(p.ask(message.NonConfirmable, codes.GET, ".well-known/core?rt=lab.device", "", blockOpt(message.Block2, 0, false, 1)))
	clock.await(t, 5)
	clock.mu.Lock()
	var spread []time.Duration
	for _, timer := range clock.pending() {
		spread = append(spread, timer.at.Sub(clock.now))
	}
	clock.mu.Unlock()
	slices.Sort(spread)
	if spread[0] < 0 || spread[4] >= leisure || spread[4]-spread[0] < leisure/20 || len(slices.Compact(spread)) != 5 {
		t.Errorf("answers after %v, want them spread over %v", spread, leisure)
	}
	clock.advance(leisure)
	var from []netip.AddrPort
	for range 5 {
		b, addr := p.octets()
		g := p.decode(b).is(t, "2.05")
		if g.typ != message.NonConfirmable || !bytes.Equal(g.token, []byte{uint8(p.mid >> 8), uint8(p.mid)}) {
			t.Errorf("type %v, token %x", g.typ, g.token)
		}
		if b := g.blockOf(t, message.Block2); !b.more || len(g.payload) != 32 {
			t.Errorf("%+v with %d octets", b, len(g.payload))
		}
		from = append(from, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
	}
	for _, d := range l.Devices() {
		if !slices.Contains(from, d.Addr) {
			t.Errorf("%s at %v is not among %v", d.Name, d.Addr, from)
		}
	}
}

// What a group does not answer: errors, filters that match nothing, CON, and what is malformed (RFC 7252 §8.1, §8.2).
func TestMulticastSilence(t *testing.T) {
	l, clock := startLab(t)
	p := multicast(t, l)
	for _, b := range [][]byte{
		p.ask(message.NonConfirmable, codes.GET, "none", ""),
		p.ask(message.NonConfirmable, codes.GET, ".well-known/core?rt=nowhere", ""),
		p.ask(message.Confirmable, codes.GET, ".well-known/core", ""),
		p.ask(message.NonConfirmable, codes.GET, ".well-known/core", "", opt(unknownCritical, "x")),
		{0x49, 1, 0, 9},
		{0x40, 0, 0, 9},
		{0x50, 1, 0, 10, 0xff},
		{0x50, 69, 0, 11},
	} {
		p.send(b)
	}
	// The group's socket is read in order: when this is answered by the only device that it is for, the others are past.
	p.send(p.ask(message.NonConfirmable, codes.GET, ".well-known/core?rt=temperature-c", ""))
	want := []byte{uint8(p.mid >> 8), uint8(p.mid)}
	clock.await(t, 1)
	clock.advance(time.Minute)
	b, from := p.octets()
	sensor, err := l.Device("livingroom-node")
	if err != nil {
		t.Fatal(err)
	}
	if g := p.decode(b).is(t, "2.05"); !bytes.Equal(g.token, want) || from.Port() != sensor.Addr.Port() {
		t.Errorf("token %x from %v, want %x from %v", g.token, from, want, sensor.Addr)
	}
	for _, d := range l.Devices() {
		p.to = d.Addr
		p.silence()
	}
	if n := clock.count(); n != 0 {
		t.Errorf("%d answers still to come", n)
	}
}

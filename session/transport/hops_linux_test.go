package transport_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"coapscope/session/fault"
)

// A datagram to a group has the hop limit that it was sent with, and stays on the link without; also when a fault held
// it back while others were sent.
func TestHopLimit(t *testing.T) {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip(err)
	}
	ip := net.IPv4(224, 0, 1, 187)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packets := ipv4.NewPacketConn(conn)
	if err := packets.JoinGroup(loopback, &net.UDPAddr{IP: ip}); err != nil {
		t.Fatal(err)
	}
	if err := packets.SetControlMessage(ipv4.FlagTTL, true); err != nil {
		t.Fatal(err)
	}
	group := netip.AddrPortFrom(netip.MustParseAddr("224.0.1.187"), uint16(conn.LocalAddr().(*net.UDPAddr).Port))
	e := open(t)
	receive := func() (data byte, ttl int) {
		t.Helper()
		b := make([]byte, 100)
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, control, _, err := packets.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		return b[0], control.TTL
	}
	for i, hops := range []int{0, 4, 255, 1, 0} {
		if _, err := e.SendGroup([]byte{byte(i)}, group, loopback, hops); err != nil {
			t.Fatal(err)
		}
		if _, ttl := receive(); ttl != max(1, hops) {
			t.Errorf("hop limit %d: TTL %d", hops, ttl)
		}
	}
	for _, hops := range []int{-1, 256} {
		if _, err := e.SendGroup([]byte{1}, group, loopback, hops); err == nil {
			t.Errorf("hop limit %d was taken", hops)
		}
	}
	held, err := fault.Parse("delay sent 1 20ms")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetFaults(held); err != nil {
		t.Fatal(err)
	}
	for i, hops := range []int{7, 3} {
		if _, err := e.SendGroup([]byte{byte(i)}, group, loopback, hops); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if i, ttl := receive(); ttl != []int{7, 3}[i] {
			t.Errorf("datagram %d: TTL %d", i, ttl)
		}
	}
}

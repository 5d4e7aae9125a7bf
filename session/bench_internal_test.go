package session

import (
	"net"
	"net/netip"
	"testing"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

// echoServer answers every datagram at once: a GET with a 2.05 that has the first bytes of the request, so
// that it costs the responder what a bare ping-pong does.
func echoServer(b *testing.B) netip.AddrPort {
	b.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	b.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		data := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(data)
			if err != nil {
				return
			}
			if n >= 4 { // header and token stay: an ACK with 2.05, without the options
				data[0] = data[0]&0x0f | 0x60
				data[1] = byte(protocol.Content)
				n = 4 + int(data[0]&0x0f)
			}
			conn.WriteToUDPAddrPort(data[:n], from)
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// BenchmarkPingPong is the bare network: what there is to compare a GET with.
func BenchmarkPingPong(b *testing.B) {
	to := echoServer(b)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	request, reply := []byte{0x44, 1, 0, 0, 1, 2, 3, 4, 0xb1, 'x'}, make([]byte, 2048)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.WriteToUDPAddrPort(request, to); err != nil {
			b.Fatal(err)
		}
		if _, _, err := conn.ReadFromUDPAddrPort(reply); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	e, err := Open(Config{KeepFrames: 64 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	// As many requests as there is time for are more than there are message IDs.
	e.SetIdentifiers(exchange.Identifiers{Recycle: true})
	r := Request{To: echoServer(b), Message: ask(protocol.GET, "x")}
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Do(ctx, r); err != nil {
			b.Fatal(err)
		}
	}
}

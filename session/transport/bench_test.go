package transport_test

import (
	"net"
	"net/netip"
	"testing"

	"coapscope/session/trace"
	"coapscope/session/transport"
)

// nowhere counts frames and keeps none.
func nowhere() transport.Tap {
	var n trace.Seq
	return func(trace.Frame) trace.Seq { n++; return n }
}

// reflect sends everything back until the socket is closed.
func reflect(conn *net.UDPConn) {
	buffer := make([]byte, 100)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		conn.WriteToUDPAddrPort(buffer[:n], from)
	}
}

// loopback gives the address of a socket on this machine.
func loopback(b *testing.B, conn *net.UDPConn) netip.AddrPort {
	b.Helper()
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	addr := netip.IPv6Loopback()
	if at.Addr().Unmap().Is4() {
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(addr, at.Port())
}

func BenchmarkSend(b *testing.B) {
	for _, network := range []string{"udp4", "udp6"} {
		b.Run(network, func(b *testing.B) {
			sink, err := net.ListenUDP(network, nil)
			if err != nil {
				b.Skip(err)
			}
			defer sink.Close()
			to := loopback(b, sink)
			u, err := transport.OpenUDP(nowhere(), func(trace.Frame) {}, func(transport.Undelivered) {})
			if err != nil {
				b.Fatal(err)
			}
			defer u.Close()
			data := make([]byte, 40)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Send(data, to); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A datagram there, and its echo back: what a request costs at the least.
func BenchmarkRoundTrip(b *testing.B) {
	for _, network := range []string{"udp4", "udp6"} {
		b.Run(network, func(b *testing.B) {
			echo, err := net.ListenUDP(network, nil)
			if err != nil {
				b.Skip(err)
			}
			defer echo.Close()
			go reflect(echo)
			to := loopback(b, echo)
			came := make(chan struct{}, 1)
			u, err := transport.OpenUDP(nowhere(), func(trace.Frame) { came <- struct{}{} }, func(transport.Undelivered) {})
			if err != nil {
				b.Fatal(err)
			}
			defer u.Close()
			data := make([]byte, 40)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Send(data, to); err != nil {
					b.Fatal(err)
				}
				<-came
			}
		})
	}
}

// The same by bare sockets, to compare with.
func BenchmarkBareRoundTrip(b *testing.B) {
	echo, err := net.ListenUDP("udp4", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer echo.Close()
	go reflect(echo)
	to := loopback(b, echo)
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	data := make([]byte, 40)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.WriteToUDPAddrPort(data, to); err != nil {
			b.Fatal(err)
		}
		if _, _, err := conn.ReadFromUDPAddrPort(data); err != nil {
			b.Fatal(err)
		}
	}
}

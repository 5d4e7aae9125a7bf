package exchange

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"coapscope/protocol"
)

// One GET after the other, each answered in its ACK.
func BenchmarkSequentialGET(b *testing.B) {
	m := NewMachine(Config{})
	now := start
	request := protocol.Message{Code: protocol.GET, Options: protocol.Options{}.Add(protocol.URIPath, []byte("temperature"))}
	var out []Output
	reply := make([]byte, 8)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(5 * time.Millisecond)
		out = m.Handle(now, Send{ID: m.NextID(), To: peers["a"], Message: request}, out[:0])
		copy(reply, out[len(out)-1].(Transmit).Data)
		reply[0] |= byte(protocol.Acknowledgement) << 4
		reply[1] = byte(protocol.Content)
		out = m.Handle(now, Datagram{From: peers["a"], Data: reply}, out[:0])
		if _, ok := out[0].(Response); !ok {
			b.Fatalf("%#v", out)
		}
	}
}

// 10,000 exchanges open to 1,000 endpoints: what each takes in memory.
func BenchmarkOpenExchanges(b *testing.B) {
	const exchanges, endpoints = 10_000, 1000
	transmission := protocol.DefaultTransmission()
	transmission.NStart = exchanges / endpoints
	request := protocol.Message{Code: protocol.GET, Options: protocol.Options{}.Add(protocol.URIPath, []byte("temperature"))}
	var before, after runtime.MemStats
	total := uint64(0)
	n := 0
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := NewMachine(Config{Transmission: transmission})
		var out []Output
		for i := range exchanges {
			to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i % endpoints >> 8), byte(i % endpoints)}), 5683)
			out = m.Handle(start, Send{ID: m.NextID(), To: to, Message: request}, out[:0])
			if _, ok := out[len(out)-1].(Transmit); !ok {
				b.Fatalf("%#v", out)
			}
		}
		clear(out)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if len(m.open) != exchanges || len(m.peers) != endpoints {
			b.Fatalf("%d exchanges with %d endpoints", len(m.open), len(m.peers))
		}
		total += after.HeapAlloc - before.HeapAlloc
		n++
		runtime.KeepAlive(m)
	}
	b.ReportMetric(float64(total)/float64(n)/exchanges, "B/exchange")
}

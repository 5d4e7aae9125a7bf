package exchange

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
)

// traffic makes frames of 100 clients and 50 servers, 1 ms apart: of ten requests one is lost
// and sent again, two are answered separately with all acknowledgements, the others at once.
func traffic(frames int) []Observed {
	random := rand.New(rand.NewPCG(1, 2))
	paths := [...]string{"temperature", "humidity", "light", "state", "config"}
	all := make([]Observed, 0, frames)
	add := func(from, to netip.AddrPort, m protocol.Message) {
		b, err := m.Append(nil)
		if err != nil {
			panic(err)
		}
		n := len(all)
		all = append(all, Observed{uint64(n + 1), start.Add(time.Duration(n) * time.Millisecond), from, to, 0, b})
	}
	for i := 0; len(all) < frames-5; i++ {
		client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i % 100)}), 40000)
		server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 2, byte(i % 50)}), 5683)
		request := protocol.Message{
			Code: protocol.GET, MessageID: protocol.MessageID(i / 100),
			Token: protocol.TokenOf(binary.BigEndian.AppendUint32(nil, random.Uint32())),
			Options: protocol.Options{
				{Number: protocol.URIPath, Value: []byte("sensors")},
				{Number: protocol.URIPath, Value: []byte(paths[i%len(paths)])},
				{Number: protocol.Accept, Value: []byte{60}},
			},
		}
		response := protocol.Message{
			Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: request.MessageID, Token: request.Token,
			Options: protocol.Options{{Number: protocol.ContentFormatOption, Value: []byte{60}}}, Payload: []byte("\xa1\x61v\x18\x2a"),
		}
		add(client, server, request)
		switch i % 10 {
		case 0:
			add(client, server, request)
		case 1, 2:
			add(server, client, protocol.Message{Type: protocol.Acknowledgement, MessageID: request.MessageID})
			response.Type, response.MessageID = protocol.Confirmable, protocol.MessageID(random.Uint32())
			add(server, client, response)
			add(client, server, protocol.Message{Type: protocol.Acknowledgement, MessageID: response.MessageID})
			continue
		}
		add(server, client, response)
	}
	return all
}

func BenchmarkTrackerMillionFrames(b *testing.B) {
	frames := traffic(1_000_000)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		t := NewTracker()
		for i := range frames {
			t.Add(frames[i])
		}
	}
	b.ReportMetric(float64(len(frames)*b.N)/b.Elapsed().Seconds(), "frames/s")
}

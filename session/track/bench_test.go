package track

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

// blockTraffic makes frames of 100 clients that move bodies to and from 50 servers at the same time, in blocks of 64:
// of two each client has one down by Block2 and one up by Block1, with a new token each block; 1 of 20 blocks comes
// again, and between them are notifications.
func blockTraffic(frames int) []Observed {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]Observed, 0, frames)
	add := func(from, to netip.AddrPort, m protocol.Message) {
		b, err := m.Append(nil)
		if err != nil {
			panic(err)
		}
		n := len(all)
		all = append(all, Observed{uint64(n + 1), start.Add(time.Duration(n) * 100 * time.Microsecond), from, to, 0, b})
	}
	body, observe := make([]byte, 64), protocol.Options{}.Add(protocol.Observe, nil)
	for i := 0; len(all) < frames-4; i++ {
		client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(i % 100)}), 40000)
		server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 2, byte(i % 50)}), 5683)
		round := i / 200
		block := protocol.Block{Num: uint32(round % 40), More: round%40 < 39, SZX: 2}
		request := protocol.Message{
			Code: protocol.GET, MessageID: protocol.MessageID(i / 100), Token: protocol.TokenOf(binary.BigEndian.AppendUint32(nil, random.Uint32())),
			Options: protocol.Options{{Number: protocol.URIPath, Value: []byte("firmware")}},
		}
		response := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: request.MessageID, Token: request.Token}
		if i/100%2 == 0 {
			response.Options = protocol.Options{{Number: protocol.ETag, Value: []byte{byte(round / 40)}}, {Number: protocol.Block2, Value: block.Value()}}
			response.Payload = body
			block.More = false
			request.Options = request.Options.Add(protocol.Block2, block.Value())
		} else {
			request.Code, response.Code = protocol.PUT, protocol.Changed
			if block.More {
				response.Code = protocol.Continue
			}
			request.Options = request.Options.Add(protocol.Block1, block.Value())
			request.Payload = body
			response.Options = protocol.Options{{Number: protocol.Block1, Value: block.Value()}}
		}
		add(client, server, request)
		if i%20 == 0 {
			add(client, server, request)
		}
		add(server, client, response)
		if i%10 == 0 {
			observe[0].Value = protocol.EncodeUint(uint64(i))
			add(server, client, protocol.Message{
				Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(i / 50), Token: protocol.TokenOf([]byte{9}),
				Options: observe, Payload: body[:4],
			})
		}
	}
	return all
}

// The tracker puts every body of that traffic together.
func TestTrackerTransfersAtTheSameTime(t *testing.T) {
	tracker := NewTracker()
	frames := blockTraffic(100_000)
	for _, f := range frames {
		if info := tracker.Add(f); info.Exchange == 0 {
			t.Fatalf("frame %d: %+v", f.Frame, info)
		}
	}
	whole := 0
	for i := range tracker.Transfers() {
		c, _ := tracker.Transfer(TransferIndex(i + 1))
		if b := c.Request; b.Present && (b.Blocks != 40 || !b.Complete) && c.State == TransferComplete || b.Retried > 0 {
			t.Fatalf("%+v", c)
		}
		if c.State == TransferComplete {
			whole++
		}
	}
	// Each client moves two bodies at a time, and not more at the end than began.
	if want := len(frames) / 86 / 200 * 200; tracker.Transfers() < want || tracker.Transfers()-whole > 200 {
		t.Errorf("%d transfers, %d complete", tracker.Transfers(), whole)
	}
}

func BenchmarkTrackerMillionBlocks(b *testing.B) {
	frames := blockTraffic(1_000_000)
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

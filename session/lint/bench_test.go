package lint

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/track"
)

// traffic makes clean frames of 100 clients and 50 servers, 1 ms apart: of ten requests two are answered
// separately with all acknowledgements, one is a block of a body, the others are answered at once.
func traffic(frames int) []track.Observed {
	random := rand.New(rand.NewPCG(1, 2))
	paths := [...]string{"temperature", "humidity", "light", "state", "config"}
	all := make([]track.Observed, 0, frames)
	add := func(from, to netip.AddrPort, m protocol.Message) {
		b, err := m.Append(nil)
		if err != nil {
			panic(err)
		}
		n := len(all)
		all = append(all, track.Observed{
			Frame: uint64(n + 1), Time: storyStart.Add(time.Duration(n) * time.Millisecond), Source: from, Destination: to, Data: b,
		})
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
		switch i % 10 {
		case 0:
			request.Options = request.Options.Add(protocol.Block2, protocol.Block{SZX: 2}.Value())
			response.Options = response.Options.Add(protocol.Block2, protocol.Block{SZX: 2}.Value())
		case 1, 2:
			add(client, server, request)
			add(server, client, protocol.Message{Type: protocol.Acknowledgement, MessageID: request.MessageID})
			response.Type, response.MessageID = protocol.Confirmable, protocol.MessageID(30000+i/100)
			add(server, client, response)
			add(client, server, protocol.Message{Type: protocol.Acknowledgement, MessageID: response.MessageID})
			continue
		}
		add(client, server, request)
		add(server, client, response)
	}
	return all
}

// Clean traffic of many endpoints has no finding, and costs no memory a frame.
func TestMuchCleanTraffic(t *testing.T) {
	frames := traffic(100_000)
	p := newPlayer()
	half := len(frames) / 2
	for _, o := range frames[:half] {
		p.add(o)
	}
	for i := range p.linter.Len() {
		t.Fatalf("%+v", p.linter.At(i))
	}
}

// The tables of a flood of endpoints stay bounded, and so does what is found.
func TestFloodIsBounded(t *testing.T) {
	p := newPlayer()
	at := storyStart
	for i := range 300_000 {
		m := protocol.Message{
			Type: protocol.Type(i % 4), Code: protocol.Code([]uint8{1, 0x45, 0, 0x84}[i%7%4]), MessageID: protocol.MessageID(i),
		}
		if m.Code != protocol.Empty {
			m.Token = protocol.TokenOf([]byte{byte(i), byte(i >> 8)})
			m.Options = m.Options.AddUint(protocol.Observe, uint64(i%2)).Add(protocol.Block1, []byte{byte(i)}).Add(protocol.Echo, []byte{byte(i)})
		}
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Millisecond)
		p.add(track.Observed{
			Time: at, Data: b,
			Source:      netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5683),
			Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, 0, 0, byte(i)}), 5683),
		})
	}
	p.checkBounds(t)
}

// checkBounds holds the tables against what they may hold.
func (p *player) checkBounds(t *testing.T) {
	t.Helper()
	l := p.linter
	for _, c := range []struct {
		name       string
		young, old int
		most       int
	}{
		{"endpoints", l.endpoints.young.length, l.endpoints.old.length, maxEndpoints},
		{"pairs", l.pairs.young.length, l.pairs.old.length, maxEndpoints},
		{"sent", l.sent.young.length, l.sent.old.length, maxMessages},
		{"dialogues", l.dialogues.young.length, l.dialogues.old.length, maxMessages},
		{"tokens", l.tokens.young.length, l.tokens.old.length, maxMessages},
		{"transfers", l.transfers.young.length, l.transfers.old.length, maxTransfers},
		{"targets", l.targets.young.length, l.targets.old.length, maxTransfers},
		{"relations", l.relations.young.length, l.relations.old.length, maxTransfers},
		{"findings", l.found.length, 0, maxEntries},
	} {
		if c.young > c.most || c.old > c.most {
			t.Errorf("%s: %d and %d records, at most %d", c.name, c.young, c.old, c.most)
		}
	}
}

// What is behind the bound of findings is counted.
func TestFindingsAreBounded(t *testing.T) {
	l := New()
	for i := range maxEntries + 5 {
		l.reportLate(ruleStale, uint64(i/10), 0, 0, 0)
	}
	if l.Len() != maxEntries || l.LeftOut() != 5 {
		t.Errorf("%d findings, %d left out", l.Len(), l.LeftOut())
	}
	if e := l.At(maxEntries - 1); e.Frame != (maxEntries-1)/10 || e.Rule.ID != "notification-stale" || !e.History {
		t.Errorf("the last one is %+v", e)
	}
	if s, ok := l.Worst(0); s != dissect.Note || !ok {
		t.Errorf("frame 0: %v, %v", s, ok)
	}
	if _, ok := l.Worst(maxEntries); ok {
		t.Error("a frame without findings has one")
	}
}

func BenchmarkMillionFrames(b *testing.B) {
	frames := traffic(1_000_000)
	for _, with := range []struct {
		name          string
		dissect, lint bool
	}{{"tracker", false, false}, {"tracker+dissect", true, false}, {"tracker+dissect+lint", true, true}} {
		b.Run(with.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				p := newPlayer()
				for _, o := range frames {
					info := p.tracker.Add(o)
					if with.dissect {
						p.tree.DissectFraming(o.Framing, o.Data)
					}
					if with.lint {
						x, _ := p.tracker.Exchange(info.Exchange)
						p.linter.Add(o, &p.tree, info, x)
					}
				}
				if n := p.linter.Len(); n > 0 {
					b.Fatalf("%d findings, such as %+v %s", n, p.linter.At(0), p.linter.At(0).Rule.ID)
				}
			}
			b.ReportMetric(float64(len(frames)*b.N)/b.Elapsed().Seconds(), "frames/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(frames)*b.N), "ns/frame")
		})
	}
}

package exchange

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// plain is what is kept of a received message, as it is.
type plain struct {
	until instant
	received
}

// plainly remembers messages as simply as can be: in a map, and in order.
type plainly struct {
	messages map[messageKey]plain
	order    []messageKey
}

func (p *plainly) add(key messageKey, r plain) {
	p.messages[key] = r
	p.order = append(p.order, key)
}

func (p *plainly) forget() {
	delete(p.messages, p.order[0])
	p.order = p.order[1:]
}

// Whatever is received when, after whatever change of the transmission parameters: what has a message ID that was
// received from the endpoint, and whose lifetime at that time is not over, is a duplicate of that and is answered as
// that was (RFC 7252 §4.5); nothing else is one. The lifetime may be a microsecond longer, and is never shorter.
func TestDuplicatesAreWhatAPlainTableTells(t *testing.T) {
	type first struct {
		until  time.Duration
		frame  uint64
		id     ID
		data   string
		answer []byte // nil for none
	}
	type key struct {
		from string
		id   protocol.MessageID
	}
	duplicates, differing := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := NewMachine(Config{Rand: &counting{}})
		now := start
		tokens := []protocol.Token{protocol.TokenOf([]byte("nobody's"))}
		id := ID(rapid.Uint64Range(1, math.MaxUint64-2).Draw(t, "exchange"))
		for i, to := range []string{"a", "b", "group"} {
			s := Send{ID: id + ID(i), To: peers[to], Message: get(protocol.NonConfirmable), KeepOpen: true}
			s.Multicast, s.Timeout = to == "group", 240*time.Hour
			tokens = append(tokens, m.Handle(now, s, nil)[0].(Sent).Token)
		}
		number := rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(math.MaxUint32-2, math.MaxUint32+2))
		stride := rapid.SampledFrom([]protocol.MessageID{1, 2, 3, 64, 256, 0x1000, 0x8000}).Draw(t, "stride")
		plainly := map[key]first{}
		var ends []time.Duration
		var sent []protocol.Message
		for range rapid.IntRange(1, 300).Draw(t, "messages") {
			switch rapid.IntRange(0, 19).Draw(t, "between") {
			case 0:
				own := protocol.DefaultTransmission()
				own.AckTimeout = rapid.SampledFrom([]time.Duration{time.Millisecond, 123457 * time.Nanosecond, 2 * time.Second, time.Hour}).Draw(t, "ACK_TIMEOUT")
				own.MaxLatency = rapid.SampledFrom([]time.Duration{0, time.Second, 100 * time.Second}).Draw(t, "MAX_LATENCY")
				if rapid.Bool().Draw(t, "of all") {
					m.SetTransmission(own)
				} else {
					m.SetTransmissionOf(peers["a"], &own)
				}
			case 1:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(4*time.Hour)).Draw(t, "long")))
			case 2: // to when one of those that are remembered is forgotten, or nearly
				if len(ends) > 0 {
					end := rapid.SampledFrom(ends).Draw(t, "end") + time.Duration(rapid.IntRange(-1, 1).Draw(t, "nearly"))*time.Microsecond
					now = now.Add(max(0, end-now.Sub(start)))
				}
			default:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "short")))
			}
			from := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "from")
			message := protocol.Message{
				Type: rapid.SampledFrom([]protocol.Type{protocol.Confirmable, protocol.NonConfirmable}).Draw(t, "type"),
				Code: protocol.Content, MessageID: stride * protocol.MessageID(rapid.IntRange(0, 40).Draw(t, "ID")),
				Token: rapid.SampledFrom(tokens).Draw(t, "token"), Payload: rapid.SliceOfN(rapid.Byte(), 1, 1).Draw(t, "payload"),
			}
			if rapid.Bool().Draw(t, "observe") {
				message.Options = message.Options.AddUint(protocol.Observe, 1)
			}
			if len(sent) > 0 && rapid.Bool().Draw(t, "again") {
				message = rapid.SampledFrom(sent).Draw(t, "which")
			}
			sent = append(sent, message)
			data, err := message.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			d := Datagram{From: peers[from], Data: data, Multicast: rapid.IntRange(0, 5).Draw(t, "multicast") == 0, Frame: number.Draw(t, "frame")}
			lifetime := m.transmissionWith(&peer{settings: m.settings[d.From]}).ExchangeLifetime()
			if message.Type == protocol.NonConfirmable {
				lifetime = m.transmissionWith(&peer{settings: m.settings[d.From]}).NonLifetime()
			}
			out := m.Handle(now, d, nil)
			if err := audit(m); err != nil {
				t.Fatal(err)
			}
			var answer []byte
			if a, ok := out[0].(Transmit); ok {
				answer, out = a.Data, out[1:]
			}
			for k, f := range plainly {
				if f.until <= now.Sub(start) {
					delete(plainly, k)
				}
			}
			f, known := plainly[key{from, message.MessageID}]
			if !known {
				f = first{(now.Sub(start) + lifetime + time.Microsecond - 1).Truncate(time.Microsecond), d.Frame, 0, string(data), answer}
				switch o := out[0].(type) {
				case Response:
					f.id = o.ID
				case Unmatched:
					f.id = o.ID
				default:
					t.Fatalf("%#v, which is no duplicate", o)
				}
				plainly[key{from, message.MessageID}] = f
				ends = append(ends, f.until)
			} else {
				o, ok := out[0].(Duplicate)
				if differs := f.data != string(data); !ok || o.ID != f.id || o.First != f.frame || o.Differs != differs {
					t.Fatalf("%#v, which is a duplicate of %#v", out[0], f)
				}
				if f.answer == nil || message.Type != protocol.Confirmable || d.Multicast {
					f.answer = nil
				}
				if string(answer) != string(f.answer) {
					t.Fatalf("answered with %x, want %x", answer, f.answer)
				}
				duplicates++
				if o.Differs {
					differing++
				}
			}
			if m.Sizes().Received != len(plainly) {
				t.Fatalf("%d messages are remembered, want %d", m.Sizes().Received, len(plainly))
			}
		}
	})
	if t.Logf("%d duplicates, %d of them differ", duplicates, differing); duplicates == 0 || differing == 0 || duplicates == differing {
		t.Error("not all has been seen")
	}
}

// However many messages come in whatever order of message IDs, and however many are forgotten meanwhile: those that
// are remembered are found, and no others.
func TestRememberedAreFoundAsInAPlainTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := remembered{newest: make([]uint16, 1)}
		p := plainly{messages: map[messageKey]plain{}}
		id := protocol.MessageID(rapid.Uint16().Draw(t, "first ID"))
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			stride := protocol.MessageID(rapid.OneOf(rapid.SampledFrom([]uint16{1, 2, 255, 256, 0x1001, 0x8001}), rapid.Uint16()).Draw(t, "stride"))
			most := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 1<<16)).Draw(t, "most")
			for range rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(0, 30_000)).Draw(t, "messages") {
				if r.find(id) == nil {
					frame := uint32(len(p.order)) ^ uint32(id)<<8
					r.add(entry{message: id, frame: frame})
					p.add(messageKey{id: id}, plain{0, received{frame: uint64(frame)}})
				}
				for r.count > most {
					r.forget()
					p.forget()
				}
				id += stride
			}
			for i := range 1 << 16 {
				id := protocol.MessageID(i)
				want, ok := p.messages[messageKey{id: id}]
				if e := r.find(id); (e != nil) != ok || ok && uint64(e.frame) != want.frame {
					t.Fatalf("message ID %d: %+v, want %v %+v", i, e, ok, want)
				}
			}
			if r.count != len(p.messages) || len(r.blocks) > r.count/perBlock+2 {
				t.Fatalf("%d messages in %d blocks, want %d", r.count, len(r.blocks), len(p.messages))
			}
		}
	})
}

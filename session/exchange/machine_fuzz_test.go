package exchange

import (
	"errors"
	"testing"
	"time"

	"coapscope/protocol"
)

// Whatever is done to the machine in whatever order, each exchange ends once, nothing is sent for
// it afterwards, and in the end nothing is left.
func FuzzMachine(f *testing.F) {
	// An input is a byte for what it is, one for its flags, and one for the time that passes.
	f.Add([]byte{0, 0, 0, 5, 0x62, 1, 6, 0, 1, 0, 1, 9, 8, 0, 200})
	f.Add([]byte{0, 0x41, 0, 0, 0x81, 0, 0, 0x3f, 1, 9, 2, 40, 2, 1, 1, 3, 0, 1, 7, 3, 3})
	f.Add([]byte{8, 9, 0, 0, 0x14, 0, 5, 0x73, 1, 5, 0x63, 1, 4, 0, 1, 5, 0x45, 9})
	f.Fuzz(func(t *testing.T, script []byte) {
		m := NewMachine(Config{Rand: &counting{}})
		now := start
		state := map[ID]string{} // open, ended
		var last ID
		var sent []Transmit
		handle := func(in Input) {
			for _, out := range m.Handle(now, in, nil) {
				var ended ID
				switch o := out.(type) {
				case Transmit:
					if o.Kind <= KindPing {
						if state[o.ID] != "open" {
							t.Fatalf("transmits for %d, which is %q", o.ID, state[o.ID])
						}
						sent = append(sent, o)
					}
				case Response:
					if !o.Open {
						ended = o.ID
					}
				case Suppressed:
					ended = o.ID
				case Pong:
					ended = o.ID
				case Collected:
					ended = o.ID
				case Failed:
					ended = o.ID
				}
				if ended != 0 {
					if state[ended] != "open" {
						t.Fatalf("%d ends, but is %q: %#v", ended, state[ended], out)
					}
					state[ended] = "ended"
				}
			}
			if err := audit(m); err != nil {
				t.Fatal(err)
			}
		}
		targets := []string{"a", "b"}
		for len(script) >= 3 && len(state) < 50 {
			what, flags, wait := script[0], script[1], script[2]
			script = script[3:]
			now = now.Add(time.Duration(wait) * time.Duration(wait) * 10 * time.Millisecond)
			to := peers[targets[flags&1]]
			switch what % 10 {
			case 0, 1, 2:
				last = m.NextID()
				state[last] = "open"
				s := Send{ID: last, To: to, KeepOpen: flags&2 != 0, SelfPaced: flags&4 != 0, FixedMessageID: flags&8 != 0, ReuseMessageID: flags&16 != 0}
				s.Message = protocol.Message{Type: protocol.Type(what % 10 & 1), Code: protocol.GET, MessageID: 7}
				if flags&32 != 0 {
					s.Message.Options = s.Message.Options.AddUint(protocol.NoResponse, uint64(flags>>5))
				}
				if flags&64 != 0 {
					s.Identifiers = &Identifiers{Tokens: TokenPolicy(what % 3), TokenLength: int(what)}
				}
				if s.Multicast = flags&128 != 0 && s.Message.Type == protocol.NonConfirmable; s.Multicast {
					s.To = peers["group"]
				}
				handle(s)
			case 3:
				last = m.NextID()
				state[last] = "open"
				handle(Ping{ID: last, To: to})
			case 4:
				handle(Cancel{ID(wait) % (last + 1)})
			case 5: // something that answers what was sent
				if len(sent) == 0 {
					continue
				}
				r := sent[int(wait)%len(sent)]
				var request protocol.Message
				if err := request.ParseExtended(r.Data); err != nil {
					t.Fatal(err)
				}
				answer := protocol.Message{Type: protocol.Type(flags >> 4 & 3), MessageID: request.MessageID}
				if flags&1 != 0 {
					answer.Code, answer.Token = protocol.Content, request.Token
				}
				if flags&2 != 0 {
					answer.MessageID += protocol.MessageID(wait)
				}
				b, err := answer.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				handle(Datagram{From: to, Data: b, Multicast: flags&128 != 0})
			case 6:
				handle(Reject{ID(wait) % (last + 1)})
			case 7:
				if len(sent) > 0 {
					r := sent[int(wait)%len(sent)]
					handle(Unreachable{To: r.To, Err: errors.New("unreachable"), Quote: r.Data[:int(flags)%(len(r.Data)+1)]})
				}
			case 8:
				own := protocol.DefaultTransmission()
				own.NStart, own.ProbingRate, own.MaxRetransmit = int(flags>>4), float64(flags&15), int(flags&3)
				m.SetTransmissionOf(to, &own)
				m.SetIdentifiersOf(to, &Identifiers{MessageIDs: MessageIDPolicy(flags & 1), Recycle: flags&2 != 0, Tokens: TokenPolicy(flags % 3)})
			case 9:
				m.SetTransmissionOf(to, nil)
				m.SetIdentifiersOf(to, nil)
				handle(Tick{})
			}
		}
		for id, s := range state {
			if s == "open" {
				handle(Cancel{id})
			}
		}
		for range 10_000 {
			at, ok := m.Deadline()
			if !ok {
				break
			}
			now = at
			handle(Tick{})
		}
		for id, s := range state {
			if s != "ended" {
				t.Errorf("%d has not ended", id)
			}
		}
		if left := tableSize(m); left != "" {
			t.Error(left)
		}
	})
}

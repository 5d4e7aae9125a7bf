package exchange

import (
	"testing"
	"time"

	"coapscope/protocol"
)

// Whatever arrives, the machine says something of it, answers nothing but a CON or NON, and
// forgets it in the end.
func FuzzHandleDatagram(f *testing.F) {
	for _, seed := range []string{
		"", "@", "\x40\x00\x00\x01", "\x60\x00\x00\x00", "\x70\x00\x00\x00", "\x80\x45\x00\x00",
		"\x64\x45\x00\x00\x00\x00\x00\x02\xffhello", "\x44\x45\x12\x34\x00\x00\x00\x02\x61\x05",
		"\x54\x45\x12\x35\x00\x00\x00\x04\xd1\x0a\x01\xff!", "\x41\x01\x00\x00\x00", "\x4f\x01\x00\x00",
	} {
		f.Add([]byte(seed), []byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, one, two []byte, multicast bool) {
		m := NewMachine(Config{Rand: &counting{}})
		now := start
		get := protocol.Message{Code: protocol.GET}
		m.Handle(now, Send{ID: 1, To: peers["a"], Message: get, KeepOpen: true}, nil)
		get.Type = protocol.NonConfirmable
		m.Handle(now, Send{ID: 2, To: peers["group"], Message: get, Multicast: true}, nil)
		m.Handle(now, Ping{ID: 3, To: peers["b"]}, nil)
		for i, data := range [][]byte{one, two, one, two} {
			now = now.Add(time.Second)
			from := peers["a"]
			if i == 3 {
				from = peers["b"]
			}
			frame, told := uint64(i+1), false
			for _, out := range m.Handle(now, Datagram{From: from, Data: data, Multicast: multicast, Frame: frame}, nil) {
				switch o := out.(type) {
				case Transmit:
					if o.Kind < KindAcknowledgement {
						continue // a retransmission that is due
					}
					if typ, _, ok := protocol.Header(data); !ok || typ > protocol.NonConfirmable || multicast || o.Answers != frame {
						t.Fatalf("%x is answered by %x", data, o.Data)
					}
				case Response:
					told = told || o.Frame == frame
				case Acknowledged:
					told = told || o.Frame == frame
				case Pong:
					told = told || o.Frame == frame
				case Duplicate:
					told = told || o.Frame == frame
				case Unmatched:
					told = told || o.Frame == frame
				case Malformed:
					told = told || o.Frame == frame
				case Failed:
					told = told || o.Frame == frame
				}
			}
			if !told {
				t.Fatalf("nothing is said of %x", data)
			}
		}
		m.Handle(now, Cancel{1}, nil)
		for range 100 {
			at, ok := m.Deadline()
			if !ok {
				break
			}
			m.Handle(at, Tick{}, nil)
		}
		if left := tableSize(m); left != "" {
			t.Fatal(left)
		}
	})
}

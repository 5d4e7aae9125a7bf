package exchange

import (
	"slices"
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

// Whatever frames come, in whatever order and time, the tracker's account of them is consistent.
func FuzzTracker(f *testing.F) {
	// A frame is a byte for where it goes and its framing, one for the time that passes, one for its length, and
	// its data.
	f.Add([]byte("\x01\x01\x06\x42\x01\x00\x01aa\x60" + "\x08\x01\x06\x62\x45\x00\x01aa\x61" + "\x08\x05\x08\x42\x45\x00\x09aa\x61\x07"))
	f.Add([]byte("\x01\x01\x04\x40\x00\x00\x01" + "\x08\xff\x04\x70\x00\x00\x01" + "\x03\x01\x04\x50\x01\x00\x01" + "\x04\x02\x04\x50\x45\x00\x01"))
	f.Add([]byte("\x41\x01\x03\x01\x01a" + "\x48\x01\x03\x01\x45a" + "\x48\x7f\x03\x01\xe2b" + "\x41\x7f\x03\x01\xe3b" + "\x81\x01\x04\x01\x01c\x60" + "\x88\x01\x04\x01\x45c\x60"))
	names := []string{"a", "b", "a2", "group"}
	f.Fuzz(func(t *testing.T, script []byte) {
		tracker := NewTracker()
		now, frame := start, uint64(0)
		var infos []FrameInfo
		for len(script) > 3 {
			n := min(int(script[2]), len(script)-3)
			where, data := script[0], script[3:3+n]
			now = now.Add(time.Duration(int8(script[1])) * 10 * time.Second)
			script = script[3+n:]
			frame++
			info := tracker.Add(Observed{frame, now, peers[names[where>>3&3]], peers[names[where&3]], protocol.Framing(where >> 6 % 3), data})
			if info.Role == RoleUnknown || info.Related >= frame || int(info.Exchange) > tracker.Len() {
				t.Fatalf("frame %d: %+v", frame, info)
			}
			infos = append(infos, info)
		}
		of := make([][]uint64, tracker.Len()+1)
		for i, info := range infos {
			got := tracker.Info(uint64(i + 1))
			if info.Transfer == 0 {
				got.Transfer = 0 // known later
			}
			if got != info {
				t.Fatalf("frame %d is %v, and later %v", i+1, info, got)
			}
			of[info.Exchange] = append(of[info.Exchange], uint64(i+1))
		}
		for i := range Index(tracker.Len()) {
			e, ok := tracker.Exchange(i + 1)
			if frames := tracker.Frames(i + 1); !ok || !slices.Equal(frames, of[i+1]) || e.FrameCount != len(frames) || e.FirstFrame != frames[0] {
				t.Fatalf("exchange %d has frames %v, want %v: %+v", i+1, frames, of[i+1], e)
			}
			if e.Responses == 0 && e.Code != 0 || e.Notifications > e.Responses || e.Stale > e.Notifications {
				t.Fatalf("%+v", e)
			}
		}
	})
}

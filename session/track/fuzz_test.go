package track

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"coapscope/protocol"
)

// consistent holds everything that the tracker tells against its account of single frames, which is infos.
func consistent(t *testing.T, tracker *Tracker, infos []FrameInfo) {
	t.Helper()
	of := make([][]uint64, tracker.Len()+1)
	moved := make([][]uint64, tracker.Transfers()+1)
	for i, info := range infos {
		got := tracker.Info(uint64(i + 1))
		moved[got.Transfer] = append(moved[got.Transfer], uint64(i+1))
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
		if int(e.Transfer) > tracker.Transfers() || int(e.Observation) > tracker.Observations() || e.Repeats >= e.Index {
			t.Fatalf("%+v", e)
		}
		responses := 0
		responders := tracker.AppendResponders(nil, i+1)
		for j, r := range responders {
			responses += r.Responses
			for _, other := range responders[:j] {
				// After long the same address may have another number.
				if other.Addr == r.Addr && r.Time.Sub(other.Time).Abs() < tracker.lifetime {
					t.Fatalf("responder twice: %+v", responders)
				}
			}
		}
		if len(responders) != e.Responders || len(responders) > 0 && responses != e.Responses {
			t.Fatalf("%+v: %+v", e, responders)
		}
	}
	for i := range TransferIndex(tracker.Transfers()) {
		consistentTransfer(t, tracker, i+1, moved[i+1])
	}
	for i := range ObservationIndex(tracker.Observations()) {
		o, ok := tracker.Observation(i + 1)
		all := tracker.AppendNotifications(nil, i+1, 0)
		stale, last := 0, uint64(0)
		for _, n := range all {
			if n.Stale {
				stale++
			}
			if n.Frame <= last {
				t.Fatalf("observation %d: %+v", i+1, all)
			}
			last = n.Frame
		}
		if !ok || len(all) != o.Notifications || stale != o.Stale || o.FirstFrame == 0 || o.State > ObservationActive && o.EndFrame == 0 {
			t.Fatalf("%+v: %+v", o, all)
		}
		if n := min(1, len(all)); !slices.Equal(tracker.AppendNotifications(nil, i+1, n), all[n:]) {
			t.Fatalf("observation %d tells something else when it is asked for less", i+1)
		}
	}
}

func consistentTransfer(t *testing.T, tracker *Tracker, i TransferIndex, frames []uint64) {
	t.Helper()
	c, ok := tracker.Transfer(i)
	if got := tracker.TransferFrames(i); !ok || !slices.Equal(got, frames) || c.FrameCount != len(frames) || c.FirstFrame != frames[0] || c.LastFrame != frames[len(frames)-1] {
		t.Fatalf("transfer %d has frames %v, want %v: %+v", i, got, frames, c)
	}
	if c.Exchanges < 1 || int(c.Observation) > tracker.Observations() {
		t.Fatalf("%+v", c)
	}
	for part, b := range []Body{c.Request, c.Response} {
		pieces := tracker.AppendPieces(nil, i, Part(part))
		at, received, gaps := int64(0), int64(0), 0
		for _, p := range pieces {
			if p.Offset < at || p.Length <= 0 || tracker.Info(p.Frame).Transfer != i {
				t.Fatalf("transfer %d: %+v", i, pieces)
			}
			if p.Offset > at {
				gaps++
			}
			at, received = p.Offset+int64(p.Length), received+int64(p.Length)
		}
		if b.Size > at {
			gaps++
		}
		whole := len(pieces) > 0 && at == received && at == b.Size
		if received != b.Received || gaps != b.Gaps || b.Complete && len(pieces) > 0 && !whole || len(pieces) > 0 && !b.Present {
			t.Fatalf("transfer %d: %+v has %+v", i, b, pieces)
		}
	}
}

// bounded holds the tables against the number of frames.
func bounded(t *testing.T, tracker *Tracker, frames int) {
	t.Helper()
	for _, g := range []*generation{&tracker.young, &tracker.old} {
		if n := max(len(g.messages), len(g.tokens)/2, len(g.transfers)/2, len(g.registrations), len(g.responders), len(g.repeats)); n > 2*frames {
			t.Fatalf("%d entries after %d frames", n, frames)
		}
	}
	if tracker.pieces.length > 2*frames || tracker.transfers.length > frames || tracker.notifications.length > frames ||
		tracker.responders.length > frames || tracker.observations.length > frames {
		t.Fatalf("%d pieces of %d transfers after %d frames", tracker.pieces.length, tracker.transfers.length, frames)
	}
}

// Whatever frames come, in whatever order and time, the tracker's account of them is consistent.
func FuzzTracker(f *testing.F) {
	// A frame is a byte for where it goes and its framing, one for the time that passes, one for its length, and
	// its data.
	f.Add([]byte("\x01\x01\x06\x42\x01\x00\x01aa\x60" + "\x08\x01\x06\x62\x45\x00\x01aa\x61" + "\x08\x05\x08\x42\x45\x00\x09aa\x61\x07"))
	f.Add([]byte("\x01\x01\x04\x40\x00\x00\x01" + "\x08\xff\x04\x70\x00\x00\x01" + "\x03\x01\x04\x50\x01\x00\x01" + "\x04\x02\x04\x50\x45\x00\x01"))
	f.Add([]byte("\x41\x01\x03\x01\x01a" + "\x48\x01\x03\x01\x45a" + "\x48\x7f\x03\x01\xe2b" + "\x41\x7f\x03\x01\xe3b" + "\x81\x01\x04\x01\x01c\x60" + "\x88\x01\x04\x01\x45c\x60"))
	names := []string{"s", "c", "t", "m"}
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
		consistent(t, tracker, infos)
		bounded(t, tracker, len(infos))
	})
}

// The same with messages that are mostly well-formed: blocks, observations, groups, repetitions in any order.
func FuzzTrackerBlocks(f *testing.F) {
	// A message is 8 bytes; see frameOf.
	f.Add([]byte("\x21\x00\x01\x01\x00\x00\x00\x00" + "\x09\x0e\x01\x01\x0a\x80\x04\x01" + "\x21\x00\x02\x01\x08\x01\x00\x00" + "\x09\x0e\x02\x01\x0a\x01\x02\x01"))
	f.Add([]byte("\x21\x05\x01\x01\x94\x90\x07\x00" + "\x21\x05\x02\x02\x94\x81\x04\x00" + "\x09\x19\x03\x02\x00\x00\x02\x00" + "\x09\x11\x04\x02\x08\x80\x04\x02"))
	f.Add([]byte("\x61\x01\x01\x01\x01\x00\x00\x00" + "\x09\x0d\x01\x01\x09\x80\x04\x00" + "\x11\x0d\x02\x01\x09\x81\x04\x00" + "\x21\x00\x03\x02\x08\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, script []byte) {
		tracker := NewTracker()
		now := start
		var infos []FrameInfo
		for ; len(script) >= 8; script = script[8:] {
			o, pause := frameOf([8]byte(script))
			now = now.Add(pause)
			o.Frame, o.Time = uint64(len(infos)+1), now
			infos = append(infos, tracker.Add(o))
		}
		consistent(t, tracker, infos)
		bounded(t, tracker, len(infos))
	})
}

// frameOf makes a frame of 8 bytes: way and time, type and framing, message ID, token, options, block, payload, values.
func frameOf(b [8]byte) (o Observed, pause time.Duration) {
	ends := [...]string{"s", "c", "t", "m"}
	o.Source, o.Destination = peers[ends[b[0]>>3&3]], peers[ends[b[0]>>5&3]]
	pause = time.Duration(int(b[0]&7)-1) * (20*time.Second + 10*time.Duration(b[0]&7)*time.Second)
	m := protocol.Message{Type: protocol.Type(b[1] & 3), MessageID: protocol.MessageID(b[2]), Token: protocol.TokenOf(b[3:4])}
	codes := [...]protocol.Code{
		protocol.GET, protocol.PUT, protocol.FETCH, protocol.Content, protocol.Changed, protocol.Continue,
		protocol.RequestEntityIncomplete, protocol.Unauthorized, protocol.RequestEntityTooLarge, protocol.Empty, protocol.NotFound,
	}
	m.Code = codes[int(b[1]>>2&15)%len(codes)]
	if m.Code == protocol.Empty {
		m.Token = protocol.Token{}
	} else {
		block := protocol.Block{Num: uint32(b[5] & 15), More: b[5]&128 != 0, SZX: b[5] >> 4 & 7}.Value()
		for bit, number := range [...]protocol.OptionNumber{
			protocol.Observe, protocol.ETag, protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2, protocol.Echo,
			protocol.RequestTag,
		} {
			value := b[7:8]
			switch number {
			case protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2:
				value = block
			case protocol.Observe:
				value = b[7:]
				if m.Code.IsRequest() {
					value = nil
				}
			}
			if b[4]&(1<<bit) != 0 {
				m.Options = m.Options.Add(number, value)
			}
		}
		m.Payload = make([]byte, int(b[6])*5)
	}
	f := protocol.DatagramFraming
	if b[1]&64 != 0 {
		f = protocol.StreamFraming
	}
	o.Framing = f
	data, err := m.AppendFraming(f, nil)
	if err != nil {
		data = b[:] // malformed, most likely
	}
	if b[6] == 255 {
		data = data[:len(data)/2]
	}
	o.Data = data
	return o, pause
}

// Random messages of a few endpoints, tokens and resources, that happen to make transfers of all kinds.
func TestTrackerRandomTraffic(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var all struct{ transfers, complete, gaps, retried, restarts, asked, both, responders, ended, stale, repeats int }
	for range 300 {
		tracker := NewTracker()
		now := start
		var infos []FrameInfo
		for range 300 {
			var b [8]byte
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			code := random.IntN(11)
			switch client := code < 3; { // the server is b, or a2 as one of the group
			case client:
				b[0] = [...]byte{0x20, 0x20, 0x20, 0x60, 0x40}[random.IntN(5)]
			default:
				b[0] = [...]byte{0x08, 0x08, 0x10}[random.IntN(3)]
			}
			b[0] |= [...]byte{1, 1, 1, 0, 2, 7}[random.IntN(6)]
			b[1] = byte(code)<<2 | [...]byte{1, 1, 1, 0, 2, 3}[random.IntN(6)]
			b[2] &= 63
			b[3] &= 3
			b[4] &= byte(random.Uint32()) // fewer options
			b[5] = b[5]&0x80 | byte(random.IntN(2))<<4 | b[5]&7
			b[6] = [...]byte{0, 3, 4, 7}[random.IntN(4)]
			b[7] &= 1
			o, pause := frameOf(b)
			now = now.Add(pause / 4)
			o.Frame, o.Time = uint64(len(infos)+1), now
			infos = append(infos, tracker.Add(o))
		}
		consistent(t, tracker, infos)
		bounded(t, tracker, len(infos))
		all.transfers += tracker.Transfers()
		for i := range tracker.Transfers() {
			c, _ := tracker.Transfer(TransferIndex(i + 1))
			all.restarts += c.Restarts
			if c.Request.Present && c.Response.Present {
				all.both++
			}
			for _, b := range []Body{c.Request, c.Response} {
				all.gaps += b.Gaps
				all.retried += b.Retried
				all.asked += b.Asked
				if b.Complete && b.Blocks > 1 {
					all.complete++
				}
			}
		}
		for i := range tracker.Len() {
			e, _ := tracker.Exchange(Index(i + 1))
			all.responders = max(all.responders, e.Responders)
			all.stale += e.Stale
			if e.Repeats != 0 {
				all.repeats++
			}
		}
		for i := range tracker.Observations() {
			if o, _ := tracker.Observation(ObservationIndex(i + 1)); o.State > ObservationRefused {
				all.ended++
			}
		}
	}
	t.Logf("%+v", all)
	if min(all.transfers, all.complete, all.gaps, all.retried, all.restarts, all.asked, all.both, all.ended, all.stale, all.repeats, all.responders-1) < 1 {
		t.Errorf("the traffic is too simple: %+v", all)
	}
}

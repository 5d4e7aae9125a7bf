package session_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/blockwise"
	"coapscope/session/lab"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// moved is a block-wise transfer that the model makes, and what it knows of itself.
type moved struct {
	transfer *blockwise.Transfer
	token    []byte // of all its requests; nil where each has its own
	request  protocol.Message
	next     *protocol.Message
	response *protocol.Message
	version  byte // of the representation
	frames   []uint64
	requests int
	up, down []byte
}

// blockServer answers blocks.
type blockServer struct {
	uploads map[string][]byte // by Request-Tag and path
	szx     uint8             // its preferred size
	random  *rand.Rand
}

// representation is what a path has; POST is answered with one too.
func representation(path string, version byte) []byte {
	b := make([]byte, 100+len(path)*37+int(path[len(path)-1])*5)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8) ^ version ^ path[len(path)-1]
	}
	return b
}

func (s *blockServer) answer(m protocol.Message, version byte) protocol.Message {
	r := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: m.MessageID, Token: m.Token}
	if b, ok := m.Options.Block(protocol.Block1); ok {
		tag, _ := m.Options.First(protocol.RequestTag)
		key := string(tag) + m.Path()
		if b.Num == 0 {
			delete(s.uploads, key)
		}
		if b.Offset() != len(s.uploads[key]) {
			r.Code = protocol.RequestEntityIncomplete
			return r
		}
		s.uploads[key] = append(s.uploads[key], m.Payload...)
		b.SZX = min(b.SZX, s.szx)
		r.Options = r.Options.Add(protocol.Block1, protocol.Block{Num: b.Num, More: b.More, SZX: b.SZX}.Value())
		r.Code = protocol.Changed
		if b.More {
			r.Code = protocol.Continue
			if s.random.IntN(40) == 0 { // it forgot
				delete(s.uploads, key)
			}
			return r
		}
	}
	if m.Code == protocol.PUT {
		r.Code = protocol.Changed
		return r
	}
	if m.Code == protocol.POST {
		r.Code = protocol.Changed
	}
	body := representation(m.Path(), version)
	b, _ := m.Options.Block(protocol.Block2)
	if !m.Options.Has(protocol.Block2) {
		b.SZX = s.szx
	}
	size := 1 << (min(b.SZX, s.szx) + 4)
	from := min(b.Offset(), len(body))
	to := min(from+size, len(body))
	r.Payload = body[from:to]
	r.Options = r.Options.Add(protocol.ETag, []byte{version}).
		Add(protocol.Block2, protocol.Block{Num: uint32(from / size), More: to < len(body), SZX: protocol.SZXFor(size)}.Value())
	return r
}

// Of block-wise transfers that go on at the same time between the same two endpoints, the tracker puts together the
// bodies that were moved, from the frames that moved them.
func TestTrackerAgreesWithBlockwise(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("192.0.2.1:5683")
	restarts, both, done := 0, 0, 0
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 11))
		s := &blockServer{uploads: map[string][]byte{}, szx: uint8(random.IntN(4)), random: random}
		tracker := track.NewTracker()
		frames := map[uint64][]byte{}
		now := time.Unix(1_700_000_000, 0)
		see := func(o *moved, from, to netip.AddrPort, m protocol.Message) track.FrameInfo {
			b, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			now = now.Add(time.Duration(random.IntN(500)) * time.Millisecond)
			frame := uint64(len(frames) + 1)
			frames[frame] = b
			o.frames = append(o.frames, frame)
			return tracker.Add(track.Observed{Frame: frame, Time: now, Source: from, Destination: to, Data: b})
		}
		id := protocol.MessageID(random.Uint32())
		var all []*moved
		for i := range 2 + random.IntN(4) {
			o := &moved{version: 1}
			o.request.Code = [...]protocol.Code{protocol.GET, protocol.PUT, protocol.POST}[random.IntN(3)]
			path := fmt.Sprint("r", i)
			if random.IntN(2) == 0 { // the same as others
				path, o.token = "shared", []byte{byte(i)}
			}
			o.request.Options = o.request.Options.Add(protocol.URIPath, []byte(path))
			config := blockwise.Config{BlockSize: 16 << random.IntN(5), EarlyNegotiation: random.IntN(2) == 0}
			if o.request.Code != protocol.GET {
				o.up = bytes.Repeat([]byte{byte(i), 1, 2}, 30+random.IntN(100))
				o.request.Payload = o.up
				if o.token != nil {
					config.RequestTag = []byte{byte(i), 7}
				}
			}
			o.transfer = blockwise.New(config, o.request)
			all = append(all, o)
			o.step(o.transfer.Start())
		}
		for running := slices.Clone(all); len(running) > 0; {
			i := random.IntN(len(running))
			o := running[i]
			switch {
			case o.response != nil:
				see(o, server, client, *o.response)
				r := *o.response
				o.response = nil
				if !o.step(o.transfer.Handle(r)) {
					running = slices.Delete(running, i, i+1)
				}
			default:
				m := *o.next
				id++
				o.requests++
				m.MessageID, m.Token = id, protocol.TokenOf(o.token)
				if o.token == nil {
					m.Token = protocol.TokenOf([]byte{0xff, byte(id >> 8), byte(id)})
				}
				for range 1 + random.IntN(5)/4 {
					see(o, client, server, m)
				}
				if o.request.Code == protocol.GET && random.IntN(60) == 0 {
					o.version = 2 // once, so that it ends
				}
				r := s.answer(m, o.version)
				o.response = &r
			}
		}
		for i, o := range all {
			if o.down == nil {
				continue // the server forgot twice
			}
			at := tracker.Info(o.frames[len(o.frames)-1]).Transfer
			if at == 0 && o.requests == 1 {
				continue // all fitted one message
			}
			done++
			c, ok := tracker.Transfer(at)
			if got := tracker.TransferFrames(at); !ok || !slices.Equal(got, o.frames) || c.State != track.TransferComplete {
				t.Fatalf("seed %d, transfer %d: frames %d, want %d: %+v", seed, i, got, o.frames, c)
			}
			if c.Restarts != o.transfer.Progress().Restarts {
				t.Fatalf("seed %d, transfer %d: %d restarts, not %d: %+v", seed, i, o.transfer.Progress().Restarts, c.Restarts, c)
			}
			restarts += c.Restarts
			if c.Request.Present && c.Response.Present {
				both++
			}
			for part, want := range [][]byte{o.up, o.down} {
				if b := [...]track.Body{c.Request, c.Response}[part]; !b.Present {
					continue // it fitted one message, or there is none
				} else if !b.Complete {
					t.Fatalf("seed %d, transfer %d: %+v", seed, i, c)
				}
				data := func(frame uint64) []byte { return frames[frame] }
				if body, gaps := track.Reassemble(tracker.AppendPieces(nil, at, track.Part(part)), data); !bytes.Equal(body, want) || gaps != nil {
					t.Fatalf("seed %d, transfer %d, part %d: %d bytes, want %d; gaps %v", seed, i, part, len(body), len(want), gaps)
				}
			}
		}
	}
	t.Logf("%d transfers, %d both ways, %d restarts", done, both, restarts)
	if done < 300 || both < 50 || restarts < 10 {
		t.Errorf("too little was compared: %d transfers, %d both ways, %d restarts", done, both, restarts)
	}
}

// step takes what the transfer wants, and tells whether it goes on.
func (o *moved) step(s blockwise.Step) bool {
	switch s := s.(type) {
	case blockwise.Send:
		m := s.Message
		o.next = &m
		return true
	case blockwise.Done:
		if s.Response.Code.Class() != 2 {
			return false
		}
		o.down = append([]byte{}, s.Response.Payload...)
	}
	return false
}

// What the engine moved over a real network, by blocks of both kinds, the tracker finds in the engine's log.
func TestTrackerAgreesWithEngine(t *testing.T) {
	e, l := start(t)
	to := device(t, l, "store")
	body := lab.Blob(3, 30_000)
	for _, quick := range []bool{false, true} {
		up := do(t, e, session.Request{To: to, Message: withPayload(ask(protocol.PUT, "upload"), body), QBlock: quick})
		down := do(t, e, session.Request{To: to, Message: ask(protocol.GET, "upload"), QBlock: quick})
		if up.Message.Code.Class() != 2 || !bytes.Equal(down.Message.Payload, body) {
			t.Fatalf("%v, %v", up.Message, down.Message)
		}
	}
	tracker, log := track.NewTracker(), e.Log()
	for n := 1; n <= log.Len(); n++ {
		f := log.At(trace.Seq(n))
		tracker.Add(track.Observed{
			Frame: uint64(n), Time: f.Time, Source: f.Source, Destination: f.Destination, Framing: f.Transport.Framing(), Data: f.Data,
		})
	}
	data := func(frame uint64) []byte { return log.At(trace.Seq(frame)).Data }
	var whole []string
	for i := range track.TransferIndex(tracker.Transfers()) {
		c, _ := tracker.Transfer(i + 1)
		if c.Server != to || c.Path != "/upload" || c.State != track.TransferComplete {
			t.Errorf("%+v", c)
		}
		part, b := track.RequestBody, c.Request
		if c.Response.Present {
			part, b = track.ResponseBody, c.Response
		}
		if got, gaps := track.Reassemble(tracker.AppendPieces(nil, i+1, part), data); !bytes.Equal(got, body) || gaps != nil || !b.Complete {
			t.Errorf("transfer %d has %d bytes, want %d: %+v", i+1, len(got), len(body), c)
		}
		whole = append(whole, fmt.Sprint(c.Method.Short(), " ", b.QBlock))
	}
	if want := []string{"PUT false", "GET false", "PUT true", "GET true"}; !slices.Equal(whole, want) {
		t.Errorf("transfers %q, want %q", whole, want)
	}
}

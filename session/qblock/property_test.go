package qblock

import (
	"bytes"
	"container/heap"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"coapscope/protocol"

	"pgregory.net/rapid"
)

// world is a network that loses, doubles and delays, with time of its own.
type world struct {
	now    time.Time
	rand   *rand.Rand
	loss   float64
	double float64
	delay  time.Duration // at most
	queue  agenda
	serial int
}

type entry struct {
	at     time.Time
	serial int
	do     func()
}

type agenda []entry

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].serial < a[j].serial
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func (w *world) after(d time.Duration, do func()) {
	w.serial++
	heap.Push(&w.queue, entry{w.now.Add(d), w.serial, do})
}

// carry lets a datagram arrive, or not, or twice.
func (w *world) carry(arrive func()) {
	for copies := 1; copies > 0; copies-- {
		if copies == 1 && w.rand.Float64() < w.double {
			copies++
		}
		if w.rand.Float64() >= w.loss {
			w.after(time.Duration(w.rand.Float64()*float64(w.delay)), arrive)
		}
	}
}

// peer is a model of a server as RFC 9177 describes it. A PUT is answered by 2.04, what else has a body by that
// body, and GET by the resource.
type peer struct {
	*world
	p        Parameters
	resource []byte
	szx      uint8 // the largest of its blocks
	answer   func(to Number, m protocol.Message)

	tag      string
	blocks   map[uint32][]byte
	size     int
	szx1     uint8
	last     Number
	set      uint32 // 2.31 was sent for all before it
	lacking  uint32 // the highest set of which a block came
	asked    int
	timer    int // serial of the timer that counts
	complete bool
	gone     bool
	stored   []byte

	body  []byte
	szx2  uint8
	to    Number
	next  uint32 // the first block that was not sent
	pause int
}

// receive takes a request of the client.
func (s *peer) receive(n Number, m protocol.Message) {
	if b, ok := m.Options.Block(protocol.QBlock1); ok {
		s.upload(n, m, b)
		return
	}
	var asks []protocol.Block
	for v := range m.Options.All(protocol.QBlock2) {
		b, _ := protocol.DecodeBlock(v)
		asks = append(asks, b)
	}
	per := uint32(s.p.MaxPayloads)
	switch first := asks[0]; {
	case first.More && first.Num == 0:
		if !s.complete {
			s.stored = m.Payload
		}
		s.download(n, m, first.SZX)
	case first.More && first.Num%per == 0:
		if first.Num == s.next {
			s.burst(m)
		}
	default:
		var nums []uint32
		for _, b := range asks {
			nums = append(nums, b.Num)
			for n := b.Num + 1; b.More && n%per != 0; n++ {
				nums = append(nums, n)
			}
		}
		for _, num := range slices.Compact(nums) {
			s.block(n, m, num)
		}
	}
}

func (s *peer) respond(to Number, code protocol.Code, payload []byte, options ...protocol.Option) {
	m := protocol.Message{Type: protocol.NonConfirmable, Code: code, Payload: payload}
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	s.carry(func() { s.answer(to, m) })
}

func (s *peer) upload(n Number, m protocol.Message, b protocol.Block) {
	tag, _ := m.Options.First(protocol.RequestTag)
	size, _ := m.Options.Uint(protocol.Size1)
	if s.gone {
		return
	}
	if string(tag) != s.tag {
		s.tag, s.blocks, s.size, s.szx1, s.set, s.lacking, s.asked, s.complete = string(tag), map[uint32][]byte{}, int(size), b.SZX, 0, 0, 0, false
	}
	s.last = n
	s.blocks[b.Num] = m.Payload
	of := uint32((s.size + b.Size() - 1) / b.Size())
	per := uint32(s.p.MaxPayloads)
	if len(s.blocks) == int(of) {
		s.timer = 0
		if !s.complete {
			s.complete, s.stored = true, nil
			for _, num := range slices.Sorted(maps.Keys(s.blocks)) {
				s.stored = append(s.stored, s.blocks[num]...)
			}
		}
		if m.Code == protocol.PUT {
			s.respond(n, protocol.Changed, nil)
			return
		}
		s.download(n, m, s.szx)
		return
	}
	contiguous := uint32(0)
	for s.blocks[contiguous] != nil {
		contiguous++
	}
	if set := contiguous / per; set > s.set {
		s.set, s.asked = set, 0
		s.respond(n, protocol.Continue, nil, protocol.Option{Number: protocol.QBlock1, Value: protocol.Block{Num: set*per - 1, More: true, SZX: b.SZX}.Value()})
	}
	if set := b.Num / per; set > s.lacking {
		s.lacking = set
		if contiguous < set*per {
			s.ask(set * per)
		}
	}
	s.wait(of)
}

// ask sends a 4.08 for what is missing below end.
func (s *peer) ask(end uint32) {
	var payload []byte
	count := 0
	for num := uint32(0); num < end && count < s.p.MaxPayloads; num++ {
		if s.blocks[num] == nil {
			payload = appendCBOR(payload, int(num))
			count++
		}
	}
	s.respond(s.last, protocol.RequestEntityIncomplete, payload, protocol.Option{Number: protocol.ContentFormatOption, Value: protocol.EncodeUint(uint64(protocol.MissingBlocks))})
}

func (s *peer) wait(of uint32) {
	s.serial++
	mine := s.serial
	s.timer = mine
	s.after(s.p.timeToWait(s.asked+1), func() {
		switch {
		case s.timer != mine || s.complete:
		case s.asked >= s.p.NonMaxRetransmit:
			s.gone = true
		default:
			s.asked++
			s.ask(of)
			s.wait(of)
		}
	})
}

// download begins the response.
func (s *peer) download(n Number, m protocol.Message, szx uint8) {
	s.body, s.szx2, s.to, s.next = s.resource, min(s.szx, szx), n, 0
	if m.Code != protocol.GET {
		s.body = s.stored
	}
	s.burst(m)
}

// burst sends a set, and the next after a delay or when the client says so.
func (s *peer) burst(m protocol.Message) {
	s.serial++
	mine := s.serial
	s.pause = mine
	for range s.p.MaxPayloads {
		if !s.block(s.to, m, s.next) {
			return
		}
		s.next++
	}
	s.after(s.p.TimeoutRandom(0.5), func() {
		if s.pause == mine {
			s.burst(m)
		}
	})
}

func (s *peer) block(to Number, m protocol.Message, num uint32) bool {
	b := protocol.Block{Num: num, SZX: s.szx2}
	if b.Offset() >= len(s.body) && num > 0 {
		return false
	}
	end := min(b.Offset()+b.Size(), len(s.body))
	b.More = end < len(s.body)
	s.respond(to, protocol.Content, s.body[b.Offset():end],
		protocol.Option{Number: protocol.ETag, Value: []byte{7}}, protocol.Option{Number: protocol.QBlock2, Value: b.Value()},
		protocol.Option{Number: protocol.Size2, Value: protocol.EncodeUint(uint64(len(s.body)))},
		protocol.Option{Number: protocol.MaxAge, Value: protocol.EncodeUint(1000)})
	return true
}

// Whatever the network does, the bodies are the same at both ends, or the error says that blocks did not come.
func TestBodiesArriveOrAreGivenUp(t *testing.T) {
	succeeded, given := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: time.Unix(1, 0), rand: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))}
		w.loss = rapid.SampledFrom([]float64{0, 0, 0.1, 0.2, 0.5}).Draw(t, "loss")
		w.double = rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "double")
		w.delay = time.Duration(rapid.SampledFrom([]int{0, 50, 500}).Draw(t, "delay")) * time.Millisecond
		p := DefaultParameters()
		p.MaxPayloads = rapid.SampledFrom([]int{1, 3, 10}).Draw(t, "MAX_PAYLOADS")
		server := &peer{world: w, p: p, resource: body(rapid.IntRange(0, 6000).Draw(t, "resource")), szx: uint8(rapid.IntRange(2, 6).Draw(t, "SZX of the server"))}
		request := protocol.Message{
			Type: protocol.NonConfirmable, Payload: body(rapid.IntRange(0, 6000).Draw(t, "body")),
			Code: rapid.SampledFrom([]protocol.Code{protocol.GET, protocol.PUT, protocol.POST, protocol.FETCH}).Draw(t, "method"),
		}
		want := request.Payload
		switch request.Code {
		case protocol.GET:
			request.Payload, want = nil, server.resource
		case protocol.PUT:
			request.Payload = append(request.Payload, make([]byte, 1025)...) // a body in blocks, always
			want = nil
		}
		transfer := New(Config{Parameters: p, Supported: true, BlockSize: 16 << rapid.IntRange(2, 6).Draw(t, "SZX"), Rand: w.rand}, request, nil, 0)

		var end Output
		handle := func(in Input) {
			sends := 0
			for _, out := range transfer.Handle(w.now, in, nil) {
				if end != nil {
					t.Fatalf("%+v after the end", out)
				}
				switch out := out.(type) {
				case Send:
					sends++
					w.carry(func() { server.receive(out.Number, out.Message) })
				case Release:
				default:
					end = out
				}
			}
			if sends > 1 || len(transfer.open) > maxOpen+3 {
				t.Fatalf("%d messages at once, %d open", sends, len(transfer.open))
			}
		}
		server.answer = func(to Number, m protocol.Message) { handle(Response{to, m}) }
		handle(Tick{})
		for range 200_000 {
			if end != nil {
				break
			}
			at, ok := transfer.Deadline()
			if len(w.queue) > 0 && (!ok || w.queue[0].at.Before(at)) {
				e := heap.Pop(&w.queue).(entry)
				w.now = e.at
				e.do()
				continue
			}
			if !ok {
				t.Fatal("no end in sight")
			}
			if at.After(w.now) {
				w.now = at
			}
			handle(Tick{})
		}
		switch end := end.(type) {
		case Done:
			succeeded++
			if !bytes.Equal(end.Response.Payload, want) {
				t.Fatalf("%d bytes came back, want %d", len(end.Response.Payload), len(want))
			}
			if request.Code == protocol.PUT && !bytes.Equal(server.stored, request.Payload) {
				t.Fatalf("the server has %d bytes, want %d", len(server.stored), len(request.Payload))
			}
		case Failed:
			given++
			if w.loss == 0 || end.Err.Reason != NoResponse && end.Err.Reason != Incomplete {
				t.Fatalf("with a loss of %v: %v", w.loss, end.Err)
			}
		default:
			t.Fatalf("no end after %v: %+v", w.now.Sub(time.Unix(1, 0)), end)
		}
	})
	if succeeded < 4*given {
		t.Errorf("%d transfers succeeded, and %d were given up", succeeded, given)
	}
}

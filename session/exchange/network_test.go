package exchange

import (
	"bytes"
	"container/heap"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
)

// event is something that the model world does at a time.
type event struct {
	at  time.Duration
	seq int
	do  func()
}

type events []event

func (h events) Len() int { return len(h) }
func (h events) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h events) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *events) Push(x any)   { *h = append(*h, x.(event)) }
func (h *events) Pop() any {
	e := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return e
}

// world is a machine, a network that loses, duplicates, delays and reorders, and model servers.
type world struct {
	t       *rapid.T
	m       *Machine
	now     time.Duration
	seq     int
	events  events
	servers map[netip.AddrPort]*modelServer

	pending  map[ID]bool // sent and not ended
	requests map[ID]Sent
	inFlight map[netip.AddrPort]map[ID]bool // CONs that count for NSTART
	ended    map[ID]Output
}

func (w *world) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.events, event{w.now + d, w.seq, do})
}

func (w *world) milliseconds(most int, what string) time.Duration {
	return time.Duration(rapid.IntRange(0, most).Draw(w.t, what)) * time.Millisecond
}

// carry brings a datagram to the other side, or not, or twice.
func (w *world) carry(deliver func()) {
	for range []int{0, 1, 1, 1, 2}[rapid.IntRange(0, 4).Draw(w.t, "copies")] {
		w.after(w.milliseconds(6000, "delay"), deliver)
	}
}

func (w *world) handle(in Input) {
	for _, out := range w.m.Handle(start.Add(w.now), in, nil) {
		w.output(out)
	}
}

func (w *world) end(id ID, out Output) {
	if !w.pending[id] {
		w.t.Fatalf("%d ends again: %#v after %#v", id, out, w.ended[id])
	}
	delete(w.pending, id)
	w.ended[id] = out
	delete(w.inFlight[w.requests[id].To], id)
}

func (w *world) output(out Output) {
	switch o := out.(type) {
	case Sent:
		w.requests[o.ID] = o
	case Transmit:
		if o.Attempt > o.Of {
			w.t.Fatalf("attempt %d of %d", o.Attempt, o.Of)
		}
		if flight := w.inFlight[o.To]; o.Kind == KindRequest && o.Data[0]>>4&3 == byte(protocol.Confirmable) {
			flight[o.ID] = true
			if len(flight) > w.m.transmission.NStart {
				w.t.Fatalf("%d CONs to %s at once", len(flight), o.To)
			}
		}
		server := w.servers[o.To]
		w.carry(func() { server.receive(o.Data) })
	case Acknowledged:
		delete(w.inFlight[o.From], o.ID)
	case Response:
		sent := w.requests[o.ID]
		if o.Message.Token != sent.Token || o.From != sent.To || !bytes.Equal(o.Message.Payload, sent.Token.Append(nil)) {
			w.t.Fatalf("%d has the response of another: %v", o.ID, o.Message)
		}
		w.end(o.ID, o)
	case Failed:
		w.end(o.ID, o)
	case Pong, Collected, Malformed, Suppressed, TokenShortened:
		w.t.Fatalf("%#v", out)
	}
}

// modelServer answers each request in one of the ways that RFC 7252 §5.2 permits, or not at all.
type modelServer struct {
	w       *world
	addr    netip.AddrPort
	nextID  protocol.MessageID
	acks    map[protocol.MessageID][]byte // by the request's message ID; nil for none
	waiting map[protocol.MessageID]bool   // its own CONs without ACK or RST
}

func (s *modelServer) send(m protocol.Message) []byte {
	b, err := m.Append(nil)
	if err != nil {
		s.w.t.Fatal(err)
	}
	s.transmit(b)
	return b
}

func (s *modelServer) transmit(b []byte) {
	s.w.carry(func() { s.w.handle(Datagram{From: s.addr, Data: b}) })
}

func (s *modelServer) respond(m protocol.Message) {
	m.MessageID = s.nextID
	s.nextID++
	if m.Type == protocol.NonConfirmable {
		s.send(m)
		return
	}
	s.waiting[m.MessageID] = true
	var again func(left int, timeout time.Duration)
	again = func(left int, timeout time.Duration) {
		if left > 0 && s.waiting[m.MessageID] {
			s.send(m)
			s.w.after(timeout, func() { again(left-1, 2*timeout) })
		}
	}
	again(5, 2*time.Second)
}

func (s *modelServer) receive(data []byte) {
	m, err := protocol.Parse(data)
	if err != nil {
		s.w.t.Fatal(err)
	}
	if m.IsEmpty() {
		delete(s.waiting, m.MessageID)
		return
	}
	if ack, again := s.acks[m.MessageID]; again {
		if ack != nil {
			s.transmit(ack)
		}
		return
	}
	s.acks[m.MessageID] = nil
	response := protocol.Message{Code: protocol.Content, Token: m.Token, Payload: m.Token.Append(nil)}
	later := func(t protocol.Type) {
		response.Type = t
		s.w.after(s.w.milliseconds(20_000, "processing"), func() { s.respond(response) })
	}
	empty := protocol.Message{Type: protocol.Acknowledgement, MessageID: m.MessageID}
	way := rapid.IntRange(0, 5).Draw(s.w.t, "way")
	if m.Type == protocol.NonConfirmable {
		later(protocol.Type(way % 2))
		return
	}
	switch way {
	case 0, 1: // piggybacked
		response.Type, response.MessageID = protocol.Acknowledgement, m.MessageID
		s.acks[m.MessageID] = s.send(response)
	case 2: // separate
		s.acks[m.MessageID] = s.send(empty)
		later(protocol.Confirmable)
	case 3:
		s.acks[m.MessageID] = s.send(empty)
		later(protocol.NonConfirmable)
	case 4: // separate at once, and no ACK
		later(protocol.Confirmable)
	case 5:
		empty.Type = protocol.Reset
		s.acks[m.MessageID] = s.send(empty)
	}
}

// Over a network that loses, duplicates, delays and reorders, every exchange ends exactly once,
// with its own response or a failure, and nothing is left behind.
func TestBadNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		transmission := protocol.DefaultTransmission()
		transmission.NStart = rapid.IntRange(1, 3).Draw(t, "NSTART")
		w := &world{
			t: t, m: NewMachine(Config{Transmission: transmission, Rand: &counting{}}),
			servers: map[netip.AddrPort]*modelServer{}, pending: map[ID]bool{}, requests: map[ID]Sent{},
			inFlight: map[netip.AddrPort]map[ID]bool{}, ended: map[ID]Output{},
		}
		for i, name := range []string{"a", "a2", "b"} {
			addr := peers[name]
			w.inFlight[addr] = map[ID]bool{}
			w.servers[addr] = &modelServer{
				w: w, addr: addr, nextID: protocol.MessageID(1000 * i), acks: map[protocol.MessageID][]byte{},
				waiting: map[protocol.MessageID]bool{},
			}
		}
		n := rapid.IntRange(1, 20).Draw(t, "exchanges")
		for range n {
			s := Send{ID: w.m.NextID(), To: peers[rapid.SampledFrom([]string{"a", "a2", "b"}).Draw(t, "to")], Timeout: time.Minute}
			s.Message = protocol.Message{Type: protocol.Type(rapid.IntRange(0, 1).Draw(t, "type")), Code: protocol.GET}
			w.after(w.milliseconds(30_000, "when"), func() {
				w.pending[s.ID] = true
				w.handle(s)
			})
			if rapid.IntRange(0, 9).Draw(t, "cancel") == 0 {
				w.after(w.milliseconds(60_000, "cancel when"), func() { w.handle(Cancel{s.ID}) })
			}
		}
		for steps := 0; ; steps++ {
			if steps > 100_000 {
				t.Fatal("does not come to an end")
			}
			at, ticking := w.m.Deadline()
			tick := at.Sub(start)
			if len(w.events) > 0 && (!ticking || w.events[0].at <= tick) {
				e := heap.Pop(&w.events).(event)
				w.now = e.at
				e.do()
			} else if ticking {
				w.now = max(w.now, tick)
				w.handle(Tick{})
			} else {
				break
			}
		}
		if len(w.pending) > 0 || len(w.ended) != n {
			t.Fatalf("%d of %d ended, pending: %v", len(w.ended), n, w.pending)
		}
		if left := tableSize(w.m); left != "" {
			t.Fatalf("left over: %s", left)
		}
	})
}

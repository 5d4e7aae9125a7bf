package exchange

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
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
	asked    map[ID]Send
	requests map[ID]Sent
	inFlight map[netip.AddrPort]map[ID]time.Duration // what counts for NSTART, and when it was sent
	silent   map[netip.AddrPort][]probe              // NONs since the endpoint was heard from
	ended    map[ID]Output
}

// servers are the names of the model servers.
var servers = []string{"a", "a2", "b"}

// probe is a NON request that was sent.
type probe struct {
	id    ID
	at    time.Duration
	bytes int
}

// started checks that a request goes out in its turn: at most NSTART are outstanding, of which
// NONs are for ACK_TIMEOUT, and what was sent in vain makes no more than PROBING_RATE.
func (w *world) started(o Transmit) {
	s := w.asked[o.ID]
	if s.SelfPaced || s.Multicast {
		return
	}
	const wait = 2 * time.Second
	non := s.Message.Type == protocol.NonConfirmable
	suppressed := non && s.Message.Options.Has(protocol.NoResponse)
	flight := w.inFlight[o.To]
	outstanding := 0
	for id, at := range flight {
		if id != o.ID && (w.asked[id].Message.Type == protocol.Confirmable || w.now-at < wait) {
			outstanding++
		}
	}
	if limit := w.m.transmission.NStart; outstanding >= limit {
		w.t.Fatalf("%d interactions with %s are outstanding, NSTART is %d: %v", outstanding, o.To, limit, flight)
	}
	if !suppressed {
		flight[o.ID] = w.now
	}
	if !non {
		return
	}
	vain := 0
	for _, p := range w.silent[o.To] {
		if w.now-p.at >= wait || w.ended[p.id] != nil {
			vain += p.bytes
		}
	}
	if vain > 0 {
		since := w.now - w.silent[o.To][0].at
		if need := time.Duration(float64(vain) / w.m.transmission.ProbingRate * float64(time.Second)); since < need-time.Microsecond {
			w.t.Fatalf("%d bytes to %s, which is silent, in %s: %v", vain, o.To, since, w.silent[o.To])
		}
	}
	w.silent[o.To] = append(w.silent[o.To], probe{o.ID, w.now, len(o.Data)})
}

// failing tells the machine of an ICMP error for what it sent, or what looks like one.
func (w *world) failing(o Transmit) {
	quote := o.Data[:rapid.IntRange(0, len(o.Data)).Draw(w.t, "quote")]
	w.after(w.milliseconds(3000, "ICMP"), func() {
		w.handle(Unreachable{To: o.To, Err: errors.New("port unreachable"), Quote: quote})
	})
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
	if err := audit(w.m); err != nil {
		w.t.Fatalf("at %v: %v", w.now, err)
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
		if s := w.asked[o.ID]; s.FixedToken && o.Token != s.Message.Token {
			w.t.Fatalf("token %s, fixed was %s", o.Token, s.Message.Token)
		}
		w.requests[o.ID] = o
	case TokenShortened:
		if w.asked[o.ID].FixedToken || o.From != w.requests[o.ID].Token.Len() || o.To != 8 {
			w.t.Fatalf("%+v", o)
		}
		delete(w.inFlight[w.requests[o.ID].To], o.ID)
	case Transmit:
		if o.Attempt > o.Of {
			w.t.Fatalf("attempt %d of %d", o.Attempt, o.Of)
		}
		if o.Kind <= KindPing && o.Attempt == 1 {
			w.started(o)
		}
		if rapid.IntRange(0, 29).Draw(w.t, "ICMP error") == 0 {
			w.failing(o)
		}
		if o.To == peers["group"] {
			for _, name := range servers {
				w.carry(func() { w.servers[peers[name]].receive(o.Data) })
			}
			return
		}
		server := w.servers[o.To]
		w.carry(func() { server.receive(o.Data) })
	case Acknowledged:
		delete(w.inFlight[o.From], o.ID)
	case Response:
		sent := w.requests[o.ID]
		from := o.From == sent.To || w.asked[o.ID].Multicast
		if o.Message.Token != sent.Token || !from || !bytes.Equal(o.Message.Payload, sent.Token.Append(nil)) {
			w.t.Fatalf("%d has the response of another: %v", o.ID, o.Message)
		}
		if !o.Open {
			w.end(o.ID, o)
		} else {
			delete(w.inFlight[sent.To], o.ID)
		}
	case Suppressed:
		if !w.asked[o.ID].Message.Options.Has(protocol.NoResponse) {
			w.t.Fatalf("%#v", o)
		}
		w.end(o.ID, o)
	case Failed:
		w.end(o.ID, o)
	case Pong:
		w.end(o.ID, o)
	case Collected:
		w.end(o.ID, o)
	case Malformed:
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

	longTokens, suppresses bool // has RFC 8974, RFC 7967
	dead                   bool
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
	s.w.carry(func() {
		delete(s.w.silent, s.addr)
		s.w.handle(Datagram{From: s.addr, Data: b})
	})
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
	if s.dead {
		return
	}
	var m protocol.Message
	if err := m.ParseExtended(data); err != nil {
		s.w.t.Fatal(err)
	}
	reset := protocol.Message{Type: protocol.Reset, MessageID: m.MessageID}
	switch {
	case m.Type == protocol.Confirmable && (m.IsEmpty() || m.Token.Len() > 8 && !s.longTokens):
		s.send(reset)
		return
	case m.IsEmpty():
		delete(s.waiting, m.MessageID)
		return
	case m.Token.Len() > 8 && !s.longTokens:
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
	if m.Options.Has(protocol.Observe) {
		response.Options = response.Options.AddUint(protocol.Observe, uint64(m.MessageID))
		for range rapid.IntRange(0, 3).Draw(s.w.t, "notifications") {
			notification := response
			notification.Type = protocol.Type(rapid.IntRange(0, 1).Draw(s.w.t, "notification"))
			s.w.after(s.w.milliseconds(100_000, "change"), func() { s.respond(notification) })
		}
	}
	if s.suppresses && m.Options.Has(protocol.NoResponse) {
		if m.Type == protocol.Confirmable {
			s.acks[m.MessageID] = s.send(protocol.Message{Type: protocol.Acknowledgement, MessageID: m.MessageID})
		}
		return
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
		transmission.ProbingRate = rapid.SampledFrom([]float64{0.5, 1, 10, 1000}).Draw(t, "PROBING_RATE")
		flag := func(what string) bool { return rapid.IntRange(0, 3).Draw(t, what) == 0 }
		identifiers := Identifiers{MessageIDs: MessageIDPolicy(rapid.IntRange(0, 1).Draw(t, "message IDs"))}
		identifiers.Tokens = TokenPolicy(rapid.IntRange(0, 1).Draw(t, "tokens"))
		identifiers.TokenLength = rapid.SampledFrom([]int{2, 4, 8, 9, 300}).Draw(t, "token length")
		w := &world{
			t: t, m: NewMachine(Config{Transmission: transmission, Identifiers: identifiers, Rand: &counting{}}),
			servers: map[netip.AddrPort]*modelServer{}, pending: map[ID]bool{}, asked: map[ID]Send{}, requests: map[ID]Sent{},
			inFlight: map[netip.AddrPort]map[ID]time.Duration{}, silent: map[netip.AddrPort][]probe{}, ended: map[ID]Output{},
		}
		for i, name := range servers {
			addr := peers[name]
			w.inFlight[addr] = map[ID]time.Duration{}
			w.servers[addr] = &modelServer{
				w: w, addr: addr, nextID: protocol.MessageID(1000 * i), acks: map[protocol.MessageID][]byte{},
				waiting: map[protocol.MessageID]bool{}, longTokens: flag("long tokens"), suppresses: flag("suppresses"), dead: flag("dead"),
			}
		}
		n := rapid.IntRange(1, 20).Draw(t, "exchanges")
		for range n {
			w.ask(flag)
		}
		for steps := 0; ; steps++ {
			if steps > 100_000 {
				t.Fatal("does not come to an end")
			}
			at, ticking := w.m.Deadline()
			tick := at.Sub(start)
			if len(w.events) > 0 && (!ticking || w.events[0].at <= tick) {
				e := heap.Pop(&w.events).(event)
				w.now = max(w.now, e.at)
				e.do()
			} else if ticking {
				w.now = max(w.now, tick)
				if rapid.IntRange(0, 49).Draw(t, "the computer sleeps") == 0 {
					w.now += w.milliseconds(600_000, "how long")
				}
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

// ask has a request of some kind sent at some time, and what may happen to it.
func (w *world) ask(flag func(string) bool) {
	to := peers[rapid.SampledFrom(servers).Draw(w.t, "to")]
	s := Send{ID: w.m.NextID(), To: to, Timeout: time.Minute, SelfPaced: flag("self-paced")}
	s.Message = protocol.Message{Type: protocol.Type(rapid.IntRange(0, 1).Draw(w.t, "type")), Code: protocol.GET}
	w.asked[s.ID] = s
	when := w.milliseconds(30_000, "when")
	var in Input
	switch rapid.IntRange(0, 9).Draw(w.t, "kind") {
	case 0:
		s.Message.Type, s.SelfPaced = protocol.Confirmable, false
		in = Ping{ID: s.ID, To: to}
	case 1:
		s.Message.Type, s.Multicast, s.To = protocol.NonConfirmable, true, peers["group"]
	case 2:
		s.Message.Options = s.Message.Options.AddUint(protocol.NoResponse, 26)
	case 3:
		s.FixedToken, s.Message.Token = true, protocol.TokenOf(binary.BigEndian.AppendUint64([]byte("fixed"), uint64(s.ID)))
	case 4:
		s.KeepOpen, s.Message.Options = true, s.Message.Options.AddUint(protocol.Observe, 0)
		if flag("reject") {
			w.after(when+w.milliseconds(100_000, "reject when"), func() { w.handle(Reject{s.ID}) })
		}
		w.after(when+200*time.Second, func() { w.handle(Cancel{s.ID}) })
	case 5:
		own := *w.m.transmission
		own.AckTimeout, own.MaxRetransmit = 2*time.Second, rapid.IntRange(0, 2).Draw(w.t, "MAX_RETRANSMIT")
		s.Transmission = &own
	}
	w.asked[s.ID] = s
	if in == nil {
		in = s
	}
	w.after(when, func() {
		w.pending[s.ID] = true
		w.handle(in)
	})
	if rapid.IntRange(0, 9).Draw(w.t, "cancel") == 0 {
		w.after(w.milliseconds(60_000, "cancel when"), func() { w.handle(Cancel{s.ID}) })
	}
}

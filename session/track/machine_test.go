package track

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"sort"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

// overheard is a machine that asks servers through a bad network, and a tracker that sees what the client sees. The
// machine knows what it did; the tracker has to find the same in the frames.
type overheard struct {
	t       *testing.T
	random  *rand.Rand
	m       *exchange.Machine
	tracker *Tracker
	now     time.Duration
	events  []event // in order
	frame   uint64
	first   map[exchange.ID]uint64               // frame of the request
	answers map[exchange.ID]int                  // responses that the machine handed on
	acks    map[netip.AddrPort]map[string][]byte // by the server and the request
	nextID  protocol.MessageID
	said    map[string]int // what was compared
}

// event is something that happens at a time.
type event struct {
	at time.Duration
	do func()
}

func (o *overheard) after(d time.Duration, do func()) {
	at := o.now + d
	i := sort.Search(len(o.events), func(i int) bool { return o.events[i].at > at })
	o.events = slices.Insert(o.events, i, event{at, do})
}

// carry loses, doubles and delays.
func (o *overheard) carry(do func()) {
	for range [...]int{0, 1, 1, 1, 1, 2}[o.random.IntN(6)] {
		o.after(time.Duration(o.random.IntN(3000))*time.Millisecond, do)
	}
}

func (o *overheard) saw(from, to netip.AddrPort, data []byte) FrameInfo {
	o.frame++
	return o.tracker.Add(Observed{Frame: o.frame, Time: start.Add(o.now), Source: from, Destination: to, Data: data})
}

var overhearingClient = netip.MustParseAddrPort("192.0.2.99:40000")

func (o *overheard) arrives(from netip.AddrPort, data []byte) {
	info := o.saw(from, overhearingClient, data)
	o.handle(exchange.Datagram{From: from, Data: data, Frame: o.frame}, info)
}

func (o *overheard) handle(in exchange.Input, info FrameInfo) {
	for _, out := range o.m.Handle(start.Add(o.now), in, nil) {
		o.compare(out, info)
	}
}

// of tells that the frame belongs to the exchange of the request, with one of the roles.
func (o *overheard) of(id exchange.ID, info FrameInfo, what string, roles ...Role) Exchange {
	o.said[what]++
	if want := o.tracker.Info(o.first[id]).Exchange; info.Exchange != want {
		o.t.Fatalf("frame %d, %s of %d: the tracker says %s, want exchange %d", o.frame, what, id, describe(info), want)
	}
	for _, r := range roles {
		if info.Role == r {
			e, _ := o.tracker.Exchange(info.Exchange)
			return e
		}
	}
	o.t.Fatalf("frame %d, %s of %d: the tracker says %s", o.frame, what, id, describe(info))
	return Exchange{}
}

func (o *overheard) compare(out exchange.Output, info FrameInfo) {
	switch out := out.(type) {
	case exchange.Transmit:
		sent := o.saw(overhearingClient, out.To, out.Data)
		switch {
		case out.Kind == exchange.KindPing && out.Attempt == 1, out.Kind == exchange.KindRequest && out.Attempt == 1:
			o.first[out.ID] = o.frame
			if e, _ := o.tracker.Exchange(sent.Exchange); e.FirstFrame != o.frame {
				o.t.Fatalf("frame %d, the first of %d: %s", o.frame, out.ID, describe(sent))
			}
		case out.Kind == exchange.KindRequest, out.Kind == exchange.KindPing:
			o.of(out.ID, sent, "retransmission", RoleRetransmission)
			if sent.Number != out.Attempt-1 || sent.Related != o.first[out.ID] {
				o.t.Fatalf("attempt %d of %d: %s", out.Attempt, out.ID, describe(sent))
			}
		case out.Kind == exchange.KindAcknowledgement:
			if sent.Role != RoleAcknowledgement {
				o.t.Fatalf("an ACK for frame %d: %s", out.Answers, describe(sent))
			}
			o.said["own ACK"]++
		case out.Kind == exchange.KindReset:
			if sent.Role != RoleReset && sent.Role != RoleUnmatched {
				o.t.Fatalf("a RST for frame %d: %s", out.Answers, describe(sent))
			}
			o.said["own RST"]++
		}
		o.carry(func() { o.serve(out.To, out.Data) })
	case exchange.Acknowledged:
		o.of(out.ID, info, "ACK", RoleAcknowledgement)
		if info.RTT != out.RTT {
			o.t.Fatalf("ACK after %s: %s", out.RTT, describe(info))
		}
	case exchange.Response:
		e := o.of(out.ID, info, "response", RolePiggybacked, RoleSeparate, RoleNotification)
		o.answers[out.ID]++
		if out.Piggybacked != (info.Role == RolePiggybacked) || out.Count != e.Responses || e.Code != out.Message.Code {
			o.t.Fatalf("response %d, piggybacked %t: %s: %+v", out.Count, out.Piggybacked, describe(info), e)
		}
		if out.Count == 1 && e.RTT != out.RTT {
			o.t.Fatalf("response after %s: %s", out.RTT, e.RTT)
		}
	case exchange.Duplicate:
		if info.Role == RoleDuplicateResponse && info.Related != out.First {
			o.t.Fatalf("frame %d is frame %d again: %s", o.frame, out.First, describe(info))
		}
		o.said["duplicate"]++
	case exchange.Pong:
		e := o.of(out.ID, info, "pong", RolePong)
		if e.RTT != out.RTT {
			o.t.Fatalf("pong after %s: %+v", out.RTT, e)
		}
	}
}

// serve answers a request in one of the ways that there are.
func (o *overheard) serve(addr netip.AddrPort, data []byte) {
	var m protocol.Message
	if err := m.ParseExtended(data); err != nil {
		o.t.Fatal(err)
	}
	send := func(m protocol.Message) []byte {
		b, err := m.Append(nil)
		if err != nil {
			o.t.Fatal(err)
		}
		o.carry(func() { o.arrives(addr, b) })
		return b
	}
	switch before, again := o.acks[addr][string(data)]; {
	case m.Type == protocol.Acknowledgement || m.Type == protocol.Reset:
		return
	case m.IsEmpty():
		send(protocol.Message{Type: protocol.Reset, MessageID: m.MessageID})
		return
	case again:
		if before != nil {
			o.carry(func() { o.arrives(addr, before) })
		}
		return
	}
	response := protocol.Message{Type: protocol.Type(o.random.IntN(2)), Code: protocol.Content, Token: m.Token, Payload: []byte("x")}
	separate := func(m protocol.Message, delay int) {
		o.nextID++
		m.MessageID = o.nextID
		o.after(time.Duration(o.random.IntN(delay))*time.Millisecond, func() {
			for range 1 + o.random.IntN(2) {
				send(m)
			}
		})
	}
	ack := []byte(nil)
	way := o.random.IntN(5)
	switch {
	case m.Type == protocol.NonConfirmable, way == 0: // without ACK
		separate(response, 5000)
	case way == 1:
		ack = send(protocol.Message{Type: protocol.Acknowledgement, MessageID: m.MessageID})
		separate(response, 20_000)
	case way == 2:
		ack = send(protocol.Message{Type: protocol.Reset, MessageID: m.MessageID})
		separate(protocol.Message{Code: protocol.Content, Token: protocol.TokenOf([]byte("nobody's"))}, 5000)
	default:
		response.Type, response.MessageID = protocol.Acknowledgement, m.MessageID
		if m.Options.Has(protocol.Observe) {
			response.Options = response.Options.AddUint(protocol.Observe, 1)
			for i := range o.random.IntN(4) {
				notification := response
				notification.Type = protocol.Type(o.random.IntN(2))
				notification.Options = protocol.Options{}.AddUint(protocol.Observe, uint64(2+i))
				separate(notification, 60_000)
			}
		}
		ack = send(response)
	}
	o.acks[addr][string(data)] = ack
}

// The tracker finds in the frames what the machine did.
func TestTrackerAgreesWithMachine(t *testing.T) {
	said := map[string]int{}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		o := &overheard{
			t: t, random: random, m: exchange.NewMachine(exchange.Config{Rand: random}), tracker: NewTracker(), first: map[exchange.ID]uint64{},
			answers: map[exchange.ID]int{}, acks: map[netip.AddrPort]map[string][]byte{}, said: said, nextID: protocol.MessageID(random.Uint32()),
		}
		names := [...]string{"s", "t"}
		for _, name := range names {
			o.acks[peers[name]] = map[string][]byte{}
		}
		for i := range exchange.ID(12) {
			o.after(time.Duration(random.IntN(100_000))*time.Millisecond, func() {
				to := peers[names[random.IntN(2)]]
				m := protocol.Message{Type: protocol.Type(random.IntN(2)), Code: protocol.GET}
				switch random.IntN(4) {
				case 0:
					o.handle(exchange.Ping{ID: i + 1, To: to}, FrameInfo{})
				case 1:
					m.Options = m.Options.AddUint(protocol.Observe, 0)
					o.handle(exchange.Send{ID: i + 1, To: to, Message: m, KeepOpen: true}, FrameInfo{})
				default:
					o.handle(exchange.Send{ID: i + 1, To: to, Message: m}, FrameInfo{})
				}
			})
		}
		for o.now < 400*time.Second {
			deadline, ok := o.m.Deadline()
			due := deadline.Sub(start)
			switch {
			case len(o.events) > 0 && (!ok || o.events[0].at <= due):
				e := o.events[0]
				o.events = o.events[1:]
				o.now = max(o.now, e.at)
				e.do()
			case ok:
				o.now = max(o.now, due)
				o.handle(exchange.Tick{}, FrameInfo{})
			default:
				o.now = 400 * time.Second
			}
		}
		for id, n := range o.answers {
			if e, _ := o.tracker.Exchange(o.tracker.Info(o.first[id]).Exchange); e.Responses < n {
				t.Fatalf("%d has %d responses: %+v", id, n, e)
			}
		}
	}
	for _, what := range []string{"response", "retransmission", "duplicate", "ACK", "pong", "own ACK", "own RST"} {
		if said[what] < 50 {
			t.Errorf("too little was compared: %v", said)
		}
	}
}

package fault_test

import (
	"bytes"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/fault"
)

var (
	begin = time.Unix(1_800_000_000, 0)
	node  = netip.MustParseAddrPort("192.0.2.7:5683")
	other = netip.MustParseAddrPort("[2001:db8::1]:5684")
)

// made encodes a message; what names its message ID.
func made(t *testing.T, kind protocol.Type, code protocol.Code, id int, options ...protocol.Option) []byte {
	t.Helper()
	m := protocol.Message{Type: kind, Code: code, MessageID: protocol.MessageID(id), Options: options}
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stage plays datagrams against a shim and writes down what it gives back.
type stage struct {
	*testing.T
	shim *fault.Shim
	now  time.Duration
	says []string
}

func play(t *testing.T, config string) *stage {
	t.Helper()
	c, err := fault.Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	shim, err := fault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{T: t, shim: shim}
}

func (s *stage) note(deliveries []fault.Delivery) {
	for _, d := range deliveries {
		line := fmt.Sprintf("%v %v", s.now, d.Ticket)
		for bit, word := range []string{"lost", "delayed", "duplicate", "reordered", "corrupted"} {
			if d.Done&(1<<bit) != 0 {
				line += " " + word
			}
		}
		s.says = append(s.says, line)
	}
}

// at lets time pass, with all that happens until then.
func (s *stage) at(now time.Duration) *stage {
	for {
		due, ok := s.shim.Deadline()
		if !ok || due.After(begin.Add(now)) {
			break
		}
		s.now = due.Sub(begin)
		s.note(s.shim.Advance(due, nil))
	}
	s.now = now
	return s
}

func (s *stage) sent(name string, data []byte) *stage { return s.pass(fault.Sent, node, name, data) }
func (s *stage) received(name string, data []byte) *stage {
	return s.pass(fault.Received, node, name, data)
}

func (s *stage) pass(d fault.Direction, peer netip.AddrPort, name string, data []byte) *stage {
	s.note(s.shim.Handle(begin.Add(s.now), fault.Datagram{Direction: d, Peer: peer, Data: data, Ticket: name}, nil))
	return s
}

func (s *stage) want(lines ...string) {
	s.Helper()
	if !slices.Equal(s.says, lines) {
		s.Errorf("got\n  %s\nwant\n  %s", strings.Join(s.says, "\n  "), strings.Join(lines, "\n  "))
	}
	if at, ok := s.shim.Deadline(); ok {
		s.Errorf("something is still held until %s", at.Sub(begin))
	}
}

func TestFaultsAsStories(t *testing.T) {
	const ms = time.Millisecond
	get := made(t, protocol.Confirmable, protocol.GET, 1, protocol.Option{Number: protocol.URIPath, Value: []byte("temp")})
	ack := made(t, protocol.Acknowledgement, protocol.Empty, 1)
	content := made(t, protocol.Acknowledgement, protocol.Content, 1)
	missing := made(t, protocol.Acknowledgement, protocol.NotFound, 1)
	note := made(t, protocol.NonConfirmable, protocol.Content, 2)
	block := func(n uint32) []byte {
		return made(t, protocol.Confirmable, protocol.GET, 3, protocol.Option{Number: protocol.Block2, Value: protocol.Block{Num: n, SZX: 2}.Value()})
	}
	for _, c := range []struct {
		name, rules string
		story       func(*stage)
		want        []string
	}{
		{
			"nothing without rules", "", func(s *stage) { s.sent("get", get).received("content", content).sent("junk", nil) },
			[]string{"0s get", "0s content", "0s junk"},
		},
		{"the second acknowledgement that is sent", "lose sent ACK 2", func(s *stage) {
			s.sent("a", ack).received("A", ack).sent("get", get).sent("b", ack).sent("c", ack)
		}, []string{"0s a", "0s A", "0s get", "0s b lost", "0s c"}},
		{"requests for a path, first three", "lose sent request /temp 1-3", func(s *stage) {
			s.sent("1", get).sent("other", block(0)).sent("2", get).sent("3", get).sent("4", get)
		}, []string{"0s 1 lost", "0s other", "0s 2 lost", "0s 3 lost", "0s 4"}},
		{
			"from the third on", "lose 3-", func(s *stage) { s.sent("1", get).received("2", content).sent("3", get).sent("4", get) },
			[]string{"0s 1", "0s 2", "0s 3 lost", "0s 4 lost"},
		},
		{
			"every second", "lose sent every 2", func(s *stage) { s.sent("1", get).sent("2", get).sent("3", get).sent("4", get) },
			[]string{"0s 1", "0s 2 lost", "0s 3", "0s 4 lost"},
		},
		{
			"a block", "lose block 4", func(s *stage) { s.sent("3", block(3)).sent("4", block(4)).sent("get", get) },
			[]string{"0s 3", "0s 4 lost", "0s get"},
		},
		{
			"a class of codes", "lose 4.xx", func(s *stage) { s.received("2.05", content).received("4.04", missing) },
			[]string{"0s 2.05", "0s 4.04 lost"},
		},
		{
			"Empty messages and responses", "lose empty\nlose response NON", func(s *stage) { s.sent("ack", ack).received("ACK", content).received("NON", note).sent("get", get) },
			[]string{"0s ack lost", "0s ACK", "0s NON lost", "0s get"},
		},
		{
			"a peer", "lose peer 192.0.2.7\nlose peer [2001:db8::1]:1", func(s *stage) { s.sent("node", get).pass(fault.Sent, other, "other", get) },
			[]string{"0s node lost", "0s other"},
		},
		{"what is no message fits no type or code", "lose CON\nlose GET\nlose /temp\nlose block 0", func(s *stage) {
			s.sent("short", []byte{0x40, 1}).sent("version", []byte{0x80, 1, 0, 0}).sent("marker", []byte{0x60, 2, 0, 0, 0xff})
		}, []string{"0s short", "0s version", "0s marker"}},
		{
			"a delay", "delay received 2.05 300ms", func(s *stage) {
				s.received("a", content).sent("get", get).at(100*ms).received("b", missing).received("c", content).at(time.Second)
			},
			[]string{"0s get", "100ms b", "300ms a delayed", "400ms c delayed"},
		},
		{
			"delays add up, in the order of time", "delay sent 1 300ms\ndelay sent 1 50ms\ndelay sent 20ms", func(s *stage) { s.sent("a", get).sent("b", get).at(time.Second) },
			[]string{"20ms b delayed", "370ms a delayed"},
		},
		{
			"equal times keep their order", "delay 20ms", func(s *stage) { s.sent("a", get).sent("b", get).sent("c", get).at(time.Second) },
			[]string{"20ms a delayed", "20ms b delayed", "20ms c delayed"},
		},
		{
			"a duplicate", "duplicate sent CON every 2", func(s *stage) { s.sent("1", get).sent("2", get) },
			[]string{"0s 1", "0s 2", "0s 2 duplicate"},
		},
		{
			"late copies of what is late", "duplicate copies 2 100ms\ndelay 1s", func(s *stage) { s.sent("a", get).at(time.Minute) },
			[]string{"1s a delayed", "1.1s a delayed duplicate", "1.1s a delayed duplicate"},
		},
		{
			"a lost one has no copies and is not late", "duplicate copies 2\ndelay 1s\nlose 1", func(s *stage) { s.sent("a", get).at(time.Minute) },
			[]string{"0s a lost"},
		},
		{"overtaken by the next of the same way", "reorder sent NON 1", func(s *stage) {
			s.sent("a", note).sent("b", note).pass(fault.Sent, other, "c", note)
		}, []string{"0s b", "0s a reordered", "0s c"}},
		{"only by one of the same peer and direction", "reorder sent NON 1 200ms", func(s *stage) {
			s.sent("a", note).received("answer", note).pass(fault.Sent, other, "other", note).at(time.Second).sent("late", note)
		}, []string{"0s answer", "0s other", "200ms a", "1s late"}},
		{
			"pairs change places", "reorder", func(s *stage) { s.sent("a", get).sent("b", get).sent("c", get).sent("d", get) },
			[]string{"0s b", "0s a reordered", "0s d", "0s c reordered"},
		},
		{"not by one that is lost or late", "reorder 1\nlose 2\ndelay 3 100ms", func(s *stage) {
			s.sent("a", get).sent("lost", get).sent("late", get).sent("next", get).at(time.Second)
		}, []string{"0s lost lost", "0s next", "0s a reordered", "100ms late delayed"}},
		{
			"nobody comes to overtake", "reorder", func(s *stage) { s.sent("a", get).at(time.Minute) },
			[]string{"1s a"},
		},
		{
			"overtaken, and late all the same", "reorder 1\ndelay 1 300ms", func(s *stage) { s.sent("a", get).sent("b", get).at(time.Second) },
			[]string{"0s b", "300ms a delayed reordered"},
		},
		{
			"rules count whatever others do", "lose 1\nlose 2", func(s *stage) { s.sent("1", get).sent("2", get).sent("3", get) },
			[]string{"0s 1 lost", "0s 2 lost", "0s 3"},
		},
		{"an empty datagram has no bits", "corrupt", func(s *stage) { s.sent("empty", nil) }, []string{"0s empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(t, c.rules)
			s.T = t
			c.story(s)
			s.want(c.want...)
		})
	}
}

func TestCorruptionFlipsAsManyBitsAsItSaysInACopy(t *testing.T) {
	for _, n := range []int{1, 3, 1000} {
		s := play(t, fmt.Sprintf("corrupt bits %d", n))
		data := made(t, protocol.Confirmable, protocol.GET, 1)
		before := bytes.Clone(data)
		out := s.shim.Handle(begin, fault.Datagram{Direction: fault.Sent, Peer: node, Data: data}, nil)
		if len(out) != 1 || out[0].Done != fault.Corrupted || !bytes.Equal(data, before) {
			t.Fatalf("got %+v of %x, which is now %x", out, before, data)
		}
		flipped := 0
		for i := range before {
			flipped += bits.OnesCount8(before[i] ^ out[0].Data[i])
		}
		if want := min(n, 8*len(data)); flipped != want {
			t.Errorf("%d bits are flipped, want %d", flipped, want)
		}
	}
}

// rough is a network with everything wrong by chance.
const rough = "lose 20%\ndelay 10ms-200ms 50%\nduplicate 5% 1ms-3ms\nreorder 5%\ncorrupt 10% bits 2\n"

// deliveries of one direction as text, with the time of each.
func run(t *testing.T, seed int, mixed bool) string {
	t.Helper()
	s := play(t, fmt.Sprintf("seed %d\n%s", seed, rough))
	data := made(t, protocol.Confirmable, protocol.GET, 1)
	var b strings.Builder
	var note func([]fault.Delivery)
	now := begin
	note = func(out []fault.Delivery) {
		for _, d := range out {
			if d.Direction == fault.Sent {
				fmt.Fprintln(&b, now.Sub(begin), d.Ticket, d.Done, d.Data)
			}
		}
	}
	for i := range 2000 {
		for at := begin.Add(time.Duration(i) * time.Millisecond); ; {
			due, ok := s.shim.Deadline()
			if now = due; !ok || due.After(at) {
				now = at
				break
			}
			note(s.shim.Advance(due, nil))
		}
		if mixed {
			for range i % 3 {
				note(s.shim.Handle(now, fault.Datagram{Direction: fault.Received, Peer: node, Data: data}, nil))
			}
		}
		note(s.shim.Handle(now, fault.Datagram{Direction: fault.Sent, Peer: node, Data: data, Ticket: i}, nil))
	}
	note(s.shim.Flush(nil))
	return b.String()
}

func TestFateComesOfSeedAndSequenceAlone(t *testing.T) {
	once := run(t, 7, false)
	if run(t, 7, false) != once {
		t.Error("the same seed and sequence have another fate")
	}
	if run(t, 7, true) != once {
		t.Error("what is received changes the fate of what is sent")
	}
	if run(t, 8, false) == once {
		t.Error("another seed has the same fate")
	}
}

func TestChanceIsAsLikelyAsItSays(t *testing.T) {
	s := play(t, "seed 3\n"+rough)
	data := made(t, protocol.Confirmable, protocol.GET, 1)
	const n = 50_000
	for i := range n {
		direction := fault.Sent + fault.Direction(i%2)
		s.shim.Handle(begin, fault.Datagram{Direction: direction, Peer: node, Data: data}, nil)
		s.shim.Flush(nil)
	}
	c := s.shim.Counts()
	if c.Datagrams != n {
		t.Errorf("%d datagrams are counted, want %d", c.Datagrams, n)
	}
	for i, want := range []float64{0.2, 0.5, 0.05, 0.05, 0.1} {
		r := c.Rules[i]
		if got := float64(r.Hit) / n; r.Matched != n || got < want*0.9 || got > want*1.1 {
			t.Errorf("rule %d hit %.3f of %d, want %.3f", i+1, got, r.Matched, want)
		}
	}
	if c.Lost != c.Rules[0].Hit || c.Corrupted == 0 || c.Delayed == 0 || c.Duplicated == 0 || c.Reordered != 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestDelaysAreAllOverTheRange(t *testing.T) {
	s := play(t, "seed 5\ndelay 50ms-150ms")
	least, most := time.Hour, time.Duration(0)
	for range 2000 {
		s.shim.Handle(begin, fault.Datagram{Direction: fault.Sent, Peer: node, Data: []byte{1}}, nil)
		at, ok := s.shim.Deadline()
		if !ok {
			t.Fatal("a datagram is not held back")
		}
		if out := s.shim.Advance(at, nil); len(out) != 1 {
			t.Fatalf("%d datagrams leave, want the one", len(out))
		}
		least, most = min(least, at.Sub(begin)), max(most, at.Sub(begin))
	}
	if least < 50*time.Millisecond || least > 51*time.Millisecond || most < 149*time.Millisecond || most > 150*time.Millisecond {
		t.Errorf("delays from %v to %v, want 50ms to 150ms", least, most)
	}
}

func TestWhatIsHeldBackIsBounded(t *testing.T) {
	s := play(t, "delay 1h\nduplicate copies 100 1h")
	data := make([]byte, 60_000)
	out := 0
	for range 1000 {
		out += len(s.shim.Handle(begin, fault.Datagram{Direction: fault.Sent, Peer: node, Data: data}, nil))
	}
	held := len(s.shim.Flush(nil))
	if out+held != 101*1000 || held*len(data) > 64<<20 || held < 1000 {
		t.Errorf("%d datagrams left at once and %d were held back", out, held)
	}
	if _, ok := s.shim.Deadline(); ok {
		t.Error("something is held after Flush")
	}
}

func TestRulesThatCannotBeAreRefused(t *testing.T) {
	for _, r := range []fault.Rule{
		{},
		{Fault: fault.Lost | fault.Delayed},
		{Fault: fault.Delayed},
		{Fault: fault.Lost, Copies: 1},
		{Fault: fault.Lost, When: fault.Counted},
		{Fault: fault.Lost, When: fault.Every},
		{Fault: fault.Lost, When: fault.Random, Percent: 101},
		{Fault: fault.Lost, When: 9},
		{Fault: fault.Lost, Path: "temp"},
		{Fault: fault.Corrupted, Bits: -1},
		{Fault: fault.Duplicated, Copies: 101},
		{Fault: fault.Delayed, Least: 2, Most: 1},
		{Fault: fault.Delayed, Least: 1, Most: 2 * time.Hour},
	} {
		if _, err := fault.New(fault.Config{Rules: []fault.Rule{{Fault: fault.Lost}, r}}); err == nil || !strings.HasPrefix(err.Error(), "fault rule 2, ") {
			t.Errorf("%+v: got %v", r, err)
		}
	}
}

func BenchmarkUntouched(b *testing.B) {
	shim, err := fault.New(fault.Config{Rules: []fault.Rule{{Fault: fault.Lost, OfType: true, Type: protocol.Reset}}})
	if err != nil {
		b.Fatal(err)
	}
	d := fault.Datagram{Direction: fault.Sent, Peer: node, Data: []byte{0x40, 1, 0, 0}}
	out := make([]fault.Delivery, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		out = shim.Handle(begin, d, out[:0])
	}
}

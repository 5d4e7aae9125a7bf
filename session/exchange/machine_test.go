package exchange

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
)

var start = time.Unix(1e9, 0)

func sends(out []Output) (n int) {
	for _, o := range out {
		if t, ok := o.(Transmit); ok && t.Attempt == 1 && t.Kind == KindRequest {
			n++
		}
	}
	return n
}

// All 65,536 message IDs can be used within a lifetime, each once; what comes then waits until
// the first is free again.
func TestMessageIDsWrapWithoutReuse(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{n: 0xfff0 << 16}}) // begin near the end
	used := map[protocol.MessageID]bool{}
	now := start
	send := func() []Output {
		id := m.NextID()
		out := m.Handle(now, Send{ID: id, To: peers["a"], SelfPaced: true, Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET}}, nil)
		if s, ok := out[0].(Sent); ok {
			if used[s.MessageID] {
				t.Fatalf("message ID %s is used again", s.MessageID)
			}
			used[s.MessageID] = true
			return m.Handle(now, Cancel{id}, out)
		}
		return out
	}
	for range 1 << 16 {
		send()
		now = now.Add(time.Millisecond)
	}
	if len(used) != 1<<16 {
		t.Fatalf("%d message IDs are used, not all", len(used))
	}
	if out := send(); len(out) != 1 || out[0].(Queued).Ahead != 0 {
		t.Fatalf("65,537th: %v", out)
	}
	if out := send(); len(out) != 1 || out[0].(Queued).Ahead != 1 {
		t.Fatalf("65,538th: %v", out)
	}
	at, ok := m.Deadline()
	if want := start.Add(145 * time.Second); !ok || !at.Equal(want) {
		t.Fatalf("deadline %v, want %v", at.Sub(start), want.Sub(start))
	}
	if out := m.Handle(at.Add(-1), Tick{}, nil); len(out) != 0 {
		t.Fatalf("too early: %v", out)
	}
	if out := m.Handle(at, Tick{}, nil); sends(out) != 1 {
		t.Fatalf("in time: %v", out)
	}
	if out := m.Handle(at.Add(time.Millisecond), Tick{}, nil); sends(out) != 1 {
		t.Fatalf("a millisecond later: %v", out)
	}
}

// A group's message IDs differ from those of every other endpoint (RFC 7252 §8.1).
func TestMulticastMessageIDsDoNotOverlap(t *testing.T) {
	m := NewMachine(Config{Rand: constant(7 << 48)}) // everything begins with 7
	used := map[protocol.MessageID]string{}
	for i, to := range []string{"a", "group", "a2", "b", "group", "b"} {
		out := m.Handle(start, Send{
			ID: m.NextID(), To: peers[to], Multicast: to == "group", SelfPaced: true, FixedToken: true,
			Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET, Token: protocol.TokenOf([]byte{byte(i)})},
		}, nil)
		id := out[0].(Sent).MessageID
		if other, ok := used[id]; ok && (to == "group" || other == "group") {
			t.Errorf("message ID %s is used for %s and %s", id, other, to)
		}
		used[id] = to
	}
}

// A timer that comes late must not bunch retransmissions, nor have them leave MAX_TRANSMIT_SPAN
// (RFC 7252 §4.2).
func TestLateTimer(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	next := func(out []Output) float64 {
		if len(out) != 1 {
			t.Fatalf("%v", out)
		}
		return out[0].(Transmit).Next.Sub(start).Round(time.Millisecond).Seconds()
	}
	m.Handle(start, Send{ID: 1, To: peers["a"], Message: protocol.Message{Code: protocol.GET}}, nil)
	if got := next(m.Handle(at(5), Tick{}, nil)); got != 7 { // planned for 2, the next for 6
		t.Errorf("next at %v, want 7: ACK_TIMEOUT after the last", got)
	}
	if got := next(m.Handle(at(7), Tick{}, nil)); got != 15 {
		t.Errorf("next at %v, want 15", got)
	}
	if out := m.Handle(at(50), Tick{}, nil); len(out) != 0 { // beyond MAX_TRANSMIT_SPAN of 45
		t.Errorf("transmits at 50: %v", out)
	}
	if d, _ := m.Deadline(); d.Sub(start).Round(time.Millisecond) != 63*time.Second {
		t.Errorf("gives up at %v, want 63s", d.Sub(start))
	}
	out := m.Handle(at(200), Tick{}, nil)
	if len(out) != 1 || out[0].(Failed).Err.(*TimeoutError).Attempts != 3 {
		t.Errorf("at the end: %v", out)
	}
}

// Without a source of its own the machine's tokens differ from those of another machine.
func TestRandomTokens(t *testing.T) {
	seen := map[protocol.Token]bool{}
	for range 4 {
		m := NewMachine(Config{})
		for range 100 {
			out := m.Handle(start, Send{ID: m.NextID(), To: peers["a"], SelfPaced: true, Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET}}, nil)
			s := out[0].(Sent)
			if s.Token.Len() != defaultTokenLength {
				t.Fatalf("token %s", s.Token)
			}
			seen[s.Token] = true
		}
	}
	if len(seen) < 399 { // two of 400 are equal once in 50,000 runs
		t.Errorf("only %d of 400 tokens differ", len(seen))
	}
}

// A source that repeats itself does not make a token be used twice.
func TestTokensAreUnique(t *testing.T) {
	values := []uint64{0, 1 << 32, 1 << 32, 1 << 32, 2 << 32} // message ID, then tokens
	m := NewMachine(Config{Rand: sourceFunc(func() uint64 { v := values[0]; values = values[1:]; return v })})
	for _, want := range []string{"00000001", "00000002"} {
		out := m.Handle(start, Send{ID: m.NextID(), To: peers["a"], SelfPaced: true, Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET}}, nil)
		if got := out[0].(Sent).Token.String(); got != want {
			t.Errorf("token %s, want %s", got, want)
		}
	}
}

type sourceFunc func() uint64

func (f sourceFunc) Uint64() uint64 { return f() }

// What cannot be sent anywhere fails at once, and IDs that others chose are not given again.
func TestDestinationAndIDs(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	for _, to := range []netip.AddrPort{{}, netip.AddrPortFrom(peers["a"].Addr(), 0), netip.AddrPortFrom(netip.Addr{}, 5683)} {
		for _, in := range []Input{Send{ID: 7, To: to, Message: get(protocol.Confirmable)}, Ping{ID: 7, To: to}} {
			if out := m.Handle(start, in, nil); len(out) != 1 || out[0].(Failed).Err != ErrDestination {
				t.Errorf("to %v: %v", to, out)
			}
		}
	}
	if left := tableSize(m); left != "" {
		t.Error(left)
	}
	m.Handle(start, Ping{ID: 7, To: peers["a"]}, nil)
	m.Handle(start, Ping{ID: 3, To: peers["b"]}, nil)
	if id := m.NextID(); id != 8 {
		t.Errorf("the next ID is %d, want 8", id)
	}
	if out := m.Handle(start, Ping{ID: 7, To: peers["b"]}, nil); len(out) != 1 || out[0].(Failed).Err != ErrID {
		t.Errorf("%v", out)
	}
}

// The parameters of an endpoint are its own or those for all.
func TestTransmissionOfEndpoint(t *testing.T) {
	m := NewMachine(Config{})
	own := protocol.DefaultTransmission()
	own.NStart = 3
	m.SetTransmissionOf(peers["a"], &own)
	m.SetIdentifiersOf(peers["b"], &Identifiers{})
	for to, want := range map[string]int{"a": 3, "a2": 1, "b": 1} {
		if got := m.Transmission(peers[to]).NStart; got != want {
			t.Errorf("NSTART of %s is %d, want %d", to, got, want)
		}
	}
}

// Outputs must not change when the machine goes on: options are in memory of their own.
func TestResponseKeepsItsOptions(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	m.Handle(start, Send{ID: 1, To: peers["a"], KeepOpen: true, Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET}}, nil)
	answer := func(mid byte, etag string) protocol.Message {
		r := protocol.Message{
			Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(mid),
			Token: protocol.TokenOf([]byte{0, 0, 0, 2}), Options: protocol.Options{{Number: protocol.ETag, Value: []byte(etag)}},
		}
		b, _ := r.Append(nil)
		return m.Handle(start, Datagram{From: peers["a"], Data: b}, nil)[0].(Response).Message
	}
	first := answer(1, "one")
	answer(2, "two")
	if v, _ := first.Options.First(protocol.ETag); string(v) != "one" {
		t.Errorf("ETag is %q now", v)
	}
}

// Garbage from many endpoints is not remembered without bound.
func TestFloodIsBounded(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	var out []Output
	data := []byte{0x40, byte(protocol.Content), 0, 0}
	for i := range 3 * maxUnmatched {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5683)
		out = m.Handle(start, Datagram{From: from, Data: data}, out[:0])
		if len(out) != 2 || out[0].(Transmit).Kind != KindReset {
			t.Fatalf("datagram %d: %v", i, out)
		}
	}
	if m.received != maxUnmatched || len(m.peers) != maxUnmatched {
		t.Errorf("%d messages of %d peers are remembered", m.received, len(m.peers))
	}
	m.Handle(start.Add(time.Hour), Tick{}, nil)
	if left := tableSize(m); left != "" {
		t.Error(left)
	}
}

// With parameters for which EXCHANGE_LIFETIME ends before MAX_TRANSMIT_WAIT, an ACK in the last
// wait is still one (RFC 7252 §4.8.2).
func TestAcknowledgementInTheLastWait(t *testing.T) {
	transmission := protocol.DefaultTransmission()
	transmission.MaxLatency = 0
	m := NewMachine(Config{Transmission: transmission, Rand: &counting{}})
	out := m.Handle(start, Send{ID: 1, To: peers["a"], Message: protocol.Message{Code: protocol.GET}}, nil)
	mid := out[0].(Sent).MessageID
	for range 4 {
		at, _ := m.Deadline()
		m.Handle(at, Tick{}, nil)
	}
	late := start.Add(transmission.ExchangeLifetime() + time.Second)
	ack := []byte{0x60, 0, byte(mid >> 8), byte(mid)}
	out = m.Handle(late, Datagram{From: peers["a"], Data: ack}, nil)
	if len(out) != 1 || out[0].(Acknowledged).ID != 1 {
		t.Errorf("%#v", out)
	}
}

// Parameters that no machine can go by are moved into their range.
func TestTransmissionOutOfRange(t *testing.T) {
	m := NewMachine(Config{Rand: constant(1 << 63), Transmission: protocol.Transmission{AckRandomFactor: -1, MaxRetransmit: 1000, AckTimeout: 1 << 62}})
	out := m.Handle(start, Send{ID: 1, To: peers["a"], Message: protocol.Message{Code: protocol.GET}}, nil)
	tr := out[1].(Transmit)
	if tr.Of != 17 || !tr.Next.Equal(start.Add(time.Hour)) {
		t.Errorf("attempt 1 of %d, next after %v", tr.Of, tr.Next.Sub(start))
	}
	var all []Output
	for range 100 {
		at, ok := m.Deadline()
		if !ok {
			break
		}
		all = m.Handle(at, Tick{}, all)
	}
	if n := len(all); n != 17 { // 16 retransmissions and the failure
		t.Fatalf("%d outputs: %v", n, all)
	}
	var timeout *TimeoutError
	if !errors.As(all[16].(Failed).Err, &timeout) || timeout.Attempts != 17 || !timeout.Timeout() {
		t.Errorf("at the end: %v", all[16])
	}
}

// What waits for its turn does not change with the caller's memory.
func TestQueuedMessageIsACopy(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	payload := []byte("before")
	request := protocol.Message{Code: protocol.PUT, Payload: payload}
	m.Handle(start, Send{ID: 1, To: peers["a"], Message: request}, nil)
	m.Handle(start, Send{ID: 2, To: peers["a"], Message: request}, nil)
	copy(payload, "AFTER!")
	for _, o := range m.Handle(start, Cancel{1}, nil) {
		if tr, ok := o.(Transmit); ok {
			if got, _ := protocol.Parse(tr.Data); string(got.Payload) != "before" {
				t.Errorf("payload is %q", got.Payload)
			}
			return
		}
	}
	t.Error("the second request is not sent")
}

func BenchmarkExchange(b *testing.B) {
	for _, open := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) {
			m := NewMachine(Config{})
			now := start
			var out []Output
			type pending struct {
				to   netip.AddrPort
				data []byte
			}
			ring := make([]pending, 0, open)
			reply := make([]byte, 8)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				now = now.Add(10 * time.Millisecond)
				to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i % 1000 >> 8), byte(i % 1000)}), 5683)
				s := Send{ID: m.NextID(), To: to, SelfPaced: true, Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET}}
				out = m.Handle(now, s, out[:0])
				p := pending{to, out[len(out)-1].(Transmit).Data}
				if len(ring) < open {
					ring = append(ring, p)
					continue
				}
				p, ring[i%open] = ring[i%open], p
				copy(reply, p.data)
				reply[1] = byte(protocol.Content)
				out = m.Handle(now, Datagram{From: p.to, Data: reply}, out[:0])
			}
		})
	}
}

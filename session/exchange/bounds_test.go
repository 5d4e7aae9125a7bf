package exchange

import (
	"net/netip"
	"testing"
	"time"

	"coapscope/protocol"
)

// many gives one of many endpoints.
func many(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5683)
}

// A group waits while all message IDs are in use with some endpoint, and then has the first that is
// with none (RFC 7252 §8.1). It costs no look at every endpoint for every message ID.
func TestMulticastWaitsForMessageIDOfAll(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	var out []Output
	send := func(now time.Time, to netip.AddrPort, id protocol.MessageID) {
		s := Send{ID: m.NextID(), To: to, Message: get(protocol.NonConfirmable), SelfPaced: true, FixedMessageID: true, Timeout: time.Second}
		s.Message.MessageID = id
		out = m.Handle(now, s, out[:0])
		if _, ok := out[len(out)-1].(Transmit); !ok {
			t.Fatalf("%#v", out)
		}
	}
	for i := range 1 << 16 {
		send(start, many(i%1000), protocol.MessageID(i))
	}
	// 4711 is in use with two: until the second lifetime ends, and the others with one.
	for i := range 1 << 16 {
		if i != 4711 {
			send(start.Add(time.Minute), many(5000+i%1000), protocol.MessageID(i))
		}
	}
	group := Send{ID: m.NextID(), To: peers["group"], Message: get(protocol.NonConfirmable), Multicast: true}
	out = m.Handle(start.Add(time.Minute), group, nil)
	queued, ok := out[len(out)-1].(Queued)
	if !ok || queued.Why != WaitsForMessageID || !queued.Until.IsZero() {
		t.Fatalf("%#v", out[len(out)-1])
	}
	out = m.Handle(start.Add(144*time.Second), Tick{}, nil)
	if sends(out) != 0 {
		t.Error("too early")
	}
	out = m.Handle(start.Add(145*time.Second), Tick{}, nil)
	if sends(out) != 1 || out[0].(Sent).MessageID != 4711 {
		t.Errorf("%#v", out)
	}
	m.Handle(start.Add(time.Hour), Tick{}, nil)
	m.Handle(start.Add(2*time.Hour), Tick{}, nil)
	if left := tableSize(m); left != "" || m.sentTo != nil {
		t.Error(left, m.sentTo != nil)
	}
}

// While all message IDs of an endpoint are in use, what it sends does not have them searched through.
func TestStarvingIsCheap(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	var out []Output
	for range 1<<16 + 1 {
		out = m.Handle(start, Send{ID: m.NextID(), To: peers["a"], Message: get(protocol.NonConfirmable), SelfPaced: true}, out[:0])
	}
	if q, ok := out[len(out)-1].(Queued); !ok || !q.Until.Equal(start.Add(145*time.Second)) {
		t.Fatalf("%#v", out)
	}
	ping := []byte{0x40, 0, 0, 0}
	for i := range 20_000 {
		ping[2], ping[3] = byte(i>>8), byte(i)
		if out = m.Handle(start, Datagram{From: peers["a"], Data: ping}, out[:0]); len(out) != 2 {
			t.Fatalf("%#v", out)
		}
	}
}

// Anybody can respond to a multicast request, from as many addresses as he likes. All responses are
// told of, but not all are remembered, neither while the request is open nor later.
func TestMulticastFloodIsBounded(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	token := m.Handle(start, Send{ID: 1, To: peers["group"], Message: get(protocol.NonConfirmable), Multicast: true}, nil)[0].(Sent).Token
	data := datagram(t, "a", protocol.Message{Type: protocol.Confirmable, Code: protocol.Content, Token: token}).Data
	var out []Output
	for i := range 2 * maxUnmatched {
		out = m.Handle(start, Datagram{From: many(i), Data: data}, out[:0])
		if r, ok := out[1].(Response); !ok || r.Count != i+1 || out[0].(Transmit).Kind != KindAcknowledgement {
			t.Fatalf("%#v", out)
		}
	}
	m.Handle(start, Cancel{1}, nil)
	for i := range maxUnmatched {
		out = m.Handle(start, Datagram{From: many(1<<20 + i), Data: data}, out[:0])
		if out[1].(Unmatched).Reason != AfterCancel {
			t.Fatalf("%#v", out)
		}
	}
	if m.received != maxUnmatched || len(m.peers) != maxUnmatched+1 {
		t.Errorf("%d messages of %d endpoints are remembered", m.received, len(m.peers))
	}
}

// A peer that sends CONs without end has each answered, and no more remembered than there are message IDs.
func TestFloodOfOnePeerIsBounded(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	token := m.Handle(start, Send{ID: 1, To: peers["a"], Message: get(protocol.NonConfirmable), KeepOpen: true}, nil)[0].(Sent).Token
	d := datagram(t, "a", protocol.Message{Type: protocol.Confirmable, Code: protocol.Content, Token: token})
	var out []Output
	responses, now := 0, start
	for i := range 300_000 {
		now = now.Add(time.Millisecond) // 65,536 in a minute: the message IDs come again too early
		d.Data[2], d.Data[3] = byte(i>>8), byte(i)
		out = m.Handle(now, d, out[:0])
		if len(out) != 2 || out[0].(Transmit).Kind != KindAcknowledgement {
			t.Fatalf("%#v", out)
		}
		if _, ok := out[1].(Response); ok {
			responses++
		}
		if m.received > 1<<16 || len(m.expiries) > 3 {
			t.Fatalf("%d messages are remembered, %d expiries", m.received, len(m.expiries))
		}
	}
	if want := 1<<16 + 300_000 - 4<<16; responses != want { // the first 65,536 are forgotten when the fifth round comes
		t.Errorf("%d responses", responses)
	}
}

// A token of a multicast request is in use with no endpoint, since each may respond to it.
func TestMulticastTokenIsInUseNowhere(t *testing.T) {
	m := NewMachine(Config{Rand: constant(7 << 56), Identifiers: Identifiers{TokenLength: 1}})
	unicast := m.Handle(start, Send{ID: 1, To: peers["a"], Message: get(protocol.Confirmable)}, nil)[0].(Sent).Token
	multicast := m.Handle(start, Send{ID: 2, To: peers["group"], Message: get(protocol.NonConfirmable), Multicast: true}, nil)[0].(Sent).Token
	if unicast == multicast {
		t.Errorf("both have token %s", unicast)
	}
	third := m.Handle(start, Send{ID: 3, To: peers["b"], Message: get(protocol.NonConfirmable)}, nil)[0].(Sent).Token
	if third == multicast || third != unicast {
		t.Errorf("token %s, want %s, which is that of another endpoint", third, unicast)
	}
}

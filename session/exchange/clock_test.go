package exchange

import (
	"testing"
	"time"

	"coapscope/protocol"
)

func get(t protocol.Type) protocol.Message { return protocol.Message{Type: t, Code: protocol.GET} }

func datagram(t *testing.T, from string, m protocol.Message) Datagram {
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Datagram{From: peers[from], Data: b}
}

// A clock that was set back holds up nothing: retransmissions come when they would have come.
func TestClockSetBack(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	m.Handle(start, Send{ID: 1, To: peers["a"], Message: get(protocol.Confirmable)}, nil)
	back := start.Add(-time.Hour)
	if out := m.Handle(back, Tick{}, nil); len(out) != 0 {
		t.Fatalf("%v", out)
	}
	if at, _ := m.Deadline(); !at.Equal(back.Add(2 * time.Second)) {
		t.Errorf("the deadline is %v later, want 2 s", at.Sub(back))
	}
	out := m.Handle(back.Add(2*time.Second), Tick{}, nil)
	if len(out) != 1 || out[0].(Transmit).Attempt != 2 || !out[0].(Transmit).Next.Equal(back.Add(6*time.Second)) {
		t.Errorf("%v", out)
	}
}

// After days of suspension nothing of before is sent again: the endpoint has forgotten its message ID
// and would do once more what it did (RFC 7252 §4.2, §4.5). An observation goes on.
func TestDaysOfSuspension(t *testing.T) {
	transmission := protocol.DefaultTransmission()
	transmission.NStart = 4
	m := NewMachine(Config{Transmission: transmission, Rand: &counting{}})
	var token protocol.Token
	for id, s := range []Send{
		1: {To: peers["a"], Message: get(protocol.Confirmable), KeepOpen: true},
		2: {To: peers["a"], Message: get(protocol.Confirmable)},
		3: {To: peers["a"], Message: get(protocol.NonConfirmable)},
		4: {To: peers["group"], Message: get(protocol.NonConfirmable), Multicast: true},
	} {
		if s.ID = ID(id); id == 0 {
			continue
		}
		out := m.Handle(start, s, nil)
		if id == 1 {
			sent := out[0].(Sent)
			token = sent.Token
			m.Handle(start, datagram(t, "a", protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: sent.MessageID, Token: token}), nil)
		}
	}
	later := start.Add(72 * time.Hour)
	ended := 0
	for _, o := range m.Handle(later, Tick{}, nil) {
		switch o := o.(type) {
		case Failed, Collected:
			ended++
		default:
			t.Errorf("%#v", o)
		}
	}
	if ended != 3 {
		t.Errorf("%d have ended, want 3", ended)
	}
	out := m.Handle(later, datagram(t, "a", protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: 9, Token: token}), nil)
	if r, ok := out[0].(Response); !ok || r.ID != 1 || r.RTT != 72*time.Hour {
		t.Errorf("%#v", out)
	}
	m.Handle(later, Cancel{1}, nil)
	m.Handle(later.Add(72*time.Hour), Tick{}, nil)
	if left := tableSize(m); left != "" {
		t.Error(left)
	}
}

// A timer that comes minutes late finds a CON whose message ID is to be forgotten and whose attempts are
// over: it is forgotten once, and its endpoint stays as long as something else is open with it.
func TestTimerMinutesLate(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	now := start
	handle := func(later time.Duration, in Input) []Output {
		now = now.Add(later)
		out := m.Handle(now, in, nil)
		if err := audit(m); err != nil {
			t.Fatalf("after %v: %v", now.Sub(start), err)
		}
		return out
	}
	handle(0, Send{ID: 1, To: peers["a"], Message: get(protocol.Confirmable)})
	out := handle(5*time.Minute, Send{ID: 2, To: peers["a"], KeepOpen: true, Message: get(protocol.NonConfirmable)})
	if f, ok := out[0].(Failed); !ok || f.ID != 1 {
		t.Fatalf("%#v", out)
	}
	token := out[1].(Sent).Token
	for i := range 10 {
		notification := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: protocol.MessageID(i), Token: token}
		out = handle(time.Minute, datagram(t, "a", notification))
		if r, ok := out[0].(Response); !ok || r.Count != i+1 {
			t.Fatalf("%#v", out)
		}
	}
	handle(0, Cancel{2})
	handle(time.Hour, Tick{})
	if left := tableSize(m); left != "" {
		t.Error(left)
	}
}

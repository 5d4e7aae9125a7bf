package exchange

import (
	"testing"
	"time"

	"coapscope/protocol"
)

// What is in use with endpoints, second by second: EXCHANGE_LIFETIME is 247 s, NON_LIFETIME 145 s (RFC 7252 §4.8.2).
func TestUses(t *testing.T) {
	p := newPlayer(t, nil)
	use := func(peer string) Use {
		p.handle(Tick{})
		for _, u := range p.m.AppendUses(nil) {
			if u.Peer == peers[peer] {
				u.NextFree, u.AllFree = u.NextFree.Add(-p.now), u.AllFree.Add(-p.now) // seconds from now, after the epoch
				return u
			}
		}
		return Use{}
	}
	in := func(seconds int) time.Time { return p.epoch.Add(time.Duration(seconds) * time.Second) }
	send := func(id ID, peer string, typ protocol.Type) {
		p.handle(Send{ID: id, To: peers[peer], Message: get(typ)})
	}
	check := func(when int, peer string, want Use) {
		t.Helper()
		p.run(time.Duration(when) * time.Second)
		got := use(peer)
		want.Peer, want.NStart, want.Begun = peers[peer], 1, true
		if got != want {
			t.Errorf("at %d s with %s:\n got %+v\nwant %+v", when, peer, got, want)
		}
	}

	if got := p.m.AppendUses(nil); len(got) != 0 {
		t.Errorf("in use before anything is: %+v", got)
	}
	send(1, "a", protocol.Confirmable)
	check(0, "a", Use{MessageIDs: 1, NextFree: in(247), AllFree: in(247), Next: 1, Tokens: 1, Open: 1, Outstanding: 1})
	send(2, "a", protocol.Confirmable) // waits
	check(1, "a", Use{MessageIDs: 1, NextFree: in(246), AllFree: in(246), Next: 1, Tokens: 1, Open: 2, Waiting: 1, Outstanding: 1})
	p.handle(datagram(t, "a", protocol.Message{
		Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: p.sent[1].MessageID, Token: p.sent[1].Token,
	}))
	check(1, "a", Use{MessageIDs: 2, NextFree: in(246), AllFree: in(247), Next: 2, Tokens: 2, Open: 1, Outstanding: 1})
	p.handle(datagram(t, "a", protocol.Message{
		Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: p.sent[2].MessageID, Token: p.sent[2].Token,
	}))
	p.run(50 * time.Second)
	send(3, "a", protocol.NonConfirmable) // free before those of the CONs
	send(4, "b", protocol.NonConfirmable)
	check(50, "a", Use{MessageIDs: 3, NextFree: in(145), AllFree: in(198), Next: 3, Tokens: 3, Open: 1, Outstanding: 1})
	check(50, "b", Use{MessageIDs: 1, NextFree: in(145), AllFree: in(145), Next: 1, Tokens: 1, Open: 1, Outstanding: 1})
	ids := p.m.AppendMessageIDs(nil, peers["a"], 2)
	if len(ids) != 2 || ids[0].ID != 2 || ids[0].Confirmable || !ids[0].Open || !ids[0].Free.Equal(in(195)) ||
		ids[1].ID != 0 || !ids[1].Confirmable || ids[1].Open || ids[1].Token != p.sent[1].Token || !ids[1].Free.Equal(in(247)) {
		t.Errorf("message IDs in use: %+v", ids)
	}
	// At 195 s the NON's is free; its token is kept while its exchange is open, which nothing answers.
	check(196, "a", Use{MessageIDs: 2, NextFree: in(51), AllFree: in(52), Next: 3, Tokens: 3, Open: 1})
	check(247, "a", Use{MessageIDs: 1, NextFree: in(1), AllFree: in(1), Next: 3, Tokens: 2, Open: 1})
	p.run(1000 * time.Second)
	if got := p.m.AppendUses(nil); len(got) != 0 || len(p.m.AppendMessageIDs(nil, peers["a"], 10)) != 0 {
		t.Errorf("in use when all is over: %+v", got)
	}
}

// To tell what is in use costs no more with all message IDs in use than with one.
func TestUsesAreCheap(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	measure := func() float64 {
		var uses []Use
		return testing.AllocsPerRun(10, func() { uses = m.AppendUses(uses[:0]) })
	}
	send := func(id protocol.MessageID) {
		s := Send{ID: m.NextID(), To: peers["a"], Message: get(protocol.NonConfirmable), SelfPaced: true, FixedMessageID: true, Timeout: time.Second}
		s.Message.MessageID = id
		m.Handle(start, s, nil)
	}
	send(0)
	few := measure()
	for i := 1; i < 1<<16; i++ {
		send(protocol.MessageID(i))
	}
	m.Handle(start.Add(2*time.Second), Tick{}, nil)
	many, u := measure(), m.AppendUses(nil)[0]
	if u.MessageIDs != 1<<16 || u.Tokens != 1<<16 || u.Open != 0 || many > few {
		t.Errorf("%+v; %v allocations with few, %v with all", u, few, many)
	}
	first := m.AppendMessageIDs(nil, peers["a"], 3)
	if len(first) != 3 || first[0].ID != 0 || first[2].ID != 2 {
		t.Errorf("%+v", first)
	}
}

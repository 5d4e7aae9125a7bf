package exchange

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"coapscope/protocol"
)

// The set of message IDs gives the next free one, as a plain search does.
func TestMessageIDSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var set messageIDs
	used := make([]bool, 1<<16)
	n := 0
	check := func(from protocol.MessageID) {
		want := from
		for used[want] {
			want++
		}
		if got := set.next(from); got != want {
			t.Fatalf("%d in use: after %d comes %d, not %d", n, from, got, want)
		}
	}
	for n < 1<<16-1 {
		id := protocol.MessageID(random.Uint32())
		if n >= 50_000 { // fill the gaps, or it takes long
			id = set.next(id)
		}
		switch {
		case !used[id]:
			used[id] = true
			set.take(id)
			n++
		case n < 50_000 && random.IntN(4) == 0:
			used[id] = false
			set.free(id)
			n--
		}
		if n%64 == 0 || n > 1<<16-200 {
			check(protocol.MessageID(random.Uint32()))
		}
	}
	last := set.next(0)
	for _, from := range []protocol.MessageID{0, last - 1, last, last + 1, 0xffff} {
		if got := set.next(from); got != last {
			t.Errorf("the only free one is %d; after %d comes %d", last, from, got)
		}
	}
	set.take(last)
	if got := set.next(7); got != 7 {
		t.Errorf("all are in use, and 7 gives %d", got)
	}
}

// With nearly all message IDs in use, taking one costs as little as ever, whatever the policy, and
// gives none that is in use.
func TestManyMessageIDs(t *testing.T) {
	for policy := range RandomMessageIDs + 1 {
		m := NewMachine(Config{Rand: rand.NewPCG(3, 4), Identifiers: Identifiers{MessageIDs: policy, Tokens: SequentialTokens}})
		inUse := map[protocol.MessageID]bool{}
		now := start
		var out []Output
		send := func() bool {
			now = now.Add(2 * time.Millisecond) // 72,500 in a NON_LIFETIME
			out = m.Handle(now, Send{
				ID: m.NextID(), To: peers["a"], SelfPaced: true, Timeout: time.Second,
				Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET},
			}, out[:0])
			for _, o := range out {
				if s, ok := o.(Sent); ok {
					if inUse[s.MessageID] && now.Sub(start) < 145*time.Second {
						t.Fatalf("%d is used again", s.MessageID)
					}
					inUse[s.MessageID] = true
					return true
				}
			}
			return false
		}
		for range 1 << 16 {
			if !send() {
				t.Fatalf("policy %d: no message ID, %d in use", policy, len(inUse))
			}
		}
		if len(inUse) != 1<<16 {
			t.Errorf("policy %d: %d message IDs are used, not all", policy, len(inUse))
		}
		if send() {
			t.Errorf("policy %d: a message ID was used again", policy)
		}
		for range 2 { // all in use, half of them
			if err := audit(m); err != nil {
				t.Error(err)
			}
			m.Handle(start.Add((145+65)*time.Second), Tick{}, nil)
		}
	}
}

// With Recycle, the message ID of the exchange that ended longest ago is used again when none is
// free, and none of an open one.
func TestRecycleMessageIDs(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}, Identifiers: Identifiers{Recycle: true}})
	request := Send{
		To: peers["a"], SelfPaced: true, Timeout: time.Hour,
		Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET},
	}
	messageID := func(out []Output) (protocol.MessageID, bool) {
		for _, o := range out {
			if s, ok := o.(Sent); ok {
				return s.MessageID, true
			}
		}
		return 0, false
	}
	used := map[ID]protocol.MessageID{}
	for range 1 << 16 {
		request.ID = m.NextID()
		used[request.ID], _ = messageID(m.Handle(start, request, nil))
	}
	// All are open, so the next one waits; it has the message ID of the first that ends.
	request.ID = m.NextID()
	waiting := m.Handle(start, request, nil)
	if len(waiting) != 1 || waiting[0].(Queued).Why != WaitsForMessageID {
		t.Fatalf("%v", waiting)
	}
	if got, ok := messageID(m.Handle(start, Cancel{700}, nil)); !ok || got != used[700] {
		t.Errorf("what waits has message ID %d, want %d", got, used[700])
	}
	for _, id := range []ID{3, 44} {
		m.Handle(start, Cancel{id}, nil)
	}
	for _, old := range []ID{3, 44} {
		request.ID = m.NextID()
		if got, ok := messageID(m.Handle(start, request, nil)); !ok || got != used[old] {
			t.Errorf("message ID %d, want that of exchange %d, %d", got, old, used[old])
		}
	}
	if err := audit(m); err != nil {
		t.Error(err)
	}
	if n := len(m.sent); n != 1<<16 {
		t.Errorf("%d message IDs are in use", n)
	}
	m.Handle(start.Add(time.Hour), Tick{}, nil)
	m.Handle(start.Add(2*time.Hour), Tick{}, nil)
	if left := tableSize(m); left != "" {
		t.Error(left)
	}
}

// Where all tokens of a length are in use, the next are longer; none is used twice.
func TestTokensBecomeLonger(t *testing.T) {
	for _, policy := range []TokenPolicy{RandomTokens, SequentialTokens} {
		m := NewMachine(Config{Rand: rand.NewPCG(5, 6), Identifiers: Identifiers{Tokens: policy, TokenLength: 1}})
		seen, lengths := map[protocol.Token]bool{}, map[int]int{}
		for range 300 {
			out := m.Handle(start, Send{
				ID: m.NextID(), To: peers["a"], SelfPaced: true,
				Message: protocol.Message{Type: protocol.NonConfirmable, Code: protocol.GET},
			}, nil)
			token := out[0].(Sent).Token
			if seen[token] {
				t.Fatalf("token %s is used twice", token)
			}
			seen[token] = true
			lengths[token.Len()]++
		}
		if lengths[1] != 256 || lengths[2] != 44 {
			t.Errorf("policy %d: lengths %v", policy, lengths)
		}
	}
}

// The longest token there is goes out and comes back; longer ones are cut to that.
func TestLongestToken(t *testing.T) {
	m := NewMachine(Config{Identifiers: Identifiers{TokenLength: 1 << 20}})
	out := m.Handle(start, Send{ID: 1, To: peers["a"], Message: protocol.Message{Code: protocol.GET}}, nil)
	s := out[0].(Sent)
	if s.Token.Len() != protocol.MaxTokenLength {
		t.Fatalf("%d bytes", s.Token.Len())
	}
	response := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: s.MessageID, Token: s.Token}
	b, err := response.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	out = m.Handle(start, Datagram{From: peers["a"], Data: b}, nil)
	if r, ok := out[0].(Response); !ok || r.Message.Token != s.Token {
		t.Errorf("%T", out[0])
	}
}

// A request that wants no response and cannot even be sent has failed.
func TestSuppressedAndUnreachable(t *testing.T) {
	m := NewMachine(Config{Rand: &counting{}})
	request := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.POST}
	request.Options = request.Options.AddUint(protocol.NoResponse, allResponses)
	out := m.Handle(start, Send{ID: 1, To: peers["a"], Message: request}, nil)
	transmit := out[1].(Transmit)
	if at, ok := m.Deadline(); !ok || !at.Equal(start) {
		t.Errorf("deadline %v %v", at, ok)
	}
	cause := errors.New("no route")
	out = m.Handle(start, Unreachable{To: transmit.To, Err: cause, Quote: transmit.Data}, nil)
	if len(out) != 1 || !errors.Is(out[0].(Failed).Err, cause) {
		t.Errorf("%v", out)
	}
}

// A policy's and a state's words are for people.
func TestWhyInWords(t *testing.T) {
	for why := range WaitsForProbingRate + 1 {
		if s := why.String(); s == "" || s == fmt.Sprintf("Why(%d)", uint8(why)) {
			t.Errorf("%d is %q", why, s)
		}
	}
	if !errors.Is(ErrLongToken, ErrReset) {
		t.Error("ErrLongToken is no ErrReset")
	}
}

// The cost of a message ID with 65,000 in use.
func BenchmarkMessageID(b *testing.B) {
	for policy, name := range map[MessageIDPolicy]string{SequentialMessageIDs: "sequential", RandomMessageIDs: "random"} {
		b.Run(name, func(b *testing.B) {
			m := NewMachine(Config{})
			p := m.peerOf(peers["a"])
			for range 65_000 {
				id, ok := m.takeMessageID(p, policy)
				if !ok {
					b.Fatal("none is free")
				}
				m.register(&exchange{peer: p, message: id, ping: true}, time.Hour)
			}
			for b.Loop() {
				if _, ok := m.takeMessageID(p, policy); !ok {
					b.Fatal("none is free")
				}
			}
		})
	}
}

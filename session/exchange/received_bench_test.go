package exchange

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"coapscope/protocol"
)

// notifying is endpoints that send notifications in turn, the same number a second each.
type notifying struct {
	m        *Machine
	now      time.Time
	gap      time.Duration // between two notifications
	peers    []Datagram
	next     int
	id       protocol.MessageID
	out      []Output
	received uint64
}

func notifyingFrom(tb testing.TB, peers int, gap time.Duration, kind protocol.Type) *notifying {
	n := &notifying{m: NewMachine(Config{}), now: start, gap: gap}
	for i := range peers {
		out := n.m.Handle(n.now, Send{ID: n.m.NextID(), To: many(i), Message: get(protocol.NonConfirmable), KeepOpen: true}, nil)
		m := protocol.Message{Type: kind, Code: protocol.Content, Token: out[0].(Sent).Token, Payload: []byte("21.5")}
		m.Options = m.Options.AddUint(protocol.Observe, 1)
		data, err := m.Append(nil)
		if err != nil {
			tb.Fatal(err)
		}
		n.peers = append(n.peers, Datagram{From: many(i), Data: data})
	}
	return n
}

// notify has one more notification received.
func (n *notifying) notify(tb testing.TB) {
	if n.next == len(n.peers) {
		n.next = 0
		n.id++
	}
	d := &n.peers[n.next]
	n.next++
	n.received++
	d.Data[2], d.Data[3], d.Frame = byte(n.id>>8), byte(n.id), n.received
	n.now = n.now.Add(n.gap)
	n.out = n.m.Handle(n.now, *d, n.out[:0])
	if _, ok := n.out[len(n.out)-1].(Response); !ok {
		tb.Fatalf("%#v", n.out)
	}
}

// 100 endpoints send 20,000 notifications a second, all of which are remembered as long as RFC 7252 §4.8.2 says: what
// one takes, and what each of those that are remembered takes in memory.
func BenchmarkNotifications(b *testing.B) {
	for _, kind := range []protocol.Type{protocol.NonConfirmable, protocol.Confirmable} {
		b.Run(kind.String(), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			n := notifyingFrom(b, 100, time.Second/20_000, kind)
			lifetime := n.m.transmission.NonLifetime()
			if kind == protocol.Confirmable {
				lifetime = n.m.transmission.ExchangeLifetime()
			}
			for n.now.Sub(start) < lifetime {
				n.notify(b)
			}
			remembered := n.m.Sizes().Received
			clear(n.out)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportAllocs()
			for b.Loop() {
				n.notify(b)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(remembered), "B/ID")
			b.ReportMetric(float64(remembered), "IDs")
		})
	}
}

// remembering has messages remembered of many endpoints in turn, the oldest forgotten, in one or the other way.
type remembering struct {
	tables []remembered
	peers  []*peer
	plainly
	added int
}

const (
	rememberingPeers = 100
	rememberingEach  = 5000 // message IDs
)

func (r *remembering) inBlocks() {
	t := &r.tables[r.added%rememberingPeers]
	id := protocol.MessageID(r.added / rememberingPeers)
	if t.find(id) != nil {
		panic("remembered twice")
	}
	if t.count == rememberingEach {
		t.forget()
	}
	t.add(entry{message: id})
	r.added++
}

func (r *remembering) inMap() {
	key := messageKey{r.peers[r.added%rememberingPeers], protocol.MessageID(r.added / rememberingPeers)}
	if _, ok := r.messages[key]; ok {
		panic("remembered twice")
	}
	if len(r.messages) == rememberingPeers*rememberingEach {
		r.forget()
	}
	r.add(key, plain{instant(r.added), received{}})
	r.added++
}

// fill gives a way to remember, with as much in it as there may be, and the bytes that each message takes.
func fill(in func(*remembering)) (r *remembering, each float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r = &remembering{tables: make([]remembered, rememberingPeers), plainly: plainly{messages: map[messageKey]plain{}}}
	for i := range rememberingPeers {
		r.peers = append(r.peers, new(peer))
		r.tables[i].newest = make([]uint16, 1)
	}
	for range rememberingPeers * rememberingEach {
		in(r)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return r, float64(after.HeapAlloc-before.HeapAlloc) / (rememberingPeers * rememberingEach)
}

// What is remembered takes a third at most of what a map of it takes.
func TestRememberedTakesLittleMemory(t *testing.T) {
	r, blocks := fill((*remembering).inBlocks)
	runtime.KeepAlive(r)
	r, plain := fill((*remembering).inMap)
	runtime.KeepAlive(r)
	t.Logf("%.1f bytes a message ID, in a map %.1f", blocks, plain)
	if blocks > plain/3 {
		t.Errorf("%.1f bytes a message ID, in a map %.1f", blocks, plain)
	}
}

// 500,000 message IDs of 100 endpoints: what it takes to look for one more, remember it and forget the oldest.
func BenchmarkRemember(b *testing.B) {
	for name, in := range map[string]func(*remembering){"blocks": (*remembering).inBlocks, "map": (*remembering).inMap} {
		b.Run(fmt.Sprintf("in=%s", name), func(b *testing.B) {
			r, each := fill(in)
			for b.Loop() {
				in(r)
			}
			b.ReportMetric(each, "B/ID")
		})
	}
}

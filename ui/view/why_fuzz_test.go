package view

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
)

// Whatever comes for a request, from wherever, it is explained or answered, with frames that there are.
func FuzzWhy(f *testing.F) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		f.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	f.Cleanup(w.Close)
	client, server := netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("192.0.2.1:5683")
	places := []netip.AddrPort{server, netip.AddrPortFrom(server.Addr(), 5685), netip.MustParseAddrPort("192.0.2.9:5683"), client}
	request := protocol.Message{Code: protocol.GET, MessageID: 7, Token: protocol.TokenOf([]byte{1, 2, 3})}
	con, _ := request.Append(nil)
	for _, reply := range []string{
		"\x63\x45\x00\x07\x01\x02\x03", "\x60\x45\x00\x07", "\x70\x00\x00\x07", "\x60\x00\x00\x07", "\x63\xa4\x00\x07\x01\x02\x03\xffno",
		"\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x0a", "\x1a\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x63\x45\x00\x07\x01\x02\x03\xff", "", "\x43\x01\x00\x07\x01\x02\x03",
	} {
		for place := range places {
			f.Add(con, []byte(reply), uint8(place), uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, first, reply []byte, place, times uint8) {
		log := new(trace.Log)
		add := func(from, to netip.AddrPort, data []byte, after time.Duration) {
			log.Append(trace.Frame{
				Direction: trace.Seen, Source: from, Destination: to, Data: data, Fault: trace.Fault(times >> 4),
				Time: time.Unix(1_700_000_000, 0).Add(after),
			})
		}
		add(client, server, first, 0)
		for i := range int(times % 4) {
			add(places[int(place)%len(places)], client, reply, time.Duration(place)*time.Second)
			add(client, server, first, time.Duration(i)*time.Second)
		}
		traffic := NewTraffic(log, w.Devices.Name)
		pullAll(traffic)
		w.Traffic, w.near = traffic, nil
		for s := trace.Seq(1); int(s) <= log.Len(); s++ {
			i := w.Unanswered(s)
			y, ok := w.WhyExchange(i)
			if ok != (i != 0) || ok && len(y.Clues) == 0 {
				t.Fatalf("frame %d, exchange %d: %v, %+v", s, i, ok, y)
			}
			for _, c := range y.Clues {
				if int(c.Frame) > log.Len() || c.Title == "" {
					t.Errorf("%+v", c)
				}
			}
			if !slices.IsSortedFunc(y.Clues, func(a, b Clue) int { return int(a.Certainty) - int(b.Certainty) }) {
				t.Errorf("not in order: %+v", y.Clues)
			}
			_ = y.Text()
		}
		if bytes.Equal(first, con) && len(reply) == 0 && w.Unanswered(1) == 0 {
			t.Error("a request with no reply passes for answered")
		}
	})
}

// BenchmarkWhy explains a request around which there are a million frames of others.
func BenchmarkWhy(b *testing.B) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		b.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	b.Cleanup(w.Close)
	log := new(trace.Log)
	client, server := netip.MustParseAddrPort("192.0.2.7:40000"), netip.MustParseAddrPort("192.0.2.1:5683")
	other := netip.MustParseAddrPort("192.0.2.2:5683")
	request := protocol.Message{Code: protocol.GET, MessageID: 7, Token: protocol.TokenOf([]byte{1, 2, 3})}
	con, _ := request.Append(nil)
	const frames = 1_000_000
	for i := range frames {
		f := trace.Frame{Direction: trace.Seen, Source: other, Destination: client, Data: []byte{0x50, 0x45, byte(i >> 8), byte(i)}, Time: time.Unix(1_700_000_000, int64(i)*1000)}
		if i == frames/2 {
			f.Source, f.Destination, f.Data = client, server, con
		}
		log.Append(f)
	}
	w.Traffic = NewTraffic(log, w.Devices.Name)
	pullAll(w.Traffic)
	i := w.Unanswered(frames/2 + 1)
	if i == 0 {
		b.Fatal("the request is not found")
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			w.near = nil
			w.WhyExchange(i)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			w.WhyExchange(i)
		}
	})
}

package session

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// Two members answer a group: one twice with the same message, one when the leisure is over, and once more.
func TestAnswersOfAGroup(t *testing.T) {
	e, clock := engineAt(t, Config{})
	member := func() (*net.UDPConn, func(to trace.Frame, m protocol.Message)) {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn, func(request trace.Frame, m protocol.Message) {
			asked, err := protocol.Parse(request.Data)
			if err != nil {
				t.Fatal(err)
			}
			m.Type, m.Code, m.Token = protocol.NonConfirmable, protocol.Content, asked.Token
			data, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.WriteToUDPAddrPort(data, request.Source); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, tell1 := member()
	_, tell2 := member()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []GroupResponse
	next := func(request trace.Frame) {
		switch len(got) {
		case 0:
			tell1(request, protocol.Message{MessageID: 1, Payload: []byte("a")})
		case 1:
			tell1(request, protocol.Message{MessageID: 1, Payload: []byte("a")})
		case 2:
			clock.advance(6 * time.Second)
			tell2(request, protocol.Message{MessageID: 1, Payload: []byte("b")})
		case 3:
			tell2(request, protocol.Message{MessageID: 2, Payload: []byte("c")})
		case 4:
			open := e.OpenExchanges()
			if len(open) != 1 || open[0].State != OpenCollecting || open[0].Responses != 3 || open[0].Type != protocol.NonConfirmable {
				t.Errorf("open: %+v", open)
			}
			clock.advance(time.Hour)
		}
	}
	var request trace.Frame
	// Nobody is in the group by this address: a member is asked as if it were one.
	seq, err := e.DoGroup(ctx, GroupRequest{
		To: first.LocalAddr().(*net.UDPAddr).AddrPort(), Message: ask(protocol.GET, "x"),
		On: func(event Event) {
			if tr, ok := event.(Transmission); ok {
				request = *e.Log().At(tr.Frame)
				next(request)
			}
		},
	}, func(r GroupResponse) {
		if f := e.Log().At(r.Frame); f == nil || f.Source != r.From {
			t.Errorf("frame of %+v", r)
		}
		got = append(got, r)
		next(request)
	})
	if err != nil || seq != request.Seq {
		t.Fatalf("frame %d, %v", seq, err)
	}
	type brief struct {
		payload         string
		rtt             time.Duration
		late, duplicate bool
		nth             int
	}
	want := []brief{{"a", 0, false, false, 1}, {"a", 0, false, true, 1}, {"b", 6 * time.Second, true, false, 1}, {"c", 6 * time.Second, true, false, 2}}
	if len(got) != len(want) {
		t.Fatalf("%d responses: %+v", len(got), got)
	}
	for i, r := range got {
		if b := (brief{string(r.Message.Payload), r.RTT, r.Late, r.Duplicate, r.Nth}); b != want[i] {
			t.Errorf("response %d: %+v, want %+v", i+1, b, want[i])
		}
	}
	if open := e.OpenExchanges(); len(open) != 0 {
		t.Errorf("open: %+v", open)
	}
}

func TestPingByParametersOfItsOwn(t *testing.T) {
	e, clock := engineAt(t, Config{})
	mute := play(t, func(protocol.Message, int) []protocol.Message { return nil })
	once := protocol.DefaultTransmission()
	once.MaxRetransmit, once.AckTimeout, once.AckRandomFactor = 1, time.Second, 1
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begin := clock.Now()
	pong, err := e.DoPing(ctx, PingRequest{To: mute.addr, Transmission: &once, On: func(event Event) {
		if tr, ok := event.(Transmission); ok {
			clock.advance(tr.Next.Sub(clock.Now()))
		}
	}})
	var timeout *exchange.TimeoutError
	if !errors.As(err, &timeout) || timeout.Attempts != 2 || pong.Attempts != 2 || clock.Now().Sub(begin) != 3*time.Second {
		t.Errorf("%+v, %v after %v", pong, err, clock.Now().Sub(begin))
	}
	alive := play(t, func(m protocol.Message, _ int) []protocol.Message {
		return one(protocol.Message{Type: protocol.Reset})
	})
	pong, err = e.DoPing(ctx, PingRequest{To: alive.addr})
	if err != nil || pong.Type != protocol.Reset || pong.Attempts != 1 || e.Log().At(pong.Sent).Destination != alive.addr || e.Log().At(pong.Received).Source != alive.addr {
		t.Errorf("%+v, %v", pong, err)
	}
}

// What nothing asked for is kept with the reason, and does not grow without end.
func TestStrays(t *testing.T) {
	e, _ := engineAt(t, Config{})
	s := play(t, func(m protocol.Message, n int) []protocol.Message {
		if m.Code == protocol.Empty {
			return nil
		}
		ack := reply(protocol.Content, "x")
		return []protocol.Message{
			{Type: protocol.Acknowledgement, Code: protocol.Content, Token: protocol.TokenOf([]byte("other"))},
			ack, ack,
			{Type: protocol.Confirmable, Code: protocol.GET, MessageID: 77},
			{Type: protocol.Reset, MessageID: m.MessageID + 1},
		}
	})
	if _, err := e.Do(t.Context(), Request{To: s.addr, Message: ask(protocol.GET, "x")}); err != nil {
		t.Fatal(err)
	}
	local := e.Log().At(1).Source
	deadline := time.After(patience)
	more := make(chan struct{}, 1)
	e.Log().OnAppend(func() {
		select {
		case more <- struct{}{}:
		default:
		}
	})
	defer e.Log().OnAppend(nil)
	var got []Stray
	for malformed := false; len(got) < 5; {
		if len(got) == 4 && !malformed { // after what the script sends
			malformed = true
			s.conn.WriteToUDPAddrPort([]byte{0x40, 0x45, 1, 2, 0xff}, local)
		}
		select {
		case <-more:
		case <-time.After(10 * time.Millisecond): // what is in the log is handled a little later
		case <-deadline:
			t.Fatalf("strays: %+v", got)
		}
		got = e.Strays(0)
	}
	for i, want := range []Stray{
		{Kind: StrayUnmatched, Reason: exchange.TokenMismatch},
		{Kind: StrayDuplicate},
		{Kind: StrayUnmatched, Reason: exchange.PeerRequest, Reset: true},
		{Kind: StrayUnmatched, Reason: exchange.NoExchange},
		{Kind: StrayMalformed, Reset: true},
	} {
		x := got[i]
		if x.Kind != want.Kind || x.Reason != want.Reason || x.Reset != want.Reset || x.From != s.addr || e.Log().At(x.Frame).Source != s.addr {
			t.Errorf("stray %d: %+v, want %+v", i, x, want)
		}
		if (x.Err != nil) != (x.Kind == StrayMalformed) || (x.First != 0) != (x.Kind == StrayDuplicate) || x.Kind.String() == "" {
			t.Errorf("stray %d: %+v", i, x)
		}
	}
	if later := e.Strays(got[2].Frame); len(later) != 2 || later[0] != got[3] {
		t.Errorf("after frame %d: %+v", got[2].Frame, later)
	}

	var full Engine
	for n := range 3*maxStrays + 7 {
		full.keepStray(Stray{Frame: trace.Seq(n + 1)})
	}
	all := full.Strays(0)
	if len(all) != maxStrays || all[0].Frame != 2*maxStrays+8 || all[len(all)-1].Frame != 3*maxStrays+7 {
		t.Errorf("%d strays from %d to %d", len(all), all[0].Frame, all[len(all)-1].Frame)
	}
	if newest := full.Strays(3*maxStrays + 6); len(newest) != 1 {
		t.Errorf("%d strays after the last but one", len(newest))
	}
}

package view_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

var (
	us   = netip.MustParseAddrPort("192.0.2.1:40000")
	node = netip.MustParseAddrPort("192.0.2.7:5683")
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// recording is a log that a test writes.
type recording struct {
	t    *testing.T
	log  trace.Log
	time time.Time
}

func record(t *testing.T) *recording {
	return &recording{t: t, time: now}
}

// sent and received append a frame ms milliseconds after the one before.
func (r *recording) sent(ms int, m protocol.Message) trace.Seq {
	return r.add(ms, trace.Sent, us, node, encoded(r.t, m))
}

func (r *recording) received(ms int, m protocol.Message) trace.Seq {
	return r.add(ms, trace.Received, node, us, encoded(r.t, m))
}

func (r *recording) add(ms int, d trace.Direction, from, to netip.AddrPort, data []byte) trace.Seq {
	r.time = r.time.Add(time.Duration(ms) * time.Millisecond)
	return r.log.Append(trace.Frame{Time: r.time, Source: from, Destination: to, Direction: d, Data: data})
}

// traffic shows the log, all of it pulled.
func (r *recording) traffic() *view.Traffic {
	v := view.NewTraffic(&r.log, func(a netip.AddrPort) string {
		if a == node {
			return "node"
		}
		return a.String()
	})
	pullAll(r.t, v)
	return v
}

func pullAll(t *testing.T, v *view.Traffic) {
	t.Helper()
	for n := 0; ; n++ {
		if _, more := v.Pull(); !more {
			return
		}
		if n > 1000 {
			t.Fatal("Pull never ends")
		}
	}
}

func request(id protocol.MessageID, token byte, path ...string) protocol.Message {
	m := protocol.Message{Code: protocol.GET, MessageID: id, Token: protocol.TokenOf([]byte{token})}
	for _, s := range path {
		m.Options = m.Options.Add(protocol.URIPath, []byte(s))
	}
	return m
}

func response(typ protocol.Type, id protocol.MessageID, token byte, code protocol.Code, body string) protocol.Message {
	return protocol.Message{Type: typ, Code: code, MessageID: id, Token: protocol.TokenOf([]byte{token}), Payload: []byte(body)}
}

func empty(typ protocol.Type, id protocol.MessageID) protocol.Message {
	return protocol.Message{Type: typ, MessageID: id}
}

// One of everything: what each row says.
func TestTrafficRows(t *testing.T) {
	r := record(t)
	observed := request(0x30, 0xc, "obs")
	observed.Options = observed.Options.AddUint(protocol.Observe, 0)
	notification := func(typ protocol.Type, id protocol.MessageID, seq uint64, body string) protocol.Message {
		m := response(typ, id, 0xc, protocol.Content, body)
		m.Options = m.Options.AddUint(protocol.Observe, seq)
		return m
	}
	query := request(0x40, 0xd, "a")
	query.Options = query.Options.Add(protocol.URIQuery, []byte("x=1")).Add(protocol.URIQuery, []byte("y"))
	created := response(protocol.Acknowledgement, 0x40, 0xd, protocol.Created, "")
	created.Options = created.Options.Add(protocol.LocationPath, []byte("new")).Add(protocol.LocationPath, []byte("1"))

	r.sent(0, request(0x10, 0xa, "sensors", "temp"))                                    // 1
	r.sent(2000, request(0x10, 0xa, "sensors", "temp"))                                 // 2
	r.received(40, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "")) // 3
	r.received(1, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, ""))  // 4
	r.sent(10, request(0x20, 0xb, "slow"))                                              // 5
	r.received(10, empty(protocol.Acknowledgement, 0x20))                               // 6
	r.received(500, response(protocol.Confirmable, 0x99, 0xb, protocol.NotFound, ""))   // 7
	r.sent(1, empty(protocol.Acknowledgement, 0x99))                                    // 8
	r.sent(1, observed)                                                                 // 9
	r.received(9, notification(protocol.Acknowledgement, 0x30, 5, ""))                  // 10
	r.received(9, notification(protocol.NonConfirmable, 0x9a, 7, ""))                   // 11
	r.received(9, notification(protocol.NonConfirmable, 0x9b, 6, ""))                   // 12: overtaken
	r.sent(1, query)                                                                    // 13
	r.received(1, created)                                                              // 14
	r.sent(1, empty(protocol.Confirmable, 0x50))                                        // 15
	r.received(3, empty(protocol.Reset, 0x50))                                          // 16
	r.received(1, response(protocol.NonConfirmable, 0x9c, 0x77, protocol.Content, ""))  // 17
	r.add(1, trace.Received, node, us, []byte{0x40, 0x01, 0xab})                        // 18

	v := r.traffic()
	if v.Len() != 18 || v.Total() != 18 {
		t.Fatalf("%d rows of %d", v.Len(), v.Total())
	}
	if received, others, bad := v.Counts(); received != 11 || others != 7 || bad != 1 {
		t.Errorf("counts %d, %d, %d", received, others, bad)
	}
	for i, want := range []struct {
		time, arrow, typ, code, id, summary string
		concept                             view.Concept
	}{
		{"0.000", "→", "CON", "GET", "0010", "/sensors/temp", view.Plain},
		{"2.000", "→", "CON", "GET", "0010", "↻ retransmission 1 of #1", view.Warning},
		{"2.040", "←", "ACK", "2.05", "0010", "Content", view.Plain},
		{"2.041", "←", "ACK", "2.05", "0010", "↻ duplicate of #3", view.Warning},
		{"2.051", "→", "CON", "GET", "0020", "/slow", view.Plain},
		{"2.061", "←", "ACK", "0.00", "0020", "acknowledges #5", view.Dim},
		{"2.561", "←", "CON", "4.04", "0099", "Not Found  separate", view.Error},
		{"2.562", "→", "ACK", "0.00", "0099", "acknowledges #7", view.Dim},
		{"2.563", "→", "CON", "GET", "0030", "/obs  obs=0", view.Plain},
		{"2.572", "←", "ACK", "2.05", "0030", "Content  obs=5", view.Plain},
		{"2.581", "←", "NON", "2.05", "009a", "Content  obs=7", view.Plain},
		{"2.590", "←", "NON", "2.05", "009b", "Content  obs=6  stale", view.Warning},
		{"2.591", "→", "CON", "GET", "0040", "/a?x=1&y", view.Plain},
		{"2.592", "←", "ACK", "2.01", "0040", "Created  at /new/1", view.Plain},
		{"2.593", "→", "CON", "0.00", "0050", "ping", view.Plain},
		{"2.596", "←", "RST", "0.00", "0050", "pong · 3.0 ms", view.Plain},
		{"2.597", "←", "NON", "2.05", "009c", "Content  matches nothing", view.Warning},
	} {
		got := v.Row(i)
		if got.Time != want.time || got.Arrow != want.arrow || got.Type != want.typ || got.Code != want.code || got.MessageID != want.id ||
			got.Summary != want.summary || got.Concept != want.concept || got.Peer != "node" {
			t.Errorf("row %d: got %+v, want %+v", i, got, want)
		}
	}
	if bad := v.Row(17); !strings.HasPrefix(bad.Summary, "✖ ") || !strings.Contains(bad.Summary, "RFC 7252") || bad.Concept != view.Error || bad.MessageID != "" {
		t.Errorf("malformed: %+v", bad)
	}
	if past := v.Row(18); past != (view.PacketRow{}) {
		t.Errorf("behind the last row: %+v", past)
	}
	for s, want := range map[trace.Seq]string{1: "↻ #2 ↔ #3 ↻ #4", 3: "↔ #1 ↻ #2 ↻ #4", 5: "↔ #6 ↔ #7 ↔ #8", 14: "↔ #13", 18: ""} {
		if got := v.Related(s); got != want {
			t.Errorf("related to %d: %q, want %q", s, got, want)
		}
	}
	if !v.SameExchange(5, 8) || v.SameExchange(1, 5) || v.SameExchange(18, 18) {
		t.Error("exchanges are mixed up")
	}

	title, arrows := v.ExchangeArrows(2, 10)
	if len(arrows) != 4 || !strings.Contains(title, "1 retransmission") || !strings.Contains(title, "Exchange 0a") {
		t.Fatalf("%q with arrows %+v", title, arrows)
	}
	if a := arrows[1]; a.Seq != 2 || a.From.IsValid() || a.To != node || a.Kind != view.ArrowRetransmission || a.At != 2*time.Second || !strings.HasPrefix(a.Label, "↻ 1 CON GET") {
		t.Errorf("arrow of the retransmission: %+v", a)
	}
	if a := arrows[2]; a.Seq != 3 || a.From != node || a.To.IsValid() || a.Kind != view.ArrowPiggybacked || a.Concept != view.Good {
		t.Errorf("arrow of the response: %+v", a)
	}
	// Where there is no room for all, the frame asked for is among them.
	for frame, first := range map[trace.Seq]trace.Seq{1: 1, 2: 1, 3: 2, 4: 3} {
		if _, arrows := v.ExchangeArrows(frame, 2); len(arrows) != 2 || arrows[0].Seq != first {
			t.Errorf("two arrows around frame %d are %+v", frame, arrows)
		}
	}
	if title, arrows := v.ExchangeArrows(7, 10); title == "" || arrows[2].Concept != view.Error {
		t.Errorf("%q: the 4.04 is %+v", title, arrows[2])
	}
}

func TestTrafficFilter(t *testing.T) {
	r := record(t)
	for i := range 10 {
		id := protocol.MessageID(0x100 + i)
		path := "temp"
		if i%2 == 1 {
			path = "Humidity"
		}
		r.sent(1, request(id, byte(i), "sensors", path))
		r.received(1, response(protocol.Acknowledgement, id, byte(i), protocol.Content, "x"))
	}
	v := r.traffic()
	for _, c := range []struct {
		filter string
		rows   int
	}{{"", 20}, {"temp", 5}, {"HUMIDITY get", 5}, {"get", 10}, {"2.05", 10}, {"node", 20}, {"0103", 2}, {"temp humidity", 0}, {"← ack", 10}} {
		v.SetFilter(c.filter)
		pullAll(t, v)
		if v.Len() != c.rows || v.Total() != 20 || v.Filtered() != (c.filter != "") {
			t.Errorf("%q: %d rows of %d", c.filter, v.Len(), v.Total())
		}
		for row := range v.Len() {
			if s := v.Seq(row); v.RowOf(s) != row || v.Frame(s) == nil {
				t.Errorf("%q: row %d is frame %d, which is in row %d", c.filter, row, s, v.RowOf(s))
			}
		}
	}
	v.SetFilter("temp")
	pullAll(t, v)
	if got := v.Seq(1); got != 5 {
		t.Errorf("row 1 is frame %d, want 5", got)
	}
	if v.RowOf(2) != -1 || v.Seq(5) != 0 || v.Seq(-1) != 0 {
		t.Error("hidden and missing rows are found")
	}
	// What comes later is filtered too.
	r.sent(1, request(0x200, 0x20, "sensors", "temp"))
	r.sent(1, request(0x201, 0x21, "other"))
	pullAll(t, v)
	if v.Len() != 6 || v.Seq(5) != 21 {
		t.Errorf("%d rows, the last is frame %d", v.Len(), v.Seq(5))
	}
}

// However much came, each pull gets on, and in the end all is there.
func TestTrafficPullsAFlood(t *testing.T) {
	r := record(t)
	const flood = 100_000
	data := encoded(t, request(1, 1, "x"))
	for range flood {
		r.add(0, trace.Received, node, us, data)
	}
	v := view.NewTraffic(&r.log, func(a netip.AddrPort) string { return a.String() })
	v.SetFilter("get")
	last := -1
	for more := true; more; {
		var changed bool
		changed, more = v.Pull()
		if now := v.Total() + v.Len(); !changed || now <= last {
			t.Fatalf("after %d frames and %d rows a pull got no further", v.Total(), v.Len())
		} else {
			last = now
		}
	}
	if v.Total() != flood || v.Len() != flood {
		t.Errorf("%d frames, %d rows, want %d", v.Total(), v.Len(), flood)
	}
	if changed, more := v.Pull(); changed || more {
		t.Error("there is something new where nothing came")
	}
}

func BenchmarkTrafficRow(b *testing.B) {
	r := &recording{time: now}
	data := encoded(b, content(1, "21.4"))
	for range 1000 {
		r.add(1, trace.Received, node, us, data)
	}
	v := view.NewTraffic(&r.log, func(netip.AddrPort) string { return "node" })
	v.Pull()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v.Row(i % 1000)
	}
}

// A copy of a response that was lost on purpose is no duplicate for whoever waited for it.
func TestCopyOfWhatWasLost(t *testing.T) {
	r := record(t)
	r.sent(0, request(0x10, 0xa, "a"))
	answer := response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "x")
	r.faulty(20, trace.Received, trace.Lost, encoded(t, answer))
	r.received(2400, answer)
	r.received(10, answer)
	v := r.traffic()
	want := []string{"/a", "⚡ lost  text 1 B \"x\"", "↻ text 1 B \"x\"  as #2, which was lost", "↻ duplicate of #3"}
	for row, text := range want {
		if got := v.Row(row).Summary; got != text {
			t.Errorf("#%d: %q, want %q", row+1, got, text)
		}
	}
}

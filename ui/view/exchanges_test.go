package view_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/fault"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// rowWords gives what a row of the table says, without what changes with time alone.
func rowWords(x *view.Exchanges, row int) string {
	r := x.Row(row, now)
	return strings.Join([]string{r.Number, r.Peer, r.What, r.Token, r.MessageID, r.State, r.Tries, r.RTT, r.Moved}, "|")
}

func expectRows(t *testing.T, x *view.Exchanges, want ...string) {
	t.Helper()
	if x.Len() != len(want) {
		t.Errorf("%d rows, want %d", x.Len(), len(want))
	}
	for i := range max(x.Len(), len(want)) {
		w := ""
		if i < len(want) {
			w = want[i]
		}
		if got := rowWords(x, i); got != w {
			t.Errorf("row %d:\n got %s\nwant %s", i, got, w)
		}
	}
}

// eventful records one exchange of each kind.
func eventful(t *testing.T) *recording {
	r := record(t)
	observed := request(0x30, 0xc, "obs")
	observed.Options = observed.Options.AddUint(protocol.Observe, 0)
	notification := func(typ protocol.Type, id protocol.MessageID, seq uint64) protocol.Message {
		m := response(typ, id, 0xc, protocol.Content, "x")
		m.Options = m.Options.AddUint(protocol.Observe, seq)
		return m
	}
	non := request(0x41, 0xd, "non")
	non.Type = protocol.NonConfirmable
	r.sent(0, request(0x10, 0xa, "temp"))                                               // 1
	r.sent(2000, request(0x10, 0xa, "temp"))                                            // 2
	r.received(40, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, "")) // 3
	r.sent(10, request(0x20, 0xb, "slow"))                                              // 4
	r.received(10, empty(protocol.Acknowledgement, 0x20))                               // 5
	r.received(500, response(protocol.Confirmable, 0x99, 0xb, protocol.NotFound, ""))   // 6
	r.sent(1, empty(protocol.Acknowledgement, 0x99))                                    // 7
	r.sent(1, observed)                                                                 // 8
	r.received(9, notification(protocol.Acknowledgement, 0x30, 5))                      // 9
	r.received(9, notification(protocol.NonConfirmable, 0x9a, 7))                       // 10
	r.received(9, notification(protocol.NonConfirmable, 0x9b, 6))                       // 11: overtaken
	r.sent(1, non)                                                                      // 12
	r.sent(1, empty(protocol.Confirmable, 0x50))                                        // 13
	r.received(3, empty(protocol.Reset, 0x50))                                          // 14
	r.sent(1, request(0x60, 0xe, "rejected"))                                           // 15
	r.received(1, empty(protocol.Reset, 0x60))                                          // 16
	r.sent(1, request(0x70, 0xf, "lost"))                                               // 17
	return r
}

var eventfulRows = []string{
	"1|node|GET /temp|0a|0010|✔ 2.05|2|2.04 s|",
	"4|node|GET /slow|0b|0020 0099|✖ 4.04|1|510 ms|",
	"8|node|GET /obs|0c|0030 009b|◉ observing|1|9.0 ms|◉ 3 · 1 stale",
	"12|node|GET /non · NON|0d|0041|✖ no answer|1||",
	"13|node|ping|–|0050|✔ pong|1|3.0 ms|",
	"15|node|GET /rejected|0e|0060|✖ reset|1||",
	"17|node|GET /lost|0f|0070|✖ no answer|1||",
}

func TestExchanges(t *testing.T) {
	v := eventful(t).traffic()
	x := v.Exchanges()
	expectRows(t, x, eventfulRows...)
	for row, want := range map[int]trace.Seq{0: 1, 2: 8, 6: 17, 7: 0, -1: 0} {
		if got := x.Seq(row); got != want {
			t.Errorf("row %d stands for frame %d, want %d", row, got, want)
		}
	}
	for frame, row := range map[trace.Seq]int{1: 0, 3: 0, 7: 1, 11: 2, 17: 6, 18: -1} {
		if got := x.RowOf(frame); got != row {
			t.Errorf("frame %d is in row %d, want %d", frame, got, row)
		}
	}

	// Unfolded, an exchange has its frames below it, and others move down.
	x.Fold(1, true)
	x.Fold(0, true)
	expectRows(t, x,
		eventfulRows[0],
		"1|→ +0 µs|CON GET  /temp|0a|0010||||",
		"2|→ +2.00 s|CON GET  ↻ retransmission 1 of #1|0a|0010||||",
		"3|← +2.04 s|ACK 2.05  Content|0a|0010|||2.04 s|",
		eventfulRows[1],
		"4|→ +0 µs|CON GET  /slow|0b|0020||||",
		"5|← +10 ms|ACK 0.00  acknowledges #4||0020|||10 ms|",
		"6|← +510 ms|CON 4.04  Not Found  separate|0b|0099|||510 ms|",
		"7|→ +511 ms|ACK 0.00  acknowledges #6||0099|||1.0 ms|",
		eventfulRows[2], eventfulRows[3], eventfulRows[4], eventfulRows[5], eventfulRows[6],
	)
	for row := range x.Len() {
		s := x.Seq(row)
		foldable, open, deep := x.FoldOf(row)
		if at := x.RowOf(s); at != row && (deep || !open) || foldable == deep {
			t.Errorf("row %d is frame %d, which is in row %d; foldable %v, open %v, deep %v", row, s, at, foldable, open, deep)
		}
	}
	// Folded by one of its frames.
	x.Fold(2, false)
	if x.Len() != len(eventfulRows)+4 || x.Seq(1) != 4 || x.Seq(2) != 4 {
		t.Errorf("%d rows; row 1 is frame %d, row 2 frame %d", x.Len(), x.Seq(1), x.Seq(2))
	}
	x.Fold(1, false)
	expectRows(t, x, eventfulRows...)
	for row, want := range map[int]string{0: "exchange == 1", 6: "exchange == 7", 9: ""} {
		if got := x.Filter(row); got != want {
			t.Errorf("row %d is asked for by %q, want %q", row, got, want)
		}
	}
	if got := x.TokenFilter(0); got != "token == 0a && peer == 192.0.2.7:5683" {
		t.Errorf("token filter %q", got)
	}
	v.SetFilter(x.TokenFilter(1))
	pullAll(t, v)
	if v.FilterError() != nil || v.Len() != 2 || x.Len() != 1 {
		t.Errorf("%v, %d packets, %d exchanges", v.FilterError(), v.Len(), x.Len())
	}
}

func TestExchangesAreChosen(t *testing.T) {
	r := eventful(t)
	v := r.traffic()
	x := v.Exchanges()
	pick := func(rows ...int) (picked []string) {
		for _, row := range rows {
			picked = append(picked, eventfulRows[row])
		}
		return picked
	}
	choose := func(c view.ExchangeChoice, filter string, rows ...int) {
		t.Helper()
		x.Choose(c)
		if v.FilterText() != filter {
			v.SetFilter(filter)
		}
		pullAll(t, v)
		expectRows(t, x, pick(rows...)...)
	}
	choose(view.FailedExchanges, "", 1, 3, 5, 6)
	choose(view.ObservingExchanges, "", 2)
	choose(view.OpenExchanges, "")
	choose(view.AllExchanges, "type == RST", 4, 5)
	choose(view.FailedExchanges, "type == RST", 5)
	choose(view.AllExchanges, "", 0, 1, 2, 3, 4, 5, 6)

	// What comes later is chosen too, and what was answered late has not failed.
	choose(view.FailedExchanges, "", 1, 3, 5, 6)
	x.Fold(3, true)
	r.received(10, response(protocol.NonConfirmable, 0xaa, 0xd, protocol.Content, ""))
	r.sent(1, request(0x71, 0x10, "lost"))
	pullAll(t, v)
	expectRows(t, x, append(pick(1, 5, 6), "17|→ +0 µs|CON GET  /lost|0f|0070||||", "19|node|GET /lost|10|0071|✖ no answer|1||")...)
	if x.RowOf(18) != -1 || x.RowOf(19) != 4 {
		t.Errorf("rows %d and %d", x.RowOf(18), x.RowOf(19))
	}
}

func TestExchangesAreSorted(t *testing.T) {
	v := eventful(t).traffic()
	x := v.Exchanges()
	order := func() (numbers []string) {
		pullAll(t, v)
		for row := range x.Len() {
			numbers = append(numbers, x.Row(row, now).Number)
		}
		return numbers
	}
	for _, c := range []struct {
		by   view.ExchangeOrder
		want string
	}{
		{view.ByRTT, "[1 4 8 13 12 15 17]"}, // the longest first
		{view.ByRTT, "[12 15 17 13 8 4 1]"},
		{view.ByRTT, "[1 4 8 12 13 15 17]"}, // as they came
		{view.ByTries, "[1 4 8 12 13 15 17]"},
		{view.ByRequest, "[13 17 12 8 15 4 1]"},
		{view.ByMoved, "[8 1 4 12 13 15 17]"},
		{view.ByState, "[8 1 13 4 12 17 15]"},
	} {
		x.Sort(c.by)
		if got := fmt.Sprint(order()); got != c.want {
			t.Errorf("sorted by %d: %s, want %s", c.by, got, c.want)
		}
		for row := range x.Len() {
			if s := x.Seq(row); x.RowOf(s) != row {
				t.Errorf("sorted by %d: row %d is frame %d, which is in row %d", c.by, row, s, x.RowOf(s))
			}
		}
	}
	// Chosen, and unfolded.
	x.Choose(view.FailedExchanges)
	x.Sort(view.ByRTT)
	if got := fmt.Sprint(order()); got != "[4 12 15 17]" {
		t.Errorf("failed, by RTT: %s", got)
	}
	x.Fold(1, true)
	if got := fmt.Sprint(order()); got != "[4 12 12 15 17]" {
		t.Errorf("with one unfolded: %s", got)
	}
}

// However many exchanges there are, a row costs the same, and a pull ends in time.
func TestExchangesManyCostTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("a million frames")
	}
	cost := func(n int) time.Duration {
		r := record(t)
		m := request(0, 0, "sensors", "temp")
		for i := range n {
			m.MessageID, m.Token = protocol.MessageID(i), protocol.TokenOf([]byte{byte(i >> 16), byte(i >> 8), byte(i)})
			r.sent(1, m)
		}
		v := view.NewTraffic(&r.log, func(a netip.AddrPort) string { return "node" })
		for more := true; more; {
			_, more = v.Pull()
		}
		x := v.Exchanges()
		x.Fold(n/2, true)
		if x.Len() != n+1 || x.Total() != n {
			t.Fatalf("%d rows of %d", x.Len(), n)
		}
		best := time.Hour
		for range 20 {
			begin := time.Now()
			for i := range 500 {
				x.Row(x.Len()-1-i, now)
				x.RowOf(trace.Seq(n - i))
			}
			best = min(best, time.Since(begin))
		}
		return best
	}
	few, many := cost(10_000), cost(1_000_000)
	t.Logf("500 rows of 10,000 exchanges: %v, of 1,000,000: %v", few, many)
	if many > 4*few {
		t.Errorf("500 rows of 1,000,000 exchanges take %v, of 10,000 %v", many, few)
	}
}

// A request whose first transmissions are lost is open, and says when it goes on.
func TestExchangesLive(t *testing.T) {
	d := sitDown(t)
	transmission := protocol.DefaultTransmission()
	transmission.AckTimeout, transmission.AckRandomFactor = 300*time.Millisecond, 1
	d.Engine.SetTransmission(transmission)
	rules, err := fault.Parse("lose sent")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Engine.SetFaults(rules); err != nil {
		t.Fatal(err)
	}
	x := d.Traffic.Exchanges()
	d.Tab().Draft.Address = d.address("plugtest") + "/validate"
	d.Send()
	d.until("the second transmission", func() bool { return d.Traffic.Total() == 2 })
	r := x.Row(0, time.Now())
	if x.Len() != 1 || r.State != "… sent" || r.Tries != "2 of 5" || !strings.HasSuffix(r.Next, " s") {
		t.Errorf("%d rows: %+v", x.Len(), r)
	}
	if waiting, observing := x.Open(); waiting != 1 || observing != 0 {
		t.Errorf("%d open, %d observed", waiting, observing)
	}
	x.Choose(view.OpenExchanges)
	d.until("it is among the open ones", func() bool { return x.Len() == 1 })
	// The next one to the same device has to wait for it, and nothing of it was sent.
	d.NewTab()
	d.Tab().Draft.Address = d.address("plugtest") + "/query"
	d.Send()
	d.until("the second request waits", func() bool { return x.Len() == 2 })
	if r := x.Row(1, time.Now()); !strings.Contains(r.What, "NSTART") || r.State != "… queued" || x.Seq(1) != 0 {
		t.Errorf("the request that waits: %+v", r)
	}
	d.Cancel()
	d.until("the second request is gone", func() bool { return x.Len() == 1 })
	if !d.CanCancelExchange(0) || !d.CancelExchange(0) {
		t.Fatal("it cannot be cancelled")
	}
	d.until("nothing is open", func() bool { return x.Len() == 0 })
	x.Choose(view.AllExchanges)
	d.until("all are shown", func() bool { return x.Len() == 1 })
	if r := x.Row(0, time.Now()); r.State != "✖ no answer" || r.Next != "" || d.CanCancelExchange(0) {
		t.Errorf("after it was cancelled: %+v", r)
	}
}

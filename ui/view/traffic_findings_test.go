package view_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/lint"
	"coapscope/session/trace"
	"coapscope/session/track"
	"coapscope/ui/view"
)

// faulty is traffic with much that is wrong with it.
func faulty(t *testing.T) *recording {
	r := record(t)
	observed := request(0x30, 0xc, "obs")
	observed.Options = observed.Options.AddUint(protocol.Observe, 0)
	notification := func(typ protocol.Type, id protocol.MessageID, seq uint64) protocol.Message {
		m := response(typ, id, 0xc, protocol.Content, "")
		m.Options = m.Options.AddUint(protocol.Observe, seq)
		return m
	}
	r.sent(0, request(0x10, 0xa, "a"))                                                   // 1
	r.sent(100, request(0x10, 0xa, "a"))                                                 // 2: too early
	r.received(40, response(protocol.Acknowledgement, 0x10, 0x99, protocol.Content, "")) // 3: another token
	r.sent(100, observed)                                                                // 4
	r.received(10, notification(protocol.Acknowledgement, 0x30, 5))                      // 5
	r.received(10, notification(protocol.NonConfirmable, 0x9a, 7))                       // 6
	r.received(10, notification(protocol.NonConfirmable, 0x9b, 6))                       // 7: stale
	r.add(10, trace.Received, node, us, []byte{0x40, 0x45, 1, 2, 0xff})                  // 8: marker without payload
	bad := response(protocol.NonConfirmable, 0x9c, 0x77, protocol.Content, "no json {")
	bad.Options = bad.Options.AddUint(protocol.ContentFormatOption, 50)
	r.received(10, bad)  // 9: asked by nobody, and no JSON
	for i := range 600 { // so that judging takes more than one step
		r.sent(3000, request(protocol.MessageID(0x1000+i), byte(i), "b"))
		r.sent(2500, request(protocol.MessageID(0x1000+i), byte(i), "b"))
		r.received(10, response(protocol.Acknowledgement, protocol.MessageID(0x1000+i), byte(i), protocol.Content, ""))
	}
	r.sent(10, request(0x10, 0xa, "c")) // 1810: message ID again? long after
	return r
}

// Judging may lag behind the frames: what is found is the same as if it did not.
func TestFindingsLagBehind(t *testing.T) {
	r := faulty(t)
	v := r.traffic()
	tracker, linter := track.NewTracker(), lint.New()
	var want []string
	for s := 1; s <= r.log.Len(); s++ {
		f := r.log.At(trace.Seq(s))
		o := track.Observed{Frame: uint64(s), Time: f.Time, Source: f.Source, Destination: f.Destination, Data: f.Data}
		info := tracker.Add(o)
		x, _ := tracker.Exchange(info.Exchange)
		linter.Add(o, dissect.Dissect(f.Data), info, x)
	}
	for i := range linter.Len() {
		want = append(want, fmt.Sprint(linter.At(i).Frame, " ", linter.At(i).Rule.Title))
	}
	var got []string
	for i := range v.FindingsLen() {
		row := v.Finding(i)
		got = append(got, row.Number+" "+row.Title)
		if row.Seq != v.FindingFrame(i) || row.Rule == "" || row.Severity == "" || row.Sign == "" || row.Peer != "node" || row.Place < 0 {
			t.Errorf("finding %d is %+v", i, row)
		}
	}
	if !slices.Equal(got, want) || len(want) < 5 || v.Unjudged() != 0 || v.FindingsTotal() != len(want) {
		t.Errorf("%d findings, %d frames to judge, want %d:\n%s\nwant\n%s", len(got), v.Unjudged(), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if past := v.Finding(len(want)); past != (view.TrafficFinding{}) || v.FindingFrame(-1) != 0 {
		t.Errorf("behind the last finding: %+v", past)
	}
}

// The filter decides about findings too, and filters may ask for findings, of frames that come later too.
func TestFindingsAreFiltered(t *testing.T) {
	r := faulty(t)
	v := r.traffic()
	if v.FindingsConcept() != view.Error {
		t.Errorf("the worst finding has colour %v", v.FindingsConcept())
	}
	if row := v.Row(7); row.Sign != "" || !strings.HasPrefix(row.Summary, "✖") {
		t.Errorf("a malformed frame has one sign: %+v", row)
	}
	if row := v.Row(2); row.Sign != "✖" || row.SignConcept != view.Error {
		t.Errorf("the row with another token: %+v", row)
	}
	frames := func() (frames []trace.Seq) {
		for i := range v.FindingsLen() {
			frames = append(frames, v.FindingFrame(i))
		}
		return frames
	}
	v.SetFilter("frame.number <= 8")
	pullAll(t, v)
	for _, s := range frames() {
		if s > 8 {
			t.Errorf("a finding of frame %d passes", s)
		}
	}
	if len(frames()) < 3 || v.FindingsTotal() <= len(frames()) {
		t.Errorf("findings %v of %d", frames(), v.FindingsTotal())
	}
	v.SetFilter("malformed")
	pullAll(t, v)
	if !slices.Equal(frames(), []trace.Seq{8}) || v.Finding(0).Rule == "" {
		t.Errorf("findings of malformed frames: %v", frames())
	}
	v.SetFilter("severity == error")
	pullAll(t, v)
	if v.RowOf(3) < 0 || v.RowOf(8) < 0 || v.RowOf(1) >= 0 {
		t.Errorf("%d rows have errors", v.Len())
	}
	before := v.Len()
	r.add(10, trace.Received, node, us, []byte{0x40, 0x45, 1, 3, 0xff})
	pullAll(t, v)
	if v.Len() != before+1 || v.FindingFrame(v.FindingsLen()-1) != trace.Seq(r.log.Len()) {
		t.Errorf("a later frame: %d rows after %d", v.Len(), before)
	}
	v.SetFilter("")
	pullAll(t, v)
	if v.FindingsLen() != v.FindingsTotal() || v.Len() != r.log.Len() {
		t.Error("without a filter, all is shown")
	}
}

// What is typed until it is an expression leaves the rows as they are.
func TestFilterThatCannotBeRead(t *testing.T) {
	r := faulty(t)
	v := r.traffic()
	v.SetFilter("code == GET")
	pullAll(t, v)
	rows := v.Len()
	v.SetFilter("code == GET && mid == soon")
	pullAll(t, v)
	err := v.FilterError()
	if err == nil || err.Column() != 23 || v.Len() != rows || v.FilterText() != "code == GET && mid == soon" {
		t.Errorf("%v, %d rows", err, v.Len())
	}
	v.SetFilter("code == GET && mid == 0x10")
	pullAll(t, v)
	if v.FilterError() != nil || v.Len() != 3 || v.FilterIsWords() {
		t.Errorf("%v, %d rows", v.FilterError(), v.Len())
	}
	if v.SetFilter("get node"); !v.FilterIsWords() {
		t.Error("words are no expression")
	}
	if s := v.CompleteFilter("obs", 3); len(s) == 0 || s[0].Text != "observe" {
		t.Errorf("suggestions %v", s)
	}
}

func TestColumnsAndRowFilters(t *testing.T) {
	r := faulty(t)
	v := r.traffic()
	v.SetColumns("uri", "nothing", "RTT", "uri")
	if got := v.ColumnNames(); !slices.Equal(got, []string{"uri", "rtt", "nothing"}) || len(v.Columns()) != 2 {
		t.Fatalf("columns %v", got)
	}
	if v.RemoveColumn("nothing"); len(v.ColumnNames()) != 2 {
		t.Errorf("columns %v", v.ColumnNames())
	}
	if got := v.ColumnText(1, 0) + v.ColumnText(4, 1) + v.ColumnText(0, 1) + v.ColumnText(-1, 0) + v.ColumnText(0, 2); got != "/a10ms" {
		t.Errorf("cells %q", got)
	}
	if v.AddColumn("observe") != true || v.AddColumn("nothing") || v.ColumnText(6, 2) != "6" {
		t.Errorf("columns %v", v.ColumnNames())
	}
	v.RemoveColumn("uri")
	if got := v.ColumnNames(); !slices.Equal(got, []string{"rtt", "observe"}) {
		t.Errorf("columns %v", got)
	}
	for _, ask := range v.RowFilters(5) {
		v.SetFilter(ask.Expr)
		pullAll(t, v)
		if v.FilterError() != nil || v.RowOf(6) < 0 || ask.What == "" {
			t.Errorf("%+v: %v, the row is %d", ask, v.FilterError(), v.RowOf(6))
		}
	}
	v.SetFilter("")
	if v.FrameHex(7) != "40450102ff" || v.FrameHex(-1) != "" || v.RowFilters(-1) != nil {
		t.Errorf("the bytes of frame 8: %s", v.FrameHex(7))
	}
	if text := v.CopyFinding(0); !strings.Contains(text, "#") || v.CopyFinding(1<<20) != "" {
		t.Errorf("copied %q", text)
	}
}

// Frames of reliable transports have no type and no message ID.
func TestReliableRows(t *testing.T) {
	var log trace.Log
	m := request(0, 0xa, "temp")
	b, err := m.AppendFraming(protocol.StreamFraming, nil)
	if err != nil {
		t.Fatal(err)
	}
	csm := protocol.Message{Code: protocol.CSM}
	csm.Options = csm.Options.AddUint(protocol.MaxMessageSize, 1152)
	c, _ := csm.AppendFraming(protocol.WebSocketFraming, nil)
	log.Append(trace.Frame{Time: now, Source: us, Destination: node, Direction: trace.Sent, Transport: trace.TCP, Data: b})
	log.Append(trace.Frame{Time: now, Source: us, Destination: node, Direction: trace.Sent, Transport: trace.WebSocket, Data: c})
	v := view.NewTraffic(&log, func(netip.AddrPort) string { return "node" })
	pullAll(t, v)
	for i, want := range []view.PacketRow{{Code: "GET", Token: "0a", Summary: "/temp"}, {Code: "7.01"}} {
		got := v.Row(i)
		if got.Type != "" || got.MessageID != "" || got.Code != want.Code || got.Token != want.Token || !strings.HasPrefix(got.Summary, want.Summary) {
			t.Errorf("row %d: %+v", i, got)
		}
	}
	v.SetFilter("transport == tcp && uri == /temp && not type")
	pullAll(t, v)
	if v.Len() != 1 || v.Seq(0) != 1 {
		t.Errorf("%d rows of TCP", v.Len())
	}
}

// BenchmarkMillion is a million frames: until all are in the list, until all are judged, and a filter over them.
func BenchmarkMillion(b *testing.B) {
	var frames [][]byte
	for i := range 50_000 {
		q := request(protocol.MessageID(i), byte(i), "sensors", "temp")
		a := response(protocol.Acknowledgement, protocol.MessageID(i), byte(i), protocol.Content, "21.4")
		frames = append(frames, encoded(b, q), encoded(b, a))
	}
	var log trace.Log
	for i := range 1_000_000 {
		f := trace.Frame{Time: now.Add(time.Duration(i) * 10 * time.Millisecond), Source: us, Destination: node, Data: frames[i%len(frames)]}
		if i%2 == 1 {
			f.Source, f.Destination, f.Direction = node, us, trace.Received
		}
		log.Append(f)
	}
	var listed, judged, filtered time.Duration
	pulls := 0
	for b.Loop() {
		v := view.NewTraffic(&log, func(netip.AddrPort) string { return "node" })
		start := time.Now()
		for more := true; more; pulls++ {
			_, more = v.Pull()
			if v.Total() == log.Len() && listed == 0 {
				listed = time.Since(start)
			}
		}
		judged = time.Since(start)
		if v.Unjudged() != 0 {
			b.Fatalf("%d frames were not judged", v.Unjudged())
		}
		v.SetFilter(`code.class == 2 && uri contains "temp" && rtt > 5ms`)
		start = time.Now()
		for more := true; more; {
			_, more = v.Pull()
		}
		filtered = time.Since(start)
		if v.Len() != log.Len()/2 {
			b.Fatalf("%d rows", v.Len())
		}
	}
	b.ReportMetric(listed.Seconds(), "s-listed")
	b.ReportMetric(judged.Seconds(), "s-judged")
	b.ReportMetric(filtered.Seconds(), "s-filtered")
}

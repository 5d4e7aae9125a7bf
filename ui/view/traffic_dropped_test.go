package view

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"coapscope/session/capture"
	"coapscope/session/trace"
)

// Frames that the log has dropped are rows that say so; all that looks at them goes on, and so does what
// comes to them late.
func TestDroppedFramesAreShownAsSuch(t *testing.T) {
	const count = 6000
	client, server := netip.MustParseAddrPort("192.0.2.1:40000"), netip.MustParseAddrPort("192.0.2.2:5683")
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, late := range []bool{false, true} {
		log := trace.NewLog(1 << 10)
		v := NewTraffic(log, netip.AddrPort.String)
		pull := func() {
			for more := true; more; {
				_, more = v.Pull()
			}
		}
		for n := range count {
			f := trace.Frame{
				Time: begin.Add(time.Duration(n) * time.Millisecond), Source: client, Destination: server,
				Data: []byte{0x41, 1, byte(n >> 8), byte(n), 7, 0xff}, // a marker without payload
			}
			if n%2 == 1 {
				f.Source, f.Destination, f.Data = server, client, []byte{0x61, 0x45, byte((n - 1) >> 8), byte(n - 1), 7}
			}
			log.Append(f)
			if !late && n%500 == 0 {
				pull()
			}
		}
		pull()
		first := log.First()
		if first < 2 || v.Len() != count || v.Unjudged() != 0 {
			t.Fatalf("late %v: frames from %d on are kept, %d rows, %d to judge", late, first, v.Len(), v.Unjudged())
		}
		for row := range v.Len() {
			s := trace.Seq(row + 1)
			r := v.Row(row)
			if dropped := strings.HasPrefix(r.Summary, "dropped"); dropped != (s < first) || r.Number == "" {
				t.Fatalf("late %v: row of frame %d, where %d is the first: %+v", late, s, first, r)
			}
			if s < first && (v.Frame(s) != nil || v.FrameHex(row) != "" || v.RowFilters(row) != nil) {
				t.Fatalf("late %v: frame %d is there", late, s)
			}
		}
		for row := range v.FindingsLen() {
			f := v.Finding(row)
			if dropped := strings.HasPrefix(f.Actual, "dropped"); f.Seq == 0 || f.Title == "" || dropped != (f.Seq < first) {
				t.Fatalf("late %v: finding %+v", late, f)
			}
			v.CopyFinding(row)
		}
		if v.FindingsLen() == 0 {
			t.Error("no findings")
		}
		for _, s := range []trace.Seq{1, first - 1, first, count} {
			v.ExchangeArrows(s, 10)
			v.Before(s)
			v.Related(s)
		}
		v.SetFilter("type == CON")
		pull()
		if want := (count - int(first) + 1) / 2; v.Len() != want {
			t.Errorf("late %v: %d rows pass the filter, want the %d that are kept", late, v.Len(), want)
		}
		var file bytes.Buffer
		written := 0
		for range frames(log, log.Len()) {
			written++
		}
		if err := capture.Write(&file, frames(log, log.Len())); err != nil || written != count-int(first)+1 {
			t.Errorf("late %v: %d frames are written, %v", late, written, err)
		}
		v.Seen()
	}
}

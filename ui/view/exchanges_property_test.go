package view_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// Whatever comes and is done to the table: each row is in its place, none is there twice, what is unfolded shows its
// frames in order right below, and all that is chosen is there.
func TestExchangesHoldTogether(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := record(t)
		v := r.traffic()
		x := v.Exchanges()
		next := protocol.MessageID(1)
		var asked []protocol.Message
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 8).Draw(rt, "step") {
			case 0, 1:
				m := request(next, byte(next), rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "path"))
				if num := rapid.IntRange(-3, 2).Draw(rt, "block"); num >= 0 {
					m = withBlock(m, protocol.Block2, uint32(num), false, 0)
				}
				if rapid.IntRange(0, 5).Draw(rt, "observe") == 0 {
					m.Options = m.Options.AddUint(protocol.Observe, 0)
				}
				next++
				asked = append(asked, m)
				r.sent(100, m)
			case 2:
				if len(asked) > 0 {
					r.sent(100, rapid.SampledFrom(asked).Draw(rt, "again"))
				}
			case 3, 4:
				if len(asked) == 0 {
					continue
				}
				m := rapid.SampledFrom(asked).Draw(rt, "answered")
				answer := response(protocol.Acknowledgement, m.MessageID, byte(m.MessageID), rapid.SampledFrom([]protocol.Code{protocol.Content, protocol.NotFound}).Draw(rt, "code"), sixteen)
				if b, ok := m.Options.Block(protocol.Block2); ok || rapid.Bool().Draw(rt, "in blocks") {
					answer = withBlock(answer, protocol.Block2, b.Num, rapid.Bool().Draw(rt, "more"), 0)
				}
				r.received(10, answer)
			case 5:
				x.Fold(rapid.IntRange(-1, 30).Draw(rt, "row"), rapid.Bool().Draw(rt, "open"))
			case 6:
				x.Choose(rapid.SampledFrom([]view.ExchangeChoice{view.AllExchanges, view.AllExchanges, view.FailedExchanges, view.ObservingExchanges}).Draw(rt, "choice"))
			case 7:
				v.SetFilter(rapid.SampledFrom([]string{"", "", "path == /a", "type == ACK", "code == 4.04"}).Draw(rt, "filter"))
			case 8:
				x.Sort(rapid.SampledFrom([]view.ExchangeOrder{view.ByBeginning, view.ByRequest, view.ByTries, view.ByRTT}).Draw(rt, "order"))
			}
			for range rapid.IntRange(0, 3).Draw(rt, "pulls") {
				v.Pull()
			}
			holdTogether(rt, x)
		}
	})
}

func holdTogether(t *rapid.T, x *view.Exchanges) {
	var bases []trace.Seq
	parent, open := -1, false
	var last trace.Seq
	for row := range x.Len() {
		s := x.Seq(row)
		if s == 0 || x.Row(row, time.Time{}).Number == "" {
			t.Fatalf("row %d of %d is nothing", row, x.Len())
		}
		foldable, unfolded, deep := x.FoldOf(row)
		switch {
		case deep && (!open || s <= last || x.RowOf(s) != row):
			t.Fatalf("row %d, frame %d after %d, is below row %d, unfolded %v; the frame is in row %d", row, s, last, parent, open, x.RowOf(s))
		case deep:
			last = s
		case foldable:
			if open && last == 0 {
				t.Fatalf("row %d is unfolded and has no frames", parent)
			}
			parent, open, last = row, unfolded, 0
			bases = append(bases, s)
			if at := x.RowOf(s); !unfolded && at != row || unfolded && at != row+1 {
				t.Fatalf("row %d, unfolded %v, begins with frame %d, which is in row %d", row, unfolded, s, at)
			}
		}
	}
	slices.Sort(bases)
	if n := len(bases); len(slices.Compact(bases)) != n {
		t.Fatalf("an exchange is there twice: %v", bases)
	}
}

// So many rows are sorted beside the window's goroutine.
func TestExchangesAreSortedBeside(t *testing.T) {
	r := record(t)
	const n = 10_000
	for i := range n {
		m := request(protocol.MessageID(i), 0, "temp")
		m.Token = protocol.TokenOf([]byte{byte(i >> 8), byte(i)})
		r.sent(1, m)
		if i == 4711 || i == 42 {
			r.sent(2000, m)
		}
	}
	v := r.traffic()
	x := v.Exchanges()
	x.Sort(view.ByTries)
	end := time.Now().Add(patience)
	for more := true; more; {
		if _, more = v.Pull(); time.Now().After(end) {
			t.Fatal("it is never sorted")
		}
	}
	if a, b, c := x.Seq(0), x.Seq(1), x.Seq(2); a != 43 || b != 4713 || c != 1 || x.Len() != n {
		t.Errorf("the first rows are frames %d, %d, %d, of %d", a, b, c, x.Len())
	}
}

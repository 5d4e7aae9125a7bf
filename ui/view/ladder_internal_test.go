package view

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/session/trace"
)

// counting counts what is drawn.
type counting struct{ n *int }

func (c counting) Line(float32, float32, float32, float32, float32, Dash, Concept) { *c.n++ }
func (c counting) Shape(Concept, ...float32)                                       { *c.n++ }
func (c counting) Box(float32, float32, float32, float32, BoxKind, Concept)        { *c.n++ }
func (c counting) Text(PenText)                                                    { *c.n++ }
func (c counting) Hit(float32, float32, float32, float32, any)                     { *c.n++ }
func (c counting) Clip(float32, float32, float32, float32) Pen                     { return c }

// flood is a log of exchanges with 200 devices, a millisecond between frames.
func flood(t *testing.T, frames int) *Traffic {
	t.Helper()
	log := new(trace.Log)
	us := netip.MustParseAddrPort("192.0.2.1:40000")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := 0; i < frames; i += 2 {
		peer := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 3, byte(i / 2 % 200)}), 5683)
		m := protocol.Message{Code: protocol.GET, MessageID: protocol.MessageID(i / 400), Token: protocol.TokenOf(binary.BigEndian.AppendUint32(nil, uint32(i)))}
		b, _ := m.Append(nil)
		log.Append(trace.Frame{Time: at, Source: us, Destination: peer, Data: b})
		m.Type, m.Code = protocol.Acknowledgement, protocol.Content
		b, _ = m.Append(nil)
		log.Append(trace.Frame{Time: at.Add(time.Millisecond), Source: peer, Destination: us, Direction: trace.Received, Data: b})
		at = at.Add(2 * time.Millisecond)
	}
	v := NewTraffic(log, func(a netip.AddrPort) string { return a.String() })
	v.Ladder()
	for more := true; more; {
		_, more = v.Pull()
	}
	return v
}

// However much there is, no more is made and drawn than what is in sight, at any scale.
func TestLadderOfAMillionFrames(t *testing.T) {
	frames := 1_000_000
	if testing.Short() {
		frames = 100_000
	}
	cost := func(n int) (made, drawn int) {
		l := flood(t, n).Ladder()
		if l.Len() != n {
			t.Fatalf("%d rows of %d frames", l.Len(), n)
		}
		l.SetRoom(900, 400)
		look := func() {
			before, shapes := l.made, 0
			l.Draw(counting{&shapes})
			made, drawn = max(made, l.made-before), max(drawn, shapes)
		}
		for _, place := range []int{0, n / 3, n - 1} {
			for _, byTime := range []bool{false, true} {
				l.SetByTime(byTime)
				for _, zoom := range []float64{1, 1e-6, 1e9, 1} {
					l.Zoom(zoom, 200)
					l.Select(trace.Seq(place + 1))
					if !l.Reveal(trace.Seq(place + 1)) {
						t.Fatalf("frame %d is not found", place+1)
					}
					look()
				}
				l.Zoom(1e-6, 200)
			}
		}
		if got := l.Rows(n-1, n+5); len(got) != 1 || got[0] != trace.Seq(n) {
			t.Errorf("the last row is %v", got)
		}
		return made, drawn
	}
	fewMade, fewDrawn := cost(2000)
	made, drawn := cost(frames)
	t.Logf("of 2,000 frames %d arrows are made and %d shapes drawn at most, of %d %d and %d", fewMade, fewDrawn, frames, made, drawn)
	if made > fewMade*3/2+20 || drawn > fewDrawn*3/2+200 {
		t.Errorf("of %d frames %d arrows are made and %d shapes drawn; of 2,000 %d and %d", frames, made, drawn, fewMade, fewDrawn)
	}
}

// Rows and places lead to each other, whatever is off.
func TestRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ranks
		want := []bool{}
		for i := range rapid.IntRange(1, 400).Draw(t, "places") {
			r.add()
			want = append(want, rapid.Bool().Draw(t, "on"))
			if !want[i] {
				r.set(i, false)
				r.recount(i)
			}
		}
		row := 0
		for i, on := range want {
			if r.has(i) != on || r.rank(i) != row {
				t.Fatalf("place %d: on %v, rank %d, want %v, %d", i, r.has(i), r.rank(i), on, row)
			}
			if on {
				if r.find(row) != i {
					t.Fatalf("row %d is at place %d, want %d", row, r.find(row), i)
				}
				row++
			}
		}
		if r.on != row {
			t.Fatalf("%d are on, want %d", r.on, row)
		}
	})
}

// Times are found in a log whose clock goes back.
func TestLadderTimes(t *testing.T) {
	log := new(trace.Log)
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		log.Append(trace.Frame{Time: begin.Add(time.Duration(i)*time.Millisecond - time.Duration(random.IntN(20))*time.Millisecond), Data: []byte{1}})
	}
	v := NewTraffic(log, func(a netip.AddrPort) string { return a.String() })
	l := v.Ladder()
	for more := true; more; {
		_, more = v.Pull()
	}
	before := l.at(0)
	for i := range 1000 {
		at := l.at(i)
		if at < before {
			t.Fatalf("place %d is at %v, behind %v", i, at, before)
		}
		if p := l.placeAt(at); p > i || l.at(p) != at || p > 0 && l.at(p-1) >= at {
			t.Fatalf("the first place at %v is %d, found from %d", at, p, i)
		}
		before = at
	}
	if p := l.placeAt(before + 1); p != 1000 {
		t.Errorf("behind the end is place %d", p)
	}
}

func TestRulerStep(t *testing.T) {
	for least, want := range map[float64]string{0.0003: "0.0005 4", 0.001: "0.001 3", 0.2: "0.2 1", 0.21: "0.5 1", 0.7: "1 0", 3: "5 0", 11: "20 0", 60: "100 0"} {
		step, decimals := rulerStep(least)
		if got := strconv.FormatFloat(step, 'f', -1, 64) + " " + strconv.Itoa(decimals); got != want {
			t.Errorf("step of %v: %s, want %s", least, got, want)
		}
	}
}

// A bracket that is unfolded stays where it is, and so does the selected frame when the scale changes.
func TestLadderStaysWhereOneLooks(t *testing.T) {
	l := flood(t, 20_000).Ladder()
	l.SetRoom(900, 400)
	l.Draw(counting{new(int)})
	l.Stay()
	l.Select(10_000)
	l.Reveal(10_000)
	y := func() float64 { return l.top(9_999) - l.viewing.offset }
	before := y()
	for _, byTime := range []bool{true, false} {
		if l.SetByTime(byTime); math.Abs(y()-before) > 1 {
			t.Errorf("by time %v: the selected frame is at %v, and was at %v", byTime, y(), before)
		}
		if l.ZoomHere(2); math.Abs(y()-before) > 1 {
			t.Errorf("by time %v, zoomed: the selected frame is at %v, and was at %v", byTime, y(), before)
		}
		before = y()
	}
}

// A picture that is painted between a change of the filter and the next pull is of the new one: what passed the old
// filter is not asked for any more.
func TestLadderPaintedRightAfterTheFilterChanged(t *testing.T) {
	tr := flood(t, 2_000)
	l, drawn := tr.Ladder(), 0
	l.SetRoom(600, 400)
	l.Draw(counting{n: &drawn})
	for range 2 {
		for more := true; more; {
			_, more = tr.Pull()
		}
		for _, filter := range []string{"code == GET", "nothing has this", "", "code.class == 2"} {
			tr.SetFilter(filter)
			l.Draw(counting{n: &drawn})
			l.Select(5)
			l.Draw(counting{n: &drawn})
			tr.Pull()
			l.Draw(counting{n: &drawn})
		}
	}
}

package view_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/fault"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// looksAt is a workbench that shows a recording.
func looksAt(t *testing.T, r *recording) *view.Workbench {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := view.NewWorkbench(engine, func() {})
	t.Cleanup(w.Close)
	w.Traffic = r.traffic()
	return w
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s*1000)) * time.Millisecond }

// What RFC 7252 §4.2 predicts with the default parameters, before and after it is known what was sent.
func TestTimelineWindows(t *testing.T) {
	r := record(t)
	m := request(0x10, 0xa, "temp")
	r.sent(0, m)
	w := looksAt(t, r)
	w.SelectFrame(1)
	l, why := w.Timeline(now)
	if l == nil {
		t.Fatal(why)
	}
	// 2–3 s, doubled each time; the fifth transmission is the last, and after MAX_TRANSMIT_WAIT, 93 s, it is given up.
	windows := []view.Span{{}, {seconds(2), seconds(3)}, {seconds(6), seconds(9)}, {seconds(14), seconds(21)}, {seconds(30), seconds(45)}, {seconds(62), seconds(93)}}
	if len(l.Attempts) != len(windows) || l.Length != 93*time.Second || l.Open {
		t.Fatalf("%+v", l)
	}
	for i, a := range l.Attempts {
		if a.Number != i+1 || a.Window != windows[i] || !a.Narrow.IsZero() || (a.Frame != 0) != (i == 0) || a.GivesUp != (i == 5) || a.Moot {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
	}
	for at, want := range map[time.Duration]float64{0: 0, 93 * time.Second: 1, 200 * time.Second: 1, -time.Second: 0, 3 * time.Second: math.Log(4) / math.Log(94)} {
		if got := l.Place(at); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v is at %v, want %v", at, got, want)
		}
	}

	// The first retransmission after 2.5 s: so the others come 7.5, 17.5 and 37.5 s after the beginning, and 77.5 s is the end.
	r.sent(2500, m)
	r.sent(5000, m)
	w.Traffic = r.traffic()
	l, _ = w.Timeline(now)
	narrow := []view.Span{{}, {}, {seconds(7.5), seconds(7.5)}, {seconds(17.5), seconds(17.5)}, {seconds(37.5), seconds(37.5)}, {seconds(77.5), seconds(77.5)}}
	for i, a := range l.Attempts {
		if a.Window != windows[i] || a.Narrow != narrow[i] || (a.Frame != 0) != (i < 3) || a.Off {
			t.Errorf("attempt %d: %+v, want it at %v", i+1, a, narrow[i])
		}
	}
	expectWords(t, l, "as predicted, 2 s to 3 s", "as predicted, 5 s, double the 2.5 s before", "nothing came back to 3 transmissions")

	r.received(20, response(protocol.Acknowledgement, 0x10, 0xa, protocol.Content, ""))
	w.Traffic = r.traffic()
	l, _ = w.Timeline(now)
	if len(l.Marks) != 1 || l.Marks[0].Label != "ACK 2.05" || l.Marks[0].At != seconds(7.52) || l.Marks[0].Frame != 4 || !l.Attempts[3].Moot || l.Attempts[1].Moot {
		t.Errorf("%+v", l)
	}
	expectWords(t, l, "as predicted", "as predicted", "ACK 2.05 after 7.52 s")
}

func expectWords(t *testing.T, l *view.Timeline, want ...string) {
	t.Helper()
	for i := range max(len(l.Words), len(want)) {
		switch {
		case i >= len(l.Words):
			t.Errorf("nothing is said of %q", want[i])
		case i >= len(want) || !strings.Contains(l.Words[i].Text, want[i]):
			t.Errorf("word %d is %q", i, l.Words[i].Text)
		}
	}
}

// What is not as RFC 7252 §4.2 has it is said, with the clause.
func TestTimelineJudges(t *testing.T) {
	for name, c := range map[string]struct {
		waits []int // ms before each retransmission
		words []string
		off   string // which attempts
	}{
		"too early":     {[]int{1200}, []string{"too early, the timeout is 2 s to 3 s", "nothing came"}, "2"},
		"a little late": {[]int{3200}, []string{"as predicted", "nothing came"}, ""},
		"late":          {[]int{4000}, []string{"late, the timeout is 2 s to 3 s", "nothing came"}, "2"},
		"linear":        {[]int{2000, 2000}, []string{"as predicted", "too early, the timeout is 4 s, double the 2 s before (RFC 7252 §4.2)", "nothing came"}, "3"},
		"one not seen":  {[]int{2000, 12000}, []string{"as predicted", "or one between them was not seen", "nothing came"}, "3"},
		"all":           {[]int{2000, 4000, 8000, 16000}, []string{"as", "as", "as", "as", "given up after 5 transmissions, at most 93 s"}, ""},
		"too many":      {[]int{2000, 4000, 8000, 16000, 32000}, []string{"as", "as", "as", "as", "one more than MAX_RETRANSMIT, 4,", "given up after 6"}, "6"},
	} {
		r := record(t)
		r.sent(0, request(0x10, 0xa, "temp"))
		for _, ms := range c.waits {
			r.sent(ms, request(0x10, 0xa, "temp"))
		}
		w := looksAt(t, r)
		w.SelectFrame(1)
		l, _ := w.Timeline(now)
		t.Log(name)
		expectWords(t, l, c.words...)
		off := ""
		for _, a := range l.Attempts {
			if a.Off {
				off += string(rune('0' + a.Number))
			}
		}
		if off != c.off {
			t.Errorf("attempts %q are off, want %q", off, c.off)
		}
	}
	// Sent again although an acknowledgement had come.
	r := record(t)
	r.sent(0, request(0x10, 0xa, "temp"))
	r.received(500, empty(protocol.Acknowledgement, 0x10))
	r.sent(2000, request(0x10, 0xa, "temp"))
	w := looksAt(t, r)
	w.SelectFrame(3)
	l, _ := w.Timeline(now)
	expectWords(t, l, "as predicted", "ACK had come 2 s before", "ACK after 500 ms")
}

func TestTimelineIsNotForAll(t *testing.T) {
	r := record(t)
	non := request(0x41, 0xd, "non")
	non.Type = protocol.NonConfirmable
	r.sent(0, non)
	r.received(1, response(protocol.NonConfirmable, 0x9c, 0x77, protocol.Content, ""))
	w := looksAt(t, r)
	for s, want := range map[trace.Seq]string{0: "Select", 1: "A NON is sent once", 2: "Select"} {
		w.SelectFrame(s)
		if l, why := w.Timeline(now); l != nil || !strings.Contains(why, want) {
			t.Errorf("of frame %d: %+v, %q", s, l, why)
		}
	}
}

// Of an exchange of its own the engine tells what it plans.
func TestTimelineLive(t *testing.T) {
	d := sitDown(t)
	transmission := protocol.DefaultTransmission()
	transmission.AckTimeout, transmission.AckRandomFactor, transmission.MaxRetransmit = 400*time.Millisecond, 1.5, 2
	d.Engine.SetTransmission(transmission)
	rules, err := fault.Parse("lose sent")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Engine.SetFaults(rules); err != nil {
		t.Fatal(err)
	}
	d.Tab().Draft.Address = d.address("plugtest") + "/validate"
	d.Send()
	d.until("the first transmission", func() bool { return d.Traffic.Exchanges().Len() == 1 && d.Traffic.Total() == 1 })
	d.SelectExchange(0)
	l, why := d.Timeline(d.Traffic.Frame(1).Time.Add(100 * time.Millisecond))
	if l == nil {
		t.Fatal(why)
	}
	planned := l.Attempts[1].Narrow.From
	if !l.Open || l.Now != 100*time.Millisecond || len(l.Attempts) != 4 || planned < 390*time.Millisecond || planned > 610*time.Millisecond {
		t.Errorf("%+v", l)
	}
	expectWords(t, l, "↻ 1  is due in 0.")
	d.until("it is given up", d.idle)
	l, _ = d.Timeline(time.Now())
	if l.Open || l.Attempts[2].Frame != 3 || l.Attempts[3].Frame != 0 || !l.Attempts[3].GivesUp {
		t.Errorf("%+v", l)
	}
	if last := l.Words[len(l.Words)-1].Text; !strings.Contains(last, "given up after 3 transmissions") {
		t.Errorf("%q", last)
	}
}

package view

import (
	"bytes"
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/keep"

	"pgregory.net/rapid"
)

// Two series become the one that they would have been, as far as samples are kept one by one; beyond that nothing is lost
// of what is summed up.
func TestMergedSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Sample
		course := func(name string) *Series {
			s := new(Series)
			at := rapid.Int64Range(0, 1e6).Draw(t, name+" begins")
			step := rapid.Int64Range(1, 1000).Draw(t, name+" step")
			n := rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(8000, 30_000)).Draw(t, name+" samples")
			for i := range n {
				a := Sample{At: time.Unix(0, at), Value: float64((int64(i)*7919 + at) % 1000), Frame: trace.Seq(i + 1)}
				all = append(all, a)
				s.Add(a)
				at += step
			}
			return s
		}
		a, b := course("one"), course("other")
		a.merge(b)
		slices.SortStableFunc(all, func(a, b Sample) int { return a.At.Compare(b.At) })
		if a.Len() != len(all) {
			t.Fatalf("%d of %d samples", a.Len(), len(all))
		}
		if len(all) == 0 {
			return
		}
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for _, s := range all {
			low, high, sum = min(low, s.Value), max(high, s.Value), sum+s.Value
		}
		from, to, ok := a.Extent()
		st := a.Stats(from, to)
		if !ok || !from.Equal(all[0].At) || to.Before(all[len(all)-1].At) || st.N != len(all) || st.Low != low || st.High != high || math.Abs(st.Mean-sum/float64(len(all))) > 1e-6 {
			t.Fatalf("from %v to %v: %+v; want %v to %v, mean %v", low, high, st, from, to, sum/float64(len(all)))
		}
		i, last := 0, int64(0)
		a.Each(func(s Sample) bool {
			if s.At.UnixNano() < last {
				t.Fatalf("%v comes after %v", s.At, last)
			}
			if last = s.At.UnixNano(); len(all) < keptSamples && (!s.At.Equal(all[i].At) || s.Value != all[i].Value) {
				t.Fatalf("sample %d is %+v, want %+v", i, s, all[i])
			}
			i++
			return true
		})
		if most := keptSamples + keptLevels*2*keptSpans; i > most || len(all) < keptSamples && i != len(all) {
			t.Fatalf("%d are kept of %d", i, len(all))
		}
		a.Strokes(nil, from, to.Add(1), 500)
		end := Sample{At: to.Add(time.Second), Value: 1}
		a.Add(end) // it goes on as ever
		if got, _ := a.Last(); !got.At.Equal(end.At) || a.Len() != len(all)+1 {
			t.Fatalf("added is %+v", got)
		}
	})
}

// No line goes over the time between two series, and none is cut where they overlap.
func TestMergedSeriesBreak(t *testing.T) {
	series := func(from int64) *Series {
		s := new(Series)
		for i := range int64(3) {
			s.Add(Sample{At: time.Unix(from+i, 0), Value: float64(i)})
		}
		return s
	}
	for other, want := range map[int64]string{110: "...|..", 90: "...|..", 101: "......", 103: "...|.."} {
		s := series(100)
		s.merge(series(other))
		got := ""
		s.Each(func(a Sample) bool {
			if a.Break {
				got += "|"
			} else {
				got += "."
			}
			return true
		})
		if got != want {
			t.Errorf("from %d on: %s, want %s", other, got, want)
		}
	}
}

func TestMergedStates(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	course := func(begin int64, texts ...string) *States {
		var s States
		for i, text := range texts {
			s.Add(at(begin+int64(i)*10), text, trace.Seq(i+1), false)
		}
		return &s
	}
	draw := func(s *States) string {
		var all []string
		for _, r := range s.Runs() {
			text := r.Text + " " + strings.Repeat("x", r.N)
			if r.Break {
				text = "| " + text
			}
			all = append(all, text+" "+r.From.UTC().Format("05")+"-"+r.To.UTC().Format("05"))
		}
		return strings.Join(all, ", ")
	}
	for _, c := range []struct {
		a, b *States
		want string
	}{
		{course(0, "on", "on", "off"), course(30, "off"), "on xx 00-10, off x 20-20, | off x 30-30"},
		{course(30, "off"), course(0, "on", "on", "off"), "on xx 00-10, off x 20-20, | off x 30-30"},
		{course(0, "on", "on", "on"), course(5, "on", "on"), "on xxxxx 00-20"},
		{course(0, "on", "on", "on"), course(5, "off", "off"), "on xxx 00-05, off xx 05-15"},
		{course(0), course(5, "off"), "off x 05-05"},
		{course(5, "off"), course(0), "off x 05-05"},
	} {
		c.a.merge(c.b)
		if got := draw(c.a); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	a, b := new(States), new(States)
	for i := range int64(keptRuns - 1) {
		a.Add(at(i), string(rune('a'+i%26)), 1, false)
		b.Add(at(i+2000), string(rune('a'+i%26)), 1, false)
	}
	if a.merge(b); a.Len() >= keptRuns || !a.Runs()[0].Various {
		t.Errorf("%d runs", a.Len())
	}
}

// unanswered makes a request for /x of an endpoint that never answers.
func unanswered(t *testing.T) session.Request {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := session.Request{To: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Message: protocol.Message{Code: protocol.GET}}
	r.Message.Options = r.Message.Options.Add(protocol.URIPath, []byte("x"))
	return r
}

func brings(o *Watched, i int) {
	at := time.Unix(1_700_000_000+int64(i), 0)
	o.takeAt(session.Notification{Fresh: true, At: at, Expires: at.Add(time.Minute), Sequence: uint32(i), Frame: trace.Seq(i), Registered: i == 7, Message: protocol.Message{Payload: []byte{byte('0' + i%10)}}}, at)
}

// What begins again goes on in its row: with what was seen before, a hole between, and its number in the recording.
// What is recorded reads back as one, too, also where a device has moved meanwhile, and two observations became one.
func TestObservationGoesOnInItsRow(t *testing.T) {
	w, _, _ := asks(t)
	w.RecordInto(t.TempDir())
	v := &w.watch
	here, there := unanswered(t), unanswered(t)
	o, joined := w.hold(here, "/x", nil)
	brings(o, 1)
	brings(o, 2)
	if again, yes := w.hold(here, "/x", nil); joined || !yes || again != o {
		t.Fatal("what is under way is begun once more")
	}
	o.take(session.Stalled{Reregister: time.Now().Add(time.Hour)})
	w.observed(o)
	o.take(session.ObservationEnd{Err: errors.New("unreachable")})
	w.observed(o)
	if again, yes := w.hold(here, "/x", nil); yes || again != o || v.Len() != 1 || o.State() != WatchRegistering || o.Row(time.Now()).Reregisters != "" {
		t.Fatalf("%d rows, %v", v.Len(), o.State())
	}
	brings(o, 7)
	if v.Len() != 1 || o.received != 3 || o.reboots+o.renewed != 0 {
		t.Errorf("%d received, %d reboots, %d renewed", o.received, o.reboots, o.renewed)
	}
	other, _ := w.hold(there, "/x", nil)
	other.Device = "node"
	brings(other, 8)
	brings(other, 9)
	v.Select(other)
	w.Message = ""
	w.MoveWatch(o, there.To)
	if v.Len() != 1 || v.Item(0) != other || v.Selected() != other || other.received != 5 || other.slot != 0 || !other.kept || !o.quit {
		t.Fatalf("%d rows, %d received", v.Len(), other.received)
	}
	w.observed(other)
	if strings.Contains(w.Message, "Max-Age") {
		t.Errorf("an old stall is told of once more: %q", w.Message)
	}
	brings(other, 10)
	broken := ""
	other.series[0].Each(func(a Sample) bool {
		broken += map[bool]string{true: "|", false: "."}[a.Break]
		return true
	})
	if broken != "..||.." || other.kinds() != "⚠ ■" && other.kinds() != "■ ⚠" {
		t.Errorf("%s, marks %s", broken, other.kinds())
	}
	third := unanswered(t).To
	w.MoveWatch(other, third)
	last := v.Item(0)
	brings(last, 12)
	if last == other || last.To != third || last.received != 7 || last.reboots+last.renewed != 0 || last.noteNow() != "" {
		t.Errorf("%v, %d received", last.To, last.received)
	}

	recorder := v.Recording()
	w.SetRecording(false)
	recorder.Close()
	b, err := os.ReadFile(recorder.Path)
	if err != nil {
		t.Fatal(err)
	}
	all, read, err := ReadRecording(bytes.NewReader(b))
	if err != nil || len(all) != 1 || read.Notifications != 7 || read.Skipped != 0 {
		t.Fatalf("%d observations, %+v, %v of\n%s", len(all), read, err, b)
	}
	r := all[0]
	back := ""
	r.series[0].Each(func(a Sample) bool {
		back += map[bool]string{true: "|", false: "."}[a.Break]
		return true
	})
	if back != broken+"|" || r.received != 7 || r.To != last.To || r.reboots+r.renewed != 0 || r.Device != "node" {
		t.Errorf("read back: %s, %d received, %v, %q", back, r.received, r.To, r.Device)
	}
}

// What has ended is of the new address, too, when its device has moved: it can be begun again there, in its row.
func TestEndedObservationMovesWithItsDevice(t *testing.T) {
	w, _, _ := asks(t)
	v := &w.watch
	here, there := unanswered(t), unanswered(t)
	o, _ := w.hold(here, "/x", nil)
	brings(o, 1)
	w.StopWatch(o)
	o.take(session.ObservationEnd{Cancelled: true})
	w.observed(o)
	w.readdress(o, there.To)
	if again, joined := w.hold(there, "/x", nil); again != o || joined || v.Len() != 1 || o.received != 1 {
		t.Errorf("%d rows, %d received", v.Len(), o.received)
	}
	// Where it is observed at both, it is one.
	second, _ := w.hold(here, "/x", nil)
	brings(second, 3)
	second.take(session.ObservationEnd{Cancelled: true})
	w.observed(second)
	w.readdress(second, there.To)
	if v.Len() != 1 || v.Item(0) != o || o.received != 2 {
		t.Errorf("%d rows, %d received", v.Len(), o.received)
	}
}

// What happens to the request is told to all tabs that hold the observation, and to none that has left.
func TestRequestOfAnObservationIsTold(t *testing.T) {
	w, ctx, _ := asks(t)
	first := w.Tab()
	second := w.NewTab()
	second.State, second.asked, second.cancel = TabAsking, t.Context(), func() {}
	r := unanswered(t)
	o, _ := w.hold(r, "/x", &holder{first, ctx})
	if again, joined := w.hold(r, "/x", &holder{second, second.asked}); again != o || !joined {
		t.Fatal("two observations")
	}
	if held := o.heldBy(); len(held) != 2 || held[1].tab != second {
		t.Fatalf("held by %v", held)
	}
	w.SelectTab(first.ID)
	w.Cancel() // before there was an answer
	if first.State != TabIdle || first.Answer.Err == nil || len(o.heldBy()) != 1 || o.quit {
		t.Errorf("state %d, %d hold it", first.State, len(o.heldBy()))
	}
	brings(o, 1)
	w.observed(o)
	if second.State != TabObserving || second.Answer.Received != 1 || first.State != TabIdle {
		t.Errorf("states %d and %d", first.State, second.State)
	}
	w.CloseTab(second.ID)
	if !o.quit || second.watched != nil {
		t.Error("it goes on, though nobody wants it")
	}
}

// What is observed is told by all that its cache key has, but for secrets.
func TestVariant(t *testing.T) {
	w, _, _ := asks(t)
	w.Environments.set([]keep.Environment{{Name: "home", Variables: []keep.Variable{{Name: "key", Value: "hunter22", Secret: true}}}})
	fetch := unanswered(t)
	fetch.Message.Code, fetch.Message.Payload = protocol.FETCH, []byte("a=hunter22")
	fetch.Message.Options = fetch.Message.Options.AddUint(protocol.ContentFormatOption, 0)
	get := unanswered(t)
	get.Message.Options = get.Message.Options.Add(protocol.URIHost, []byte("node.local")).AddUint(protocol.Accept, 50).
		Add(protocol.ETag, []byte{1}).Add(65001, []byte("xhunter22"))
	own := unanswered(t)
	own.Message.Token = protocol.TokenOf([]byte{0xca, 0xfe})
	for want, r := range map[string]session.Request{
		"FETCH, Content-Format 0, a={{key}}": fetch, "Uri-Host node.local, Accept 50, 65001 x{{key}}": get, "token cafe": own, "": unanswered(t),
	} {
		if o := w.newWatched(r, "/x"); o.Variant != want {
			t.Errorf("got %q, want %q", o.Variant, want)
		}
	}
}

// The values of a device move with it: with what was there already, the newer counts, and the numbers of both are kept.
func TestValuesMove(t *testing.T) {
	from, to := netip.MustParseAddrPort("192.0.2.7:5683"), netip.MustParseAddrPort("192.0.2.9:5683")
	links, err := linkformat.Parse([]byte("</n>,</m>,</o>,</deep/one>,</deep/two>"))
	if err != nil {
		t.Fatal(err)
	}
	known := new(discovery.Devices)
	known.Add(discovery.Device{Endpoint: from, Links: links, Seen: valueAt, First: valueAt, EndpointName: "node"})
	v := NewDeviceTree(known)
	v.Fold(rowID(from, ""), true)
	v.Fold(rowID(from, "/deep"), false)
	for i, text := range []string{"1", "2", "3"} {
		v.Note(from, "/n", reading(text, 60, trace.Seq(i+1), valueAt))
		v.Note(from, "/m", reading(text, 60, trace.Seq(i+11), valueAt))
		v.Note(from, "/o", reading(text, 60, trace.Seq(i+21), valueAt.Add(time.Minute)))
	}
	v.Note(to, "/m", reading("9", 60, 30, valueAt.Add(time.Second)))
	v.Note(to, "/o", reading("9", 60, 31, valueAt))
	v.selected = rowID(from, "/n")
	known.Registered(to, "node")
	v.Update()
	for _, m := range known.Moves() {
		v.moved(m.From, m.To)
	}
	v.Update()
	now := valueAt.Add(30 * time.Second)
	for path, want := range map[string]struct {
		text  string
		left  float32
		spark int
	}{"/n": {"3", 0.5, 3}, "/m": {"9", 0.55, 4}, "/o": {"3", 1, 4}} {
		row := v.Row(v.Index(rowID(to, path)), now)
		if row.Right != want.text || math.Abs(float64(row.Fresh.Left-want.left)) > 1e-6 || len(row.Spark) != want.spark {
			t.Errorf("%s: %q, %+v, %d numbers", path, row.Right, row.Fresh, len(row.Spark))
		}
	}
	if tip := v.Tip(rowID(to, "/n"), now); !strings.Contains(tip, "3, 30 s ago") {
		t.Errorf("it says %q", tip)
	}
	if v.selected != rowID(to, "/n") || v.Index(rowID(to, "/n")) < 0 || v.Index(rowID(to, "/deep/one")) >= 0 || len(v.values) != 3 {
		t.Errorf("selected is %q, %d values", v.selected, len(v.values))
	}
	v.Forget(to, "/n")
	v.moved(to, from)
	if got := v.values[resourceKey{from, "/n"}]; got == nil || got.text != "" || len(got.numbers) != 3 {
		t.Errorf("what was forgotten is %+v", got)
	}
}

// Values stay where another address of the device becomes its first one.
func TestValuesOfAnotherFirstAddress(t *testing.T) {
	old, now := netip.MustParseAddrPort("192.0.2.7:5683"), netip.MustParseAddrPort("192.0.2.9:5683")
	links, err := linkformat.Parse([]byte("</n>"))
	if err != nil {
		t.Fatal(err)
	}
	known := new(discovery.Devices)
	known.Add(discovery.Device{Endpoint: old, Also: []netip.AddrPort{now}, Links: links})
	v := NewDeviceTree(known)
	v.FoldAll(true)
	v.Update()
	v.Note(old, "/n", reading("21.4", 60, 1, valueAt))
	known.Add(discovery.Device{Endpoint: now, Links: links, Seen: valueAt})
	v.Update()
	d, _ := known.Get(old)
	if i := v.Index(rowID(now, "/n")); d.Endpoint != now || i < 0 || v.Row(i, valueAt).Right != "21.4" {
		t.Errorf("the first address is %v; values %v", d.Endpoint, v.values)
	}
}

package view

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/session/trace"
)

var (
	valueAt  = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	valueOf  = netip.MustParseAddrPort("192.0.2.7:5683")
	valueRow = rowID(valueOf, "/n")
)

func valued(t *testing.T) *DeviceTree {
	t.Helper()
	links, err := linkformat.Parse([]byte("</n>"))
	if err != nil {
		t.Fatal(err)
	}
	known := new(discovery.Devices)
	known.Add(discovery.Device{Endpoint: valueOf, Links: links})
	v := NewDeviceTree(known)
	v.FoldAll(true)
	v.Update()
	return v
}

// reading is an answer with a number, by a frame.
func reading(text string, maxAge uint64, frame trace.Seq, at time.Time) *Answer {
	m := protocol.Message{Code: protocol.Content, Payload: []byte(text)}
	m.Options = m.Options.AddUint(protocol.MaxAge, maxAge).AddUint(protocol.ContentFormatOption, 0)
	return &Answer{Message: m, At: at, Received: frame}
}

func TestValueFreshness(t *testing.T) {
	v := valued(t)
	v.Note(valueOf, "/n", reading("21.4", 60, 1, valueAt))
	for after, left := range map[time.Duration]float32{
		0: 1, time.Second: 1, 3 * time.Second: 0.95, 30 * time.Second: 0.5, 59 * time.Second: 0.05, 60 * time.Second: 0, time.Hour: 0,
	} {
		row := v.Row(v.Index(valueRow), valueAt.Add(after))
		if !row.Fresh.Known || math.Abs(float64(row.Fresh.Left-left)) > 1e-6 {
			t.Errorf("after %v: %+v, want %v", after, row.Fresh, left)
		}
		if concept := row.Concept; (concept == Good) != (left > 0) {
			t.Errorf("after %v: %v", after, concept)
		}
	}
	old := reading("21.4", 60, 2, valueAt)
	old.FromCache, old.Age = true, 45*time.Second
	v.Note(valueOf, "/n", old)
	if row := v.Row(v.Index(valueRow), valueAt); row.Fresh.Left != 0.25 {
		t.Errorf("from the cache, three quarters of its time over: %+v", row.Fresh)
	}
	v.Note(valueOf, "/n", reading("21.4", 0, 3, valueAt))
	if row := v.Row(v.Index(valueRow), valueAt); row.Fresh != (Freshness{Known: true}) {
		t.Errorf("with Max-Age 0: %+v", row.Fresh)
	}
	v.Note(valueOf, "/n", &Answer{Message: protocol.Message{Code: protocol.NotFound}, At: valueAt})
	if row := v.Row(v.Index(valueRow), valueAt); row.Fresh.Known || row.Right != "4.04" {
		t.Errorf("a failure: %+v", row)
	}
}

// While a ring in sight runs down the tree is drawn at its steps and at its end, and never more than once a second.
// Nothing is drawn while nothing runs down, or nobody looks.
func TestValueBeat(t *testing.T) {
	v := valued(t)
	now := valueAt
	type timer struct {
		at time.Time
		do func()
	}
	var timers []timer
	drawn := 0
	look := func() { v.Row(v.Index(valueRow), now) }
	v.OnBeat(func(d time.Duration, do func()) { timers = append(timers, timer{now.Add(d), do}) }, func() { drawn++ })
	look()
	if len(timers) != 0 {
		t.Fatal("a beat without a value")
	}
	v.Note(valueOf, "/n", reading("21.4", 60, 1, valueAt))
	look()
	look()
	if len(timers) != 1 || timers[0].at.Sub(now) != 3*time.Second {
		t.Fatalf("%d timers, %+v", len(timers), timers)
	}
	run := func() {
		next := timers[0]
		timers = timers[1:]
		now = next.at
		next.do()
	}
	for len(timers) > 0 {
		run()
		look()
	}
	if drawn != 20 || now.Sub(valueAt) != time.Minute {
		t.Errorf("drawn %d times until %v", drawn, now.Sub(valueAt))
	}
	// A short one: at most once a second, and a short one beside a long one comes first.
	drawn = 0
	v.Note(valueOf, "/n", reading("21.4", 3600, 2, now))
	look()
	v.Note(valueOf, "/n", reading("21.4", 3, 3, now))
	look()
	if len(timers) != 2 || timers[1].at.Sub(now) != time.Second {
		t.Fatalf("%+v", timers)
	}
	slices.Reverse(timers)
	run()
	if drawn != 1 {
		t.Error("not drawn")
	}
	run()
	if drawn != 1 || len(timers) != 0 {
		t.Error("it is drawn by a timer that was overtaken, though nobody has looked since")
	}
}

func TestValueSpark(t *testing.T) {
	v := valued(t)
	row := func() TreeRow { return v.Row(v.Index(valueRow), valueAt) }
	for i, text := range []string{"10", "30"} {
		v.Note(valueOf, "/n", reading(text, 60, trace.Seq(i+1), valueAt))
	}
	if row().Spark != nil {
		t.Error("two numbers are too few")
	}
	v.Note(valueOf, "/n", reading("30", 60, 2, valueAt)) // the same answer again
	if row().Spark != nil {
		t.Error("one answer counts twice")
	}
	v.Note(valueOf, "/n", reading("no number", 60, 3, valueAt))
	v.Note(valueOf, "/n", reading("20", 60, 4, valueAt))
	if got := row().Spark; !slices.Equal(got, []float32{0, 1, 0.5}) {
		t.Errorf("spark %v", got)
	}
	cached := reading("99", 60, 0, valueAt)
	cached.FromCache = true
	v.Note(valueOf, "/n", cached)
	if got := row(); len(got.Spark) != 3 || got.Right != "99" {
		t.Errorf("what is from the cache is no new number: %+v", got)
	}
	v.Forget(valueOf, "/n")
	if got := row(); got.Right != "" || got.Fresh.Known || len(got.Spark) != 3 {
		t.Errorf("after it was set: %+v", got)
	}
	for i := range 3 * keptNumbers {
		v.Note(valueOf, "/n", reading(fmt.Sprint(i), 60, trace.Seq(100+i), valueAt))
	}
	if got := row().Spark; len(got) != keptNumbers || got[0] != 0 || got[keptNumbers-1] != 1 {
		t.Errorf("of many: %v", got)
	}
	flat := valued(t)
	for i := range 3 {
		flat.Note(valueOf, "/n", reading("7", 60, trace.Seq(i+1), valueAt))
	}
	if got := flat.Row(flat.Index(valueRow), valueAt).Spark; !slices.Equal(got, []float32{0.5, 0.5, 0.5}) {
		t.Errorf("of equal ones: %v", got)
	}
	huge := valued(t)
	for i, text := range []string{"-1.7e308", "1.7e308", "0"} {
		huge.Note(valueOf, "/n", reading(text, 60, trace.Seq(i+1), valueAt))
	}
	if got := huge.Row(huge.Index(valueRow), valueAt).Spark; !slices.Equal(got, []float32{0, 1, 0.5}) {
		t.Errorf("of huge ones: %v", got)
	}
	if tip := flat.Tip(valueRow, valueAt.Add(50*time.Second)); !strings.HasSuffix(tip, "7, 50 s ago, fresh for 10 s") {
		t.Errorf("tip %q", tip)
	}
	if tip := flat.Tip(valueRow, valueAt.Add(90*time.Second)); !strings.HasSuffix(tip, "7, 1 min ago, no longer fresh: its Max-Age was 60 s") {
		t.Errorf("tip %q", tip)
	}
}

// many is a tree of devices with resources each, all unfolded.
func many(t testing.TB, devices, resources int) *DeviceTree {
	t.Helper()
	known := new(discovery.Devices)
	for i := range devices {
		var text strings.Builder
		fmt.Fprintf(&text, `</>;title="Device %d"`, i)
		for j := range resources - 1 {
			fmt.Fprintf(&text, `,</building/%d/room/%d/temp>;rt="temperature-c";if="core.s";obs;title="Room %d"`, j%10, j, j)
		}
		links, err := linkformat.Parse([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		known.Add(discovery.Device{Endpoint: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 5683), Links: links})
	}
	v := NewDeviceTree(known)
	v.FoldAll(true)
	v.Update()
	return v
}

// What comes in, and a refresh, cost the same whatever the size of the tree: nothing but the rows that are looked at.
func TestTreeCostsWhatIsInSight(t *testing.T) {
	cost := func(v *DeviceTree) (allocations float64, layouts uint64) {
		first := v.devices.All()[0].Endpoint
		before := v.Update()
		allocations = testing.AllocsPerRun(20, func() {
			v.devices.Sighted(first, valueAt, time.Millisecond)
			v.Note(first, "/building/1/room/1/temp", reading("21.4", 60, 0, valueAt))
			v.Update()
			for i := range 40 {
				v.Row(i, valueAt)
			}
		})
		return allocations, v.Update() - before
	}
	few, anew := cost(many(t, 10, 20))
	lots, again := cost(many(t, 1000, 20))
	if anew != 0 || again != 0 {
		t.Errorf("the lines were made %d and %d times anew", anew, again)
	}
	if lots > 1.2*few {
		t.Errorf("%v allocations with a hundred times the rows, %v before", lots, few)
	}
}

// Filters and folds of 40,000 rows; what they take is said by the benchmarks beside this.
func BenchmarkTreeFilter(b *testing.B) {
	for name, shape := range map[string][2]int{"1000x20": {1000, 20}, "4x10000": {4, 10_000}} {
		v := many(b, shape[0], shape[1])
		for _, mode := range TreeModes() {
			v.SetMode(mode)
			b.Run(name+" "+mode.String(), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					v.SetFilter([]string{"room temp", "room 12", "device zzz", "temperature core.s 7"}[i%4])
					v.Update()
				}
			})
		}
		v.SetFilter("")
	}
}

func BenchmarkTreeFold(b *testing.B) {
	v := many(b, 4, 10_000)
	id := rowID(v.devices.All()[0].Endpoint, "")
	for i := 0; b.Loop(); i++ {
		v.Fold(id, i%2 == 0)
		v.Update()
	}
}

func BenchmarkTreeRows(b *testing.B) {
	v := many(b, 4, 10_000)
	for b.Loop() {
		v.Update()
		for i := range 40 {
			v.Row(i, valueAt)
		}
	}
}

// A device that is found while 1,000 are known already.
func BenchmarkTreeFound(b *testing.B) {
	v := many(b, 1000, 20)
	links := v.devices.All()[0].Links
	for i := 0; b.Loop(); i++ {
		v.devices.Add(discovery.Device{Endpoint: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}), 5683), Links: links})
		v.Update()
	}
}

// Values of what is in the tree stay, however many others come that are not: of queries, say, with a number that counts up.
func TestValuesAreBounded(t *testing.T) {
	v := valued(t)
	v.Note(valueOf, "/n", reading("21.4", 60, 1, valueAt))
	for i := range 3 * maxValues {
		v.Note(valueOf, fmt.Sprintf("/n?i=%d", i), reading("1", 60, trace.Seq(i), valueAt))
	}
	if len(v.values) > maxValues+1 {
		t.Errorf("%d values are kept", len(v.values))
	}
	if value := v.values[resourceKey{valueOf, "/n"}]; value == nil || value.text != "21.4" {
		t.Errorf("the value of the resource is %+v", value)
	}
}

// What is forgotten has no value when something is found there again: it may be another device.
func TestForgottenDeviceHasNoValue(t *testing.T) {
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkbench(engine, func() {})
	defer w.Close()
	links, err := linkformat.Parse([]byte("</n>"))
	if err != nil {
		t.Fatal(err)
	}
	other := netip.MustParseAddrPort("192.0.2.8:5683")
	for _, at := range []netip.AddrPort{valueOf, other} {
		w.known.Add(discovery.Device{Endpoint: at, Links: links})
		w.Devices.Note(at, "/n", reading("21.4", 60, 1, valueAt))
	}
	w.ForgetDevice(valueOf)
	w.known.Add(discovery.Device{Endpoint: valueOf, Links: links})
	if w.Devices.values[resourceKey{valueOf, "/n"}] != nil || w.Devices.values[resourceKey{other, "/n"}] == nil {
		t.Errorf("values %v", w.Devices.values)
	}
}

// A tooltip has an end, however much a device says.
func TestTipHasAnEnd(t *testing.T) {
	var text strings.Builder
	text.WriteString(`</n>;title="` + strings.Repeat("long ", 5000) + `";rt="` + strings.Repeat("r ", 5000) + `"`)
	for i := range 5000 {
		fmt.Fprintf(&text, ";a%d=%d", i, i)
	}
	links, err := linkformat.Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	known := new(discovery.Devices)
	adverts := make([]discovery.Advert, 64)
	for i := range adverts {
		adverts[i] = discovery.Advert{Name: fmt.Sprint(i), Text: slices.Repeat([]string{strings.Repeat("long", 50)}, 40)}
	}
	known.Add(discovery.Device{Endpoint: valueOf, Links: links, Adverts: adverts})
	tree := NewDeviceTree(known)
	if tip := tree.Tip(rowID(valueOf, ""), valueAt); strings.Count(tip, "\n") > 40 || len(tip) > 8000 || !strings.Contains(tip, "48 services more") {
		t.Errorf("%d bytes: %.200s", len(tip), tip)
	}
	tip := tree.Tip(valueRow, valueAt)
	if lines := strings.Count(tip, "\n"); lines > 40 || len(tip) > 8000 || !strings.Contains(tip, "and 4984 attributes more") {
		t.Errorf("%d lines, %d bytes, ending with %q", lines, len(tip), tip[max(0, len(tip)-80):])
	}
}

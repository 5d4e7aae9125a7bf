package view_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/draft"
	"coapscope/ui/view"
)

// observes has a new tab observe an address, with options.
func (d *desk) observes(address string, options ...draft.Option) *view.Tab {
	d.t.Helper()
	tab := d.NewTab()
	tab.Draft = draft.Draft{Method: protocol.GET, Address: address, Options: options}
	d.Observe()
	d.until("an observation of "+address, func() bool { return tab.State == view.TabObserving })
	return tab
}

// sent counts the requests that the engine has sent with that value of Observe.
func (d *desk) sent(observe uint32) (n int) {
	log := d.Engine.Log()
	for i := 1; i <= log.Len(); i++ {
		f := log.At(trace.Seq(i))
		m, err := protocol.Parse(f.Data)
		if v, ok := m.Options.Uint(protocol.Observe); err == nil && ok && v == observe && f.Direction == trace.Sent && m.Code == protocol.GET {
			n++
		}
	}
	return n
}

// notifies lets values change until something is so.
func (d *desk) notifies(what string, condition func() bool) {
	d.t.Helper()
	d.lab.Tick()
	d.until(what, condition)
}

// However many tabs observe a resource, it is observed once (RFC 7641 §3.1): one row, one registration, and all of them
// see what comes. It ends with the last of them.
func TestTabsShareAnObservation(t *testing.T) {
	d := sitDown(t)
	address := d.address("livingroom-node") + "/sensors/temp"
	first := d.observes(address)
	second := d.observes("coap://" + address)
	watch := d.Watch()
	if watch.Len() != 1 || d.sent(protocol.ObserveRegister) != 1 || len(watch.Lines()) != 1 {
		t.Fatalf("%d observations, %d lines in the chart, %d registrations", watch.Len(), len(watch.Lines()), d.sent(protocol.ObserveRegister))
	}
	item := watch.Item(0)
	if second.Answer == nil || second.Answer.Received != first.Answer.Received || second.Answer == first.Answer {
		t.Fatalf("the second begins with %+v", second.Answer)
	}
	before := item.Received()
	d.notifies("the next value in both", func() bool {
		return item.Received() > before && first.Answer.Received == second.Answer.Received && first.Answer.Received == item.Row(time.Now()).Frame
	})

	d.Observe() // the second tab is the current one
	if second.State != view.TabIdle || first.State != view.TabObserving || !strings.Contains(second.Answer.Note, "Another tab goes on with it") {
		t.Errorf("states %d and %d, note %q", first.State, second.State, second.Answer.Note)
	}
	before, seen := item.Received(), second.Answer.Received
	d.notifies("a value for the first alone", func() bool { return item.Received() > before && first.Answer.Received > seen })
	if second.Answer.Received != seen || item.State() != view.WatchObserving || d.sent(protocol.ObserveDeregister) != 0 {
		t.Errorf("the second shows #%d; the row is %v", second.Answer.Received, item.State())
	}

	third := d.observes(address)
	d.CloseTab(first.ID)
	if item.State() != view.WatchObserving || third.State != view.TabObserving {
		t.Errorf("closing one tab ends it for another: %v", item.State())
	}
	d.SelectTab(third.ID)
	d.Observe()
	if third.State != view.TabCancelling {
		t.Errorf("state %d", third.State)
	}
	d.until("the end", func() bool { return item.State() == view.WatchEnded && third.State == view.TabIdle })
	if n := d.sent(protocol.ObserveDeregister); n != 1 || third.Answer.Note != "No longer observed" {
		t.Errorf("%d times deregistered, note %q", n, third.Answer.Note)
	}

	d.SelectTab(second.ID)
	d.Observe()
	d.until("an observation", func() bool { return second.State == view.TabObserving })
	if watch.Len() != 1 || watch.Item(0) != item || item.Received() <= before {
		t.Errorf("begun again, there are %d rows, with %d notifications", watch.Len(), item.Received())
	}
}

// What is stopped in the list of observations is stopped in all tabs.
func TestStoppedRowEndsInAllTabs(t *testing.T) {
	d := sitDown(t)
	address := d.address("livingroom-node") + "/sensors/temp"
	first, second := d.observes(address), d.observes(address)
	d.StopWatch(d.Watch().Item(0))
	// While it is being stopped somebody wants it again.
	third := d.observes(address)
	d.until("the end", func() bool { return first.State == view.TabIdle && second.State == view.TabIdle })
	if first.Answer.Note != "No longer observed" || second.Answer.Note != first.Answer.Note || third.State != view.TabObserving {
		t.Errorf("notes %q and %q, state %d", first.Answer.Note, second.Answer.Note, third.State)
	}
	if watch := d.Watch(); watch.Len() != 1 || watch.Item(0).State() != view.WatchObserving || watch.Item(0).Received() < 2 {
		t.Errorf("%d rows, the first with %d notifications is %v", watch.Len(), watch.Item(0).Received(), watch.Item(0).State())
	}
}

// What the tree has begun goes on when a tab that has joined it leaves.
func TestTabJoinsWhatTheTreeObserves(t *testing.T) {
	d := sitDown(t)
	at := d.address("livingroom-node")
	d.AddHost(at)
	d.until("the device", func() bool { return d.Devices.Len() == 1 })
	d.WatchResource(at + " /sensors/temp")
	item := d.Watch().Item(0)
	d.until("a value", func() bool { return item.Received() > 0 })
	tab := d.observes("coap://" + at + "/sensors/temp")
	d.Observe()
	if tab.State != view.TabIdle || item.State() != view.WatchObserving || !strings.Contains(tab.Answer.Note, "goes on in the list of observations") || d.Watch().Len() != 1 {
		t.Errorf("state %d, %d rows, the first is %v; note %q", tab.State, d.Watch().Len(), item.State(), tab.Answer.Note)
	}
	// The other way round: what a tab has begun the tree holds, too.
	other := d.observes("coap://" + at + "/sensors/humidity")
	d.WatchResource(at + " /sensors/humidity")
	d.CloseTab(other.ID)
	if d.Watch().Len() != 2 || d.Watch().Selected() != d.Watch().Item(1) || d.Watch().Item(1).State() != view.WatchObserving {
		t.Errorf("%d rows, the second is %v", d.Watch().Len(), d.Watch().Item(1).State())
	}
	if n := d.sent(protocol.ObserveRegister); n != 2 {
		t.Errorf("%d registrations", n)
	}
}

// Other options of the cache key are another request: none takes the place of another, and each says what it is.
func TestOtherRequestsAreOtherRows(t *testing.T) {
	d := sitDown(t)
	at := d.address("livingroom-node")
	d.AddHost(at)
	d.until("the device", func() bool { return d.Devices.Len() == 1 })
	d.WatchResource(at + " /sensors/temp")
	d.until("a value", func() bool { return d.Watch().Item(0).Received() > 0 })
	d.observes("coap://"+at+"/sensors/temp", draft.Option{Number: protocol.Accept, Text: "0"})
	d.observes("coap://"+at+"/sensors/temp", draft.Option{Number: protocol.Accept, Text: "50"})
	d.observes("coap://"+at+"/sensors/temp", draft.Option{Number: protocol.Accept, Text: "50"})
	d.observes("coap://" + at + "/sensors/temp?a=1")
	var titles, names []string
	for i, line := range d.Watch().Lines() {
		titles, names = append(titles, line.Name), append(names, d.Watch().Item(i).Name())
	}
	if want := []string{
		"sensors/temp t · livingroom-node", "sensors/temp · Accept 0 · livingroom-node", "sensors/temp t · Accept 50 · livingroom-node", "sensors/temp?a=1 t · livingroom-node",
	}; !slices.Equal(titles, want) || names[1] != "livingroom-node/sensors/temp (Accept 0)" {
		t.Errorf("observed are %q, called %q", titles, names)
	}
	var csv, pack strings.Builder
	if view.WriteWatched(&csv, view.WatchCSV, d.Watch().Items()) != nil || view.WriteWatched(&pack, view.WatchSenML, d.Watch().Items()) != nil {
		t.Fatal("not written")
	}
	if !strings.Contains(csv.String(), ",Accept 50\n") || !strings.Contains(pack.String(), `"livingroom-node/sensors/temp/Accept_0`) {
		t.Errorf("written is\n%s\n%s", &csv, &pack)
	}
}

// A tab that observes goes along when its device moves, and says so; the values of the tree, what is unfolded, and the
// selection go along too.
func TestAllFollowsADeviceThatMoves(t *testing.T) {
	d := sitDown(t)
	from, there, moved := d.movable()
	tab := d.observes("coap://" + from.String() + "/sensors/temp")
	early := d.observes("coap://" + moved.Addr.String() + "/sensors/temp") // before it is recognised
	d.ReadAgain(from.String() + " /sensors/co2")
	d.until("a value", func() bool { return d.right(from, "/sensors/co2") != "" })
	value := d.right(from, "/sensors/co2")
	d.SelectRow(from.String() + " /sensors/co2")
	if d.Watch().Len() != 2 {
		t.Fatalf("%d rows", d.Watch().Len())
	}
	seen := d.Watch().Item(0).Received() + d.Watch().Item(1).Received()

	if !d.Known().Registered(moved.Addr, "node-7") {
		t.Fatal("the device is not known")
	}
	d.until("the move", func() bool { return strings.Contains(d.Message, "has moved to") })
	if got := d.right(moved.Addr, "/sensors/co2"); got != value || d.SelectedRow() != moved.Addr.String()+" /sensors/co2" {
		t.Errorf("there the value is %q, want %q; selected is %q", got, value, d.SelectedRow())
	}
	if row := d.Devices.Row(d.Devices.Index(moved.Addr.String()+" /sensors/co2"), time.Now()); !row.Fresh.Known {
		t.Errorf("nothing is known of its freshness: %+v", row)
	}
	item := d.Watch().Item(0)
	if d.Watch().Len() != 1 || item.To != moved.Addr || item.Received() != seen || tab.State != view.TabObserving || early.State != view.TabObserving {
		t.Fatalf("%d rows, the first at %v with %d of %d notifications; states %d and %d", d.Watch().Len(), item.To, item.Received(), seen, tab.State, early.State)
	}
	there.Tick()
	d.until("a value in both", func() bool {
		return item.Received() > seen && tab.Answer.From == moved.Addr && tab.Answer.Received == early.Answer.Received
	})
}

// right is what the tree shows of a resource; "" for nothing.
func (d *desk) right(at netip.AddrPort, path string) string {
	d.t.Helper()
	id, ok := d.Devices.RowOf(at, path)
	d.Devices.Update()
	i := d.Devices.Index(id)
	if !ok || i < 0 {
		d.t.Fatalf("%s of %v is not in the tree", path, at)
	}
	return d.Devices.Row(i, time.Now()).Right
}

package view_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/view"
)

// row gives a row of the tree, unfolded, as it is now.
func (d *desk) row(id string) view.TreeRow {
	d.t.Helper()
	for _, r := range d.Devices.Rows(time.Now()) {
		if r.ID == id {
			return r
		}
	}
	d.t.Fatalf("no row %q", id)
	return view.TreeRow{}
}

func (d *desk) add(device string) {
	d.t.Helper()
	n := d.Devices.Len()
	d.AddHost(d.address(device))
	d.until(device, func() bool { return d.Devices.Len() == n+1 })
	d.Devices.Update()
}

func TestReadAgain(t *testing.T) {
	d := sitDown(t)
	d.add("livingroom-node")
	endpoint := d.Known().All()[0].Endpoint
	device, _ := d.Devices.RowOf(endpoint, "")
	temp, _ := d.Devices.RowOf(endpoint, "/sensors/temp")
	log, _ := d.Devices.RowOf(endpoint, "/sensors/log")
	d.Devices.Update()
	d.ReadAgain(temp)
	d.until("a value", func() bool { return strings.HasSuffix(d.Message, "/sensors/temp of livingroom-node: 2.05 Content") })
	if r := d.row(temp); !strings.Contains(r.Right, "°C") || !r.Fresh.Known || d.Tab().Answer != nil {
		t.Errorf("row %+v", r)
	}
	d.ReadAgain(device)
	d.until("all values", func() bool { return !d.Reading.Running })
	if !strings.HasPrefix(d.Message, "5 values read in ") || d.MessageConcept != view.Good {
		t.Errorf("it says %q", d.Message)
	}
	if r := d.row(log); r.Right != "" {
		t.Errorf("the large one was read: %+v", r)
	}
	d.Devices.SetMode(view.TreeByType)
	d.Devices.Update()
	d.ReadAgain("|rt=temperature-c")
	d.until("those of a type", func() bool { return !d.Reading.Running })
	if !strings.HasPrefix(d.Message, "1 value read in ") {
		t.Errorf("it says %q", d.Message)
	}
	d.ReadAgain(temp)
	d.until("one more", func() bool { return strings.HasSuffix(d.Message, "2.05 Content") && len(d.row(typed(temp)).Spark) == 4 })
	d.AskDevice(endpoint)
	d.until("its links", func() bool { return d.Message == "livingroom-node has 6 resources" })
}

// typed is the row of a temperature among its type.
func typed(id string) string { return strings.Replace(id, " ", "|rt=temperature-c ", 1) }

func TestReadAllAsksFirst(t *testing.T) {
	d := sitDown(t)
	d.add("plugtest")
	d.add("difficult")
	before := d.Traffic.Total()
	d.ReadAll()
	plan := d.Reading.Asking
	if plan == nil || plan.Requests <= 20 || plan.Left == 0 || d.Reading.Running {
		t.Fatalf("plan %+v", plan)
	}
	if !strings.HasPrefix(d.Message, "That is ") || !strings.Contains(d.Message, " GET requests to 2 devices; ") {
		t.Errorf("it asks %q", d.Message)
	}
	d.DeclineReading()
	d.ConfirmReading()
	d.Pull()
	if d.Reading.Running || d.Reading.Asking != nil || d.Traffic.Total() != before {
		t.Error("something was sent without the user's word")
	}
	d.ReadAll()
	d.ConfirmReading()
	d.until("some values", func() bool { return d.Reading.Done > 2 })
	d.CancelAny()
	d.until("the end", func() bool { return !d.Reading.Running })
	if !strings.HasPrefix(d.Message, "Stopped: ") || d.MessageConcept != view.Warning {
		t.Errorf("it says %q", d.Message)
	}
}

// What is silent is not asked for the rest of what it has.
func TestReadSilentDevice(t *testing.T) {
	d := sitDown(t)
	d.add("livingroom-node")
	silent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	at := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	d.Known().Add(discovery.Device{Endpoint: at, Links: links(t, "</a>,</b>,</c>")})
	quick := protocol.DefaultTransmission()
	quick.AckTimeout, quick.MaxRetransmit = 10*time.Millisecond, 1
	d.Engine.SetTransmissionOf(at, &quick)
	d.Devices.Update()
	d.ReadAll()
	d.until("the end", func() bool { return !d.Reading.Running })
	if !strings.HasPrefix(d.Message, "5 values read in ") || !strings.HasSuffix(d.Message, ", 3 resources gave none") {
		t.Errorf("it says %q", d.Message)
	}
	if now, _ := d.Known().Get(at); now.Presence() != discovery.Late {
		t.Errorf("it is %v", now.Presence())
	}
	for i := range d.Traffic.Total() {
		if r := d.Traffic.Row(i); strings.HasPrefix(r.Summary, "/b") || strings.HasPrefix(r.Summary, "/c") {
			t.Errorf("sent: %+v", r)
		}
	}
}

func TestWhatIsMetJoinsTheTree(t *testing.T) {
	d := sitDown(t)
	base := d.address("plugtest")
	d.ask(protocol.GET, base+"/.well-known/core", "")
	if d.Devices.Len() != 0 {
		t.Error("what every device may have is not met")
	}
	d.ask(protocol.GET, base+"/validate", "")
	if d.Devices.Len() != 1 {
		t.Fatalf("%d devices after a request was answered", d.Devices.Len())
	}
	d.ask(protocol.GET, base+"/none", "")
	d.ask(protocol.POST, base+"/location-query", "")
	d.Devices.FoldAll(true)
	got := says(d.Devices)
	if want := base + "\n  ?first=1&second=2\n  location-query\n  validate\n"; got != want {
		t.Errorf("the tree:\n%s\nwant\n%s", got, want)
	}
	for _, r := range d.Devices.Rows(time.Now()) {
		if r.Met != r.Listed && !r.Device {
			t.Errorf("marked: %+v", r)
		}
	}
	d.AddHost(base)
	d.until("its links", func() bool { return strings.HasPrefix(d.Message, "plugtest has") })
	for _, r := range d.Devices.Rows(time.Now()) {
		if r.Met && r.Text != "?first=1&second=2" {
			t.Errorf("still marked: %+v", r)
		}
	}
}

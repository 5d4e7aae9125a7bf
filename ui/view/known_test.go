package view_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/discovery"
	"coapscope/session/lab"
	"coapscope/ui/keep"
	"coapscope/ui/view"
)

func TestDevicesLiveBetweenRuns(t *testing.T) {
	folder := t.TempDir()
	d := sitDown(t)
	d.Keep(keep.Open(keep.PlacesIn(folder)))
	far := netip.MustParseAddrPort("[fe80::1%eth7]:61616")
	d.Known().Add(discovery.Device{Endpoint: far, Interface: "eth7", Seen: now, Links: links(t, `</a>;title="é"`)})
	d.Known().Add(discovery.Device{Endpoint: node, Seen: now, Links: links(t, `</>;title="Sensor"`)})
	d.RenameDevice(far, "  attic ")
	if d.Message != "[fe80::1%eth7]:61616 is called attic now" {
		t.Errorf("said is %q", d.Message)
	}
	d.Close()

	d = sitDown(t)
	d.Keep(keep.Open(keep.PlacesIn(folder)))
	all := d.Known().All()
	if len(all) != 2 || all[0].Endpoint != far || all[0].Name != "attic" || !all[0].Given || all[1].Name != "Sensor" || len(all[0].Links) != 1 {
		t.Fatalf("back came %+v", all)
	}
	rows := d.Devices.Rows(now)
	if rows[0].Right != "○ earlier run" || rows[0].Concept != view.Dim {
		t.Errorf("row %+v", rows[0])
	}
	d.Known().Sighted(far, now, 0)
	d.RenameDevice(far, "")
	d.ForgetDevice(node)
	if got := d.Known().All(); len(got) != 1 || got[0].Name != "[fe80::1%eth7]:61616" || d.Message != "Sensor is forgotten" {
		t.Errorf("%+v, %q", got, d.Message)
	}
	d.Close()
	path := filepath.Join(folder, "devices.json")
	if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), "attic") || !strings.Contains(string(data), "fe80::1%eth7") {
		t.Errorf("kept is %s, %v", data, err)
	}

	// A file of a newer program is set aside, and told.
	if err := os.WriteFile(path, []byte(`{"version":2,"devices":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d = sitDown(t)
	d.Keep(keep.Open(keep.PlacesIn(folder)))
	d.Pull()
	if len(d.Known().All()) != 0 || !strings.HasPrefix(d.Message, "The list of devices: ") || !strings.Contains(d.Message, "devices.json.damaged") {
		t.Errorf("%d devices, %q", len(d.Known().All()), d.Message)
	}
	if data, err := os.ReadFile(path + ".damaged"); err != nil || !strings.Contains(string(data), `"version":2`) {
		t.Errorf("aside is %s, %v", data, err)
	}
}

func TestLostDevicesAreForgottenTogether(t *testing.T) {
	d := sitDown(t)
	late, named := netip.MustParseAddrPort("192.0.2.5:5683"), netip.MustParseAddrPort("192.0.2.6:5683")
	for _, e := range []netip.AddrPort{node, us, late, named} {
		d.Known().Add(discovery.Device{Endpoint: e, Seen: now})
	}
	d.RenameDevice(named, "attic")
	if d.ForgetLost(); len(d.Known().All()) != 4 || d.Message != "No device is lost, but for those that have a name of yours" {
		t.Errorf("%d devices, %q", len(d.Known().All()), d.Message)
	}
	for range 3 {
		d.Known().Missed(us)
		d.Known().Missed(named)
	}
	d.Known().Missed(late)
	d.ForgetLost()
	var left []netip.AddrPort
	for _, k := range d.Known().All() {
		left = append(left, k.Endpoint)
	}
	if !slices.Equal(left, []netip.AddrPort{node, late, named}) || d.Message != "1 lost device is forgotten" {
		t.Errorf("left are %v, %q", left, d.Message)
	}
}

func TestDeviceNames(t *testing.T) {
	d := sitDown(t)
	d.Known().Add(discovery.Device{Endpoint: node})
	d.Known().Add(discovery.Device{Endpoint: us})
	d.RenameDevice(us, "mine")
	for name, want := range map[string]struct {
		note string
		ok   bool
	}{
		"x": {"kept between runs", true}, "": {"its own again", true}, "a\nb": {"one line", false},
		strings.Repeat("x", 101): {"too long", false}, " mine ": {discovery.EndpointText(us) + " has that name too", true},
	} {
		if note, ok := d.CheckDeviceName(node, name); ok != want.ok || !strings.Contains(note, want.note) {
			t.Errorf("%q: %q, %v", name, note, ok)
		}
	}
	if got := d.DeviceURI(node.String() + " /a/b"); got != "coap://192.0.2.7/a/b" {
		t.Errorf("URI %q", got)
	}
	if got := d.DeviceURI("[fe80::1%eth0]:61616 "); got != "coap://[fe80::1%25eth0]:61616" {
		t.Errorf("URI %q", got)
	}
}

// A device is late, then lost, when searches that it would have answered go without its answer, and back when it answers.
func TestSilentDeviceIsLateAndLost(t *testing.T) {
	d := sitDown(t)
	hosts := make([]string, 0, 5)
	for _, device := range d.lab.Devices() {
		hosts = append(hosts, device.Addr.String())
	}
	gone := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.99"), netip.MustParseAddrPort(hosts[0]).Port())
	d.Known().Add(discovery.Device{Endpoint: gone, Seen: time.Unix(1, 0)})
	presence := func(e netip.AddrPort) discovery.Presence {
		device, _ := d.Known().Get(e)
		return device.Presence()
	}
	for _, want := range []discovery.Presence{discovery.Late, discovery.Late, discovery.Lost} {
		d.AddHost(hosts[0] + ", " + gone.String())
		d.ConfirmScan()
		d.until("the end of the search", func() bool { return !d.Scan.Running })
		if got := presence(gone); got != want || presence(netip.MustParseAddrPort(hosts[0])) != discovery.Online {
			t.Errorf("it is %v, want %v; that which answers is %v", got, want, presence(netip.MustParseAddrPort(hosts[0])))
		}
	}
	d.Known().Add(discovery.Device{Endpoint: gone, Seen: time.Now()})
	if got := presence(gone); got != discovery.Online {
		t.Errorf("back, it is %v", got)
	}
}

// movable makes a device known by the name that a directory has for it, and gives where it is, another lab, and the
// same device of that, which is where it can move to.
func (d *desk) movable() (from netip.AddrPort, there *lab.Lab, moved lab.Device) {
	d.t.Helper()
	there, err := lab.Start(lab.Config{Seed: 1, Ephemeral: true, Leisure: time.Millisecond, Loss: lab.NoLoss})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { there.Close() })
	moved, err = there.Device("livingroom-node")
	if err != nil {
		d.t.Fatal(err)
	}
	from = netip.MustParseAddrPort(d.address("livingroom-node"))
	d.AddHost(from.String())
	d.until("the device", func() bool { return d.Devices.Len() == 1 })
	d.Known().Registered(from, "node-7")
	return from, there, moved
}

// What is observed goes on where the device has moved to, by whatever it is recognised; what the user has ended stays ended.
func TestObservationFollowsItsDevice(t *testing.T) {
	d := sitDown(t)
	from, _, moved := d.movable()
	d.Known().Rename(from, "mine")
	if !d.WatchResource(from.String()+" /sensors/temp") || !d.WatchResource(from.String()+" /sensors/humidity") {
		t.Fatal("there is nothing to observe")
	}
	watch := d.Watch()
	d.until("values", func() bool { return watch.Item(0).Received() > 0 && watch.Item(1).Received() > 0 })
	d.StopWatch(watch.Item(1))
	d.until("the end of one", func() bool { return watch.Item(1).State() == view.WatchEnded })
	before := watch.Item(0).Received()

	if !d.Known().Registered(moved.Addr, "node-7") {
		t.Fatal("the device is not known")
	}
	d.until("values from there", func() bool { return watch.Item(0).To == moved.Addr && watch.Item(0).Received() > before })
	if want := "mine has moved to " + moved.Addr.String() + ", where 1 observation goes on"; d.Message != want {
		t.Errorf("said is %q, want %q", d.Message, want)
	}
	if watch.Len() != 2 || watch.Item(1).To != moved.Addr || watch.Item(1).State() != view.WatchEnded || watch.Item(0).Device != "mine" {
		t.Errorf("%d observations, %+v", watch.Len(), watch.Item(1))
	}
}

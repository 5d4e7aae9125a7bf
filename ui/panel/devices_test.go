package panel

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
	"coapscope/session"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// devicesPanel is the panel with some devices of some resources each.
func devicesPanel(t *testing.T, devices, resources int) (*Devices, *view.Workbench) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	bench := view.NewWorkbench(engine, func() {})
	t.Cleanup(bench.Close)
	for i := range devices {
		var b strings.Builder
		fmt.Fprintf(&b, `</>;title="Device %d"`, i)
		for j := range resources - 1 {
			fmt.Fprintf(&b, `,</room/%d/temp>;rt="temperature-c";if="core.s";obs`, j)
		}
		links, err := linkformat.Parse([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		bench.Known().Add(discovery.Device{Endpoint: deviceAt(i), RTT: 12 * time.Millisecond, Links: links})
	}
	p := NewDevices(bench)
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(293, 700))
	p.Refresh()
	return p, bench
}

func deviceAt(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), protocol.Port)
}

func answered(text string) *view.Answer {
	m := protocol.Message{Code: protocol.Content, Payload: []byte(text)}
	return &view.Answer{Message: m, At: time.Now()}
}

func TestDevicesPanel(t *testing.T) {
	p, bench := devicesPanel(t, 3, 3)
	says := func() string { return p.tree.Snapshot().String() }
	want := "DEVICES  3 | by path ▾ | + add\nDevice 0 | 12 ms\nDevice 1 | 12 ms\nDevice 2 | 12 ms\nGROUPS"
	if got := says(); !strings.HasPrefix(got, want) {
		t.Errorf("at first:\n%s", got)
	}
	bench.SelectRow("10.0.0.1:5683 ")
	p.Refresh()
	p.tree.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if got := says(); !strings.Contains(got, "Device 1 | 12 ms\n10.0.0.1\n/\nroom\n") {
		t.Errorf("unfolded:\n%s", got)
	}
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown} {
		p.tree.TypedKey(&fyne.KeyEvent{Name: key})
	}
	if got := p.tree.Selected(); got != "10.0.0.1:5683 /room/0/temp" || bench.Tab().Draft.Address != "coap://10.0.0.1/room/0/temp" {
		t.Errorf("keys select %q, address %q", got, bench.Tab().Draft.Address)
	}
	bench.Devices.Note(deviceAt(1), "/room/0/temp", answered("21.4 C"))
	p.Refresh()
	if got := says(); !strings.Contains(got, "temp | 21.4") {
		t.Errorf("with a value:\n%s", got)
	}
	// In another mode it is selected still, wherever it is.
	p.SetMode(view.TreeByType)
	if got := p.tree.Selected(); got != "10.0.0.1:5683|rt=temperature-c /room/0/temp" {
		t.Errorf("by type %q is selected", got)
	}
	if got := says(); !strings.Contains(got, "by type ▾") || !strings.Contains(got, "temperature-c | 6\n") || !strings.Contains(got, "/room/0/temp | Device 1 | 21.4") || !strings.Contains(got, "no type | 3\n") {
		t.Errorf("by type:\n%s", got)
	}
	asked := ""
	p.Ask = func() { asked = bench.Tab().Draft.Address }
	p.clicked("10.0.0.2:5683|rt=temperature-c /room/1/temp")
	if asked != "coap://10.0.0.2/room/1/temp" {
		t.Errorf("a click asks for %q", asked)
	}
	p.filter.SetText("nothing of that kind")
	if got := says(); !strings.Contains(got, "Nothing matches the filter") {
		t.Errorf("filtered:\n%s", got)
	}
	p.filter.SetText("device 2 room/1")
	if got := says(); !strings.Contains(got, "temperature-c | 1\n/room/1/temp | Device 2\nGROUPS") {
		t.Errorf("filtered:\n%s", got)
	}
}

// What a menu offers, and that what it may send is told before.
func TestDevicesPanelReads(t *testing.T) {
	p, bench := devicesPanel(t, 1, 30)
	labels := func(id string) string {
		var all []string
		for _, item := range p.readingItems(id) {
			all = append(all, item.Label)
		}
		return strings.Join(all, " | ")
	}
	for id, want := range map[string]string{
		"10.0.0.0:5683 ":             "Read all its values",
		"10.0.0.0:5683 /room/1/temp": "Read its value",
		"10.0.0.0:5683 /room":        "",
		"|rt=temperature-c":          "Read the values of all of them",
		headingID:                    "",
		stopID:                       "",
	} {
		if got := labels(id); got != want {
			t.Errorf("menu of %q: %q, want %q", id, got, want)
		}
	}
	bench.SelectRow("10.0.0.0:5683 ")
	p.ReadAgain()
	p.Refresh()
	if got := p.tree.Snapshot().String(); !strings.Contains(got, "▲ Read 30 values?\nof 1 device\nSend 30 requests\nSend nothing\n") || bench.Message != "That is 30 GET requests to 1 device. Send them?" {
		t.Errorf("%s\n%s", bench.Message, got)
	}
	p.clicked(leaveID)
	p.Refresh()
	if got := p.tree.Snapshot().String(); strings.Contains(got, "Send 30") || bench.Reading.Running || bench.Message != "Nothing was sent" {
		t.Errorf("%s\n%s", bench.Message, got)
	}
	p.tree.RequestFocus()
	p.tree.Select("10.0.0.0:5683 ")
	p.tree.TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu})
	if c := fyne.CurrentApp().Driver().CanvasForObject(p.Object); c.Overlays().Top() == nil {
		t.Error("the key for menus opens none")
	}
}

// A refresh, a value that came, and a step of the wheel cost the same with a hundred times the rows.
func TestDevicesPanelCostsWhatIsInSight(t *testing.T) {
	cost := func(devices int) float64 {
		p, bench := devicesPanel(t, devices, 40)
		p.FoldAll(true)
		p.tree.Snapshot()
		return testing.AllocsPerRun(20, func() {
			bench.Devices.Note(deviceAt(0), "/room/1/temp", answered("21.4 C"))
			bench.Known().Sighted(deviceAt(0), time.Now(), time.Millisecond)
			p.Refresh()
			p.tree.Wheel(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -30)})
			p.tree.Snapshot()
		})
	}
	few, many := cost(10), cost(1000)
	t.Logf("%v allocations with 400 resources, %v with 40,000", few, many)
	if many > 1.5*few {
		t.Errorf("%v allocations with 40,000 resources, %v with 400", many, few)
	}
}

package view_test

import (
	"slices"
	"testing"

	"coapscope/ui/view"
)

// All resources of a device that can be observed are, each once, by the paths that it lists.
func TestWatchDevice(t *testing.T) {
	d := sitDown(t)
	if d.WhyNoDevice() == "" {
		t.Error("nothing is selected, and can be observed")
	}
	d.AddHost(d.address("livingroom-node"))
	d.until("the device", func() bool { return d.Devices.Len() == 1 })
	row := d.address("livingroom-node") + " "
	d.SelectRow(row)
	d.WatchSelected()
	said := d.Message
	watched := func() (paths []string) {
		for _, o := range d.Watch().Items() {
			if o.State() == view.WatchObserving {
				paths = append(paths, o.Path)
			}
		}
		slices.Sort(paths)
		return paths
	}
	want := []string{"/sensors/co2", "/sensors/humidity", "/sensors/senml", "/sensors/temp"}
	d.until("the values", func() bool { return len(watched()) == len(want) })
	if got := watched(); !slices.Equal(got, want) || said != "4 resources of livingroom-node observed" {
		t.Errorf("observed are %q, want %q; it says %q", got, want, said)
	}
	if n := d.WatchDevice(row); n != len(want) || d.Watch().Len() != len(want) {
		t.Errorf("observed again, there are %d of %d", d.Watch().Len(), n)
	}
}

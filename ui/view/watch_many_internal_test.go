package view

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"coapscope/discovery"
	"coapscope/protocol/linkformat"
	"coapscope/session"
)

// Ten times the resources take ten times the work to be observed, and not a hundred times.
func TestWatchOfManyResources(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	work := func(n int) float64 {
		engine, err := session.Open(session.Config{})
		if err != nil {
			t.Fatal(err)
		}
		w := NewWorkbench(engine, func() {})
		defer w.Close()
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "</r%d>;obs,", i)
		}
		links, err := linkformat.Parse([]byte(strings.TrimSuffix(text.String(), ",")))
		if err != nil {
			t.Fatal(err)
		}
		at := silent.LocalAddr().(*net.UDPAddr).AddrPort()
		w.known.Add(discovery.Device{Endpoint: at, Links: links})
		row := rowID(at, "")
		if got := w.WatchDevice(row); got != n || w.watch.Len() != n {
			t.Fatalf("%d of %d observed", w.watch.Len(), n)
		}
		return testing.AllocsPerRun(1, func() { w.WatchDevice(row) }) // which finds each
	}
	if few, many := work(30), work(300); many > 20*few {
		t.Errorf("%v allocations for 30, %v for 300", few, many)
	}
}

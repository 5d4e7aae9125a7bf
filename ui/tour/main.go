package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"coapscope/ui/view"
)

func main() {
	binary := flag.String("binary", "build/coapscope", "the program")
	out := flag.String("out", "build/tour", "directory of the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := tour(ctx, *binary, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

// tour plays the first steps of the README's tour with the lab, and says what it does.
func tour(ctx context.Context, binary, out string, log io.Writer) error {
	if names := missing(); len(names) > 0 {
		return fmt.Errorf("not installed: %s", strings.Join(names, ", "))
	}
	ended := make(chan error, 1)
	go func() {
		failure := errors.New("the tour ended before its end")
		defer func() { ended <- failure }()
		d, err := Start(ctx, Config{
			Binary: binary, Args: []string{"--lab"}, Out: out, Log: indented{log},
			Fail: func(err error) {
				failure = err
				runtime.Goexit()
			},
		})
		if err != nil {
			failure = err
			return
		}
		defer d.Close()
		for i, s := range steps {
			fmt.Fprintf(log, "%d. %s\n", i+1, s.does)
			s.play(d)
			fmt.Fprintf(log, "   → %s\n", d.Shot(fmt.Sprintf("%d-%s", i+1, s.name)))
		}
		failure = nil
	}()
	if err := <-ended; err != nil {
		return err
	}
	if full, err := filepath.Abs(out); err == nil {
		out = full
	}
	fmt.Fprintln(log, "The pictures are in", out)
	return nil
}

// indented writes lines below the step that they are of.
type indented struct{ io.Writer }

func (w indented) Write(b []byte) (int, error) {
	if _, err := fmt.Fprintf(w.Writer, "   %s", b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// step is a step of the tour.
type step struct {
	name, does string
	play       func(*Driver)
}

var steps = []step{
	{"discover", "Discover asks all CoAP nodes on the network, here those of the lab", func(d *Driver) { discover(d, "livingroom-node") }},
	{"open", "Open a device to see its resources", func(d *Driver) { openDevice(d, "livingroom-node", "temp") }},
	{"get", "Click a resource: a GET, and the answer", func(d *Driver) {
		ask(d, "temp", func(p view.Probed) bool { return p.Code == "2.05" && p.PayloadSize > 0 })
	}},
	{"observe", "Observe it: the value is followed", func(d *Driver) {
		d.Try(func() { d.Click("bar", "◉ Observe") }, "an observation", func(p view.Probed) bool { return p.State == "observing" })
		d.WaitFor("two more notifications", func(p view.Probed) bool { return p.Notified >= 3 })
	}},
	{"select", "Select a packet to see every bit of it", func(d *Driver) {
		selectPacket(d, "CBOR")
		d.Point("inspector", "Code")
		d.WaitFor("an explanation with its section", func(p view.Probed) bool { return p.Says("inspector", "RFC 7252") })
	}},
}

// discover begins to search for devices and waits until all of these are there.
func discover(d *Driver, devices ...string) view.Probed {
	d.Try(func() { d.Click("bar", "Discover") }, "the search to begin",
		func(p view.Probed) bool { return p.Says("bar", "◎ Stop") || p.Devices > 0 })
	return d.WaitFor(strings.Join(devices, ", "), func(p view.Probed) bool {
		return !slices.ContainsFunc(devices, func(name string) bool { return !p.Says("devices", name) })
	})
}

// openDevice unfolds a device of the tree until one of its resources is in sight.
func openDevice(d *Driver, device, resource string) {
	d.Try(func() { d.Click("devices", device) }, resource+" of "+device,
		func(p view.Probed) bool { return p.Says("devices", resource) })
}

// ask clicks a resource and waits for what comes of it.
func ask(d *Driver, resource string, answered func(view.Probed) bool) view.Probed {
	return d.Try(func() { d.Click("devices", resource) }, "the answer of "+resource,
		func(p view.Probed) bool { return p.State == "idle" && answered(p) })
}

// selectPacket clicks the first row of the packet list in sight that has the text and is not selected. Where
// there is none it looks further up: newer packets, as of a search that goes on, may have moved it there.
func selectPacket(d *Driver, text string) view.Probed {
	before, wanted := d.Probe().Selected, 0
	click := func() {
		d.WaitFor("another packet with "+text, func(p view.Probed) bool {
			_, n := otherPacket(p, text, before)
			if row, _ := otherPacket(p, "", before); n == 0 && row.Panel != "" {
				d.Scroll(row, -2)
			}
			return n != 0
		})
		var row view.ProbedSpan
		if row, wanted = otherPacket(d.Probe(), text, before); wanted != 0 {
			d.ClickAt(row)
		}
	}
	// The list may move between looking and clicking: then it is another row that was clicked.
	return d.Try(click, "that packet in the inspector",
		func(p view.Probed) bool { return p.Selected != 0 && p.Selected == wanted && len(p.Fields) > 0 })
}

// otherPacket finds the first row of the packet list with the text whose number is another, and gives that
// number, 0 for none. A row is known by the number that it begins with.
func otherPacket(p view.Probed, text string, number int) (view.ProbedSpan, int) {
	for _, s := range p.Spans {
		if s.Panel != "packets" || !strings.Contains(s.Text, text) {
			continue
		}
		first := s
		for _, other := range p.Spans {
			if other.Panel == "packets" && math.Abs(float64(other.Y+other.H/2-s.Y-s.H/2)) < 4 && other.X < first.X {
				first = other
			}
		}
		if n, err := strconv.Atoi(first.Text); err == nil && n != number {
			return s, n
		}
	}
	return view.ProbedSpan{}, 0
}

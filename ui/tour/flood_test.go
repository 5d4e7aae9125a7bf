//go:build !ci

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/view"
)

const (
	floodDevices = 100
	floodRate    = 200 // notifications a second, of each
)

// TestFlood has the window observe 100 devices that notify 200 times a second each, over sockets, and looks at the chart
// meanwhile. What came is in the recording to the last value and in order; what did not, because the machine had no time to
// read it, the window counts, and with COAPSCOPE_FLOOD, which is for how many seconds, that must be nothing. It reports what
// that took: processor, memory, and the worst refresh.
func TestFlood(t *testing.T) {
	if isolated(t) {
		return
	}
	seconds := 3
	if n, err := strconv.Atoi(os.Getenv("COAPSCOPE_FLOOD")); err == nil {
		seconds = n
	}
	devices := make([]*notifier, floodDevices)
	for i := range devices {
		devices[i] = notify(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, byte(i + 1)}), protocol.Port))
	}
	data := t.TempDir()
	d, err := Start(t.Context(), Config{
		Binary: program(t), Beside: true, Args: []string{"--data", data}, Out: filepath.Join(root, "build", "e2e"),
		Log: logged{t}, Fail: func(err error) { t.Fatal(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	u := &user{Driver: d, t: t}
	u.Try(func() { u.Key("ctrl+shift+d") }, "the line for an address", func(p view.Probed) bool { return p.Says("devices", "host, addresses as") })
	u.Type("127.0.1.1-100")
	u.Key("Return")
	u.Try(func() { u.Click("devices", "Send 200 datagrams") }, "all devices", func(p view.Probed) bool { return p.Devices == floodDevices })
	u.Click("devices", "127.0.1.1")
	for i := range floodDevices + 1 { // the first one is unfolded
		u.Key("ctrl+shift+e", "Down")
		if i%20 == 0 {
			u.Probe()
		}
	}
	u.Key("ctrl+5")
	u.WaitFor("all observations", func(p view.Probed) bool {
		for _, o := range devices {
			if !o.registered() {
				return false
			}
		}
		return true
	})
	u.Shot("95-before-the-flood")
	u.Frames()
	before, started := u.program.used(), time.Now()
	flood(devices, floodRate, seconds)
	took := time.Since(started)
	after, frames := u.program.used(), u.Frames()
	flood(devices, 1, 1) // with these the system tells what it had no room for
	last := floodRate*seconds + 1
	p := u.WaitFor("the last value", func(p view.Probed) bool { return p.Says("packets", strconv.Itoa(last)) })
	u.Shot("96-flood")
	lost := 0
	if said := regexp.MustCompile(`lost ([0-9\x{202f}]+):`).FindStringSubmatch(p.Text("status")); said != nil {
		lost, _ = strconv.Atoi(strings.ReplaceAll(said[1], "\u202f", ""))
	}
	if lost > 0 && os.Getenv("COAPSCOPE_FLOOD") != "" {
		t.Errorf("%d notifications came faster than they were read", lost)
	}
	u.Key("alt+F4")
	if err := u.Ended(func() {}); err != nil {
		t.Fatalf("the program ends with %v", err)
	}
	t.Logf("%d notifications in %.1f s, %d of them not read in time: %.2f processors, %d MiB at most; %s", floodDevices*floodRate*seconds,
		took.Seconds(), lost, (after.processor-before.processor).Seconds()/took.Seconds(), after.memory>>20, frames)
	recorded(t, filepath.Join(data, "recordings"), last, lost)
}

// recorded looks at the recording: of each device all numbers up to the last are there, in order, but for so many in all.
func recorded(t *testing.T, dir string, last, lost int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("recordings: %q, %v", files, err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, read, err := view.ReadRecording(file)
	if err != nil || len(all) != floodDevices || read.Skipped > 0 || read.Lost > 0 {
		t.Fatalf("%d observations, %+v, %v", len(all), read, err)
	}
	for _, o := range all {
		r := o.Row(time.Now())
		missing := last + 1 - o.Received() // one is the answer to the registration
		lost -= missing
		if missing < 0 || strings.Contains(r.Counts, "stale") || r.Value != strconv.Itoa(last) || r.Sequence != uint32(last) {
			t.Errorf("%s: %s notifications, the last has %s; want all up to %d", o.To, r.Counts, r.Value, last)
		}
	}
	if lost != 0 {
		t.Errorf("%d more are said to be lost than are", lost)
	}
}

// notifier is a device with one resource, /n, whose value is the number of its notification.
type notifier struct {
	conn *net.UDPConn

	mu       sync.Mutex
	observer netip.AddrPort
	token    protocol.Token
	n        uint32
	id       protocol.MessageID
	buffer   []byte
}

func notify(t *testing.T, at netip.AddrPort) *notifier {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	d := &notifier{conn: conn}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if m, err := protocol.Parse(b[:n]); err == nil && m.Code == protocol.GET {
				d.answer(&m, from)
			}
		}
	}()
	return d
}

func (d *notifier) answer(m *protocol.Message, from netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: m.MessageID, Token: m.Token, Payload: []byte("</n>;obs;rt=flood")}
	if m.Type == protocol.NonConfirmable {
		a.Type = protocol.NonConfirmable
	}
	if v, ok := m.Options.Uint(protocol.Observe); ok && v == 0 {
		d.observer, d.token = from, m.Token
		a.Options = a.Options.SetUint(protocol.Observe, uint64(d.n))
		a.Payload = []byte(strconv.Itoa(int(d.n)))
	} else if len(m.Options.Strings(protocol.URIPath)) == 2 {
		a.Options = a.Options.SetUint(protocol.ContentFormatOption, 40)
	}
	d.send(&a, from)
}

func (d *notifier) send(m *protocol.Message, to netip.AddrPort) {
	b, err := m.Append(d.buffer[:0])
	if err == nil {
		d.buffer = b
		_, _ = d.conn.WriteToUDPAddrPort(b, to)
	}
}

func (d *notifier) registered() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.observer.IsValid()
}

func (d *notifier) notify() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n++
	d.id++
	m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: d.id, Token: d.token, Payload: strconv.AppendUint(nil, uint64(d.n), 10)}
	m.Options = m.Options.SetUint(protocol.Observe, uint64(d.n))
	d.send(&m, d.observer)
}

// flood has all devices notify so many times a second.
func flood(devices []*notifier, rate, seconds int) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	started := time.Now()
	for sent, all := 0, len(devices)*rate*seconds; sent < all; {
		<-tick.C
		due := min(all, int(time.Since(started).Seconds()*float64(len(devices)*rate)))
		for ; sent < due; sent++ {
			devices[sent%len(devices)].notify()
		}
	}
}

// usage is what a process took until now.
type usage struct {
	processor time.Duration
	memory    int64 // resident bytes, at most
}

// used tells what the program took, as far as the system says.
func (p *process) used() (u usage) {
	pid := p.command.Process.Pid
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		for _, i := range []int{11, 12} { // utime and stime, in hundredths of a second
			n, _ := strconv.Atoi(fields[i])
			u.processor += time.Duration(n) * 10 * time.Millisecond
		}
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
			u.memory = n << 10
		}
	}
	return u
}

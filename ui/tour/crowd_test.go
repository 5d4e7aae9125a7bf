//go:build !ci

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"coapscope/protocol"
	"coapscope/ui/view"
)

// inside is set for a test that has a network of its own.
const inside = "COAPSCOPE_TOUR_INSIDE"

// isolated runs the test once more, in a network of its own with nothing but loopback, so that nobody else has its addresses
// or answers; it is false there, and where the system does not allow it.
func isolated(t *testing.T) bool {
	t.Helper()
	words := alone(t.Context())
	if os.Getenv(inside) != "" || words == nil {
		return false
	}
	binary := program(t)
	words = append(words, os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	command.Env = append(os.Environ(), inside+"=1", "COAPSCOPE_BINARY="+binary)
	out, err := command.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return true
}

const (
	crowdDevices   = 1000
	crowdResources = 20
	crowdLeisure   = 3 * time.Second
)

// TestCrowd has a thousand devices of twenty resources each answer Discover within the leisure, filters and scrolls them, and
// reports what that takes: refreshes and memory.
func TestCrowd(t *testing.T) {
	if isolated(t) {
		return
	}
	crowd(t)
	d, err := Start(t.Context(), Config{
		Binary: program(t), Beside: true, Out: filepath.Join(root, "build", "e2e"),
		Log: logged{t}, Fail: func(err error) { t.Fatal(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	u := &user{Driver: d, t: t}
	report := func(what string) { t.Logf("%s: %s", what, u.Frames()) }
	u.Frames()
	u.Key("ctrl+d")
	u.WaitFor("all devices", func(p view.Probed) bool { return p.Devices == crowdDevices })
	report("finding 1,000 devices")
	u.Shot("97-crowd")
	u.WaitFor("the end of the search", func(p view.Probed) bool { return strings.Contains(p.Message, "1000 devices answered") })
	u.Frames()

	u.Key("ctrl+shift+f")
	u.Type("sensor/18")
	over := u.says("devices", "value")
	report("filtering 20,000 resources")
	for range 20 {
		u.Scroll(over, 5)
	}
	report("scrolling in what is left")
	u.Shot("98-crowd-filtered")
	u.Key("ctrl+a")
	u.Type("Device 999")
	u.WaitFor("the last one alone", func(p view.Probed) bool {
		return p.Says("devices", "Device 999") && !p.Says("devices", "Device 99 ") && !p.Says("devices", "Device 998")
	})
	report("filtering by a name")
	u.Key("ctrl+a", "BackSpace")
	u.WaitFor("all of them", func(p view.Probed) bool { return strings.Count(p.Text("devices"), "Device ") > 10 })
	u.Try(func() { u.Key("Down", "End") }, "the last row", func(p view.Probed) bool { return p.Says("kept", "HISTORY") })
	report("going to the end")
	t.Logf("%d MiB at most", u.program.used().memory>>20)
	if err := u.Ended(func() { u.Key("alt+F4") }); err != nil {
		t.Fatalf("the program ends with %v", err)
	}
}

// crowd plays the devices, at addresses of 127.2.0.0/16: they answer All CoAP Nodes, each with links of its own, spread over
// the leisure.
func crowd(t *testing.T) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: protocol.Port})
	if err != nil {
		t.Fatal(err)
	}
	packets := ipv4.NewPacketConn(conn)
	by, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := packets.JoinGroup(by, &net.UDPAddr{IP: protocol.AllNodesIPv4.AsSlice()}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFromUDP(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if asked, err := protocol.Parse(b[:n]); err == nil && asked.Type == protocol.NonConfirmable && asked.Code == protocol.GET {
				m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: asked.MessageID, Token: asked.Token}
				m.Options = m.Options.SetUint(protocol.ContentFormatOption, uint64(protocol.LinkFormat))
				crowdAnswers(packets, m, from)
			}
		}
	}()
}

// crowdAnswers has each device answer at its moment. What is lost is missed by the other side.
func crowdAnswers(packets *ipv4.PacketConn, m protocol.Message, to net.Addr) {
	random := rand.New(rand.NewPCG(1, uint64(m.MessageID)))
	for i := range crowdDevices {
		time.AfterFunc(time.Duration(random.Int64N(int64(crowdLeisure))), func() {
			m := m.Clone()
			links := []string{fmt.Sprintf(`</>;title="Device %d"`, i)}
			for k := range crowdResources - 1 {
				links = append(links, fmt.Sprintf(`</sensor/%d/value>;rt="temp";if="core.s";obs`, k))
			}
			m.Payload = []byte(strings.Join(links, ","))
			if data, err := m.Append(nil); err == nil {
				_, _ = packets.WriteTo(data, &ipv4.ControlMessage{Src: net.IPv4(127, 2, byte(i/250), byte(1+i%250))}, to)
			}
		})
	}
}

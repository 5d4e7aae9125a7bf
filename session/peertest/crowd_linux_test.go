package peertest_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/peertest"
	"coapscope/ui/view"
)

// crowdGiven is what the part that plays many devices is given.
type crowdGiven struct {
	Devices, Resources int
	Leisure            time.Duration
}

// TestInsideCrowd plays many devices at addresses of 10.78.0.0/16, all of which are of this host: they answer to the
// group, each with links of its own, spread over the leisure. It ends with its standard input.
func TestInsideCrowd(t *testing.T) {
	var given crowdGiven
	isInside(t, &given)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: 5683})
	check(t, err)
	defer conn.Close()
	packets := ipv4.NewPacketConn(conn)
	by, err := net.InterfaceByName("eth0")
	check(t, err)
	check(t, packets.JoinGroup(by, &net.UDPAddr{IP: protocol.AllNodesIPv4.AsSlice()}))
	go func() {
		var one [1]byte
		_, _ = os.Stdin.Read(one[:]) // its end
		conn.Close()
	}()
	os.Stdout.WriteString("ready\n")
	b := make([]byte, 2000)
	for {
		n, from, err := conn.ReadFromUDP(b)
		if err != nil {
			return
		}
		asked, err := protocol.Parse(b[:n])
		if err != nil || asked.Type != protocol.NonConfirmable {
			continue
		}
		random := rand.New(rand.NewPCG(1, uint64(asked.MessageID)))
		for i := range given.Devices {
			time.AfterFunc(time.Duration(random.Int64N(int64(given.Leisure))), func() {
				m := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.Content, MessageID: asked.MessageID, Token: asked.Token}
				m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.LinkFormat))
				m.Payload = []byte(crowdLinks(i, given.Resources))
				data, err := m.Append(nil)
				if err != nil {
					panic(err)
				}
				control := &ipv4.ControlMessage{Src: net.IPv4(10, 78, byte(i/250), byte(1+i%250))}
				_, _ = packets.WriteTo(data, control, from) // what is lost is missed by the other side
			})
		}
	}
}

// crowdLinks gives what the n-th device has.
func crowdLinks(n, resources int) string {
	links := []string{fmt.Sprintf(`</>;title="Device %d"`, n)}
	for i := range resources - 1 {
		links = append(links, fmt.Sprintf(`</sensor/%d/value>;rt="temp";if="core.s";obs`, i))
	}
	return strings.Join(links, ",")
}

// crowdResult is what the search for them came to.
type crowdResult struct {
	Devices, Resources, Rows int
	Outcome                  discovery.Outcome
	Took                     time.Duration
	AllAfter                 time.Duration // when the last was found
	Heap                     uint64        // bytes more than before, with the log of frames
	Drawn                    time.Duration // to make the rows of the tree
}

// TestInsideCrowdSearch looks for them.
func TestInsideCrowdSearch(t *testing.T) {
	var given crowdGiven
	isInside(t, &given)
	engine, err := session.Open(session.Config{})
	check(t, err)
	defer engine.Close()
	all, err := discovery.Interfaces()
	check(t, err)
	search := discovery.Search{Rounds: 1, Leisure: discovery.Leisure{Time: given.Leisure}}
	for _, i := range all {
		if !i.Loopback {
			search.By = append(search.By, i)
		}
	}
	plan, err := search.Plan()
	check(t, err)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var r crowdResult
	var devices discovery.Devices
	before, begin := heap(), time.Now()
	r.Outcome, err = (&discovery.Finder{Asker: engine}).Run(t.Context(), plan, func(e discovery.Event) {
		if e, ok := e.(discovery.Found); ok {
			devices.Add(e.Device)
			r.AllAfter = time.Since(begin)
		}
	})
	check(t, err)
	r.Took, r.Heap = time.Since(begin), heap()-before
	for _, d := range devices.All() {
		r.Devices++
		r.Resources += d.Tree.Count()
	}
	tree := view.NewDeviceTree(&devices)
	tree.SetFilter("value")
	begin = time.Now()
	r.Rows = len(tree.Rows(begin))
	r.Drawn = time.Since(begin)
	giveResult(t, r)
	runtime.KeepAlive(tree)
}

// newCrowd makes a network with the user's host, and one that plays many devices until the end of the test.
func newCrowd(t *testing.T, given crowdGiven) *peertest.Network {
	t.Helper()
	n := peertest.NewNetwork(t, "hall")
	for i, host := range []string{"user", "crowd"} {
		n.Host(host)
		n.Plug(host, "eth0", "hall", fmt.Sprintf("10.77.0.%d/24", i+1))
	}
	n.IP("user", "route", "add", "10.78.0.0/16", "dev", "eth0")
	n.IP("crowd", "route", "add", "local", "10.78.0.0/16", "dev", "lo")
	crowd := inside(t, n, "crowd", "TestInsideCrowd", given)
	input, err := crowd.StdinPipe()
	check(t, err)
	output := new(lockedBuffer)
	crowd.Stdout, crowd.Stderr = output, output
	check(t, crowd.Start())
	t.Cleanup(func() {
		input.Close()
		if err := crowd.Wait(); err != nil {
			t.Errorf("the crowd: %v\n%s", err, output)
		}
	})
	for end := time.Now().Add(patience); !strings.Contains(output.String(), "ready"); {
		if time.Now().After(end) {
			t.Fatal("the crowd does not start")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return n
}

// A thousand devices of twenty resources each answer within the leisure: all of them are found, by one request.
func TestCrowd(t *testing.T) {
	given := crowdGiven{1000, 20, 4 * time.Second}
	n := newCrowd(t, given)
	var r crowdResult
	runInside(t, n, "user", "TestInsideCrowdSearch", given, &r)
	if r.Devices != given.Devices || r.Resources != given.Devices*given.Resources || r.Rows < given.Devices*(given.Resources-1) {
		t.Errorf("%d devices, %d resources, %d rows", r.Devices, r.Resources, r.Rows)
	}
	t.Logf("all after %v of a leisure of %v; %d KB of heap with the log of frames; %d rows made in %v; %+v",
		r.AllAfter.Round(time.Millisecond), given.Leisure, r.Heap>>10, r.Rows, r.Drawn.Round(time.Microsecond), r.Outcome)
}

package peertest_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// way is the direction of a datagram through a relay.
type way uint8

const (
	toServer way = iota
	toClient
)

// fate is what a network does to a datagram: nothing of it arrives if there are no delays, and a copy after each delay
// otherwise.
type fate []time.Duration

// network decides the fate of the n-th datagram, counted from 0, of a flow in a direction. It is a function of these alone,
// so that two clients that do the same meet the same network, however long they take.
type network func(flow int, w way, n int, data []byte) fate

// perfect carries every datagram at once.
func perfect(int, way, int, []byte) fate { return fate{0} }

// dropping is a network that carries every datagram at once, but for those that the rule takes.
func dropping(drop func(w way, n int, data []byte) bool) network {
	return func(_ int, w way, n int, data []byte) fate {
		if drop(w, n, data) {
			return nil
		}
		return fate{0}
	}
}

// lossy is a seeded network that loses 20 % of the datagrams, delays each by 100 ± 50 ms, doubles 5 %, and holds 5 % back
// for so long that what is sent 100 ms later overtakes it.
func lossy(seed uint64) network {
	return func(flow int, w way, n int, _ []byte) fate {
		draw := func(what uint64) float64 {
			x := mix(mix(mix(mix(seed)+uint64(flow))+uint64(w)) + uint64(n)<<3 + what)
			return float64(x>>11) / (1 << 53)
		}
		delay := func(what uint64) time.Duration {
			return 50*time.Millisecond + time.Duration(draw(what)*float64(100*time.Millisecond))
		}
		if draw(0) < 0.20 {
			return nil
		}
		first := delay(1)
		if draw(2) < 0.05 {
			first += 200 * time.Millisecond
		}
		if draw(3) < 0.05 {
			return fate{first, delay(4)}
		}
		return fate{first}
	}
}

// mix is splitmix64: every bit of what it gives hangs on every bit of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// datagram is one that a relay has seen, whether or not it arrived.
type datagram struct {
	way     way
	data    []byte
	arrives bool
}

// flow is one client's way through a relay to a server. The server sees an endpoint for each flow.
type flow struct {
	addr    netip.AddrPort // what the client takes for the server
	network network
	index   int
	front   *net.UDPConn
	back    *net.UDPConn
	client  atomic.Pointer[netip.AddrPort]
	readers sync.WaitGroup

	record  bool
	pending atomic.Int64 // deliveries to come
	mu      sync.Mutex
	count   [2]int // by way
	again   [2]int // those like the one before
	last    [2][]byte
	seen    []datagram // if it records
}

// newFlow opens the flow of an index to a server. With record it remembers what it has seen.
func newFlow(t testing.TB, n network, index int, server netip.AddrPort, record bool) *flow {
	t.Helper()
	f := &flow{network: n, index: index, record: record}
	var err error
	if f.front, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	if f.back, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server)); err != nil {
		t.Fatal(errors.Join(err, f.front.Close()))
	}
	f.addr = f.front.LocalAddr().(*net.UDPAddr).AddrPort()
	f.readers.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, from, err := f.front.ReadFromUDPAddrPort(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				f.client.Store(&from)
				f.carry(toServer, buffer[:n])
			}
		}
	})
	f.readers.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := f.back.Read(buffer)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil { // else the server's port is closed, which is no business of the relay
				f.carry(toClient, buffer[:n])
			}
		}
	})
	t.Cleanup(f.close)
	return f
}

// close ends the flow; what is still under way is lost.
func (f *flow) close() {
	f.front.Close()
	f.back.Close()
	f.readers.Wait()
}

// carry does to a datagram what is its fate.
func (f *flow) carry(w way, data []byte) {
	data = append([]byte(nil), data...)
	f.mu.Lock()
	n := f.count[w]
	f.count[w]++
	if bytes.Equal(f.last[w], data) {
		f.again[w]++
	}
	f.last[w] = data
	delays := f.network(f.index, w, n, data)
	if f.record {
		f.seen = append(f.seen, datagram{w, data, len(delays) > 0})
	}
	f.mu.Unlock()
	for _, d := range delays {
		if d == 0 {
			f.write(w, data)
			continue
		}
		f.pending.Add(1)
		time.AfterFunc(d, func() {
			f.write(w, data)
			f.pending.Add(-1)
		})
	}
}

// write hands a datagram on. Whoever it is for may be gone, and the flow closed, which is as if it had been lost.
func (f *flow) write(w way, data []byte) {
	if w == toServer {
		_, _ = f.back.Write(data)
	} else if to := f.client.Load(); to != nil {
		_, _ = f.front.WriteToUDPAddrPort(data, *to)
	}
}

// settle waits until nothing is under way, and nobody has sent anything for a while.
func (f *flow) settle() {
	last := -1
	for quiet := 0; quiet < 2; {
		f.mu.Lock()
		now := f.count[toServer] + f.count[toClient]
		f.mu.Unlock()
		if now != last || f.pending.Load() > 0 {
			last, quiet = now, 0
		} else {
			quiet++
		}
		<-time.After(100 * time.Millisecond)
	}
}

// recorded gives what it has seen until now.
func (f *flow) recorded() []datagram {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]datagram(nil), f.seen...)
}

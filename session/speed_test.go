//go:build !race

package session_test

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/plgd-dev/go-coap/v3/udp"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// answerAll answers each request on the socket with a piggybacked 2.05, as quickly as can be, until that is closed.
func answerAll(conn *net.UDPConn) {
	request, response := make([]byte, 2048), make([]byte, 0, 64)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(request)
		if err != nil {
			return
		}
		token := int(request[0] & 0xf)
		if n < 4+token {
			continue
		}
		response = append(response[:0], 0x60|byte(token), byte(protocol.Content), request[2], request[3])
		response = append(response, request[4:4+token]...)
		response = append(response, 0xff, '2', '1', '.', '5')
		conn.WriteToUDPAddrPort(response, from)
	}
}

// quickServer starts a server that does answerAll, for the time of the test.
func quickServer(t testing.TB) netip.AddrPort {
	t.Helper()
	conn := listenLocally(t)
	go answerAll(conn)
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func listenLocally(t testing.TB) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// asker makes GET requests of a server, one after the other.
type asker struct {
	name string
	ask  func() error
}

// askers gives the engine, go-coap's client, and what the system can do at best: the same datagrams by a socket
// alone, on one goroutine.
func askers(t testing.TB, to netip.AddrPort) (engine, gocoap, bare asker) {
	t.Helper()
	e, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	// More than 65,536 requests in EXCHANGE_LIFETIME need it. go-coap does not keep message IDs apart that long.
	e.SetIdentifiers(exchange.Identifiers{Recycle: true})
	ctx := context.Background()
	request := session.Request{To: to, Message: ask(protocol.GET, "temperature")}
	engine = asker{"engine", func() error {
		_, err := e.Do(ctx, request)
		return err
	}}

	theirs, err := udp.Dial(to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	gocoap = asker{"go-coap", func() error {
		response, err := theirs.Get(ctx, "/temperature")
		if err == nil {
			theirs.ReleaseMessage(response)
		}
		return err
	}}

	conn := listenLocally(t)
	m := request.Message
	m.Token = protocol.TokenOf([]byte{1, 2, 3, 4})
	data, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 2048)
	bare = asker{"bare UDP", func() error {
		if _, err := conn.WriteToUDPAddrPort(data, to); err != nil {
			return err
		}
		_, _, err := conn.ReadFromUDPAddrPort(answer)
		return err
	}}
	return engine, gocoap, bare
}

// took gives how long n requests take.
func (a asker) took(t testing.TB, n int) time.Duration {
	t.Helper()
	begin := time.Now()
	for range n {
		if err := a.ask(); err != nil {
			t.Fatalf("%s: %v", a.name, err)
		}
	}
	return time.Since(begin)
}

// handing is the bare socket read by a goroutine of its own, which hands each answer on, as any client has to that
// hears of what it did not ask for.
func handing(t testing.TB, to netip.AddrPort) asker {
	t.Helper()
	conn := listenLocally(t)
	answers := make(chan struct{}, 1)
	go func() {
		answer := make([]byte, 2048)
		for {
			if _, _, err := conn.ReadFromUDPAddrPort(answer); err != nil {
				return
			}
			answers <- struct{}{}
		}
	}()
	m := ask(protocol.GET, "temperature")
	data, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return asker{"bare UDP of two goroutines", func() error {
		if _, err := conn.WriteToUDPAddrPort(data, to); err != nil {
			return err
		}
		<-answers
		return nil
	}}
}

func BenchmarkGet(b *testing.B) {
	to := quickServer(b)
	engine, gocoap, bare := askers(b, to)
	for _, a := range []asker{engine, gocoap, bare, handing(b, to)} {
		b.Run(a.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := a.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The engine makes about as many GET requests a second as go-coap's client, one after the other, and more than half
// as many as a bare socket. The times are the least of short rounds in turns, until it is enough: what else the
// machine does only makes them longer. They leave out most of what garbage collection and the waking of threads
// cost, which [BenchmarkGet] shows; so this guards the engine's own part.
func TestGetRate(t *testing.T) {
	const requests, rounds, wantGoCoAP, wantBare = 20, 4000, 0.9, 0.5
	engine, gocoap, bare := askers(t, quickServer(t))
	least := make(map[string]time.Duration)
	rate := func(a asker) float64 { return requests / least[a.name].Seconds() }
	for round := range rounds {
		for _, a := range []asker{bare, engine, gocoap} {
			if took := a.took(t, requests); round == 0 || took < least[a.name] {
				least[a.name] = took
			}
		}
		if round%200 == 199 && rate(engine) >= wantGoCoAP*rate(gocoap) && rate(engine) >= wantBare*rate(bare) {
			break
		}
	}
	toGoCoAP, toBare := rate(engine)/rate(gocoap), rate(engine)/rate(bare)
	t.Logf("%.0f requests a second: %.2f of go-coap's, %.2f of those of a bare socket", rate(engine), toGoCoAP, toBare)
	if toGoCoAP < wantGoCoAP || toBare < wantBare {
		t.Errorf("%.2f times the rate of go-coap and %.2f times that of a bare socket", toGoCoAP, toBare)
	}
}

const (
	manyExchanges = 10_000
	manyEndpoints = 1_000
)

// silentEndpoints gives addresses that say nothing, not even that nobody is there.
func silentEndpoints(t testing.TB) []netip.AddrPort {
	t.Helper()
	var silent []netip.AddrPort
	for range manyEndpoints {
		silent = append(silent, listenLocally(t).LocalAddr().(*net.UDPAddr).AddrPort())
	}
	return silent
}

// inUse gives the bytes of the heap and of the stacks of goroutines. Each collection halves a stack of which little
// is used.
func inUse() (heap, stack int64) {
	for range 4 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse)
}

// openMany has 10,000 requests open to 1,000 endpoints, all of them sent. It gives the bytes that each takes: in the
// heap, of which the log has a part, and as the stack of the goroutine that waits.
func openMany(t testing.TB, silent []netip.AddrPort) (heap, logged, stack float64) {
	t.Helper()
	patient := protocol.DefaultTransmission()
	patient.AckTimeout, patient.NStart = time.Hour, manyExchanges/manyEndpoints
	e, err := session.Open(session.Config{Transmission: patient})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithCancel(context.Background())
	heapBefore, stackBefore := inUse()
	var waiting sync.WaitGroup
	for i := range manyExchanges {
		waiting.Go(func() {
			e.Do(ctx, session.Request{To: silent[i%manyEndpoints], Message: ask(protocol.GET, "temperature")})
		})
	}
	for e.Log().Len() < manyExchanges {
		runtime.Gosched()
	}
	if s := e.Stats(); s.Waiting != manyExchanges {
		t.Fatalf("%d exchanges are open: %+v", s.Waiting, s)
	}
	heapAfter, stackAfter := inUse()
	const frame = int64(unsafe.Sizeof(trace.Frame{}))
	logged = float64(e.Log().Bytes())/manyExchanges + float64(frame)
	cancel()
	waiting.Wait()
	return float64(heapAfter-heapBefore) / manyExchanges, logged, float64(stackAfter-stackBefore) / manyExchanges
}

func BenchmarkOpenExchanges(b *testing.B) {
	silent := silentEndpoints(b)
	var heap, logged, stack float64
	for b.Loop() {
		heap, logged, stack = openMany(b, silent)
	}
	b.ReportMetric(heap, "heap-B/exchange")
	b.ReportMetric(logged, "log-B/exchange")
	b.ReportMetric(stack, "stack-B/exchange")
}

// An open request takes no more than 4 kB besides the stack of the goroutine that waits for it.
func TestOpenExchangesTakeLittleMemory(t *testing.T) {
	heap, logged, stack := openMany(t, silentEndpoints(t))
	t.Logf("%.0f bytes of heap for each of %d exchanges with %d endpoints, %.0f of them in the log, and %.0f of stack", heap, manyExchanges, manyEndpoints, logged, stack)
	if heap > 4096 {
		t.Errorf("%.0f bytes for each", heap)
	}
}

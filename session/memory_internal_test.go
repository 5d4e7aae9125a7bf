package session

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
)

// pattern is a body of any size that takes no memory.
type pattern struct{ size, taken int64 }

func patternAt(at int64) byte { return byte(at ^ at>>8 ^ at>>16) }

func (p *pattern) ReadAt(b []byte, at int64) (int, error) {
	for i := range b {
		b[i] = patternAt(at + int64(i))
	}
	return len(b), nil
}

func (p *pattern) WriteAt(b []byte, at int64) (int, error) {
	for i := range b {
		if b[i] == patternAt(at+int64(i)) {
			p.taken++
		}
	}
	return len(b), nil
}

func (p *pattern) Truncate(size int64) error {
	p.taken = size
	return nil
}

// quickServer answers requests for blocks of 1,024 bytes, and takes such, keeping nothing.
func quickServer(t testing.TB, size int64) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		data, out, payload := make([]byte, 2048), make([]byte, 0, 2048), make([]byte, 1024)
		var m protocol.Message
		for {
			n, from, err := conn.ReadFromUDPAddrPort(data)
			if err != nil {
				return
			}
			if m.Parse(data[:n]) != nil {
				continue
			}
			answer := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: m.MessageID, Token: m.Token}
			if b, ok := m.Options.Block(protocol.Block1); ok {
				answer.Code = protocol.Changed
				if b.More {
					answer.Code = protocol.Continue
				}
				answer.Options = protocol.Options{option(protocol.Block1, string(b.Value()))}
			} else if size > 0 {
				b, ok := m.Options.Block(protocol.Block2)
				if !ok {
					b.SZX = 6
				}
				length := min(int64(b.Size()), size-int64(b.Offset()))
				b.More = int64(b.Offset())+length < size
				new(pattern).ReadAt(payload[:length], int64(b.Offset()))
				answer.Options, answer.Payload = protocol.Options{option(protocol.Block2, string(b.Value()))}, payload[:length]
			}
			if out, err = answer.Append(out[:0]); err == nil {
				conn.WriteToUDPAddrPort(out, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// What an engine holds after a body of 64 MB is what it holds after one of 2 MB, in each direction. Time goes
// so fast that message IDs are remembered as long as they are in use and no longer: those are bounded too, by
// 65,536 an endpoint, but not by so few.
func TestALargeBodyTakesNoMoreMemoryThanASmallOne(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	held := func(down, up int64) int64 {
		before := heap()
		e, clock := engineAt(t, Config{KeepFrames: 1 << 20})
		to := quickServer(t, down)
		on := func(event Event) {
			if _, ok := event.(Progress); ok {
				clock.advance(time.Second)
			}
		}
		get := &pattern{size: down}
		if r, err := e.Do(t.Context(), Request{To: to, Message: ask(protocol.GET, "x"), Sink: get, On: on}); err != nil || get.taken != down {
			t.Fatalf("GET of %d: %d bytes are right, %v, %+v", down, get.taken, err, r)
		}
		if r, err := e.Do(t.Context(), Request{To: to, Message: ask(protocol.PUT, "x"), Body: &pattern{}, BodySize: up, On: on}); err != nil || r.Message.Code != protocol.Changed {
			t.Fatalf("PUT of %d: %v, %+v", up, err, r)
		}
		clock.advance(time.Hour)
		e.SetTransmission(protocol.DefaultTransmission()) // the machine forgets what is old
		defer runtime.KeepAlive(e)
		return heap() - before
	}
	const mb = 1 << 20
	small := held(2*mb, 2*mb)
	large := held(64*mb, 64*mb)
	t.Logf("%d kB after 2 MB each way, %d kB after 64 MB", small>>10, large>>10)
	if large > small+mb {
		t.Errorf("%d bytes are held after 64 MB each way, %d after 2 MB", large, small)
	}
}

// Of message IDs there are 65,536 in each lifetime. Who needs one more waits, and sees for what and until when;
// or takes the oldest, where that is asked for.
func TestOneMoreThanThereAreMessageIDs(t *testing.T) {
	e, clock := engineAt(t, Config{KeepFrames: 1 << 20})
	to := quickServer(t, 0)
	silent := ask(protocol.PUT, "x")
	silent.Type = protocol.NonConfirmable
	silent.Options = silent.Options.AddUint(protocol.NoResponse, 26)
	for n := range 1 << 16 {
		if n%64 == 63 { // the server has taken what was sent before
			if _, err := e.Do(t.Context(), Request{To: to, Message: ask(protocol.GET, "x")}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := e.start(exchange.Send{To: to, Message: silent, SelfPaced: true}, newQueue(), nil); err != nil {
			t.Fatal(err)
		}
	}
	begin := clock.Now()
	if r, err := e.Do(t.Context(), Request{To: to, Message: ask(protocol.GET, "x"), Identifiers: &exchange.Identifiers{Recycle: true}}); err != nil || r.Message.Code != protocol.Content {
		t.Errorf("with an ID used again: %v, %v", r.Message.Code, err)
	}
	var waited Waiting
	r, err := e.Do(t.Context(), Request{To: to, Message: ask(protocol.GET, "x"), On: func(event Event) {
		if w, ok := event.(Waiting); ok {
			waited = w
			if open := e.OpenExchanges(); len(open) != 1 || open[0].State != OpenQueued || open[0].Waiting != w {
				t.Errorf("open: %+v", open)
			}
			clock.advance(w.Until.Sub(clock.Now()))
		}
	}})
	lifetime := protocol.DefaultTransmission().NonLifetime()
	if err != nil || r.Message.Code != protocol.Content || waited.Why != exchange.WaitsForMessageID || waited.Until.Sub(begin) != lifetime {
		t.Errorf("got %v, %v after waiting for %v until %v, want %v", r.Message.Code, err, waited.Why, waited.Until.Sub(begin), lifetime)
	}
}

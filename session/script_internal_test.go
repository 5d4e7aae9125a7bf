package session

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"coapscope/protocol"
)

// patience is how long a test waits for what must happen. It decides nothing.
const patience = 30 * time.Second

// manualClock moves when a test says so.
type manualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*manualTimer]struct{}
}

type manualTimer struct {
	clock *manualClock
	at    time.Time
	call  func()
}

func newManualClock() *manualClock {
	return &manualClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), timers: make(map[*manualTimer]struct{})}
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) AfterFunc(d time.Duration, f func()) timer {
	t := &manualTimer{clock: c, call: f}
	t.Reset(d)
	return t
}

func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, was := t.clock.timers[t]
	delete(t.clock.timers, t)
	return was
}

func (t *manualTimer) Reset(d time.Duration) bool {
	was := t.Stop()
	t.clock.mu.Lock()
	t.at = t.clock.now.Add(d)
	t.clock.timers[t] = struct{}{}
	t.clock.mu.Unlock()
	t.clock.advance(0)
	return was
}

// advance moves the time and calls what is due by then.
func (c *manualClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			go t.call()
		}
	}
	c.mu.Unlock()
}

// script is a UDP server that answers as a test says.
type script struct {
	conn *net.UDPConn
	addr netip.AddrPort

	mu       sync.Mutex
	requests []protocol.Message
}

// play starts a server. For each datagram that is a message it sends what answer gives: n counts from 1.
// An answer with message ID 0 gets that of the request, and with no token that of it.
func play(t testing.TB, answer func(request protocol.Message, n int) []protocol.Message) *script {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &script{conn: conn, addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		data := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(data)
			if err != nil {
				return
			}
			var parsed protocol.Message
			if parsed.ParseExtended(data[:n]) != nil {
				continue
			}
			m := parsed.Clone()
			s.mu.Lock()
			s.requests = append(s.requests, m)
			replies := answer(m, len(s.requests))
			s.mu.Unlock()
			for _, reply := range replies {
				if reply.MessageID == 0 {
					reply.MessageID = m.MessageID
				}
				if reply.Token.Len() == 0 && reply.Code != protocol.Empty {
					reply.Token = m.Token
				}
				b, err := reply.Append(nil)
				if err != nil {
					t.Errorf("the answer %v: %v", reply, err)
					return
				}
				conn.WriteToUDPAddrPort(b, from)
			}
		}
	}()
	return s
}

// seen gives the requests that came. What answer has done is visible after it.
func (s *script) seen() []protocol.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]protocol.Message(nil), s.requests...)
}

// reply makes a piggybacked response.
func reply(code protocol.Code, payload string, options ...protocol.Option) protocol.Message {
	m := protocol.Message{Type: protocol.Acknowledgement, Code: code, Payload: []byte(payload)}
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m
}

func one(m protocol.Message) []protocol.Message { return []protocol.Message{m} }

func option(n protocol.OptionNumber, value string) protocol.Option {
	return protocol.Option{Number: n, Value: []byte(value)}
}

func number(n protocol.OptionNumber, value uint64) protocol.Option {
	return protocol.Option{Number: n, Value: protocol.EncodeUint(value)}
}

func ask(code protocol.Code, path string) protocol.Message {
	return protocol.Message{Code: code, Options: protocol.Options{option(protocol.URIPath, path)}}
}

// engineAt opens an engine with a clock that the test moves. Nothing is sent again by itself.
func engineAt(t testing.TB, c Config) (*Engine, *manualClock) {
	t.Helper()
	clock := newManualClock()
	e, err := openAt(clock, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, clock
}

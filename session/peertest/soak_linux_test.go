package peertest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	shim "coapscope/session/fault"
	"coapscope/session/lab"
)

// The soak: an engine at work for as long as is asked for, at the end of which nothing may have grown.
//
//	COAPSCOPE_SOAK=1h go test -run TestSoak -v -timeout 2h ./session/peertest
//
// In less than 20 minutes tables do not come to rest with the RFC's parameters, because message IDs stay in use for
// four minutes, so a shorter soak takes others.
func TestSoak(t *testing.T) {
	asked := os.Getenv("COAPSCOPE_SOAK")
	if asked == "" {
		t.Skip("COAPSCOPE_SOAK=1h makes it run for an hour")
	}
	length, err := time.ParseDuration(asked)
	check(t, err)
	s := newSoak(t, length)
	ctx, stop := context.WithTimeout(t.Context(), length)
	defer stop()
	var wait sync.WaitGroup
	s.work(ctx, &wait)
	s.watch(ctx, length)
	stop()
	wait.Wait()
	s.judge()
}

// soak is a soak that runs.
type soak struct {
	*testing.T
	engine *session.Engine
	labs   []*lab.Lab
	steady []netip.AddrPort // devices that answer, some through a bad network
	stores []netip.AddrPort
	plug   []netip.AddrPort
	group  netip.AddrPort
	by     *net.Interface

	done, failed []atomic.Int64 // by job
	samples      []sample
}

// sample is what was there at a moment.
type sample struct {
	goroutines int
	heap       uint64 // in bytes, after a collection
	session.Stats
}

func newSoak(t *testing.T, length time.Duration) *soak {
	s := &soak{T: t, done: make([]atomic.Int64, len(soakJobs)), failed: make([]atomic.Int64, len(soakJobs))}
	transmission := protocol.DefaultTransmission()
	if length < 20*time.Minute {
		transmission.AckTimeout, transmission.MaxLatency = 500*time.Millisecond, 2*time.Second
	}
	var err error
	s.engine, err = session.Open(session.Config{Transmission: transmission, KeepFrames: 8 << 20, CacheBytes: 1 << 20})
	check(t, err)
	t.Cleanup(func() { check(t, s.engine.Close()) })
	faults, err := shim.Parse("seed 1\nlose 3%\nduplicate 3%\ndelay 10% 10ms-60ms\nreorder 3%\ncorrupt received empty 1%\n")
	check(t, err)
	check(t, s.engine.SetFaults(faults))

	bad := lossy(1)
	for i := range 4 {
		l, err := lab.Start(lab.Config{Seed: int64(i), Ephemeral: true, Leisure: 100 * time.Millisecond})
		check(t, err)
		t.Cleanup(func() { check(t, l.Close()) })
		s.labs = append(s.labs, l)
		for _, d := range l.Devices() {
			addr := d.Addr
			if i == 0 {
				addr = newFlow(t, bad, len(s.steady), addr, false).addr
			}
			s.steady = append(s.steady, addr)
			switch d.Name {
			case "store":
				s.stores = append(s.stores, addr)
			case "plugtest":
				s.plug = append(s.plug, addr)
			}
		}
	}
	s.group = s.labs[0].MulticastAddr()
	s.by, err = net.InterfaceByName("lo")
	check(t, err)
	return s
}

// soakJob is something that is done again and again, by some at a time.
type soakJob struct {
	name  string
	by    int
	pause time.Duration // at most, in between
	do    func(s *soak, ctx context.Context, r *rand.Rand) error
}

var soakJobs = []soakJob{
	{"GET", 30, 200 * time.Millisecond, func(s *soak, ctx context.Context, r *rand.Rand) error {
		m := message(protocol.GET, pick(r, ".well-known/core", "test", "validate", "none", "obs", "sensors/temperature"))
		m.Type = pick(r, protocol.Confirmable, protocol.Confirmable, protocol.NonConfirmable)
		ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
		defer cancel()
		_, err := s.engine.Do(ctx, session.Request{
			To: pick(r, s.steady...), Message: m, Timeout: 10 * time.Second,
			Cache: pick(r, session.NoCache, session.Revalidate, session.UseFresh),
		})
		return err
	}},
	{"body down", 3, 5 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		i := r.IntN(len(s.stores))
		response, err := s.engine.Do(ctx, session.Request{To: s.stores[i], Message: message(protocol.GET, "blobs/100k"), BlockSize: 64 << r.IntN(5)})
		if err == nil && !bytes.Equal(response.Message.Payload, lab.Blob(int64(i), 100_000)) {
			s.Errorf("body down: %v, %d bytes that are not the ones there", response.Message.Code, len(response.Message.Payload))
		}
		return err
	}},
	{"body up", 2, 5 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		m := message(protocol.PUT, "upload")
		m.Payload = blob(r.Uint64(), 1000+r.IntN(50_000))
		_, err := s.engine.Do(ctx, session.Request{To: pick(r, s.stores...), Message: m, BlockSize: 64 << r.IntN(5)})
		return err
	}},
	{"observation", 20, 5 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		end := make(chan session.ObservationEnd, 1)
		path := pick(r, "obs", "obs-non", "obs-large", "obs-reset", "none")
		if r.IntN(10) == 0 {
			path = pick(r, "obs-pumping", "obs-pumping-non")
		}
		o, err := s.engine.Observe(session.Request{To: pick(r, s.plug...), Message: message(protocol.GET, path)}, func(e session.ObservationEvent) {
			if e, ok := e.(session.ObservationEnd); ok {
				end <- e
			}
		})
		if err != nil {
			return err
		}
		select {
		case e := <-end:
			return e.Err
		case <-ctx.Done():
		case <-time.After(time.Duration(r.Int64N(int64(20 * time.Second)))):
		}
		o.Cancel(pick(r, session.Deregister, session.Reject, session.Forget))
		return (<-end).Err
	}},
	{"cancelled GET", 2, 500 * time.Millisecond, func(s *soak, ctx context.Context, r *rand.Rand) error {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Int64N(int64(1500*time.Millisecond))))
		defer cancel()
		_, err := s.engine.Do(ctx, session.Request{To: pick(r, s.plug...), Message: message(protocol.GET, pick(r, "separate", "large"))})
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	}},
	{"ping", 2, 500 * time.Millisecond, func(s *soak, ctx context.Context, r *rand.Rand) error {
		_, err := s.engine.Ping(ctx, pick(r, s.steady...))
		return err
	}},
	{"multicast", 1, 5 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Int64N(int64(time.Second))))
		defer cancel()
		return s.engine.AskGroup(ctx, s.group, s.by, 0, message(protocol.GET, ".well-known/core"), func(netip.AddrPort, protocol.Message, time.Duration) {})
	}},
	// It is to fail: nobody listens there.
	{"unreachable", 2, 2 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 9, 9, byte(1 + r.IntN(200))}), 9)
		m := message(protocol.GET, "test")
		m.Type = pick(r, protocol.Confirmable, protocol.NonConfirmable)
		if response, err := s.engine.Do(ctx, session.Request{To: to, Message: m}); err == nil {
			return fmt.Errorf("%v answers %v", to, response.Message.Code)
		}
		return nil
	}},
	{"bytes as they are", 1, 2 * time.Second, func(s *soak, ctx context.Context, r *rand.Rand) error {
		_, err := s.engine.SendRaw(pick(r, s.steady...), blob(r.Uint64(), r.IntN(40)))
		return err
	}},
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// work starts all that is to be done until the context ends.
func (s *soak) work(ctx context.Context, wait *sync.WaitGroup) {
	for n, job := range soakJobs {
		for i := range job.by {
			r := rand.New(rand.NewPCG(uint64(n), uint64(i)))
			wait.Go(func() {
				for {
					select {
					case <-ctx.Done():
						return
					case <-time.After(time.Duration(r.Int64N(int64(job.pause)))):
					}
					switch err := job.do(s, ctx, r); {
					case err == nil:
						s.done[n].Add(1)
					case ctx.Err() == nil:
						if s.failed[n].Add(1) <= 3 {
							s.Logf("%s: %v", job.name, err)
						}
					}
				}
			})
		}
	}
}

// watch takes a sample each sixtieth of the time.
func (s *soak) watch(ctx context.Context, length time.Duration) {
	each := time.NewTicker(length / 60)
	defer each.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-each.C:
		}
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		now := sample{runtime.NumGoroutine(), memory.HeapAlloc, s.engine.Stats()}
		s.samples = append(s.samples, now)
		var did strings.Builder
		for n, job := range soakJobs {
			fmt.Fprintf(&did, ", %s %d", job.name, s.done[n].Load())
			if failed := s.failed[n].Load(); failed > 0 {
				fmt.Fprintf(&did, " (and %d failed)", failed)
			}
		}
		s.Logf("%2d/60: %d goroutines, %.1f MB, %+v%s", len(s.samples), now.goroutines, float64(now.heap)/1e6, now.Stats, did.String())
	}
}

// judge fails if something is more in the last quarter of the time than it was in the second.
func (s *soak) judge() {
	for n, job := range soakJobs {
		if done, failed := s.done[n].Load(), s.failed[n].Load(); done == 0 || failed > done { // a fifth of the devices lose a fifth of all
			s.Errorf("%s: done %d times, failed %d times", job.name, done, failed)
		}
	}
	quarter := len(s.samples) / 4
	if quarter == 0 {
		s.Fatalf("%d samples are too few", len(s.samples))
	}
	for _, measure := range []struct {
		name  string
		slack float64 // besides a tenth
		of    func(sample) float64
	}{
		{"goroutines", 15, func(x sample) float64 { return float64(x.goroutines) }},
		{"heap in MB", 2, func(x sample) float64 { return float64(x.heap) / 1e6 }},
		{"peers", 10, func(x sample) float64 { return float64(x.Peers) }},
		{"open exchanges", 15, func(x sample) float64 { return float64(x.Open) }},
		{"message IDs", 200, func(x sample) float64 { return float64(x.Sent) }},
		{"tokens", 200, func(x sample) float64 { return float64(x.Tokens) }},
		{"received messages", 200, func(x sample) float64 { return float64(x.Received) }},
		{"timers", 20, func(x sample) float64 { return float64(x.Timers) }},
		{"expiries", 400, func(x sample) float64 { return float64(x.Expiries) }},
		{"starving endpoints", 0.5, func(x sample) float64 { return float64(x.Starving) }},
		{"exchanges waited for", 15, func(x sample) float64 { return float64(x.Waiting) }},
		{"calls", 15, func(x sample) float64 { return float64(x.Calls) }},
		{"registrations", 15, func(x sample) float64 { return float64(x.Registrations) }},
		{"Echo values", 15, func(x sample) float64 { return float64(x.Echoes) }},
		{"requests held back", 15, func(x sample) float64 { return float64(x.Held) }},
		{"cache in MB", 0.2, func(x sample) float64 { return float64(x.CachedBytes) / 1e6 }},
		{"log in MB", 1, func(x sample) float64 { return float64(x.FrameBytes) / 1e6 }},
	} {
		mean := func(from []sample) (sum float64) {
			for _, x := range from {
				sum += measure.of(x)
			}
			return sum / float64(len(from))
		}
		// Tables go up and down with the bodies on their way, so the last quarter is held against the most before.
		begin := len(s.samples) - quarter
		second, last := mean(s.samples[quarter:2*quarter]), mean(s.samples[begin:])
		most := measure.of(slices.MaxFunc(s.samples[:begin], func(a, b sample) int {
			return cmp.Compare(measure.of(a), measure.of(b))
		}))
		s.Logf("%-20s second quarter %8.1f, last %8.1f, most before that %8.1f", measure.name, second, last, most)
		if last > 1.05*most+measure.slack {
			s.Errorf("%s grow: at most %.1f in the first three quarters, %.1f in the last", measure.name, most, last)
		}
	}
}

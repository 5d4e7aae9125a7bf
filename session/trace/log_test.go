package trace_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"coapscope/session/trace"
)

func TestLogKeepsFrames(t *testing.T) {
	var log trace.Log
	if log.Len() != 0 || log.Bytes() != 0 || log.At(0) != nil || log.At(1) != nil {
		t.Error("the zero Log is not empty")
	}
	data := []byte("abc")
	source := netip.MustParseAddrPort("192.0.2.1:5683")
	if seq := log.Append(trace.Frame{Seq: 77, Source: source, Direction: trace.Received, Data: data}); seq != 1 {
		t.Errorf("first Seq is %d", seq)
	}
	data[0] = 'x'
	if seq := log.Append(trace.Frame{Data: nil}); seq != 2 {
		t.Errorf("second Seq is %d", seq)
	}
	first := log.At(1)
	if first.Seq != 1 || first.Source != source || first.Direction != trace.Received || string(first.Data) != "abc" {
		t.Errorf("frame %+v", first)
	}
	if empty := log.At(2); empty.Seq != 2 || len(empty.Data) != 0 {
		t.Errorf("frame %+v", empty)
	}
	if log.Len() != 2 || log.Bytes() != 3 || log.At(3) != nil || log.At(1<<63) != nil {
		t.Errorf("%d frames with %d bytes", log.Len(), log.Bytes())
	}
}

// Frames of all sizes stay what they were while the log grows over its chunks and arenas.
func TestLogGrows(t *testing.T) {
	var log trace.Log
	content := func(i int) []byte {
		size := i % 1500
		if i%1000 == 999 {
			size = 100_000
		}
		return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, size/2)
	}
	const frames = 5000
	total := int64(0)
	for i := range frames {
		b := content(i)
		total += int64(len(b))
		if seq := log.Append(trace.Frame{Data: b}); seq != trace.Seq(i+1) {
			t.Fatalf("Seq %d, want %d", seq, i+1)
		}
		// An append to a frame's data must not write over the next frame's.
		_ = append(log.At(trace.Seq(i+1)).Data, 0xee, 0xee)
	}
	for i := range frames {
		if got := log.At(trace.Seq(i + 1)); !bytes.Equal(got.Data, content(i)) {
			t.Fatalf("frame %d changed", i+1)
		}
	}
	if log.Len() != frames || log.Bytes() != total {
		t.Errorf("%d frames with %d bytes, want %d with %d", log.Len(), log.Bytes(), frames, total)
	}
}

// Writers and readers at once: what Len promises is there, whole, and in order. The race detector
// sees the rest.
func TestLogConcurrently(t *testing.T) {
	var log trace.Log
	const writers, each = 4, 3000
	var done atomic.Bool
	var writing, reading sync.WaitGroup
	check := func(seq trace.Seq) bool {
		f := log.At(seq)
		return f != nil && f.Seq == seq && len(f.Data) == 16 && binary.BigEndian.Uint64(f.Data) == binary.BigEndian.Uint64(f.Data[8:])
	}
	for range 2 {
		reading.Go(func() {
			for last := 0; !done.Load(); {
				n := log.Len()
				if n < last {
					t.Errorf("Len went from %d to %d", last, n)
					return
				}
				for seq := max(1, n-10); seq <= n; seq++ {
					if !check(trace.Seq(seq)) {
						t.Errorf("frame %d of %d is not whole", seq, n)
						return
					}
				}
				last = n
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				b := make([]byte, 16)
				binary.BigEndian.PutUint64(b, uint64(w)<<32|uint64(i))
				copy(b[8:], b[:8])
				log.Append(trace.Frame{Data: b})
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
	next := [writers]uint64{}
	for seq := trace.Seq(1); seq <= writers*each; seq++ {
		if !check(seq) {
			t.Fatalf("frame %d is not whole", seq)
		}
		v := binary.BigEndian.Uint64(log.At(seq).Data)
		if w := v >> 32; next[w] != v&0xffffffff {
			t.Fatalf("writer %d: frame %d comes for %d", w, v&0xffffffff, next[w])
		}
		next[v>>32]++
	}
}

func TestLogOnAppend(t *testing.T) {
	var log trace.Log
	seen := []int{}
	log.OnAppend(func() { seen = append(seen, log.Len()) })
	log.Append(trace.Frame{})
	log.Append(trace.Frame{})
	log.OnAppend(nil)
	log.Append(trace.Frame{})
	if len(seen) != 2 || seen[0] != 1 || seen[1] != 2 {
		t.Errorf("called with lengths %v", seen)
	}
}

func TestNames(t *testing.T) {
	for direction, want := range map[trace.Direction]string{trace.Sent: "sent", trace.Received: "received", trace.Seen: "seen"} {
		if direction.String() != want {
			t.Errorf("direction %q, want %q", direction, want)
		}
	}
	for transport, want := range map[trace.Transport]string{
		trace.UDP: "UDP", trace.DTLS: "DTLS", trace.TCP: "TCP", trace.TLS: "TLS", trace.WebSocket: "WebSocket", 9: "Transport(9)",
	} {
		if transport.String() != want {
			t.Errorf("transport %q, want %q", transport, want)
		}
	}
	for fault, want := range map[trace.Fault]string{
		0: "", trace.Lost: "lost", trace.Duplicated | trace.Reordered: "duplicated, reordered", trace.Delayed | trace.Corrupted: "delayed, corrupted",
	} {
		if fault.String() != want {
			t.Errorf("fault %q, want %q", fault, want)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	data := make([]byte, 60)
	var log trace.Log
	b.ReportAllocs()
	for b.Loop() {
		log.Append(trace.Frame{Data: data})
		if log.Len() == 1<<20 {
			log = trace.Log{}
		}
	}
}

// A log with a limit drops its oldest frames and keeps what came last, whole.
func TestLogDropsTheOldest(t *testing.T) {
	const size, limit, frames = 500, 4 << 20, 20_000
	log := trace.NewLog(limit)
	if log.First() != 1 {
		t.Errorf("the first frame of an empty log will be %d", log.First())
	}
	data := make([]byte, size)
	for n := range uint64(frames) {
		binary.BigEndian.PutUint64(data, n+1)
		log.Append(trace.Frame{Data: data})
		if last := log.At(trace.Seq(n + 1)); last == nil || binary.BigEndian.Uint64(last.Data) != n+1 {
			t.Fatalf("frame %d is not there when it was appended", n+1)
		}
	}
	first := log.First()
	kept := frames - int(first) + 1
	if log.Len() != frames || first == 1 || kept < 1024 || log.Bytes() != int64(kept)*size || log.Bytes() > limit {
		t.Fatalf("%d frames, from %d on kept, with %d bytes", log.Len(), first, log.Bytes())
	}
	for s := trace.Seq(1); s <= frames; s++ {
		switch f := log.At(s); {
		case s < first && f != nil:
			t.Fatalf("frame %d is there, though the first is %d", s, first)
		case s >= first && (f == nil || f.Seq != s || binary.BigEndian.Uint64(f.Data) != uint64(s)):
			t.Fatalf("frame %d is not there, or not whole", s)
		}
	}
}

package trace

import (
	"sync"
	"sync/atomic"
)

const (
	chunkFrames = 1024
	arenaBytes  = 256 << 10
)

type chunk [chunkFrames]Frame

// Log is an append-only list of frames. The zero value is an empty log. Append may be called
// from any goroutine; reading never waits for it.
type Log struct {
	mu     sync.Mutex               // held while appending
	arena  []byte                   // room for the data of coming frames
	chunks atomic.Pointer[[]*chunk] // grows by copying the slice of pointers
	length atomic.Int64             // frames that readers may see
	bytes  atomic.Int64
	notify atomic.Pointer[func()]
}

// Append adds the frame with a copy of its data, gives it the next Seq, and returns that.
func (l *Log) Append(f Frame) Seq {
	l.mu.Lock()
	n := int(l.length.Load())
	var chunks []*chunk
	if p := l.chunks.Load(); p != nil {
		chunks = *p
	}
	if n == len(chunks)*chunkFrames {
		grown := append(chunks[:len(chunks):len(chunks)], new(chunk))
		l.chunks.Store(&grown)
		chunks = grown
	}
	f.Seq = Seq(n + 1)
	f.Data = l.keep(f.Data)
	chunks[n/chunkFrames][n%chunkFrames] = f
	l.bytes.Add(int64(len(f.Data)))
	l.length.Store(int64(n + 1)) // publishes the frame
	l.mu.Unlock()
	if call := l.notify.Load(); call != nil {
		(*call)()
	}
	return f.Seq
}

// keep copies data into the arena, so that a million small datagrams are not a million allocations.
func (l *Log) keep(data []byte) []byte {
	if len(data) > arenaBytes/4 {
		return append([]byte(nil), data...)
	}
	if cap(l.arena)-len(l.arena) < len(data) {
		l.arena = make([]byte, 0, arenaBytes)
	}
	start := len(l.arena)
	l.arena = append(l.arena, data...)
	return l.arena[start:len(l.arena):len(l.arena)]
}

// Len is the number of frames.
func (l *Log) Len() int { return int(l.length.Load()) }

// Bytes is the number of bytes of all frames' data.
func (l *Log) Bytes() int64 { return l.bytes.Load() }

// At gives the frame with that Seq, or nil if there is none. The frame must not be changed.
func (l *Log) At(s Seq) *Frame {
	if s < 1 || s > Seq(l.length.Load()) {
		return nil
	}
	i := int(s - 1)
	return &(*l.chunks.Load())[i/chunkFrames][i%chunkFrames]
}

// OnAppend sets a function that is called after each Append on the goroutine of the caller of
// Append, in place of the one before; nil for none. It must return at once.
func (l *Log) OnAppend(f func()) {
	if f == nil {
		l.notify.Store(nil)
		return
	}
	l.notify.Store(&f)
}

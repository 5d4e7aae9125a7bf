package trace

import (
	"sync"
	"sync/atomic"
)

const (
	chunkFrames = 1024
	arenaBytes  = 256 << 10
	frameBytes  = 168 // what a Frame takes besides its data, about
)

type chunk [chunkFrames]Frame

// Log is an append-only list of frames. The zero value is an empty log that keeps all. Append may be
// called from any goroutine; reading never waits for it.
type Log struct {
	limit  int64                    // bytes of memory; 0 for no limit
	mu     sync.Mutex               // held while appending
	arena  []byte                   // room for the data of coming frames
	chunks atomic.Pointer[[]*chunk] // grows by copying the slice of pointers
	length atomic.Int64             // frames that readers may see
	first  atomic.Int64             // Seq of the oldest frame that is kept, less 1
	bytes  atomic.Int64             // of data that are kept
	notify atomic.Pointer[func()]
}

// NewLog gives an empty log that takes about so many bytes of memory: when it has more it drops the oldest
// frames, 1,024 at once, but never the newest 1,024.
func NewLog(limit int64) *Log { return &Log{limit: limit} }

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
		l.drop(grown)
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

// drop takes the oldest chunks out where there is more than the limit allows. The last one is new.
func (l *Log) drop(chunks []*chunk) {
	if l.limit <= 0 {
		return
	}
	first := int(l.first.Load()) / chunkFrames
	for first < len(chunks)-2 && l.bytes.Load()+int64(len(chunks)-first)*chunkFrames*frameBytes > l.limit {
		size := 0
		for i := range chunks[first] {
			size += len(chunks[first][i].Data)
		}
		chunks[first] = nil
		first++
		l.bytes.Add(int64(-size))
		l.first.Store(int64(first) * chunkFrames)
	}
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

// Len is the number of frames that were appended, and the Seq of the newest.
func (l *Log) Len() int { return int(l.length.Load()) }

// First is the Seq of the oldest frame that is kept, and of the first one that comes to an empty log.
func (l *Log) First() Seq { return Seq(l.first.Load() + 1) }

// Bytes is the number of bytes of the data of all frames that are kept.
func (l *Log) Bytes() int64 { return l.bytes.Load() }

// At gives the frame with that Seq, or nil if there is none, or none any more. It must not be changed.
func (l *Log) At(s Seq) *Frame {
	if s < 1 || s > Seq(l.length.Load()) {
		return nil
	}
	i := int(s - 1)
	c := (*l.chunks.Load())[i/chunkFrames]
	if c == nil {
		return nil
	}
	return &c[i%chunkFrames]
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

package blockwise

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"coapscope/protocol"
)

// generated is a body of any size that takes no memory: each word of 8 bytes is made of its position.
type generated struct{}

// generate gives the bytes from an offset that is a multiple of 8.
func generate(b []byte, off int64) {
	for i := 0; i < len(b); i += 8 {
		word := (uint64(off) + uint64(i)) * 0x9e3779b97f4a7c15
		if len(b)-i >= 8 {
			binary.LittleEndian.PutUint64(b[i:], word)
			continue
		}
		for j := range b[i:] {
			b[i+j] = byte(word >> (8 * j))
		}
	}
}

func (generated) ReadAt(b []byte, off int64) (int, error) {
	generate(b, off)
	return len(b), nil
}

// judge is a sink that keeps nothing and compares all with generated.
type judge struct {
	size int64
	want [1024]byte
}

func (j *judge) Truncate(size int64) error { j.size = size; return nil }

func (j *judge) WriteAt(b []byte, off int64) (int, error) {
	if off != j.size {
		return 0, fmt.Errorf("written at %d, %d are there", off, j.size)
	}
	generate(j.want[:len(b)], off)
	if string(j.want[:len(b)]) != string(b) {
		return 0, errors.New("wrong bytes")
	}
	j.size += int64(len(b))
	return len(b), nil
}

// device takes a body by Block1 and gives one by Block2. It makes no garbage of its own.
type device struct {
	sink     judge
	response int64 // bytes of the response's body; 0 for none
	value    [2][]byte
	options  protocol.Options
	payload  [1024]byte
}

func (d *device) handle(m *protocol.Message) (protocol.Message, error) {
	r := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content}
	d.options = d.options[:0]
	if b, ok := m.Options.Block(protocol.Block1); ok {
		if _, err := d.sink.WriteAt(m.Payload, int64(b.Offset())); err != nil {
			return r, err
		}
		d.value[0] = protocol.AppendUint(d.value[0][:0], uint64(b.Uint()))
		d.options = append(d.options, protocol.Option{Number: protocol.Block1, Value: d.value[0]})
		if b.More {
			r.Code, r.Options = protocol.Continue, d.options
			return r, nil
		}
	}
	if d.response > 0 {
		b, ok := m.Options.Block(protocol.Block2)
		if !ok {
			b.SZX = maxSZX
		}
		off := int64(b.Offset())
		b.More = off+int64(b.Size()) < d.response
		r.Payload = d.payload[:min(int64(b.Size()), d.response-off)]
		generate(r.Payload, off)
		d.value[1] = protocol.AppendUint(d.value[1][:0], uint64(b.Uint()))
		d.options = append(d.options[:0], protocol.Option{Number: protocol.Block2, Value: d.value[1]})
	}
	r.Options = d.options
	return r, nil
}

// carry plays a transfer with a device. It gives the number of allocations for each block, and how many bytes are in use
// when all blocks but the last have gone.
func carry(tb testing.TB, config Config, request protocol.Message, up, down int64) (allocations float64, inUse int64) {
	d := &device{response: down}
	j := &judge{}
	config.Sink = j
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one leaves in pools
	runtime.ReadMemStats(&before)
	transfer := NewUpload(config, request, generated{}, up)
	step := transfer.Start()
	blocks := 0
	for {
		send, ok := step.(Send)
		if !ok {
			break
		}
		blocks++
		r, err := d.handle(&send.Message)
		if err != nil {
			tb.Fatal(err)
		}
		if b, ok := r.Options.Block(protocol.Block2); ok && !b.More || down == 0 && r.Code != protocol.Continue {
			runtime.GC()
			runtime.ReadMemStats(&after)
		}
		step = transfer.Handle(r)
	}
	if failed, ok := step.(Failed); ok {
		tb.Fatal(failed.Err)
	}
	if j.size != down || d.sink.size != up {
		tb.Fatalf("%d bytes came down, %d went up", j.size, d.sink.size)
	}
	runtime.KeepAlive(transfer)
	return float64(after.Mallocs-before.Mallocs) / float64(blocks), int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// A body of 100 MB takes as much memory as one of 1 MB, and as many allocations a block.
func TestMemoryDoesNotGrow(t *testing.T) {
	for _, c := range []struct {
		name     string
		method   protocol.Code
		up, down int64
	}{
		{"download", protocol.GET, 0, 1},
		{"upload", protocol.PUT, 1, 0},
		{"both", protocol.FETCH, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := path(c.method, "big", nil, opt(protocol.URIQuery, 'q'))
			few, small := carry(t, Config{}, request, c.up<<20, c.down<<20)
			many, large := carry(t, Config{}, request, c.up*100<<20, c.down*100<<20)
			t.Logf("1 MB: %.2f allocations a block, %d bytes in use; 100 MB: %.2f, %d", few, small, many, large)
			if many > few+0.01 || many > 1.1 {
				t.Errorf("%.2f allocations a block, %.2f for a smaller body", many, few)
			}
			if large > max(small, 0)+64<<10 {
				t.Errorf("%d bytes in use, %d for a smaller body", large, small)
			}
		})
	}
}

func BenchmarkDownload(b *testing.B) { benchmark(b, protocol.GET, 0, 1<<20) }
func BenchmarkUpload(b *testing.B)   { benchmark(b, protocol.PUT, 1<<20, 0) }

func benchmark(b *testing.B, method protocol.Code, up, down int64) {
	b.SetBytes(up + down)
	b.ReportAllocs()
	for b.Loop() {
		transfer := NewUpload(Config{Sink: &judge{}}, path(method, "big", nil), generated{}, up)
		d := &device{response: down}
		for step := transfer.Start(); ; {
			send, ok := step.(Send)
			if !ok {
				break
			}
			r, err := d.handle(&send.Message)
			if err != nil {
				b.Fatal(err)
			}
			step = transfer.Handle(r)
		}
	}
}

// BenchmarkGET is what the machine costs a request that needs no blocks.
func BenchmarkGET(b *testing.B) {
	request := path(protocol.GET, "small", nil)
	response := reply(protocol.Content, []byte("21.5"))
	b.ReportAllocs()
	for b.Loop() {
		transfer := New(Config{}, request)
		transfer.Start()
		if _, ok := transfer.Handle(response).(Done); !ok {
			b.Fatal("not done")
		}
	}
}

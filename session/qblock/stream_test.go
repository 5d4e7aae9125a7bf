package qblock

import (
	"testing"
	"time"

	"coapscope/protocol"
)

// endless is a body of any size, which nobody keeps.
type endless struct{ written int64 }

func (e *endless) ReadAt(b []byte, _ int64) (int, error) { return len(b), nil }

func (e *endless) WriteAt(b []byte, _ int64) (int, error) {
	e.written += int64(len(b))
	return len(b), nil
}

func (e *endless) Truncate(int64) error { return nil }

// A body of 64 MiB has no more messages open, and nothing more in memory, than one of some sets.
func TestMemoryDoesNotGrowWithTheBody(t *testing.T) {
	const size, per = 64 << 20, 10
	for _, direction := range []Direction{Upload, Download} {
		body := new(endless)
		now := time.Unix(1, 0)
		request := protocol.Message{Type: protocol.NonConfirmable, Code: protocol.PUT}
		from, bytes := Sink(nil), int64(size)
		if direction == Download {
			request.Code, from, bytes = protocol.GET, body, 0
		}
		transfer := New(Config{Supported: true, Sink: from}, request, body, bytes)
		var in Input = Tick{}
		var pending []Input
		sent, released := 0, 0
		payload := make([]byte, 1024)
		for done := false; !done; {
			for _, out := range transfer.Handle(now, in, nil) {
				switch out := out.(type) {
				case Send:
					sent++
					if b, ok := out.Message.Options.Block(protocol.QBlock1); ok && (!b.More || b.Num%per == per-1) {
						m := protocol.Message{Code: protocol.Continue}
						if !b.More {
							m.Code = protocol.Changed
						}
						pending = append(pending, Response{out.Number, m})
					}
					if b, ok := out.Message.Options.Block(protocol.QBlock2); ok && direction == Download {
						for num := b.Num; num < b.Num+per && num < size/1024; num++ {
							m := protocol.Message{Code: protocol.Content, Payload: payload}
							m.Options = m.Options.Set(protocol.QBlock2, protocol.Block{Num: num, More: num < size/1024-1, SZX: 6}.Value())
							pending = append(pending, Response{1, m}) // with the token of the first
						}
					}
				case Release:
					released++
				case Done:
					done = true
				default:
					t.Fatalf("%+v", out)
				}
			}
			if len(transfer.open) > maxOpen+3 || len(transfer.open) != sent-released && !done || len(transfer.ages) > maxOpen+3 {
				t.Fatalf("%v: %d messages are open, %d sent, %d released", direction, len(transfer.open), sent, released)
			}
			in = Tick{}
			if len(pending) > 0 {
				in, pending = pending[0], pending[1:]
			}
		}
		if direction == Download && (body.written != size || transfer.down.kept != nil) {
			t.Errorf("%d bytes were written", body.written)
		}
		want := map[Direction]int{Upload: size / 1024, Download: (size/1024 + per - 1) / per}[direction]
		if sent != want {
			t.Errorf("%v: %d messages, want %d", direction, sent, want)
		}
	}
}

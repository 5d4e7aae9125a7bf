package qblock

import (
	"testing"
	"time"

	"coapscope/protocol"
)

// FuzzTransfer answers with whatever there is: no panic, no memory beyond what was received, one message at a
// time, nothing after the end, and an end in finite time when the peer falls silent.
func FuzzTransfer(f *testing.F) {
	f.Add([]byte{0, 1, 69, 1, 2, 0x0e, 0, 1, 69, 1, 2, 0x16, 0, 0})
	f.Add([]byte{1, 1, 95, 0, 1, 0x9e, 0, 2, 136, 2, 1, 9, 0, 3})
	f.Add([]byte{5, 1, 141, 0, 1, 0x0d, 0, 2, 136, 0, 0, 0, 0, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		take := func() byte {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return b
		}
		flags := take()
		request := protocol.Message{
			Type: protocol.Type(flags & 1), Payload: body(int(flags>>1&3) * 900),
			Code: []protocol.Code{protocol.GET, protocol.PUT, protocol.POST, protocol.FETCH}[flags>>3&3],
		}
		if flags&0x20 != 0 {
			request.Options = request.Options.AddUint(protocol.Observe, 0)
		}
		const limit = 1 << 20
		transfer := New(Config{Supported: flags&0x40 != 0, BlockSize: 16 << (flags >> 6), MaxBody: limit, Rand: middle{}}, request, nil, 0)
		now, ended := time.Unix(1, 0), false
		handle := func(in Input) {
			sends := 0
			for _, out := range transfer.Handle(now, in, nil) {
				if ended {
					t.Fatalf("%+v after the end", out)
				}
				switch out := out.(type) {
				case Send:
					sends++
					if _, err := out.Message.Append(nil); err != nil {
						t.Fatal(err)
					}
				case Done:
					ended = !out.Open
				case FallBack, Failed:
					ended = true
				}
			}
			if sends > 1 || len(transfer.open) > maxOpen+3 || len(transfer.down.asked) > 1<<10 {
				t.Fatalf("%d messages at once, %d open, %d blocks asked for", sends, len(transfer.open), len(transfer.down.asked))
			}
			if k := transfer.down.kept; k != nil && len(k.data) > limit {
				t.Fatalf("%d bytes kept", len(k.data))
			}
		}
		handle(Tick{})
		for len(data) > 0 && !ended {
			what := take()
			to := transfer.last - Number(min(uint64(what>>4), uint64(transfer.last)))
			switch what & 7 {
			case 0:
				if at, ok := transfer.Deadline(); ok && at.After(now) {
					now = at
				}
				handle(Tick{})
			case 1:
				handle(Acknowledged{to})
			case 2:
				handle(Unanswered{To: to, Rejected: what&8 != 0, Silence: true})
			default:
				m := protocol.Message{Code: protocol.Code(take())}
				for n := take() & 3; n > 0; n-- {
					numbers := []protocol.OptionNumber{
						protocol.QBlock1, protocol.QBlock2, protocol.ETag, protocol.Size2, protocol.Observe, protocol.ContentFormatOption, protocol.Block2, protocol.MaxAge,
					}
					length := int(take() & 3)
					m.Options = m.Options.Add(numbers[take()&7], data[:min(length, len(data))])
					data = data[min(length, len(data)):]
				}
				if size := int(take()); size == 0xff {
					m.Payload = data
				} else {
					m.Payload = body(size << (what >> 3 & 1 * 2))
				}
				handle(Response{to, m})
			}
		}
		for range 20_000 {
			at, ok := transfer.Deadline()
			if !ok {
				return // it has ended, or rests until there is a notification
			}
			if at.After(now) {
				now = at
			}
			handle(Tick{})
			if request.Type == protocol.Confirmable && !ended {
				// The message layer gives up what is not acknowledged.
				handle(Unanswered{To: transfer.last})
			}
		}
		t.Fatalf("no end in %v", now.Sub(time.Unix(1, 0)))
	})
}

// FuzzMissingBlocks reads any payload; what it takes comes back the same.
func FuzzMissingBlocks(f *testing.F) {
	f.Add([]byte{0, 1, 23, 24, 24, 24, 255, 25, 1, 0, 26, 0, 1, 0, 0})
	f.Add([]byte{24, 3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		nums, ok := missingBlocks(payload)
		if ok == (len(nums) == 0) {
			t.Fatalf("%v, %v", nums, ok)
		}
		var again []byte
		for i, n := range nums {
			if i > 0 && n <= nums[i-1] || n > protocol.MaxBlockNum {
				t.Fatalf("%v", nums)
			}
			again = appendCBOR(again, int(n))
		}
		if ok && len(again) > len(payload) {
			t.Fatalf("%x is longer than %x", again, payload)
		}
	})
}

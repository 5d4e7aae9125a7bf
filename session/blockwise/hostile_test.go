package blockwise

import (
	"testing"

	"coapscope/protocol"
)

// A peer that never comes to an end is left after a number of requests, with an error that names the rule, or with its
// own answer.
func TestHostilePeers(t *testing.T) {
	const many = 1 << 20
	tags := byte(0)
	for _, h := range []struct {
		name     string
		config   Config
		request  protocol.Message
		answer   func(n int, m protocol.Message) protocol.Message
		requests int
		end      string
		section  string
	}{
		{"blocks without end, into a file", Config{Sink: &judge{}}, path(get, "x", nil), func(n int, _ protocol.Message) protocol.Message {
			var b [16]byte
			generate(b[:], int64(n)*16)
			return reply(content, b[:], b2(uint32(n), 1, 16))
		}, many, "failed body too large", "RFC 7959 §2.2"},
		{"blocks without end, into memory", Config{MaxBody: 160}, path(get, "x", nil), func(n int, _ protocol.Message) protocol.Message {
			return reply(content, body(16), b2(uint32(n), 1, 16))
		}, 11, "failed body too large", "RFC 7959 §7"},
		{"a body of which Size2 is not true", Config{}, path(get, "x", nil), func(n int, _ protocol.Message) protocol.Message {
			return reply(content, body(16), b2(uint32(n), min(1, 3-n), 16), opt(protocol.Size2, 0xff, 0xff, 0xff, 0xff))
		}, 4, "done 2.05 Size2=ffffffff [64]", ""},
		{"the same block again and again", Config{}, path(get, "x", nil), func(int, protocol.Message) protocol.Message {
			return reply(content, body(16), b2(0, 1, 16))
		}, 2, "failed wrong block", "RFC 7959 §2.3"},
		{"blocks of no bytes", Config{}, path(get, "x", nil), func(n int, _ protocol.Message) protocol.Message {
			return reply(content, nil, b2(uint32(n), 1, 16))
		}, 1, "failed wrong block size", "RFC 7959 §2.3"},
		{"another ETag each time", Config{}, path(get, "x", nil), func(n int, m protocol.Message) protocol.Message {
			b, _ := m.Options.Block(protocol.Block2)
			tags++
			return reply(content, body(16), b2(b.Num, 1, 16), opt(protocol.ETag, tags))
		}, 4, "failed representation changed", "RFC 7959 §2.4"},
		{"4.13 without end, smaller each time", Config{}, path(put, "x", body(5000)), func(_ int, m protocol.Message) protocol.Message {
			b, _ := m.Options.Block(protocol.Block1)
			b.SZX = max(b.SZX, 1) - 1
			return reply(protocol.RequestEntityTooLarge, nil, opt(protocol.Block1, b.Value()...))
		}, 7, "done 4.13", ""},
		{"4.13 without end and without a hint", Config{}, path(put, "x", body(5000)), func(int, protocol.Message) protocol.Message {
			return reply(protocol.RequestEntityTooLarge, nil)
		}, 1, "done 4.13", ""},
		{"2.31 without end", Config{BlockSize: 16}, path(put, "x", body(160)), func(_ int, m protocol.Message) protocol.Message {
			b, _ := m.Options.Block(protocol.Block1)
			b.More = true
			return reply(contd, nil, opt(protocol.Block1, b.Value()...))
		}, 10, "failed unexpected response code", "RFC 7959 §2.9.1"},
		{"4.08 without end", Config{BlockSize: 16}, path(put, "x", body(160)), func(_ int, m protocol.Message) protocol.Message {
			b, _ := m.Options.Block(protocol.Block1)
			if b.Num < 5 {
				return reply(contd, nil, opt(protocol.Block1, b.Value()...))
			}
			return reply(protocol.RequestEntityIncomplete, nil)
		}, 12, "done 4.08", ""},
		{"a response that becomes larger than was asked for", Config{BlockSize: 16}, path(get, "x", nil), func(n int, _ protocol.Message) protocol.Message {
			if n == 0 {
				return reply(content, body(16), b2(0, 1, 16))
			}
			return reply(content, body(1024), b2(0, 0, 1024))
		}, 2, "failed wrong block size", "RFC 7959 §2.4"},
	} {
		t.Run(h.name, func(t *testing.T) {
			transfer := New(h.config, h.request)
			step := transfer.Start()
			n := 0
			for ; n <= h.requests; n++ {
				send, ok := step.(Send)
				if !ok {
					break
				}
				step = transfer.Handle(h.answer(n, send.Message))
			}
			if got := line(step); got != h.end || n != h.requests {
				t.Errorf("after %d requests %q, want %d and %q", n, got, h.requests, h.end)
			}
			if f, ok := step.(Failed); ok && f.Err.Section != h.section {
				t.Errorf("%v, want %s", f.Err, h.section)
			}
		})
	}
}

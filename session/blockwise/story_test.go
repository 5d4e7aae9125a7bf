package blockwise

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"coapscope/protocol"
)

// body gives n bytes in which each block differs from any other.
func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// opt makes an option; reply makes a response. They keep the playbooks short.
func opt(n protocol.OptionNumber, value ...byte) protocol.Option {
	return protocol.Option{Number: n, Value: value}
}

func blk(n protocol.OptionNumber, num uint32, more, size int) protocol.Option {
	return protocol.Option{Number: n, Value: protocol.Block{Num: num, More: more == 1, SZX: protocol.SZXFor(size)}.Value()}
}

func b1(num uint32, more, size int) protocol.Option { return blk(protocol.Block1, num, more, size) }
func b2(num uint32, more, size int) protocol.Option { return blk(protocol.Block2, num, more, size) }

func reply(code protocol.Code, payload []byte, options ...protocol.Option) protocol.Message {
	m := protocol.Message{Type: protocol.Acknowledgement, Code: code, Payload: payload}
	for _, o := range options {
		m.Options = m.Options.Add(o.Number, o.Value)
	}
	return m
}

// line describes a step as the RFC's figures do.
func line(s Step) string {
	switch s := s.(type) {
	case Send:
		return describe(s.Message)
	case Done:
		return "done " + describe(s.Response)
	case Failed:
		return "failed " + s.Err.Reason.String()
	}
	return "?"
}

func describe(m protocol.Message) string {
	s := m.Code.Short()
	if m.Token.Len() > 0 {
		s += " T" + m.Token.String()
	}
	for _, o := range m.Options {
		switch o.Number {
		case protocol.URIPath:
			s += " /" + string(o.Value)
		case protocol.Block1, protocol.Block2:
			b, _ := protocol.DecodeBlock(o.Value)
			s += fmt.Sprintf(" %d:%v", map[protocol.OptionNumber]int{protocol.Block1: 1, protocol.Block2: 2}[o.Number], b)
		default:
			s += fmt.Sprintf(" %v=%x", o.Number, o.Value)
		}
	}
	if len(m.Payload) > 0 {
		s += fmt.Sprintf(" [%d]", len(m.Payload))
	}
	return s
}

type exchange struct {
	want  string // the step, described
	reply protocol.Message
}

// path makes a request.
func path(code protocol.Code, p string, payload []byte, options ...protocol.Option) protocol.Message {
	m := reply(code, payload, append([]protocol.Option{opt(protocol.URIPath, []byte(p)...)}, options...)...)
	m.Type = protocol.Confirmable
	return m
}

const (
	get, put, post          = protocol.GET, protocol.PUT, protocol.POST
	content, changed, contd = protocol.Content, protocol.Changed, protocol.Continue
)

// story is a transfer: what it sends, described, with the response to each, and its end.
type story struct {
	name     string
	config   Config
	request  protocol.Message
	script   []exchange
	end      string
	wantBody []byte
}

func (s story) play(t *testing.T) {
	original := s.request.Clone()
	transfer := New(s.config, s.request)
	step := transfer.Start()
	for i, x := range s.script {
		if got := line(step); got != x.want {
			t.Fatalf("step %d: got %q, want %q", i, got, x.want)
		}
		step = transfer.Handle(x.reply)
	}
	if got := line(step); got != s.end {
		t.Fatalf("end: got %q, want %q", got, s.end)
	}
	if d, ok := step.(Done); ok && !bytes.Equal(d.Response.Payload, s.wantBody) {
		t.Errorf("body differs: got %x", d.Response.Payload)
	}
	if f, ok := step.(Failed); ok && (f.Err.Section == "" || f.Err.Actual == "") {
		t.Errorf("error without section or cause: %+v", f.Err)
	}
	if describe(original) != describe(s.request) || !bytes.Equal(original.Payload, s.request.Payload) {
		t.Errorf("the request was changed to %s", describe(s.request))
	}
	if f, ok := transfer.Handle(reply(content, nil)).(Failed); !ok || f.Err.Reason != Misuse {
		t.Error("a response after the end is not refused")
	}
}

// file is a sink in memory, with what was there before.
type file struct {
	data []byte
	cut  []int64 // what it was truncated to, in order
	err  error   // of what is written at or behind
	at   int64
}

func (f *file) WriteAt(b []byte, off int64) (int, error) {
	if f.err != nil && off+int64(len(b)) > f.at {
		return 0, f.err
	}
	f.data = append(f.data, make([]byte, max(0, int(off)+len(b)-len(f.data)))...)
	return copy(f.data[off:], b), nil
}

func (f *file) Truncate(size int64) error {
	f.cut = append(f.cut, size)
	if size > int64(len(f.data)) {
		return errors.New("that would leave a hole")
	}
	f.data = f.data[:size]
	return nil
}

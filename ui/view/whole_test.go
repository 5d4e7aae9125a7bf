package view_test

import (
	"testing"

	"coapscope/protocol"
	"coapscope/session/trace"
)

func TestWholeBodyOfBlocks(t *testing.T) {
	r := record(t)
	body := "0123456789abcdefFEDCBA9876543210tail"
	block := func(m protocol.Message, n protocol.OptionNumber, b protocol.Block) protocol.Message {
		m.Options = m.Options.Set(n, b.Value())
		return m
	}
	ask := func(id protocol.MessageID, num uint32) {
		r.sent(10, block(request(id, byte(id), "log"), protocol.Block2, protocol.Block{Num: num}))
	}
	answer := func(id protocol.MessageID, num uint32) trace.Seq {
		part := body[16*num:]
		m := response(protocol.Acknowledgement, id, byte(id), protocol.Content, part[:min(16, len(part))])
		m.Options = m.Options.AddUint(protocol.ContentFormatOption, uint64(protocol.JSON))
		m.Options = m.Options.AddUint(protocol.Size2, uint64(len(body)))
		return r.received(10, block(m, protocol.Block2, protocol.Block{Num: num, More: len(part) > 16}))
	}
	lone := r.sent(0, request(99, 99, "other"))
	ask(1, 0)
	answer(1, 0)
	ask(3, 2)
	last := answer(3, 2)

	v := r.traffic()
	if w, ok := v.Whole(lone); ok {
		t.Errorf("a message without blocks has %+v", w)
	}
	w, ok := v.Whole(last)
	if !ok || w.Title != "2 blocks, 20 B" || w.Note != "not whole: 16 B are missing in 1 part" {
		t.Errorf("got %+v, %v", w, ok)
	}
	if format, data := v.WholeBody(w); format != int(protocol.JSON) || string(data) != body[:16]+body[32:] {
		t.Errorf("got format %d, %q", format, data)
	}

	ask(2, 1)
	answer(2, 1)
	ask(1, 0) // the same again
	answer(1, 0)
	pullAll(t, v)
	w, ok = v.Whole(last)
	if !ok || w.Title != "3 blocks, 36 B" {
		t.Errorf("got %+v, %v", w, ok)
	}
	_, data := v.WholeBody(w)
	if string(data) != body {
		t.Errorf("got %q", data)
	}
	if _, again := v.WholeBody(w); &again[0] != &data[0] {
		t.Error("put together again, though no block was added")
	}
}

func TestFaultsStandInTheSummary(t *testing.T) {
	r := record(t)
	s := r.log.Append(trace.Frame{Time: now, Source: us, Destination: node, Direction: trace.Sent, Fault: trace.Lost, Data: encoded(t, request(1, 1, "x"))})
	if row := r.traffic().Row(int(s) - 1); row.Summary != "⚡ lost  /x" {
		t.Errorf("got %q", row.Summary)
	}
}

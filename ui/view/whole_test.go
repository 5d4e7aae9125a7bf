package view_test

import (
	"net/netip"
	"testing"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/ui/view"
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
	if format, data, _ := v.WholeBody(w); format != int(protocol.JSON) || string(data) != body[:16]+body[32:] {
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
	_, data, dropped := v.WholeBody(w)
	if string(data) != body || dropped != 0 {
		t.Errorf("got %q without %d bytes", data, dropped)
	}
	if _, again, _ := v.WholeBody(w); &again[0] != &data[0] {
		t.Error("put together again, though no block was added")
	}
}

// A log has a limit: what was a block is no more than a number then.
func TestWholeBodySaysWhatTheLogHasDropped(t *testing.T) {
	log := trace.NewLog(1)
	v := view.NewTraffic(log, netip.AddrPort.String)
	add := func(d trace.Direction, from, to netip.AddrPort, m protocol.Message) (s trace.Seq) {
		s = log.Append(trace.Frame{Time: now, Source: from, Destination: to, Direction: d, Data: encoded(t, m)})
		pullAll(t, v)
		return s
	}
	var last trace.Seq
	for num, part := range []string{"0123456789abcdef", "tail"} {
		id, b := protocol.MessageID(num+1), protocol.Block{Num: uint32(num)}
		m := request(id, byte(id), "log")
		m.Options = m.Options.Set(protocol.Block2, b.Value())
		add(trace.Sent, us, node, m)
		b.More = num == 0
		m = response(protocol.Acknowledgement, id, byte(id), protocol.Content, part)
		m.Options = m.Options.Set(protocol.Block2, b.Value())
		last = add(trace.Received, node, us, m)
		for id := protocol.MessageID(100); num == 0 && log.At(1) != nil; id++ {
			add(trace.Sent, us, node, request(id, 99, "other"))
		}
	}
	w, ok := v.Whole(last)
	if _, data, dropped := v.WholeBody(w); !ok || string(data) != "tail" || dropped != 16 {
		t.Errorf("got %q without %d bytes of %+v, %v", data, dropped, w, ok)
	}
}

func TestFaultsStandInTheSummary(t *testing.T) {
	r := record(t)
	s := r.log.Append(trace.Frame{Time: now, Source: us, Destination: node, Direction: trace.Sent, Fault: trace.Lost, Data: encoded(t, request(1, 1, "x"))})
	if row := r.traffic().Row(int(s) - 1); row.Summary != "⚡ lost  /x" {
		t.Errorf("got %q", row.Summary)
	}
}

package view_test

import (
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session/fault"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

// states gives a sign for each block.
func states(p *view.BlockPart) string {
	var s strings.Builder
	for i := range p.Len() {
		s.WriteString(p.Cell(i, i+1).State.Sign())
	}
	return s.String()
}

func withBlock(m protocol.Message, n protocol.OptionNumber, num uint32, more bool, szx uint8) protocol.Message {
	m.Options = m.Options.Set(n, protocol.Block{Num: num, More: more, SZX: szx}.Value())
	return m
}

func sized(m protocol.Message, n protocol.OptionNumber, size uint64) protocol.Message {
	m.Options = m.Options.AddUint(n, size)
	return m
}

const sixteen = "0123456789abcdef"

// blockResponse is a block of 16 bytes.
func blockResponse(id protocol.MessageID, num uint32, more bool, body string) protocol.Message {
	return withBlock(response(protocol.Acknowledgement, id, byte(id), protocol.Content, body), protocol.Block2, num, more, 0)
}

func TestBlockMapOfDownload(t *testing.T) {
	r := record(t)
	r.sent(0, request(1, 1, "log")) // 1: the size of blocks is not known yet
	r.sent(2000, request(1, 1, "log"))
	first := r.received(9, sized(blockResponse(1, 0, true, sixteen), protocol.Size2, 100)) // 3
	r.sent(1, withBlock(request(2, 2, "log"), protocol.Block2, 1, false, 0))
	r.received(9, blockResponse(2, 1, true, sixteen))
	ask := r.sent(1, withBlock(request(3, 3, "log"), protocol.Block2, 3, false, 0)) // 6: one is left out
	show := func() *view.BlockMap {
		w := looksAt(t, r)
		w.SelectFrame(first)
		m := w.BlockMap()
		if m == nil || len(m.Parts) != 1 || m.Behind {
			t.Fatalf("%+v", m)
		}
		return m
	}
	p := show().Parts[0]
	if got := states(p); got != "↻✔✖✖✖✖✖" || p.Option != "Block2" || p.Unit != 16 || p.Size != 100 {
		t.Errorf("%s: %+v", got, p)
	}
	if c := p.Cell(0, 1); c.Frame != first || c.Tries != 2 || c.Done != 1 {
		t.Errorf("the first block: %+v", c)
	}
	if c := p.Cell(3, 4); c.Frame != ask || c.Tries != 1 || c.Done != 0 {
		t.Errorf("the fourth block: %+v", c)
	}
	if got := p.Words(0, 1); got != "block 0 of 7 · bytes 0 to 15 · ↻ retried · 2 tries · #3" {
		t.Error(got)
	}
	if got := p.Words(6, 7); got != "block 6 of 7 · bytes 96 to 99 · ✖ missing" {
		t.Error(got)
	}
	if got := p.Words(0, 4); got != "blocks 0 to 3 · 2 there of 7 · bytes 0 to 63 · ✖ missing · 2 tries" {
		t.Error(got)
	}
	if got := p.Summary(); got != "Block2 · 2 of 7 blocks of 16 B · 1 retried · 5 missing" {
		t.Error(got)
	}
	r.received(9, blockResponse(3, 3, true, sixteen))
	for num := uint32(4); num < 7; num++ {
		id := protocol.MessageID(num)
		r.sent(1, withBlock(request(id, byte(id), "log"), protocol.Block2, num, false, 0))
		r.received(9, blockResponse(id, num, num < 6, sixteen[:min(16, 100-16*num)]))
	}
	m := show()
	if got := states(m.Parts[0]); got != "↻✔✖✔✔✔✔" || m.Title != "GET /log · open" {
		t.Errorf("%s, %s", got, m.Title)
	}
	r.sent(1, withBlock(request(9, 9, "log"), protocol.Block2, 2, false, 0))
	r.received(9, blockResponse(9, 2, true, sixteen))
	if m = show(); states(m.Parts[0]) != "↻✔✔✔✔✔✔" || m.Title != "GET /log · complete" || m.Parts[0].Summary() != "Block2 · 7 blocks of 16 B · 1 retried" {
		t.Errorf("%s: %+v", states(m.Parts[0]), m)
	}
}

// Both ways, and the server wants smaller blocks from the first on.
func TestBlockMapOfBoth(t *testing.T) {
	r := record(t)
	put := func(id protocol.MessageID, num uint32, more bool, szx uint8, body string) protocol.Message {
		m := withBlock(request(id, byte(id), "mirror"), protocol.Block1, num, more, szx)
		m.Code, m.Payload = protocol.PUT, []byte(body)
		return m
	}
	reply := func(id protocol.MessageID, code protocol.Code, num uint32, more bool, szx uint8) protocol.Message {
		return withBlock(response(protocol.Acknowledgement, id, byte(id), code, ""), protocol.Block1, num, more, szx)
	}
	r.sent(0, put(1, 0, true, 2, strings.Repeat(sixteen, 4))) // 64 bytes
	r.received(9, reply(1, protocol.Continue, 0, true, 1))    // 32 from now on
	r.sent(1, put(2, 2, true, 1, strings.Repeat(sixteen, 2)))
	r.sent(2000, put(2, 2, true, 1, strings.Repeat(sixteen, 2)))
	r.received(9, reply(2, protocol.Continue, 2, true, 1))
	r.sent(1, put(3, 3, false, 1, "tail"))
	w := looksAt(t, r)
	w.SelectFrame(1)
	if m := w.BlockMap(); len(m.Parts) != 1 || states(m.Parts[0]) != "✔✔↻✖" || m.Parts[0].Unit != 32 || m.Parts[0].Size != 100 {
		t.Fatalf("%s: %+v", states(m.Parts[0]), m.Parts[0])
	}
	last := withBlock(reply(3, protocol.Changed, 3, false, 1), protocol.Block2, 0, true, 0)
	last.Payload = []byte(sixteen)
	r.received(9, last)
	r.sent(1, withBlock(put(4, 0, false, 0, ""), protocol.Block2, 1, false, 0))
	w = looksAt(t, r)
	w.SelectFrame(1)
	m := w.BlockMap()
	if len(m.Parts) != 2 || states(m.Parts[0]) != "✔✔↻✔" || m.Parts[1].Option != "Block2" || !strings.HasPrefix(states(m.Parts[1]), "✔") {
		t.Errorf("%+v", m)
	}
	w.SelectFrame(0)
	if m := w.BlockMap(); m != nil {
		t.Errorf("without a frame: %+v", m)
	}
}

// A transfer of the engine's own through a bad network, while it goes on and when it is whole.
func TestBlockMapLive(t *testing.T) {
	d := sitDown(t)
	transmission := protocol.DefaultTransmission()
	transmission.AckTimeout, transmission.AckRandomFactor = time.Second, 1 // longer than a busy machine takes for an answer
	d.Engine.SetTransmission(transmission)
	rules, err := fault.Parse("lose received 2.05 5\nlose received 2.05 40")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Engine.SetFaults(rules); err != nil {
		t.Fatal(err)
	}
	d.Tab().Draft.Address = d.address("store") + "/blobs/100k"
	d.Send()
	x := d.Traffic.Exchanges()
	var m *view.BlockMap
	d.until("block 38 is waited for", func() bool {
		d.SelectFrame(1)
		m = d.BlockMap()
		return m != nil && len(m.Parts) == 1 && m.Parts[0].Len() > 38 && m.Parts[0].Cell(38, 39).State == view.BlockInFlight
	})
	p := m.Parts[0]
	if got := states(p); p.Len() != 98 || got != "✔✔✔✔↻"+strings.Repeat("✔", 33)+"→"+strings.Repeat("·", 59) {
		t.Errorf("%d blocks: %s", p.Len(), got)
	}
	if r := x.Row(0, time.Now()); x.Len() != 1 || !strings.HasSuffix(r.Moved, "/98 ↻1") || r.State != "… sent" {
		t.Errorf("%d rows: %+v", x.Len(), r)
	}
	// The timeline is that of block 38, as long as the transfer is selected as a whole.
	d.SelectExchange(0)
	if l, why := d.Timeline(time.Now()); l == nil || !l.Open || l.Title == "" || trace.Seq(l.Attempts[0].Frame) < 70 {
		t.Errorf("%+v, %s", l, why)
	}
	d.until("all is there", d.idle)
	p = d.BlockMap().Parts[0]
	want := []byte(strings.Repeat("x", 98))
	want[4], want[38] = 'o', 'o'
	if got := strings.NewReplacer("✔", "x", "↻", "o").Replace(states(p)); got != string(want) {
		t.Errorf("at the end: %s", got)
	}
	if r := x.Row(0, time.Now()); x.Len() != 1 || r.Moved != "98 ↻2" || r.State != "✔ 2.05" {
		t.Errorf("%d rows: %+v", x.Len(), r)
	}
	// Unfolded: two frames a block, and two for each that was lost.
	x.Fold(0, true)
	if x.Len() != 1+2*98+2*2 {
		t.Errorf("%d rows", x.Len())
	}
	if s := p.Cell(38, 39).Frame; x.RowOf(s) < 1 || trace.Seq(x.Seq(x.RowOf(s))) != s {
		t.Errorf("block 38 came in frame %d, which is in row %d", s, x.RowOf(s))
	}
}

// To look at a transfer of many blocks again costs no more for those that were looked at before.
func TestBlockMapGrows(t *testing.T) {
	r := record(t)
	const blocks = 20_000
	for num := range uint32(blocks) {
		id := protocol.MessageID(num)
		r.sent(1, withBlock(request(id, 1, "log"), protocol.Block2, num, false, 0))
		m := blockResponse(id, num, true, sixteen)
		m.Token = protocol.TokenOf([]byte{1})
		r.received(1, m)
	}
	w := looksAt(t, r)
	w.SelectFrame(1)
	looks := 1
	for w.BlockMap().Behind {
		looks++
	}
	m := w.BlockMap()
	if p := m.Parts[0]; looks != 3 || p.Len() != blocks || p.Cell(0, blocks).Done != blocks || strings.Trim(states(p), "✔") != "" {
		t.Errorf("%d looks, %d blocks", looks, p.Len())
	}
	if allocs := testing.AllocsPerRun(5, func() { w.BlockMap() }); allocs > 20 {
		t.Errorf("%v allocations to look again", allocs)
	}
	x := w.Traffic.Exchanges()
	if x.Len() != 1 || x.Row(0, now).Moved != "20000 blocks" {
		t.Errorf("%d rows, %+v", x.Len(), x.Row(0, now))
	}
}

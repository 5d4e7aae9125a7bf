package view

import (
	"fmt"
	"strings"

	"coapscope/protocol"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// BlockState is how far a block of a transfer has come.
type BlockState uint8

const (
	BlockPending  BlockState = iota // neither asked for nor sent yet
	BlockInFlight                   // asked for, or sent, and not answered
	BlockDone                       // there, by the first message for it
	BlockRetried                    // there, and it took more messages
	BlockMissing                    // not there, although later ones are, or all is over
)

// String gives the state in words.
func (s BlockState) String() string {
	return [...]string{"pending", "in flight", "done", "retried", "missing"}[min(s, BlockMissing)]
}

// Sign gives the state as a sign, for who does not see its colour.
func (s BlockState) Sign() string {
	return [...]string{"·", "→", "✔", "↻", "✖"}[min(s, BlockMissing)]
}

// Concept gives the colour of the state.
func (s BlockState) Concept() Concept {
	return [...]Concept{Faint, Accent, Good, Warning, Error}[min(s, BlockMissing)]
}

// BlockMap is the blocks of a transfer, one by one.
type BlockMap struct {
	Title string
	Parts []*BlockPart // of the request's body, of the response's
	// Behind tells that there are frames that were not looked at yet.
	Behind bool

	of     track.TransferIndex
	frames []uint64
	taken  int // of frames
	parts  [2]BlockPart
	open   bool
}

// BlockPart is the blocks of one body.
type BlockPart struct {
	Option string // that carries them
	Unit   int    // bytes of a block; of the smallest, if the size changed
	Size   int64  // of the body; -1 where it is not known

	q      bool
	cells  []blockCell
	first  []trace.Seq // that asked for the first block, before the size of blocks was known
	latest trace.Seq   // that brought a block
	top    int         // behind the last block that is there
	open   bool        // more may come
}

// blockCell is a block.
type blockCell struct {
	frame, asked uint32 // that brought or asked for it; that asked for it last
	tries        uint16
	done         bool
}

// BlockCell is what is known of a block, or of some of them.
type BlockCell struct {
	State BlockState
	Tries int // messages that asked for it, or brought it; of several, the most
	Done  int // of several, those that are there
	Frame trace.Seq
}

// maxBlocks is how many blocks a body can have (RFC 7959 §2.2).
const maxBlocks = protocol.MaxBlockNum + 1

// takenAtOnce bounds how many frames are looked at before the window goes on.
const takenAtOnce = 16_384

// BlockMap gives the blocks of the transfer that the selected frame, or its exchange, is a part of; nil for none.
func (w *Workbench) BlockMap() *BlockMap {
	t := w.Traffic
	i := t.tracker.Info(uint64(w.selected)).Transfer
	if entry, ok := t.exchanges.entryOf(w.selected); ok && i == 0 {
		i = t.exchanges.entries[entry].transfer
	}
	if i == 0 {
		return nil
	}
	m := t.blockMap(i)
	if m.Behind {
		w.Changed(PartPackets)
	}
	return m
}

func (t *Traffic) blockMap(i track.TransferIndex) *BlockMap {
	x := t.exchanges
	tr, _ := t.tracker.Transfer(i)
	if x.blocks == nil || x.blocks.of != i {
		x.blocks = &BlockMap{of: i}
	}
	m := x.blocks
	m.frames = t.tracker.AppendTransferFrames(m.frames, i)
	if len(m.frames) != tr.FrameCount {
		*m = BlockMap{of: i}
		m.frames = t.tracker.AppendTransferFrames(nil, i)
	}
	m.open = tr.State == track.TransferOpen && t.exchanges.isOpen(&tr)
	end := min(len(m.frames), m.taken+takenAtOnce)
	for _, n := range m.frames[m.taken:end] {
		if f := t.log.At(trace.Seq(n)); f != nil {
			m.take(t, f, t.tracker.Info(n))
		}
	}
	m.taken, m.Behind = end, end < len(m.frames)
	m.Parts = m.Parts[:0]
	for part, body := range [...]*track.Body{&tr.Request, &tr.Response} {
		p := &m.parts[part]
		if !body.Present {
			continue
		}
		p.Option = [...]string{"Block1", "Block2"}[part]
		if body.QBlock {
			p.Option = "Q-" + p.Option
		}
		p.q, p.open = body.QBlock, m.open
		p.unit(body.BlockSize)
		if p.Size = body.Size; p.Size >= 0 {
			p.cell(blocksIn(p.Size, p.Unit) - 1)
		}
		if tr.Restarts > 0 && !m.Behind {
			p.settle(t.tracker.AppendPieces(nil, i, track.Part(part)), part == int(track.ResponseBody))
		}
		p.count()
		m.Parts = append(m.Parts, p)
	}
	m.Title = strings.TrimSpace(tr.Method.Short()+" "+tr.Path) + " · " + tr.State.String()
	if tr.Restarts > 0 {
		m.Title += " · began again " + count(tr.Restarts, "time", "times")
	}
	return m
}

// isOpen tells whether more of a transfer may come.
func (x *Exchanges) isOpen(tr *track.Transfer) bool {
	note := x.transfer(tr.Index)
	if note.entry == 0 {
		return false
	}
	_, open := x.live.open[note.entry-1]
	return open
}

// take takes the next frame of the transfer.
func (m *BlockMap) take(t *Traffic, f *trace.Frame, info track.FrameInfo) {
	msg := &t.message
	if msg.ParseFraming(f.Transport.Framing(), f.Data) != nil || keptBack(f) {
		return
	}
	up, down := &m.parts[track.RequestBody], &m.parts[track.ResponseBody]
	blocks := func(plain, q protocol.OptionNumber) (found []protocol.Block) {
		for i := range msg.Options {
			if o := &msg.Options[i]; o.Number == plain || o.Number == q {
				if b, ok := protocol.DecodeBlock(o.Value); ok {
					found = append(found, b)
				}
			}
		}
		return found
	}
	ups, downs := blocks(protocol.Block1, protocol.QBlock1), blocks(protocol.Block2, protocol.QBlock2)
	switch {
	case msg.Code.IsRequest() && len(ups) > 0:
		up.each(ups[0], len(msg.Payload), func(c *blockCell) { c.ask(f.Seq, true) })
	case msg.Code.IsRequest() && len(downs) > 0:
		for _, b := range downs {
			down.each(b, 0, func(c *blockCell) { c.ask(f.Seq, false) })
		}
	case msg.Code.IsRequest():
		if down.Unit > 0 {
			down.cell(0).ask(f.Seq, false)
		} else { // of what size the blocks are comes with the first
			down.first = append(down.first, f.Seq)
		}
	case msg.Code.IsResponse():
		if len(ups) > 0 && msg.Code.Class() == 2 {
			m.acknowledged(t, ups[0], msg.Code, info)
		}
		if len(downs) > 0 && msg.Code.Class() == 2 && msg.Code != protocol.Continue {
			down.each(downs[0], max(len(msg.Payload), 1), func(c *blockCell) {
				if c.done {
					if info.Role != track.RoleDuplicateResponse { // whose request was counted
						c.tries++
					}
					return
				}
				c.done, c.tries, c.frame = true, max(c.tries, 1), uint32(f.Seq)
			})
			down.latest = f.Seq
		}
	}
}

// acknowledged notes that the peer has a block of the request's body, or all up to it.
func (m *BlockMap) acknowledged(t *Traffic, said protocol.Block, code protocol.Code, info track.FrameInfo) {
	p := &m.parts[track.RequestBody]
	p.unit(said.Size())
	done := func(c *blockCell) { c.done = true }
	ex, _ := t.tracker.Exchange(info.Exchange)
	if asked := ex.RequestBlock1; asked.Present && !asked.QBlock {
		p.each(asked.Block, asked.Size(), done)
		return
	}
	// Of Q-Block1 an answer is for all that was sent until then (RFC 9177 §4.3).
	end := len(p.cells)
	if code == protocol.Continue {
		end = min(end, (said.Offset()+said.Size())/p.Unit)
	}
	for i := range p.cells[:end] {
		if p.cells[i].tries > 0 {
			p.cells[i].done = true
		}
	}
}

func (c *blockCell) ask(s trace.Seq, brings bool) {
	c.asked = uint32(s)
	if c.tries < 1<<16-1 {
		c.tries++
	}
	if brings || c.frame == 0 {
		c.frame = uint32(s)
	}
}

// unit makes the blocks as small as that.
func (p *BlockPart) unit(size int) {
	switch {
	case size <= 0 || p.Unit > 0 && size >= p.Unit:
		return
	case p.Unit == 0:
		p.Unit = size
		for _, s := range p.first {
			p.cell(0).ask(s, false)
		}
		p.first = nil
		return
	}
	parts := p.Unit / size
	cells := make([]blockCell, 0, min(len(p.cells)*parts, maxBlocks))
	for _, c := range p.cells {
		for range parts {
			if len(cells) < maxBlocks {
				cells = append(cells, c)
			}
		}
	}
	p.cells, p.Unit = cells, size
}

// cell gives a block, which is there from now on.
func (p *BlockPart) cell(i int) *blockCell {
	i = min(i, maxBlocks-1)
	if n := i + 1 - len(p.cells); n > 0 {
		p.cells = append(p.cells, make([]blockCell, n)...)
	}
	return &p.cells[i]
}

// each does something with the blocks that a Block option with that many bytes is for.
func (p *BlockPart) each(b protocol.Block, length int, do func(*blockCell)) {
	p.unit(b.Size())
	if b.SZX < 7 {
		length = min(length, b.Size())
	}
	from := b.Offset() / p.Unit
	for i := from; i < from+max(1, (length+p.Unit-1)/p.Unit) && i < maxBlocks; i++ {
		do(p.cell(i))
	}
}

// settle lets only that be there which the pieces are, after the transfer began again.
func (p *BlockPart) settle(pieces []track.Piece, all bool) {
	there := make([]bool, len(p.cells))
	for _, piece := range pieces {
		for i := int(piece.Offset) / p.Unit; i <= int(piece.Offset+int64(max(piece.Length, 1)-1))/p.Unit && i < len(there); i++ {
			there[i] = true
		}
	}
	for i := range p.cells {
		p.cells[i].done = there[i] && (all || p.cells[i].done)
	}
}

// Len is the number of blocks, as far as they are known.
func (p *BlockPart) Len() int { return len(p.cells) }

// count brings up to date what depends on all blocks.
func (p *BlockPart) count() {
	p.top = 0
	for i := range p.cells {
		if p.cells[i].done {
			p.top = i + 1
		}
	}
}

// stateAt gives the state of a block.
func (p *BlockPart) stateAt(i int) BlockState {
	c := &p.cells[i]
	switch {
	case c.done && c.tries > 1:
		return BlockRetried
	case c.done:
		return BlockDone
	case !p.open:
		return BlockMissing
	case c.asked > uint32(p.latest) || c.asked > 0 && i >= p.top:
		return BlockInFlight
	case i < p.top:
		return BlockMissing
	}
	return BlockPending
}

// looked tells which state of several blocks is shown for all: the one that asks most to be looked at.
var looked = [...]int{BlockDone: 0, BlockPending: 1, BlockRetried: 2, BlockInFlight: 3, BlockMissing: 4}

// Cell gives what is known of the blocks from one up to another.
func (p *BlockPart) Cell(from, to int) (all BlockCell) {
	for i := from; i < min(to, len(p.cells)); i++ {
		s, c := p.stateAt(i), &p.cells[i]
		if all.Tries = max(all.Tries, int(c.tries)); c.done {
			all.Done++
		}
		if i == from || looked[s] > looked[all.State] {
			all.State, all.Frame = s, trace.Seq(c.frame)
		}
	}
	return all
}

// Words says what is known of the blocks from one up to another.
func (p *BlockPart) Words(from, to int) string {
	c := p.Cell(from, to)
	first, last := int64(from)*int64(p.Unit), int64(to)*int64(p.Unit)
	if p.Size >= 0 {
		last = min(last, p.Size)
	}
	text := fmt.Sprintf("block %d", from)
	if to-from > 1 {
		text = fmt.Sprintf("blocks %d to %d · %d there", from, to-1, c.Done)
	}
	if p.Size >= 0 {
		text += fmt.Sprintf(" of %d", len(p.cells))
	}
	text += fmt.Sprintf(" · bytes %d to %d · ", first, max(last-1, first))
	if c.State != BlockPending {
		text += c.State.Sign() + " "
	}
	text += c.State.String()
	if c.Tries > 1 {
		text += fmt.Sprintf(" · %d tries", c.Tries)
	}
	if c.Frame != 0 {
		text += fmt.Sprintf(" · #%d", c.Frame)
	}
	return text
}

// Summary says how far the body has come: "Block2 · 48 of 64 blocks of 1024 B · 2 retried · 1 missing".
func (p *BlockPart) Summary() string {
	var n [BlockMissing + 1]int
	for i := range p.cells {
		n[p.stateAt(i)]++
	}
	text := fmt.Sprintf("%s · %s of %d B", p.Option, count(len(p.cells), "block", "blocks"), p.Unit)
	if there := n[BlockDone] + n[BlockRetried]; there < len(p.cells) {
		text = fmt.Sprintf("%s · %d of %d blocks of %d B", p.Option, there, len(p.cells), p.Unit)
		if p.Size < 0 {
			text += ", or more"
		}
	}
	for _, s := range []BlockState{BlockRetried, BlockInFlight, BlockMissing} {
		if n[s] > 0 {
			text += fmt.Sprintf(" · %d %s", n[s], s)
		}
	}
	return text
}

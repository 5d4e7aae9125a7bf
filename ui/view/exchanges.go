package view

import (
	"slices"
	"sort"

	"coapscope/session/trace"
	"coapscope/session/track"
)

// Exchanges is the table of all exchanges of some traffic, in the order in which they began. The exchanges of a
// block-wise transfer are one row. A row unfolds to its frames. Behind them are the requests that the engine has not
// sent yet.
//
// It follows the frames one by one, so that no row costs more for what other rows there are; what a row says is asked
// of the tracker when it is drawn.
type Exchanges struct {
	t *Traffic

	entries   []exchangeEntry
	of        []uint32 // by exchange, its entry and one more; 0 for one that was not seen
	transfers []transferNote

	choice choice
	live   liveExchanges
	sorted sorting

	unfolded  []unfolded
	arranged  bool // they are in the order of the rows
	frameRows int  // of all that are arranged

	selected  uint32 // entry and one more; 0 for none
	frameOnly bool   // one of its frames is selected, rather than all of it
	shown     trace.Seq

	blocks *BlockMap // that was looked at last
}

// exchangeEntry is a row: an exchange, or the transfer that it is the first of.
type exchangeEntry struct {
	exchange track.Index
	transfer track.TransferIndex // 0 for none
}

// transferNote is what is counted of a transfer.
type transferNote struct {
	entry           uint32 // and one more; 0 for none
	retransmissions uint32
}

// unfolded is an entry that shows its frames.
type unfolded struct {
	entry  uint32
	frames []uint64
	looked []uint64 // those of a transfer, also such that another row has
	place  int      // of its row if nothing was unfolded; -1 while it is hidden
	before int      // frames of those that are unfolded above it
}

func newExchanges(t *Traffic) *Exchanges { return &Exchanges{t: t, live: newLiveExchanges()} }

// Exchanges gives the table of exchanges.
func (t *Traffic) Exchanges() *Exchanges { return t.exchanges }

// seen takes the next frame, which the tracker has.
func (x *Exchanges) seen(f *trace.Frame, info track.FrameInfo) {
	if info.Exchange == 0 {
		return
	}
	x.arranged = false
	at := int(info.Exchange) - 1
	for len(x.of) <= at {
		x.begin(track.Index(len(x.of)+1), info.Transfer)
	}
	entry := x.of[at] - 1
	e := &x.entries[entry]
	if i := info.Transfer; i != 0 {
		note := x.transfer(i)
		if note.entry == 0 && e.transfer == 0 && e.exchange == info.Exchange {
			// An observation stays a row of its own, whatever its notifications are a part of.
			if ex, _ := x.t.tracker.Exchange(info.Exchange); !ex.Observe && !ex.Multicast && ex.RequestSeen {
				e.transfer, note.entry = i, entry+1
				note.retransmissions = uint32(ex.Retransmissions)
				x.refold(entry)
			}
		}
		if info.Role == track.RoleRetransmission && note.entry != 0 {
			note.retransmissions++
		}
	}
	switch {
	case f.Direction != trace.Sent:
	case info.Role == track.RoleRequest, info.Role == track.RolePing:
		x.live.sent(x.t, info.Exchange)
	}
	x.settle(entry)
}

// pull tries what is to be chosen, and sorts, as long as there is time. It tells whether rows have changed by that, and
// whether there is more to do.
func (x *Exchanges) pull(in func() bool) (changed, more bool) {
	for first := true; x.toTry() > 0 && (first || in()); first = false {
		for range min(pullFrames, x.toTry()) {
			x.try()
		}
		changed = true
	}
	for first := true; x.toTry() == 0 && x.toSort() && (first || in()); first = false {
		again, sorted := x.sort(x.t.now())
		changed = changed || sorted
		if !again {
			break
		}
	}
	return changed, x.toTry() > 0 || x.toSort()
}

// begin enters an exchange.
func (x *Exchanges) begin(i track.Index, transfer track.TransferIndex) {
	if transfer != 0 {
		if note := x.transfer(transfer); note.entry != 0 {
			x.of = append(x.of, note.entry)
			return
		}
	}
	x.entries = append(x.entries, exchangeEntry{i, transfer})
	n := uint32(len(x.entries))
	x.of = append(x.of, n)
	if transfer != 0 {
		x.transfer(transfer).entry = n
	}
}

func (x *Exchanges) transfer(i track.TransferIndex) *transferNote {
	for len(x.transfers) < int(i) {
		x.transfers = append(x.transfers, transferNote{})
	}
	return &x.transfers[i-1]
}

// entryOf gives the entry of a frame; false for a frame that belongs to no exchange.
func (x *Exchanges) entryOf(s trace.Seq) (uint32, bool) {
	i := x.t.tracker.Info(uint64(s)).Exchange
	if i == 0 || int(i) > len(x.of) {
		return 0, false
	}
	return x.of[i-1] - 1, true
}

// Total is the number of exchanges and transfers, whatever is chosen of them.
func (x *Exchanges) Total() int { return len(x.entries) }

// bases is the number of rows that are exchanges.
func (x *Exchanges) bases() int {
	switch {
	case x.sorted.by != ByBeginning:
		return len(x.sorted.order)
	case x.chosen():
		return len(x.choice.list)
	}
	return len(x.entries)
}

// base gives the entry of a row among those.
func (x *Exchanges) base(place int) uint32 {
	switch {
	case x.sorted.by != ByBeginning:
		return x.sorted.order[place]
	case x.chosen():
		return x.choice.list[place]
	}
	return uint32(place)
}

// placeOf gives the place of an entry among those rows; -1 where it is not shown.
func (x *Exchanges) placeOf(entry uint32) int {
	switch {
	case x.sorted.by != ByBeginning:
		return x.sorted.placeOf(entry)
	case x.chosen():
		if at, ok := slices.BinarySearch(x.choice.list, entry); ok {
			return at
		}
		return -1
	}
	return int(entry)
}

// Len is the number of rows.
func (x *Exchanges) Len() int {
	x.arrange()
	return x.bases() + x.frameRows + len(x.waiting())
}

// arrange brings what is unfolded up to date.
func (x *Exchanges) arrange() {
	if x.arranged {
		return
	}
	x.arranged, x.frameRows = true, 0
	for i := range x.unfolded {
		u := &x.unfolded[i]
		u.place = x.placeOf(u.entry)
		if u.place >= 0 {
			x.gather(u)
		}
	}
	slices.SortFunc(x.unfolded, func(a, b unfolded) int { return a.place - b.place })
	for i := range x.unfolded {
		u := &x.unfolded[i]
		if u.before = x.frameRows; u.place >= 0 {
			x.frameRows += len(u.frames)
		}
	}
}

// gather brings the frames of what is unfolded up to date.
func (x *Exchanges) gather(u *unfolded) {
	e := x.entries[u.entry]
	if e.transfer == 0 {
		u.frames = x.t.tracker.AppendFrames(u.frames, e.exchange)
		return
	}
	n := len(u.looked)
	u.looked = x.t.tracker.AppendTransferFrames(u.looked, e.transfer)
	if tr, _ := x.t.tracker.Transfer(e.transfer); len(u.looked) != tr.FrameCount { // one before the last was found to belong to it
		n, u.frames, u.looked = 0, nil, x.t.tracker.AppendTransferFrames(nil, e.transfer)
	}
	for _, f := range u.looked[n:] {
		// A request that the transfer turned out to begin again with has a row of its own.
		if entry, ok := x.entryOf(trace.Seq(f)); ok && entry == u.entry {
			u.frames = append(u.frames, f)
		}
	}
}

// rowKind tells what a row is.
type rowKind uint8

const (
	noRow rowKind = iota
	entryRow
	frameRow
	waitingRow
)

// place is what a row stands for.
type place struct {
	kind    rowKind
	entry   uint32
	frame   trace.Seq // of a frameRow
	waiting int       // of a waitingRow
}

// at tells what a row stands for.
func (x *Exchanges) at(row int) place {
	x.arrange()
	bases := x.bases()
	if n := bases + x.frameRows; row < 0 || row >= n+len(x.waiting()) {
		return place{}
	} else if row >= n {
		return place{kind: waitingRow, waiting: row - n}
	}
	// The last one that is unfolded at or above the row.
	k := sort.Search(len(x.unfolded), func(i int) bool {
		u := &x.unfolded[i]
		return u.place >= 0 && u.place+u.before > row
	}) - 1
	if k < 0 || x.unfolded[k].place < 0 {
		return place{kind: entryRow, entry: x.base(row)}
	}
	u := &x.unfolded[k]
	below := row - u.place - u.before
	switch {
	case below == 0:
		return place{kind: entryRow, entry: u.entry}
	case below <= len(u.frames):
		return place{kind: frameRow, entry: u.entry, frame: trace.Seq(u.frames[below-1])}
	}
	return place{kind: entryRow, entry: x.base(row - u.before - len(u.frames))}
}

// row gives the row of an entry; -1 where it is not shown.
func (x *Exchanges) row(entry uint32) int {
	x.arrange()
	at := x.placeOf(entry)
	if at < 0 {
		return -1
	}
	k := sort.Search(len(x.unfolded), func(i int) bool { return x.unfolded[i].place >= at })
	if k < len(x.unfolded) {
		return at + x.unfolded[k].before
	}
	return at + x.frameRows
}

// find gives what is unfolded of an entry; nil where that is not.
func (x *Exchanges) find(entry uint32) *unfolded {
	for i := range x.unfolded {
		if x.unfolded[i].entry == entry {
			return &x.unfolded[i]
		}
	}
	return nil
}

// RowOf gives the row of a frame, or of its exchange where that is folded; -1 where neither is shown.
func (x *Exchanges) RowOf(s trace.Seq) int {
	entry, ok := x.entryOf(s)
	if !ok {
		return -1
	}
	row := x.row(entry)
	if u := x.find(entry); u != nil && row >= 0 {
		if at, ok := slices.BinarySearch(u.frames, uint64(s)); ok {
			return row + 1 + at
		}
	}
	return row
}

// Fold shows the frames of a row's exchange below it, or no more.
func (x *Exchanges) Fold(row int, open bool) {
	p := x.at(row)
	if p.kind != entryRow && p.kind != frameRow {
		return
	}
	switch u := x.find(p.entry); {
	case open && u == nil:
		x.unfolded = append(x.unfolded, unfolded{entry: p.entry})
	case !open && u != nil:
		x.unfolded = slices.DeleteFunc(x.unfolded, func(u unfolded) bool { return u.entry == p.entry })
		if x.selected == p.entry+1 {
			x.frameOnly = false
		}
	}
	x.arranged = false
}

// refold has the frames of an entry gathered anew.
func (x *Exchanges) refold(entry uint32) {
	if u := x.find(entry); u != nil {
		u.frames, u.looked = nil, nil
	}
}

// FoldOf tells whether a row can be unfolded, and whether it is; deep tells that it is a part of another.
func (x *Exchanges) FoldOf(row int) (foldable, open, deep bool) {
	p := x.at(row)
	return p.kind == entryRow, p.kind == entryRow && x.find(p.entry) != nil, p.kind == frameRow
}

// Seq gives the frame that a row stands for: of an exchange its first; 0 for none.
func (x *Exchanges) Seq(row int) trace.Seq {
	switch p := x.at(row); p.kind {
	case entryRow:
		return x.firstFrame(p.entry)
	case frameRow:
		return p.frame
	}
	return 0
}

func (x *Exchanges) firstFrame(entry uint32) trace.Seq {
	ex, _ := x.t.tracker.Exchange(x.entries[entry].exchange)
	return trace.Seq(ex.FirstFrame)
}

package view

import (
	"fmt"
	"math/bits"
	"net/netip"
	"sort"
	"strings"

	"coapscope/session/trace"
	"coapscope/session/track"
)

const wordBits = 64

// ranks is a list of places, some of which are off. Each of those that are on has a row, and either is found from the
// other quickly.
type ranks struct {
	words  []uint64
	before []uint32 // places that are on before each word
	len    int
	on     int
}

// add adds a place that is on.
func (r *ranks) add() {
	if r.len%wordBits == 0 {
		r.words, r.before = append(r.words, 0), append(r.before, uint32(r.on))
	}
	r.words[r.len/wordBits] |= 1 << (r.len % wordBits)
	r.len++
	r.on++
}

func (r *ranks) has(place int) bool {
	return place >= 0 && place < r.len && r.words[place/wordBits]>>(place%wordBits)&1 != 0
}

// set switches a place; recount has to follow.
func (r *ranks) set(place int, on bool) {
	bit := uint64(1) << (place % wordBits)
	if on {
		r.words[place/wordBits] |= bit
	} else {
		r.words[place/wordBits] &^= bit
	}
}

// recount counts again, from a place on that was switched.
func (r *ranks) recount(from int) {
	for w := from / wordBits; w < len(r.words); w++ {
		if w > 0 {
			r.before[w] = r.before[w-1] + uint32(bits.OnesCount64(r.words[w-1]))
		}
	}
	if n := len(r.words); n > 0 {
		r.on = int(r.before[n-1]) + bits.OnesCount64(r.words[n-1])
	}
}

// rank gives how many places before that one are on.
func (r *ranks) rank(place int) int {
	if place >= r.len {
		return r.on
	}
	w := place / wordBits
	return int(r.before[w]) + bits.OnesCount64(r.words[w]&(1<<(place%wordBits)-1))
}

// find gives the place of a row, which must exist.
func (r *ranks) find(row int) int {
	w := sort.Search(len(r.before), func(w int) bool { return int(r.before[w]) > row }) - 1
	word := r.words[w]
	for n := row - int(r.before[w]); n > 0; n-- {
		word &= word - 1
	}
	return w*wordBits + bits.TrailingZeros64(word)
}

// run is the frames of a transfer, which fold.
type run struct {
	first, last int // places
	count       int // of frames
	again       int // retransmissions
	lost        int
	early       []int // their places, as long as there are too few to fold
	open        bool
}

// foldedFrames is how many frames a transfer has at least that folds: three exchanges.
const foldedFrames = 6

func (r *run) folds() bool { return r.count >= foldedFrames }

// lookBack is how many places the first frame of a transfer is looked for, which was not known to be that.
const lookBack = 4096

// gather puts a frame that moves a body to the others that do.
func (l *Ladder) gather(place int, info track.FrameInfo, f *trace.Frame) {
	if info.Transfer == 0 {
		return
	}
	r := l.runs[info.Transfer]
	if r == nil {
		r = &run{first: place}
		l.runs[info.Transfer] = r
		if c, ok := l.t.tracker.Transfer(info.Transfer); ok {
			from, _ := l.place(trace.Seq(c.FirstFrame))
			for p := max(from, place-lookBack); p < place; p++ {
				s := l.seq(p)
				if other := l.t.tracker.Info(uint64(s)); other.Transfer == info.Transfer {
					r.first = min(r.first, p)
					l.count(r, p, other, l.t.log.At(s))
				}
			}
		}
	}
	l.count(r, place, info, f)
}

func (l *Ladder) count(r *run, place int, info track.FrameInfo, f *trace.Frame) {
	r.count++
	r.last = max(r.last, place)
	if info.Role == track.RoleRetransmission {
		r.again++
	}
	if f != nil && f.Fault&trace.Lost != 0 {
		r.lost++
	}
	hide := l.fold && !r.open
	switch {
	case r.count < foldedFrames:
		r.early = append(r.early, place)
	case r.count == foldedFrames:
		if hide {
			for _, p := range append(r.early, place) {
				l.rows.set(p, p == r.first)
			}
			l.rows.recount(r.first)
		}
		r.early = nil
	case hide:
		l.rows.set(place, false)
		l.rows.recount(place)
	}
}

// Folds tells whether runs of blocks are folded.
func (l *Ladder) Folds() bool { return l.fold }

// Folded tells whether a row is the bracket of a run of blocks.
func (l *Ladder) Folded(row int) bool {
	if row < 0 || row >= l.rows.on {
		return false
	}
	_, r := l.runOf(l.rows.find(row))
	return r != nil && l.fold && !r.open
}

// SetFolds folds all runs of blocks, or none.
func (l *Ladder) SetFolds(on bool) {
	l.keeping(-1, func() { l.setFolds(on) })
}

func (l *Ladder) setFolds(on bool) {
	l.fold = on
	for _, r := range l.runs {
		r.open = false
	}
	for p := range l.rows.len {
		if r := l.runs[l.t.tracker.Info(uint64(l.seq(p))).Transfer]; r != nil && r.folds() {
			l.rows.set(p, p == r.first || !on)
		}
	}
	l.rows.recount(0)
}

// ToggleFold folds or unfolds the transfer of a frame. It tells whether there is one that folds.
func (l *Ladder) ToggleFold(s trace.Seq) bool {
	transfer := l.t.tracker.Info(uint64(s)).Transfer
	r := l.runs[transfer]
	if transfer == 0 || r == nil || !r.folds() {
		return false
	}
	l.keeping(r.first, func() { l.toggle(transfer, r) })
	return true
}

func (l *Ladder) toggle(transfer track.TransferIndex, r *run) {
	if !l.fold { // then they are open all the same: fold this one only
		l.fold = true
		for _, other := range l.runs {
			other.open = true
		}
	}
	r.open = !r.open
	for p := r.first + 1; p <= r.last; p++ {
		if l.t.tracker.Info(uint64(l.seq(p))).Transfer == transfer {
			l.rows.set(p, r.open)
		}
	}
	l.rows.recount(r.first)
}

// runOf gives the transfer whose bracket is at a place, if it folds.
func (l *Ladder) runOf(place int) (track.TransferIndex, *run) {
	i := l.t.tracker.Info(uint64(l.seq(place))).Transfer
	r := l.runs[i]
	if i == 0 || r == nil || !r.folds() {
		return 0, nil
	}
	return i, r
}

// runText says what a run of blocks is.
func (l *Ladder) runText(i track.TransferIndex, r *run) string {
	c, _ := l.t.tracker.Transfer(i)
	blocks := c.Request.Blocks + c.Response.Blocks
	parts := []string{count(blocks, "block", "blocks")}
	if n := r.again + c.Request.Retried + c.Response.Retried; n > 0 {
		parts = append(parts, fmt.Sprintf("%d retried", n))
	}
	if r.lost > 0 {
		parts = append(parts, fmt.Sprintf("%d lost", r.lost))
	}
	parts = append(parts, Bytes(int(c.Request.Received+c.Response.Received)))
	if took := l.at(r.last) - l.at(r.first); took > 0 {
		parts = append(parts, Duration(took))
	}
	if c.State != track.TransferComplete {
		parts = append(parts, c.State.String())
	}
	text := strings.Join(parts, " · ")
	if c.Method != 0 {
		text += "   " + c.Method.Short() + " " + pathAndQuery(c.Path, c.Query)
	}
	return text
}

// FoldTip tells of the run of blocks that a frame belongs to.
func (l *Ladder) FoldTip(s trace.Seq) string {
	transfer := l.t.tracker.Info(uint64(s)).Transfer
	r := l.runs[transfer]
	if r == nil {
		return ""
	}
	what := "Click, or Enter, shows each of the "
	if r.open || !l.fold {
		what = "Click, or Enter, folds the "
	}
	return l.runText(transfer, r) + "\n" + what + count(r.count, "frame", "frames")
}

// endpoints are the lifelines, in the order in which they were seen. The zero one is this program.
type endpoints struct {
	all    []netip.AddrPort
	number map[netip.AddrPort]int
	recent [2]netip.AddrPort
}

func (e *endpoints) note(from, to netip.AddrPort) {
	if e.number != nil && e.recent == [2]netip.AddrPort{from, to} {
		return
	}
	if e.number == nil {
		e.number = make(map[netip.AddrPort]int)
	}
	for _, a := range [...]netip.AddrPort{from, to} {
		if _, ok := e.number[a]; !ok {
			e.number[a] = len(e.all)
			e.all = append(e.all, a)
		}
	}
	e.recent = [2]netip.AddrPort{from, to}
}

// endpointsOf gives where a frame comes from and goes to. This program is one endpoint, whatever its addresses.
func endpointsOf(f *trace.Frame) (from, to netip.AddrPort) {
	switch f.Direction {
	case trace.Sent:
		return netip.AddrPort{}, f.Destination
	case trace.Received:
		return f.Source, netip.AddrPort{}
	}
	return f.Source, f.Destination
}

// endpointName is what stands over a lifeline.
func (l *Ladder) endpointName(a netip.AddrPort) string {
	if !a.IsValid() {
		return "Coapscope"
	}
	return l.t.name(a)
}

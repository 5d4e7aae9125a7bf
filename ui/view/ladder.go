package view

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"time"

	"coapscope/session/trace"
	"coapscope/session/track"
)

// LadderScope is which packets a ladder shows.
type LadderScope uint8

// The scopes. All but the first two are about the selected packet.
const (
	ScopeShown       LadderScope = iota // what passes the packet filter
	ScopeAll                            // whatever the filter
	ScopeExchange                       // the exchange of the selected packet
	ScopeObservation                    // its observation, with all registrations
	ScopeTransfer                       // the body that it is a block of
	ScopePeer                           // the endpoint at its other side

	// LadderScopes is the number of scopes.
	LadderScopes
)

var scopeText = [LadderScopes]string{"Packets that pass the filter", "All packets", "Exchange", "Observation", "Transfer in blocks", "Peer"}

// String names the scope.
func (s LadderScope) String() string {
	if s >= LadderScopes {
		return "unknown scope"
	}
	return scopeText[s]
}

// Ladder is traffic as a picture: time runs down, endpoints are lifelines, frames are arrows. It keeps a few bits a frame,
// and makes arrows only where they are looked at.
type Ladder struct {
	t        *Traffic
	scope    LadderScope
	selected trace.Seq
	wanted   trace.Seq // to be brought into sight when the index has it; 0 for none
	about    about     // what the scope is about

	frames  []uint64 // those in the scope, unless all are or the filter has them
	scanned int      // frames that were looked at for them
	changes int      // of the filter, when the index began

	rows    ranks           // a place for each frame in the scope; those that are folded away are off
	latest  []time.Duration // before every 64 places: the latest time so far, since Traffic.begin
	last    time.Duration   // the latest time
	ends    endpoints
	runs    map[track.TransferIndex]*run
	fold    bool
	viewing viewing

	made int // arrows that were made, which tests count
}

// about is what a scope is about.
type about struct {
	exchange    track.Index
	observation track.ObservationIndex
	transfer    track.TransferIndex
	peer        netip.AddrPort
}

// NewLadder gives a ladder of the packets that pass the filter.
func NewLadder(t *Traffic) *Ladder {
	l := &Ladder{t: t, fold: true, viewing: newViewing()}
	l.restart()
	return l
}

// Ladder gives the ladder of the traffic. From then on Pull keeps it up to date.
func (t *Traffic) Ladder() *Ladder {
	if t.ladder == nil {
		t.ladder = NewLadder(t)
	}
	return t.ladder
}

// Traffic is what the ladder shows.
func (l *Ladder) Traffic() *Traffic { return l.t }

// restart has the index begin anew.
func (l *Ladder) restart() {
	l.frames, l.scanned, l.changes = nil, 0, l.t.asked.changes
	l.rows, l.latest, l.last = ranks{}, nil, 0
	l.ends = endpoints{}
	l.runs = make(map[track.TransferIndex]*run)
}

// Scope gives which packets are shown.
func (l *Ladder) Scope() LadderScope { return l.scope }

// SetScope shows other packets.
func (l *Ladder) SetScope(s LadderScope) {
	l.scope = s
	l.about = about{}
	l.aim()
	l.restart()
	l.viewing.home()
	l.wanted = l.selected
}

// Select tells which frame is selected; a scope that is about it moves along.
func (l *Ladder) Select(s trace.Seq) {
	l.selected = s
	if before := l.about; l.aim() && l.about != before {
		l.restart()
		l.viewing.home()
		l.wanted = s
	}
}

// Selected gives that frame.
func (l *Ladder) Selected() trace.Seq { return l.selected }

// aim finds what the scope is about. Where the selected frame has nothing of the kind it stays as it is.
func (l *Ladder) aim() bool {
	to := l.aboutOf(l.scope)
	if to == (about{}) {
		return false
	}
	l.about = to
	return true
}

func (l *Ladder) aboutOf(s LadderScope) (a about) {
	info := l.t.tracker.Info(uint64(l.selected))
	x, _ := l.t.tracker.Exchange(info.Exchange)
	switch s {
	case ScopeExchange:
		a.exchange = info.Exchange
	case ScopeObservation:
		a.observation = x.Observation
	case ScopeTransfer:
		a.transfer = info.Transfer
	case ScopePeer:
		if f := l.t.Frame(l.selected); f != nil {
			a.peer, _ = l.t.peer(f, info)
		}
	}
	return a
}

// CanScope tells whether the selected packet has what the scope is about.
func (l *Ladder) CanScope(s LadderScope) bool {
	return s <= ScopeAll || l.aboutOf(s) != about{}
}

// Title says what is shown.
func (l *Ladder) Title() string {
	switch l.scope {
	case ScopeShown:
		if !l.t.Filtered() {
			return "All packets"
		}
		return "Packets that pass " + l.t.FilterText()
	case ScopeExchange:
		if x, ok := l.t.tracker.Exchange(l.about.exchange); ok {
			return exchangeTitle(&x)
		}
	case ScopeObservation:
		if o, ok := l.t.tracker.Observation(l.about.observation); ok {
			return fmt.Sprintf("Observation of %s at %s · %s · %s", pathAndQuery(o.Path, o.Query), l.t.name(o.Server), count(o.Notifications, "notification", "notifications"), o.State)
		}
	case ScopeTransfer:
		if c, ok := l.t.tracker.Transfer(l.about.transfer); ok {
			return fmt.Sprintf("Transfer of %s %s · %s", pathAndQuery(c.Path, c.Query), l.t.name(c.Server), c.State)
		}
	case ScopePeer:
		if l.about.peer.IsValid() {
			return "Packets of " + l.t.name(l.about.peer)
		}
	}
	return l.scope.String()
}

func pathAndQuery(path, query string) string {
	if query != "" {
		return path + "?" + query
	}
	return path
}

// plain tells whether the places are those of all frames.
func (l *Ladder) plain() bool {
	return l.scope == ScopeAll || l.scope == ScopeShown && !l.t.Filtered()
}

// known is how many places there are, indexed or not.
func (l *Ladder) known() int {
	switch {
	case l.plain():
		return l.t.fed
	case l.scope == ScopeShown:
		return len(l.t.asked.matching)
	}
	return len(l.frames)
}

// seq gives the frame at a place; 0 for a place that there is no more, since fewer packets pass the filter.
func (l *Ladder) seq(place int) trace.Seq {
	switch {
	case l.plain():
		return trace.Seq(place + 1)
	case place >= l.known():
		return 0
	case l.scope == ScopeShown:
		return trace.Seq(l.t.asked.matching[place])
	}
	return trace.Seq(l.frames[place])
}

// place gives the first place of a frame with that number or a greater one, and whether it is that one.
func (l *Ladder) place(s trace.Seq) (int, bool) {
	n := l.rows.len
	switch {
	case l.plain():
		return min(max(int(s)-1, 0), n), s >= 1 && int(s) <= n
	case l.scope == ScopeShown:
		return slices.BinarySearchFunc(l.t.asked.matching[:n], s, func(m uint32, s trace.Seq) int { return cmp.Compare(trace.Seq(m), s) })
	}
	return slices.BinarySearch(l.frames[:n], uint64(s))
}

// behind tells whether there is more to be taken into the index.
func (l *Ladder) behind() bool {
	if l.changes != l.t.asked.changes && l.scope == ScopeShown {
		l.restart()
	}
	return l.scanned < l.scanEnd() || l.rows.len < l.known()
}

// Indexing is how many frames have still to be looked at.
func (l *Ladder) Indexing() int { return max(l.scanEnd()-l.scanned, 0) + l.known() - l.rows.len }

// scanEnd is up to which frame the scope has to be looked for.
func (l *Ladder) scanEnd() int {
	if l.scope <= ScopeAll || l.about == (about{}) {
		return 0
	}
	return l.t.fed
}

// step takes some more frames into the index.
func (l *Ladder) step(limit int) {
	l.scan(limit)
	for n := min(l.known(), l.rows.len+limit); l.rows.len < n; {
		l.index(l.rows.len)
	}
}

// scan looks for frames in a scope that is about the selected one.
func (l *Ladder) scan(limit int) {
	end := l.scanEnd()
	switch {
	case l.scanned >= end:
		return
	case l.scope == ScopeExchange:
		l.frames, l.scanned = l.t.tracker.AppendFrames(l.frames, l.about.exchange), end
		return
	case l.scanned == 0:
		l.scanned = l.scanBegin()
	}
	for n := min(end, l.scanned+limit); l.scanned < n; {
		l.scanned++
		if l.inScope(trace.Seq(l.scanned)) {
			l.frames = append(l.frames, uint64(l.scanned))
		}
	}
	// The first request of a transfer is known to be that only when its response comes.
	if c, ok := l.t.tracker.Transfer(l.about.transfer); ok && l.scanned == l.t.fed && len(l.frames) < c.FrameCount {
		l.restart()
	}
}

// scanBegin is how many frames at the beginning are surely not in the scope.
func (l *Ladder) scanBegin() int {
	if c, ok := l.t.tracker.Transfer(l.about.transfer); ok {
		return int(c.FirstFrame) - 1
	}
	if o, ok := l.t.tracker.Observation(l.about.observation); ok {
		return int(o.FirstFrame) - 1
	}
	return 0
}

func (l *Ladder) inScope(s trace.Seq) bool {
	info := l.t.tracker.Info(uint64(s))
	switch l.scope {
	case ScopeObservation:
		return info.Exchange != 0 && l.t.tracker.ObservationOf(info.Exchange) == l.about.observation
	case ScopeTransfer:
		return info.Transfer == l.about.transfer
	}
	f := l.t.log.At(s)
	return f != nil && (f.Source == l.about.peer || f.Destination == l.about.peer)
}

// index takes the frame of the next place.
func (l *Ladder) index(place int) {
	if place%wordBits == 0 {
		l.latest = append(l.latest, l.last)
	}
	s := l.seq(place)
	f := l.t.log.At(s)
	if f != nil {
		l.last = max(l.last, f.Time.Sub(l.t.begin))
		l.ends.note(endpointsOf(f))
	}
	l.rows.add()
	l.gather(place, l.t.tracker.Info(uint64(s)), f)
}

// at gives the time of a place. It never goes back, whatever a capture file says.
func (l *Ladder) at(place int) time.Duration {
	first := place / wordBits * wordBits
	t := l.latest[place/wordBits]
	for i := first; i <= place; i++ {
		if f := l.t.log.At(l.seq(i)); f != nil {
			t = max(t, f.Time.Sub(l.t.begin))
		}
	}
	return t
}

// placeAt gives the first place at that time or later.
func (l *Ladder) placeAt(t time.Duration) int {
	block := sort.Search(len(l.latest), func(b int) bool { return l.latest[b] >= t })
	from := max(block-1, 0) * wordBits
	latest := time.Duration(0)
	if len(l.latest) > 0 {
		latest = l.latest[from/wordBits]
	}
	for i := from; i < min(block*wordBits, l.rows.len); i++ {
		if f := l.t.log.At(l.seq(i)); f != nil {
			latest = max(latest, f.Time.Sub(l.t.begin))
		}
		if latest >= t {
			return i
		}
	}
	return min(block*wordBits, l.rows.len)
}

// Len is the number of rows.
func (l *Ladder) Len() int { return l.rows.on }

// row gives the row of a frame, or of the bracket that it is folded into; -1 where the scope does not have it.
func (l *Ladder) row(s trace.Seq) int {
	place, ok := l.place(s)
	if !ok {
		return -1
	}
	if !l.rows.has(place) {
		if r := l.runs[l.t.tracker.Info(uint64(s)).Transfer]; r != nil {
			place = r.first
		}
	}
	return l.rows.rank(place)
}

// Rows gives the rows of frames, for a test or an export: those from one up to another.
func (l *Ladder) Rows(from, to int) (frames []trace.Seq) {
	for r := max(from, 0); r < min(to, l.rows.on); r++ {
		frames = append(frames, l.seq(l.rows.find(r)))
	}
	return frames
}

package view

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ExchangeOrder tells by what the table is sorted.
type ExchangeOrder uint8

const (
	ByBeginning ExchangeOrder = iota // as they came, the newest last
	ByPeer
	ByRequest
	ByState
	ByTries
	ByRTT
	ByMoved // blocks, or notifications
)

// downFirst tells whether the largest is what one looks for.
func (o ExchangeOrder) downFirst() bool { return o >= ByTries }

// sorting is the order of the rows. To sort a million takes time: it is done in steps, and beside, on copies of what is
// compared. Until it is done the rows stay as they are.
type sorting struct {
	by   ExchangeOrder
	down bool

	order  []uint32 // entries in the order of the rows
	places []int32  // by entry, its row, -1 for none; none of those that came later

	stale   bool      // something has happened since the keys were begun to be taken
	due     time.Time // no sooner is it sorted again
	began   time.Time
	todo    []uint32 // entries whose keys are to be taken
	keys    []sortKey
	running chan []sortKey // gives them sorted
}

// sortKey is what is compared of an entry.
type sortKey struct {
	number int64
	text   string
	entry  uint32
}

// sortInline are so few that sorting them takes no time.
const sortInline = 1 << 12

// sortPause is the least time between the end of sorting and the next beginning; longer where sorting took long.
const sortPause = 300 * time.Millisecond

// Order tells by what the rows are sorted, and whether the largest come first.
func (x *Exchanges) Order() (by ExchangeOrder, down bool) { return x.sorted.by, x.sorted.down }

// Sort sorts the rows by something; if they are already, the other way around, and then as they came.
func (x *Exchanges) Sort(by ExchangeOrder) {
	s := &x.sorted
	next := sorting{by: by, down: by.downFirst(), stale: true, order: s.order, places: s.places}
	if by == s.by && s.down == by.downFirst() {
		next.down = !next.down
	} else if by == s.by {
		next = sorting{}
	}
	if next.by == ByBeginning {
		next = sorting{}
	} else if s.by == ByBeginning {
		next.take(x.chosenEntries(), len(x.entries))
	}
	x.sorted, x.arranged = next, false
}

// SortExchanges sorts the table of exchanges.
func (w *Workbench) SortExchanges(by ExchangeOrder) {
	w.Traffic.exchanges.Sort(by)
	w.Changed(PartPackets)
}

// chosenEntries gives the entries that are chosen as they came.
func (x *Exchanges) chosenEntries() []uint32 {
	if x.chosen() {
		return slices.Clone(x.choice.list)
	}
	list := make([]uint32, len(x.entries))
	for i := range list {
		list[i] = uint32(i)
	}
	return list
}

// take makes that the order, of so many entries.
func (s *sorting) take(order []uint32, entries int) {
	s.order = order
	s.places = slices.Grow(s.places[:0], entries)[:entries]
	for i := range s.places {
		s.places[i] = -1
	}
	for place, entry := range order {
		s.places[entry] = int32(place)
	}
}

func (s *sorting) placeOf(entry uint32) int {
	if int(entry) >= len(s.places) {
		return -1
	}
	return int(s.places[entry])
}

// toSort tells whether the rows have to be sorted now or soon.
func (x *Exchanges) toSort() bool {
	s := &x.sorted
	return s.by != ByBeginning && (s.stale || s.todo != nil || s.running != nil)
}

// sort does a step of sorting. It tells whether there is another one to do at once, and whether the order is new.
func (x *Exchanges) sort(now time.Time) (more, done bool) {
	s := &x.sorted
	switch {
	case s.running != nil:
		select {
		case keys := <-s.running:
			s.running = nil
			x.ordered(keys, now)
			return false, true
		default:
			return false, false
		}
	case s.todo == nil:
		if !s.stale || now.Before(s.due) {
			return false, false
		}
		s.stale, s.began, s.todo = false, now, x.chosenEntries()
		s.keys = make([]sortKey, 0, len(s.todo))
		return true, false
	}
	n := len(s.keys)
	for _, entry := range s.todo[n:min(n+pullFrames, len(s.todo))] {
		s.keys = append(s.keys, x.sortKey(entry))
	}
	if len(s.keys) < len(s.todo) {
		return true, false
	}
	keys, down := s.keys, s.down
	s.todo, s.keys = nil, nil
	if len(keys) <= sortInline {
		sortKeys(keys, down)
		x.ordered(keys, now)
		return false, true
	}
	sorted := make(chan []sortKey, 1)
	s.running = sorted
	go func() {
		sortKeys(keys, down)
		sorted <- keys
	}()
	return false, false
}

func sortKeys(keys []sortKey, down bool) {
	slices.SortFunc(keys, func(a, b sortKey) int {
		c := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
		if down {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a.entry, b.entry))
	})
}

func (x *Exchanges) ordered(keys []sortKey, now time.Time) {
	order := make([]uint32, len(keys))
	for i := range keys {
		order[i] = keys[i].entry
	}
	x.sorted.take(order, len(x.entries))
	x.sorted.due = now.Add(max(sortPause, 4*now.Sub(x.sorted.began)))
	x.arranged = false
}

// sortKey gives what is compared of an entry.
func (x *Exchanges) sortKey(entry uint32) sortKey {
	k, e := sortKey{entry: entry}, x.entries[entry]
	ex, _ := x.t.tracker.Exchange(e.exchange)
	switch x.sorted.by {
	case ByPeer:
		k.text = x.t.name(ex.Server)
	case ByRequest:
		k.number, k.text = int64(ex.Method), ex.Path
	case ByState:
		s := x.stateOf(entry)
		if k.text = s.text; s.failed {
			k.number = 1
		}
	case ByTries:
		if k.number = int64(ex.Retransmissions); e.transfer != 0 {
			tr, _ := x.t.tracker.Transfer(e.transfer)
			k.number = int64(x.retried(&tr))
		}
	case ByRTT:
		if k.number = int64(ex.RTT); e.transfer != 0 {
			tr, _ := x.t.tracker.Transfer(e.transfer)
			k.number = int64(tr.Last.Sub(tr.First))
		}
	case ByMoved:
		if k.number = int64(ex.Notifications); e.transfer != 0 {
			tr, _ := x.t.tracker.Transfer(e.transfer)
			k.number = int64(tr.Request.Blocks + tr.Response.Blocks)
		}
	}
	return k
}

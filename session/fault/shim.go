package fault

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
)

// Bounds of what a shim holds back at a time. A datagram beyond them is not held back.
const (
	maxHeld      = 1 << 16
	maxHeldBytes = 64 << 20
)

// Datagram is a datagram on its way.
type Datagram struct {
	Direction Direction      // Sent or Received
	Peer      netip.AddrPort // the other end
	Data      []byte
	Ticket    any // the owner's; it comes back with what becomes of the datagram
}

// Delivery is a datagram whose time has come, and what was done to it. One that is Lost goes nowhere.
type Delivery struct {
	Datagram
	Done Kind
}

// Shim does to datagrams what a [Config] says. It has no goroutine, clock or socket, and no lock.
type Shim struct {
	config Config
	rules  []state
	parse  bool // a rule asks for options

	held    held
	waiting map[flow]*holding // of each flow the one that waits to be overtaken
	bytes   int               // held back
	serial  uint64
	counts  Counts
	message protocol.Message // reused
}

// state is what the shim remembers of a rule.
type state struct {
	*Rule
	seen   uint64
	chance [3]*rand.Rand // of each Direction
}

// flow is what order is a matter of.
type flow struct {
	direction Direction
	peer      netip.AddrPort
}

// Counts says what was done.
type Counts struct {
	Datagrams                                       uint64 // that were looked at
	Lost, Delayed, Duplicated, Reordered, Corrupted uint64
	Rules                                           []RuleCounts // in order
}

// RuleCounts says what became of a rule.
type RuleCounts struct {
	Matched uint64 // datagrams that it is about
	Hit     uint64 // of these, those that it acted on
}

// New makes a shim. The error says which rule cannot be and why.
func New(c Config) (*Shim, error) {
	s := &Shim{config: Config{c.Seed, slices.Clone(c.Rules)}, waiting: make(map[flow]*holding)}
	s.counts.Rules = make([]RuleCounts, len(c.Rules))
	for i := range s.config.Rules {
		r := &s.config.Rules[i]
		if wrong := r.check(); wrong != "" {
			return nil, fmt.Errorf("fault rule %d, “%s”: %s", i+1, r, wrong)
		}
		st := state{Rule: r}
		for direction := range st.chance {
			st.chance[direction] = rand.New(rand.NewPCG(c.Seed, uint64(i)<<8|uint64(direction)))
		}
		s.rules = append(s.rules, st)
		s.parse = s.parse || r.OfBlock || r.Path != ""
	}
	return s, nil
}

// Config gives what the shim does.
func (s *Shim) Config() Config { return Config{s.config.Seed, slices.Clone(s.config.Rules)} }

// Counts gives what was done so far.
func (s *Shim) Counts() Counts {
	c := s.counts
	c.Rules = slices.Clone(c.Rules)
	return c
}

// fate is what the rules make of a datagram.
type fate struct {
	done   Kind
	delay  time.Duration
	copies []time.Duration // how much later each goes
	hold   time.Duration
	flips  []int // bits from the beginning
}

// Handle takes a datagram and appends to out what leaves now in its direction, in order: the datagram itself, unless
// it is held back, copies of it, and one that it overtakes. The shim copies the data that it holds back or changes.
func (s *Shim) Handle(now time.Time, d Datagram, out []Delivery) []Delivery {
	f := s.judge(&d)
	s.counts.Datagrams++
	if f.done&Lost != 0 {
		s.counts.Lost++
		return append(out, Delivery{d, Lost})
	}
	if len(f.flips) > 0 {
		d.Data = slices.Clone(d.Data)
		for _, bit := range f.flips {
			d.Data[bit/8] ^= 0x80 >> (bit % 8)
		}
		f.done |= Corrupted
		s.counts.Corrupted++
	}
	way := flow{d.Direction, d.Peer}
	first := s.waiting[way]
	swap := f.hold > 0 && first == nil && s.room(&d)
	late := f.delay > 0 && s.room(&d)
	if late {
		f.done |= Delayed
		s.counts.Delayed++
	}
	switch {
	case swap:
		h := s.hold(d, f.done, now.Add(max(f.hold, f.delay)))
		h.earliest = now.Add(f.delay)
		s.waiting[way] = h
	case late:
		s.hold(d, f.done, now.Add(f.delay))
	default:
		out = append(out, Delivery{d, f.done})
	}
	for _, after := range f.copies {
		s.counts.Duplicated++
		if after += f.delay; after > 0 && s.room(&d) {
			s.hold(d, f.done|Duplicated, now.Add(after))
		} else {
			out = append(out, Delivery{d, f.done | Duplicated})
		}
	}
	if first != nil && !late { // it is overtaken
		delete(s.waiting, way)
		first.Done |= Reordered
		s.counts.Reordered++
		if first.earliest.After(now) {
			first.at = first.earliest
			heap.Fix(&s.held, first.index)
		} else {
			out = append(out, s.release(first))
		}
	}
	return out
}

// judge lets every rule count the datagram, and say what becomes of it.
func (s *Shim) judge(d *Datagram) (f fate) {
	readable := s.parse && s.message.ParseExtended(d.Data) == nil
	for i := range s.rules {
		r := &s.rules[i]
		if !r.about(d, &s.message, readable) {
			continue
		}
		r.seen++
		s.counts.Rules[i].Matched++
		chance := r.chance[d.Direction]
		switch r.When {
		case Counted:
			if r.seen < r.First || r.Last != 0 && r.seen > r.Last {
				continue
			}
		case Every:
			if r.seen%r.First != 0 {
				continue
			}
		case Random:
			if chance.Float64()*100 >= r.Percent {
				continue
			}
		}
		s.counts.Rules[i].Hit++
		switch r.Fault {
		case Lost:
			f.done |= Lost
		case Delayed:
			f.delay += r.time(chance)
		case Duplicated:
			for range max(r.Copies, 1) {
				f.copies = append(f.copies, r.time(chance))
			}
		case Reordered:
			f.hold = r.Most
			if f.hold == 0 {
				f.hold = DefaultHold
			}
		case Corrupted:
			f.flips = flip(f.flips, 8*len(d.Data), max(r.Bits, 1), chance)
		}
	}
	return f
}

// about tells whether the datagram fits the rule's conditions. Message is what it says, if it is readable.
func (r *Rule) about(d *Datagram, message *protocol.Message, readable bool) bool {
	if r.Direction != Both && r.Direction != d.Direction {
		return false
	}
	if r.Peer.Addr().IsValid() && (r.Peer.Addr() != d.Peer.Addr().Unmap() || r.Peer.Port() != 0 && r.Peer.Port() != d.Peer.Port()) {
		return false
	}
	if r.OfType || r.Codes != AnyCode {
		kind, _, ok := protocol.Header(d.Data)
		if !ok || r.OfType && kind != r.Type {
			return false
		}
		switch code := protocol.Code(d.Data[1]); r.Codes {
		case OneCode:
			ok = code == r.Code
		case CodeClass:
			ok = code.Class() == r.Code.Class()
		case Requests:
			ok = code.IsRequest()
		case Responses:
			ok = code.IsResponse()
		}
		if !ok {
			return false
		}
	}
	if (r.OfBlock || r.Path != "") && !readable {
		return false
	}
	return (!r.OfBlock || hasBlock(message.Options, r.Block)) && (r.Path == "" || message.Code.IsRequest() && message.Path() == r.Path)
}

func hasBlock(options protocol.Options, number uint32) bool {
	for _, n := range [...]protocol.OptionNumber{protocol.Block1, protocol.Block2, protocol.QBlock1, protocol.QBlock2} {
		for value := range options.All(n) {
			if b, ok := protocol.DecodeBlock(value); ok && b.Num == number {
				return true
			}
		}
	}
	return false
}

// time is one of the times that the rule allows.
func (r *Rule) time(chance *rand.Rand) time.Duration {
	if r.Least == r.Most {
		return r.Most
	}
	return r.Least + time.Duration(chance.Int64N(int64(r.Most-r.Least)+1))
}

// flip adds bits that are not among them yet, as many as there are.
func flip(flips []int, bits, n int, chance *rand.Rand) []int {
	for n = min(n, bits-len(flips)); n > 0; {
		if bit := chance.IntN(bits); !slices.Contains(flips, bit) {
			flips = append(flips, bit)
			n--
		}
	}
	return flips
}

// Deadline says when [Shim.Advance] has something to do; it is false if nothing is held back.
func (s *Shim) Deadline() (time.Time, bool) {
	if len(s.held) == 0 {
		return time.Time{}, false
	}
	return s.held[0].at, true
}

// Advance appends to out what has been held back until now.
func (s *Shim) Advance(now time.Time, out []Delivery) []Delivery {
	for len(s.held) > 0 && !s.held[0].at.After(now) {
		out = append(out, s.release(s.held[0]))
	}
	return out
}

// Flush appends to out all that is held back, in the order in which it would leave.
func (s *Shim) Flush(out []Delivery) []Delivery {
	for len(s.held) > 0 {
		out = append(out, s.release(s.held[0]))
	}
	return out
}

// room tells whether the datagram can be held back.
func (s *Shim) room(d *Datagram) bool {
	return len(s.held) < maxHeld && s.bytes+len(d.Data) <= maxHeldBytes
}

func (s *Shim) hold(d Datagram, done Kind, at time.Time) *holding {
	d.Data = slices.Clone(d.Data)
	s.serial++
	s.bytes += len(d.Data)
	h := &holding{Delivery: Delivery{d, done}, at: at, serial: s.serial}
	heap.Push(&s.held, h)
	return h
}

func (s *Shim) release(h *holding) Delivery {
	heap.Remove(&s.held, h.index)
	s.bytes -= len(h.Data)
	if way := (flow{h.Direction, h.Peer}); s.waiting[way] == h {
		delete(s.waiting, way)
	}
	return h.Delivery
}

// holding is a datagram that is held back.
type holding struct {
	Delivery
	at       time.Time
	earliest time.Time // of one that waits to be overtaken: not before, even then
	serial   uint64    // of equal times the order in which they came
	index    int       // in held
}

// held is a heap by time.
type held []*holding

func (h held) Len() int { return len(h) }

func (h held) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].serial < h[j].serial
}

func (h held) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *held) Push(x any) {
	item := x.(*holding)
	item.index = len(*h)
	*h = append(*h, item)
}

func (h *held) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}

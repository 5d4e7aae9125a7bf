package fault

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"coapscope/protocol"
)

// Kind is a set of things that can happen to a datagram.
type Kind uint8

// The things that can happen. A rule does one of them; to one datagram several can be done.
const (
	Lost       Kind = 1 << iota // it does not arrive
	Delayed                     // it arrives later
	Duplicated                  // it arrives more than once; on a delivery: it is the copy
	Reordered                   // it arrives behind a later one
	Corrupted                   // some of its bits are flipped
)

// verbs are how rules say it, in the order of the bits.
var verbs = [...]string{"lose", "delay", "duplicate", "reorder", "corrupt"}

// Direction is the way of a datagram, as its program sees it.
type Direction uint8

// Directions; a rule without one is for both.
const (
	Both Direction = iota
	Sent
	Received
)

// CodeSet says which codes a condition means.
type CodeSet uint8

// Sets of codes.
const (
	AnyCode   CodeSet = iota
	OneCode           // Rule.Code
	CodeClass         // those with the class of Rule.Code
	Requests          // 0.01 to 0.31
	Responses         // classes 2, 4 and 5
)

// Chance says which of the datagrams that a rule is about it hits.
type Chance uint8

// Chances.
const (
	Always  Chance = iota
	Counted        // those from Rule.First to Rule.Last, counted from 1
	Every          // those whose number Rule.First divides
	Random         // each with a probability of Rule.Percent
)

// Bounds of what a rule can ask for.
const (
	MaxTime   = time.Hour
	MaxCopies = 100
	MaxBits   = 1000
)

// DefaultHold is how long a rule that reorders holds a datagram at most, unless it says a time.
const DefaultHold = time.Second

// Rule is a line of the language: see the package. Fields without meaning for its Fault or its sets are zero.
type Rule struct {
	Fault Kind // one of the bits

	Direction Direction
	OfType    bool // only messages of Type
	Type      protocol.Type
	Codes     CodeSet
	Code      protocol.Code
	OfBlock   bool // only messages with a block option of that number
	Block     uint32
	Path      string         // as protocol.Message.Path gives it; "" for any
	Peer      netip.AddrPort // the zero value for any; port 0 for any of its ports

	When        Chance
	First, Last uint64  // of Counted, where 0 as Last stands for no end; of Every, First
	Percent     float64 // above 0, at most 100

	Least, Most time.Duration // equal for a fixed time
	Copies      int           // 0 stands for 1
	Bits        int           // 0 stands for 1
}

// Config is what a shim does. The zero value does nothing.
type Config struct {
	Seed  uint64 // of all that is left to chance
	Rules []Rule
}

// String gives the rule as [Parse] reads it.
func (r Rule) String() string {
	var w []string
	for i, verb := range verbs {
		if r.Fault == 1<<i {
			w = append(w, verb)
		}
	}
	if r.Direction != Both {
		w = append(w, directions[r.Direction])
	}
	if r.OfType {
		w = append(w, r.Type.String())
	}
	switch r.Codes {
	case OneCode:
		w = append(w, codeWord(r.Code))
	case CodeClass:
		w = append(w, fmt.Sprintf("%d.xx", r.Code.Class()))
	case Requests:
		w = append(w, "request")
	case Responses:
		w = append(w, "response")
	}
	if r.OfBlock {
		w = append(w, "block", strconv.FormatUint(uint64(r.Block), 10))
	}
	if r.Path != "" {
		w = append(w, r.Path)
	}
	if r.Peer.Addr().IsValid() {
		w = append(w, "peer", peerWord(r.Peer))
	}
	switch first := strconv.FormatUint(r.First, 10); r.When {
	case Counted:
		switch r.Last {
		case r.First:
			w = append(w, first)
		case 0:
			w = append(w, first+"-")
		default:
			w = append(w, first+"-"+strconv.FormatUint(r.Last, 10))
		}
	case Every:
		w = append(w, "every", first)
	case Random:
		w = append(w, strconv.FormatFloat(r.Percent, 'f', -1, 64)+"%")
	}
	if r.Most > 0 {
		t := r.Least.String()
		if r.Most != r.Least {
			t += "-" + r.Most.String()
		}
		w = append(w, t)
	}
	if r.Copies > 0 {
		w = append(w, "copies", strconv.Itoa(r.Copies))
	}
	if r.Bits > 0 {
		w = append(w, "bits", strconv.Itoa(r.Bits))
	}
	return strings.Join(w, " ")
}

var directions = [...]string{Sent: "sent", Received: "received"}

// codeWord is a code as one word: the method's name, "empty", or c.dd.
func codeWord(c protocol.Code) string {
	if c == protocol.Empty {
		return "empty"
	}
	return c.Short()
}

func peerWord(p netip.AddrPort) string {
	if p.Port() == 0 {
		return p.Addr().String()
	}
	return p.String()
}

// String gives the configuration as [Parse] reads it.
func (c Config) String() string {
	var b strings.Builder
	if c.Seed != 0 {
		fmt.Fprintf(&b, "seed %d\n", c.Seed)
	}
	for _, r := range c.Rules {
		b.WriteString(r.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// check says in words what is wrong with the rule, or nothing.
func (r *Rule) check() string {
	timed := r.Fault == Delayed || r.Fault == Duplicated || r.Fault == Reordered
	switch {
	case r.Fault == 0 || r.Fault&(r.Fault-1) != 0 || r.Fault > Corrupted:
		return "a rule does one of lose, delay, duplicate, reorder and corrupt"
	case r.Direction > Received || r.Codes > Responses || r.When > Random || r.Type > protocol.Reset || r.Block >= 1<<20:
		return "a field has a value that does not exist"
	case r.When == Counted && (r.First == 0 || r.Last != 0 && r.Last < r.First):
		return "datagrams are counted from 1 upwards: write 2, 1-3 or 4-"
	case r.When == Every && r.First == 0:
		return "“every” needs a number from 1: write every 3"
	case r.When == Random && !(r.Percent > 0 && r.Percent <= 100):
		return "a probability is above 0% and at most 100%"
	case r.Path != "" && (r.Path[0] != '/' || strings.ContainsFunc(r.Path, unicode.IsSpace)):
		return "a path begins with / and has no spaces: write %20 for one"
	case r.Peer.Addr().Is4In6() || strings.ContainsFunc(r.Peer.Addr().Zone(), unicode.IsSpace):
		return "the peer is an IPv4 address written as IPv6, or has a zone with spaces"
	case !r.Peer.Addr().IsValid() && r.Peer.Port() != 0:
		return "a peer needs an address before its port"
	case !timed && r.Most != 0:
		return verbs[r.verb()] + " takes no time; delay, duplicate and reorder do"
	case r.Fault == Delayed && r.Most == 0:
		return "delay needs to know by how much: write 300ms or 50ms-150ms"
	case r.Fault == Reordered && r.Least != r.Most:
		return "reorder takes one time, how long to wait at most: write 500ms"
	case r.Least < 0 || r.Least > r.Most || r.Most > MaxTime:
		return fmt.Sprintf("a time is from 0 to %s, and a range goes upwards: write 50ms-150ms", MaxTime)
	case r.Fault != Duplicated && r.Copies != 0:
		return verbs[r.verb()] + " makes no copies; duplicate does"
	case r.Fault != Corrupted && r.Bits != 0:
		return verbs[r.verb()] + " flips no bits; corrupt does"
	case r.Copies < 0 || r.Copies > MaxCopies:
		return fmt.Sprintf("there can be 1 to %d copies", MaxCopies)
	case r.Bits < 0 || r.Bits > MaxBits:
		return fmt.Sprintf("1 to %d bits can be flipped", MaxBits)
	}
	return ""
}

// verb is the index of the rule's fault in verbs.
func (r *Rule) verb() int {
	for i := range verbs {
		if r.Fault == 1<<i {
			return i
		}
	}
	return 0
}

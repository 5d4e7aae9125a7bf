package filter

import (
	"fmt"

	"coapscope/protocol"
)

// Names are options that the user has named, with their formats; only Number, Name and Format count.
type Names interface {
	NamedOptions() []protocol.OptionInfo
}

// Filter tells which packets are asked for.
type Filter struct {
	test  predicate
	words []string
}

// Error says where a text is no expression, and why.
type Error struct {
	Offset int    // in bytes, of what is wrong
	Length int    // of it; 0 where something is missing
	Reason string // in words, with what to do
}

// Error gives position, counted in characters from 1, and reason.
func (e *Error) Error() string { return fmt.Sprintf("at %d: %s", e.Offset+1, e.Reason) }

// Match tells whether the packet is asked for.
func (f *Filter) Match(p *Packet) bool {
	if f.test != nil {
		return f.test(p)
	}
	return f.matchWords(p)
}

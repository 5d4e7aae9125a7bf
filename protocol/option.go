package protocol

import (
	"iter"
	"strconv"
)

// OptionNumber identifies an option. Its low bits say how those who do not know the option treat
// it (RFC 7252 §5.4.6).
type OptionNumber uint16

// Critical tells whether an endpoint that does not know the option must reject the message
// (RFC 7252 §5.4.1). Otherwise the option is elective.
func (n OptionNumber) Critical() bool { return n&1 != 0 }

// Unsafe tells whether a proxy that does not know the option must not forward the message
// (RFC 7252 §5.4.2). Otherwise it is safe to forward.
func (n OptionNumber) Unsafe() bool { return n&2 != 0 }

// NoCacheKey tells whether the option is not part of the cache key. It has a meaning only for an
// option that is safe to forward (RFC 7252 §5.4.2).
func (n OptionNumber) NoCacheKey() bool { return n&0x1e == 0x1c }

// IsReserved tells whether the number stands for nothing, for historical reasons (RFC 7252 §12.2).
func (n OptionNumber) IsReserved() bool {
	return n == 0 || n == 128 || n == 132 || n == 136 || n == 140
}

// Format is the format of an option's value (RFC 7252 §3.2).
type Format uint8

const (
	FormatOpaque Format = iota // any bytes; that of options not in the registry too
	FormatEmpty                // no bytes
	FormatUint                 // unsigned integer, network order, without leading zeros
	FormatString               // UTF-8 text in Net-Unicode form
)

// String gives the format's name in RFC 7252.
func (f Format) String() string {
	switch f {
	case FormatEmpty:
		return "empty"
	case FormatUint:
		return "uint"
	case FormatString:
		return "string"
	case FormatOpaque:
		return "opaque"
	}
	return "Format(" + strconv.Itoa(int(f)) + ")"
}

// Context is the set of kinds of message in which an option has a meaning.
type Context uint8

const (
	InRequest Context = 1 << iota
	InResponse
	InSignaling
)

// ContextOf gives the kind of message that the code makes; none for Empty and reserved classes.
func ContextOf(c Code) Context {
	switch {
	case c.IsRequest():
		return InRequest
	case c.IsResponse():
		return InResponse
	case c.IsSignaling():
		return InSignaling
	}
	return 0
}

// OptionInfo is a row of the option registry: all that composer, dissector, renderers and
// checks know of an option. Whether it is critical, unsafe and so on is in the number.
type OptionInfo struct {
	Number     OptionNumber
	Code       Code // the signalling code that the row belongs to; Empty for all others
	Name       string
	Format     Format
	MinLen     int // of the value, in bytes
	MaxLen     int
	Default    string  // what its absence means, in words; empty for nothing
	In         Context // where the option has a meaning
	Repeatable Context // where it may occur more than once
	Reference  string
}

// optionRows finds rows of small numbers at once; the rest is searched.
var optionRows = func() (rows [512]*OptionInfo) {
	for i := range optionTable {
		if n := optionTable[i].Number; int(n) < len(rows) {
			rows[n] = &optionTable[i]
		}
	}
	return rows
}()

// OptionTable gives the registry of options of requests and responses, in order of number.
func OptionTable() []OptionInfo { return optionTable[:] }

// SignalingOptionTable gives the options of signalling messages (RFC 8323 §5).
func SignalingOptionTable() []OptionInfo { return signalingOptionTable[:] }

// Lookup finds the option's row in a message of the given code: signalling codes have number
// spaces of their own. It is nil for an option that is not registered. The row is shared and
// must not be changed.
func (n OptionNumber) Lookup(code Code) *OptionInfo {
	if code.IsSignaling() {
		for i := range signalingOptionTable {
			if row := &signalingOptionTable[i]; row.Number == n && row.Code == code {
				return row
			}
		}
		return nil
	}
	if int(n) < len(optionRows) {
		return optionRows[n]
	}
	for i := range optionTable {
		if optionTable[i].Number == n {
			return &optionTable[i]
		}
	}
	return nil
}

// String gives the option's registered name, or its number.
func (n OptionNumber) String() string {
	if row := n.Lookup(Empty); row != nil {
		return row.Name
	}
	return strconv.Itoa(int(n))
}

// Option is one option of a message with its value as it is on the wire.
type Option struct {
	Number OptionNumber
	Value  []byte
}

// Uint reads the value in uint format; false for one of more than 64 bits.
func (o Option) Uint() (uint64, bool) { return DecodeUint(o.Value) }

// Options are a message's options. On the wire they are in order of number, those of the same
// number in the order given here.
type Options []Option

// First gives the value of the first option of that number.
func (o Options) First(n OptionNumber) ([]byte, bool) {
	for i := range o {
		if o[i].Number == n {
			return o[i].Value, true
		}
	}
	return nil, false
}

// Has tells whether there is an option of that number.
func (o Options) Has(n OptionNumber) bool {
	_, ok := o.First(n)
	return ok
}

// Uint reads the first option of that number in uint format. It is false where there is none,
// or one that does not fit 32 bits (no registered option is longer).
func (o Options) Uint(n OptionNumber) (uint32, bool) {
	v, ok := o.First(n)
	if !ok {
		return 0, false
	}
	u, ok := DecodeUint(v)
	return uint32(u), ok && u <= 1<<32-1
}

// Block reads the first option of that number as a Block1 or Block2 value.
func (o Options) Block(n OptionNumber) (Block, bool) {
	v, ok := o.First(n)
	if !ok {
		return Block{}, false
	}
	return DecodeBlock(v)
}

// All goes over the values of the options of that number.
func (o Options) All(n OptionNumber) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range o {
			if o[i].Number == n && !yield(o[i].Value) {
				return
			}
		}
	}
}

// Strings gives the values of all options of that number as text; nil where there is none.
func (o Options) Strings(n OptionNumber) (s []string) {
	for v := range o.All(n) {
		s = append(s, string(v))
	}
	return s
}

// Add inserts an option behind those of the same or a smaller number.
func (o Options) Add(n OptionNumber, value []byte) Options {
	i := len(o)
	for i > 0 && o[i-1].Number > n {
		i--
	}
	o = append(o, Option{})
	copy(o[i+1:], o[i:])
	o[i] = Option{n, value}
	return o
}

// AddUint is Add with a value in uint format.
func (o Options) AddUint(n OptionNumber, v uint64) Options { return o.Add(n, EncodeUint(v)) }

// Set removes the options of that number and adds one.
func (o Options) Set(n OptionNumber, value []byte) Options { return o.Without(n).Add(n, value) }

// SetUint is Set with a value in uint format.
func (o Options) SetUint(n OptionNumber, v uint64) Options { return o.Set(n, EncodeUint(v)) }

// Without gives the options that have another number, in a new slice.
func (o Options) Without(n OptionNumber) Options {
	kept := make(Options, 0, len(o)+1)
	for _, opt := range o {
		if opt.Number != n {
			kept = append(kept, opt)
		}
	}
	return kept
}

// Clone gives a copy that shares no memory.
func (o Options) Clone() Options {
	if o == nil {
		return nil
	}
	c := make(Options, len(o))
	for i, opt := range o {
		c[i] = Option{opt.Number, append([]byte(nil), opt.Value...)}
	}
	return c
}

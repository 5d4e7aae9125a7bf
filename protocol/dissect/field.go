package dissect

import (
	"iter"
	"sort"

	"coapscope/protocol"
)

// Span is a range of bits. Bit 0 is the most significant bit of byte 0, as in the figures of the RFCs.
type Span struct {
	Bit  int // the first bit
	Bits int // how many
}

// bytesSpan is the span of the bytes from start up to, not including, end.
func bytesSpan(start, end int) Span { return Span{start * 8, (end - start) * 8} }

// FirstByte is the byte that holds the first bit.
func (s Span) FirstByte() int { return s.Bit / 8 }

// EndByte is the byte behind the one that holds the last bit.
func (s Span) EndByte() int { return (s.Bit + s.Bits + 7) / 8 }

// End is the bit behind the last one.
func (s Span) End() int { return s.Bit + s.Bits }

// Contains tells whether the bit is in the span.
func (s Span) Contains(bit int) bool { return s.Bit <= bit && bit < s.Bit+s.Bits }

// Kind says what a field is.
type Kind uint8

// The kinds of fields. Sections are those of RFC 7252 where no other RFC is named.
const (
	Undecodable Kind = iota // bytes that no rule gives a meaning to, because of an error before them

	Header      // the fixed four bytes (§3), or what has their place on reliable transports (RFC 8323 §3.2)
	Version     // Ver
	MessageType // T
	TokenLength // TKL
	Code        // parent of CodeClass and CodeDetail
	CodeClass
	CodeDetail
	MessageID

	Length          // Len, of options and payload on reliable transports (RFC 8323 §3.2)
	LengthExtension // of 8, 16 or 32 bits

	TokenLengthExtension // RFC 8974 §2.1
	Token

	OptionsGroup // parent of all options (§3.1)
	Option       // parent of the option's parts
	OptionDelta
	OptionDeltaExtension
	OptionLength
	OptionLengthExtension
	OptionValue
	OptionsUndrawn // the options of a hostile message beyond the [MaxFields]: read, but without fields

	BlockNum  // of Block1, Block2, Q-Block1 and Q-Block2 (RFC 7959 §2.2)
	BlockMore // M
	BlockSZX

	NoResponseReserved // bits of No-Response without a meaning (RFC 7967 §2.1)
	NoResponse5xx
	NoResponse4xx
	NoResponse2xx

	OSCOREReserved         // flag bits (RFC 8613 §6.1)
	OSCOREKidContextFlag   // h
	OSCOREKidFlag          // k
	OSCOREPartialIVLength  // n
	OSCOREPartialIV        //
	OSCOREKidContextLength // s
	OSCOREKidContext
	OSCOREKid

	OCFMajor // of the OCF content-format versions (OCF Core)
	OCFMinor
	OCFSub

	PayloadGroup // parent of marker and payload (§3)
	PayloadMarker
	Payload

	kindCount
)

// Field is a part of the message. Its text comes from methods of the [Tree] that it is in.
type Field struct {
	Span

	// Number is the field's value where that is a number: version, type, code, message ID, nibble or
	// extension as it is on the wire, number of an Option (above 65535 where the arithmetic overflows,
	// and [NumberUnknown] where it cannot be known), the parts of a Block value. For Token, OptionValue
	// and Payload it is the length in bytes that the message declares.
	Number uint64

	Parent int32 // index of the field around it, -1 for a top-level field
	Next   int32 // index behind the last field of the subtree: the next sibling, if there is one
	Option int32 // index in Tree.Options for an option and all its parts, -1 otherwise

	Kind  Kind
	Depth uint8 // 0 for a top-level field

	// Cut tells that the message ends within the field: the span is what is there.
	Cut bool
}

// NumberUnknown is the Number of an Option whose delta cannot be read.
const NumberUnknown = 1<<64 - 1

// OptionEntry is a dissected option.
type OptionEntry struct {
	Number   protocol.OptionNumber
	Previous protocol.OptionNumber // number of the option before, 0 for the first
	Delta    int32                 // to the option before
	Info     *protocol.OptionInfo  // registry row, nil for an unknown option
	Value    []byte                // part of Tree.Bytes
	Field    int                   // index of the Option field
	ValueAt  int                   // index of the OptionValue field, -1 where the value has no byte
	Broken   bool                  // the option breaks the message format: number or value are not to be relied on
}

func (t *Tree) valid(i int) bool { return i >= 0 && i < len(t.Fields) }

// IsLeaf tells whether the field has no parts.
func (t *Tree) IsLeaf(i int) bool { return t.valid(i) && int(t.Fields[i].Next) == i+1 }

// Children goes over the parts of field i in order; for -1 over the top-level fields.
func (t *Tree) Children(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		next, end := 0, len(t.Fields)
		if i >= 0 {
			if !t.valid(i) {
				return
			}
			next, end = i+1, int(t.Fields[i].Next)
		}
		for next < end {
			if !yield(next) {
				return
			}
			next = int(t.Fields[next].Next)
		}
	}
}

// Leaves goes over the fields without parts, in order of bits. Together they cover each bit exactly once.
func (t *Tree) Leaves() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range t.Fields {
			if int(t.Fields[i].Next) == i+1 && !yield(i) {
				return
			}
		}
	}
}

// LeafAt gives the leaf that the bit belongs to, -1 for a bit outside the bytes.
func (t *Tree) LeafAt(bit int) int {
	// Fields are in preorder, so the last one that starts at or before the bit is the deepest that holds it.
	i := sort.Search(len(t.Fields), func(i int) bool { return t.Fields[i].Bit > bit }) - 1
	if i < 0 || !t.Fields[i].Contains(bit) {
		return -1
	}
	return i
}

// FieldAt gives the innermost field at the bit that satisfies want, from the leaf outwards; -1 where none does.
func (t *Tree) FieldAt(bit int, want func(Field) bool) int {
	i := t.LeafAt(bit)
	for i >= 0 && !want(t.Fields[i]) {
		i = int(t.Fields[i].Parent)
	}
	return i
}

// Find gives the first field of the kind, -1 where there is none.
func (t *Tree) Find(kind Kind) int {
	for i := range t.Fields {
		if t.Fields[i].Kind == kind {
			return i
		}
	}
	return -1
}

// Raw gives the bytes of the field; for one that does not start and end at a byte, those that it touches.
func (t *Tree) Raw(i int) []byte {
	if !t.valid(i) {
		return nil
	}
	return t.Bytes[t.Fields[i].FirstByte():t.Fields[i].EndByte()]
}

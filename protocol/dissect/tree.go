package dissect

import "coapscope/protocol"

// Bounds that keep a hostile message small. No message with a purpose comes near them.
const (
	// MaxFields is the number of fields after which options get no fields of their own any more; the rest
	// of them is one OptionsUndrawn field. They are still checked for format.
	MaxFields = 1 << 16
	// MaxFindings is the number of findings kept; beyond it only those about message format are added.
	MaxFindings = 1000
)

// Tree is a dissected message. Its zero value is ready for use, and one Tree can be used again and again:
// then nothing is allocated once its slices are large enough. It refers to the bytes and does not copy them.
type Tree struct {
	Bytes    []byte
	Framing  protocol.Framing // how the bytes were read
	Names    *protocol.Names  // of what is not registered, nil for none; kept when the Tree is used again
	Fields   []Field          // in preorder
	Findings []Finding
	Options  []OptionEntry // those that have fields, in order

	// The message in short. Values that the bytes do not reach are zero, and so are version, type and
	// message ID on reliable transports, which have none (see [Tree.HasType]).
	Version   uint8
	Type      protocol.Type
	Code      protocol.Code
	MessageID protocol.MessageID
	Token     []byte // part of Bytes; what is there of it where the message ends within it
	Payload   []byte // part of Bytes

	// Suppressed counts the findings left out because of [MaxFindings].
	Suppressed int

	context   protocol.Context
	malformed bool
	seen      uint64 // a bit for each option number below 64 that is there and can be read
	headed    bool   // the header is complete

	tokenLengthAt, codeAt int // indexes of fields, where there is such a field
	bodyAt                int // the byte at which options and payload start, -1 where the token cannot be read
	end                   int // the byte at which the message ends, by the length in its header if it has one

	// Where the next field goes.
	parent, option int32
	depth          uint8
}

// roomy is a Tree with room for a message of the usual size, so that it takes one allocation.
type roomy struct {
	tree    Tree
	fields  [40]Field
	options [7]OptionEntry
}

// Dissect takes a UDP datagram apart.
func Dissect(b []byte) *Tree { return DissectFraming(protocol.DatagramFraming, b) }

// DissectFraming takes a message of the framing apart. On a reliable transport b is one message, from the byte
// with the length on.
func DissectFraming(f protocol.Framing, b []byte) *Tree { return DissectNamed(nil, f, b) }

// DissectNamed is [DissectFraming] with names for what is not registered; nil for none.
func DissectNamed(names *protocol.Names, f protocol.Framing, b []byte) *Tree {
	r := &roomy{}
	r.tree.Names = names
	r.tree.Fields, r.tree.Options = r.fields[:0], r.options[:0]
	r.tree.DissectFraming(f, b)
	return &r.tree
}

// Dissect takes a UDP datagram apart, reusing the memory of t.
func (t *Tree) Dissect(b []byte) { t.DissectFraming(protocol.DatagramFraming, b) }

// DissectFraming takes a message of the framing apart, reusing the memory of t.
func (t *Tree) DissectFraming(f protocol.Framing, b []byte) {
	*t = Tree{
		Bytes: b, Framing: f, Names: t.Names, Fields: t.Fields[:0], Findings: t.Findings[:0], Options: t.Options[:0],
		parent: -1, option: -1, bodyAt: -1, end: len(b),
	}
	var pos int
	if f == protocol.DatagramFraming {
		pos, t.headed = t.header()
	} else {
		pos, t.headed = t.reliableHeader()
	}
	ok := t.headed
	if ok {
		t.context = protocol.ContextOf(t.Code)
		pos, ok = t.token(pos)
	}
	if ok {
		t.bodyAt = pos
		t.messageEnd(pos)
		pos, ok = t.options(pos)
	}
	if ok {
		pos = t.payload(pos)
	}
	if pos < len(b) {
		t.add(Undecodable, pos*8, (len(b)-pos)*8, uint64(len(b)-pos))
	}
	t.checkMessage()
}

// WellFormed tells whether the bytes keep the message format: whether protocol.Message.ParseFraming accepts them.
func (t *Tree) WellFormed() bool { return !t.malformed }

// HasHeader tells whether there is a complete header, on UDP one of version 1, so that the code means something.
func (t *Tree) HasHeader() bool { return t.headed }

// HasType tells whether type and message ID mean something: there is a complete header, and it is that of UDP.
func (t *Tree) HasType() bool { return t.headed && t.Framing == protocol.DatagramFraming }

// FirstOption gives the index in Options of the first option of that number, -1 where there is none.
func (t *Tree) FirstOption(n protocol.OptionNumber) int {
	for i := range t.Options {
		if o := &t.Options[i]; o.Number == n && !o.Broken {
			return i
		}
	}
	return -1
}

// ContentFormat gives the value of the Content-Format option; false where there is none or an invalid one.
func (t *Tree) ContentFormat() (protocol.ContentFormat, bool) {
	if t.Code.IsSignaling() {
		return 0, false
	}
	i := t.FirstOption(protocol.ContentFormatOption)
	if i < 0 {
		return 0, false
	}
	v, ok := protocol.DecodeUint(t.Options[i].Value)
	return protocol.ContentFormat(v), ok && v <= 0xffff
}

// Worst gives the highest severity among the findings, and false where there are none.
func (t *Tree) Worst() (Severity, bool) {
	worst, any := Note, false
	for i := range t.Findings {
		worst, any = max(worst, t.Findings[i].Severity), true
	}
	return worst, any
}

// add appends a field without parts and gives its index.
func (t *Tree) add(kind Kind, bit, bits int, number uint64) int {
	i := len(t.Fields)
	t.Fields = append(t.Fields, Field{
		Span: Span{bit, bits}, Number: number,
		Parent: t.parent, Next: int32(i + 1), Option: t.option, Kind: kind, Depth: t.depth,
	})
	return i
}

// addCut is add for a field of which only the first bits are there.
func (t *Tree) addCut(kind Kind, bit, bits int, number uint64) int {
	i := t.add(kind, bit, bits, number)
	t.Fields[i].Cut = true
	return i
}

// open appends a field whose parts follow, until close.
func (t *Tree) open(kind Kind, bit, bits int, number uint64) int {
	i := t.add(kind, bit, bits, number)
	t.parent = int32(i)
	t.depth++
	return i
}

// close ends the field's parts.
func (t *Tree) close(i int) {
	f := &t.Fields[i]
	f.Next = int32(len(t.Fields))
	t.parent = f.Parent
	t.depth--
}

// closeAt ends the field's parts, and the field itself at the bit.
func (t *Tree) closeAt(i, bit int) {
	t.Fields[i].Bits = bit - t.Fields[i].Bit
	t.close(i)
}

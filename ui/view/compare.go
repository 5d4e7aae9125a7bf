package view

import (
	"bytes"
	"fmt"
	"slices"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/protocol/payload"
	"coapscope/session/trace"
)

// Comparison is two messages side by side, and what differs. The right one is that of the inspector, as
// it is there, edited or not.
type Comparison struct {
	Left, Right *dissect.Tree
	LeftFrame   *trace.Frame
	RightFrame  *trace.Frame
	Fields      []CompareRow
	Payload     []CompareRow // lines of the payloads, in the same view
	PayloadName string       // of that view
	PayloadNote string       // what is not compared; empty where all is
	Differences int          // fields that are not the same, the payload counting as one

	marks [2][]bool    // of each byte: whether it differs
	left  dissect.Tree // memory of Left
	bytes []byte       // of Right when it was compared
}

// CompareState tells what became of a row from left to right.
type CompareState uint8

const (
	CompareSame CompareState = iota
	CompareChanged
	CompareOnlyLeft
	CompareOnlyRight
)

// Sign gives the sign of the state, so that it is not told by colour alone.
func (s CompareState) Sign() string {
	switch s {
	case CompareChanged:
		return "≠"
	case CompareOnlyLeft:
		return "−"
	case CompareOnlyRight:
		return "+"
	}
	return ""
}

// Concept gives the colour of the state.
func (s CompareState) Concept() Concept {
	switch s {
	case CompareChanged:
		return Warning
	case CompareOnlyLeft:
		return Error
	case CompareOnlyRight:
		return Good
	}
	return Dim
}

// CompareRow is a field, or a line of the payload, of both messages.
type CompareRow struct {
	State       CompareState
	Name        string
	Left, Right string
	Concept     Concept
	LeftField   int // -1 for none, and in lines of payload
	RightField  int
}

// Compare makes the comparison of a frame with the tree of the inspector.
func (c *Comparison) Compare(left *trace.Frame, right *trace.Frame, tree *dissect.Tree) {
	if c.LeftFrame == left && c.RightFrame == right && bytes.Equal(c.bytes, tree.Bytes) && c.Right == tree && c.left.Names == tree.Names {
		return
	}
	*c = Comparison{
		LeftFrame: left, RightFrame: right, Right: tree, left: c.left, bytes: slices.Clone(tree.Bytes),
	}
	c.left.Names = tree.Names
	c.left.DissectFraming(left.Transport.Framing(), left.Data)
	c.Left = &c.left
	c.marks[0], c.marks[1] = make([]bool, len(c.Left.Bytes)), make([]bool, len(tree.Bytes))
	c.compareFields()
	c.comparePayload()
}

// units gives the fields that are compared: the parts of the header, the token, each option, the payload,
// and what cannot be decoded. Those of the same name, which are repeated options, are in one group.
func units(t *dissect.Tree) (names []string, groups [][]int) {
	for i := 0; i < len(t.Fields); {
		switch f := t.Fields[i]; f.Kind {
		case dissect.Header, dissect.OptionsGroup, dissect.PayloadGroup:
			i++
		default:
			name := t.Name(i)
			if n := len(names); n == 0 || names[n-1] != name {
				names, groups = append(names, name), append(groups, nil)
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], i)
			i = int(f.Next)
		}
	}
	return names, groups
}

// compareFields puts fields of the same name beside each other; of those with the same name the ones with
// the same bytes.
func (c *Comparison) compareFields() {
	leftNames, left := units(c.Left)
	rightNames, right := units(c.Right)
	for _, p := range align(leftNames, rightNames, false) {
		var groups [2][]int
		if p.left >= 0 {
			groups[0] = left[p.left]
		}
		if p.right >= 0 {
			groups[1] = right[p.right]
		}
		for _, q := range align(c.values(c.Left, groups[0]), c.values(c.Right, groups[1]), true) {
			c.compareField(pick(groups[0], q.left), pick(groups[1], q.right))
		}
	}
	for i := range c.Fields {
		r := &c.Fields[i]
		if r.State != CompareSame {
			c.Differences++
		}
		c.markBytes(r)
	}
}

// values gives the bytes of fields, of options those of the value.
func (c *Comparison) values(t *dissect.Tree, fields []int) (values []string) {
	for _, i := range fields {
		values = append(values, string(t.Raw(c.valueOf(t, i))))
	}
	return values
}

func pick(fields []int, at int) int {
	if at < 0 {
		return -1
	}
	return fields[at]
}

func (c *Comparison) compareField(left, right int) {
	r := CompareRow{LeftField: left, RightField: right, State: CompareChanged}
	if left >= 0 {
		r.Name, r.Left, r.Concept = c.Left.Name(left), c.Left.Value(left), FieldConcept(c.Left, left)
	}
	if right >= 0 {
		r.Name, r.Right, r.Concept = c.Right.Name(right), c.Right.Value(right), FieldConcept(c.Right, right)
	}
	switch {
	case left < 0:
		r.State = CompareOnlyRight
	case right < 0:
		r.State = CompareOnlyLeft
	case c.same(left, right):
		r.State = CompareSame
	}
	c.Fields = append(c.Fields, r)
}

// same tells whether both fields mean the same: for an option that is number and value, however long the
// delta is; for others their bits.
func (c *Comparison) same(left, right int) bool {
	l, r := &c.Left.Fields[left], &c.Right.Fields[right]
	switch {
	case l.Cut != r.Cut:
		return false
	case l.Kind == dissect.Option:
		a, b := &c.Left.Options[l.Option], &c.Right.Options[r.Option]
		return a.Broken == b.Broken && a.Number == b.Number && bytes.Equal(a.Value, b.Value)
	case l.Bits%8 != 0:
		return l.Bits == r.Bits && l.Number == r.Number
	}
	return bytes.Equal(c.Left.Raw(left), c.Right.Raw(right))
}

// valueOf gives the field that holds an option's value, the field itself for others.
func (c *Comparison) valueOf(t *dissect.Tree, i int) int {
	if f := t.Fields[i]; f.Kind == dissect.Option && t.Options[f.Option].ValueAt >= 0 {
		return t.Options[f.Option].ValueAt
	}
	return i
}

// markBytes marks the bytes of a row that differ: of values of the same length those, otherwise what is
// left without the beginning and the end that both have.
func (c *Comparison) markBytes(r *CompareRow) {
	if r.State == CompareSame {
		return
	}
	var spans [2]dissect.Span
	var raw [2][]byte
	for side, field := range [2]int{r.LeftField, r.RightField} {
		t := [2]*dissect.Tree{c.Left, c.Right}[side]
		if field < 0 {
			continue
		}
		if r.State == CompareChanged {
			field = c.valueOf(t, field)
		}
		spans[side], raw[side] = t.Fields[field].Span, t.Raw(field)
	}
	head, tail := 0, 0
	if r.State == CompareChanged && len(raw[0]) != len(raw[1]) {
		short := min(len(raw[0]), len(raw[1]))
		for head < short && raw[0][head] == raw[1][head] {
			head++
		}
		for tail < short-head && raw[0][len(raw[0])-1-tail] == raw[1][len(raw[1])-1-tail] {
			tail++
		}
	}
	for side := range 2 {
		for i := range raw[side] {
			same := i < head || i >= len(raw[side])-tail ||
				len(raw[0]) == len(raw[1]) && raw[0][i] == raw[1][i]
			if !same {
				c.marks[side][spans[side].FirstByte()+i] = true
			}
		}
	}
}

// Beside gives the field of the left message that stands beside a field of the right one, or beside the
// one that it is a part of; -1 where there is none.
func (c *Comparison) Beside(right int) int {
	for _, r := range c.Fields {
		if r.RightField >= 0 && right >= r.RightField && right < int(c.Right.Fields[r.RightField].Next) {
			return r.LeftField
		}
	}
	return -1
}

// Differs tells whether a byte of the left (side 0) or right message (side 1) differs from the other.
func (c *Comparison) Differs(side, at int) bool { return at < len(c.marks[side]) && c.marks[side][at] }

// maxComparedLines bounds the lines of payload that are compared.
const maxComparedLines = 4000

func (c *Comparison) comparePayload() {
	left, right := renderings(c.Left), renderings(c.Right)
	if left == nil && right == nil {
		return
	}
	var views [2]payload.View
	views[0], views[1] = sameView(left, right)
	c.PayloadName = cmpName(views)
	var texts [2][]string
	for side, v := range views {
		n := v.Len()
		if n > maxComparedLines {
			n = maxComparedLines
			c.PayloadNote = fmt.Sprintf("Only the first %s lines are compared", Grouped(maxComparedLines))
		}
		for i := range n {
			texts[side] = append(texts[side], v.Line(i).String())
		}
	}
	for _, p := range align(texts[0], texts[1], true) {
		r := CompareRow{LeftField: -1, RightField: -1, State: CompareChanged, Concept: Payload}
		if p.left >= 0 {
			r.Left = texts[0][p.left]
		} else {
			r.State = CompareOnlyRight
		}
		if p.right >= 0 {
			r.Right = texts[1][p.right]
		} else {
			r.State = CompareOnlyLeft
		}
		if r.State == CompareChanged && r.Left == r.Right {
			r.State = CompareSame
		}
		c.Payload = append(c.Payload, r)
	}
}

// renderings gives the views of a message's payload; nil where it has none.
func renderings(t *dissect.Tree) []payload.View {
	if len(t.Payload) == 0 {
		return nil
	}
	format := payload.NoFormat
	if f, ok := t.ContentFormat(); ok {
		format = int(f)
	}
	return payload.Render(format, t.Payload)
}

// sameView gives the best view that both payloads have.
func sameView(left, right []payload.View) (payload.View, payload.View) {
	if left == nil {
		return payload.View{}, right[0]
	}
	if right == nil {
		return left[0], payload.View{}
	}
	for _, l := range left {
		for _, r := range right {
			if l.Name == r.Name {
				return l, r
			}
		}
	}
	return left[len(left)-1], right[len(right)-1]
}

func cmpName(views [2]payload.View) string {
	if views[0].Name != "" {
		return views[0].Name
	}
	return views[1].Name
}

// Compared is what the inspector's message is compared with.
type Compared struct {
	Pinned trace.Seq // 0 for the message before the selected one

	made Comparison
}

// PinCompared has every message that is selected from now on compared with the one that is now. It tells
// whether there is one.
func (w *Workbench) PinCompared() bool {
	if w.selected == 0 {
		w.Say(Warning, "Select a packet first: the others are compared with it")
		return false
	}
	w.Compared.Pinned = w.selected
	w.Say(Plain, "Packets are compared with #%d; select another", w.selected)
	w.Changed(PartInspector)
	return true
}

// UnpinCompared has messages compared with the one before them of their kind again, notification n with
// n−1.
func (w *Workbench) UnpinCompared() {
	if w.Compared.Pinned != 0 {
		w.Compared.Pinned = 0
		w.Say(Plain, "Packets are compared with the one before them of their kind")
	}
	w.Changed(PartInspector)
}

// Comparison gives the selected message beside the one it is compared with; nil with the reason where
// there is nothing to compare.
func (w *Workbench) Comparison() (*Comparison, string) {
	if w.Inspector.Frame == nil {
		return nil, "Select a packet to compare it with the one before"
	}
	left := w.Compared.Pinned
	if left == 0 {
		if left = w.Traffic.Before(w.Inspector.Frame.Seq); left == 0 {
			return nil, "No message of this kind was seen before this one"
		}
	}
	f := w.Traffic.Frame(left)
	if f == nil {
		return nil, "The packet that others were compared with is gone"
	}
	w.Compared.made.Compare(f, w.Inspector.Frame, &w.Inspector.Tree)
	return &w.Compared.made, ""
}

// maxBack bounds how many frames are looked through for one that is like another.
const maxBack = 4096

// Before gives the message before a frame that it is best compared with: that from the same endpoint in
// the same exchange, as the notification before; or else the last one between the same endpoints with the
// same code. It is 0 where there is none.
func (t *Traffic) Before(s trace.Seq) trace.Seq {
	f := t.log.At(s)
	if f == nil {
		return 0
	}
	if x := t.tracker.Info(uint64(s)).Exchange; x != 0 {
		frames := t.framesOf(x)
		at, _ := slices.BinarySearch(frames, uint64(s))
		for i := at - 1; i >= max(0, at-maxBack); i-- {
			if other := t.log.At(trace.Seq(frames[i])); other != nil && other.Source == f.Source && sameCode(f, other) {
				return other.Seq
			}
		}
	}
	for back := s - 1; back > 0 && back+maxBack >= s; back-- {
		if other := t.log.At(back); other != nil && other.Source == f.Source && other.Destination == f.Destination && sameCode(f, other) {
			return back
		}
	}
	return 0
}

// sameCode tells whether the codes of two messages are the same.
func sameCode(a, b *trace.Frame) bool {
	x, okA := codeOf(a)
	y, okB := codeOf(b)
	return okA && okB && x == y
}

// codeOf gives the code as it stands in the header, whether or not the rest is well-formed.
func codeOf(f *trace.Frame) (protocol.Code, bool) {
	if f.Transport.Framing() == protocol.DatagramFraming {
		if len(f.Data) < 2 {
			return 0, false
		}
		return protocol.Code(f.Data[1]), true
	}
	var m protocol.Message
	err := m.ParseFraming(f.Transport.Framing(), f.Data)
	return m.Code, err == nil
}

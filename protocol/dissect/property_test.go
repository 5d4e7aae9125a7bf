package dissect

import (
	"bytes"
	"testing"

	"coapscope/protocol"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkTree holds a dissection against everything that is true of each.
func checkTree(t failer, tree *Tree, framing protocol.Framing, b []byte) {
	t.Helper()
	tree.DissectFraming(framing, b)
	checkSpans(t, tree)
	checkFindings(t, tree)
	checkAgainstParse(t, tree, b)
	for i := range tree.Fields {
		if tree.Name(i) == "" || tree.Value(i) == "" || tree.Label(i) == "" || tree.Title(i) == "" ||
			tree.Explain(i) == "" || tree.Reference(i) == "" {
			t.Fatalf("% x: a text of field %d, a %v, is empty", b, i, tree.Fields[i].Kind)
		}
		if (tree.Flags(i) != "" || tree.FlagWords(i) != "") && tree.Fields[i].Option < 0 {
			t.Fatalf("% x: field %d is not of an option and has flags", b, i)
		}
	}
}

// checkSpans: the leaves cover each bit once, and a field is what its parts are.
func checkSpans(t failer, tree *Tree) {
	t.Helper()
	bit := 0
	for i := range tree.Leaves() {
		f := tree.Fields[i]
		if f.Bit != bit || f.Bits <= 0 {
			t.Fatalf("% x: leaf %d has span %+v, expected to start at %d", tree.Bytes, i, f.Span, bit)
		}
		if tree.LeafAt(f.Bit) != i || tree.LeafAt(f.End()-1) != i {
			t.Fatalf("% x: LeafAt does not find leaf %d", tree.Bytes, i)
		}
		bit = f.End()
	}
	if bit != len(tree.Bytes)*8 {
		t.Fatalf("% x: leaves end at bit %d of %d", tree.Bytes, bit, len(tree.Bytes)*8)
	}
	if tree.LeafAt(bit) != -1 || tree.LeafAt(-1) != -1 {
		t.Fatalf("% x: LeafAt finds something outside", tree.Bytes)
	}
	visited := 0
	var walk func(parent, depth int)
	walk = func(parent, depth int) {
		at, end := 0, len(tree.Bytes)*8
		if parent >= 0 {
			at, end = tree.Fields[parent].Bit, tree.Fields[parent].End()
			if tree.IsLeaf(parent) {
				return
			}
		}
		for i := range tree.Children(parent) {
			f := tree.Fields[i]
			if f.Bit != at || int(f.Parent) != parent || int(f.Depth) != depth || int(f.Next) <= i {
				t.Fatalf("% x: field %d %+v, expected at bit %d below %d in depth %d", tree.Bytes, i, f, at, parent, depth)
			}
			at = f.End()
			visited++
			walk(i, depth+1)
		}
		if at != end {
			t.Fatalf("% x: parts of field %d end at %d, not %d", tree.Bytes, parent, at, end)
		}
	}
	walk(-1, 0)
	if visited != len(tree.Fields) {
		t.Fatalf("% x: %d of %d fields reached", tree.Bytes, visited, len(tree.Fields))
	}
}

func checkFindings(t failer, tree *Tree) {
	t.Helper()
	for _, f := range tree.Findings {
		if f.Span.Bit < 0 || f.Span.Bits < 0 || f.Span.End() > len(tree.Bytes)*8 {
			t.Fatalf("% x: %s spans %+v", tree.Bytes, f.ID, f.Span)
		}
		if f.Field < -1 || f.Field >= len(tree.Fields) || f.Field == -1 && len(tree.Fields) > 0 {
			t.Fatalf("% x: %s is at field %d", tree.Bytes, f.ID, f.Field)
		}
		if f.Span.Bits == 0 && len(tree.Bytes) > 0 {
			t.Fatalf("% x: %s has an empty span", tree.Bytes, f.ID)
		}
		if f.Format && tree.WellFormed() {
			t.Fatalf("% x: %s, and well formed", tree.Bytes, f.ID)
		}
	}
}

// checkAgainstParse: what the codec accepts is well formed, and the other way round, and they read the same.
func checkAgainstParse(t failer, tree *Tree, b []byte) {
	t.Helper()
	var m protocol.Message
	err := m.ParseFraming(tree.Framing, b)
	if (err == nil) != tree.WellFormed() {
		t.Fatalf("% x: Parse says %v, findings %v", b, err, tree.Findings)
	}
	if (err == nil) == hasFormatFinding(tree) {
		t.Fatalf("% x: Parse says %v, findings %v", b, err, tree.Findings)
	}
	if err != nil {
		return
	}
	if tree.Type != m.Type || tree.Code != m.Code || tree.MessageID != m.MessageID ||
		!bytes.Equal(tree.Token, m.Token.Bytes()) || !bytes.Equal(tree.Payload, m.Payload) {
		t.Fatalf("% x: dissected %v %v %v %x %x, parsed %v", b, tree.Type, tree.Code, tree.MessageID, tree.Token, tree.Payload, m)
	}
	if tree.Find(OptionsUndrawn) >= 0 {
		return
	}
	if len(tree.Options) != len(m.Options) {
		t.Fatalf("% x: %d options, parsed %d", b, len(tree.Options), len(m.Options))
	}
	for i, o := range tree.Options {
		if o.Number != m.Options[i].Number || !bytes.Equal(o.Value, m.Options[i].Value) || o.Broken {
			t.Fatalf("% x: option %d is %+v, parsed %+v", b, i, o, m.Options[i])
		}
	}
}

func hasFormatFinding(tree *Tree) bool {
	for _, f := range tree.Findings {
		if f.Format {
			return true
		}
	}
	return false
}

// anyFraming draws one of the framings.
func anyFraming() *rapid.Generator[protocol.Framing] {
	return rapid.SampledFrom([]protocol.Framing{protocol.DatagramFraming, protocol.StreamFraming, protocol.WebSocketFraming})
}

// anyBytes draws messages of the framing from noise to nearly right ones.
func anyBytes(framing protocol.Framing) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		if rapid.Bool().Draw(t, "noise") {
			b := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")
			if len(b) > 0 && rapid.Bool().Draw(t, "version 1") {
				b[0] = b[0]&0x3f | 0x40
			}
			return b
		}
		m := protocol.Message{
			Type:      protocol.Type(rapid.IntRange(0, 3).Draw(t, "type")),
			Code:      protocol.Code(rapid.Byte().Draw(t, "code")),
			MessageID: protocol.MessageID(rapid.Uint16().Draw(t, "message ID")),
			Token:     protocol.TokenOf(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "token")),
			Payload:   rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload"),
		}
		for range rapid.IntRange(0, 6).Draw(t, "options") {
			n := protocol.OptionNumber(rapid.Uint16().Draw(t, "number"))
			if table := protocol.OptionTable(); rapid.Bool().Draw(t, "registered") {
				n = table[rapid.IntRange(0, len(table)-1).Draw(t, "row")].Number
			}
			m.Options = m.Options.Add(n, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value"))
		}
		b, err := m.AppendFraming(framing, nil)
		if err != nil {
			return []byte{0x40, 0, 0, 1}
		}
		switch rapid.IntRange(0, 2).Draw(t, "damage") {
		case 1:
			b = b[:rapid.IntRange(0, len(b)).Draw(t, "cut")]
		case 2:
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		return b
	})
}

func TestAnyBytes(t *testing.T) {
	var reused Tree
	rapid.Check(t, func(t *rapid.T) {
		framing := anyFraming().Draw(t, "framing")
		b := anyBytes(framing).Draw(t, "message")
		checkTree(t, &reused, framing, b)
		if diff := cmp.Diff(DissectFraming(framing, b), &reused, cmp.AllowUnexported(Tree{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("a reused tree differs:\n%s", diff)
		}
	})
}

func FuzzDissect(f *testing.F) {
	for _, m := range corpusMessages(f) {
		f.Add(byte(m.framing), m.bytes)
	}
	f.Fuzz(func(t *testing.T, framing byte, b []byte) {
		var tree Tree
		checkTree(t, &tree, protocol.Framing(framing%3), b)
	})
}

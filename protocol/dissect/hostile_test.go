package dissect

import (
	"bytes"
	"strings"
	"testing"

	"coapscope/protocol"
)

// A message of a megabyte of options makes a bounded tree, and what is wrong at its end is still found.
func TestHostileMessages(t *testing.T) {
	header := []byte{0x40, 0x01, 0, 1}
	message := func(unit []byte, n int, tail ...byte) []byte {
		return append(append(bytes.Clone(header), bytes.Repeat(unit, n)...), tail...)
	}
	for _, test := range []struct {
		name       string
		bytes      []byte
		wellFormed bool
		undrawn    bool
	}{
		{"option 0", message([]byte{0}, 1<<20), true, true},
		{"option 0 and payload", message([]byte{0}, 1<<20, 0xff, 'a'), true, true},
		{"option 0 and marker", message([]byte{0}, 1<<20, 0xff), false, true},
		{"option 0 and delta 15", message([]byte{0}, 1<<20, 0xf0, 'a'), false, true},
		{"option 0 and delta cut off", message([]byte{0}, 1<<20, 0xe0, 0), false, true},
		{"option 0 and length 15", message([]byte{0}, 1<<20, 0x0f, 'a'), false, true},
		{"option 0 and length cut off", message([]byte{0}, 1<<20, 0x0e, 0), false, true},
		{"option 0 and number overflow", message([]byte{0}, 1<<20, 0xe0, 0xff, 0xff), false, true},
		{"option 0 and past the end", message([]byte{0}, 1<<20, 0x05), false, true},
		{"Proxy-Uri", append(message([]byte{0xb1, 'a', 0xd0, 11}, 1), bytes.Repeat([]byte{0}, 1<<20)...), true, true},
		{"block", append(message([]byte{0xd1, 10, 0x0f}, 1), bytes.Repeat([]byte{1, 0x0f}, 1<<19)...), true, true},
		{"one long value", append(message([]byte{0xbe, 0xff, 0xff}, 1), bytes.Repeat([]byte{'a'}, 0xffff+269)...), true, false},
		{"one long payload", append(bytes.Clone(header), bytes.Repeat([]byte{0xff}, 1<<20)...), true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var tree Tree
			checkTree(t, &tree, protocol.DatagramFraming, test.bytes)
			if tree.WellFormed() != test.wellFormed {
				t.Errorf("WellFormed is %v", tree.WellFormed())
			}
			if undrawn := tree.Find(OptionsUndrawn) >= 0; undrawn != test.undrawn {
				t.Errorf("options without fields: %v", undrawn)
			}
			if len(tree.Fields) > MaxFields+20 || len(tree.Findings) > MaxFindings+1 {
				t.Errorf("%d fields, %d findings", len(tree.Fields), len(tree.Findings))
			}
		})
	}
}

func TestSuppressedFindings(t *testing.T) {
	const options = MaxFindings + 500
	tree := Dissect(append([]byte{0x40, 0x01, 0, 1}, make([]byte, options)...))
	if len(tree.Findings) != MaxFindings || tree.Suppressed != 501 { // each option, and the length of the message
		t.Errorf("%d findings and %d suppressed", len(tree.Findings), tree.Suppressed)
	}
	if worst, ok := tree.Worst(); worst != Warning || !ok {
		t.Errorf("the worst is %v", worst)
	}
}

// TestEachOptionIsInCorpus holds that the corpus has each registered option.
func TestEachOptionIsInCorpus(t *testing.T) {
	seen := map[*protocol.OptionInfo]bool{}
	for _, m := range corpusMessages(t) {
		for _, o := range DissectFraming(m.framing, m.bytes).Options {
			seen[o.Info] = true
		}
	}
	for _, info := range append(protocol.OptionTable(), protocol.SignalingOptionTable()...) {
		if !seen[info.Number.Lookup(info.Code)] {
			t.Errorf("no message in the corpus has %s", info.Name)
		}
	}
}

// TestRules holds that the table is complete and its identifiers are what they should be.
func TestRules(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range Rules() {
		if r.ID == "" || r.Title == "" || r.Reference == "" || r.Suggestion == "" {
			t.Errorf("%+v is not complete", r)
		}
		if ids[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		ids[r.ID] = true
		if r.Format && r.Severity != Error {
			t.Errorf("%s breaks the format and is a %v", r.ID, r.Severity)
		}
	}
}

func TestNavigation(t *testing.T) {
	tree := Dissect(sixtyBytes(t))
	value := tree.Find(BlockSZX)
	if got := tree.LeafAt(tree.Fields[value].Bit + 2); got != value {
		t.Errorf("LeafAt gives %d, not %d", got, value)
	}
	option := tree.FieldAt(tree.Fields[value].Bit, func(f Field) bool { return f.Kind == Option })
	if got := tree.Title(option); got != "Option 23 Block2" {
		t.Errorf("the option around SZX is %q", got)
	}
	if i := tree.FirstOption(protocol.Block2); tree.Options[i].Field != option || int(tree.Fields[value].Option) != i {
		t.Errorf("option %d does not know its field", i)
	}
	if got := tree.FieldAt(0, func(f Field) bool { return f.Kind == Payload }); got != -1 {
		t.Errorf("bit 0 is in the payload: %d", got)
	}
	if got := tree.Raw(tree.Find(Token)); !bytes.Equal(got, []byte{0xa1, 0xf3}) {
		t.Errorf("the token is % x", got)
	}
	for _, i := range []int{-1, len(tree.Fields)} {
		if s := tree.Name(i) + tree.Value(i) + tree.Label(i) + tree.Explain(i) + tree.Reference(i) + tree.Flags(i); s != "" || tree.Raw(i) != nil {
			t.Errorf("field %d says %q", i, s)
		}
	}
}

// As many options as have fields are not too many.
func TestManyOptions(t *testing.T) {
	const options = (MaxFields-9)/3 + 1 // header and its parts, the group of options, and three fields each
	for n, want := range map[int]bool{options: false, options + 1: true} {
		tree := Dissect(append([]byte{0x40, 0x01, 0, 1, 0xb0}, make([]byte, n-1)...))
		if got := strings.Contains(findingIDs(tree), " too-many-options "); got != want || len(tree.Options) < options {
			t.Errorf("%d options of which %d have fields: too many is %v", n, len(tree.Options), got)
		}
	}
}

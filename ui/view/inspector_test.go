package view_test

import (
	"slices"
	"strings"
	"testing"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

func encoded(t testing.TB, m protocol.Message) []byte {
	t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// content is a response with options of both colours and a payload.
func content(id protocol.MessageID, body string) protocol.Message {
	m := protocol.Message{
		Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: id, Token: protocol.TokenOf([]byte{0xca, 0xfe}), Payload: []byte(body),
	}
	m.Options = m.Options.Add(protocol.ETag, []byte{1, 2, 3}).AddUint(protocol.ContentFormatOption, 0).AddUint(protocol.MaxAge, 30)
	return m
}

func show(t testing.TB, v *view.Inspector, m protocol.Message) {
	t.Helper()
	v.Show(&trace.Frame{Seq: 3, Data: encoded(t, m)}, "")
}

func field(t testing.TB, v *view.Inspector, k dissect.Kind) int {
	t.Helper()
	i := slices.IndexFunc(v.Tree.Fields, func(f dissect.Field) bool { return f.Kind == k })
	if i < 0 {
		t.Fatalf("no field of kind %v", k)
	}
	return i
}

func TestInspectorShowsNothing(t *testing.T) {
	v := view.NewInspector()
	if rows := v.Rows(nil); v.Selected() != -1 || v.Active() != -1 || v.Lit(0) {
		t.Errorf("rows %v, selected %d, active %d", rows, v.Selected(), v.Active())
	}
	if _, ok := v.Explain(); ok {
		t.Error("nothing is explained")
	}
	show(t, v, content(1, "x"))
	v.Select(2)
	v.Show(nil, "")
	if title, rest := v.Title(); title != "Message" || rest != "" || v.Selected() != -1 || len(v.Grid(32)) != 0 {
		t.Errorf("after Show(nil): %q %q, selected %d, %d cells", title, rest, v.Selected(), len(v.Grid(32)))
	}
}

func TestInspectorTitle(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	if title, rest := v.Title(); title != "Message 3" || !strings.HasPrefix(rest, "ACK · 2.05 Content · ") {
		t.Errorf("got %q, %q", title, rest)
	}
	v.Show(&trace.Frame{Seq: 9, Data: []byte{1, 2}}, "")
	if _, rest := v.Title(); rest != "not CoAP · 2 bytes" {
		t.Errorf("got %q", rest)
	}
}

// What is active is lit with all its parts, and nothing else.
func TestLinkedSelection(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	for i := range v.Tree.Fields {
		v.Select(i)
		if v.Selected() != i || v.Active() != i {
			t.Fatalf("field %d: selected %d, active %d", i, v.Selected(), v.Active())
		}
		for j := range v.Tree.Fields {
			inside := j >= i && j < int(v.Tree.Fields[i].Next)
			if v.Lit(j) != inside {
				t.Errorf("field %d selected: field %d lit %v", i, j, v.Lit(j))
			}
		}
	}
	v.Select(1)
	if !v.Hover(4) || v.Hover(4) || v.Active() != 4 || v.Selected() != 1 {
		t.Errorf("hover: active %d, selected %d", v.Active(), v.Selected())
	}
	if !v.Hover(-1) || v.Active() != 1 {
		t.Errorf("after the pointer left: active %d", v.Active())
	}
	v.Select(len(v.Tree.Fields))
	if v.Selected() != -1 {
		t.Errorf("a field that is not there is selected: %d", v.Selected())
	}
}

// The bits of an option stand for the option, those of the code for the code.
func TestUnitAt(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	for bit := range len(v.Tree.Bytes) * 8 {
		leaf, unit := v.Tree.LeafAt(bit), v.UnitAt(bit)
		f, u := v.Tree.Fields[leaf], v.Tree.Fields[unit]
		switch {
		case f.Option >= 0:
			if u.Kind != dissect.Option || u.Option != f.Option {
				t.Errorf("bit %d of option %d: unit is %v", bit, f.Option, u.Kind)
			}
		case bit >= 8 && bit < 16:
			if u.Kind != dissect.Code {
				t.Errorf("bit %d of the code: unit is %v", bit, u.Kind)
			}
		case unit != leaf:
			t.Errorf("bit %d: unit %d, leaf %d", bit, unit, leaf)
		}
	}
}

func TestExplainOption(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	v.Select(field(t, v, dissect.Option))
	e, ok := v.Explain()
	if !ok || e.Concept != view.OptionA || !strings.Contains(e.Title, "ETag") || !strings.Contains(e.Title, "elective, safe to forward") || e.Text == "" || !strings.Contains(e.Reference, "RFC 7252") {
		t.Errorf("got %+v", e)
	}
}

// Rows are the fields in preorder, without what is folded away.
func TestFieldRowsFold(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	option := field(t, v, dissect.Option)
	closed := v.Rows(nil)
	find := func(rows []view.FieldRow, f int) int {
		return slices.IndexFunc(rows, func(r view.FieldRow) bool { return r.Field == f })
	}
	at := find(closed, option)
	if at < 0 || closed[at].Open || !closed[at].Foldable || find(closed, option+1) >= 0 {
		t.Fatalf("options begin folded; rows %+v", closed)
	}
	v.SetOpen(option, true)
	open := v.Rows(nil)
	if at = find(open, option); !open[at].Open || find(open, option+1) != at+1 || len(open) <= len(closed) {
		t.Errorf("unfolded: %+v", open)
	}
	// The next message keeps it, for the same option; and the selection goes to the same field.
	v.Select(option)
	other := content(2, "longer payload")
	other.Options = nil
	other.Options = other.Options.Add(protocol.ETag, []byte{9}).Add(protocol.LocationPath, []byte("x"))
	show(t, v, other)
	if e := field(t, v, dissect.Option); !v.IsOpen(e) || v.Selected() != e {
		t.Errorf("ETag of the next message: open %v, selected %d, want %d", v.IsOpen(e), v.Selected(), e)
	}
	last := 0
	for i, f := range v.Tree.Fields {
		if f.Kind == dissect.Option {
			last = i
		}
	}
	if v.IsOpen(last) {
		t.Error("another option was not unfolded")
	}
	// One that has no such field has no selection.
	show(t, v, protocol.Message{Type: protocol.Confirmable, MessageID: 7})
	if v.Selected() != -1 {
		t.Errorf("selected %d in a message without options", v.Selected())
	}
}

// A row is lit for the active field that it holds folded away.
func TestRowLitForWhatItHolds(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	option := field(t, v, dissect.Option)
	v.Select(option + 1)
	lit := func() (lit []int) {
		for _, r := range v.Rows(nil) {
			if r.Lit {
				lit = append(lit, r.Field)
			}
		}
		return lit
	}
	if got := lit(); !slices.Equal(got, []int{option}) {
		t.Errorf("folded: lit %v, want %d", got, option)
	}
	v.SetOpen(option, true)
	if got := lit(); !slices.Equal(got, []int{option + 1}) {
		t.Errorf("unfolded: lit %v, want %d", got, option+1)
	}
}

func TestRelatedStandsWithTheMessageID(t *testing.T) {
	v := view.NewInspector()
	v.Show(&trace.Frame{Seq: 2, Data: encoded(t, content(1, ""))}, "↔ #1")
	for _, r := range v.Rows(nil) {
		if strings.Contains(r.Value, "↔ #1") != (v.Tree.Fields[r.Field].Kind == dissect.MessageID) {
			t.Errorf("row %+v", r)
		}
	}
}

// Every bit is in exactly one cell, in its place, or its field's last cell says that there is more.
func TestGridCoversEveryBit(t *testing.T) {
	long := content(1, strings.Repeat("long ", 300))
	long.Options = long.Options.Add(protocol.ProxyURI, []byte(strings.Repeat("u", 700)))
	big := content(1, "x")
	big.Token = protocol.TokenOf(make([]byte, 300))
	for name, data := range map[string][]byte{
		"usual":          encoded(t, content(1, "21.4")),
		"header":         encoded(t, protocol.Message{MessageID: 1}),
		"long":           encoded(t, long),
		"extended token": encoded(t, big),
		"malformed":      append(encoded(t, content(1, "")), 0xff),
		"no CoAP":        {0xff, 1},
		"nothing":        {},
	} {
		for _, columns := range []int{8, 16, 32} {
			v := view.NewInspector()
			v.Show(&trace.Frame{Seq: 1, Data: data}, "")
			seen := make([]int, len(data)*8)
			labels, cut := map[int]int{}, map[int]bool{}
			place := 0
			for _, c := range v.Grid(columns) {
				f := v.Tree.Fields[c.Field]
				if c.Col+c.Bits > columns || c.Row*columns+c.Col != place || c.Bit < f.Bit || c.Bit+c.Bits > f.Bit+f.Bits || c.Bits < 1 {
					t.Fatalf("%s, %d columns: cell %+v at %d of field %+v", name, columns, c, place, f)
				}
				place += c.Bits
				for b := c.Bit; b < c.Bit+c.Bits; b++ {
					seen[b]++
				}
				if c.Labelled {
					labels[c.Field]++
				}
				if c.Hidden > 0 {
					cut[c.Field] = true
				}
			}
			for bit, n := range seen {
				if leaf := v.Tree.LeafAt(bit); n > 1 || n == 0 && !cut[leaf] {
					t.Fatalf("%s, %d columns: bit %d of field %d is in %d cells", name, columns, bit, leaf, n)
				}
			}
			for f, n := range labels {
				if n > 1 {
					t.Errorf("%s, %d columns: field %d has %d labels", name, columns, f, n)
				}
			}
			for f := range cut {
				if v.Tree.Fields[f].Bits <= columns/2 {
					t.Errorf("%s, %d columns: field %d of %d bits is cut", name, columns, f, v.Tree.Fields[f].Bits)
				}
			}
		}
	}
}

func TestFindings(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	if len(v.Tree.Findings) != 0 || v.FindingsConcept() != view.Dim {
		t.Errorf("a clean message has %v", v.Tree.Findings)
	}
	m := content(1, "")
	v.Show(&trace.Frame{Seq: 1, Data: append(encoded(t, m), 0xff)}, "")
	if len(v.Tree.Findings) == 0 || v.FindingsConcept() != view.Error {
		t.Fatalf("a marker without payload: %v", v.Tree.Findings)
	}
	if f := v.Finding(0); !strings.HasPrefix(f.Title, "✖ ") || !strings.Contains(f.Reference, "RFC 7252") || f.Expected == "" || f.Actual == "" {
		t.Errorf("got %+v", f)
	}
}

func TestConceptsOfFields(t *testing.T) {
	v := view.NewInspector()
	show(t, v, content(1, "x"))
	for kind, want := range map[dissect.Kind]view.Concept{
		dissect.Version: view.Version, dissect.MessageType: view.Type, dissect.TokenLength: view.TokenLength, dissect.Code: view.Code,
		dissect.MessageID: view.MessageID, dissect.Token: view.Token, dissect.Option: view.OptionA, dissect.Payload: view.Payload,
	} {
		if got := v.Concept(field(t, v, kind)); got != want {
			t.Errorf("%v: %v, want %v", kind, got, want)
		}
	}
	for code, want := range map[protocol.Code]view.Concept{
		protocol.GET: view.Type, protocol.Content: view.Code, protocol.NotFound: view.Error, protocol.InternalServerError: view.Error, protocol.Empty: view.Dim,
	} {
		if got := view.CodeConcept(code); got != want {
			t.Errorf("%v: %v, want %v", code, got, want)
		}
	}
}

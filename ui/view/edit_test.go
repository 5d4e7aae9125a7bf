package view_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol/dissect"
	"coapscope/session/trace"
	"coapscope/ui/view"
)

var (
	peer   = netip.MustParseAddrPort("192.0.2.7:5683")
	sender = netip.MustParseAddrPort("192.0.2.1:40000")
)

// get is the frame 40 01 12 34 b4 'test' ff 'x'.
func get() *trace.Frame {
	return &trace.Frame{
		Seq: 12, Source: sender, Destination: peer, Direction: trace.Sent,
		Data: []byte{0x40, 0x01, 0x12, 0x34, 0xb4, 't', 'e', 's', 't', 0xff, 'x'},
	}
}

func editing(f *trace.Frame) *view.Inspector {
	v := view.NewInspector()
	v.Show(f, "")
	v.SetEditing(true)
	return v
}

func wantBytes(t *testing.T, v *view.Inspector, hex string) {
	t.Helper()
	if got := fmt.Sprintf("%x", v.Tree.Bytes); got != hex {
		t.Errorf("the message is %s, want %s", got, hex)
	}
}

func changed(v *view.Inspector) (bytes []int) {
	for i := range v.Tree.Bytes {
		if v.Changed(i) {
			bytes = append(bytes, i)
		}
	}
	return bytes
}

func TestFlipABit(t *testing.T) {
	f := get()
	v := editing(f)
	v.SelectBit(1)
	v.FlipBit(1)
	wantBytes(t, v, "0001123"+"4b474657374ff78")
	if v.Tree.Version != 0 || v.FindingCount() == 0 {
		t.Errorf("the edited message was not dissected anew: version %d, %d findings", v.Tree.Version, v.FindingCount())
	}
	if f.Data[0] != 0x40 {
		t.Error("the frame itself was changed")
	}
	if bit, ok := v.SelectedBit(); !ok || bit != 1 {
		t.Errorf("bit %d, %v is selected after the change", bit, ok)
	}
	if !v.BitChanged(1) || v.BitChanged(0) || !slices.Equal(changed(v), []int{0}) {
		t.Errorf("bit 1 changed: %v, bit 0: %v, bytes %v", v.BitChanged(1), v.BitChanged(0), changed(v))
	}
	if field := v.Tree.Find(dissect.Version); !v.FieldChanged(field) || v.FieldChanged(v.Tree.Find(dissect.TokenLength)) {
		t.Error("what changed is the version, and not the token length in the same byte")
	}
	v.FlipBit(1)
	if wantBytes(t, v, "40011234b474657374ff78"); changed(v) != nil {
		t.Errorf("flipped back, bytes %v count as changed", changed(v))
	}
}

func TestUndoRedoRevert(t *testing.T) {
	v := editing(get())
	v.FlipBit(1)
	v.SelectByte(3)
	v.DeleteBytes()
	wantBytes(t, v, "000112b474657374ff78")
	v.Undo()
	wantBytes(t, v, "00011234b474657374ff78")
	v.Undo()
	wantBytes(t, v, "40011234b474657374ff78")
	v.Undo()
	if e := v.Edited(); e.Changes() != 0 || e.CanUndo() || !e.CanRedo() {
		t.Errorf("all undone: %d changes, undo %v, redo %v", e.Changes(), e.CanUndo(), e.CanRedo())
	}
	v.Redo()
	v.Redo()
	wantBytes(t, v, "000112b474657374ff78")
	v.Undo()
	v.FlipBit(0)
	if v.Edited().CanRedo() || v.Edited().Changes() != 2 {
		t.Errorf("after another change: redo %v, %d changes", v.Edited().CanRedo(), v.Edited().Changes())
	}
	v.Revert()
	if v.Editing() || v.Draft() != nil {
		t.Error("reverted, and still edited")
	}
	wantBytes(t, v, "40011234b474657374ff78")
}

// Digits overwrite the selected byte, half by half, as one change, and go on to the next.
func TestTypeHex(t *testing.T) {
	v := editing(get())
	v.SelectByte(2)
	for _, r := range "aBcg" {
		if v.TypeHex(r) == (r == 'g') {
			t.Errorf("%q is taken wrongly", r)
		}
	}
	wantBytes(t, v, "4001abc4b474657374ff78")
	if got := v.Edited().Changes(); got != 2 {
		t.Errorf("%d changes, want 2: a byte is one", got)
	}
	v.TypeHex('0')
	v.TypeHex('1')
	v.TypeHex('2')
	if from, to, _ := v.SelectedBytes(); from != 5 || to != 6 {
		t.Errorf("bytes %d to %d are selected, want 5", from, to)
	}
	wantBytes(t, v, "4001abc01274657374ff78")
	v.Undo()
	v.Undo()
	wantBytes(t, v, "4001ab34b474657374ff78")
}

// The second digit belongs to the byte of the first only while that one is selected.
func TestTypeHexElsewhere(t *testing.T) {
	v := editing(get())
	v.SelectByte(0)
	v.TypeHex('a')
	v.SelectByte(2)
	v.TypeHex('b')
	wantBytes(t, v, "a001b234b474657374ff78")
}

func TestInsertAndDelete(t *testing.T) {
	v := editing(get())
	v.SelectByte(4)
	v.InsertByte(false)
	v.InsertByte(true)
	wantBytes(t, v, "40011234"+"0000"+"b474657374ff78")
	if got := changed(v); !slices.Equal(got, []int{4, 5}) {
		t.Errorf("bytes %v are changed: those behind only moved", got)
	}
	v.SelectByte(2)
	v.ExtendTo(6)
	v.DeleteBytes()
	wantBytes(t, v, "400174657374ff78")
	v.SelectAll()
	v.DeleteBytes()
	wantBytes(t, v, "")
	if reason := v.CannotSend(); !strings.Contains(reason, "no byte") {
		t.Errorf("an empty message cannot be sent because %q", reason)
	}
	v.TypeHex('4')
	v.TypeHex('0')
	v.InsertByte(true)
	wantBytes(t, v, "4000")
}

func TestSetField(t *testing.T) {
	v := editing(get())
	path := v.Tree.Find(dissect.Option)
	if text, ok := v.EditText(path); !ok || text != "test" {
		t.Errorf("the option is edited as %q, %v", text, ok)
	}
	if err := v.SetField(path, "a"); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, v, "40011234"+"b161"+"ff78")
	if err := v.SetField(v.Tree.Find(dissect.MessageType), "RST"); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, v, "70011234"+"b161"+"ff78")
	if err := v.SetField(v.Tree.Find(dissect.MessageID), "no hex"); err == nil {
		t.Error("no hex digits are taken for a message ID")
	}
	if v.Edited().Changes() != 2 {
		t.Errorf("%d changes, want 2: one was refused", v.Edited().Changes())
	}
	if err := v.SetField(v.Tree.Find(dissect.MessageType), "RST"); err != nil || v.Edited().Changes() != 2 {
		t.Errorf("the same value again: %v, %d changes", err, v.Edited().Changes())
	}
	if err := v.RemoveOption(v.Tree.Find(dissect.Option)); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, v, "70011234"+"ff78")
	if _, ok := v.EditText(v.Tree.Find(dissect.Header)); ok {
		t.Error("the header has no text of its own")
	}
}

// What was changed is there again when the packet is selected again.
func TestDraftsAreKept(t *testing.T) {
	first, second := get(), get()
	second.Seq = 13
	v := editing(first)
	v.FlipBit(1)
	if title, _ := v.Title(); title != "Edited from message 12 · 1 change" {
		t.Errorf("title %q", title)
	}
	v.Show(second, "")
	if v.Editing() || v.Drafts() != 1 {
		t.Errorf("another packet: editing %v, %d drafts", v.Editing(), v.Drafts())
	}
	wantBytes(t, v, "40011234b474657374ff78")
	v.Show(first, "")
	if !v.Editing() || v.Drafts() != 0 {
		t.Error("the edit is not there again")
	}
	wantBytes(t, v, "00011234b474657374ff78")
	v.SetEditing(false)
	wantBytes(t, v, "40011234b474657374ff78")
	if v.Draft() == nil || v.Draft().Changes() != 1 {
		t.Error("the edit is gone though only the original is shown")
	}
	v.SetEditing(true)
	wantBytes(t, v, "00011234b474657374ff78")
}

func TestUnchangedCopyIsNoDraft(t *testing.T) {
	v := editing(get())
	v.SetEditing(false)
	if v.Draft() != nil {
		t.Error("there is a draft without a change")
	}
}

func TestWhoGetsAnEditedMessage(t *testing.T) {
	for _, c := range []struct {
		direction trace.Direction
		want      string
	}{{trace.Sent, peer.String()}, {trace.Received, sender.String()}, {trace.Seen, peer.String()}} {
		f := get()
		f.Direction = c.direction
		if got := editing(f).Edited().To; got != c.want {
			t.Errorf("%v: goes to %s, want %s", c.direction, got, c.want)
		}
	}
}

func TestOnlyUDPCanBeSent(t *testing.T) {
	f := get()
	f.Transport, f.Data = trace.TCP, []byte{0x01, 0x45, 0xaa, 0xff, 'x'}
	v := editing(f)
	if title, rest := v.Title(); title != "Editing message 12" || !strings.HasPrefix(rest, "TCP · 2.05 Content · ") {
		t.Errorf("title %q %q", title, rest)
	}
	if reason := v.CannotSend(); !strings.Contains(reason, "TCP") {
		t.Errorf("cannot be sent because %q", reason)
	}
	if reason := editing(get()).CannotSend(); reason != "" {
		t.Errorf("a UDP message cannot be sent because %q", reason)
	}
}

// The first state stays however large the messages are.
func TestMemoryOfChangesIsBounded(t *testing.T) {
	f := get()
	f.Data = append(f.Data, make([]byte, 1<<20)...)
	v := editing(f)
	for i := range 20 {
		v.FlipBit(200 + i)
	}
	for v.Edited().CanUndo() {
		v.Undo()
	}
	if len(v.Tree.Bytes) != len(f.Data) || changed(v) != nil {
		t.Error("all is undone and the message is not that of the frame")
	}
}

// Field, bit and bytes are one selection.
func TestOneSelection(t *testing.T) {
	v := view.NewInspector()
	v.Show(get(), "")
	option := v.Tree.Find(dissect.Option)
	v.SelectBit(4*8 + 5)
	if bit, ok := v.SelectedBit(); !ok || bit != 37 || v.Selected() != option {
		t.Errorf("bit %d %v of field %d, want 37 of %d", bit, ok, v.Selected(), option)
	}
	v.SelectByte(5)
	v.ExtendTo(7)
	if from, to, ok := v.SelectedBytes(); !ok || from != 5 || to != 8 || v.Selected() != option || !v.InRange(6) || v.InRange(8) {
		t.Errorf("bytes %d to %d %v of field %d", from, to, ok, v.Selected())
	}
	v.ExtendTo(3)
	if from, to, _ := v.SelectedBytes(); from != 3 || to != 6 || v.Selected() != -1 {
		t.Errorf("bytes %d to %d of field %d: they are of several", from, to, v.Selected())
	}
	v.Select(option)
	if from, to, ok := v.SelectedBytes(); !ok || from != 4 || to != 9 {
		t.Errorf("the option is bytes %d to %d %v", from, to, ok)
	}
	if _, ok := v.SelectedBit(); ok {
		t.Error("a field is selected, and a bit is said to be")
	}
}

func TestExplainBitsAndBytes(t *testing.T) {
	v := view.NewInspector()
	v.Show(get(), "")
	v.SelectBit(21)
	e, _ := v.Explain()
	if want := "Bit 21 is 0 · byte 2, mask 0x04 · weight 2¹⁰ = 1024 in Message ID"; e.Bits != want || e.Title != "Message ID" {
		t.Errorf("%q %q, want %q", e.Title, e.Bits, want)
	}
	v.SelectByte(5)
	v.ExtendTo(8)
	if e, _ = v.Explain(); e.Bits != `Bytes 5 to 8 at 0x0005 · 4 bytes · uint 1952805748 · "test"` {
		t.Errorf("%q", e.Bits)
	}
	// What the pointer is on is explained: a part of an option is told beside it.
	v.HoverBit(4 * 8)
	if e, _ = v.Explain(); !strings.HasPrefix(e.Title, "Option 11 Uri-Path") || !strings.HasPrefix(e.Part, "Option delta 11 · ") {
		t.Errorf("%+v", e)
	}
	v.HoverBit(-1)
	v.ExtendTo(0)
	if e, ok := v.Explain(); !ok || e.Title != "Bytes of several fields" || !strings.HasPrefix(e.Bits, "Bytes 0 to 5 ") {
		t.Errorf("%+v %v", e, ok)
	}
}

// Keys reach every bit of a long field: what is cut unfolds.
func TestKeysReachEveryBit(t *testing.T) {
	f := get()
	f.Data = append(f.Data, make([]byte, 1100)...)
	for _, columns := range []int{8, 16, 32} {
		v := view.NewInspector()
		v.Show(f, "")
		v.Grid(columns)
		short := v.GridHeight()
		v.SelectBit(0)
		for bit := range len(f.Data) * 8 {
			if got := v.Cursor(); got != bit || v.GridRowOf(bit) < 0 {
				t.Fatalf("%d columns: at bit %d after %d steps, row %d", columns, got, bit, v.GridRowOf(bit))
			}
			v.MoveBits(1)
		}
		if v.GridHeight() <= short || v.GridHeight() < len(f.Data)*8/columns {
			t.Errorf("%d columns: %d rows for %d bytes, %d before", columns, v.GridHeight(), len(f.Data), short)
		}
		row := v.GridRowOf(v.Cursor())
		v.MoveRows(-3)
		if got := v.GridRowOf(v.Cursor()); got != row-3 {
			t.Errorf("%d columns: in row %d, want %d", columns, got, row-3)
		}
		v.MoveToEdge(false)
		if at := v.Cursor(); v.GridRowOf(at-1) != row-4 {
			t.Errorf("%d columns: bit %d is not the first of its row", columns, at)
		}
		v.FoldBits(v.Tree.LeafAt(v.Cursor()))
		if v.Grid(columns); v.GridHeight() != short {
			t.Errorf("%d columns: folded again to %d rows, want %d", columns, v.GridHeight(), short)
		}
	}
}

// A body of a megabyte unfolds in steps: no grid gets higher than can be drawn.
func TestLargeBodyUnfoldsInSteps(t *testing.T) {
	f := get()
	f.Data = append(f.Data, make([]byte, 1<<20)...)
	v := view.NewInspector()
	v.Show(f, "")
	v.Unfold(v.Tree.Find(dissect.Payload))
	v.Grid(8)
	if rows := v.GridHeight(); rows < 16<<10 || rows > 17<<10 {
		t.Errorf("%d rows after one step", rows)
	}
}

func TestMarksOfFindings(t *testing.T) {
	v := view.NewInspector()
	v.Show(&trace.Frame{Seq: 1, Data: []byte{0x40, 0x01, 0, 1, 0xff}}, "")
	if len(v.Tree.Findings) != 1 {
		t.Fatalf("findings %v", v.Tree.Findings)
	}
	if severity, begins, ok := v.MarkAt(32, 8); !ok || !begins || severity != dissect.Error {
		t.Errorf("the marker has mark %v %v %v", severity, begins, ok)
	}
	if _, _, ok := v.MarkAt(0, 32); ok {
		t.Error("the header is marked")
	}
	if _, ok := v.MarkOfField(v.Tree.Find(dissect.PayloadGroup), true); !ok {
		t.Error("what holds the marker folded away is not marked")
	}
	rule := &dissect.Rule{ID: "x", Severity: dissect.Warning, Title: "Too early", Reference: "RFC 7252 §4.2"}
	v.SetHistory([]dissect.Finding{{Rule: rule, Span: dissect.Span{Bit: 16, Bits: 16}, Field: v.Tree.Find(dissect.MessageID)}})
	if v.FindingCount() != 2 || !v.Finding(1).Traffic || v.Finding(0).Traffic || v.FindingsConcept() != view.Error {
		t.Errorf("%d findings, %+v", v.FindingCount(), v.Finding(1))
	}
	if severity, _, ok := v.MarkAt(20, 1); !ok || severity != dissect.Warning {
		t.Errorf("the message ID is marked %v %v", severity, ok)
	}
	v.SelectFinding(1)
	if v.Selected() != v.Tree.Find(dissect.MessageID) {
		t.Errorf("the finding leads to field %d", v.Selected())
	}
	v.SetEditing(true)
	if v.FindingCount() != 1 {
		t.Error("an edited copy was in no traffic")
	}
}

func TestCopy(t *testing.T) {
	v := view.NewInspector()
	v.Show(get(), "")
	v.Select(v.Tree.Find(dissect.MessageID))
	if got := v.CopyValue(); got != "0x1234 (4660)" {
		t.Errorf("value %q", got)
	}
	if got := v.CopyNameAndValue(); got != "Message ID: 0x1234 (4660)" {
		t.Errorf("name and value %q", got)
	}
	if got, _ := v.AsFilter(v.Selected()); got != "mid == 0x1234" {
		t.Errorf("filter %q", got)
	}
	if got, _ := v.AsColumn(v.Selected()); got != "mid" {
		t.Errorf("column %q", got)
	}
	v.SelectByte(5)
	v.ExtendTo(6)
	if got := v.CopyHex() + " " + v.CopyBase64() + " " + v.CopyC(); got != "7465 dGU= const uint8_t message[2] = {\n    0x74, 0x65,\n};\n" {
		t.Errorf("got %q", got)
	}
	v.Select(-1)
	if got := v.CopyHex(); got != "40011234b474657374ff78" {
		t.Errorf("all as hex: %q", got)
	}
	if got := v.CopyDump(); got != "0000  40 01 12 34 b4 74 65 73  74 ff 78                 @..4.test.x\n" {
		t.Errorf("dump %q", got)
	}
}

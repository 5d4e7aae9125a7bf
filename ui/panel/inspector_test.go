package panel

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// response is a frame with a payload of that many bytes.
func response(payload int) *trace.Frame {
	m := protocol.Message{Type: protocol.Acknowledgement, Code: protocol.Content, MessageID: 0x1234, Token: protocol.TokenOf([]byte{0xca, 0xfe}), Payload: make([]byte, payload)}
	m.Options = m.Options.Add(protocol.ETag, []byte{1, 2, 3}).AddUint(protocol.Observe, 7).AddUint(protocol.ContentFormatOption, 42)
	data, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return &trace.Frame{
		Seq: 1, Time: time.Unix(1e9, 0), Data: data, Direction: trace.Received,
		Source: netip.MustParseAddrPort("127.0.0.1:9"), Destination: netip.MustParseAddrPort("127.0.0.1:40000"),
	}
}

// inspector gives a panel in a headless window that shows a frame.
func inspector(t testing.TB, f *trace.Frame) (*Inspector, fyne.Window) {
	t.Helper()
	engine, err := session.Open(session.Config{})
	if err != nil {
		t.Fatal(err)
	}
	app := test.NewTempApp(t)
	app.Settings().SetTheme(widget.NewTheme(widget.Dark, 1))
	bench := view.NewWorkbench(engine, func() {})
	t.Cleanup(bench.Close)
	p := NewInspector(bench)
	w := test.NewTempWindow(t, p.Object)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(512, 860))
	bench.Inspector.Show(f, "")
	p.Refresh()
	return p, w
}

func says(p *Inspector, w fyne.Window) string {
	w.Canvas().Capture()
	return widget.Spans(w.Canvas()).String()
}

func press(p *Inspector, keys ...fyne.KeyName) {
	for _, k := range keys {
		p.bits.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

// click clicks the middle of a hit region of the bits.
func click(t *testing.T, p *Inspector, id any, times int) {
	t.Helper()
	at, size, ok := p.bits.HitBox(id)
	if !ok {
		t.Fatalf("%T %v is not drawn", id, id)
	}
	for range times {
		p.bits.Tapped(&fyne.PointEvent{Position: at.AddXY(size.Width/2, size.Height/2)})
	}
}

func TestKeysInAllThreeDrawings(t *testing.T) {
	p, w := inspector(t, response(200))
	says(p, w)
	m := p.model
	p.bits.RequestFocus()
	press(p, fyne.KeyRight)
	press(p, fyne.KeyRight, fyne.KeyRight, fyne.KeyDown)
	if bit, ok := m.SelectedBit(); !ok || bit != 34 {
		t.Errorf("bit %d %v is selected, want 34: two to the right, a row of 32 down", bit, ok)
	}
	press(p, fyne.KeyTab)
	if p.section != inFields || !p.bits.Focused() {
		t.Fatalf("Tab went to section %d, focus %v", p.section, p.bits.Focused())
	}
	press(p, fyne.KeyHome, fyne.KeyDown)
	if f := m.Tree.Fields[m.Selected()]; f.Kind != dissect.Version {
		t.Errorf("%v is selected, want the version", f.Kind)
	}
	press(p, fyne.KeyLeft, fyne.KeyLeft)
	if m.Selected() != 0 || m.IsOpen(0) {
		t.Errorf("field %d, header open %v: Left goes up and folds", m.Selected(), m.IsOpen(0))
	}
	press(p, fyne.KeyRight, fyne.KeyRight, fyne.KeyTab)
	if p.section != inBytes {
		t.Fatalf("Tab went to section %d", p.section)
	}
	press(p, fyne.KeyDown, fyne.KeyRight)
	if from, to, ok := m.SelectedBytes(); !ok || from != 17 || to != 18 {
		t.Errorf("bytes %d to %d %v are selected, want 17", from, to, ok)
	}
	press(p, fyne.KeyPageDown, fyne.KeyEnd)
	if from, _, _ := m.SelectedBytes(); from != len(m.Tree.Bytes)-1 {
		t.Errorf("byte %d is selected, want the last", from)
	}
	if y, h, _ := p.place(); y < p.bits.Offset() || y+h > p.bits.Offset()+p.bits.LogicalSize().Height {
		t.Errorf("the selection at %v is out of sight, which begins at %v", y, p.bits.Offset())
	}
	press(p, fyne.KeyTab)
	if p.bits.Focused() && p.section == inGrid {
		t.Error("Tab behind the last drawing stays in the panel")
	}
}

func TestWidthsOfTheGrid(t *testing.T) {
	p, w := inspector(t, response(20))
	rows := map[int]int{}
	for _, n := range []int{8, 16, 32, 0} {
		says(p, w)
		click(t, p, widthID(n), 1)
		says(p, w)
		rows[n] = p.model.GridHeight()
		if p.Columns() != n {
			t.Errorf("%d bits a row, want %d", p.Columns(), n)
		}
	}
	if rows[8] <= rows[16] || rows[16] <= rows[32] || rows[0] != rows[32] {
		t.Errorf("rows by width: %v", rows)
	}
	if at := p.shape(230).columns; at != 16 {
		t.Errorf("auto gives %d bits where there is little room", at)
	}
}

func TestUnfoldByClick(t *testing.T) {
	p, w := inspector(t, response(500))
	if text := says(p, w); !strings.Contains(text, "more bytes") {
		t.Fatalf("nothing says that bits are left out:\n%s", text)
	}
	payload := p.model.Tree.Find(dissect.Payload)
	before := p.model.GridHeight()
	click(t, p, moreID(payload), 1)
	says(p, w)
	if p.model.GridHeight() < before+100 {
		t.Errorf("unfolded, the grid has %d rows, %d before", p.model.GridHeight(), before)
	}
}

func TestEditByPointerAndKeys(t *testing.T) {
	p, w := inspector(t, response(20))
	says(p, w)
	click(t, p, bitID(1), 2)
	if p.model.Editing() {
		t.Error("a double click edits though nobody asked for it")
	}
	p.ToggleEditing()
	says(p, w)
	click(t, p, bitID(0), 2)
	if p.model.Tree.Version != 3 {
		t.Errorf("version %d, want 3: bit 0 was flipped", p.model.Tree.Version)
	}
	press(p, fyne.KeySpace)
	p.bits.TypedRune('1')
	if p.model.Tree.Version != 3 {
		t.Errorf("version %d: flipped back and typed again", p.model.Tree.Version)
	}
	p.section = inBytes
	p.model.SelectByte(2)
	p.bits.TypedRune('a')
	p.bits.TypedRune('b')
	press(p, fyne.KeyInsert, fyne.KeyDelete)
	if got := fmt.Sprintf("%x", p.model.Tree.Bytes[:5]); got != "e245ab34ca" {
		t.Errorf("the message begins with %s", got)
	}
	if text := says(p, w); !strings.Contains(text, "Edited from message 1 · 6 changes") || !strings.Contains(text, "127.0.0.1:9") {
		t.Errorf("the panel says\n%s", text)
	}
	p.bits.TypedShortcut(&fyne.ShortcutUndo{})
	if got := p.model.Edited().Changes(); got != 5 {
		t.Errorf("%d changes after undo", got)
	}
	p.Revert()
	if text := says(p, w); strings.Contains(text, "Send as it is") {
		t.Error("the bar is still there")
	}
}

func TestEditAField(t *testing.T) {
	p, w := inspector(t, response(20))
	says(p, w)
	id := p.model.Tree.Find(dissect.MessageID)
	p.model.Select(id)
	p.section = inFields
	press(p, fyne.KeyReturn)
	if !p.model.Editing() || p.entry.field != id || !p.entry.entry.Focused() || p.entry.entry.Text() != "1234" {
		t.Fatalf("editing %v field %d, focus %v, %q", p.model.Editing(), p.entry.field, p.entry.entry.Focused(), p.entry.entry.Text())
	}
	p.entry.entry.SetText("xyz")
	p.entry.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if text := says(p, w); p.entry.wrong == "" || !strings.Contains(text, "✖ ") {
		t.Errorf("nothing says what is wrong with xyz:\n%s", text)
	}
	p.entry.entry.SetText("abcd")
	p.entry.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if p.model.Tree.MessageID != 0xabcd || p.entry.field >= 0 || !p.bits.Focused() {
		t.Errorf("message ID %v, entry at %d, focus back %v", p.model.Tree.MessageID, p.entry.field, p.bits.Focused())
	}
	press(p, fyne.KeyReturn)
	p.entry.entry.SetText("1")
	p.entry.entry.Field().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if p.model.Tree.MessageID != 0xabcd || p.entry.layer.Visible() {
		t.Error("Escape has taken the text")
	}
}

func TestMenuOfEverything(t *testing.T) {
	p, w := inspector(t, response(20))
	says(p, w)
	menu := func() (labels []string) {
		for _, item := range p.menu().Items {
			labels = append(labels, item.Label)
		}
		return labels
	}
	at, size, _ := p.bits.HitBox(bitID(20))
	p.bits.TappedSecondary(&fyne.PointEvent{Position: at.AddXY(size.Width/2, size.Height/2)})
	if bit, ok := p.model.SelectedBit(); !ok || bit != 20 {
		t.Errorf("the menu is for bit %d %v", bit, ok)
	}
	if text := widget.Spans(w.Canvas()).String(); !strings.Contains(text, "Apply as filter") {
		t.Errorf("no menu is open:\n%s", text)
	}
	got := strings.Join(menu(), "|")
	for _, want := range []string{"Copy value", "Copy name and value", "Copy bytes as hex", "C array", "base64", "Copy as filter", "Apply as filter", "Add as column", "Edit Message ID", "Copy as bug report"} {
		if !strings.Contains(got, want) {
			t.Errorf("the menu has no %q: %s", want, got)
		}
	}
	for _, item := range p.menu().Items {
		if item.Label == "Copy value" {
			item.Action()
		}
	}
	if got := fyne.CurrentApp().Clipboard().Content(); got != "0x1234 (4660)" {
		t.Errorf("copied %q", got)
	}
	press(p, desktop.KeyMenu)
}

func TestDragSelectsBytes(t *testing.T) {
	p, w := inspector(t, response(60))
	says(p, w)
	p.bits.Reveal(p.bytesTop(), 200)
	says(p, w)
	from, size, ok := p.bits.HitBox(byteID(20))
	to, _, ok2 := p.bits.HitBox(byteID(40))
	if !ok || !ok2 {
		t.Fatal("the bytes are not in sight")
	}
	middle := func(pos fyne.Position) fyne.Position { return pos.AddXY(size.Width/2, size.Height/2) }
	start, end := middle(from), middle(to)
	p.bits.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: start}, Button: desktop.MouseButtonPrimary})
	p.bits.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: end}, Dragged: fyne.NewDelta(end.X-start.X, end.Y-start.Y)})
	p.bits.DragEnd()
	if a, b, _ := p.model.SelectedBytes(); a != 20 || b != 41 {
		t.Errorf("bytes %d to %d are selected, want 20 to 41", a, b)
	}
	if got := len(p.copied()); got != 2*21 {
		t.Errorf("Ctrl+C copies %d digits, want 42", got)
	}
}

func TestFindingLeadsToItsBits(t *testing.T) {
	f := response(0)
	f.Data = append(f.Data, 0xff)
	p, w := inspector(t, f)
	p.show("findings")
	if text := says(p, w); !strings.Contains(text, "Copy as bug report") || !strings.Contains(text, "expected") {
		t.Fatalf("the findings say\n%s", text)
	}
	at, _, _ := p.findings.HitBox(findID(0))
	p.findings.Tapped(&fyne.PointEvent{Position: at.AddXY(20, 20)})
	if p.tabs.Selected() != "bits" || p.model.Tree.Fields[p.model.Selected()].Kind != dissect.PayloadMarker {
		t.Errorf("tab %s, field %v", p.tabs.Selected(), p.model.Tree.Name(p.model.Selected()))
	}
	p.CopyReport()
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.HasPrefix(got, "## Message 1: ACK") {
		t.Errorf("copied %q", got)
	}
}

// The card stays in sight wherever the message is scrolled to.
func TestCardStaysInSight(t *testing.T) {
	p, w := inspector(t, response(1100))
	p.model.Select(p.model.Tree.Find(dissect.MessageID))
	p.bits.Refresh()
	for _, offset := range []float32{0, 600, 5000} {
		says(p, w)
		p.bits.ScrollTo(offset)
		if text := says(p, w); !strings.Contains(text, "Ties an Acknowledgement or Reset") {
			t.Errorf("scrolled to %v, the card is gone:\n%s", p.bits.Offset(), text)
		}
	}
}

// drawn draws the bits at some offsets, as the window does.
func drawn(b *testing.B, p *Inspector, offsets ...float32) {
	palette := widget.PaletteOf(theme.VariantDark)
	g, _ := widget.NewImagePainter(512, 860, 1, palette)
	height := p.drawBits(g)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		offset := offsets[i%len(offsets)] * (height - 860)
		g, _ := widget.NewImagePainter(512, 860, 1, palette)
		g.Fill(palette.Panel)
		p.drawBits(g.Sub(0, -offset, 512, 860+offset))
	}
}

// BenchmarkGrid draws the panel with the bit grid of a message of 1,152 bytes, all of it unfolded and laid out anew.
func BenchmarkGrid(b *testing.B) {
	for _, columns := range []int{8, 16, 32} {
		b.Run(fmt.Sprint(columns), func(b *testing.B) {
			p, _ := inspector(b, response(1152-15))
			p.SetColumns(columns)
			p.model.Unfold(p.model.Tree.Find(dissect.Payload))
			palette := widget.PaletteOf(theme.VariantDark)
			b.ReportAllocs()
			for b.Loop() {
				p.model.FoldBits(-1) // lay out anew
				g, _ := widget.NewImagePainter(512, 860, 1, palette)
				p.drawBits(g)
			}
		})
	}
}

// BenchmarkGridOfAllRows draws it onto a picture as high as the whole grid.
func BenchmarkGridOfAllRows(b *testing.B) {
	p, _ := inspector(b, response(1152-15))
	p.SetColumns(32)
	p.model.Unfold(p.model.Tree.Find(dissect.Payload))
	palette := widget.PaletteOf(theme.VariantDark)
	g, _ := widget.NewImagePainter(512, 288*gridRow, 1, palette)
	for b.Loop() {
		p.model.FoldBits(-1)
		p.drawBits(g)
	}
}

// BenchmarkBytes draws places of a message of a megabyte.
func BenchmarkBytes(b *testing.B) {
	p, _ := inspector(b, response(1<<20))
	drawn(b, p, 0.1, 0.25, 0.5, 0.75, 1)
}

// BenchmarkMessage draws the whole panel of bits of a usual message.
func BenchmarkMessage(b *testing.B) {
	p, _ := inspector(b, response(60))
	drawn(b, p, 0)
}

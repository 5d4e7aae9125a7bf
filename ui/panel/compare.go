package panel

import (
	"fmt"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Compare shows two messages side by side, and what differs: their fields, the lines of their payloads,
// and their bytes.
type Compare struct {
	*widget.ScrollSheet

	bench   *view.Workbench
	differs bool // only what differs is shown
	fields  []int
}

// differsID is the hit region that shows only what differs, or all.
type differsID struct{}

// unpinID is the hit region that ends comparing with one packet.
type unpinID struct{}

// NewCompare makes the panel.
func NewCompare(bench *view.Workbench) *Compare {
	p := &Compare{bench: bench}
	p.ScrollSheet = widget.NewScrollSheet(p.draw)
	p.On = widget.OnPanel
	p.Min = fyne.NewSize(60, 60)
	p.OnTap = func(t widget.Tap) {
		switch id := p.HitAt(t.Pos).(type) {
		case differsID:
			p.differs = !p.differs
		case unpinID:
			bench.UnpinCompared()
		case fieldID:
			bench.Inspector.Select(int(id))
			bench.Changed(view.PartInspector)
		}
		p.RequestFocus()
		p.Refresh()
	}
	p.OnKey = func(name fyne.KeyName, _ fyne.KeyModifier) { p.key(name) }
	p.OnCopy = p.copied
	return p
}

// key moves the selection along the fields that the right message has.
func (p *Compare) key(name fyne.KeyName) {
	at := -1
	for i, f := range p.fields {
		if f <= p.bench.Inspector.Selected() {
			at = i
		}
	}
	switch name {
	case fyne.KeyDown:
		at++
	case fyne.KeyUp:
		at--
	default:
		return
	}
	if at >= 0 && at < len(p.fields) {
		p.bench.Inspector.Select(p.fields[at])
		p.bench.Changed(view.PartInspector)
	}
}

func (p *Compare) copied() string {
	c, _ := p.bench.Comparison()
	if c == nil {
		return ""
	}
	text := ""
	for _, r := range append(c.Fields[:len(c.Fields):len(c.Fields)], c.Payload...) {
		text += fmt.Sprintf("%s\t%s\t%s\t%s\n", r.State.Sign(), r.Name, r.Left, r.Right)
	}
	return text
}

const compareRow = 20

func (p *Compare) draw(g *widget.Painter) float32 {
	c, why := p.bench.Comparison()
	p.fields = p.fields[:0]
	if c == nil {
		g.TextCenter(g.W/2, 60, why, widget.Sans(13, view.Faint))
		return 80
	}
	const x = inspectorMargin
	same := "All is the same"
	if c.Differences > 0 {
		same = fmt.Sprintf("%d of %d fields differ", c.Differences, len(c.Fields))
	}
	y := float32(8)
	g.Text(x, y+14, same, widget.SansBold(12, view.Plain))
	toggle := "only what differs"
	if p.differs {
		toggle = "show all"
	}
	w := g.TextRight(g.W-x, y+14, toggle, widget.Sans(12, view.Accent))
	g.Hit(g.W-x-w-4, y, w+8, 20, differsID{})
	y += 26
	name := min(116, (g.W-2*x)*0.28)
	left := x + 14 + name
	half := (g.W - x - left) / 2
	head := g.TextEllipsis(left, y+14, half-8, fmt.Sprintf("#%d", c.LeftFrame.Seq), bold(widget.Mono(12, view.Accent)))
	if p.bench.Compared.Pinned != 0 {
		w := g.TextEllipsis(left+head+8, y+14, half-head-16, "pinned ✕", widget.Sans(11, view.Dim))
		g.Hit(left, y, head+w+12, compareRow, unpinID{})
	}
	right := fmt.Sprintf("#%d", c.RightFrame.Seq)
	if p.bench.Inspector.Editing() {
		right += " edited"
	}
	g.TextEllipsis(left+half, y+14, half, right, bold(widget.Mono(12, view.Accent)))
	y += compareRow
	for _, r := range c.Fields {
		y = p.drawRow(g, y, r, x, left, half)
	}
	if len(c.Payload) > 0 {
		y += 10
		g.Text(x, y+14, "Payload as "+c.PayloadName, widget.SansBold(12, view.Plain))
		y += 24
		if c.PayloadNote != "" {
			g.TextEllipsis(x, y+12, g.W-2*x, c.PayloadNote, widget.Sans(11, view.Warning))
			y += 18
		}
		for _, r := range c.Payload {
			y = p.drawRow(g, y, r, x, x+14, (g.W-2*x-14)/2)
		}
	}
	y += 10
	for side, frame := range [2]string{fmt.Sprintf("Bytes of #%d", c.LeftFrame.Seq), "Bytes of " + right} {
		g.Text(x, y+14, frame, widget.SansBold(12, view.Plain))
		y = p.drawBytes(g, y+24, c, side) + 12
	}
	return y
}

func (p *Compare) drawRow(g *widget.Painter, y float32, r view.CompareRow, x, left, half float32) float32 {
	if p.differs && r.State == view.CompareSame {
		return y
	}
	if r.RightField >= 0 {
		p.fields = append(p.fields, r.RightField)
	}
	if !g.Visible(0, y, g.W, compareRow) {
		return y + compareRow
	}
	inspector := p.bench.Inspector
	if r.RightField >= 0 {
		g.Hit(10, y, g.W-20, compareRow, fieldID(r.RightField))
		if a := inspector.Active(); a >= r.RightField && a < int(inspector.Tree.Fields[r.RightField].Next) {
			g.RoundRect(10, y, g.W-20, compareRow, 3, g.Pal.Selection, 0, g.Pal.Line)
		}
	}
	style, values := widget.Sans(12, view.Plain), widget.Mono(12, view.Dim)
	if r.State != view.CompareSame {
		g.RoundRect(10, y, g.W-20, compareRow, 3, g.Pal.Tint(r.State.Concept(), false), 0, g.Pal.Line)
		g.Text(x, y+14, r.State.Sign(), bold(widget.Mono(12, r.State.Concept())))
		values = widget.Mono(12, view.Plain)
	}
	if r.Name != "" {
		g.TextEllipsis(x+14, y+14, left-x-20, r.Name, style)
	}
	texts := [2]string{r.Left, r.Right}
	if r.State == view.CompareChanged {
		texts = fromDifference(texts, int((half-10)/monoCell))
	}
	g.TextEllipsis(left, y+14, half-10, texts[0], values)
	g.TextEllipsis(left+half, y+14, half-4, texts[1], values)
	return y + compareRow
}

// fromDifference leaves out what two texts have in common at their beginning, where the first difference would
// be out of sight in a room of so many characters.
func fromDifference(texts [2]string, room int) [2]string {
	const before = 6 // of what is in common stays to be seen
	left, right := []rune(texts[0]), []rune(texts[1])
	same := 0
	for same < min(len(left), len(right)) && left[same] == right[same] {
		same++
	}
	if same < room-2 || same == len(left) && same == len(right) || same <= before {
		return texts
	}
	return [2]string{"…" + string(left[same-before:]), "…" + string(right[same-before:])}
}

func (p *Compare) drawBytes(g *widget.Painter, y float32, c *view.Comparison, side int) float32 {
	tree := c.Left
	if side == 1 {
		tree = c.Right
	}
	const offset, pitch, row = 44, 21, 20
	perRow := 16
	if g.W-inspectorMargin-offset < 16*pitch+8 {
		perRow = 8
	}
	rows := (len(tree.Bytes) + perRow - 1) / perRow
	for n := range rows {
		top := y + float32(n)*row
		if !g.Visible(0, top, g.W, row) {
			continue
		}
		g.Text(inspectorMargin, top+14, fmt.Sprintf("%04x", n*perRow), widget.Mono(11, view.Faint))
		for i := n * perRow; i < min((n+1)*perRow, len(tree.Bytes)); i++ {
			x := inspectorMargin + offset + float32(i-n*perRow)*pitch
			style := widget.Mono(12, view.FieldConcept(tree, tree.LeafAt(i*8)))
			if c.Differs(side, i) {
				g.FillRect(x-3, top, 20, 17, g.Pal.Tint(view.Warning, true))
				g.HLine(x-1, top+16, 16, g.Pal.Text(view.Warning))
				style = bold(widget.Mono(12, view.Plain))
			}
			g.Text(x, top+13, hexByte[tree.Bytes[i]], style)
		}
	}
	return y + float32(rows)*row
}

func bold(s widget.Style) widget.Style {
	s.Bold = true
	return s
}

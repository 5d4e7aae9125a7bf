package panel

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/protocol/dissect"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const (
	inspectorMargin = 16
	gridRow         = 50 // pitch of rows
	gridBox         = 46 // height of a box
	gridTop         = 4
	gridHead        = 48 // the choice of the width, and the ruler
	leadBytes       = 26 // where the first row of bytes is that stands above the grid
)

// drawBits draws the three drawings of the message below each other, and between them the card that
// explains. The card stays in sight: where its place is not, it lies at the edge that is nearer to it.
func (p *Inspector) drawBits(g *widget.Painter) float32 {
	if p.model.Frame == nil {
		g.TextCenter(g.W/2, 60, "Select a packet to see its bits", widget.Sans(13, view.Faint))
		return 80
	}
	if p.cardOf != any(p.model.Frame) {
		p.cardOf, p.cardHeight = p.model.Frame, minCard
	}
	above := float32(0)
	if p.lead != nil {
		above = p.lead(g)
	}
	card := p.layoutCard(g)
	p.cardHeight = max(p.cardHeight, card.height)
	shape := p.shape(g.W)
	p.columns, p.gridAt = shape.columns, above+gridTop+gridHead
	p.model.Grid(shape.columns)
	p.cardAt = p.gridAt + float32(p.model.GridHeight())*gridRow + 10
	// Where the card lies at an edge, the rest ends there.
	y, top, bottom := p.placeCard(g)
	rest := g.Band(top, bottom)
	p.drawGrid(rest, shape)
	p.drawFields(rest)
	height := p.fieldsAt() + float32(p.model.RowCount())*fieldRow + 16
	if p.lead == nil {
		height = p.drawBytes(rest)
	}
	p.drawCard(g, card, y)
	return height
}

// placeCard gives where the card is drawn, and the room that it leaves to the rest.
func (p *Inspector) placeCard(g *widget.Painter) (y, top, bottom float32) {
	const gap = 4
	top, bottom = g.Shown()
	switch h := p.cardHeight; {
	case p.lead != nil: // there is too little room for it to be always in sight
	case p.cardAt < top+gap:
		return top + gap, top + h + 2*gap, bottom
	case p.cardAt+h > bottom-gap:
		y = max(bottom-gap-h, top+gap)
		return y, top, y - gap
	}
	return p.cardAt, top, bottom
}

// fieldsAt is where the first row of the field tree is.
func (p *Inspector) fieldsAt() float32 {
	return p.gridAt + float32(p.model.GridHeight())*gridRow + 10 + p.cardHeight + 38
}

// bytesTop is where the first row of bytes is.
func (p *Inspector) bytesTop() float32 {
	if p.lead != nil {
		return leadBytes
	}
	return p.fieldsAt() + float32(p.model.RowCount())*fieldRow + 40
}

// heading draws the name of a drawing, with a mark where keys go to it.
func (p *Inspector) heading(g *widget.Painter, baseline float32, text string, s section) {
	concept := view.Plain
	if p.bits.Focused() && p.section == s {
		concept = view.Accent
		g.FillRect(6, baseline-11, 3, 14, g.Pal.Text(view.Accent))
	}
	g.Text(inspectorMargin, baseline, text, widget.SansBold(12, concept))
}

// gridShape is how the grid is drawn in some room.
type gridShape struct {
	columns int
	pitch   float32 // of bits
}

// shape gives the grid that the user asked for, or the widest one that there is room for.
func (p *Inspector) shape(width float32) gridShape {
	room := width - 2*inspectorMargin
	widest := map[int]float32{8: 44, 16: 30, 32: 17}
	columns := p.model.Columns
	if columns == 0 {
		columns = 32
		if room/32 < 8 {
			columns = 16
		}
	}
	return gridShape{columns, min(widest[columns], room/float32(columns))}
}

func (p *Inspector) drawGrid(g *widget.Painter, shape gridShape) {
	y := p.gridAt - gridHead
	p.drawWidths(g, y)
	pitch := shape.pitch
	for bit := range shape.columns {
		x := inspectorMargin + (float32(bit)+0.5)*pitch
		if bit%10 == 0 {
			g.TextCenter(x, y+31, strconv.Itoa(bit/10), widget.Mono(10, view.Dim))
		}
		g.TextCenter(x, y+44, string(rune('0'+bit%10)), widget.Mono(8, view.Faint))
	}
	top, bottom := g.Shown()
	first, end := int((top-p.gridAt)/gridRow), int((bottom-p.gridAt)/gridRow)+1
	for _, cell := range p.model.GridRows(first, end) {
		p.drawCell(g, cell, shape)
	}
}

// drawWidths draws the choice of how wide the grid is.
func (p *Inspector) drawWidths(g *widget.Painter, y float32) {
	p.heading(g, y+13, "", inGrid)
	x := g.W - inspectorMargin
	for _, c := range []struct {
		text string
		n    int
	}{{"auto", 0}, {"32", 32}, {"16", 16}, {"8", 8}} {
		style := widget.Sans(11, view.Dim)
		w := g.Measure(c.text, style) + 12
		x -= w
		if p.model.Columns == c.n {
			style = widget.Sans(11, view.Accent)
			g.RoundRect(x, y, w, 18, 4, g.Pal.Tint(view.Accent, false), 1, g.Pal.Border(view.Accent, false))
		}
		g.Text(x+6, y+13, c.text, style)
		g.Hit(x, y-4, w, 24, widthID(c.n))
	}
	style := widget.Sans(11, view.Faint)
	g.TextRight(x-4, y+13, "bits a row", style)
}

func (p *Inspector) drawCell(g *widget.Painter, cell view.GridCell, shape gridShape) {
	pitch := shape.pitch
	top := p.gridAt + float32(cell.Row)*gridRow
	x, w := inspectorMargin+float32(cell.Col)*pitch, float32(cell.Bits)*pitch
	lit, concept := p.model.Lit(cell.Field), p.model.Concept(cell.Field)
	g.Tinted(x+0.5, top, w-1, gridBox, 2, concept, lit)
	digits := widget.Mono(12, view.Plain)
	if pitch < 11 {
		digits.Size = 11
	}
	severity, begins, marked := p.model.MarkAt(cell.Bit, cell.Bits)
	cursor, isBit := p.model.SelectedBit()
	half := g.Measure("0", digits) / 2
	for i := range cell.Bits {
		bit := cell.Bit + i
		left := x + float32(i)*pitch
		style := digits.In(g.Pal.OnTint(concept, lit))
		switch {
		case isBit && bit == cursor:
			g.RoundRect(left+max(1, pitch/2-9), top+5, pitch-2*max(1, pitch/2-9), 19, 3, g.Pal.Text(view.Accent), 0, color.NRGBA{})
			style = digits.In(g.Pal.OnFilled)
		case p.model.InRange(bit / 8):
			g.FillRect(left, top+5, pitch, 19, g.Pal.Selection)
		}
		digit := "0"
		if p.model.Set(bit) {
			digit = "1"
		}
		g.Text(left+pitch/2-half, top+19, digit, style)
		if marked {
			if s, _, ok := p.model.MarkAt(bit, 1); ok {
				g.FillRect(left, top+24, pitch, 2, g.Pal.Text(view.SeverityConcept(s)))
			}
		}
		if p.model.BitChanged(bit) {
			g.Dot(left+pitch/2, top+5, 2, g.Pal.Text(view.Warning))
		}
		g.Hit(left, top, pitch, gridBox, bitID(bit))
	}
	if marked && begins {
		drawCorner(g, x+w-2, top+2, g.Pal.Text(view.SeverityConcept(severity)))
	}
	p.drawCellLabel(g, cell, x, top, shape)
}

// drawCorner marks the upper right corner of a box: there is a finding about it.
func drawCorner(g *widget.Painter, x, y float32, c color.NRGBA) {
	g.Polygon(c, fyne.NewPos(x-8, y), fyne.NewPos(x, y), fyne.NewPos(x, y+8))
}

func (p *Inspector) drawCellLabel(g *widget.Painter, cell view.GridCell, x, top float32, shape gridShape) {
	w := float32(cell.Bits) * shape.pitch
	left, right := x+3, x+w-3
	if more := p.moreText(g, cell, w-8); more != "" {
		style := widget.Sans(10, view.Accent)
		width := g.Measure(more, style)
		right -= width
		g.Text(right, top+37, more, style)
		g.Hit(right-3, top+gridBox-20, width+6, 20, moreID(cell.Field))
		right -= 8
	}
	style := widget.Sans(10, view.Plain)
	if !cell.Labelled {
		p.drawCellBytes(g, cell, x, top, shape, right)
		return
	}
	label := p.model.Tree.Label(cell.Field)
	width := g.Measure(label, style)
	if width > right-left && cell.Bits <= 5 { // a short field: smaller, or its value alone
		style.Size = 9
		if width = g.Measure(label, style); width > right-left+2 {
			label = label[strings.LastIndexByte(label, ' ')+1:]
			width = g.Measure(label, style)
		}
		left, right = left-1, right+1
	}
	switch {
	case label == "" || cell.Bits <= 2 && width > right-left+2:
	case width > right-left:
		g.TextEllipsis(left, top+37, right-left, label, style)
	case right < x+w-3:
		g.Text(left+3, top+37, label, style)
	default:
		g.TextCenter(x+w/2, top+37, label, style)
	}
}

// moreText says how much of a field the grid leaves out behind the cell, in as many words as there is room.
func (p *Inspector) moreText(g *widget.Painter, cell view.GridCell, room float32) string {
	texts := []string{"− fold"}
	switch hidden := view.Grouped((cell.Hidden + 7) / 8); {
	case cell.Hidden > 0:
		texts = []string{"… " + hidden + " more bytes", "… " + hidden + " more", "…"}
	case !cell.Unfolded:
		return ""
	}
	for _, text := range texts {
		if g.Measure(text, widget.Sans(10, view.Accent)) <= room {
			return text
		}
	}
	return texts[len(texts)-1]
}

// drawCellBytes writes each whole byte of a long field under its bits.
func (p *Inspector) drawCellBytes(g *widget.Painter, cell view.GridCell, x, top float32, shape gridShape, right float32) {
	style := widget.Mono(10, view.Dim).In(g.Pal.OnTint(view.Dim, p.model.Lit(cell.Field)))
	for bit := (cell.Bit + 7) / 8 * 8; bit+8 <= cell.Bit+cell.Bits; bit += 8 {
		b := p.model.Tree.Bytes[bit/8]
		text := hexByte[b]
		if b > ' ' && b < 0x7f {
			text += " " + string(rune(b))
		}
		left := x + float32(bit-cell.Bit)*shape.pitch
		if width := g.Measure(text, style); left+4*shape.pitch+width/2 <= right {
			g.Text(left+4*shape.pitch-width/2, top+37, text, style)
		}
	}
}

// minCard is the height of a card with three lines below its title, kept free so that what lies below
// does not move while the pointer does.
const minCard = 34 + 3*17

// laidCard is a card in lines.
type laidCard struct {
	view.Explanation
	lines  []cardLine
	shown  bool
	height float32
}

type cardLine struct {
	text  string
	style widget.Style
}

func (p *Inspector) layoutCard(g *widget.Painter) laidCard {
	e, ok := p.model.Explain()
	c := laidCard{Explanation: e, shown: ok}
	w := g.W - 2*inspectorMargin - 24
	add := func(text string, style widget.Style) {
		for _, line := range wrap(g, text, w, style) {
			c.lines = append(c.lines, cardLine{line, style})
		}
	}
	if e.Value != "" {
		c.lines = append(c.lines, cardLine{e.Value, widget.Mono(12, view.Plain)})
	}
	add(e.Text, widget.Sans(12, view.Plain))
	add(e.Part, widget.Sans(12, view.Dim))
	add(e.Bits, widget.Sans(12, view.Accent))
	c.height = float32(34 + 17*len(c.lines))
	return c
}

// drawCard draws what is explained.
func (p *Inspector) drawCard(g *widget.Painter, c laidCard, y float32) {
	x, w, h := float32(inspectorMargin), g.W-2*inspectorMargin, p.cardHeight
	g.Hit(x, y, w, h, cardID{})
	if !c.shown {
		g.RoundRect(x, y, w, h, 6, g.Pal.Ground, 1, g.Pal.Line)
		for i, hint := range []string{
			"Point at anything to see what it means.",
			"Click, arrow keys and Tab select.",
			p.editHint(),
		} {
			g.TextEllipsis(x+12, y+26+19*float32(i), w-24, hint, widget.Sans(12, view.Faint))
		}
		return
	}
	g.RoundRect(x, y, w, h, 6, g.Pal.Tint(c.Concept, false), 1, g.Pal.Border(c.Concept, true))
	reference := g.Measure(c.Reference, widget.Sans(11, view.Accent))
	g.TextEllipsis(x+12, y+21, w-36-reference, c.Title, widget.SansBold(12, c.Concept))
	g.TextRight(x+w-12, y+21, c.Reference, widget.Sans(11, view.Accent))
	for i, line := range c.lines {
		g.TextEllipsis(x+12, y+41+17*float32(i), w-24, line.text, line.style)
	}
}

// editHint says how the message is edited.
func (p *Inspector) editHint() string {
	if p.lead != nil {
		return "Digits overwrite, Enter edits a field."
	}
	return "Enter edits a copy, to be sent as it is."
}

// severityMark draws the sign of a finding behind a text and gives how wide it is.
func severityMark(g *widget.Painter, x, baseline float32, s dissect.Severity) float32 {
	return g.Text(x, baseline, view.SeveritySign(s), widget.Mono(10, view.SeverityConcept(s)))
}

// hexByte is the two digits of each byte, made once.
var hexByte = func() (t [256]string) {
	for i := range t {
		t[i] = fmt.Sprintf("%02x", i)
	}
	return t
}()

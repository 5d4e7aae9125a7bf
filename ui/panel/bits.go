package panel

import (
	"fmt"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const (
	gridRow = 50 // pitch of rows
	gridBox = 46 // height of a box
)

func (p *Inspector) drawGrid(g *widget.Painter, y float32) float32 {
	columns := 32
	pitch := min(17, (g.W-2*inspectorMargin)/32)
	if pitch < 8 { // too narrow for 32 bits a row
		columns = 16
		pitch = min(17, (g.W-2*inspectorMargin)/16)
	}
	digits := widget.Mono(12, view.Plain)
	if pitch < 11 {
		digits.Size = 11
	}
	for bit := range columns {
		x := inspectorMargin + (float32(bit)+0.5)*pitch
		if bit%10 == 0 {
			g.TextCenter(x, y+9, fmt.Sprint(bit/10), widget.Mono(10, view.Dim))
		}
		g.TextCenter(x, y+22, string(rune('0'+bit%10)), widget.Mono(8, view.Faint))
	}
	y += 26
	bottom := y
	for _, cell := range p.model.Grid(columns) {
		top := y + float32(cell.Row)*gridRow
		bottom = max(bottom, top+gridRow)
		x, w := inspectorMargin+float32(cell.Col)*pitch, float32(cell.Bits)*pitch
		if !g.Visible(x, top, w, gridRow) {
			continue
		}
		lit, concept := p.model.Lit(cell.Field), p.model.Concept(cell.Field)
		g.Tinted(x+0.5, top, w-1, gridBox, 2, concept, lit)
		style := digits.In(g.Pal.OnTint(concept, lit))
		for i := range cell.Bits {
			digit := "0"
			if p.model.Set(cell.Bit + i) {
				digit = "1"
			}
			g.TextCenter(x+(float32(i)+0.5)*pitch, top+19, digit, style)
			g.Hit(x+float32(i)*pitch, top, pitch, gridBox, bitID(cell.Bit+i))
		}
		p.drawCellLabel(g, cell, x, top, w)
	}
	return bottom
}

func (p *Inspector) drawCellLabel(g *widget.Painter, cell view.GridCell, x, top, w float32) {
	label := cell.Label
	if cell.Cut && label == "" {
		label = "…"
	}
	if label == "" {
		return
	}
	style := widget.Sans(10, view.Plain)
	room := w - 4
	width := g.Measure(label, style)
	if width > room {
		if cell.Bits <= 2 && width > w {
			return
		}
		g.TextEllipsis(x+3, top+37, room, label, style)
		return
	}
	g.TextCenter(x+w/2, top+37, label, style)
}

func (p *Inspector) drawCard(g *widget.Painter, y float32) float32 {
	e, ok := p.model.Explain()
	x, w := float32(inspectorMargin), g.W-2*inspectorMargin
	if !ok {
		g.RoundRect(x, y, w, 54, 6, g.Pal.Ground, 1, g.Pal.Line)
		g.TextEllipsis(x+12, y+32, w-24, "Point at a bit, a field or a byte to see what it means", widget.Sans(12, view.Faint))
		return y + 54
	}
	lines := wrap(g, e.Text, w-24, widget.Sans(12, view.Dim))
	h := float32(34 + 17*len(lines))
	g.RoundRect(x, y, w, h, 6, g.Pal.Tint(e.Concept, false), 1, g.Pal.Border(e.Concept, true))
	reference := g.Measure(e.Reference, widget.Sans(11, view.Accent))
	g.TextEllipsis(x+12, y+21, w-36-reference, e.Title, widget.SansBold(12, e.Concept))
	g.TextRight(x+w-12, y+21, e.Reference, widget.Sans(11, view.Accent))
	for i, line := range lines {
		g.Text(x+12, y+41+17*float32(i), line, widget.Sans(12, view.Plain))
	}
	return y + h
}

const fieldRow = 20

func (p *Inspector) drawFields(g *widget.Painter, y float32) float32 {
	g.Text(inspectorMargin, y+12, "Fields", widget.SansBold(12, view.Plain))
	y += 22
	p.rows, p.rowsAt = p.model.Rows(p.rows), y
	value := max(150, g.W*0.42)
	for i := range p.rows {
		r := &p.rows[i]
		top := y + float32(i)*fieldRow
		if !g.Visible(0, top, g.W, fieldRow) {
			continue
		}
		if r.Lit || r.Selected {
			g.RoundRect(10, top, g.W-20, fieldRow, 3, g.Pal.Tint(r.Concept, true), 0, g.Pal.Line)
			g.FillRect(10, top+2, 2, fieldRow-4, g.Pal.Text(r.Concept))
		}
		g.Hit(10, top, g.W-20, fieldRow, fieldID(r.Field))
		x := float32(inspectorMargin + 14 + 16*r.Depth)
		if r.Foldable {
			sign := widget.SignClosed
			if r.Open {
				sign = widget.SignOpen
			}
			g.Sign(x-14, top+fieldRow/2, sign, g.Pal.Text(view.Dim))
			g.Hit(x-18, top, 18, fieldRow, foldID(r.Field))
		}
		g.TextEllipsis(x, top+14, value-x-6, r.Name, widget.Sans(12, view.Plain))
		concept := r.Concept
		if r.Foldable && !r.Lit && concept == view.Payload {
			concept = view.Dim
		}
		style := widget.Mono(12, concept)
		if r.Lit || r.Selected {
			style = style.In(g.Pal.OnTint(r.Concept, true))
		}
		g.TextEllipsis(value, top+14, g.W-value-16, r.Value, style)
	}
	return y + float32(len(p.rows))*fieldRow
}

func (p *Inspector) drawBytes(g *widget.Painter, y float32) float32 {
	g.Text(inspectorMargin, y+12, "Bytes", widget.SansBold(12, view.Plain))
	y += 22
	data := p.model.Tree.Bytes
	const offset, pitch, row = 44, 21, 21
	perRow := 16
	if g.W-inspectorMargin-offset < 16*pitch+8 {
		perRow = 8
	}
	ascii := float32(inspectorMargin+offset) + float32(perRow)*pitch + 12
	withASCII := ascii+float32(perRow)*7.4 < g.W-8
	for start := 0; start < len(data); start += perRow {
		top := y + float32(start/perRow)*row
		if !g.Visible(0, top, g.W, row) {
			continue
		}
		g.Text(inspectorMargin, top+14, fmt.Sprintf("%04x", start), widget.Mono(11, view.Faint))
		for i := start; i < min(start+perRow, len(data)); i++ {
			field := p.model.Tree.LeafAt(i * 8)
			concept, lit := p.model.Concept(field), p.byteLit(i)
			x := inspectorMargin + offset + float32(i-start)*pitch
			style := widget.Mono(12, concept)
			if lit {
				next := i+1 < len(data) && i+1 < start+perRow && p.byteLit(i+1)
				w := float32(20)
				if next {
					w = pitch
				}
				g.FillRect(x-3, top, w, 18, g.Pal.Tint(concept, true))
				style = style.In(g.Pal.OnTint(concept, true))
			}
			g.Text(x, top+14, hexByte[data[i]], style)
			g.Hit(x-3, top, pitch, row, byteID(i))
			if withASCII {
				c := "·"
				if data[i] >= ' ' && data[i] < 0x7f {
					c = string(rune(data[i]))
				}
				ax := ascii + float32(i-start)*7.4
				g.Text(ax, top+14, c, style)
				g.Hit(ax, top, 7.4, row, byteID(i))
			}
		}
	}
	return y + float32((len(data)+perRow-1)/perRow)*row + 16
}

// byteLit tells whether a byte has a bit of the active field.
func (p *Inspector) byteLit(i int) bool {
	a := p.model.Active()
	if a < 0 {
		return false
	}
	f := p.model.Tree.Fields[a]
	return f.Bits > 0 && i >= f.FirstByte() && i < f.EndByte()
}

// hexByte is the two digits of each byte, made once.
var hexByte = func() (t [256]string) {
	for i := range t {
		t[i] = fmt.Sprintf("%02x", i)
	}
	return t
}()

package panel

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const (
	byteRow    = 21
	byteOffset = 44 // of the first byte, behind the offset
)

// byteShape is how the bytes are laid out.
type byteShape struct {
	perRow int
	offset float32 // of the first byte
	pitch  float32
	ascii  float32 // where the characters begin, 0 where there is no room for them
}

// shapeBytes finds how many bytes fit a row: 16 with their characters, or else 8.
func shapeBytes(width float32, n int) byteShape {
	s := byteShape{perRow: 16, offset: inspectorMargin + byteOffset, pitch: 21}
	if n > 1<<16 {
		s.offset += 16
	}
	fits := func() bool {
		s.ascii = s.offset + float32(s.perRow)*s.pitch + 8
		return s.ascii+float32(s.perRow)*monoCell <= width-12
	}
	for _, try := range []struct {
		perRow int
		pitch  float32
	}{{16, 21}, {16, 18}, {8, 21}, {8, 18}} {
		s.perRow, s.pitch = try.perRow, try.pitch
		if fits() {
			return s
		}
	}
	s.ascii = 0
	return s
}

func (p *Inspector) drawBytes(g *widget.Painter) (bottom float32) {
	data := p.model.Tree.Bytes
	s := shapeBytes(g.W, len(data))
	y := p.bytesTop()
	p.bytes, p.bytesAt = s, y
	p.heading(g, y-10, "Bytes", inBytes)
	rows := (len(data) + s.perRow - 1) / s.perRow
	shownTop, shownBottom := g.Shown()
	first, end := max(0, int((shownTop-y)/byteRow)), min(rows, int((shownBottom-y)/byteRow)+1)
	for row := first; row < end; row++ {
		p.drawByteRow(g, row*s.perRow, y+float32(row)*byteRow)
	}
	return y + float32(rows)*byteRow + 16
}

func (p *Inspector) drawByteRow(g *widget.Painter, start int, top float32) {
	s, data := p.bytes, p.model.Tree.Bytes
	format := "%04x"
	if len(data) > 1<<16 {
		format = "%06x"
	}
	g.Text(inspectorMargin, top+14, fmt.Sprintf(format, start), widget.Mono(11, view.Faint))
	end := min(start+s.perRow, len(data))
	field := -1
	for i := start; i < end; i++ {
		if field < 0 || !p.model.Tree.Fields[field].Contains(i*8) {
			field = p.model.Tree.LeafAt(i * 8)
		}
		concept, lit := p.model.Concept(field), p.byteLit(i)
		x := s.offset + float32(i-start)*s.pitch
		style := widget.Mono(12, concept)
		if lit {
			w := s.pitch - 1
			if i+1 < end && p.byteLit(i+1) {
				w = s.pitch
			}
			g.FillRect(x-3, top, w, 18, g.Pal.Tint(concept, true))
			style = style.In(g.Pal.OnTint(concept, true))
		}
		if p.model.InRange(i) {
			g.FillRect(x-3, top, s.pitch, 18, g.Pal.Selection)
			style = style.In(g.Pal.Text(view.Plain))
		}
		g.Text(x, top+14, hexByte[data[i]], style)
		g.Hit(x-3, top, s.pitch, byteRow, byteID(i))
		p.drawByteMarks(g, i, x, top)
		if s.ascii > 0 {
			c := "·"
			if data[i] >= ' ' && data[i] < 0x7f {
				c = string(rune(data[i]))
			}
			ax := s.ascii + float32(i-start)*monoCell
			if p.model.InRange(i) {
				g.FillRect(ax, top, monoCell, 18, g.Pal.Selection)
			}
			g.Text(ax, top+14, c, style)
			g.Hit(ax, top, monoCell, byteRow, byteID(i))
		}
	}
}

// drawByteMarks marks a byte that something is wrong with by a line below it, with a corner where that
// begins; one that was changed by a dot; and the one that keys go on from by a frame.
func (p *Inspector) drawByteMarks(g *widget.Painter, i int, x, top float32) {
	if severity, begins, ok := p.model.MarkAt(i*8, 8); ok {
		c := g.Pal.Text(view.SeverityConcept(severity))
		g.FillRect(x-3, top+17, p.bytes.pitch-1, 2, c)
		if begins {
			drawCorner(g, x+p.bytes.pitch-5, top, c)
		}
	}
	if p.model.Changed(i) {
		g.Dot(x+7, top+1, 2, g.Pal.Text(view.Warning))
	}
	if p.section == inBytes && p.bits.Focused() && p.model.Cursor()/8 == i && p.model.Cursor() >= 0 {
		g.RoundRect(x-3, top-1, p.bytes.pitch, 20, 3, color.NRGBA{}, 1, g.Pal.Text(view.Accent))
	}
}

// byteAt gives the byte nearest to a place of the sheet.
func (p *Inspector) byteAt(pos fyne.Position) int {
	s := p.bytes
	row := int(max(0, pos.Y+p.bits.Offset()-p.bytesAt) / byteRow)
	column := (pos.X - s.offset + 3) / s.pitch
	if s.ascii > 0 && pos.X >= s.ascii-4 {
		column = (pos.X - s.ascii) / monoCell
	}
	return max(0, min(row*s.perRow+max(0, min(int(column), s.perRow-1)), len(p.model.Tree.Bytes)-1))
}

// byteLit tells whether a byte has a bit of the active field.
func (p *Inspector) byteLit(i int) bool {
	a := p.model.Active()
	if a < 0 {
		return false
	}
	f := &p.model.Tree.Fields[a]
	return f.Bits > 0 && i >= f.FirstByte() && i < f.EndByte()
}

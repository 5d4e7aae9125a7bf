package panel

import (
	"image/color"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// blockID is the region of a cell: one block, or some.
type blockID struct {
	part     *view.BlockPart
	from, to int
}

// blockCells are the sizes that a cell can have, with the gap to the next.
var blockCells = []float32{18, 14, 11, 9, 7, 6}

// drawBlocks draws the blocks of a transfer, a cell each, or some a cell where there are too many.
func (e *Exchanges) drawBlocks(g *widget.Painter, m *view.BlockMap) float32 {
	g.TextEllipsis(16, 20, g.W-32, m.Title, widget.SansBold(11, view.Dim))
	if legend := e.legendWidth(g); legend < g.W/2 {
		e.drawLegend(g, g.W-16-legend, 20)
	}
	y := float32(26)
	room := max(48, (g.H-60)/float32(len(m.Parts))-30)
	for _, p := range m.Parts {
		g.TextEllipsis(16, y+12, g.W-32, p.Summary(), widget.Sans(11, view.Plain))
		y = e.drawCells(g, p, y+20, room) + 6
	}
	return y
}

func (e *Exchanges) drawCells(g *widget.Painter, p *view.BlockPart, y, room float32) float32 {
	const left = 16
	n, width := p.Len(), g.W-2*left-10
	pitch := blockCells[len(blockCells)-1]
	columns := max(1, int(width/pitch))
	for _, c := range blockCells {
		if k := max(1, int(width/c)); float32((n+k-1)/k)*c <= room {
			pitch, columns = c, k
			break
		}
	}
	rows := max(1, int(room/pitch))
	each := max(1, (n+columns*rows-1)/(columns*rows)) // blocks of a cell
	cells := (n + each - 1) / each
	for i := range cells {
		from, to := i*each, min((i+1)*each, n)
		cx, cy := left+float32(i%columns)*pitch, y+float32(i/columns)*pitch
		c := p.Cell(from, to)
		drawCell(g, cx, cy, pitch-1-pitch/12, c.State, float32(c.Done)/float32(to-from))
		if c.Frame != 0 && c.Frame == e.bench.SelectedFrame() {
			g.RoundRect(cx-1.5, cy-1.5, pitch+1, pitch+1, 2, color.NRGBA{}, 1.5, g.Pal.Text(view.Plain))
		}
		g.Hit(cx, cy, pitch, pitch, blockID{p, from, to})
	}
	return y + float32((cells+columns-1)/columns)*pitch
}

// drawCell draws a state, whose form tells it without its colour: full is there, with a hole after tries in vain,
// hollow is not, with a dot on its way, crossed missing.
func drawCell(g *widget.Painter, x, y, size float32, s view.BlockState, done float32) {
	none, ink := color.NRGBA{}, g.Pal.Text(s.Concept())
	switch s {
	case view.BlockDone:
		g.RoundRect(x, y, size, size, 1.5, ink, 0, none)
	case view.BlockRetried:
		g.RoundRect(x, y, size, size, 1.5, ink, 0, none)
		g.FillRect(x+size*0.3, y+size*0.3, size*0.4, size*0.4, g.Pal.Ground)
	case view.BlockMissing:
		g.RoundRect(x, y, size, size, 1.5, none, 1, ink)
		g.Line(x+1, y+1, x+size-1, y+size-1, 1.2, ink)
		g.Line(x+1, y+size-1, x+size-1, y+1, 1.2, ink)
	case view.BlockInFlight:
		g.RoundRect(x, y, size, size, 1.5, none, 1, ink)
		g.FillRect(x+size*0.3, y+size*0.3, size*0.4, size*0.4, ink)
	default:
		g.RoundRect(x, y, size, size, 1.5, none, 1, g.Pal.Line)
		if done > 0 { // some of its blocks
			g.FillRect(x, y+size*(1-done), size, size*done, g.Pal.Text(view.BlockDone.Concept()))
		}
	}
}

var blockStates = []view.BlockState{view.BlockDone, view.BlockRetried, view.BlockInFlight, view.BlockMissing, view.BlockPending}

func (e *Exchanges) legendWidth(g *widget.Painter) (w float32) {
	for _, s := range blockStates {
		w += 15 + g.Measure(s.String(), widget.Sans(10, view.Dim)) + 12
	}
	return w - 12
}

func (e *Exchanges) drawLegend(g *widget.Painter, x, base float32) {
	for _, s := range blockStates {
		drawCell(g, x, base-9, 10, s, 0)
		x += 15
		x += g.Text(x, base, s.String(), widget.Sans(10, view.Dim)) + 12
	}
}

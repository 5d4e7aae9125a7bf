package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/draft"
	"coapscope/ui/view"
	"coapscope/ui/widget"
)

const (
	byteCell  = 20
	bytePitch = 21
	wireTop   = 32 // of the first row of bytes
	wireRows  = 3  // in sight
)

// wireStrip shows the exact bytes of the request as they are typed, and what is wrong with them. A click on a byte
// leads to where it is written.
type wireStrip struct {
	object *widget.ScrollSheet
	p      *Request
	lit    view.Spot // what the pointer is on, here or on a row of the options
	isLit  bool
}

// Regions of the strip.
type (
	wireByteID    int // a byte
	wireFindingID int // a finding
	problemID     int // a problem
	inspectID     struct{}
)

func newWireStrip(p *Request) *wireStrip {
	s := &wireStrip{p: p}
	s.object = widget.NewScrollSheet(s.draw)
	s.object.On = widget.OnPanel
	s.object.Min = fyne.NewSize(60, stripHeight(1))
	s.object.OnCopy = func() string { return fmt.Sprintf("%x", p.wire.Bytes) }
	s.object.OnTap = s.tap
	s.object.OnHover = s.hover
	s.object.Tip = s.tip
	s.object.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if s.object.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	return s
}

// refresh draws the strip anew, as high as its rows of bytes ask for; more than a few scroll.
func (s *wireStrip) refresh() {
	rows := wireRows
	if len(s.p.built.Problems) == 0 && s.p.wire.Problem == "" {
		perRow := s.perRow(s.object.LogicalSize().Width)
		rows = min(max(1, (len(s.p.wire.Bytes)+perRow-1)/perRow), wireRows)
	}
	if height := stripHeight(rows); s.object.Min.Height != height {
		s.object.Min.Height = height
		s.p.Object.Refresh()
	}
	s.object.Refresh()
}

func stripHeight(rows int) float32 { return wireTop + float32(rows)*bytePitch + 30 }

func (s *wireStrip) perRow(width float32) int { return max(1, int((width-28)/bytePitch)) }

func (s *wireStrip) tap(t widget.Tap) {
	switch id := t.Hit.(type) {
	case wireByteID:
		if spot, ok := s.p.wire.Spot(int(id)); ok {
			s.p.Edit(spot)
		}
	case wireFindingID:
		if all := s.p.wire.Findings(); int(id) < len(all) && all[id].Known {
			s.p.Edit(all[id].Spot)
		}
	case problemID:
		if int(id) < len(s.p.built.Problems) {
			s.p.editProblem(&s.p.built.Problems[id])
		}
	case inspectID:
		s.p.bench.InspectDraft()
	}
}

// editProblem puts the cursor where a problem is.
func (p *Request) editProblem(problem *draft.Problem) {
	switch problem.Where {
	case draft.OptionField:
		p.show("options")
		p.options.focusOwn(problem.Option)
	case draft.PayloadField:
		p.show("payload")
		p.payload.focus(problem.Offset)
	default:
		p.Edit(view.Spot{Field: problem.Where})
	}
}

// hover lights what the pointer is on, here and in the rows of the options.
func (s *wireStrip) hover(pos fyne.Position, inside bool) {
	spot, lit := view.Spot{}, false
	if id, ok := s.object.HitAt(pos).(wireByteID); ok && inside {
		spot, lit = s.p.wire.Spot(int(id))
	}
	s.p.light(spot, lit)
}

// light lights a part of the message in all its drawings.
func (p *Request) light(spot view.Spot, lit bool) {
	if p.strip.lit == spot && p.strip.isLit == lit {
		return
	}
	p.strip.lit, p.strip.isLit = spot, lit
	p.strip.refresh()
	p.options.redraw()
}

// isLit tells whether the pointer is on what the spot is.
func (p *Request) isLit(spot view.Spot) bool { return p.strip.isLit && p.strip.lit == spot }

func (s *wireStrip) tip(pos fyne.Position) string {
	switch id := s.object.HitAt(pos).(type) {
	case wireByteID:
		return s.p.wire.Explain(int(id))
	case wireFindingID:
		if all := s.p.wire.Findings(); int(id) < len(all) {
			return all[id].Tip
		}
	case inspectID:
		return "Show the bits of this message at the right, as they are typed"
	}
	return ""
}

func (s *wireStrip) draw(g *widget.Painter) float32 {
	g.HLine(0, 0, g.W, g.Pal.Line)
	if problems := s.p.built.Problems; len(problems) > 0 {
		return s.drawProblems(g, problems)
	}
	if s.p.wire.Problem != "" {
		g.Text(14, 22, "Cannot be sent yet", widget.SansBold(11, view.Warning))
		return s.lines(g, 42, s.p.wire.Problem, widget.Sans(12, view.Plain), nil)
	}
	link := "bits ▸"
	width := g.Measure(link, widget.Sans(11, view.Accent))
	g.TextEllipsis(14, 22, g.W-40-width, s.p.wire.Title(), widget.SansBold(11, view.Dim))
	g.TextRight(g.W-14, 22, link, widget.Sans(11, view.Accent))
	g.Hit(g.W-18-width, 8, width+8, 20, inspectID{})
	return s.drawFindings(g, s.drawBytes(g))
}

// drawBytes draws as many rows of bytes as are in sight, and gives where they end.
func (s *wireStrip) drawBytes(g *widget.Painter) float32 {
	perRow := s.perRow(g.W)
	data := s.p.wire.Bytes
	rows := (len(data) + perRow - 1) / perRow
	top, bottom := g.Shown()
	first, end := max(0, int((top-wireTop)/bytePitch)), min(rows, int((bottom-wireTop)/bytePitch)+1)
	for i := first * perRow; i < min(end*perRow, len(data)); i++ {
		x, y := 14+float32(i%perRow)*bytePitch, wireTop+float32(i/perRow)*bytePitch
		concept, later := s.p.wire.Concept(i)
		spot, known := s.p.wire.Spot(i)
		lit := known && s.p.isLit(spot)
		g.FillRect(x, y, byteCell, 18, g.Pal.Tint(concept, lit))
		text := hexByte[data[i]]
		if later {
			text = "··"
		}
		g.TextCenter(x+byteCell/2, y+13, text, widget.Mono(12, concept).In(g.Pal.OnTint(concept, lit)))
		g.Hit(x, y, bytePitch, bytePitch, wireByteID(i))
	}
	return wireTop + float32(rows)*bytePitch
}

func (s *wireStrip) drawFindings(g *widget.Painter, y float32) float32 {
	y += 13
	findings := s.p.wire.Findings()
	for i, f := range findings {
		y = s.lines(g, y, f.Text, widget.Sans(11, f.Concept), wireFindingID(i))
	}
	if len(findings) == 0 {
		g.TextEllipsis(14, y, g.W-28, "·· are chosen when it is sent", widget.Sans(11, view.Faint))
		y += 16
	}
	return y
}

// drawProblems says why the request cannot be sent. Each leads to where it is.
func (s *wireStrip) drawProblems(g *widget.Painter, problems []draft.Problem) float32 {
	g.Text(14, 22, "Cannot be sent yet", widget.SansBold(11, view.Warning))
	y := float32(42)
	for i, problem := range problems {
		text := problem.Text
		if problem.Where == draft.AddressField && s.p.draft().Address == "" {
			text = "Click a resource at the left, or type an address above."
		}
		y = s.lines(g, y, text, widget.Sans(12, view.Plain), problemID(i))
	}
	return y
}

// lines writes a text in as many lines as it takes, as a region, and gives where the next begins.
func (s *wireStrip) lines(g *widget.Painter, y float32, text string, style widget.Style, id any) float32 {
	for _, line := range wrapAll(g, text, g.W-28, style) {
		g.Text(14, y, line, style)
		if id != nil {
			g.Hit(14, y-13, g.W-28, 17, id)
		}
		y += 17
	}
	return y
}

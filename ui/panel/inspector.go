package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Inspector shows the selected message: bit grid, field tree and bytes in linked selection, its payload
// rendered, and what is wrong with it.
type Inspector struct {
	Object fyne.CanvasObject

	model    *view.Inspector
	head     *widget.Sheet
	tabs     *widget.TabStrip
	bits     *widget.ScrollSheet
	payload  *Rendering
	findings *widget.ScrollSheet
	stack    *fyne.Container

	rows   []view.FieldRow
	rowsAt float32
}

// Names of hit regions.
type (
	bitID   int // a bit of the message
	fieldID int // a row of the field tree
	foldID  int // the triangle of a row
	byteID  int // a byte of the message
)

// NewInspector makes the panel for a model.
func NewInspector(model *view.Inspector) *Inspector {
	p := &Inspector{model: model}
	p.head = widget.NewSheet(p.drawHead)
	p.head.On = widget.OnPanel
	p.head.Min = fyne.NewSize(60, 36)
	p.tabs = widget.NewTabStrip(
		widget.Tab{ID: "bits", Title: "Bits"},
		widget.Tab{ID: "payload", Title: "Payload"},
		widget.Tab{ID: "findings", Title: "Findings"},
	)
	p.tabs.OnSelect = func(string) { p.choose() }
	p.bits = widget.NewScrollSheet(p.drawBits)
	p.bits.On = widget.OnPanel
	p.bits.Min = fyne.NewSize(60, 60)
	p.bits.OnHover = p.hover
	p.bits.OnTap = p.tap
	p.bits.OnKey = p.key
	p.bits.OnCopy = p.copied
	p.findings = widget.NewScrollSheet(p.drawFindings)
	p.findings.On = widget.OnPanel
	p.findings.Min = fyne.NewSize(60, 60)
	p.findings.OnTap = p.tapFinding
	p.payload = NewRendering(widget.OnPanel)
	p.stack = container.NewStack(p.bits, p.payload.Object, p.findings)
	p.Object = onPanel(Stacked(2, p.head, p.tabs, p.stack))
	p.choose()
	return p
}

func (p *Inspector) choose() {
	for i, id := range []string{"bits", "payload", "findings"} {
		if id == p.tabs.Selected() {
			p.stack.Objects[i].Show()
		} else {
			p.stack.Objects[i].Hide()
		}
	}
	p.stack.Refresh()
}

// Refresh draws the model anew after it was given another message.
func (p *Inspector) Refresh() {
	count, concept := "", view.Dim
	if n := len(p.model.Tree.Findings); n > 0 {
		count, concept = fmt.Sprint(n), p.model.FindingsConcept()
	}
	p.tabs.SetCount("findings", count, concept)
	format, body := p.model.Payload()
	p.payload.Show(format, body)
	p.head.Refresh()
	p.bits.Refresh()
	p.findings.Refresh()
}

func (p *Inspector) drawHead(g *widget.Painter) {
	title, rest := p.model.Title()
	x := 16 + g.Text(16, 22, title, widget.SansBold(13, view.Plain)) + 12
	g.TextEllipsis(x, 22, g.W-x-8, rest, widget.Sans(12, view.Dim))
}

const inspectorMargin = 16

func (p *Inspector) drawBits(g *widget.Painter) float32 {
	if p.model.Frame == nil {
		g.TextCenter(g.W/2, 60, "Select a packet to see its bits", widget.Sans(13, view.Faint))
		return 80
	}
	y := p.drawGrid(g, 6)
	y = p.drawCard(g, y+14)
	y = p.drawFields(g, y+16)
	return p.drawBytes(g, y+18)
}

// fieldOf gives the field that a hit region stands for.
func (p *Inspector) fieldOf(id any) int {
	switch id := id.(type) {
	case bitID:
		return p.model.UnitAt(int(id))
	case byteID:
		return p.model.UnitAt(int(id) * 8)
	case fieldID:
		return int(id)
	case foldID:
		return int(id)
	}
	return -1
}

func (p *Inspector) hover(pos fyne.Position, inside bool) {
	field := -1
	if inside {
		field = p.fieldOf(p.bits.HitAt(pos))
	}
	if p.model.Hover(field) {
		p.bits.Refresh()
	}
}

func (p *Inspector) tap(t widget.Tap) {
	id := p.bits.HitAt(t.Pos)
	field := p.fieldOf(id)
	if _, fold := id.(foldID); fold || field >= 0 && t.Double {
		p.model.SetOpen(field, !p.model.IsOpen(field))
	}
	p.model.Select(field)
	p.bits.RequestFocus()
	p.bits.Refresh()
}

func (p *Inspector) key(name fyne.KeyName, _ fyne.KeyModifier) {
	at := -1
	for i := range p.rows {
		if p.rows[i].Field == p.model.Selected() {
			at = i
		}
	}
	switch name {
	case fyne.KeyDown:
		at = min(at+1, len(p.rows)-1)
	case fyne.KeyUp:
		at = max(at-1, 0)
	case fyne.KeyHome:
		at = 0
	case fyne.KeyEnd:
		at = len(p.rows) - 1
	case fyne.KeyRight, fyne.KeyLeft:
		p.model.SetOpen(p.model.Selected(), name == fyne.KeyRight)
		p.bits.Refresh()
		return
	default:
		return
	}
	if at >= 0 && at < len(p.rows) {
		p.model.Select(p.rows[at].Field)
		p.bits.Reveal(p.rowsAt+float32(at)*fieldRow, fieldRow)
		p.bits.Refresh()
	}
}

// copied gives what Ctrl+C copies: the selected field, or else the whole message as hex.
func (p *Inspector) copied() string {
	if i := p.model.Selected(); i >= 0 {
		return p.model.Tree.Name(i) + ": " + p.model.Tree.Value(i)
	}
	return fmt.Sprintf("%x", p.model.Tree.Bytes)
}

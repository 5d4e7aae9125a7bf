package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Inspector shows the selected message: bit grid, field tree and bytes in linked selection, its payload
// rendered, and what is wrong with it. The message can be edited and sent as it is then.
type Inspector struct {
	Object fyne.CanvasObject

	bench    *view.Workbench
	model    *view.Inspector
	head     *widget.Sheet
	editing  *editBar
	tabs     *widget.TabStrip
	bits     *widget.ScrollSheet
	entry    *fieldEntry
	payload  *Rendering
	whole    *widget.Chip // takes the whole body in place of a block
	wholeRow *fyne.Container
	asWhole  bool
	findings *widget.ScrollSheet
	compare  *Compare
	panes    map[string]fyne.CanvasObject
	stack    *fyne.Container

	section section // of the bits that keys go to
	dragged bool    // bytes are being selected by dragging
	finding int     // the selected finding

	// Where things were drawn last, in units of the content of bits.
	columns    int
	gridAt     float32
	cardAt     float32
	cardHeight float32 // the highest card drawn for this message, so that what is below stays in its place
	cardOf     any     // the message that cardHeight is of
	rowsAt     float32
	bytesAt    float32
	bytes      byteShape

	// Where the bits are a part of another panel: lead draws what stands above the grid, the bytes among it, and gives how
	// high that is; after is called when the user changed the message. Both are nil in the inspector.
	lead  func(g *widget.Painter) (height float32)
	after func()
}

// section is one of the three drawings of the message.
type section uint8

const (
	inGrid section = iota
	inFields
	inBytes
)

// Names of hit regions.
type (
	bitID    int      // a bit of the message
	fieldID  int      // a row of the field tree
	foldID   int      // the triangle of a row
	byteID   int      // a byte of the message
	moreID   int      // what unfolds the bits of a field, or folds them
	widthID  int      // a number of bits a row
	findID   int      // a finding
	editID   struct{} // the switch that makes the message one to edit
	reportID struct{} // the button that copies a bug report
	cardID   struct{} // the explanation, which covers what is below
)

// NewInspector makes the panel for the inspector of a workbench.
func NewInspector(bench *view.Workbench) *Inspector {
	p := &Inspector{bench: bench, model: bench.Inspector, finding: -1}
	p.head = widget.NewSheet(p.drawHead)
	p.head.On = widget.OnPanel
	p.head.Min = fyne.NewSize(60, 36)
	p.head.OnTap = func(t widget.Tap) {
		if _, ok := t.Hit.(editID); ok {
			p.ToggleEditing()
		}
	}
	p.head.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.head.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.head.Tip = func(pos fyne.Position) string {
		if _, ok := p.head.HitAt(pos).(editID); ok {
			if p.model.Editing() {
				return "Show the message as it was; the changes are kept (" + p.bench.Commands.KeyText(view.CmdEdit) + ")"
			}
			return p.bench.Commands.Hint(view.CmdEdit)
		}
		return ""
	}
	p.editing = newEditBar(p)
	p.tabs = widget.NewTabStrip(
		widget.Tab{ID: "bits", Title: "Bits"},
		widget.Tab{ID: "payload", Title: "Payload"},
		widget.Tab{ID: "findings", Title: "Findings"},
		widget.Tab{ID: "compare", Title: "Compare"},
	)
	p.tabs.OnSelect = func(string) { p.choose() }
	p.buildBits()
	p.entry = newFieldEntry(p)
	p.buildFindings()
	p.payload = NewRendering(widget.OnPanel)
	p.whole = widget.NewLink("", func() {
		p.asWhole = !p.asWhole
		p.Refresh()
	})
	p.whole.On = widget.OnPanel
	p.wholeRow = container.New(margins{left: 12, top: 4}, container.NewHBox(p.whole))
	p.compare = NewCompare(bench)
	p.panes = map[string]fyne.CanvasObject{
		"bits": container.NewStack(p.bits, p.entry.layer), "payload": Stacked(1, p.wholeRow, p.payload.Object), "findings": p.findings,
		"compare": p.compare,
	}
	p.stack = container.NewStack(p.panes["bits"], p.panes["payload"], p.panes["findings"], p.panes["compare"])
	p.Object = onPanel(Stacked(3, p.head, p.editing.object, p.tabs, p.stack))
	p.choose()
	p.Refresh()
	return p
}

func (p *Inspector) choose() {
	for id, pane := range p.panes {
		if id == p.tabs.Selected() {
			pane.Show()
		} else {
			pane.Hide()
		}
	}
	p.stack.Refresh()
}

// show goes to a tab.
func (p *Inspector) show(tab string) {
	p.tabs.Select(tab)
	p.choose()
}

// ShowBits goes to the bits of the message; what is wrong with it stays in sight where that is shown.
func (p *Inspector) ShowBits() {
	if p.tabs.Selected() != "findings" {
		p.show("bits")
		p.revealCursor()
	}
}

// Refresh draws the model anew after it was given another message.
func (p *Inspector) Refresh() {
	count, concept := "", view.Dim
	if n := p.model.FindingCount(); n > 0 {
		count, concept = view.Grouped(n), p.model.FindingsConcept()
	}
	p.tabs.SetCount("findings", count, concept)
	if p.finding >= p.model.FindingCount() {
		p.finding = -1
	}
	p.showPayload()
	p.entry.follow()
	if p.editing.refresh() {
		p.Object.Refresh()
	}
	p.head.Refresh()
	p.bits.Refresh()
	p.findings.Refresh()
	p.compare.Refresh()
}

// showPayload shows the payload, or the whole body that it is a block of.
func (p *Inspector) showPayload() {
	format, body := p.model.Payload()
	visible := p.wholeRow.Visible()
	whole, ok := p.bench.Whole()
	if p.wholeRow.Hide(); ok {
		p.wholeRow.Show()
		p.whole.Text, p.whole.Hint = "Show the whole body: "+whole.Title, "Put together from all messages that carry a block of it"
		switch {
		case whole.Large:
			p.whole.Text, p.whole.Hint = "A block of "+whole.Title, "Too large to be put together here"
		case p.asWhole:
			p.whole.Text = "Show this block only"
			var dropped int
			if format, body, dropped = p.bench.Traffic.WholeBody(whole); dropped > 0 {
				whole.Note = view.Bytes(dropped) + " are left out: the log does not keep their packets any more"
			}
		}
		if whole.Note != "" {
			p.whole.Text += " · " + whole.Note
		}
		p.wholeRow.Refresh()
	}
	if visible != p.wholeRow.Visible() {
		p.panes["payload"].Refresh()
	}
	p.payload.Show(format, body)
}

// ComparePrevious shows the message beside the one before it, or its bits again.
func (p *Inspector) ComparePrevious() {
	if p.tabs.Selected() == "compare" && p.bench.Compared.Pinned == 0 {
		p.show("bits")
		return
	}
	p.bench.UnpinCompared()
	p.show("compare")
}

// ComparePinned has the messages that are selected from now on compared with this one.
func (p *Inspector) ComparePinned() {
	if p.bench.PinCompared() {
		p.show("compare")
	}
}

// changed draws the message anew after the user changed it, here and elsewhere.
func (p *Inspector) changed() {
	if p.after != nil {
		p.entry.follow()
		p.bits.Refresh()
		p.after()
		return
	}
	p.Refresh()
	p.bench.Changed(view.PartInspector)
}

// Columns gives how many bits a row of the grid has, 0 for as many as there is room for.
func (p *Inspector) Columns() int { return p.model.Columns }

// SetColumns has the grid be 8, 16 or 32 bits wide, or with 0 as wide as there is room for.
func (p *Inspector) SetColumns(n int) {
	if n != 8 && n != 16 && n != 32 {
		n = 0
	}
	p.model.Columns = n
	p.revealCursor()
	p.bits.Refresh()
}

func (p *Inspector) drawHead(g *widget.Painter) {
	title, rest := p.model.Title()
	concept := view.Plain
	if p.model.Editing() {
		concept = view.Warning
	}
	right := g.W - 8
	if p.model.Frame != nil {
		right = p.drawEditSwitch(g) - 8
	}
	style := widget.SansBold(13, concept)
	x := float32(16)
	if w := g.Measure(title, style); x+w > right {
		g.TextEllipsis(x, 22, right-x, title, style)
		return
	}
	x += g.Text(x, 22, title, style) + 12
	g.TextEllipsis(x, 22, right-x, rest, widget.Sans(12, view.Dim))
}

// drawEditSwitch draws the switch at the right end and gives its left edge.
func (p *Inspector) drawEditSwitch(g *widget.Painter) float32 {
	text, concept := "Edit", view.Accent
	switch draft := p.model.Draft(); {
	case p.model.Editing():
		text, concept = "Original", view.Warning
	case draft != nil && draft.Changes() > 0:
		text, concept = "Edit on", view.Warning
	}
	style := widget.Sans(12, concept)
	w := g.Measure(text, style) + 18
	x := g.W - w - 12
	g.RoundRect(x, 6, w, 22, 6, g.Pal.Raised, 1, g.Pal.Line)
	g.Text(x+9, 21, text, style)
	g.Hit(x, 4, w, 26, editID{})
	return x
}

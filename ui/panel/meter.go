package panel

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Meter shows how large the datagram of a request is: a bar of its parts, how many frames of a radio it takes, and with
// a click what would make it shorter.
type Meter struct {
	widget.Sheet

	bench *view.Workbench
	meter view.Meter
}

// meterHeight is the bar with its counts, and the line below it.
const meterHeight = 44

// partID is the hit region of a part of the bar, savingID that of a suggestion.
type (
	partID   int
	savingID int
)

// NewMeter makes an empty meter.
func NewMeter(bench *view.Workbench) *Meter {
	p := &Meter{bench: bench}
	p.Init(p)
	p.Draw = p.draw
	p.On = widget.OnPanel
	p.Min = fyne.NewSize(60, meterHeight)
	p.OnTap = func(widget.Tap) { p.open() }
	p.OnKey = func(name fyne.KeyName, _ fyne.KeyModifier) {
		if name == fyne.KeyReturn || name == fyne.KeyEnter || name == fyne.KeySpace {
			p.open()
		}
	}
	p.FocusRing = true
	p.OnHover = func(fyne.Position, bool) { p.Sheet.Refresh() }
	p.PointerAs = func(fyne.Position) desktop.Cursor {
		if p.meter.Total == 0 {
			return nil
		}
		return desktop.PointerCursor
	}
	p.Tip = p.tip
	p.OnCopy = func() string {
		text, _ := p.meter.Line()
		return text
	}
	return p
}

// Measure shows another datagram.
func (p *Meter) Measure(m view.Meter) {
	p.meter = m
	p.Sheet.Refresh()
}

func (p *Meter) tip(pos fyne.Position) string {
	if i, ok := p.HitAt(pos).(partID); ok && int(i) < len(p.meter.Parts) {
		part := p.meter.Parts[i]
		return fmt.Sprintf("%s: %d of %d bytes", part.Name, part.Bytes, p.meter.Total)
	}
	if p.meter.Total == 0 {
		return ""
	}
	return "Click for what would make it shorter, and for what is assumed"
}

func (p *Meter) draw(g *widget.Painter) {
	m := &p.meter
	if m.Total == 0 {
		return
	}
	const left = 14
	drawParts(g, left, 6, g.W-2*left, m)
	text, concept := m.Line()
	room := g.W - 2*left
	if n := len(m.Savings); n > 0 {
		room -= g.TextRight(g.W-left, 37, "shorter? ▾", widget.Sans(11, view.Accent)) + 10
	}
	if g.Measure(text, widget.Sans(11, concept)) > room {
		text = m.Short()
	}
	g.TextEllipsis(left, 37, room, text, widget.Sans(11, concept))
}

// drawParts draws a bar of the parts, with their counts below where there is room, in the room of the frames that they
// take.
func drawParts(g *widget.Painter, x, y, w float32, m *view.Meter) {
	const height = 6
	room := max(m.Total+max(m.Frames.Left, 0), 1)
	g.RoundRect(x, y, w, height, 3, g.Pal.Raised, 1, g.Pal.Line)
	unit := w / float32(room)
	at, said := x, x
	for i, part := range m.Parts {
		width := float32(part.Bytes) * unit
		g.FillRect(at, y, max(width-1, 1), height, g.Pal.Text(part.Concept))
		g.Hit(at, y-4, max(width, 2), height+16, partID(i))
		count := fmt.Sprint(part.Bytes)
		style := widget.Mono(9.5, part.Concept)
		if tw := g.Measure(count, style); at >= said && tw <= width+1 {
			g.Text(at+(width-1-tw)/2, y+17, count, style)
			said = at + (width+tw)/2 + 1
		}
		at += width
	}
	for n := 1; n < min(m.Frames.Count, 64); n++ { // where a frame ends
		if end := x + float32(m.Radio.Room(n))*unit; end < x+w {
			g.FillRect(end-1, y-3, 2, height+6, g.Pal.Text(view.Warning))
		}
	}
}

// The popup that explains.
const (
	popupWidth = 470
	savingRow  = 52 // as a rule
)

// open shows what would make the datagram shorter, and what is assumed of the radio.
func (p *Meter) open() {
	driver := fyne.CurrentApp().Driver()
	on := driver.CanvasForObject(p)
	if on == nil || p.meter.Total == 0 {
		return
	}
	var over *fynewidget.PopUp
	content := widget.NewScrollSheet(p.drawPopup)
	content.On = widget.OnRaised
	content.OnTap = func(t widget.Tap) {
		switch id := t.Hit.(type) {
		case savingID:
			if s := p.meter.Savings[id]; s.Apply != nil {
				over.Hide()
				p.bench.Change(s.Apply)
			}
		case radioID:
			p.bench.SetRadio(id.next(p.bench.Radio))
			p.meter = p.meter.On(p.bench.Radio)
			content.Refresh()
			p.Sheet.Refresh()
		}
	}
	content.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if content.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	z := widget.CurrentTheme().Zoom()
	height := min(float32(len(p.meter.Savings)*savingRow+len(p.meter.Limits)*20+230), 460)
	content.Min = fyne.NewSize(popupWidth, height)
	over = fynewidget.NewPopUp(content, on)
	at := driver.AbsolutePositionForObject(p)
	size := over.MinSize()
	over.Resize(size)
	over.ShowAtPosition(fyne.NewPos(max(0, min(at.X, on.Size().Width-size.Width)), max(0, at.Y-size.Height-4*z)))
}

// radioID is the hit region of a part of the assumptions.
type radioID uint8

const (
	radioAddressSize radioID = iota
	radioSecurity
	radioAddresses
)

// next gives the radio with the next choice of that part.
func (id radioID) next(r view.Radio) view.Radio {
	switch id {
	case radioAddressSize:
		r.Short = !r.Short
	case radioSecurity:
		r.Security = (r.Security + 1) % (view.NoRadioSecurity + 1)
	case radioAddresses:
		r.Addresses = (r.Addresses + 1) % (view.InFull + 1)
	}
	return r
}

func (p *Meter) drawPopup(g *widget.Painter) float32 {
	m := &p.meter
	const x = 16
	y := float32(24)
	line, concept := m.Line()
	g.TextEllipsis(x, y, g.W-2*x, line, widget.SansBold(12, concept))
	drawParts(g, x, y+12, g.W-2*x, m)
	y += 48
	for _, limit := range m.Limits {
		for _, text := range wrap(g, "▲ "+limit, g.W-2*x, widget.Sans(12, view.Warning)) {
			g.Text(x, y, text, widget.Sans(12, view.Warning))
			y += 17
		}
	}
	if len(m.Savings) > 0 {
		g.Text(x, y, "What would make it shorter", widget.SansBold(11, view.Dim))
		y += 8
	}
	for i, s := range m.Savings {
		hint := wrap(g, s.Hint, g.W-2*x-58, widget.Sans(11, view.Dim))
		height := float32(22 + 15*len(hint))
		if s.Apply != nil {
			g.Hit(x-6, y, g.W-2*x+12, height, savingID(i))
		}
		count := "frames"
		if s.Bytes > 0 {
			count = fmt.Sprintf("−%d B", s.Bytes)
		}
		g.TextRight(x+46, y+15, count, widget.Mono(11, view.Good))
		room := g.W - 2*x - 58
		if s.Apply != nil {
			room -= g.TextRight(g.W-x, y+15, "do it", widget.Sans(11, view.Accent)) + 8
		}
		g.TextEllipsis(x+58, y+15, room, s.Title, widget.Sans(12, view.Plain))
		for n, line := range hint {
			g.Text(x+58, y+30+15*float32(n), line, widget.Sans(11, view.Dim))
		}
		y += height
	}
	y += 22
	g.Text(x, y, "Assumed", widget.SansBold(11, view.Dim))
	g.TextRight(g.W-x, y, "click to change", widget.Sans(11, view.Faint))
	y += 20
	choices := []struct {
		id   radioID
		text string
	}{
		{radioAddressSize, map[bool]string{false: "64-bit", true: "16-bit"}[m.Radio.Short] + " link addresses"},
		{radioSecurity, m.Radio.Security.String()},
		{radioAddresses, m.Radio.Addresses.String()},
	}
	at := float32(x)
	for _, c := range choices {
		w := g.TextEllipsis(at, y, g.W-x-at, c.text, widget.Sans(12, view.Accent))
		g.Hit(at-4, y-14, w+8, 20, c.id)
		at += w + 18
	}
	y += 20
	for _, text := range append(m.Radio.Assumptions(), m.Secured()) {
		for _, l := range wrap(g, text, g.W-2*x, widget.Sans(11, view.Dim)) {
			g.Text(x, y, l, widget.Sans(11, view.Dim))
			y += 16
		}
	}
	return y + 2
}

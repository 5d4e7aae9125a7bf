package widget

import (
	"image/png"
	"io"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
)

// Chart shows observations over time. A drag moves what is shown, the wheel zooms, a click leads to the packet.
type Chart struct {
	Sheet
	// Model says what of time is shown, and how.
	Model *view.Chart
	// Lines gives what is drawn.
	Lines func() []view.ChartLine
	// Empty is said in the middle, line by line, while there is nothing.
	Empty string
	// Now is the time; nil for that of the clock.
	Now func() time.Time

	OnFrame  func(o *view.Watched, frame view.FrameHit) // a click on a value
	OnChange func()                                     // another time is shown
	OnMenu   func(o *view.Watched, frame view.FrameHit, t Tap)

	dragging bool
}

// NewChart returns a chart of a model.
func NewChart(model *view.Chart, lines func() []view.ChartLine) *Chart {
	c := &Chart{Model: model, Lines: lines}
	c.Init(c)
	c.Min = fyne.NewSize(60, 60)
	c.Draw = c.draw
	c.OnTap, c.OnHover, c.OnDrag, c.OnWheel = c.onTap, c.onHover, c.onDrag, c.onWheel
	c.OnDrop = func() { c.dragging = false }
	c.OnKey, c.OnRune = c.onKey, c.onRune
	c.Tip = func(pos fyne.Position) string { return c.Model.Tip(pos.X, pos.Y) }
	c.PointerAs = func(fyne.Position) desktop.Cursor { return desktop.CrosshairCursor }
	return c
}

// Scrolled implements fyne.Scrollable.
func (c *Chart) Scrolled(ev *fyne.ScrollEvent) { c.Wheel(ev) }

func (c *Chart) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c *Chart) draw(p *Painter) {
	lines := c.Lines()
	if len(lines) == 0 {
		for i, line := range strings.Split(c.Empty, "\n") {
			p.TextCenter(p.W/2, min(88, p.H/2)+18*float32(i), line, Sans(12, view.Dim))
		}
		return
	}
	c.Model.Draw(p.Pen(), p.W, p.H, lines, c.now())
	if c.Focused() {
		p.FillRect(0, 0, p.W, 1, withAlpha(p.Pal.Text(view.Accent), percent(70)))
	}
}

func (c *Chart) changed() {
	c.Refresh()
	if c.OnChange != nil {
		c.OnChange()
	}
}

func (c *Chart) onTap(t Tap) {
	o, frame := c.Model.FrameAt(t.Pos.X, t.Pos.Y)
	switch {
	case t.Button == desktop.MouseButtonSecondary && c.OnMenu != nil:
		c.OnMenu(o, frame, t)
	case o != nil && c.OnFrame != nil:
		c.OnFrame(o, frame)
	}
}

func (c *Chart) onHover(pos fyne.Position, inside bool) {
	c.Model.Point(pos.X, pos.Y, inside)
	c.Refresh()
}

func (c *Chart) onDrag(d Drag) bool {
	if !c.dragging && near(d.Start, d.Pos) {
		return false
	}
	dx := d.DX
	if !c.dragging {
		c.dragging, dx = true, d.Pos.X-d.Start.X
	}
	c.pan(dx)
	return true
}

// pan moves what is shown by some pixels.
func (c *Chart) pan(dx float32) {
	if w := c.Model.PlotWidth(); w > 0 {
		c.Model.Pan(float64(dx/w), c.now())
		c.Model.Point(c.pos.X, c.pos.Y, c.inside)
		c.changed()
	}
}

func (c *Chart) onWheel(dx, dy float32, pos fyne.Position) {
	if shift := c.modifiers()&fyne.KeyModifierShift != 0; shift || dx != 0 {
		if dx == 0 {
			dx = dy
		}
		c.pan(dx * wheelFactor)
		return
	}
	c.Model.Zoom(math.Pow(1.25, float64(dy)/10), c.Model.PlotPart(pos.X), c.now())
	c.changed()
}

func (c *Chart) onKey(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyLeft:
		c.Model.Pan(0.1, c.now())
	case fyne.KeyRight:
		c.Model.Pan(-0.1, c.now())
	case fyne.KeyUp:
		c.Model.Zoom(1.5, 0.5, c.now())
	case fyne.KeyDown:
		c.Model.Zoom(1/1.5, 0.5, c.now())
	case fyne.KeySpace:
		c.Model.Pause(c.now())
	case fyne.KeyEnd:
		c.Model.Follow()
	default:
		return
	}
	c.changed()
}

func (c *Chart) onRune(r rune) {
	switch r {
	case '+', '=':
		c.Model.Zoom(1.5, 0.5, c.now())
	case '-':
		c.Model.Zoom(1/1.5, 0.5, c.now())
	default:
		return
	}
	c.changed()
}

// ChartPNG writes the picture of a chart, twice as large as on a screen. It may be called on any goroutine; the model is
// a copy that nobody else has.
func ChartPNG(to io.Writer, model *view.Chart, lines []view.ChartLine, w, h float32, now time.Time, pal *Palette) error {
	scale := float32(2)
	if w*h*scale*scale > maxPicture {
		scale = 1
	}
	p, img := NewImagePainter(w, h, scale, pal)
	p.Fill(pal.Ground)
	model.Point(0, 0, false)
	model.Draw(p.Pen(), w, h, lines, now)
	return png.Encode(to, img)
}

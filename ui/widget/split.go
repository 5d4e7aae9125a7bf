package widget

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// Edge says where the side pane of a split is.
type Edge uint8

// The edges.
const (
	LeftEdge Edge = iota
	RightEdge
	TopEdge
	BottomEdge
)

func (e Edge) vertical() bool { return e == TopEdge || e == BottomEdge }
func (e Edge) leading() bool  { return e == LeftEdge || e == TopEdge }

// Split shows a main pane and, at an edge, a side pane. When the window grows the side keeps its size and the main
// pane takes the rest. Three panes are a split in a split.
type Split struct {
	widget.BaseWidget
	Side, Main fyne.CanvasObject
	// MinSide and MinMain are the least sizes along the split, in logical units.
	MinSide, MinMain float32
	// OnChanged is called when the user has moved the divider or folded the side.
	OnChanged func(size float32, folded bool)

	edge   Edge
	size   float32 // of the side as the user wants it, in logical units
	folded bool
	line   *canvas.Rectangle
	handle *divider
}

// NewSplit returns a split whose side pane is size logical units wide (or high).
func NewSplit(edge Edge, side, main fyne.CanvasObject, size float32) *Split {
	s := &Split{Side: side, Main: main, MinSide: 120, MinMain: 200, edge: edge, size: size, line: canvas.NewRectangle(color.Transparent)}
	s.handle = &divider{split: s, glow: canvas.NewRectangle(color.Transparent)}
	s.handle.ExtendBaseWidget(s.handle)
	s.ExtendBaseWidget(s)
	return s
}

// SideSize returns the size of the side as the user wants it; a small window may show it smaller.
func (s *Split) SideSize() float32 { return s.size }

// Folded reports whether the side is folded away.
func (s *Split) Folded() bool { return s.folded }

// Fold folds the side away, or brings it back as it was.
func (s *Split) Fold(folded bool) {
	if s.folded == folded {
		return
	}
	s.folded = folded
	s.Refresh()
	if s.OnChanged != nil {
		s.OnChanged(s.size, folded)
	}
}

// SpanChildren lets [Spans] look inside.
func (s *Split) SpanChildren() []fyne.CanvasObject { return []fyne.CanvasObject{s.Main, s.Side} }

// CreateRenderer implements fyne.Widget.
func (s *Split) CreateRenderer() fyne.WidgetRenderer { return &splitRenderer{s} }

func (s *Split) layout() { s.arrange(s.Size()) }

func (s *Split) arrange(size fyne.Size) {
	z := zoom()
	total := size.Width
	if s.edge.vertical() {
		total = size.Height
	}
	if s.folded {
		s.Side.Hide()
		s.line.Hide()
		s.handle.Hide()
		s.Main.Show()
		s.Main.Move(fyne.Position{})
		s.Main.Resize(size)
		return
	}
	side := max(min(s.size*z, total-s.MinMain*z), min(s.MinSide*z, total/2))
	side = s.whole(side)
	main := max(0, total-side-1)
	s.Side.Show()
	s.line.Show()
	s.handle.Show()
	sideAt, lineAt, mainAt := main+1, main, float32(0)
	if s.edge.leading() {
		sideAt, lineAt, mainAt = 0, side, side+1
	}
	s.put(s.Side, sideAt, side, size)
	s.put(s.Main, mainAt, main, size)
	s.put(s.line, lineAt, 1, size)
	s.put(s.handle, lineAt-3, 7, size)
}

// whole rounds to a device pixel, so that what is drawn pixel by pixel stays sharp.
func (s *Split) whole(v float32) float32 {
	scale := float32(1)
	if app := fyne.CurrentApp(); app != nil {
		if c := app.Driver().CanvasForObject(s); c != nil && c.Scale() > 0 {
			scale = c.Scale()
		}
	}
	return float32(math.Round(float64(v*scale))) / scale
}

func (s *Split) put(o fyne.CanvasObject, at, length float32, size fyne.Size) {
	if s.edge.vertical() {
		o.Move(fyne.NewPos(0, at))
		o.Resize(fyne.NewSize(size.Width, length))
		return
	}
	o.Move(fyne.NewPos(at, 0))
	o.Resize(fyne.NewSize(length, size.Height))
}

type splitRenderer struct{ s *Split }

func (r *splitRenderer) Destroy()              {}
func (r *splitRenderer) Layout(size fyne.Size) { r.s.arrange(size) }

func (r *splitRenderer) MinSize() fyne.Size {
	main := r.s.Main.MinSize()
	if r.s.folded {
		return main
	}
	side := r.s.Side.MinSize()
	if r.s.edge.vertical() {
		return fyne.NewSize(max(main.Width, side.Width), main.Height+side.Height+1)
	}
	return fyne.NewSize(main.Width+side.Width+1, max(main.Height, side.Height))
}

func (r *splitRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.Main, r.s.Side, r.s.line, r.s.handle}
}

func (r *splitRenderer) Refresh() {
	r.s.line.FillColor = CurrentPalette().Line
	r.s.layout()
	canvas.Refresh(r.s)
}

// divider is the transparent handle over the line of a split.
type divider struct {
	widget.BaseWidget
	split   *Split
	glow    *canvas.Rectangle
	hover   bool
	dragged bool
	at      float32 // the size that the pointer asks for, in logical units, not limited
}

// CreateRenderer implements fyne.Widget.
func (d *divider) CreateRenderer() fyne.WidgetRenderer {
	d.split.line.FillColor = CurrentPalette().Line
	return &dividerRenderer{d}
}

// Cursor implements desktop.Cursorable.
func (d *divider) Cursor() desktop.Cursor {
	if d.split.edge.vertical() {
		return desktop.VResizeCursor
	}
	return desktop.HResizeCursor
}

// MouseIn implements desktop.Hoverable.
func (d *divider) MouseIn(*desktop.MouseEvent) { d.setHover(true) }

// MouseMoved implements desktop.Hoverable.
func (d *divider) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (d *divider) MouseOut() { d.setHover(false) }

func (d *divider) setHover(on bool) {
	if d.hover != on {
		d.hover = on
		d.Refresh()
	}
}

// Dragged implements fyne.Draggable.
func (d *divider) Dragged(ev *fyne.DragEvent) {
	s, z := d.split, zoom()
	if !d.dragged {
		d.dragged, d.at = true, s.shown()/z
	}
	delta := ev.Dragged.DX
	total := s.Size().Width
	if s.edge.vertical() {
		delta, total = ev.Dragged.DY, s.Size().Height
	}
	if !s.edge.leading() {
		delta = -delta
	}
	d.at += delta / z
	s.size = max(s.MinSide, min(d.at, total/z-s.MinMain-1))
	s.layout()
}

// DragEnd implements fyne.Draggable. A side dragged to less than half of its least size is folded away.
func (d *divider) DragEnd() {
	if !d.dragged {
		return
	}
	d.dragged = false
	if d.at < d.split.MinSide/2 {
		d.split.Fold(true)
		return
	}
	if d.split.OnChanged != nil {
		d.split.OnChanged(d.split.size, d.split.folded)
	}
}

// shown returns the size that the side has, in the units of the toolkit.
func (s *Split) shown() float32 {
	if s.edge.vertical() {
		return s.Side.Size().Height
	}
	return s.Side.Size().Width
}

type dividerRenderer struct{ d *divider }

func (r *dividerRenderer) Destroy()                     {}
func (r *dividerRenderer) MinSize() fyne.Size           { return fyne.NewSize(1, 1) }
func (r *dividerRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.d.glow} }

func (r *dividerRenderer) Layout(size fyne.Size) {
	if r.d.split.edge.vertical() {
		r.d.glow.Move(fyne.NewPos(0, 2))
		r.d.glow.Resize(fyne.NewSize(size.Width, 3))
		return
	}
	r.d.glow.Move(fyne.NewPos(2, 0))
	r.d.glow.Resize(fyne.NewSize(3, size.Height))
}

func (r *dividerRenderer) Refresh() {
	r.d.glow.FillColor = color.Transparent
	if r.d.hover {
		r.d.glow.FillColor = CurrentPalette().Text(view.Accent)
	}
	r.d.glow.Refresh()
}

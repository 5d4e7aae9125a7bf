package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"coapscope/ui/widget"
)

// margins lays out one object with room around it, which grows with the zoom.
type margins struct{ left, top, right, bottom float32 }

func padded(o fyne.CanvasObject, left, top, right, bottom float32) fyne.CanvasObject {
	return container.New(margins{left, top, right, bottom}, o)
}

func (m margins) MinSize(objects []fyne.CanvasObject) fyne.Size {
	z := widget.CurrentTheme().Zoom()
	return objects[0].MinSize().AddWidthHeight((m.left+m.right)*z, (m.top+m.bottom)*z)
}

func (m margins) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	z := widget.CurrentTheme().Zoom()
	objects[0].Move(fyne.NewPos(m.left*z, m.top*z))
	objects[0].Resize(size.SubtractWidthHeight((m.left+m.right)*z, (m.top+m.bottom)*z))
}

// column lays out objects below each other without gaps. The one at place elastic takes the room that
// is left; hidden ones take none.
type column struct{ elastic int }

// Stacked puts objects below each other without gaps; the one at place elastic takes the room that is
// left.
func Stacked(elastic int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(column{elastic}, objects...)
}

func (c column) MinSize(objects []fyne.CanvasObject) (size fyne.Size) {
	for _, o := range objects {
		if o.Visible() {
			size = fyne.NewSize(max(size.Width, o.MinSize().Width), size.Height+o.MinSize().Height)
		}
	}
	return size
}

func (c column) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rest := size.Height
	for i, o := range objects {
		if o.Visible() && i != c.elastic {
			rest -= o.MinSize().Height
		}
	}
	y := float32(0)
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		h := o.MinSize().Height
		if i == c.elastic {
			h = max(rest, 0)
		}
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, h))
		y += h
	}
}

// bar lays out objects in a row, centred in height. The one at place elastic takes the room that is
// left; hidden ones take none.
type bar struct {
	elastic int
	gap     float32
	height  float32
}

func (b bar) MinSize(objects []fyne.CanvasObject) fyne.Size {
	z := widget.CurrentTheme().Zoom()
	var size fyne.Size
	for _, o := range objects {
		if !o.Visible() {
			continue
		}
		size.Width += o.MinSize().Width + b.gap*z
		size.Height = max(size.Height, o.MinSize().Height)
	}
	return fyne.NewSize(size.Width+b.gap*z, max(size.Height, b.height*z))
}

func (b bar) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	z := widget.CurrentTheme().Zoom()
	rest := size.Width - b.gap*z
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		rest -= b.gap * z
		if i != b.elastic {
			rest -= o.MinSize().Width
		}
	}
	x := b.gap * z
	for i, o := range objects {
		if !o.Visible() {
			continue
		}
		w := o.MinSize().Width
		if i == b.elastic {
			w = max(rest, 0)
		}
		h := o.MinSize().Height
		o.Move(fyne.NewPos(x, float32(int((size.Height-h)/2))))
		o.Resize(fyne.NewSize(w, h))
		x += w + b.gap*z
	}
}

// raisedRow lays out a row over a ground that is a little lower than it.
type raisedRow struct{}

func (raisedRow) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[1].MinSize() }

func (raisedRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	z := widget.CurrentTheme().Zoom()
	objects[0].Move(fyne.NewPos(0, z))
	objects[0].Resize(size.SubtractWidthHeight(0, 2*z))
	objects[1].Resize(size)
}

// tabRow lays out a strip of tabs, and something small at its right end.
type tabRow struct{}

func (tabRow) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (tabRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	m := objects[1].MinSize()
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(size.Width-m.Width-6, size.Height))
	objects[1].Move(fyne.NewPos(size.Width-m.Width-6, (size.Height-m.Height)/2))
	objects[1].Resize(m)
}

// backdrop is the colour of the panel behind what has no ground of its own.
type backdrop struct {
	fynewidget.BaseWidget
	fill *canvas.Rectangle
}

// onPanel puts an object on the colour of the panel.
func onPanel(o fyne.CanvasObject) *fyne.Container {
	b := &backdrop{fill: canvas.NewRectangle(nil)}
	b.ExtendBaseWidget(b)
	return container.NewStack(b, o)
}

// CreateRenderer implements fyne.Widget.
func (b *backdrop) CreateRenderer() fyne.WidgetRenderer {
	b.fill.FillColor = widget.CurrentPalette().Panel
	return &backdropRenderer{fynewidget.NewSimpleRenderer(b.fill), b}
}

type backdropRenderer struct {
	fyne.WidgetRenderer
	b *backdrop
}

// Refresh takes the colour anew, as the theme may have changed.
func (r *backdropRenderer) Refresh() {
	r.b.fill.FillColor = widget.CurrentPalette().Panel
	r.b.fill.Refresh()
}

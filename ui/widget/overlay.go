package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Tappable          = (*Overlay)(nil)
	_ fyne.SecondaryTappable = (*Overlay)(nil)
	_ desktop.Hoverable      = (*Overlay)(nil)
)

// Overlay lies over the window and has its content in a frame near the top. A click beside it hides it.
type Overlay struct {
	widget.BaseWidget
	Content fyne.CanvasObject
	// Want is how large the content would like to be, in logical units; it gets no more than there is room for.
	Want fyne.Size
	// OnHide is called when the overlay has been hidden.
	OnHide func()

	on    fyne.Canvas // that it lies on; nil while it is hidden
	shade *canvas.Rectangle
	frame *canvas.Rectangle
}

// NewOverlay returns an overlay that is not shown yet.
func NewOverlay(content fyne.CanvasObject, want fyne.Size) *Overlay {
	o := &Overlay{Content: content, Want: want, shade: canvas.NewRectangle(color.Transparent), frame: canvas.NewRectangle(color.Transparent)}
	o.ExtendBaseWidget(o)
	return o
}

// ShowOn lays it over the window of a canvas.
func (o *Overlay) ShowOn(c fyne.Canvas) {
	if o.on == nil {
		o.on = c
		c.Overlays().Add(o)
	}
	o.Refresh()
}

// Hide takes it away.
func (o *Overlay) Hide() {
	if o.on == nil {
		return
	}
	o.on.Overlays().Remove(o)
	o.on = nil
	if o.OnHide != nil {
		o.OnHide()
	}
}

// Tapped implements fyne.Tappable, for clicks beside the content.
func (o *Overlay) Tapped(ev *fyne.PointEvent) {
	if at := ev.Position.Subtract(o.frame.Position()); at.X < 0 || at.Y < 0 || at.X > o.frame.Size().Width || at.Y > o.frame.Size().Height {
		o.Hide()
	}
}

// TappedSecondary implements fyne.SecondaryTappable, for clicks beside the content.
func (o *Overlay) TappedSecondary(ev *fyne.PointEvent) { o.Tapped(ev) }

// MouseIn implements desktop.Hoverable, so that nothing below is pointed at.
func (o *Overlay) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements desktop.Hoverable.
func (o *Overlay) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (o *Overlay) MouseOut() {}

// SpanChildren lets [Spans] look inside.
func (o *Overlay) SpanChildren() []fyne.CanvasObject { return []fyne.CanvasObject{o.Content} }

// CreateRenderer implements fyne.Widget.
func (o *Overlay) CreateRenderer() fyne.WidgetRenderer { return &overlayRenderer{o} }

type overlayRenderer struct{ o *Overlay }

func (r *overlayRenderer) Destroy()           {}
func (r *overlayRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *overlayRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.o.shade, r.o.frame, r.o.Content}
}

func (r *overlayRenderer) Layout(size fyne.Size) {
	o, z := r.o, zoom()
	o.shade.Resize(size)
	const beside, above = 24, 56
	const border, corner = 1, 6 // the content is not over them
	w := min(o.Want.Width*z, size.Width-2*beside*z)
	top := min(above*z, max(8*z, (size.Height-o.Want.Height*z)/2))
	h := min(o.Want.Height*z, size.Height-top-beside*z)
	o.frame.Move(fyne.NewPos(float32(int((size.Width-w)/2)), float32(int(top))))
	o.frame.Resize(fyne.NewSize(w, h))
	o.Content.Move(o.frame.Position().AddXY(border*z, corner*z))
	o.Content.Resize(fyne.NewSize(w-2*border*z, h-2*corner*z))
}

func (r *overlayRenderer) Refresh() {
	o, p, z := r.o, CurrentPalette(), zoom()
	o.shade.FillColor = withAlpha(p.Shadow, p.Shadow.A/2)
	o.frame.FillColor, o.frame.StrokeColor, o.frame.StrokeWidth, o.frame.CornerRadius = p.Panel, p.Line, 1, 8*z
	r.Layout(o.Size())
	o.shade.Refresh()
	o.frame.Refresh()
	o.Content.Refresh()
}

package widget

import (
	"image/color"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// tipDelay is how long the pointer rests before a tooltip shows.
const tipDelay = 500 * time.Millisecond

// TipHost shows its content, and tooltips and suggestions over it. A window whose sheets have tips has a TipHost as its content.
type TipHost struct {
	widget.BaseWidget
	Content fyne.CanvasObject

	dropped fyne.CanvasObject // what was dropped down from an entry; nil for nothing

	ask   func() string // what the tooltip at the pointer is; nil where the pointer is on nothing that has one
	text  string        // shown, or about to be
	at    fyne.Position // of the pointer, on the canvas
	shown bool
	timer *time.Timer
	after func(time.Duration, func()) *time.Timer // time.AfterFunc, on the main goroutine

	box   *canvas.Rectangle
	lines []*canvas.Text
}

// NewTipHost returns a host around the content of a window.
func NewTipHost(content fyne.CanvasObject) *TipHost {
	h := &TipHost{Content: content, box: canvas.NewRectangle(color.Transparent)}
	h.after = func(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, func() { fyne.Do(f) }) }
	h.box.Hide()
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer implements fyne.Widget.
func (h *TipHost) CreateRenderer() fyne.WidgetRenderer { return &tipRenderer{h} }

// SpanChildren lets [Spans] look inside.
func (h *TipHost) SpanChildren() []fyne.CanvasObject { return h.objects() }

// Tip returns the tooltip that is shown, or "".
func (h *TipHost) Tip() string {
	if !h.shown {
		return ""
	}
	return h.text
}

func (h *TipHost) objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{h.Content}
	if h.dropped != nil {
		objects = append(objects, h.dropped)
	}
	objects = append(objects, h.box)
	for _, l := range h.lines {
		objects = append(objects, l)
	}
	return objects
}

// Drop shows something over the content, as far as there is room; nil takes away what was shown, if it is that.
func (h *TipHost) Drop(o fyne.CanvasObject, at fyne.Position, size fyne.Size, was fyne.CanvasObject) {
	if o == nil {
		if h.dropped == was && was != nil {
			h.dropped = nil
			h.Refresh()
		}
		return
	}
	room := h.Size()
	size = fyne.NewSize(min(size.Width, room.Width-8), min(size.Height, max(room.Height-at.Y-4, 0)))
	o.Move(fyne.NewPos(max(4, min(at.X, room.Width-size.Width-4)), at.Y))
	o.Resize(size)
	if h.dropped != o {
		h.dropped = o
		h.Refresh()
	}
}

// CloseDropped takes away the suggestions that are dropped down, if there are any.
func (h *TipHost) CloseDropped() {
	if d, ok := h.dropped.(*drop); ok {
		d.of.Close()
	}
}

// Again asks once more what the tooltip at the pointer is, as what is under a resting pointer has changed.
func (h *TipHost) Again() {
	if h.ask == nil || h.text == "" {
		return
	}
	switch text := h.ask(); {
	case text == h.text:
	case h.shown || text == "":
		h.point(h.ask, text, h.at)
	default: // the pointer rests on, whatever is said in the end
		h.text = text
	}
}

// point says what the tooltip at the pointer is, and who is to be asked for it again; "" hides it.
func (h *TipHost) point(ask func() string, text string, at fyne.Position) {
	h.ask = ask
	h.at = at
	if text == h.text {
		return
	}
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	h.text = text
	wasShown := h.shown
	h.hide()
	switch {
	case text == "":
	case wasShown: // from one tip to the next there is nothing to wait for
		h.show()
	default:
		var timer *time.Timer
		timer = h.after(tipDelay, func() {
			if h.timer == timer && h.text != "" && !h.shown { // the pointer has rested since
				h.show()
			}
		})
		h.timer = timer
	}
}

func (h *TipHost) hide() {
	if !h.shown {
		return
	}
	h.shown = false
	h.box.Hide()
	h.lines = nil
	h.Refresh()
}

func (h *TipHost) show() {
	p, z := CurrentPalette(), zoom()
	h.shown = true
	h.lines = h.lines[:0]
	var width float32
	for _, line := range strings.Split(h.text, "\n") {
		t := canvas.NewText(line, p.Text(view.Plain))
		t.TextSize = 12 * z
		h.lines = append(h.lines, t)
		width = max(width, t.MinSize().Width)
	}
	pitch := 17 * z
	size := fyne.NewSize(width+16*z, float32(len(h.lines))*pitch+8*z)
	room := h.Size()
	// The pointer's position is on the canvas; the host may lie below a menu bar.
	at := h.at
	if app := fyne.CurrentApp(); app != nil {
		at = at.Subtract(app.Driver().AbsolutePositionForObject(h))
	}
	pos := fyne.NewPos(at.X+4*z, at.Y+18*z)
	if pos.Y+size.Height > room.Height-2 { // no room below: above the pointer
		pos.Y = at.Y - size.Height - 8*z
	}
	pos.X = max(2, min(pos.X, room.Width-size.Width-2))
	pos.Y = max(2, pos.Y)
	h.box.FillColor, h.box.StrokeColor, h.box.StrokeWidth, h.box.CornerRadius = p.Raised, p.Line, 1, 6*z
	h.box.Move(pos)
	h.box.Resize(size)
	h.box.Show()
	for i, t := range h.lines {
		t.Move(fyne.NewPos(pos.X+8*z, pos.Y+4*z+float32(i)*pitch))
		t.Resize(t.MinSize())
	}
	h.Refresh()
}

type tipRenderer struct{ h *TipHost }

func (r *tipRenderer) Destroy()                     {}
func (r *tipRenderer) MinSize() fyne.Size           { return r.h.Content.MinSize() }
func (r *tipRenderer) Objects() []fyne.CanvasObject { return r.h.objects() }

func (r *tipRenderer) Layout(size fyne.Size) {
	r.h.Content.Move(fyne.Position{})
	r.h.Content.Resize(size)
}

func (r *tipRenderer) Refresh() { canvas.Refresh(r.h) }

// pointTip tells the host of the window that holds an object who knows what the tooltip at the pointer is; nil is
// nobody.
func pointTip(of fyne.CanvasObject, ask func() string, at fyne.Position) {
	app := fyne.CurrentApp()
	if app == nil {
		return
	}
	c := app.Driver().CanvasForObject(of)
	if c == nil {
		return
	}
	if h, ok := c.Content().(*TipHost); ok {
		text := ""
		if ask != nil {
			text = ask()
		}
		h.point(ask, text, at)
	}
}

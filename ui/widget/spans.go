package widget

import (
	"image/color"
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Snapshotter is a widget that knows what it says, in logical units from its corner.
type Snapshotter interface {
	fyne.CanvasObject
	Snapshot() Snapshot
}

// SpanParent is a widget that says what its children say. Their positions are relative to the widget.
type SpanParent interface {
	SpanChildren() []fyne.CanvasObject
}

// Spans returns everything that a window says, overlays such as menus last, with boxes in the units of the canvas.
// To click the middle of one with a pointer that counts device pixels, multiply by c.Scale().
func Spans(c fyne.Canvas) Snapshot {
	var out Snapshot
	if root := c.Content(); root != nil {
		out = Collect(out, root)
	}
	for _, o := range c.Overlays().List() {
		out = Collect(out, o)
	}
	return out
}

// Collect appends what an object and all that is visible in it say, relative to the parent of the object.
func Collect(out Snapshot, o fyne.CanvasObject) Snapshot {
	c := collector{out: out}
	c.walk(o, fyne.Position{}, box{-1e9, -1e9, 1e9, 1e9})
	return c.out
}

type box struct{ x0, y0, x1, y1 float32 }

func (b box) cut(pos fyne.Position, size fyne.Size) box {
	return box{max(b.x0, pos.X), max(b.y0, pos.Y), min(b.x1, pos.X+size.Width), min(b.y1, pos.Y+size.Height)}
}

type collector struct{ out Snapshot }

func (c *collector) walk(o fyne.CanvasObject, origin fyne.Position, clip box) {
	if o == nil || !o.Visible() {
		return
	}
	pos := origin.Add(o.Position())
	switch o := o.(type) {
	case Snapshotter:
		z := zoom()
		for _, s := range o.Snapshot() {
			s.X, s.Y, s.W, s.H, s.Baseline = pos.X+s.X*z, pos.Y+s.Y*z, s.W*z, s.H*z, pos.Y+s.Baseline*z
			c.add(s, clip)
		}
		if p, ok := o.(SpanParent); ok {
			c.all(p.SpanChildren(), pos, clip)
		}
	case *Entry:
		c.all(o.SpanChildren(), pos, clip.cut(pos, o.Size()))
	case SpanParent:
		c.all(o.SpanChildren(), pos, clip)
	case *fyne.Container:
		c.all(o.Objects, pos, clip)
	case *container.Scroll:
		c.walk(o.Content, pos, clip.cut(pos, o.Size()))
	case *container.Clip:
		c.walk(o.Content, pos, clip.cut(pos, o.Size()))
	case *container.Split:
		c.walk(o.Leading, pos, clip)
		c.walk(o.Trailing, pos, clip)
	case *canvas.Text:
		c.text(o.Text, pos, o.Size(), o.Color, clip)
	case *widget.Label:
		c.text(o.Text, pos, o.Size(), nil, clip)
	case *widget.Hyperlink:
		c.text(o.Text, pos, o.Size(), nil, clip)
	case *widget.RichText:
		c.text(o.String(), pos, o.Size(), nil, clip)
	case *widget.Button:
		c.text(o.Text, pos, o.Size(), nil, clip)
	case *widget.Check:
		c.text(o.Text, pos, o.Size(), nil, clip)
	case *widget.Select:
		c.text(o.Selected, pos, o.Size(), nil, clip)
	case *widget.Entry:
		c.entry(o, pos, clip)
	case *widget.PopUp:
		c.walk(o.Content, pos, clip)
	case *widget.Menu:
		c.all(o.Items, pos, clip)
		for _, item := range o.Items { // whose menus lie beside this one
			if parent, ok := item.(interface{ Child() *widget.Menu }); ok && parent.Child() != nil {
				c.walk(parent.Child(), pos, clip)
			}
		}
	case *widget.PopUpMenu:
		c.walk(o.Menu, pos.Subtract(o.Position()), clip)
	case interface{ SpanEntry() *widget.Entry }:
		c.entry(o.SpanEntry(), pos, clip)
	default:
		c.hidden(o, pos, clip)
	}
}

func (c *collector) all(objects []fyne.CanvasObject, pos fyne.Position, clip box) {
	for _, o := range objects {
		c.walk(o, pos, clip)
	}
}

func (c *collector) entry(e *widget.Entry, pos fyne.Position, clip box) {
	text := e.Text
	if text == "" {
		text = e.PlaceHolder
	}
	seen := clip.cut(pos, e.Size())
	c.text(text, fyne.NewPos(seen.x0, seen.y0), fyne.NewSize(seen.x1-seen.x0, seen.y1-seen.y0), nil, clip)
}

// hidden looks into the widgets whose types the toolkit keeps to itself: the items of a menu have a field Item, and
// what lies over the window has a field Content.
func (c *collector) hidden(o fyne.CanvasObject, pos fyne.Position, clip box) {
	v := reflect.Indirect(reflect.ValueOf(o))
	if v.Kind() != reflect.Struct {
		return
	}
	if f := v.FieldByName("Item"); f.IsValid() && f.CanInterface() {
		if item, ok := f.Interface().(*fyne.MenuItem); ok && item != nil && !item.IsSeparator {
			c.text(item.Label, pos, o.Size(), nil, clip)
		}
	}
	if f := v.FieldByName("Content"); f.IsValid() && f.CanInterface() {
		if content, ok := f.Interface().(fyne.CanvasObject); ok && content != nil {
			c.walk(content, pos, clip)
		}
	}
}

func (c *collector) text(s string, pos fyne.Position, size fyne.Size, col color.Color, clip box) {
	if s == "" {
		return
	}
	span := Span{X: pos.X, Y: pos.Y, W: size.Width, H: size.Height, Baseline: pos.Y + size.Height*0.5 + 4, Text: s}
	if col != nil {
		span.Color, _ = color.NRGBAModel.Convert(col).(color.NRGBA)
	}
	c.add(span, clip)
}

// add cuts the box of a span to what can be seen, and drops a span of which nothing can.
func (c *collector) add(s Span, clip box) {
	x0, y0, x1, y1 := max(s.X, clip.x0), max(s.Y, clip.y0), min(s.X+s.W, clip.x1), min(s.Y+s.H, clip.y1)
	if x1 <= x0 || y1 <= y0 {
		return
	}
	s.Cut = s.Cut || x1-x0 < s.W-0.5
	s.X, s.Y, s.W, s.H = x0, y0, x1-x0, y1-y0
	c.out = append(c.out, s)
}

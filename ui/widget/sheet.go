package widget

import (
	"image"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// Surface names the ground that a sheet lies on.
type Surface uint8

// The surfaces.
const (
	OnGround Surface = iota
	OnPanel
	OnRaised
)

// Color returns the colour of the surface.
func (s Surface) Color(p *Palette) color.NRGBA {
	switch s {
	case OnPanel:
		return p.Panel
	case OnRaised:
		return p.Raised
	default:
		return p.Ground
	}
}

// Tap is a click on a sheet.
type Tap struct {
	Pos      fyne.Position // in logical units of the sheet
	Absolute fyne.Position // on the canvas, for a menu
	Button   desktop.MouseButton
	Modifier fyne.KeyModifier
	Double   bool // the second of two quick clicks; the first was delivered at once
	Hit      any  // the id of the region there, or nil
}

// Drag is one step of a drag over a sheet, in logical units.
type Drag struct {
	Start, Pos fyne.Position
	DX, DY     float32
}

// Sheet is the widget that draws itself: one raster, painted by Draw, with hooks for what the user does on it. The
// zero hooks do nothing. Everything it passes on is in logical units.
type Sheet struct {
	widget.BaseWidget

	// Draw paints the whole sheet. The surface is filled already.
	Draw func(p *Painter)
	// On is the surface that is filled before Draw.
	On Surface
	// Min is the smallest size in logical units. It should stay small: a sheet adapts to the room it has.
	Min fyne.Size

	OnPress func(t Tap)                             // a button went down; for what must not wait for the release
	OnTap   func(t Tap)                             // a click, any button
	OnHover func(pos fyne.Position, inside bool)    // the pointer moved over the sheet, or left it
	OnDrag  func(d Drag) bool                       // a step of a drag; false says it is none, so that a shaky click stays a click
	OnDrop  func()                                  // the drag ended
	OnWheel func(dx, dy float32, pos fyne.Position) // see Wheel; dy > 0 is towards the top
	OnKey   func(name fyne.KeyName, mod fyne.KeyModifier)
	OnRune  func(r rune)
	OnFocus func(focused bool)
	// OnTab is asked about Tab, and Shift+Tab with back, to go from part to part of the sheet; false has
	// the focus go on to the next widget.
	OnTab func(back bool) bool
	// OnShortcut gets the shortcuts of the toolkit other than Copy, such as Undo, while the sheet has the focus.
	OnShortcut func(sc fyne.Shortcut)
	OnCopy     func() string                  // what Ctrl+C copies; "" copies nothing
	Tip        func(pos fyne.Position) string // the tooltip at a place; "" is the whole of a text that is cut short there
	// PointerAs is the cursor shown at a place; nil is the usual one.
	PointerAs func(pos fyne.Position) desktop.Cursor
	// FocusRing draws a ring while the sheet has the focus.
	FocusRing bool

	self    fyne.Widget
	raster  *canvas.Raster
	surface surface
	stale   bool
	scale   float32 // device scale of the last painting, for painting without a canvas

	pos      fyne.Position // of the pointer
	inside   bool
	focused  bool
	disabled bool

	press    Tap
	pressed  bool
	dragged  bool
	consumed bool
	lastTap  time.Time
	lastPos  fyne.Position
	lastIs   desktop.MouseButton
	now      func() time.Time
}

// NewSheet returns a sheet that is painted by draw.
func NewSheet(draw func(p *Painter)) *Sheet {
	s := &Sheet{Draw: draw}
	s.Init(s)
	return s
}

// Init prepares a sheet that is embedded in another widget; self is that widget. It must be called before use.
func (s *Sheet) Init(self fyne.Widget) {
	s.self, s.stale, s.scale, s.now = self, true, 1, time.Now
	s.ExtendBaseWidget(self)
}

// MinSize implements fyne.Widget.
func (s *Sheet) MinSize() fyne.Size {
	z := zoom()
	return fyne.NewSize(max(s.Min.Width, 1)*z, max(s.Min.Height, 1)*z)
}

// CreateRenderer implements fyne.Widget.
func (s *Sheet) CreateRenderer() fyne.WidgetRenderer {
	s.raster = canvas.NewRaster(s.generate)
	s.raster.ScaleMode = canvas.ImageScalePixels
	return &sheetRenderer{s}
}

type sheetRenderer struct{ s *Sheet }

func (r *sheetRenderer) Destroy()                     {}
func (r *sheetRenderer) Layout(size fyne.Size)        { r.s.stale = true; r.s.raster.Resize(size) }
func (r *sheetRenderer) MinSize() fyne.Size           { return r.s.MinSize() }
func (r *sheetRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.s.raster} }
func (r *sheetRenderer) Refresh()                     { r.s.Refresh() }

// Refresh has the sheet painted again with the next frame. It costs nothing until then.
func (s *Sheet) Refresh() {
	s.stale = true
	if s.raster != nil {
		canvas.Refresh(s.raster)
	}
}

// LogicalSize returns the size in logical units.
func (s *Sheet) LogicalSize() fyne.Size {
	z := zoom()
	size := s.Size()
	return fyne.NewSize(size.Width/z, size.Height/z)
}

// generate is called by the toolkit while it paints. It uploads the pixels before it returns to the loop, so that the
// next painting may write over them.
func (s *Sheet) generate(w, h int) image.Image {
	scale := float32(0)
	if app := fyne.CurrentApp(); app != nil {
		if c := app.Driver().CanvasForObject(s.self); c != nil {
			scale = c.Scale()
		}
	}
	// A canvas outside any window, as for an export, is not known to the driver: then the pixels say it.
	if width := s.Size().Width; width > 0 && math.Abs(float64(width*scale)-float64(w)) > 1 {
		scale = float32(w) / width
	}
	if scale <= 0 {
		scale = 1
	}
	s.paint(w, h, scale)
	return s.surface.img
}

func (s *Sheet) paint(w, h int, scale float32) {
	s.scale = scale
	p := s.surface.begin(w, h, float64(scale)*float64(zoom()), CurrentPalette())
	p.Fill(s.On.Color(p.Pal))
	s.stale = false
	if s.Draw != nil {
		s.Draw(p)
	}
	if s.FocusRing && s.focused {
		p.RoundRect(0, 0, p.W, p.H, 4, color.NRGBA{}, 1, withAlpha(p.Pal.Text(view.Accent), percent(70)))
	}
}

// current paints the sheet where it is not up to date, so that records can be read without a window.
func (s *Sheet) current() {
	if !s.stale && s.surface.img != nil {
		return
	}
	size := s.Size()
	s.paint(int(math.Round(float64(size.Width*s.scale))), int(math.Round(float64(size.Height*s.scale))), s.scale)
	if s.raster != nil {
		canvas.Refresh(s.raster) // the screen shows what was painted before
	}
}

// Snapshot returns what the sheet says, in logical units. It is a copy.
func (s *Sheet) Snapshot() Snapshot {
	s.current()
	return append(Snapshot(nil), s.surface.spans...)
}

// HitAt returns the id of the topmost region that Draw registered at a place, or nil.
func (s *Sheet) HitAt(pos fyne.Position) any {
	s.current()
	return s.surface.hitAt(pos.X, pos.Y)
}

// HitBox returns the box of the first region registered with id, in logical units.
func (s *Sheet) HitBox(id any) (pos fyne.Position, size fyne.Size, ok bool) {
	s.current()
	for _, h := range s.surface.hits {
		if h.id == id {
			return fyne.NewPos(h.x, h.y), fyne.NewSize(h.w, h.h), true
		}
	}
	return fyne.Position{}, fyne.Size{}, false
}

// Pointer returns where the pointer is, and whether it is on the sheet.
func (s *Sheet) Pointer() (fyne.Position, bool) { return s.pos, s.inside }

// Focused reports whether keys go to the sheet.
func (s *Sheet) Focused() bool { return s.focused }

// RequestFocus has keys go to the sheet, where it takes keys.
func (s *Sheet) RequestFocus() {
	if s.Disabled() {
		return
	}
	app := fyne.CurrentApp()
	if app == nil {
		return
	}
	if c := app.Driver().CanvasForObject(s.self); c != nil {
		if f, ok := s.self.(fyne.Focusable); ok && c.Focused() != f {
			c.Focus(f)
		}
	}
}

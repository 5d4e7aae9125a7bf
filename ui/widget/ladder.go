package widget

import (
	"image/color"
	"image/png"
	"io"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
)

// Ladder shows traffic as a picture: time runs down, endpoints are lifelines, frames are arrows.
type Ladder struct {
	Sheet
	// Model is what it shows; nil for nothing.
	Model *view.Ladder
	// Empty is said in the middle while there is nothing to be seen.
	Empty string

	OnSelect func(s view.FrameHit)        // the user selected a frame
	OnMenu   func(s view.FrameHit, t Tap) // the secondary button, after the frame was selected
	OnScale  func()                       // it was made larger or smaller, or folded

	bar scrollBar
}

// NewLadder returns a ladder without a model.
func NewLadder() *Ladder {
	l := &Ladder{}
	l.Init(l)
	l.Min = fyne.NewSize(60, 60)
	l.Draw = l.draw
	l.OnPress, l.OnTap, l.OnKey, l.OnRune = l.onPress, l.onTap, l.onKey, l.onRune
	l.OnWheel, l.OnDrag = l.onWheel, l.onDrag
	l.OnDrop = func() { l.bar.grabbed = false }
	l.Tip = l.tip
	return l
}

// Scrolled implements fyne.Scrollable.
func (l *Ladder) Scrolled(ev *fyne.ScrollEvent) { l.Wheel(ev) }

func (l *Ladder) draw(p *Painter) {
	if l.Model == nil || l.Model.Len() == 0 {
		p.TextCenter(p.W/2, min(88, p.H/2), l.Empty, Sans(12, view.Dim))
		return
	}
	l.Model.SetRoom(p.W, p.H)
	l.Model.Draw(p.Pen())
	l.bar.layout(p.W, view.LadderHead, p.H-view.LadderHead, l.Model.Height())
	l.bar.draw(p, l.Model.Offset())
	if l.Focused() {
		p.FillRect(0, 0, p.W, 1, withAlpha(p.Pal.Text(view.Accent), percent(70)))
	}
}

func (l *Ladder) onPress(t Tap) {
	if l.Model == nil || !l.bar.holds(t.Pos) {
		return
	}
	if page := l.bar.press(t.Pos, l.Model.Offset()); page != 0 {
		l.Model.ScrollBy(0, float64(page)*(l.bar.view-view.LadderHead))
	}
	l.Refresh()
}

func (l *Ladder) onDrag(d Drag) bool {
	if l.Model == nil || !l.bar.grabbed && (!l.bar.holds(d.Start) || l.bar.press(d.Start, l.Model.Offset()) != 0) {
		return false
	}
	l.Model.ScrollTo(l.bar.drag(d.Pos))
	l.Refresh()
	return true
}

func (l *Ladder) onTap(t Tap) {
	l.bar.grabbed = false
	if l.Model == nil || l.bar.holds(t.Pos) {
		return
	}
	switch id := t.Hit.(type) {
	case view.FoldHit:
		if t.Button == desktop.MouseButtonPrimary {
			l.toggle(view.FrameHit(id))
		}
	case view.FrameHit:
		l.choose(id)
		if t.Button == desktop.MouseButtonSecondary && l.OnMenu != nil {
			l.OnMenu(id, t)
		}
	}
}

// choose selects a frame for the user.
func (l *Ladder) choose(s view.FrameHit) {
	if s == 0 {
		return
	}
	l.Model.Stay()
	l.Model.Select(s)
	l.Model.Reveal(s)
	l.Refresh()
	if l.OnSelect != nil {
		l.OnSelect(s)
	}
}

func (l *Ladder) toggle(s view.FrameHit) {
	if l.Model.ToggleFold(s) {
		l.scaled()
	}
}

func (l *Ladder) scaled() {
	l.Refresh()
	if l.OnScale != nil {
		l.OnScale()
	}
}

func (l *Ladder) onWheel(dx, dy float32, pos fyne.Position) {
	if l.Model == nil {
		return
	}
	switch mod := l.modifiers(); {
	case mod&fyne.KeyModifierControl != 0:
		l.Model.Zoom(math.Pow(1.25, float64(dy)/10), pos.Y)
		l.scaled()
	case mod&fyne.KeyModifierShift != 0 && dx == 0:
		l.Model.ScrollBy(-float64(dy)*wheelFactor, 0)
	default:
		l.Model.ScrollBy(-float64(dx)*wheelFactor, -float64(dy)*wheelFactor)
	}
	l.Refresh()
}

func (l *Ladder) onKey(name fyne.KeyName, _ fyne.KeyModifier) {
	m := l.Model
	if m == nil {
		return
	}
	const sideways = 120
	switch name {
	case fyne.KeyUp:
		l.choose(m.Step(-1))
	case fyne.KeyDown:
		l.choose(m.Step(1))
	case fyne.KeyPageUp:
		l.choose(m.Step(-m.Page()))
	case fyne.KeyPageDown:
		l.choose(m.Step(m.Page()))
	case fyne.KeyHome:
		l.choose(m.Step(-m.Len()))
	case fyne.KeyEnd:
		l.choose(m.Step(m.Len()))
		m.ScrollTo(m.Height())
	case fyne.KeyLeft:
		m.ScrollBy(-sideways, 0)
	case fyne.KeyRight:
		m.ScrollBy(sideways, 0)
	case fyne.KeyReturn, fyne.KeyEnter:
		l.toggle(m.Selected())
	}
	l.Refresh()
}

func (l *Ladder) onRune(r rune) {
	if l.Model == nil {
		return
	}
	switch r {
	case '+', '=':
		l.Model.ZoomHere(1.5)
	case '-':
		l.Model.ZoomHere(1 / 1.5)
	default:
		return
	}
	l.scaled()
}

func (l *Ladder) tip(pos fyne.Position) string {
	switch id := l.HitAt(pos).(type) {
	case view.FrameHit:
		return l.Model.Tip(id)
	case view.FoldHit:
		return l.Model.FoldTip(view.FrameHit(id))
	}
	return ""
}

// maxPicture is how many pixels a picture has at most in a file: 100 MB while it is made.
const maxPicture = 25 << 20

// ScenePNG writes the picture of a ladder, twice as large as on a screen where that is not too much. It may be called on
// any goroutine.
func ScenePNG(to io.Writer, s *view.Scene, pal *Palette) error {
	scale := float32(2)
	if s.W*s.H*scale*scale > maxPicture {
		scale = 1
	}
	p, img := NewImagePainter(s.W, s.H, scale, pal)
	s.Draw(p.Pen())
	return png.Encode(to, img)
}

// Ink gives the colours of a palette for a file.
func (p *Palette) Ink() view.Ink {
	return view.Ink{Ground: p.Ground, Selection: p.Selection, Of: p.Text, Tint: func(c view.Concept) color.NRGBA { return p.Tint(c, false) }}
}

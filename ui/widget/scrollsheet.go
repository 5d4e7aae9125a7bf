package widget

import "fyne.io/fyne/v2"

// ScrollSheet is a sheet whose content may be higher than its room. Content draws from the top, as if all of it were
// in sight, and returns how high it is.
type ScrollSheet struct {
	Sheet
	Content func(p *Painter) (height float32)

	offset, height float32
	bar            scrollBar
}

// NewScrollSheet returns a sheet that scrolls what content draws.
func NewScrollSheet(content func(p *Painter) (height float32)) *ScrollSheet {
	s := &ScrollSheet{Content: content}
	s.Init(s)
	s.Draw = s.draw
	s.OnWheel = func(_, dy float32, _ fyne.Position) { s.ScrollTo(s.offset - dy*wheelFactor) }
	s.OnPress = func(t Tap) { s.Grab(t) }
	s.OnDrag = s.Drag
	s.OnDrop = func() { s.bar.grabbed = false }
	return s
}

// Scrolled implements fyne.Scrollable.
func (s *ScrollSheet) Scrolled(ev *fyne.ScrollEvent) { s.Wheel(ev) }

// Offset returns how much of the content is above the room.
func (s *ScrollSheet) Offset() float32 { return s.offset }

// ScrollTo has the content start that far above the room, as near as there is content.
func (s *ScrollSheet) ScrollTo(offset float32) {
	s.offset = max(0, min(offset, s.height-s.LogicalSize().Height))
	s.Refresh()
}

// Reveal scrolls as little as needed for a part of the content to be seen.
func (s *ScrollSheet) Reveal(y, h float32) {
	room := s.LogicalSize().Height
	switch {
	case y < s.offset:
		s.ScrollTo(y)
	case y+h > s.offset+room:
		s.ScrollTo(y + h - room)
	}
}

// Grab takes the scroll bar where a press is on it, and reports whether it was. A sheet with an OnPress of its own
// calls it first.
func (s *ScrollSheet) Grab(t Tap) bool {
	if !s.bar.holds(t.Pos) {
		return false
	}
	if page := s.bar.press(t.Pos, float64(s.offset)); page != 0 {
		s.ScrollTo(s.offset + float32(page)*(s.LogicalSize().Height-20))
	}
	return true
}

// Drag moves the content with the scroll bar, and reports whether the drag is one of it.
func (s *ScrollSheet) Drag(d Drag) bool {
	if !s.bar.grabbed && (!s.bar.holds(d.Start) || s.bar.press(d.Start, float64(s.offset)) != 0) {
		return false
	}
	s.ScrollTo(float32(s.bar.drag(d.Pos)))
	return true
}

func (s *ScrollSheet) draw(p *Painter) {
	s.drawContent(p)
	if limit := max(0, s.height-p.H); s.offset > limit {
		// The content became shorter: what was drawn lies too high.
		s.offset = limit
		p.Fill(s.On.Color(p.Pal))
		p.s.spans, p.s.hits = p.s.spans[:0], p.s.hits[:0]
		s.drawContent(p)
	}
	s.bar.layout(p.W, 0, p.H, float64(s.height))
	s.bar.draw(p, float64(s.offset))
}

func (s *ScrollSheet) drawContent(p *Painter) {
	if s.Content == nil {
		return
	}
	content := p.Sub(0, -s.offset, p.W, p.H+s.offset)
	content.H = p.H // the room, for content that fills it
	s.height = s.Content(content)
}

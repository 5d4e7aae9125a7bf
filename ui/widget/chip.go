package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"coapscope/ui/view"
)

// ChipKind says how a chip looks.
type ChipKind uint8

// The kinds of chips.
const (
	RaisedChip ChipKind = iota // on the raised ground, with a frame
	FilledChip                 // filled with the colour of its concept: the main action
	FlatChip                   // text only, until the pointer is on it
	LinkChip                   // small text only, such as "+ add option"
)

// Chip is a button: text in a rounded field. Texts may hold signs such as ▾ and ⏎.
type Chip struct {
	Sheet
	Text    string
	Kind    ChipKind
	Concept view.Concept // of the text, or of the fill
	Bold    bool
	// Lit draws the chip as switched on.
	Lit bool
	// OnTapped is what the chip does.
	OnTapped func()
	// Menu, when set, opens below the chip instead of OnTapped.
	Menu func() *fyne.Menu
	// Hint is the tooltip.
	Hint string
}

// NewChip returns a raised chip in the colour of a concept.
func NewChip(text string, c view.Concept, tapped func()) *Chip {
	return newChip(&Chip{Text: text, Concept: c, OnTapped: tapped})
}

// NewFilledChip returns a chip filled with the colour of a concept.
func NewFilledChip(text string, c view.Concept, tapped func()) *Chip {
	return newChip(&Chip{Text: text, Kind: FilledChip, Concept: c, Bold: true, OnTapped: tapped})
}

// NewMenuChip returns a raised chip that opens a menu.
func NewMenuChip(text string, c view.Concept, menu func() *fyne.Menu) *Chip {
	return newChip(&Chip{Text: text, Concept: c, Bold: true, Menu: menu})
}

// NewLink returns small text that does something when clicked.
func NewLink(text string, tapped func()) *Chip {
	return newChip(&Chip{Text: text, Kind: LinkChip, Concept: view.Accent, OnTapped: tapped})
}

func newChip(c *Chip) *Chip {
	c.Init(c)
	c.On = OnPanel
	c.Draw = c.draw
	c.OnTap = func(t Tap) {
		if t.Button == desktop.MouseButtonPrimary {
			c.Activate()
		}
	}
	c.OnHover = func(fyne.Position, bool) { c.Refresh() }
	c.OnKey = func(name fyne.KeyName, _ fyne.KeyModifier) {
		switch name {
		case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
			c.Activate()
		case fyne.KeyDown:
			if c.Menu != nil {
				c.Activate()
			}
		}
	}
	c.Tip = func(fyne.Position) string { return c.Hint }
	c.PointerAs = func(fyne.Position) desktop.Cursor {
		if c.disabled {
			return desktop.DefaultCursor
		}
		return desktop.PointerCursor
	}
	return c
}

func (c *Chip) style() Style {
	st := Style{Size: 13, Bold: c.Bold, Concept: c.Concept}
	if c.Kind == LinkChip {
		st.Size = 12
	}
	return st
}

// MinSize implements fyne.Widget.
func (c *Chip) MinSize() fyne.Size {
	pad, height := float32(24), float32(30)
	if c.Kind == LinkChip {
		pad, height = 8, 22
	}
	z := zoom()
	w := Measure(c.Text, c.style()) + pad
	return fyne.NewSize(float32(int(w+0.999))*z, height*z)
}

// SetText shows another text.
func (c *Chip) SetText(text string) {
	if c.Text != text {
		c.Text = text
		c.Sheet.Refresh()
		c.BaseWidget.Refresh()
	}
}

// Activate does what a click does.
func (c *Chip) Activate() {
	if c.disabled {
		return
	}
	if c.Menu == nil {
		if c.OnTapped != nil {
			c.OnTapped()
		}
		return
	}
	app := fyne.CurrentApp()
	if app == nil {
		return
	}
	on := app.Driver().CanvasForObject(c)
	menu := c.Menu()
	if on == nil || menu == nil {
		return
	}
	at := app.Driver().AbsolutePositionForObject(c).AddXY(0, c.Size().Height+2)
	widget.ShowPopUpMenuAtPosition(menu, on, at)
}

func (c *Chip) draw(p *Painter) {
	st := c.style()
	_, hover := c.Pointer()
	hover = hover && !c.disabled
	fill, line := color.NRGBA{}, color.NRGBA{}
	switch c.Kind {
	case RaisedChip:
		fill, line = p.Pal.Raised, p.Pal.Line
		if c.Lit {
			line = p.Pal.Border(c.Concept, false)
		}
	case FilledChip:
		fill = p.Pal.Text(c.Concept)
		st = st.In(p.Pal.OnFilled)
		if c.disabled {
			fill, line = p.Pal.Raised, p.Pal.Line
		}
	}
	if c.disabled {
		st = st.In(withAlpha(p.Pal.Text(view.Faint), percent(75)))
	}
	p.RoundRect(0, 0, p.W, p.H, 6, fill, 1, line)
	if c.Lit {
		p.RoundRect(0, 0, p.W, p.H, 6, p.Pal.Tint(c.Concept, false), 0, line)
	}
	if hover {
		over := p.Pal.Hover
		if c.Kind == FilledChip {
			over = withAlpha(p.Pal.OnFilled, percent(14))
		}
		p.RoundRect(0, 0, p.W, p.H, 6, over, 0, line)
	}
	if c.Focused() {
		ring := withAlpha(p.Pal.Text(view.Accent), percent(80))
		if c.Kind == FilledChip && !c.disabled {
			ring = withAlpha(p.Pal.OnFilled, percent(70))
			p.RoundRect(2, 2, p.W-4, p.H-4, 4, color.NRGBA{}, 1, ring)
		} else {
			p.RoundRect(0, 0, p.W, p.H, 6, color.NRGBA{}, 1, ring)
		}
	}
	base := p.H/2 + 5
	if c.Kind == LinkChip {
		base = p.H/2 + 4
	}
	if w := p.Measure(c.Text, st); w <= p.W-4 {
		p.Text((p.W-w)/2, base, c.Text, st)
	} else {
		p.TextEllipsis(4, base, p.W-8, c.Text, st)
	}
}

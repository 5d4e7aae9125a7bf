package widget

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"coapscope/ui/view"
)

// Palette holds every colour of the window for one variant of the theme. Text colours keep a contrast of at least
// 4.5:1 on Ground, Panel and Raised and on their own tint.
type Palette struct {
	Ground    color.NRGBA // where content lies: lists, editors, inputs
	Panel     color.NRGBA // the side panes, the bar, the status line
	Raised    color.NRGBA // chips, option rows, menus
	Line      color.NRGBA // dividers and frames
	Selection color.NRGBA // laid over a selected row; translucent
	Hover     color.NRGBA // laid over what the pointer is on; translucent
	Scroll    color.NRGBA // the thumb of a scroll bar; translucent
	OnFilled  color.NRGBA // text on a chip filled with Accent or Good
	Shadow    color.NRGBA // under menus and tooltips; translucent

	text        [view.ConceptCount]color.NRGBA
	fill        [view.ConceptCount]color.NRGBA
	tint        [view.ConceptCount]uint8 // alpha of the fill
	tintHigh    uint8                    // alpha of the fill when highlighted
	plainOnHigh bool                     // text on a highlighted tint is Plain
}

// Text returns the colour of text, lines and solid shapes of a concept.
func (p *Palette) Text(c view.Concept) color.NRGBA { return p.text[known(c)] }

// Tint returns the translucent ground of a concept, to be laid over Ground, Panel or Raised.
func (p *Palette) Tint(c view.Concept, highlighted bool) color.NRGBA {
	c = known(c)
	if highlighted {
		return withAlpha(p.fill[c], p.tintHigh)
	}
	return withAlpha(p.fill[c], p.tint[c])
}

// OnTint returns the colour of text of a concept on its own tint. A highlighted tint may be too strong for the
// concept's own colour to be read on it; then it is that of plain text.
func (p *Palette) OnTint(c view.Concept, highlighted bool) color.NRGBA {
	if highlighted && p.plainOnHigh {
		return p.text[view.Plain]
	}
	if c == view.Faint {
		c = view.Dim // nothing fainter can be read on a tint
	}
	return p.text[known(c)]
}

// Border returns the colour of the edge of a tinted field: 1 unit wide, 2 when highlighted.
func (p *Palette) Border(c view.Concept, highlighted bool) color.NRGBA {
	if highlighted {
		return p.text[known(c)]
	}
	return withAlpha(p.text[known(c)], 153) // 60 %
}

// PaletteOf returns the palette of a theme variant. The palette is shared and must not be changed.
func PaletteOf(variant fyne.ThemeVariant) *Palette {
	if variant == theme.VariantLight {
		return &light
	}
	return &dark
}

func known(c view.Concept) view.Concept {
	if c >= view.ConceptCount {
		return view.Plain
	}
	return c
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func withAlpha(c color.NRGBA, a uint8) color.NRGBA {
	c.A = a
	return c
}

// percent turns a strength of 0 to 100 into an alpha, rounded down so that a limit is kept.
func percent(n int) uint8 { return uint8(n * 255 / 100) }

var dark = func() Palette {
	p := Palette{
		Ground: rgb(0x14171c), Panel: rgb(0x1b1f26), Raised: rgb(0x20252d), Line: rgb(0x2c333d),
		OnFilled: rgb(0x0b1220), Shadow: color.NRGBA{A: 0x66},
		text: [view.ConceptCount]color.NRGBA{
			view.Plain: rgb(0xd7dde5), view.Dim: rgb(0x8b96a5), view.Faint: rgb(0x828d9c),
			view.Version: rgb(0x6ea8fe), view.Type: rgb(0xffb454), view.TokenLength: rgb(0xb48ead), view.Code: rgb(0x7fd962),
			view.MessageID: rgb(0x39c5cf), view.Token: rgb(0xe879c6), view.OptionA: rgb(0xd2a24c), view.OptionB: rgb(0xb58a3c),
			view.Payload: rgb(0x8b96a5), view.Good: rgb(0x7fd962), view.Warning: rgb(0xffb454), view.Error: rgb(0xff6b6b),
			view.Accent: rgb(0x4aa3ff),
		},
		tintHigh: percent(30), plainOnHigh: true,
	}
	p.fill = p.text
	for c := range p.tint {
		p.tint[c] = percent(17)
	}
	// A colour is read on its own tint only up to a strength: the darker the colour, the weaker its tint.
	for c, limit := range map[view.Concept]int{
		view.OptionB: 10, view.Payload: 13, view.Dim: 13, view.Faint: 8, view.TokenLength: 16, view.Accent: 16,
	} {
		p.tint[c] = percent(limit)
	}
	p.Selection = withAlpha(p.text[view.Accent], percent(20))
	p.Hover = withAlpha(p.text[view.Plain], percent(5))
	p.Scroll = withAlpha(p.text[view.Dim], percent(45))
	return p
}()

var light = func() Palette {
	p := Palette{
		Ground: rgb(0xffffff), Panel: rgb(0xf4f6f9), Raised: rgb(0xe9edf2), Line: rgb(0xd3dae2),
		OnFilled: rgb(0xffffff), Shadow: color.NRGBA{A: 0x33},
		text: [view.ConceptCount]color.NRGBA{
			view.Plain: rgb(0x1c232c), view.Dim: rgb(0x4d5866), view.Faint: rgb(0x5f6976),
			view.Version: rgb(0x1554c1), view.Type: rgb(0xa63700), view.TokenLength: rgb(0x7b3c94), view.Code: rgb(0x1a6e1d),
			view.MessageID: rgb(0x006772), view.Token: rgb(0x9e207d), view.OptionA: rgb(0x7a5a00), view.OptionB: rgb(0x70541a),
			view.Payload: rgb(0x4e5865), view.Good: rgb(0x1a6e1d), view.Warning: rgb(0xa63700), view.Error: rgb(0xa61d27),
			view.Accent: rgb(0x0957ab),
		},
		fill: [view.ConceptCount]color.NRGBA{
			view.Plain: rgb(0x8b96a5), view.Dim: rgb(0x8b96a5), view.Faint: rgb(0x8b96a5),
			view.Version: rgb(0x6ea8fe), view.Type: rgb(0xff9a3d), view.TokenLength: rgb(0xb48ead), view.Code: rgb(0x6fcf52),
			view.MessageID: rgb(0x39c5cf), view.Token: rgb(0xe879c6), view.OptionA: rgb(0xe0b030), view.OptionB: rgb(0xb99a4a),
			view.Payload: rgb(0x8b96a5), view.Good: rgb(0x6fcf52), view.Warning: rgb(0xff9a3d), view.Error: rgb(0xff6b6b),
			view.Accent: rgb(0x4aa3ff),
		},
		tintHigh: percent(42),
	}
	for c := range p.tint {
		p.tint[c] = percent(24)
	}
	p.tint[view.Faint] = percent(8)
	p.Selection = withAlpha(p.text[view.Accent], percent(14))
	p.Hover = withAlpha(p.text[view.Plain], percent(5))
	p.Scroll = withAlpha(p.text[view.Dim], percent(45))
	return p
}()

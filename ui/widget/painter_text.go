package widget

import (
	"image/color"
	"math"
	"unicode/utf8"

	"coapscope/ui/view"
)

// Style is how a text is drawn. The zero Size is 12.
type Style struct {
	Size    float32
	Mono    bool
	Bold    bool
	Concept view.Concept
	// Color overrides the colour of Concept when it is not fully transparent.
	Color color.NRGBA
}

// Sans returns the style of proportional text.
func Sans(size float32, c view.Concept) Style { return Style{Size: size, Concept: c} }

// SansBold returns the style of bold proportional text.
func SansBold(size float32, c view.Concept) Style { return Style{Size: size, Bold: true, Concept: c} }

// Mono returns the style of monospace text. At size 12 a cell is 7.22 units wide.
func Mono(size float32, c view.Concept) Style { return Style{Size: size, Mono: true, Concept: c} }

// In returns the same style in a colour of its own.
func (st Style) In(c color.NRGBA) Style {
	st.Color = c
	return st
}

func (st Style) font() fontID {
	switch {
	case st.Mono:
		return fontMono
	case st.Bold:
		return fontBold
	default:
		return fontSans
	}
}

func (st Style) size() float64 {
	if st.Size <= 0 {
		return 12
	}
	return float64(st.Size)
}

// clean returns what is drawn for a rune: a control character takes a place but is not seen.
func clean(r rune) rune {
	if r < 0x20 || r == 0x7f {
		return ' '
	}
	return r
}

const ellipsis = '…'

// Text draws s from x with its baseline at that height and returns how wide it is.
func (p *Painter) Text(x, baseline float32, s string, st Style) float32 {
	return p.text(x, baseline, s, len(s), st)
}

// TextRight draws s so that it ends at x, and returns how wide it is.
func (p *Painter) TextRight(x, baseline float32, s string, st Style) float32 {
	return p.text(x-p.Measure(s, st), baseline, s, len(s), st)
}

// TextCenter draws s around x, and returns how wide it is.
func (p *Painter) TextCenter(x, baseline float32, s string, st Style) float32 {
	return p.text(x-p.Measure(s, st)/2, baseline, s, len(s), st)
}

// TextEllipsis draws s in at most width units. What does not fit is replaced by an ellipsis; the snapshot keeps the
// whole text. It returns how wide the drawn part is.
func (p *Painter) TextEllipsis(x, baseline, width float32, s string, st Style) float32 {
	n := p.fit(s, st, width)
	if n < 0 {
		return p.text(x, baseline, s, len(s), st)
	}
	if width <= 0 {
		return 0
	}
	return p.text(x, baseline, s, n, st)
}

// Measure returns how wide s is drawn.
func (p *Painter) Measure(s string, st Style) float32 {
	return float32(measurePx(s, st.font(), quarters(st.size()*p.s.scale)) / p.s.scale)
}

// Measure returns how wide s is at scale and zoom 1, for a MinSize.
func Measure(s string, st Style) float32 {
	return float32(measurePx(s, st.font(), quarters(st.size())))
}

func measurePx(s string, id fontID, quarter uint16) float64 {
	glyphs.mu.Lock()
	defer glyphs.mu.Unlock()
	glyphs.load()
	var w float64
	for _, r := range s {
		w += glyphs.advance(id, quarter, clean(r))
	}
	return w
}

// fit returns how many bytes of s can be drawn before an ellipsis within width, or -1 where all of s fits.
func (p *Painter) fit(s string, st Style, width float32) int {
	limit := float64(width) * p.s.scale
	id, quarter := st.font(), quarters(st.size()*p.s.scale)
	glyphs.mu.Lock()
	defer glyphs.mu.Unlock()
	glyphs.load()
	dots := glyphs.advance(id, quarter, ellipsis)
	var w float64
	cut := 0
	for i, r := range s {
		if w+dots <= limit {
			cut = i
		}
		w += glyphs.advance(id, quarter, clean(r))
		if w > limit+0.01 {
			return cut
		}
	}
	return -1
}

// text draws the first n bytes of s, and an ellipsis where that is not all of it.
func (p *Painter) text(x, baseline float32, s string, n int, st Style) float32 {
	if s == "" {
		return 0
	}
	c := st.Color
	if c.A == 0 {
		c = p.Pal.Text(st.Concept)
	}
	id, quarter := st.font(), quarters(st.size()*p.s.scale)
	start := float64(x)*p.s.scale + p.ox
	base := roundPx(float64(baseline)*p.s.scale + p.oy)
	// A monospace bold is not among the fonts: draw it twice, a little apart.
	var embolden float64
	if st.Mono && st.Bold {
		embolden = math.Max(0.35, float64(quarter)/4*0.045)
	}

	glyphs.mu.Lock()
	glyphs.load()
	pen := start
	var last rune
	for i := 0; i < n; {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		r = clean(r)
		pen += p.glyph(pen, base, id, quarter, r, c, embolden)
		last = r
		if pen > float64(p.clip.Max.X)+64 {
			// The rest cannot be seen; its width still counts.
			for _, r := range s[i:n] {
				pen += glyphs.advance(id, quarter, clean(r))
			}
			break
		}
	}
	if n < len(s) {
		if last != ellipsis {
			pen += p.glyph(pen, base, id, quarter, ellipsis, c, embolden)
		}
	}
	glyphs.mu.Unlock()

	width := float32((pen - start) / p.s.scale)
	size := float32(st.size())
	top := baseline - size*0.95
	if b, ok := p.visibleBox(x, top, width, size*1.25); ok {
		p.s.spans = append(p.s.spans, Span{
			X: b[0], Y: b[1], W: b[2], H: b[3], Baseline: float32(float64(base) / p.s.scale), Text: s,
			Cut: n < len(s) || b[2] < width-0.5, Color: c, Concept: st.Concept,
		})
	}
	return width
}

// glyph draws one glyph and returns its advance in device pixels.
func (p *Painter) glyph(pen float64, base int, id fontID, quarter uint16, r rune, c color.NRGBA, embolden float64) float64 {
	at := math.Floor(pen)
	phase := uint8((pen - at) * phases)
	g := glyphs.get(id, quarter, r, phase)
	if g == nil {
		return 0
	}
	if len(g.alpha) > 0 {
		p.blit(g, int(at), base, c)
		if embolden > 0 {
			at2 := math.Floor(pen + embolden)
			if g2 := glyphs.get(id, quarter, r, uint8((pen+embolden-at2)*phases)); g2 != nil {
				p.blit(g2, int(at2), base, c)
			}
		}
	}
	return g.advance
}

// blit lays the mask of a glyph over the pixels.
func (p *Painter) blit(g *glyph, penX, base int, c color.NRGBA) {
	x0, y0 := penX+g.left, base+g.top
	left, right := max(p.clip.Min.X-x0, 0), min(p.clip.Max.X-x0, g.w)
	top, bottom := max(p.clip.Min.Y-y0, 0), min(p.clip.Max.Y-y0, g.h)
	if left >= right {
		return
	}
	img := p.s.img
	red, green, blue := uint32(c.R), uint32(c.G), uint32(c.B)
	for y := top; y < bottom; y++ {
		row := g.alpha[y*g.w : y*g.w+g.w]
		o := img.PixOffset(x0+left, y0+y)
		dst := img.Pix[o : o+(right-left)*4]
		for i, a := range row[left:right] {
			if a == 0 {
				continue
			}
			alpha := uint32(a)
			if c.A != 0xff {
				alpha = alpha * uint32(c.A) / 255
			}
			// over, by hand: most of the time of a list goes by here.
			px := dst[i*4 : i*4+4 : i*4+4]
			if alpha == 255 {
				px[0], px[1], px[2], px[3] = c.R, c.G, c.B, 0xff
				continue
			}
			rest := 255 - alpha
			px[0] = uint8((red*alpha + uint32(px[0])*rest + 127) / 255)
			px[1] = uint8((green*alpha + uint32(px[1])*rest + 127) / 255)
			px[2] = uint8((blue*alpha + uint32(px[2])*rest + 127) / 255)
			px[3] = uint8(alpha + (uint32(px[3])*rest+127)/255)
		}
	}
}

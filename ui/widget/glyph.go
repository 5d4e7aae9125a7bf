package widget

import (
	"image"
	"math"
	"sync"

	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fontID names one of the embedded fonts.
type fontID uint8

const (
	fontSans fontID = iota
	fontBold
	fontMono
	fontSymbol
	fontCount
)

const (
	phases    = 4    // places of a glyph between two device pixels
	maxGlyphs = 8192 // masks kept; zooming and many sizes would grow the cache without end
	maxFaces  = 64
	missing   = '\uFFFD' // drawn for what no font has
)

// glyph is a rasterised mask and how far the pen moves, in device pixels.
type glyph struct {
	alpha     []uint8
	w, h      int
	left, top int // of the mask, from the pen's pixel and the baseline
	advance   float64
}

type glyphKey struct {
	font    fontID
	phase   uint8
	quarter uint16 // size in quarters of a device pixel
	r       rune
}

type faceKey struct {
	font    fontID
	quarter uint16
}

// glyphCache rasterises glyphs once. It is used on the main goroutine only; the lock is for tests that draw elsewhere.
type glyphCache struct {
	mu     sync.Mutex
	fonts  [fontCount]*sfnt.Font
	buf    sfnt.Buffer
	has    map[uint64]fontID // font<<32 | rune ▶ the font that has it
	faces  map[faceKey]font.Face
	glyphs map[glyphKey]*glyph
	ascii  [fontCount]map[uint16]*[128]float64 // advances by size
}

var glyphs = &glyphCache{}

func (c *glyphCache) load() {
	if c.glyphs != nil {
		return
	}
	c.has = make(map[uint64]fontID)
	c.faces = make(map[faceKey]font.Face)
	c.glyphs = make(map[glyphKey]*glyph)
	for id, data := range map[fontID][]byte{
		fontSans:   theme.DefaultTextFont().Content(),
		fontBold:   theme.DefaultTextBoldFont().Content(),
		fontMono:   theme.DefaultTextMonospaceFont().Content(),
		fontSymbol: theme.DefaultSymbolFont().Content(),
	} {
		c.ascii[id] = make(map[uint16]*[128]float64)
		f, err := opentype.Parse(data)
		if err != nil {
			continue // the fonts are embedded: a test holds that each can be read
		}
		c.fonts[id] = f
	}
}

// fontFor returns the font that draws r when id is asked for: itself, or the monospace font, or another one that has it,
// or fontCount where none does.
func (c *glyphCache) fontFor(id fontID, r rune) fontID {
	if r >= 0x20 && r < 0x7f {
		return id
	}
	key := uint64(id)<<32 | uint64(uint32(r))
	if f, ok := c.has[key]; ok {
		return f
	}
	found := fontCount // in none of them
	for _, candidate := range [...]fontID{id, fontMono, fontSans, fontSymbol} {
		if c.fonts[candidate] == nil {
			continue
		}
		if i, err := c.fonts[candidate].GlyphIndex(&c.buf, r); err == nil && i != 0 {
			found = candidate
			break
		}
	}
	if len(c.has) > maxGlyphs {
		clear(c.has)
	}
	c.has[key] = found
	return found
}

func (c *glyphCache) face(id fontID, quarter uint16) font.Face {
	key := faceKey{id, quarter}
	if f, ok := c.faces[key]; ok {
		return f
	}
	if c.fonts[id] == nil {
		return nil
	}
	if len(c.faces) >= maxFaces {
		clear(c.faces)
	}
	f, err := opentype.NewFace(c.fonts[id], &opentype.FaceOptions{Size: float64(quarter) / 4, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil
	}
	c.faces[key] = f
	return f
}

// get returns the glyph of r, or nil where no font can be read.
func (c *glyphCache) get(id fontID, quarter uint16, r rune, phase uint8) *glyph {
	key := glyphKey{font: id, phase: phase, quarter: quarter, r: r}
	if g, ok := c.glyphs[key]; ok {
		return g
	}
	from := c.fontFor(id, r)
	if from == fontCount {
		from, r = fontMono, missing
	}
	face := c.face(from, quarter)
	if face == nil {
		return nil
	}
	dot := fixed.Point26_6{X: fixed.Int26_6(phase) * 64 / phases}
	dr, mask, maskp, advance, ok := face.Glyph(dot, r)
	if !ok {
		return nil
	}
	g := &glyph{w: dr.Dx(), h: dr.Dy(), left: dr.Min.X, top: dr.Min.Y, advance: float64(advance) / 64}
	g.alpha = make([]uint8, g.w*g.h)
	src, _ := mask.(*image.Alpha)
	for y := range g.h {
		for x := range g.w {
			if src != nil {
				g.alpha[y*g.w+x] = src.AlphaAt(maskp.X+x, maskp.Y+y).A
			} else {
				_, _, _, a := mask.At(maskp.X+x, maskp.Y+y).RGBA()
				g.alpha[y*g.w+x] = uint8(a >> 8)
			}
		}
	}
	if len(c.glyphs) >= maxGlyphs {
		clear(c.glyphs)
	}
	c.glyphs[key] = g
	return g
}

// advance returns how far r moves the pen, in device pixels.
func (c *glyphCache) advance(id fontID, quarter uint16, r rune) float64 {
	if r < 128 {
		table := c.ascii[id][quarter]
		if table == nil {
			if len(c.ascii[id]) > maxFaces {
				clear(c.ascii[id])
			}
			table = new([128]float64)
			c.ascii[id][quarter] = table
			for i := range table {
				table[i] = -1
			}
		}
		if table[r] < 0 {
			table[r] = c.measure(id, quarter, r)
		}
		return table[r]
	}
	if g := c.get(id, quarter, r, 0); g != nil {
		return g.advance
	}
	return 0
}

// measure returns the advance of an ASCII rune, which every font has.
func (c *glyphCache) measure(id fontID, quarter uint16, r rune) float64 {
	face := c.face(id, quarter)
	if face == nil {
		return 0
	}
	a, ok := face.GlyphAdvance(r)
	if !ok {
		return 0
	}
	return float64(a) / 64
}

// quarters rounds a size in device pixels to the steps that the cache keeps.
func quarters(px float64) uint16 {
	return uint16(math.Max(4, math.Min(4000, math.Round(px*4))))
}

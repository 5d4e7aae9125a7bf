package widget

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
)

// Painter draws into a part of a sheet. Lengths are logical units from the painter's own corner; edges of rectangles
// fall on device pixels. What is drawn outside the painter's area is clipped.
type Painter struct {
	// W and H are the size of the painter's area.
	W, H float32
	// Pal holds the colours to draw with.
	Pal *Palette

	s      *surface
	ox, oy float64         // corner, in device pixels
	clip   image.Rectangle // in device pixels
}

// surface is what the painters of a sheet share: the pixels, and the records of what was drawn. All of it is reused
// from one drawing to the next.
type surface struct {
	img   *image.RGBA
	scale float64 // device pixels for a logical unit
	spans Snapshot
	hits  []hit
	subs  []*Painter
	used  int
	mask  []uint8
	raster
}

type hit struct {
	x, y, w, h float32
	id         any
}

// begin prepares the surface for w × h device pixels and returns the painter of all of it.
func (s *surface) begin(w, h int, scale float64, pal *Palette) *Painter {
	w, h = max(w, 1), max(h, 1)
	if n := w * h * 4; s.img == nil || cap(s.img.Pix) < n || cap(s.img.Pix) > 4*n+1<<20 {
		s.img = image.NewRGBA(image.Rect(0, 0, w, h))
	} else {
		s.img.Pix, s.img.Stride, s.img.Rect = s.img.Pix[:n], w*4, image.Rect(0, 0, w, h)
	}
	s.scale = scale
	s.spans, s.hits, s.used = s.spans[:0], s.hits[:0], 0
	p := s.painter()
	*p = Painter{W: float32(float64(w) / scale), H: float32(float64(h) / scale), Pal: pal, s: s, clip: s.img.Rect}
	return p
}

func (s *surface) painter() *Painter {
	if s.used == len(s.subs) {
		s.subs = append(s.subs, new(Painter))
	}
	s.used++
	return s.subs[s.used-1]
}

// hitAt returns the id of the topmost region at a point in logical units.
func (s *surface) hitAt(x, y float32) any {
	for i := len(s.hits) - 1; i >= 0; i-- {
		h := &s.hits[i]
		if x >= h.x && y >= h.y && x < h.x+h.w && y < h.y+h.h {
			return h.id
		}
	}
	return nil
}

// NewImagePainter returns a painter on an image of its own and the image, for drawing outside a window: the picture
// of an export, or a benchmark. The size is in logical units, scale in device pixels for one.
func NewImagePainter(w, h, scale float32, pal *Palette) (*Painter, *image.RGBA) {
	s := new(surface)
	p := s.begin(int(math.Round(float64(w*scale))), int(math.Round(float64(h*scale))), float64(scale), pal)
	return p, s.img
}

// Scale returns the device pixels for a logical unit.
func (p *Painter) Scale() float32 { return float32(p.s.scale) }

// Sub returns a painter for a part of the area, with its own origin, that clips what goes beyond. It is valid until
// the drawing ends.
func (p *Painter) Sub(x, y, w, h float32) *Painter {
	r := p.rect(x, y, w, h)
	sub := p.s.painter()
	*sub = Painter{W: w, H: h, Pal: p.Pal, s: p.s, ox: float64(r.Min.X), oy: float64(r.Min.Y), clip: r.Intersect(p.clip)}
	return sub
}

// Band returns a painter of the same area and origin that draws only between two heights. It is valid until the drawing
// ends.
func (p *Painter) Band(top, bottom float32) *Painter {
	band := p.s.painter()
	*band = *p
	r := p.rect(0, top, p.W, bottom-top)
	band.clip.Min.Y, band.clip.Max.Y = max(p.clip.Min.Y, r.Min.Y), min(p.clip.Max.Y, r.Max.Y)
	if band.clip.Min.Y > band.clip.Max.Y {
		band.clip.Max.Y = band.clip.Min.Y
	}
	return band
}

// Visible reports whether any of that rectangle lies in the area that can be seen.
func (p *Painter) Visible(x, y, w, h float32) bool { return p.rect(x, y, w, h).Overlaps(p.clip) }

// Shown returns the upper and lower end of what can be seen, in the painter's own units: what lies outside need not be
// drawn.
func (p *Painter) Shown() (top, bottom float32) {
	k := p.s.scale
	return float32((float64(p.clip.Min.Y) - p.oy) / k), float32((float64(p.clip.Max.Y) - p.oy) / k)
}

// Hit registers a rectangle that stands for id. Later ones lie on top of earlier ones.
func (p *Painter) Hit(x, y, w, h float32, id any) {
	if b, ok := p.visibleBox(x, y, w, h); ok {
		p.s.hits = append(p.s.hits, hit{b[0], b[1], b[2], b[3], id})
	}
}

// HitAt returns the id of the topmost region registered so far at a point of this painter, or nil.
func (p *Painter) HitAt(pos fyne.Position) any {
	return p.s.hitAt(pos.X+float32(p.ox/p.s.scale), pos.Y+float32(p.oy/p.s.scale))
}

// visibleBox returns the visible part of a rectangle in logical units of the sheet.
func (p *Painter) visibleBox(x, y, w, h float32) ([4]float32, bool) {
	k := p.s.scale
	x0, y0 := math.Max(float64(x)*k+p.ox, float64(p.clip.Min.X)), math.Max(float64(y)*k+p.oy, float64(p.clip.Min.Y))
	x1, y1 := math.Min(float64(x+w)*k+p.ox, float64(p.clip.Max.X)), math.Min(float64(y+h)*k+p.oy, float64(p.clip.Max.Y))
	if x1 <= x0 || y1 <= y0 {
		return [4]float32{}, false
	}
	return [4]float32{float32(x0 / k), float32(y0 / k), float32((x1 - x0) / k), float32((y1 - y0) / k)}, true
}

// rect returns the device pixels of a rectangle, not clipped.
func (p *Painter) rect(x, y, w, h float32) image.Rectangle {
	k := p.s.scale
	return image.Rect(
		roundPx(float64(x)*k+p.ox), roundPx(float64(y)*k+p.oy),
		roundPx(float64(x+w)*k+p.ox), roundPx(float64(y+h)*k+p.oy))
}

// roundPx rounds to a device pixel and keeps what is far out of any window within the range of an int32.
func roundPx(v float64) int { return int(math.Round(math.Max(-1e9, math.Min(1e9, v)))) }

// px returns a length in whole device pixels, at least 1 where the length is not 0.
func (p *Painter) px(v float32) int {
	if v <= 0 {
		return 0
	}
	return max(1, roundPx(float64(v)*p.s.scale))
}

// Fill covers the whole area.
func (p *Painter) Fill(c color.NRGBA) { p.fillPx(p.clip, c) }

// FillRect covers a rectangle.
func (p *Painter) FillRect(x, y, w, h float32, c color.NRGBA) {
	p.fillPx(p.rect(x, y, w, h).Intersect(p.clip), c)
}

// HLine draws a line of one unit, at least one device pixel, below y.
func (p *Painter) HLine(x, y, w float32, c color.NRGBA) {
	r := p.rect(x, y, w, 1)
	r.Max.Y = r.Min.Y + p.px(1)
	p.fillPx(r.Intersect(p.clip), c)
}

// VLine draws a line of one unit, at least one device pixel, to the right of x.
func (p *Painter) VLine(x, y, h float32, c color.NRGBA) {
	r := p.rect(x, y, 1, h)
	r.Max.X = r.Min.X + p.px(1)
	p.fillPx(r.Intersect(p.clip), c)
}

// Tinted draws the field of a concept as in the bit grid: its tint with an edge around it, stronger when highlighted.
func (p *Painter) Tinted(x, y, w, h, radius float32, c view.Concept, highlighted bool) {
	width := float32(1)
	if highlighted {
		width = 2
	}
	p.RoundRect(x, y, w, h, radius, p.Pal.Tint(c, highlighted), width, p.Pal.Border(c, highlighted))
}

// fillPx lays a colour over device pixels that are inside the clip already.
func (p *Painter) fillPx(r image.Rectangle, c color.NRGBA) {
	if r.Empty() || c.A == 0 {
		return
	}
	img := p.s.img
	n := r.Dx() * 4
	if c.A == 0xff {
		first := img.PixOffset(r.Min.X, r.Min.Y)
		row := img.Pix[first : first+n]
		for i := 0; i < n; i += 4 {
			row[i], row[i+1], row[i+2], row[i+3] = c.R, c.G, c.B, 0xff
		}
		for y := r.Min.Y + 1; y < r.Max.Y; y++ {
			o := img.PixOffset(r.Min.X, y)
			copy(img.Pix[o:o+n], row)
		}
		return
	}
	// Pixels beside each other are mostly the same, and become the same.
	var before, after uint32
	for y := r.Min.Y; y < r.Max.Y; y++ {
		o := img.PixOffset(r.Min.X, y)
		row := img.Pix[o : o+n]
		for i := 0; i < n; i += 4 {
			px := row[i : i+4 : i+4]
			if v := binary.LittleEndian.Uint32(px); v != before || i == 0 {
				over(px, c, uint32(c.A))
				before, after = v, binary.LittleEndian.Uint32(px)
				continue
			}
			binary.LittleEndian.PutUint32(px, after)
		}
	}
}

// blend lays a colour over one pixel with a coverage of 0 to 1. The pixel must be inside the clip.
func (p *Painter) blend(x, y int, c color.NRGBA, coverage float64) {
	a := uint32(float64(c.A)*coverage + 0.5)
	if a == 0 {
		return
	}
	o := p.s.img.PixOffset(x, y)
	over(p.s.img.Pix[o:o+4:o+4], c, min(a, 255))
}

// over lays a colour of alpha a over a premultiplied pixel.
func over(dst []uint8, c color.NRGBA, a uint32) {
	b := 255 - a
	dst[0] = uint8((uint32(c.R)*a + uint32(dst[0])*b + 127) / 255)
	dst[1] = uint8((uint32(c.G)*a + uint32(dst[1])*b + 127) / 255)
	dst[2] = uint8((uint32(c.B)*a + uint32(dst[2])*b + 127) / 255)
	dst[3] = uint8(a + (uint32(dst[3])*b+127)/255)
}

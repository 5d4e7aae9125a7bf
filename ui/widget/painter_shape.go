package widget

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"fyne.io/fyne/v2"
	"golang.org/x/image/vector"
)

// raster is the reused state for filling polygons.
type raster struct {
	z     vector.Rasterizer
	alpha image.Alpha
}

// RoundRect draws a rectangle with rounded corners: a fill, and a stroke that lies inside the edge. Either may be
// transparent; a stroke of width 0 is none.
func (p *Painter) RoundRect(x, y, w, h, radius float32, fill color.NRGBA, strokeWidth float32, stroke color.NRGBA) {
	r := p.rect(x, y, w, h)
	if r.Empty() || !r.Overlaps(p.clip) {
		return
	}
	rad := math.Min(float64(radius)*p.s.scale, float64(min(r.Dx(), r.Dy()))/2)
	sw := 0
	if stroke.A > 0 {
		sw = min(p.px(strokeWidth), r.Dx()/2, r.Dy()/2)
	}
	n := int(math.Ceil(rad)) // the corners are n × n pixels
	if n == 0 {
		p.fillPx(r.Intersect(p.clip), fill)
		p.frame(r, r.Inset(sw), stroke)
		return
	}
	// What is straight.
	p.fillPx(image.Rect(r.Min.X+n, r.Min.Y, r.Max.X-n, r.Min.Y+n).Intersect(p.clip), fill)
	p.fillPx(image.Rect(r.Min.X, r.Min.Y+n, r.Max.X, r.Max.Y-n).Intersect(p.clip), fill)
	p.fillPx(image.Rect(r.Min.X+n, r.Max.Y-n, r.Max.X-n, r.Max.Y).Intersect(p.clip), fill)
	if sw > 0 {
		p.fillPx(image.Rect(r.Min.X+n, r.Min.Y, r.Max.X-n, r.Min.Y+sw).Intersect(p.clip), stroke)
		p.fillPx(image.Rect(r.Min.X+n, r.Max.Y-sw, r.Max.X-n, r.Max.Y).Intersect(p.clip), stroke)
		p.fillPx(image.Rect(r.Min.X, r.Min.Y+n, r.Min.X+sw, r.Max.Y-n).Intersect(p.clip), stroke)
		p.fillPx(image.Rect(r.Max.X-sw, r.Min.Y+n, r.Max.X, r.Max.Y-n).Intersect(p.clip), stroke)
	}
	// The corners, by the distance of each pixel's centre from the corner's centre.
	for j := range n {
		for i := range n {
			dx, dy := rad-(float64(i)+0.5), rad-(float64(j)+0.5)
			d := math.Sqrt(math.Max(dx, 0)*math.Max(dx, 0) + math.Max(dy, 0)*math.Max(dy, 0))
			outer := clamp01(rad - d + 0.5)
			if outer == 0 {
				continue
			}
			edge := 0.0
			if sw > 0 {
				edge = outer - clamp01(rad-float64(sw)-d+0.5)
				if dx <= 0 || dy <= 0 { // beside the arc: straight again
					edge = 0
					if i < sw || j < sw {
						edge = 1
					}
				}
			}
			for _, q := range [4]image.Point{
				{r.Min.X + i, r.Min.Y + j},
				{r.Max.X - 1 - i, r.Min.Y + j},
				{r.Min.X + i, r.Max.Y - 1 - j},
				{r.Max.X - 1 - i, r.Max.Y - 1 - j},
			} {
				if !q.In(p.clip) {
					continue
				}
				if fill.A > 0 {
					p.blend(q.X, q.Y, fill, outer)
				}
				if edge > 0 {
					p.blend(q.X, q.Y, stroke, edge)
				}
			}
		}
	}
}

// frame fills what is in outer and not in inner.
func (p *Painter) frame(outer, inner image.Rectangle, c color.NRGBA) {
	p.fillPx(image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, inner.Min.Y).Intersect(p.clip), c)
	p.fillPx(image.Rect(outer.Min.X, inner.Max.Y, outer.Max.X, outer.Max.Y).Intersect(p.clip), c)
	p.fillPx(image.Rect(outer.Min.X, inner.Min.Y, inner.Min.X, inner.Max.Y).Intersect(p.clip), c)
	p.fillPx(image.Rect(inner.Max.X, inner.Min.Y, outer.Max.X, inner.Max.Y).Intersect(p.clip), c)
}

// Circle draws a disc around a centre, and a stroke inside its edge; see RoundRect.
func (p *Painter) Circle(cx, cy, radius float32, fill color.NRGBA, strokeWidth float32, stroke color.NRGBA) {
	k := p.s.scale
	x, y, rad := float64(cx)*k+p.ox, float64(cy)*k+p.oy, float64(radius)*k
	sw := float64(strokeWidth) * k
	box := image.Rect(int(math.Floor(x-rad-1)), int(math.Floor(y-rad-1)), int(math.Ceil(x+rad+1)), int(math.Ceil(y+rad+1))).Intersect(p.clip)
	for py := box.Min.Y; py < box.Max.Y; py++ {
		for px := box.Min.X; px < box.Max.X; px++ {
			d := math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y)
			outer := clamp01(rad - d + 0.5)
			if outer == 0 {
				continue
			}
			if fill.A > 0 {
				p.blend(px, py, fill, outer)
			}
			if sw > 0 && stroke.A > 0 {
				p.blend(px, py, stroke, outer-clamp01(rad-sw-d+0.5))
			}
		}
	}
}

// Arc draws a part of a ring inside a circle: from the top to the right, as much of the whole as fraction says (0 to 1).
func (p *Painter) Arc(cx, cy, radius, width, fraction float32, c color.NRGBA) {
	k := p.s.scale
	x, y, rad, w := float64(cx)*k+p.ox, float64(cy)*k+p.oy, float64(radius)*k, float64(width)*k
	box := image.Rect(int(math.Floor(x-rad-1)), int(math.Floor(y-rad-1)), int(math.Ceil(x+rad+1)), int(math.Ceil(y+rad+1))).Intersect(p.clip)
	for py := box.Min.Y; py < box.Max.Y; py++ {
		for px := box.Min.X; px < box.Max.X; px++ {
			dx, dy := float64(px)+0.5-x, float64(py)+0.5-y
			d := math.Hypot(dx, dy)
			coverage := clamp01(rad-d+0.5) - clamp01(rad-w-d+0.5)
			if fraction < 1 {
				turn := math.Atan2(dx, -dy)
				if turn < 0 {
					turn += 2 * math.Pi
				}
				coverage *= clamp01((2*math.Pi*float64(fraction)-turn)*d + 0.5)
			}
			if coverage > 0 {
				p.blend(px, py, c, coverage)
			}
		}
	}
}

// Dot draws a disc.
func (p *Painter) Dot(cx, cy, radius float32, c color.NRGBA) {
	p.Circle(cx, cy, radius, c, 0, color.NRGBA{})
}

// Line draws an antialiased line of that width.
func (p *Painter) Line(x0, y0, x1, y1, width float32, c color.NRGBA) {
	p.line(x0, y0, x1, y1, width, 0, 0, c)
}

// DashedLine draws an antialiased line that is drawn for on units and left out for off units.
func (p *Painter) DashedLine(x0, y0, x1, y1, width, on, off float32, c color.NRGBA) {
	p.line(x0, y0, x1, y1, width, on, off, c)
}

func (p *Painter) line(x0, y0, x1, y1, width, on, off float32, c color.NRGBA) {
	k := p.s.scale
	ax, ay := float64(x0)*k+p.ox, float64(y0)*k+p.oy
	bx, by := float64(x1)*k+p.ox, float64(y1)*k+p.oy
	half := math.Max(float64(width)*k, 1) / 2
	dx, dy := bx-ax, by-ay
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	ux, uy := dx/length, dy/length
	period, dash := float64(on+off)*k, float64(on)*k
	plot := func(x, y int) {
		rx, ry := float64(x)+0.5-ax, float64(y)+0.5-ay
		along := rx*ux + ry*uy
		across := math.Abs(rx*uy - ry*ux)
		coverage := clamp01(half-across+0.5) * clamp01(along+0.5) * clamp01(length-along+0.5)
		if coverage == 0 {
			return
		}
		if off > 0 && period > 0 {
			t := math.Mod(math.Max(along, 0), period)
			coverage *= clamp01(math.Min(t+0.5, dash-t+0.5))
		}
		p.blend(x, y, c, coverage)
	}
	// Go along the longer axis and visit the pixels near the line only.
	if math.Abs(dx) >= math.Abs(dy) {
		reach := (half + 1) / math.Abs(ux)
		from := max(int(math.Floor(math.Min(ax, bx)-1)), p.clip.Min.X)
		to := min(int(math.Ceil(math.Max(ax, bx)+1)), p.clip.Max.X)
		for x := from; x < to; x++ {
			mid := ay + (float64(x)+0.5-ax)*dy/dx
			for y := max(int(mid-reach), p.clip.Min.Y); y < min(int(mid+reach)+1, p.clip.Max.Y); y++ {
				plot(x, y)
			}
		}
		return
	}
	reach := (half + 1) / math.Abs(uy)
	from := max(int(math.Floor(math.Min(ay, by)-1)), p.clip.Min.Y)
	to := min(int(math.Ceil(math.Max(ay, by)+1)), p.clip.Max.Y)
	for y := from; y < to; y++ {
		mid := ax + (float64(y)+0.5-ay)*dx/dy
		for x := max(int(mid-reach), p.clip.Min.X); x < min(int(mid+reach)+1, p.clip.Max.X); x++ {
			plot(x, y)
		}
	}
}

// Polygon fills the area inside the points.
func (p *Painter) Polygon(c color.NRGBA, points ...fyne.Position) {
	if len(points) < 3 {
		return
	}
	k := p.s.scale
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range points {
		x, y := float64(q.X)*k+p.ox, float64(q.Y)*k+p.oy
		minX, maxX = math.Min(minX, x), math.Max(maxX, x)
		minY, maxY = math.Min(minY, y), math.Max(maxY, y)
	}
	box := image.Rect(roundPx(math.Floor(minX)), roundPx(math.Floor(minY)), roundPx(math.Ceil(maxX)), roundPx(math.Ceil(maxY)))
	// A polygon far larger than any screen is left out: its mask alone would take hundreds of megabytes.
	if seen := box.Intersect(p.clip); seen.Empty() || box.Dx() > 1<<14 || box.Dy() > 1<<14 {
		return
	}
	s := p.s
	s.z.Reset(box.Dx(), box.Dy())
	s.z.DrawOp = draw.Src
	for i, q := range points {
		x, y := float32(float64(q.X)*k+p.ox-float64(box.Min.X)), float32(float64(q.Y)*k+p.oy-float64(box.Min.Y))
		if i == 0 {
			s.z.MoveTo(x, y)
		} else {
			s.z.LineTo(x, y)
		}
	}
	s.z.ClosePath()
	n := box.Dx() * box.Dy()
	if cap(s.mask) < n {
		s.mask = make([]uint8, n)
	}
	s.alpha = image.Alpha{Pix: s.mask[:n], Stride: box.Dx(), Rect: image.Rect(0, 0, box.Dx(), box.Dy())}
	s.z.Draw(&s.alpha, s.alpha.Rect, image.Opaque, image.Point{})
	seen := box.Intersect(p.clip)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		row := s.alpha.Pix[(y-box.Min.Y)*box.Dx():]
		for x := seen.Min.X; x < seen.Max.X; x++ {
			if a := row[x-box.Min.X]; a != 0 {
				p.blend(x, y, c, float64(a)/255)
			}
		}
	}
}

// Arrow draws an open arrowhead of that size whose tip is at (x1, y1) of a line that comes from (x0, y0).
func (p *Painter) Arrow(x0, y0, x1, y1, size, width float32, c color.NRGBA) {
	dx, dy := float64(x1-x0), float64(y1-y0)
	length := math.Hypot(dx, dy)
	if length == 0 {
		return
	}
	ux, uy := float32(dx/length), float32(dy/length)
	bx, by := x1-ux*size, y1-uy*size
	half := size * 0.6
	p.Line(bx-uy*half, by+ux*half, x1, y1, width, c)
	p.Line(bx+uy*half, by-ux*half, x1, y1, width, c)
}

func clamp01(v float64) float64 { return math.Max(0, math.Min(1, v)) }

package widget

import (
	"image/color"
	"math"
	"reflect"
	"testing"

	"coapscope/ui/view"
)

var red = color.NRGBA{R: 0xff, A: 0xff}

func TestRectanglesFallOnDevicePixels(t *testing.T) {
	p, img := NewImagePainter(20, 20, 1.5, &dark)
	p.FillRect(1, 1, 3, 3, red) // 1.5 to 6 in device pixels: 2 to 6
	for _, c := range []struct{ x, y, want int }{{1, 3, 0}, {2, 2, 255}, {5, 5, 255}, {6, 5, 0}} {
		if got := int(img.RGBAAt(c.x, c.y).R); got != c.want {
			t.Errorf("pixel %d,%d is %d, want %d", c.x, c.y, got, c.want)
		}
	}
}

func TestRoundRect(t *testing.T) {
	p, img := NewImagePainter(40, 40, 1, &dark)
	p.Fill(color.NRGBA{A: 0xff})
	p.RoundRect(5, 5, 30, 30, 8, red, 2, color.NRGBA{B: 0xff, A: 0xff})
	if got := img.RGBAAt(5, 5); got.R != 0 || got.B != 0 {
		t.Errorf("the corner is drawn: %v", got)
	}
	if got := img.RGBAAt(20, 5); got.B != 255 {
		t.Errorf("the edge lies not inside: %v", got)
	}
	if got := img.RGBAAt(20, 4); got.B != 0 {
		t.Errorf("the edge lies outside: %v", got)
	}
	if got := img.RGBAAt(20, 20); got.R != 255 || got.B != 0 {
		t.Errorf("the middle is not filled: %v", got)
	}
	// Symmetric in both directions.
	for y := range 40 {
		for x := range 40 {
			if img.RGBAAt(x, y) != img.RGBAAt(39-x, y) || img.RGBAAt(x, y) != img.RGBAAt(x, 39-y) {
				t.Fatalf("not symmetric at %d,%d", x, y)
			}
		}
	}
}

func TestSubClips(t *testing.T) {
	p, img := NewImagePainter(40, 40, 1, &dark)
	sub := p.Sub(10, 10, 10, 10)
	sub.FillRect(-5, -5, 100, 100, red)
	sub.Line(-20, 5, 60, 5, 3, red)
	sub.Dot(0, 0, 8, red)
	sub.Text(-5, 8, "WWWWWWWWWW", Mono(12, view.Plain))
	for y := range 40 {
		for x := range 40 {
			inside := x >= 10 && x < 20 && y >= 10 && y < 20
			if (img.RGBAAt(x, y).A != 0) != inside {
				t.Fatalf("pixel %d,%d: drawn %v", x, y, !inside)
			}
		}
	}
	deeper := sub.Sub(5, 5, 50, 50)
	deeper.Hit(0, 0, 50, 50, "x")
	if got := p.s.hitAt(16, 16); got != "x" {
		t.Errorf("hit at 16,16 is %v", got)
	}
	if got := p.s.hitAt(25, 25); got != nil {
		t.Errorf("a hit outside the clip: %v", got)
	}
}

func TestMeasure(t *testing.T) {
	if got := Measure("0123456789", Mono(12, view.Plain)); math.Abs(float64(got)-72.2) > 0.2 {
		t.Errorf("ten cells of monospace 12 are %v wide, want 72.2", got)
	}
	p, _ := NewImagePainter(400, 40, 2, &dark)
	if got := p.Measure("0123456789", Mono(12, view.Plain)); math.Abs(float64(got)-72.2) > 0.2 {
		t.Errorf("at scale 2 ten cells are %v units wide, want 72.2", got)
	}
	if got, want := p.Text(10, 20, "RTT 24 ms …", Sans(13, view.Dim)), p.Measure("RTT 24 ms …", Sans(13, view.Dim)); math.Abs(float64(got-want)) > 0.01 {
		t.Errorf("drawn %v wide, measured %v", got, want)
	}
	if Measure("wide", SansBold(13, view.Plain)) <= Measure("wide", Sans(13, view.Plain)) {
		t.Error("bold is not wider")
	}
}

func TestEllipsis(t *testing.T) {
	p, _ := NewImagePainter(400, 40, 1, &dark)
	st := Mono(12, view.Plain)
	full := p.Measure("abcdefgh", st)
	if got := p.TextEllipsis(0, 20, full, "abcdefgh", st); math.Abs(float64(got-full)) > 0.01 {
		t.Errorf("what fits is drawn %v wide, want %v", got, full)
	}
	if got := p.TextEllipsis(0, 20, full-1, "abcdefgh", st); got > full-1+0.01 {
		t.Errorf("what does not fit is drawn %v wide in %v", got, full-1)
	}
	spans := p.s.spans
	if spans[0].Cut || !spans[1].Cut || spans[1].Text != "abcdefgh" {
		t.Errorf("spans %+v", spans)
	}
	if got := p.TextEllipsis(0, 20, 0, "abc", st); got != 0 {
		t.Errorf("in no room %v is drawn", got)
	}
}

func TestEveryFontIsReadAndNothingIsSilent(t *testing.T) {
	glyphs.mu.Lock()
	defer glyphs.mu.Unlock()
	glyphs.load()
	for id := range fontCount {
		if glyphs.fonts[id] == nil {
			t.Errorf("font %d cannot be read", id)
		}
	}
	for _, r := range "▾◉▤⏎→←↻✖…·Δ°●◎⚙↓×" {
		g := glyphs.get(fontSans, 48, r, 0)
		if g == nil || len(g.alpha) == 0 {
			t.Errorf("%q is not drawn", r)
		}
		if glyphs.fontFor(fontSans, r) == fontCount {
			t.Errorf("no font has %q", r)
		}
	}
	unknown := glyphs.get(fontSans, 48, '\U000E0FFF', 0)
	if unknown == nil || len(unknown.alpha) == 0 {
		t.Error("a rune that no font has leaves no trace")
	}
}

func TestSnapshotLines(t *testing.T) {
	p, _ := NewImagePainter(400, 100, 1, &dark)
	p.Text(200, 40, "ACK", Mono(12, view.Good))
	p.Text(10, 40, "3", Mono(12, view.Dim))
	p.Text(10, 20, "#", SansBold(11, view.Dim))
	p.Text(60, 41, "2.437", Mono(12, view.Dim))
	p.Text(10, 400, "below", Mono(12, view.Dim))
	got := p.s.spans.Lines()
	want := []string{"#", "3 | 2.437 | ACK"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
	span, ok := p.s.spans.Find("ACK")
	if !ok || span.Concept != view.Good || span.Color != dark.Text(view.Good) {
		t.Errorf("span %+v", span)
	}
	x, y := span.Center()
	if x < 200 || x > 222 || y < 30 || y > 42 {
		t.Errorf("centre of ACK at %v,%v", x, y)
	}
}

// TestDrawingAgainDoesNotAllocate holds a steady list to reused memory: what a redraw allocates is paid 30 times a second.
func TestDrawingAgainDoesNotAllocate(t *testing.T) {
	s := new(surface)
	draw := func() {
		p := s.begin(800, 400, 1, &dark)
		p.Fill(p.Pal.Ground)
		for i := range 18 {
			row := p.Sub(0, float32(i)*22, 800, 22)
			row.RoundRect(0, 0, 800, 22, 4, p.Pal.Selection, 1, p.Pal.Line)
			row.Text(10, 15, "livingroom", Mono(12, view.Plain))
			row.TextEllipsis(100, 15, 60, "CBOR 51 B obs=6 stale", Mono(12, view.Plain))
			row.Sign(300, 11, SignClosed, red)
		}
	}
	draw()
	if n := testing.AllocsPerRun(20, draw); n > 40 { // the rasteriser of polygons may allocate a little
		t.Errorf("%v allocations to draw again", n)
	}
}

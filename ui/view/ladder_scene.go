package view

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// maxExported is how many rows an exported picture has at most.
const maxExported = 2000

// Scene is a whole ladder as a picture of its own, for a file. It can be drawn on any goroutine.
type Scene struct {
	W, H  float32
	Title string
	Cut   string // says that only a part is shown; empty where all is

	drawn []func(Pen)
}

// Scene gives the picture of what the ladder shows, with at most so many rows; of more, those from the first in sight
// on. A limit of 0 is the greatest that can be had.
func (l *Ladder) Scene(limit int) *Scene {
	for l.behind() {
		l.step(l.known() + 1)
	}
	v, selected := l.viewing, l.selected
	defer func() { l.viewing, l.selected = v, selected }()
	from, to, cut := l.exported(limit)
	l.selected, l.viewing.side, l.viewing.offset, l.viewing.tail = 0, 0, 0, false
	var items []item
	height := l.Height()
	if l.viewing.byTime && cut == "" && height <= maxExported*ladderPitch {
		items = l.inTime(float32(height) + LadderHead)
	} else {
		l.viewing.byTime = false
		items = l.inRows(from, to, LadderHead)
		height = float64(len(items)) * l.viewing.pitch
	}
	const top = 34
	s := &Scene{Title: l.Title(), Cut: cut}
	s.W = ladderGutter + 2*ladderMargin + float32(max(1, len(l.lifelines(items))-1))*2*ladderColumn
	s.H = top + LadderHead + float32(height) + 16
	s.Box(0, 0, s.W, s.H, BoxGround, Plain)
	title := s.Title
	if cut != "" {
		title += " · " + cut
	}
	s.Text(PenText{X: 14, Y: 22, Width: s.W - 28, Size: 12, Bold: true, Sans: true, Text: title, Concept: Plain})
	l.draw(shifted{s, top}, items, s.W, s.H-top)
	return s
}

// exported gives the rows that an export has, and says so where these are not all.
func (l *Ladder) exported(limit int) (from, to int, cut string) {
	if limit <= 0 || limit > maxExported {
		limit = maxExported
	}
	if l.rows.on <= limit {
		return 0, l.rows.on, ""
	}
	if place := l.topPlace(); place >= 0 {
		from = l.rows.rank(place)
	} else {
		from = l.rows.on
	}
	from = max(0, min(from, l.rows.on-limit))
	to = from + limit
	return from, to, fmt.Sprintf("rows %s to %s of %s", Grouped(from+1), Grouped(to), Grouped(l.rows.on))
}

// Line implements Pen, as the others do: the scene remembers what is drawn.
func (s *Scene) Line(x0, y0, x1, y1, width float32, d Dash, c Concept) {
	s.drawn = append(s.drawn, func(p Pen) { p.Line(x0, y0, x1, y1, width, d, c) })
}

// Shape implements Pen.
func (s *Scene) Shape(c Concept, xy ...float32) {
	xy = append([]float32(nil), xy...)
	s.drawn = append(s.drawn, func(p Pen) { p.Shape(c, xy...) })
}

// Box implements Pen.
func (s *Scene) Box(x, y, w, h float32, b BoxKind, c Concept) {
	s.drawn = append(s.drawn, func(p Pen) { p.Box(x, y, w, h, b, c) })
}

// Text implements Pen.
func (s *Scene) Text(t PenText) { s.drawn = append(s.drawn, func(p Pen) { p.Text(t) }) }

// Hit implements Pen.
func (s *Scene) Hit(float32, float32, float32, float32, any) {}

// Clip implements Pen. A scene has room for all.
func (s *Scene) Clip(float32, float32, float32, float32) Pen { return s }

// Draw draws the scene.
func (s *Scene) Draw(pen Pen) {
	for _, draw := range s.drawn {
		draw(pen)
	}
}

// shifted draws lower.
type shifted struct {
	*Scene
	down float32
}

func (s shifted) Line(x0, y0, x1, y1, width float32, d Dash, c Concept) {
	s.Scene.Line(x0, y0+s.down, x1, y1+s.down, width, d, c)
}

func (s shifted) Shape(c Concept, xy ...float32) {
	lower := append([]float32(nil), xy...)
	for i := 1; i < len(lower); i += 2 {
		lower[i] += s.down
	}
	s.Scene.Shape(c, lower...)
}

func (s shifted) Box(x, y, w, h float32, b BoxKind, c Concept) { s.Scene.Box(x, y+s.down, w, h, b, c) }

func (s shifted) Text(t PenText) {
	t.Y += s.down
	s.Scene.Text(t)
}

func (s shifted) Clip(float32, float32, float32, float32) Pen { return s }

// Ink gives the colours of a picture.
type Ink struct {
	Ground    color.NRGBA
	Selection color.NRGBA
	Of        func(Concept) color.NRGBA
	Tint      func(Concept) color.NRGBA
}

// SVG writes the scene as a picture of lines and texts.
func (s *Scene) SVG(to io.Writer, ink Ink) error {
	w := &svg{ink: ink}
	fmt.Fprintf(&w.b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\">\n", number(s.W), number(s.H), number(s.W), number(s.H))
	fmt.Fprintf(&w.b, "<title>%s</title>\n", escapeXML(s.Title))
	w.b.WriteString("<style>.m{font-family:'DejaVu Sans Mono',ui-monospace,Menlo,Consolas,monospace}.s{font-family:'Noto Sans',system-ui,sans-serif}text{white-space:pre}</style>\n")
	s.Draw(w)
	w.b.WriteString("</svg>\n")
	_, err := io.WriteString(to, w.b.String())
	return err
}

// svg writes what is drawn.
type svg struct {
	b   strings.Builder
	ink Ink
}

func number(v float32) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func (w *svg) paint(attribute string, c color.NRGBA) string {
	text := fmt.Sprintf("%s=\"#%02x%02x%02x\"", attribute, c.R, c.G, c.B)
	if c.A != 0xff {
		text += fmt.Sprintf(" %s-opacity=\"%s\"", attribute, number(float32(math.Round(float64(c.A)/255*100)/100)))
	}
	return text
}

func (w *svg) Line(x0, y0, x1, y1, width float32, d Dash, c Concept) {
	dash := ""
	switch d {
	case Dashed:
		dash = " stroke-dasharray=\"6 4\""
	case Dotted:
		dash = " stroke-dasharray=\"1.5 3.5\""
	}
	fmt.Fprintf(&w.b, "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s stroke-width=\"%s\"%s/>\n",
		number(x0), number(y0), number(x1), number(y1), w.paint("stroke", w.lineColor(c)), number(width), dash)
}

// lineColor keeps what is only there to guide the eye in the background.
func (w *svg) lineColor(c Concept) color.NRGBA {
	ink := w.ink.Of(c)
	if c == Faint {
		ink.A = FaintLine
	}
	return ink
}

// FaintLine is the alpha of lines that only guide the eye.
const FaintLine = 0x70

func (w *svg) Shape(c Concept, xy ...float32) {
	points := make([]string, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		points = append(points, number(xy[i])+","+number(xy[i+1]))
	}
	fmt.Fprintf(&w.b, "<polygon points=\"%s\" %s/>\n", strings.Join(points, " "), w.paint("fill", w.ink.Of(c)))
}

func (w *svg) Box(x, y, width, h float32, b BoxKind, c Concept) {
	look := ""
	switch b {
	case BoxSolid:
		look = w.paint("fill", w.ink.Of(c))
	case BoxTinted:
		look = "rx=\"4\" " + w.paint("fill", w.ink.Tint(c)) + " " + w.paint("stroke", w.ink.Of(c))
	case BoxSelected:
		look = "rx=\"4\" " + w.paint("fill", w.ink.Selection)
	case BoxGround:
		look = w.paint("fill", w.ink.Ground)
	}
	fmt.Fprintf(&w.b, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" %s/>\n", number(x), number(y), number(width), number(h), look)
}

// cell is how wide a character is, of a size of 1: exactly for monospace, about for others.
const cell = 0.602

func (w *svg) Text(t PenText) {
	text := t.Text
	if n := utf8.RuneCountInString(text); t.Width > 0 && float32(n)*cell*t.Size > t.Width {
		keep := max(int(t.Width/(cell*t.Size))-1, 0)
		text = string([]rune(text)[:keep]) + "…"
	}
	width := float32(utf8.RuneCountInString(text)) * cell * t.Size
	x, anchor := t.X, ""
	switch t.Align {
	case AlignMiddle:
		x, anchor = t.X-width/2, " text-anchor=\"middle\""
	case AlignRight:
		x, anchor = t.X-width, " text-anchor=\"end\""
	}
	if t.Clear {
		w.Box(x-2, t.Y-t.Size+1, width+4, t.Size, BoxGround, Plain)
	}
	class, weight := "m", ""
	if t.Sans {
		class = "s"
	}
	if t.Bold {
		weight = " font-weight=\"bold\""
	}
	fmt.Fprintf(&w.b, "<text class=\"%s\" x=\"%s\" y=\"%s\" font-size=\"%s\"%s%s %s>%s</text>\n",
		class, number(t.X), number(t.Y), number(t.Size), weight, anchor, w.paint("fill", w.ink.Of(t.Concept)), escapeXML(text))
}

func (w *svg) Hit(float32, float32, float32, float32, any) {}
func (w *svg) Clip(float32, float32, float32, float32) Pen { return w }

// escapeXML gives a text that may stand in an element, whatever a device has put into its names and paths.
func escapeXML(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r < 0x20, r == 0xfffe, r == 0xffff, r == utf8.RuneError: // no XML has them
			b.WriteRune('\ufffd')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

package view

// sign gives how a mark is drawn, and what it is called there.
func (k MarkKind) sign() (glyph, word string, c Concept) {
	switch k {
	case MarkStale:
		return "✕", "stale", Warning
	case MarkAge:
		return "⧗", "128 s", Dim
	case MarkStalled:
		return "⚠", "stalled", Error
	case MarkRegistered:
		return "↻", "", Good
	case MarkReboot:
		return "⚡", "restarted", Warning
	case MarkMissed:
		return "∅", "", Warning
	case MarkUnanswered:
		return "?", "", Warning
	case MarkSlept:
		return "☾", "slept", Dim
	}
	return "■", "", Dim
}

// A word or sign of a mark takes so much room.
const (
	signWidth  = 14
	wordHeight = 11
)

// taken are the areas of a lane in which something is said.
type taken []struct{ x0, y0, x1, y1 float32 }

// free tells whether nothing is said in an area yet.
func (t taken) free(x0, y0, x1, y1 float32) bool {
	for _, r := range t {
		if x0 < r.x1 && x1 > r.x0 && y0 < r.y1 && y1 > r.y0 {
			return false
		}
	}
	return true
}

func (t *taken) take(x0, y0, x1, y1 float32) {
	*t = append(*t, struct{ x0, y0, x1, y1 float32 }{x0, y0, x1, y1})
}

// said is a word that may stand by a mark, where there is room for it.
type said struct {
	PenText
	width float32
}

// drawMarks draws what befell the observations of a lane: first the signs, of which none of a kind covers another, then as many of
// the words as leave them alone. The tooltip has those that are left out.
func (c *Chart) drawMarks(pen Pen, l *lane) {
	var used taken
	var words []said
	for i := range l.lines {
		line := &l.lines[i]
		line.of.mu.Lock()
		words = append(words, c.drawSigns(pen, l, line, &used)...)
		line.of.mu.Unlock()
	}
	for _, w := range words {
		x := w.X
		if w.Align == AlignMiddle {
			x -= w.width / 2
		}
		if x+w.width > c.sight.plotX+c.sight.plotW || !used.free(x, w.Y-wordHeight+2, x+w.width, w.Y+2) {
			continue
		}
		used.take(x, w.Y-wordHeight+2, x+w.width+4, w.Y+2)
		pen.Text(w.PenText)
	}
}

// drawSigns draws the signs of a line, and gives their words.
func (c *Chart) drawSigns(pen Pen, l *lane, line *ChartLine, used *taken) (words []said) {
	s := &c.sight
	first := len(line.of.series) == 0 || line.of.series[0].Path == line.path
	var reach [MarkEnded + 1]float32 // to where signs of a kind reach
	for i := range line.of.marks {
		m := &line.of.marks[i]
		if m.At.Before(s.from) || m.At.After(s.to) || int(m.Kind) >= len(reach) {
			continue
		}
		glyph, word, concept := m.Kind.sign()
		x, y := c.placeOf(m.At), l.y+9
		say := func(t PenText) {
			if word != "" && x > reach[m.Kind] {
				t.Size, t.Sans, t.Text, t.Concept = 10, true, word, concept
				words = append(words, said{t, float32(len(word)) * 5.5})
			}
		}
		if m.Kind == MarkStale && m.Valid && first {
			y = l.place(m.Value)
			ringAt(pen, x, y, 5, concept)
			cross(pen, x, y, 2.6, 1.4, concept)
			used.take(x-5, y-5, x+5, y+5)
			if word := y - 8; word > l.y+8 {
				say(PenText{X: x, Y: word, Align: AlignMiddle})
			} else { // beside it, where the lane ends above
				say(PenText{X: x + 8, Y: y + 4})
			}
			reach[m.Kind] = max(reach[m.Kind], x+60)
			continue
		}
		if x < reach[m.Kind] {
			continue
		}
		if m.Kind != MarkStale {
			pen.Line(x, l.y, x, l.y+l.h, 1, Dotted, concept)
		}
		say(PenText{X: x + 7, Y: y, Clear: true})
		reach[m.Kind] = x + signWidth
		if used.free(x-4, y-8, x+5, y+2) {
			used.take(x-4, y-8, x+5, y+2)
			pen.Text(PenText{X: x - 4, Y: y, Size: 11, Clear: true, Text: glyph, Concept: concept})
		}
	}
	return words
}

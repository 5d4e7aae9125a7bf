package view

import (
	"fmt"
	"strings"
	"time"
)

// Tip says what the mark at a place tells; empty for no mark.
func (c *Chart) Tip(x, y float32) string {
	s := &c.sight
	const reach = 7
	for i := range s.lanes {
		l := &s.lanes[i]
		if y < l.y-2 || y > l.y+l.h {
			continue
		}
		for _, line := range l.lines {
			line.of.mu.Lock()
			marks := line.of.marks
			var found *Mark
			for k := range marks {
				m := &marks[k]
				my := l.y + 5
				if m.Valid {
					my = l.place(m.Value)
				}
				if abs32(c.placeOf(m.At)-x) < reach && (abs32(my-y) < reach+3 || !m.Valid) {
					found = m
				}
			}
			text := ""
			if found != nil {
				text = c.markText(&line, found)
			}
			line.of.mu.Unlock()
			if text != "" {
				return text
			}
		}
	}
	return ""
}

func (c *Chart) markText(line *ChartLine, m *Mark) string {
	glyph, _, _ := m.Kind.sign()
	zone := c.zone
	if zone == nil {
		zone = time.Local
	}
	lines := []string{glyph + " " + m.Kind.String(), line.of.Name() + ", " + m.At.In(zone).Format("15:04:05.000")}
	if m.Valid {
		lines = append(lines, "value "+FormatNumber(m.Value))
	}
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	if m.Frame != 0 {
		lines = append(lines, fmt.Sprintf("packet #%d", m.Frame))
	}
	return strings.Join(lines, "\n")
}

package panel

import (
	"strings"

	"coapscope/ui/widget"
)

// wrap breaks a text into lines of at most that width, four at most.
func wrap(g *widget.Painter, text string, width float32, style widget.Style) []string {
	lines := wrapAll(g, text, width, style)
	return lines[:min(len(lines), 4)]
}

// wrapAll breaks a text into lines of at most that width.
func wrapAll(g *widget.Painter, text string, width float32, style widget.Style) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && g.Measure(longer, style) > width {
			lines, line = append(lines, line), word
			continue
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

package payload

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxTextLines  = 100_000
	maxLineLength = 1024 // bytes, after which a line goes on in the next
)

// layoutText shows text line by line. Control characters are made visible by their pictures (U+2400), bytes that
// are no UTF-8 as \xNN.
func layoutText(data []byte) *layout {
	l := &layout{}
	var starts []int32
	for pos := 0; pos < len(data); {
		if len(starts) == maxTextLines {
			l.truncated = true
			l.note = fmt.Sprintf("only the first %d lines are shown", maxTextLines)
			break
		}
		starts = append(starts, int32(pos))
		pos = lineEnd(data, pos)
	}
	if pos := invalidUTF8(data); pos >= 0 {
		note := fmt.Sprintf("not UTF-8 at byte %d", pos)
		if l.note != "" {
			note += "; " + l.note
		}
		l.note = note
	}
	if note := lineEnds(data); note != "" {
		if l.note != "" {
			note = "; " + note
		}
		l.note += note
	}
	l.count = len(starts)
	l.line = func(i int) Line {
		start := int(starts[i])
		return textLine(data, start, lineContent(data, start, lineEnd(data, start)))
	}
	return l
}

// lineEnds says where line ends are not line feeds alone, since they are not shown.
func lineEnds(data []byte) string {
	both, feeds := bytes.Count(data, []byte("\r\n")), bytes.Count(data, []byte("\n"))
	switch {
	case both == 0:
		return ""
	case both < feeds:
		return fmt.Sprintf("%s in CR LF, %d in LF alone", countEnd(both), feeds-both)
	}
	return "lines end in CR LF"
}

func countEnd(n int) string {
	if n == 1 {
		return "1 line ends"
	}
	return fmt.Sprintf("%d lines end", n)
}

// lineEnd gives where the next line begins.
func lineEnd(data []byte, start int) int {
	limit := min(len(data), start+maxLineLength)
	for i := start; i < limit; i++ {
		if data[i] == '\n' {
			return i + 1
		}
	}
	// Not within a character.
	for i := limit; i > limit-utf8.UTFMax && i > start && limit < len(data); i-- {
		if utf8.RuneStart(data[i]) {
			return i
		}
	}
	return limit
}

// lineContent gives the end of a line without its line feed, which may have a carriage return before it.
func lineContent(data []byte, start, end int) int {
	if end > start && data[end-1] == '\n' {
		end--
		if end > start && data[end-1] == '\r' {
			end--
		}
	}
	return end
}

func textLine(data []byte, start, shown int) Line {
	line := Line{}
	var b strings.Builder
	kind, from := KindPlain, start
	flush := func(to int) {
		if b.Len() > 0 {
			line = append(line, Span{b.String(), kind, from, to})
			b.Reset()
		}
		from = to
	}
	for i := start; i < shown; {
		r, n := utf8.DecodeRune(data[i:shown])
		k, s := KindPlain, ""
		switch {
		case r == utf8.RuneError && n == 1:
			k, s = KindError, fmt.Sprintf(`\x%02X`, data[i])
		case r == '\t':
			s = "\t"
		case r < ' ':
			k, s = KindLiteral, string(0x2400+r)
		case r == 0x7f:
			k, s = KindLiteral, "\u2421"
		case invisible(r):
			k, s = KindLiteral, fmt.Sprintf("<U+%04X>", r)
		default:
			s = string(data[i : i+n])
		}
		if k != kind {
			flush(i)
			kind = k
		}
		b.WriteString(s)
		i += n
	}
	flush(shown)
	return line
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

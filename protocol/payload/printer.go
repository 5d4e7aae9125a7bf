package payload

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the views that are laid out beforehand.
const (
	maxLines  = 10_000
	maxDepth  = 64   // levels of arrays, maps and tags
	maxString = 1024 // bytes of a string that are shown
	maxColumn = 80   // a container that fits is written on one line
)

// printer lays out nested values: on one line where they fit, else a line an element.
type printer struct {
	lines  []Line
	line   Line
	column int
	notes  []string
	folds  []fold

	flat      int // more than 0: all on one line
	limit     int // column that must not be passed while flat; 0 for none
	overflow  bool
	full      bool // the bound on lines was reached
	truncated bool
	whole     bool // strings are not cut, there are no comments
}

// stopped says that what follows is not needed.
func (p *printer) stopped() bool { return p.overflow || p.full }

func (p *printer) emit(kind Kind, text string, start, end int) {
	if p.stopped() {
		return
	}
	if kind == KindError { // it may cite the payload
		text = visible([]byte(text))
	}
	p.line = append(p.line, Span{text, kind, start, end})
	p.column += utf8.RuneCountInString(text)
	if p.flat > 0 && p.limit > 0 && p.column > p.limit {
		p.overflow = true
	}
}

func (p *printer) punct(text string) { p.emit(KindPunctuation, text, 0, 0) }

func (p *printer) comment(format string, args ...any) {
	if !p.whole {
		p.emit(KindComment, " /"+strings.ReplaceAll(fmt.Sprintf(format, args...), "/", "|")+"/", 0, 0)
	}
}

func (p *printer) newline(indent int) {
	if p.stopped() {
		return
	}
	p.lines = append(p.lines, p.line)
	p.line, p.column = nil, 0
	if len(p.lines) >= maxLines {
		p.full = true
		p.cut(fmt.Sprintf("only the first %d lines are shown", maxLines))
		return
	}
	if indent > 0 {
		p.line = Line{{Text: spaces(indent)}}
		p.column = 2 * indent
	}
}

// cut notes that something is left out.
func (p *printer) cut(note string) {
	p.truncated = true
	p.notice(note)
}

func (p *printer) notice(note string) {
	for _, n := range p.notes {
		if n == note {
			return
		}
	}
	if len(p.notes) < 8 {
		p.notes = append(p.notes, note)
	}
}

// open says that what follows on lines of its own is inside the last thing on this line. The result is for close.
func (p *printer) open() int {
	if p.flat > 0 || p.stopped() {
		return -1
	}
	p.folds = append(p.folds, fold{open: len(p.lines)})
	return len(p.folds) - 1
}

// close says that the line to come has the end of what was opened.
func (p *printer) close(fold int) {
	if fold >= 0 && !p.full {
		p.folds[fold].end = len(p.lines)
	}
}

// attempt lays out a container on one line, and takes it back where that does not fit.
func (p *printer) attempt(container func()) (fits bool) {
	if p.flat > 0 {
		container()
		return true
	}
	length, column, notes, truncated := len(p.line), p.column, len(p.notes), p.truncated
	p.flat, p.limit = 1, max(maxColumn, p.column+maxColumn/2)
	container()
	p.flat, p.limit = 0, 0
	if !p.overflow {
		return true
	}
	p.overflow = false
	p.line, p.column, p.notes, p.truncated = p.line[:length], column, p.notes[:notes], truncated
	return false
}

func (p *printer) done() *layout {
	if len(p.line) > 0 && !p.full {
		p.lines = append(p.lines, p.line)
	}
	for i := range p.folds {
		if p.folds[i].end == 0 { // its end is not there
			p.folds[i].end = len(p.lines)
		}
	}
	return &layout{lines: p.lines, folds: p.folds, truncated: p.truncated, note: strings.Join(p.notes, "; ")}
}

const blanks = "                                                                                                                                "

func spaces(indent int) string { return blanks[:min(2*indent, len(blanks))] }

// invisible says whether the character has to be shown by its number: control characters, and those that
// change the direction or are not seen.
func invisible(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r > 0x7f && !unicode.IsGraphic(r)
}

// quoted gives a string in JSON's notation.
func quoted(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return `"` + s + `"`
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case invisible(r):
			escape(&b, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escape writes \uXXXX, as a surrogate pair where it has to be.
func escape(b *strings.Builder, r rune) {
	if r > 0xffff {
		r -= 0x10000
		fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

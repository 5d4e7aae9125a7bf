package payload

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the views that are laid out beforehand.
const (
	maxLines  = 16_000
	maxSpans  = 300_000 // in these lines
	maxRows   = 10_000  // of a table
	maxDepth  = 64      // levels of arrays, maps and tags
	maxString = 1024    // bytes of a string that are shown
	maxColumn = 80      // a container that fits is written on one line
)

// printer lays out nested values: on one line where they fit, else a line an element.
type printer struct {
	lines  []Line
	line   Line   // not complete yet; its memory serves for each
	spans  []Span // that lines are made of
	count  int    // of them
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
	p.endLine()
	if len(p.lines) >= maxLines || p.count >= maxSpans {
		p.full = true
		p.cut(fmt.Sprintf("only the first %d lines are shown, up to byte %d", len(p.lines), p.reached()))
		return
	}
	if indent > 0 {
		p.line = append(p.line, Span{Text: spaces(indent)})
		p.column = 2 * indent
	}
}

// reached gives the end of what the last lines show.
func (p *printer) reached() int {
	end := 0
	for _, l := range p.lines[max(0, len(p.lines)-8):] {
		for _, s := range l {
			end = max(end, s.End)
		}
	}
	return end
}

// endLine keeps the line. Lines get their memory many at a time.
func (p *printer) endLine() {
	n := len(p.line)
	if cap(p.spans)-len(p.spans) < n {
		p.spans = make([]Span, 0, max(n, min(64+2*cap(p.spans), 8192)))
	}
	start := len(p.spans)
	p.spans = append(p.spans, p.line...)
	p.lines = append(p.lines, p.spans[start:start+n:start+n])
	p.count += n
	p.line, p.column = p.line[:0], 0
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
		p.endLine()
	}
	for i := range p.folds {
		if p.folds[i].end == 0 { // its end is not there
			p.folds[i].end = len(p.lines)
		}
	}
	return &layout{lines: p.lines, folds: p.folds, truncated: p.truncated, note: strings.Join(p.notes, "; ")}
}

// broken shows what is wrong and, as it is, the beginning of what follows.
func (p *printer) broken(data []byte, err *SyntaxError) {
	at := min(err.Offset, len(data))
	if len(p.line) > 0 {
		p.newline(0)
	}
	p.emit(KindError, err.Error(), at, min(at+1, len(data)))
	p.notice("not well-formed: " + visible([]byte(err.Error())))
	end := min(len(data), at+maxString)
	if end < len(data) {
		p.cut(fmt.Sprintf("only %d bytes after the mistake are shown", maxString))
	}
	for pos := at; pos < end; {
		next := min(end, lineEnd(data, pos))
		p.newline(0)
		p.line = append(p.line, textLine(data, pos, lineContent(data, pos, next))...)
		pos = next
	}
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
		escape(b, 0xd800+(r>>10))
		r = 0xdc00 + r&0x3ff
	}
	b.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		b.WriteByte(hexDigits[r>>shift&15])
	}
}

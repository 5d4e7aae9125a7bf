package payload

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const jsonClause = "RFC 8259"

// jsonPrinter lays out JSON text. It reads the text itself, so that order, repeated keys and the digits of numbers
// stay as they are.
type jsonPrinter struct {
	printer
	data []byte
	text string // the same, of which spans are parts; empty where the payload is small
	pos  int
	err  *SyntaxError
}

func layoutJSON(data []byte) *layout {
	p := &jsonPrinter{data: data, text: string(data)}
	p.space()
	p.value(1, false)
	p.space()
	if p.err == nil && !p.full && p.pos < len(data) {
		p.fail("§2", "expected the end after the value, not %s", p.char())
	}
	if p.err != nil && !p.full {
		p.broken(data, p.err)
	}
	return p.done()
}

// part gives the text from start to end.
func (p *jsonPrinter) part(start, end int) string {
	if p.text == "" {
		return string(p.data[start:end])
	}
	return p.text[start:end]
}

func (p *jsonPrinter) fail(section, format string, args ...any) {
	if p.err == nil && !p.stopped() {
		p.err = &SyntaxError{p.pos, fmt.Sprintf(format, args...), jsonClause + " " + section, false}
	}
}

func (p *jsonPrinter) stopped() bool { return p.err != nil || p.printer.stopped() }

func (p *jsonPrinter) char() string {
	if p.pos >= len(p.data) {
		return "the end"
	}
	r, _ := utf8.DecodeRune(p.data[p.pos:])
	return fmt.Sprintf("%q", r)
}

func (p *jsonPrinter) space() {
	for p.pos < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *jsonPrinter) take(c byte) bool {
	if p.pos < len(p.data) && p.data[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *jsonPrinter) value(depth int, key bool) {
	if p.stopped() {
		return
	}
	if p.pos >= len(p.data) {
		p.fail("§3", "expected a value, not the end")
		return
	}
	switch c := p.data[p.pos]; {
	case c == '{' || c == '[':
		if depth > maxDepth {
			p.skip()
			return
		}
		start := p.pos
		if !p.attempt(func() { p.container(depth) }) {
			p.pos, p.err = start, nil
			p.container(depth)
		}
	case c == '"':
		p.str(KindString)
	case c == '-' || c >= '0' && c <= '9':
		p.number()
	default:
		for _, word := range []string{"true", "false", "null"} {
			if len(p.data)-p.pos >= len(word) && string(p.data[p.pos:p.pos+len(word)]) == word {
				p.emit(KindLiteral, word, p.pos, p.pos+len(word))
				p.pos += len(word)
				return
			}
		}
		p.fail("§3", "expected a value, not %s", p.char())
	}
}

func (p *jsonPrinter) container(depth int) {
	object := p.data[p.pos] == '{'
	brackets := "[]"
	if object {
		brackets = "{}"
	}
	p.emit(KindPunctuation, brackets[:1], p.pos, p.pos+1)
	p.pos++
	p.space()
	if p.take(brackets[1]) {
		p.emit(KindPunctuation, brackets[1:], p.pos-1, p.pos)
		return
	}
	inside := p.open()
	var names [maxKeys][2]int
	for n := 0; !p.stopped(); n++ {
		if p.flat == 0 {
			p.newline(depth)
		}
		p.space()
		if object {
			if p.pos >= len(p.data) || p.data[p.pos] != '"' {
				p.fail("§4", "expected a string as key, not %s", p.char())
				return
			}
			from := p.pos
			p.str(KindKey)
			if n < maxKeys && !p.stopped() {
				names[n] = [2]int{from, p.pos}
				for _, other := range names[:n] {
					if string(p.data[other[0]:other[1]]) == string(p.data[from:p.pos]) {
						p.notice(fmt.Sprintf("the name at byte %d stands twice in its object (RFC 8259 §4)", from))
						break
					}
				}
			}
			p.space()
			if !p.take(':') {
				p.fail("§4", "expected : after the key, not %s", p.char())
				return
			}
			p.emit(KindPunctuation, ":", p.pos-1, p.pos)
			p.emit(KindPlain, " ", 0, 0)
			p.space()
		}
		p.value(depth+1, false)
		p.space()
		if p.stopped() {
			return
		}
		if p.take(',') {
			p.emit(KindPunctuation, ",", p.pos-1, p.pos)
			if p.flat > 0 {
				p.emit(KindPlain, " ", 0, 0)
			}
			continue
		}
		if p.take(brackets[1]) {
			if p.flat == 0 {
				p.newline(depth - 1)
				p.close(inside)
			}
			p.emit(KindPunctuation, brackets[1:], p.pos-1, p.pos)
			return
		}
		p.fail("§4 §5", "expected , or %s, not %s", brackets[1:], p.char())
	}
}

// skip passes over a container that is nested too deep to be shown. It only counts brackets.
func (p *jsonPrinter) skip() {
	if p.flat > 0 && p.limit > 0 {
		p.overflow = true
		return
	}
	start, open, inString := p.pos, 0, false
	for ; p.pos < len(p.data); p.pos++ {
		switch c := p.data[p.pos]; {
		case inString && c == '\\':
			p.pos++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			open++
		case c == '}' || c == ']':
			open--
		}
		if open == 0 {
			p.pos++
			break
		}
	}
	p.pos = min(p.pos, len(p.data))
	p.emit(KindComment, "…", start, p.pos)
	p.cut(fmt.Sprintf("nesting deeper than %d not shown", maxDepth))
}

// str reads a string and shows it as it is written; only what cannot be seen is replaced by its escape.
func (p *jsonPrinter) str(kind Kind) {
	start := p.pos
	odd := false
	for i := start + 1; ; {
		if i >= len(p.data) {
			p.pos = len(p.data)
			p.fail("§7", "the string that begins at byte %d has no closing quote", start)
			return
		}
		if p.flat > 0 && p.limit > 0 && i-start > 4*maxColumn {
			p.overflow = true
			return
		}
		c := p.data[i]
		switch {
		case c == '"':
			p.pos = i + 1
			p.emitText(kind, start, p.pos, odd)
			return
		case c == '\\':
			n := escapeLength(p.data[i:])
			if n == 0 {
				p.pos = i
				p.fail("§7", escapeProblem)
				return
			}
			i += n
		case c < ' ':
			p.pos = i
			p.fail("§7", "control character U+%04X has to be escaped", c)
			return
		case c < utf8.RuneSelf:
			odd = odd || c == 0x7f
			i++
		default:
			r, n := utf8.DecodeRune(p.data[i:])
			if r == utf8.RuneError && n == 1 {
				p.pos = i
				p.fail("§8.1", "byte 0x%02x is no UTF-8", c)
				return
			}
			odd = odd || invisible(r)
			i += n
		}
	}
}

func (p *jsonPrinter) emitText(kind Kind, start, end int, odd bool) {
	shown, cut := end, false
	if !p.whole && end-start > maxString {
		shown, cut = start+maxString, true
		for !utf8.RuneStart(p.data[shown]) {
			shown--
		}
	}
	text := p.part(start, shown)
	if odd {
		var b strings.Builder
		for _, r := range text {
			if invisible(r) {
				escape(&b, r)
			} else {
				b.WriteRune(r)
			}
		}
		text = b.String()
	}
	if cut {
		text += "…"
	}
	p.emit(kind, text, start, end)
	if cut {
		p.comment("%d bytes more", end-shown)
		p.cut(fmt.Sprintf("only the first %d bytes of a string are shown", maxString))
	}
}

func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if strings.IndexByte(`"\/bfnrt`, b[1]) >= 0 {
		return 2
	}
	if b[1] != 'u' || len(b) < 6 {
		return 0
	}
	for _, c := range b[2:6] {
		if _, ok := hexValue(c); !ok {
			return 0
		}
	}
	return 6
}

func (p *jsonPrinter) number() {
	start := p.pos
	p.take('-')
	if !p.take('0') && !p.digits() {
		p.fail("§6", "expected a digit, not %s", p.char())
		return
	}
	if p.take('.') && !p.digits() {
		p.fail("§6", "expected a digit after the point, not %s", p.char())
		return
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			p.fail("§6", "expected a digit in the exponent, not %s", p.char())
			return
		}
	}
	text := p.part(start, p.pos)
	if !p.whole && len(text) > maxString {
		p.emit(KindNumber, text[:maxString]+"…", start, p.pos)
		p.cut(fmt.Sprintf("only the first %d bytes of a number are shown", maxString))
		return
	}
	p.emit(KindNumber, text, start, p.pos)
}

func (p *jsonPrinter) digits() bool {
	start := p.pos
	for p.pos < len(p.data) && p.data[p.pos] >= '0' && p.data[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start
}

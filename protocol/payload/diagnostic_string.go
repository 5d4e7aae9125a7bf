package payload

import (
	"encoding/base32"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// chunks reads a string of indefinite length: (_ h'01', h'02').
func (p *notation) chunks() {
	at := p.pos
	p.pos++
	p.expect("_")
	p.space()
	var major byte
	for first := true; p.err == nil; first = false {
		start := p.pos
		content, m, info, _ := p.literal(1)
		switch {
		case p.err != nil:
			return
		case first:
			major = m
			p.out = append(p.out, major<<5|indefinite)
		case m != major:
			p.failAt(start, "RFC 8949 §3.2.3", "all chunks have to be of the same type")
			return
		}
		p.head(m, uint64(len(content)), info, start)
		p.out = append(p.out, content...)
		p.space()
		if p.take(")") {
			p.out = append(p.out, breakByte)
			return
		}
		if !p.take(",") {
			p.fail("RFC 8949 §8.1", "expected a comma or ) in the string that begins at byte %d, not %s", at, p.char())
			return
		}
		p.space()
	}
}

// str reads a string, which may be several literals in a row (RFC 8610 Appendix G.4).
func (p *notation) str(depth int) {
	at := p.pos
	content, major, info, empty := p.literal(depth)
	if empty {
		p.out = append(p.out, major<<5|indefinite, breakByte)
		return
	}
	for p.err == nil {
		before := p.pos
		p.space()
		if !p.atLiteral() {
			if p.err == nil {
				p.pos = before
			}
			break
		}
		next := p.pos
		more, m, _, empty := p.literal(depth)
		if p.err == nil && (empty || major == majorBytes && m == majorText) {
			p.failAt(next, extendedClause+".4", "text cannot continue a byte string; is a comma missing?")
		}
		info = 0
		content = append(content, more...)
	}
	if p.err == nil && major == majorText && !utf8.Valid(content) {
		p.failAt(at, "RFC 8949 §3.1", "the text is not UTF-8")
	}
	if p.err == nil {
		p.head(major, uint64(len(content)), info, at)
		p.out = append(p.out, content...)
	}
}

var prefixes = []string{`"`, "'", "<<", "h'", "b32'", "h32'", "b64'"}

func (p *notation) atLiteral() bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(p.s[p.pos:], prefix) {
			return true
		}
	}
	return false
}

// literal reads one string literal with its encoding indicator. The result is of indefinite length without chunks, and
// empty is true, for ”_ and ""_.
func (p *notation) literal(depth int) (content []byte, major byte, info int, empty bool) {
	at := p.pos
	major = majorBytes
	switch {
	case p.take(`"`):
		major = majorText
		content = p.quoted('"')
	case p.take("'"):
		content = p.quoted('\'')
	case p.take("<<"):
		content = p.embedded(depth)
	case p.take("h'"):
		content = p.base16()
	case p.take("b64'"):
		content = p.base(at, "base64", func(s string) ([]byte, error) {
			return base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(s))
		})
	case p.take("b32'"):
		content = p.base(at, "base32", base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString)
	case p.take("h32'"):
		content = p.base(at, "base32hex", base32.HexEncoding.WithPadding(base32.NoPadding).DecodeString)
	default:
		p.fail(notationClause, "expected a string, not %s", p.char())
		return nil, 0, 0, false
	}
	if p.err != nil {
		return content, major, 0, false
	}
	info = p.indicator()
	if info == 0 && p.take("_") {
		if len(content) > 0 {
			p.fail("RFC 8949 §8.1", `only "" and '' can have the indicator _`)
		}
		empty = true
	}
	return content, major, info, empty
}

// embedded reads the items in << >> (RFC 8610 Appendix G.3).
func (p *notation) embedded(depth int) []byte {
	outer := p.out
	p.out = nil
	p.space()
	for first := true; p.err == nil && !p.take(">>"); first = false {
		if !first {
			p.expect(",")
			p.space()
		}
		p.item(depth + 1)
		p.space()
	}
	content := p.out
	p.out = outer
	return content
}

func (p *notation) quoted(quote byte) []byte {
	start := p.pos - 1
	var b []byte
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; c {
		case quote:
			p.pos++
			return b
		case '\\':
			b = p.escaped(b)
		default:
			b = append(b, c)
			p.pos++
		}
	}
	p.failAt(start, notationClause, "the string has no closing %c", quote)
	return nil
}

func (p *notation) escaped(b []byte) []byte {
	at := p.pos
	if p.pos+1 >= len(p.s) {
		p.fail("RFC 8259 §7", "the escape is cut off")
		return b
	}
	c := p.s[p.pos+1]
	p.pos += 2
	if i := strings.IndexByte(`bfnrt`, c); i >= 0 {
		return append(b, "\b\f\n\r\t"[i])
	}
	switch c {
	case '"', '\'', '\\', '/':
		return append(b, c)
	case 'u':
		r := p.unit()
		if utf16.IsSurrogate(r) && p.err == nil {
			if !p.take(`\u`) {
				p.failAt(at, "RFC 8259 §7", "half of a surrogate pair; the other half has to follow")
				return b
			}
			if r = utf16.DecodeRune(r, p.unit()); r == utf8.RuneError {
				p.failAt(at, "RFC 8259 §7", "not a surrogate pair")
			}
		}
		return utf8.AppendRune(b, r)
	}
	p.failAt(at, "RFC 8259 §7", `\ begins one of \" \' \\ \/ \b \f \n \r \t \uXXXX`)
	return b
}

func (p *notation) unit() rune {
	if p.pos+4 > len(p.s) {
		p.fail("RFC 8259 §7", `\u needs four hex digits`)
		return 0
	}
	n, err := strconv.ParseUint(p.s[p.pos:p.pos+4], 16, 16)
	if err != nil {
		p.fail("RFC 8259 §7", `\u needs four hex digits`)
		return 0
	}
	p.pos += 4
	return rune(n)
}

// base16 reads the inside of h'…', where white space and comments are allowed (RFC 8610 Appendix G.1, G.6).
func (p *notation) base16() []byte {
	start := p.pos - 2
	var b []byte
	digits := 0
	for {
		p.space()
		if p.err != nil {
			return nil
		}
		if p.pos >= len(p.s) {
			p.failAt(start, notationClause, "the byte string has no closing '")
			return nil
		}
		if p.take("'") {
			break
		}
		v, ok := hexValue(p.s[p.pos])
		if !ok {
			p.fail(notationClause, "expected a hex digit or ', not %s", p.char())
			return nil
		}
		if digits++; digits%2 == 1 {
			b = append(b, v<<4)
		} else {
			b[len(b)-1] |= v
		}
		p.pos++
	}
	if digits%2 == 1 {
		p.failAt(p.pos-1, notationClause, "one digit is missing: a byte has two")
	}
	return b
}

func (p *notation) base(start int, name string, decode func(string) ([]byte, error)) []byte {
	end := strings.IndexByte(p.s[p.pos:], '\'')
	if end < 0 {
		p.failAt(start, notationClause, "the byte string has no closing '")
		return nil
	}
	at := p.pos
	digits := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "=", "").Replace(p.s[at : at+end])
	p.pos += end + 1
	b, err := decode(digits)
	if err != nil {
		p.failAt(at, notationClause, "not %s", name)
	}
	return b
}

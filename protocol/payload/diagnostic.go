package payload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	maxNotationDepth = 256
	maxNumberLength  = 1000 // characters of a number
	notationClause   = "RFC 8949 §8"
	extendedClause   = "RFC 8610 Appendix G"
)

// EncodeDiagnostic makes CBOR of diagnostic notation (RFC 8949 §8) with the extensions of RFC 8610 Appendix G: white
// space in byte strings, text as byte string, embedded CBOR in << >>, concatenated strings, numbers to base 16, 8
// and 2, comments between slashes. JSON is diagnostic notation too. Encoding indicators are obeyed; without them the
// encoding is the shortest. Several items with commas between them make a CBOR sequence (RFC 8742); no item makes no bytes.
//
// It fails with a *[SyntaxError] that has the place in the text.
func EncodeDiagnostic(text string) ([]byte, error) {
	p := &notation{s: text}
	p.space()
	for p.pos < len(p.s) && p.err == nil {
		p.item(1)
		p.space()
		if p.err == nil && p.pos < len(p.s) {
			if !p.take(",") {
				p.fail(notationClause, "expected the end, or a comma and another item, not %s", p.char())
				break
			}
			p.space()
			if p.pos == len(p.s) {
				p.fail(notationClause, "expected an item after the comma")
			}
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.out, nil
}

// notation reads diagnostic notation. After the first mistake it does nothing more.
type notation struct {
	s   string
	pos int
	out []byte
	err *SyntaxError

	senml bool // labels of SenML become their numbers; see relabel
}

func (p *notation) fail(reference, format string, args ...any) {
	p.failAt(p.pos, reference, format, args...)
}

func (p *notation) failAt(pos int, reference, format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{pos, fmt.Sprintf(format, args...), reference, false}
		p.pos = len(p.s)
	}
}

func (p *notation) char() string {
	if p.pos >= len(p.s) {
		return "the end"
	}
	return fmt.Sprintf("%q", firstRune(p.s[p.pos:]))
}

func (p *notation) take(s string) bool {
	if strings.HasPrefix(p.s[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *notation) expect(s string) {
	if !p.take(s) {
		p.fail(notationClause, "expected %s, not %s", s, p.char())
	}
}

// space skips white space and comments.
func (p *notation) space() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		case '/':
			end := strings.IndexByte(p.s[p.pos+1:], '/')
			if end < 0 {
				p.fail(extendedClause+".6", "the comment has no closing slash")
				return
			}
			p.pos += end + 2
		default:
			return
		}
	}
}

// indicator reads an encoding indicator, such as _1, and gives its additional information; 0 for none.
func (p *notation) indicator() int {
	if p.pos+1 < len(p.s) && p.s[p.pos] == '_' && p.s[p.pos+1] >= '0' && p.s[p.pos+1] <= '3' {
		p.pos += 2
		return 24 + int(p.s[p.pos-1]-'0')
	}
	return 0
}

// head writes the head of an item, as long as the indicator asks.
func (p *notation) head(major byte, argument uint64, info, at int) {
	least := shortest(argument)
	if info == 0 {
		info = least
	}
	if info < least || info > 27 {
		p.failAt(at, "RFC 8949 §8.1", "_%d is too short for %d", info-24, argument)
		return
	}
	p.out = append(p.out, major<<5|byte(info))
	if info >= 24 {
		for shift := 8<<(info-24) - 8; shift >= 0; shift -= 8 {
			p.out = append(p.out, byte(argument>>shift))
		}
	}
}

func (p *notation) item(depth int) {
	if depth > maxNotationDepth {
		p.fail("RFC 8949 §10", "nested deeper than %d levels", maxNotationDepth)
	}
	if p.err != nil {
		return
	}
	if p.pos >= len(p.s) {
		p.fail(notationClause, "expected an item, not the end")
		return
	}
	switch c := p.s[p.pos]; {
	case c == '[':
		p.container(majorArray, "]", depth)
	case c == '{':
		p.container(majorMap, "}", depth)
	case c == '(':
		p.chunks()
	case c == '"' || c == '\'' || c == '<':
		p.str(depth)
	case c == '-' || c == '+' || c >= '0' && c <= '9':
		p.number(depth)
	default:
		p.word(depth)
	}
}

func (p *notation) container(major byte, closing string, depth int) {
	at := p.pos
	p.pos++
	info := p.indicator()
	endless := info == 0 && p.take("_")
	mark := len(p.out)
	count := uint64(0)
	p.space()
	for !p.take(closing) {
		if p.err != nil {
			return
		}
		if count > 0 {
			if !p.take(",") {
				p.fail(notationClause, "expected a comma or %s, not %s", closing, p.char())
				return
			}
			p.space()
		}
		key := len(p.out)
		p.item(depth + 1)
		p.space()
		if major == majorMap {
			label := p.relabel(key)
			p.expect(":")
			p.space()
			value, from := len(p.out), p.pos
			p.item(depth + 1)
			if label == "vd" {
				p.undoBase64(value, from)
			}
			p.space()
		}
		if p.err != nil {
			return
		}
		count++
	}
	content := p.out[mark:]
	if endless {
		p.out = append(p.out, 0)
		copy(p.out[mark+1:], content)
		p.out[mark] = major<<5 | indefinite
		p.out = append(p.out, breakByte)
		return
	}
	// The head goes before the content, whose count is known now.
	p.head(major, count, info, at)
	length := len(p.out) - mark - len(content)
	head := append([]byte(nil), p.out[len(p.out)-length:]...)
	copy(p.out[mark+length:], content)
	copy(p.out[mark:], head)
}

// word reads what begins with a letter.
func (p *notation) word(depth int) {
	if p.atLiteral() {
		p.str(depth)
		return
	}
	at := p.pos
	for p.pos < len(p.s) && (p.s[p.pos]|0x20 >= 'a' && p.s[p.pos]|0x20 <= 'z') {
		p.pos++
	}
	switch word := p.s[at:p.pos]; word {
	case "false":
		p.out = append(p.out, 0xf4)
	case "true":
		p.out = append(p.out, 0xf5)
	case "null":
		p.out = append(p.out, 0xf6)
	case "undefined":
		p.out = append(p.out, 0xf7)
	case "Infinity":
		p.float(math.Inf(1), at)
	case "NaN":
		p.float(math.NaN(), at)
	case "simple":
		p.simple(at)
	case "float":
		p.bits(at)
	default:
		p.pos = at
		p.fail(notationClause, "expected an item, not %s; text stands in double quotes", p.char())
	}
}

func (p *notation) simple(at int) {
	p.expect("(")
	p.space()
	start := p.pos
	for p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
		p.pos++
	}
	n, err := strconv.ParseUint(p.s[start:p.pos], 10, 8)
	if p.err == nil && (err != nil || n >= 24 && n < 32) {
		p.failAt(start, "RFC 8949 §3.3", "a simple value is a number from 0 to 23 or from 32 to 255")
	}
	p.space()
	p.expect(")")
	p.head(majorSimple, n, 0, at)
}

// bits reads float'7e01', which is how this package writes a NaN with payload.
func (p *notation) bits(at int) {
	p.expect("'")
	if p.err != nil {
		return
	}
	b := p.base16()
	switch len(b) {
	case 2, 4, 8:
		p.out = append(append(p.out, majorSimple<<5|byte(24+[...]int{2: 1, 4: 2, 8: 3}[len(b)])), b...)
	default:
		p.failAt(at, notationClause, "a float has 2, 4 or 8 bytes")
	}
}

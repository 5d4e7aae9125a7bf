package payload

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
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
		p.item(depth + 1)
		p.space()
		if major == majorMap {
			p.expect(":")
			p.space()
			p.item(depth + 1)
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

func (p *notation) float(v float64, at int) {
	info := p.indicator()
	width := floatWidth(v)
	if info == 0 {
		info = width
	}
	if info < width {
		p.failAt(at, "RFC 8949 §8.1", "_%d is too short for %s", info-24, formatFloat(v))
		return
	}
	p.out = append(p.out, majorSimple<<5|byte(info))
	switch info {
	case 25:
		bits, _ := halfBits(v)
		p.out = append(p.out, byte(bits>>8), byte(bits))
	case 26:
		bits := math.Float32bits(float32(v))
		if math.IsNaN(v) {
			bits = 0x7fc00000
		}
		p.out = append(p.out, byte(bits>>24), byte(bits>>16), byte(bits>>8), byte(bits))
	case 27:
		bits := math.Float64bits(v)
		if math.IsNaN(v) {
			bits = 0x7ff8000000000000
		}
		for shift := 56; shift >= 0; shift -= 8 {
			p.out = append(p.out, byte(bits>>shift))
		}
	}
}

// number reads an integer, a float, or a tag, which begins with one.
func (p *notation) number(depth int) {
	at := p.pos
	sign := ""
	if p.s[p.pos] == '-' || p.s[p.pos] == '+' {
		sign = p.s[p.pos : p.pos+1]
		p.pos++
	}
	if p.take("Infinity") {
		v := math.Inf(1)
		if sign == "-" {
			v = math.Inf(-1)
		}
		p.float(v, at)
		return
	}
	start := p.pos
	base, isFloat := p.scanNumber()
	text := p.s[start:p.pos]
	switch {
	case p.err != nil:
		return
	case len(text) > maxNumberLength:
		p.failAt(at, notationClause, "the number is longer than %d characters", maxNumberLength)
		return
	case isFloat:
		v, err := strconv.ParseFloat(sign+text, 64)
		if err != nil {
			p.failAt(at, "RFC 8949 §3.3", "%s is no number that a double-precision float can hold", shortened(text))
			return
		}
		p.float(v, at)
		return
	}
	n, ok := new(big.Int).SetString(strings.TrimPrefix(text, basePrefix(text, base)), base)
	if !ok || base == 10 && len(text) > 1 && text[0] == '0' {
		p.failAt(start, notationClause, "%q is no number", shortened(text))
		return
	}
	info := p.indicator()
	p.integer(n, sign == "-", info, at)
	if p.err == nil && p.pos < len(p.s) && p.s[p.pos] == '(' {
		p.tag(n, sign, info, at, depth)
	}
}

// scanNumber passes over a number without sign.
func (p *notation) scanNumber() (base int, isFloat bool) {
	start := p.pos
	rest := strings.ToLower(p.s[p.pos:min(len(p.s), p.pos+2)])
	base = map[string]int{"0x": 16, "0o": 8, "0b": 2}[rest]
	if base != 0 {
		p.pos += 2
	} else {
		base = 10
	}
	for p.pos < len(p.s) {
		c := p.s[p.pos] | 0x20
		switch {
		case c >= '0' && c <= '9' && p.s[p.pos] >= '0':
		case base == 16 && c >= 'a' && c <= 'f':
		case p.s[p.pos] == '.':
			isFloat = true
		case base == 10 && c == 'e' || base == 16 && c == 'p':
			isFloat = true
			if p.pos+1 < len(p.s) && (p.s[p.pos+1] == '+' || p.s[p.pos+1] == '-') {
				p.pos++
			}
		default:
			c = 0
		}
		if c == 0 {
			break
		}
		p.pos++
	}
	if p.pos == start {
		p.fail(notationClause, "expected a digit, not %s", p.char())
	}
	return base, isFloat
}

func basePrefix(text string, base int) string {
	if base == 10 {
		return ""
	}
	return text[:2]
}

func (p *notation) integer(n *big.Int, negative bool, info, at int) {
	major := byte(majorUnsigned)
	if negative {
		if n.Sign() == 0 {
			p.failAt(at, "RFC 8949 §3.1", "integers have no -0; write 0, or -0.0 for the float")
			return
		}
		major = majorNegative
		n = new(big.Int).Sub(n, big.NewInt(1))
	}
	if n.IsUint64() {
		p.head(major, n.Uint64(), info, at)
		return
	}
	// A bignum (RFC 8949 §3.4.3): tag 2 or 3 with the bytes of the number.
	if info != 0 {
		p.failAt(at, "RFC 8949 §8.1", "a number of more than 64 bits has no encoding indicator")
		return
	}
	b := n.Bytes()
	p.head(majorTag, uint64(2+major), 0, at)
	p.head(majorBytes, uint64(len(b)), 0, at)
	p.out = append(p.out, b...)
}

// tag reads the content of a tag, whose number was written as an integer.
func (p *notation) tag(n *big.Int, sign string, info, at, depth int) {
	if sign != "" || !n.IsUint64() {
		p.failAt(at, "RFC 8949 §3.4", "the number of a tag is from 0 to 18446744073709551615")
		return
	}
	before := len(p.out) - headLength(n.Uint64(), info)
	p.out = p.out[:before]
	p.head(majorTag, n.Uint64(), info, at)
	p.expect("(")
	p.space()
	p.item(depth + 1)
	p.space()
	p.expect(")")
}

func headLength(argument uint64, info int) int {
	if info == 0 {
		info = shortest(argument)
	}
	if info < 24 {
		return 1
	}
	return 1 + 1<<(info-24)
}

func shortened(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

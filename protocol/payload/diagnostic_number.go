package payload

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

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

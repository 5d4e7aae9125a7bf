package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"coapscope/protocol"
)

// maxDepth bounds how deep parentheses and negations nest.
const maxDepth = 200

// parser reads an expression:
//
//	or         = and { ("||" | "or") and }
//	and        = unary { ("&&" | "and") unary }
//	unary      = ("!" | "not") unary | "(" or ")" | comparison
//	comparison = field [ operator value | "in" "{" element { "," element } "}" ]
//	element    = value [ ".." value ]
type parser struct {
	text  string
	at    int
	depth int
	names *protocol.Names
	err   *Error // the first one

	findings bool // a field is one of findings
}

// fail notes what is wrong, unless something was before, and ends the text, so that all above returns.
func (p *parser) fail(offset, length int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{Offset: offset, Length: length, Reason: fmt.Sprintf(format, args...), text: p.text}
	}
	p.at = len(p.text)
}

// parse reads a text that is an expression.
func parse(text string, names *protocol.Names) (*Filter, error) {
	p := &parser{text: text, names: names}
	test := p.or()
	if p.space(); p.at < len(text) {
		if text[p.at] == ')' {
			p.fail(p.at, 1, "this “)” closes nothing")
		} else {
			n := p.wordLength()
			p.fail(p.at, n, "“%s” does not belong here: put && or || between two questions", text[p.at:p.at+n])
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{test: test, findings: p.findings}, nil
}

func (p *parser) space() {
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			return
		}
		p.at += n
	}
}

// wordLength is the length of what stands here up to the next space, for messages.
func (p *parser) wordLength() int {
	if i := strings.IndexFunc(p.text[p.at:], unicode.IsSpace); i >= 0 {
		return i
	}
	return len(p.text) - p.at
}

// sign takes the sign if it stands here.
func (p *parser) sign(s string) bool {
	p.space()
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// peekName gives the name or word that stands here.
func (p *parser) peekName() string {
	p.space()
	end := p.at
	for end < len(p.text) && isNameRune(rune(p.text[end])) {
		end++
	}
	return p.text[p.at:end]
}

// word takes the word, in any case of letters, if it stands here.
func (p *parser) word(s string) bool {
	if name := p.peekName(); strings.EqualFold(name, s) {
		p.at += len(name)
		return true
	}
	return false
}

func (p *parser) or() predicate {
	tests := []predicate{p.and()}
	for p.sign("||") || p.word("or") {
		tests = append(tests, p.and())
	}
	return anyOf(tests)
}

func (p *parser) and() predicate {
	tests := []predicate{p.unary()}
	for p.sign("&&") || p.word("and") {
		tests = append(tests, p.unary())
	}
	return allOf(tests)
}

func (p *parser) unary() predicate {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, 0, "more than %d parentheses and negations within each other", maxDepth)
		return nil
	}
	defer func() { p.depth-- }()
	switch start := p.at; {
	case p.sign("!") || p.word("not"):
		test := p.unary()
		return func(p *Packet) bool { return !test(p) }
	case p.sign("("):
		test := p.or()
		if !p.sign(")") {
			p.fail(p.at, 0, "a “)” is missing, for the “(” at character %d", (&Error{Offset: start, text: p.text}).Column())
		}
		return test
	}
	return p.comparison()
}

func (p *parser) comparison() predicate {
	name := p.peekName()
	start := p.at
	if name == "" {
		p.fail(p.at, p.wordLength(), "a field has to stand here, such as code, uri or rtt")
		return nil
	}
	f, ok := Lookup(strings.ToLower(name), p.names)
	if !ok {
		p.fail(start, len(name), "%s", unknownField(name, p.names))
		return nil
	}
	p.at += len(name)
	p.findings = p.findings || f.ofFindings()
	op := p.operator()
	if op == noOperator {
		return f.present()
	}
	if op == in {
		return p.list(f)
	}
	l := p.value()
	test, wrong := f.comparison(op, l)
	if wrong != "" && p.err == nil {
		p.fail(l.offset, l.length, "%s", wrong)
	}
	return test
}

// operator takes the operator that stands here.
func (p *parser) operator() operator {
	name := p.peekName()
	best := -1
	for i, o := range operators {
		if isNameRune(rune(o.text[0])) {
			if strings.EqualFold(name, o.text) {
				best = i
				break
			}
		} else if strings.HasPrefix(p.text[p.at:], o.text) && (best < 0 || len(o.text) > len(operators[best].text)) {
			best = i
		}
	}
	if best < 0 {
		if strings.HasPrefix(p.text[p.at:], "=") {
			p.fail(p.at, 1, "write == for “is equal to”")
		}
		return noOperator
	}
	if n := len(operators[best].text); isNameRune(rune(operators[best].text[0])) {
		p.at += len(name)
	} else {
		p.at += n
	}
	return operators[best].op
}

// list reads {a, b, 1..5} and gives the test for a value that is one of them.
func (p *parser) list(f *Field) predicate {
	if !p.sign("{") {
		p.fail(p.at, 0, "“in” is followed by a list such as {a, b, c}")
		return nil
	}
	var tests []predicate
	for {
		l := p.value()
		test, wrong := predicate(nil), ""
		if a, b, ok := strings.Cut(l.text, ".."); ok && !l.quoted && f.numeric() {
			low, high := l, l
			low.text, high.text = a, b
			test, wrong = f.rangeTest(low, high)
		} else {
			test, wrong = f.equalTest(l)
		}
		if wrong != "" {
			p.fail(l.offset, l.length, "%s", wrong)
		}
		if p.err != nil {
			return nil
		}
		tests = append(tests, test)
		if p.sign("}") {
			return f.any(anyOf(tests))
		}
		if !p.sign(",") {
			p.fail(p.at, 0, "a comma or “}” is missing in the list")
			return nil
		}
	}
}

// value takes a value: text in quotes, or a bare word, which ends at a space or what can come behind a value.
func (p *parser) value() literal {
	p.space()
	start := p.at
	if start < len(p.text) && p.text[start] == '"' {
		text, n, ok := unquote(p.text[start:])
		if !ok {
			p.fail(start, len(p.text)-start, "the closing quote is missing")
		}
		p.at += n
		return literal{text, true, start, n, p.names}
	}
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		r, n := utf8.DecodeRuneInString(rest)
		if unicode.IsSpace(r) || r == ')' || r == '}' || r == ',' || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||") {
			break
		}
		p.at += n
	}
	if p.at == start {
		p.fail(start, 0, "a value is missing")
	}
	return literal{p.text[start:p.at], false, start, p.at - start, p.names}
}

// unquote reads text in quotes at the beginning of s and gives the length of it. \" \\ \n \r \t and \xHH stand for
// a character each; any other backslash is one, so that regular expressions need no second one.
func unquote(s string) (text string, length int, ok bool) {
	var out []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(out), i + 1, true
		case c != '\\' || i+1 == len(s):
			out = append(out, c)
		default:
			i++
			switch s[i] {
			case '"', '\\':
				out = append(out, s[i])
			case 'n':
				out = append(out, '\n')
			case 'r':
				out = append(out, '\r')
			case 't':
				out = append(out, '\t')
			case 'x':
				if i+2 < len(s) {
					if high, low := nibble(s[i+1]), nibble(s[i+2]); high >= 0 && low >= 0 {
						out = append(out, byte(high<<4|low))
						i += 2
						continue
					}
				}
				out = append(out, '\\', 'x')
			default:
				out = append(out, '\\', s[i])
			}
		}
	}
	return "", 0, false
}

func nibble(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }

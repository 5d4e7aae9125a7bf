package linkformat

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Bounds on what is reported, so that reading a hostile payload takes time in proportion to its length.
const (
	maxErrors = 100  // mistakes reported that harm nothing
	maxLost   = 100  // links broken, after which the rest of the payload is given up
	maxTrust  = 4096 // see resync
)

// Parse reads a payload. It gives all links that could be read; the error, if any, is a
// [ParseErrors] with what is wrong. It is bounded: of what harms nothing the first 100 mistakes are
// reported, and at the hundredth broken link reading ends.
//
// Of a broken link, what stands before the mistake is kept if the target does; reading goes on after
// the next comma that a "<" follows. White space between the parts of a link, which RFC 8288 §3 allows
// and RFC 6690 §2 does not, is reported once and harms nothing.
func Parse(b []byte) (Links, error) {
	var links Links
	var errs ParseErrors
	for l, problems := range All(b) {
		if l != nil {
			links = append(links, *l)
		}
		errs = append(errs, problems...)
	}
	if len(errs) > 0 {
		return links, errs
	}
	return links, nil
}

// All reads a payload link by link, as [Parse] does. Each step gives a link with what is wrong with
// it, or nil with what is wrong where no link could be read.
func All(b []byte) iter.Seq2[*Link, ParseErrors] {
	return func(yield func(*Link, ParseErrors) bool) {
		p := parser{s: string(b)}
		if !utf8.ValidString(p.s) {
			p.fail(invalidUTF8(p.s), "RFC 6690 §2", "not UTF-8; the bytes are kept as they are")
		}
		for lost := 0; ; {
			p.space()
			if p.end() {
				break
			}
			p.link++
			p.attribute, p.seen = "", 0
			l, whole := p.readLink()
			if !whole {
				lost++
				if lost == maxLost && p.resync() {
					p.lose("RFC 6690 §2", "too much of the payload is no link-format; the rest was not read")
					p.pos = len(p.s)
				}
			}
			more := p.separator()
			errs := p.errs
			p.errs = nil
			if !yield(l, errs) {
				return
			}
			if !more {
				return
			}
		}
		if len(p.errs) > 0 {
			yield(nil, p.errs)
		}
	}
}

type parser struct {
	s         string
	pos       int
	link      int    // number of the link being read, from 1
	attribute string // name of the attribute being read
	spaced    bool   // white space was reported
	seen      uint   // attributes of the link that must not come again, a bit for each row of once
	reported  int    // errors reported so far
	errs      ParseErrors
}

func (p *parser) end() bool      { return p.pos >= len(p.s) }
func (p *parser) at(c byte) bool { return p.pos < len(p.s) && p.s[p.pos] == c }
func (p *parser) part() string {
	switch {
	case p.link == 0:
		return "payload"
	case p.attribute != "":
		return fmt.Sprintf("link %d, attribute %s", p.link, shorten(p.attribute))
	}
	return fmt.Sprintf("link %d", p.link)
}

// fail reports what harms nothing.
func (p *parser) fail(offset int, reference, format string, args ...any) {
	if p.reported++; p.reported <= maxErrors {
		p.errs = append(p.errs, &ParseError{offset, p.part(), fmt.Sprintf(format, args...), reference, false})
	}
}

// lose reports, at the present place, what costs a link or an attribute. It is reported whatever else was.
func (p *parser) lose(reference, format string, args ...any) {
	p.errs = append(p.errs, &ParseError{p.pos, p.part(), fmt.Sprintf(format, args...), reference, true})
}

// space skips white space.
func (p *parser) space() {
	start := p.pos
	for !p.end() && blank(p.s[p.pos]) {
		p.pos++
	}
	if p.pos > start && !p.spaced {
		p.spaced = true
		p.fail(start, "RFC 6690 §2", "white space between the parts of the links (reported once)")
	}
}

// separator takes the comma after a link, and says whether another link has to follow.
func (p *parser) separator() bool {
	if p.end() {
		return false
	}
	if !p.at(',') { // only after a link that could not be read to its end
		if !p.resync() {
			return false
		}
	}
	comma := p.pos
	p.pos++
	p.space()
	if p.end() {
		p.fail(comma, "RFC 6690 §2, link-value-list", "comma with no link after it")
	}
	return !p.end()
}

// readLink reads a link-value. The link is nil where not even the target could be read; whole is false where
// something of it was lost, and the place is then that of the mistake.
func (p *parser) readLink() (link *Link, whole bool) {
	start := p.pos
	if p.at(',') {
		p.fail(p.pos, "RFC 6690 §2, link-value-list", "comma with no link before it")
		return nil, true
	}
	if !p.at('<') {
		p.lose("RFC 6690 §2, link-value", "a link begins with <, not with %q", p.char())
		return nil, false
	}
	p.pos++
	target := p.pos
	for !p.at('>') {
		if p.end() || p.at('<') || p.at('"') {
			p.lose("RFC 6690 §2, link-value", "the target that begins at byte %d has no > at its end", target)
			return nil, false
		}
		p.pos++
	}
	l := &Link{Target: p.s[target:p.pos], TargetSpan: Span{target, p.pos}}
	for i := range len(l.Target) {
		if !uriChar(l.Target[i]) {
			p.fail(target+i, "RFC 3986 §4.1, URI-reference", "%q in the target has to be percent-encoded", l.Target[i:i+1])
			break
		}
	}
	p.pos++
	l.Span = Span{start, p.pos}
	whole = p.readAttributes(l)
	if n := len(l.Attributes); n > 0 {
		l.Span.End = l.Attributes[n-1].Span.End
	}
	p.attribute = ""
	return l, whole
}

func (p *parser) readAttributes(l *Link) (whole bool) {
	for {
		p.space()
		p.attribute = ""
		if p.end() || p.at(',') {
			return true
		}
		if !p.at(';') {
			p.lose("RFC 6690 §2, link-value", "expected ; before an attribute, or a comma before the next link, not %q", p.char())
			return false
		}
		p.pos++
		p.space()
		if p.end() || p.at(';') || p.at(',') {
			p.fail(p.pos, "RFC 6690 §2, link-param", "semicolon with no attribute after it")
			continue
		}
		a, ok := p.readAttribute()
		if !ok {
			return false
		}
		p.check(a)
		l.Attributes = append(l.Attributes, a)
	}
}

func (p *parser) readAttribute() (Attribute, bool) {
	start := p.pos
	for !p.end() && !p.at('=') && !p.at(';') && !p.at(',') && !p.at('"') && !blank(p.s[p.pos]) {
		p.pos++
	}
	a := Attribute{Name: p.s[start:p.pos], Span: Span{start, p.pos}}
	if a.Name == "" {
		p.lose("RFC 6690 §2, link-param", "expected the name of an attribute, not %q", p.char())
		return a, false
	}
	p.attribute = a.Name
	if !parmname(a.Name) {
		p.fail(start, "RFC 6690 §2, parmname", "a name has letters, digits and !#$&+-.^_`|~ only")
	}
	p.space()
	if !p.at('=') {
		return a, true
	}
	p.pos++
	p.space()
	value := p.pos
	if p.at('"') {
		end, ok := closingQuote(p.s, p.pos)
		if !ok {
			p.lose("RFC 2616 §2.2, quoted-string", "the value has no closing quote")
			return a, false
		}
		inner := p.s[value+1 : end]
		for i := range len(inner) {
			if control(inner[i]) && (i == 0 || inner[i-1] != '\\') {
				p.fail(value+1+i, "RFC 2616 §2.2, quoted-string", "control character %q in the value", inner[i:i+1])
				break
			}
		}
		a.Form, a.Value, p.pos = Quoted, unquote(inner), end+1
	} else {
		for !p.end() && !p.at(';') && !p.at(',') {
			p.pos++
		}
		a.Form, a.Value = Token, strings.TrimRight(p.s[value:p.pos], " \t\r\n")
		p.pos = value + len(a.Value)
		p.checkToken(a, value)
	}
	a.ValueSpan = Span{value, p.pos}
	a.Span.End = p.pos
	return a, true
}

func (p *parser) checkToken(a Attribute, at int) {
	if a.Value == "" {
		p.fail(at, "RFC 6690 §2, ptoken", "no value after =")
		return
	}
	for i := range len(a.Value) {
		if !ptokenChar(a.Value[i]) {
			p.fail(at+i, "RFC 6690 §2, ptoken", "a value with %q has to stand in quotes", a.Value[i:i+1])
			return
		}
	}
}

// resync goes to the next comma that a "<" follows, outside quotes if there is one, else within. It is
// false at the end of the payload.
//
// A quote that stays open for maxTrust bytes after such a comma is taken for a mistake: otherwise each of
// many broken links would search the whole payload.
func (p *parser) resync() bool {
	inside := -1
	quoted := false
	for i := p.pos; i < len(p.s); i++ {
		if inside >= 0 && i > inside+maxTrust {
			break
		}
		switch c := p.s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && strings.HasPrefix(strings.TrimLeft(p.s[i+1:min(len(p.s), i+64)], " \t\r\n"), "<"):
			if !quoted {
				p.pos = i
				return true
			}
			if inside < 0 {
				inside = i
			}
		}
	}
	if inside >= 0 {
		p.pos = inside
		return true
	}
	p.pos = len(p.s)
	return false
}

// char gives the character at the present place for a message.
func (p *parser) char() string {
	if p.end() {
		return ""
	}
	_, n := utf8.DecodeRuneInString(p.s[p.pos:])
	return p.s[p.pos : p.pos+n]
}

func closingQuote(s string, open int) (int, bool) {
	for i := open + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i, true
		}
	}
	return 0, false
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

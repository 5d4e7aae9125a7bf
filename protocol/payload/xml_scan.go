package payload

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const xmlClause = "XML 1.0"

type xmlKind uint8

const (
	xmlCharacters xmlKind = iota
	xmlStart
	xmlEnd
	xmlCDATA
	xmlComment
	xmlInstruction
	xmlDoctype
)

// xmlToken is a piece of XML from start to end.
type xmlToken struct {
	kind       xmlKind
	start, end int
	name       []byte // of a start or end tag
	empty      bool   // a start tag that is an end tag too
}

// xmlOpen is an element that has not ended yet.
type xmlOpen struct {
	start, name int32 // where its tag begins, and the length of its name
}

// xmlScan reads XML piece by piece and checks that it is well-formed (XML 1.0 §2, §3). It expands no entities and reads
// nothing else, so that it cannot be made to work long.
type xmlScan struct {
	data   []byte
	pos    int
	stack  []xmlOpen
	rooted bool // the root element has begun
	err    *SyntaxError
}

// newXMLScan begins after the byte order mark, if there is one.
func newXMLScan(data []byte) *xmlScan {
	s := &xmlScan{data: data}
	if bytes.HasPrefix(data, utf8BOM) {
		s.pos = len(utf8BOM)
	}
	return s
}

var utf8BOM = []byte("\xef\xbb\xbf")

func (s *xmlScan) fail(at int, section, format string, args ...any) (xmlToken, bool) {
	if s.err == nil {
		s.err = &SyntaxError{at, fmt.Sprintf(format, args...), xmlClause + " " + section, at >= len(s.data)}
	}
	return xmlToken{}, false
}

// top gives the name of the innermost element that is open, and where it begins.
func (s *xmlScan) top() (name []byte, start int) {
	t := s.stack[len(s.stack)-1]
	start = int(t.start)
	return s.data[start+1 : start+1+int(t.name)], start
}

func (s *xmlScan) char(at int) string {
	if at >= len(s.data) {
		return "the end"
	}
	return fmt.Sprintf("%q", firstRune(string(s.data[at:min(len(s.data), at+utf8.UTFMax)])))
}

// next reads a piece; it is false at the end and at a mistake.
func (s *xmlScan) next() (xmlToken, bool) {
	if s.err != nil {
		return xmlToken{}, false
	}
	rest := s.data[s.pos:]
	switch {
	case len(rest) == 0 && len(s.stack) > 0:
		name, start := s.top()
		return s.fail(len(s.data), "§3", "expected </%s> for the element at byte %d, not the end", clipText(name), start)
	case len(rest) == 0 && !s.rooted:
		return s.fail(len(s.data), "§2.1", "expected an element, not the end")
	case len(rest) == 0:
		return xmlToken{}, false
	case rest[0] != '<':
		return s.characters()
	case bytes.HasPrefix(rest, []byte("<!--")):
		return s.delimited(xmlComment, "<!--", "-->", "§2.5")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		if len(s.stack) == 0 {
			return s.fail(s.pos, "§2.7", "a CDATA section stands inside an element")
		}
		return s.delimited(xmlCDATA, "<![CDATA[", "]]>", "§2.7")
	case bytes.HasPrefix(rest, []byte("<?")):
		return s.delimited(xmlInstruction, "<?", "?>", "§2.6")
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return s.doctype()
	case bytes.HasPrefix(rest, []byte("</")):
		return s.endTag()
	}
	return s.startTag()
}

func (s *xmlScan) take(t xmlToken, end int) (xmlToken, bool) {
	t.start, t.end = s.pos, end
	s.pos = end
	return t, true
}

func (s *xmlScan) characters() (xmlToken, bool) {
	end := len(s.data)
	if i := bytes.IndexByte(s.data[s.pos:], '<'); i >= 0 {
		end = s.pos + i
	}
	if len(s.stack) == 0 {
		if at := skipSpace(s.data[:end], s.pos); at < end {
			return s.fail(at, "§2.1", "expected an element, not %s", s.char(at))
		}
	}
	if at, problem := badXMLText(s.data, s.pos, end); problem != "" {
		return s.fail(at, "§2.4", "%s", problem)
	}
	return s.take(xmlToken{kind: xmlCharacters}, end)
}

func (s *xmlScan) delimited(kind xmlKind, opening, closing, section string) (xmlToken, bool) {
	i := bytes.Index(s.data[s.pos+len(opening):], []byte(closing))
	if i < 0 {
		return s.fail(len(s.data), section, "expected %s for the %s at byte %d, not the end", closing, opening, s.pos)
	}
	end := s.pos + len(opening) + i + len(closing)
	if at, bad := badXMLByte(s.data, s.pos, end); bad {
		return s.fail(at, "§2.2", "%s", xmlByteProblem(s.data[at]))
	}
	return s.take(xmlToken{kind: kind}, end)
}

func (s *xmlScan) doctype() (xmlToken, bool) {
	if s.rooted {
		return s.fail(s.pos, "§2.8", "a document type stands before the root element")
	}
	inside, quote := 0, byte(0)
	for i := s.pos; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<' || c == '[':
			inside++
		case c == ']':
			inside--
		case c == '>':
			if inside--; inside <= 0 {
				if at, bad := badXMLByte(s.data, s.pos, i+1); bad {
					return s.fail(at, "§2.2", "%s", xmlByteProblem(s.data[at]))
				}
				return s.take(xmlToken{kind: xmlDoctype}, i+1)
			}
		}
	}
	return s.fail(len(s.data), "§2.8", "expected > for the <!DOCTYPE at byte %d, not the end", s.pos)
}

func (s *xmlScan) endTag() (xmlToken, bool) {
	end := xmlNameEnd(s.data, s.pos+2)
	name := s.data[s.pos+2 : end]
	at := skipSpace(s.data, end)
	switch {
	case len(name) == 0:
		return s.fail(s.pos+2, "§3.1", "expected a name after </, not %s", s.char(s.pos+2))
	case at >= len(s.data) || s.data[at] != '>':
		return s.fail(at, "§3.1", "expected > after </%s, not %s", clipText(name), s.char(at))
	case len(s.stack) == 0:
		return s.fail(s.pos, "§3", "</%s> ends no element", clipText(name))
	}
	if top, start := s.top(); !bytes.Equal(top, name) {
		return s.fail(s.pos, "§3", "expected </%s> for the element at byte %d, not </%s>", clipText(top), start, clipText(name))
	}
	s.stack = s.stack[:len(s.stack)-1]
	return s.take(xmlToken{kind: xmlEnd, name: name}, at+1)
}

func (s *xmlScan) startTag() (xmlToken, bool) {
	end := xmlNameEnd(s.data, s.pos+1)
	name := s.data[s.pos+1 : end]
	switch {
	case len(name) == 0:
		return s.fail(s.pos+1, "§3.1", "expected a name after <, not %s", s.char(s.pos+1))
	case len(s.stack) == 0 && s.rooted:
		return s.fail(s.pos, "§2.1", "a second root element")
	}
	t := xmlToken{kind: xmlStart, name: name}
	var seen [][]byte
	for a := (xmlAttribute{end: end}); ; {
		at := skipSpace(s.data, a.end)
		if bytes.HasPrefix(s.data[at:], []byte("/>")) {
			t.empty = true
			s.rooted = true
			return s.take(t, at+2)
		}
		if at < len(s.data) && s.data[at] == '>' {
			s.rooted = true
			s.stack = append(s.stack, xmlOpen{int32(s.pos), int32(len(name))})
			return s.take(t, at+1)
		}
		var problem string
		if a, problem = readAttribute(s.data, a.end, at); problem != "" {
			return s.fail(a.end, "§3.1", "%s, not %s", problem, s.char(a.end))
		}
		if at, problem := badXMLText(s.data, a.value, a.end); problem != "" {
			return s.fail(at, "§3.1", "%s", problem)
		}
		if i := bytes.IndexByte(s.data[a.value:a.end], '<'); i >= 0 {
			return s.fail(a.value+i, "§3.1", "< has to be written &lt; in an attribute")
		}
		attribute := s.data[a.start:a.nameEnd]
		if len(seen) < 64 {
			for _, other := range seen {
				if bytes.Equal(other, attribute) {
					return s.fail(a.start, "§3.1", "the attribute %s stands twice", clipText(attribute))
				}
			}
			seen = append(seen, attribute)
		}
	}
}

// xmlAttribute is an attribute: its name, and its value with quotes.
type xmlAttribute struct{ start, nameEnd, value, end int }

// readAttribute reads the attribute at a position; before is where what is in front of it ends. With a problem, end is
// where it is.
func readAttribute(data []byte, before, at int) (a xmlAttribute, problem string) {
	a = xmlAttribute{start: at, nameEnd: xmlNameEnd(data, at), end: at}
	if a.nameEnd == a.start || before == at {
		return a, "expected an attribute after a blank, or > or />"
	}
	if a.end = skipSpace(data, a.nameEnd); a.end >= len(data) || data[a.end] != '=' {
		return a, "expected = after the name of the attribute"
	}
	a.value = skipSpace(data, a.end+1)
	a.end = a.value
	if a.value >= len(data) || data[a.value] != '"' && data[a.value] != '\'' {
		return a, "expected the attribute's value in quotes"
	}
	i := bytes.IndexByte(data[a.value+1:], data[a.value])
	if i < 0 {
		a.end = len(data)
		return a, "expected a closing quote"
	}
	a.end = a.value + 1 + i + 1
	return a, ""
}

// xmlNameEnd gives the end of the name that begins at a position, which is there where none does.
func xmlNameEnd(data []byte, at int) int {
	i := at
	for ; i < len(data); i++ {
		c := data[i]
		first := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !first && (i == at || strings.IndexByte("-.0123456789", c) < 0) {
			break
		}
	}
	return min(i, len(data))
}

// badXMLText finds what must not be in text or in the value of an attribute.
func badXMLText(data []byte, start, end int) (at int, problem string) {
	if at, bad := badXMLByte(data, start, end); bad {
		return at, xmlByteProblem(data[at])
	}
	for i := start; i < end; {
		n := bytes.IndexByte(data[i:end], '&')
		if n < 0 {
			break
		}
		i += n
		last := i + 1
		for last < end && data[last] != ';' && (xmlNameEnd(data[:last+1], last) > last || data[last] == '#' || strings.IndexByte("-.0123456789", data[last]) >= 0) {
			last++
		}
		if last >= end || data[last] != ';' || last == i+1 {
			return i, "& begins a reference such as &amp;"
		}
		i = last
	}
	return 0, ""
}

// badXMLByte finds what is no character of XML (§2.2), or no UTF-8.
func badXMLByte(data []byte, start, end int) (at int, bad bool) {
	for i := start; i < end; {
		c := data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return i, true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:end])
		if r == utf8.RuneError && n == 1 {
			return i, true
		}
		i += n
	}
	return 0, false
}

func xmlByteProblem(c byte) string {
	if c < ' ' {
		return fmt.Sprintf("control character U+%04X is not allowed", c)
	}
	return fmt.Sprintf("byte 0x%02x is no UTF-8", c)
}

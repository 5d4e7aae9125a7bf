package payload

import (
	"bytes"
	"fmt"
	"strings"
)

// maxAttributes bounds the attributes of an element that are shown.
const maxAttributes = 200

// xmlPrinter lays out XML with an element a line, or on one where it has only a short text.
type xmlPrinter struct {
	printer
	scan  *xmlScan
	folds []int // of the elements that are open
	deep  int   // elements open that are nested too deep to be shown
}

// layoutXML shows XML indented. Entities stay as they are written.
func layoutXML(data []byte) *layout {
	if name := otherEncoding(data); name != "" {
		l := layoutText(data)
		l.note = strings.TrimSuffix("encoded in "+name+", shown as it is; "+l.note, "; ")
		return l
	}
	p := &xmlPrinter{scan: newXMLScan(data)}
	for !p.stopped() {
		t, ok := p.scan.next()
		if !ok {
			break
		}
		p.token(t)
	}
	if err := p.scan.err; err != nil && !p.full {
		p.broken(data, err)
	}
	return p.done()
}

// otherEncoding gives the encoding of XML that is not UTF-8.
func otherEncoding(data []byte) string {
	if bytes.HasPrefix(data, []byte{0xfe, 0xff}) || bytes.HasPrefix(data, []byte{0xff, 0xfe}) {
		return "UTF-16"
	}
	head := data[:min(len(data), 256)]
	if i := bytes.Index(head, []byte("?>")); bytes.HasPrefix(head, []byte("<?xml")) && i >= 0 {
		if _, after, ok := bytes.Cut(head[:i], []byte("encoding")); ok {
			name := strings.ToUpper(strings.Trim(string(after), " \t\r\n='\""))
			name, _, _ = strings.Cut(name, "\"")
			name, _, _ = strings.Cut(name, "'")
			if name != "UTF-8" && name != "US-ASCII" && name != "ASCII" {
				return visible([]byte(name))
			}
		}
	}
	return ""
}

// begin starts a line for what is at a depth.
func (p *xmlPrinter) begin(depth int) {
	if len(p.line) > 0 || len(p.lines) > 0 {
		p.newline(depth)
		return
	}
}

func (p *xmlPrinter) token(t xmlToken) {
	depth := len(p.scan.stack)
	switch t.kind {
	case xmlStart:
		if !t.empty {
			depth--
		}
		if depth >= maxDepth {
			if p.deep == 0 {
				p.begin(depth)
				p.emit(KindComment, "…", t.start, t.end)
				p.cut(fmt.Sprintf("nesting deeper than %d not shown", maxDepth))
			}
			if !t.empty {
				p.deep++
			}
			return
		}
		p.begin(depth)
		p.startTag(t)
		if !t.empty {
			p.content()
		}
	case xmlEnd:
		if p.deep > 0 {
			p.deep--
			return
		}
		p.newline(depth)
		p.close(p.folds[len(p.folds)-1])
		p.folds = p.folds[:len(p.folds)-1]
		p.endTag(t)
	case xmlCharacters:
		if p.deep == 0 {
			p.text(KindPlain, t.start, t.end, depth)
		}
	case xmlCDATA:
		if p.deep > 0 {
			return
		}
		p.begin(depth)
		p.emit(KindPunctuation, "<![CDATA[", t.start, t.start+9)
		p.text(KindString, t.start+9, t.end-3, depth+1)
		p.begin(depth)
		p.emit(KindPunctuation, "]]>", t.end-3, t.end)
	default:
		if p.deep == 0 {
			p.text(KindComment, t.start, t.end, depth)
		}
	}
}

// content shows what is in an element on the line of its start tag, where that is only a short text; else what follows is
// inside what opened.
func (p *xmlPrinter) content() {
	ahead := *p.scan
	t, ok := ahead.next()
	var text xmlToken
	if ok && t.kind == xmlCharacters && t.end-t.start <= maxColumn && bytes.IndexByte(bytes.TrimSpace(ahead.data[t.start:t.end]), '\n') < 0 {
		text = t
		t, ok = ahead.next()
	}
	if ok && t.kind == xmlEnd {
		start, end := trimmed(ahead.data, text.start, text.end)
		p.line = append(p.line, textLine(ahead.data, start, end)...)
		p.endTag(t)
		*p.scan = ahead
		return
	}
	p.folds = append(p.folds, p.open())
}

// text shows text line by line.
func (p *xmlPrinter) text(kind Kind, start, end, depth int) {
	data := p.scan.data
	start, end = trimmed(data, start, end)
	for pos := start; pos < end && !p.stopped(); {
		next := min(end, lineEnd(data, pos))
		from, to := trimmed(data, pos, lineContent(data, pos, next))
		if from < to {
			p.begin(depth)
			for _, s := range textLine(data, from, to) {
				if s.Kind == KindPlain {
					s.Kind = kind
				}
				p.line = append(p.line, s)
			}
		}
		pos = next
	}
}

// trimmed leaves out blanks at both ends.
func trimmed(data []byte, start, end int) (int, int) {
	start = min(skipSpace(data, start), end)
	for end > start && strings.IndexByte(" \t\r\n", data[end-1]) >= 0 {
		end--
	}
	return start, end
}

func (p *xmlPrinter) startTag(t xmlToken) {
	data := p.scan.data
	p.emit(KindPunctuation, "<", t.start, t.start+1)
	at := t.start + 1 + len(t.name)
	p.name(t.name, t.start+1, at)
	closing := t.end - 1
	if t.empty {
		closing--
	}
	for n := 0; ; n++ {
		from := skipSpace(data, at)
		if from >= closing {
			break
		}
		if n == maxAttributes {
			p.emit(KindComment, " …", from, closing)
			p.cut(fmt.Sprintf("only the first %d attributes of an element are shown", maxAttributes))
			break
		}
		a, _ := readAttribute(data, at, from)
		p.emit(KindPlain, " ", 0, 0)
		p.emit(KindKey, cut(visible(data[a.start:a.nameEnd])), a.start, a.nameEnd)
		p.emit(KindPunctuation, "=", a.nameEnd, a.value)
		value := data[a.value:a.end]
		if len(value) > maxString {
			p.cut(fmt.Sprintf("only the first %d bytes of a value are shown", maxString))
		}
		p.emit(KindString, cut(visible(value)), a.value, a.end)
		at = a.end
	}
	p.emit(KindPunctuation, string(data[closing:t.end]), closing, t.end)
}

func (p *xmlPrinter) endTag(t xmlToken) {
	p.emit(KindPunctuation, "</", t.start, t.start+2)
	p.name(t.name, t.start+2, t.start+2+len(t.name))
	p.emit(KindPunctuation, ">", t.start+2+len(t.name), t.end)
}

func (p *xmlPrinter) name(name []byte, start, end int) {
	p.emit(KindLiteral, cut(visible(name)), start, end)
}

// sniffXML recognises XML by its declaration, or by a root element.
func sniffXML(data []byte) rank {
	at := skipSpace(data, 0)
	if bytes.HasPrefix(data, utf8BOM) {
		at = skipSpace(data, len(utf8BOM))
	}
	if at+2 >= len(data) || data[at] != '<' {
		return never
	}
	if bytes.HasPrefix(data[at:], []byte("<?xml ")) {
		return special
	}
	if wellFormedXML(data) != nil {
		return never
	}
	return likely
}

// wellFormedXML finds the first mistake in the beginning of XML.
func wellFormedXML(data []byte) *SyntaxError {
	s := newXMLScan(data[:min(len(data), maxChecked)])
	for {
		if _, ok := s.next(); !ok {
			break
		}
	}
	if s.err != nil && len(data) > maxChecked && (s.err.cutOff || s.err.Offset > maxChecked-utf8Slack) {
		return nil
	}
	return s.err
}

// utf8Slack is what a character, reference or name at the end may have lost by being cut off.
const utf8Slack = 64

func checkXML(_ int, data []byte) string {
	if otherEncoding(data) != "" {
		return ""
	}
	if err := wellFormedXML(data); err != nil {
		return visible([]byte(err.Error()))
	}
	return ""
}

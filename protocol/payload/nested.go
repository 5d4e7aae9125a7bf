package payload

import "fmt"

// Bounds of payloads within payloads, such as the parts of multipart-core and the content of COSE messages.
const (
	maxNesting     = 4       // payloads within payloads that have a view of their own
	maxParts       = 1000    // payloads within a payload, on all levels together
	maxNestedLines = 2000    // lines of a payload within a payload
	maxInflated    = 4 << 20 // bytes that all coded content of one payload is inflated to, together
)

// nesting is what a payload and the payloads within it share.
type nesting struct {
	level int
	left  *allowance
}

// allowance is what a payload and all payloads within it may still cost.
type allowance struct {
	bytes int // that come of undoing content codings
	parts int // that have a view of their own
}

func outermost() nesting { return nesting{left: &allowance{maxInflated, maxParts}} }

// best lays out a payload within a payload by its best view.
func (n nesting) best(format int, data []byte) (name string, l *layout) {
	n.level++
	n.left.parts--
	switch {
	case n.level > maxNesting:
		l = layoutHex(data)
		l.note = fmt.Sprintf("payloads within payloads deeper than %d are shown as hex", maxNesting)
		return NameHex, l
	case n.left.parts < 0:
		l = layoutHex(data)
		l.note = fmt.Sprintf("only the first %d payloads within are shown by what they are, the others as hex", maxParts)
		return NameHex, l
	}
	c := decodeWithin(format, data, n.left)
	r := choose(c.format, c.data)[0]
	return r.name, c.layout(func() *layout {
		if r.within != nil {
			return r.within(n, c.format, c.data)
		}
		return r.layout(c.format, c.data)
	})
}

// beginLine begins a line, which may be the first one.
func (p *printer) beginLine(indent int) {
	if len(p.lines) > 0 || len(p.line) > 0 {
		p.newline(indent)
	}
}

// closeHere says that this line is the last one inside what was opened, which is no fold where it is the first one too.
func (p *printer) closeHere(fold int) {
	if fold < 0 || p.full {
		return
	}
	p.folds[fold].end = len(p.lines) + 1
	if p.folds[fold].open == len(p.lines) {
		p.folds = p.folds[:fold]
	}
}

// embed adds the lines of another layout, indented. shift says where its spans are in the payload.
func (p *printer) embed(l *layout, indent int, shift func(start, end int) (int, int)) {
	count, line := len(l.lines), func(i int) Line { return l.lines[i] }
	if l.line != nil {
		count, line = l.count, l.line
	}
	shown := min(count, maxNestedLines)
	if l.derived {
		shift = func(int, int) (int, int) { return 0, 0 }
	}
	first := 0
	for i := 0; i < shown && !p.stopped(); i++ {
		p.beginLine(indent)
		if i == 0 {
			first = len(p.lines)
		}
		for _, s := range line(i) {
			if s.Start != 0 || s.End != 0 {
				s.Start, s.End = shift(s.Start, s.End)
			}
			p.emit(s.Kind, s.Text, s.Start, s.End)
		}
	}
	if p.stopped() {
		return
	}
	for _, f := range l.folds {
		if f.end = min(f.end, shown); f.end > f.open+1 {
			p.folds = append(p.folds, fold{first + f.open, first + f.end})
		}
	}
	if count > shown {
		p.beginLine(indent)
		p.emit(KindComment, fmt.Sprintf("… %d lines more", count-shown), 0, 0)
		p.cut(fmt.Sprintf("only the first %d lines of a part are shown", maxNestedLines))
	}
	p.truncated = p.truncated || l.truncated
}

// at gives the shift of a payload that begins at the byte.
func at(offset int) func(start, end int) (int, int) {
	return func(start, end int) (int, int) { return offset + start, offset + end }
}

// all gives the shift of a payload whose bytes are not those of the outer one: each span stands for the bytes from
// start to end.
func all(start, end int) func(int, int) (int, int) {
	return func(int, int) (int, int) { return start, end }
}

// byteString gives the content of the byte string with head h, and where it and the item end. The content of a string
// of indefinite length is joined, and is no part of data then.
func byteString(data []byte, h head) (content []byte, joined bool, end int, err *SyntaxError) {
	if h.info != indefinite {
		end = h.end + int(h.argument)
		return data[h.end:end], false, end, nil
	}
	for end = h.end; ; {
		c, err := readHead(data, end)
		if err != nil {
			return nil, true, end, err
		}
		if c.major == majorSimple && c.info == indefinite {
			return content, true, c.end, nil
		}
		if err := chunkFits(h.major, c); err != nil {
			return nil, true, end, err
		}
		end = c.end + int(c.argument)
		content = append(content, data[c.end:end]...)
	}
}

// hexWidth is how many bytes a line has where bytes stand among other things.
const hexWidth = 32

// hexBytes shows bytes that are in the payload from start: behind what the line has, or, where they are many, on lines
// of their own.
func (p *printer) hexBytes(content []byte, indent int, shift func(int, int) (int, int)) {
	if len(content) <= hexWidth {
		start, end := shift(0, len(content))
		p.emit(KindString, fmt.Sprintf("h'%x'", content), start, end)
		return
	}
	p.dropColon()
	shown := content[:min(len(content), maxString)]
	for i := 0; i < len(shown) && !p.stopped(); i += hexWidth {
		next := min(i+hexWidth, len(shown))
		start, end := shift(i, next)
		p.newline(indent)
		p.emit(KindString, fmt.Sprintf("%x", shown[i:next]), start, end)
	}
	if len(content) > len(shown) {
		start, end := shift(len(shown), len(content))
		p.newline(indent)
		p.emit(KindComment, fmt.Sprintf("… %d bytes more", len(content)-len(shown)), start, end)
		p.cut(fmt.Sprintf("only the first %d bytes of a string are shown", maxString))
	}
}

// dropColon takes back the colon at the end of the line, where what it announces comes on the lines below.
func (p *printer) dropColon() {
	if n := len(p.line); n > 0 && p.line[n-1].Text == ": " {
		p.line = p.line[:n-1]
	}
}

// mistake shows what is wrong at a byte of the payload, on a line of its own.
func (p *printer) mistake(indent int, err *SyntaxError, size int) {
	p.beginLine(indent)
	from := min(err.Offset, size)
	p.emit(KindError, err.Error(), from, min(from+1, size))
	p.notice(err.Error())
}

// bytesOf gives "1 byte", "2 bytes".
func bytesOf(n int) string { return count(n, "byte") }

package payload

import (
	"fmt"
	"strconv"

	"coapscope/protocol"
)

const multipartClause = "RFC 8710 §2"

// part is a representation in multipart-core, with the places of its two items.
type part struct {
	number     int // from 1
	format     head
	start, end int // of the second item
	content    []byte
	from       int  // of the content in the payload; -1 where it had to be joined
	absent     bool // null: not given
	oversize   bool // the number is larger than a Content-Format is
}

// eachPart reads multipart-core: a CBOR array in which a Content-Format and a byte string or null take turns. It ends
// at the first deviation, as readers of it have to. count is the number of elements, -1 where that is not said.
func eachPart(data []byte, yield func(part) bool) (count int, err *SyntaxError) {
	deviation := func(at int, format string, args ...any) *SyntaxError {
		return &SyntaxError{Offset: at, Problem: fmt.Sprintf(format, args...), Reference: multipartClause}
	}
	h, err := readHead(data, 0)
	if err != nil {
		return 0, err
	}
	if h.major != majorArray {
		return 0, deviation(0, "expected an array, not %s", majorName(h))
	}
	count, pos := -1, h.end
	if h.info != indefinite {
		count = int(min(h.argument, 1<<30))
		if count%2 == 1 {
			err = deviation(0, "the array has %d elements, and would need an even number: each Content-Format has a representation", count)
		}
	}
	for i := 0; ; i++ {
		if h.info == indefinite && pos < len(data) && data[pos] == breakByte {
			pos++
			break
		}
		if h.info != indefinite && 2*i+1 >= count {
			break
		}
		p := part{number: i + 1}
		var problem *SyntaxError
		if p.format, problem = readHead(data, pos); problem != nil {
			return count, problem
		}
		if p.format.major != majorUnsigned {
			return count, deviation(pos, "expected a Content-Format as unsigned integer, not %s", majorName(p.format))
		}
		p.oversize = p.format.argument > 0xffff
		p.start = p.format.end
		content, problem := readHead(data, p.start)
		switch {
		case problem != nil:
			return count, problem
		case content.major == majorSimple && content.info == 22:
			p.absent, p.end, p.from = true, content.end, -1
		case content.major == majorBytes:
			var joined bool
			if p.content, joined, p.end, problem = byteString(data, content); problem != nil {
				return count, problem
			}
			p.from = content.end
			if joined {
				p.from = -1
			}
		default:
			if content.major == majorSimple && content.info == indefinite {
				return count, deviation(p.start, "the array ends after a Content-Format; its representation is missing")
			}
			return count, deviation(p.start, "expected a representation as byte string, or null, not %s", majorName(content))
		}
		if !yield(p) {
			return count, nil
		}
		if p.oversize {
			return count, deviation(p.format.start, "%d is no Content-Format: they have 16 bits", p.format.argument)
		}
		pos = p.end
	}
	if err == nil && pos < len(data) {
		err = deviation(pos, "%s after the array", bytesOf(len(data)-pos))
	}
	return count, err
}

// majorName gives the kind of a data item in words.
func majorName(h head) string {
	switch {
	case h.major == majorSimple && h.info == indefinite:
		return "a break"
	case h.major == majorSimple && h.info >= 25:
		return "a float"
	}
	return [...]string{
		"an unsigned integer", "a negative integer", "a byte string", "a text string", "an array", "a map", "a tag", "a simple value",
	}[h.major]
}

// layoutParts shows the parts of multipart-core (RFC 8710), each by its own best view.
func layoutParts(n nesting, _ int, data []byte) *layout {
	p := &printer{}
	if len(data) == 0 {
		p.notice("empty, where multipart-core has an array (" + multipartClause + ")")
		return p.done()
	}
	parts := 0
	count, err := eachPart(data, func(q part) bool {
		parts++
		p.part(n, q)
		return !p.stopped()
	})
	if err != nil && !p.stopped() {
		p.mistake(0, err, len(data))
		p.notes[len(p.notes)-1] = "not multipart-core: " + err.Error()
	}
	if parts == 0 && err == nil && count <= 0 {
		p.emit(KindComment, "no parts", 0, len(data))
	}
	return p.done()
}

func (p *printer) part(n nesting, q part) {
	p.beginLine(0)
	p.emit(KindComment, fmt.Sprintf("part %d: ", q.number), 0, 0)
	format, words := NoFormat, strconv.FormatUint(q.format.argument, 10)
	if !q.oversize {
		format = int(q.format.argument)
		words = formatWords(format)
	}
	p.emit(KindKey, words, q.format.start, q.format.end)
	p.punct(", ")
	if q.absent {
		p.emit(KindLiteral, "not given", q.start, q.end)
		return
	}
	p.emit(KindNumber, bytesOf(len(q.content)), q.start, q.end)
	if len(q.content) == 0 {
		return
	}
	inside := p.open()
	p.nested(n, format, q.content, 1, q.from, q.start, q.end, fmt.Sprintf("part %d", q.number))
	p.closeHere(inside)
}

// nested shows a payload within this one by its best view. from is where it begins, or -1 where its bytes are not in a row
// within the item from start to end.
func (p *printer) nested(n nesting, format int, content []byte, indent, from, start, end int, what string) {
	name, l := n.best(format, content)
	if name != NameHex {
		p.emit(KindComment, " as "+name, 0, 0)
	}
	shift := at(from)
	if from < 0 {
		shift = all(start, end)
	}
	p.embed(l, indent, shift)
	if l.note != "" {
		p.notice(what + ": " + l.note)
	}
}

// formatWords gives a Content-Format with its number: "text/plain (0)".
func formatWords(format int) string {
	if info, ok := protocol.ContentFormat(format).Info(); ok {
		return fmt.Sprintf("%s (%d)", protocol.ContentFormat(info.Number), format)
	}
	return fmt.Sprintf("Content-Format %d", format)
}

// checkParts finds the first deviation from multipart-core.
func checkParts(_ int, data []byte) string {
	seen := data[:min(len(data), maxChecked)]
	if _, err := eachPart(seen, func(part) bool { return true }); err != nil && !(err.cutOff && len(seen) < len(data)) {
		return err.Error()
	}
	return ""
}

// summarizeParts gives the number of parts and their formats.
func summarizeParts(data []byte) string {
	parts, formats := 0, ""
	_, err := eachPart(data, func(q part) bool {
		if parts++; parts <= 3 {
			if formats != "" {
				formats += ", "
			}
			formats += strconv.FormatUint(q.format.argument, 10)
			if media, ok := mediaType(int(min(q.format.argument, 1<<16))); ok {
				formats = formats[:len(formats)-len(strconv.FormatUint(q.format.argument, 10))] + media
			}
		}
		return parts < 100
	})
	switch {
	case err != nil:
		return fmt.Sprintf("multipart %d B", len(data))
	case parts == 0:
		return "multipart of no parts"
	case parts > 3:
		formats += ", …"
	}
	return fmt.Sprintf("multipart %d B: %s", len(data), formats)
}

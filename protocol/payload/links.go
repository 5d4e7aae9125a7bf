package payload

import (
	"bytes"
	"fmt"
	"strconv"

	"coapscope/protocol/linkformat"
)

// maxLinkBytes bounds the part of a payload that is read as link-format.
const maxLinkBytes = 128 << 10

// layoutLinks shows a link a line, and below it what is wrong with it.
func layoutLinks(data []byte) *layout {
	p := &printer{}
	read := data
	if len(data) > maxLinkBytes {
		read = data[:maxLinkBytes]
		p.cut(fmt.Sprintf("only the first %d of %d bytes are shown", maxLinkBytes, len(data)))
	}
	count, problems, lost := 0, 0, false
	for l, errs := range linkformat.All(read) {
		if l != nil {
			count++
			p.link(data, *l)
			p.newline(0)
		}
		for _, e := range errs {
			problems++
			lost = lost || e.Lost
			at := min(e.Offset, len(data))
			p.emit(KindError, fmt.Sprintf("byte %d, %s: %s (%s)", e.Offset, e.Part, e.Problem, e.Reference), at, min(at+1, len(data)))
			p.newline(0)
		}
		if p.full {
			break
		}
	}
	switch {
	case lost:
		p.notice(fmt.Sprintf("not well-formed: %d problems, %d links read", problems, count))
	case problems > 0:
		p.notice(fmt.Sprintf("%d problems, nothing lost", problems))
	}
	return p.done()
}

func (p *printer) link(data []byte, l linkformat.Link) {
	show := func(kind Kind, start, end int) {
		text := data[start:end]
		if len(text) > maxString {
			text = clipText(text)
			p.cut(fmt.Sprintf("only the first %d bytes of a value are shown", maxString))
		}
		p.emit(kind, visible(text), start, end)
	}
	p.emit(KindPunctuation, "<", l.Span.Start, l.TargetSpan.Start)
	show(KindLiteral, l.TargetSpan.Start, l.TargetSpan.End)
	p.emit(KindPunctuation, ">", l.TargetSpan.End, l.TargetSpan.End+1)
	for i, a := range l.Attributes {
		if i == 1000 {
			p.emit(KindComment, fmt.Sprintf("; … %d attributes more", len(l.Attributes)-i), a.Span.Start, l.Span.End)
			p.cut("only the first 1000 attributes of a link are shown")
			return
		}
		p.punct("; ")
		show(KindKey, a.Span.Start, a.Span.Start+len(a.Name))
		if a.Form == linkformat.Flag {
			continue
		}
		p.punct("=")
		kind := KindString
		if _, err := strconv.ParseUint(a.Value, 10, 64); err == nil && a.Form == linkformat.Token {
			kind = KindNumber
		}
		show(kind, a.ValueSpan.Start, a.ValueSpan.End)
	}
}

// visible gives text with what cannot be seen replaced, as [layoutText] does.
func visible(text []byte) string {
	if printable(text) && !bytes.ContainsAny(text, "\r\n") {
		return string(text)
	}
	return textLine(text, 0, len(text)).String()
}

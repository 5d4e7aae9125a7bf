package payload

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"unicode/utf8"
)

func (p *cborPrinter) str(h head, depth int, kind Kind) (end int) {
	switch {
	case h.info != indefinite:
		return p.chunk(h, kind)
	case p.json:
		return p.joined(h, kind)
	}
	if !p.attempt(func() { end = p.chunks(h, depth, kind) }) {
		p.err = nil
		end = p.chunks(h, depth, kind)
	}
	return end
}

// chunks shows a string of indefinite length by its chunks, which may be many.
func (p *cborPrinter) chunks(h head, depth int, kind Kind) int {
	end, inside := h.end, -1
	for first := true; ; first = false {
		c, err := readHead(p.data, end)
		if err != nil {
			return p.fail(err)
		}
		if c.major == majorSimple && c.info == indefinite {
			if first {
				p.emit(kind, map[byte]string{majorBytes: "''_", majorText: `""_`}[h.major], h.start, c.end)
				return c.end
			}
			if p.flat == 0 {
				p.newline(depth - 1 - p.tags)
				p.close(inside)
			}
			p.emit(KindPunctuation, ")", c.start, c.end)
			return c.end
		}
		if err := chunkFits(h.major, c); err != nil {
			return p.fail(err)
		}
		switch {
		case first:
			p.emit(KindPunctuation, "(_", h.start, h.end)
			inside = p.open()
		default:
			p.punct(",")
		}
		if p.flat == 0 {
			p.newline(depth - p.tags)
		} else {
			p.emit(KindPlain, " ", 0, 0)
		}
		if end = p.chunk(c, kind); p.stopped() {
			return end
		}
	}
}

// joined shows the chunks of a string of indefinite length as one string, for JSON.
func (p *cborPrinter) joined(h head, kind Kind) int {
	var content []byte
	end := h.end
	for {
		c, err := readHead(p.data, end)
		if err != nil {
			return p.fail(err)
		}
		end = c.end
		if c.major == majorSimple && c.info == indefinite {
			break
		}
		if err := chunkFits(h.major, c); err != nil {
			return p.fail(err)
		}
		end += int(c.argument)
		if len(content) <= maxString {
			content = append(content, p.data[c.end:min(end, c.end+maxString+1)]...)
		}
	}
	p.content(h, content, kind, h.start, end, "")
	return end
}

func (p *cborPrinter) chunk(h head, kind Kind) int {
	end := h.end + int(h.argument)
	p.content(h, p.data[h.end:end], kind, h.start, end, h.indicator())
	return end
}

// content shows the content of a string that stands in the payload from start to end.
func (p *cborPrinter) content(h head, content []byte, kind Kind, start, end int, indicator string) {
	if p.flat > 0 && p.limit > 0 && len(content) > 2*maxColumn {
		p.overflow = true
		return
	}
	shown := content
	if !p.whole && len(content) > maxString {
		shown = content[:maxString]
	}
	switch {
	case h.major == majorBytes && p.json:
		p.notice("byte strings as base64url (RFC 8949 §6.1)")
		p.emit(kind, `"`+base64.RawURLEncoding.EncodeToString(shown)+`"`, start, end)
	case h.major == majorBytes:
		p.emit(kind, "h'"+hex.EncodeToString(shown)+"'"+indicator, start, end)
	default:
		for len(shown) < len(content) && len(shown) > 0 && !utf8.RuneStart(content[len(shown)]) {
			shown = content[:len(shown)-1]
		}
		if !utf8.Valid(shown) {
			if p.whole {
				p.fail(&SyntaxError{start, "the text is not UTF-8", "RFC 8949 §3.1", false})
				return
			}
			kind = KindError
			p.notice(fmt.Sprintf("the text at byte %d is not UTF-8 (RFC 8949 §3.1)", start))
		}
		p.emit(kind, quoted(string(shown))+indicator, start, end)
	}
	if rest := len(content) - len(shown); rest > 0 {
		if p.json {
			p.emit(KindComment, "…", 0, 0)
		} else {
			p.comment("… %d bytes more", rest)
		}
		p.cut(fmt.Sprintf("only the first %d bytes of a string are shown", maxString))
	}
}

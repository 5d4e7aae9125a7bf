package payload

import (
	"fmt"
	"unicode/utf8"

	"coapscope/protocol"
)

const maxSummary = 40 // characters of content in a summary

// Summary gives a payload in a few words, for lists: "text 4 B "21.4"", "CBOR 51 B", "{"v": 21.4}".
func Summary(format int, data []byte) string {
	if len(data) == 0 {
		return "empty"
	}
	if s := specialSummary(format, data); s != "" {
		return s
	}
	size := fmt.Sprintf("%d B", len(data))
	switch best(familyOf(format), sniff(data), data) {
	case text:
		return "text " + size + " " + quoted(clip(data))
	case jsonText:
		if len(data) <= 4*maxSummary {
			p := &jsonPrinter{data: data}
			p.flat, p.limit = 1, maxSummary
			p.space()
			p.value(1, false)
			if !p.overflow && p.err == nil {
				return p.line.String()
			}
		}
		return "JSON " + size
	case cborItem, cborSequence:
		p := &cborPrinter{data: data, labels: senml(format)}
		p.flat, p.limit = 1, maxSummary
		p.sequence()
		if !p.overflow && p.err == nil && len(data) <= maxSummary {
			return "CBOR " + size + " " + p.line.String()
		}
		return "CBOR " + size
	case links:
		return "link-format " + size
	case xmlText:
		return "XML " + size
	}
	if familyOf(format) == opaque && format != int(protocol.OctetStream) {
		return protocol.ContentFormat(format).String() + " " + size
	}
	return "binary " + size
}

// clip gives the beginning of text that fits into a summary.
func clip(data []byte) string {
	n, i := 0, 0
	for i < len(data) && n < maxSummary {
		_, size := utf8.DecodeRune(data[i:])
		i += size
		n++
	}
	s := string(data[:i])
	if i < len(data) {
		s += "…"
	}
	return s
}

// specialSummary gives the words of a view that knows more than an encoding, where there is one for the payload.
func specialSummary(format int, data []byte) string {
	for _, r := range claimants[format] {
		if r.summary != nil {
			if s := r.summary(data); s != "" {
				return s
			}
		}
	}
	for i := range renderers {
		if r := &renderers[i]; r.summary != nil && r.look(data) >= special {
			return r.summary(data)
		}
	}
	return ""
}

package draft

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"coapscope/protocol"
)

// ParseAddress reads what a user types into the address bar. Besides a URI that may be a path, which
// goes to the host of base, or a host with or without port and path; then the scheme is coap.
func ParseAddress(text string, base protocol.URI) (protocol.URI, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return protocol.URI{}, errors.New("type an address, such as coap://192.0.2.1/sensors, or a host, or a path")
	case strings.Contains(text, "://"):
		return protocol.ParseURI(text)
	case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "?"):
		if base.Host == "" {
			return protocol.URI{}, fmt.Errorf("%s is a path, but of which device? Write its host before it", text)
		}
		root := base
		root.Path, root.Query = nil, nil
		return protocol.ParseURI(strings.TrimSuffix(root.String(), "/") + text)
	}
	host, rest := text, ""
	if i := strings.IndexAny(text, "/?"); i >= 0 {
		host, rest = text[:i], text[i:]
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	return protocol.ParseURI("coap://" + host + rest)
}

// Part is a piece of an address that becomes an option: a segment of the path, or an argument of the query.
type Part struct {
	Number protocol.OptionNumber // Uri-Path or Uri-Query
	Text   string                // decoded; variables stand in it as they are written
}

// Parts gives what the address has of path and query, in the order of the options that it becomes. It reads the text
// alone, so it also works where variables stand in it.
func Parts(address string) []Part {
	_, path, query, hasQuery := splitAddress(address)
	var parts []Part
	if path != "" && path != "/" {
		for _, segment := range splitText(path[1:], '/') {
			parts = append(parts, Part{protocol.URIPath, decodeText(segment)})
		}
	}
	if hasQuery {
		for _, argument := range splitText(query, '&') {
			parts = append(parts, Part{protocol.URIQuery, decodeText(argument)})
		}
	}
	return parts
}

// WithParts gives the address with other parts: those of the path, then those of the query.
func WithParts(address string, parts []Part) string {
	base, _, _, _ := splitAddress(address)
	var b strings.Builder
	b.WriteString(base)
	queries := 0
	if !slices.ContainsFunc(parts, func(p Part) bool { return p.Number == protocol.URIPath }) {
		b.WriteByte('/')
	}
	for _, number := range []protocol.OptionNumber{protocol.URIPath, protocol.URIQuery} {
		for _, p := range parts {
			switch {
			case p.Number != number:
			case number == protocol.URIPath:
				b.WriteByte('/')
				b.WriteString(encodeText(p.Text, protocol.URI{Path: []string{""}}))
			default:
				b.WriteByte("?&"[min(queries, 1)])
				queries++
				b.WriteString(encodeText(p.Text, protocol.URI{Query: []string{""}}))
			}
		}
	}
	return b.String()
}

// splitAddress cuts an address, which may be less than a URI, before its path and its query.
func splitAddress(text string) (base, path, query string, hasQuery bool) {
	text = strings.TrimSpace(text)
	from := 0
	if i := strings.Index(text, "://"); i >= 0 {
		from = i + len("://")
	}
	at := from + indexOutside(text[from:], "/?")
	base, rest := text[:at], text[at:]
	q := indexOutside(rest, "?")
	path = rest[:q]
	if q < len(rest) {
		query, hasQuery = rest[q+1:], true
	}
	return base, path, query, hasQuery
}

// indexOutside finds the first of some bytes that is in no variable; the length of the text for none.
func indexOutside(text, of string) int {
	for i := 0; i < len(text); i++ {
		if _, length := variableAt(text[i:]); length > 0 {
			i += length - 1
			continue
		}
		if strings.IndexByte(of, text[i]) >= 0 {
			return i
		}
	}
	return len(text)
}

func splitText(text string, separator byte) (parts []string) {
	for {
		i := indexOutside(text, string(separator))
		parts = append(parts, text[:i])
		if i == len(text) {
			return parts
		}
		text = text[i+1:]
	}
}

// decodeText undoes percent-encoding outside of variables where it is right, and leaves the text as it is where not:
// [ParseAddress] says then what is wrong.
func decodeText(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if _, length := variableAt(text[i:]); length > 0 {
			b.WriteString(text[i : i+length])
			i += length
			continue
		}
		if text[i] == '%' && i+2 < len(text) {
			high, ok1 := hexDigit(text[i+1])
			low, ok2 := hexDigit(text[i+2])
			if ok1 && ok2 {
				b.WriteByte(high<<4 | low)
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// encodeText writes a segment or an argument as it stands in a URI; kind has the part that it is of. Variables stay.
func encodeText(text string, kind protocol.URI) string {
	var b strings.Builder
	for text != "" {
		at, length := nextVariable(text)
		plain := text[:at]
		if plain != "" {
			if kind.Path != nil {
				kind.Path[0] = plain
				b.WriteString(kind.PathQuery()[1:])
			} else {
				kind.Query[0] = plain
				b.WriteString(kind.PathQuery()[2:])
			}
		}
		b.WriteString(text[at : at+length])
		text = text[at+length:]
	}
	return b.String()
}

// PathText gives what an address has of path and query, as it is written; "/" for nothing.
func PathText(address string) string {
	_, path, query, hasQuery := splitAddress(address)
	if path == "" {
		path = "/"
	}
	if hasQuery {
		path += "?" + query
	}
	return path
}

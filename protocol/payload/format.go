package payload

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// NoFormat stands for a message without Content-Format option.
const NoFormat = -1

// family is what a payload is made of.
type family uint8

const (
	unknown family = iota
	text
	jsonText
	cborItem
	cborSequence
	links
	opaque // known, but with no view of its own
)

// familyOf gives what the Content-Format promises, by the media type and its suffix (RFC 6838 §4.2.8).
func familyOf(format int) family {
	if format < 0 || format > 0xffff {
		return unknown
	}
	info, ok := protocol.ContentFormat(format).Info()
	if !ok {
		return unknown
	}
	if info.Coding != "" || info.Number == protocol.OctetStream {
		return opaque
	}
	media, _, _ := strings.Cut(info.MediaType, ";")
	switch media {
	case "application/link-format":
		return links
	case "application/json":
		return jsonText
	case "application/cbor", "application/multipart-core", "application/cwt",
		"application/cose", "application/cose-key", "application/cose-key-set":
		return cborItem
	case "application/cbor-seq":
		return cborSequence
	case "application/xml", "application/javascript":
		return text
	}
	switch {
	case strings.HasSuffix(media, "+json"):
		return jsonText
	case strings.HasSuffix(media, "+cbor"):
		return cborItem
	case strings.HasSuffix(media, "+cbor-seq"):
		return cborSequence
	case strings.HasSuffix(media, "+xml"), strings.HasPrefix(media, "text/"):
		return text
	}
	return opaque
}

// senml says whether integer keys of maps are SenML labels (RFC 8428 §6).
func senml(format int) bool {
	return format == int(protocol.SenMLCBOR) || format == 113 || format == 322
}

// sniff gives what the payload looks like.
func sniff(data []byte) family {
	switch trimmed := bytes.TrimLeft(data, " \t\r\n"); {
	case len(data) == 0:
		return text
	case len(trimmed) > 0 && trimmed[0] == '<' && fits(links, data):
		return links
	case len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && fits(jsonText, data):
		return jsonText
	case fits(text, data):
		return text
	case fits(cborItem, data):
		return cborItem
	case looksLikeSequence(data):
		return cborSequence
	}
	return unknown
}

// looksLikeSequence says whether the payload can be taken for a CBOR sequence though nothing says so. Nearly any bytes
// are the beginning of one, so that it has to be whole, and to begin with an array or a map.
func looksLikeSequence(data []byte) bool {
	major := data[0] >> 5
	return len(data) <= maxSniffedCBOR && (major == 4 || major == 5) && fits(cborSequence, data)
}

// fits says whether the payload is well-formed as a member of the family.
func fits(f family, data []byte) bool {
	switch f {
	case text:
		return printable(data)
	case jsonText:
		return json.Valid(data)
	case cborItem, cborSequence:
		return fitsCBOR(data, f == cborSequence)
	case links:
		// A beginning is enough to tell; later mistakes are for the view to show.
		n := 0
		for l, errs := range linkformat.All(data[:min(len(data), 4096)]) {
			if l == nil || errs.Lost() && n == 0 && len(data) <= 4096 {
				return false
			}
			if n++; n == 8 {
				break
			}
		}
		return true
	}
	return true
}

// maxSniffedCBOR bounds the bytes that are looked at to tell CBOR from what is not.
const maxSniffedCBOR = 64 << 10

func fitsCBOR(data []byte, sequence bool) bool {
	seen := data[:min(len(data), maxSniffedCBOR)]
	for pos := 0; pos < len(seen); {
		end, err := skipItem(seen, pos)
		if err != nil {
			return err.cutOff && len(seen) < len(data)
		}
		if !sequence && end < len(data) {
			return false
		}
		pos = end
	}
	return len(data) > 0 || sequence
}

// printable says whether the payload is UTF-8 without control characters other than those of lines.
func printable(data []byte) bool {
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || r < 0xa0 {
			return false
		}
		i += n
	}
	return true
}

// Render gives the views of a payload, the best first and hex last. The format is the number of the
// Content-Format option, or [NoFormat].
func Render(format int, data []byte) []View {
	declared, seen := familyOf(format), sniff(data)
	first := best(declared, seen, data)
	var views []View
	add := func(name string) {
		for _, v := range views {
			if v.Name == name {
				return
			}
		}
		views = append(views, As(name, format, data))
	}
	candidates := []family{first, seen, declared}
	if declared == opaque {
		candidates = candidates[:1]
	}
	for _, f := range candidates {
		switch f {
		case links:
			add(NameLinks)
			add(NameText)
		case jsonText:
			add(NameJSON)
			add(NameText)
		case cborItem, cborSequence:
			if len(data) > 0 {
				add(NameCBOR)
				add(NameJSON)
			}
		case text:
			add(NameText)
		}
	}
	add(NameHex)
	return views
}

// best is what the payload is shown as first. A payload that is not what was declared, but plainly something else, is
// shown as that.
func best(declared, seen family, data []byte) family {
	switch {
	case declared == unknown, declared == opaque && seen == text && len(data) > 0:
		return seen
	case declared == opaque:
		return unknown
	case contradicts(declared, seen) && !fits(declared, data):
		return seen
	}
	return declared
}

func contradicts(declared, seen family) bool {
	if seen == unknown || seen == text || declared == unknown || declared == opaque || declared == seen {
		return false
	}
	return !(declared == cborSequence && seen == cborItem || declared == cborItem && seen == cborSequence)
}

// Names gives the names of all views, for a choice by hand with [As].
func Names() []string { return []string{NameText, NameJSON, NameCBOR, NameLinks, NameHex} }

// As gives the view of that name, whether it fits or not. CBOR is shown as JSON where the payload is
// CBOR. An unknown name gives hex.
func As(name string, format int, data []byte) View {
	switch name {
	case NameText:
		return newView(name, func() *layout { return layoutText(data) })
	case NameJSON:
		return newView(name, func() *layout {
			if isCBOR(format, data) {
				return layoutCBOR(format, data, true)
			}
			return layoutJSON(data)
		})
	case NameCBOR:
		return newView(name, func() *layout { return layoutCBOR(format, data, false) })
	case NameLinks:
		return newView(name, func() *layout { return layoutLinks(data) })
	}
	return newView(NameHex, func() *layout { return layoutHex(data) })
}

func isCBOR(format int, data []byte) bool {
	f := best(familyOf(format), sniff(data), data)
	return f == cborItem || f == cborSequence
}

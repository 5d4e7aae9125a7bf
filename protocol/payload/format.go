package payload

import (
	"strings"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// NoFormat stands for a message without Content-Format option.
const NoFormat = -1

// Sensor streams, which need not end (RFC 8428 §4.8).
const (
	sensmlJSON = 111
	sensmlCBOR = 113
)

// family is what a payload is made of.
type family uint8

const (
	unknown family = iota
	text
	jsonText
	cborItem
	cborSequence
	links
	xmlText
	opaque // known, but with no view of its own
)

// familyOf gives what the Content-Format promises: that of the first view for it which has a family.
func familyOf(format int) family {
	media, ok := mediaType(format)
	if !ok {
		return unknown
	}
	for _, r := range claimants[format] {
		if r.family == cborItem && strings.HasSuffix(media, "cbor-seq") {
			return cborSequence
		}
		if r.family != unknown {
			return r.family
		}
	}
	return opaque
}

// mediaType gives the media type without parameters; false for a number that is not registered.
func mediaType(format int) (string, bool) {
	if format < 0 || format > 0xffff {
		return "", false
	}
	info, ok := protocol.ContentFormat(format).Info()
	if !ok {
		return "", false
	}
	media, _, _ := strings.Cut(info.MediaType, ";")
	return strings.TrimSpace(media), true
}

// senml says whether integer keys of maps are SenML labels (RFC 8428 §6).
func senml(format int) bool {
	return format == int(protocol.SenMLCBOR) || format == 113 || format == 322
}

// sniff gives the family that the payload looks like.
func sniff(data []byte) family {
	best, first := unknown, possible
	for i := range renderers {
		if r := &renderers[i]; r.family != unknown {
			if n := r.look(data); n > first {
				best, first = r.family, n
			}
		}
	}
	if best == cborItem && !fits(cborItem, data) {
		return cborSequence
	}
	return best
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
		return validJSON(data, false) == nil
	case xmlText:
		return wellFormedXML(data) == nil
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

// best is the family in which the payload is shown first. A payload that is not what was declared, but plainly something
// else, is shown as that.
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

func isCBOR(format int, data []byte) bool {
	f := best(familyOf(format), sniff(data), data)
	return f == cborItem || f == cborSequence
}

// layoutAsJSON shows JSON, and CBOR as the JSON that can be made of it.
func layoutAsJSON(format int, data []byte) *layout {
	if isCBOR(format, data) {
		return layoutCBOR(format, data, true)
	}
	return layoutJSON(data)
}

package payload

import (
	"bytes"
	"slices"
	"strings"

	"coapscope/protocol"
)

// Names of views.
const (
	NameImage     = "Image"
	NameParts     = "Parts"
	NameCOSE      = "COSE"
	NameTLV       = "LwM2M"
	NameSenML     = "SenML"
	NameProblem   = "Problem"
	NameLinkTable = "Link table"
	NameLinks     = "Links"
	NameXML       = "XML"
	NameJSON      = "JSON"
	NameCBOR      = "CBOR"
	NameText      = "Text"
	NameHex       = "Hex"
)

// rank says how much a payload looks like something, judged by its bytes alone.
type rank uint8

const (
	never    rank = iota // it is not this
	possible             // well-formed as this, but so is much else: shown only where the Content-Format says so
	textual              // text without control characters
	likely               // well-formed as this, and hardly by chance
	special              // as likely, and with more meaning than the encoding it is written in
	certain              // says so itself, by a magic number
)

// renderer is a row of the table of views.
type renderer struct {
	name string
	// claims are the media types that it shows: "application/json"; with a suffix (RFC 6838 §4.2.8), "+json";
	// all of a tree, "text/".
	claims []string
	// numbers are Content-Formats that it shows besides those, registered or not.
	numbers []int
	// sniff ranks the payload by its bytes. It has to be quick with what is plainly something else. Without it the
	// view is only shown where the Content-Format asks for it.
	sniff func(data []byte) rank
	// layout makes the view. It is bounded in time and memory, and never fails.
	layout func(format int, data []byte) *layout
	// within makes the view for a payload within a payload. It is for what may contain payloads itself.
	within func(n nesting, format int, data []byte) *layout
	// summary gives the payload in a few words, and nothing where the words for its encoding are better.
	summary func(data []byte) string
	// check says what is wrong with a payload that is said to be this, and nothing where it is not. It is for every message:
	// exact, quick, and bounded by maxChecked.
	check func(format int, data []byte) string
	// behind are other views to offer after this one.
	behind []string
	// family is for the views that show an encoding, and not what is said in it.
	family family
}

// renderers has all views, in the order in which those that a Content-Format asks for are shown: the more that a view
// knows about the meaning, the earlier. It is filled by init, since views of containers render what they contain.
var renderers []renderer

// claimants are the views that a registered Content-Format asks for.
var claimants = map[int][]*renderer{}

func init() {
	renderers = append(containerRenderers(), []renderer{
		{
			name: NameSenML,
			claims: []string{
				"application/senml+json", "application/sensml+json", "application/senml-etch+json",
				"application/senml+cbor", "application/sensml+cbor", "application/senml-etch+cbor",
			},
			sniff: sniffSenML, check: checkSenML, layout: layoutSenML,
		},
		{
			name: NameProblem, claims: []string{"application/concise-problem-details+cbor", "application/problem+json"},
			sniff: sniffProblem, check: checkProblem, summary: summarizeProblem, layout: layoutProblem,
		},
		{
			name: NameXML, claims: []string{"application/xml", "text/xml", "+xml"}, family: xmlText, behind: []string{NameText},
			sniff: sniffXML, check: checkXML, layout: func(_ int, data []byte) *layout { return layoutXML(data) },
		},
		{
			name: NameLinkTable, claims: []string{"application/link-format"}, sniff: sniffLinks,
			layout: func(_ int, data []byte) *layout { return layoutLinkTable(data) },
		},
		{
			name: NameLinks, claims: []string{"application/link-format"}, family: links, behind: []string{NameText},
			sniff: sniffLinks, check: checkLinks, layout: func(_ int, data []byte) *layout { return layoutLinks(data) },
		},
		{
			name: NameJSON, claims: []string{"application/json", "+json"}, family: jsonText, behind: []string{NameText},
			sniff: sniffJSON, check: checkJSON, layout: layoutAsJSON,
		},
		{
			name: NameCBOR, family: cborItem, behind: []string{NameJSON},
			claims: []string{
				"application/cbor", "+cbor", "application/cbor-seq", "+cbor-seq", "application/multipart-core",
				"application/cwt", "application/cose", "application/cose-key", "application/cose-key-set",
			},
			sniff: sniffCBOR, check: checkCBOR, layout: func(format int, data []byte) *layout { return layoutCBOR(format, data, false) },
		},
		{
			name: NameText, claims: []string{"text/", "application/javascript"}, family: text,
			sniff: sniffText, check: checkText, layout: func(_ int, data []byte) *layout { return layoutText(data) },
		},
		{name: NameHex, layout: layoutBytes},
	}...)
	for i := range renderers {
		r := &renderers[i]
		for _, row := range protocol.ContentFormats() {
			if media, ok := mediaType(int(row.Number)); ok && !coded(int(row.Number)) && r.claimsMedia(media) {
				claimants[int(row.Number)] = append(claimants[int(row.Number)], r)
			}
		}
		for _, n := range r.numbers {
			if !slices.Contains(claimants[n], r) {
				claimants[n] = append(claimants[n], r)
			}
		}
	}
}

func (r *renderer) claimsMedia(media string) bool {
	for _, c := range r.claims {
		switch {
		case c[0] == '+':
			if strings.HasSuffix(media, c) {
				return true
			}
		case c[len(c)-1] == '/':
			if strings.HasPrefix(media, c) {
				return true
			}
		case c == media:
			return true
		}
	}
	return false
}

func (r *renderer) look(data []byte) rank {
	if r.sniff == nil {
		return never
	}
	return r.sniff(data)
}

func rendererOf(name string) *renderer {
	for i := range renderers {
		if renderers[i].name == name {
			return &renderers[i]
		}
	}
	return &renderers[len(renderers)-1]
}

// Names gives the names of all views, for a choice by hand with [As].
func Names() []string {
	names := make([]string, len(renderers))
	for i := range renderers {
		names[i] = renderers[i].name
	}
	return names
}

// Render gives the views of a payload, the best first and hex last. The format is the number of the Content-Format
// option, or [NoFormat].
func Render(format int, data []byte) []View {
	c := decode(format, data)
	var views []View
	for _, r := range choose(c.format, c.data) {
		views = append(views, c.view(r))
	}
	return views
}

// As gives the view of that name, whether it fits or not. CBOR is shown as JSON where the payload is
// CBOR. An unknown name gives hex.
func As(name string, format int, data []byte) View {
	return decode(format, data).view(rendererOf(name))
}

// choose gives the views of a payload, the best first and hex last: those for its Content-Format, then those for what
// it looks like. A payload that is not what it is declared as, but plainly something else, is shown as that first.
func choose(format int, data []byte) []*renderer {
	_, known := mediaType(format)
	var declared, seen []*renderer
	ranks := map[*renderer]rank{}
	kept := false // to what was declared
	for i := range renderers {
		r := &renderers[i]
		n := r.look(data)
		ranks[r] = n
		if n > possible {
			seen = append(seen, r)
		}
		if slices.Contains(claimants[format], r) {
			if len(data) > 0 || n > never { // nothing is no data item, and there is nothing to show
				declared = append(declared, r)
			}
			kept = kept || n > never
		}
	}
	slices.SortStableFunc(seen, func(a, b *renderer) int { return int(ranks[b]) - int(ranks[a]) })
	if known && len(declared) == 0 && len(data) > 0 { // a format that has no view: only what is beyond doubt
		seen = slices.DeleteFunc(seen, func(r *renderer) bool { return ranks[r] != certain && ranks[r] != textual })
	}
	order := append(slices.Clone(declared), seen...)
	if !kept && len(seen) > 0 && ranks[seen[0]] >= likely {
		order = append(slices.Clone(seen), declared...)
	}
	var all []*renderer
	add := func(r *renderer) {
		if !slices.Contains(all, r) && r.name != NameHex {
			all = append(all, r)
		}
	}
	for _, r := range order {
		add(r)
		// The views behind this one come after those which are for the Content-Format itself.
		if r == order[len(order)-1] || !slices.Contains(declared, r) || r == declared[len(declared)-1] {
			for _, name := range r.behind {
				add(rendererOf(name))
			}
		}
	}
	return append(all, rendererOf(NameHex))
}

func sniffLinks(data []byte) rank {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(data) == 0:
		return possible
	case len(trimmed) == 0 || trimmed[0] != '<' || !fits(links, data):
		return never
	}
	// A target as devices have it: a path, or a URI. Others may be names of XML elements.
	target, _, _ := bytes.Cut(trimmed[1:], []byte(">"))
	if bytes.HasPrefix(target, []byte("/")) || bytes.IndexByte(target, ':') > 0 {
		return likely
	}
	return possible
}

func sniffJSON(data []byte) rank {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case len(trimmed) == 0 || !fits(jsonText, data):
		return never
	case trimmed[0] == '{' || trimmed[0] == '[':
		return likely
	}
	return possible
}

func sniffCBOR(data []byte) rank {
	switch {
	case len(data) == 0:
		return never
	case fitsCBOR(data, false):
		if printable(data) {
			return possible
		}
		return likely
	case looksLikeSequence(data):
		return likely
	case fitsCBOR(data, true):
		return possible
	}
	return never
}

func sniffText(data []byte) rank {
	if printable(data) {
		return textual
	}
	return never
}

// content is what the views of a payload show: the payload, or what its content coding was made from.
type content struct {
	format int
	data   []byte
	coding string // the content coding that was undone
	note   string
	cut    bool // there is more than was decoded
}

// coded says whether the Content-Format has a content coding.
func coded(format int) bool {
	if format < 0 || format > 0xffff {
		return false
	}
	info, _ := protocol.ContentFormat(format).Info()
	return info.Coding != ""
}

// decode undoes the content coding of the Content-Format. Where that is not possible, it is the payload as it is.
func decode(format int, data []byte) content { return decodeWithin(format, data, outermost().left) }

func decodeWithin(format int, data []byte, left *allowance) content {
	c := content{format: format, data: data}
	if !coded(format) {
		return c
	}
	info, _ := protocol.ContentFormat(format).Info()
	out, note, cut, ok := undo(info.Coding, data, left)
	c.note = note
	if !ok {
		c.format = int(protocol.OctetStream)
		return c
	}
	for _, row := range protocol.ContentFormats() {
		if row.Coding == "" && row.MediaType == info.MediaType {
			return content{int(row.Number), out, info.Coding, note, cut}
		}
	}
	return content{int(protocol.OctetStream), out, info.Coding, note, cut}
}

// view gives a view of the content. Spans of what was decoded do not point into the payload.
func (c content) view(r *renderer) View {
	return newView(r.name, func() *layout {
		return c.layout(func() *layout { return r.layout(c.format, c.data) })
	})
}

// layout makes a layout of the content one of the payload.
func (c content) layout(lay func() *layout) *layout {
	l := lay()
	if c.note != "" {
		if l.note != "" {
			l.note = "; " + l.note
		}
		l.note = c.note + l.note
	}
	if c.coding != "" {
		l.derived, l.truncated = true, l.truncated || c.cut
		if l.line == nil {
			lines := l.lines
			l.line, l.count = func(i int) Line { return lines[i] }, len(lines)
		}
	}
	return l
}

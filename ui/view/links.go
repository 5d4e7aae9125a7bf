package view

import (
	"net/netip"
	"slices"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/payload"
)

// RowLink is a part of a rendered line that refers to a resource.
type RowLink struct {
	Span     int    // of the line
	From, To int    // bytes of its text
	URI      string // resolved
}

// SetBase has the rendering find links: what refers to a path is of the host of base. known tells whether a path is one
// of its resources; by that a path in plain text is told from what only looks like one.
func (v *Rendering) SetBase(base protocol.URI, known func(path string) bool) {
	v.base, v.known = base, known
}

// Base gives the URI that the payload was read from; empty where it is not known.
func (v *Rendering) Base() protocol.URI { return v.base }

// Links gives the links of a row, in order; none before [Rendering.SetBase]. It is for rows in sight.
func (v *Rendering) Links(row int) (links []RowLink) {
	if v.base.Host == "" || row < 0 || row >= v.Len() {
		return nil
	}
	name := v.View().Name
	targets := name == payload.NameLinks || name == payload.NameLinkTable
	for i, s := range v.Row(row) {
		switch {
		case targets && s.Kind == payload.KindLiteral && s.End <= len(v.data) && s.Start < s.End:
			targets = false // of a link it is the first
			if uri, ok := reference(v.base, string(v.data[s.Start:s.End])); ok {
				links = append(links, RowLink{i, 0, len(strings.TrimRight(s.Text, " ")), uri})
			}
		case s.Kind == payload.KindString:
			text := strings.TrimRight(s.Text, " ")
			from, to := 0, len(text)
			if to > 1 && text[0] == '"' && text[to-1] == '"' {
				from, to = 1, to-1
			}
			if uri, ok := v.stated(text[from:to]); ok {
				links = append(links, RowLink{i, from, to, uri})
			}
		case name == payload.NameText && s.Kind == payload.KindPlain:
			links = append(links, v.words(i, s.Text)...)
		}
	}
	return links
}

// stated takes a text that is a URI of CoAP or an absolute path, and nothing else.
func (v *Rendering) stated(text string) (string, bool) {
	if !hasCoAPScheme(text) && !isPath(text) {
		return "", false
	}
	return reference(v.base, text)
}

// words finds the URIs of CoAP in a text, and the paths of resources that the device is known to have.
func (v *Rendering) words(span int, text string) (links []RowLink) {
	for at := 0; at < len(text); {
		end := at + strings.IndexAny(text[at:]+" ", " \t<>\"'`")
		word := strings.TrimLeft(text[at:end], "({")
		from := end - len(word)
		word = strings.TrimRight(word, ".,;:!?)}")
		if !strings.Contains(word, "[") {
			word = strings.TrimRight(word, "]")
		}
		uri, ok := "", false
		switch {
		case hasCoAPScheme(word):
			uri, ok = reference(v.base, word)
		case isPath(word) && v.known != nil && v.known(word):
			uri, ok = reference(v.base, word)
		}
		if ok {
			links = append(links, RowLink{span, from, from + len(word), uri})
		}
		at = end + 1
	}
	return links
}

func hasCoAPScheme(text string) bool {
	scheme, rest, ok := strings.Cut(text, "://")
	return ok && rest != "" && protocol.Scheme(strings.ToLower(scheme)).DefaultPort() != 0
}

// isPath tells whether a text is an absolute path as RFC 3986 §3.3 has it, with a query or not, and more than "/".
func isPath(text string) bool {
	if len(text) < 2 || text[0] != '/' || text[1] == '/' {
		return false
	}
	word := false
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		word = word || letter
		if !letter && (c < '0' || c > '9') && strings.IndexByte("-._~!$&'()*+,;=:@/?%", c) < 0 {
			return false
		}
	}
	return word
}

// A payload of at most so many bytes is looked through for links, and so many of them are listed. In a larger one those
// in sight are found.
const (
	maxLinkPayload = 16 << 10
	maxListedLinks = 40
)

// linksOf gives what the payload refers to, each once.
func (w *Workbench) linksOf(a *Answer) (uris []string) {
	if len(a.Message.Payload) == 0 || len(a.Message.Payload) > maxLinkPayload {
		return nil
	}
	var r Rendering
	r.SetBase(a.question.uri, w.isKnown(a.From))
	r.Show(a.format(), a.Message.Payload)
	for row := range r.Len() {
		for _, l := range r.Links(row) {
			if slices.Contains(uris, l.URI) {
				continue
			}
			if uris = append(uris, l.URI); len(uris) == maxListedLinks {
				return uris
			}
		}
	}
	return uris
}

// format gives the Content-Format of the payload, -1 for none.
func (a *Answer) format() int {
	if f, ok := a.Message.ContentFormat(); ok {
		return int(f)
	}
	return payload.NoFormat
}

// isKnown gives what tells whether a path is a resource of a device.
func (w *Workbench) isKnown(endpoint netip.AddrPort) func(string) bool {
	return func(path string) bool {
		_, _, listed := w.Devices.Resource(rowID(endpoint, path))
		return listed
	}
}

// Refer has a rendering find the links of an answer.
func (w *Workbench) Refer(v *Rendering, a *Answer) {
	if a.question != nil {
		v.SetBase(a.question.uri, w.isKnown(a.From))
	}
}

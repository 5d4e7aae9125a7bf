package lab

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// rawLink is a link of others, read and not judged.
type rawLink struct {
	target     string
	attributes []attribute
}

// resolved gives the link as lookups show it: with full references (RFC 9176 §6.1).
func (l rawLink) resolved(base *url.URL) rawLink {
	full := func(reference string) string {
		if u, err := url.Parse(reference); err == nil && u.Scheme == "" {
			return base.ResolveReference(u).String()
		}
		return reference
	}
	l.target, l.attributes = full(l.target), slices.Clone(l.attributes)
	for i, a := range l.attributes {
		if a.name == "anchor" {
			l.attributes[i].value = full(a.value)
		}
	}
	return l
}

// matches tells whether a link meets a criterion (RFC 9176 §6.2, RFC 6690 §4.1).
func (l rawLink) matches(criterion [2]string) bool {
	name, want := criterion[0], criterion[1]
	prefix, wild := strings.CutSuffix(want, "*")
	is := func(v string) bool { return v == want || wild && strings.HasPrefix(v, prefix) }
	if name == "href" {
		return is(l.target)
	}
	return slices.ContainsFunc(l.attributes, func(a attribute) bool {
		if a.name != name {
			return false
		}
		return is(a.value) || slices.Contains([]string{"rt", "if", "rel", "rev", "ct"}, name) && slices.ContainsFunc(strings.Fields(a.value), is)
	})
}

func (l rawLink) append(b []byte) []byte {
	b = append(append(append(b, '<'), l.target...), '>')
	for _, a := range l.attributes {
		b = append(append(b, ';'), a.name...)
		switch {
		case a.flag:
		case a.bare:
			b = append(append(b, '='), a.value...)
		default:
			b = append(append(append(b, `="`...), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.value)...), '"')
		}
	}
	return b
}

// parseLinks reads links as RFC 6690 §2 has them.
func parseLinks(s string) (links []rawLink, err error) {
	fail := func(rest, what string) ([]rawLink, error) {
		return nil, fmt.Errorf("links, octet %d: %s", len(s)-len(rest), what)
	}
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("links are no UTF-8")
	}
	for rest := s; rest != ""; {
		inside, ok := strings.CutPrefix(rest, "<")
		target, after, closed := strings.Cut(inside, ">")
		if !ok || !closed {
			return fail(rest, "a link is <target>")
		}
		if _, err := url.Parse(target); err != nil {
			return fail(inside, "the target is no reference")
		}
		l := rawLink{target: target}
		for rest = after; strings.HasPrefix(rest, ";"); {
			text := rest[1:]
			n := strings.IndexAny(text+",", `=;,"<>`)
			a := attribute{name: text[:n], flag: true}
			if n == 0 {
				return fail(text, "an attribute has a name")
			}
			rest = text[n:]
			if strings.HasPrefix(rest, "=") {
				a.flag = false
				if a.value, a.bare, rest, ok = parseValue(rest[1:]); !ok {
					return fail(rest, "a value is a word, or in quotes")
				}
			}
			l.attributes = append(l.attributes, a)
		}
		links = append(links, l)
		switch {
		case rest == "":
		case rest[0] == ',' && len(rest) > 1:
			rest = rest[1:]
		default:
			return fail(rest, "there is no link behind it")
		}
	}
	return links, nil
}

// parseValue reads the value of an attribute.
func parseValue(s string) (value string, bare bool, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		n := strings.IndexAny(s+",", `;,"<>`)
		return s[:n], true, s[n:], n > 0
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), false, s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", false, s, false
}

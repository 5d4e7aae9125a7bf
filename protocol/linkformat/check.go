package linkformat

import (
	"strconv"
	"strings"
)

// once lists the attributes that must not be repeated in a link, with the clause.
var once = [...]struct{ name, clause string }{
	{"rt", "RFC 6690 §3.1"},
	{"if", "RFC 6690 §3.2"},
	{"sz", "RFC 6690 §3.3"},
	{"obs", "RFC 7641 §6"},
	{"rel", "RFC 8288 §3.3"},
	{"media", "RFC 8288 §3.4.1"},
	{"title", "RFC 8288 §3.4.1"},
	{"title*", "RFC 8288 §3.4.1"},
	{"type", "RFC 8288 §3.4.1"},
}

// check reports what the clause of an attribute forbids. The attribute is kept all the same.
func (p *parser) check(a Attribute) {
	name := strings.ToLower(a.Name)
	for i, row := range once {
		if row.name == name {
			if p.seen&(1<<i) != 0 {
				p.fail(a.Span.Start, row.clause, "appears more than once in the link; the first counts")
			}
			p.seen |= 1 << i
		}
	}
	at := a.ValueSpan.Start
	if a.Form == Flag {
		at = a.Span.End
	}
	switch name {
	case "href":
		p.fail(a.Span.Start, "RFC 6690 §2", "the name is reserved for queries")
	case "rel", "rev":
		values := split(a.Value)
		if len(values) == 0 {
			p.fail(at, "RFC 6690 §2, relation-types", "expected a relation type")
		}
		for _, v := range values {
			if !relationType(v) {
				p.fail(at, "RFC 6690 §2, relation-type",
					"%q is neither a registered type (a-z, then a-z 0-9 . -) nor a URI", shorten(v))
			}
		}
	case "rt", "if":
		if len(split(a.Value)) == 0 {
			p.fail(at, "RFC 6690 §2, relation-types", "expected a value")
		}
	case "sz":
		if !cardinal(a.Value) {
			p.fail(at, "RFC 6690 §2, cardinal", "a size is a number without leading zeros, not %q", shorten(a.Value))
		}
	case "ct":
		p.checkContentFormats(a.Value, at)
	case "obs":
		if a.Form != Flag {
			p.fail(at, "RFC 7641 §6", "has no value; it is ignored")
		}
	case "title*":
		if _, _, ok := DecodeExtended(a.Value); !ok {
			p.fail(at, "RFC 8187 §3.2.1, ext-value", "expected charset'language'text with percent-encoded text, in UTF-8")
		}
	}
}

func (p *parser) checkContentFormats(value string, at int) {
	values := split(value)
	if len(values) == 0 {
		p.fail(at, "RFC 7252 §7.2.1", "expected a content-format number")
	}
	for _, v := range values {
		if _, err := strconv.ParseUint(v, 10, 16); err != nil || !cardinal(v) {
			p.fail(at, "RFC 7252 §7.2.1", "a content-format is a number from 0 to 65535 without leading zeros, not %q", shorten(v))
			return
		}
	}
}

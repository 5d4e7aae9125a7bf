package linkformat

import (
	"fmt"
	"strings"
)

// Filter selects links, as the query of a request for /.well-known/core does (RFC 6690 §4.1).
type Filter struct {
	Name   string // of an attribute, or "href" for the target
	Value  string
	Prefix bool // values that begin with Value match too: the "*" at the end
}

// ParseFilter reads the value of a Uri-Query option, such as rt=light* or href=/sensors. Such a
// value is percent-decoded already (RFC 7252 §6.4).
func ParseFilter(option string) (Filter, error) {
	name, value, ok := strings.Cut(option, "=")
	if !ok || name == "" {
		return Filter{}, fmt.Errorf("filter %q: expected name=value, or name=* for any value (RFC 6690 §4.1)", option)
	}
	value, prefix := strings.CutSuffix(value, "*")
	return Filter{name, value, prefix}, nil
}

// String gives the value of the Uri-Query option that asks for the filter.
func (f Filter) String() string {
	if f.Prefix {
		return f.Name + "=" + f.Value + "*"
	}
	return f.Name + "=" + f.Value
}

// Match says whether the filter selects the link. Each of the values of rt, if, rel and rev, and of
// ct, which may be a list too (RFC 7252 §7.2.1), is matched by itself. What is not written in the
// link does not match, not even the rel=hosts that is meant where no rel is.
func (f Filter) Match(l Link) bool {
	if strings.EqualFold(f.Name, "href") {
		return f.matchValue(l.Target)
	}
	for _, a := range l.Attributes {
		if !strings.EqualFold(a.Name, f.Name) {
			continue
		}
		switch strings.ToLower(a.Name) {
		case "rt", "if", "rel", "rev", "ct":
			values := split(a.Value)
			if len(values) == 0 {
				values = []string{""}
			}
			for _, v := range values {
				if f.matchValue(v) {
					return true
				}
			}
		default:
			if f.matchValue(a.Value) {
				return true
			}
		}
	}
	return false
}

func (f Filter) matchValue(v string) bool {
	if f.Prefix {
		return strings.HasPrefix(v, f.Value)
	}
	return v == f.Value
}

// Select gives the links that all filters select. RFC 6690 §4.1 knows one filter; that several
// narrow further is the rule of RFC 9176 §6.2.
func (ls Links) Select(filters ...Filter) Links {
	var selected Links
links:
	for _, l := range ls {
		for _, f := range filters {
			if !f.Match(l) {
				continue links
			}
		}
		selected = append(selected, l)
	}
	return selected
}

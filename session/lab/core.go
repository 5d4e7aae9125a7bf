package lab

import (
	"slices"
	"strconv"
	"strings"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// link is how /.well-known/core describes a resource (RFC 6690, RFC 7252 §7.2.1, RFC 7641 §6).
type link struct {
	path  string
	title string
	// rt and iface are the resource types and interface descriptions: one value, or several between spaces.
	rt, iface string
	// ct are the content formats that a GET can have, the default first.
	ct []message.MediaType
	// sz returns the size of the representation where it is larger than a datagram should be.
	sz func() int
	// obs says that the resource can be observed.
	obs bool
	// hidden keeps the resource out of /.well-known/core; it is reached through another one.
	hidden bool
}

// attribute is one target attribute; quoted unless it is a bare number or a flag.
type attribute struct {
	name, value string
	bare, flag  bool
}

func (l *link) attributes() []attribute {
	var all []attribute
	if l.rt != "" {
		all = append(all, attribute{name: "rt", value: l.rt})
	}
	if l.iface != "" {
		all = append(all, attribute{name: "if", value: l.iface})
	}
	if len(l.ct) > 0 {
		var ct []string
		for _, f := range l.ct {
			ct = append(ct, strconv.Itoa(int(f)))
		}
		all = append(all, attribute{name: "ct", value: strings.Join(ct, " "), bare: len(ct) == 1})
	}
	if l.sz != nil && l.sz() > 0 {
		all = append(all, attribute{name: "sz", value: strconv.Itoa(l.sz()), bare: true})
	}
	if l.obs {
		all = append(all, attribute{name: "obs", flag: true})
	}
	if l.title != "" {
		all = append(all, attribute{name: "title", value: l.title})
	}
	return all
}

// append writes the link in the format of RFC 6690 §2.
func (l *link) append(b []byte) []byte {
	b = append(append(append(b, "</"...), l.path...), '>')
	for _, a := range l.attributes() {
		b = append(append(b, ';'), a.name...)
		switch {
		case a.flag:
		case a.bare:
			b = append(append(b, '='), a.value...)
		default:
			b = append(append(append(b, `="`...), a.value...), '"')
		}
	}
	return b
}

// matches tells whether the link passes one filter "name=value" of a query (RFC 6690 §4.1). A value that ends with an
// asterisk is a prefix. rt, if and ct are lists, of which one member has to match.
func (l *link) matches(filter string) bool {
	name, want, valued := strings.Cut(filter, "=")
	var values []string
	found := false
	if name == "href" {
		found, values = true, []string{"/" + l.path}
	}
	for _, a := range l.attributes() {
		if a.name != name {
			continue
		}
		found = true
		if name == "rt" || name == "if" || name == "ct" {
			values = strings.Fields(a.value)
		} else {
			values = []string{a.value}
		}
	}
	if !valued {
		return found
	}
	prefix, wild := strings.CutSuffix(want, "*")
	return slices.ContainsFunc(values, func(v string) bool {
		return wild && strings.HasPrefix(v, prefix) || v == want
	})
}

// links renders the links of the resources that are visible and pass the filters.
func (d *device) links(filters []string, visible func(*resource) bool) []byte {
	var b []byte
	for _, path := range d.order {
		res := d.resources[path]
		if !visible(res) || slices.ContainsFunc(filters, func(f string) bool { return !res.matches(f) }) {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = res.append(b)
	}
	return b
}

// core adds /.well-known/core, the resource that lists the others (RFC 6690 §4).
func (d *device) core() {
	d.at(".well-known/core", "Resources of this device", link{ct: []message.MediaType{message.AppLinkFormat}, hidden: true}).
		on(codes.GET, func(r *request) response {
			filters := r.strings(message.URIQuery)
			return negotiate(r, form{message.AppLinkFormat, func() []byte {
				return d.links(filters, func(res *resource) bool { return !res.hidden })
			}})
		})
}

package lab

import (
	"math"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

const (
	maxRegistrations = 1000
	defaultLifetime  = 90_000 * time.Second // RFC 9176 §5
	// keptExpired is how long a registration can still be renewed after its lifetime (RFC 9176 §5.3).
	keptExpired = time.Hour
)

// directory is a resource directory (RFC 9176). It trusts whoever registers: there is no security to tell clients apart.
type directory struct {
	d       *device
	entries []*registration // in the order of their IDs
	last    int
}

// registration is an endpoint with its links.
type registration struct {
	id       int
	ep, d    string
	base     *url.URL
	explicit bool        // base was given
	extra    []attribute // the other parameters
	lifetime time.Duration
	expires  time.Time
	ours     bool // a device of the lab, which renews it
	links    []rawLink
}

func (e *registration) path() string { return "/rd/" + strconv.Itoa(e.id) }

// buildDirectory adds the resources of a directory to a device.
func buildDirectory(d *device) *directory {
	dir := &directory{d: d}
	format := []message.MediaType{message.AppLinkFormat}
	d.at("rd", "Resource directory: POST links with ?ep=name&base=URI", link{rt: "core.rd", ct: format}).post(dir.register, format...)
	d.at("rd-lookup/ep", "Endpoints of the resource directory", link{rt: "core.rd-lookup-ep", ct: format}).get(dir.lookup(true))
	d.at("rd-lookup/res", "Resources of the resource directory", link{rt: "core.rd-lookup-res", ct: format}).get(dir.lookup(false))
	d.at(".well-known/rd", "", link{hidden: true}).post(dir.registerSimply)
	d.missing = dir.resource
	return dir
}

// enrol registers a device of the lab.
func (dir *directory) enrol(d *device) {
	links, _ := parseLinks(string(d.links(nil, func(r *resource) bool { return !r.hidden }))) // its own are well-formed
	base := &url.URL{Scheme: "coap", Host: hostOf(d.Addr)}
	dir.put(&registration{
		ep: d.Name, d: "lab", base: base, explicit: true, extra: []attribute{{name: "et", value: "lab.device"}}, ours: true, lifetime: defaultLifetime, links: links,
	})
}

// hostOf is an endpoint as the authority of a URI.
func hostOf(at netip.AddrPort) string {
	if at.Port() == DefaultPort {
		if at.Addr().Is6() {
			return "[" + at.Addr().String() + "]"
		}
		return at.Addr().String()
	}
	return at.String()
}

// active tells whether lookups show it.
func (dir *directory) active(e *registration) bool { return e.ours || dir.d.now().Before(e.expires) }

// put takes a registration in, in place of the one of the same endpoint, whose location it keeps; false where there is no room.
func (dir *directory) put(e *registration) bool {
	e.expires = dir.d.now().Add(e.lifetime)
	dir.entries = slices.DeleteFunc(dir.entries, func(old *registration) bool {
		return !dir.active(old) && dir.d.now().Sub(old.expires) >= keptExpired
	})
	if i := slices.IndexFunc(dir.entries, func(old *registration) bool { return old.ep == e.ep && old.d == e.d }); i >= 0 {
		e.id = dir.entries[i].id
		dir.entries[i] = e
		return true
	}
	if len(dir.entries) >= maxRegistrations {
		return false
	}
	dir.last++
	e.id = dir.last
	dir.entries = append(dir.entries, e)
	return true
}

// read applies the parameters of a registration or an update (RFC 9176 §5, §5.3.1), and says what is wrong with them.
func (e *registration) read(r *request, update bool) string {
	for _, q := range r.strings(message.URIQuery) {
		name, value, _ := strings.Cut(q, "=")
		switch name {
		case "ep", "d":
			if update {
				return name + " cannot be changed"
			}
			if len(value) > 63 || !utf8.ValidString(value) || strings.ContainsFunc(value, func(c rune) bool { return c < 32 || c >= 127 && c < 160 }) {
				return name + " is too long, or has control characters"
			}
			if name == "ep" {
				e.ep = value
			} else {
				e.d = value
			}
		case "lt":
			seconds, err := strconv.ParseUint(value, 10, 32)
			if err != nil || seconds == 0 {
				return "lt is 1 to 4294967295"
			}
			e.lifetime = time.Duration(seconds) * time.Second
		case "base":
			base, err := url.Parse(value)
			if err != nil || base.Scheme == "" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || strings.Contains(base.Host, "%") {
				return "base is no URI such as coap://192.0.2.1, without zone, query and fragment"
			}
			e.base, e.explicit = base, true
		case "page", "count", "rt", "href", "anchor", "":
			return "no parameter of a registration: " + name
		default:
			e.extra = slices.DeleteFunc(e.extra, func(a attribute) bool { return a.name == name && update })
			e.extra = append(e.extra, attribute{name: name, value: value})
		}
	}
	if e.ep == "" {
		return "ep is missing"
	}
	if !e.explicit {
		e.base = &url.URL{Scheme: "coap", Host: hostOf(r.peer)}
	}
	return ""
}

// register answers a POST to the directory (RFC 9176 §5).
func (dir *directory) register(r *request) response {
	if r.multicast {
		return response{}
	}
	e := &registration{lifetime: defaultLifetime}
	if wrong := e.read(r, false); wrong != "" {
		return status(codes.BadRequest, wrong)
	}
	var err error
	if e.links, err = parseLinks(string(r.payload)); err != nil {
		return status(codes.BadRequest, err.Error())
	}
	if !dir.put(e) {
		return status(codes.ServiceUnavailable, "no room for another registration").maxAge(60)
	}
	return status(codes.Created).add(message.LocationPath, []byte("rd")).add(message.LocationPath, []byte(strconv.Itoa(e.id)))
}

// registerSimply answers a POST to /.well-known/rd with what became of asking the endpoint for its links (RFC 9176 §5.1).
func (dir *directory) registerSimply(r *request) response {
	e := &registration{lifetime: defaultLifetime}
	wrong := e.read(r, false)
	switch {
	case r.multicast:
		return response{}
	case wrong != "":
		return status(codes.BadRequest, wrong)
	case e.explicit:
		return status(codes.BadRequest, "base is not for simple registration")
	case len(r.payload) > 0:
		return status(codes.BadRequest, "no payload here: the links are asked for")
	case len(dir.d.forwarded) >= maxTransfers:
		return status(codes.ServiceUnavailable, "too many requests are on their way").maxAge(1)
	}
	return response{}.via(func(d *device, r *request, _ response) {
		var got []byte
		f := &forwarded{client: r, to: r.peer}
		f.then = func(resp response) (response, bool) {
			if resp.code != codes.Content {
				return status(codes.BadGateway, "no links from /.well-known/core: ", dotted(resp.code)), true
			}
			got = append(got, resp.payload...)
			if b, err := resp.options.GetUint32(message.Block2); err == nil && b&8 != 0 && len(got) < defaultBodyLimit {
				d.ask(f, codes.GET, wellKnown((b+16)&^8), nil)
				return response{}, false
			}
			var err error
			if e.links, err = parseLinks(string(got)); err != nil {
				return status(codes.BadGateway, err.Error()), true
			}
			if !dir.put(e) {
				return status(codes.ServiceUnavailable, "no room for another registration").maxAge(60), true
			}
			return status(codes.Changed), true
		}
		d.attend(f)
		d.ask(f, codes.GET, wellKnown(0), nil)
	})
}

// wellKnown asks for links, from a block on.
func wellKnown(block2 uint32) message.Options {
	options := message.Options{
		{ID: message.URIPath, Value: []byte(".well-known")},
		{ID: message.URIPath, Value: []byte("core")},
		{ID: message.Accept, Value: uintValue(uint32(message.AppLinkFormat))},
	}
	if block2 != 0 {
		options = append(options, message.Option{ID: message.Block2, Value: uintValue(block2)})
	}
	return options
}

// resource gives the resource of a registration.
func (dir *directory) resource(path string) *resource {
	i := slices.IndexFunc(dir.entries, func(e *registration) bool { return "/"+path == e.path() })
	if i < 0 {
		return nil
	}
	e := dir.entries[i]
	res := &resource{methods: make(map[codes.Code]handler)}
	return res.post(func(r *request) response {
		changed := *e
		changed.extra = slices.Clone(e.extra)
		if len(r.payload) > 0 {
			return status(codes.BadRequest, "an update has no payload (RFC 9176 §5.3.1)")
		}
		if wrong := changed.read(r, true); wrong != "" {
			return status(codes.BadRequest, wrong)
		}
		changed.expires = dir.d.now().Add(changed.lifetime)
		*e = changed
		return status(codes.Changed)
	}).on(codes.DELETE, func(*request) response {
		dir.entries = slices.DeleteFunc(dir.entries, func(other *registration) bool { return other == e })
		return status(codes.Deleted)
	})
}

// attributes are those of the link to a registration (RFC 9176 §6.4).
func (e *registration) attributes() []attribute {
	all := []attribute{{name: "base", value: e.base.String()}, {name: "ep", value: e.ep}}
	if e.d != "" {
		all = append(all, attribute{name: "d", value: e.d})
	}
	return append(append(all, e.extra...), attribute{name: "rt", value: "core.rd-ep"})
}

// lookup answers a GET for endpoints or resources that all criteria select (RFC 9176 §6).
func (dir *directory) lookup(endpoints bool) handler {
	return func(r *request) response {
		criteria, from, count, wrong := criteriaOf(r)
		if wrong != "" {
			return status(codes.BadRequest, wrong)
		}
		var all [][]byte
		for _, e := range dir.entries {
			if !dir.active(e) {
				continue
			}
			self := rawLink{target: e.path(), attributes: e.attributes()}
			var own []rawLink
			for _, l := range e.links {
				own = append(own, l.resolved(e.base))
			}
			if endpoints {
				if !slices.ContainsFunc(criteria, func(c [2]string) bool {
					return !self.matches(c) && !slices.ContainsFunc(own, func(l rawLink) bool { return l.matches(c) })
				}) {
					all = append(all, self.append(nil))
				}
				continue
			}
			for _, l := range own {
				if !slices.ContainsFunc(criteria, func(c [2]string) bool { return !l.matches(c) && !self.matches(c) }) {
					all = append(all, l.append(nil))
				}
			}
		}
		all = all[min(from, len(all)):min(from+count, len(all))]
		var b []byte
		for i, l := range all {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, l...)
		}
		return tagged(negotiate(r, form{message.AppLinkFormat, func() []byte { return b }}))
	}
}

// criteriaOf reads the query of a lookup: what links have to have, and which of them are asked for (RFC 9176 §6.2).
func criteriaOf(r *request) (criteria [][2]string, from, count int, wrong string) {
	page, hasPage := 0, false
	count = math.MaxInt32
	hasCount := false
	for _, q := range r.strings(message.URIQuery) {
		name, value, _ := strings.Cut(q, "=")
		switch name {
		case "page", "count":
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil || name == "count" && n == 0 {
				return nil, 0, 0, name + " is no number that it can be"
			}
			if name == "page" {
				page, hasPage = int(n), true
			} else {
				count, hasCount = int(n), true
			}
		default:
			criteria = append(criteria, [2]string{name, value})
		}
	}
	if hasPage && !hasCount {
		return nil, 0, 0, "page cannot be without count"
	}
	return criteria, min(page*count, math.MaxInt32), count, ""
}

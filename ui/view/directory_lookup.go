package view

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Lookup is what a directory has of endpoints or of resources (RFC 9176 §6), as far as it was asked.
type Lookup struct {
	dirs      *Directories
	endpoints bool

	filter  string
	links   linkformat.Links
	pages   *discovery.Pages   // nil while nothing is looked up; of the goroutine of the page that is on its way
	over    bool               // there are no further pages
	busy    bool               // a page is on its way, or was
	cancel  context.CancelFunc // of that; nil for none
	problem string
}

// EndpointRow is an endpoint of a directory.
type EndpointRow struct {
	Name, Sector, Base, Type string
	Others                   string // what else the directory says of it
	Device                   string // what it is called among the devices, and whether it is there; empty where its base is no address
	Concept                  Concept
}

// ResourceRow is a resource of a directory.
type ResourceRow struct {
	URI, Title, Types, Interfaces, Formats string
	Observable                             bool
	Others                                 string // its other attributes
}

// ParseLookup reads what links have to have to be found: words such as rt=light* ep="node 1", all of which have to hold.
func ParseLookup(text string) (filters []string, err error) {
	for _, word := range quotedWords(text) {
		f, err := linkformat.ParseFilter(word)
		switch {
		case err != nil:
			return nil, errors.New("write name=value, as in rt=temp* or ep=\"node 1\"; name=* is any value (RFC 9176 §6.2)")
		case f.Name == "page" || f.Name == "count":
			return nil, fmt.Errorf("%s is chosen by the program, which asks for page after page", f.Name)
		}
		filters = append(filters, word)
	}
	return filters, nil
}

// quotedWords splits a text at blanks that are in no quotation marks, and takes those away.
func quotedWords(text string) (words []string) {
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case (r == ' ' || r == '\t' || r == '\n') && !quoted:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// uri is where it is looked up; empty where the directory does not have that.
func (l *Lookup) uri() string {
	if l.endpoints {
		return l.dirs.current.Endpoints
	}
	return l.dirs.current.Resources
}

// Filter is what the links that are shown have to have.
func (l *Lookup) Filter() string { return l.filter }

// Begun tells whether something was looked up.
func (l *Lookup) Begun() bool { return l.pages != nil }

// Running tells whether a page is on its way.
func (l *Lookup) Running() bool { return l.cancel != nil }

// HasMore tells whether there may be further pages.
func (l *Lookup) HasMore() bool { return l.pages != nil && !l.over }

// clear forgets what was looked up; the filter stays.
func (l *Lookup) clear() {
	l.Cancel()
	l.links, l.pages, l.problem, l.busy, l.over = nil, nil, "", false, false
}

// Begin looks up anew.
func (l *Lookup) Begin(filter string) {
	l.clear()
	l.filter = strings.TrimSpace(filter)
	l.dirs.bench.Changed(PartDirectory)
	filters, err := ParseLookup(l.filter)
	if err == nil && l.dirs.current.Endpoint.IsValid() && l.uri() == "" {
		err = fmt.Errorf("%s has no lookup of %s (RFC 9176 §6)", l.dirs.CurrentName(), l.what(2))
	}
	if err != nil {
		l.problem = err.Error()
		return
	}
	if l.uri() == "" {
		return
	}
	l.pages = l.dirs.finder.Pages(l.uri(), 0, filters...)
	l.More()
}

// More asks for the next page, if there may be one and none is on its way.
func (l *Lookup) More() {
	if !l.HasMore() || l.busy {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	pages, dir, known, own := l.pages, l.dirs.current, l.dirs.bench.known, l.dirs.ownNames()
	l.busy, l.cancel, l.problem = true, cancel, ""
	l.dirs.bench.Changed(PartDirectory)
	go func() {
		links, err := pages.Next(ctx)
		if l.endpoints {
			enrolEndpoints(known, dir, links, own)
		} else {
			enrolResources(known, dir, links)
		}
		cancelled, over := ctx.Err() != nil, pages.Over()
		cancel()
		l.dirs.bench.inbox.Put(nil, func() {
			l.dirs.bench.Changed(PartDirectory | PartDevices)
			if l.pages != pages {
				return
			}
			l.busy, l.cancel, l.over = false, nil, over
			l.links = append(l.links, links...)
			if err != nil && !cancelled {
				l.problem = err.Error()
			}
		})
	}()
}

// Cancel gives up the page that is on its way. It can be asked for again.
func (l *Lookup) Cancel() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
		l.dirs.bench.Changed(PartDirectory)
	}
}

// enrolEndpoints has endpoints that a directory tells of join the devices. Nobody is asked anything. Those that are only
// simulated stay away.
func enrolEndpoints(known *discovery.Devices, dir discovery.Directory, links linkformat.Links, own map[string]bool) {
	for _, link := range links {
		r := discovery.RegistrantOf(link)
		at, ok := r.Endpoint(dir.Endpoint)
		if ok && r.Name != "" && !own[r.FullName()] && single(at) {
			known.Enrol(at, r.FullName(), nil)
		}
	}
}

// enrolResources adds the resources of devices that are known by a directory only.
func enrolResources(known *discovery.Devices, dir discovery.Directory, links linkformat.Links) {
	of := make(map[netip.AddrPort]linkformat.Links)
	for _, link := range links {
		if at, ok := (discovery.Registrant{Base: link.Target}).Endpoint(dir.Endpoint); ok && single(at) {
			of[at] = append(of[at], link)
		}
	}
	for at, links := range of {
		if d, ok := known.Get(at); ok && d.Remembered && d.EndpointName != "" {
			known.Enrol(at, d.EndpointName, links)
		}
	}
}

// single tells whether an endpoint is one of one device that can be asked.
func single(at netip.AddrPort) bool {
	return at.Port() != 0 && !at.Addr().IsMulticast() && !at.Addr().IsUnspecified()
}

// Len is how many links there are so far.
func (l *Lookup) Len() int { return len(l.links) }

func (l *Lookup) what(n int) string {
	if l.endpoints {
		return strings.TrimLeft(count(n, "endpoint", "endpoints"), "0123456789 ")
	}
	return strings.TrimLeft(count(n, "resource", "resources"), "0123456789 ")
}

// Summary says how far it is.
func (l *Lookup) Summary() (string, Concept) {
	n := Grouped(l.Len()) + " " + l.what(l.Len())
	switch {
	case l.problem != "":
		return l.problem, Error
	case l.Running() && l.Len() == 0:
		return "asking …", Dim
	case l.Running():
		return n + " so far, asking for more …", Dim
	case l.pages == nil:
		return "", Dim
	case l.HasMore() && l.Len() == 0:
		return "not asked to the end", Warning
	case l.HasMore():
		return n + " so far, there may be more", Dim
	}
	return n, Dim
}

// target gives the URI of a link, resolved.
func (l *Lookup) target(i int) string {
	target, _, err := l.links[i].Resolve(l.uri())
	if err != nil {
		return l.links[i].Target
	}
	return target
}

// attributesBut writes the attributes that have none of the names.
func attributesBut(link linkformat.Link, names ...string) string {
	var others []string
next:
	for _, a := range link.Attributes {
		for _, name := range names {
			if strings.EqualFold(a.Name, name) {
				continue next
			}
		}
		others = append(others, a.String())
	}
	return strings.Join(others, " ")
}

// Endpoint gives an endpoint.
func (l *Lookup) Endpoint(i int) EndpointRow {
	if i < 0 || i >= len(l.links) {
		return EndpointRow{}
	}
	r := discovery.RegistrantOf(l.links[i])
	row := EndpointRow{Name: r.Name, Sector: r.Sector, Base: r.Base, Type: r.Type, Others: attributesBut(l.links[i], "ep", "d", "base", "et", "rt")}
	at, ok := r.Endpoint(l.dirs.current.Endpoint)
	if !ok {
		return row
	}
	row.Concept = Dim
	if l.dirs.ownNames()[r.FullName()] {
		row.Device = "simulated, by you"
		return row
	}
	d, known := l.dirs.bench.known.Get(at)
	if !known {
		return row
	}
	switch p := d.Presence(); p {
	case discovery.Online:
		row.Device, row.Concept = "● "+d.Name+", "+p.String(), Good
	case discovery.Late:
		row.Device, row.Concept = "◐ "+d.Name+", "+p.String(), Warning
	case discovery.Lost:
		row.Device, row.Concept = "✖ "+d.Name+", "+p.String(), Error
	default:
		row.Device = "○ " + d.Name + ", " + p.String()
	}
	return row
}

// Resource gives a resource.
func (l *Lookup) Resource(i int) ResourceRow {
	if i < 0 || i >= len(l.links) {
		return ResourceRow{}
	}
	link := l.links[i]
	var formats []string
	for _, f := range link.ContentFormats() {
		name, _, _ := strings.Cut(protocol.ContentFormat(f).String(), ";")  // its charset matters to nobody here
		formats = append(formats, strings.TrimPrefix(name, "application/")) // which is what most of them are
	}
	return ResourceRow{
		URI: l.target(i), Title: link.Title(), Types: strings.Join(link.ResourceTypes(), " "), Interfaces: strings.Join(link.Interfaces(), " "),
		Formats: strings.Join(formats, ", "), Observable: link.Observable(), Others: attributesBut(link, "title", "rt", "if", "ct", "obs"),
	}
}

// Text gives a row as it is copied: the link as the directory has it.
func (l *Lookup) Text(i int) string {
	if i < 0 || i >= len(l.links) {
		return ""
	}
	return l.links[i].String()
}

// ResourcesOf looks up the resources of an endpoint.
func (d *Directories) ResourcesOf(i int) {
	row := d.Endpoints.Endpoint(i)
	if row.Name == "" {
		return
	}
	filter := quoted("ep", row.Name)
	if row.Sector != "" {
		filter += " " + quoted("d", row.Sector)
	}
	d.Resources.Begin(filter)
}

// quoted writes a criterion as ParseLookup reads it. A quotation mark in the value, which it has no way to read, becomes a
// pattern.
func quoted(name, value string) string {
	before, _, cut := strings.Cut(value, `"`)
	if cut {
		value = before + "*"
	}
	if strings.ContainsAny(value, " \t\n") {
		value = `"` + value + `"`
	}
	return name + "=" + value
}

// Compose puts a resource into a request tab, as a GET, and tells whether that may be sent, because it is not observed there.
func (d *Directories) Compose(i int) bool {
	row := d.Resources.Resource(i)
	u, err := protocol.ParseURI(row.URI)
	if err != nil {
		d.bench.Say(Warning, "%s is no URI that can be asked: %v", row.URI, err)
		return false
	}
	if addr, ok := u.Addr(); ok && addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" {
		u.Host = addr.WithZone(d.current.Endpoint.Addr().Zone()).String() // a directory does not tell it (RFC 9176 §6.1)
	}
	return d.bench.goTo(u.String(), false)
}

package view

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// Groups are the named groups that a request can go to.
type Groups struct {
	All []keep.Group // by name

	deleted *keep.Group // the last one that was; nil for none
	edits   int         // how often they were edited
	saving  int         // how many edits are being written
	last    chan struct{}

	names   map[string]netip.AddrPort // of devices
	namesAt uint64                    // revision of the devices that they are of
}

// Find gives the group of that name; nil for none.
func (g *Groups) Find(name string) *keep.Group {
	at := slices.IndexFunc(g.All, func(x keep.Group) bool { return x.Name == name })
	if at < 0 {
		return nil
	}
	return &g.All[at]
}

// GroupRow is a group in the list at the left.
type GroupRow struct {
	Name  string
	Text  string // "All lights  (6)"
	Right string // its address, or what it is
	Tip   string
}

// Rows gives a row for each group.
func (g *Groups) Rows() (rows []GroupRow) {
	for i := range g.All {
		group := &g.All[i]
		r := GroupRow{Name: group.Name, Text: group.Name, Right: "one by one", Tip: group.Name + "\n" + GroupWords(group)}
		if n := len(group.Members); n > 0 {
			r.Text += "  (" + Grouped(n) + ")"
		}
		if group.IsMulticast() {
			r.Right = discovery.EndpointText(group.Multicast)
			if addr := group.Multicast.Addr(); group.Multicast.Port() == protocol.Port {
				r.Right = addr.String()
			}
		}
		for n, m := range group.Members {
			if n == tipMembers {
				r.Tip += fmt.Sprintf("\nand %s more", Grouped(len(group.Members)-n))
				break
			}
			r.Tip += "\n" + m
		}
		rows = append(rows, r)
	}
	return rows
}

// tipMembers is how many members a tip names.
const tipMembers = 12

// GroupWords says what a group is: where a request to it goes, and how far.
func GroupWords(g *keep.Group) string {
	if !g.IsMulticast() {
		return count(len(g.Members), "member", "members") + ", asked one by one"
	}
	scope := discovery.ScopeOf(g.Multicast.Addr(), g.HopLimit)
	text := "multicast " + discovery.EndpointText(g.Multicast) + ": " + ScopeWords(scope)
	if len(g.Interfaces) > 0 {
		text += ", by " + strings.Join(g.Interfaces, ", ")
	}
	if n := len(g.Members); n > 0 {
		text += ", " + count(n, "member", "members") + " expected"
	}
	return text
}

// ScopeWords says how far a scope reaches.
func ScopeWords(s discovery.Scope) string {
	switch s {
	case discovery.ScopeHost:
		return "this host only"
	case discovery.ScopeLink:
		return "this link, as no router passes it on"
	case discovery.ScopeRealm:
		return "one network of a technology, such as a mesh"
	case discovery.ScopeAdmin:
		return "as far as somebody has set up"
	case discovery.ScopeSite:
		return "the whole site"
	case discovery.ScopeWider:
		return "an organization, or further"
	}
	return "beyond this link, as far as the hop limit lets it"
}

// GroupPresets are groups that every device is in (RFC 7252 §12.8), as far as there is none of that address yet.
func (g *Groups) GroupPresets() (presets []keep.Group) {
	names := map[netip.Addr]string{
		protocol.AllNodesIPv4: "All CoAP nodes, IPv4", protocol.AllNodesIPv6LinkLocal: "All CoAP nodes, link",
		protocol.AllNodesIPv6Realm: "All CoAP nodes, realm", protocol.AllNodesIPv6SiteLocal: "All CoAP nodes, site",
	}
	for _, addr := range discovery.AllCoAPNodes() {
		at := netip.AddrPortFrom(addr, protocol.Port)
		if !slices.ContainsFunc(g.All, func(x keep.Group) bool { return x.Multicast == at }) {
			presets = append(presets, keep.Group{Name: names[addr], Multicast: at})
		}
	}
	return presets
}

// Deleted names the group that [Workbench.RestoreGroup] has back; empty for none.
func (g *Groups) Deleted() string {
	if g.deleted == nil {
		return ""
	}
	return g.deleted.Name
}

type groupsKey struct{}

// readGroups reads them anew, on a goroutine of its own.
func (w *Workbench) readGroups() {
	if w.Groups.saving > 0 {
		return // memory has what is newer
	}
	store, edits := w.store, w.Groups.edits
	go func() {
		all, err := store.Groups()
		w.inbox.Put(groupsKey{}, func() {
			if w.Groups.edits != edits {
				return
			}
			w.Groups.All = all
			if err != nil {
				w.Say(Error, "Groups: %s", strings.ReplaceAll(err.Error(), "\n", " · "))
			}
			w.Changed(PartKept | PartDraft | PartBar)
		})
	}()
}

// SaveGroup takes a group that is new or was edited; was is the name that it had, empty for a new one. It is written
// elsewhere. Tabs whose request goes to it go on to do so.
func (w *Workbench) SaveGroup(g keep.Group, was string) error {
	if err := w.checkGroup(&g, was); err != nil {
		return err
	}
	all := slices.DeleteFunc(slices.Clone(w.Groups.All), func(x keep.Group) bool { return x.Name == was && was != "" })
	w.Groups.All = append(all, g.Clone())
	slices.SortFunc(w.Groups.All, func(a, b keep.Group) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range w.Tabs {
		if t.Draft.Group == was && was != "" {
			t.Draft.Group = g.Name
		}
		if t.Group != nil && t.Group.Name == was && was != "" {
			t.Group.Name = g.Name
		}
	}
	w.writeGroups("Group "+g.Name, func(s *keep.Store) error { return s.SaveGroup(&g, was) })
	return nil
}

// checkGroup says why a group cannot be taken.
func (w *Workbench) checkGroup(g *keep.Group, was string) error {
	if err := g.Check(); err != nil {
		return err
	}
	for _, x := range w.Groups.All {
		if strings.EqualFold(x.Name, g.Name) && x.Name != was {
			return fmt.Errorf("there is a group %s already", x.Name)
		}
	}
	return nil
}

// DeleteGroup deletes a group; [Workbench.RestoreGroup] has it back.
func (w *Workbench) DeleteGroup(name string) {
	g := w.Groups.Find(name)
	if g == nil {
		return
	}
	gone := g.Clone()
	w.Groups.deleted = &gone
	w.Groups.All = slices.DeleteFunc(slices.Clone(w.Groups.All), func(x keep.Group) bool { return x.Name == name })
	w.writeGroups("Group "+name, func(s *keep.Store) error { return s.DeleteGroup(name) })
	w.Say(Good, "The group %s is deleted; a click on + new can put it back", name)
}

// RestoreGroup has the group back that was deleted last.
func (w *Workbench) RestoreGroup() {
	g := w.Groups.deleted
	if g == nil {
		return
	}
	if err := w.SaveGroup(*g, ""); err != nil {
		w.Say(Error, "%s cannot be put back: %v", g.Name, err)
		return
	}
	w.Groups.deleted = nil
}

// writeGroups writes an edit after those before it.
func (w *Workbench) writeGroups(what string, write func(*keep.Store) error) {
	w.Changed(PartKept | PartDraft | PartBar | PartTabs)
	store := w.store
	if !store.Kept() {
		return
	}
	before, done := w.Groups.last, make(chan struct{})
	w.Groups.last = done
	w.Groups.edits++
	w.Groups.saving++
	w.writing.Go(func() {
		if before != nil {
			<-before
		}
		err := write(store)
		close(done)
		w.inbox.Put(nil, func() {
			w.Groups.saving--
			if err != nil {
				w.Say(Error, "%s could not be written: %v", what, err)
			}
		})
	})
}

// AddToGroup makes an endpoint a member of a group.
func (w *Workbench) AddToGroup(name string, member netip.AddrPort) {
	g := w.Groups.Find(name)
	if g == nil {
		w.Say(Error, "There is no group %s any more", name)
		return
	}
	text := discovery.EndpointText(member)
	for _, m := range g.Members {
		if e, ok := w.memberEndpoint(m); ok && e == w.primary(member) {
			w.Say(Dim, "%s is a member of %s already", w.Devices.Name(member), name)
			return
		}
	}
	with := g.Clone()
	with.Members = append(with.Members, text)
	if err := w.SaveGroup(with, name); err != nil {
		w.Say(Error, "%s: %v", name, err)
		return
	}
	w.Say(Good, "%s is a member of %s now", w.Devices.Name(member), name)
	for _, t := range w.Tabs {
		if t.Group != nil && t.Group.Name == name {
			t.Group.welcome(text, w.primary(member))
			w.Changed(PartAnswer)
		}
	}
}

// primary gives the endpoint by which a device is known.
func (w *Workbench) primary(e netip.AddrPort) netip.AddrPort {
	e = netip.AddrPortFrom(e.Addr().Unmap(), e.Port())
	if d, ok := w.known.Get(e); ok {
		return d.Endpoint
	}
	return e
}

// memberEndpoint gives the endpoint of a member that is an address, or the name of a device that is known; false for a
// host, which has to be looked up.
func (w *Workbench) memberEndpoint(text string) (netip.AddrPort, bool) {
	uri, err := draft.ParseAddress(text, protocol.URI{})
	if err == nil && uri.Scheme == protocol.CoAP && len(uri.Path)+len(uri.Query) == 0 {
		if addr, ok := uri.Addr(); ok {
			return w.primary(netip.AddrPortFrom(addr, uri.Port)), true
		}
	}
	e, ok := w.deviceNames()[strings.ToLower(text)]
	return e, ok && e.IsValid()
}

// deviceNames gives the endpoint of each device by its name in lower case: not valid where several have that name.
func (w *Workbench) deviceNames() map[string]netip.AddrPort {
	g := &w.Groups
	if revision := w.known.Revision(); g.names == nil || g.namesAt != revision {
		g.names, g.namesAt = make(map[string]netip.AddrPort), revision
		for _, d := range w.known.All() {
			name, e := strings.ToLower(d.Name), d.Endpoint
			if _, twice := g.names[name]; twice {
				e = netip.AddrPort{}
			}
			g.names[name] = e
		}
	}
	return g.names
}

// memberURI gives the root of a member. The error says why there is none.
func (w *Workbench) memberURI(text string) (protocol.URI, error) {
	if e, ok := w.memberEndpoint(text); ok {
		return protocol.URI{Scheme: protocol.CoAP, Host: e.Addr().String(), Port: e.Port()}, nil
	}
	if _, several := w.deviceNames()[strings.ToLower(text)]; several {
		return protocol.URI{}, fmt.Errorf("several devices have the name %s: write the address of the one that is meant", text)
	}
	uri, err := draft.ParseAddress(text, protocol.URI{})
	switch {
	case err != nil:
		return uri, fmt.Errorf("%q is no address, no host, and no device that is known has that name", text)
	case uri.Scheme != protocol.CoAP:
		return uri, fmt.Errorf("%s is not supported yet; coap is", uri.Scheme)
	case len(uri.Path) > 0 || len(uri.Query) > 0:
		return uri, errors.New("a member has no path: what is asked for stands in the request")
	}
	return uri, nil
}

// checkMember says why a text is no member.
func (w *Workbench) checkMember(text string) error {
	if e, ok := w.memberEndpoint(text); ok {
		if e.Addr().IsMulticast() {
			return fmt.Errorf("%s is a multicast address: make it a group of its own", e.Addr())
		}
		return nil
	}
	_, err := w.memberURI(text)
	return err
}

// GroupRoot gives the URI that paths of a request to the group are below: its multicast address, or its first member.
func (w *Workbench) groupRoot(g *keep.Group) (protocol.URI, error) {
	if g.IsMulticast() {
		return protocol.URI{Scheme: protocol.CoAP, Host: g.Multicast.Addr().String(), Port: g.Multicast.Port()}, nil
	}
	if len(g.Members) == 0 {
		return protocol.URI{}, fmt.Errorf("the group %s has no members yet: add some, or ask a device", g.Name)
	}
	return w.memberURI(g.Members[0])
}

// baseOf gives what a path of a draft refers to: its group, or else the device of the selected resource.
func (w *Workbench) baseOf(d *draft.Draft) protocol.URI {
	if d.Group == "" {
		return w.base()
	}
	if g := w.Groups.Find(d.Group); g != nil {
		if uri, err := w.groupRoot(g); err == nil {
			return uri
		}
	}
	return protocol.URI{Scheme: protocol.CoAP, Host: "group.invalid", Port: protocol.Port} // groupProblem tells
}

// groupProblem says why a draft cannot go to the group that it names.
func (w *Workbench) groupProblem(d *draft.Draft) (draft.Problem, bool) {
	if d.Group == "" {
		return draft.Problem{}, false
	}
	g := w.Groups.Find(d.Group)
	err := fmt.Errorf("there is no group %s any more: choose another, or none", d.Group)
	if g != nil {
		_, err = w.groupRoot(g)
	}
	if err == nil && !g.IsMulticast() && strings.TrimSpace(d.Proxy) != "" {
		err = errors.New("the members are asked one by one: without a proxy")
	}
	if err == nil {
		return draft.Problem{}, false
	}
	return draft.Problem{Where: draft.AddressField, Option: -1, Offset: -1, Text: err.Error()}, true
}

// ChooseGroup has the request of the current tab go to a group; an empty name has it go to a device again. Of its address
// the path stays.
func (w *Workbench) ChooseGroup(name string) {
	t := w.Tab()
	if name == "" {
		if t.Draft.Group != "" {
			root := w.baseOf(&t.Draft)
			t.Draft.Address = strings.TrimSuffix(root.String(), "/") + t.Draft.Address
		}
	} else {
		t.Draft.Address = draft.PathText(t.Draft.Address)
	}
	t.Draft.Group = name
	w.Changed(PartBar | PartTabs | PartDraft | PartAnswer)
}

// OpenGroup opens a request to a group: the tab that has one, or one with a GET of its links, which is not sent.
func (w *Workbench) OpenGroup(name string) {
	for _, t := range w.Tabs {
		if t.Draft.Group == name {
			w.chooseTab(t)
			return
		}
	}
	t := w.freshTab()
	t.Draft = draft.Draft{Method: protocol.GET, Address: "/.well-known/core", Group: name}
	t.Group = nil
}

// CompleteAddress gives how the address of the current tab can go on: of a request to a group, with the paths that devices
// have.
func (w *Workbench) CompleteAddress(text string) []Completed {
	found := w.Completion.Complete(text)
	if w.Tab().Draft.Group == "" {
		return found
	}
	var paths []Completed
	for _, c := range found {
		path := draft.PathText(c.Address)
		if path == strings.TrimSpace(text) || slices.ContainsFunc(paths, func(p Completed) bool { return p.Address == path }) {
			continue
		}
		before := utf8.RuneCountInString(c.Address) - utf8.RuneCountInString(path)
		var marks []int
		for _, m := range c.Marks {
			if m >= before {
				marks = append(marks, m-before)
			}
		}
		c.Address, c.Marks = path, marks
		paths = append(paths, c)
	}
	return paths
}

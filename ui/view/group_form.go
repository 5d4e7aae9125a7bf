package view

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"coapscope/discovery"
	"coapscope/ui/keep"
)

// GroupForm is a group as it is being written.
type GroupForm struct {
	Was        string // its name before; empty for a new one
	Name       string
	Multicast  bool // an address, or a list of members
	Address    string
	Interfaces string // names, separated by commas; empty for those of Discover
	HopLimit   string
	Rate       string
	Members    string // a line each
}

// FormOf gives the form of a group; of nil that of a new one.
func FormOf(g *keep.Group) GroupForm {
	if g == nil {
		return GroupForm{Multicast: true}
	}
	f := GroupForm{
		Was: g.Name, Name: g.Name, Multicast: g.IsMulticast(), Interfaces: strings.Join(g.Interfaces, ", "), Members: strings.Join(g.Members, "\n"),
	}
	if f.Multicast {
		f.Address = discovery.EndpointText(g.Multicast)
	}
	if g.HopLimit > 0 {
		f.HopLimit = strconv.Itoa(g.HopLimit)
	}
	if g.Rate > 0 {
		f.Rate = strconv.Itoa(g.Rate)
	}
	return f
}

// GroupField is a field of a form.
type GroupField uint8

// The fields.
const (
	GroupName GroupField = iota
	GroupAddress
	GroupInterfaces
	GroupHopLimit
	GroupRate
	GroupMembers
)

// GroupProblem is what is wrong with a form, and where.
type GroupProblem struct {
	Field GroupField
	Text  string
}

// ReadGroup reads a form. Without a problem the group can be saved.
func (w *Workbench) ReadGroup(f GroupForm) (g keep.Group, problems []GroupProblem) {
	fail := func(field GroupField, format string, args ...any) {
		problems = append(problems, GroupProblem{field, fmt.Sprintf(format, args...)})
	}
	g.Name = strings.TrimSpace(f.Name)
	if err := w.checkGroup(&keep.Group{Name: g.Name}, f.Was); err != nil {
		fail(GroupName, "%v", err)
	}
	if f.Multicast {
		w.readMulticast(f, &g, fail)
	}
	for i, line := range strings.Split(f.Members, "\n") {
		member := strings.TrimSpace(line)
		if member == "" {
			continue
		}
		if err := w.checkMember(member); err != nil {
			fail(GroupMembers, "line %d: %v", i+1, err)
			continue
		}
		if slices.Contains(g.Members, member) {
			fail(GroupMembers, "line %d: %s stands there twice", i+1, member)
			continue
		}
		g.Members = append(g.Members, member)
	}
	if !f.Multicast && len(g.Members) == 0 && len(problems) == 0 {
		fail(GroupMembers, "write who is a member, a line each")
	}
	if len(problems) == 0 {
		if err := g.Check(); err != nil {
			fail(GroupMembers, "%v", err)
		}
	}
	return g, problems
}

func (w *Workbench) readMulticast(f GroupForm, g *keep.Group, fail func(GroupField, string, ...any)) {
	var zone string
	var err error
	if strings.TrimSpace(f.Address) == "" {
		fail(GroupAddress, "write the multicast address, such as ff05::fd or 224.0.1.187:5683")
	} else if g.Multicast, zone, err = keep.ParseMulticast(f.Address); err != nil {
		fail(GroupAddress, "%v", err)
	}
	there, _ := w.Interfaces()
	for name := range strings.FieldsFuncSeq(f.Interfaces, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.ContainsFunc(there, func(i discovery.Interface) bool { return i.Net.Name == name }) {
			fail(GroupInterfaces, "there is no interface %s that is up and can be sent from", name)
			continue
		}
		if !slices.Contains(g.Interfaces, name) {
			g.Interfaces = append(g.Interfaces, name)
		}
	}
	switch {
	case zone != "" && len(g.Interfaces) == 0:
		g.Interfaces = []string{zone}
	case zone != "" && !slices.Equal(g.Interfaces, []string{zone}):
		fail(GroupInterfaces, "the address says %s, and here is another", zone)
	}
	number := func(field GroupField, text string, most int, what string) int {
		text = strings.TrimSpace(text)
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			fail(field, "%q is no %s from 1 to %s", text, what, Grouped(most))
			return 0
		}
		return n
	}
	g.HopLimit = number(GroupHopLimit, f.HopLimit, 255, "hop limit")
	g.Rate = number(GroupRate, f.Rate, 1<<30, "number of bytes a second")
}

// CheckGroup says what a form is the group of, or what is wrong with it.
func (w *Workbench) CheckGroup(f GroupForm) (words string, problems []GroupProblem) {
	g, problems := w.ReadGroup(f)
	if len(problems) > 0 {
		return "", problems
	}
	return GroupWords(&g), nil
}

// TakeGroup saves the group of a form.
func (w *Workbench) TakeGroup(f GroupForm) error {
	g, problems := w.ReadGroup(f)
	if len(problems) > 0 {
		return errors.New(problems[0].Text)
	}
	return w.SaveGroup(g, f.Was)
}

// NewGroupForm gives the form of a new group: of the multicast address that the request of the current tab goes to, or of a
// member; empty where there is neither.
func (w *Workbench) NewGroupForm(member string) GroupForm {
	f := GroupForm{Multicast: member == "", Members: member}
	if b := w.Built(); f.Multicast && b.Multicast && w.Tab().Draft.Group == "" {
		if addr, ok := b.Destination.Addr(); ok {
			f.Interfaces = addr.Zone()
			f.Address = discovery.EndpointText(netip.AddrPortFrom(addr.Unmap().WithZone(""), b.Destination.Port))
		}
	}
	return f
}

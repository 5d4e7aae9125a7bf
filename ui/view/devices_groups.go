package view

import (
	"slices"

	"coapscope/discovery"
)

// treeGroup is the resources that have something in common.
type treeGroup struct {
	name    string // empty for those that have none
	id      string
	members []groupMember
}

type groupMember struct{ device, node int32 }

// grouped tells whether resources are in groups.
func (t *DeviceTree) grouped() bool { return t.mode == TreeByType || t.mode == TreeByInterface }

func (t *DeviceTree) groupNames(n *discovery.Node) []string {
	if t.mode == TreeByType {
		return n.ResourceTypes()
	}
	return n.Interfaces()
}

// groupKey names a group in its mode; no two are the same.
func (t *DeviceTree) groupKey(name string) string {
	attribute := "if"
	if t.mode == TreeByType {
		attribute = "rt"
	}
	if name == "" {
		return attribute
	}
	return attribute + "=" + name
}

// group puts what the filter leaves into groups.
func (t *DeviceTree) group() {
	x := &t.index
	x.groups, x.groupAt = nil, nil
	if !t.grouped() {
		return
	}
	at := make(map[string]int)
	into := func(name string, m groupMember) {
		i, ok := at[name]
		if !ok {
			i = len(x.groups)
			at[name] = i
			x.groups = append(x.groups, treeGroup{name: name, id: groupID(t.groupKey(name))})
		}
		x.groups[i].members = append(x.groups[i].members, m)
	}
	for i, d := range x.devices {
		for j := range d.nodes {
			if !d.lists(j) {
				continue
			}
			names, m := d.nodes[j].interfaces, groupMember{int32(i), int32(j)}
			if t.mode == TreeByType {
				names = d.nodes[j].types
			}
			for _, name := range names {
				into(name, m)
			}
			if len(names) == 0 {
				into("", m)
			}
		}
	}
	slices.SortFunc(x.groups, func(a, b treeGroup) int {
		if (a.name == "") != (b.name == "") {
			return len(b.name) - len(a.name) // those without a name are the last
		}
		return discovery.Natural(a.name, b.name)
	})
	x.groupAt = make(map[string]int, len(x.groups))
	for i := range x.groups {
		x.groupAt[x.groups[i].id] = i
	}
}

func (t *DeviceTree) addGroups() {
	for i := range t.index.groups {
		g := &t.index.groups[i]
		l := treeLine{device: -1, node: -1, group: int32(i), foldable: true}
		l.open = t.open(len(g.members) < manyChildren, func() string { return g.id })
		t.index.add(l)
		if !l.open {
			continue
		}
		for _, m := range g.members {
			t.index.add(treeLine{device: m.device, node: m.node, group: int32(i), depth: 1})
		}
	}
}

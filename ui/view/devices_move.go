package view

import (
	"net/netip"
	"slices"
	"strings"
)

// moved takes what is known of the resources of a device along to another address of it: their values, what is folded, and
// the selection.
func (t *DeviceTree) moved(from, to netip.AddrPort) {
	if from == to {
		return
	}
	for key, v := range t.values {
		if key.endpoint != from {
			continue
		}
		delete(t.values, key)
		key.endpoint = to
		if there := t.values[key]; there != nil {
			v = v.join(there)
		}
		t.values[key] = v
	}
	t.folds.set, t.folds.filtered = movedRows(t.folds.set, from, to), movedRows(t.folds.filtered, from, to)
	if endpoint, group, path := splitGroup(t.selected); endpoint == from {
		t.selected = to.String() + group + " " + path
	}
	t.index.stale = true
}

// movedRows gives folds with the rows of one device as those of another address of it. What was folded there already stays.
func movedRows(folds map[string]bool, from, to netip.AddrPort) map[string]bool {
	prefix := from.String() + " "
	var rows []string
	for id := range folds {
		if strings.HasPrefix(id, prefix) {
			rows = append(rows, id)
		}
	}
	for _, id := range rows {
		there := rowID(to, id[len(prefix):])
		if _, said := folds[there]; !said {
			folds[there] = folds[id]
		}
		delete(folds, id)
	}
	return folds
}

// join gives the newer of two values of a resource, with the numbers of both. One that was forgotten at the new address is
// forgotten.
func (v *value) join(there *value) *value {
	older, newer := v, there
	if there.text != "" && there.at.Before(v.at) {
		older, newer = there, v
	}
	joint := *newer
	joint.numbers = slices.Concat(older.numbers, newer.numbers)
	joint.numbers = joint.numbers[max(0, len(joint.numbers)-keptNumbers):]
	if len(newer.numbers) == 0 {
		joint.frame = older.frame
	}
	return &joint
}

// settle has values be of the first address of their device, which may be another one than when they came.
func (t *DeviceTree) settle() {
	others := make(map[netip.AddrPort]bool)
	for key := range t.values {
		if _, first := t.index.at[key.endpoint]; !first {
			others[key.endpoint] = true
		}
	}
	for e := range others {
		if d, ok := t.devices.Get(e); ok {
			t.moved(e, d.Endpoint)
		}
	}
}

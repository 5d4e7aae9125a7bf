package view

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/discovery"
	"coapscope/protocol"
	"coapscope/protocol/linkformat"
)

// Bounds of a tooltip, as a device may say as much as it likes: how many relations and attributes it lists, and how long a line
// is, in bytes.
const (
	maxTipRelations  = 8
	maxTipAttributes = 16
	maxTipLine       = 200
)

// nodeTip says what a device tells of a resource, with the names of the attributes that say it, and what is known of its
// value.
func (t *DeviceTree) nodeTip(d *discovery.Device, n *discovery.Node, now time.Time) string {
	var lines []string
	add := func(attribute string, values ...string) {
		if text := strings.Join(values, ", "); text != "" {
			lines = append(lines, attribute+text)
		}
	}
	add("", n.Title())
	add("", n.ID)
	add("rt  ", n.ResourceTypes()...)
	add("if  ", n.Interfaces()...)
	var formats []string
	for _, f := range n.ContentFormats() {
		formats = append(formats, strconv.Itoa(int(f))+" "+protocol.ContentFormat(f).String())
	}
	add("ct  ", formats...)
	if size, ok := n.Size(); ok {
		add("sz  ", Bytes(int(size)))
	}
	if n.Observable() {
		add("obs  ", "can be observed")
	}
	lines = append(lines, otherAttributes(n)...)
	lines = append(lines, relations(n)...)
	if n.Met {
		add("◌ ", "not listed: a request was answered here")
	}
	if v := t.values[resourceKey{d.Endpoint, n.ID}]; v != nil {
		add("", v.words(now))
	}
	return tipText(lines)
}

// tipText joins lines, and cuts those that are too long.
func tipText(lines []string) string {
	for i, line := range lines {
		if len(line) > maxTipLine {
			lines[i] = strings.ToValidUTF8(line[:maxTipLine], "") + "…"
		}
	}
	return strings.Join(lines, "\n")
}

// told are the attributes that a tooltip tells by themselves.
var told = []string{"title", "title*", "rt", "if", "ct", "sz", "obs", "anchor", "rel", "rev"}

// otherAttributes gives what else the links say.
func otherAttributes(n *discovery.Node) (lines []string) {
	more := 0
	for _, l := range n.Links {
		for _, a := range l.Attributes {
			if slices.Contains(told, strings.ToLower(a.Name)) {
				continue
			}
			line := a.Name
			if a.Form != linkformat.Flag {
				line += "  " + a.Value
			}
			switch {
			case slices.Contains(lines, line):
			case len(lines) < maxTipAttributes:
				lines = append(lines, line)
			default:
				more++
			}
		}
	}
	if more > 0 {
		lines = append(lines, "and "+count(more, "attribute", "attributes")+" more")
	}
	return lines
}

// relations gives the links that lead from the resource elsewhere, those to it whose context is another resource, and what
// it is to the device (RFC 6690 §2.2, §2.3, RFC 8288 §3.3). That the device hosts it goes without saying.
func relations(n *discovery.Node) (lines []string) {
	for _, l := range n.Relations {
		lines = append(lines, relationNames(l)+" → "+l.Target)
		for _, reverse := range l.Values("rev") {
			lines = append(lines, reverse+" of "+l.Target)
		}
	}
	for _, l := range n.Links {
		_, anchored := l.Attribute("anchor")
		switch {
		case anchored:
			lines = append(lines, relationNames(l)+" of "+l.Anchor())
		case l.Value("rel") != "":
			lines = append(lines, relationNames(l)+" of the device")
		}
	}
	if more := len(lines) - maxTipRelations; more > 0 {
		lines = append(lines[:maxTipRelations], "and "+count(more, "relation", "relations")+" more")
	}
	return lines
}

func relationNames(l linkformat.Link) string { return strings.Join(l.Rel(), ", ") }

package view

import (
	"fmt"
	"strings"
)

// KeyGroup is keys that belong together.
type KeyGroup struct {
	Name string
	Keys []KeyRow
}

// KeyRow is a key, or several for the same, and what they do.
type KeyRow struct{ Key, Title string }

// KeyGroups gives the keys of all commands by menu, and those that panels have for themselves.
func (c *Commands) KeyGroups() (groups []KeyGroup) {
	for _, menu := range c.Menus() {
		group := KeyGroup{Name: menu}
		for _, command := range c.All() {
			if command.Menu == menu && command.Key != "" {
				group.Keys = append(group.Keys, KeyRow{command.KeyText(), strings.TrimSuffix(command.Title, " …")})
			}
		}
		groups = append(groups, group)
	}
	return append(groups, KeyGroup{"Anywhere", []KeyRow{
		{"Up  Down", "Move in a list or a tree"},
		{"Left  Right", "Fold and unfold in a tree"},
		{"Tab", "Go on, or take a suggestion"},
		{"Enter", "Open what is selected"},
		{KeyText("Ctrl+C"), "Copy what is selected"},
	}})
}

// KeysText gives keys as text, for the clipboard.
func KeysText(groups []KeyGroup) string {
	var b strings.Builder
	for i, g := range groups {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(g.Name + "\n")
		for _, k := range g.Keys {
			fmt.Fprintf(&b, "  %-18s %s\n", k.Key, k.Title)
		}
	}
	return b.String()
}

package panel

import (
	"strings"

	"fyne.io/fyne/v2"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// Keys shows the keys of all commands, grouped by menu.
type Keys struct {
	Object *widget.ScrollSheet
	groups []view.KeyGroup
}

// NewKeys makes the panel.
func NewKeys(groups []view.KeyGroup) *Keys {
	k := &Keys{groups: groups}
	k.Object = widget.NewScrollSheet(k.draw)
	k.Object.On, k.Object.Min = widget.OnPanel, fyne.NewSize(60, 60)
	k.Object.OnCopy = func() string { return view.KeysText(k.groups) }
	k.Object.OnKey = k.key
	return k
}

// Measures of the panel.
const (
	keysMargin = 20
	keysColumn = 356 // least width of a column
	keysRow    = 21
	keysHead   = 30 // of a group, with the gap before it
	keysTop    = 52
)

// KeysSize is how large the panel would like to be: three columns wide, and as high as they are.
func (k *Keys) KeysSize() fyne.Size {
	const columns = 3
	height := float32(0)
	for _, c := range k.columns(columns) {
		height = max(height, c.height)
	}
	return fyne.NewSize(columns*keysColumn+2*keysMargin+2, keysTop+height+keysMargin+8)
}

// keysOf is a column of groups.
type keysOf struct {
	groups []view.KeyGroup
	height float32
}

func groupHeight(g view.KeyGroup) float32 { return keysHead + float32(len(g.Keys))*keysRow }

// columns puts the groups into so many columns, in order, as even as they can be: the least height at which they fit.
func (k *Keys) columns(n int) []keysOf {
	least := float32(0)
	for _, g := range k.groups {
		least = max(least, groupHeight(g))
	}
	for height := least; ; height += keysRow {
		made := []keysOf{{}}
		for _, g := range k.groups {
			last := &made[len(made)-1]
			if last.height > 0 && last.height+groupHeight(g) > height {
				made = append(made, keysOf{})
				last = &made[len(made)-1]
			}
			last.groups = append(last.groups, g)
			last.height += groupHeight(g)
		}
		if len(made) <= n {
			return made
		}
	}
}

func (k *Keys) draw(g *widget.Painter) (height float32) {
	g.Text(keysMargin, 30, "Keys", widget.SansBold(15, view.Plain))
	g.TextEllipsis(keysMargin+52, 30, g.W-2*keysMargin-52, view.KeyText("Ctrl+C")+" copies them all · Esc closes", widget.Sans(11, view.Faint))
	n := max(1, int((g.W-2*keysMargin)/keysColumn))
	width := (g.W - 2*keysMargin) / float32(n)
	for i, c := range k.columns(n) {
		x, y := keysMargin+float32(i)*width, float32(keysTop)
		for _, group := range c.groups {
			g.Text(x, y+14, strings.ToUpper(group.Name), widget.SansBold(11, view.Dim))
			y += keysHead - 6
			for _, key := range group.Keys {
				const keys = 124
				g.TextEllipsis(x, y+14, keys-8, key.Key, widget.Mono(11, view.Accent))
				g.TextEllipsis(x+keys, y+14, width-keys-16, key.Title, widget.Sans(12, view.Plain))
				y += keysRow
			}
			y += 6
		}
		height = max(height, y)
	}
	return height + keysMargin - 6
}

func (k *Keys) key(name fyne.KeyName, _ fyne.KeyModifier) {
	o, page := k.Object, k.Object.LogicalSize().Height-keysRow
	switch name {
	case fyne.KeyDown:
		o.ScrollTo(o.Offset() + keysRow)
	case fyne.KeyUp:
		o.ScrollTo(o.Offset() - keysRow)
	case fyne.KeyPageDown, fyne.KeySpace:
		o.ScrollTo(o.Offset() + page)
	case fyne.KeyPageUp:
		o.ScrollTo(o.Offset() - page)
	case fyne.KeyHome:
		o.ScrollTo(0)
	case fyne.KeyEnd:
		o.ScrollTo(1 << 20)
	}
}

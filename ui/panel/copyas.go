package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// copyAs is the row that copies the request of the current tab in the forms of others: those that are asked for most
// as links, as many as there is room for, and the others in a menu.
type copyAs struct {
	*widget.Sheet
	bench *view.Workbench
	focus int // the link that keys act on
	links int // drawn last, the menu included
}

// copyLinks is how many forms are links at most.
const copyLinks = 4

// copyLink is a link, by the index of its form; moreLink opens the menu.
type copyLink int

const moreLink copyLink = -1

// NewCopyAs makes the row.
func NewCopyAs(bench *view.Workbench) fyne.CanvasObject {
	p := &copyAs{bench: bench}
	p.Sheet = widget.NewSheet(p.draw)
	p.Min = fyne.NewSize(60, 32)
	p.OnTap = func(t widget.Tap) {
		if link, ok := t.Hit.(copyLink); ok && t.Button == desktop.MouseButtonPrimary {
			p.follow(link, t.Absolute)
		}
	}
	p.OnHover = func(fyne.Position, bool) { p.Refresh() }
	p.OnFocus = func(bool) { p.Refresh() }
	p.OnKey = p.key
	p.PointerAs = func(pos fyne.Position) desktop.Cursor {
		if p.HitAt(pos) != nil {
			return desktop.PointerCursor
		}
		return nil
	}
	p.Tip = func(pos fyne.Position) string {
		switch link, ok := p.HitAt(pos).(copyLink); {
		case !ok:
			return ""
		case link == moreLink:
			return "Other forms to copy the request in"
		default:
			return "Copy the request as " + view.CopyKinds()[link].Name
		}
	}
	return p.Sheet
}

func (p *copyAs) follow(link copyLink, at fyne.Position) {
	kinds := view.CopyKinds()
	if link != moreLink {
		copyRequest(p.bench, kinds[link].ID)
		return
	}
	showMenu(p.Sheet, copyAsMenu(p.bench), at)
}

// copyAsMenu offers all forms.
func copyAsMenu(bench *view.Workbench) *fyne.Menu {
	var items []*fyne.MenuItem
	for _, k := range view.CopyKinds() {
		items = append(items, fyne.NewMenuItem("Copy as "+k.Name, func() { copyRequest(bench, k.ID) }))
	}
	return fyne.NewMenu("", items...)
}

func copyRequest(bench *view.Workbench, id string) {
	if text, err := bench.CopyAs(id); err == nil {
		fyne.CurrentApp().Clipboard().SetContent(text)
	}
}

func (p *copyAs) key(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyLeft:
		p.focus = max(p.focus-1, 0)
	case fyne.KeyRight:
		p.focus = min(p.focus+1, p.links-1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		link := copyLink(p.focus)
		if p.focus >= p.links-1 {
			link = moreLink
		}
		p.follow(link, fyne.CurrentApp().Driver().AbsolutePositionForObject(p.Sheet))
	}
	p.Refresh()
}

func (p *copyAs) draw(g *widget.Painter) {
	const base, gap = 20, "  ·  "
	dim, link := widget.Sans(12, view.Dim), widget.Sans(12, view.Accent)
	x := 16 + g.Text(16, base, "Copy as", dim) + 10
	pointer, over := p.Pointer()
	p.links = 0
	put := func(text string, id copyLink) {
		w := g.Measure(text, link)
		if over && pointer.X >= x-5 && pointer.X < x+w+5 || p.Focused() && p.links == p.focus {
			g.HLine(x, base+3, w, g.Pal.Text(view.Accent))
		}
		g.Text(x, base, text, link)
		g.Hit(x-5, 0, w+10, g.H, id)
		x += w
		p.links++
	}
	const more = "more ▾"
	room := g.W - 16 - g.Measure(gap+more, link)
	for i, k := range view.CopyKinds()[:copyLinks] {
		before := ""
		if i > 0 {
			before = gap
		}
		if x+g.Measure(before, dim)+g.Measure(k.Short, link) > room {
			break
		}
		x += g.Text(x, base, before, dim)
		put(k.Short, copyLink(i))
	}
	if p.links > 0 {
		x += g.Text(x, base, gap, dim)
	}
	put(more, moreLink)
	p.focus = min(p.focus, p.links-1)
}

package panel

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"coapscope/ui/view"
	"coapscope/ui/widget"
)

// actions is the row of what can be done next with an answer. What finds no room is in a menu at its end.
type actions struct {
	widget.Sheet

	bench    *view.Workbench
	all      []view.Action
	shown    int // of all; the others are in the menu
	selected int // by keys
}

// actionID is the hit region of an action, moreActions that of those without room.
type (
	actionID    int
	moreActions struct{}
)

const actionsHeight = 28

func newActions(bench *view.Workbench) *actions {
	p := &actions{bench: bench}
	p.Init(p)
	p.Draw = p.draw
	p.Min = fyne.NewSize(60, actionsHeight)
	p.OnTap = func(t widget.Tap) {
		if t.Button == desktop.MouseButtonPrimary {
			p.do(t.Hit)
		}
	}
	p.OnHover = func(fyne.Position, bool) { p.Sheet.Refresh() }
	p.OnKey = p.key
	p.Tip = func(pos fyne.Position) string {
		if i, ok := p.HitAt(pos).(actionID); ok && int(i) < len(p.all) {
			return p.all[i].Hint
		}
		return ""
	}
	p.PointerAs = func(pos fyne.Position) desktop.Cursor {
		switch i := p.HitAt(pos).(type) {
		case moreActions:
			return desktop.PointerCursor
		case actionID:
			if int(i) < len(p.all) && clickable(&p.all[i]) {
				return desktop.PointerCursor
			}
		}
		return nil
	}
	return p
}

func clickable(a *view.Action) bool { return a.Do != nil || len(a.Menu) > 0 }

// Offer takes what there is to do now.
func (p *actions) Offer(all []view.Action) {
	p.all, p.selected = all, min(p.selected, max(len(all)-1, 0))
	if len(all) == 0 {
		p.Hide()
	} else {
		p.Sheet.Show()
	}
	p.Sheet.Refresh()
}

func (p *actions) key(name fyne.KeyName, _ fyne.KeyModifier) {
	switch name {
	case fyne.KeyLeft:
		p.selected = max(p.selected-1, 0)
	case fyne.KeyRight:
		p.selected = min(p.selected+1, min(p.shown, len(p.all)-1))
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if p.selected < p.shown {
			p.do(actionID(p.selected))
		} else {
			p.do(moreActions{})
		}
	}
	p.Sheet.Refresh()
}

func (p *actions) do(hit any) {
	switch i := hit.(type) {
	case moreActions:
		p.open(hit, p.all[min(p.shown, len(p.all)):])
	case actionID:
		if int(i) >= len(p.all) {
			return
		}
		if a := p.all[i]; a.Do != nil {
			a.Do()
		} else if len(a.Menu) > 0 {
			p.open(hit, a.Menu)
		}
	}
}

// open shows actions in a menu below their place.
func (p *actions) open(hit any, all []view.Action) {
	at, size, _ := p.HitBox(hit)
	z := widget.CurrentTheme().Zoom()
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(p).AddXY(at.X*z, (at.Y+size.Height)*z)
	showMenu(p, fyne.NewMenu("", actionItems(all)...), pos)
}

func actionItems(all []view.Action) (items []*fyne.MenuItem) {
	for _, a := range all {
		item := fyne.NewMenuItem(a.Title, a.Do)
		item.Disabled = !clickable(&a)
		if len(a.Menu) > 0 {
			item.ChildMenu = fyne.NewMenu("", actionItems(a.Menu)...)
		}
		items = append(items, item)
	}
	return items
}

func (p *actions) draw(g *widget.Painter) {
	const gap, left = 18, 16
	g.HLine(left, 0, g.W-2*left, g.Pal.Line)
	style := widget.Sans(12, view.Accent)
	title := func(a *view.Action) string {
		if len(a.Menu) > 0 {
			return a.Title + " ▾"
		}
		return a.Title
	}
	x := float32(left)
	x += g.Text(x, 19, "Next", widget.Sans(12, view.Dim)) + 14
	more := g.Measure("more ▾", style) + gap
	p.shown = 0
	room := x
	for i := range p.all {
		room += g.Measure(title(&p.all[i]), style) + gap
		last := i == len(p.all)-1
		if i > 0 && room > g.W-left+gap && last || i > 0 && room+more > g.W-left+gap && !last {
			break
		}
		p.shown++
	}
	pos, inside := p.Pointer()
	part := func(text string, width float32, id any, lit, dead bool) {
		st := style
		if dead {
			st.Concept = view.Dim
		}
		hover := inside && pos.X >= x-gap/2 && pos.X < x+width+gap/2
		g.Hit(x-gap/2, 2, width+gap, g.H-4, id)
		w := g.TextEllipsis(x, 19, width+1, text, st)
		if hover && !dead {
			g.HLine(x, 22, w, g.Pal.Text(view.Accent))
		}
		if lit && p.Focused() {
			g.RoundRect(x-5, 5, width+10, g.H-9, 4, g.Pal.Hover, 1, g.Pal.Text(view.Accent))
		}
		x += width + gap
	}
	for i := range p.all[:p.shown] {
		a := &p.all[i]
		part(title(a), min(g.Measure(title(a), style), g.W-left-x), actionID(i), i == p.selected, !clickable(a))
	}
	if p.shown < len(p.all) {
		part("more ▾", more-gap, moreActions{}, p.selected >= p.shown, false)
	}
}
